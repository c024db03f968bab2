"""The public pages by keyboard, enlarged, without motion, and as a screen reader is told them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from plans.models import Country
from tests.factories import make_contribution, make_organization, make_plan

PAGES = [
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/fr/plans/MLI-CRP-2025-2026/",
    "/ar/plans/MLI-CRP-2025-2026/",
    "/countries/MLI/",
    "/sectors/IASC-GC/SHL/",
    "/organizations/iom/",
]
FOCUSED = """() => {
    const item = document.activeElement, box = item.getBoundingClientRect(), style = getComputedStyle(item);
    return {
        name: (item.getAttribute("aria-label") || item.textContent || item.name || "").trim().replace(/\\s+/g, " "),
        tag: item.tagName, outline: style.outlineStyle, width: parseFloat(style.outlineWidth),
        seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    };
}"""
UNNAMED = """() => [...document.querySelectorAll("svg")].filter(svg =>
    svg.getAttribute("aria-hidden") !== "true" && !svg.closest("[aria-hidden=true]")
    && !(["img", "group"].includes(svg.getAttribute("role"))
        && (svg.getAttribute("aria-label") || svg.querySelector("title")))
).map(svg => svg.outerHTML.slice(0, 200))"""
BARS_ALONE = """() => [...document.querySelectorAll("td.w")].filter(cell =>
    cell.querySelector("svg") && !/[0-9]/.test(cell.closest("tr").textContent)
).map(cell => cell.closest("tr").textContent)"""
MOVING = """() => [...document.querySelectorAll("*")].filter(item =>
    getComputedStyle(item).transitionDuration.split(", ").some(time => parseFloat(time) > 0.001)
    || item.getAnimations().some(one => one.playState === "running")
).map(item => item.tagName + "." + item.className)"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def _more(transactional_db: None) -> None:
    """Have an organization in both roles, and plans for a trend."""
    iom = make_organization(code="agency", name="Agency for everything")
    mali = Country.objects.get(iso3="MLI")
    for year in (2019, 2020, 2022, 2023):
        plan = make_plan(code=f"TREND-{year}", countries=[mali], start_year=year, contributions=0)
        make_contribution(plan=plan, recipient=iom, donor=make_organization())
        make_contribution(plan=plan, donor=iom)


@pytest.mark.usefixtures("_more")
@pytest.mark.parametrize(
    "path",
    [
        "/plans/MLI-COMPENDIUM-2017/",
        "/ar/plans/MLI-CRP-2025-2026/",
        "/plans/TREND-2020/",
        "/countries/MLI/",
        "/sectors/IASC-GC/SHL/",
        "/organizations/agency/",
    ],
)
def test_a_page_with_everything_open_is_accessible(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(path).status == 200
    reader_page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    accessible(reader_page)


def walk(page: Page, most: int) -> list[dict[str, Any]]:
    """Press the tabulator key over and over, and return what had the focus."""
    found = []
    for _step in range(most):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUSED))
    return found


@pytest.mark.parametrize("width", [390, 1366])
def test_a_plan_is_read_by_keyboard(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/plans/MLI-CRP-2025-2026/")
    assert walk(page, 1)[0]["name"] == "Skip to content"
    expect(page.get_by_text("Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    steps = walk(page, 45)
    assert [step for step in steps if not step["seen"]] == []
    assert [step for step in steps if step["outline"] == "none" or step["width"] < 2] == []
    names = [step["name"] for step in steps]
    assert "Every funding line" in names
    assert "How USD 32,353,500 adds up" in names
    summary = page.get_by_text("How USD 32,353,500 adds up")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("18 lines", exact=True).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By sector")).to_be_hidden()


def test_a_link_to_a_passage_that_is_folded_opens_it(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 800})
    page.goto("/plans/MLI-CRP-2025-2026/")
    passage = page.locator("details.passage").nth(4)
    expect(passage).not_to_have_attribute("open", "")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Protection and inclusion").click()
    expect(passage.locator("summary")).to_be_in_viewport()


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_page_enlarged_to_200_percent_needs_no_second_way_to_scroll(reader_page: Page, path: str) -> None:
    reader_page.set_viewport_size({"width": 683, "height": 400})  # what 1366 by 800 is at 200 %
    reader_page.goto(path)
    assert reader_page.evaluate(TOO_WIDE) <= 0


@pytest.mark.parametrize("path", PAGES[:1])
def test_nothing_moves_for_those_who_want_no_motion(reader_page: Page, path: str) -> None:
    reader_page.emulate_media(reduced_motion="reduce")
    reader_page.goto(path)
    assert reader_page.evaluate(MOVING) == []


@pytest.mark.parametrize("path", [PAGES[0], PAGES[1], "/countries/MLI/", "/", "/gaps/"])
def test_every_picture_has_a_name_or_its_figures_beside_it(reader_page: Page, path: str) -> None:
    reader_page.goto(path)
    assert reader_page.evaluate(UNNAMED) == []
    assert reader_page.evaluate(BARS_ALONE) == []
    assert reader_page.locator(".bar").count() > 0
