"""What is answered the fast way is what the serializers, which describe it, would have answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.renderers import JSONRenderer

from funding.api.detail import PlanDetailSerializer
from funding.api.serializers import PlanSerializer
from funding.models import Contribution
from funding.rollups import with_figures
from funding.updated import updated_at
from plans.models import Plan
from tests.api import ask, count_queries, every, get, rows, text_of
from tests.benchmarks.loading import write
from tests.benchmarks.sizes import SIZES
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_organization, make_plan

pytestmark = pytest.mark.once


def slowly(serializer: Any, plan: Any) -> dict[str, Any]:
    return json.loads(JSONRenderer().render(serializer(plan).data))


def public_plans() -> Any:
    plans = with_figures(Plan.objects.in_force()).annotate(updated_at=updated_at())
    return plans.prefetch_related("countries", "identifiers")


@pytest.fixture
def generated(mali: MaliPlans) -> None:
    """Have sixty more plans of every shape, with money for every kind of target."""
    write(SIZES["XS"])


def test_the_list_is_what_the_serializer_says(generated: None) -> None:
    make_plan(code="NO-COUNTRY", countries=[])
    make_plan(code="NEGATIVE", contributions=0, requested_usd=None)
    make_contribution(plan=Plan.objects.get(code="NEGATIVE"), amount_usd="-0.05")
    countries = [make_country(name=name) for name in ("Zed", "Côte", "Alpha")]
    make_plan(code="SEVERAL", countries=countries, title='=1+1, “é”\u2028 "x"')
    expected = {plan.code: slowly(PlanSerializer, plan) for plan in public_plans()}
    assert {row["code"]: row for row in every("plans/?limit=25")} == expected
    assert expected["NEGATIVE"]["received_usd"] == "-0.05"
    assert expected["SEVERAL"]["countries"] == [countries[2].iso3, countries[1].iso3, countries[0].iso3]
    assert list(next(every("plans/"))) == list(PlanSerializer.Meta.fields)
    lines = text_of(ask("plans/?format=ndjson")).removesuffix("\n").split("\n")
    assert {row["code"]: row for row in map(json.loads, lines)} == expected
    assert len(lines) == len(expected)


def test_the_table_has_the_same_rows(generated: None) -> None:
    expected = {row["code"]: row for row in every("plans/?limit=100")}
    table = rows("plans/?format=csv")
    assert len(table) == len(expected)
    for row in table:
        for name, value in expected[row["code"]].items():
            shown = ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
            assert row[name] == (shown.lower() if isinstance(value, bool) else shown)


def test_a_plan_is_what_the_serializer_says(generated: None) -> None:
    plans = [*public_plans().select_related("current__taxonomy")][::3]
    for plan in plans:
        expected = slowly(PlanDetailSerializer, plan)
        first = get(f"plans/{plan.code}/")
        assert first == expected
        assert list(first) == list(expected)
        assert get(f"plans/{plan.code}/") == expected  # from what was kept
    assert len(plans) == 20


def test_a_plan_is_what_the_serializer_says_after_more_money(generated: None) -> None:
    """What is kept of a revision must not keep figures, nor parts that only money has made."""
    found = Contribution.objects.filter(counted_usd__isnull=False).exclude(project_code="").first()
    assert found is not None
    plan = found.plan
    assert plan is not None
    get(f"plans/{plan.code}/")
    strangers: list[dict[str, Any]] = [
        {"framework_code": "NEW"},
        {"objective_number": 9},
        {"project_code": "NOT-THERE"},
        {"sector_id": plan.revisions.in_force().get().taxonomy.sectors.last().pk},
        {"is_shared_across_sectors": True},
        {"status": "pledge", "amount_usd": "7.01"},
        {},
    ]
    for target in strangers:
        contribution = make_contribution(plan=plan, **target)
        whole = public_plans().select_related("current__taxonomy").get(pk=plan.pk)
        assert get(f"plans/{plan.code}/") == slowly(PlanDetailSerializer, whole), target
        contribution.delete()
    whole = public_plans().select_related("current__taxonomy").get(pk=plan.pk)
    assert get(f"plans/{plan.code}/") == slowly(PlanDetailSerializer, whole)


def test_an_edit_of_a_list_of_codes_is_seen(mali: MaliPlans) -> None:
    """What is kept holds as long as nothing behind it changes, be it the code of a country."""
    assert get("plans/MLI-CRP-2021/")["countries"] == ["MLI"]
    assert [row["countries"] for row in get("plans/")["results"]] == [["MLI"]] * 3
    mali.crp_2021.countries.update(iso3="XYZ")
    assert get("plans/MLI-CRP-2021/")["countries"] == ["XYZ"]
    assert [row["countries"] for row in get("plans/")["results"]] == [["XYZ"]] * 3
    assert get("plans/?country=XYZ")["count"] == 3


def test_a_count_follows_the_money(mali: MaliPlans) -> None:
    assert get("plans/?reported=true")["count"] == 1
    assert get("plans/?gap_min=37247450.01")["count"] == 0
    make_contribution(plan=mali.crp_2021)
    assert get("plans/?reported=true")["count"] == 2
    make_contribution(plan=mali.compendium_2017, amount_usd="-0.01")
    assert get("plans/?gap_min=37247450.01")["count"] == 1


def test_a_count_that_no_money_can_change_is_not_taken_again(mali: MaliPlans) -> None:
    addresses = {"plans/?country=MLI&year_min=2017": 2, "plans/?gap_min=1": 3, "plans/?updated_since=2017-01-01": 3}
    donor = make_organization()
    for address, statements in addresses.items():
        get(address)
        make_contribution(plan=mali.crp_2021, donor=donor)
        assert count_queries(address, again=True) == statements, address


def test_a_warm_process_asks_little(generated: None) -> None:
    code = Plan.objects.in_force().exclude(code__startswith="MLI").first().code
    addresses = {
        "plans/?limit=30": 1,
        "plans/?country=MLI&percent_funded_max=20&ordering=-gap_usd": 1,
        "plans/?limit=30&offset=30": 1,
        f"plans/{code}/": 1,
        "rollups/?by=sector,year": 1,
        "rollups/?by=country": 1,
        "plans/?format=csv": 2,
        "plans/?format=ndjson": 2,
    }
    for address in addresses:
        text_of(ask(address))
    assert {address: count_queries(address, again=True) for address in addresses} == addresses


@pytest.mark.parametrize("query", ["limit=", "limit=1&limit=2", "offset=-1", "limit=9&contry=MLI", "format=xml"])
def test_a_list_that_was_asked_for_before_still_refuses(mali: MaliPlans, query: str) -> None:
    get("plans/?limit=9")
    get(f"plans/?{query}", 400)
