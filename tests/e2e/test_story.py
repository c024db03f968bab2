"""The whole story of a revision, by its people: an officer, a reviewer, a donor, and somebody who tampers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from playwright.sync_api import BrowserContext, Page, expect

from crp.management.commands.demo import GROUPS, OFFICER, REVIEWER, make_login
from funding.models import FundingRequest
from plans.models import Plan, Revision
from plans.sealing import seal_published
from plans.sealing.triggers import SEALS
from tests.conftest import MaliPlans

CODE = "MLI-CRP-2025-2026"
PASSWORD = "orchid-lantern-42x"
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def people(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the officer of Mali and the reviewer of Western Africa, and seal what is there, as the demo does."""
    monkeypatch.setenv("OFFICER_PASSWORD", PASSWORD)
    for demo in GROUPS:
        make_login(demo)
    seal_published()


def signed_in(new_context: NewContext, name: str) -> Page:
    page = new_context().new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def field_of(request: FundingRequest, page: Page, table: str) -> Any:
    """Return the field of an amount in the form, by the row that it belongs to."""
    row = page.locator(f"#{table}-group tr.form-row", has=page.locator(f"input[type=hidden][value='{request.pk}']"))
    return row.locator("[name$=-amount_usd]")


def save(page: Page) -> None:
    page.locator("[name=_save]").click()
    expect(page.get_by_text("Saved. The checks above speak of what is saved now.")).to_be_visible()


def check(page: Page, title: str) -> Any:
    return page.locator(".crp-checks tbody tr", has_text=title)


def test_from_a_draft_to_what_the_public_sees(  # noqa: PLR0915 (a story has one line after the other)
    people: None, new_context: NewContext, page: Page
) -> None:
    plan = Plan.objects.get(code=CODE)
    officer = signed_in(new_context, OFFICER)

    # The officer starts a revision and asks for half a million more for shelter.
    officer.goto(f"/admin/plans/plan/{plan.pk}/change/")
    officer.get_by_role("link", name="Start a revision").click()
    officer.get_by_label("Reason").fill("Floods in Mopti")
    officer.locator("form [type=submit].default").click()
    expect(officer.get_by_text("Revision 2 is a draft")).to_be_visible()
    draft = plan.revisions.open().get()
    shelter = draft.funding_requests.get(breakdown="sector", sector__code="SHELTER")
    assert shelter.amount_usd == 6_200_000
    open_section(officer, "Sectors")
    field_of(shelter, officer, "sector_amounts").fill("6,700,000")
    save(officer)
    row = check(officer, "Sum of sectors")
    expect(row.locator(".crp-verdict")).to_have_text("Warning")
    expect(row.locator(".crp-off")).to_have_text("+500,000")

    # The objective and the total follow.
    open_section(officer, "Objectives")
    lives = draft.funding_requests.get(breakdown="objective", objective__number=1)
    field_of(lives, officer, "objective_amounts").fill("13,084,000")
    open_section(officer, "Figures")
    officer.locator("[name=stated_requested_usd]").fill("32,853,500")
    save(officer)
    for title in ("Sum of sectors", "Sum of objectives"):
        expect(check(officer, title).locator(".crp-verdict")).to_have_text("Agrees")

    # It goes to the reviewer; the public sees nothing of it.
    officer.get_by_role("link", name="Send for review…").click()
    officer.get_by_label("Reason").fill("Floods in Mopti displaced 12,000 people.")
    officer.get_by_role("button", name="Send for review").click()
    expect(officer.get_by_text("Revision 2 is sent for review.")).to_be_visible()
    page.goto(f"/plans/{CODE}/")
    expect(page.locator("main")).to_contain_text("32,353,500")
    assert page.request.get(f"/plans/{CODE}/diff/?from=1&to=2").status == 400

    # The reviewer reads what changed, and publishes.
    reviewer = signed_in(new_context, REVIEWER)
    reviewer.goto(f"/admin/plans/revision/{draft.pk}/review/")
    sectors = reviewer.locator(".diff-figures tr", has_text="Shelter and settlements")
    for figure in ("6,200,000", "6,700,000", "+500,000", "+8.06"):
        expect(sectors).to_contain_text(figure)
    expect(reviewer.locator(".crp-figures")).to_contain_text("Floods in Mopti displaced 12,000 people.")
    reviewer.get_by_role("button", name="Publish").click()
    expect(reviewer.get_by_text("Revision 2 is published")).to_be_visible()

    # The public page and the API changed at that moment; the day before is still there.
    page.goto(f"/plans/{CODE}/")
    expect(page.locator("main")).to_contain_text("32,853,500")
    page.goto(f"/plans/{CODE}/diff/?from=1&to=2")
    expect(page.locator("main")).to_contain_text("+8.06")
    yesterday = (datetime.now(tz=UTC) - timedelta(days=1)).date().isoformat()
    page.goto(f"/plans/{CODE}/?as_of={yesterday}")
    expect(page.locator("main")).to_contain_text("32,353,500")
    expect(page.locator("main")).not_to_contain_text("32,853,500")
    api = f"/api/v1/plans/{CODE}/"
    assert page.request.get(api).json()["requested_usd"] == "32853500.00"
    assert page.request.get(f"{api}?as_of={yesterday}").json()["requested_usd"] == "32353500.00"

    # Everything is sealed, until somebody flips a digit behind CRP's back.
    out = StringIO()
    call_command("verify_revisions", stdout=out)
    assert out.getvalue().startswith("4 published revisions are what they were")
    SEALS.remove(connection)
    FundingRequest.objects.filter(revision=draft, pk=shelter.pk).update(amount_usd=Decimal(6_700_001))
    SEALS.install(connection)
    with pytest.raises(CommandError, match=rf"{CODE} revision 2 is not what was sealed"):
        call_command("verify_revisions", stdout=out)
    assert Revision.objects.get(pk=draft.pk).seal


def open_section(page: Page, name: str) -> None:
    """Open a section of the form, once the script has made tabs of them."""
    page.get_by_role("tab", name=name).first.click()
