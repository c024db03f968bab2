"""Contributions and official totals over the API: what counts, what does not and why, and what is not told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from funding.models import Contribution, ReportedFunding, StatusChange
from funding.services import (
    change_contribution,
    change_status,
    keep_duplicate,
    merge_duplicate,
    record_contribution,
    record_official_total,
    take_back_step,
)
from plans.models import Plan, Revision
from tests.api import get, results
from tests.conftest import MaliPlans
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    make_sector,
    make_taxonomy,
)


@pytest.fixture
def money(mali: MaliPlans) -> Plan:
    """One contribution of each kind to a plan, and one outside any."""
    plan = make_plan(code="MONEY-1", contributions=0, reports_funding=False)
    agency = make_organization(code="agency")
    first = make_contribution(plan=plan, code="IN", amount_usd=1_000, recipient=agency, usage_year=2024)
    make_contribution(plan=plan, code="OUT", amount_usd=100, flow="outgoing")
    make_contribution(plan=plan, code="WITHIN", amount_usd=200, flow="internal", parent=first)
    make_contribution(plan=plan, code="PLEDGE", amount_usd=300, status="pledge")
    make_contribution(plan=plan, code="AGAIN", amount_usd=1_000, review="suspected", duplicate_of=first)
    make_contribution(plan=plan, code="MERGED", amount_usd=1_000, review="merged", duplicate_of=first)
    StatusChange.objects.create(contribution=first, status="pledge", since_on=date(2024, 1, 2), amount_usd=1_000)
    StatusChange.objects.create(contribution=first, status="paid", amount_usd=1_000)
    Contribution.objects.create(
        code="NO-PLAN", country=make_country(iso3="QQA"), status="paid", amount_usd=50, reported_on=date(2024, 6, 1)
    )
    return plan


def codes(query: str) -> set[str]:
    return {row["code"] for row in results(f"contributions/?{query}")} - {"MLI-2017-0001"}


@pytest.mark.usefixtures("money")
def test_what_counts_adds_to_what_the_plan_received() -> None:
    rows = results("contributions/?plan=MONEY-1")
    shown = {row["code"]: (row["counted_usd"], row["pledged_usd"], row["is_counted"]) for row in rows}
    assert shown == {
        "IN": ("1000.00", None, True),
        "OUT": ("-100.00", None, True),
        "WITHIN": (None, None, False),
        "PLEDGE": (None, "300.00", False),
        "AGAIN": (None, None, False),
        "MERGED": (None, None, False),
    }
    figures = get("plans/MONEY-1/")
    counted = sum(Decimal(row["counted_usd"]) for row in rows if row["counted_usd"])
    assert (figures["received_usd"], figures["pledged_usd"]) == (f"{counted:.2f}", "300.00")


@pytest.mark.usefixtures("money")
def test_why_a_contribution_does_not_count_is_told() -> None:
    again = get("contributions/AGAIN/")
    assert (again["review"], again["duplicate_of"], again["flow"]) == ("suspected", "IN", "incoming")
    within = get("contributions/WITHIN/")
    assert (within["flow"], within["parent"], within["review"]) == ("internal", "IN", "clear")
    first = get("contributions/IN/")
    assert first["steps"] == ["pledge:2024-01-02", "paid"]
    assert (first["recipient"], first["usage_year"], first["amount_basis"]) == ("agency", 2024, "given")


@pytest.mark.parametrize(
    ("query", "inside"),
    [
        ("flow=internal", {"WITHIN"}),
        ("flow=internal,outgoing", {"WITHIN", "OUT"}),
        ("review=suspected,merged", {"AGAIN", "MERGED"}),
        ("counted=true", {"IN", "OUT", "NO-PLAN"}),
        ("counted=false", {"WITHIN", "PLEDGE", "AGAIN", "MERGED"}),
        ("recipient=agency", {"IN"}),
        ("usage_year=2024", {"IN"}),
        ("has_plan=false", {"NO-PLAN"}),
        ("has_plan=true", {"IN", "OUT", "WITHIN", "PLEDGE", "AGAIN", "MERGED"}),
        ("country=QQA", {"NO-PLAN"}),
        ("region=901&has_plan=false", {"NO-PLAN"}),
        ("counted=true&flow=outgoing", {"OUT"}),
    ],
)
@pytest.mark.usefixtures("money")
def test_filters(query: str, inside: set[str]) -> None:
    assert codes(query) == inside


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("flow=sideways", "flow"),
        ("review=maybe", "review"),
        ("counted=perhaps", "counted"),
        ("usage_year=20x", "usage_year"),
    ],
)
def test_a_filter_that_cannot_be_used_is_400_and_named(mali: MaliPlans, query: str, name: str) -> None:
    assert list(get(f"contributions/?{query}", 400)["errors"]) == [name]


@pytest.mark.usefixtures("money")
def test_money_outside_any_plan_is_listed_with_its_country() -> None:
    shown = get("contributions/NO-PLAN/")
    assert (shown["plan"], shown["country"], shown["counted_usd"]) == (None, "QQA", "50.00")
    assert get("contributions/IN/")["country"] is None


def test_money_for_a_plan_that_is_not_published_is_not_told(mali: MaliPlans) -> None:
    hidden = Plan.objects.create(code="HIDDEN-1", kind="crp", title="Hidden", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden, number=1)
    make_contribution(plan=hidden, code="SECRET", donor=make_organization(code="shy"))
    make_reported_funding(plan=hidden, amount_usd=1)
    assert codes("") == set()
    assert get("contributions/SECRET/", 404)["code"] == "not_found"
    assert results("reported-funding/") == []
    assert results("organizations/?is_donor=true&search=shy") == []
    assert get("organizations/shy/rollup/?by=plan")["rows"] == []


def test_a_donor_outside_any_plan_is_a_donor(mali: MaliPlans) -> None:
    Contribution.objects.create(code="C", status="paid", amount_usd=5, donor=make_organization(code="away"))
    assert [row["code"] for row in results("organizations/?is_donor=true")] == ["away"]


def test_official_totals_are_those_in_force(mali: MaliPlans) -> None:
    plan = make_plan(code="PLAN-1", contributions=0, reports_funding=False)
    sector = make_sector(taxonomy=make_taxonomy(code="NEW"), code="WASH")
    country = make_country(iso3="QQB")
    make_reported_funding(plan=plan, amount_usd=9, reported_on=date(2024, 1, 1), superseded_on=date(2024, 6, 30))
    make_reported_funding(plan=plan, amount_usd=11)
    make_reported_funding(plan=plan, amount_usd=4, scope="sector", sector=sector)
    make_reported_funding(plan=plan, amount_usd=3, scope="sector", is_shared_across_sectors=True)
    make_reported_funding(country=country, year=2023, amount_usd="-2.50")
    shown = [
        (row["plan"], row["country"], row["year"], row["scope"], row["sector"], row["amount_usd"])
        for row in results("reported-funding/?ordering=-amount_usd")
    ]
    assert shown == [
        ("PLAN-1", None, None, "total", None, "11.00"),
        ("PLAN-1", None, None, "sector", "NEW/WASH", "4.00"),
        ("PLAN-1", None, None, "sector", None, "3.00"),
        (None, "QQB", 2023, "country", None, "-2.50"),
    ]
    assert get("plans/PLAN-1/")["received_usd"] == "11.00"


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("plan=PLAN-1", {"11.00"}),
        ("has_plan=false", {"7.00"}),
        ("country=QQB", {"7.00"}),
        ("year=2023", {"7.00"}),
        ("year=2024", {"11.00"}),
        ("year_min=2024", {"11.00"}),
        ("year_max=2023", {"7.00"}),
        ("scope=country", {"7.00"}),
        ("reported_since=2024-07-01", {"7.00"}),
        ("search=PLAN", {"11.00"}),
    ],
)
def test_filters_of_official_totals(mali: MaliPlans, query: str, amounts: set[str]) -> None:
    make_reported_funding(plan=make_plan(code="PLAN-1", start_year=2024), amount_usd=11)
    make_reported_funding(country=make_country(iso3="QQB"), year=2023, amount_usd=7, reported_on=date(2024, 7, 1))
    assert {row["amount_usd"] for row in results(f"reported-funding/?{query}")} == amounts


BEFORE = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("change", ["step", "back", "amount", "merge", "suspect"])
def test_every_change_of_a_contribution_is_noticed(mali: MaliPlans, change: str) -> None:
    plan = make_plan(code="PLAN-1", contributions=0)
    gift = record_contribution(
        contribution=Contribution(plan=plan, status="pledge", amount_usd=Decimal(700), decision_on=date(2024, 3, 1))
    ).contribution
    if change in {"back", "merge"}:
        change_status(contribution=gift, status="commitment")
    Contribution.objects.update(updated_at=BEFORE)
    assert codes("updated_since=2025-01-02") == set()
    gift.refresh_from_db()
    if change == "step":
        change_status(contribution=gift, status="paid")
    elif change == "back":
        take_back_step(contribution=gift, reason="Too early.")
    elif change == "amount":
        gift.amount_usd = Decimal(701)
        change_contribution(contribution=gift)
    else:
        alike = Contribution(plan=plan, status="pledge", amount_usd=Decimal(700), decision_on=date(2024, 3, 1))
        alike = record_contribution(contribution=alike).contribution
        assert alike.review == "suspected"
        Contribution.objects.update(updated_at=BEFORE)
        if change == "merge":
            merge_duplicate(contribution=alike, into=gift, reason="The same letter.")
            assert alike.code in codes("updated_since=2025-01-02")
        else:
            keep_duplicate(contribution=alike, reason="Another letter.")
            assert codes("updated_since=2025-01-02") == {alike.code}
        return
    assert codes("updated_since=2025-01-02") == {gift.code}


def test_a_newer_official_total_is_noticed(mali: MaliPlans) -> None:
    plan = make_plan(code="PLAN-1", contributions=0)
    record_official_total(total=ReportedFunding(plan=plan, amount_usd=Decimal(9), reported_on=date(2024, 1, 1)))
    ReportedFunding.objects.update(created_at=BEFORE)
    query = "reported-funding/?updated_since=2025-01-02"
    assert results(query) == []
    record_official_total(total=ReportedFunding(plan=plan, amount_usd=Decimal(11), reported_on=date(2024, 6, 30)))
    assert [row["amount_usd"] for row in results(query)] == ["11.00"]
    assert list(get("reported-funding/?updated_since=soon", 400)["errors"]) == ["updated_since"]
