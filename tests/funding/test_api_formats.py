"""The same rows in every format: types of Parquet, hashtags, the mark for Excel, names of files, packing."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import brotli
import openpyxl
import pyarrow.parquet
import pytest
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.test import RequestFactory

from crp.common import packing, parquet
from crp.common.api import hxl
from crp.common.api.renderers import ndjson_lines
from crp.common.api.tables import file_name
from crp.common.columns import Column, Kind
from crp.common.packing import PackingMiddleware, takes_brotli
from funding.models import Organization
from tests.api import LISTS, ask, every, get, problem, rows, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_reported_funding
from tests.shared import shared_path

PARQUET = "application/vnd.apache.parquet"
TABLES = (
    "rollups/?by=framework",
    "plans/MLI-CRP-2025-2026/rollup/?by=objective",
    "organizations/iom/rollup/?by=year",
    "plans/MLI-CRP-2025-2026/checks/?",
    "plans/MLI-CRP-2025-2026/revisions/?",
)


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def table_of(address: str) -> Any:
    """Return an answer in Parquet as an Arrow table."""
    answer: Any = ask(f"{address}format=parquet")
    assert answer.status_code == 200
    assert answer["Content-Type"] == PARQUET
    return pyarrow.parquet.read_table(io.BytesIO(body_of(answer)))


def as_json(value: Any) -> Any:
    """Return a value of an Arrow table as the JSON of the API has it, said once more in a test's own words."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.once
@pytest.mark.parametrize("name", LISTS)
def test_parquet_has_the_rows_of_the_list(mali: MaliPlans, name: str) -> None:
    make_contribution(
        plan=mali.compendium_2017,
        amount_usd="-3.50",
        original_amount="-2295.85",
        original_currency="XOF",
        exchange_rate="655.95700000",
    )
    make_reported_funding(plan=mali.compendium_2017)
    entries = list(every(f"{name}/?limit=200"))
    table = table_of(f"{name}/?")
    assert table.column_names == list(entries[0])
    assert [{column: as_json(value) for column, value in row.items()} for row in table.to_pylist()] == entries


def test_parquet_has_types(mali: MaliPlans) -> None:
    make_contribution(plan=mali.compendium_2017, amount_usd="0.10")
    types = {field.name: str(field.type) for field in table_of("plans/?").schema}
    assert types["requested_usd"] == "decimal128(15, 2)"
    assert (types["percent_funded"], types["start_year"], types["funding_reported"]) == ("double", "int64", "bool")
    assert (types["document_on"], types["published_at"]) == ("date32[day]", "timestamp[us, tz=UTC]")
    assert types["countries"] == "list<element: string>"
    schema = table_of("contributions/?").schema
    assert str(schema.field("exchange_rate").type) == "decimal128(18, 8)"
    assert b"negative for a correction" in schema.field("amount_usd").metadata[b"description"]
    assert schema.metadata[b"address"].endswith(b"/api/v1/contributions/?format=parquet")


def test_parquet_is_written_a_group_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 2)
    read: list[int] = []
    rows = (read.append(number) or {"number": number} for number in range(5))
    chunks = parquet.parquet_chunks([Column(name="number", kind=Kind.WHOLE)], rows, {})
    first = next(chunks)
    assert (first[:4], read) == (b"PAR1", [0, 1])
    table = pyarrow.parquet.ParquetFile(io.BytesIO(first + b"".join(chunks)))
    assert table.num_row_groups == 3
    assert table.read().to_pydict() == {"number": [0, 1, 2, 3, 4]}


def test_a_table_without_rows_is_a_table(mali: MaliPlans) -> None:
    table = table_of("plans/?country=BFA&")
    assert (table.num_rows, table.column_names[0]) == (0, "code")


def test_a_server_without_parquet_says_so(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "is_installed", lambda: False)
    assert problem("plans/?format=parquet") == {
        "format": ["This server has no Parquet: pyarrow is not installed on it."]
    }
    refused = get("plans/", 406, accept=PARQUET)
    assert refused["code"] == "not_acceptable"
    assert refused["detail"].endswith("text/csv, application/x-ndjson, "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet. "
        "This server has no Parquet: pyarrow is not installed on it.")  # fmt: skip
    # Who takes something else too gets that.
    assert ask("plans/", accept=f"{PARQUET}, text/csv;q=0.5")["Content-Type"].startswith("text/csv")


@pytest.mark.once
@pytest.mark.parametrize("address", TABLES)
def test_rollups_and_checks_are_tables_in_every_format(mali: MaliPlans, address: str) -> None:
    make_contribution(plan=mali.compendium_2017, donor=Organization.objects.get(code="iom"))
    expected = rows(f"{address}&format=csv")
    columns = list(expected[0])
    lines = [json.loads(line) for line in text_of(ask(f"{address}&format=ndjson")).splitlines()]
    assert [list(line) for line in lines] == [columns] * len(expected)
    assert [["" if value is None else str(value) for value in line.values()] for line in lines] == [
        [value.capitalize() if value in {"true", "false"} else value for value in row.values()] for row in expected
    ]
    table = table_of(f"{address}&")
    assert (table.column_names, table.num_rows) == (columns, len(expected))
    assert [{name: as_json(value) for name, value in row.items()} for row in table.to_pylist()] == lines
    book = openpyxl.load_workbook(io.BytesIO(body_of(ask(f"{address}&format=xlsx"))))
    sheet = list(book[book.sheetnames[1]].iter_rows(values_only=True))
    assert (list(sheet[0]), len(sheet) - 1) == (columns, len(expected))


@pytest.mark.once
def test_money_of_a_workbook_is_a_number(mali: MaliPlans) -> None:
    answer = ask("plans/MLI-COMPENDIUM-2017/rollup/?by=framework&format=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(body_of(answer)))
    head, *lines = book["Rollup"].iter_rows(values_only=True)
    found = {line[0]: (line[head.index("requested_usd")], line[head.index("received_usd")]) for line in lines}
    assert found == {"HRP": (12_360_000, 112_550), "MCOF": (25_000_000, 0)}


# Hashtags


@pytest.mark.once
def test_the_hashtags_stand_below_the_header(mali: MaliPlans) -> None:
    lines = text_of(ask("plans/?format=csv&hxl=1&kind=compendium")).split("\r\n")
    assert lines[0].startswith("code,kind,title,countries,start_year,end_year,revision,")
    assert lines[1].startswith(
        "#activity+appeal+id+external,#activity+appeal+type+code,#activity+appeal+name,#country+code+v_iso3,"
    )
    assert lines[2].startswith("MLI-COMPENDIUM-2017,")
    tags = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert tags["requested_usd"] == "#value+funding+required+usd"
    assert tags["received_usd"] == "#value+funding+total+usd"
    assert tags["percent_funded"] == "#value+funding+pct"
    assert tags["revision"] == ""


@pytest.mark.once
def test_the_hashtags_of_a_workbook_are_texts_above_numbers(mali: MaliPlans) -> None:
    answer = ask("rollups/?by=country&format=xlsx&hxl=1")
    sheet = openpyxl.load_workbook(io.BytesIO(body_of(answer)))["Rollup"]
    head, tags, first = list(sheet.iter_rows(values_only=True))[:3]
    found = dict(zip(head, zip(tags, first, strict=True), strict=True))
    assert found["country"] == ("#country+code+v_iso3", "MLI")
    assert found["requested_usd"] == ("#value+funding+required+usd", 69_713_500)
    assert found["plans_reporting"][0] is None
    assert sheet.freeze_panes == "B3"


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("plans/?hxl=1", "hxl"),
        ("plans/?hxl=1&format=ndjson", "hxl"),
        ("rollups/?by=year&hxl=1&format=parquet", "hxl"),
        ("plans/?hxl=yes&format=csv", "hxl"),
        ("plans/?hxl=&format=csv", "hxl"),
        ("plans/?hxl=1&hxl=1&format=csv", "hxl"),
        ("plans/?bom=1", "bom"),
        ("plans/?bom=1&format=xlsx", "bom"),
        ("plans/?bom=%00&format=csv", "bom"),
        (f"plans/?hxl={'x' * 10_000}&format=csv", "hxl"),
        ("plans/MLI-CRP-2021/?hxl=1", "hxl"),
    ],
)
def test_what_a_table_can_not_be_asked_for_is_named(mali: MaliPlans, address: str, name: str) -> None:
    assert set(problem(address)) == {name}


def test_no_is_the_same_as_not_given(mali: MaliPlans) -> None:
    assert get("plans/?hxl=0&bom=0") == get("plans/")


def tags() -> set[str]:
    return {tag for table in (hxl.TAGS, *hxl.OF_TABLE.values()) for tag in table.values() if tag}


def test_hashtags_are_of_the_standard() -> None:
    known = json.loads(shared_path("standards/hxl/hxl-knowledge-base.json").read_text())
    options = [option for part in known.values() for option in part.get("options", ())]
    hashtags = {option["hashtag"] for option in options if "hashtag" in option}
    attributes = {name for option in options for name in [option.get("attribute"), *option.get("attributes", ())]}
    of_ocha = {"appeal", "external", "required", "total", "usd", "year"}
    for tag in tags():
        name, *parts = tag.removeprefix("#").split("+")
        assert name in hashtags, tag
        assert set(parts) <= attributes | of_ocha | {"pledged", "gap"}, tag


def test_hashtags_are_well_formed() -> None:
    assert all(re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", tag) for tag in tags())


# The mark for Excel


@pytest.mark.once
def test_a_csv_begins_with_a_mark_where_it_is_asked_for(mali: MaliPlans) -> None:
    plain, marked = body_of(ask("plans/?format=csv")), body_of(ask("plans/?format=csv&bom=1"))
    assert not plain.startswith(b"\xef\xbb\xbf")
    assert marked == b"\xef\xbb\xbf" + plain
    checks = body_of(ask("plans/MLI-CRP-2021/checks/?format=csv&bom=1&hxl=1"))
    assert next(csv.reader(io.StringIO(checks.decode("utf-8-sig"))))[0] == "plan"


# Names of files

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("what", "query", "name"),
    [
        ("contributions", "country=MLI&format=csv", "crp-contributions-country-MLI-2026-11-23"),
        (
            "plans",
            "country=MLI,BFA&year_min=2020&ordering=-gap_usd&hxl=1&fields=code",
            "crp-plans-country-MLI-BFA-year_min-2020-2026-11-23",
        ),
        ("plans", "country=A&country=B,C,D,E,F", "crp-plans-country-A-B-C-D-and-2-more-2026-11-23"),
        ("plans", "limit=10&offset=20", "crp-plans-part-2026-11-23"),
        ("plans", "as_of=2025-12-31&format=csv", "crp-plans-2026-11-23"),
        ("sectors", "sector=IOM-2025/WASH", "crp-sectors-sector-IOM-2025-WASH-2026-11-23"),
        (
            "plans",
            'search=%2e%2e/%2e%2e/etc/passwd%0d%0aX: y"; filename="z',
            "crp-plans-search-etc-passwd-X-y-filename-z-2026-11-23",
        ),
        ("plans", "search=أزمة", "crp-plans-search-2026-11-23"),
        ("plans", "search=" + "x" * 10_000, "crp-plans-and-more-2026-11-23"),
    ],
)  # fmt: skip
def test_a_name_says_what_the_file_holds(what: str, query: str, name: str) -> None:
    assert file_name(what, QueryDict(query), DAY) == name
    assert len(name) <= 120


@pytest.mark.once
def test_a_download_has_that_name(mali: MaliPlans) -> None:
    answer = ask("contributions/?country=MLI&year=2017&as_of=2020-01-31&format=ndjson")
    expected = 'attachment; filename="crp-contributions-country-MLI-year-2017-2020-01-31.ndjson"'
    assert answer["Content-Disposition"] == expected


@pytest.mark.once
def test_a_line_of_ndjson_is_one_to_every_reader() -> None:
    """Python's splitlines(), which httpx and requests read lines by, ends one at eleven signs."""
    rows = [{"note": f"a{chr(number)}b"} for number in (*range(0x100), *range(0x2000, 0x2070), 0xFEFF)]
    written = b"".join(ndjson_lines(rows)).decode()
    assert [json.loads(line) for line in written.splitlines()] == rows
    assert written.count("\n") == len(rows)


# Packing


def packed(response: Any, accepted: str, path: str = "/api/v1/plans/") -> Any:
    request = RequestFactory().get(path, headers={"accept-encoding": accepted})
    return PackingMiddleware(lambda _request: response)(request)


LONG = json.dumps([{"code": f"MLI-{number}", "requested_usd": None} for number in range(500)]).encode()


def an_answer(content_type: str = "application/json", **headers: str) -> HttpResponse:
    return HttpResponse(LONG, content_type=content_type, headers={"ETag": '"one"', **headers})


@pytest.mark.once
def test_an_answer_is_packed_as_the_client_takes_it() -> None:
    by_brotli = packed(an_answer(), "gzip, deflate, br, zstd")
    assert (by_brotli["Content-Encoding"], by_brotli["ETag"]) == ("br", 'W/"one"')
    assert brotli.decompress(by_brotli.content) == LONG
    assert by_brotli["Content-Length"] == str(len(by_brotli.content))
    assert by_brotli["Vary"] == "Accept-Encoding"
    by_gzip = packed(an_answer(), "gzip;q=1.0, br;q=0")
    assert by_gzip["Content-Encoding"] == "gzip"
    assert gzip.decompress(by_gzip.content) == LONG
    assert "Content-Encoding" not in packed(an_answer(), "identity")
    for path in ("/iati/activities.xml", "/exchange/fts/fts_incoming_funding_mli.csv"):
        assert packed(an_answer("application/xml"), "gzip, br", path)["Content-Encoding"] == "br"
    assert packed(an_answer(), "br", "/plans/").get("Content-Encoding") is None  # a page is packed with gzip alone
    assert packed(an_answer(), "gzip, br", "/plans/")["Content-Encoding"] == "gzip"


@pytest.mark.once
@pytest.mark.parametrize(
    "response",
    [
        an_answer("application/zip"),
        an_answer(parquet.PARQUET_TYPE),
        an_answer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        an_answer(**{"Cache-Control": "public, no-transform"}),
    ],
)
def test_what_is_packed_or_must_stay_is_left_alone(response: HttpResponse) -> None:
    for accepted in ("br", "gzip"):
        answer = packed(response, accepted)
        assert (answer.content, answer["ETag"]) == (LONG, '"one"')
        assert "Content-Encoding" not in answer


@pytest.mark.once
def test_a_304_says_that_the_answer_depends_on_how_it_is_packed() -> None:
    """A cache takes over its headers: without that it would give packed bytes to who can't read them."""
    unchanged = HttpResponse(status=304, headers={"ETag": '"one"', "Vary": "Accept"})
    for accepted in ("identity", "gzip", "br"):
        assert packed(unchanged, accepted)["Vary"] == "Accept, Accept-Encoding"
    of_a_file = HttpResponse(status=304, headers={"Vary": "Accept", "Cache-Control": "immutable, no-transform"})
    assert packed(of_a_file, "gzip")["Vary"] == "Accept"


@pytest.mark.once
def test_a_stream_is_packed_while_it_is_read() -> None:
    read: list[int] = []

    def parts() -> Any:
        for number in range(400):
            read.append(number)
            yield str(number).encode() * 2_000

    answer = packed(StreamingHttpResponse(parts(), content_type="text/csv; charset=utf-8"), "br")
    stream = iter(answer.streaming_content)
    first = next(stream)
    assert 0 < len(read) < 400
    assert brotli.decompress(first + b"".join(stream)) == b"".join(
        str(number).encode() * 2_000 for number in range(400)
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("br", True), ("gzip, br", True), ("gzip,br;q=0.5", True), ("BR", True), ("br;q=0", False),
        ("br; q=0.000", False), ("", False), ("gzip", False), ("brotli", False), ("x-br", False), ("*", False),
    ],
)  # fmt: skip
def test_who_takes_brotli(header: str, takes: bool) -> None:
    assert takes_brotli(header) is takes


def test_small_answers_stay_as_they_are() -> None:
    assert len(b'{"count":0}') < packing.SMALLEST
    answer = packed(HttpResponse(b'{"count":0}', content_type="application/json"), "br")
    assert answer.content == b'{"count":0}'
