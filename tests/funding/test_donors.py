"""Donors across plans: what each gave by hand, what is not added, and what is not told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from funding.models import Contribution, Organization
from funding.selectors.donors import DonorList, DonorPage
from plans.models import Plan, Revision
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_plans,
    make_taxonomy,
)
from tests.funding.test_pages import count_queries, read

pytestmark = [pytest.mark.usefixtures("empty_module", "db"), pytest.mark.once]


@pytest.fixture
def donor() -> Organization:
    """A donor that gave 1,000 + 500 to one plan, 300 to another, pledged 70, and gave 44 outside any plan."""
    country = make_country(name="Donorland")
    donor = make_organization(code="donorland", name="Donorland, Government of", country=country)
    first = make_plan(code="FIRST-1", title="First plan", contributions=0)
    second = make_plan(
        code="SECOND-1", title="Second plan", contributions=0, countries=[make_country(), make_country()]
    )
    sector = first.revisions.get().taxonomy.sectors.order_by("order").first()
    gifts: tuple[dict[str, Any], ...] = (
        {"amount_usd": 1_000, "sector": sector, "earmarking": "earmarked"},
        {"amount_usd": 500, "decision_on": date(2023, 7, 1), "is_shared_across_sectors": True},
        {"amount_usd": 900, "review": "suspected"},
        {"amount_usd": 800, "flow": "internal"},
    )
    for gift in gifts:
        make_contribution(plan=first, donor=donor, **gift)
    make_contribution(plan=second, donor=donor, amount_usd=300, decision_on=None)
    make_contribution(plan=second, donor=donor, amount_usd=70, status="pledge")
    Contribution.objects.create(code="OUTSIDE-1", donor=donor, status="paid", amount_usd=44, country=country)
    return donor


@pytest.fixture
def others(donor: Organization) -> None:
    """Somebody who gave 200, somebody not named who gave 1,000, and somebody whose plan nobody sees."""
    plan = Plan.objects.get(code="FIRST-1")
    make_contribution(plan=plan, donor=make_organization(code="small", kind="ngo"), amount_usd=200)
    make_contribution(plan=plan, donor=None, amount_usd=1_000)
    hidden = Plan.objects.create(code="HIDDEN-1", kind="crp", title="Secret plan", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden, number=1)
    make_contribution(plan=hidden, donor=make_organization(code="shy", name="Shy donor"), amount_usd=5_000_000)
    make_contribution(plan=hidden, donor=donor, amount_usd=6_000_000)


def lines_of(query: str = "") -> list[tuple[str | None, Decimal | None, Decimal | None, int, Decimal | None]]:
    return [
        (
            line.organization.code if line.organization else None,
            line.figures.received_usd,
            line.figures.pledged_usd,
            line.figures.plans,
            line.share,
        )
        for line in DonorList(QueryDict(query)).lines
    ]


def test_donors_stand_by_what_they_gave_to_published_plans(others: None) -> None:
    """1,800 + 200 + 1,000 without a name: 3,000."""
    assert lines_of() == [
        ("donorland", 1_800, 70, 2, 60),
        ("small", 200, None, 1, Decimal("6.67")),
        (None, 1_000, None, 1, Decimal("33.33")),
    ]
    assert DonorList(QueryDict()).total.received_usd == 3_000


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("kind=ngo", ["small"]),
        ("kind=government", ["donorland"]),
        ("kind=government,ngo", ["donorland", "small"]),
        ("kind=pooled_fund", []),
    ],
)
def test_donors_by_kind(others: None, query: str, codes: list[str]) -> None:
    assert [code for code, *_rest in lines_of(query)] == codes


def test_donors_by_country(client: Client, others: None) -> None:
    iso3 = Organization.objects.get(code="donorland").country.iso3
    assert [code for code, *_rest in lines_of(f"country={iso3}")] == ["donorland"]
    assert [code for code, *_rest in lines_of(f"country={make_country().iso3}")] == []
    assert DonorList(QueryDict()).countries == [(iso3, "Donorland", False)]
    text = read(client, f"/donors/?country={iso3}")
    assert "Total of those chosen" in text
    assert "60.00\N{NO-BREAK SPACE}%" in text  # of everything on record, not of what is chosen


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("knd=ngo", "knd"),
        ("kind=bank", "kind"),
        ("country=ZZZ", "country"),
        ("page=2", "page"),
        ("is_donor=1", "is_donor"),
    ],
)
def test_an_address_that_cannot_be_used_is_400_and_named(client: Client, others: None, query: str, name: str) -> None:
    text = read(client, f"/donors/?{query}", 400)
    assert f"{name}:" in text
    assert "1,800" not in text


def test_nobody_hears_of_money_for_a_plan_that_is_not_published(client: Client, others: None) -> None:
    text = read(client, "/donors/")
    assert "Shy donor" not in text
    assert "6,001,800" not in text
    text = read(client, "/donors/shy/")
    assert "No contribution of it that counts for a published plan is on record." in text
    assert "5,000,000" not in text
    assert "6,000,000" not in read(client, "/donors/donorland/")


def test_a_donor_opens_in_every_way(donor: Organization) -> None:
    page = DonorPage(donor, QueryDict())
    found = {
        part.name: [(line.key.code or line.key.residual, line.figures.received_usd) for line in part.lines]
        for part in page.parts
    }
    country = Plan.objects.get(code="FIRST-1").countries.get().iso3
    assert found["decision_year"] == [(2023, 500), (2024, 1_000), ("not_specified", 300)]
    assert found["country"] == [(country, 1_500), ("several_countries", 300)]
    assert found["plan"] == [("FIRST-1", 1_500), ("SECOND-1", 300)]
    assert [amount for _code, amount in found["global_cluster"]] == [1_000, 500, 300]
    assert [code for code, _amount in found["global_cluster"]][1:] == ["shared", "not_specified"]
    assert [(line.key.residual, line.figures.received_usd, share) for line, share in page.earmarking] == [
        ("", 1_000, Decimal("55.56")),
        ("not_specified", 800, Decimal("44.44")),
    ]
    assert (page.total.received_usd, page.total.pledged_usd, page.total.plans) == (1_800, 70, 2)
    assert page.passed_on == 800


def test_money_outside_any_plan_is_not_added(client: Client, donor: Organization) -> None:
    text = read(client, "/donors/donorland/")
    assert "1,800" in text
    assert "1,844" not in text
    text = text.replace(" ", "")  # a term and its value side by side
    assert "Receivedoutsideanyplan1contribution44" in text
    assert "Passedoninsideplans:countedwhereitcamein800" in text
    titles = [(str(group.title), group.sum.amount_usd) for group in DonorPage(donor, QueryDict()).ledger.groups]
    assert titles == [
        ("Counted as received", 1_800),
        ("Pledged", 70),
        ("Passed on inside the plan", 800),
        ("Suspected duplicates", 900),
        ("Received outside any plan", 44),
    ]


def test_long_lists_are_cut_and_still_add_up(donor: Organization) -> None:
    for plan in make_plans(28, contributions=0):
        make_contribution(plan=plan, donor=donor, amount_usd=1)
    (by_plan,) = [part for part in DonorPage(donor, QueryDict()).parts if part.name == "plan"]
    assert (len(by_plan.lines), len(by_plan.others), by_plan.others_total.received_usd) == (25, 5, 5)
    shown = sum(line.figures.received_usd or 0 for line in by_plan.lines)
    assert shown + 5 == by_plan.breakdown.total.received_usd == 1_828


def test_plan_pages_lead_to_donors(client: Client, donor: Organization) -> None:
    for path in ("/plans/FIRST-1/", "/plans/FIRST-1/funding/"):
        assert 'href="/donors/donorland/"' in client.get(path).content.decode()
    page = client.get("/donors/donorland/").content.decode()
    assert 'href="/plans/FIRST-1/funding/?donor=donorland#contributions"' in page
    assert client.get("/plans/FIRST-1/funding/?donor=donorland").status_code == 200


def test_one_address_for_a_donor(client: Client, donor: Organization) -> None:
    answer = client.get("/donors/DonorLand/")
    assert (answer.status_code, answer["Location"]) == (302, "/donors/donorland/")
    assert "No organization has the code “nobody”." in read(client, "/donors/nobody/", 404)
    assert "Did you mean “part”" in read(client, "/donors/donorland/?prt=counted", 400)


def test_an_empty_site_says_so(client: Client) -> None:
    assert "No contribution to a published plan is on record yet." in read(client, "/donors/")
    make_organization(code="new")
    assert "No contribution of it that counts" in read(client, "/donors/new/")


@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_both_languages_answer(client: Client, donor: Organization, prefix: str) -> None:
    for path in ("/donors/", "/donors/donorland/"):
        page = client.get(f"{prefix}{path}").content.decode()
        assert page.count("<h1") == 1
        assert " style=" not in page


def test_pages_ask_as_often_for_12_plans_as_for_1(client: Client) -> None:
    taxonomy = make_taxonomy()
    few, many = make_organization(code="few"), make_organization(code="many")
    make_contribution(plan=make_plan(taxonomy=taxonomy, contributions=0), donor=few)
    alone = count_queries(client, "/donors/")
    for plan in make_plans(12, taxonomy=taxonomy, contributions=1):
        make_contribution(plan=plan, donor=many, sector=taxonomy.sectors.first(), recipient=make_organization())
    assert count_queries(client, "/donors/") == alone
    assert count_queries(client, "/donors/many/") - count_queries(client, "/donors/few/") in {0, 1}


# The same over the API


def test_the_api_opens_what_a_donor_gave(client: Client, donor: Organization) -> None:
    answer = client.get("/api/v1/organizations/donorland/rollup/?by=plan").json()
    assert answer["total"]["received_usd"] == "1800.00"
    assert (answer["total"]["requested_usd"], answer["total"]["gap_usd"]) == (None, None)
    assert [(row["plan"], row["received_usd"], row["pledged_usd"]) for row in answer["rows"]] == [
        ("FIRST-1", "1500.00", None),
        ("SECOND-1", "300.00", "70.00"),
    ]
    years = client.get("/api/v1/organizations/donorland/rollup/?by=decision_year").json()
    assert [(row["decision_year"], row["received_usd"]) for row in years["rows"]] == [
        (2023, "500.00"),
        (2024, "1000.00"),
    ]
    assert [row["residual"] for row in years["residuals"]] == ["not_specified"]
    refused = client.get("/api/v1/organizations/donorland/rollup/?by=framework")
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == ["by"]
