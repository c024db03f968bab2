"""An officer writes a revision in a real browser: nothing typed is lost, and totals add up while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils.numberformat import format as format_number
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from funding.checks import Verdict, check_revision
from plans.models import FormCopy, Plan, Revision
from plans.services import start_revision

SHELTER = "#id_sector_amounts-1-amount_usd"


@pytest.fixture
def draft(_data: None) -> Revision:
    """Return a draft of the plan for 2025-2026."""
    return start_revision(plan=Plan.objects.get(code="MLI-CRP-2025-2026"), by=None, reason="To be tried.")


@pytest.fixture
def at(draft: Revision) -> str:
    return f"/admin/plans/revision/{draft.pk}/change/"


def shelter_of(draft: Revision) -> Decimal:
    return draft.funding_requests.get(sector__code="SHELTER").amount_usd


def test_totals_agree_with_the_checks_and_a_double_click_saves_once(
    officer_page: Page, draft: Revision, at: str
) -> None:
    page = officer_page
    page.goto(at)
    live = page.locator("#crp-live")
    expect(live).to_contain_text("All totals agree")
    page.get_by_role("tab", name="Sectors").click()
    page.locator(SHELTER).fill("6 700 000.10")
    expect(live).to_contain_text("Totals that do not agree: 1")
    expect(live.get_by_role("row", name="Sum of sectors")).to_contain_text("+500,000.10: too much")
    expect(live.get_by_role("status")).to_contain_text("Sum of sectors: 32,853,500.10")
    page.get_by_role("tab", name="Sectors").press("ArrowLeft")
    expect(page.get_by_role("tab", name="Objectives and outcomes")).to_be_focused()
    page.locator("#id_outcomes-0-share_percent").fill("49.5")
    expect(live.get_by_role("row", name="Shares of objective 1")).to_contain_text("99.50")
    page.locator("#id_objectives-0-people_targeted").fill("many")
    expect(live.get_by_role("row", name="People targeted by objective")).to_contain_text("can’t be read: 1")
    page.locator("#id_objectives-0-people_targeted").fill("175,001")
    saves = []
    page.on(
        "request",
        lambda request: saves.append(request.url) if request.method == "POST" and "keep" not in request.url else None,
    )
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    assert len(saves) == 1
    assert shelter_of(draft) == Decimal("6700000.10")
    expect(page.get_by_role("tab", name="Objectives and outcomes")).to_have_attribute("aria-selected", "true")
    told = {row.rule: row for row in check_revision(Revision.objects.get(pk=draft.pk))}
    for name, rule in (
        ("Sum of sectors", "sum_of_sectors"),
        ("Sum of objectives", "sum_of_objectives"),
        ("People targeted by objective", "people_targeted_by_objective"),
    ):
        figure = format_number(told[rule].found, ".", 2 if told[rule].found % 1 else 0, 3, ",", force_grouping=True)
        row = live.get_by_role("row", name=name)
        expect(row.get_by_role("cell")).to_have_text(figure)
        is_wrong = told[rule].verdict in {Verdict.WARNING, Verdict.ERROR}
        assert ("crp-live-is-warning" in row.get_attribute("class")) == is_wrong


def test_what_was_typed_survives_the_browser(
    officer_page: Page, new_context: Callable[..., BrowserContext], draft: Revision, at: str
) -> None:
    page = officer_page
    page.goto(at)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("tab", name="Figures").click()
    page.locator("#id_people_targeted").press("End")
    page.locator("#id_people_targeted").fill("273,000")
    page.reload()
    assert asked == [], "nothing differs from what was opened"
    page.get_by_role("tab", name="Sectors").click()
    page.locator(SHELTER).fill("6,700,000")
    expect(page.locator(".crp-keep")).to_contain_text("Kept on the server at")
    assert (FormCopy.objects.count(), shelter_of(draft)) == (1, Decimal(6_200_000))
    page.evaluate("setTimeout(() => { location.href = '/admin/'; })")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    signed_in = page.context.storage_state()
    page.close(run_before_unload=False)
    again = new_context(storage_state=signed_in).new_page()
    again.goto(at)
    offer = again.get_by_role("region", name="Unsaved text")
    expect(again.locator(".crp-keep")).to_have_count(1)  # the form below an offer is as safe
    offer.get_by_text("1 difference from what is saved now").click()
    expect(offer.get_by_role("row", name="Shelter and settlements")).to_contain_text("6,700,000")
    offer.get_by_role("button", name="Put it back").click()
    expect(again.locator(SHELTER)).to_have_value("6,700,000")
    expect(again.locator("#crp-live")).to_contain_text("32,853,500")
    again.get_by_role("button", name="Save", exact=True).click()
    expect(again.locator(".messagelist")).to_contain_text("Saved.")
    assert (FormCopy.objects.count(), shelter_of(draft)) == (0, Decimal(6_700_000))


def test_two_versions_stand_side_by_side(
    officer_page: Page,
    new_context: Callable[..., BrowserContext],
    accessible: Callable[[Page], None],
    draft: Revision,
    at: str,
) -> None:
    # Where there are fields axe styles elements while it looks, which the site's policy refuses.
    state: Any = officer_page.context.storage_state()
    page = new_context(bypass_csp=True, storage_state=state).new_page()
    page.goto(at)
    accessible(page)
    page.get_by_role("tab", name="Narrative").click()
    passage = page.locator("#narratives-0")
    passage.locator("textarea").fill("## Why\n\nFor **them**, <b>not</b> us.")
    passage.get_by_role("button", name="Preview").click()
    expect(passage.locator(".crp-preview-text strong")).to_have_text("them")
    expect(passage.get_by_role("heading", name="Why", exact=True)).to_be_visible()
    accessible(page)
    page.get_by_role("tab", name="Sectors").click()
    page.locator(SHELTER).fill("6,700,000")
    other = new_context(storage_state=state, java_script_enabled=False).new_page()
    other.goto(at)
    other.locator(SHELTER).fill("6,300,000")
    other.locator("#id_people_targeted").fill("270,000")
    other.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    line = page.get_by_role("row", name="Shelter and settlements")
    for text in ("changed by both: choose", "6,200,000", "6,300,000", "6,700,000"):
        expect(line).to_contain_text(text)
    accessible(page)
    line.get_by_role("radio", name="Amount (USD), yours: 6,700,000").check()
    page.get_by_role("button", name="Save as chosen").click()
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    draft.refresh_from_db()
    assert (draft.people_targeted, shelter_of(draft)) == (270_000, Decimal(6_700_000))
    assert draft.narratives.filter(body="## Why\n\nFor **them**, <b>not</b> us.").count() == 1
