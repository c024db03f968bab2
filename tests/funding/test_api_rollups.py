"""Rollups and checks in the API: the Mali figures to the cent, and sums compared with the rows that the lists give."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import FigureError
from funding.api import plans
from funding.models import Contribution
from tests.api import ask, every, get, problem, rows
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_organization, make_plan, make_plans

ZERO = Decimal("0.00")


def told(rollup: dict[str, Any], name: str, *columns: str) -> dict[Any, tuple[Any, ...]]:
    """Return the named columns of each row, by the code of a dimension."""
    return {row[name]: tuple(row[column] for column in columns) for row in rollup["rows"]}


def add_up(lines: list[dict[str, Any]], column: str) -> str | None:
    """Return the sum of a column the way a reader adds it up; null where nothing is known."""
    known = [Decimal(line[column]) for line in lines if line[column] is not None]
    return f"{sum(known, ZERO):.2f}" if known else None


def assert_adds_up(rollup: dict[str, Any], *columns: str) -> None:
    lines = [*rollup["rows"], *rollup["residuals"]]
    assert {column: add_up(lines, column) for column in columns} == {
        column: rollup["total"][column] for column in columns
    }


ALL = ("requested_usd", "received_usd", "pledged_usd")


def test_the_plan_of_2025_by_sector(mali: MaliPlans) -> None:
    rollup = get("plans/MLI-CRP-2025-2026/rollup/?by=sector")
    assert len(rollup["rows"]) == 18
    assert sum(Decimal(row["requested_usd"]) for row in rollup["rows"]) == Decimal("32353500.00")
    assert rollup["total"]["requested_usd"] == "32353500.00"
    assert rollup["total"]["received_usd"] is None
    assert {row["received_usd"] for row in rollup["rows"]} == {None}
    assert rollup["residuals"] == []


def test_the_plan_of_2025_by_objective(mali: MaliPlans) -> None:
    rollup = get("plans/MLI-CRP-2025-2026/rollup/?by=objective")
    assert told(rollup, "objective", "requested_usd", "received_usd") == {
        1: ("12584000.00", None),
        2: ("10057000.00", None),
        3: ("9712500.00", None),
    }


def test_the_plan_of_2017_by_framework(mali: MaliPlans) -> None:
    rollup = get("plans/MLI-COMPENDIUM-2017/rollup/?by=framework")
    assert told(rollup, "framework", "requested_usd", "received_usd", "gap_usd", "percent_funded") == {
        "HRP": ("12360000.00", "112550.00", "12247450.00", 0.91),
        "MCOF": ("25000000.00", "0.00", "25000000.00", 0.0),
    }


def test_money_for_nothing_in_particular_is_a_named_rest(mali: MaliPlans) -> None:
    (rest,) = get("plans/MLI-COMPENDIUM-2017/rollup/?by=objective")["residuals"]
    assert (rest["objective"], rest["objective_name"], rest["residual"]) == (
        None,
        "Objective not specified",
        "not_specified",
    )
    assert (rest["requested_usd"], rest["received_usd"]) == ("37360000.00", "112550.00")


@pytest.mark.parametrize("code", ["MLI-COMPENDIUM-2017", "MLI-CRP-2025-2026", "MLI-CRP-2021"])
@pytest.mark.parametrize("by", ["framework", "objective", "sector", "global_cluster", "project"])
def test_every_total_opens_into_lines_that_add_to_it(mali: MaliPlans, code: str, by: str) -> None:
    rollup = get(f"plans/{code}/rollup/?by={by}")
    assert_adds_up(rollup, *ALL)
    assert rollup["total"]["requested_usd"] == get(f"plans/{code}/")["requested_usd"]


def test_the_portfolio_by_framework(mali: MaliPlans) -> None:
    rollup = get("rollups/?by=framework")
    assert told(rollup, "framework", "requested_usd", "percent_funded") == {
        "HRP": ("12360000.00", 0.91),
        "MCOF": ("25000000.00", 0.0),
    }
    total = rollup["total"]
    assert (total["requested_usd"], total["received_usd"], total["gap_usd"]) == (
        "69713500.00",
        "112550.00",
        "37247450.00",
    )
    assert (total["plans"], total["plans_requesting"], total["plans_reporting"]) == (3, 2, 1)
    assert total["requested_reporting_usd"] == "37360000.00"
    assert total["percent_funded"] == 0.3


def test_years_meet_under_the_global_clusters(mali: MaliPlans) -> None:
    # By hand: 3,580,000 of 2017 and 6,200,000 of 2025; 2,450,000 and 2,800,000; 112,550 of 3,580,000 is 3.14 percent.
    rollup = get("rollups/?by=global_cluster")
    clusters = told(rollup, "global_cluster", "requested_usd", "received_usd", "percent_funded", "plans")
    assert clusters["SHL"] == ("9780000.00", "112550.00", 3.14, 2)
    assert clusters["WSH"] == ("5250000.00", "0.00", 0.0, 2)
    (rest,) = rollup["residuals"]
    assert (rest["residual"], rest["global_cluster_name"]) == ("no_cluster", "No global cluster")
    assert_adds_up(rollup, *ALL)


@pytest.mark.parametrize(
    "by",
    ["country", "region", "year", "kind", "framework", "objective", "sector", "global_cluster", "country,year",
     "year,sector", "framework,sector", "framework,global_cluster", "kind,region"],
)  # fmt: skip
def test_every_rollup_adds_up(mali: MaliPlans, by: str) -> None:
    make_plans(4, contributions=2)
    make_plan(countries=[make_country(), make_country()])
    make_contribution(plan=make_plan(), status="pledge", is_shared_across_sectors=True)
    rollup = get(f"rollups/?by={by}")
    assert rollup["by"] == by.split(",")
    assert_adds_up(rollup, *ALL)
    for row in rollup["rows"]:
        assert all(row[name] is not None for name in rollup["by"])
    assert all(row["residual"] for row in rollup["residuals"])


def test_a_rollup_is_what_a_plain_loop_over_the_list_gives(mali: MaliPlans) -> None:
    make_plans(6, contributions=3)
    requested: dict[int, Decimal] = defaultdict(lambda: ZERO)
    received: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for plan in every("plans/?limit=2"):
        requested[plan["start_year"]] += Decimal(plan["requested_usd"] or 0)
        received[plan["start_year"]] += Decimal(plan["received_usd"] or 0)
    for row in get("rollups/?by=year")["rows"]:
        assert Decimal(row["requested_usd"] or 0) == requested[row["year"]]
        assert Decimal(row["received_usd"] or 0) == received[row["year"]]


def test_donors_have_what_they_gave_and_no_requirement(mali: MaliPlans) -> None:
    donor = make_organization(code="jpn", name="Japan")
    make_contribution(plan=mali.compendium_2017, donor=donor, amount_usd="450.00")
    make_contribution(plan=mali.crp_2025_2026, donor=donor, amount_usd="50.00", status="commitment")
    rollup = get("rollups/?by=donor")
    assert told(rollup, "donor", "donor_name", "requested_usd", "received_usd", "gap_usd") == {
        "jpn": ("Japan", None, "500.00", None)
    }
    assert [(row["residual"], row["received_usd"]) for row in rollup["residuals"]] == [("not_specified", "112550.00")]
    assert_adds_up(rollup, "received_usd", "pledged_usd")


def test_a_plan_for_two_countries_counts_under_neither(empty_database: None) -> None:
    make_plan(countries=[make_country(iso3="AAA"), make_country(iso3="BBB")], requested_usd="900.00")
    make_plan(countries=[make_country(iso3="CCC")], requested_usd="100.00")
    rollup = get("rollups/?by=country")
    assert told(rollup, "country", "requested_usd") == {"CCC": ("100.00",)}
    assert [(row["residual"], row["requested_usd"]) for row in rollup["residuals"]] == [("several_countries", "900.00")]


def test_a_rollup_takes_the_filters_of_the_plans(mali: MaliPlans) -> None:
    assert get("rollups/?by=year&kind=crp")["total"]["requested_usd"] == "32353500.00"
    assert told(get("rollups/?by=year&year_max=2020"), "year", "requested_usd") == {2017: ("37360000.00",)}
    assert get("rollups/?by=country&country=BFA")["rows"] == []
    nothing = get("rollups/?by=country&country=BFA")["total"]
    assert (nothing["plans"], nothing["requested_usd"], nothing["received_usd"], nothing["gap_usd"]) == (
        0,
        None,
        None,
        None,
    )


def test_two_dimensions_may_be_repeated_or_joined(mali: MaliPlans) -> None:
    assert get("rollups/?by=country&by=year") == get("rollups/?by=country,year") == get("rollups/?by=country, year")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("rollups/", "Name one or two of: country"),
        ("rollups/?by=", "No value is given"),
        ("rollups/?by=contry", "“contry” is not a dimension"),
        ("rollups/?by=country,year,kind", "Name one or two of"),
        ("rollups/?by=country,country", "two different ones"),
        ("rollups/?by=objective,sector", "at once"),
        ("rollups/?by=project", "“project” is not a dimension"),
        ("rollups/?by=%00", "null character"),
        ("plans/MLI-CRP-2021/rollup/", "Name one of: framework"),
        ("plans/MLI-CRP-2021/rollup/?by=region", "“region” is not a dimension"),
        ("plans/MLI-CRP-2021/rollup/?by=sector,project", "Name one of"),
        ("plans/MLI-CRP-2021/rollup/?by=sector&by=project", "Given 2 times"),
    ],
)
def test_what_a_rollup_refuses(mali: MaliPlans, address: str, words: str) -> None:
    errors = problem(address)
    assert list(errors) == ["by"]
    assert words in errors["by"][0]


def test_a_rollup_that_does_not_add_up_is_never_served(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of CRP is an error of the server: it must not look like a mistake of the reader."""

    def broken(*args: Any) -> None:
        raise FigureError("lines give 1, total 2")

    monkeypatch.setattr(plans, "break_down_plan", broken)
    with pytest.raises(FigureError):
        ask("plans/MLI-CRP-2021/rollup/?by=sector")


# CSV


def test_a_rollup_as_a_table(mali: MaliPlans) -> None:
    table = rows("plans/MLI-COMPENDIUM-2017/rollup/?by=framework&format=csv")
    assert [(row["framework"], row["requested_usd"], row["percent_funded"], row["residual"]) for row in table] == [
        ("HRP", "12360000.00", "0.91", ""),
        ("MCOF", "25000000.00", "0.0", ""),
    ]
    rollup = get("rollups/?by=framework")
    table = rows("rollups/?by=framework&format=csv")
    assert list(table[0]) == list(rollup["rows"][0])
    assert len(table) == len(rollup["rows"]) + len(rollup["residuals"])
    assert table[-1]["framework"] == ""
    assert table[-1]["residual"] == "not_specified"
    assert table[-1]["received_usd"] == ""


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("rollups/?by=country,year&kind=crp&format=csv", "crp-rollups-by-country-year-kind-crp-2026-11-23.csv"),
        ("plans/MLI-CRP-2021/rollup/?by=sector&format=csv", "crp-MLI-CRP-2021-by-sector-2026-11-23.csv"),
        ("plans/MLI-CRP-2021/checks/?format=csv", "crp-MLI-CRP-2021-checks-2026-11-23.csv"),
        ("funding-requests/?format=csv", "crp-funding-requests-2026-11-23.csv"),
    ],
)
def test_a_download_has_a_name(mali: MaliPlans, address: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crp.common.api.views.today", lambda: date(2026, 11, 23))
    assert ask(address)["Content-Disposition"] == f'attachment; filename="{name}"'


# Checks


def test_the_checks_of_2025(mali: MaliPlans) -> None:
    answer = get("plans/MLI-CRP-2025-2026/checks/")
    assert (answer["plan"], answer["revision"], answer["verdict"]) == ("MLI-CRP-2025-2026", 1, "note")
    checks = {check["rule"]: check for check in answer["checks"]}
    entities = checks["entities_targeted_by_objective"]
    assert (entities["expected"], entities["found"], entities["difference"]) == ("25", "28", "3")
    assert entities["verdict"] == "note"
    assert "overlap" in entities["sentence"]
    assert (checks["sum_of_sectors"]["found"], checks["sum_of_sectors"]["difference"]) == ("32353500.00", "0.00")
    assert checks["received"]["verdict"] == "not_reported"
    assert checks["received"]["found"] is None
    shares = [check for check in answer["checks"] if check["rule"] == "outcome_shares"]
    assert [Decimal(check["found"]) for check in shares] == [100, 100, 100]


def test_the_checks_of_2017(mali: MaliPlans) -> None:
    checks = get("plans/MLI-COMPENDIUM-2017/checks/")["checks"]
    printed = [check for check in checks if check["rule"] == "printed_percent"]
    assert [(Decimal(check["expected"]), check["found"], check["verdict"]) for check in printed] == [
        (1, "0.91", "ok"),
        (0, "0.00", "ok"),
    ]
    assert "Printed 1 %" in printed[0]["sentence"]


def test_a_check_that_fails_says_so(empty_database: None) -> None:
    plan = make_plan(requested_usd="1000.00")
    plan.revisions.get().funding_requests.filter(breakdown="sector").first().delete()
    answer = get(f"plans/{plan.code}/checks/")
    check = next(item for item in answer["checks"] if item["rule"] == "sum_of_sectors")
    assert (check["expected"], check["found"], check["difference"]) == ("1000.00", "500.00", "-500.00")
    assert check["verdict"] == "warning"
    assert answer["verdict"] in {"warning", "error"}


def test_checks_as_a_table(mali: MaliPlans) -> None:
    answer = get("plans/MLI-CRP-2025-2026/checks/")
    table = rows("plans/MLI-CRP-2025-2026/checks/?format=csv")
    assert list(table[0]) == ["plan", "revision", *answer["checks"][0]]
    assert [row["rule"] for row in table] == [check["rule"] for check in answer["checks"]]
    assert {row["plan"] for row in table} == {"MLI-CRP-2025-2026"}


def test_contributions_are_what_received_adds_up_from(mali: MaliPlans) -> None:
    make_contribution(plan=mali.compendium_2017, amount_usd="10.25", status=Contribution.Status.COMMITMENT)
    make_contribution(plan=mali.compendium_2017, amount_usd="99.00", status=Contribution.Status.PLEDGE)
    lines = list(every("contributions/?plan=MLI-COMPENDIUM-2017"))
    counted = sum(Decimal(line["amount_usd"]) for line in lines if line["is_counted"])
    assert f"{counted:.2f}" == get("plans/MLI-COMPENDIUM-2017/")["received_usd"] == "112560.25"
    assert get("plans/MLI-COMPENDIUM-2017/")["pledged_usd"] == "99.00"
