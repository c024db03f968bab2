"""What is not published is never told: not in a list, a rollup, a count, a filter, an error. Nor is personal data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from funding.models import Project, RelatedPlan
from plans.models import (
    Contact,
    Country,
    CountryProfile,
    Framework,
    Narrative,
    Objective,
    Outcome,
    Plan,
    PlanFamily,
    Revision,
)
from tests.api import ask, get, results, text_of
from tests.conftest import MaliPlans
from tests.factories import (
    add_objectives,
    add_projects,
    make_contribution,
    make_organization,
    make_plan,
    publish,
)
from tests.funding.test_api_columns import EXPANSIONS
from tests.funding.test_api_routes import DATA, LISTS, PLAN

SECRET = "Kept-Secret"
SECRET_CODE = "KEPT-SECRET"
SECRET_AMOUNT = "7654321.09"


def write_secrets(draft: Revision) -> None:
    """Fill a draft with words and amounts that are easy to find again."""
    add_objectives(draft, [Decimal(SECRET_AMOUNT)])
    add_projects(draft, [Decimal(SECRET_AMOUNT)])
    Objective.objects.filter(revision=draft).update(title=SECRET)
    Outcome.objects.filter(revision=draft).update(name=SECRET)
    Project.objects.filter(revision=draft).update(title=SECRET, code=SECRET_CODE, description=SECRET)
    Framework.objects.filter(revision=draft).update(name=SECRET, code=SECRET_CODE)
    Narrative.objects.create(revision=draft, section="vision", body=SECRET)
    request = draft.funding_requests.filter(breakdown="project").first()
    RelatedPlan.objects.create(revision=draft, funding_request=request, plan_family=PlanFamily.objects.first())


@pytest.fixture
def secrets(mali: MaliPlans) -> Plan:
    """Return a plan that was never published; Mali's newest has an open draft beside what is published."""
    draft = Revision.objects.create(
        plan=mali.crp_2025_2026, number=2, taxonomy=mali.crp_2025_2026.revisions.get().taxonomy, reason=SECRET
    )
    write_secrets(draft)
    plan = Plan.objects.create(code=SECRET_CODE, kind="crp", title=SECRET, start_year=2026, end_year=2026)
    plan.countries.set([Country.objects.get(iso3="MLI"), Country.objects.get(iso3="BFA")])
    write_secrets(Revision.objects.create(plan=plan, taxonomy=draft.taxonomy, stated_requested_usd=SECRET_AMOUNT))
    make_contribution(plan=plan, amount_usd=SECRET_AMOUNT, code=f"{SECRET_CODE}-1", framework_code=SECRET_CODE)
    return plan


CRAWLED = [
    *DATA.values(),
    *(f"{name}/?limit=1000&format={form}" for name in LISTS if name != "organizations" for form in ("json", "csv")),
    *(f"plans/{PLAN}/rollup/?by={by}" for by in ("framework", "objective", "sector", "project", "donor")),
    *(f"rollups/?by={by}" for by in ("country", "year", "kind", "framework", "sector", "donor", "region", "objective")),
    *(f"{name}/?limit=1000&expand={','.join(words)}" for name, words in EXPANSIONS.items()),
    f"plans/{PLAN}/?expand={','.join(EXPANSIONS['plans'])}",
    "terms/?limit=1000",
    "plans/?search=secret",
    "projects/?search=secret",
]


@pytest.mark.parametrize("address", CRAWLED)
def test_a_draft_is_never_told(secrets: Plan, address: str) -> None:
    told = text_of(ask(address)).lower()
    assert SECRET.lower() not in told
    assert SECRET_AMOUNT not in told


@pytest.mark.parametrize("part", ["", "rollup/?by=sector", "checks/"])
def test_a_plan_that_was_never_published_is_not_there(secrets: Plan, part: str) -> None:
    assert get(f"plans/{SECRET_CODE}/{part}", 404)["code"] == "not_found"
    assert "mean" not in get(f"plans/{SECRET_CODE.lower()}/{part}", 404)["detail"]


def test_a_draft_is_never_counted(secrets: Plan) -> None:
    assert get("plans/")["count"] == 3
    assert get("objectives/")["count"] == 3
    assert get("projects/")["count"] == 10
    assert get("contributions/")["count"] == 1
    assert get("rollups/?by=country")["total"]["requested_usd"] == "69713500.00"
    assert get("countries/MLI/")["plans_count"] == 3
    assert get("countries/BFA/")["plans_count"] == 0
    assert [row["iso3"] for row in results("countries/?has_plans=true")] == ["MLI"]
    assert get("organizations/?is_donor=true")["count"] == 0


@pytest.mark.parametrize(
    "address",
    [
        f"plans/?plan={SECRET_CODE}",
        f"plans/?framework={SECRET_CODE}",
        f"projects/?framework={SECRET_CODE}",
        f"contributions/?plan={SECRET_CODE}",
        f"contributions/?framework={SECRET_CODE}",
        f"rollups/?by=year&plan={SECRET_CODE}",
        f"contributions/{SECRET_CODE}-1/",
    ],
)
def test_a_draft_can_not_be_asked_for(secrets: Plan, address: str) -> None:
    there = get(address, 404 if address.endswith("/") else 400)
    nowhere = get(address.replace(SECRET_CODE, "NOWHERE"), 404 if address.endswith("/") else 400)
    assert json.dumps(there, ensure_ascii=False).replace(SECRET_CODE, "NOWHERE") == json.dumps(
        nowhere, ensure_ascii=False
    )


def test_what_was_superseded_is_replaced_and_not_added(empty_database: None) -> None:
    plan = make_plan(requested_usd="100.00", start_year=2024, code="TWICE", contributions=0)
    first = plan.revisions.get()
    first.status = Revision.Status.SUPERSEDED
    first.superseded_at = datetime(2024, 6, 1, tzinfo=UTC)
    first.save()
    second = Revision.objects.create(plan=plan, number=2, taxonomy=first.taxonomy, stated_requested_usd="250.00")
    add_objectives(second, [Decimal("250.00")])
    second.published_at = datetime(2024, 6, 1, tzinfo=UTC)
    publish(second)
    assert [(row["revision"], row["requested_usd"]) for row in results("plans/")] == [(2, "250.00")]
    assert [(row["revision"], row["requested_usd"]) for row in results("objectives/")] == [(2, "250.00")]
    assert results("projects/") == []
    assert get("rollups/?by=year")["total"]["requested_usd"] == "250.00"
    assert get("plans/TWICE/")["projects"] == []


@pytest.mark.once
@pytest.mark.parametrize("address", [*DATA.values(), "rollups/?by=donor", "organizations/?format=csv"])
@pytest.mark.parametrize("is_public", [True, False])
def test_personal_data_is_never_told(mali: MaliPlans, address: str, is_public: bool) -> None:
    profile = CountryProfile.objects.get(country__iso3="MLI")
    Contact.objects.create(profile=profile, kind=Contact.Kind.PERSON, value="Awa Personne", is_public=is_public)
    Contact.objects.create(profile=profile, kind=Contact.Kind.TELEPHONE, value="+223 00 00 00 00", is_public=is_public)
    told = text_of(ask(address))
    for contact in Contact.objects.all():
        assert contact.value not in told


def test_a_donor_of_a_published_plan_is_a_donor(mali: MaliPlans) -> None:
    make_organization(code="giver")
    make_contribution(plan=mali.compendium_2017, donor=make_organization(code="real-giver"))
    assert [row["code"] for row in results("organizations/?is_donor=true")] == ["real-giver"]
    assert "real-giver" not in [row["code"] for row in results("organizations/?is_donor=false")]
