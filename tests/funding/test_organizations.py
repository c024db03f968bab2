"""An organization on one page in two roles: what it gives, and what it receives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from funding.models import Organization
from funding.selectors.donors import ReceiverPage
from plans.models import Plan
from tests.factories import make_contribution, make_organization, make_plan
from tests.funding.test_pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def agency() -> Organization:
    return make_organization(code="agency", name="Agency")


@pytest.fixture
def plan() -> Plan:
    return make_plan(code="PLAN-1", requested_usd=10_000, contributions=0)


def give(plan: Plan, agency: Organization, amount: int, **fields: Any) -> None:
    make_contribution(plan=plan, recipient=agency, amount_usd=amount, **fields)


def test_what_it_receives_is_what_counts_in_published_plans(agency: Organization, plan: Plan) -> None:
    first, second = make_organization(code="first", name="First"), make_organization(code="second", name="Second")
    give(plan, agency, 300, donor=first)
    give(plan, agency, 50, donor=first, status="pledge")
    give(plan, agency, 700, donor=second, decision_on=date(2024, 5, 1))
    give(plan, agency, 40, donor=None)
    give(plan, agency, 5_000, donor=second, flow="internal")
    give(plan, agency, 6_000, donor=second, review="merged")
    withdrawn = make_plan(contributions=0)
    withdrawn.revisions.update(status="superseded", superseded_at=datetime(2024, 6, 1, tzinfo=UTC))
    give(withdrawn, agency, 7_000, donor=first)
    give(plan, make_organization(), 8_000, donor=first)
    page = ReceiverPage(agency)
    assert (page.total.received_usd, page.total.pledged_usd, page.total.plans) == (1_040, 50, 1)
    assert page.passed_to == 5_000
    by_donor, by_plan = page.parts
    assert [(line.key.code, line.figures.received_usd) for line in by_donor.lines] == [
        ("second", Decimal("700.00")),
        ("first", Decimal("300.00")),
        (None, Decimal("40.00")),
    ]
    assert [(line.key.code, line.figures.received_usd) for line in by_plan.lines] == [("PLAN-1", Decimal("1040.00"))]


def test_both_roles_stand_on_both_addresses(client: Client, agency: Organization, plan: Plan) -> None:
    make_contribution(plan=plan, donor=agency, amount_usd=111)
    give(plan, agency, 222, donor=make_organization(name="Another giver"))
    for address in ("/organizations/agency/", "/donors/agency/"):
        text = read(client, address)
        assert "It gave USD 111 to 1 published plan. It received USD 222 for its part in 1 plan." in text
        assert "What it receives" in text
        assert "Another giver" in text
        page = client.get(address).content.decode()
        assert '<link rel="canonical" href="http://testserver/organizations/agency/">' in page


def test_one_that_neither_gives_nor_receives_says_so(client: Client, agency: Organization) -> None:
    text = read(client, "/organizations/agency/")
    assert "No contribution of it to a published plan is on record." in text
    assert "What it receives" not in text


def test_a_code_in_capitals_leads_on_and_an_unknown_one_is_not_there(client: Client, agency: Organization) -> None:
    answer = client.get("/organizations/AGENCY/")
    assert (answer.status_code, answer["Location"]) == (302, "/organizations/agency/")
    assert client.get("/organizations/nobody/").status_code == 404
    assert client.get("/organizations/%00/").status_code == 404


@pytest.mark.parametrize(
    "query", ["?donor=x", "?page=-1", "?page=999", "?part=<script>", f"?{'x' * 10_000}=1", "?as_of=2"]
)
def test_an_address_that_cannot_be_used_says_why(client: Client, agency: Organization, query: str) -> None:
    answer = client.get("/organizations/agency/" + query)
    assert answer.status_code in {400, 404}
    assert "<script>" not in answer.content.decode().replace("<script defer src=", "")


def test_many_givers_cost_no_more_queries_than_one(client: Client, agency: Organization, plan: Plan) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/organizations/agency/").status_code == 200
        return len(captured)

    give(plan, agency, 1, donor=make_organization())
    few = queries()
    for _number in range(20):
        give(make_plan(contributions=0), agency, 1, donor=make_organization())
    assert queries() == few
