"""Files of contributions as they come: CSV and workbooks, whole, cut, or something else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from crp.importing.ledger.blanks import blank_csv, blank_workbook
from crp.importing.ledger.columns import COLUMNS, MOST_BYTES
from crp.importing.ledger.reading import Entries, read_entries
from crp.importing.tables import FileRefused

HEAD = "plan,status,amount_usd,note"


def text(*lines: str, head: str = HEAD, end: str = "\n") -> bytes:
    return (end.join([head, *lines]) + end).encode()


def workbook(*rows: Any, head: str = HEAD, title: str = "Contributions", change: Callable | None = None) -> bytes:
    book = Workbook()
    book.active.title = title
    for row in [head.split(","), *rows]:
        book.active.append(row)
    if change:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(FileRefused) as refusal:
        read_entries(content)
    return str(refusal.value)


def cells(entries: Entries) -> list[tuple[int, list[str]]]:
    return [(line.number, list(line.cells.values())) for line in entries.lines]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_in_its_usual_forms(mark: bytes, delimiter: str, end: str) -> None:
    head = HEAD.replace(",", delimiter)
    content = mark + text(delimiter.join(["P-1", "paid", "5", "Réponse d’urgence"]), head=head, end=end)
    entries = read_entries(content)
    assert cells(entries) == [(2, ["P-1", "paid", "5", "Réponse d’urgence"])]
    assert (entries.problems, entries.notes) == ([], [])


def test_lines_are_those_that_an_editor_shows() -> None:
    entries = read_entries(text('P-1,paid,5,"Two', 'lines, one ""row"""', "", "P-2,paid,6,", ",,,"))
    assert cells(entries) == [(2, ["P-1", "paid", "5", 'Two\nlines, one "row"']), (5, ["P-2", "paid", "6", ""])]


def test_columns_in_any_order_and_capitals() -> None:
    (line,) = read_entries(text("5,P-1,paid", head=" Amount_USD ,PLAN,status")).lines
    assert line.cells == {"amount_usd": "5", "plan": "P-1", "status": "paid"}


def test_a_missing_line_end_is_told() -> None:
    entries = read_entries(text("P-1,paid,5,x").rstrip(b"\n"))
    assert (len(entries.lines), entries.notes) == (1, ["The last line has no line end: look that it is whole."])
    entries = read_entries(text("P-1,paid,5,").rstrip(b"\n"))
    assert (len(entries.lines), entries.notes) == (1, ["The last line has no line end: look that it is whole."])


def test_an_amount_that_may_be_cut_is_refused() -> None:
    whole = text("P-1,paid,1000.00", "P-1,paid,2000.00", head="plan,status,amount_usd")
    assert len(read_entries(whole).lines) == 2
    for lost in range(1, 5):  # “2000.00”, “2000.0”, “2000.”, “2000”
        assert refused(whole[:-lost]) == (
            f"Line 3, the last one, has no line end: “{'2000.00'[: 8 - lost]}” in column amount_usd may be cut. Look "
            "that it is whole and end the line, or upload a workbook (.xlsx)."
        )


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_file_cut_anywhere_is_refused_or_told(delimiter: str) -> None:
    """Cut after a line it is a shorter file, which nobody can tell; cut before an empty cell it may be whole."""
    lines = [delimiter.join(row) for row in (["P-1", "paid", "1000.00", "9"], ["P-2", "pledge", "30", "10"])]
    whole = text(*lines, head=delimiter.join(["plan", "status", "amount_usd", "external_id"]))
    unseen = []
    for length in range(len(whole)):
        cut = whole[:length].decode()
        if cut.count("\n") == 2 and cut.endswith("\n"):
            unseen.append(length)
        elif cut.count("\n") and cut.endswith(delimiter) and cut.rpartition("\n")[2].count(delimiter) == 3:
            assert read_entries(cut.encode()).notes
        else:
            assert refused(cut.encode())
    assert unseen == [len(whole) - len(lines[1]) - 1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "It is empty: its first row must name the columns."),
        (b"\n\n", "It is empty: its first row must name the columns."),
        (text(), "It has no row below its columns."),
        (text("P-1,paid,5,x", "P-2,pai").rstrip(b"\n"), "Line 3, the last one, does not have all its columns"),
        (text("P-1,paid,5,x", 'P-2,paid,5,"cut here').rstrip(b"\n"), "A quoted text that opens on line 3 is never cl"),
        (text("P-1,paid,5,Réponse").decode().encode("latin-1"), "Line 2 is not in UTF-8 (byte 0xE9): save the file as"),
        (text("P-1,paid,5,x").decode().encode("utf-16"), "Line 1 is not in UTF-8 (byte 0xFF)"),
        (text("P-1,paid,5,\0"), "Line 2 has a byte of value 0: no text in UTF-8."),
        (text("P-1\tpaid\t5", head="plan\tstatus\tamount_usd"), "Its columns are separated by tabs: commas or semic"),
        (text("P-1|paid|5", head="plan|status|amount_usd"), "Its columns are separated by bars"),
        (text("P-1;paid;5", "P-1;paid;6", head="plan,status,amount_usd"), "No line has the separator that the names"),
        (text("P-1,paid,5", head="plan;status;amount_usd"), "No line has the separator that the names of the columns"),
        (text("5,P-1", head="amount,plan"), "Its first row has columns that are not known: “amount”"),
        (text("5,P-1", head="amuont_usd,plan"), "Its first row has columns that are not known: “amuont_usd” (amount"),
        (text("a,b,c,d", head="plan,status,plan,amount_usd"), "Column plan stands there twice."),
        (text("P-1,5", head="plan,amount_usd"), "It lacks the columns: status."),
        (text("P-1,paid", head="plan,status"), "It lacks the columns: amount_usd."),
        (b"%PDF-1.7\n" + bytes(range(128, 200)), "Line 2 is not in UTF-8"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "It is an old workbook (.xls), or one with a password: save it as .xlsx."),
        (b"x" * (MOST_BYTES + 1), "It has 5,000,001 bytes: at most 5,000,000 are read at once."),
        (text(*["P-1,paid,5,"] * 5_001), "It has more than 5,000 rows: split it."),
        (b"PK\x03\x04 not a workbook", "It is no workbook that can be read"),
        (workbook(["P-1", "paid", 5, ""])[:-900], "It is no workbook that can be read"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_used_is_refused_in_words(content: bytes, told: str) -> None:
    assert refused(content).startswith(told)


def test_a_line_that_does_not_fit_is_named_and_the_rest_is_read() -> None:
    entries = read_entries(text("P-1,paid,5,x,and,more", "P-2,paid", "P-3,paid,5,x"))
    assert [(problem.line, problem.message) for problem in entries.problems] == [
        (2, "6 cells stand under 4 columns: a text with the separator in it needs quotes."),
        (3, "2 cells stand under 4 columns."),
    ]
    assert [line.number for line in entries.lines] == [4]


def test_5_000_rows_are_read() -> None:
    assert len(read_entries(text(*["P-1,paid,5,"] * 5_000)).lines) == 5_000


# Workbooks


def test_cells_of_a_workbook_are_read_as_they_are_shown() -> None:
    head = "plan,status,amount_usd,decision_on,in_kind,note"
    content = workbook(
        ["P-1", "paid", 1000.1 + 0.2, datetime.combine(date(2024, 3, 1), time.min), True, None],
        [None] * 6,
        ["P-2", "pledge", 5000, date(2024, 3, 2), False, "x"],
        ["P-3", "pledge", 1e11, "2024-03-03", None, 7],
        head=head,
    )
    assert cells(read_entries(content)) == [
        (2, ["P-1", "paid", "1000.3", "2024-03-01", "yes", ""]),
        (4, ["P-2", "pledge", "5000", "2024-03-02", "no", "x"]),
        (5, ["P-3", "pledge", "100000000000", "2024-03-03", "", "7"]),
    ]


def test_a_formula_without_a_result_is_refused() -> None:
    assert refused(workbook(["P-1", "paid", "=2*3", ""])) == (
        "Row 2 has a formula without a result: open the file, save it, and try again."
    )


def test_a_formula_that_fails_is_refused() -> None:
    assert refused(workbook(["P-1", "paid", "#REF!", ""])) == "Row 2 has a formula that fails: #REF!."


def test_the_sheet_of_the_template_is_the_one_that_is_read() -> None:
    def front(book: Workbook) -> None:
        book.create_sheet("Front", 0).append(["Read me"])

    assert len(read_entries(workbook(["P-1", "paid", 5, ""], change=front)).lines) == 1
    entries = read_entries(workbook(["P-1", "paid", 5, ""], title="Mine", change=lambda book: book.create_sheet("Two")))
    assert entries.notes == ["Only the first sheet is read, “Mine”."]


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 200_000_001)
    assert refused(packed.getvalue()) == "Unpacked it is far larger than a file of contributions can be."


def test_a_workbook_that_names_itself_again_and_again_is_refused() -> None:
    """A text that stands for ten of another, which stands for ten of another, and so on, fills any memory."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["P-1", "paid", 5, ""]))) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/workbook.xml":
                start = data.index(b"<workbook")
                data = data[:start] + bomb.encode() + data[start:]
            new.writestr(name, data)
    assert refused(content.getvalue()).startswith("It is no workbook that can be read")


# Templates


def test_the_templates_name_every_column_and_are_read_again() -> None:
    names = [column.name for column in COLUMNS]
    assert blank_csv().decode("utf-8-sig").strip().split(",") == names
    book = load_workbook(io.BytesIO(blank_workbook()))
    assert book.sheetnames == ["Contributions", "Columns"]
    assert [cell.value for cell in book["Contributions"][1]] == names
    assert [row[0].value for row in book["Columns"].iter_rows(min_row=2)] == names
    for blank in (blank_csv(), blank_workbook()):
        assert refused(blank) == "It has no row below its columns."


def test_a_filled_template_is_read() -> None:
    book = load_workbook(io.BytesIO(blank_workbook()))
    sheet = book["Contributions"]
    sheet["A2"], sheet["C2"], sheet["D2"] = "P-1", "paid", 12.5
    file = io.BytesIO()
    book.save(file)
    (line,) = read_entries(file.getvalue()).lines
    assert {name: cell for name, cell in line.cells.items() if cell} == {
        "plan": "P-1", "status": "paid", "amount_usd": "12.5",
    }  # fmt: skip
