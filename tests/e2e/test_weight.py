"""What pages weigh and how they load: with an empty cache, on a slow line, without a connection.

``WRITE=1`` puts the weights that were measured into docs/performance.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import BrowserContext, expect

from tests.benchmarks.report import PAGE, put
from tests.e2e.weight import Weight, weigh, write_table

SMALL, PLAN = 60_000, 100_000  # bytes, of docs/decisions/0024
SCRIPT = 20_000
SHIFT = 0.01
"""A tenth of what counts as good. A browser that has to wait paints a button before it has read the word on it."""
PAGES = {
    "home": ("/", SMALL),
    "gap explorer": ("/gaps/", SMALL),
    "Mali 2025-2026": ("/plans/MLI-CRP-2025-2026/", PLAN),
    "Mali 2025-2026, French": ("/fr/plans/MLI-CRP-2025-2026/", PLAN),
    "Mali 2017": ("/plans/MLI-COMPENDIUM-2017/", PLAN),
    "a country": ("/countries/MLI/", SMALL),
    "a sector": ("/sectors/IASC-GC/SHL/", SMALL),
    "an organization": ("/organizations/iom/", SMALL),
}
SLOW = {"offline": False, "latency": 300, "downloadThroughput": 35_000, "uploadThroughput": 16_000}
"""A 2G line: bytes a second, and milliseconds to the server and back."""


@pytest.fixture(scope="module")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect and pack the project's own static files as ``make run`` does."""
    root = tmp_path_factory.mktemp("static")
    with override_settings(**_packed(root)):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def _packed(root: Path) -> dict[str, Any]:
    return {
        "STATIC_ROOT": root,
        "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.FileSystemFinder"],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_USE_FINDERS": False,
    }


@pytest.fixture
def served(live_server: Any, static_root: Path) -> Iterator[str]:
    """Serve CRP as it is run: the server of the other tests sends static files as they are, neither packed nor kept."""
    shared = {alias: connections[alias] for alias in connections if connections[alias].vendor == "sqlite"}
    for connection in shared.values():
        connection.inc_thread_sharing()  # and so it stays: a browser may hang up late, which closes the connection
    with override_settings(**_packed(static_root)):
        thread = LiveServerThread("localhost", lambda application: application, connections_override=shared)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        try:
            assert thread.error is None
            yield f"http://localhost:{thread.port}"
        finally:
            thread.terminate()


@pytest.fixture
def fresh(new_context: Callable[..., BrowserContext]) -> Callable[[], BrowserContext]:
    """Return a maker of browsers that have nothing in their cache."""
    return lambda: new_context(service_workers="block")


@pytest.mark.parametrize("width", [390, 1366])
def test_the_first_view_weighs_little(served: str, fresh: Callable[[], BrowserContext], width: int) -> None:
    weights: dict[str, tuple[Weight, int]] = {}
    for name, (path, budget) in PAGES.items():
        weights[name] = (weigh(fresh(), served + path, width), budget)
    assert {name: weight.total for name, (weight, budget) in weights.items() if weight.total >= budget} == {}
    scripts = {name: weight.by_kind.get("js", 0) for name, (weight, _budget) in weights.items()}
    assert {name: size for name, size in scripts.items() if size >= SCRIPT} == {}
    assert {name: weight.elsewhere for name, (weight, _budget) in weights.items() if weight.elsewhere} == {}
    assert {name: weight.shift for name, (weight, _budget) in weights.items() if weight.shift > SHIFT} == {}
    assert all(weight.by_kind["html"] > 1_000 for weight, _budget in weights.values())
    if os.environ.get("WRITE") and width == 1366:
        put(PAGE, "weights", write_table(weights))


def test_the_second_view_asks_only_whether_it_still_holds(served: str, fresh: Callable[[], BrowserContext]) -> None:
    context = fresh()
    address = f"{served}/plans/MLI-CRP-2025-2026/"
    first, second = weigh(context, address), weigh(context, address)
    assert first.total > 20_000
    assert second.total < 1_000


def test_a_gap_is_found_and_a_plan_opened_on_a_slow_line(served: str, fresh: Callable[[], BrowserContext]) -> None:
    page = fresh().new_page()
    page.set_viewport_size({"width": 1600, "height": 900})
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    page.set_default_timeout(30_000)
    page.goto(f"{served}/", wait_until="domcontentloaded")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Funding gaps").first.click()
    expect(page).to_have_url(f"{served}/gaps/")
    page.get_by_role("main").get_by_role("link", name="Mali 2017", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mali 2017")
    expect(page.get_by_text("37,247,450").first).to_be_visible()


def test_the_last_pages_are_there_without_a_connection(served: str, new_context: Callable[..., BrowserContext]) -> None:
    context = new_context(service_workers="allow")
    page = context.new_page()
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    expect(page.locator("#kept-copy")).to_be_hidden()
    page.goto(f"{served}/admin/login/")
    kept = "caches.open('crp-pages-1').then(c => c.keys()).then(all => all.map(item => new URL(item.url).pathname))"
    page.goto(f"{served}/api/v1/docs/")
    page.goto(f"{served}/countries/MLI/")
    page.wait_for_function(f"{kept}.then(all => all.length >= 2)")
    assert page.evaluate(kept) == ["/plans/MLI-COMPENDIUM-2017/", "/countries/MLI/"]
    context.set_offline(True)
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    expect(page.locator("#kept-copy")).to_be_visible()
    expect(page.locator("#kept-copy")).to_contain_text("You are offline. This is the copy of this page")
    expect(page.get_by_text("37,360,000").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.band')).paddingTop") != "0px"
    context.set_offline(False)
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    expect(page.locator("#kept-copy")).to_be_hidden()


def test_nothing_of_somebody_signed_in_is_kept(
    served: str, new_context: Callable[..., BrowserContext], officer_page: Any
) -> None:
    context = new_context(service_workers="allow")
    session = next(item for item in officer_page.context.cookies() if item["name"] == "sessionid")
    context.add_cookies([{"name": "sessionid", "value": session["value"], "url": served}])
    page = context.new_page()
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{served}/plans/MLI-COMPENDIUM-2017/")
    page.goto(f"{served}/countries/MLI/", wait_until="networkidle")
    assert page.evaluate("caches.keys().then(names => names.includes('crp-pages-1'))") is False


def test_the_worker_is_small_and_asks_for_the_whole_site(served: str, fresh: Callable[[], BrowserContext]) -> None:
    answer = fresh().request.get(f"{served}/service-worker.js")
    assert answer.headers["content-type"] == "text/javascript"
    assert answer.headers["cache-control"] == "no-cache"
    assert len(answer.body()) < 3_000
