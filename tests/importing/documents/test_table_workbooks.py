"""Workbooks among documents: ``import_plan FILE.xlsx``, and the page that reads documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crp.accounts.roles import Role
from crp.importing.documents.workbooks import is_workbook
from crp.importing.models import ImportedDocument
from crp.importing.workbook.writing import write_workbook
from funding.models import FundingRequest
from plans.models import Revision
from tests.admin import make_person, make_programme_officer, open_draft
from tests.factories import make_plan
from tests.importing.workbooks import changed, put

from .test_import_plan import fails, run
from .test_table import SMALL
from .written import page

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("history")]

ADD = "/admin/importing/importeddocument/add/"


@pytest.fixture
def draft() -> Revision:
    return open_draft(make_plan(code="T-1", contributions=0))


def workbook(revision: Revision, amount: object = 600_000) -> bytes:
    return changed(write_workbook(revision), lambda book: put(book, "Objectives", "objective:1", "amount_usd", amount))


@pytest.fixture
def path(draft: Revision, tmp_path: Path) -> Path:
    file = tmp_path / "t.xlsx"
    file.write_bytes(workbook(draft))
    return file


def without_draft() -> bytes:
    return write_workbook(make_plan(code="T-3", contributions=0).revisions.get())


def amount(revision: Revision) -> int:
    return int(FundingRequest.objects.get(revision=revision, objective__number=1).amount_usd)


def test_a_workbook_is_told_by_its_content(path: Path) -> None:
    assert is_workbook(path.read_bytes())
    assert not is_workbook(page())
    assert not is_workbook(b"PK\x03\x04")
    assert not is_workbook(b"")


def test_a_dry_run_and_then_in_somebodys_name(draft: Revision, path: Path) -> None:
    said = run(path, dry_run=True).splitlines()
    assert said == [
        "t.xlsx: workbook of T-1 r2",
        "  Objectives: Changed: 1 · Objective 1: Asked for (US dollars): 500,000 → 600,000",
        "  sum by objective: USD 1,000,000 → 1,100,000",
        "Rows that change: 1.",
        "A dry run: nothing was changed.",
    ]
    assert amount(draft) == 500_000
    user = make_person(Role.OFFICER)
    run(path, by=user.username)
    assert amount(draft) == 600_000
    assert FundingRequest.objects.get(revision=draft, objective__number=1).history.latest().history_user == user


def test_who_may_not_change_the_draft_changes_nothing(draft: Revision, path: Path) -> None:
    viewer = make_person(Role.VIEWER)
    said = fails(1, path, by=viewer.username)
    assert "Not saved:" in said
    assert "0 of 1 files refused, 1 not saved." in said
    assert amount(draft) == 500_000


def test_a_cell_that_can_not_be_used_refuses_the_workbook(draft: Revision, path: Path) -> None:
    path.write_bytes(workbook(draft, "6,2 Mio"))
    said = fails(1, path, dry_run=True)
    assert "6,2 Mio" in said
    assert "t.xlsx: REFUSED: Cells of it can't be used, so nothing was applied." in said
    told = json.loads(fails(1, path, json=True).rpartition("}")[0] + "}")
    assert (told["refused"], told["files"][0]["revision"], len(told["files"][0]["problems"])) == (1, 2, 1)
    assert amount(draft) == 500_000


def test_a_workbook_of_another_plan_or_without_a_draft(draft: Revision, path: Path) -> None:
    make_plan(code="T-2", contributions=0)
    assert "It is a workbook of T-1, not of T-2." in fails(1, path, plan="T-2")
    path.write_bytes(without_draft())
    assert "It is a workbook of T-3, which has no draft" in fails(1, path)


def test_a_workbook_that_is_not_of_crp(tmp_path: Path, path: Path) -> None:
    path.write_bytes(changed(path.read_bytes(), lambda book: book.remove(book["_crp"])))
    assert "It does not come from CRP" in fails(1, path)
    assert "leave out --kind" in fails(1, path, kind="crp")


def test_the_page_of_documents_leads_to_that_of_the_workbook(client: Client, draft: Revision, path: Path) -> None:
    client.force_login(make_programme_officer())
    answer = client.post(ADD, {"file": SimpleUploadedFile("t.xlsx", path.read_bytes())}, follow=True)
    assert answer.redirect_chain == [(f"/admin/plans/revision/{draft.pk}/workbook/", 302)]
    assert [str(message) for message in answer.context["messages"]] == [
        "This file is a workbook of T-1 r2: upload it here, and see what it would change."
    ]
    assert not ImportedDocument.objects.exists()
    answer = client.post(ADD, {"file": SimpleUploadedFile("t.xlsx", without_draft())})
    assert "It is a workbook of T-3, which has no draft" in answer.content.decode()


def test_a_table_goes_through_the_page_of_documents(client: Client) -> None:
    client.force_login(make_programme_officer())
    answer = client.post(ADD, {"file": SimpleUploadedFile("plan.csv", SMALL.encode())}, follow=True)
    html = answer.content.decode()
    assert '<li id="line-8" value="8">revision,stated_requested_usd,<mark' in html
    assert "BEN-CRP-2025" in html
    document = ImportedDocument.objects.get()
    answer = client.post(f"/admin/importing/importeddocument/{document.pk}/change/", {"save": "1"}, follow=True)
    revision = Revision.objects.get(plan__code="BEN-CRP-2025")
    assert answer.redirect_chain[-1] == (f"/admin/plans/revision/{revision.pk}/change/", 302)
    assert revision.stated_requested_usd == 1_500_000
