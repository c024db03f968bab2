"""Recording money: what is worked out, what is refused, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from crp.accounts.roles import Role
from funding.models import Contribution
from funding.services import (
    change_contribution,
    record_contribution,
)
from plans.models import Plan
from tests.admin import make_person
from tests.constraints import named_constraints
from tests.factories import make_plan
from tests.funding.recording import money, record, refused

pytestmark = pytest.mark.usefixtures("empty_module", "db")


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=100_000, contributions=0, start_year=2024)


def test_a_contribution_is_saved_with_its_first_step(plan: Plan) -> None:
    user = make_person(Role.FUNDING_OFFICER)
    made = record_contribution(contribution=money(plan), note="Letter of 1 March.", by=user).contribution
    step = made.status_changes.get()
    assert (step.status, step.since_on, step.amount_usd, step.note, step.recorded_by) == (
        "commitment", date(2024, 3, 1), Decimal("1000.00"), "Letter of 1 March.", user,
    )  # fmt: skip
    made.refresh_from_db()
    assert (made.review, made.counted_usd, made.pledged_usd) == ("clear", Decimal("1000.00"), None)


def test_the_code_is_made_from_that_of_the_plan(plan: Plan) -> None:
    made = [record(plan).contribution.code for _ in range(2)]
    assert made == [f"{plan.code}-C0001", f"{plan.code}-C0002"]
    Contribution.objects.filter(code=made[1]).update(code=f"{plan.code}-C9999")
    assert record(plan).contribution.code == f"{plan.code}-C10000"
    assert record(plan).contribution.code == f"{plan.code}-C10001"
    assert record(None).contribution.code == "NO-PLAN-C0001"
    assert record(plan, code="MY-OWN").contribution.code == "MY-OWN"


def test_a_code_that_went_to_another_plan_is_not_given_again(plan: Plan) -> None:
    moved = record(plan).contribution
    Contribution.objects.filter(pk=moved.pk).update(plan=make_plan(contributions=0))
    assert record(plan).contribution.code == f"{plan.code}-C0002"


# The amount in US dollars


@pytest.mark.parametrize(
    ("original", "rate", "expected"),
    [
        ("655957.00", "655.957", "1000.00"),
        ("900.00", "0.92", "978.26"),  # 978.2608...
        ("0.01", "2", "0.01"),  # half a cent goes up
        ("-0.01", "2", "-0.01"),
        ("1000.00", "3", "333.33"),
        ("-655957.00", "655.957", "-1000.00"),
    ],
)
def test_dollars_are_worked_out_half_up(plan: Plan, original: str, rate: str, expected: str) -> None:
    given = {"original_amount": Decimal(original), "original_currency": "XOF", "exchange_rate": Decimal(rate)}
    made = record(plan, amount_usd=None, **given).contribution
    made.refresh_from_db()
    assert (made.amount_usd, made.amount_basis) == (Decimal(expected), "converted")


def test_the_amount_of_the_source_stays_and_a_difference_is_told(plan: Plan) -> None:
    euros = {"original_amount": Decimal("920.00"), "original_currency": "EUR", "exchange_rate": Decimal("0.92")}
    within = record(plan, amount_usd=Decimal("1005.00"), **euros)  # 1,000 at the rate; 0.5 % of 1,005 is 5.025
    assert (within.warnings, within.contribution.amount_basis) == ((), "given")
    beyond = record(plan, amount_usd=Decimal("1005.03"), **euros)
    (told,) = beyond.warnings
    assert "USD 1,005.03" in told
    assert "USD 1,000" in told
    assert beyond.contribution.amount_usd == Decimal("1005.03")


def test_dollars_as_the_original_currency_need_no_rate(plan: Plan) -> None:
    made = record(plan, amount_usd=None, original_amount=Decimal("750.00"), original_currency="USD").contribution
    assert (made.amount_usd, made.amount_basis) == (Decimal("750.00"), "given")


EUROS = {"original_amount": Decimal("900.00"), "original_currency": "EUR"}
TOMORROW = timezone.localdate() + timedelta(days=1)
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"amount_usd": None}, "amount_usd", "Give the amount in US dollars, or the original amount"),
    ({"amount_usd": Decimal(0)}, "amount_usd", "An amount of 0 gives nothing: leave the contribution out."),
    ({"amount_usd": Decimal("1e20")}, "amount_usd", "Ensure that there are no more than 15 digits in total."),
    ({"amount_usd": Decimal("1.005")}, "amount_usd", "Ensure that there are no more than 2 decimal places."),
    ({"amount_usd": Decimal("NaN")}, "amount_usd", "Enter a number"),
    ({"original_amount": Decimal("Infinity"), "original_currency": "EUR"}, "original_amount", "Enter a number"),
    ({"amount_usd": None, **EUROS}, "exchange_rate", "Give the rate"),
    ({"amount_usd": None, **EUROS, "exchange_rate": Decimal(0)}, "exchange_rate", "An exchange rate is above 0"),
    ({**EUROS, "exchange_rate": Decimal("-0.9")}, "exchange_rate", "An exchange rate is above 0"),
    ({"exchange_rate": Decimal("0.9")}, "exchange_rate", "An exchange rate is above 0 and needs an original amount."),
    ({"original_amount": Decimal(900)}, "original_currency", "An original amount needs its currency"),
    ({"original_currency": "EUR"}, "original_currency", "An original amount needs its currency"),
    ({**EUROS, "original_currency": "EURO"}, "original_currency", "“EURO” is no currency of ISO 4217"),
    ({**EUROS, "original_currency": "AAA"}, "original_currency", "“AAA” is no currency of ISO 4217"),
    ({**EUROS, "original_currency": "XXX"}, "original_currency", "“XXX” is no currency of ISO 4217"),
    ({**EUROS, "original_amount": Decimal(0)}, "original_amount", "An amount of 0 gives nothing"),
    ({**EUROS, "original_amount": Decimal(-900)}, "original_amount", "The two amounts contradict each other"),
    (
        {"amount_usd": None, "original_amount": Decimal("0.01"), "original_currency": "XOF", "exchange_rate": 655},
        "exchange_rate",
        "At this rate the amount is less than a cent.",
    ),
    (
        {"amount_usd": None, **EUROS, "original_amount": Decimal("9999999999999.99"), "exchange_rate": Decimal("1e-8")},
        "exchange_rate",
        "At this rate the amount is more than",
    ),
    ({**EUROS, "original_currency": "USD", "exchange_rate": Decimal(2)}, "exchange_rate", "One US dollar is one"),
    ({**EUROS, "amount_basis": "converted"}, "exchange_rate", "An amount that is converted needs the rate"),
    ({"decision_on": date(2202, 3, 1)}, "decision_on", "2202-03-01 has not come yet"),
    ({"decision_on": TOMORROW}, "decision_on", "has not come yet"),
    ({"decision_on": date(202, 3, 1)}, "decision_on", "0202-03-01 is too long ago: expected 1990 or later."),
    ({"reported_on": TOMORROW}, "reported_on", "has not come yet"),
    ({"exchange_rate_on": TOMORROW, **EUROS}, "exchange_rate_on", "has not come yet"),
    ({"decision_on": date(2022, 12, 30)}, "decision_on", "covers 2024-01-01 to 2024-12-31: expected a day within a"),
    ({"decision_on": date(2026, 1, 2)}, "decision_on", "covers 2024-01-01 to 2024-12-31: expected a day within a"),
    ({"usage_year": 2031}, "usage_year", "covers 2024."),
    ({"status": "promised"}, "status", "Value 'promised' is not a valid choice."),
    ({"code": "no code"}, "code", "Capitals and digits, joined by hyphens."),
    ({"framework_code": "NONE"}, "framework_code", "The plan has no framework with this code."),
    ({"objective_number": 9}, "objective_number", "The plan has no objective with this number."),
    ({"project_code": "NONE"}, "project_code", "The plan has no project with this code."),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "told"), WRONG, ids=[f"{field}-{told[:40]}" for _, field, told in WRONG])
def test_what_is_wrong_is_told_at_its_field(plan: Plan, values: dict[str, Any], field: str, told: str) -> None:
    found = refused(lambda: record(plan, **values))
    assert list(found) == [field]
    assert told in found[field][0]


def test_everything_that_is_wrong_is_told_at_once(plan: Plan) -> None:
    found = refused(lambda: record(plan, amount_usd=Decimal(0), decision_on=TOMORROW, project_code="NONE"))
    assert set(found) == {"amount_usd", "decision_on", "project_code"}


@pytest.mark.parametrize(
    "values",
    [
        {"decision_on": date(2022, 6, 1), "is_new_money": False},  # carried over
        {"decision_on": date(2026, 6, 1), "amount_usd": Decimal(-1000)},  # a correction
        {"decision_on": date(2022, 12, 31)},  # 366 days before the first day
        {"decision_on": date(2026, 1, 1)},
        {"decision_on": None},
        {**EUROS, "original_currency": "DEM"},  # the mark was a currency in its time
    ],
)
def test_what_may_be_unusual_is_taken(plan: Plan, values: dict[str, Any]) -> None:
    assert record(plan, **values).contribution.pk


# Rules of the table: each is told in a sentence before the database is asked


@dataclass(frozen=True)
class Rule:
    constraint: str
    values: dict[str, Any]
    field: str


RULES = [
    Rule("contribution_original_amount_with_currency", {"original_currency": "EUR"}, "original_currency"),
    Rule("contribution_rate_needs_original_amount", {"exchange_rate": Decimal(1)}, "exchange_rate"),
    Rule("contribution_one_sector_or_shared", {"is_shared_across_sectors": True, "sector": True}, "sector"),
    Rule("contribution_amount_not_zero", {"amount_usd": Decimal(0)}, "amount_usd"),
    Rule("contribution_converted_needs_rate", {**EUROS, "amount_basis": "converted"}, "exchange_rate"),
    Rule("contribution_plan_or_country", {"country": True}, "country"),
    Rule("contribution_not_its_own_parent", {"parent": True}, "parent"),
    Rule("contribution_external_id_once", {"external_scheme": "fts", "external_id": "7"}, "external_id"),
]


def test_no_rule_of_the_table_is_left_to_the_database() -> None:
    of_table = {name for name in named_constraints("funding") if name.startswith("contribution_")}
    indexes = {index.name for index in Contribution._meta.indexes}
    assert {rule.constraint for rule in RULES} == of_table - indexes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.constraint)
def test_a_rule_of_the_table_is_told_by_the_service(plan: Plan, rule: Rule) -> None:
    row = record(plan, external_scheme="fts", external_id="7").contribution
    values = dict(rule.values)
    if "sector" in values:
        values["sector"] = plan.revisions.get().taxonomy.sectors.first()
    if "country" in values:
        values["country"] = plan.countries.get()
    if "parent" in values:
        row.parent = row
        assert rule.field in refused(lambda: change_contribution(contribution=row))
        return
    assert list(refused(lambda: record(plan, **values))) == [rule.field]
