"""The search in a real browser: by keyboard, on a phone, and without a script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

WIDTHS = [390, 1366]


@pytest.mark.parametrize("width", WIDTHS)
def test_suggestions_by_keyboard(page: Page, accessible: Callable[[Page], None], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/search/")
    field = page.get_by_role("combobox", name="Find a plan, country, sector or donor by name or code")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.focus()
    page.keyboard.type("mali")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Mali")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_contain_text("suggestions of")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "search-list-0")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("mali")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/countries/MLI/")


def test_a_click_and_leaving_the_box(page: Page) -> None:
    page.goto("/search/")
    field = page.get_by_role("combobox")
    field.press_sequentially("MLI-CRP")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()
    field.fill("MLI-CRP-2021")
    page.get_by_role("option", name=re.compile("Mali Crisis Response Plan 2021")).click()
    page.wait_for_url("**/plans/MLI-CRP-2021/")


def test_enter_without_a_choice_sends_the_form(page: Page) -> None:
    page.goto("/search/")
    page.get_by_role("combobox").press_sequentially("mali")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=mali")
    expect(page.get_by_role("link", name="Go to Mali")).to_be_visible()


def test_names_with_signs_of_html_stay_text(page: Page) -> None:
    page.route(
        "**/search/suggest/*",
        lambda route: route.fulfill(
            json={"said": "1", "results": [{"label": "<img src=x>", "type": "Plan", "detail": "<b>", "url": "/data/"}]}
        ),
    )
    page.goto("/search/")
    page.get_by_role("combobox").press_sequentially("xx")
    expect(page.get_by_role("option")).to_contain_text("<img src=x>")
    assert page.locator(".suggestions img").count() == 0


def test_a_line_that_is_down_leaves_the_form(page: Page) -> None:
    page.route("**/search/suggest/*", lambda route: route.fulfill(status=204, body=""))
    page.goto("/search/")
    page.get_by_role("combobox").press_sequentially("mali")
    page.wait_for_timeout(400)
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=mali")


def test_without_a_script(plain_page: Page) -> None:
    plain_page.goto("/search/")
    plain_page.get_by_role("searchbox").fill("Ivory Coast")
    plain_page.get_by_role("button", name="Search").click()
    expect(plain_page.get_by_role("link", name="Go to Côte d'Ivoire")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/search/?q=mali", "/search/?q=nothing+like+it", "/fr/search/?q=a&type=sector", "/search/"]
)
def test_its_pages_are_accessible(reader_page: Page, accessible: Callable[[Page], None], path: str) -> None:
    assert reader_page.goto(path).status == 200
    for width in WIDTHS:
        reader_page.set_viewport_size({"width": width, "height": 800})
        accessible(reader_page)
        assert reader_page.evaluate("document.documentElement.scrollWidth") <= width
