"""The rules over contributions, official totals and inter-agency plans: a row that fails each, and one that passes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from funding.checks import Check, Verdict, check_revision
from funding.models import FundingRequest, RelatedPlan
from plans.models import PlanFamily, Revision
from sectors.models import Sector
from tests.conftest import MaliPlans
from tests.factories import add_request, make_contribution, make_country, make_plan, make_reported_funding

TODAY = date(2025, 6, 30)
NEW_RULES = {
    "contribution_period",
    "contribution_rates",
    "old_pledges",
    "suspected_duplicates",
    "official_total",
    "related_plan_parts",
}


@pytest.fixture
def revision(empty_database: None) -> Revision:
    """The revision of a plan for 1,000, from 2024 to 2025."""
    return make_plan(requested_usd=1_000, contributions=0, start_year=2024, end_year=2025).revisions.get()


def results(revision: Revision, rule: str) -> list[Check]:
    return [check for check in check_revision(Revision.objects.get(pk=revision.pk), TODAY) if check.rule == rule]


def result(revision: Revision, rule: str) -> Check:
    (found,) = results(revision, rule)
    return found


def told_by(check: Check) -> tuple[Any, ...]:
    return check.verdict, check.expected, check.found


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"usage_year": 2024}, True),
        ({"usage_year": 2025, "decision_on": date(2019, 1, 1)}, True),  # the year that is stated decides
        ({"usage_year": 2026}, False),
        ({"usage_year": 2023, "decision_on": date(2024, 5, 1)}, False),
        ({"decision_on": date(2023, 1, 1)}, True),  # 365 days before 1 January 2024
        ({"decision_on": date(2022, 12, 31)}, False),
        ({"decision_on": date(2026, 12, 31)}, True),  # 365 days after 31 December 2025
        ({"decision_on": date(2027, 1, 1)}, False),
        ({"usage_year": 2030, "review": "merged"}, None),
        ({"decision_on": None}, None),
    ],
)
def test_money_is_for_the_period_of_its_plan(revision: Revision, fields: dict[str, Any], fits: bool | None) -> None:
    gift = make_contribution(plan=revision.plan, **fields)
    if fits is None:
        assert results(revision, "contribution_period") == []
        return
    check = result(revision, "contribution_period")
    assert told_by(check) == ((Verdict.OK, 1, 1) if fits else (Verdict.WARNING, 1, 0))
    assert (gift.code in check.sentence) == (not fits)


@pytest.mark.once
def test_the_days_of_a_plan_are_its_period_where_it_states_them(revision: Revision) -> None:
    plan = revision.plan
    plan.start_on, plan.end_on = date(2024, 3, 1), date(2024, 9, 30)
    plan.save()
    make_contribution(plan=plan, decision_on=date(2025, 9, 30))
    assert result(revision, "contribution_period").verdict == Verdict.OK
    make_contribution(plan=plan, decision_on=date(2025, 10, 1))
    assert told_by(result(revision, "contribution_period")) == (Verdict.WARNING, 2, 1)


@pytest.mark.once
def test_an_amount_in_another_currency_has_a_rate(revision: Revision) -> None:
    make_contribution(plan=revision.plan)
    make_contribution(plan=revision.plan, original_amount=5, original_currency="USD")
    assert results(revision, "contribution_rates") == []
    euros = {"original_amount": 900, "original_currency": "EUR"}
    make_contribution(plan=revision.plan, exchange_rate="0.9", **euros)
    assert told_by(result(revision, "contribution_rates")) == (Verdict.OK, 1, 1)
    lost = make_contribution(plan=revision.plan, **euros)
    check = result(revision, "contribution_rates")
    assert told_by(check) == (Verdict.WARNING, 2, 1)
    assert check.sentence == f"Given in another currency, with no exchange rate: {lost.code}."


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"decision_on": date(2024, 6, 30)}, True),  # 365 days
        ({"decision_on": date(2024, 6, 29)}, False),
        ({"decision_on": None, "reported_on": date(2023, 1, 1)}, False),
        ({"decision_on": None}, True),  # nobody knows how old it is
        ({"decision_on": date(2020, 1, 1), "status": "paid"}, None),
        ({"decision_on": date(2020, 1, 1), "review": "merged"}, None),
    ],
)
def test_a_pledge_is_committed_within_a_year(revision: Revision, fields: dict[str, Any], fits: bool | None) -> None:
    pledge = make_contribution(plan=revision.plan, **{"status": "pledge"} | fields)
    if fits is None:
        assert results(revision, "old_pledges") == []
        return
    check = result(revision, "old_pledges")
    assert check.verdict == (Verdict.OK if fits else Verdict.WARNING)
    assert (pledge.code in check.sentence) == (not fits)


def test_somebody_decides_on_suspected_duplicates(revision: Revision) -> None:
    make_contribution(plan=revision.plan)
    assert results(revision, "suspected_duplicates") == []
    make_contribution(plan=revision.plan, review="kept")
    make_contribution(plan=revision.plan, review="merged")
    assert told_by(result(revision, "suspected_duplicates")) == (Verdict.OK, 2, 2)
    waiting = make_contribution(plan=revision.plan, review="suspected")
    check = result(revision, "suspected_duplicates")
    assert told_by(check) == (Verdict.WARNING, 3, 2)
    assert waiting.code in check.sentence


@pytest.mark.parametrize(
    ("official", "verdict", "words"),
    [
        (300, Verdict.OK, "add to 300, the official total of 30 June 2024"),
        (900, Verdict.NOTE, "the contributions on record are 300 of it"),
        (100, Verdict.NOTE, "more than the official total of 30 June 2024, 100"),
    ],
)
def test_an_official_total_is_set_beside_the_contributions(
    revision: Revision, official: int, verdict: Verdict, words: str
) -> None:
    make_contribution(plan=revision.plan, amount_usd=400)
    make_contribution(plan=revision.plan, amount_usd=100, flow="outgoing")
    make_contribution(plan=revision.plan, amount_usd=70, flow="internal")
    assert results(revision, "official_total") == []
    make_reported_funding(plan=revision.plan, amount_usd=official)
    check = result(revision, "official_total")
    assert told_by(check) == (verdict, official, 300)
    assert words in check.sentence
    assert result(revision, "received_within_requested").found == official


def test_an_official_total_may_be_all_that_is_known(revision: Revision) -> None:
    make_contribution(plan=revision.plan, amount_usd=70, status="pledge")
    make_reported_funding(plan=revision.plan, amount_usd=900)
    check = result(revision, "official_total")
    assert told_by(check) == (Verdict.NOTE, 900, 0)
    assert check.sentence == "The official total of 30 June 2024 is 900; no contribution on record is part of it."


def test_what_left_the_plan_is_no_money_received(revision: Revision) -> None:
    make_contribution(plan=revision.plan, amount_usd=400)
    make_contribution(plan=revision.plan, amount_usd=500, flow="outgoing")
    check = result(revision, "received_within_requested")
    assert told_by(check) == (Verdict.ERROR, 1_000, -100)


def test_an_official_total_reports_funding(revision: Revision) -> None:
    Revision.objects.update(reports_funding=False)
    assert result(revision, "received").verdict == Verdict.NOT_REPORTED
    make_reported_funding(plan=revision.plan, amount_usd=0)
    assert results(revision, "received") == []
    assert told_by(result(revision, "received_within_requested")) == (Verdict.OK, 1_000, 0)


def test_no_more_lies_inside_an_inter_agency_plan_than_is_asked_for(mali: MaliPlans) -> None:
    plan = make_plan(requested_usd=2_000, sectors=2)
    revision = plan.revisions.get()
    assert results(revision, "related_plan_parts") == []
    line = revision.funding_requests.filter(breakdown="sector").first()
    row = RelatedPlan.objects.create(
        revision=revision,
        funding_request=line,
        plan_family=PlanFamily.objects.get(code="UNSDCF"),
        overlap="partly",
        inside_usd=1_000,
    )
    assert told_by(result(revision, "related_plan_parts")) == (Verdict.OK, 1, 1)
    row.inside_usd = Decimal("1000.01")
    row.save()
    check = result(revision, "related_plan_parts")
    assert told_by(check) == (Verdict.ERROR, 1, 0)
    assert f"{line.sector} (UNSDCF)" in check.sentence


def test_lines_by_country_and_by_global_cluster_add_to_the_total(mali: MaliPlans) -> None:
    revision = make_plan(requested_usd=1_000).revisions.get()
    add_request(revision, "country", make_country(), Decimal(1_000))
    assert told_by(result(revision, "sum_of_countries")) == (Verdict.OK, 1_000, 1_000)
    cluster = Sector.objects.filter(taxonomy__code="IASC-GC").first()
    FundingRequest.objects.create(revision=revision, breakdown="global_cluster", sector=cluster, amount_usd=999)
    assert told_by(result(revision, "sum_of_global_clusters")) == (Verdict.WARNING, 1_000, 999)


@pytest.mark.once
def test_long_lists_of_codes_are_cut(revision: Revision) -> None:
    for _ in range(13):
        make_contribution(plan=revision.plan, usage_year=2030)
    assert result(revision, "contribution_period").sentence.endswith(" and 3 more.")


def test_the_plans_of_the_fixtures_give_the_new_rules_nothing(mali: MaliPlans) -> None:
    for plan in (mali.compendium_2017, mali.crp_2025_2026, mali.crp_2021):
        rules = {check.rule for check in check_revision(plan.revisions.get(), TODAY)}
        assert not rules & NEW_RULES


@pytest.mark.once
def test_more_contributions_take_no_more_queries(empty_database: None) -> None:
    few, many = (make_plan(contributions=0).revisions.get() for _ in range(2))
    for revision, number in ((few, 1), (many, 30)):
        make_reported_funding(plan=revision.plan)
        for _ in range(number):
            for review in ("clear", "suspected"):
                make_contribution(plan=revision.plan, review=review, original_amount=1, original_currency="EUR")
            make_contribution(plan=revision.plan, status="pledge")
    counts = []
    for revision in (few, many):
        fresh = Revision.objects.select_related("plan").get(pk=revision.pk)
        with CaptureQueriesContext(connection) as queries:
            check_revision(fresh, TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.once
def test_sentences_hold_no_raw_placeholder_in_any_language(revision: Revision) -> None:
    make_contribution(plan=revision.plan, usage_year=2030, original_amount=1, original_currency="EUR")
    make_contribution(plan=revision.plan, status="pledge", decision_on=date(2020, 1, 1))
    make_contribution(plan=revision.plan, review="suspected")
    make_reported_funding(plan=revision.plan, amount_usd=9)
    for language in ("en", "fr"):
        with translation.override(language):
            checks = check_revision(revision, TODAY)
            assert {check.rule for check in checks} >= NEW_RULES - {"related_plan_parts"}
            assert not [check.sentence for check in checks if "%(" in check.sentence]
