"""Lists as CSV: the columns and rows of the JSON, streamed, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse

from crp.common.api.renderers import cell, csv_lines, stream_csv
from crp.common.api.views import CSV_CHUNK, ListViewSet
from tests.api import LISTS, ask, count_queries, every, get, rows, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plan, make_plans, make_reported_funding


def as_text(value: Any) -> str:
    """Return what a value of the JSON is in a cell, said once more in a test's own words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("name", LISTS)
def test_a_table_has_the_columns_and_rows_of_the_list(mali: MaliPlans, name: str) -> None:
    make_contribution(plan=mali.compendium_2017, amount_usd="-3.50", donor=make_organization(name='Ça, "là"\net ici'))
    make_reported_funding(plan=mali.compendium_2017)
    entries = list(every(f"{name}/?limit=40"))
    table = rows(f"{name}/?format=csv")
    assert list(table[0]) == list(entries[0])
    assert table == [{column: as_text(value) for column, value in entry.items()} for entry in entries]


@pytest.mark.parametrize(
    "query", ["country=MLI&ordering=-requested_usd", "kind=crp", "search=2021", "limit=1&offset=1", "limit=2"]
)
def test_a_table_takes_the_parameters_of_the_list(mali: MaliPlans, query: str) -> None:
    expected = [entry["code"] for entry in get(f"plans/?{query}")["results"]]
    assert [row["code"] for row in rows(f"plans/?{query}&format=csv")] == expected


def test_a_table_without_rows_has_its_header(mali: MaliPlans) -> None:
    body = text_of(ask("plans/?country=BFA&format=csv"))
    assert body.startswith("code,kind,title,countries,")
    assert body.count("\r\n") == 1


def test_a_header_can_ask_for_it(mali: MaliPlans) -> None:
    assert ask("plans/", accept="text/csv")["Content-Type"] == "text/csv; charset=utf-8"
    assert ask("plans/", accept="text/csv;q=0.5, application/json;q=0.9")["Content-Type"] == "application/json"
    # An address that is passed on gives everybody the same, whatever their program prefers.
    assert ask("plans/?format=csv", accept="application/json")["Content-Type"] == "text/csv; charset=utf-8"
    assert ask("plans/?format=json", accept="text/html")["Content-Type"] == "application/json"


def test_a_table_is_all_of_the_list_unless_a_page_is_asked_for(empty_database: None) -> None:
    make_plans(51, objectives=0, sectors=0, projects=0, contributions=0)
    assert len(rows("plans/?format=csv")) == 51
    assert len(rows("plans/?format=csv&limit=10")) == 10
    assert len(rows("plans/?format=csv&offset=45")) == 6


def test_letters_of_every_script_arrive(mali: MaliPlans) -> None:
    make_plan(code="LETTERS", title="Réponse — أزمة 危机; “x”")
    body = b"".join(ask("plans/?search=LETTERS&format=csv").streaming_content)  # type: ignore[attr-defined]
    assert "Réponse — أزمة 危机; “x”" in body.decode("utf-8")
    assert not body.startswith(b"\xef\xbb\xbf")


def test_a_table_is_written_while_it_is_read(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(self: ListViewSet, found: Any) -> Iterator[dict[str, Any]]:
        serializer = self.get_serializer()
        for number, row in enumerate(found.iterator(chunk_size=CSV_CHUNK)):
            read.append(number)
            yield serializer.to_representation(row)

    monkeypatch.setattr(ListViewSet, "_rows", counted)
    monkeypatch.setattr("crp.common.api.renderers.ROWS_AT_ONCE", 1)
    response = ask("countries/?format=csv")
    assert isinstance(response, StreamingHttpResponse)
    assert "Content-Length" not in response
    stream = iter(response.streaming_content)
    assert read == []
    next(stream)  # the header
    next(stream)
    assert read == [0]
    next(stream)
    assert read == [0, 1]
    assert len(list(stream)) == 247


def test_a_longer_table_takes_a_query_more_a_chunk(empty_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefetched lists cost one query a chunk; nothing grows with the rows of a chunk."""
    for _ in range(6):
        make_organization()
    assert count_queries("organizations/?format=csv") == 3  # the stamp of its ETag, rows, identifiers
    monkeypatch.setattr("crp.common.api.views.CSV_CHUNK", 2)
    assert count_queries("organizations/?format=csv") == 2 + 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        ("", ""),
        (0, 0),
        ("0.00", "0.00"),
        (0.91, 0.91),
        (["MLI", "BFA"], "MLI;BFA"),
        ([], ""),
        (["=1+1", "b"], "'=1+1;b"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\N{FULLWIDTH EQUALS SIGN}1+1", "'\N{FULLWIDTH EQUALS SIGN}1+1"),
        ("-5", "-5"),
        ("-1250000.50", "-1250000.50"),
        ("+7", "+7"),
        ("-5\n", "'-5\n"),
        ("-", "'-"),
        ("Mali - 2017", "Mali - 2017"),
        (" =1", " =1"),
    ],
)
def test_a_cell(value: Any, expected: Any) -> None:
    assert cell(value) == expected


def test_a_title_that_is_a_formula_is_harmless(mali: MaliPlans) -> None:
    make_plan(code="FORMULA", title="=2+5+cmd|' /C calc'!A0")
    assert [row["title"] for row in rows("plans/?plan=FORMULA&format=csv")] == ["'=2+5+cmd|' /C calc'!A0"]
    assert get("plans/?plan=FORMULA")["results"][0]["title"] == "=2+5+cmd|' /C calc'!A0"


def test_lines_are_quoted_where_needed() -> None:
    lines = list(csv_lines(["a", "b"], [{"a": "x,y", "b": 'say "no"\r\nnow'}]))
    assert lines[0] == "a,b\r\n"
    assert list(csv.reader(io.StringIO("".join(lines), newline=""))) == [["a", "b"], ["x,y", 'say "no"\r\nnow']]


def test_a_download_is_a_file() -> None:
    response = stream_csv(["a"], [{"a": 1}], "name")
    assert response["Content-Disposition"] == 'attachment; filename="name.csv"'
    assert text_of(response) == "a\r\n1\r\n"
