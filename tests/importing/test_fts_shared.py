"""The real files of FTS, against sums that a plain loop makes of them."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from funding.models import Contribution, ReportedFunding
from plans.models import Plan
from tests.shared import shared_path

from .fts_files import run
from .test_fts_requirements import everything, total_of

pytestmark = pytest.mark.django_db

COUNTRIES = ("afg", "jor", "pse")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def known(*amounts: str) -> Decimal:
    return sum((Decimal(amount) for amount in amounts if amount), Decimal(0))


Sums = dict[int, tuple[Decimal, Decimal]]


def of_api(client: Client) -> Sums:
    rows = client.get("/api/v1/rollups/?by=year").json()["rows"]
    return {row["year"]: (known(row["requested_usd"]), known(row["received_usd"])) for row in rows}


def of_export(client: Client) -> Sums:
    text = b"".join(client.get("/api/v1/rollups/?by=year&format=csv").streaming_content).decode()
    rows = [row for row in csv.DictReader(text.splitlines()) if row["year"]]
    return {int(row["year"]): (known(row["requested_usd"]), known(row["received_usd"])) for row in rows}


def of_page(client: Client) -> Sums:
    table = client.get("/").content.decode().partition('class="as-table"')[2].partition("</table>")[0]
    found = {}
    for row in table.split("<tr ")[2:]:
        year, _plans, *amounts = (
            re.sub("<[^>]+>|,", "", cell).strip() for cell in re.findall(r"<t[hd] .*?</t[hd]>", row)
        )
        found[int(year)] = (known(amounts[0].replace("–", "")), known(amounts[1].replace("–", "")))
    return found


def test_every_plan_since_1999(client: Client) -> None:
    path = shared_path("fts/fts_requirements_funding_2026-04.csv")
    others = of_api(client)  # those of Mali that every test has
    out = run(path)
    assert "plans: 888 created" in out
    assert "skipped" not in out.replace("3,805 read, 0 skipped", "")
    mali = Plan.objects.in_force().get(code="HMLI25")
    assert (mali.current.requested_usd, total_of(mali)) == (Decimal(771314315), Decimal(198676093))
    requested: dict[int, Decimal] = defaultdict(Decimal)
    received: dict[int, Decimal] = defaultdict(Decimal)
    outside = Decimal(0)
    for row in rows_of(path):
        if row["id"]:
            requested[int(row["year"])] += known(row["requirements"])
            received[int(row["year"])] += known(row["funding"])
        else:
            outside += known(row["funding"])
    found: dict[int, Decimal] = defaultdict(Decimal)
    for plan in Plan.objects.in_force().filter(identifiers__scheme="fts"):
        found[plan.figures_year] += plan.current.requested_usd or 0
    assert found == requested
    found = defaultdict(Decimal)
    for total in ReportedFunding.objects.in_force().filter(scope="total").select_related("plan"):
        found[total.plan.figures_year] += total.amount_usd
    assert found == received
    nothing = (Decimal(0), Decimal(0))
    expected = {
        year: (requested[year] + others.get(year, nothing)[0], received[year] + others.get(year, nothing)[1])
        for year in requested.keys() | others.keys()
    }
    assert of_api(client) == of_export(client) == of_page(client) == expected
    totals = ReportedFunding.objects.filter(plan=None).values_list("amount_usd", flat=True)
    assert sum(totals, Decimal(0)) == outside


def test_the_flows_of_three_countries() -> None:
    paths = [
        shared_path(f"fts/fts_{boundary}_funding_{country}.csv")
        for boundary in ("incoming", "internal")
        for country in COUNTRIES
    ]
    paths.append(shared_path("fts/fts_outgoing_funding_pse.csv"))
    run(*paths)
    once = {row["id"]: row for path in paths for row in rows_of(path) if known(row["amountUSD"])}
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in once.values():
        amounts[row["boundary"], row["status"]] += Decimal(row["amountUSD"])
    numbers = Counter((row["boundary"], row["status"]) for row in once.values())
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    counted: Counter[tuple[str, str]] = Counter()
    for flow, status, amount in Contribution.objects.filter(external_scheme="fts").values_list(
        "flow", "status", "amount_usd"
    ):
        found[flow, status] += amount
        counted[flow, status] += 1
    assert found == amounts
    assert counted == numbers
    assert amounts["incoming", "pledge"] == 110_749  # two of them, added by hand


def test_every_file_there_is_twice() -> None:
    folder = shared_path("fts")
    out = run(folder)
    assert "REFUSED" not in out
    assert Plan.objects.filter(identifiers__scheme="fts").distinct().count() == 889  # one is known by its flows alone
    before = everything()
    assert "0 created, 0 updated" in run(folder)
    assert everything() == before
