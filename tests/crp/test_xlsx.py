"""Workbooks written row by row: every value as what it is, nothing run, nothing cut off in silence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from crp.common import xlsx
from crp.common.xlsx import Cover, Sheet, kind_of, workbook_answer, write_workbook


def made(*sheets: Sheet, cover: Cover | None = None) -> Any:
    target = io.BytesIO()
    write_workbook(target, sheets, cover)
    return openpyxl.load_workbook(target)


def cells(*values: Any, column: str = "value") -> list[Any]:
    rows = [{column: value, "end": "."} for value in values]  # a row of nothing would not be there
    book = made(Sheet(title="Table", columns=[column, "end"], rows=rows))
    return [row[0] for row in book["Table"].iter_rows(min_row=2)]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "http://x.org"])
def test_a_text_stays_a_text(text: str) -> None:
    (cell,) = cells(text)
    assert (cell.data_type, cell.value.strip(), cell.hyperlink) == ("s", text.strip(), None)


def test_numbers_are_numbers_and_unknown_is_empty() -> None:
    whole, cents, below, zero, unknown = cells(
        Decimal("12345678901234.56"), "112550.00", Decimal("-5.10"), Decimal("0.00"), None, column="amount_usd"
    )
    assert [cell.value for cell in (whole, cents, below, zero)] == [12345678901234.56, 112550, -5.1, 0]
    assert {cell.number_format for cell in (whole, cents, below, zero)} == {"#,##0.00"}
    assert unknown.value is None


def test_days_are_days_and_times_are_in_utc() -> None:
    day, written = cells(date(2025, 4, 17), "2025-04-17", column="document_on")
    assert day.value == written.value == datetime(2025, 4, 17)  # noqa: DTZ001
    assert day.number_format == "yyyy-mm-dd"
    (at,) = cells(datetime(2025, 4, 17, 12, 30, tzinfo=UTC), column="published_at")
    assert at.value == datetime(2025, 4, 17, 12, 30)  # noqa: DTZ001


def test_years_have_no_comma_flags_are_flags_and_lists_are_joined() -> None:
    year, many, yes, codes, none = cells(2025, 273_000, True, ["MLI", "NER"], [])
    assert (year.value, year.number_format) == (2025, "General")
    assert (many.value, many.number_format) == (273_000, "#,##0")
    assert (yes.value, codes.value, none.value) == (True, "MLI;NER", None)


def test_a_text_too_long_for_a_cell_says_so() -> None:
    (cell,) = cells("x" * 40_000)
    assert len(cell.value) == 32_767
    assert cell.value.endswith("…")


def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    book = made(Sheet(title="Rows", columns=["number"], rows=({"number": number} for number in range(7))))
    found = {sheet.title: [cell.value for cell in sheet["A"]] for sheet in book}
    assert found == {
        "Rows": ["number", 0, 1, 2],
        "Rows (2)": ["number", 3, 4, 5],
        "Rows (3)": ["number", 6],
    }


def test_names_of_sheets_are_such_as_excel_takes() -> None:
    long = "A name that is far too long for a sheet [2025/2026]"
    book = made(*(Sheet(title=title, columns=["a"], rows=[]) for title in (long, long, "A:B", "")))
    assert book.sheetnames == ["A name that is far too long for", "A name that is far too lon (2)", "A B", "Sheet"]


def test_the_cover_comes_first() -> None:
    cover = Cover(
        title="About",
        heading="Plans",
        facts=[("Filter", "=cmd"), ("Requested", Decimal("1.50")), ("Plans", 3)],
        columns_title="Column",
        columns=[("gap_usd", "What is missing")],
    )
    book = made(Sheet(title="Plans", columns=["code"], rows=[{"code": "A"}]), cover=cover)
    assert book.sheetnames == ["About", "Plans"]
    values = [row for row in book["About"].iter_rows(values_only=True) if any(row)]
    assert values == [
        ("Plans", None),
        ("Filter", "=cmd"),
        ("Requested", 1.5),
        ("Plans", 3),
        ("Column", None),
        ("gap_usd", "What is missing"),
    ]
    assert book["About"]["B3"].data_type == "s"


def test_rows_are_not_kept_in_memory() -> None:
    alive: set[int] = set()

    class Row(dict[str, Any]):
        def __init__(self, number: int) -> None:
            super().__init__(number=number)
            alive.add(number)

        def __del__(self) -> None:
            alive.discard(self["number"])

    most = 0

    def rows() -> Iterator[Row]:
        nonlocal most
        for number in range(2_000):
            yield Row(number)
            most = max(most, len(alive))

    answer = workbook_answer("many", [Sheet(title="Rows", columns=["number"], rows=rows())])
    assert most <= 2
    assert answer["Content-Disposition"] == 'attachment; filename="many.xlsx"'
    assert openpyxl.load_workbook(io.BytesIO(answer.content))["Rows"].max_row == 2_001


def test_a_large_workbook_is_sent_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "IN_MEMORY", 1_000)
    sheet = Sheet(title="Rows", columns=["number"], rows=[{"number": number} for number in range(100)])
    answer: Any = workbook_answer("large", [sheet])
    assert answer.streaming
    body = b"".join(answer.streaming_content)
    answer.file_to_stream.close()
    assert len(body) == int(answer["Content-Length"])
    assert openpyxl.load_workbook(io.BytesIO(body))["Rows"].max_row == 101


def test_rows_that_fail_leave_no_file_behind() -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"number": 1}
        raise LookupError

    with pytest.raises(LookupError):
        workbook_answer("broken", [Sheet(title="Rows", columns=["number"], rows=rows())])


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("gap_usd", "usd"),
        ("original_amount", "usd"),
        ("exchange_rate", "rate"),
        ("percent_funded", "percent"),
        ("share_percent", "percent"),
        ("document_on", "day"),
        ("published_at", "time"),
        ("title", "text"),
    ],
)
def test_the_name_of_a_column_says_how_it_is_written(column: str, kind: str) -> None:
    assert kind_of(column) == kind
