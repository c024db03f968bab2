"""The numbers beside the choices of the gap explorer, against a plain loop that asks for every choice by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from funding.selectors.filter_form import Choice, Option
from funding.selectors.gaps import GapExplorer
from plans.models import Framework, Region
from tests.factories import make_country, make_plan, make_plans, make_taxonomy
from tests.funding.world import World

FACETS = ("country", "region", "kind", "framework", "global_cluster", "sector")
ADDRESSES = [
    "", "kind=crp", "kind=crp,rrp&reported=true", "year_min=2022", "search=p1", "region=800&kind=hnrp", "gap_min=1",
    "framework=F0", "framework=F0&framework=F1&year_max=2021", "percent_funded_max=50&region=801",
]  # fmt: skip


def explore(query: str, on: date | None = None) -> GapExplorer:
    explorer = GapExplorer(QueryDict(query), on)
    assert explorer.problems == {}
    return explorer


def alone(query: str, name: str, value: str, on: date | None) -> int:
    """Count the plans that an address finds with one choice in place of what it chooses there."""
    state = QueryDict(query, mutable=True)
    state[name] = value
    return explore(state.urlencode(), on).plans.count()


def chosen_of(explorer: GapExplorer, name: str) -> list[Option]:
    return list(explorer.form.choices[name].options)


@pytest.mark.parametrize(
    ("seed", "queries", "on"),
    [
        (1, ADDRESSES[:3], None),
        pytest.param(2, ADDRESSES[3:], None, marks=pytest.mark.once),
        pytest.param(3, ADDRESSES[::4], date(2021, 6, 1), marks=pytest.mark.once),
    ],
    ids=["three", "the rest", "on a past day"],
)
def test_what_stands_beside_a_choice_is_what_it_would_show(
    empty_database: None, seed: int, queries: list[str], on: date | None
) -> None:
    World(seed=seed, plans=14)
    Framework.objects.get_or_create(  # so that the codes that the addresses name are known
        revision=make_plan(code="SURE", kind="crp").revisions.get(), code="F0", defaults={"name": "F0"}
    )
    Framework.objects.get_or_create(revision=make_plan(kind="rrp").revisions.get(), code="F1", defaults={"name": "F1"})
    for query in queries:
        explorer = explore(query, on)
        counted = 0
        for number, name in enumerate(FACETS):
            options = chosen_of(explorer, name)
            counted += len(options)
            # Every choice of the first address; of the others every second to fourth, the first among them.
            for option in options if query == ADDRESSES[0] and on is None else options[:: 2 + number % 3]:
                assert option.plans == alone(query, name, option.value, on), (query, name, option.value)
        for option in explorer.form.reported_options:
            assert option.plans == alone(query, "reported", option.value, on), query
        assert counted > 3 or explorer.plans.count() == 0


def test_a_filter_ignores_its_own_choice_and_heeds_the_others(empty_database: None) -> None:
    here, there = make_country(iso3="QAA"), make_country(iso3="QBB")
    for number in range(3):
        make_plan(countries=[here], kind="crp" if number else "rrp", start_year=2020 + number)
    make_plan(countries=[here, there], kind="hnrp")

    def shown(query: str, name: str) -> dict[str, int | None]:
        return {option.value: option.plans for option in chosen_of(explore(query), name)}

    assert shown("", "country") == {"QAA": 4, "QBB": 1}
    assert shown("country=QBB", "country") == {"QAA": 4, "QBB": 1}
    assert shown("country=QBB", "kind") == {"hnrp": 1}
    assert shown("country=QAA&kind=crp", "kind") == {"crp": 2, "rrp": 1, "hnrp": 1}
    assert shown("kind=crp", "country") == {"QAA": 2}


def test_what_would_show_nothing_is_left_out_unless_it_is_chosen(empty_database: None) -> None:
    make_plan(countries=[make_country(iso3="QAA")], kind="crp")
    make_plan(countries=[make_country(iso3="QBB")], kind="rrp")
    found: Choice = explore("country=QBB&kind=crp").form.choices["country"]
    assert [(option.value, option.plans, option.is_chosen) for option in found.options] == [
        ("QBB", 0, True),
        ("QAA", 1, False),
    ]
    assert [option.value for option in explore("kind=crp").form.choices["country"].options] == ["QAA"]


def test_a_region_counts_a_plan_once_however_many_of_its_countries_it_holds(empty_database: None) -> None:
    africa = Region.objects.create(code="002", name="Africa")
    parts = [Region.objects.create(code=code, name=code, parent=africa) for code in ("011", "015")]
    make_plan(countries=[make_country(region=parts[0]), make_country(region=parts[0]), make_country(region=parts[1])])
    found = {option.value: option.plans for option in explore("").form.choices["region"].options}
    assert found == {"002": 1, "011": 1, "015": 1}


def test_nothing_is_counted_where_the_address_can_not_be_understood(empty_database: None) -> None:
    make_plan()
    explorer = GapExplorer(QueryDict("year_min=soon"))
    assert explorer.problems
    assert {option.plans for name in FACETS for option in explorer.form.choices[name].options} == {None}
    assert [option.plans for option in explorer.form.reported_options] == [None, None]


@pytest.mark.once
@pytest.mark.parametrize("query", ["", "country=QAA&kind=crp", "search=plan", "region=901&year_min=2010&view=map"])
def test_counting_takes_as_many_queries_for_many_plans_as_for_one(empty_database: None, query: str) -> None:
    taxonomy = make_taxonomy(sectors=3)
    make_plan(taxonomy=taxonomy, countries=[make_country(iso3="QAA")])

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            explorer: Any = explore(query)
            assert explorer.form.choices
            assert explorer.form.reported_options
        return len(queries)

    few = asked()
    make_plans(20, taxonomy=taxonomy)
    assert asked() == few <= 24
