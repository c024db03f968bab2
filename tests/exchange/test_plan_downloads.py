"""A plan, its contributions, and the lists of donors, countries and sectors as files."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from funding.models import Contribution
from funding.selectors.countries import CountryList
from funding.selectors.donors import DonorList
from funding.selectors.ledger import PlanLedger
from funding.selectors.portfolio import published_plans
from funding.selectors.sectors import SectorList
from tests.conftest import MaliPlans
from tests.exchange.reading import body_of, csv_rows, fetch, json_of, ndjson_rows, sheet_rows, workbook
from tests.factories import make_contribution, make_organization, make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CRP, COMPENDIUM, SILENT = "MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"
DAY = date(2026, 2, 1)
ALL = ("csv", "xlsx", "json", "ndjson")


def test_every_breakdown_adds_to_the_total(client: Client, mali: MaliPlans) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for code in (CRP, COMPENDIUM):
        for row in csv_rows(client, f"/plans/{code}/download.csv"):
            assert row["plan"] == code
            sums[code, row["breakdown"]] += Decimal(row["requested_usd"] or 0)
    assert sums[CRP, "objective"] == sums[CRP, "sector"] == 32_353_500
    of_2017 = [sums[COMPENDIUM, name] for name in ("framework", "sector", "project")]
    assert of_2017 == [37_360_000] * 3


def test_lines_say_what_the_plan_says(client: Client, mali: MaliPlans) -> None:
    rows = {row["code"]: row for row in csv_rows(client, f"/plans/{CRP}/download.csv")}
    water = rows["IOM-2025/WASH"]
    assert (water["requested_usd"], water["share_percent"], water["is_priority"]) == ("2800000.00", "8.65", "true")
    assert water["related_plans"] == "H(N)RP;UNSDCF"
    assert [water[name] for name in ("received_usd", "gap_usd", "percent_funded")] == ["", "", ""]
    assert rows["1"]["requested_usd"] == "12584000.00"


def test_a_workbook_has_a_sheet_for_each_part(client: Client, mali: MaliPlans) -> None:
    book = workbook(client, f"/plans/{COMPENDIUM}/download.xlsx")
    assert book.sheetnames == ["About", "Every line", "Key figures", "Sectors", "Projects", "Contributions"]
    (figures,) = sheet_rows(book["Key figures"])
    assert (figures["requested_usd"], figures["received_usd"], figures["percent_funded"]) == (37360000, 112550, 0.3)
    assert (figures["people_in_need"], figures["document_on"]) == (None, None)
    projects = sheet_rows(book["Projects"])
    assert sum(row["requested_usd"] for row in projects) == 37_360_000
    assert [row["received_usd"] for row in projects if row["received_usd"]] == [112550]
    (given,) = sheet_rows(book["Contributions"])
    assert (given["amount_usd"], given["counts_as"], given["project"]) == (112550, "counted", "MLI-2017-HRP-06")
    objectives = sheet_rows(workbook(client, f"/plans/{CRP}/download.xlsx")["Objectives"])
    assert [row["people_targeted"] for row in objectives] == [175_000, 48_000, 50_000]
    assert [row["entities_targeted"] for row in objectives] == [13, 7, 8]
    assert "50.00 % Human suffering is alleviated" in objectives[0]["outcomes"]


def test_json_has_each_table_under_its_name(client: Client, mali: MaliPlans) -> None:
    data = json_of(client, f"/plans/{COMPENDIUM}/download.json")
    assert list(data) == ["meta", "lines", "figures", "sectors", "projects", "contributions"]
    assert data["figures"][0]["seal"] == (mali.compendium_2017.revisions.get().seal or None)
    assert data["lines"] == ndjson_rows(client, f"/plans/{COMPENDIUM}/download.ndjson")


@pytest.mark.parametrize("form", ALL)
def test_a_plan_without_a_figure_is_a_file_too(client: Client, mali: MaliPlans, form: str) -> None:
    fetch(client, f"/plans/{SILENT}/download.{form}")
    (figures,) = json_of(client, f"/plans/{SILENT}/download.json")["figures"]
    assert [figures[name] for name in ("requested_usd", "received_usd", "gap_usd", "people_targeted")] == [None] * 4


def test_the_past_is_what_was_known_then(client: Client, mali: MaliPlans) -> None:
    (figures,) = json_of(client, f"/plans/{COMPENDIUM}/download.json?as_of=2017-01-01")["figures"]
    assert figures["revision"] == 1
    answer: Any = client.get(f"/plans/{CRP}/download.csv?as_of=2020-01-01")
    assert answer.status_code == 404
    assert "17 April 2025" in answer.content.decode()


@pytest.fixture
def ledger(mali: MaliPlans) -> Any:
    """Return a plan with contributions on several pages, of every kind."""
    plan = make_plan(contributions=0)
    donors = [make_organization(), make_organization(name="=cmd|' /C calc'!A0")]
    status, flow = Contribution.Status, Contribution.Flow
    for number in range(70):
        kind = (status.PAID, status.COMMITMENT, status.PLEDGE)[number % 3]
        make_contribution(plan=plan, donor=donors[number % 2], status=kind, amount_usd=f"{number + 1}.25")
    make_contribution(plan=plan, donor=donors[0], amount_usd="-7.00", decision_on=None, note="Two\nlines")
    make_contribution(plan=plan, flow=flow.OUTGOING, amount_usd="3.00")
    return plan


def on_screen(plan: Any, query: str) -> list[str]:
    """Return the codes of the contributions on every page, in their order."""
    shown: list[str] = []
    found = published_plans().get(pk=plan.pk)
    number, pages = 1, 1
    while number <= pages:
        page = PlanLedger(found, QueryDict(f"{query}&page={number}"), DAY).page
        shown += [row.code for row in page]
        number, pages = number + 1, page.paginator.num_pages
    return shown


def test_contributions_are_those_of_every_page(client: Client, ledger: Any) -> None:
    for query in ("", "part=counted", f"donor={ledger.contributions.first().donor.code}"):
        rows = csv_rows(client, f"/plans/{ledger.code}/funding/download.csv?{query}")
        assert [row["code"] for row in rows] == on_screen(ledger, query)
    rows = csv_rows(client, f"/plans/{ledger.code}/funding/download.csv")
    came = sum(Decimal(row["amount_usd"]) for row in rows if row["counts_as"] == "counted")
    left = sum(Decimal(row["amount_usd"]) for row in rows if row["counts_as"] == "outgoing")
    (figures,) = json_of(client, f"/plans/{ledger.code}/download.json")["figures"]
    assert f"{came - left:f}" == figures["received_usd"]


def test_a_name_is_no_formula(client: Client, ledger: Any) -> None:
    address = f"/plans/{ledger.code}/funding/download"
    names = {row["donor_name"] for row in csv_rows(client, f"{address}.csv")}
    assert "'=cmd|' /C calc'!A0" in names
    sheet = workbook(client, f"{address}.xlsx")["Contributions"]
    cells = [cell for cell in sheet["F"] if str(cell.value).startswith("=")]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}
    donor = Contribution.objects.filter(donor__name__startswith="=").first()
    assert donor is not None
    assert donor.donor is not None
    rows = csv_rows(client, f"/donors/{donor.donor.code}/download.csv")
    assert len(rows) == 35


def test_a_contribution_without_a_day_has_none(client: Client, ledger: Any) -> None:
    rows = sheet_rows(workbook(client, f"/plans/{ledger.code}/funding/download.xlsx")["Contributions"])
    (below,) = [row for row in rows if row["amount_usd"] == -7]
    assert (below["decision_on"], below["note"]) == (None, "Two\nlines")
    assert {row["decision_on"] is None for row in rows} == {True, False}


def test_lists_are_those_of_the_screen(client: Client, ledger: Any) -> None:
    rows = csv_rows(client, "/donors/download.csv")
    lines = DonorList(QueryDict()).lines
    assert [row["code"] for row in rows] == [line.organization.code if line.organization else "" for line in lines]
    assert sum(Decimal(row["received_usd"] or 0) for row in rows) == DonorList(QueryDict()).received_usd
    narrowed = DonorList(QueryDict("kind=government"))
    assert len(csv_rows(client, "/donors/download.csv?kind=government")) == len(narrowed.lines)

    rows = csv_rows(client, "/countries/download.csv")
    countries = CountryList()
    assert [row["name"] for row in rows] == [line.key.name for line in countries.lines]
    total = sum(Decimal(row["requested_usd"] or 0) for row in rows)
    assert total == countries.breakdown.total.requested_usd

    rows = csv_rows(client, "/sectors/download.csv")
    parts = SectorList().parts
    assert [(row["taxonomy"], row["code"]) for row in rows] == [
        (part.taxonomy.code, line.sector.code) for part in parts for line in (*part.used, *part.unused)
    ]
    unused = [row for row in rows if row["plans"] == "0"]
    assert unused
    assert {row["requested_usd"] for row in unused} == {""}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/plans/{CRP}/download.csv?sector=WASH", "sector"),
        (f"/plans/{CRP}/brief.pdf?lang=fr&x=<script>alert(1)</script>", "lang"),
        (f"/plans/{COMPENDIUM}/funding/download.csv?part=all", "part"),
        (f"/plans/{COMPENDIUM}/funding/download.xlsx?page=9", "page"),
        (f"/plans/{COMPENDIUM}/funding/download.csv?donor={'x' * 10_000}", "donor"),
        ("/donors/download.json?kind=king", "kind"),
        ("/countries/download.csv?region=Africa", "region"),
        ("/sectors/download.csv?page=2", "page"),
    ],
)
def test_an_address_that_makes_no_sense_is_told(client: Client, mali: MaliPlans, path: str, name: str) -> None:
    answer: Any = client.get(path)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="problem-{name}"' in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/plans/NO-SUCH/download.csv",
        "/plans/NO-SUCH/brief.pdf",
        "/plans/%00/download.csv",
        f"/plans/{CRP}/download.doc",
        "/donors/no-such/download.csv",
        "/countries/download.xls",
    ],
)
def test_what_there_is_not(client: Client, mali: MaliPlans, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("end", ["download.csv", "brief.pdf", "funding/download.csv"])
def test_small_letters_lead_to_the_plan(client: Client, mali: MaliPlans, end: str) -> None:
    answer: Any = client.get(f"/plans/{CRP.lower()}/{end}?as_of=2026-01-31")
    assert answer.status_code == 302
    assert answer["Location"] == f"/plans/{CRP}/{end}?as_of=2026-01-31"


def test_queries_do_not_grow_with_the_rows(client: Client, ledger: Any) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as found:
            answer: Any = client.get(path)
            assert answer.status_code == 200
            body_of(answer)
        return len(found)

    few = make_plan(sectors=2, projects=2, objectives=2)
    many = make_plan(sectors=12, projects=20, objectives=9, contributions=30)
    for end in ("download.xlsx", "download.csv", "brief.pdf", "funding/download.ndjson"):
        assert queries(f"/plans/{few.code}/{end}") == queries(f"/plans/{many.code}/{end}"), end
