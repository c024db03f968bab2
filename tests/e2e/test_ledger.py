"""Recording money in a real browser, as the officer: on a desk and on a telephone, with no rule of axe broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from funding.models import Contribution
from funding.services import record_contribution
from plans.models import Plan
from tests.factories import make_reported_funding

LIST = "/admin/funding/contribution/"
BULK = b"plan,status,amount_usd\nMLI-COMPENDIUM-2017,paid,1000\n"


@pytest.fixture
def pair(_data: None) -> Contribution:
    """Return a contribution that may repeat another one."""
    plan = Plan.objects.get(code="MLI-COMPENDIUM-2017")
    for _ in range(2):
        made = record_contribution(
            contribution=Contribution(
                plan=plan, status="pledge", amount_usd=Decimal(5_000), decision_on=date(2017, 3, 1)
            )
        ).contribution
    return made


@pytest.fixture
def under_total(pair: Contribution) -> Contribution:
    """Return one of the pair, of a plan that has an official total: its pages say so."""
    make_reported_funding(plan=pair.plan, amount_usd="5000", reported_on=date(2017, 6, 30))
    return pair


@pytest.fixture
def examined_page(
    officer_page: Page, new_context: Callable[..., BrowserContext], accessible: Callable[[Page], None]
) -> Callable[..., None]:
    """Return a function that examines the page an officer finds at an address.

    Where there are fields to fill in axe styles elements while it looks, which the site's policy refuses; so it looks
    in a browser that does not heed the policy.
    """

    def examine(address: str) -> None:
        page = new_context(bypass_csp=True, storage_state=officer_page.context.storage_state()).new_page()
        answer = page.goto(address)
        assert answer.status == 200
        accessible(page)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

    return examine


def test_an_officer_previews_and_records(officer_page: Page) -> None:
    plan = Plan.objects.get(code="MLI-COMPENDIUM-2017")
    officer_page.goto(f"{LIST}?plan__id__exact={plan.pk}")
    officer_page.get_by_role("link", name="Record money for MLI-COMPENDIUM-2017").click()
    officer_page.get_by_label("Status").select_option("commitment")
    officer_page.get_by_label("Original amount:").fill("655,957")
    officer_page.get_by_label("Original currency").fill("xof")
    officer_page.get_by_label("Exchange rate:").fill("655.957")
    officer_page.get_by_role("button", name="Preview the figures").click()
    preview = officer_page.get_by_role("status")
    expect(preview).to_contain_text("Preview: nothing is saved yet. The amount is USD 1,000.")
    expect(preview).to_contain_text("113,550")
    assert Contribution.objects.count() == 1
    officer_page.get_by_role("button", name="Save", exact=True).click()
    expect(officer_page.locator(".messagelist")).to_contain_text("received (USD) 112,550 → 113,550")
    made = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0001")
    assert (made.amount_usd, made.amount_basis, made.donor) == (Decimal("1000.00"), "converted", None)


def test_an_officer_merges_and_undoes(officer_page: Page, pair: Contribution) -> None:
    officer_page.goto(LIST)
    officer_page.get_by_role("link", name="Possible duplicates: 1").click()
    officer_page.get_by_label("Reason").fill("The same letter.")
    officer_page.get_by_role("button", name="Merge: count only").click()
    expect(officer_page.locator(".messagelist")).to_contain_text("is merged: only")
    expect(officer_page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    officer_page.goto(f"{LIST}{pair.pk}/duplicate/")
    officer_page.get_by_label("Reason").fill("Another letter.")
    officer_page.get_by_role("button", name="Undo the decision").click()
    expect(officer_page.locator(".messagelist")).to_contain_text("is undone: May be a duplicate")


def test_an_officer_enters_a_file(officer_page: Page) -> None:
    officer_page.goto(LIST)
    officer_page.get_by_role("link", name="Bulk entry").click()
    for content, told in ((BULK + b"MLI-COMPENDIUM-2017,paid,0\n", "An amount of 0 gives nothing."), (BULK, "113,550")):
        officer_page.goto(f"{LIST}bulk/")
        officer_page.get_by_label("File").set_input_files(
            {"name": "march.csv", "mimeType": "text/csv", "buffer": content}
        )
        officer_page.get_by_role("button", name="Show what it would do").click()
        expect(officer_page.get_by_text("march.csv: nothing is saved yet.")).to_be_visible()
        expect(officer_page.get_by_text(told).first).to_be_visible()
    officer_page.get_by_role("button", name="Record 1 row").click()
    expect(officer_page.locator(".messagelist")).to_contain_text("1 row of march.csv is recorded.")


@pytest.mark.parametrize("page_name", ["add/", "", "duplicates/", "bulk/", "{pk}/change/", "{pk}/next-step/"])
def test_pages_of_the_ledger_are_accessible_and_fit_a_phone(
    examined_page: Callable[..., None], under_total: Contribution, page_name: str
) -> None:
    examined_page(f"{LIST}{page_name.format(pk=under_total.pk)}")
