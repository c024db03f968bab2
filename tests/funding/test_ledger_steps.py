"""The steps of a contribution: forward only, one after the other, whoever is first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection

from crp.accounts.roles import Role
from funding.models import Contribution, StatusChange
from funding.services import change_status, record_contribution, take_back_step
from plans.models import Plan
from tests.admin import make_person
from tests.factories import make_contribution, make_organization, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def pledge(empty_database: None) -> Contribution:
    contribution = Contribution(
        plan=make_plan(contributions=0),
        donor=make_organization(),
        status="pledge",
        amount_usd=Decimal("1000.00"),
        decision_on=date(2024, 3, 1),
    )
    return record_contribution(contribution=contribution).contribution


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(ValidationError) as error:
        act()
    return error.value.messages


def history(contribution: Contribution) -> list[tuple[str, str, str]]:
    """Return the steps, after looking that the contribution is at the newest."""
    steps = list(contribution.status_changes.order_by("pk"))
    contribution.refresh_from_db()
    assert (contribution.status, contribution.amount_usd) == (steps[-1].status, steps[-1].amount_usd)
    return [(step.status, str(step.since_on), str(step.amount_usd)) for step in steps]


def test_a_pledge_that_becomes_a_commitment_is_one_contribution_counted_once(pledge: Contribution) -> None:
    pledge.refresh_from_db()
    assert (pledge.counted_usd, pledge.pledged_usd) == (None, Decimal(1000))
    user = make_person(Role.FUNDING_OFFICER)
    change_status(contribution=pledge, status="commitment", since_on=date(2024, 6, 1), note="Signed.", by=user)
    assert history(pledge) == [("pledge", "2024-03-01", "1000.00"), ("commitment", "2024-06-01", "1000.00")]
    assert Contribution.objects.count() == 1
    assert (pledge.counted_usd, pledge.pledged_usd) == (Decimal(1000), None)
    assert LogEntry.objects.get().change_message == "Step: Commitment, USD 1,000. Signed."


def test_a_step_may_come_with_another_amount(pledge: Contribution) -> None:
    change_status(contribution=pledge, status="paid", amount_usd=Decimal("900.00"))
    assert history(pledge) == [("pledge", "2024-03-01", "1000.00"), ("paid", "None", "900.00")]


@pytest.mark.parametrize(
    ("at", "to", "told"),
    [
        ("paid", "pledge", "is at “Paid”, which lies after “Pledge”. A step recorded by mistake can be taken back"),
        ("paid", "commitment", "is at “Paid”, which lies after “Commitment”."),
        ("commitment", "pledge", "is at “Commitment”, which lies after “Pledge”."),
        ("paid", "paid", "is at “Paid” already."),
        ("commitment", "promised", "“promised” is no status: expected pledge, commitment, paid."),
    ],
)
def test_no_step_goes_back(pledge: Contribution, at: str, to: str, told: str) -> None:
    change_status(contribution=pledge, status=at)
    before = history(pledge)
    (sentence,) = refused(lambda: change_status(contribution=pledge, status=to))
    assert told in sentence
    assert history(pledge) == before


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"since_on": date(2024, 2, 29)}, "The step before was taken on 2024-03-01"),
        ({"since_on": date(2202, 1, 1)}, "2202-01-01 has not come yet"),
        ({"amount_usd": Decimal(0)}, "An amount of 0 gives nothing"),
        ({"amount_usd": Decimal("NaN")}, "Enter a number"),
        ({"amount_usd": Decimal(-5)}, "The two amounts contradict each other"),
    ],
)
def test_a_wrong_step_is_refused(pledge: Contribution, values: dict[str, Any], told: str) -> None:
    (sentence,) = refused(lambda: change_status(contribution=pledge, status="paid", **values))
    assert sentence.startswith(told)
    assert history(pledge) == [("pledge", "2024-03-01", "1000.00")]


def test_a_contribution_from_before_steps_were_kept_gets_its_first(pledge: Contribution) -> None:
    old = make_contribution(plan=pledge.plan, status="commitment", amount_usd=70)
    assert not old.status_changes.exists()
    change_status(contribution=old, status="paid", since_on=date(2024, 4, 1))
    assert history(old) == [("commitment", "2024-03-01", "70.00"), ("paid", "2024-04-01", "70.00")]


def test_a_step_by_mistake_is_taken_back(pledge: Contribution) -> None:
    change_status(contribution=pledge, status="paid", amount_usd=Decimal("900.00"))
    assert refused(lambda: take_back_step(contribution=pledge, reason=" ")) == ["Say why the step is taken back."]
    take_back_step(contribution=pledge, reason="Wrong line.", by=make_person(Role.FUNDING_OFFICER))
    assert history(pledge) == [("pledge", "2024-03-01", "1000.00")]
    assert LogEntry.objects.get().change_message == "Step taken back: Paid. Reason: Wrong line."
    (told,) = refused(lambda: take_back_step(contribution=pledge, reason="Again."))
    assert told == f"{pledge} has taken one step only: there is none to go back to."
    change_status(contribution=pledge, status="commitment")
    assert [step[0] for step in history(pledge)] == ["pledge", "commitment"]


def together(*acts: Callable[[], Any]) -> list[str]:
    """Do several things at the same moment, each on a connection of its own; return what was refused."""
    start, told = Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=30)
            act()
        except ValidationError as error:
            told.extend(error.messages)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return told


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_the_same_moment_leave_one_history() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the database of these tests lives in memory, where two connections wait for no lock")
    for _round in range(5):
        made = record_contribution(
            contribution=Contribution(plan=make_plan(contributions=0), status="pledge", amount_usd=Decimal(1000))
        ).contribution
        told = together(
            lambda made=made: change_status(contribution=made, status="commitment", amount_usd=Decimal(700)),
            lambda made=made: change_status(contribution=made, status="paid", amount_usd=Decimal(800)),
        )
        steps = [step[0] for step in history(made)]
        if told:
            assert steps == ["pledge", "paid"]
            assert "which lies after “Commitment”" in told[0]
        else:
            assert steps == ["pledge", "commitment", "paid"]


@pytest.mark.django_db(transaction=True)
def test_two_who_record_the_same_money_at_the_same_moment_see_each_other() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the database of these tests lives in memory, where two connections wait for no lock")
    plan, donor = make_plan(contributions=0), make_organization()

    def record() -> None:
        contribution = Contribution(
            plan=Plan.objects.get(pk=plan.pk), donor=donor, status="paid", amount_usd=Decimal(1000)
        )
        record_contribution(contribution=contribution)

    assert together(record, record, record, record) == []
    rows = plan.contributions.order_by("pk")
    assert [row.review for row in rows] == ["clear", "suspected", "suspected", "suspected"]
    assert len({row.code for row in rows}) == 4
    assert StatusChange.objects.filter(contribution__plan=plan).count() == 4
