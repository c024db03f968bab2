"""The line a figure was read from, beside the figure: by pointer, by keyboard, by finger, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.e2e.conftest import without_problems

MALI = "/plans/MLI-CRP-2025-2026/"
PHONE = {"width": 390, "height": 780}
WHERE = "Line 4–5 · Mali Crisis Response Plan 2025 - 2026 · document of 17 April 2025"
AWAY = (2, 2)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def requested(page: Page) -> Locator:
    return page.locator(".value", has_text="32,353,500").first


def panel(page: Page) -> Locator:
    return page.get_by_role("tooltip")


def middle(locator: Locator) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def is_inside(inner: Locator, width: int, height: int) -> bool:
    box = inner.bounding_box()
    assert box is not None
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return box["x"] >= 0 and box["y"] >= 0 and right <= width and bottom <= height


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext], live_server: LiveServer) -> Iterator[Page]:
    context = new_context(viewport=PHONE, has_touch=True, is_mobile=True, service_workers="block")
    with without_problems(context.new_page(), live_server.url) as page:
        yield page


@pytest.mark.parametrize("part", [".number", ".cite"])
def test_hovering_a_figure_or_its_number_shows_its_line(reader_page: Page, part: str) -> None:
    reader_page.goto(MALI)
    expect(panel(reader_page)).to_be_hidden()
    link = requested(reader_page).locator(".cite")
    title = link.get_attribute("title")
    reader_page.mouse.move(*middle(requested(reader_page).locator(part)))
    expect(panel(reader_page)).to_be_visible()
    expect(panel(reader_page).locator(".where")).to_have_text(WHERE)
    expect(panel(reader_page).locator(".printed")).to_have_text("$32,353,500")
    expect(panel(reader_page).locator(".basis")).to_have_text("stated")
    assert link.get_attribute("title") is None  # the browser's own would lie over the panel
    reader_page.mouse.move(*middle(panel(reader_page)), steps=5)
    reader_page.wait_for_timeout(400)  # longer than a panel stays that the pointer has left
    expect(panel(reader_page)).to_be_visible()
    reader_page.mouse.move(*AWAY)
    expect(panel(reader_page)).to_be_hidden()
    assert link.get_attribute("title") == title


def test_escape_closes_it_until_the_pointer_comes_back(reader_page: Page) -> None:
    reader_page.goto(MALI)
    across, down = middle(requested(reader_page).locator(".number"))
    reader_page.mouse.move(across, down)
    expect(panel(reader_page)).to_be_visible()
    reader_page.keyboard.press("Escape")
    expect(panel(reader_page)).to_be_hidden()
    reader_page.mouse.move(across + 3, down)
    reader_page.wait_for_timeout(300)
    expect(panel(reader_page)).to_be_hidden()
    reader_page.mouse.move(*AWAY)
    reader_page.mouse.move(across, down)
    expect(panel(reader_page)).to_be_visible()


def test_the_keyboard_opens_it_and_a_screen_reader_is_told(
    reader_page: Page, accessible: Callable[[Page], None]
) -> None:
    reader_page.goto(MALI)
    link = requested(reader_page).locator(".cite")
    link.evaluate("link => link.focus({focusVisible: true})")
    expect(panel(reader_page)).to_be_visible()
    expect(link).to_have_accessible_description(f"Funding required, as stated (USD) $32,353,500 {WHERE} stated")
    accessible(reader_page)
    reader_page.keyboard.press("Escape")
    expect(panel(reader_page)).to_be_hidden()
    expect(link).to_be_focused()
    reader_page.keyboard.press("Tab")
    reader_page.keyboard.press("Shift+Tab")
    expect(panel(reader_page)).to_be_visible()
    reader_page.keyboard.press("Enter")
    expect(panel(reader_page)).to_be_hidden()
    expect(reader_page.locator("tr:target")).to_contain_text("$32,353,500")
    expect(reader_page.locator("tr:target")).to_be_in_viewport()


def test_an_inferred_value_gives_its_reasoning(reader_page: Page) -> None:
    reader_page.goto(MALI)
    link = reader_page.locator("a.is-inferred[href^='#citation-']:visible").first
    note = reader_page.locator(link.get_attribute("href") or "none").locator(".note").text_content()
    assert note
    reader_page.mouse.move(*middle(link))
    expect(panel(reader_page).locator(".basis")).to_have_text(f"inferred {note}")


def test_two_figures_in_one_place_each_have_their_own(reader_page: Page) -> None:
    reader_page.goto(MALI)
    reader_page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    both = reader_page.locator("strong:has(> .cite ~ .cite)").first
    for link in both.locator(".cite").all():
        row = reader_page.locator(link.get_attribute("href") or "none")
        reader_page.mouse.move(*middle(link))
        expect(panel(reader_page).locator(".what")).to_have_text(row.locator("th").text_content() or "none")


def test_the_number_in_a_table_lies_above_the_next_cell(reader_page: Page) -> None:
    reader_page.goto(MALI)
    for link in reader_page.locator("td.n > .cite:visible").all():
        across, down = middle(link)
        on_top = "([x, y]) => document.elementFromPoint(x, y).closest('a')?.hash"
        assert reader_page.evaluate(on_top, [across, down]) == link.get_attribute("href")


@pytest.mark.parametrize("path", [MALI, "/ar" + MALI, "/fr/countries/MLI/"])
def test_a_tap_on_a_phone_shows_it_whole(phone: Page, path: str) -> None:
    phone.goto(path)
    links = phone.locator("a.cite:visible")
    for link in [links.first, links.nth(1), links.last]:
        phone.touchscreen.tap(*middle(link))
        expect(panel(phone)).to_be_visible()
        assert is_inside(panel(phone), PHONE["width"], PHONE["height"])
        assert phone.evaluate(TOO_WIDE) == 0
        assert "#" not in phone.url
    phone.touchscreen.tap(*AWAY)
    expect(panel(phone)).to_be_hidden()


def test_a_tap_on_the_figure_shows_it_and_the_next_on_its_number_leads_to_the_table(phone: Page) -> None:
    phone.goto(MALI)
    phone.touchscreen.tap(*middle(requested(phone).locator(".number")))
    expect(panel(phone).locator(".where")).to_have_text(WHERE)
    phone.touchscreen.tap(*middle(requested(phone).locator(".cite")))
    expect(panel(phone)).to_be_hidden()
    expect(phone.locator("tr:target")).to_contain_text("$32,353,500")


def test_figures_of_a_past_day_have_it_too(reader_page: Page) -> None:
    reader_page.goto(f"{MALI}?as_of=2026-01-01")
    expect(reader_page.locator(".past")).to_be_visible()
    reader_page.mouse.move(*middle(requested(reader_page).locator(".number")))
    expect(panel(reader_page).locator(".where")).to_have_text(WHERE)


def test_nothing_of_it_is_printed(reader_page: Page) -> None:
    reader_page.goto(MALI)
    reader_page.mouse.move(*middle(requested(reader_page).locator(".number")))
    expect(panel(reader_page)).to_be_visible()
    reader_page.emulate_media(media="print")
    expect(reader_page.locator("#source-panel")).to_be_hidden()


def test_without_javascript_the_number_leads_to_the_row(plain_page: Page) -> None:
    plain_page.goto(MALI)
    link = requested(plain_page).locator(".cite")
    assert "line 4–5" in (link.get_attribute("title") or "")
    plain_page.mouse.click(*middle(link))
    row = plain_page.locator("tr:target")
    expect(row).to_contain_text("$32,353,500")
    expect(row).to_be_in_viewport()
