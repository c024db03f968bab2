"""What money can be for, how it is passed on, and how a record of it changes or goes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funding.models import Contribution, Project
from funding.services import (
    PlanFacts,
    change_contribution,
    find_duplicates,
    keep_duplicate,
    publish_revision,
    record_among_many,
    remove_contribution,
)
from plans.models import Plan, Revision
from tests.factories import make_contribution, make_organization, make_plan, make_sector, make_taxonomy
from tests.funding.recording import money, record, refused, start_without

pytestmark = pytest.mark.usefixtures("empty_module", "db")


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=100_000, contributions=0, start_year=2024)


# For what


def test_the_revision_that_had_a_project_is_named(plan: Plan) -> None:
    draft = start_without(plan, "P-2")
    Project.objects.create(revision=draft, code="P-9", title="New", order=9)
    told = refused(lambda: record(plan, project_code="P-9"))
    assert told == {"project_code": [f"Project P-9 is in the draft r2 of {plan.code} only, which is not published."]}
    remove_contribution(contribution=record(plan, project_code="P-2").contribution)
    publish_revision(revision=draft, by=None, reason="Smaller")
    told = refused(lambda: record(plan, project_code="P-2"))
    assert told == {
        "project_code": [f"Project P-2 is not in r2 of {plan.code} any more: r1, superseded, was the last to have it."]
    }


def test_money_for_what_nobody_can_see_yet() -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2024, end_year=2024)
    told = refused(lambda: record(plan))
    assert told == {"plan": ["NEW has no revision yet: nothing says what it asks for."]}
    Revision.objects.create(plan=plan)
    assert record(plan).warnings == ("NEW is not published yet: readers see its money once it is.",)


def test_a_superseded_revision_alone_is_no_plan(plan: Plan) -> None:
    Revision.objects.filter(plan=plan).update(status="superseded", superseded_at=timezone.now())
    told = refused(lambda: record(plan))
    assert told == {"plan": [f"Revision 1 of {plan.code} is superseded, and no other one is published."]}


def test_a_sector_of_another_list_is_refused(plan: Plan) -> None:
    stranger = make_sector(taxonomy=make_taxonomy(sectors=1))
    assert list(refused(lambda: record(plan, sector=stranger))) == ["sector"]


# Passing on


def test_money_that_only_changes_hands_counts_once(plan: Plan) -> None:
    to_fund = record(plan, amount_usd=Decimal(5_000)).contribution
    told = refused(lambda: record(plan, parent=to_fund))
    assert told == {
        "flow": [f"It passes on money of {to_fund}, which the plan has counted already: it must be internal."]
    }
    passed_on = record(plan, parent=to_fund, flow="internal").contribution
    passed_on.refresh_from_db()
    assert passed_on.counted_usd is None
    passed_on.flow = "incoming"
    assert list(refused(lambda: change_contribution(contribution=passed_on))) == ["flow"]


def test_money_can_not_come_to_a_plan_where_it_was_passed_on_already(plan: Plan) -> None:
    elsewhere = make_plan(contributions=0)
    to_fund = record(elsewhere, flow="outgoing").contribution
    child = record(plan, parent=to_fund).contribution
    to_fund.plan, to_fund.flow = plan, "incoming"
    told = refused(lambda: change_contribution(contribution=to_fund))
    assert told == {
        "plan": [f"{child} passes this money on and counts in the same plan: make that one internal first."]
    }


def test_money_that_counts_in_two_plans_is_told(plan: Plan) -> None:
    elsewhere = make_plan(contributions=0)
    parent = record(elsewhere).contribution
    (told,) = record(plan, parent=Contribution.objects.get(pk=parent.pk)).warnings
    assert told == f"{parent} counts in full in {elsewhere.code}: record there what left it as outgoing."
    leaving = record(elsewhere, flow="outgoing").contribution
    assert record(plan, parent=Contribution.objects.get(pk=leaving.pk)).warnings == ()


def test_more_than_there_was_can_not_be_passed_on_unseen(plan: Plan) -> None:
    parent = record(plan, amount_usd=Decimal(1_000)).contribution
    first = record(plan, parent=parent, flow="internal", amount_usd=Decimal(600))
    assert first.warnings == ()
    second = record(plan, parent=parent, flow="internal", amount_usd=Decimal("400.01"))
    assert second.warnings == (f"Of {parent} more is passed on, USD 1,000.01, than it is: USD 1,000.",)


def test_what_waits_for_a_decision_is_not_passed_on_and_what_was_kept_is(plan: Plan) -> None:
    donor = make_organization()
    parent = record(plan, donor=donor, amount_usd=Decimal(1_000)).contribution
    values = {"donor": donor, "parent": parent, "flow": "internal", "amount_usd": Decimal(500)}
    assert record(plan, **values).suspect_of is None
    waits = record(plan, **values)
    assert (waits.contribution.review, waits.warnings) == ("suspected", ())
    values |= {"amount_usd": Decimal(400)}
    assert record(plan, **values).warnings == ()
    keep_duplicate(contribution=waits.contribution, reason="Another letter.")
    (told,) = record(plan, **values | {"amount_usd": Decimal(1)}).warnings
    assert told == f"Of {parent} more is passed on, USD 1,401, than it is: USD 1,000."


def test_a_chain_does_not_close(plan: Plan) -> None:
    first = record(plan).contribution
    second = record(plan, parent=first, flow="internal").contribution
    third = record(plan, parent=second, flow="internal").contribution
    first.parent, first.flow = third, "internal"
    told = refused(lambda: change_contribution(contribution=first))
    assert told == {"parent": [f"{third} passes on money of this one: a chain can't close."]}


# Changing and removing


def test_a_change_keeps_the_newest_step_in_agreement(plan: Plan) -> None:
    made = record(plan).contribution
    made.amount_usd = Decimal("1200.00")
    change_contribution(contribution=made)
    assert made.status_changes.get().amount_usd == Decimal("1200.00")


def test_a_converted_amount_follows_its_rate(plan: Plan) -> None:
    euros = {"original_amount": Decimal("900.00"), "original_currency": "EUR"}
    made = record(plan, amount_usd=None, **euros, exchange_rate=Decimal("0.9")).contribution
    assert made.amount_usd == Decimal("1000.00")
    made.exchange_rate = Decimal("0.8")
    assert change_contribution(contribution=made).contribution.amount_usd == Decimal("1125.00")


def test_the_status_changes_by_a_step(plan: Plan) -> None:
    made = record(plan).contribution
    made.status = "paid"
    assert refused(lambda: change_contribution(contribution=made)) == {
        "status": ["The status changes by a step of its own."]
    }


def test_what_somebody_else_saved_meanwhile_is_not_written_over(plan: Plan) -> None:
    made = record(plan).contribution
    mine, theirs = Contribution.objects.get(pk=made.pk), Contribution.objects.get(pk=made.pk)
    seen = mine.updated_at
    theirs.note = "Theirs"
    change_contribution(contribution=theirs, seen_at=seen)
    mine.note = "Mine"
    told = refused(lambda: change_contribution(contribution=mine, seen_at=seen))
    assert told == {"": [f"Somebody else saved {made} after you opened it: open it anew to see theirs."]}


def test_what_passes_money_on_keeps_it_there(plan: Plan) -> None:
    parent = record(plan).contribution
    child = record(plan, parent=parent, flow="internal").contribution
    assert refused(lambda: remove_contribution(contribution=parent)) == {
        "": [f"{child} passes on money of it: change that first."]
    }
    remove_contribution(contribution=child)
    remove_contribution(contribution=parent)
    assert not Contribution.objects.exists()


def test_many_for_one_plan_ask_for_it_once(plan: Plan) -> None:
    facts, donor = PlanFacts(plan), make_organization()
    values = {"donor": donor, "project_code": "P-1"}
    rows = [money(plan, **values, amount_usd=Decimal(amount)) for amount in (5, 6, 7, 7)]
    made = [record_among_many(contribution=row, facts=facts) for row in rows[:2]]
    with CaptureQueriesContext(connection) as queries:
        made += [record_among_many(contribution=row, facts=facts) for row in rows[2:]]
    assert len(queries) == 2 * 3, queries.captured_queries
    assert [row.contribution.review for row in made] == ["clear", "clear", "clear", "suspected"]
    assert made[3].suspect_of == made[2].contribution
    assert [row.contribution.code[-5:] for row in made] == ["C0001", "C0002", "C0003", "C0004"]


def test_the_pool_finds_what_the_query_finds(plan: Plan) -> None:
    donor = make_organization()
    for amount, number in ((10, "1"), (10, ""), (20, "2"), (30, "")):
        record(plan, donor=donor, amount_usd=Decimal(amount), external_scheme="a" if number else "", external_id=number)
    record(plan, donor=donor, amount_usd=Decimal(40), original_amount=Decimal(9), original_currency="EUR")
    facts = PlanFacts(plan)
    probes = [
        money(plan, donor=donor, amount_usd=Decimal(10)),
        money(plan, donor=donor, amount_usd=Decimal(99), external_scheme="b", external_id="2"),
        money(plan, donor=donor, amount_usd=Decimal(41), original_amount=Decimal(9), original_currency="EUR"),
        money(plan, amount_usd=Decimal(10)),
    ]
    found = [facts.pool.find_duplicates(probe) for probe in probes]
    assert found == [find_duplicates(probe) for probe in probes]
    assert [len(others) for others in found] == [2, 1, 1, 0]


def test_a_change_of_amount_or_plan_leaves_contributions_of_others_alone(plan: Plan) -> None:
    untouched = make_contribution(plan=plan)
    before = Contribution.objects.filter(pk=untouched.pk).values().get()
    made = record(plan).contribution
    made.amount_usd = Decimal(5)
    change_contribution(contribution=made)
    assert Contribution.objects.filter(pk=untouched.pk).values().get() == before
