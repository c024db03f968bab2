"""Plans side by side."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from crp.common.figures import add_known
from crp.common.recent import Recent
from funding.models import FundingRequest, RelatedPlan
from funding.selectors.compare import CompareRow, Comparison
from plans.models import PlanFamily, Revision
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_plan, make_reported_funding, make_taxonomy

pytestmark = pytest.mark.once

D = Decimal
MALI = "MLI-CRP-2025-2026"
OLD = "MLI-COMPENDIUM-2017"
BOTH = f"plan={MALI}&plan={OLD}"


def compare(client: Client, query: str) -> Comparison:
    """Return what the page of an address shows, made anew."""
    Recent.forget_all()
    answer = client.get(f"/compare/?{query}")
    assert answer.status_code == 200, words(answer)
    return answer.context["comparison"]


def words(answer: Any) -> str:
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


def amounts(rows: list[CompareRow]) -> dict[str, list[int | None]]:
    """Return what each plan asks for, by the name of the row."""
    return {
        row.key.name: [
            int(cell.figures.requested_usd) if cell.figures and cell.figures.requested_usd is not None else None
            for cell in row.cells
        ]
        for row in rows
    }


# The Mali plans, by hand


def test_figures_and_people_of_the_mali_plans(client: Client, mali: MaliPlans) -> None:
    new, old = compare(client, BOTH).plans
    assert (new.letter, old.letter) == ("A", "B")
    assert (new.cost_per_person_usd, new.percent_targeted) == (D("118.51"), D("4.27"))  # 273,000 of 6,400,000
    assert (old.cost_per_person_usd, old.percent_targeted) == (None, None)
    shown = words(client.get(f"/compare/?{BOTH}"))
    for text in (
        "Requested 32,353,500 37,360,000",
        "Received Not reportedunknown, which is not the same as 0 112,550commitments and payments",
        "Gap Can’t be told 37,247,450",
        "Funded Can’t be told 0.30 %",
        "People in need 6,400,000 Not reported",
        "People targeted 273,0004.27 % of those in need Not reported",
        "Entities targeted 25 Not reported",
        "118.51an average: requested divided by people targeted Can’t be told",
        "Document 17 April 2025",
    ):
        assert text in shown, text


def test_sectors_of_two_lists_meet_under_the_clusters(client: Client, mali: MaliPlans) -> None:
    rows = compare(client, BOTH).clusters
    assert amounts(rows) == {
        "Emergency Shelter and NFI": [6_200_000, 3_580_000],
        "Protection": [4_350_000, 3_000_000],
        "Water Sanitation Hygiene": [2_800_000, 2_450_000],
        "Health": [2_500_000, 1_000_000],
        "Early Recovery": [2_000_000, 2_330_000],
        "Multipurpose Cash": [1_300_000, None],
        "Camp Coordination / Management": [600_000, None],
        "No global cluster": [12_603_500, 25_000_000],
    }
    shelter = rows[0]
    assert [cell.own[0][0] for cell in shelter.cells] == [
        "Shelter and settlements",
        "Emergency Shelter and Non-food Items",
    ]
    assert [cell.share for cell in shelter.cells] == [D("19.16"), D("9.58")]
    rest = rows[-1]
    assert [len(cell.own) for cell in rest.cells] == [11, 4]
    for cell in rest.cells:  # the plans' own lines add to the row that they stand on
        assert cell.figures
        assert add_known(amount for _name, amount in cell.own) == cell.figures.requested_usd


def test_each_column_adds_to_its_plan(client: Client, mali: MaliPlans) -> None:
    comparison = compare(client, f"{BOTH}&plan=MLI-CRP-2021")
    for rows in (comparison.clusters, comparison.objectives):
        for place, compared in enumerate(comparison.plans):
            found = [row.cells[place].figures for row in rows]
            total = add_known(item.requested_usd for item in found if item)
            assert total == compared.figures.requested_usd


def test_objectives_and_who_is_not_split_by_them(client: Client, mali: MaliPlans) -> None:
    rows = compare(client, BOTH).objectives
    assert list(amounts(rows).values()) == [
        [12_584_000, None], [10_057_000, None], [9_712_500, None], [None, 37_360_000],
    ]  # fmt: skip
    assert [(row.cells[0].people_targeted, row.cells[0].entities_targeted) for row in rows[:3]] == [
        (175_000, 13), (48_000, 7), (50_000, 8),
    ]  # fmt: skip
    assert [cell.is_unsplit for cell in rows[-1].cells] == [False, True]
    assert "the plan isn’t split in this way" in words(client.get(f"/compare/?{BOTH}"))


def test_the_years_of_the_country_stand_once(client: Client, mali: MaliPlans) -> None:
    (trend,) = compare(client, BOTH).trends
    assert trend.country.iso3 == "MLI"
    found = {column.year: column.figures for column in trend.years if column.figures}
    assert [(year, figures.requested_usd) for year, figures in found.items()] == [
        (2017, D(37_360_000)), (2021, None), (2025, D(32_353_500)),
    ]  # fmt: skip
    assert found[2017].percent_funded == D("0.30")


# Plans made up


@pytest.mark.usefixtures("empty_database")
def test_lines_by_cluster_are_not_told_twice() -> None:
    taxonomy = make_taxonomy(sectors=2)
    own = make_plan(code="OWN", taxonomy=taxonomy, requested_usd=1_000, projects=0, contributions=0)
    sector = taxonomy.sectors.order_by("order").first()
    cluster = sector.crosswalk.global_cluster
    FundingRequest.objects.create(
        revision=own.revisions.get(), breakdown="global_cluster", sector=cluster, amount_usd=700
    )
    make_plan(code="SECTORS", taxonomy=taxonomy, requested_usd=600, projects=0, contributions=0)
    rows = compare(Client(), "plan=OWN&plan=SECTORS").clusters
    by_name = amounts(rows)
    assert by_name[cluster.label] == [700, 300]
    assert by_name["Sector not specified"] == [300, None]
    first = next(row for row in rows if row.key.name == cluster.label)
    assert [len(cell.own) for cell in first.cells] == [0, 1]


@pytest.mark.usefixtures("empty_database")
def test_received_names_its_day_and_its_rest() -> None:
    official = make_plan(code="OFFICIAL", contributions=0, requested_usd=1_000)
    make_reported_funding(plan=official, amount_usd=400, reported_on=date(2024, 5, 31))
    over = make_plan(code="OVER", contributions=0, requested_usd=1_000)
    make_contribution(plan=over, amount_usd=1_500)
    make_contribution(plan=over, amount_usd=70, status="pledge")
    shown = words(Client().get("/compare/?plan=OFFICIAL&plan=OVER"))
    assert "official total of 31 May 2024" in shown
    assert "Over-funded by 0 500" in shown
    assert "Pledged none 70" in shown
    assert "In the official total only received: 400" in shown


@pytest.mark.usefixtures("empty_database")
def test_one_plan_that_names_another_is_told() -> None:
    naming, named = make_plan(code="NAMING"), make_plan(code="NAMED", title="The wide plan")
    line = naming.revisions.get().funding_requests.filter(breakdown="sector").first()
    family = PlanFamily.objects.create(code="HNRP", name="Response plan")
    RelatedPlan.objects.create(
        revision=line.revision, funding_request=line, plan_family=family, related_plan=named, overlap="identical"
    )
    shown = words(Client().get("/compare/?plan=NAMED&plan=NAMING"))
    assert "(B) names The wide plan (A)" in shown
    assert "must not be added up" in shown


@pytest.mark.usefixtures("empty_database")
def test_a_plan_for_many_countries_shows_no_years_of_them() -> None:
    countries = [make_country() for _ in range(5)]
    make_plan(code="WIDE", countries=countries)
    here = make_plan(code="NARROW", countries=countries[:1])
    comparison = compare(Client(), "plan=WIDE&plan=NARROW")
    assert [trend.country for trend in comparison.trends] == [here.countries.get()]
    assert [compared.plan.code for compared in comparison.wide] == ["WIDE"]


@pytest.mark.usefixtures("empty_database")
def test_a_past_day_has_its_own_figures_and_keeps_the_day() -> None:
    plan = make_plan(code="PAST", requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=400, decision_on=date(2024, 5, 1))
    make_plan(code="OTHER", countries=list(plan.countries.all()))
    make_plan(code="THIRD", countries=list(plan.countries.all()))
    query = "plan=PAST&plan=OTHER"
    then, now = compare(Client(), f"{query}&as_of=2024-03-31"), compare(Client(), query)
    assert [item.plans[0].figures.percent_funded for item in (then, now)] == [D("0.00"), D("40.00")]
    html = Client().get(f"/compare/?{query}&as_of=2024-03-31").content.decode()
    links = [unescape(link) for link in re.findall(r'<a [^>]*?href="([^"]+)"', html)]
    of_figures = [link for link in links if link.startswith(("?", "/plans/", "/gaps/", "/countries/", "/sectors/"))]
    assert len(of_figures) > 10
    assert [link for link in of_figures if "as_of=2024-03-31" not in link] == []
    for form in re.findall(r"(?s)<form .*?</form>", html):
        assert re.search(r'name="as_of"[^>]*value="2024-03-31"', form)
    html = Client().get(f"/compare/?{query}").content.decode()
    assert not [link for link in re.findall(r'<a [^>]*?href="([^"]+)"', html) if "as_of" in link]


# Choosing


def test_the_page_alone_asks_for_plans(client: Client, mali: MaliPlans) -> None:
    for prefix in ("", "/fr"):
        html = client.get(f"{prefix}/compare/").content.decode()
        assert (html.count("<h1"), " style=" in html, "<script>" in html) == (1, False, False)
    assert "Choose two to four plans" in words(client.get("/compare/"))


def test_plans_are_found_added_and_replaced(client: Client, mali: MaliPlans) -> None:
    comparison = compare(client, f"{BOTH}&find=2021")
    ((line, leads_to),) = comparison.found
    assert (line.plan.code, leads_to) == ("MLI-CRP-2021", f"?{BOTH}&plan=MLI-CRP-2021")
    assert [(way, replace) for _line, way, replace in comparison.chosen] == [
        (f"?plan={OLD}", f"?{BOTH}&replace={MALI}"),
        (f"?plan={MALI}", f"?{BOTH}&replace={OLD}"),
    ]
    comparison = compare(client, f"{BOTH}&replace={MALI}")
    assert [way for _line, way in comparison.suggested] == [f"?plan=MLI-CRP-2021&plan={OLD}"]
    assert [line.plan.code for line, _way in compare(client, "find=mali").found] == [MALI, "MLI-CRP-2021", OLD]


def test_codes_may_be_joined_and_written_small(client: Client, mali: MaliPlans) -> None:
    for query in (f"plan={MALI},{OLD}", f"plan={MALI.lower()}&plan={OLD.lower()}", f"{BOTH}&plan={MALI}"):
        assert compare(client, query).codes == [MALI, OLD]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (f"plan={MALI}", "One plan is named: choose at least one more to compare it with."),
        (f"plan={MALI}&plan={MALI}", "One plan is named"),
        ("&".join(f"plan=P-{number}" for number in range(9)), "At most 4 plans fit beside each other; 9 are named."),
        (f"plan={MALI}&plan=NOPE", "No published plan has the code “NOPE”."),
        (f"plan={MALI}&plan=MLI-CRP-2022", "Near it: MLI-CRP-2021"),
        (f"{BOTH}&plans=x", "Did you mean “plan”?"),
        (f"{BOTH}&replace=MLI-CRP-2021", "The plan to replace is none of those compared."),
        (f"{BOTH}&as_of=soon", "expected a day"),
        (f"plan={MALI}&plan=%00", "No published plan has the code"),
    ],
)
def test_what_cannot_be_compared_is_400_with_a_way_on(
    client: Client, mali: MaliPlans, query: str, sentence: str
) -> None:
    answer = client.get(f"/compare/?{query}")
    shown = words(answer)
    assert answer.status_code == 400
    assert sentence in shown
    assert "Money and people" not in shown
    if "as_of" not in query:
        assert 'name="find"' in answer.content.decode() or "Compare those ticked" in shown


def test_of_too_many_plans_four_are_ticked(client: Client, empty_database: None) -> None:
    plans = [make_plan(code=f"MANY-{number}") for number in range(9)]
    query = "&".join(f"plan={plan.code}" for plan in plans)
    answer = client.get(f"/compare/?{query}")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "9 are named. Tick those to keep." in words(answer)
    assert re.findall(r'name="plan" value="(MANY-\d)" checked', html) == [f"MANY-{number}" for number in range(4)]
    assert len(re.findall(r'type="checkbox" name="plan"', html)) == 9


def test_a_plan_no_longer_published_says_until_when(client: Client, mali: MaliPlans) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    Revision.objects.filter(plan__code=OLD).update(status="superseded", superseded_at=at)
    answer = client.get(f"/compare/?{BOTH}")
    assert (answer.status_code, "is no longer published: it was until 1 March 2026" in words(answer)) == (400, True)


def test_a_script_is_shown_as_text(client: Client, mali: MaliPlans) -> None:
    for value in ("<script>alert(1)</script>", '"><img src=x>', "x" * 10_000):
        for name in ("plan", "find", "replace", "<script>"):
            html = client.get("/compare/", {"plan": [MALI, OLD], name: value}).content.decode()
            assert "<script>" not in html
            assert "<img" not in html


def test_no_query_repeats_per_row(client: Client, mali: MaliPlans, per_row_queries: None) -> None:
    compare(client, f"{BOTH}&plan=MLI-CRP-2021&find=mali")


def test_four_large_plans_ask_the_database_as_often_as_two_small_ones(client: Client, empty_database: None) -> None:
    taxonomy, country = make_taxonomy(sectors=12), make_country()
    small: dict[str, Any] = {"taxonomy": taxonomy, "countries": [country], "contributions": 1}
    codes = [make_plan(**small, objectives=1, sectors=1, projects=1).code for _ in range(3)]
    codes += [make_plan(**small, objectives=5, sectors=12, projects=9).code for _ in range(5)]

    def count(chosen: list[str]) -> int:
        query = "&".join(f"plan={code}" for code in chosen)
        compare(client, query)
        Recent.forget_all()
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/compare/?{query}")
        return len(queries)

    assert count(codes[3:6]) == count(codes[:2]) <= 70
