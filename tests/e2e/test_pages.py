"""The public pages in a real browser: they read well for everybody, and their figures need no script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

PAGES = [
    "/",
    "/gaps/",
    "/countries/MLI/",
    "/plans/MLI-COMPENDIUM-2017/",
    "/plans/MLI-CRP-2025-2026/",
    "/plans/MLI-CRP-2021/",
    "/plans/MLI-COMPENDIUM-2017/funding/",
    "/plans/MLI-CRP-2025-2026/checks/",
    "/methodology/",
    "/data/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible(page: Page, accessible: Callable[[Page], None], path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(path)
    assert answer.status == 200
    expect(page.locator("h1")).to_have_count(1)
    accessible(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    answer = page.goto(path)
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("path", "figures"),
    [
        ("/plans/MLI-COMPENDIUM-2017/", ["37,360,000", "112,550", "37,247,450"]),
        ("/plans/MLI-CRP-2025-2026/", ["32,353,500", "12,584,000", "273,000"]),
    ],
)
def test_the_figures_of_a_plan_need_no_script(plain_page: Page, path: str, figures: list[str]) -> None:
    plain_page.goto(path)
    for figure in figures:
        expect(plain_page.get_by_text(figure).first).to_be_visible()
