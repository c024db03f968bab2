"""Gap finder, what-if and comparison in a real browser: each from its first field to its last figure."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from plans.models import Country
from tests.factories import make_contribution, make_plan

WIDTHS = [390, 1366]
MALI = "MLI-CRP-2025-2026"
OLD = "MLI-COMPENDIUM-2017"
FINDER = "/gaps/finder/?amount=500000&global_cluster=HEA&global_cluster=WSH&group=sahel&year=2025"
WHAT_IF = f"/what-if/?put={MALI}:500000&put={MALI}/sector/IOM-2025/WASH:250000&put={OLD}:1000000&plan={OLD}&find=mali"
BAD = f"/what-if/?put={MALI}:-5&put=NOPE:1e30"
COMPARE = f"/compare/?plan={MALI}&plan={OLD}&plan=MLI-CRP-2021"
PAGES = [
    "/gaps/finder/",
    FINDER,
    "/gaps/finder/?amount=2000000&earmarking=tightly_earmarked&year=2017",
    "/what-if/",
    WHAT_IF,
    "/compare/",
    COMPARE,
    f"/fr/compare/?plan={MALI}&plan={OLD}&find=mali",
    f"/ar{WHAT_IF}",
]
REFUSED = ["/gaps/finder/?amount=-5", BAD, f"/compare/?plan={MALI}"]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture
def refused_page(new_context: Callable[..., BrowserContext]) -> Page:
    """Return a page that may meet an answer of 400, which a browser notes as an error."""
    return new_context().new_page()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits(reader_page: Page, accessible: Callable[[Page], None], path: str) -> None:
    assert reader_page.goto(path).status == 200
    expect(reader_page.locator("h1")).to_have_count(1)
    for width in WIDTHS:
        reader_page.set_viewport_size({"width": width, "height": 800})
        assert fits(reader_page)
        accessible(reader_page)


@pytest.mark.parametrize("path", REFUSED)
def test_a_refusal_is_accessible_and_fits(refused_page: Page, accessible: Callable[[Page], None], path: str) -> None:
    assert refused_page.goto(path).status == 400
    for width in WIDTHS:
        refused_page.set_viewport_size({"width": width, "height": 800})
        expect(refused_page.get_by_role("alert").first).to_be_visible()
        assert fits(refused_page)
        accessible(refused_page)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_amount_finds_its_gap_and_leads_to_what_if(plain_page: Page, width: int) -> None:
    page = plain_page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/gaps/finder/")
    page.get_by_label("Amount (USD)").fill("500,000")
    page.locator("summary", has_text="All clusters").click()
    page.get_by_role("checkbox", name="Health", exact=True).check()
    page.locator("summary", has_text="All clusters").click()
    page.locator("summary", has_text="None chosen").click()
    page.get_by_label("Sahel (the five countries of the G5)").check()
    page.locator("summary", has_text="None chosen").click()
    page.get_by_label("Softly earmarked").check()
    page.locator("summary", has_text="More filters").click()
    page.get_by_label("Plans that cover the year").fill("2025")
    page.get_by_role("button", name="Find gaps").click()
    expect(page.get_by_role("heading", name="1 gap that USD 500,000 would fit")).to_be_visible()
    match = page.locator(".match").first
    expect(match).to_contain_text("at least 20.00")
    expect(match).to_contain_text("about 4,219")
    match.get_by_role("link", name="What if this amount is put here").click()
    expect(page).to_have_url(re.compile(r"/what-if/\?put="))
    expect(page.get_by_role("heading", name="USD 500,000 on 1 plan")).to_be_visible()
    expect(page.locator(".line-scenarios")).to_contain_text("Health")
    assert fits(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_amounts_are_added_changed_and_removed(refused_page: Page, width: int) -> None:
    page = refused_page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/what-if/")
    page.get_by_label("Look for a plan").fill("mali 2017")
    page.get_by_role("button", name="Search").click()
    page.locator(".found-plans").get_by_role("link", name="Mali 2017").click()
    page.get_by_label("On what of the plan").select_option(f"{OLD}/framework/HRP")
    page.get_by_label("Amount (USD)").fill("1,000,000")
    page.get_by_role("button", name="Put it there").click()
    expect(page).to_have_url(re.compile(rf"\?put={OLD}/framework/HRP:1000000$"))
    table = page.locator(".before-after")
    expect(table).to_contain_text("37,247,450")
    expect(table).to_contain_text("36,247,450")
    expect(page.locator(".line-scenarios")).to_contain_text(re.compile(r"0\.91\s%.*9\.00\s%", re.DOTALL))

    page.locator(".again").get_by_role("link", name="Mali 2017").click()
    page.get_by_label("Amount (USD)").fill("40000000")
    page.get_by_role("button", name="Put it there").click()
    expect(table).to_contain_text("Over-funded by")
    expect(table).to_contain_text("3,752,550")  # 112,550 + 41,000,000 - 37,360,000

    page.locator(".amount-rows input[name=amount]").nth(1).fill("-5")
    page.get_by_role("button", name="Work it out again").click()
    expect(page.locator(".field-problem")).to_contain_text("Enter an amount above 0")
    expect(table).to_have_count(0)
    page.locator(".amount-rows li").nth(1).get_by_role("link", name="Remove").click()
    expect(page).to_have_url(re.compile(rf"\?put={OLD}/framework/HRP:1000000$"))
    expect(table).to_contain_text("36,247,450")
    assert fits(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_plans_are_chosen_compared_and_replaced(refused_page: Page, width: int) -> None:
    page = refused_page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/compare/")
    for words, title in (("mali 2025", "Mali Crisis Response Plan 2025 - 2026"), ("mali 2017", "Mali 2017")):
        page.locator("#f-find").fill(words)
        page.get_by_role("button", name="Search").click()
        page.locator(".found-plans").get_by_role("link", name=title).click()
        if title != "Mali 2017":
            expect(page.get_by_role("alert")).to_contain_text("One more plan is needed")
    expect(page.get_by_role("heading", name="Money and people")).to_be_visible()
    shelter = page.get_by_role("row", name=re.compile("Emergency Shelter and NFI"))
    expect(shelter).to_contain_text("6,200,000")
    expect(shelter).to_contain_text("3,580,000")
    assert fits(page)
    page.locator(".compared li").nth(1).get_by_role("link", name="Replace").click()
    page.locator(".found-plans").get_by_role("link", name="Mali Crisis Response Plan 2021").click()
    expect(page).to_have_url(re.compile(rf"\?plan={MALI}&plan=MLI-CRP-2021$"))
    assert fits(page)


def test_large_figures_and_long_names_fit(reader_page: Page, transactional_db: None) -> None:
    countries = list(Country.objects.filter(iso3__in=["MLI", "BFA"]))
    title = "Plan régional de réponse humanitaire aux déplacements transfrontaliers " * 2
    codes = []
    for number in range(4):
        plan = make_plan(
            code=f"A-PLAN-WITH-A-LONG-CODE-{number}", title=title.strip(), requested_usd=38_888_888_888.88,
            countries=countries, contributions=0, start_year=2024, revision={"people_in_need": 312_345_678},
        )  # fmt: skip
        make_contribution(plan=plan, amount_usd=28_888_888_888)
        codes.append(plan.code)
    for path in (
        "/compare/?" + "&".join(f"plan={code}" for code in codes),
        "/what-if/?" + "&".join(f"put={code}:9999999999999.99" for code in codes),
        "/gaps/finder/?amount=9999999999999.99&year=2024&earmarking=earmarked",
    ):
        assert reader_page.goto(path).status == 200
        for width in (320, *WIDTHS, 768):
            reader_page.set_viewport_size({"width": width, "height": 800})
            assert fits(reader_page), (path, width)


def test_the_comparison_prints_in_columns(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    page.goto(COMPARE)
    boxes = page.locator(".compare-table").first.locator("tbody tr").first.locator("td").all()
    tops = {round(cell.bounding_box()["y"]) for cell in boxes}
    assert len(boxes) == 3
    assert len(tops) == 1  # beside each other
    expect(page.locator("#f-find")).to_be_hidden()
    assert fits(page)
