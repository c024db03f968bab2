"""A donor takes away what is on the screen: as a table, and as a brief on paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import MaliPlans

SIZES = [pytest.param(390, id="phone"), pytest.param(1366, id="laptop")]
CODE = "MLI-CRP-2025-2026"


def take(page: Page, name: str, within: str = "main") -> tuple[str, Path]:
    """Click on a link that sends a file, and return the file's name and where it is."""
    with page.expect_download() as waiting:
        page.locator(within).get_by_role("link", name=name, exact=True).first.click()
    return waiting.value.suggested_filename, Path(waiting.value.path())


@pytest.mark.parametrize("width", SIZES)
def test_the_list_as_it_is_on_the_screen(mali: MaliPlans, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/gaps/?country=MLI&ordering=-start_year&as_of=2026-01-31")
    name, file = take(page, "CSV", ".downloads")
    assert name == "crp-gaps-2026-01-31.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    titles = page.locator("table.gap-list tbody th a:not([tabindex='-1'])").all_inner_texts()
    assert [row["title"] for row in rows] == [title for title in titles if title.strip()]
    assert [row["received_usd"] for row in rows] == ["", "", "112550.00"]

    name, file = take(page, "XLSX", ".downloads")
    assert name == "crp-gaps-2026-01-31.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(file.read_bytes())).sheetnames == ["About", "Plans"]

    name, file = take(page, "PDF brief", ".downloads")
    assert name == "crp-gaps-brief-en-2026-01-31.pdf"
    assert "69,713,500" in pypdf.PdfReader(file).pages[0].extract_text()


@pytest.mark.parametrize("width", SIZES)
def test_the_brief_of_a_plan(mali: MaliPlans, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/fr/plans/{CODE}/")
    with page.expect_download() as waiting:
        page.locator("#downloads").locator("xpath=ancestor::section").locator("a[href$='brief.pdf']").click()
    assert waiting.value.suggested_filename.startswith(f"crp-{CODE}-brief-fr-")
    reader = pypdf.PdfReader(waiting.value.path())
    assert len(reader.pages) == 2
    assert "Personnes ciblées" in reader.pages[0].extract_text()


@pytest.mark.parametrize("width", SIZES)
def test_the_page_of_all_downloads(mali: MaliPlans, page: Page, accessible: Callable[[Page], None], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/data/")
    accessible(page)
    with page.expect_download() as waiting:
        page.locator("a[href='/donors/download.ndjson']").click()
    assert waiting.value.suggested_filename.startswith("crp-donors-")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", SIZES)
def test_a_slip_in_the_address_is_told(
    mali: MaliPlans, new_context: Callable[..., BrowserContext], accessible: Callable[[Page], None], width: int
) -> None:
    page = new_context(viewport={"width": width, "height": 900}).new_page()  # which notes a 400 as an error
    answer = page.goto(f"/plans/{CODE}/download.xlsx?sector=WASH")
    assert answer is not None
    assert answer.status == 400
    expect(page.get_by_role("alert")).to_contain_text("sector")
    accessible(page)
    page.get_by_role("link", name="Back to the page of the same figures").click()
    expect(page).to_have_url(re.compile(f"/plans/{CODE}/$"))
