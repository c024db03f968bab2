"""Every filter of plans and of their rows: one that must return, one that must not, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from crp.common.filters import StrictFilterSet
from funding.filters import (
    ContributionFilter,
    FundingRequestFilter,
    ObjectiveFilter,
    OrganizationFilter,
    OutcomeFilter,
    PlanFilter,
    ProjectFilter,
)
from funding.models import Contribution, FundingRequest, Organization, Project
from funding.rollups import with_figures
from plans.models import Country, Framework, Objective, Outcome, Plan, Region, Revision
from sectors.models import Crosswalk, Sector
from tests.factories import make_contribution, make_country, make_organization, make_plan, make_taxonomy

CHANGED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def make_world() -> SimpleNamespace:
    """Two plans that differ in everything: IN of 2024-2025, 1,000 with 300 received; OUT of 2021, 500, not reported."""
    west = Region.objects.create(code="011", name="West", parent=Region.objects.create(code="002", name="Africa"))
    europe = Region.objects.create(code="150", name="Europe")
    inside = make_taxonomy(code="LIST-A", sectors=2)
    outside = make_taxonomy(code="LIST-B", sectors=2)
    for taxonomy, code in ((inside, "WASH"), (outside, "HEALTH")):
        first = taxonomy.sectors.order_by("order").first()
        Sector.objects.filter(pk=first.pk).update(code=code)
        Sector.objects.filter(mapped_sectors__sector=first).update(code=f"GC-{code}")
    made = SimpleNamespace(
        donor=make_organization(code="donor-in", country=Country.objects.first()),
        inside=make_plan(
            code="IN", kind="crp", start_year=2024, end_year=2025, requested_usd=1_000, taxonomy=inside,
            countries=[make_country(region=west, iso3="QAA"), make_country(region=west, iso3="QAB")], contributions=0,
            revision={"people_targeted": 9_000},
        ),
        outside=make_plan(
            code="OUT", kind="rrp", start_year=2021, requested_usd=500, taxonomy=outside, contributions=0,
            countries=[make_country(region=europe, iso3="QBA")], reports_funding=False,
            revision={"people_targeted": 500},
        ),
    )  # fmt: skip
    Framework.objects.filter(revision__plan=made.outside).update(code="RRP")
    make_contribution(plan=made.inside, amount_usd=300, donor=made.donor)
    Contribution.objects.update(updated_at=CHANGED)
    return made


pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world), pytest.mark.usefixtures("world")]


def plans(query: str) -> list[str]:
    filters = PlanFilter(QueryDict(query), queryset=with_figures(Plan.objects.in_force()).order_by("code"))
    assert filters.problems() == {}
    return [plan.code for plan in filters.qs]


ONLY_IN = [
    "plan=IN", "plan=in", "country=QAA", "country=qaa", "country=QAA,QAB", "region=011", "region=002",
    "kind=crp", "year=2024", "year=2025", "year_min=2022", "year_min=2025", "framework=HRP", "framework=hrp",
    "sector=WASH", "sector=wash", "sector=LIST-A/WASH", "sector=list-a/wash", "global_cluster=GC-WASH",
    "global_cluster=gc-wash", "reported=true", "reported=1", "percent_funded_min=30", "percent_funded_min=29.99",
    "percent_funded_max=30", "requested_min=500.01", "requested_min=1000", "gap_min=700", "gap_min=699.99",
    "updated_since=2024-05-01T12:00:00Z", "updated_since=2024-01-24", "kind=crp&year=2024&country=QAB",
    "people_targeted_min=9000", "people_targeted_min=501", "people_targeted_min=501&people_targeted_max=9000",
]  # fmt: skip
ONLY_OUT = [
    "plan=OUT", "country=QBA", "region=150", "kind=rrp", "year=2021", "year_max=2023", "year_max=2021",
    "framework=RRP", "sector=HEALTH", "sector=LIST-B/HEALTH", "global_cluster=GC-HEALTH", "reported=false",
    "requested_max=999.99", "requested_max=500", "people_targeted_max=500", "people_targeted_max=8999",
]  # fmt: skip
BOTH = [
    "", "plan=IN,OUT", "plan=IN&plan=OUT", "country=QAA,QBA", "country=qaa&country=qba", "region=011,150",
    "kind=crp,rrp", "kind=crp&kind=rrp", "framework=HRP,RRP", "sector=WASH,HEALTH", "sector=WASH&sector=HEALTH",
    "global_cluster=GC-WASH,GC-HEALTH", "year_min=2021", "year_max=2024", "requested_min=500", "requested_max=1000",
    "country=", "kind=", "year=", "sector=", "reported=", "updated_since=2021-01-24T12:00:00Z",
]  # fmt: skip
NONE = [
    "year=2023", "year_min=2026", "year_max=2020", "requested_min=1000.01", "requested_max=499.99", "gap_min=700.01",
    "percent_funded_min=30.01", "percent_funded_max=29.99", "kind=crp&year=2021", "country=QAA&country=QAB&kind=rrp",
    "updated_since=2024-05-01T12:00:01Z", "plan=IN&region=150", "people_targeted_min=9001", "people_targeted_max=499",
]  # fmt: skip


@pytest.mark.parametrize("query", ONLY_IN)
def test_only_the_plan_that_fits_is_returned(world: SimpleNamespace, query: str) -> None:
    assert plans(query) == ["IN"]


@pytest.mark.parametrize("query", ONLY_OUT)
def test_only_the_other_plan_is_returned(world: SimpleNamespace, query: str) -> None:
    assert plans(query) == ["OUT"]


@pytest.mark.parametrize("query", BOTH)
def test_several_values_are_added_up_and_an_empty_one_asks_for_nothing(world: SimpleNamespace, query: str) -> None:
    assert plans(query) == ["IN", "OUT"]


@pytest.mark.parametrize("query", NONE)
def test_a_plan_that_does_not_fit_is_not_returned(world: SimpleNamespace, query: str) -> None:
    assert plans(query) == []


def test_every_filter_of_plans_is_tested_both_ways() -> None:
    named = {part.partition("=")[0] for query in (*ONLY_IN, *ONLY_OUT) for part in query.split("&")}
    assert set(PlanFilter.base_filters) == named


def test_a_filter_by_figures_leaves_out_what_is_not_known(world: SimpleNamespace) -> None:
    """The funding of OUT is not reported: it is neither above nor below any percentage or gap."""
    for query in ("percent_funded_min=0", "percent_funded_max=100", "gap_min=0", "percent_funded_max=0"):
        assert "OUT" not in plans(query)


def test_a_plan_that_states_no_people_targets_neither_many_nor_none(world: SimpleNamespace) -> None:
    make_plan(code="NOBODY", revision={"people_targeted": None})
    make_plan(code="ZERO", revision={"people_targeted": 0})
    assert plans("people_targeted_min=0") == ["IN", "OUT", "ZERO"]
    assert plans("people_targeted_max=0") == ["ZERO"]
    assert plans("people_targeted_max=1000000000000") == ["IN", "OUT", "ZERO"]


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "1e9", "9" * 30, "9" * 5_000])
@pytest.mark.parametrize("name", ["people_targeted_min", "people_targeted_max"])
def test_people_are_whole_numbers_that_there_can_be(name: str, value: str) -> None:
    filters = PlanFilter(QueryDict(f"{name}={value}"), queryset=with_figures(Plan.objects.in_force()))
    assert list(filters.problems()) == [name]


def test_a_plan_that_asks_by_global_cluster_is_found_by_it(world: SimpleNamespace) -> None:
    cluster = Sector.objects.get(code="GC-WASH")
    plan = make_plan(code="BY-CLUSTER", sectors=0, projects=0, requested_usd=700)
    FundingRequest.objects.create(
        revision=plan.revisions.get(), breakdown="global_cluster", sector=cluster, amount_usd=Decimal(700)
    )
    assert plans("global_cluster=GC-WASH") == ["BY-CLUSTER", "IN"]
    assert plans("sector=WASH") == ["IN"]


def test_a_plan_without_a_requirement_is_not_one_of_zero(world: SimpleNamespace) -> None:
    make_plan(code="NIL", requested_usd=None, contributions=0)
    assert "NIL" in plans("")
    assert "NIL" not in plans("requested_min=0")
    assert "NIL" not in plans("requested_max=0")


def test_a_gap_in_cents_is_met_exactly(world: SimpleNamespace) -> None:
    make_contribution(plan=world.inside, amount_usd="0.10")
    assert plans("gap_min=699.90") == ["IN"]
    assert plans("gap_min=699.91") == []
    assert plans("percent_funded_min=30.01&percent_funded_max=30.01") == ["IN"]


def test_sectors_are_found_through_the_projects_of_a_plan_as_well(world: SimpleNamespace) -> None:
    FundingRequest.objects.filter(breakdown="sector").delete()
    assert plans("sector=WASH") == ["IN"]
    assert plans("global_cluster=GC-HEALTH") == ["OUT"]
    Crosswalk.objects.all().delete()
    assert plans("global_cluster=GC-WASH") == []


def test_filters_look_at_the_revision_in_force_only(world: SimpleNamespace) -> None:
    draft = Revision.objects.create(plan=world.outside, number=2)
    Framework.objects.create(revision=draft, code="HRP", name="Draft")
    sector = Sector.objects.get(code="WASH")
    FundingRequest.objects.create(revision=draft, breakdown="sector", sector=sector, amount_usd=1)
    assert plans("framework=HRP") == ["IN"]
    assert plans("sector=WASH") == ["IN"]


def test_a_plan_stands_once_in_a_list(world: SimpleNamespace) -> None:
    """Also where two of its countries, sectors or projects fit."""
    for query in ("country=QAA,QAB", "region=002,011", "framework=HRP", "sector=WASH&global_cluster=GC-WASH"):
        assert plans(query) == ["IN"]


@pytest.mark.parametrize(
    ("query", "name", "quoted"),
    [
        ("plan=NOPE", "plan", "“NOPE”"), ("country=XXX,QAA", "country", "“XXX”"), ("region=999", "region", "“999”"),
        ("kind=crp,plan", "kind", "“plan”"), ("framework=MCOF", "framework", "“MCOF”"),
        ("sector=LIST-B/WASH", "sector", "“LIST-B/WASH”"), ("global_cluster=NOPE", "global_cluster", "“NOPE”"),
        ("global_cluster=WASH", "global_cluster", "“WASH”"),  # a sector of a plan is no cluster
        ("year=abc", "year", "2025"), ("year_min=20.5", "year_min", "2025"), ("reported=maybe", "reported", "true"),
        ("requested_min=lots", "requested_min", ""), ("gap_min=1,000", "gap_min", ""),
        ("percent_funded_min=30.005", "percent_funded_min", "2"), ("updated_since=soon", "updated_since", ""),
        ("contry=QAA", "contry", "country"), ("percent_min=3", "percent_min", "percent_funded_min"),
        ("country=%00", "country", ""), ("sector=%00", "sector", ""), ("framework=%00", "framework", ""),
        ("plan=%00", "plan", ""), ("requested_min=1e40", "requested_min", ""),
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_named(world: SimpleNamespace, query: str, name: str, quoted: str) -> None:
    filters = PlanFilter(QueryDict(query), queryset=with_figures(Plan.objects.in_force()))
    problems = filters.problems()
    assert list(problems) == [name]
    assert quoted in problems[name][0]


def test_a_framework_of_drafts_is_not_known(world: SimpleNamespace) -> None:
    draft = Revision.objects.create(plan=world.inside, number=2)
    Framework.objects.create(revision=draft, code="MCOF", name="Draft")
    filters = PlanFilter(QueryDict("framework=MCOF"), queryset=with_figures(Plan.objects.in_force()))
    assert list(filters.problems()) == ["framework"]


def rows(filter_set: type[StrictFilterSet], query: str) -> set[str]:
    queryset = filter_set._meta.model._default_manager.all()
    filters = filter_set(QueryDict(query), queryset=queryset)
    assert filters.problems() == {}
    found = list(filters.qs)
    assert len({item.pk for item in found}) == len(found)
    return {plan_of(item) for item in found}


def plan_of(item: Any) -> str:
    return item.plan.code if isinstance(item, Contribution) else item.revision.plan.code


OF_PLAN = ["plan=IN", "country=QAA,QAB", "region=002", "kind=crp", "year=2025", "year_min=2022"]


@pytest.mark.parametrize("query", OF_PLAN)
@pytest.mark.parametrize(
    "filter_set", [ObjectiveFilter, OutcomeFilter, ProjectFilter, FundingRequestFilter, ContributionFilter]
)
def test_rows_are_filtered_by_their_plan(world: SimpleNamespace, filter_set: type[Any], query: str) -> None:
    make_contribution(plan=world.outside)
    assert rows(filter_set, "") == {"IN", "OUT"}
    assert rows(filter_set, query) == {"IN"}
    assert rows(filter_set, "year_max=2023") == {"OUT"}


@pytest.mark.parametrize(
    ("filter_set", "query", "model", "expected"),
    [
        (ObjectiveFilter, "number=2", Objective, 2),
        (OutcomeFilter, "objective=2", Outcome, 4),
        (ProjectFilter, "framework=RRP", Project, 2),
        (ProjectFilter, "sector=WASH", Project, 2),
        (ProjectFilter, "sector=WASH&sector=LIST-A/WASH", Project, 2),
        (ProjectFilter, "global_cluster=GC-HEALTH", Project, 2),
        (FundingRequestFilter, "breakdown=sector", FundingRequest, 4),
        (FundingRequestFilter, "breakdown=sector,framework", FundingRequest, 6),
        (FundingRequestFilter, "sector=WASH", FundingRequest, 1),
        (FundingRequestFilter, "global_cluster=GC-WASH", FundingRequest, 1),
        (FundingRequestFilter, "is_priority=true", FundingRequest, 1),
        (FundingRequestFilter, "is_priority=false", FundingRequest, 13),
        (FundingRequestFilter, "amount_min=500&breakdown=sector", FundingRequest, 2),
        (FundingRequestFilter, "amount_min=500.01", FundingRequest, 1),
        (FundingRequestFilter, "amount_max=250&breakdown=sector", FundingRequest, 2),
        (FundingRequestFilter, "amount_max=249.99", FundingRequest, 0),
    ],
)
def test_rows_are_filtered_by_what_they_say(
    world: SimpleNamespace, filter_set: type[Any], query: str, model: type[Any], expected: int
) -> None:
    FundingRequest.objects.filter(pk=FundingRequest.objects.first().pk).update(is_priority=True)
    filters = filter_set(QueryDict(query), queryset=model.objects.all())
    assert filters.problems() == {}
    assert filters.qs.count() == expected < model.objects.count()


@pytest.mark.parametrize(
    "query",
    [
        "donor=donor-in", "donor=DONOR-IN", "status=paid", "status=PAID,commitment", "earmarking=earmarked",
        "sector=WASH", "framework=HRP", "decided_since=2024-03-01", "decided_until=2024-03-01",
        "updated_since=2024-05-01T12:00:00Z", "updated_since=2024-05-01T14:00:00%2B02:00",
    ],
)  # fmt: skip
def test_contributions_are_filtered_by_what_they_say(world: SimpleNamespace, query: str) -> None:
    Contribution.objects.update(sector=Sector.objects.get(code="WASH"), framework_code="HRP", earmarking="earmarked")
    other = make_contribution(plan=world.inside, status="pledge")
    day = date(2024, 2, 29) if "since" in query else date(2024, 3, 2)
    Contribution.objects.filter(pk=other.pk).update(decision_on=day, updated_at=datetime(2024, 4, 30, tzinfo=UTC))
    filters = ContributionFilter(QueryDict(query), queryset=Contribution.objects.all())
    assert filters.problems() == {}
    assert [item.donor for item in filters.qs] == [world.donor]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=government", {"donor-in", "other"}),
        ("kind=ngo", {"ngo"}),
        ("kind=ngo,government", {"donor-in", "other", "ngo"}),
        ("is_donor=true", {"donor-in"}),
        ("is_donor=false", {"other", "ngo"}),
        ("country=QNN", {"ngo"}),
        ("country=qnn", {"ngo"}),
    ],
)
def test_organizations(world: SimpleNamespace, query: str, expected: set[str]) -> None:
    make_organization(code="other")
    make_organization(code="ngo", kind="ngo", country=make_country(iso3="QNN"))
    filters = OrganizationFilter(QueryDict(query), queryset=Organization.objects.all())
    assert filters.problems() == {}
    assert {item.code for item in filters.qs} == expected


@pytest.mark.parametrize(
    ("filter_set", "query"),
    [
        (ObjectiveFilter, "number=1.5"), (ObjectiveFilter, "number=one"), (OutcomeFilter, "objective=1e1"),
        (ProjectFilter, "framework=NOPE"), (ProjectFilter, "sector=NOPE"), (FundingRequestFilter, "breakdown=all"),
        (FundingRequestFilter, "is_priority=2"), (FundingRequestFilter, "amount_min=x"),
        (ContributionFilter, "donor=x"), (ContributionFilter, "status=given"),
        (ContributionFilter, "decided_since=1.1.2024"), (ContributionFilter, "decided_until=soon"),
        (ContributionFilter, "updated_since=x"), (OrganizationFilter, "kind=bank"), (OrganizationFilter, "country=X"),
        (OrganizationFilter, "is_doner=true"), (ContributionFilter, "plann=IN"),
    ],
)  # fmt: skip
def test_what_rows_can_not_be_filtered_by_is_named(world: SimpleNamespace, filter_set: type[Any], query: str) -> None:
    filters = filter_set(QueryDict(query), queryset=filter_set._meta.model._default_manager.all())
    assert list(filters.problems()) == [query.partition("=")[0]]


@pytest.mark.once
def test_filters_ask_as_often_for_thirty_plans_as_for_one(world: SimpleNamespace) -> None:
    query = "country=QAA&region=002&sector=WASH&framework=HRP&global_cluster=GC-WASH&percent_funded_min=0.1"
    counts = []
    for more in (0, 30):
        for _number in range(more):
            make_plan(taxonomy=world.inside.revisions.get().taxonomy, countries=list(world.inside.countries.all()))
        with CaptureQueriesContext(connection) as queries:
            assert len(plans(query)) == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1]
