"""The site in Arabic, from right to left, and an officer who translates a plan, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from plans.models import Revision, Translation

PAGES = [
    "/",
    "/gaps/",
    "/countries/",
    "/countries/MLI/",
    "/sectors/",
    "/sectors/IASC-GC/SHL/",
    "/donors/",
    "/donors/iom/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/plans/MLI-COMPENDIUM-2017/funding/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/plans/MLI-CRP-2025-2026/revisions/",
    "/methodology/",
    "/data/",
    "/gaps/?view=chart",
    "/gaps/?view=map",
    "/gaps/?group=country",
    "/gaps/finder/?amount=500000&global_cluster=HEA",
    "/what-if/?put=MLI-CRP-2025-2026:500000",
    "/compare/?plan=MLI-CRP-2025-2026&plan=MLI-COMPENDIUM-2017",
    "/search/?q=mali",
    "/follow/?plan=MLI-CRP-2025-2026",
    "/organizations/iom/",
]
CODE = "MLI-CRP-2025-2026"
TITLE = "خطة الاستجابة للأزمات في مالي"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_arabic_is_accessible_and_fits_a_phone(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(f"/ar{path}").status == 200
    expect(reader_page.locator("h1")).to_have_count(1)
    accessible(reader_page)
    reader_page.set_viewport_size({"width": 390, "height": 800})
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/", "/gaps/", "/plans/MLI-COMPENDIUM-2017/"])
def test_a_page_in_spanish_is_accessible_and_fits_a_phone(
    reader_page: Page, accessible: Callable[[Page], None], path: str
) -> None:
    assert reader_page.goto(f"/es{path}").status == 200
    accessible(reader_page)
    reader_page.set_viewport_size({"width": 390, "height": 800})
    assert reader_page.evaluate("document.documentElement.scrollWidth") <= 390


SIDES = """() => {
    const edge = name => document.querySelector(name).getBoundingClientRect();
    return {brand: edge(".brand").left > window.innerWidth / 2, main: getComputedStyle(document.body).direction,
            bar: getComputedStyle(document.querySelector(".bar")).transform};
}"""


def test_arabic_runs_from_right_to_left_bars_included(reader_page: Page) -> None:
    reader_page.set_viewport_size({"width": 1366, "height": 900})
    reader_page.goto("/ar/plans/MLI-COMPENDIUM-2017/")
    assert reader_page.evaluate(SIDES) == {"brand": True, "main": "rtl", "bar": "matrix(-1, 0, 0, 1, 0, 0)"}
    reader_page.goto("/plans/MLI-COMPENDIUM-2017/")
    assert reader_page.evaluate(SIDES) == {"brand": False, "main": "ltr", "bar": "none"}


def test_a_walk_in_arabic_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/ar/")
    page.locator(".nav-small > summary").click()
    page.locator(".nav-small a[href='/ar/countries/']").click()
    page.get_by_role("link", name="مالي", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/ar/countries/MLI/$"))
    expect(page.locator("h1")).to_contain_text("مالي")
    page.locator(f"a[href='/ar/plans/{CODE}/']").first.click()
    expect(page.locator("h1 bdi[lang=en]")).to_have_text("Mali Crisis Response Plan 2025 - 2026")
    expect(page.locator(".shown-in").first).to_be_attached()
    page.locator(".nav-small > summary").click()
    page.locator(".nav-small .languages a[lang=en]").click()
    expect(page).to_have_url(re.compile(rf"[^r]/plans/{CODE}/$"))
    assert page.locator(".shown-in").count() == 0


@pytest.mark.parametrize("width", [390, 1366])
def test_an_officer_translates_a_plan_into_arabic(
    officer_page: Page, new_context: Callable[..., BrowserContext], accessible: Callable[[Page], None], width: int
) -> None:
    page = officer_page
    page.set_viewport_size({"width": width, "height": 900})
    revision = Revision.objects.in_force().get(plan__code=CODE)
    page.goto(reverse("admin:plans_revision_change", args=[revision.pk]))
    page.get_by_role("link", name="Translate", exact=True).click()
    page.get_by_role("link", name="Arabic").click()
    # Where there are fields to fill in axe styles them while it looks, which the site's policy refuses.
    beside = new_context(bypass_csp=True, storage_state=page.context.storage_state()).new_page()
    beside.set_viewport_size({"width": width, "height": 900})
    beside.goto(page.url)
    accessible(beside)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    title = page.locator("textarea").first
    assert title.evaluate("field => getComputedStyle(field).direction") == "rtl"
    title.fill(TITLE)
    page.get_by_role("button", name="Save translations").click()
    expect(page.get_by_text("1 text is saved.")).to_be_visible()
    expect(page.locator(".crp-passage.is-done")).to_have_count(1)
    page.get_by_role("link", name="Not translated").click()
    expect(page.locator(".crp-passage.is-done")).to_have_count(0)
    assert Translation.objects.get().translated_by is not None
    page.goto(f"/ar/plans/{CODE}/")
    expect(page.locator("h1")).to_have_text(TITLE)
    assert page.locator("h1 bdi").count() == 0
