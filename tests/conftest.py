"""What every test has.

The database of the tests holds the Mali data (every fixture that ``manage.py demo`` loads), loaded once per test
database. A test that uses the database sees it and may change it: its changes are rolled back.

``mali``            the three Mali plans by name; also what brings the data back for a test that needs real
                    transactions or ``live_server``: such a test empties the database when it ends.
``empty_database``  no row of CRP at all, for a test that counts or builds its own, until the test ends.
``empty_module``    the same for all tests of a module, emptied once.
``world``           the test's own copy of what the module's mark ``world(make=...)`` makes, once, in the database that
                    ``empty_module`` emptied.
``history``         keeps the history of what the test changes, as CRP does when it is served.
``kept_pages``      keeps public pages, as CRP does when it is served.
``limits``          counts the requests of the API, with limits that a test reaches.
``per_row_queries`` fails the test on a query that repeats per row, and names the line that makes it.
``password``        a password that the site accepts.

The tests run on SQLite, and those that use a database run again on PostgreSQL, but for those marked ``once``: what is
looked at there is a form, a file, a sentence or a page, and the SQL behind it is sent to PostgreSQL by another test.
Every page and every form of the admin is opened on both, see tests/project/test_every_page.py and
test_every_admin_page.py. What adds money, searches, locks, writes or constrains is never marked.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from unittest import mock
from wsgiref.types import WSGIApplication

import hypothesis
import pytest
from django.apps import apps
from django.core.cache import caches
from django.core.management import call_command
from django.core.servers.basehttp import ServerHandler, WSGIRequestHandler
from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker
from zeal import zeal_context
from zeal.constants import initialize_app_registry
from zeal.patch import patch as watch_queries

from crp.accounts.models import RoleAssignment
from crp.common.kept_pages import MOST_BYTES
from crp.common.recent import Recent
from crp.kept_pages import KeptPagesMiddleware
from crp.management.commands.demo import FIXTURES
from plans.models import Plan
from plans.sealing.triggers import SEALS

PLAIN_SETTINGS = {
    # Every test would wait for a password hash that is slow on purpose.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    # Names without a hash and no look into staticfiles/, so that the tests need no collectstatic.
    # tests/project/test_static_files.py looks at the hashed ones.
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
    # The history writes every row twice, which a third of the time goes to: see the fixture ``history``.
    "SIMPLE_HISTORY_ENABLED": False,
    # No test waits for the next minute: see the fixture ``limits``.
    "API_LIMIT": 0,
    "API_LIMIT_WITH_KEY": 0,
    "WHITENOISE_AUTOREFRESH": True,
    "WHITENOISE_USE_FINDERS": True,
}

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)  # the same verdict for the same code
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

# For per_row_queries, and before any test: Django keeps the managers of related rows once they have been used.
initialize_app_registry()
watch_queries()


Unblock = Callable[[], AbstractContextManager[None]]
"""Inside it a fixture of a module may use the database."""


def _look_for_garbage_seldom() -> None:
    """Most of what there is stays, and to look at it all takes a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


_look_for_garbage_seldom()  # before the tests are collected, which makes a million objects that stay


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a second run, on another database, leave out what no database has a part in."""
    parser.addoption("--only-database", action="store_true", help="only the tests that use a database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the option excludes; pytest says how many tests that are."""
    if not config.getoption("--only-database"):
        return
    using = {"db", "transactional_db", "django_db_setup"}
    kept = [
        item
        for item in items
        if (item.get_closest_marker("django_db") or using.intersection(item.fixturenames))
        and not item.get_closest_marker("once")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@dataclass(frozen=True)
class MaliPlans:
    """The plans of the fixtures."""

    compendium_2017: Plan
    crp_2025_2026: Plan
    crp_2021: Plan


@pytest.fixture(scope="session", autouse=True)
def _rare_collections() -> None:
    """Leave out what collecting the tests has made."""
    _look_for_garbage_seldom()


@pytest.fixture(scope="session", autouse=True)
def _plain_settings() -> Iterator[None]:
    with override_settings(**PLAIN_SETTINGS):
        yield


@pytest.fixture(scope="session", autouse=True)
def _prompt_live_server() -> Iterator[None]:
    """Send an answer at once: head and body go apart, and the second would wait 40 ms for a word about the first."""
    with mock.patch.object(WSGIRequestHandler, "disable_nagle_algorithm", True):
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_request_at_a_time() -> Iterator[None]:
    """Let the requests to a live server wait for each other on SQLite: there all its threads have one connection.

    A page may ask for its sums while it is sent; as one transaction within another neither could be answered.
    """
    turn, run = threading.Lock(), ServerHandler.run

    def run_in_turn(self: ServerHandler, application: WSGIApplication) -> None:
        with turn if connection.vendor == "sqlite" else nullcontext():
            run(self, application)

    with mock.patch.object(ServerHandler, "run", run_in_turn):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Create the test database and load every fixture, once."""
    with django_db_blocker.unblock():
        call_command("loaddata", *FIXTURES, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _empties_sealed() -> Iterator[None]:
    """Let a test with real transactions empty an SQLite database that holds sealed revisions.

    Django empties it row by row, which the triggers refuse; PostgreSQL truncates.
    """
    flush = BaseDatabaseOperations.execute_sql_flush

    def without_triggers(operations: BaseDatabaseOperations, statements: list[str]) -> None:
        is_sqlite = operations.connection.vendor == "sqlite"
        if is_sqlite:
            SEALS.remove(operations.connection)
        flush(operations, statements)
        if is_sqlite:
            SEALS.install(operations.connection)

    with mock.patch.object(BaseDatabaseOperations, "execute_sql_flush", without_triggers):
        yield


@pytest.fixture(autouse=True)
def _no_kept_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every page anew: a test that counts queries asks for a page twice."""
    monkeypatch.setattr(KeptPagesMiddleware.store, "most_bytes", 0)


@pytest.fixture
def kept_pages(_no_kept_pages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep public pages, as CRP does when it is served and in every browser test."""
    monkeypatch.setattr(KeptPagesMiddleware.store, "most_bytes", MOST_BYTES)


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """Begin without what the process keeps: answers whose stamps a test takes back, the language of a request."""
    Recent.forget_all()
    yield
    translation.deactivate()


@pytest.fixture
def mali(db: None) -> MaliPlans:
    """Return the three Mali plans, loading the data again where a test with real transactions emptied the database."""
    if not Plan.objects.exists():
        call_command("loaddata", *FIXTURES, verbosity=0)
    plans = Plan.objects.in_bulk(field_name="code")
    return MaliPlans(
        compendium_2017=plans["MLI-COMPENDIUM-2017"],
        crp_2025_2026=plans["MLI-CRP-2025-2026"],
        crp_2021=plans["MLI-CRP-2021"],
    )


def _empty() -> None:
    RoleAssignment.objects.exclude(country=None, region=None).delete()
    for label in ("funding", "plans", "sectors"):
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            # Foreign keys are checked when a transaction ends, so the order of the tables is all the same.
            model._base_manager.all()._raw_delete(connection.alias)


@pytest.fixture
def empty_database(db: None) -> None:
    """Take every row of CRP's own tables away until the test ends."""
    _empty()


@pytest.fixture(scope="module")
def module_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Unblock]:
    """Let fixtures of a module write what all its tests see, until its last test ends.

    It is no place for tests with real transactions, which empty the database.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture(scope="module")
def empty_module(module_database: Unblock) -> None:
    """Take every row of CRP's own tables away until the last test of the module ends."""
    with module_database():
        _empty()
        connection.check_constraints()


@pytest.fixture(scope="module")
def _built_world(request: pytest.FixtureRequest, empty_module: None, module_database: Unblock) -> Any:
    with module_database():
        return request.node.get_closest_marker("world").kwargs["make"]()


@pytest.fixture
def world(_built_world: Any, db: None) -> Any:
    """Return the test's own copy of the module's world."""
    return deepcopy(_built_world)


@pytest.fixture
def history(settings: Any) -> None:
    """Keep the history of what the test changes, as CRP does when it is served and in every browser test."""
    settings.SIMPLE_HISTORY_ENABLED = True


@pytest.fixture
def limits(settings: Any) -> Iterator[None]:
    """Count the requests of the API, as CRP does when it is served: six a minute, and twelve with a key."""
    settings.API_LIMIT, settings.API_LIMIT_WITH_KEY = 6, 12
    caches["limits"].clear()
    yield
    caches["limits"].clear()


@pytest.fixture
def per_row_queries() -> Iterator[None]:
    """Fail the test where the same query runs for one row after the other, naming model, field and line."""
    with zeal_context():
        yield


@pytest.fixture
def password() -> str:
    """Return a password that the site's own rules accept."""
    return "correct-horse-battery-staple"
