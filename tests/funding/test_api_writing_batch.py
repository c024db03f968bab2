"""Many contributions at once: all of them or none, and everything that is wrong told row by row."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.api import writing_examples as examples
from funding.models import Contribution, StatusChange
from funding.rollups import figures_of, with_figures
from funding.services import record_contribution
from plans.models import Country, Plan
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_organization, make_plan
from tests.funding.writing import BATCH, CONTRIBUTIONS, Finance, entry, get, officer_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(mali: MaliPlans) -> Finance:
    return Finance(officer_of(Country.objects.get(iso3="MLI")))


def many(number: int, **values: Any) -> list[dict[str, Any]]:
    """Return contributions of which none repeats another."""
    return [
        entry(external_scheme="erp", external_id=str(row), amount_usd=f"{row}.50", **values)
        for row in range(1, number + 1)
    ]


def in_ledger() -> tuple[int, int, int]:
    return Contribution.objects.count(), StatusChange.objects.count(), LogEntry.objects.count()


def test_what_a_plan_received_is_what_its_rows_add_to(finance: Finance, mali: MaliPlans) -> None:
    body = finance.batch(
        [
            entry(status="paid", amount_usd="1000.00"),
            entry(status="commitment", amount_usd="250.25", sector="IOM-2025/WASH"),
            entry(status="pledge", amount_usd="5000"),
            entry(status="paid", amount_usd="-100.00"),
            entry(status="paid", flow="internal", amount_usd="77"),
            entry(status="paid", flow="outgoing", amount_usd="50"),
            examples.COMMITMENT,
        ]
    )
    assert (body["created"], body["changed"], body["unchanged"], body["dry_run"]) == (7, 0, 0, False)
    codes = [result["contribution"]["code"] for result in body["results"]]
    assert codes == [f"MLI-CRP-2025-2026-C000{number}" for number in range(1, 8)]
    figures = figures_of(with_figures(Plan.objects.with_current()).get(pk=mali.crp_2025_2026.pk))
    # 1,000 + 250.25 - 100 - 50 + 289,017.34; the pledge apart, what is passed on inside nowhere.
    assert figures.received_usd == Decimal("290117.59")
    assert figures.pledged_usd == Decimal(5000)
    assert get(codes[0]).json() == body["results"][0]["contribution"]


def test_each_is_what_one_alone_would_be(finance: Finance, mali: MaliPlans) -> None:
    """The same rows, half of them one by one through the service of the form, the other half in one batch."""
    other = make_plan(contributions=0, start_year=2025, countries=[Country.objects.get(iso3="MLI")])
    donor = make_organization()
    rows = [
        {"amount_usd": "10.00"},
        {"amount_usd": "10.00"},
        {"amount_usd": "20.00", "donor": donor.code, "grant_reference": "A"},
        {"amount_usd": "20.00", "donor": donor.code, "grant_reference": "B"},
        {"amount_usd": "20.00", "donor": donor.code, "decision_on": None, "status": "pledge"},
        {"original_amount": "90", "original_currency": "EUR", "exchange_rate": "0.9", "amount_usd": None},
        {"original_amount": "90", "original_currency": "EUR", "exchange_rate": "0.9", "amount_usd": "101"},
        {"amount_usd": "5", "flow": "internal"},
    ]
    body = finance.batch([entry(plan=other.code, **row) for row in rows])
    alone = []
    for row in rows:
        values = {**entry(), **row, "plan": mali.crp_2025_2026}
        values["donor"] = donor if row.get("donor") else None
        if values["decision_on"]:
            values["decision_on"] = "2025-06-01"
        contribution = Contribution(**{name: Contribution._meta.get_field(name).to_python(value) if name not in {"plan", "donor"} else value for name, value in values.items()})  # fmt: skip  # noqa: E501
        alone.append(record_contribution(contribution=contribution, by=finance.user))
    for one, result in zip(alone, body["results"], strict=True):
        made = Contribution.objects.get(code=result["contribution"]["code"])
        single = Contribution.objects.get(pk=one.contribution.pk)
        for name in ("amount_usd", "amount_basis", "counted_usd", "pledged_usd", "review", "status", "donor_id"):
            assert getattr(made, name) == getattr(single, name), (name, result["row"])
        assert [step.since_on for step in made.status_changes.all()] == [
            step.since_on for step in single.status_changes.all()
        ]
        number = "-C" + made.duplicate_of.code.rpartition("-C")[2] if made.duplicate_of else None
        assert number == ("-C" + single.duplicate_of.code.rpartition("-C")[2] if single.duplicate_of else None)
        assert [text for text in result["warnings"] if "repeat" not in text] == list(one.warnings)


def test_of_a_thousand_the_last_is_wrong_and_none_is_recorded(finance: Finance) -> None:
    before = in_ledger()
    rows = many(1000)
    rows[999]["amount_usd"] = "0"
    body = finance.batch(rows, 400)
    assert body["errors"] == [
        {"row": 1000, "errors": {"amount_usd": ["An amount of 0 gives nothing: leave the contribution out."]}}
    ]
    assert body["detail"].startswith("Nothing was recorded. Row 1000: amount_usd: An amount of 0")
    assert in_ledger() == before
    assert finance.batch(many(3))["created"] == 3, "under the same key: nothing was kept of the refusal"


def test_everything_wrong_is_told_at_once(finance: Finance) -> None:
    known = finance.record(external_scheme="erp", external_id="A")["code"]
    merged = make_contribution(plan=Plan.objects.get(code="MLI-CRP-2025-2026"), code="M-1")
    Contribution.objects.filter(pk=merged.pk).update(review="merged")
    rows = [
        entry(amount_usd=12.5, doner="x"),
        entry(decision_on="2202-01-01", original_currency="ZZZ"),
        entry(donor="IOM"),
        "text",
        entry(external_scheme="erp", external_id="A"),
        entry(external_scheme="erp", external_id="B"),
        entry(external_scheme="erp", external_id="B"),
        entry(code="X-1", amount_usd="3"),
        entry(code="X-1", amount_usd="4"),
        {"code": "NOPE", "updated_at": "2025-01-01T00:00:00Z", "status": "paid"},
        {"code": known, "updated_at": "2025-01-01T00:00:00Z", "status": "paid"},
        {"code": known, "updated_at": "2025-01-01T00:00:00Z", "note": "x"},
        {"code": "M-1", "updated_at": merged.updated_at.isoformat(), "status": "paid"},
        {"code": "MLI-2017-0001", "updated_at": "2025-01-01T00:00:00Z"},
        entry(sector="WASH", project="NONE", objective=99),
        entry(project="NONE", objective=99, framework="XXX"),
    ]
    errors = {item["row"]: item["errors"] for item in finance.batch(rows, 400)["errors"]}
    assert {row: sorted(fields) for row, fields in errors.items()} == {
        1: ["amount_usd", "doner"],
        2: ["decision_on", "original_currency"],
        3: ["donor"],
        4: ["body"],
        5: ["external_id"],
        7: ["external_id"],
        9: ["code"],
        10: ["code"],
        11: ["updated_at"],
        12: ["code"],
        13: ["code"],
        14: ["code"],
        15: ["sector"],
        16: ["framework", "objective", "project"],
    }
    assert errors[3]["donor"] == ["No organization has the code “IOM”. Did you mean “iom”?"]
    assert errors[5]["external_id"] == [f"{known} already has this external identifier: USD 1,000.50, commitment."]
    assert errors[7]["external_id"] == ["Row 6 has this external identifier too."]
    assert errors[9]["code"] == ["Row 8 has this code too."]
    assert errors[12]["code"] == [f"Row 11 changes {known} too: send the second one later."]


def test_new_ones_and_steps_and_corrections_go_together(finance: Finance) -> None:
    first, second, third = (finance.record(amount_usd=amount) for amount in ("1", "2", "3"))
    rows = [
        {"code": first["code"], "updated_at": first["updated_at"], "status": "paid", "since_on": "2025-07-01"},
        entry(amount_usd="4"),
        {"code": second["code"], "updated_at": second["updated_at"], "status": "paid", "amount_usd": "2.50"},
        {"code": third["code"], "updated_at": third["updated_at"], "grant_reference": "GR-3"},
    ]
    body = finance.batch(rows)
    assert [(item["row"], item["outcome"]) for item in body["results"]] == [
        (1, "changed"), (2, "created"), (3, "changed"), (4, "changed"),
    ]  # fmt: skip
    shown = [item["contribution"] for item in body["results"]]
    assert [row["steps"][1:] for row in shown] == [["paid:2025-07-01"], [], ["paid"], []]
    assert [row["amount_usd"] for row in shown] == ["1.00", "4.00", "2.50", "3.00"]
    assert shown[3]["grant_reference"] == "GR-3"
    assert [get(row["code"]).json() for row in shown] == shown
    steps = StatusChange.objects.filter(contribution__code=second["code"]).order_by("pk")
    assert [(step.amount_usd, step.recorded_by) for step in steps] == [
        (Decimal(2), finance.user),
        (Decimal("2.50"), finance.user),
    ]


@pytest.mark.usefixtures("history")
def test_steps_of_many_leave_the_history_that_one_leaves(finance: Finance) -> None:
    first, second = (finance.record(amount_usd=amount) for amount in ("1", "2"))
    values = {"status": "paid", "since_on": "2025-07-01", "amount_usd": "1.75", "step_note": "Fees"}
    finance.change(first["code"], "*", **values)
    finance.batch([{"code": second["code"], "updated_at": second["updated_at"], **values}])
    told_of = []
    for code in (first["code"], second["code"]):
        row = Contribution.objects.get(code=code)
        names = ("history_type", "history_change_reason", "history_user", "status", "amount_usd", "amount_basis")
        told_of.append(
            (
                list(row.history.order_by("history_id").values_list(*names))[1:],
                list(row.status_changes.order_by("pk").values_list("status", "since_on", "amount_usd", "note"))[1:],
                list(
                    StatusChange.history.filter(contribution_id=row.pk)
                    .order_by("history_id")
                    .values_list("history_type", "status", "amount_usd", "history_user")
                )[1:],
                [item.get_change_message() for item in LogEntry.objects.filter(object_id=str(row.pk)).order_by("pk")],
            )
        )
    assert told_of[0] == told_of[1]
    assert len(told_of[0][0]) == 1


@pytest.mark.usefixtures("history")
def test_each_new_one_has_its_history(finance: Finance) -> None:
    finance.batch(many(3))
    reason = f"API key ERP (crp_{finance.key.prefix}_…)"
    made = Contribution.history.values_list("history_type", "history_change_reason", "history_user")
    assert list(made) == [("+", reason, finance.user.pk)] * 3
    assert StatusChange.history.filter(history_user=finance.user).count() == 3
    assert [item.get_change_message() for item in LogEntry.objects.all()] == [reason] * 3


def test_what_repeats_another_row_waits_for_a_decision(finance: Finance) -> None:
    rows = [entry(amount_usd="5"), entry(amount_usd="6"), entry(amount_usd="5"), entry(amount_usd="5")]
    results = finance.batch(rows)["results"]
    first = results[0]["contribution"]["code"]
    assert [item["contribution"]["review"] for item in results] == ["clear", "clear", "suspected", "suspected"]
    assert [item["contribution"]["duplicate_of"] for item in results] == [None, None, first, first]
    assert results[3]["warnings"] == [f"It may repeat {first} and does not count until somebody decides."]


def test_more_than_there_was_is_told_over_rows(finance: Finance) -> None:
    parent = finance.record(amount_usd="100")["code"]
    passed_on = {"parent": parent, "flow": "internal"}
    rows = [entry(amount_usd="60", **passed_on), entry(amount_usd="40.01", **passed_on)]
    results = finance.batch(rows)["results"]
    assert [item["warnings"] for item in results] == [
        [],
        [f"Of {parent} more is passed on, USD 100.01, than it is: USD 100."],
    ]


def test_codes_pass_over_those_that_are_taken(finance: Finance) -> None:
    other = make_plan(contributions=0, start_year=2025)
    make_contribution(plan=other, code="MLI-CRP-2025-2026-C0002")
    rows = [entry(amount_usd="1"), entry(amount_usd="2", code="MLI-CRP-2025-2026-C0003"), entry(amount_usd="3")]
    codes = [item["contribution"]["code"] for item in finance.batch(rows)["results"]]
    assert codes == [f"MLI-CRP-2025-2026-C000{number}" for number in (1, 3, 4)]


def test_a_number_once_given_is_not_given_again(finance: Finance) -> None:
    """The history finds its rows by it."""
    finance.batch(many(2))
    last = Contribution.objects.latest("pk")
    gone = last.pk
    last.delete()
    finance.batch(many(3)[2:], key="k-2")
    assert Contribution.objects.latest("pk").pk > gone


# Who


def test_rows_for_others_to_record_are_403_and_named(finance: Finance) -> None:
    abroad = make_plan(contributions=1, start_year=2025, countries=[make_country(name="Elsewhere")])
    theirs = abroad.contributions.get()
    rows = [
        entry(),
        entry(plan=abroad.code),
        {"code": theirs.code, "updated_at": theirs.updated_at.isoformat(), "note": "x"},
        entry(amount_usd="0"),
    ]
    body = finance.batch(rows, 403)
    assert body["code"] == "permission_denied"
    assert [(item["row"], list(item["errors"])) for item in body["errors"]] == [
        (2, ["plan"]), (3, ["code"]), (4, ["amount_usd"]),
    ]  # fmt: skip
    assert "“Can add contribution” for Elsewhere" in body["errors"][0]["errors"]["plan"][0]
    assert "“Can change contribution” for Elsewhere" in body["errors"][1]["errors"]["code"][0]
    pledge = make_contribution(plan=abroad, status="pledge")
    step = {"code": pledge.code, "updated_at": pledge.updated_at.isoformat(), "status": "paid"}
    assert "“Can change contribution”" in finance.batch([step], 403)["errors"][0]["errors"]["code"][0]


# A try


def test_a_dry_run_tells_all_and_writes_nothing(finance: Finance) -> None:
    known = finance.record()
    before = in_ledger()
    rows = [*many(2), {"code": known["code"], "updated_at": known["updated_at"], "status": "paid"}]
    body = told(finance.send(f"{BATCH}?dry_run=true", {"contributions": rows}), 200)
    assert (body["dry_run"], body["created"], body["changed"]) == (True, 2, 1)
    assert body["results"][2]["contribution"]["status"] == "paid"
    assert in_ledger() == before
    assert get(known["code"]).json()["status"] == "commitment"
    rows[1]["amount_usd"] = "NaN"
    assert told(finance.send(f"{BATCH}?dry_run=true", {"contributions": rows}), 400)["errors"][0]["row"] == 2


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=", "dry_run=true&dry_run=true", "dryrun=true", "format=csv"])
def test_a_parameter_that_can_not_be_used_is_named(finance: Finance, query: str) -> None:
    body = told(finance.send(f"{BATCH}?{query}", {"contributions": many(1)}, Idempotency_Key="k"), 400)
    assert list(body["errors"]) == [query.partition("=")[0]]
    assert Contribution.objects.count() == 1


# How many


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"contributions": many(1001)}, 413, "1,001 entries are too many: at most 1,000"),
        ({"contributions": []}, 400, "a list of one entry at least"),
        ({"contributions": {}}, 400, "a list of one entry at least"),
        ({}, 400, "a list of one entry at least"),
        ([], 400, 'a list can\'t be used: expected {"contributions": [...]}'),
        ({"contribution": [], "contributions": [1]}, 400, "Unknown field"),
    ],
)
def test_what_is_no_batch_is_refused(finance: Finance, body: Any, status: int, words: str) -> None:
    assert words in told(finance.send(BATCH, body, Idempotency_Key="k"), status)["detail"]


def test_too_many_corrections_at_once_are_told(finance: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funding.api.writing_work.MOST_CORRECTIONS", 1)
    made = [finance.record(amount_usd=amount) for amount in ("1", "2")]
    rows = [{"code": row["code"], "updated_at": row["updated_at"], "note": "x"} for row in made]
    body = finance.batch(rows, 400)
    assert body["errors"] == [
        {"row": 2, "errors": {"code": ["At most 1 corrections are made at once: send this later."]}}
    ]
    assert Contribution.objects.filter(note="x").count() == 0


def selects(act: Callable[[], Any]) -> int:
    """Return how many queries something makes, those that insert apart: SQLite takes few columns in one of them."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([query for query in captured if not query["sql"].startswith("INSERT")])


def test_many_rows_take_no_more_queries_than_few(finance: Finance) -> None:
    parent = finance.record(amount_usd="1000000")["code"]
    rows = many(60, parent=parent, flow="internal", recipient="iom", sector="IOM-2025/WASH")
    few = selects(lambda: finance.batch(rows[:2], key="few"))
    assert selects(lambda: finance.batch(rows[2:], key="many")) == few
    made = Contribution.objects.filter(external_scheme="erp")
    steps = [
        {"code": row.code, "updated_at": row.updated_at.isoformat(), "status": "paid"} for row in made.order_by("pk")
    ]
    few = selects(lambda: finance.batch(steps[:2], key="few-steps"))
    assert selects(lambda: finance.batch(steps[2:], key="many-steps")) == few


def test_the_examples_of_the_description_are_true(finance: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
    first = told(finance.send(CONTRIBUTIONS, examples.COMMITMENT), 201)
    rows = [dict(row) for row in examples.BATCH["contributions"]]
    rows[1]["updated_at"] = first["updated_at"]
    body = finance.batch(rows)
    for result, example in zip(body["results"], examples.BATCH_DONE["results"], strict=True):
        result["contribution"]["updated_at"] = example["contribution"]["updated_at"]
    assert body == examples.BATCH_DONE
    code = first["code"]
    taken_back = told(finance.send(f"{CONTRIBUTIONS}{code}/take-back/", examples.TAKEN_BACK, If_Match="*"), 200)
    assert taken_back["status"] == "commitment"
    assert finance.change(code, "*", **examples.PAYMENT)["steps"] == examples.PAID["steps"]
    assert finance.change(code, "*", **examples.CORRECTION)["grant_reference"] == "GR-2025-0418"
