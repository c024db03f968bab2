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
from tests.funding.recording import refused

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


def test_a_newer_official_total_supersedes_the_older(desk: Desk, plan: Plan) -> None:
    assert official(desk, plan).status_code == 302
    (told,) = problems(official(desk, plan))
    assert told == "reported_on: There is a total of 2017-06-01 already: expected a later day."
    assert official(desk, plan, reported_on="2017-07-01", amount_usd="7,000").status_code == 302
    old, new = ReportedFunding.objects.order_by("reported_on")
    assert (old.superseded_on, new.superseded_on, new.amount_usd) == (date(2017, 7, 1), None, Decimal(7000))
    page = desk.visit(address(old))
    assert page.context_data["read_only_because"].startswith("A newer total superseded this one on 2017-07-01")
    desk.visit(address(ReportedFunding, "changelist")).render()
    assert desk.send(address(new), amount_usd="7,500").status_code == 302
    new.refresh_from_db()
    assert new.amount_usd == Decimal(7500)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"reported_on": "2202-01-01"}, "reported_on: 2202-01-01 has not come yet"),
        ({"plan": ""}, "year: Money outside any plan needs its year; a plan has its own."),
        ({"scope": "country"}, "scope: Name the part that the scope says, and no other."),
    ],
)
def test_a_wrong_official_total_is_told_at_its_field(desk: Desk, plan: Plan, values: dict[str, str], told: str) -> None:
    assert problems(official(desk, plan, **values))[-1].startswith(told)
    assert not ReportedFunding.objects.exists()
