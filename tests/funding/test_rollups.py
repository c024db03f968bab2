"""Totals that add up: what is unknown stays unknown, what has no place gets a named one, nothing counts twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Breakdown, Rollup
from funding.dimensions import PORTFOLIO, WITHIN_PLAN
from funding.models import FundingRequest, Project
from funding.rollups import (
    add_parts,
    add_up,
    break_down,
    break_down_plan,
    figures_of,
    requested_of,
    sums_by_breakdown,
    with_figures,
)
from plans.models import Framework, Objective, Plan, Revision
from sectors.models import Crosswalk
from tests.factories import (
    add_request,
    make_contribution,
    make_country,
    make_plan,
    make_taxonomy,
)

pytestmark = pytest.mark.usefixtures("empty_module", "db")

INSIDE = ("framework", "objective", "sector", "global_cluster", "project")


def figures(plan: Plan) -> Rollup:
    return figures_of(with_figures(Plan.objects.in_force()).get(pk=plan.pk))


def portfolio(*by: str) -> Breakdown:
    return break_down(with_figures(Plan.objects.in_force()), by)


def amounts(opened: Breakdown, measure: str = "requested_usd") -> dict[Any, Any]:
    return {line.key.residual or line.key.code: getattr(line.figures, measure) for line in opened.lines}


def names(opened: Breakdown) -> list[str]:
    return [line.key.name for line in opened.lines]


@pytest.mark.parametrize("by", WITHIN_PLAN)
@pytest.mark.parametrize("reports_funding", [True, False])
@pytest.mark.parametrize("requested", [None, 0, 5_000])
@pytest.mark.parametrize("lines", [0, 2])
def test_a_plan_without_money_received_can_be_opened_by_everything(
    by: str, reports_funding: bool, requested: int | None, lines: int
) -> None:
    """Also where it has no line at all to stand in."""
    plan = make_plan(
        requested_usd=requested, reports_funding=reports_funding, contributions=0,
        objectives=lines, sectors=lines, projects=lines,
    )  # fmt: skip
    opened = break_down_plan(plan, by)
    assert (opened.total.requested_usd, opened.total.received_usd) == (requested, 0 if reports_funding else None)
    if by == "country":  # all money of a plan is for its one country
        says_something = requested is not None or reports_funding
        assert set(amounts(opened)) == ({plan.countries.get().iso3} if says_something else set())
    elif by in {"donor", "status", "earmarking", "decision_year"}:
        assert amounts(opened, "received_usd") == ({"not_specified": 0} if reports_funding else {})
    elif not lines and (requested is not None or reports_funding):
        assert amounts(opened) == {"not_specified": requested}


@pytest.mark.parametrize("by", PORTFOLIO)
def test_a_portfolio_of_such_plans_can_be_opened_by_everything(by: str) -> None:
    for requested in (None, 0, 5_000):
        for reports_funding in (True, False):
            make_plan(
                requested_usd=requested, reports_funding=reports_funding, contributions=0,
                objectives=0, sectors=0, projects=0,
            )  # fmt: skip
    opened = portfolio(by)
    total = opened.total
    assert (total.requested_usd, total.requested_reporting_usd, total.received_usd) == (10_000, 5_000, 0)
    assert (total.plans, total.plans_requesting, total.plans_reporting) == (6, 4, 3)


def test_no_plan_at_all_is_no_figure_at_all() -> None:
    for by in PORTFOLIO:
        opened = portfolio(by)
        assert opened.lines == ()
        assert (opened.total.plans, opened.total.requested_usd, opened.total.received_usd) == (0, None, None)


@pytest.mark.parametrize("by", INSIDE)
def test_what_the_total_has_beyond_its_lines_is_a_rest_with_a_name(by: str) -> None:
    plan = make_plan(requested_usd=1_000, objectives=2, sectors=2, projects=2, contributions=0)
    Revision.objects.filter(plan=plan).update(stated_requested_usd=1_250, requested_usd=1_250)
    opened = break_down_plan(plan, by)
    assert amounts(opened)["not_specified"] == 250
    assert sum(line.figures.requested_usd for line in opened.rows) == 1_000
    assert opened.lines[-1].is_residual
    assert (
        opened.lines[-1].key.name
        == {
            "framework": "No framework named",
            "objective": "Objective not specified",
            "sector": "Sector not specified",
            "global_cluster": "Sector not specified",
            "project": "Project not specified",
        }[by]
    )


@pytest.mark.parametrize("by", INSIDE)
def test_what_the_lines_have_beyond_the_total_is_a_negative_rest(by: str) -> None:
    """18 lines that add to more than the plan says: neither of the two is bent to fit."""
    plan = make_plan(requested_usd=1_000, objectives=2, sectors=2, projects=2, contributions=0)
    Revision.objects.filter(plan=plan).update(stated_requested_usd=900, requested_usd=900)
    opened = break_down_plan(plan, by)
    assert opened.total.requested_usd == 900
    assert amounts(opened)["not_specified"] == -100


def test_a_plan_without_a_total_of_its_own_asks_for_its_widest_breakdown() -> None:
    revision = make_plan(requested_usd=1_000, projects=2).revisions.get()
    Revision.objects.filter(pk=revision.pk).update(stated_requested_usd=None)
    revision.refresh_from_db()
    assert requested_of(revision) == 1_000
    FundingRequest.objects.filter(revision=revision, breakdown="framework").update(amount_usd=800)
    FundingRequest.objects.filter(revision=revision, breakdown="objective").update(amount_usd=350)
    FundingRequest.objects.filter(revision=revision, breakdown="sector").update(amount_usd=325)
    FundingRequest.objects.filter(revision=revision, breakdown="project").update(amount_usd=310)
    expected = {"framework": 800, "objective": 700, "sector": 650, "project": 620}
    assert sums_by_breakdown(revision) == expected
    for breakdown, amount in expected.items():
        assert requested_of(revision) == amount
        FundingRequest.objects.filter(revision=revision, breakdown=breakdown).delete()
    assert requested_of(revision) is None


def test_the_stated_total_wins_over_any_sum() -> None:
    revision = make_plan(requested_usd=1_000).revisions.get()
    revision.stated_requested_usd = Decimal("1234.50")
    assert str(requested_of(revision)) == "1234.50"
    revision.stated_requested_usd = Decimal(0)
    assert requested_of(revision) == 0


def test_a_sum_of_zeros_is_a_requirement_of_zero() -> None:
    revision = make_plan(requested_usd=0).revisions.get()
    Revision.objects.filter(pk=revision.pk).update(stated_requested_usd=None)
    revision.refresh_from_db()
    assert requested_of(revision) == 0


def test_breakdowns_are_alternatives_and_never_added() -> None:
    plan = make_plan(requested_usd=1_000, objectives=2, sectors=2, projects=2, contributions=0)
    for by in INSIDE:
        assert break_down_plan(plan, by).total.requested_usd == 1_000
        assert sum(line.figures.requested_usd for line in break_down_plan(plan, by).lines) == 1_000
    assert portfolio("sector").total.requested_usd == 1_000


def test_the_lines_of_the_plan_come_before_those_of_its_projects() -> None:
    """By sector and by framework there are two answers; the plan's own lines are the better one."""
    plan = make_plan(requested_usd=1_000, sectors=2, projects=2, contributions=0)
    first, second = plan.revisions.get().taxonomy.sectors.order_by("order")[:2]
    opened = break_down_plan(plan, "sector")
    assert [line.key.subject for line in opened.lines] == [first, second]
    FundingRequest.objects.filter(breakdown="sector").delete()
    assert [line.key.subject for line in break_down_plan(plan, "sector").lines] == [first]  # where its projects lie
    FundingRequest.objects.filter(breakdown="framework").update(amount_usd=600)
    assert amounts(break_down_plan(plan, "framework")) == {"HRP": 600, "not_specified": 400}
    FundingRequest.objects.filter(breakdown="framework").delete()
    assert amounts(break_down_plan(plan, "framework")) == {"HRP": 1_000}


def test_each_plan_is_opened_by_the_best_breakdown_that_it_has_itself() -> None:
    taxonomy = make_taxonomy(sectors=2)
    make_plan(requested_usd=1_000, sectors=2, projects=2, taxonomy=taxonomy, contributions=0)
    make_plan(requested_usd=100, sectors=0, projects=2, taxonomy=taxonomy, contributions=0)
    first, second = taxonomy.sectors.order_by("order")
    found = {line.key.subject: line.figures.requested_usd for line in portfolio("sector").lines}
    assert found == {first: 600, second: 500}


def test_a_plan_for_several_countries_is_not_divided() -> None:
    mali, niger = make_country(name="A"), make_country(name="B")
    make_plan(requested_usd=100, countries=[mali], contributions=0)
    make_plan(requested_usd=1_000, countries=[mali, niger], contributions=0)
    make_plan(requested_usd=10, countries=[], contributions=0)
    opened = portfolio("country")
    assert amounts(opened) == {mali.iso3: 100, "several_countries": 1_000, "not_specified": 10}
    assert "Several countries (shared)" in names(opened)
    assert opened.total.requested_usd == 1_110


def test_several_countries_of_one_region_are_of_that_region() -> None:
    first, second = make_country(), make_country()
    elsewhere = make_country(region=first.region)
    far = make_country()
    far.top_region = far.region  # a continent of its own
    far.save()
    nowhere = make_country()
    nowhere.region = nowhere.top_region = None
    nowhere.save()
    make_plan(requested_usd=100, countries=[first, second, elsewhere], contributions=0)
    make_plan(requested_usd=1_000, countries=[first, far], contributions=0)
    make_plan(requested_usd=10, countries=[nowhere], contributions=0)
    opened = portfolio("region")
    assert amounts(opened) == {first.top_region.code: 100, "several_regions": 1_000, "not_specified": 10}
    assert "Several regions (shared)" in names(opened)


def test_years_stand_in_order_and_count_a_plan_under_its_first() -> None:
    for year in (2025, 2019, 2021):
        make_plan(start_year=year, end_year=year + 1, requested_usd=year, contributions=0)
    assert [(line.key.code, line.figures.requested_usd) for line in portfolio("year").lines] == [
        (2019, 2019), (2021, 2021), (2025, 2025),
    ]  # fmt: skip


def test_drafts_never_count() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    before = [break_down_plan(plan, by) for by in WITHIN_PLAN]
    draft = Revision.objects.create(plan=plan, number=2, stated_requested_usd=9_000, reports_funding=False)
    objective = Objective.objects.create(revision=draft, number=1, title="Draft")
    add_request(draft, "objective", objective, Decimal(9_000))
    project = Project.objects.create(revision=draft, code="P-1", title="Draft")
    add_request(draft, "project", project, Decimal(9_000))
    only_draft = Plan.objects.create(code="DRAFT", kind="crp", title="Draft", start_year=2024, end_year=2024)
    Revision.objects.create(plan=only_draft, stated_requested_usd=7_000)
    make_contribution(plan=only_draft, amount_usd=77)
    assert [break_down_plan(plan, by) for by in WITHIN_PLAN] == before
    assert portfolio("country").total.plans == 1
    assert portfolio("donor").total.received_usd == 0


def test_lines_are_named_as_their_own_plan_words_them() -> None:
    plan = make_plan(start_year=2020, contributions=0)
    newer = make_plan(start_year=2024, contributions=0)
    Objective.objects.filter(revision__plan=newer).update(title="Worded otherwise")
    Project.objects.filter(revision__plan=newer).update(title="Worded otherwise")
    Framework.objects.filter(revision__plan=newer).update(name="Worded otherwise")
    for by in ("objective", "project", "framework"):
        assert "Worded otherwise" not in names(break_down_plan(plan, by))
        assert set(names(break_down_plan(newer, by))) == {"Worded otherwise"}
    assert names(portfolio("framework")) == ["Worded otherwise"]  # together the newest wording stands
    older = with_figures(Plan.objects.in_force().filter(pk=plan.pk))
    assert names(break_down(older, ["framework"])) == ["Humanitarian Response Plan"]


def test_a_sector_without_a_cluster_has_a_line_of_that_name() -> None:
    plan = make_plan(requested_usd=1_000, sectors=2, contributions=0)
    first, second = plan.revisions.get().taxonomy.sectors.order_by("order")
    Crosswalk.objects.filter(sector=second).delete()
    make_contribution(plan=plan, amount_usd=9, sector=second)
    opened = break_down_plan(plan, "global_cluster")
    assert amounts(opened) == {first.crosswalk.global_cluster.code: 500, "no_cluster": 500}
    assert amounts(opened, "received_usd")["no_cluster"] == 9
    assert "No global cluster" in names(opened)


def test_sectors_of_one_cluster_stand_on_one_line() -> None:
    taxonomy = make_taxonomy(sectors=2)
    plan = make_plan(requested_usd=1_000, sectors=2, taxonomy=taxonomy, contributions=0)
    first, second = taxonomy.sectors.order_by("order")
    Crosswalk.objects.filter(sector=second).update(global_cluster=first.crosswalk.global_cluster)
    for sector in (first, second):
        make_contribution(plan=plan, amount_usd=3, sector=sector)
        make_contribution(plan=plan, amount_usd=2, sector=sector, status="pledge")
    (line,) = break_down_plan(plan, "global_cluster").lines
    assert (line.figures.requested_usd, line.figures.received_usd, line.figures.pledged_usd) == (1_000, 6, 4)
    assert line.figures.plans == 1


def test_lines_keep_the_order_of_the_document() -> None:
    plan = make_plan(requested_usd=900, objectives=3, sectors=3, projects=3, contributions=0)
    orders = {"sector": [3, 1, 2], "objective": [2, 3, 1], "project": [3, 2, 1]}
    for by, order in orders.items():
        for request, place in zip(FundingRequest.objects.filter(breakdown=by).order_by("pk"), order, strict=True):
            FundingRequest.objects.filter(pk=request.pk).update(order=place)
        expected = [request.target for request in FundingRequest.objects.filter(breakdown=by).order_by("order")]
        told = [line.key.subject or line.key.name for line in break_down_plan(plan, by).lines]
        assert told == [item if by == "sector" else item.title for item in expected]


def test_only_the_plans_asked_for_count() -> None:
    first = make_plan(requested_usd=1_000, start_year=2020)
    make_plan(requested_usd=500, start_year=2021)
    chosen = with_figures(Plan.objects.in_force()).filter(start_year=2020)
    for by in PORTFOLIO:
        total = break_down(chosen, [by]).total
        assert (total.requested_usd, total.received_usd, total.plans) == (1_000, 2_000, 1)
    alone, itself = add_up([figures(first)]), figures(first)
    for name in ("requested_usd", "received_usd", "gap_usd", "over_funded_usd", "percent_funded", "plans"):
        assert getattr(alone, name) == getattr(itself, name)


def test_money_above_one_requirement_fills_no_other_gap() -> None:
    """1,000 asked, 2,000 given; 500 asked, 100 given: 400 are missing, whatever the first has too much."""
    make_plan(requested_usd=1_000, contributions=2)
    short = make_plan(requested_usd=500, contributions=0, countries=list(Plan.objects.get().countries.all()))
    make_contribution(plan=short, amount_usd=100)
    for by in PORTFOLIO:
        total = portfolio(by).total
        assert (total.gap_usd, total.over_funded_usd, total.percent_funded) == (400, 1_000, 140)
    [country] = portfolio("country").lines
    assert (country.figures.gap_usd, country.figures.over_funded_usd) == (400, 1_000)


def test_parts_of_one_plan_add_to_one_plan() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=10, objective_number=1)
    make_contribution(plan=plan, amount_usd=1, objective_number=2, status="pledge")
    parts = [line.figures for line in break_down_plan(plan, "objective").lines]
    assert add_parts(parts) == figures(plan)
    silent = make_plan(requested_usd=1_000, contributions=0, reports_funding=False)
    assert add_parts(line.figures for line in break_down_plan(silent, "sector").lines) == figures(silent)
    assert add_parts([]).requested_usd is None
