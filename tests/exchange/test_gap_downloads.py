"""The list of the gap explorer as a file: what the screen shows, all pages of it, in every format the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.exchange import gap_download
from funding.selectors.gaps import GapExplorer
from plans.models import Country
from tests.conftest import MaliPlans
from tests.exchange.reading import body_of, csv_rows, fetch, json_of, ndjson_rows, sheet_rows, workbook
from tests.factories import make_country, make_plan, make_plans

pytestmark = [pytest.mark.django_db, pytest.mark.once]

QUERIES = (
    "",
    "ordering=title",
    "ordering=-requested_usd",
    "country=MLI",
    "reported=false",
    "year_min=2015&ordering=percent_funded",
    "columns=countries,people_targeted,cost_per_person_usd,pledged_usd&ordering=-people_targeted",
    "search=plan 1",
    "columns=document_on,funding_as_of&ordering=-document_on",
)


@pytest.fixture
def many(mali: MaliPlans) -> None:
    """Add so many plans that the screen has three pages, some of which report nothing or state nothing."""
    make_plans(40, sectors=0, projects=0, objectives=0)
    make_plans(13, sectors=0, projects=0, objectives=0, reports_funding=False, contributions=0)
    make_plan(requested_usd=None, title="=1+1", contributions=0, reports_funding=False)


def codes_on_screen(client: Client, query: str) -> Iterator[str]:
    """Yield the codes of the plans on every page of the screen, from its links, page by page."""
    number = 1
    while True:
        answer: Any = client.get(f"/gaps/?{query}&page={number}")
        assert answer.status_code == 200
        table = re.search(r'<table class="stack gap-list.*?</table>', answer.content.decode(), re.DOTALL)
        assert table is not None
        yield from re.findall(r'<th role="rowheader".*?href="/plans/([A-Z0-9-]+)/', table[0], re.DOTALL)
        if f"page={number + 1}" not in unescape(answer.content.decode()):
            return
        number += 1


@pytest.mark.parametrize("query", QUERIES)
def test_the_file_has_the_plans_of_every_page_in_their_order(client: Client, many: None, query: str) -> None:
    shown = list(codes_on_screen(client, query))
    assert [row["code"] for row in csv_rows(client, f"/gaps/download.csv?{query}")] == shown
    assert len(set(shown)) == len(shown) > 0


@pytest.mark.parametrize("query", QUERIES)
def test_each_format_says_the_same(client: Client, many: None, query: str) -> None:
    lines = csv_rows(client, f"/gaps/download.csv?{query}")
    objects = ndjson_rows(client, f"/gaps/download.ndjson?{query}")
    assert json_of(client, f"/gaps/download.json?{query}")["results"] == objects
    rows = sheet_rows(workbook(client, f"/gaps/download.xlsx?{query}")["Plans"])
    assert [list(line) for line in lines] == [list(row) for row in objects] == [list(row) for row in rows]
    for line, item, row in zip(lines, objects, rows, strict=True):
        for name, value in item.items():
            assert _as_csv(value) == line[name]
            if name.endswith("_usd"):
                assert row[name] == (None if value is None else float(value)), name
            elif value is None or isinstance(value, int | float):
                assert row[name] == value, name


def _as_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(value)
    return f"'{value}" if str(value).startswith("=") else str(value)


def test_the_figures_are_those_of_the_screen(client: Client, many: None) -> None:
    explorer = GapExplorer(QueryDict("ordering=-requested_usd"))
    rows = csv_rows(client, "/gaps/download.csv?ordering=-requested_usd")
    on_screen = [
        ["" if cell.value is None else str(cell.value) for cell in row.cells if cell.column.content == "money"]
        for row in explorer.rows
    ]
    assert [[row["requested_usd"], row["received_usd"], row["gap_usd"]] for row in rows[:25]] == on_screen
    asked = sum(Decimal(row["requested_usd"]) for row in rows if row["requested_usd"])
    given = sum(Decimal(row["received_usd"]) for row in rows if row["received_usd"])
    missing = sum(Decimal(row["gap_usd"]) for row in rows if row["gap_usd"])
    total = explorer.total
    assert (asked, given, missing) == (total.requested_usd, total.received_usd, total.gap_usd)
    figures = json_of(client, "/gaps/download.json")["meta"]["figures"]
    assert (figures["requested_usd"], figures["plans"]) == (str(asked), len(rows))


def test_unknown_is_empty_and_never_0(client: Client, mali: MaliPlans) -> None:
    query = "country=MLI&ordering=-start_year"
    asked, silent, closed = csv_rows(client, f"/gaps/download.csv?{query}")
    names = ("requested_usd", "received_usd", "gap_usd", "percent_funded", "funding_reported")
    assert [asked[name] for name in names] == ["32353500.00", "", "", "", "false"]
    assert [silent[name] for name in names] == ["", "", "", "", "false"]
    assert [closed[name] for name in names] == ["37360000.00", "112550.00", "37247450.00", "0.3", "true"]
    rows = sheet_rows(workbook(client, f"/gaps/download.xlsx?{query}")["Plans"])
    assert [[row[name] for name in names] for row in rows] == [
        [32353500, None, None, None, False],
        [None, None, None, None, False],
        [37360000, 112550, 37247450, 0.3, True],
    ]
    first = json_of(client, f"/gaps/download.json?{query}")["results"][0]
    assert [first[name] for name in names] == ["32353500.00", None, None, None, False]


def test_columns_are_those_chosen(client: Client, mali: MaliPlans) -> None:
    (row,) = csv_rows(client, "/gaps/download.csv?plan=MLI-CRP-2025-2026&columns=people_targeted,cost_per_person_usd")
    assert row == {
        "code": "MLI-CRP-2025-2026",
        "title": "Mali Crisis Response Plan 2025 - 2026",
        "kind": "crp",
        "countries": "MLI",
        "people_targeted": "273000",
        "cost_per_person_usd": "118.51",  # 32,353,500 / 273,000
        "funding_reported": "false",
    }


def test_what_is_asked_for_in_the_sectors_chosen(client: Client, mali: MaliPlans) -> None:
    rows = csv_rows(client, "/gaps/download.csv?global_cluster=HEA&country=MLI&ordering=-start_year")
    assert [(row["code"], row["requested_in_sectors_usd"]) for row in rows] == [
        ("MLI-CRP-2025-2026", "2500000.00"),
        ("MLI-COMPENDIUM-2017", "1000000.00"),
    ]


def test_groups_add_to_the_total(client: Client, many: None) -> None:
    rows = csv_rows(client, "/gaps/download.csv?group=year")
    assert list(rows[0])[:5] == ["group", "code", "name", "residual", "plans"]
    shown = [line.key.name for line in GapExplorer(QueryDict("group=year")).groups.lines]  # type: ignore[union-attr]
    assert [row["name"] for row in rows] == shown
    plans = csv_rows(client, "/gaps/download.csv")
    for name in ("requested_usd", "received_usd"):
        sums = [sum(Decimal(row[name]) for row in table if row[name]) for table in (rows, plans)]
        assert sums[0] == sums[1] > 0
    book = workbook(client, "/gaps/download.xlsx?group=year")
    assert len(sheet_rows(book.worksheets[1])) == len(rows)
    assert len(sheet_rows(book["Plans"])) == len(plans)


def test_what_a_spreadsheet_would_run_is_a_text(client: Client, many: None) -> None:
    (row,) = csv_rows(client, "/gaps/download.csv?search==1%2B1")
    assert row["title"] == "'=1+1"
    sheet = workbook(client, "/gaps/download.xlsx?search==1%2B1")["Plans"]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")


def test_the_first_sheet_says_what_it_is(client: Client, mali: MaliPlans) -> None:
    book = workbook(client, "/gaps/download.xlsx?country=MLI&reported=true&as_of=2026-01-31&ordering=title")
    facts = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True) if row[0]}
    assert facts["Filter"] == "Country: Mali; Funding reported: Reported; Order: Plan, A to Z"
    assert facts["As of"] == "31 January 2026"
    assert facts["The same on the screen"].endswith("/gaps/?country=MLI&reported=true&ordering=title&as_of=2026-01-31")
    assert (facts["Plans"], facts["Requested"], facts["Gap"]) == (1, 37360000, 37247450)
    assert facts["Empty cells"] == "Not reported, which is not 0."
    assert facts["gap_usd"].startswith("Requested less received, never below 0.")
    assert "under the terms of their publishers" in facts["Terms of use"]


def test_meta_says_the_same_to_programs(client: Client, mali: MaliPlans) -> None:
    meta = json_of(client, "/gaps/download.json?country=MLI&as_of=2026-01-31&page=1")["meta"]
    assert meta["filter"] == {"country": ["MLI"]}
    assert meta["filter_in_words"] == ["Country: Mali", "Order: Gap, largest first"]
    assert (meta["as_of"], meta["unit"], meta["language"]) == ("2026-01-31", "USD", "en")
    assert meta["definitions"]["received_usd"].startswith("Commitments and payments")
    assert meta["address"] == "http://testserver/gaps/?country=MLI&as_of=2026-01-31"


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "ndjson"])
def test_the_name_says_what_and_of_which_day(client: Client, mali: MaliPlans, form: str) -> None:
    answer: Any = client.get(f"/gaps/download.{form}?as_of=2026-01-31")
    body_of(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="crp-gaps-2026-01-31.{form}"'
    assert answer["X-Robots-Tag"] == "noindex"


def test_an_empty_list_is_a_header(client: Client, mali: MaliPlans) -> None:
    assert fetch(client, "/gaps/download.csv?search=nothing-at-all").count(b"\n") == 1
    assert fetch(client, "/gaps/download.ndjson?search=nothing-at-all") == b""
    assert json_of(client, "/gaps/download.json?search=nothing-at-all")["results"] == []
    assert sheet_rows(workbook(client, "/gaps/download.xlsx?search=nothing-at-all")["Plans"]) == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("contry=MLI", "contry"),
        ("page=-1", "page"),
        ("page=99", "page"),
        ("ordering=nothing", "ordering"),
        ("columns=nothing", "columns"),
        ("group=nothing", "group"),
        ("year_min=99999999", "year_min"),
        ("gap_min=<script>alert(1)</script>", "gap_min"),
        ("country=" + "X" * 10_000, "country"),
    ],
)
@pytest.mark.parametrize("path", ["/gaps/download.xlsx", "/gaps/brief.pdf"])
def test_an_address_that_makes_no_sense_is_told(
    client: Client, mali: MaliPlans, path: str, query: str, name: str
) -> None:
    answer: Any = client.get(f"{path}?{query}")
    text = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="problem-{name}"' in text
    assert "<script>alert" not in text
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/gaps/download.pdf", "/gaps/download.", "/gaps/download.CSV", "/plans/X/brief.doc"])
def test_there_are_no_other_formats(client: Client, mali: MaliPlans, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_day_that_is_none_is_told(client: Client, mali: MaliPlans) -> None:
    assert client.get("/gaps/download.csv?as_of=tomorrow").status_code == 400
    assert client.get("/gaps/brief.pdf?as_of=2999-01-01").status_code == 400


def test_nothing_is_written_to(client: Client, mali: MaliPlans) -> None:
    assert client.post("/gaps/download.csv").status_code == 405


def test_queries_do_not_grow_with_the_rows(client: Client, mali: MaliPlans) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            fetch(client, path)
        return len(found)

    paths = ("/gaps/download.csv", "/gaps/download.xlsx?group=country", "/gaps/brief.pdf")
    few = [queries(path) for path in paths]
    countries: list[Country] = [make_country() for _ in range(3)]
    make_plans(30, countries=countries, sectors=0, projects=0, objectives=0)
    assert [queries(path) for path in paths] == few


def test_plans_are_read_some_at_a_time(client: Client, many: None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fetch(client, "/gaps/download.csv?global_cluster=HEA"), fetch(client, "/gaps/download.csv")
    monkeypatch.setattr(gap_download, "PLANS_AT_ONCE", 1)
    assert fetch(client, "/gaps/download.csv?global_cluster=HEA") == whole[0]
    monkeypatch.setattr(gap_download, "PLANS_AT_ONCE", 7)
    assert fetch(client, "/gaps/download.csv") == whole[1]
