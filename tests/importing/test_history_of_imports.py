"""What an import leaves on record: every row as it is in the end, under the name of its file, and sealed."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models

from crp.changes.reaching import kept_models
from crp.importing.ledger.entry import enter
from crp.importing.ledger.reading import read_entries
from crp.importing.lists import LOADED
from funding.models import Contribution, Organization, ReportedFunding, StatusChange
from funding.services import merge_duplicate
from plans.models import Citation, Plan, Revision
from tests.factories import make_contribution, make_organization, make_plan, make_user

from .fts_files import clusters, flows, requirements, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history"), pytest.mark.once]

DAY, LATER = date(2024, 6, 30), date(2024, 9, 30)


def unlike_their_record(model: type[models.Model], since: int) -> list[Any]:
    """Return the rows, from a primary key on, that differ from the newest entry of the history about them."""
    history: Any = model.history  # type: ignore[attr-defined]
    names = [field.attname for field in history.model.tracked_fields]
    newest: dict[int, Any] = {}
    for entry in history.filter(id__gt=since).order_by("history_date", "history_id"):
        newest[entry.id] = {name: getattr(entry, name) for name in names} if entry.history_type != "-" else None
    there = {row["id"]: row for row in model._default_manager.filter(pk__gt=since).values(*names)}
    known = {pk: row for pk, row in newest.items() if row is not None}
    return [pk for pk in there.keys() | known.keys() if there.get(pk) != known.get(pk)]


def test_every_row_is_on_record_as_it_is(tmp_path: Path) -> None:
    before = {model: model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0 for model in kept_models()}
    asked = {"requirements": "1000", "funding": "250"}
    run(requirements(tmp_path / "r.csv", asked), clusters(tmp_path / "c.csv", {}), as_of=DAY)
    run(flows(tmp_path / "f.csv", {}, {"id": "70002", "status": "pledge"}), as_of=DAY)
    run(requirements(tmp_path / "r2.csv", asked | {"requirements": "1200", "funding": "300"}), as_of=LATER)
    run(flows(tmp_path / "f2.csv", {"amountUSD": "1600"}, {"id": "70002", "status": "paid"}), as_of=LATER)
    unlike = {model.__name__: unlike_their_record(model, last) for model, last in before.items()}
    assert {name: pks for name, pks in unlike.items() if pks} == {}
    plan = Plan.objects.get(identifiers__scheme="fts", identifiers__value="900")
    assert plan.revisions.count() == 2
    (first,) = Plan.history.filter(id=plan.pk)
    assert [row.country.iso3 for row in first.countries.all()] == ["MLI"]
    kinds = {
        model: sorted(entry.history_type for entry in model.history.filter(history_change_reason__startswith="FTS: "))
        for model in (Contribution, StatusChange, ReportedFunding)
    }
    assert kinds[Contribution] == ["+", "+", "~", "~"]
    assert kinds[StatusChange] == ["+", "+", "+"]
    assert "~" in kinds[ReportedFunding]  # the former total was superseded
    reasons = Contribution.history.values_list("history_change_reason", flat=True)
    assert {"FTS: f.csv", "FTS: f2.csv"} <= set(reasons)


def test_a_second_run_records_nothing(tmp_path: Path) -> None:
    files = requirements(tmp_path / "r.csv", {}), clusters(tmp_path / "c.csv", {}), flows(tmp_path / "f.csv", {})
    run(*files, as_of=DAY)
    counts = {model: model.history.count() for model in kept_models()}  # type: ignore[attr-defined]
    run(*files, as_of=DAY)
    assert {model: model.history.count() for model in kept_models()} == counts  # type: ignore[attr-defined]


def verified() -> str:
    out = StringIO()
    call_command("verify_revisions", stdout=out, skip_checks=True)
    return out.getvalue()


def test_what_an_import_publishes_is_sealed(tmp_path: Path) -> None:
    run(requirements(tmp_path / "r.csv", {}), clusters(tmp_path / "c.csv", {}), as_of=DAY)
    run(requirements(tmp_path / "r2.csv", {"requirements": "2000"}), as_of=LATER)
    first, second = Revision.objects.filter(plan__identifiers__value="900").order_by("number")
    assert first.seal
    assert second.seal
    assert Citation.objects.filter(revision=first).exists()
    assert "are what they were" in verified()


def test_lines_join_no_revision_that_is_sealed_already(tmp_path: Path) -> None:
    """Two files of requirements of different days and one by cluster, in one run: the first one is sealed by then."""
    run(requirements(tmp_path / "r.csv", {"requirements": "500"}), as_of=DAY)
    told = run(requirements(tmp_path / "r2.csv", {}), clusters(tmp_path / "c.csv", {}), as_of=LATER)
    plan = Plan.objects.get(identifiers__scheme="fts", identifiers__value="900")
    assert "sealed" not in told
    newest = plan.revisions.in_force().get()
    assert newest.funding_requests.filter(breakdown="sector").count() == 1
    assert "are what they were" in verified()


def test_what_a_run_left_unsealed_is_sealed_by_the_next_one(tmp_path: Path) -> None:
    left = make_plan().revisions.get()
    assert not left.seal
    run(requirements(tmp_path / "r.csv", {}), as_of=DAY)
    left.refresh_from_db()
    assert left.seal
    assert "are what they were" in verified()


def test_a_dry_run_records_and_seals_nothing(tmp_path: Path) -> None:
    left = make_plan().revisions.get()
    counts = {model: model.history.count() for model in kept_models()}  # type: ignore[attr-defined]
    run(requirements(tmp_path / "r.csv", {}), as_of=DAY, dry_run=True)
    left.refresh_from_db()
    assert not left.seal
    assert {model: model.history.count() for model in kept_models()} == counts  # type: ignore[attr-defined]


def test_bulk_entry_names_file_and_line() -> None:
    by, plan, donor = make_user(is_superuser=True), make_plan(contributions=0), make_organization()
    head = "plan,donor,status,amount_usd,decision_on,external_system,external_id"
    line = f"{plan.code},{donor.code},{{}},500,2024-03-01,test,77"
    for name, status in (("may.csv", "pledge"), ("june.csv", "paid")):
        entry = enter(read_entries(f"{head}\n{line.format(status)}\n".encode()), by=by, name=name)
        assert entry.problems == []
    money = Contribution.objects.get(external_id="77")
    told = [
        (one.history_type, one.history_user, one.history_change_reason) for one in money.history.order_by("history_id")
    ]
    assert told == [("+", by, "Bulk entry: may.csv, line 2"), ("~", by, "Bulk entry: june.csv, line 2")]


def test_merged_money_keeps_the_record_of_what_waited_for_it() -> None:
    by, plan = make_user(is_superuser=True), make_plan(contributions=0)
    kept, gone = make_contribution(plan=plan), make_contribution(plan=plan)
    waiting = make_contribution(plan=plan, review="suspected", duplicate_of=gone)
    merge_duplicate(contribution=gone, into=kept, reason="The same transfer.", by=by)
    newest = waiting.history.first()
    assert (newest.history_type, newest.history_user, newest.duplicate_of_id) == ("~", by, kept.pk)


def test_what_comes_with_crp_has_a_first_entry(empty_database: None) -> None:
    call_command("demo", stdout=StringIO(), skip_checks=True)
    for model in (Organization, Plan, Citation, Revision):
        first = model.history.filter(history_type="+")
        assert first.count() == model.objects.count() > 0
        assert {*first.values_list("history_change_reason", flat=True)} == {LOADED}
    assert [row.country.iso3 for row in Plan.history.first().countries.all()] == ["MLI"]
    counts = {model: model.history.count() for model in kept_models()}  # type: ignore[attr-defined]
    call_command("demo", stdout=StringIO(), skip_checks=True)
    assert {model: model.history.count() for model in kept_models()} == counts  # type: ignore[attr-defined]
