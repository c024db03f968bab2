"""``export_workbook`` and ``import_workbook``."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crp.accounts.roles import Role
from plans.models import Objective, Revision
from tests.admin import make_person, open_draft
from tests.factories import make_plan, make_user
from tests.importing.workbooks import changed, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]


@pytest.fixture
def draft() -> Revision:
    return open_draft(make_plan(code="T-1", contributions=0))


def run(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def test_out_and_in(draft: Revision, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    assert run("export_workbook", "t-1", str(path)) == "t.xlsx: T-1 r2\n"
    assert run("import_workbook", "T-1", str(path), "--apply") == "Applied to T-1 r2. Rows that change: 0.\n"
    path.write_bytes(
        changed(path.read_bytes(), lambda book: put(book, "Objectives", "objective:1", "amount_usd", 600_000))
    )
    told = [
        "  Objectives: Changed: 1 · Objective 1: Asked for (US dollars): 500,000 → 600,000",
        "  sum by objective: USD 1,000,000 → 1,100,000",
    ]
    end = "Nothing was applied to T-1 r2: --apply does it. Rows that change: 1."
    assert run("import_workbook", "T-1", str(path)).splitlines() == [*told, end]
    objective = Objective.objects.get(revision=draft, number=1)
    assert objective.funding_requests.get().amount_usd == 500_000
    with pytest.raises(CommandError, match="Nothing changed: "):
        run("import_workbook", "T-1", str(path), "--apply", "--by", make_user().username)
    user = make_person(Role.OFFICER)
    run("import_workbook", "T-1", str(path), "--apply", "--by", user.username)
    request = objective.funding_requests.get()
    record = request.history.latest()
    assert (request.amount_usd, record.history_user, record.history_change_reason) == (
        600_000,
        user,
        "Workbook: t.xlsx",
    )
    Objective.objects.filter(pk=objective.pk).update(title="Theirs")
    path.write_bytes(changed(path.read_bytes(), lambda book: put(book, "Objectives", "objective:1", "title", "Mine")))
    assert "REPLACES WHAT SOMEBODY ELSE WROTE: Objectives" in run("import_workbook", "T-1", str(path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("export_workbook", "NONE", "x.xlsx"), "There is no plan NONE."),
        (("export_workbook", "T-1", "x.xlsx", "--revision", "9"), "T-1 has no revision 9."),
        (("export_workbook", "T-1", "no/folder/x.xlsx"), "it can't be written"),
        (("import_workbook", "T-1", "no.xlsx"), "it can't be read"),
        (("import_workbook", "T-1", "bad.xlsx"), "REFUSED, nothing changed: It is no workbook"),
        (("import_workbook", "T-1", "bad.xlsx", "--by", "nobody"), "there is no user “nobody”"),
    ],
)
def test_what_is_refused(
    arguments: tuple[str, ...], sentence: str, draft: Revision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.xlsx").write_bytes(b"bad")
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_cells_and_closed_revisions_are_refused(draft: Revision, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    run("export_workbook", "T-1", str(path), "--revision", "1")
    path.write_bytes(changed(path.read_bytes(), lambda book: put(book, "Objectives", "objective:1", "amount_usd", "x")))
    output = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was applied"):
        call_command("import_workbook", "T-1", str(path), "--apply", stdout=output)
    assert "sheet “Objectives”, row 5, column “Asked for (US dollars)”, E5: “x” is not a number" in output.getvalue()
    Revision.objects.filter(pk=draft.pk).update(status="in_review")
    run("export_workbook", "T-1", str(path))
    with pytest.raises(CommandError, match="is in review"):
        run("import_workbook", "T-1", str(path))
