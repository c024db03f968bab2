"""``manage.py export_plan``: what it writes is read as the same plan, here under another code or where nothing is."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crp.importing.documents.as_text import as_text
from crp.importing.documents.document import document_of
from crp.importing.documents.layouts import LAYOUTS, layout_of, table
from crp.importing.documents.layouts.table_keys import fields_of, named_by
from crp.importing.documents.matching import match_plan
from crp.importing.documents.names import load_names
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import coverage_of
from crp.importing.documents.table_export import lines_of, write_table
from crp.importing.documents.writing import Written, write_draft
from funding.rollups import requested_of, sums_by_breakdown
from plans.models import Narrative, Plan, PlanIdentifier, Revision
from plans.tree import row_models, rows_of
from tests.conftest import MaliPlans

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CRP, COMPENDIUM, EMPTY = "MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"
FIGURES = {CRP: Decimal("32353500.00"), COMPENDIUM: Decimal("37360000.00"), EMPTY: None}


def revision_of(code: str) -> Revision:
    return Revision.objects.select_related("plan").get(plan__code=code)


def written_of(text: str, *, code: str) -> Written:
    document = document_of(text, name="plan.csv", format="plain")
    return write_draft(read_document(document), document, code=code, by=None)


def without_address(text: str) -> str:
    """Return a table without the address of the page: a second plan can't have the same."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("plan,url,"))


def shown(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return value.natural_key()[-1] if hasattr(value, "natural_key") else value


def rows(revision: Revision) -> dict[str, dict[str, Any]]:
    return {
        row.row_key: {name: shown(row, name) for name in fields_of(str(row._meta.model_name))}
        for row in rows_of(revision)
    }


@pytest.mark.parametrize("code", FIGURES)
def test_what_is_written_is_read_as_the_same_values(mali: MaliPlans, code: str) -> None:
    revision = revision_of(code)
    text = write_table(revision)
    document = document_of(text, name="plan.csv", format="plain")
    assert layout_of(document, LAYOUTS) is table
    draft = table.read(document, load_names())
    assert [remark.text for remark in draft.remarks] == []
    assert [(row.subject, name, value.question) for row, name, value in draft.values() if value.question] == []
    read = {(row.subject, name): as_text(value.value) for row, name, value in draft.values()}
    told = {(row, name): value for row, name, value, _basis, _note in lines_of(revision)}
    read |= {(row.subject, "order"): str(row.order) for row in draft.rows}
    parents = {(row.subject, name): parent for row in draft.rows for name, parent in row.parents.items()}
    assert {key: value for key, value in told.items() if (read | parents).get(key) != value} == {}
    assert coverage_of(document, draft).percent == 100
    assert match_plan(draft, document).plan == revision.plan


@pytest.mark.parametrize(("code", "total"), FIGURES.items())
def test_a_plan_under_another_code_is_the_same(mali: MaliPlans, code: str, total: Decimal | None) -> None:
    revision = revision_of(code)
    written = written_of(without_address(write_table(revision)), code="XX-1")
    assert [(each.subject, each.field, each.why) for each in written.left_out] == []
    assert rows(written.revision) == rows(revision)
    assert requested_of(written.revision) == requested_of(revision) == total
    assert sums_by_breakdown(written.revision) == sums_by_breakdown(revision)
    names = ("taxonomy", "document_on", "people_in_need", "people_targeted", "entities_targeted", "reports_funding")
    assert {name: getattr(written.revision, name) for name in names} == {
        name: getattr(revision, name) for name in names
    }
    assert write_table(written.revision).count("\n") >= write_table(revision).count("\n") - 1


@pytest.mark.parametrize("code", FIGURES)
def test_a_place_that_does_not_have_the_plan_gets_it(mali: MaliPlans, code: str, tmp_path: Path) -> None:
    revision = revision_of(code)
    text, before = write_table(revision), rows(revision)
    PlanIdentifier.objects.all().delete()
    Plan.objects.filter(code=code).update(code="OTHER-1", kind="other")
    path = tmp_path / "plan.csv"
    path.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_plan", str(path), stdout=out, verbosity=0)
    assert "plan: " + code + ", new" in out.getvalue()
    made = revision_of(code)
    assert (made.status, made.number) == ("draft", 1)
    assert rows(made) == before
    if "plan,url," in text:
        assert made.plan.identifiers.exists()


def test_a_published_plan_has_a_draft_of_its_table(mali: MaliPlans) -> None:
    text = write_table(revision_of(CRP)).replace("revision,people_in_need,6400000", "revision,people_in_need,6500000")
    document = document_of(text.replace("2025-04-17", "2025-06-01"), name="plan.csv", format="plain")
    written = write_draft(read_document(document), document, by=None)
    assert (written.plan.code, written.revision.number, written.revision.people_in_need) == (CRP, 2, 6_500_000)


def test_the_command_writes_what_is_published(mali: MaliPlans) -> None:
    out = StringIO()
    call_command("export_plan", CRP.lower(), stdout=out)
    assert out.getvalue() == write_table(revision_of(CRP))
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["row,field,value,basis,note", "plan,title,Mali Crisis Response Plan 2025 - 2026,,"]
    assert "fundingrequest:sector:IOM-2025:SHELTER,amount_usd,6200000.00,," in lines
    with pytest.raises(CommandError, match="There is no plan NONE"):
        call_command("export_plan", "NONE", stdout=StringIO())
    with pytest.raises(CommandError, match="has no published revision 2"):
        call_command("export_plan", CRP, revision=2, stdout=StringIO())


def test_a_draft_is_not_written(mali: MaliPlans) -> None:
    plan = Plan.objects.create(code="T-1", kind="crp", title="T", start_year=2025, end_year=2025)
    Revision.objects.create(plan=plan)
    with pytest.raises(CommandError, match="T-1 has no published revision"):
        call_command("export_plan", "T-1", stdout=StringIO())


def test_texts_that_a_spreadsheet_would_run_come_back_as_they_were() -> None:
    plan = Plan.objects.create(code="T-1", kind="crp", title="T", start_year=2025, end_year=2025)
    revision = Revision.objects.create(plan=plan)
    bodies = ["=1+1", "- a\n- b", "'=1", "''@x", "'tis so", 'He said "no",\nand; left']
    for order, body in enumerate(bodies, start=1):
        Narrative.objects.create(revision=revision, section="other", order=order, body=body)
    text = write_table(revision)
    assert "narrative:other:1,body,'=1+1,," in text
    draft = table.read(document_of(text, name="", format="plain"), load_names())
    assert [row.get("body") for row in draft.of_kind("narrative")] == bodies


def test_every_model_of_rows_has_a_name_in_tables() -> None:
    names = {
        "fundingrequest": "sector:L:S",
        "relatedplan": "sector:L:S:F",
        "requestshare": "L:S:1",
        "objectivetargetgroup": "1:G",
        "narrative": "vision:1",
        "riskindicator": "inform_risk",
        "modality": "CASH",
        "priority": "DATA",
        "presence": "",
        "office": "Gao: centre",
    }
    for model in row_models():
        kind = str(model._meta.model_name)
        subject = f"{kind}:{names.get(kind, '1')}".rstrip(":")
        named = named_by(subject)
        assert named is not None, subject
        assert named.subject == subject
