"""No log names anybody: each line is provoked, and looked at as it is written."""

from __future__ import annotations

import io
import logging
import re
import runpy
from collections.abc import Iterator
from copy import deepcopy
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from crp.accounts.tokens import make_token
from crp.common.logs import MaskingFormatter, mask

pytestmark = pytest.mark.once
GUNICORN: dict[str, Any] = runpy.run_path(str(Path(settings.BASE_DIR) / "deploy" / "gunicorn.conf.py"))
PERSONAL = re.compile(r"@example|203\.0\.113|2001:db8|awa")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Return what goes to the console, which is the one place that CRP logs to."""
    (console,) = (
        handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, MaskingFormatter)
    )
    stream = io.StringIO()
    former = console.setStream(stream)
    yield stream
    console.setStream(former)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sent to awa.diarra+crp@example.org.", "sent to [e-mail]."),
        ("Key (email)=(awa@example.org) already exists.", "Key (email)=([e-mail]) already exists."),
        ("Invalid request from ip=203.0.113.9: no", "Invalid request from ip=[address]: no"),
        ("from 203.0.113.9:51234.", "from [address]:51234."),
        ("from 2001:db8:1:2::7 to [::ffff:203.0.113.9]", "from [address] to [[address]]"),
        ("GET /api/v1/plans/?search=awa&limit=1 HTTP/1.1", "GET /api/v1/plans/?[query] HTTP/1.1"),
        ("Error handling request GET /follow/stop/?token=abc", "Error handling request GET /follow/stop/?[query]"),
        ("postgres://crp:hunter2@db:5432/crp", "postgres://[secret]@db:5432/crp"),
        ("redis://:hunter2@cache:6379/0", "redis://[secret]@cache:6379/0"),
        ("password='hunter2', user='x'", "password='[secret]', user='x'"),
        ("{'HTTP_AUTHORIZATION': 'Bearer abcdef123456'}", "{'HTTP_AUTHORIZATION': 'Bearer [secret]'}"),
        ("Authorization: Basic YXdhOmh1bnRlcjI=", "Authorization: Basic [secret]"),
        # What names nobody stays.
        ("Listening at: http://127.0.0.1:8000 and 0.0.0.0 and ::1", None),
        ("[2026-11-23 05:44:19 +0000] [21550] took 12:34:56, version 5.2.19, 12.5 %", None),
        ("File /srv/crp/funding/rollups/sums.py, line 12, in add", None),
        ("C++ std::vector, 10:30, a: b", None),
        ("Bearer of news. Basic needs. Authorization denied", None),
        ("Not Found: /api/v1/plans/MLI-CRP-2025-2026/", None),
    ],
)
def test_what_is_masked_and_what_stays(text: str, masked: str | None) -> None:
    assert mask(text) == (text if masked is None else masked)


def test_of_a_key_only_the_beginning_stays() -> None:
    token = make_token()
    masked = mask(f"refused {token.text} of 'Bearer {token.text}'")
    assert f"refused crp_{token.prefix}_[secret] of" in masked
    assert token.text[13:] not in masked


@given(st.text(max_size=300))
def test_masking_takes_any_text_and_is_done_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "piece", ["a.b", "@", ":", "1.", "a@", "/a", "?", "b:", "a", "a://", "bearer ", "token=", "1:", "crp_", " "]
)
def test_a_long_line_is_read_once(piece: str) -> None:
    """Patterns that try each place anew need minutes for this."""
    assert mask(f"{piece * 20_000}!")


@pytest.mark.parametrize(
    "address", ["/api/v1/plans/awa@example.org/", "/plans/awa@example.org/", "/awa@example.org/?q=awa"]
)
@pytest.mark.django_db
def test_what_is_not_found_is_logged_without_a_name(written: io.StringIO, address: str) -> None:
    assert Client(REMOTE_ADDR="203.0.113.9").get(address).status_code == 404
    assert "Not Found: /" in written.getvalue()
    assert "[e-mail]" in written.getvalue()
    assert not PERSONAL.search(written.getvalue())


@pytest.mark.django_db
def test_a_refused_key_is_logged_without_it(written: io.StringIO) -> None:
    token = make_token().text
    for address, headers in (
        ("/api/v1/sectors/", {"Authorization": f"Bearer {token}"}),
        (f"/api/v1/sectors/?search={token}", {}),
        (f"/api/v1/sectors/{token}/", {}),
    ):
        Client(REMOTE_ADDR="203.0.113.9").get(address, headers=headers)
    lines = written.getvalue().splitlines()
    assert [line.partition("django.request ")[2].partition(":")[0] for line in lines] == [
        "Unauthorized",
        "Bad Request",
        "Not Found",
    ]
    assert token[13:] not in written.getvalue()
    assert not PERSONAL.search(written.getvalue())


def test_an_error_of_the_server_is_logged_without_a_name(written: io.StringIO, monkeypatch: Any) -> None:
    def fails(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("Key (email, ip)=(awa@example.org, 2001:db8::7) exists; password=hunter2")

    monkeypatch.setattr("crp.common.api.root.RootView.get", fails)
    client = Client(REMOTE_ADDR="203.0.113.9", raise_request_exception=False)
    assert client.get("/api/v1/", headers={"User-Agent": "awa"}).status_code == 500
    told = written.getvalue()
    assert "Internal Server Error: /api/v1/" in told
    assert "RuntimeError: Key (email, ip)=([e-mail], [address]) exists; password=[secret]" in told
    assert not PERSONAL.search(told)


@pytest.mark.parametrize(
    "name", ["django.security.csrf", "django.server", "django.db.backends", "crp.following", "anything"]
)
def test_every_logger_ends_at_the_one_console(written: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("From %s, by %s", "203.0.113.9", "awa@example.org")
    assert written.getvalue().endswith(f"WARNING {name} From [address], by [e-mail]\n")


def test_no_logger_has_a_way_of_its_own() -> None:
    """Django would e-mail the whole request to ADMINS, and write its own lines beside ours."""
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("django")]
    assert [logger.name for logger in known if logger.handlers or not logger.propagate] == []


def test_the_access_log_knows_no_more_than_what_was_asked_and_how_it_went() -> None:
    """h is the address, u the login, a the browser, f the page before, q and r hold what was searched for."""
    assert set(re.findall(r"%\(([^)]*)\)s", GUNICORN["access_log_format"])) == {"t", "m", "U", "s", "B", "M"}


@pytest.mark.parametrize("name", ["gunicorn.error", "gunicorn.access", ""])
def test_what_gunicorn_writes_is_masked(name: str) -> None:
    """Its own sentence names the address of whoever sends what can't be read."""
    config = deepcopy(GUNICORN["logconfig_dict"])
    logger = config["loggers"][name] if name else config["root"]
    assert logger["handlers"]
    for handler in logger["handlers"]:
        formatter = DictConfigurator(config).configure_formatter(
            config["formatters"][config["handlers"][handler]["formatter"]]
        )
        record = logging.makeLogRecord(
            {"msg": "Invalid request from ip=203.0.113.9: /x?q=awa awa@example.org", "name": name}
        )
        assert formatter.format(record).endswith("Invalid request from ip=[address]: /x?[query] [e-mail]")
