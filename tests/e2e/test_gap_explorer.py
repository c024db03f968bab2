"""The gap explorer in a real browser: from a filter to groups, a chart, the map and two plans side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from plans.models import Country
from tests.factories import make_country, make_plan

pytestmark = pytest.mark.usefixtures("more_plans")

EVERY_COLUMN = (
    "columns=start_year,kind,countries,people_in_need,people_targeted,requested_usd,received_usd,pledged_usd,gap_usd,"
    "percent_funded,cost_per_person_usd,document_on,funding_as_of"
)


@pytest.fixture
def more_plans(transactional_db: None) -> None:
    """Have plans of other countries, kinds and years beside those of Mali, more than a page of them."""
    mali, other = Country.objects.get(iso3="MLI"), make_country(name="Elsewhere")
    for number in range(26):
        make_plan(
            code=f"MORE-{number}",
            title=f"Another plan {number}",
            kind="hnrp" if number % 2 else "crp",
            countries=[other] if number % 3 else [mali, other],
            start_year=2018 + number % 5,
            requested_usd=1_000_000 * (number + 1),
            contributions=number % 3,
            sectors=1,
            projects=0,
        )


def open_list(page: Page, name: str) -> Locator:
    """Open a list of choices by what is written above it, and return what it holds."""
    title = page.locator(".field-title", has_text=re.compile(f"^{name}$"))
    box = title.locator("xpath=following-sibling::details")
    box.locator("summary").click()
    return box.locator("fieldset")


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize("width", [390, 1366])
def test_from_a_filter_to_two_plans_side_by_side(
    plain_page: Page, accessible: Callable[[Page], None], width: int
) -> None:
    page = plain_page  # no script is needed for any of it
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/gaps/")
    countries = open_list(page, "Country")
    option = countries.locator("label", has_text="Mali")
    expect(option.locator(".count")).to_have_text("12")
    option.click()
    expect(option.locator("input")).to_be_checked()
    countries.get_by_role("button", name="Show plans").click()
    assert asked(page)["country"] == ["MLI"]
    expect(page.locator("h2#found")).to_have_text("12 plans")
    expect(page.locator(".lead")).to_contain_text("Mali: 12 plans ask for")

    page.get_by_label("Group by").select_option("kind")
    page.get_by_role("button", name="Show", exact=True).click()
    assert asked(page)["group"] == ["kind"]
    total = page.locator("tfoot .is-total")
    expect(total).to_contain_text("12")
    page.locator("tbody th a", has_text="Humanitarian (needs and) response plan").click()
    expect(page.locator("tr.is-part", has_text="Another plan")).to_have_count(4)
    assert fits(page, width)

    page.get_by_role("link", name="Chart").click()
    assert asked(page)["view"] == ["chart"]
    expect(page.locator(".bars > li").first).to_contain_text("missing of")
    page.get_by_role("link", name="The same as a table").click()
    assert "view" not in asked(page)

    ticks = page.get_by_role("checkbox", name=re.compile("^Compare Another plan"))
    ticks.nth(0).check()
    ticks.nth(1).check()
    chosen = [tick.get_attribute("value") for tick in (ticks.nth(0), ticks.nth(1))]
    page.get_by_role("button", name="Compare").click()
    assert urlsplit(page.url).path == "/compare/"
    assert asked(page)["plan"] == chosen


@pytest.mark.parametrize("query", ["", EVERY_COLUMN, "group=country&open=MLI", "view=chart", "view=map"])
def test_every_view_is_accessible_and_fits(reader_page: Page, accessible: Callable[[Page], None], query: str) -> None:
    reader_page.goto(f"/gaps/?{query}")
    for details in reader_page.locator("main .filters details.further, main .arrange details").all():
        details.evaluate("details => details.open = true")
    for width in (390, 1366):
        reader_page.set_viewport_size({"width": width, "height": 900})
        accessible(reader_page)
        assert fits(reader_page, width)


def test_an_address_that_can_not_be_understood_is_told_accessibly(
    new_context: Callable[..., BrowserContext], accessible: Callable[[Page], None]
) -> None:
    page = new_context(viewport={"width": 390, "height": 900}).new_page()  # which may show an error
    assert page.goto("/gaps/?people_targeted_min=-1&group=colour").status == 400
    expect(page.get_by_role("alert")).to_contain_text("people_targeted_min")
    expect(page.get_by_label("Fewest people targeted")).to_have_attribute("aria-invalid", "true")
    accessible(page)
    assert fits(page, 390)


@pytest.mark.parametrize("query", ["", EVERY_COLUMN, "group=country&open=MLI", "view=chart"])
def test_every_view_fits_where_it_is_read_from_the_right(reader_page: Page, query: str) -> None:
    assert reader_page.goto(f"/ar/gaps/?{query}").status == 200
    for width in (390, 1366):
        reader_page.set_viewport_size({"width": width, "height": 900})
        assert fits(reader_page, width)


def test_columns_are_chosen_with_the_keyboard(page: Page) -> None:
    page.goto("/gaps/")
    page.locator("#t-columns + details summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("input[name=columns][value=start_year]")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Cost for each person targeted").check()
    page.locator(".apply").get_by_role("button", name="Show").click()
    assert "start_year" not in asked(page)["columns"]
    expect(page.get_by_role("columnheader", name="Cost for each person targeted")).to_be_visible()
    page.get_by_role("columnheader", name="Cost for each person targeted").get_by_role("link").click()
    assert asked(page)["ordering"] == ["-cost_per_person_usd"]
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("Another plan 25")  # 26,000,000 for 20,000 people
    expect(first).to_contain_text("1,300")


def test_pages_keep_what_was_chosen(page: Page) -> None:
    page.goto("/gaps/?ordering=title&columns=gap_usd")
    page.get_by_role("navigation", name="Pages of the list").get_by_role("link", name="2").click()
    assert asked(page) == {"ordering": ["title"], "columns": ["gap_usd"], "page": ["2"]}
    expect(page.locator("tbody tr")).to_have_count(4)
