"""The gap explorer: its columns and their order, its views, what it says, and what it refuses."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils.translation import override

from funding.selectors.gap_columns import COLUMNS
from funding.selectors.gaps import GapExplorer
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_plan, make_reported_funding, make_taxonomy

EVERY_COLUMN = ",".join(column.name for column in COLUMNS)


def explore(query: str, on: date | None = None) -> GapExplorer:
    explorer = GapExplorer(QueryDict(query), on)
    assert explorer.problems == {}
    return explorer


def words_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))).replace(
        "\N{NO-BREAK SPACE}", " "
    )


@pytest.fixture
def several(empty_database: None) -> None:
    """Five plans that differ in every column, of which some say nothing."""
    north, south = make_country(iso3="QAA", name="Northland"), make_country(iso3="QBB", name="Southland")
    taxonomy = make_taxonomy(sectors=2)

    def plan(code: str, **fields: Any) -> Any:
        return make_plan(code=code, contributions=0, taxonomy=taxonomy, **{"title": f"Plan {code}"} | fields)

    make_contribution(
        plan=plan(
            "A", requested_usd=1_000, countries=[north], kind="rrp", start_year=2024,
            revision={"people_in_need": 70, "people_targeted": 3, "document_on": date(2024, 5, 1),
                      "funding_updated_on": date(2024, 4, 1)},
        ),
        amount_usd=250,
    )  # fmt: skip
    make_contribution(
        plan=plan(
            "B", requested_usd=500, countries=[south], kind="crp", start_year=2023,
            revision={"people_in_need": 90, "people_targeted": 100, "document_on": date(2023, 5, 1)},
        ),
        amount_usd=600,
    )  # fmt: skip
    plan(
        "C", requested_usd=800, countries=[south, north], kind="hnrp", start_year=2025, reports_funding=False,
        revision={"people_in_need": None, "people_targeted": None, "document_on": None},
    )  # fmt: skip
    plan(
        "D", requested_usd=None, countries=[north], kind="crp", start_year=2022,
        revision={"people_in_need": 10, "people_targeted": 0, "document_on": date(2022, 5, 1)},
    )  # fmt: skip
    official = plan(
        "E", requested_usd=2_000, countries=[south], kind="flash_appeal", start_year=2021,
        revision={"people_in_need": 20, "people_targeted": 50, "document_on": date(2021, 5, 1)},
    )  # fmt: skip
    make_reported_funding(plan=official, amount_usd=100, reported_on=date(2025, 1, 31))
    make_contribution(plan=official, amount_usd=5, status="pledge")


@pytest.mark.parametrize(
    ("ordering", "codes"),
    [
        ("title", "ABCDE"), ("-title", "EDCBA"), ("start_year", "EDBAC"), ("-start_year", "CABDE"),
        ("kind", "BDECA"), ("-kind", "ACEBD"),  # by label: Crisis..., Flash..., Humanitarian..., Refugee...
        ("countries", "ACDBE"), ("-countries", "BEACD"),  # by the first name of each
        ("people_in_need", "DEABC"), ("-people_in_need", "BAEDC"),
        ("people_targeted", "DAEBC"), ("-people_targeted", "BEADC"),
        ("requested_usd", "BCAED"), ("-requested_usd", "EACBD"),
        ("received_usd", "DEABC"), ("-received_usd", "BAEDC"),  # D reports, and has received nothing
        ("pledged_usd", "EABCD"), ("-pledged_usd", "EABCD"),
        ("gap_usd", "BAECD"), ("-gap_usd", "EABCD"),
        ("percent_funded", "EABCD"), ("-percent_funded", "BAECD"),
        ("cost_per_person_usd", "BEACD"), ("-cost_per_person_usd", "AEBCD"),
        ("document_on", "EDBAC"), ("-document_on", "ABDEC"),
        ("funding_as_of", "AEBCD"), ("-funding_as_of", "EABCD"),
    ],
)  # fmt: skip
def test_every_column_sorts_both_ways_and_the_unknown_comes_last(several: None, ordering: str, codes: str) -> None:
    assert "".join(line.plan.code for line in explore(f"ordering={ordering}").lines) == codes


def test_what_stands_in_each_column(several: None) -> None:
    rows = {row.line.plan.code: {cell.column.name: cell.value for cell in row.cells}
            for row in explore(f"columns={EVERY_COLUMN}").rows}  # fmt: skip
    assert rows["A"] == {
        "start_year": "2024",
        "kind": "Refugee response plan",
        "countries": "Northland",
        "people_in_need": 70,
        "people_targeted": 3,
        "requested_usd": Decimal("1000.00"),
        "received_usd": Decimal("250.00"),
        "pledged_usd": None,
        "gap_usd": Decimal("750.00"),
        "percent_funded": Decimal("25.00"),
        "cost_per_person_usd": Decimal("333.33"),  # 1,000 / 3
        "document_on": date(2024, 5, 1),
        "funding_as_of": date(2024, 4, 1),
    }
    assert rows["C"]["countries"] == "Northland, Southland"
    unknown = ("people_in_need", "people_targeted", "received_usd", "gap_usd", "percent_funded", "cost_per_person_usd")
    assert {rows["C"][name] for name in unknown} == {None}
    assert rows["D"]["cost_per_person_usd"] is None
    assert rows["D"]["people_targeted"] == 0
    assert rows["E"]["funding_as_of"] == date(2025, 1, 31)  # the day of the official total
    assert rows["E"]["cost_per_person_usd"] == Decimal("40.00")


def test_of_a_past_day_each_column_is_of_that_day(several: None) -> None:
    rows = explore(f"columns={EVERY_COLUMN}&ordering=-funding_as_of", on=date(2024, 12, 31)).rows
    values = {row.line.plan.code: {cell.column.name: cell.value for cell in row.cells} for row in rows}
    assert list(values) == ["A", "B", "D", "E"]  # C was published in 2025
    assert values["E"]["funding_as_of"] is None
    assert values["A"]["cost_per_person_usd"] == Decimal("333.33")


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["title", "start_year", "requested_usd", "received_usd", "gap_usd", "percent_funded"]),
        ("columns=gap_usd", ["title", "gap_usd"]),
        ("columns=title", ["title"]),
        ("columns=gap_usd,kind&columns=people_targeted&columns=", ["title", "kind", "people_targeted", "gap_usd"]),
    ],
)
def test_columns_are_chosen_in_the_address_and_stand_in_their_order(
    client: Client, several: None, query: str, names: list[str]
) -> None:
    explorer = client.get(f"/gaps/?{query}").context["explorer"]
    assert [column.name for column in explorer.columns] == names
    assert [heading.column.name for heading in explorer.headings] == names


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("columns=colour", "columns"), ("columns=gap_usd,<script>alert(1)</script>", "columns"),
        ("columns=" + "x" * 10_000, "columns"), ("view=pie", "view"), ("view=<script>alert(1)</script>", "view"),
        ("ordering=current__reason", "ordering"), ("ordering=" + "y" * 10_000, "ordering"),
        ("ordering=--gap_usd", "ordering"),
        ("people_targeted_min=-1", "people_targeted_min"), ("people_targeted_max=some", "people_targeted_max"),
        ("page=-3", "page"), ("page=1e3", "page"), ("view=map&page=9", "page"), ("group_by=country", "group_by"),
        ("search=%00&year=3000", "year"), ("country=%00", "country"), ("search=" + "z" * 10_000, "search"),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_400_named_and_escaped(client: Client, several: None, query: str, name: str) -> None:
    answer = client.get(f"/gaps/?{query}")
    assert answer.status_code == 400
    assert list(answer.context["explorer"].problems) == [name]
    assert "<script>alert" not in answer.content.decode()
    assert len(answer.content) < 200_000


@pytest.mark.once
def test_a_script_in_the_search_finds_nothing_and_runs_nowhere(client: Client, several: None) -> None:
    html = client.get(
        "/gaps/", {"search": "<script>alert(1)</script>", "view": "chart", "group": "kind"}
    ).content.decode()
    assert "No plan fits all of these filters" in html
    assert "<script>alert" not in html


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        # Requested 1,000 + 500 + 800 + 2,000; of those that report 3,500, received 250 + 600 + 100 = 950 and 27.14 %;
        # missing 750 + 0 + 1,900.
        (
            "",
            (
                "All 5 published plans together ask for USD 4,300 . | 4 of them report what they received: that covers "
                "27.14 % of what these ask for, and USD 2,650 is missing."
            ),
        ),
        ("country=QBB", "Southland: 3 plans ask for USD 3,300 . | 2 of them report what they received"),
        ("country=QBB&year_min=2022", "Southland: 2 plans fit these filters and ask for USD 1,300 ."),
        (
            "kind=rrp",
            (
                "1 of 5 plans fits these filters and asks for USD 1,000 . | 1 of them reports what it received: that "
                "covers 25.00 % of what it asks for, and USD 750 is missing."
            ),
        ),
        ("kind=hnrp", "1 of 5 plans fits these filters and asks for USD 800 . | What was received is not reported"),
        ("plan=D", "1 of 5 plans is shown here, and it states no amount."),
    ],
)
def test_the_head_says_in_a_sentence_what_is_shown(client: Client, several: None, query: str, sentences: str) -> None:
    words = words_of(client, f"/gaps/?{query}")
    assert [sentence for sentence in sentences.split(" | ") if sentence not in words] == []


@pytest.mark.parametrize(
    ("query", "number"), [("", 0), ("country=QAA", 1), ("country=QAA&kind=rrp", 0), ("region=901", 1), ("kind=hnrp", 0)]
)
def test_a_total_of_a_country_says_how_many_plans_are_in_it_whole(
    client: Client, several: None, query: str, number: int
) -> None:
    words = words_of(client, f"/gaps/?{query}")
    assert ("of these plans is for several countries and stands here with all of its money" in words) == bool(number)
    assert explore(query).shared == number


@pytest.mark.once
def test_the_map_has_the_gap_of_each_country_and_leads_to_its_plans(client: Client, several: None) -> None:
    explorer = client.get("/gaps/?view=map&year_max=2024").context["explorer"]
    points = {point.iso3: (point.amount_usd, point.url) for point in explorer.points}
    assert points["QAA"] == (Decimal("750.00"), "/gaps/?year_max=2024&country=QAA")
    assert points["QBB"][0] == Decimal("1900.00")


@pytest.mark.once
def test_ticked_plans_are_compared_on_the_same_day(client: Client, several: None) -> None:
    html = client.get("/gaps/").content.decode()
    assert '<form class="compare not-on-paper" id="compare" method="get" action="/compare/">' in html
    assert len(re.findall(r'<input type="checkbox" name="plan" value="[A-E]" form="compare">', html)) == 5
    html = client.get("/gaps/?as_of=2024-12-31&group=kind&open=crp").content.decode()
    assert '<input type="hidden" name="as_of" value="2024-12-31">' in html
    assert re.findall(r'name="plan" value="([A-E])" form="compare"', html) == ["B", "D"]
    assert 'id="compare"' not in client.get("/gaps/?plan=A").content.decode()


@pytest.mark.once
def test_downloads_carry_filters_order_groups_and_columns_but_no_page(client: Client, several: None) -> None:
    html = unescape(
        client.get("/gaps/?kind=crp&columns=gap_usd&ordering=title&group=kind&open=crp&page=1").content.decode()
    )
    for path in (
        "/gaps/download.csv",
        "/gaps/download.xlsx",
        "/gaps/download.json",
        "/gaps/download.ndjson",
        "/gaps/brief.pdf",
    ):
        assert f'href="{path}?kind=crp&columns=gap_usd&ordering=title&group=kind"' in html


@pytest.mark.once
def test_an_order_that_the_api_does_not_know_is_left_out_of_its_address(client: Client, several: None) -> None:
    html = unescape(
        client.get("/gaps/?ordering=-cost_per_person_usd&columns=kind&view=chart&kind=crp").content.decode()
    )
    found = re.search(r'href="(/api/v1/plans/[^"]*)"', html)
    assert found
    assert found.group(1) == "/api/v1/plans/?kind=crp&format=csv"
    assert client.get(found.group(1)).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "view=chart", "view=map", "group=country", "group=year&view=chart", f"columns={EVERY_COLUMN}"]
)
@pytest.mark.parametrize("language", ["", "/fr"])
def test_every_view_of_the_mali_plans_is_served(client: Client, mali: MaliPlans, query: str, language: str) -> None:
    with override(language.strip("/") or "en"):
        answer = client.get(f"{language}/gaps/?{query}")
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1
