"""Downloads of the gap finder and of the comparison: all that is on the screen, with figures worked by hand."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from tests.conftest import MaliPlans
from tests.exchange.reading import csv_rows, json_of, sheet_rows, workbook
from tests.factories import make_contribution, make_plan, make_plans, make_reported_funding

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MALI, OLD = "MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017"
HEALTH = "amount=500000&global_cluster=HEA&group=sahel&earmarking=softly_earmarked&year=2025"


def test_a_match_has_the_figures_of_the_screen(client: Client, mali: MaliPlans) -> None:
    (row,) = csv_rows(client, f"/gaps/finder/download.csv?{HEALTH}")
    assert row == {
        "rank": "1", "received_known": "silent", "plan": MALI, "title": "Mali Crisis Response Plan 2025 - 2026",
        "kind": "crp", "countries": "MLI", "line_kind": "sector", "line": "IOM-2025/HEALTH", "name": "Health",
        "is_priority": "true", "requested_usd": "2500000.00", "received_usd": "", "unplaced_usd": "",
        "gap_usd": "", "percent_funded": "", "put_usd": "500000.00", "used_usd": "500000.00", "left_usd": "0.00",
        "missing_after_usd": "2000000.00", "percent_after": "20.0", "percent_closed": "20.0",
        "people_estimate": "4219",  # 500,000 / (32,353,500 / 273,000)
        "document_on": "2025-04-17", "funding_as_of": "",
    }  # fmt: skip
    (same,) = json_of(client, f"/gaps/finder/download.json?{HEALTH}")["results"]
    assert (same["percent_after"], same["received_usd"], same["people_estimate"]) == (20.0, None, 4219)
    told = json_of(client, f"/gaps/finder/download.json?{HEALTH}")["meta"]["filter_in_words"]
    assert told[:3] == ["Amount (USD): 500,000", "Earmarking: Softly earmarked", "Period: plans that cover 2025"]


def test_a_match_says_how_much_of_its_received_is_known_and_when(client: Client, mali: MaliPlans) -> None:
    """Of 1,000,000 for one sector 400,000 came in for it, and 50,000 for no sector; an official total has a day."""
    placed = make_plan(code="SPLIT", requested_usd=1_000_000, sectors=1, contributions=0, start_year=2026)
    sector = placed.revisions.get().funding_requests.get(breakdown="sector").sector
    make_contribution(plan=placed, amount_usd=400_000, sector=sector)
    make_contribution(plan=placed, amount_usd=50_000)
    whole = make_plan(code="WHOLE", requested_usd=2_000, sectors=0, contributions=0, start_year=2026)
    make_reported_funding(plan=whole, amount_usd=500, reported_on=date(2026, 3, 31))
    query = "amount=300000&year=2026"
    (line,) = [
        row
        for row in csv_rows(client, f"/gaps/finder/download.csv?{query}&earmarking=earmarked")
        if row["plan"] == "SPLIT"
    ]
    names = ("received_known", "received_usd", "unplaced_usd", "gap_usd", "used_usd", "missing_after_usd")
    assert [line[name] for name in names] == [
        "partly", "400000.00", "50000.00", "600000.00", "300000.00", "300000.00",
    ]  # fmt: skip
    assert (line["percent_funded"], line["percent_after"], line["percent_closed"]) == ("40.0", "70.0", "50.0")
    (small,) = [row for row in csv_rows(client, f"/gaps/finder/download.csv?{query}") if row["plan"] == "WHOLE"]
    names = ("received_known", "gap_usd", "used_usd", "left_usd", "missing_after_usd", "funding_as_of")
    assert [small[name] for name in names] == ["known", "1500.00", "1500.00", "298500.00", "0.00", "2026-03-31"]


def test_matches_of_every_page_come_in_the_order_of_the_screen(client: Client, mali: MaliPlans) -> None:
    make_plans(25, contributions=0, start_year=2025, end_year=2025)
    page = client.get("/gaps/finder/?amount=5&year=2025")
    finder = page.context["finder"]
    assert finder.page.paginator.num_pages > 1
    rows = csv_rows(client, "/gaps/finder/download.csv?amount=5&year=2025&page=2")
    assert [row["plan"] for row in rows] == [match.ask.plan.code for match in finder.matches]
    assert [row["rank"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert "/gaps/finder/download.csv?amount=5&amp;year=2025" in page.content.decode()


def test_plans_beside_each_other(client: Client, mali: MaliPlans) -> None:
    address = f"?plan={MALI}&plan={OLD}"
    assert f"/compare/download.csv{address}".replace("&", "&amp;") in client.get(f"/compare/{address}").content.decode()
    new, old = csv_rows(client, f"/compare/download.csv{address}")
    assert [(row["code"], row["requested_usd"], row["received_usd"], row["percent_funded"]) for row in (new, old)] == [
        (MALI, "32353500.00", "", ""),
        (OLD, "37360000.00", "112550.00", "0.3"),
    ]
    assert (new["cost_per_person_usd"], old["cost_per_person_usd"]) == ("118.51", "")
    assert [(row["document_on"], row["funding_reported"]) for row in (new, old)] == [
        ("2025-04-17", "false"),
        ("", "true"),
    ]
    book = workbook(client, f"/compare/download.xlsx{address}")
    clusters = sheet_rows(book["Global clusters"])
    by_plan = {
        code: sum(row["requested_usd"] for row in clusters if row["plan"] == code and row["requested_usd"])
        for code in (MALI, OLD)
    }
    assert by_plan == {MALI: 32_353_500, OLD: 37_360_000}
    health = {row["plan"]: row["requested_usd"] for row in clusters if row["name"] == "Health"}
    assert health == {MALI: 2_500_000, OLD: 1_000_000}
    objectives = [row["requested_usd"] for row in sheet_rows(book["Objectives"]) if row["plan"] == MALI]
    assert sorted(objectives) == [9_712_500, 10_057_000, 12_584_000]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/gaps/finder/download.csv", "amount"),
        ("/gaps/finder/download.csv?amount=-5", "amount"),
        ("/gaps/finder/download.xlsx?amount=5&colour=red", "colour"),
        ("/compare/download.csv", "plan"),
        (f"/compare/download.csv?plan={MALI}", "plan"),
        ("/compare/download.json?plan=A&plan=B", "plan"),
    ],
)
def test_what_can_not_be_used_is_told(client: Client, mali: MaliPlans, address: str, name: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert name in answer.content.decode()


@pytest.mark.parametrize("address", ["/gaps/finder/download.pdf?amount=5", f"/compare/download.exe?plan={MALI}"])
def test_there_are_no_other_formats(client: Client, mali: MaliPlans, address: str) -> None:
    assert client.get(address).status_code == 404
