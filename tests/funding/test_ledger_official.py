"""Official totals: a newer one takes the place of the older, by the service and in the admin."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from funding.models import ReportedFunding
from funding.services import (
    record_official_total,
)
from plans.models import Plan
from tests.admin import Desk, address, problems
from tests.conftest import MaliPlans
from tests.factories import make_plan
from tests.funding.recording import LIST, refused, send_form

pytestmark = pytest.mark.django_db


# The service


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=100_000, contributions=0, start_year=2024)


def total(plan: Plan, on: date, amount: str = "500.00", **values: Any) -> ReportedFunding:
    return ReportedFunding(plan=plan, reported_on=on, amount_usd=Decimal(amount), **values)


def test_a_newer_official_total_supersedes_the_older(plan: Plan) -> None:
    old = record_official_total(total=total(plan, date(2024, 5, 1)))
    other = record_official_total(total=total(plan, date(2024, 5, 1), scope="sector", is_shared_across_sectors=True))
    new = record_official_total(total=total(plan, date(2024, 6, 1), "800.00"))
    assert set(ReportedFunding.objects.in_force()) == {new, other}
    assert set(ReportedFunding.objects.in_force(date(2024, 5, 31))) == {old, other}
    old.refresh_from_db()
    assert (old.superseded_on, old.amount_usd) == (date(2024, 6, 1), Decimal("500.00"))


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2024, 5, 1), "There is a total of 2024-05-01, USD 500: expected a later day."),
        (date(2024, 4, 1), "There is a total of 2024-05-01, USD 500: expected a later day."),
        (date(2202, 5, 1), "2202-05-01 has not come yet"),
    ],
)
def test_an_official_total_out_of_order_is_refused(plan: Plan, day: date, told: str) -> None:
    record_official_total(total=total(plan, date(2024, 5, 1)))
    found = refused(lambda: record_official_total(total=total(plan, day)))
    assert list(found) == ["reported_on"]
    assert found["reported_on"][0].startswith(told)


# The admin


@pytest.fixture
def mali_plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2017: 37,360,000 requested, 112,550 received."""
    return mali.compendium_2017


def official(desk: Desk, plan_now: Plan, **values: str) -> Any:
    data = desk.read(address(ReportedFunding, "add"))
    given = {"plan": plan_now.pk, "scope": "total", "amount_usd": "5,000", "reported_on": "2017-06-01"}
    return desk.visit(address(ReportedFunding, "add"), data | given | values)


def test_an_officer_records_a_newer_total(desk: Desk, mali_plan: Plan) -> None:
    assert official(desk, mali_plan).status_code == 302
    (told,) = problems(official(desk, mali_plan))
    assert told == "reported_on: There is a total of 2017-06-01 already: expected a later day."
    assert official(desk, mali_plan, reported_on="2017-07-01", amount_usd="7,000").status_code == 302
    old, new = ReportedFunding.objects.order_by("reported_on")
    assert (old.superseded_on, new.superseded_on, new.amount_usd) == (date(2017, 7, 1), None, Decimal(7000))
    page = desk.visit(address(old))
    assert page.context_data["read_only_because"].startswith("A newer total superseded this one on 2017-07-01")
    desk.visit(address(ReportedFunding, "changelist")).render()
    assert desk.send(address(new), amount_usd="7,500").status_code == 302
    new.refresh_from_db()
    assert new.amount_usd == Decimal(7500)


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"reported_on": "2202-01-01"}, "reported_on: 2202-01-01 has not come yet"),
        ({"plan": ""}, "year: Money outside any plan needs its year; a plan has its own."),
        ({"scope": "country"}, "scope: Name the part that the scope says, and no other."),
    ],
)
def test_a_wrong_official_total_is_told_at_its_field(
    desk: Desk, mali_plan: Plan, values: dict[str, str], told: str
) -> None:
    assert problems(official(desk, mali_plan, **values))[-1].startswith(told)
    assert not ReportedFunding.objects.exists()


def test_an_officer_sees_what_a_total_does_to_the_figures(desk: Desk, mali_plan: Plan) -> None:
    """112,550 of 37,360,000 are on record; 5,000,000 are 13.383... % of it."""
    told = official(desk, mali_plan, amount_usd="5,000,000").told[0]
    assert told == (
        "MLI-COMPENDIUM-2017: received (USD) 112,550 → 5,000,000; gap (USD) 37,247,450 → 32,360,000; "
        "funded 0.30\u00a0% → 13.38\u00a0%."
    )


# Money recorded where an official total is what was received


def test_recording_changes_what_is_on_record_and_not_what_was_received(desk: Desk, mali_plan: Plan) -> None:
    official(desk, mali_plan, amount_usd="5,000,000")
    page = send_form(desk, mali_plan, "_preview", amount_usd="1,000")
    (change,) = page.context_data["preview_changes"]
    shown = {str(row["label"]): (row["changes"], str(row["before"]), str(row["after"])) for row in change.rows}
    assert [label for label, (changes, _before, _after) in shown.items() if changes] == ["on record (USD)"]
    assert "112,550" in shown["on record (USD)"][1]
    assert "113,550" in shown["on record (USD)"][2]
    assert "5,000,000" in shown["received (USD)"][2]
    text = " ".join(page.render().content.decode().split())
    assert "The contributions on record are a part of it: they are never added to it." in text
    assert "More is on record than that" not in text
    told = send_form(desk, mali_plan, amount_usd="1,000").told[0]
    assert told == (
        "MLI-COMPENDIUM-2017: on record (USD) 112,550 → 113,550. Received stays USD 5,000,000: that is the official "
        "total of 1 Jun 2017."
    )
    figures = desk.visit(f"{LIST}?plan__id__exact={mali_plan.pk}").context_data["figures"]
    assert (figures.rollup.received_usd, figures.on_record_usd) == (Decimal("5000000.00"), Decimal("113550.00"))


@pytest.mark.once
def test_more_on_record_than_the_official_total_is_told(desk: Desk, mali_plan: Plan) -> None:
    official(desk, mali_plan, amount_usd="112,550")
    address_of_list = f"{LIST}?plan__id__exact={mali_plan.pk}"
    assert not desk.visit(address_of_list).context_data["figures"].exceeds_official
    send_form(desk, mali_plan, amount_usd="0.01")
    page = desk.visit(address_of_list)
    assert page.context_data["figures"].exceeds_official
    assert "More is on record than that" in page.render().content.decode()


def test_a_pledge_stands_beside_the_official_total(desk: Desk, mali_plan: Plan) -> None:
    official(desk, mali_plan, amount_usd="5,000,000")
    told = send_form(desk, mali_plan, amount_usd="1,000", status="pledge").told[0]
    assert told == "MLI-COMPENDIUM-2017: pledged (USD) – → 1,000."


@pytest.mark.once
def test_without_an_official_total_nothing_is_said_of_it(desk: Desk, mali_plan: Plan) -> None:
    page = send_form(desk, mali_plan, "_preview", amount_usd="1,000")
    labels = [str(row["label"]) for row in page.context_data["preview_changes"][0].rows]
    assert "on record (USD)" not in labels
    assert "official total" not in page.render().content.decode().replace("Official totals", "")
