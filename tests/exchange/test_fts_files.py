"""Files in the shape of FTS: their columns and figures, and that the import of FTS reads them back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crp.exchange.fts_files.columns import CLUSTERS, FLOWS, REQUIREMENTS, hashtags_of
from crp.exchange.fts_files.figures import amount, share
from funding.models import Contribution, ReportedFunding
from plans.models import Country
from tests.conftest import MaliPlans
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
)
from tests.importing import fts_files
from tests.shared import shared_path

pytestmark = pytest.mark.django_db


def text_of(client: Client, name: str, **parameters: str) -> str:
    answer: Any = client.get(f"/exchange/fts/{name}.csv", parameters)
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    return b"".join(answer.streaming_content).decode()


def rows_of(client: Client, name: str, **parameters: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(client, name, **parameters), newline="")))


def save(client: Client, folder: Path, *names: str) -> list[Path]:
    """Write files where the import finds them."""
    paths = []
    for name in names:
        path = folder / f"{name}.csv"
        path.write_text(text_of(client, name), newline="")
        paths.append(path)
    return paths


def figures(client: Client, codes: Mapping[str, str]) -> dict[str, Any]:
    """Return what CRP says of plans, of what opens them, and of contributions; ``codes``: under another name."""
    get = client.get
    plans: dict[str, Any] = {}
    for row in get("/api/v1/plans/?limit=1000").json()["results"]:
        opened = [
            sorted(str(line) for line in get(f"/api/v1/plans/{row['code']}/rollup/?by={by}").json()["rows"])
            for by in ("country", "global_cluster", "donor")
        ]
        plans[codes.get(row["code"], row["code"])] = [*(row[name] for name in OF_PLANS), *opened]
    given = {
        codes.get(row["code"], row["code"]): [codes.get(row[name], row[name]) for name in OF_CONTRIBUTIONS]
        for row in get("/api/v1/contributions/?limit=1000").json()["results"]
    }
    return {"plans": plans, "given": given}


OF_PLANS = (
    "title", "kind", "start_year", "end_year", "requested_usd", "received_usd", "pledged_usd", "gap_usd",
    "percent_funded", "funding_reported",
)  # fmt: skip
OF_CONTRIBUTIONS = (
    "plan", "country", "status", "flow", "amount_usd", "counted_usd", "pledged_usd", "original_amount",
    "original_currency", "exchange_rate", "is_in_kind", "decision_on", "reported_on", "usage_year",
    "is_shared_across_sectors", "grant_reference",
)  # fmt: skip


def test_columns_are_those_of_fts() -> None:
    assert ",".join(REQUIREMENTS) == fts_files.REQUIREMENTS
    assert ",".join(CLUSTERS) == fts_files.CLUSTERS
    assert ",".join(FLOWS) == fts_files.FLOWS
    for columns in (REQUIREMENTS, CLUSTERS, FLOWS):
        tags = hashtags_of(columns)
        assert len(tags) == len(columns)
        assert all(tag.startswith("#") for tag in tags)


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("fts_requirements_funding_afg.csv", REQUIREMENTS),
        ("fts_requirements_funding_cluster_afg.csv", CLUSTERS),
        ("fts_requirements_funding_globalcluster_afg.csv", CLUSTERS),
        ("fts_incoming_funding_afg.csv", FLOWS),
    ],
)
def test_columns_are_those_of_the_real_files(name: str, columns: tuple[str, ...]) -> None:
    with shared_path(f"fts/{name}").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == list(columns)


def test_hashtags_are_those_that_hdx_had() -> None:
    with shared_path("fts/hxl_requirements_funding_bfa.csv").open(encoding="utf-8-sig", newline="") as file:
        header, tags = [row for row, _number in zip(csv.reader(file), range(2), strict=False)]
    assert hashtags_of(header) == tags


def test_the_mali_plans_by_country(client: Client, mali: MaliPlans) -> None:
    text = text_of(client, "fts_requirements_funding_mli")
    assert text.splitlines() == [
        fts_files.REQUIREMENTS,
        (
            f"MLI,MLI-CRP-2025-2026,{mali.crp_2025_2026.title},MLI-CRP-2025-2026,,Crisis Response Plan,2025-01-01,"
            "2026-12-31,2025,32353500,,"
        ),
        f"MLI,MLI-CRP-2021,{mali.crp_2021.title},MLI-CRP-2021,,Crisis Response Plan,2021-01-01,2021-12-31,2021,,,",
        (
            "MLI,MLI-COMPENDIUM-2017,Mali 2017,MLI-COMPENDIUM-2017,,Humanitarian Compendium,2017-01-01,2017-12-31,2017,"
            "37360000,112550,0"
        ),
    ]
    assert text_of(client, "fts_requirements_funding_global") == text
    assert text_of(client, "fts_requirements_funding_bfa").splitlines() == [fts_files.REQUIREMENTS]
    second = text_of(client, "fts_requirements_funding_mli", hxl="1").splitlines()[1]
    assert second.startswith("#country+code,#activity+appeal+id+fts_internal,")


def test_rows_stand_in_the_order_of_fts(client: Client) -> None:
    """By country, the newest year first, and what is outside any plan after the plans of its year."""
    first, second = make_country(iso3="AAA"), make_country(iso3="BBB")  # before Mali, whose plans are there
    of_plan = {"contributions": 0, "start_year": 2023, "end_year": 2024}
    make_plan(code="B", countries=[second, first], **of_plan)
    make_plan(code="A", countries=[second], totals_year=2024, **of_plan)
    make_plan(code="C", countries=[second], **of_plan)
    for country, year in ((first, 2025), (second, 2023), (second, 2024)):
        make_reported_funding(country=country, scope=ReportedFunding.Scope.COUNTRY, year=year, amount_usd="1.00")

    rows = rows_of(client, "fts_requirements_funding_global")
    assert [(row["countryCode"], row["year"], row["id"]) for row in rows[:7]] == [
        ("AAA", "2025", ""),
        ("AAA", "2023", "B"),
        ("BBB", "2024", "A"),
        ("BBB", "2024", ""),
        ("BBB", "2023", "B"),
        ("BBB", "2023", "C"),
        ("BBB", "2023", ""),
    ]
    assert [row["year"] for row in rows[7:]] == ["2025", "2021", "2017"]
    clusters = rows_of(client, "fts_requirements_funding_cluster_global")
    assert [*dict.fromkeys(row["id"] for row in clusters)][:2] == ["A", "C"]  # B has two countries


@pytest.mark.parametrize(
    ("told", "cells"),
    [
        ("Gaza 2019  (part of 2018-2020 HRP) 664", ("Gaza 2019  (part of 2018-2020 HRP)", "", "664")),
        ("Mali 2024 HMLI24 900", ("Mali 2024", "HMLI24", "900")),
        ("Sahel RBFAMLI1112 901", ("Sahel", "RBFAMLI1112", "901")),
        ("A plan", ("A plan", "", "")),
    ],
)
def test_an_outgoing_flow_names_the_plan_it_went_to(client: Client, told: str, cells: tuple[str, str, str]) -> None:
    plan = make_plan(contributions=0)
    note = f"Left the plan\nWent to plan: {told}"
    of_fts = {"external_scheme": "fts", "external_id": "77", "note": note}
    make_contribution(plan=plan, flow=Contribution.Flow.OUTGOING, amount_usd="5.00", **of_fts)

    (row,) = rows_of(client, "fts_outgoing_funding_global")

    assert (row["destPlan"], row["destPlanCode"], row["destPlanId"]) == cells
    assert row["description"] == "Left the plan"


def test_clusters_add_to_the_plan(client: Client, mali: MaliPlans) -> None:
    own = rows_of(client, "fts_requirements_funding_cluster_mli")
    by_global = rows_of(client, "fts_requirements_funding_globalcluster_mli")

    newest = [row for row in own if row["id"] == "MLI-CRP-2025-2026"]
    assert len(newest) == 18
    for rows in (own, by_global):
        for code, total in (("MLI-CRP-2025-2026", 32_353_500), ("MLI-COMPENDIUM-2017", 37_360_000)):
            assert sum(Decimal(row["requirements"] or 0) for row in rows if row["id"] == code) == total
    assert {row["funding"] for row in newest} == {""}  # not reported
    of_2017 = {row["cluster"]: (row["clusterCode"], row["funding"]) for row in by_global if row["year"] == "2017"}
    assert of_2017["Emergency Shelter and NFI"] == ("4", "112550")
    assert of_2017["Health"] == ("7", "0")  # all that was received names its sector
    assert of_2017["Not specified"] == ("", "0")  # MCOF


def test_what_names_no_cluster_makes_that_of_others_unknown(client: Client) -> None:
    plan = make_plan(contributions=0, projects=0)
    sector = plan.revisions.get().taxonomy.sectors.order_by("order", "pk").first()
    make_contribution(plan=plan, amount_usd="100.50", sector=sector)
    make_contribution(plan=plan, amount_usd="30.00", is_shared_across_sectors=True)

    rows = [row for row in rows_of(client, "fts_requirements_funding_cluster_global") if row["id"] == plan.code]

    assert [(row["requirements"], row["funding"]) for row in rows] == [("500000", "100.50"), ("500000", ""), ("", "30")]
    assert rows[-1]["cluster"] == "Multiple clusters/sectors (shared)"


def test_flows_tell_what_counts_and_nothing_else(client: Client, mali: MaliPlans) -> None:
    plan = mali.crp_2025_2026
    make_contribution(
        plan=plan, code="OWN-1", amount_usd="-5.50", note="=cmd\nsecond line", is_new_money=False, usage_year=2025,
        original_amount="-5.00", original_currency="EUR", exchange_rate="0.91",
    )  # fmt: skip
    make_contribution(plan=plan, code="TWIN-1", review=Contribution.Review.MERGED)
    make_contribution(plan=plan, code="TWIN-2", review=Contribution.Review.SUSPECTED)
    make_contribution(plan=plan, code="INSIDE-1", flow=Contribution.Flow.INTERNAL)
    draft = make_plan(contributions=1, countries=[Country.objects.get(iso3="MLI")])
    draft.revisions.update(status="draft", published_at=None, requested_usd=None)

    rows = rows_of(client, "fts_incoming_funding_mli")

    own = next(row for row in rows if row["id"] == "OWN-1")
    told = (
        "amountUSD",
        "originalAmount",
        "originalCurrency",
        "exchangeRate",
        "flowType",
        "destLocations",
        "destPlanCode",
    )
    assert [own[name] for name in told] == ["-5.50", "-5", "EUR", "0.91", "Carryover", "MLI", "MLI-CRP-2025-2026"]
    assert own["description"] == "'=cmd\nsecond line"
    assert not {"TWIN-1", "TWIN-2", "INSIDE-1"} & {row["id"] for row in rows}
    assert len(rows) == 2  # and that of 2017
    assert [row["id"] for row in rows_of(client, "fts_internal_funding_mli")] == ["INSIDE-1"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("fts_requirements_funding_zzz.csv", 404),
        ("fts_requirements_funding_MLI.csv", 404),
        ("fts_requirements_funding_.csv", 404),
        ("fts_other_funding_mli.csv", 404),
        ("fts_incoming_funding_cluster_mli.csv", 404),
        ("%00.csv", 404),
        ("fts_requirements_funding_mli.csv?hxl=yes", 400),
        ("fts_requirements_funding_mli.csv?hxl=", 400),
        ("fts_requirements_funding_mli.csv?country=MLI", 400),
    ],
)
def test_what_is_not_there_is_said(client: Client, address: str, status: int) -> None:
    answer = client.get(f"/exchange/fts/{address}")
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.once
def test_the_files_are_listed_and_each_is_there(client: Client) -> None:
    files = client.get("/exchange/fts/").json()["files"]
    assert len(files) == 6
    for file in files:
        assert client.get(file["address"]).status_code == 200


def test_our_own_import_reads_everything_back_to_the_same_figures(
    client: Client, mali: MaliPlans, tmp_path: Path
) -> None:
    """Plans of one country and of several, official totals, clusters, flows that are shared, corrected, pledged."""
    savepoint = transaction.savepoint()
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    fts_files.run(
        fts_files.requirements(
            tmp_path / "in" / "r.csv",
            {},
            {"id": "901", "code": "RSAH24", "name": "Sahel 2024", "typeName": "Regional response plan"},
            {"id": "901", "code": "RSAH24", "name": "Sahel 2024", "typeName": "Regional response plan",
             "countryCode": "BFA", "requirements": "2000", "funding": "-25"},
            {"id": "902", "code": "FMLI24", "name": "Flood", "typeName": "Flash appeal", "requirements": "",
             "funding": ""},
            {"id": "903", "code": "OMLI24", "name": "None yet", "typeName": "Other", "funding": "0"},
            fts_files.OUTSIDE,
        ),
        fts_files.clusters(
            tmp_path / "in" / "c.csv",
            {},
            {"clusterCode": "5002", "cluster": "Eau", "requirements": "400", "funding": ""},
            {"clusterCode": "", "cluster": "Not specified", "requirements": "", "funding": "20"},
            {"clusterCode": "", "cluster": "Multiple clusters/sectors (shared)", "requirements": "", "funding": "30"},
        ),
        fts_files.flows(
            tmp_path / "in" / "f.csv",
            {"amountUSD": "150.25"},
            {"id": "70002", "amountUSD": "-10", "status": "paid", "flowType": "Carryover", "description": "Two\nlines"},
            {"id": "70003", "status": "pledge", "destGlobalClusters": "Health,Protection", "budgetYear": "2023"},
            {"id": "70004", "destPlanId": "901", "destPlan": "Sahel 2024", "destPlanCode": "RSAH24",
             "destLocations": "MLI,BFA", "originalAmount": "1400", "originalCurrency": "EUR", "exchangeRate": "0.933"},
            {"id": "70005", "destPlanId": "", "destPlan": "", "destPlanCode": "", "contributionType": "in kind"},
            {"id": "70006", "boundary": "internal", "srcOrganization": "Pooled fund", "method": "Cash"},
        ),
    )  # fmt: skip
    donor = make_organization(name="Donor of CRP", code="donor-of-crp")
    make_contribution(plan=mali.crp_2025_2026, code="OWN-1", amount_usd="1000.01", donor=donor)
    before = figures(client, {})
    kinds = ("requirements_funding", "requirements_funding_globalcluster", "incoming_funding", "internal_funding")
    files = save(client, tmp_path / "out", *(f"fts_{kind}_global" for kind in kinds))
    clusters = [row for row in rows_of(client, "fts_requirements_funding_cluster_global") if row["id"] == "900"]
    files.append(tmp_path / "out" / "clusters.csv")
    files[-1].write_text(fts_files.text_of(",".join(CLUSTERS), clusters))

    # Into the database that they are from: nothing changes.
    said = fts_files.run(*files)
    assert figures(client, {}) == before, said

    # Into one that has none of it: the plans of FTS are gone again, those of Mali are imported under other codes.
    transaction.savepoint_rollback(savepoint)
    codes = {
        f"NEW-{code}": code for code in ("MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026", "MLI-2017-0001")
    }
    for file in files:
        text = file.read_bytes().decode()
        for new, code in codes.items():
            text = text.replace(code, new)
        file.write_text(text, newline="")
    said = fts_files.run(*files)
    after = figures(client, codes)
    assert after["plans"] == before["plans"], said
    assert after["given"] == before["given"], said


@pytest.mark.once
@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [("12.497", "100", "12"), ("0.5", "100", "1"), ("1.49999", "100", "1"), ("13640", "1000", "1364"), ("5", "0", ""),
     (None, "100", ""), ("-1.5", "100", "-2")],
)  # fmt: skip
def test_percentages_are_rounded_half_up_once(part: str | None, whole: str, written: str) -> None:
    assert share(None if part is None else Decimal(part), Decimal(whole)) == written


@pytest.mark.once
def test_amounts_are_whole_where_they_are_whole() -> None:
    told = [
        amount(value) for value in (None, Decimal("0.00"), Decimal("32353500.00"), Decimal("-0.10"), Decimal("1E+3"))
    ]
    assert told == ["", "0", "32353500", "-0.10", "1000"]


def test_the_real_files_of_a_country_come_out_as_they_went_in(client: Client) -> None:
    names = ("fts_requirements_funding_afg", "fts_requirements_funding_cluster_afg", "fts_incoming_funding_afg")
    paths = [shared_path(f"fts/{name}.csv") for name in names]
    fts_files.run(*paths)

    def amounts(rows: list[dict[str, str]], *columns: str) -> Counter[tuple[str, ...]]:
        return Counter(tuple(row[column] for column in columns) for row in rows)

    for name, path, columns in zip(
        names,
        paths,
        (
            ("countryCode", "id", "code", "startDate", "endDate", "year", "requirements", "funding"),
            ("countryCode", "id", "clusterCode", "cluster", "requirements", "funding"),
            ("id", "amountUSD", "status", "destPlanId", "srcOrganization", "originalAmount", "originalCurrency",
             "decisionDate", "firstReportedDate", "flowType", "method", "keywords", "budgetYear"),
        ),
        strict=True,
    ):  # fmt: skip
        with path.open(encoding="utf-8-sig", newline="") as file:
            # An amount of 0 gives nothing, and is no contribution.
            given = [row for row in csv.DictReader(file) if row.get("amountUSD") != "0"]
        if columns[0] == "id":  # a flow that stands there twice is one
            given = [dict(cells) for cells in dict.fromkeys(tuple(row.items()) for row in given)]
        # Money outside any plan for several countries is in no file of one country.
        written = rows_of(client, name.replace("incoming_funding_afg", "incoming_funding_global"))
        written = [row for row in written if not row["id"].startswith("MLI-")]
        assert amounts(written, *columns) == amounts(given, *columns), name
