"""How gunicorn serves CRP, for `make run` as for production.

Read from the environment or .env: HOST, PORT, WEB_CONCURRENCY (processes). Behind a proxy on another machine also
FORWARDED_ALLOW_IPS, which gunicorn reads itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import environ
from gunicorn.http import message

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

env = environ.Env()
environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")  # a variable that is already set wins


def read_number(name: str, *, default: int, highest: int) -> int:
    """Return a variable that must be a whole number from 1 to ``highest``."""
    raw = env.str(name, default="") or str(default)
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw) <= highest):
        raise ValueError(f"{name}={raw!r}: expected a whole number from 1 to {highest}.")
    return int(raw)


HOST = env.str("HOST", default="") or "127.0.0.1"
PORT = read_number("PORT", default=8000, highest=65_535)

bind = f"{HOST}:{PORT}"
worker_class = "gthread"
workers = read_number("WEB_CONCURRENCY", default=2, highest=64)
threads = 4
timeout = 60  # seconds; the longest export must end within it
graceful_timeout = 30  # a restart lets requests finish
keepalive = 5
# Workers report that they live by touching a file; on a disk that hangs they would be taken for dead.
MEMORY = Path("/dev/shm")  # noqa: S108 (gunicorn makes its files there as safely as anywhere)
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True  # nothing here needs it, and it would be written to the home directory

# An address of some thousand letters reaches CRP, whose answer says what is wrong; gunicorn's own says nothing.
message.MAX_REQUEST_LINE = limit_request_line = 65_536  # bytes

accesslog = "-"
errorlog = "-"
# No address, no user agent, no referrer, no query (people search for names): what was asked, and how it went.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
# gunicorn's own sentences name the address of whoever sends a request that can't be read, and a path can hold anything.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "WARNING", "handlers": ["error"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["access"], "propagate": False},
    },
    "handlers": {
        "error": {"class": "logging.StreamHandler", "formatter": "error", "stream": "ext://sys.stderr"},
        "access": {"class": "logging.StreamHandler", "formatter": "access", "stream": "ext://sys.stdout"},
    },
    "formatters": {
        "error": {
            "()": "crp.common.logs.MaskingFormatter",
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
        },
        "access": {"()": "crp.common.logs.MaskingFormatter", "format": "%(message)s"},
    },
}


def when_ready(server: Arbiter) -> None:
    """Say where to look, once there is something to see."""
    server.log.info("CRP is at http://%s:%s/ - Ctrl-C stops it", HOST, PORT)
