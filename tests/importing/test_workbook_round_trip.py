"""A workbook that nobody changed changes nothing, whatever the plan, the language and the programme that saved it."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from openpyxl import load_workbook

from crp.importing.workbook.choices import Choices
from crp.importing.workbook.rows import rows_of_workbook
from crp.importing.workbook.sheets import SHEETS
from crp.importing.workbook.writing import write_workbook
from funding.models import FundingRequest
from plans.models import Plan, Revision
from sectors.models import Sector
from tests.admin import open_draft
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan
from tests.funding.world import World
from tests.importing.workbooks import cell, changed, enter, put, row, upload

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def all_values(revision: Revision) -> dict[str, Any]:
    return {
        sheet: {key: line.values for key, line in rows.items()}
        for sheet, rows in rows_of_workbook(revision, Choices(revision)).items()
    }


@pytest.mark.parametrize("name", ["compendium_2017", "crp_2025_2026", "crp_2021"])
def test_the_mali_plans(mali: MaliPlans, name: str) -> None:
    plan: Plan = getattr(mali, name)
    published = plan.revisions.get()
    downloaded = write_workbook(published)
    draft = open_draft(plan)
    before = all_values(draft)
    for content in (downloaded, changed(downloaded)):
        read = upload(content, draft)
        assert (read.edits, read.problems.kept, read.notes) == ([], [], [])
    entry = enter(draft, lambda book: None)
    assert (entry.changes, entry.problems.kept) == ([], [])
    assert all_values(draft) == before
    rows = {"compendium_2017": (12, 10), "crp_2025_2026": (21, 0), "crp_2021": (0, 0)}[name]
    assert (draft.funding_requests.count(), draft.projects.count()) == rows, "the plan has what the test is about"


@pytest.mark.usefixtures("empty_database")
def test_random_plans() -> None:
    World(11, plans=3)
    revisions = list(Revision.objects.all())
    assert len(revisions) > 3
    for number, revision in enumerate(revisions):
        with translation.override("fr" if number % 2 else "en"):
            content = write_workbook(revision)
        read = upload(changed(content) if number % 3 == 0 else content, revision)
        assert (read.edits, read.problems.kept) == ([], []), str(revision)
        assert read.base == all_values(revision)


def test_a_french_workbook_goes_up_in_english(mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    with translation.override("fr"):
        content = write_workbook(draft)
    book = load_workbook(io.BytesIO(content))
    assert "Objectifs" in book.sheetnames
    assert cell(book, "Secteurs", "fundingrequest:sector:IOM-2025:SHELTER", "is_priority").value == "oui"
    assert upload(content, draft).edits == []

    def change(book: Any) -> None:
        put(book, "Secteurs", "fundingrequest:sector:IOM-2025:SHELTER", "is_priority", "non")

    (edit,) = upload(changed(content, change), draft).edits
    assert (edit.values, edit.before) == ({"is_priority": "no"}, {"is_priority": "yes"})


def test_texts_and_amounts_that_spreadsheets_take_for_something_else() -> None:
    plan = make_plan(requested_usd="9999999999999.99", objectives=1, sectors=1, projects=2)
    draft = open_draft(plan)
    first, second = draft.projects.all()
    first.title, first.description = "=1+1", "x" * 40_000
    first.beneficiaries = "two\r\nlines\x07"
    second.title, second.description = "-5", "  007 _x0041_ <b>&amp; \n"
    for project in (first, second):
        project.save()
    draft.funding_requests.filter(project=second).update(amount_usd=Decimal("0.01"))
    content = write_workbook(draft)
    book = load_workbook(io.BytesIO(content))
    title = cell(book, "Projects", "project:P-1", "title")
    assert (title.value, title.data_type) == ("=1+1", "s")
    assert cell(book, "Objectives", "objective:1", "amount_usd").value == 9_999_999_999_999.99
    for file in (content, changed(content)):
        read = upload(file, draft)
        assert (read.edits, read.problems.kept) == ([], [])

    def copy_the_stand_in(book: Any) -> None:
        put(book, "Projects", "project:P-2", "description", cell(book, "Projects", "project:P-1", "description").value)

    (problem,) = upload(changed(content, copy_the_stand_in), draft).problems.kept
    assert "stands for a text that fits in no cell" in problem.message


def test_what_a_workbook_holds(mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2025_2026)
    book = load_workbook(io.BytesIO(write_workbook(draft)))
    assert book.sheetnames == ["Read me", *(str(sheet.title) for sheet in SHEETS), "_lists", "_crp"]
    assert [page.sheet_state for page in book.worksheets[-2:]] == ["hidden", "hidden"]
    for page in book.worksheets[1:-2]:
        assert "MLI-CRP-2025-2026, revision 2 (Draft), downloaded on " in page["A1"].value
        assert page.freeze_panes == "C5"
        assert page.row_dimensions[2].hidden
    sectors = book["Sectors"]
    assert sectors["C3"].value == "Asked for (US dollars)"
    assert sectors["C4"].value == "=SUM(C5:C5004)"
    amounts = [sectors.cell(number, 3).value for number in range(5, 23)]
    assert sum(amounts) == 32_353_500
    assert all(isinstance(amount, int) for amount in amounts)
    assert sectors.cell(23, 2).value is None
    offered = [line[0].value for line in book["_lists"].iter_rows() if line[0].value]
    lists = {str(check.sqref): check.formula1 for check in sectors.data_validations.dataValidation}
    assert lists["D5:D5004"] == '"yes,no"'
    letter = lists["B5:B5004"].split("!$")[1][0]
    offered = [line.value for line in book["_lists"][letter] if line.value]
    names = Sector.objects.filter(taxonomy=draft.taxonomy).values_list("name", flat=True)
    assert sorted(offered) == sorted(names)
    objective = {str(check.sqref): check.formula1 for check in book["Outcomes"].data_validations.dataValidation}
    assert objective["B5:B5004"] == "'Objectives'!$B$5:$B$5004"


def test_the_read_me_adds_up(mali: MaliPlans) -> None:
    """Work out its formulas by hand: LibreOffice would, and is not on every machine."""
    book = load_workbook(io.BytesIO(write_workbook(mali.crp_2025_2026.revisions.get())))
    page = book["Read me"]
    lines = {line[0].value: (line[1].value, line[2].value) for line in page.iter_rows() if line[1].value is not None}
    assert lines["Funding required by the plan"][0] == 32_353_500
    assert lines["Objectives"][0] == "='Objectives'!E4"
    assert book["Objectives"]["E4"].value == "=SUM(E5:E5004)"
    assert sum(book["Objectives"].cell(number, 5).value for number in (5, 6, 7)) == 32_353_500
    assert "stays as it is" in str(page["A4"].value), "it is of a published revision"


def test_every_kind_of_value_goes_in_and_comes_out_again() -> None:
    plan = make_plan(objectives=2, sectors=2, projects=2)
    make_contribution(plan=plan, project_code="P-1", amount_usd=500)
    draft = open_draft(plan)

    def change(book: Any) -> None:
        put(book, "Objectives", "objective:1", "people_targeted", "12345")
        put(book, "Objectives", "objective:1", "stated_percent_funded", "28")
        put(book, "Objectives", "objective:1", "amount_usd", 600_000.5)
        put(book, "Outcomes", "outcome:1a", "share_percent", 55.5)
        put(book, "Outcomes", "outcome:1b", "share_percent", 0.4)
        cell(book, "Outcomes", "outcome:1b", "share_percent").number_format = "0%"
        put(book, "Outcomes", "outcome:2a", "share_percent", "12.5 %")
        key = book["Sectors"].cell(5, 1).value
        put(book, "Sectors", key, "is_priority", True)
        put(book, "Projects", "project:P-1", "title", "Renamed")
        put(book, "Projects", "project:P-1", "framework", None)
        put(book, "Projects", "project:P-2", "amount_usd", None)
        put(book, "Frameworks", "framework:HRP", "stated_received_usd", 0)

    entry = enter(draft, change)
    assert entry.problems.kept == []
    values = all_values(draft)
    assert values["objectives"]["objective:1"] | {"title": ""} == {
        "number": "1", "title": "", "strategic_objective": "", "amount_usd": "600000.50", "people_targeted": "12345",
        "entities_targeted": "", "stated_percent_funded": "28.00",
    }  # fmt: skip
    shares = {key: line["share_percent"] for key, line in values["outcomes"].items()}
    assert shares == {"outcome:1a": "55.50", "outcome:1b": "40.00", "outcome:2a": "12.50", "outcome:2b": "40.00"}
    assert [line["is_priority"] for line in values["sectors"].values()] == ["yes", "no"]
    assert values["projects"]["project:P-1"]["title"] == "Renamed"
    assert values["projects"]["project:P-1"]["framework"] == ""
    assert values["projects"]["project:P-2"]["amount_usd"] == ""
    assert values["frameworks"]["framework:HRP"]["stated_received_usd"] == "0.00", "a reported 0 is not unknown"
    assert not FundingRequest.objects.filter(revision=draft, project__code="P-2").exists()
    assert enter(draft, lambda book: None).changes == []
    assert row(load_workbook(io.BytesIO(write_workbook(draft)))["Projects"], "project:P-2") == 6
