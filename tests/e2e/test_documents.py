"""A published page becomes a draft in a real browser: read, looked at, decided about, saved."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum
from playwright.sync_api import BrowserContext, Page, expect

from crp.importing.models import ImportedDocument
from plans.models import Revision
from tests.shared import PROJECT

SOURCES = PROJECT / "fixtures" / "sources"
ADD = "/admin/importing/importeddocument/add/"


@pytest.fixture
def page_of_next_year(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Return a function that writes one of our pages under another title: the plan of the title is there already."""

    def write(name: str, title: str, other: str) -> Path:
        text = (SOURCES / name).read_text()
        assert title in text
        path = tmp_path / name
        path.write_text(text.replace(title, other))
        return path

    return write


def read(page: Page, path: Path) -> ImportedDocument:
    page.goto(ADD)
    page.get_by_label("File:").set_input_files(path)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("heading", name="What was read")).to_be_visible()
    return ImportedDocument.objects.get()


def save_all(page: Page) -> Revision:
    """Take every answer that the page proposes, and save."""
    for radio in page.locator(".crp-value.is-asked input[value=accepted]").all():
        radio.check()
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_text("is a draft made of this document.")).to_be_visible()
    return Revision.objects.get(plan__code=ImportedDocument.objects.get().plan.code, status="draft")


def test_a_crisis_response_plan(officer_page: Page, page_of_next_year: Callable[[str, str, str], Path]) -> None:
    page = officer_page
    read(page, page_of_next_year("mali-crp-2025-2026.txt", "Plan 2025 - 2026", "Plan 2026"))
    expect(page.get_by_text("becomes a new plan, MLI-CRP-2026")).to_be_visible()

    # What a value was read from is marked while one looks at it, and a click on the words leads back.
    value = page.locator('.crp-value[data-of="objective:2.people_targeted"]')
    value.hover()
    mark = page.locator("mark.is-shown")
    expect(mark).to_have_text("48,000")
    expect(mark).to_be_in_viewport()
    page.locator("#line-8 mark").click()
    expect(page.locator('.crp-value[data-of="revision.people_targeted"]')).to_be_in_viewport()

    # Questions alone; one is answered and kept, the page is left and come back to.
    page.get_by_role("link", name="Questions only").click()
    lost = page.locator('.crp-value[data-of="fundingrequest:sector:IOM-2025:PROTECTION_CENTRED.sector"]')
    expect(lost).to_contain_text("The heading is lost")
    lost.get_by_label("right").check()
    page.get_by_role("button", name="Keep decisions").click()
    expect(page.get_by_text("Your decisions are kept.")).to_be_visible()
    page.goto("/admin/importing/importeddocument/")
    page.get_by_role("link", name="mali-crp-2025-2026.txt").click()
    expect(lost.get_by_label("right")).to_be_checked()

    revision = save_all(page)
    requests = revision.funding_requests
    assert revision.stated_requested_usd == Decimal(32353500)
    assert requests.filter(breakdown="sector").count() == 18
    for breakdown in ("sector", "objective"):
        assert requests.filter(breakdown=breakdown).aggregate(sum=Sum("amount_usd"))["sum"] == Decimal(32353500)
    assert sorted(share.amount_usd for share in revision.request_shares.all()) == [207_000, 462_500, 484_000]
    assert revision.citations.filter(subject="fundingrequest:sector:IOM-2025:SHELTER", first_line=177).exists()


def test_a_page_of_the_compendium(officer_page: Page, page_of_next_year: Callable[[str, str, str], Path]) -> None:
    read(officer_page, page_of_next_year("mali-compendium-2017.txt", "Mali 2017", "Mali 2018"))
    revision = save_all(officer_page)
    assert revision.plan.code == "MLI-COMPENDIUM-2018"
    assert revision.projects.count() == 10
    sums = dict(revision.funding_requests.filter(breakdown="framework").values_list("framework__code", "amount_usd"))
    assert sums == {"HRP": Decimal(12360000), "MCOF": Decimal(25000000)}


def test_its_pages_are_accessible_and_fit_a_phone(
    officer_page: Page,
    new_context: Callable[..., BrowserContext],
    accessible: Callable[[Page], None],
    page_of_next_year: Callable[[str, str, str], Path],
) -> None:
    read(officer_page, page_of_next_year("mali-crp-2025-2026.txt", "Plan 2025 - 2026", "Plan 2026"))
    # Axe styles elements while it looks, which the site's policy refuses.
    page = new_context(bypass_csp=True, storage_state=officer_page.context.storage_state()).new_page()
    for address in (ADD, f"{officer_page.url}?show=questions"):
        page.set_viewport_size({"width": 1366, "height": 800})
        page.goto(address)
        accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
