"""The home page, its map, small charts and frames in a real browser."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_country, make_plan

BUDGET = 60_000  # bytes of the first view, packed
MOVED = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => { for (const entry of list.getEntries()) moved += entry.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(moved), 300);
})"""
PACKED_ALREADY = (".png", ".woff2")


@pytest.fixture
def many(transactional_db: None) -> None:
    """Have plans in thirty more places, of which some lie at the edges of the map."""
    places = [(-180 + 12 * number, -50 + 4 * number) for number in range(30)] + [(179.9, -17.7), (-172.1, -13.6)]
    for number, (longitude, latitude) in enumerate(places):
        country = make_country(name=f"Country with a long name {number}", latitude=latitude, longitude=longitude)
        make_plan(countries=[country], requested_usd=10_000_000 * (number + 1), start_year=2026, end_year=2026)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize("path", ["/", "/fr/"])
def test_the_home_page_fits_and_stays_where_it_is(
    reader_page: Page, accessible: Callable[[Page], None], path: str, width: int
) -> None:
    reader_page.set_viewport_size({"width": width, "height": 900})
    reader_page.goto(path)
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= width
    assert reader_page.evaluate(MOVED) < 0.01
    world = reader_page.locator(".world")
    box = world.bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(1000 / 435, rel=0.01)
    land = reader_page.evaluate("document.querySelector('.land').getBBox().width")
    assert land > 800  # the outlines arrived, from a file of their own
    assert reader_page.locator(".bubble").count() >= 33
    accessible(reader_page)


@pytest.mark.parametrize("path", ["/countries/", "/sectors/"])
def test_the_map_and_the_small_charts_of_lists(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(path).status == 200
    for summary in reader_page.locator("figure summary").all():
        summary.click()
    for width in (390, 1366):
        reader_page.set_viewport_size({"width": width, "height": 900})
        assert reader_page.evaluate("document.documentElement.scrollWidth") <= width
        accessible(reader_page)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("width", [390, 1366])
def test_the_list_below_the_map_is_reached_by_keyboard(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    summary = page.locator(".map summary")
    summary.focus()
    page.keyboard.press("Enter")
    first = page.locator(".map-list a").first
    expect(first).to_be_visible()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/countries/**")


def test_a_bubble_leads_to_its_country(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Mali: gap of USD 37,247,450").click()
    page.wait_for_url("**/countries/MLI/")


@pytest.mark.usefixtures("many")
def test_labels_on_the_map_can_be_read_at_both_widths(reader_page: Page) -> None:
    """In pixels on the screen: no smaller than 9, no two on each other, and none outside of the map."""
    for width in (390, 1366):
        reader_page.set_viewport_size({"width": width, "height": 900})
        reader_page.goto("/")
        boxes = reader_page.evaluate(
            """() => [...document.querySelectorAll(".bubble-label")].filter(label => label.getClientRects().length)
                .map(label => { const box = label.getBoundingClientRect();
                    return [box.left, box.top, box.right, box.bottom]; })"""
        )
        assert boxes
        assert min(bottom - top for _left, top, _right, bottom in boxes) >= 9
        assert all(left >= -1 and right <= width + 1 for left, _top, right, _bottom in boxes)
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.usefixtures("many")
def test_the_first_view_of_the_home_page_is_light(page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (Playwright marks what it is given)
    page.goto("/", wait_until="networkidle")
    sizes = {
        answer.url: len(body if answer.url.endswith(PACKED_ALREADY) else gzip.compress(body))
        for answer in answers
        if (body := answer.body())
    }
    assert any("land.svg" in url for url in sizes)
    assert sum(sizes.values()) < BUDGET, sizes


@pytest.mark.parametrize(
    "path", ["/embed/plans/MLI-COMPENDIUM-2017/", "/embed/plans/MLI-CRP-2025-2026/charts/sectors/"]
)
@pytest.mark.parametrize("width", [320, 700])
def test_a_frame_is_accessible_and_fits(
    reader_page: Page, accessible: Callable[[Page], None], path: str, width: int
) -> None:
    reader_page.set_viewport_size({"width": width, "height": 500})
    assert reader_page.goto(path).status == 200
    accessible(reader_page)
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], str]]:
    """Return what serves a page from another origin: a server of its own, for that page alone."""
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages["html"])

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def serve(html: str) -> str:
            pages["html"] = html.encode()
            return f"http://127.0.0.1:{server.server_port}/"

        yield serve
        server.shutdown()


def test_another_site_can_show_a_frame_and_no_other_page(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, elsewhere: Callable[[str], str]
) -> None:
    page = new_context().new_page()
    frames = {
        "embed": f"{live_server.url}/embed/plans/MLI-COMPENDIUM-2017/",
        "plan": f"{live_server.url}/plans/MLI-COMPENDIUM-2017/",
    }
    page.goto(elsewhere("".join(f'<iframe name="{name}" src="{url}"></iframe>' for name, url in frames.items())))
    expect(page.frame_locator("[name=embed]").get_by_text("37,360,000")).to_be_visible()
    expect(page.frame_locator("[name=plan]").get_by_text("37,360,000")).to_have_count(0)


def test_the_figures_need_no_script(plain_page: Page) -> None:
    plain_page.goto("/")
    expect(plain_page.locator(".map-list a").first).to_be_attached()
    plain_page.locator(".map summary").click()
    expect(plain_page.locator(".map-list").get_by_text("37,247,450")).to_be_visible()
