"""Filters of the API: each keeps what it should, and leaves out a row that must not come."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from django.utils import timezone

from funding.models import Contribution, Project, ReportedFunding
from plans.models import Country, Plan
from sectors.models import Sector
from tests.api import get, results
from tests.conftest import MaliPlans
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    make_taxonomy,
)

COMPENDIUM, CRP_2021, CRP_2025 = "MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"


@pytest.fixture
def other(mali: MaliPlans) -> Plan:
    """Return a plan that differs from Mali's in everything: what must not come when Mali's are asked for."""
    return make_plan(
        code="OTHER",
        kind=Plan.Kind.FLASH_APPEAL,
        countries=[make_country(iso3="QQQ")],
        start_year=2010,
        end_year=2011,
        requested_usd="1000.00",
        contributions=0,
        projects=0,
    )


def codes(query: str) -> set[str]:
    return {row["code"] for row in results(f"plans/?{query}")}


@pytest.mark.parametrize(
    ("query", "inside"),
    [
        ("country=MLI", {COMPENDIUM, CRP_2021, CRP_2025}),
        ("country=mli", {COMPENDIUM, CRP_2021, CRP_2025}),
        ("country=QQQ", {"OTHER"}),
        ("country=BFA", set()),
        ("region=002", {COMPENDIUM, CRP_2021, CRP_2025}),
        ("region=011", {COMPENDIUM, CRP_2021, CRP_2025}),
        ("region=142", set()),
        ("kind=compendium", {COMPENDIUM}),
        ("kind=CRP", {CRP_2021, CRP_2025}),
        ("kind=compendium,flash_appeal", {COMPENDIUM, "OTHER"}),
        ("kind=compendium&kind=flash_appeal", {COMPENDIUM, "OTHER"}),
        ("plan=MLI-CRP-2021,OTHER", {CRP_2021, "OTHER"}),
        ("year=2026", {CRP_2025}),
        ("year=2017", {COMPENDIUM}),
        ("year=2010", {"OTHER"}),
        ("year=2011", {"OTHER"}),
        ("year=2012", set()),
        ("year_min=2021", {CRP_2021, CRP_2025}),
        ("year_max=2017", {COMPENDIUM, "OTHER"}),
        ("year_min=2011&year_max=2017", {COMPENDIUM, "OTHER"}),
        ("year_min=2012&year_max=2016", set()),
        ("framework=HRP", {COMPENDIUM}),
        ("framework=hrp,MCOF", {COMPENDIUM}),
        ("sector=SHELTER", {CRP_2025}),
        ("sector=shelter", {CRP_2025}),
        ("sector=IOM-2025/WASH", {CRP_2025}),
        ("sector=COMPENDIUM-2017/WASH", {COMPENDIUM}),
        ("sector=WASH", {COMPENDIUM, CRP_2025}),
        ("global_cluster=SHL", {COMPENDIUM, CRP_2025}),
        ("global_cluster=CCM", {CRP_2025}),
        ("global_cluster=CCM,ERY", {COMPENDIUM, CRP_2025}),
        ("reported=true", {COMPENDIUM, "OTHER"}),
        ("reported=false", {CRP_2021, CRP_2025}),
        ("percent_funded_min=0.3", {COMPENDIUM}),
        ("percent_funded_min=0.31", set()),
        ("percent_funded_max=0.3", {COMPENDIUM, "OTHER"}),
        ("percent_funded_max=0.29", {"OTHER"}),
        ("percent_funded_min=0&percent_funded_max=0", {"OTHER"}),
        ("requested_min=32353500", {CRP_2025, COMPENDIUM}),
        ("requested_min=32353500.01", {COMPENDIUM}),
        ("requested_max=32353500", {CRP_2025, "OTHER"}),
        ("requested_max=32353499.99", {"OTHER"}),
        ("gap_min=37247450", {COMPENDIUM}),
        ("gap_min=37247450.01", set()),
        ("gap_min=1000", {COMPENDIUM, "OTHER"}),
        ("country=MLI&kind=crp&year=2021", {CRP_2021}),
        ("search=mali&reported=false", {CRP_2021, CRP_2025}),
    ],
)
def test_plans(other: Plan, query: str, inside: set[str]) -> None:
    assert codes("") == {COMPENDIUM, CRP_2021, CRP_2025, "OTHER"}
    assert codes(query) == inside
    assert get(f"plans/?{query}")["count"] == len(inside)


def test_plans_by_when_they_changed(other: Plan) -> None:
    # Mali's plans came out in 2017, 2021 and 2025, the other in January 2010.
    assert codes("updated_since=2025-01-01") == {CRP_2025}
    assert codes("updated_since=2025-04-17T00:00:00Z") == {CRP_2025}
    assert codes("updated_since=2025-04-17T00:00:01Z") == set()
    assert codes("updated_since=2025-04-17T02:00:00%2B02:00") == {CRP_2025}
    assert codes("updated_since=2025-04-17T02:00:01+02:00") == set()  # a + as programs forget to write it
    late = make_contribution(plan=other)
    Contribution.objects.filter(pk=late.pk).update(updated_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert codes("updated_since=2025-05-01") == {"OTHER"}
    total = make_reported_funding(plan=other)
    ReportedFunding.objects.filter(pk=total.pk).update(created_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert codes("updated_since=2025-06-15") == {"OTHER"}
    assert codes("updated_since=2025-07-01T00:00:01Z") == set()


def test_a_plan_whose_money_is_deleted_has_changed(other: Plan, history: None) -> None:
    """Its figures are others: who goes by updated_since would keep the old ones for good."""
    gift, total = make_contribution(plan=other), make_reported_funding(plan=other)
    seen: list[str] = []
    for money in (gift, total):
        before = timezone.now()
        assert codes(f"updated_since={before:%Y-%m-%dT%H:%M:%S.%fZ}") == set()
        money.delete()
        assert codes(f"updated_since={before:%Y-%m-%dT%H:%M:%S.%fZ}") == {"OTHER"}
        (row,) = results("plans/?search=OTHER&fields=code,updated_at")
        assert row["updated_at"] >= before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert get("plans/OTHER/")["updated_at"] == row["updated_at"]
        seen.append(row["updated_at"])
    assert seen == sorted(seen)


def test_a_plan_for_two_countries_is_listed_once(mali: MaliPlans) -> None:
    make_plan(code="BOTH", countries=[Country.objects.get(iso3="BFA"), Country.objects.get(iso3="NER")])
    assert [row["code"] for row in results("plans/?country=BFA,NER")] == ["BOTH"]
    assert [row["code"] for row in results("plans/?region=011&year=2024")] == ["BOTH"]
    assert results("plans/?country=BFA")[0]["countries"] == ["BFA", "NER"]


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("objectives/?plan=MLI-CRP-2025-2026", 3),
        ("objectives/?plan=OTHER", 2),
        ("objectives/?number=1", 2),
        ("objectives/?number=3", 1),
        ("objectives/?country=MLI&number=2", 1),
        ("objectives/?search=displacement", 1),
        ("outcomes/?objective=3", 4),
        ("outcomes/?objective=2&country=QQQ", 2),
        ("outcomes/?search=suffering", 1),
        ("outcomes/?year=2026", 10),
        ("projects/?framework=MCOF", 4),
        ("projects/?framework=HRP", 6),
        ("projects/?sector=COMPENDIUM-2017/PROTECTION", 2),
        ("projects/?global_cluster=SHL", 1),
        ("projects/?search=trafficking persons", 1),
        ("projects/?kind=crp", 0),
        ("funding-requests/?breakdown=sector&plan=MLI-CRP-2025-2026", 18),
        ("funding-requests/?breakdown=objective&country=MLI", 3),
        ("funding-requests/?breakdown=framework", 2),
        ("funding-requests/?breakdown=project", 10),
        ("funding-requests/?sector=IOM-2025/WASH", 1),
        ("funding-requests/?global_cluster=SHL", 1),
        ("funding-requests/?is_priority=true", 5),
        ("funding-requests/?is_priority=false&breakdown=sector&country=MLI", 13),
        ("funding-requests/?amount_min=12000000&breakdown=project", 1),
        ("funding-requests/?amount_min=12000000.01&breakdown=project", 0),
        ("funding-requests/?amount_max=500&country=QQQ", 4),
        ("funding-requests/?amount_max=499.99&country=QQQ", 0),
        ("funding-requests/?search=hygiene", 1),
        ("contributions/?plan=MLI-COMPENDIUM-2017", 1),
        ("contributions/?plan=OTHER", 0),
        ("contributions/?framework=HRP", 1),
        ("contributions/?framework=MCOF", 0),
        ("contributions/?sector=SHELTER_NFI", 1),
        ("contributions/?sector=HEALTH", 0),
        ("contributions/?country=QQQ", 0),
        ("contributions/?search=MLI-2017", 1),
    ],
)
def test_rows_of_plans(other: Plan, address: str, count: int) -> None:
    assert get(address)["count"] == count


@pytest.fixture
def gifts(mali: MaliPlans) -> dict[str, Contribution]:
    """Return two contributions that differ in everything that can be asked for."""
    sector = Sector.objects.get(taxonomy__code="COMPENDIUM-2017", code="HEALTH")
    first = make_contribution(
        plan=mali.compendium_2017,
        code="FIRST",
        donor=make_organization(code="donor-1", name="Élan"),
        status=Contribution.Status.PLEDGE,
        earmarking=Contribution.Earmarking.SOFTLY,
        decision_on=date(2017, 5, 1),
        sector=sector,
        grant_reference="GRANT-77",
    )
    second = make_contribution(
        plan=mali.crp_2025_2026,
        code="SECOND",
        donor=make_organization(code="donor-2"),
        status=Contribution.Status.COMMITMENT,
        earmarking=Contribution.Earmarking.TIGHTLY,
        decision_on=date(2017, 5, 2),
    )
    moments = {first: datetime(2025, 1, 1, tzinfo=UTC), second: datetime(2025, 2, 1, tzinfo=UTC)}
    for gift, moment in moments.items():
        Contribution.objects.filter(pk=gift.pk).update(updated_at=moment)
    return {"FIRST": first, "SECOND": second}


@pytest.mark.parametrize(
    ("query", "inside"),
    [
        ("donor=donor-1", {"FIRST"}),
        ("donor=DONOR-1,donor-2", {"FIRST", "SECOND"}),
        ("status=pledge", {"FIRST"}),
        ("status=commitment", {"SECOND"}),
        ("status=paid", {"MLI-2017-0001"}),
        ("earmarking=softly_earmarked", {"FIRST"}),
        ("sector=COMPENDIUM-2017/HEALTH", {"FIRST"}),
        ("decided_since=2017-05-02", {"SECOND"}),
        ("decided_until=2017-05-01", {"FIRST"}),
        ("decided_since=2017-05-01&decided_until=2017-05-02", {"FIRST", "SECOND"}),
        ("updated_since=2025-01-15", {"SECOND"}),
        ("year=2025", {"SECOND"}),
        ("search=GRANT-77", {"FIRST"}),
        ("search=élan", {"FIRST"}),
    ],
)
def test_contributions(gifts: dict[str, Contribution], query: str, inside: set[str]) -> None:
    everything = {row["code"] for row in results("contributions/")}
    assert everything == {"MLI-2017-0001", "FIRST", "SECOND"}
    assert {row["code"] for row in results(f"contributions/?{query}")} == inside


def test_a_contribution_shows_all_that_is_known_of_it(mali: MaliPlans) -> None:
    make_contribution(
        plan=mali.compendium_2017,
        code="EUROS",
        amount_usd="1100.55",
        original_amount="1000.50",
        original_currency="EUR",
        exchange_rate="0.90909091",
        exchange_rate_on=date(2017, 3, 1),
        decision_on=date(2017, 3, 2),
        earmarking=Contribution.Earmarking.EARMARKED,
        is_new_money=False,
        framework_code="HRP",
        project_code="MLI-2017-HRP-01",
        external_scheme="fts",
        external_id="4711",
        donor=make_organization(code="eu", name="European Union"),
    )
    shown = get("contributions/EUROS/")
    assert {name: shown[name] for name in shown if name != "updated_at"} == {
        "code": "EUROS",
        "plan": COMPENDIUM,
        "country": None,
        "donor": "eu",
        "donor_name": "European Union",
        "recipient": None,
        "recipient_name": None,
        "status": "paid",
        "steps": [],
        "flow": "incoming",
        "parent": None,
        "is_counted": True,
        "amount_usd": "1100.55",
        "counted_usd": "1100.55",
        "pledged_usd": None,
        "amount_basis": "given",
        "original_amount": "1000.50",
        "original_currency": "EUR",
        "exchange_rate": "0.90909091",
        "exchange_rate_on": "2017-03-01",
        "exchange_rate_source": None,
        "is_in_kind": False,
        "decision_on": "2017-03-02",
        "reported_on": None,
        "usage_year": None,
        "earmarking": "earmarked",
        "is_new_money": False,
        "framework": "HRP",
        "objective": None,
        "sector": None,
        "is_shared_across_sectors": False,
        "project": "MLI-2017-HRP-01",
        "grant_reference": None,
        "external_scheme": "fts",
        "external_id": "4711",
        "source": None,
        "source_line": None,
        "review": "clear",
        "duplicate_of": None,
        "note": None,
    }
    # A project has received what names it: 1,100.55 to the first, 112,550 to the sixth, nothing to the others.
    received = {row["code"]: row["received_usd"] for row in results("projects/?framework=HRP")}
    assert received["MLI-2017-HRP-01"] == "1100.55"
    assert received["MLI-2017-HRP-06"] == "112550.00"
    assert received["MLI-2017-HRP-02"] == "0.00"


def test_a_project_of_a_plan_that_reports_nothing_has_received_null(empty_database: None) -> None:
    plan = make_plan(reports_funding=False, contributions=0)
    assert {row["received_usd"] for row in results("projects/")} == {None}
    make_contribution(plan=plan, status=Contribution.Status.PLEDGE)
    assert {row["received_usd"] for row in results("projects/")} == {None}
    make_contribution(plan=plan, amount_usd="7.00", project_code=Project.objects.first().code)
    assert sorted(row["received_usd"] for row in results("projects/")) == ["0.00", "7.00"]


def test_rows_lead_to_the_lists_they_name(mali: MaliPlans) -> None:
    """A program that joins the lists by their codes loses no row."""
    sectors = {row["sector"] for row in results("sectors/?limit=1000")}
    named = [row["sector"] for row in results("funding-requests/?limit=1000") + results("projects/") if row["sector"]]
    assert len(named) == 28
    assert set(named) <= sectors
    plans = {row["code"] for row in results("plans/")}
    for name in ("objectives", "outcomes", "projects", "funding-requests", "contributions"):
        assert {row["plan"] for row in results(f"{name}/")} <= plans
    countries = {row["iso3"] for row in results("countries/?limit=1000")}
    assert {code for row in results("plans/") for code in row["countries"]} <= countries


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("objectives/?ordering=-people_targeted", {"number": 1}),
        ("objectives/?ordering=requested_usd", {"number": 3}),
        ("outcomes/?ordering=-share_percent", {"code": "1a"}),
        ("projects/?ordering=-requested_usd", {"code": "MLI-2017-MCOF-01"}),
        ("projects/?ordering=-received_usd", {"code": "MLI-2017-HRP-06"}),
        ("funding-requests/?ordering=-amount_usd", {"project": None, "framework": "MCOF"}),
        ("funding-requests/?breakdown=sector&ordering=amount_usd", {"amount_usd": "500000.00"}),
        ("contributions/?ordering=-amount_usd", {"code": "MLI-2017-0001"}),
        ("organizations/?ordering=-code", {"code": "iom"}),
    ],
)
def test_orders(mali: MaliPlans, address: str, first: dict[str, object]) -> None:
    row = results(address)[0]
    assert {name: row[name] for name in first} == first


def test_an_organization_by_kind_and_country(mali: MaliPlans) -> None:
    make_organization(code="home", country=Country.objects.get(iso3="MLI"), kind="ngo")
    assert [row["code"] for row in results("organizations/?country=mli")] == ["home"]
    assert [row["code"] for row in results("organizations/?kind=ngo")] == ["home"]
    assert [row["code"] for row in results("organizations/?kind=un_agency")] == ["iom"]
    assert [row["code"] for row in results(f"organizations/?search={quote('internacional')}")] == ["iom"]
    assert get("organizations/iom/")["identifiers"] == ["iati:XM-DAC-47066"]


def test_a_taxonomy_of_plans_of_one_code_only(mali: MaliPlans) -> None:
    """A code that two taxonomies share finds both; with its taxonomy before it, one."""
    taxonomy = make_taxonomy(sectors=0, code="Mixed-Case")
    Sector.objects.create(taxonomy=taxonomy, code="WASH", name="Water")
    assert len(results("sectors/?search=water&taxonomy=MIXED-case")) == 1
    assert codes("sector=mixed-case/wash") == set()
