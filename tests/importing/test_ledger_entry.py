"""What a file of contributions does: row by row, and all of it or nothing."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command

from crp.accounts.roles import Role
from crp.importing.ledger.entry import Entry, enter
from crp.importing.ledger.reading import read_entries
from funding.models import Contribution, Organization, OrganizationIdentifier, StatusChange
from funding.services import merge_duplicate
from plans.models import Plan
from tests.admin import make_person
from tests.factories import make_organization, make_plan, make_reported_funding

pytestmark = pytest.mark.usefixtures("empty_module", "db")


@pytest.fixture
def plan() -> Plan:
    make_organization(code="norway", name="Norway, Government of", name_fr="Norvège", acronym="NOR")
    return make_plan(code="P-1", requested_usd=10_000, contributions=0, start_year=2024)


def file(*rows: dict[str, Any]) -> bytes:
    """Return a CSV file with these rows; what a row does not say is as in a good one."""
    given = [{"plan": "P-1", "donor": "norway", "status": "paid", "decision_on": "2024-03-01"} | row for row in rows]
    names = list(dict.fromkeys([*(name for row in given for name in row), "amount_usd"]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(given)
    return text.getvalue().encode()


def run(*rows: dict[str, Any], **options: Any) -> Entry:
    return enter(read_entries(file(*rows)), **options)


def outcomes(entry: Entry) -> list[str]:
    return [row.outcome.value for row in entry.rows]


def told(entry: Entry) -> list[str]:
    return [str(problem) for problem in entry.problems]


def test_every_column_reaches_its_field(plan: Plan) -> None:
    sector = plan.revisions.get().taxonomy.sectors.first()
    make_organization(code="iom", name="IOM")
    user = make_person(Role.FUNDING_OFFICER)
    entry = run(
        {
            "donor": "norvege", "recipient": "IOM", "status": "commitment", "amount_usd": "",
            "original_amount": "900", "original_currency": "eur", "exchange_rate": "0.9",
            "exchange_rate_on": "2024-02-28", "exchange_rate_source": "UN", "since_on": "2024-03-04",
            "reported_on": "2024-03-05", "usage_year": "2024", "flow": "incoming", "earmarking": "softly_earmarked",
            "new_money": "no", "in_kind": "yes", "framework_code": "HRP", "objective_number": "2",
            "sector": sector.name.upper(), "project_code": "P-2", "grant_reference": "G", "external_system": "nor",
            "external_id": "7", "code": "MY-1", "note": "A note",
        },
        {"amount_usd": "100", "code": "MY-2", "parent": "my-1", "flow": "internal", "several_sectors": "yes"},
        by=user, name="march.csv",
    )  # fmt: skip
    assert (outcomes(entry), told(entry), entry.new_usd) == (["new", "new"], [], Decimal("1100.00"))
    first, second = Contribution.objects.order_by("pk")
    fields = ("amount_usd", "amount_basis", "original_currency", "exchange_rate", "exchange_rate_on", "reported_on")
    assert [getattr(first, name) for name in fields] == [
        Decimal("1000.00"), "converted", "EUR", Decimal("0.9"), date(2024, 2, 28), date(2024, 3, 5),
    ]  # fmt: skip
    fields = ("usage_year", "earmarking", "is_new_money", "is_in_kind", "framework_code", "objective_number", "sector")
    assert [getattr(first, name) for name in fields] == [2024, "softly_earmarked", False, True, "HRP", 2, sector]
    fields = ("project_code", "grant_reference", "external_scheme", "external_id", "code", "note")
    assert [getattr(first, name) for name in fields] == ["P-2", "G", "nor", "7", "MY-1", "A note"]
    assert (first.donor.code, first.recipient.code) == ("norway", "iom")
    assert (second.parent, second.flow, second.is_shared_across_sectors) == (first, "internal", True)
    step = first.status_changes.get()
    assert (step.since_on, step.recorded_by) == (date(2024, 3, 4), user)
    logged = LogEntry.objects.get(object_id=second.pk)
    assert (logged.user, logged.change_message) == (user, "Bulk entry: march.csv, line 3.")
    assert [change.after.rollup.received_usd for change in entry.changes] == [Decimal("1000.00")]


def test_what_a_row_adds_to_no_figure_is_told(plan: Plan) -> None:
    entry = run({"amount_usd": "100", "code": "MY-1"}, {"amount_usd": "40", "flow": "internal", "parent": "MY-1"})
    assert [row.messages for row in entry.rows] == [
        [],
        ["It is passed on inside the plan: it counted when it came in, and does not count again."],
    ]
    assert [change.after.rollup.received_usd for change in entry.changes] == [Decimal(100)]


def test_under_an_official_total_only_what_is_on_record_changes(plan: Plan) -> None:
    make_reported_funding(plan=plan, amount_usd="5000")
    (change,) = run({"amount_usd": "100"}, {"amount_usd": "-30.50", "decision_on": "2024-04-01"}).changes
    assert change.sentence == (
        "P-1: on record (USD) – → 69.50. Received stays USD 5,000: that is the official total of 30 Jun 2024."
    )


def test_a_second_run_changes_nothing(plan: Plan) -> None:
    rows = [
        {"amount_usd": "100"},
        {"amount_usd": "100"},  # the same again: suspected, and on record all the same
        {"amount_usd": "200", "external_id": "7"},
        {"amount_usd": "", "original_amount": "9", "original_currency": "EUR", "exchange_rate": "0.9"},
        {"amount_usd": "300", "code": "MY-1", "donor": ""},
    ]
    assert outcomes(run(*rows)) == ["new", "suspected", "new", "new", "new"]
    before = list(Contribution.objects.order_by("pk").values())
    again = run(*rows)
    assert (outcomes(again), again.writes) == (["unchanged"] * 5, 0)
    _first, second = Contribution.objects.order_by("pk")[:2]
    assert list(Contribution.objects.order_by("pk").values()) == before
    merge_duplicate(contribution=second, reason="Same.")
    assert outcomes(run(*rows)) == ["unchanged"] * 5
    assert Contribution.objects.count() == 5


def test_a_row_that_is_further_on_takes_the_next_step(plan: Plan) -> None:
    run({"amount_usd": "100", "status": "pledge", "external_id": "7"})
    entry = run({"amount_usd": "100", "status": "paid", "external_id": "7", "since_on": "2024-06-01"})
    assert (outcomes(entry), entry.rows[0].messages) == (["step"], ["P-1-C0001: from “Pledge” to “Paid”."])
    made = Contribution.objects.get()
    assert (made.status, [step.status for step in made.status_changes.order_by("pk")]) == ("paid", ["pledge", "paid"])
    older = run({"amount_usd": "100", "status": "pledge", "external_id": "7"})
    assert (outcomes(older), older.rows[0].messages) == (["unchanged"], ["P-1-C0001 is further on already: “Paid”."])


def test_what_is_on_record_otherwise_is_not_written_over(plan: Plan) -> None:
    run({"amount_usd": "100", "external_id": "7"})
    entry = run({"amount_usd": "120", "external_id": "7", "note": "New"})
    assert told(entry) == [
        "line 2, amount_usd: P-1-C0001 is on record with 100.00: change it there, or correct the file.",
        "line 2, note: P-1-C0001 is on record with nothing here: change it there, or correct the file.",
    ]
    assert Contribution.objects.get().amount_usd == Decimal(100)


def test_one_wrong_row_and_nothing_is_recorded(plan: Plan) -> None:
    entry = run({"amount_usd": "100"}, {"amount_usd": "0"}, {"amount_usd": "200"}, {"amount_usd": "5", "donor": "Mars"})
    assert outcomes(entry) == ["new", "error", "new", "error"]
    assert told(entry) == [
        "line 3, amount_usd: An amount of 0 gives nothing.",
        "line 5, donor: No organization is called “Mars”: add it first, or write its code.",
    ]
    assert (Contribution.objects.count(), StatusChange.objects.count()) == (0, 0)


def test_a_dry_run_tells_the_same_and_records_nothing(plan: Plan) -> None:
    rows = [{"amount_usd": "100"}, {"amount_usd": "200"}]
    dry = run(*rows, dry_run=True)
    assert (Contribution.objects.count(), dry.changes[0].after.rollup.received_usd) == (0, Decimal(300))
    wet = run(*rows)
    assert outcomes(wet) == outcomes(dry)
    assert wet.changes == dry.changes
    assert Contribution.objects.count() == 2


WRONG = [
    ({"amount_usd": "0"}, "amount_usd: An amount of 0 gives nothing."),
    ({"amount_usd": "1e20"}, "amount_usd: “1e20” is not a number"),
    ({"amount_usd": "1" + "0" * 20}, "amount_usd: “100000000000000000000” is too large"),
    ({"amount_usd": "NaN"}, "amount_usd: “NaN” is not a number"),
    ({"amount_usd": "1,000.50"}, "amount_usd: “1,000.50” can be read in two ways"),
    ({"amount_usd": "1.000,50"}, "amount_usd: “1.000,50” can be read in two ways"),
    ({"amount_usd": "1.005"}, "amount_usd: “1.005” has more than two decimals."),
    ({"amount_usd": ""}, "amount_usd: Give the amount in US dollars"),
    ({"original_amount": "5", "original_currency": "ZZZ"}, "original_currency: “ZZZ” is no currency of ISO 4217"),
    ({"original_amount": "5"}, "original_currency: An original amount needs its currency"),
    ({"original_amount": "5", "original_currency": "EUR", "exchange_rate": "0"}, "exchange_rate: “0” is no rate of"),
    ({"decision_on": "2202-01-01"}, "decision_on: “2202-01-01” lies outside the years 1990 to 2100"),
    ({"decision_on": "2099-01-01"}, "decision_on: 2099-01-01 has not come yet"),
    ({"decision_on": "01/02/2024"}, "decision_on: “01/02/2024” is not a date: write it as 2026-04-30."),
    ({"decision_on": "2024-02-30"}, "decision_on: “2024-02-30” is a day that no calendar has."),
    ({"since_on": "soon"}, "since_on: “soon” is not a date"),
    ({"since_on": "2099-01-01"}, "since_on: 2099-01-01 has not come yet"),
    ({"decision_on": "2020-01-01"}, "decision_on: P-1 covers 2024-01-01 to 2024-12-31"),
    ({"plan": ""}, "plan: It is empty: every row needs it."),
    ({"plan": "P-2"}, "plan: No plan has the code “P-2”."),
    ({"donor": "Norwy"}, "donor: No organization is called “Norwy”: add it first, or write its code. Perhaps “Norway,"),
    ({"donor": "Twin"}, "donor: “Twin” is the name of several organizations: write the code, one of twin-a, twin-b."),
    ({"sector": "Fishing"}, "sector: No sector of this plan is called “Fishing”."),
    ({"parent": "NONE"}, "parent: No contribution has the code “NONE”."),
    ({"project_code": "NONE"}, "project_code: The plan has no project with this code."),
    ({"objective_number": "two"}, "objective_number: “two” is no number of an objective"),
    ({"new_money": "maybe"}, "new_money: “maybe” was not expected here: one of yes, no was."),
    ({"status": "payed"}, "status: “payed” was not expected here: one of pledge, commitment, paid was."),
    ({"code": "no code"}, "code: Capitals and digits, joined by hyphens."),
    ({"grant_reference": "x" * 101}, "grant_reference: “xxxxxx"),
]  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(("row", "sentence"), WRONG, ids=[sentence[:50] for _row, sentence in WRONG])
def test_a_wrong_cell_is_named_by_line_and_column(plan: Plan, row: dict[str, str], sentence: str) -> None:
    for letter in "ab":
        make_organization(code=f"twin-{letter}", name="Twin")
    found = told(run({"amount_usd": "7"}, {"amount_usd": "5"} | row))
    assert len(found) == 1, found
    assert found[0].startswith(f"line 3, {sentence}")
    assert not Contribution.objects.exists()


def test_one_identifier_with_two_amounts_is_told_at_both_lines(plan: Plan) -> None:
    entry = run(
        {"amount_usd": "100", "external_id": "7"},
        {"amount_usd": "100", "external_id": "8"},
        {"amount_usd": "120", "external_id": "7"},
    )
    assert told(entry) == [
        "line 2, external_id: “7” stands on line 4 too, with another amount: one of the two is wrong.",
        "line 4, external_id: “7” stands on line 2 too, with another amount: one of the two is wrong.",
    ]


def test_one_identifier_of_two_systems_is_two(plan: Plan) -> None:
    entry = run(
        {"amount_usd": "100", "external_id": "7", "external_system": "a", "decision_on": "2024-01-01"},
        {"amount_usd": "120", "external_id": "7", "external_system": "b"},
    )
    assert outcomes(entry) == ["new", "suspected"]


def test_the_same_line_twice_is_one_contribution(plan: Plan) -> None:
    row = {"amount_usd": "100", "external_id": "7"}
    assert outcomes(run(row, row)) == ["new", "unchanged"]
    assert Contribution.objects.count() == 1


def test_names_are_found_however_they_are_written(plan: Plan) -> None:
    organization = Organization.objects.get(code="norway")
    OrganizationIdentifier.objects.create(organization=organization, scheme="fts", value="2930")
    plan.identifiers.create(scheme="fts", value="1188")
    names = ["norway", "NORWAY, government of", "Norvege", "nor", "2930"]
    rows = [{"amount_usd": str(100 + number), "donor": name, "plan": "1188"} for number, name in enumerate(names)]
    assert outcomes(run(*rows)) == ["new"] * 5
    assert set(Contribution.objects.values_list("plan__code", "donor__code")) == {("P-1", "norway")}


# The command


def command(path: Path, *options: str) -> str:
    output = io.StringIO()
    call_command("import_contributions", str(path), *options, stdout=output)
    return output.getvalue()


def test_the_command_records_a_file_once(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_bytes(file({"amount_usd": "100"}, {"amount_usd": "2500.50"}))
    dry = command(path, "--dry-run")
    assert "march.csv: 2 new\n  new: USD 2,600.50\n" in dry
    assert dry.endswith("Nothing was recorded: this was a dry run.\n")
    assert not Contribution.objects.exists()
    user = make_person(Role.FUNDING_OFFICER, username="anna")
    assert command(path, "--by", "anna").endswith("Recorded: 2 rows.\n")
    assert {step.recorded_by for step in StatusChange.objects.all()} == {user}
    assert command(path).endswith("Recorded: 0 rows.\n")
    assert Contribution.objects.count() == 2


def test_the_command_says_what_is_wrong(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_bytes(file({"amount_usd": "0"}))
    output = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was recorded: put the file right"):
        call_command("import_contributions", str(path), stdout=output)
    assert "  line 2, amount_usd: An amount of 0 gives nothing.\n" in output.getvalue()
    path.write_bytes(b"plan,status,amount_usd\nP-1,pa")
    with pytest.raises(CommandError, match=r"march.csv: REFUSED, nothing changed: Line 2, the last one"):
        command(path)
    with pytest.raises(CommandError, match="it can't be read"):
        command(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="there is no user “bob”"):
        command(path, "--by", "bob")
