"""Duplicates: found before they count, decided by somebody, and every decision undone again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError

from crp.accounts.roles import Role
from funding.models import Contribution
from funding.rollups import figures_of, with_figures
from funding.services import (
    change_contribution,
    change_status,
    find_duplicates,
    keep_duplicate,
    merge_duplicate,
    record_contribution,
    remove_contribution,
    reopen_duplicate,
)
from plans.models import Plan
from tests.admin import make_person
from tests.factories import make_organization, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")


class Case:
    """A plan with one contribution of 1,000 of 1 March 2024, and others recorded beside it."""

    def __init__(self) -> None:
        self.plan = make_plan(requested_usd=100_000, contributions=0, start_year=2024)
        self.donor = make_organization()
        self.first = self.record()

    def record(self, **values: Any) -> Contribution:
        given = {
            "plan": self.plan,
            "donor": self.donor,
            "status": "commitment",
            "amount_usd": Decimal("1000.00"),
            "decision_on": date(2024, 3, 1),
        }
        made = record_contribution(contribution=Contribution(**given | values)).contribution
        return Contribution.objects.get(pk=made.pk)

    def received(self) -> Decimal:
        return figures_of(with_figures(Plan.objects.in_force().filter(pk=self.plan.pk)).get()).received_usd


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.fixture
def first_of() -> Case:
    """Return a case whose first contribution says all that can tell two apart."""
    made = Case()
    sectors = list(made.plan.revisions.get().taxonomy.sectors.all())
    made.sectors = sectors  # type: ignore[attr-defined]
    Contribution.objects.filter(pk=made.first.pk).update(
        recipient=make_organization(),
        framework_code="HRP",
        objective_number=1,
        sector=sectors[0],
        project_code="P-1",
        usage_year=2024,
        grant_reference="GRANT 1",
        external_scheme="fts",
        external_id="77",
    )
    return made


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(ValidationError) as error:
        act()
    return error.value.messages


# What is found


def test_the_same_money_recorded_twice_does_not_count_until_decided(case: Case) -> None:
    second = case.record()
    assert (second.review, second.duplicate_of, second.counted_usd) == ("suspected", case.first, None)
    case.first.refresh_from_db()
    assert (case.first.review, case.first.counted_usd) == ("clear", Decimal(1000))
    assert case.received() == Decimal(1000)


@pytest.mark.parametrize(
    "values",
    [
        {"decision_on": date(2024, 3, 31)},  # 30 days
        {"decision_on": date(2024, 1, 31)},
        {"decision_on": None},
        {"status": "pledge"},
        {"amount_usd": Decimal("1000.00"), "note": "Another text.", "is_new_money": True},
        {"grant_reference": "A reference that the first one lacks"},
        {"project_code": "P-1"},
    ],
)
def test_what_looks_the_same_is_suspected(case: Case, values: dict[str, Any]) -> None:
    assert case.record(**values).duplicate_of == case.first


@pytest.mark.parametrize(
    "values",
    [
        {"decision_on": date(2024, 4, 1)},  # 31 days
        {"decision_on": date(2024, 1, 30)},
        {"amount_usd": Decimal("1000.01")},
        {"amount_usd": Decimal("-1000.00")},
        {"donor": None},
        {"flow": "outgoing"},
        {"is_in_kind": True},
    ],
)
def test_what_differs_is_not(case: Case, values: dict[str, Any]) -> None:
    assert case.record(**values).review == "clear"


def test_another_plan_or_another_donor_is_other_money(case: Case) -> None:
    assert case.record(plan=make_plan(contributions=0)).review == "clear"
    assert case.record(donor=make_organization()).review == "clear"


@pytest.mark.parametrize(
    ("values", "alike"),
    [
        ({}, True),
        ({"grant_reference": "grant 1"}, True),
        ({"grant_reference": "GRANT 2"}, False),
        ({"project_code": "P-2"}, False),
        ({"usage_year": 2025}, False),
        ({"objective_number": 2}, False),
        ({"external_scheme": "fts", "external_id": "78"}, False),
        ({"external_scheme": "iati", "external_id": "XM-78"}, True),
    ],
)
def test_what_both_state_tells_two_apart(first_of: Case, values: dict[str, Any], alike: bool) -> None:
    assert bool(first_of.record(**values).duplicate_of) is alike


def test_another_sector_or_recipient_is_other_money(first_of: Case) -> None:
    assert first_of.record(sector=first_of.sectors[1]).review == "clear"  # type: ignore[attr-defined]
    assert first_of.record(recipient=make_organization(), sector=first_of.sectors[0]).review == "clear"  # type: ignore[attr-defined]


def test_the_same_identifier_is_suspected_whatever_else_differs(first_of: Case) -> None:
    other = first_of.record(external_scheme="", external_id="77", amount_usd=Decimal(5), donor=None)
    assert other.duplicate_of == first_of.first


def test_the_same_amount_in_its_own_currency_is_the_same_money(case: Case) -> None:
    euros = {"original_amount": Decimal(900), "original_currency": "EUR"}
    first = case.record(**euros, amount_usd=Decimal("980.00"))
    assert case.record(**euros, amount_usd=Decimal("1010.00")).duplicate_of == first
    assert case.record(**euros | {"original_currency": "CHF"}, amount_usd=Decimal("1011.00")).review == "clear"


def test_what_passes_money_on_is_no_duplicate_of_it(case: Case) -> None:
    assert case.record(parent=case.first, flow="internal").review == "clear"
    assert find_duplicates(case.first) == []


def test_those_that_count_come_first_then_the_nearest_day(case: Case) -> None:
    waits = case.record(decision_on=date(2024, 3, 22))
    nearer = keep_duplicate(contribution=case.record(decision_on=date(2024, 3, 20)), reason="Another letter.")
    probe = Contribution(plan=case.plan, donor=case.donor, amount_usd=1000, decision_on=date(2024, 3, 22))
    assert find_duplicates(probe) == [nearer, case.first, waits]


def test_outside_any_plan_money_is_compared_within_its_country(case: Case) -> None:
    country = case.plan.countries.get()
    first = case.record(plan=None, country=country)
    assert case.record(plan=None, country=country).duplicate_of == first
    assert case.record(plan=None).review == "clear"


def test_a_change_is_looked_at_again(case: Case) -> None:
    second = case.record()
    second.amount_usd = Decimal(2_000)
    change_contribution(contribution=second)
    assert (second.review, second.duplicate_of, case.received()) == ("clear", None, Decimal(3_000))
    second.amount_usd = Decimal(1_000)
    change_contribution(contribution=second)
    assert (second.review, second.duplicate_of, case.received()) == ("suspected", case.first, Decimal(1_000))


def test_a_change_of_the_first_frees_the_second(case: Case) -> None:
    second = case.record()
    case.first.amount_usd = Decimal(2_000)
    change_contribution(contribution=case.first)
    second.refresh_from_db()
    assert (second.review, second.duplicate_of, case.received()) == ("clear", None, Decimal(3_000))


# What is decided


def test_kept_counts_and_stays_kept(case: Case) -> None:
    second, user = case.record(), make_person(Role.FUNDING_OFFICER)
    assert refused(lambda: keep_duplicate(contribution=second, reason="  ")) == [
        "Say why: it stays in the history of both."
    ]
    kept = keep_duplicate(contribution=second, reason="Two tranches.", by=user)
    assert (kept.review, kept.duplicate_of, case.received()) == ("kept", case.first, Decimal(2_000))
    entry = LogEntry.objects.get(object_id=second.pk)
    assert (entry.user, entry.change_message) == (user, f"Not the same as {case.first}: counts. Reason: Two tranches.")
    kept.note = "Changed later."
    change_contribution(contribution=kept)
    assert kept.review == "kept"
    assert refused(lambda: keep_duplicate(contribution=kept, reason="Again.")) == [
        f"Nothing is to be decided about {kept}: it is “Looked like a duplicate, kept: counts”."
    ]


def test_merging_counts_once_and_fills_what_was_empty(case: Case) -> None:
    Contribution.objects.filter(pk=case.first.pk).update(note="As recorded.")
    second = case.record(
        grant_reference="G-7", note="Another text.", original_amount=Decimal(900), original_currency="EUR",
        exchange_rate=Decimal("0.9"), project_code="P-1",
    )  # fmt: skip
    kept = merge_duplicate(contribution=second, reason="Same letter.", by=make_person(Role.FUNDING_OFFICER))
    second.refresh_from_db()
    assert kept == case.first
    assert (kept.grant_reference, kept.note, kept.project_code, kept.original_currency, kept.exchange_rate) == (
        "G-7", "As recorded.", "P-1", "EUR", Decimal("0.9"),
    )  # fmt: skip
    assert (second.review, second.duplicate_of, second.counted_usd) == ("merged", kept, None)
    assert case.received() == Decimal(1_000)
    assert "Same letter." in LogEntry.objects.filter(object_id=second.pk).get().change_message
    told = [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=kept.pk).order_by("pk")]
    assert told[0] == f"{second} is the same money and was merged. Reason: Same letter."
    assert "grant reference" in told[1].lower()


def test_merging_a_pledge_with_its_commitment_leaves_the_commitment(case: Case) -> None:
    pledge = case.record(amount_usd=Decimal(300), status="pledge", decision_on=date(2024, 5, 1))
    signed = case.record(amount_usd=Decimal(300), status="paid", decision_on=date(2024, 5, 20))
    assert signed.duplicate_of == pledge
    kept = merge_duplicate(contribution=signed, reason="The pledge was paid.")
    steps = [(step.status, step.since_on) for step in kept.status_changes.order_by("pk")]
    assert (kept.status, steps) == ("paid", [("pledge", date(2024, 5, 1)), ("paid", date(2024, 5, 20))])
    assert case.received() == Decimal(1_300)


def test_the_other_one_may_be_the_one_that_counts(case: Case) -> None:
    second = case.record(grant_reference="G-7")
    kept = merge_duplicate(contribution=case.first, into=second, reason="The newer one is complete.")
    case.first.refresh_from_db()
    assert (kept.review, kept.duplicate_of, case.first.review, case.first.duplicate_of) == (
        "clear",
        None,
        "merged",
        kept,
    )
    assert case.received() == Decimal(1_000)


def test_one_that_waited_for_a_merged_one_waits_for_the_one_that_counts(case: Case) -> None:
    second, third = case.record(decision_on=date(2024, 3, 20)), case.record(decision_on=date(2024, 3, 21))
    assert third.duplicate_of == case.first
    Contribution.objects.filter(pk=third.pk).update(duplicate_of=second)  # as before the first one was recorded
    merge_duplicate(contribution=second, reason="Same.")
    third.refresh_from_db()
    assert (third.review, third.duplicate_of) == ("suspected", case.first)


def test_what_can_not_be_merged_is_refused(case: Case) -> None:
    second = case.record()
    assert refused(lambda: merge_duplicate(contribution=second, reason="")) == [
        "Say why: it stays in the history of both."
    ]
    assert refused(lambda: merge_duplicate(contribution=case.first, reason="Mine.")) == [
        "Name the contribution that this one repeats."
    ]
    elsewhere = case.record(plan=make_plan(contributions=0))
    assert refused(lambda: merge_duplicate(contribution=second, into=elsewhere, reason="Mine.")) == [
        "The two belong to different plans: they can't be merged."
    ]
    child = case.record(parent=second, flow="internal")
    assert refused(lambda: merge_duplicate(contribution=second, reason="Mine.")) == [
        f"Others pass on money of {second}: make them pass on {case.first} first."
    ]
    remove_contribution(contribution=child)
    merge_duplicate(contribution=second, reason="Mine.")
    assert refused(lambda: merge_duplicate(contribution=second, reason="Again.")) == [
        f"{second} is merged with {case.first} already."
    ]


def test_what_is_merged_is_not_worked_on(case: Case) -> None:
    second = case.record()
    merge_duplicate(contribution=second, reason="Same.")
    second.refresh_from_db()
    told = [f"{second} is merged with {case.first}: change that one, or undo the merge first."]
    assert refused(lambda: change_status(contribution=second, status="paid")) == told
    assert refused(lambda: change_contribution(contribution=second)) == told
    assert refused(lambda: remove_contribution(contribution=case.first)) == [
        f"{second} is merged with it and would be lost: undo that first."
    ]


# What is undone


def test_undoing_a_merge_gives_back_both_as_they_were(case: Case) -> None:
    second = case.record(grant_reference="G-7", status="paid", project_code="P-1", decision_on=date(2024, 3, 9))
    before = [
        Contribution.objects.filter(pk=pk)
        .values("grant_reference", "project_code", "status", "review", "amount_usd")
        .get()
        for pk in (case.first.pk, second.pk)
    ]
    kept = merge_duplicate(contribution=second, reason="Same.", by=make_person(Role.FUNDING_OFFICER))
    assert (kept.status, kept.grant_reference) == ("paid", "G-7")
    kept.project_code = ""
    change_contribution(contribution=kept)
    second.refresh_from_db()
    reopen_duplicate(contribution=second, reason="Not the same after all.", by=make_person(Role.FUNDING_OFFICER))
    after = [
        Contribution.objects.filter(pk=pk)
        .values("grant_reference", "project_code", "status", "review", "amount_usd")
        .get()
        for pk in (case.first.pk, second.pk)
    ]
    assert after == before
    assert [step.status for step in case.first.status_changes.all()] == ["commitment"]
    second.refresh_from_db()
    assert second.duplicate_of == case.first
    assert case.received() == Decimal(1_000)


def test_what_was_changed_since_the_merge_stays(case: Case) -> None:
    second = case.record(grant_reference="G-7")
    kept = merge_duplicate(contribution=second, reason="Same.", by=make_person(Role.FUNDING_OFFICER))
    kept.grant_reference = "G-8"
    change_contribution(contribution=kept)
    second.refresh_from_db()
    reopen_duplicate(contribution=second, reason="No.")
    kept.refresh_from_db()
    assert kept.grant_reference == "G-8"


def test_a_kept_one_can_be_opened_again(case: Case) -> None:
    second = keep_duplicate(contribution=case.record(), reason="Two tranches.")
    assert case.received() == Decimal(2_000)
    reopened = reopen_duplicate(contribution=second, reason="I was wrong.")
    assert (reopened.review, reopened.duplicate_of, case.received()) == ("suspected", case.first, Decimal(1_000))
    told = refused(lambda: reopen_duplicate(contribution=reopened, reason="Again."))
    assert told == [f"Nothing is to be decided about {second}: it is “May be a duplicate: not counted until decided”."]


def test_removing_the_first_frees_the_one_that_waited(case: Case) -> None:
    second = case.record()
    remove_contribution(contribution=case.first)
    second.refresh_from_db()
    assert (second.review, second.duplicate_of, case.received()) == ("clear", None, Decimal(1_000))
