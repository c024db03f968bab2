"""What the environment says is used, or the start stops with a sentence that names the variable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from crp import settings
from tests.shared import PROJECT


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Start Django with these variables and no others of CRP's own, and print what came of them."""
    return run(
        "print(settings.DEBUG, settings.ALLOWED_HOSTS, settings.DATABASES['default']['ENGINE'],"
        "settings.DATABASES['default']['NAME'], settings.SECURE_SSL_REDIRECT, sep='|')",
        **environment,
    )


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start Django in the same way, and run some code."""
    own = ("DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SECURE", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return subprocess.run(
        [sys.executable, "-c", f"import django; from django.conf import settings; django.setup();{code}"],
        env={**kept, "DJANGO_SETTINGS_MODULE": "crp.settings", "SECRET_KEY": "a secret of the tests", **environment},
        capture_output=True,
        check=False,
        cwd=PROJECT,
        text=True,
    )


def refused(**environment: str) -> str:
    """Return the last line of what a start with these variables complains about."""
    done = start(**environment)
    assert done.returncode != 0, done.stdout
    return done.stderr.strip().splitlines()[-1]


def test_without_any_variable_it_is_a_safe_site_on_sqlite() -> None:
    done = start()
    assert done.returncode == 0, done.stderr
    debug, hosts, engine, name, _secure = done.stdout.strip().split("|")
    assert (debug, engine) == ("False", "django.db.backends.sqlite3")
    assert "*" not in hosts
    assert Path(name).name == "crp.sqlite3"


def test_what_is_set_is_used() -> None:
    done = start(
        DEBUG="yes",
        ALLOWED_HOSTS="crp.example.org,localhost",
        DATABASE_URL="postgres://crp:pass%40word@db:5433/plans",
        SECURE="1",
    )
    expected = "True|['crp.example.org', 'localhost']|django.db.backends.postgresql|plans|True"
    assert done.stdout.strip() == expected


@pytest.mark.parametrize("name", ["DEBUG", "SECURE"])
def test_a_flag_that_is_neither_yes_nor_no_stops_the_start(name: str) -> None:
    assert f"{name}='maybe': expected 1, true, yes, on or 0, false, no, off." in refused(**{name: "maybe"})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("No", False), ("off", False), ("", None)],
)
def test_flags(monkeypatch: pytest.MonkeyPatch, raw: str, expected: bool | None) -> None:
    monkeypatch.setenv("SOME_FLAG", raw)
    for default in (True, False):
        assert settings.read_flag("SOME_FLAG", default=default) is (default if expected is None else expected)


@pytest.mark.parametrize("raw", ["2", "ja", "truee", "-1", "None"])
def test_flags_that_are_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("SOME_FLAG", raw)
    with pytest.raises(ImproperlyConfigured, match="SOME_FLAG"):
        settings.read_flag("SOME_FLAG", default=False)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root@localhost/crp",
        "oracle://crp:crp@localhost/crp",
        "postgres://crp@localhost:notaport/crp",
        "crp.sqlite3",
        "nonsense://",
        "crp:hunter2@localhost/crp",
        "://crp@localhost/crp",
        "postgress://crp@localhost/crp",
    ],
)
def test_a_database_that_can_not_be_used_stops_the_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        settings.read_database()


@pytest.mark.parametrize(
    "url", ["ftp://mail.example.org", "mail.example.org", "smtp+tls://u:hunter2@h:notaport", "://"]
)
def test_a_mail_server_that_can_not_be_used_stops_the_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refusal:
        settings.read_email()
    assert "hunter2" not in str(refusal.value)


def test_a_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert settings.read_email()["EMAIL_BACKEND"].endswith("console.EmailBackend")
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://crp:p%40ss@mail.example.org:587")
    read = settings.read_email()
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == ("crp", "p@ss")


@pytest.mark.parametrize(
    "address", ["crp.example.org", "ftp://crp.example.org", "https://crp.example.org/a", "https://a b"]
)
def test_an_address_of_the_site_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("SITE_ADDRESS", address)
    with pytest.raises(ImproperlyConfigured, match="SITE_ADDRESS"):
        settings.read_site_address()


@pytest.mark.parametrize("raw", ["-1", "1.5", "many", "1000001", "٣"])
def test_a_limit_that_is_no_number_stops_the_start(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("API_LIMIT", raw)
    with pytest.raises(ImproperlyConfigured, match=r"API_LIMIT.*whole number from 0 to 1000000"):
        settings.read_count("API_LIMIT", default=120, highest=1_000_000)


@pytest.mark.parametrize(("raw", "expected"), [("", 120), ("0", 0), (" 600 ", 600)])
def test_a_limit(monkeypatch: pytest.MonkeyPatch, raw: str, expected: int) -> None:
    monkeypatch.setenv("API_LIMIT", raw)
    assert settings.read_count("API_LIMIT", default=120, highest=1_000_000) == expected


@pytest.mark.parametrize("raw", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/99", "10.0.0.0/8; ::1", "*"])
def test_a_proxy_that_is_no_network_stops_the_start(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", raw)
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        settings.read_proxies()


def test_the_proxies_of_this_machine_are_trusted_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTED_PROXIES", raising=False)
    assert [str(network) for network in settings.read_proxies()] == ["127.0.0.0/8", "::1/128"]
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,")
    assert [str(network) for network in settings.read_proxies()] == ["10.0.0.0/8", "192.0.2.7/32"]


@pytest.mark.parametrize(
    "url", ["locmem://", "memcached://hunter2@h", "redis://", "localhost:6379", "redis://a b:hunter2@h"]
)
def test_a_cache_that_can_not_be_used_stops_the_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CACHE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="CACHE_URL") as refusal:
        settings.read_cache()
    assert "hunter2" not in str(refusal.value)


def test_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CACHE_URL", raising=False)
    assert settings.read_cache()["BACKEND"].endswith("LocMemCache")
    monkeypatch.setenv("CACHE_URL", "redis://cache.example.org:6379/0")
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match="pip install redis"):
        settings.read_cache()
    monkeypatch.setattr(settings, "find_spec", lambda _name: object())
    assert settings.read_cache()["LOCATION"] == "redis://cache.example.org:6379/0"


def test_the_refusal_is_what_the_administrator_reads() -> None:
    sentence = refused(DATABASE_URL="mysql://root@localhost/crp")
    assert "DATABASE_URL: expected sqlite:///path or postgres://user:password@host:port/name." in sentence


def test_a_password_is_never_part_of_the_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("mysql://root:hunter2@localhost/crp", "postgres://crp:hunter2@localhost:notaport/crp"):
        monkeypatch.setenv("DATABASE_URL", url)
        with pytest.raises(ImproperlyConfigured) as error:
            settings.read_database()
        assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://crp:secret@db.example.org:5433/plans")
    config = settings.read_database()
    assert (config["ENGINE"], config["NAME"]) == ("django.db.backends.postgresql", "plans")
    assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"]) == (
        "crp", "secret", "db.example.org", 5433,
    )  # fmt: skip
    assert config["CONN_HEALTH_CHECKS"] is True


def test_sqlite_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Django's defaults writers that meet fail at once."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:////var/lib/crp/crp.sqlite3")
    config = settings.read_database()
    assert config["NAME"] == "/var/lib/crp/crp.sqlite3"
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


def test_an_empty_database_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert Path(settings.read_database()["NAME"]).name == "crp.sqlite3"


FORMER = ("$former-key-of-the-installation", "an-even-older-key=of#it,with%signs")


def test_former_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY_FALLBACKS", raising=False)
    assert settings.read_former_secrets("now") == []
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f" {FORMER[0]}  {FORMER[1]}\n")
    assert settings.read_former_secrets("now") == list(FORMER)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("hunter2", "fewer than 20 signs"),
        (f"{FORMER[0]} hunter2", "fewer than 20 signs"),
        (f"{FORMER[0]} the-key-of-the-installation-now", "SECRET_KEY of now"),
    ],
)
def test_former_keys_that_can_not_be_used(monkeypatch: pytest.MonkeyPatch, raw: str, words: str) -> None:
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", raw)
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        settings.read_former_secrets("the-key-of-the-installation-now")
    assert not any(part in str(refusal.value) for part in raw.split())


def test_what_was_signed_before_a_change_of_the_key_holds() -> None:
    """With two starts of CRP, as an installation changes its key: cursors, secrets of webhooks, links in e-mails."""
    sign = (
        "from crp.common.api import cursors; from crp.webhooks.models import EndpointSecret;"
        "from crp.webhooks.signing import new_secret, write_secret; row = EndpointSecret(nonce='fixed');"
        "from crp.following.models import Subscription; from crp.following.tokens import Purpose, _seal;"
        "link = Subscription(pk=1, nonce='fixed');"
    )
    made = run(
        f"{sign}secret = new_secret(row); seal = _seal(link, Purpose.STOP, settings.SECRET_KEY);"
        "print(cursors.write([7, None], 'list'), secret, row.fingerprint, seal)",
        SECRET_KEY=FORMER[0],
    )
    assert made.returncode == 0, made.stderr
    cursor, secret, fingerprint, seal = made.stdout.split()
    read = (
        sign + f"row.fingerprint = {fingerprint!r}; print(cursors.read({cursor!r}, 'list'), write_secret(row),"
        "*(_seal(link, Purpose.STOP, key) for key in settings.SECRET_KEY_FALLBACKS))"
    )
    kept = run(read, SECRET_KEY="a-new-key-of-the-installation", SECRET_KEY_FALLBACKS=" ".join(FORMER))
    assert kept.stdout.split()[:4] == ["[7,", "None]", secret, seal], kept.stderr


READS = re.compile(r"""(?:env\.(?:str|list|int|bool)|environ\.get|read_(?:flag|count|number))\(\s*"([A-Z][A-Z_]+)\"""")
READERS = ("crp/settings.py", "deploy/gunicorn.conf.py", "crp/management/commands/demo.py")


def test_every_variable_is_told_of() -> None:
    """In .env.example with a comment above it, and in the README."""
    read = {name for path in READERS for name in READS.findall((PROJECT / path).read_text())}
    assert {"SECRET_KEY", "API_LIMIT", "PORT", "OFFICER_PASSWORD", "DEBUG", "WEBHOOK_TEST_RECEIVERS"} <= read
    blocks = (PROJECT / ".env.example").read_text().split("\n\n")
    told = {name: block for block in blocks for name in re.findall(r"^#?([A-Z][A-Z_]+)=", block, re.MULTILINE)}
    assert set(told) == read
    assert not [name for name, block in told.items() if not block.startswith("# ")]
    table = (PROJECT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    assert {name for line in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", line.split(" | ")[0])} == read
