"""Files that are no workbook of the plan, and cells that can't be used: each in a sentence, and nothing is written."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from crp.importing import archives
from crp.importing.tables import FileRefused
from crp.importing.workbook.sheets import MOST_BYTES
from crp.importing.workbook.writing import write_workbook
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.importing.workbooks import add, cell, changed, column, parts_changed, put, remove, row, told, upload

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SHELTER, HEALTH = "fundingrequest:sector:IOM-2025:SHELTER", "fundingrequest:sector:IOM-2025:HEALTH"


@cache
def download(code: str) -> bytes:
    """Return the workbook of a published plan, made once: its keys are the same in every test."""
    return write_workbook(Revision.objects.get(plan__code=code, status="published"))


@pytest.fixture
def revision(mali: MaliPlans) -> Revision:
    return mali.crp_2025_2026.revisions.get()


def good() -> bytes:
    return download("MLI-CRP-2025-2026")


def refused(content: bytes, revision: Revision) -> str:
    with pytest.raises(FileRefused) as refusal:
        upload(content, revision)
    return str(refusal.value)


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name.replace("__", "/"), part)
    return file.getvalue()


def bomb() -> bytes:
    """Return a workbook of a few kilobytes that unpacks to 60 MB."""
    return parts_changed(good(), lambda parts: parts.update({"xl/worksheets/sheet3.xml": b" " * 60_000_000}))


def lying_bomb() -> bytes:
    """Return the same with a directory that says it is small."""
    content = bytearray(bomb())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(signature)
        while at >= 0:
            if struct.unpack_from("<I", content, at + offset)[0] == 60_000_000:
                struct.pack_into("<I", content, at + offset, 1_000)
            at = content.find(signature, at + 4)
    return bytes(content)


def without_part(name: str) -> bytes:
    return parts_changed(good(), lambda parts: parts.pop(name))


def with_part(name: str, part: bytes = b"<x/>") -> bytes:
    return parts_changed(good(), lambda parts: parts.update({name: part}))


def number_of_rows(number: int) -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (index, index) for index in range(5, 5 + number))

    def change(parts: dict[str, bytes]) -> None:
        name = "xl/worksheets/sheet2.xml"
        parts[name] = parts[name].replace(b"</sheetData>", rows + b"</sheetData>")

    return parts_changed(good(), change)


ENCRYPTED = b"\xd0\xcf\x11\xe0" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 500
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "It is empty."),
    "csv": (lambda: b"number,title\n1,Saving lives\n", "It is no workbook, whatever its name says: save it as .xlsx"),
    "old": (lambda: b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "It is an old workbook (.xls): save it as .xlsx."),
    "password": (lambda: ENCRYPTED, "It is protected with a password: take the password off"),
    "large": (lambda: b"PK\x03\x04" + b"\x00" * MOST_BYTES, "It has 5,000,004 bytes: at most 5,000,000 are read."),
    "cut": (lambda: good()[: len(good()) // 2], "It is no workbook that can be read: it was cut"),
    "zip": (lambda: archive(readme=b"x"), "It is no workbook of the format .xlsx"),
    "ods": (lambda: archive(mimetype=b"application/vnd.oasis.opendocument"), "no workbook of the format .xlsx"),
    "macros": (lambda: with_part("xl/vbaProject.bin"), "It has macros: save it as a workbook without macros (.xlsx)."),
    "old macros": (lambda: with_part("xl/macrosheets/sheet1.xml"), "It has macros"),
    "links": (lambda: with_part("xl/externalLinks/externalLink1.xml"), "It has links to other workbooks"),
    "bomb": (bomb, "Unpacked it has more than 50,000,000 bytes"),
    "lying bomb": (lying_bomb, "It is no workbook that can be read"),
    "entities": (
        lambda: with_part("xl/x.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
        "It is no workbook as spreadsheets write them",
    ),
    "50,000 rows": (lambda: number_of_rows(50_000), "At most 5,000 rows a sheet are read"),
    "5,001 rows": (lambda: number_of_rows(5_001), "Sheet “Objectives” has more than 5,000 rows"),
    "no part": (lambda: without_part("xl/worksheets/sheet3.xml"), "It lacks sheets: “Outcomes”."),
    "not a number": (
        lambda: parts_changed(good(), lambda parts: parts.update({name: part.replace(b"<v>1</v>", b"<v>NaN</v>")
                                                                 for name, part in parts.items() if "sheet2" in name})),
        "It is no workbook that can be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_refused_as_a_whole(name: str, revision: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def opens(*given: Any, **named: Any) -> Any:
        opened.append(name)
        return load_workbook(*given, **named)

    monkeypatch.setattr("crp.importing.workbook.reading.load_workbook", opens)
    content, sentence = FILES[name]
    assert sentence in refused(content(), revision)
    assert bool(opened) == (name in {"5,001 rows", "no part", "not a number"}), "nothing opens what a look can refuse"


def foreign() -> Workbook:
    book = Workbook()
    book.active.append(["number", "title"])
    return book


def drop(*titles: str) -> Callable[[Workbook], None]:
    return lambda book: [book.remove(book[title]) for title in titles]  # type: ignore[return-value]


def retitle(book: Workbook) -> None:
    book["Sectors"].title = "My sectors"


def no_amounts(book: Workbook) -> None:
    book["Sectors"].delete_cols(column(book["Sectors"], "amount_usd"))


def twice(book: Workbook) -> None:
    page = book["Outcomes"]
    for index in range(1, 15):
        page.cell(index, 8).value = page.cell(index, 6).value


def no_names(book: Workbook) -> None:
    book["Projects"].delete_rows(2)


def other_version(book: Workbook) -> None:
    book["_crp"]["B1"] = "9"


def other_columns(book: Workbook) -> None:
    page = book["_crp"]
    page.delete_rows(next(number for number in range(1, 50) if page.cell(number, 1).value == "columns"))


BOOKS: dict[str, tuple[Callable[[Workbook], Any], str]] = {
    "two missing sheets": (drop("Projects", "Sectors"), "It lacks sheets: “Sectors”, “Projects”."),
    "a renamed sheet": (retitle, "Renamed? It has sheets that are not CRP's: “My sectors”."),
    "a missing column": (no_amounts, "Sheet “Sectors” lacks columns: “Asked for (US dollars)”."),
    "a column twice": (twice, "Sheet “Outcomes” has the column “Share of the objective (%)” twice, in F and H"),
    "no row of names": (no_names, "Sheet “Projects” lacks its first column, or the hidden row 2"),
    "no origin": (drop("_crp"), "It does not come from CRP, or its hidden sheet “_crp” is gone"),
    "another version": (other_version, "It comes from another version of CRP"),
    "origin changed": (other_columns, "Its hidden sheet “_crp” is not as it was downloaded"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOOKS)
def test_workbooks_that_are_refused_as_a_whole(name: str, revision: Revision) -> None:
    change, sentence = BOOKS[name]
    assert sentence in refused(changed(good(), change), revision)


def test_workbooks_of_elsewhere_are_refused(revision: Revision, mali: MaliPlans) -> None:
    file = io.BytesIO()
    foreign().save(file)
    assert "It does not come from CRP" in refused(file.getvalue(), revision)
    other: Plan = mali.compendium_2017
    assert refused(good(), other.revisions.get()) == (
        "It was downloaded from MLI-CRP-2025-2026 and this is MLI-COMPENDIUM-2017: upload it there."
    )


def test_cells_that_can_not_be_used_are_all_named_at_once(revision: Revision) -> None:
    def change(book: Workbook) -> None:
        page = book["Sectors"]
        values = ["6,2 Mio", "=C6*2", -5, 1000.125, date(2026, 1, 2), True, "6,200,000", "1e6", 10**15, "#N/A", "=1/0"]
        for index, value in enumerate(values, start=5):
            page.cell(index, column(page, "amount_usd")).value = value
        page.cell(16, column(page, "sector")).value = "Helth"
        page.cell(17, column(page, "sector")).value = None
        page.cell(18, column(page, "is_priority")).value = "maybe"
        put(book, "Objectives", "objective:1", "people_targeted", 175_000.5)
        put(book, "Objectives", "objective:2", "people_targeted", -1)
        put(book, "Objectives", "objective:3", "number", 40_000)
        put(book, "Objectives", "objective:3", "title", date(2026, 1, 2))
        put(book, "Outcomes", "outcome:1a", "share_percent", 0.5)
        put(book, "Outcomes", "outcome:1b", "share_percent", "many")
        put(book, "Outcomes", "outcome:1b", "objective", "first")
        put(book, "Related plans", book["Related plans"].cell(5, 1).value, "funding_request", "Shelter")
        put(book, "Related plans", book["Related plans"].cell(6, 1).value, "related_plan", "NO-SUCH-PLAN")
        cell(book, "Outcomes", "outcome:2a", "name").value = "=A1"

    problems = {
        problem.partition(": ")[0]: problem.partition(": ")[2]
        for problem in told(upload(changed(good(), change), revision))
    }
    number = "Expected is an amount in US dollars, as a number: 6200000 or 6200000.50."
    formula = "A formula stands here, and what it gave last is not taken: put the value itself."
    amounts = "sheet “Sectors”, row {row}, column “Asked for (US dollars)”, C{row}"
    shares = "sheet “Outcomes”, row {row}, column “Share of the objective (%)”, F{row}"
    expected = {
        amounts.format(row=5): "“6,2 Mio” is not a number: digits were expected, with a point before the decimals",
        amounts.format(row=6): f"{formula} {number}",
        amounts.format(row=7): "“-5” is below 0: this amount can't be.",
        amounts.format(row=8): "“1000.125” has more than two decimals.",
        amounts.format(row=9): "A date or a time stands here: your programme may have made it of what you typed.",
        amounts.format(row=10): f"A truth value (TRUE or FALSE) stands here. {number}",
        amounts.format(row=11): "“6,200,000” can be read in two ways: write it without separators of thousands",
        amounts.format(row=12): "“1e6” is not a number: digits were expected, with a point before the decimals",
        amounts.format(row=13): "“1000000000000000” is too large: at most 13 digits before the point fit.",
        amounts.format(row=14): f"An error of a formula stands here. {number}",
        amounts.format(row=15): formula,
        "sheet “Sectors”, row 16, column “Sector”, B16": "“Helth” is not in the list of this column:",
        "sheet “Sectors”, row 17, column “Sector”, B17": "It is empty: every row needs it.",
        "sheet “Sectors”, row 18, column “Priority (yes or no)”, D18": "“maybe” is neither “yes” nor “no”.",
        "sheet “Objectives”, row 5, column “People targeted (persons)”, F5": "“175000.5” is not a whole number",
        "sheet “Objectives”, row 6, column “People targeted (persons)”, F6": "“-1” is not a whole number",
        "sheet “Objectives”, row 7, column “Number”, B7": "“40000” is too large: at most 32,767 fits here.",
        "sheet “Objectives”, row 7, column “Title”, C7": "A date or a time stands here:",
        shares.format(row=5): "“0.5” can mean 0.5 % or 50 %: write 50, or the text “0.5 %”.",
        shares.format(row=6): "“many” is not a number: digits were expected, with a point before",
        "sheet “Outcomes”, row 6, column “Objective (its number)”, B6": "“first” is no number of an objective",
        "sheet “Outcomes”, row 8, column “Name”, D8": formula,
        "sheet “Related plans”, row 5, column “Of which amount”, B5": "“Shelter” does not say which",
        "sheet “Related plans”, row 6, column “Which one (code of the plan)”, D6": "No plan has the code",
    }  # fmt: skip
    assert set(problems) == set(expected)
    for place, sentence in expected.items():
        assert problems[place].startswith(sentence)
    assert "Perhaps “Health”?" in problems["sheet “Sectors”, row 16, column “Sector”, B16"]


def test_infinity_is_no_amount(revision: Revision) -> None:
    def change(parts: dict[str, bytes]) -> None:
        for name in [name for name in parts if "worksheets" in name]:
            parts[name] = parts[name].replace(b"<v>12584000</v>", b"<v>1e999</v>")

    (problem,) = told(upload(parts_changed(good(), change), revision))
    assert "E5: No number that can be counted with stands here." in problem


def test_numbers_stored_as_text_are_taken_where_they_are_clear(revision: Revision) -> None:
    def change(book: Workbook) -> None:
        put(book, "Sectors", SHELTER, "amount_usd", " 6200000 ")
        put(book, "Sectors", HEALTH, "amount_usd", "2500000.00")
        put(book, "Outcomes", "outcome:1a", "share_percent", "50%")
        put(book, "Objectives", "objective:1", "people_targeted", "175000")

    read = upload(changed(good(), change), revision)
    assert (read.edits, told(read)) == ([], [])


def test_rows_that_can_not_be_told_apart_are_named(revision: Revision) -> None:
    def change(book: Workbook) -> None:
        page = book["Outcomes"]
        copy = [page.cell(5, index).value for index in range(1, 7)]
        for index, value in enumerate(copy, start=1):
            page.cell(15, index).value = value
        page.cell(16, 1).value = "outcome:9z"
        for index, value in enumerate(copy[1:], start=2):
            page.cell(16, index).value = value
        add(book, "Sectors", sector="Health", amount_usd=5)
        number = row(book["Sectors"], SHELTER)
        for index in range(2, 5):
            book["Sectors"].cell(number, index).value = None
        book["Objectives"].merge_cells("C5:D6")

    problems = told(upload(changed(good(), change), revision))
    assert [problem.replace(" as where a row was copied:", "").partition(": leave it")[0] for problem in problems] == [
        "sheet “Objectives”, row 5: The cells C5:D6 are merged: split them, each row has its own cells.",
        "sheet “Objectives”, row 6, column “Title”, C6: It is empty: every row needs it.",
        "sheet “Outcomes”, row 15: Row 5 has the same first cell, empty the first cell of the copy.",
        "sheet “Outcomes”, row 16: The first cell names no row that was downloaded",
        "sheet “Sectors”, row 6: Nothing is left here but the first cell: to remove a row, delete it whole.",
        "sheet “Sectors”, row 23, column “Sector”, B23: Row 14 has the same: each may stand once.",
    ]


def test_more_problems_than_anybody_reads_are_counted(revision: Revision) -> None:
    def change(book: Workbook) -> None:
        page = book["Projects"]
        for number in range(5, 255):
            page.cell(number, 2).value = f"P-{number}"

    read = upload(changed(good(), change), revision)
    assert (len(read.problems.kept), read.problems.left_out, len(read.problems)) == (200, 50, 250)


def test_more_changes_than_one_step_takes_are_refused(revision: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(book: Workbook) -> None:
        for number in (1, 2, 3):
            put(book, "Objectives", f"objective:{number}", "title", "New")

    content = changed(good(), change)
    monkeypatch.setattr("crp.importing.workbook.reading.MOST_EDITS", 3)
    assert len(upload(content, revision).edits) == 3
    monkeypatch.setattr("crp.importing.workbook.reading.MOST_EDITS", 2)
    assert "It changes 3 rows: at most 2 at once." in refused(content, revision)


def test_what_people_add_beside_is_not_read_and_said(revision: Revision) -> None:
    def change(book: Workbook) -> None:
        book.create_sheet("My notes").append(["=1+1", 5])
        book["Sectors"].insert_cols(3)
        book["Sectors"]["C7"] = "=SUM(D5:D9)"
        book["Sectors"]["B24"] = "  "
        book["Sectors"].row_dimensions[6].hidden = True
        book["Sectors"].merge_cells("A1:D1")

    def change_wrongly(book: Workbook) -> None:
        change(book)
        book["Sectors"]["D7"] = "much"

    (problem,) = told(upload(changed(good(), change_wrongly), revision))
    assert problem.startswith("sheet “Sectors”, row 7, column “Asked for (US dollars)”, D7: “much” is not a number")
    read = upload(changed(good(), change), revision)
    assert (read.edits, told(read)) == ([], [])
    assert read.notes == [
        "Sheets that are not CRP's were not read: “My notes”.",
        "Sheet “Sectors” has hidden rows; they were read like the others.",
    ]


def test_what_is_counted_stands_at_the_end_of_a_chunk_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of the chunks, no row is missed and none counted twice."""
    content = archive(
        **{"xl__workbook.xml": b"<x/>", "xl__worksheets__s.xml": b'<row r="1"/><row><c r="A"/></row >' * 30}
    )
    for size in (1, 7, 64, 1_000):
        monkeypatch.setattr(archives, "CHUNK_BYTES", size)
        archives.check_workbook_file(content, archives.Limits(file_bytes=9_999, rows=60, filled_rows=1))
        with pytest.raises(FileRefused):
            archives.check_workbook_file(content, archives.Limits(file_bytes=9_999, rows=59, filled_rows=1))


def test_a_removed_row_is_no_mistake(revision: Revision) -> None:
    (edit,) = upload(changed(good(), lambda book: remove(book, "Outcomes", "outcome:2b")), revision).edits
    assert (edit.is_removed, edit.key, edit.before["code"]) == (True, "outcome:2b", "2b")
