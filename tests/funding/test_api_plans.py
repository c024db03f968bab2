"""Plans in the API: the figures of the Mali documents, to the cent, and the rules for what is not reported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from funding.models import FundingRequest
from plans.models import Objective
from tests.api import get, results
from tests.conftest import MaliPlans
from tests.factories import add_request, make_contribution, make_country, make_plan, make_plans

FIGURES = (
    "requested_usd",
    "received_usd",
    "pledged_usd",
    "gap_usd",
    "over_funded_usd",
    "percent_funded",
    "funding_reported",
)
NOT_REPORTED = (None, None, None, None, None, False)
USD_OF_2017 = {
    # Read off the printed page by hand: sector, requested, received, percent.
    "COMPENDIUM-2017/EARLY_RECOVERY": ("2330000.00", "0.00", 0.0),
    "COMPENDIUM-2017/HEALTH": ("1000000.00", "0.00", 0.0),
    "COMPENDIUM-2017/PROTECTION": ("3000000.00", "0.00", 0.0),
    "COMPENDIUM-2017/WASH": ("2450000.00", "0.00", 0.0),
    "COMPENDIUM-2017/SHELTER_NFI": ("3580000.00", "112550.00", 3.14),
}


def figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in FIGURES)


def by(rows: list[dict[str, Any]], name: str) -> dict[Any, dict[str, Any]]:
    return {row[name]: row for row in rows}


def test_the_list_of_plans(mali: MaliPlans) -> None:
    page = get("plans/")
    assert {name: page[name] for name in ("count", "next", "previous")} == {"count": 3, "next": None, "previous": None}
    assert [(row["code"], row["start_year"], row["end_year"]) for row in page["results"]] == [
        ("MLI-CRP-2025-2026", 2025, 2026),
        ("MLI-CRP-2021", 2021, 2021),
        ("MLI-COMPENDIUM-2017", 2017, 2017),
    ]
    plans = by(page["results"], "code")
    assert figures(plans["MLI-COMPENDIUM-2017"]) == (
        "37360000.00", "112550.00", None, "37247450.00", "0.00", 0.3, True,
    )  # fmt: skip
    assert figures(plans["MLI-CRP-2025-2026"]) == ("32353500.00", *NOT_REPORTED)
    assert figures(plans["MLI-CRP-2021"]) == (None, *NOT_REPORTED)


def test_what_a_list_says_of_a_plan_its_detail_says_too(mali: MaliPlans) -> None:
    for row in results("plans/"):
        detail = get(f"plans/{row['code']}/")
        del row["updated_at"]  # of lists alone
        assert {name: detail[name] for name in row} == row


def test_the_plan_of_2017(mali: MaliPlans) -> None:
    plan = get("plans/MLI-COMPENDIUM-2017/")
    assert plan["requested_usd"] == "37360000.00"
    assert plan["received_usd"] == "112550.00"
    assert plan["percent_funded"] == 0.3
    frameworks = by(plan["frameworks"], "code")
    assert figures(frameworks["HRP"]) == ("12360000.00", "112550.00", None, "12247450.00", "0.00", 0.91, True)
    assert figures(frameworks["MCOF"]) == ("25000000.00", "0.00", None, "25000000.00", "0.00", 0.0, True)
    assert (frameworks["HRP"]["stated_percent_funded"], frameworks["MCOF"]["stated_percent_funded"]) == (1.0, 0.0)
    sectors = by(plan["sectors"], "sector")
    found = {
        code: tuple(sectors[code][name] for name in ("requested_usd", "received_usd", "percent_funded"))
        for code in USD_OF_2017
    }
    assert found == USD_OF_2017
    assert [code for code, row in sectors.items() if row["is_inferred"]] == [
        "COMPENDIUM-2017/HEALTH",
        "COMPENDIUM-2017/PROTECTION",
    ]
    assert len(plan["projects"]) == 10
    assert by(plan["projects"], "code")["MLI-2017-HRP-06"]["received_usd"] == "112550.00"
    assert plan["objectives"] == []
    assert len(plan["achievements"]) == 7
    assert plan["presence"] == {
        "international_staff": 14, "national_staff": 45, "field_offices": None, "as_of_month": None,
    }  # fmt: skip
    assert [office["place"] for office in plan["offices"]] == ["Bamako", "Mopti", "Gao", "Timbuktu"]


def test_the_plan_of_2025(mali: MaliPlans) -> None:
    plan = get("plans/MLI-CRP-2025-2026/")
    assert (plan["document_on"], plan["people_in_need"], plan["people_targeted"]) == ("2025-04-17", 6_400_000, 273_000)
    assert plan["entities_targeted"] == 25
    told = [
        (row["number"], row["requested_usd"], row["people_targeted"], row["entities_targeted"], row["received_usd"])
        for row in plan["objectives"]
    ]
    assert told == [
        (1, "12584000.00", 175_000, 13, None),
        (2, "10057000.00", 48_000, 7, None),
        (3, "9712500.00", 50_000, 8, None),
    ]
    assert [[outcome["share_percent"] for outcome in row["outcomes"]] for row in plan["objectives"]] == [
        [50.0, 20.0, 30.0],
        [25.0, 45.0, 30.0],
        [20.0, 20.0, 40.0, 20.0],
    ]
    assert {item["code"] for item in plan["objectives"][0]["target_groups"]} == {"IDP", "LOCAL", "INTL_MIGRANT"}
    assert len(plan["sectors"]) == 18
    assert sum(Decimal(row["requested_usd"]) for row in plan["sectors"]) == Decimal("32353500.00")
    lost = by(plan["sectors"], "sector")["IOM-2025/PROTECTION_CENTRED"]
    assert (lost["requested_usd"], lost["is_cross_cutting"], lost["is_inferred"]) == ("1153500.00", True, True)
    assert [(share["share_percent"], share["amount_usd"]) for share in lost["shares"]] == [
        (42.0, "484000.00"),
        (18.0, "207000.00"),
        (40.0, "462500.00"),
    ]
    assert sum(row["is_priority"] for row in plan["sectors"]) == 5
    assert by(plan["sectors"], "sector")["IOM-2025/HEALTH"]["related_plans"] == ["FA", "H(N)RP", "UNSDCF"]
    assert (plan["projects"], plan["frameworks"], len(plan["modalities"]), len(plan["priorities"])) == ([], [], 6, 7)
    assert by(plan["risk_indicators"], "indicator")["inform_risk"] == {
        "indicator": "inform_risk", "value": 7.1, "rank": None, "rank_of": None, "level": "very_high",
    }  # fmt: skip
    assert plan["presence"]["as_of_month"] == "2024-11"


def test_a_plan_that_reports_nothing(mali: MaliPlans) -> None:
    plan = get("plans/MLI-CRP-2021/")
    assert figures(plan) == (None, *NOT_REPORTED)
    assert [plan[name] for name in ("frameworks", "objectives", "sectors", "projects")] == [[], [], [], []]
    assert {passage["section"] for passage in plan["narratives"]} >= {"vision", "context"}


def test_every_value_names_its_source(mali: MaliPlans) -> None:
    source = get("plans/MLI-COMPENDIUM-2017/")["sources"][0]
    assert (source["code"], len(source["sha256"])) == ("MLI-COMPENDIUM-2017-PAGE", 64)
    cited = {(item["subject"], item["field"]): item for item in source["citations"]}
    received = cited["framework:HRP", "stated_received_usd"]
    assert (received["first_line"], received["as_printed"], received["basis"]) == (30, "Received: 112,550", "stated")
    inferred = cited["project:MLI-2017-HRP-02", "sector"]
    assert inferred["basis"] == "inferred"
    assert inferred["note"]


@pytest.mark.parametrize(
    "address", ["plans/MLI-CRP-2025-2026/", "contributions/", "sectors/?limit=1000", "organizations/"]
)
def test_what_is_not_known_is_null_and_never_empty(mali: MaliPlans, address: str) -> None:
    make_contribution(plan=mali.compendium_2017, donor=None)

    def empty(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(empty, value.values()))
        return any(map(empty, value)) if isinstance(value, list) else value == ""

    assert not empty(get(address))


def test_an_objective_without_an_amount_is_told(empty_database: None) -> None:
    plan = make_plan(
        objectives=0, sectors=0, projects=0, requested_usd="500.00", contributions=0, reports_funding=False
    )
    objective = Objective.objects.create(revision=plan.revisions.get(), number=4, title="No amount", people_targeted=9)
    shown = get(f"plans/{plan.code}/")["objectives"]
    assert [(row["number"], row["title"], row["residual"], row["requested_usd"]) for row in shown] == [
        (4, "No amount", None, None),
        (None, "Objective not specified", "not_specified", "500.00"),
    ]
    assert shown[0]["people_targeted"] == 9
    assert shown[0]["received_usd"] is None
    add_request(objective.revision, FundingRequest.Breakdown.OBJECTIVE, objective, Decimal("120.00"))
    shown = get(f"plans/{plan.code}/")["objectives"]
    assert [(row["number"], row["requested_usd"]) for row in shown] == [(4, "120.00"), (None, "380.00")]


def test_pledges_gaps_and_over_funding_by_hand(empty_database: None) -> None:
    plan = make_plan(requested_usd="1000.00", contributions=0)
    make_contribution(plan=plan, amount_usd="1364.00", status="paid")
    make_contribution(plan=plan, amount_usd="-0.10", status="commitment")
    make_contribution(plan=plan, amount_usd="55.55", status="pledge")
    # 1364.00 - 0.10 = 1363.90, of 1000.00: 136.39 percent, 363.90 too much; the pledge is not counted.
    expected = ("1000.00", "1363.90", "55.55", "0.00", "363.90", 136.39, True)
    assert figures(results("plans/")[0]) == expected
    assert figures(get(f"plans/{plan.code}/")) == expected
    assert figures(get(f"plans/{plan.code}/rollup/?by=donor")["total"]) == expected


@pytest.mark.parametrize(
    ("requested", "reports", "given", "expected"),
    [
        (None, True, [], (None, "0.00", None, None, None, None, True)),
        (None, False, [], (None, *NOT_REPORTED)),
        ("0.00", True, ["5.00"], ("0.00", "5.00", None, "0.00", "5.00", None, True)),
        ("10.00", False, ["5.00"], ("10.00", "5.00", None, "5.00", "0.00", 50.0, True)),
        ("9999999999999.99", True, ["0.01"], ("9999999999999.99", "0.01", None, "9999999999999.98", "0.00", 0.0, True)),
        ("80000.00", True, ["4.00"], ("80000.00", "4.00", None, "79996.00", "0.00", 0.01, True)),  # 0.005 goes up
    ],
)
def test_what_is_not_defined_is_null(
    empty_database: None, requested: str | None, reports: bool, given: list[str], expected: tuple[Any, ...]
) -> None:
    plan = make_plan(
        requested_usd=requested, reports_funding=reports, objectives=0, sectors=0, projects=0, contributions=0
    )
    for amount in given:
        make_contribution(plan=plan, amount_usd=amount)
    assert figures(results("plans/")[0]) == expected


# Order and pages


def test_what_is_not_reported_comes_last_both_ways(mali: MaliPlans) -> None:
    for column in ("percent_funded", "received_usd", "gap_usd"):
        for order in (column, f"-{column}"):
            codes = [row["code"] for row in results(f"plans/?ordering={order}")]
            assert codes == ["MLI-COMPENDIUM-2017", "MLI-CRP-2025-2026", "MLI-CRP-2021"], order
    assert [row["requested_usd"] for row in results("plans/?ordering=requested_usd")] == [
        "32353500.00",
        "37360000.00",
        None,
    ]
    assert [row["requested_usd"] for row in results("plans/?ordering=-requested_usd")] == [
        "37360000.00",
        "32353500.00",
        None,
    ]


def test_equals_stand_in_the_usual_order(empty_database: None) -> None:
    for code, year in (("B", 2020), ("C", 2022), ("A", 2020), ("D", 2022)):
        make_plan(code=code, start_year=year, requested_usd="100.00", contributions=0)
    assert [row["code"] for row in results("plans/")] == ["C", "D", "A", "B"]
    assert [row["code"] for row in results("plans/?ordering=requested_usd")] == ["C", "D", "A", "B"]
    assert [row["code"] for row in results("plans/?ordering=start_year")] == ["A", "B", "C", "D"]
    assert [row["code"] for row in results("plans/?ordering=requested_usd,-code")] == ["D", "C", "B", "A"]
    assert [row["code"] for row in results("plans/?ordering=requested_usd&ordering=-code")] == ["D", "C", "B", "A"]


@pytest.mark.parametrize("ordering", ["kind", "-percent_funded", "received_usd", "people_in_need", "-published_at"])
def test_pages_never_overlap_whatever_the_order(empty_database: None, ordering: str) -> None:
    made = {plan.code for plan in make_plans(7, requested_usd="50.00", contributions=1)}
    make_plan(requested_usd=None, reports_funding=False, contributions=0)
    seen, following = [], f"plans/?limit=3&ordering={ordering}"
    while following:
        page = get(following)
        seen += [row["code"] for row in page["results"]]
        following = (page["next"] or "").partition("/api/v1/")[2]
    assert len(seen) == page["count"] == 8
    assert made < set(seen)


def test_pages_lead_there_and_back(mali: MaliPlans) -> None:
    first = get("plans/?limit=2")
    assert (len(first["results"]), first["previous"]) == (2, None)
    assert first["next"] == "http://testserver/api/v1/plans/?limit=2&offset=2"
    last = get("plans/?limit=2&offset=2")
    assert (len(last["results"]), last["next"]) == (1, None)
    assert last["previous"] == "http://testserver/api/v1/plans/?limit=2"
    beyond = get("plans/?limit=2&offset=1000000000")
    assert (beyond["results"], beyond["count"], beyond["next"]) == ([], 3, None)
    assert beyond["previous"] == "http://testserver/api/v1/plans/?limit=2&offset=2"


def test_a_search_finds_what_the_pages_find(mali: MaliPlans) -> None:
    coast = make_country(name="Côte d’Ivoire", iso3="QXX")
    make_plan(code="COAST", title="Réponse à la crise", countries=[coast])
    assert [row["code"] for row in results("plans/?search=cote d'ivoire")] == ["COAST"]
    assert [row["code"] for row in results("plans/?search=REPONSE qxx")] == ["COAST"]
    assert {row["code"] for row in results("plans/?search=mali 2021")} == {"MLI-CRP-2021"}
    assert results("plans/?search=mali nowhere") == []


@pytest.mark.django_db
def test_the_percentage_printed_for_an_objective() -> None:
    plan = make_plan(objectives=2)
    Objective.objects.filter(revision__plan=plan, number=1).update(stated_percent_funded="28")
    first, second, *rest = get(f"plans/{plan.code}/")["objectives"]
    assert (first["stated_percent_funded"], second["stated_percent_funded"]) == (28.0, None)
    assert [part["stated_percent_funded"] for part in rest if part["residual"]] == [None]
