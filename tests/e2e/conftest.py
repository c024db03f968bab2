"""A real browser on a running server that holds the Mali data.

``page``         a page in English that fails the test on a script error, a refusal by the content security policy, or
                 a request to any other host.
``reader_page``  the same in a browser that is started once, for a test that looks at public pages and no more: it
                 keeps no form, no cookie and no listener of its own.
``plain_page``   the same in a browser without JavaScript.
``officer_page`` the same, signed in as the officer that ``manage.py demo`` makes.
``accessible``   a function that fails the test where axe finds something on the page it is given, light or dark.

The server is the test process itself, so a test can look into the database beside it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request
from pytest_django.live_server_helper import LiveServer

from crp.management.commands.demo import OFFICER, make_officer
from tests.e2e.accessibility import check_accessible
from tests.e2e.browser import find_system_browser, launch_arguments

# Playwright runs an event loop in this thread, which Django takes for asynchronous code. It is not: the tests wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

LONG = {"test_story", "test_revision_form", "test_weight"}
WINDOW = {"width": 1280, "height": 720}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and begin with those that take longest: no worker waits for the last of them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent or item.path.stem not in LONG)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's Chromium where there is one, and Playwright's own otherwise."""
    given = browser_type_launch_args
    arguments = given | {"args": [*given.get("args", []), *launch_arguments()]}
    browser = find_system_browser()
    return arguments | {"executable_path": browser} if browser else arguments


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Return what the paths in the tests are relative to."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Read pages in English, and wait for no animation."""
    return browser_context_args | {"locale": "en-GB", "reduced_motion": "reduce"}


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """Return a browser that keeps no copies of pages: test_weight.py looks at those."""
    return new_context(service_workers="block")


@pytest.fixture(scope="session")
def _copy_of_the_data() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as copy:
        yield copy


@pytest.fixture(autouse=True)
def _as_served(history: None, kept_pages: None) -> None:
    """Keep the history and public pages, as CRP does when it is served."""


@pytest.fixture(autouse=True)
def _data(transactional_db: None, _copy_of_the_data: sqlite3.Connection, request: pytest.FixtureRequest) -> None:
    """Have the plans there in every test: the one before emptied the database.

    Loading the fixtures takes over a second; SQLite copies a whole database in a few milliseconds.
    """
    if connection.vendor == "sqlite" and _copy_of_the_data.execute("SELECT 1 FROM sqlite_master").fetchone():
        _copy_of_the_data.backup(connection.connection)
        return
    request.getfixturevalue("mali")
    if connection.vendor == "sqlite":
        connection.connection.backup(_copy_of_the_data)


@contextmanager
def without_problems(page: Page, server: str) -> Iterator[Page]:
    """Collect what goes wrong inside a page, and fail where something did."""
    problems: list[str] = []

    def on_error(error: Error) -> None:
        problems.append(f"script: {error}")

    def on_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((f"{server}/", "data:")):
            problems.append(f"asked {request.url}")

    listeners = {"pageerror": on_error, "console": on_message, "request": on_request}
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        yield page
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    assert problems == []


@pytest.fixture
def page(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """Return a page in which nothing may go wrong unseen."""
    with without_problems(page, live_server.url):
        yield page


@pytest.fixture(scope="session")
def _reader(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(**browser_context_args, service_workers="block")
    yield context.new_page()
    context.close()


@pytest.fixture
def reader_page(_reader: Page, live_server: LiveServer) -> Iterator[Page]:
    """Return a page in which nothing may go wrong unseen, and which the test does nothing to but look at it.

    A browser of its own takes each test half a second.
    """
    _reader.set_viewport_size(WINDOW)
    _reader.emulate_media(color_scheme="light", media="screen", reduced_motion="reduce")
    with without_problems(_reader, live_server.url):
        yield _reader
    _reader.context.clear_cookies()


@pytest.fixture
def plain_page(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Iterator[Page]:
    """Return a page in a browser without JavaScript."""
    with without_problems(new_context(java_script_enabled=False).new_page(), live_server.url) as page:
        yield page


@pytest.fixture
def officer_page(page: Page, live_server: LiveServer) -> Page:
    """Return a page that is signed in as the officer."""
    make_officer()
    client = Client()
    client.force_login(get_user_model().objects.get(username=OFFICER))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    return page


@pytest.fixture(scope="session")
def accessible() -> Callable[[Page], None]:
    """Return a check of a page against the accessibility rules of axe."""
    return check_accessible
