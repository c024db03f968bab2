"""``fields=`` and ``expand=`` of single entries, and what an entry has in common with its row in the list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from zeal import zeal_context

from funding.models import Organization
from plans.models import Contact, CountryProfile
from tests.api import ask, count_queries, get, problem, results, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plan
from tests.funding.test_api_columns import EXPANSIONS
from tests.funding.test_overlap import relate
from tests.funding.world import World

ENTRIES = {
    "plans": "MLI-COMPENDIUM-2017",
    "contributions": "ALL",
    "organizations": "iom",
    "taxonomies": "IOM-2025",
    "countries": "MLI",
}
KEYS = {name: "iso3" if name == "countries" else "code" for name in ENTRIES}


DONOR = "GIVER"


@pytest.fixture
def world(mali: MaliPlans) -> MaliPlans:
    """Return the Mali plans with a contribution that names all it can."""
    sector = mali.crp_2025_2026.revisions.get().taxonomy.sectors.first()
    names: dict[str, Any] = {"donor": make_organization(code=DONOR), "recipient": make_organization(), "sector": sector}
    make_contribution(plan=mali.crp_2025_2026, code="ALL", objective_number=1, **names)
    return mali


def row_of(name: str, code: str, query: str = "") -> dict[str, Any]:
    (row,) = [row for row in results(f"{name}/?limit=1000{query}") if row[KEYS[name]] == code]
    return row


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_has_every_column_of_its_row(world: MaliPlans, name: str) -> None:
    """With the same value: ``updated_at`` too, which follows the money of a plan."""
    for _ in range(2):
        row, entry = row_of(name, ENTRIES[name]), get(f"{name}/{ENTRIES[name]}/")
        assert {column: entry[column] for column in row} == row
        # Of a donor that is there already: only money has changed, and what is kept of the plan is filled anew.
        make_contribution(plan=world.compendium_2017, donor=Organization.objects.get(code=DONOR))
    if name == "plans":
        on = "&as_of=2025-12-31"
        entry = get(f"plans/MLI-CRP-2025-2026/?{on[1:]}")
        row = row_of("plans", "MLI-CRP-2025-2026", on)
        assert {column: entry[column] for column in row} == row


@pytest.mark.parametrize("name", ENTRIES)
def test_columns_of_an_entry_are_chosen(world: MaliPlans, name: str) -> None:
    address = f"{name}/{ENTRIES[name]}/"
    whole = get(address)
    known = list(whole)
    wanted = [known[-1], known[0], known[len(known) // 2]]
    for query in (",".join(wanted), "&fields=".join(wanted)):
        found = get(f"{address}?fields={query}")
        assert found == {column: whole[column] for column in wanted}
        assert list(found) == wanted
    for column in known:
        assert get(f"{address}?fields={column}") == {column: whole[column]}
    assert get(address) == whole


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("plans", ""),
        ("plans", "&as_of=2025-12-31"),
        ("contributions", ""),
        ("contributions", "&as_of=2025-12-31"),
        ("organizations", ""),
        ("taxonomies", ""),
        ("countries", ""),
    ],
)
def test_what_an_entry_names_is_told_as_in_its_list(world: MaliPlans, name: str, day: str) -> None:
    code = "MLI-2017-0001" if day and name == "contributions" else ENTRIES[name]
    words = ",".join(EXPANSIONS[name])
    address = f"{name}/{code}/"
    expanded = row_of(name, code, f"&expand={words}{day}")["expanded"]
    assert any(value not in (None, []) for value in expanded.values()) or name == "organizations"
    whole = get(f"{address}?{day[1:]}" if day else address)
    assert get(f"{address}?expand={words}{day}") == {**whole, "expanded": expanded}
    first, *_others = EXPANSIONS[name]
    # What names it need not be among the columns wanted.
    column = "title" if name == "plans" else "name" if name != "contributions" else "status"
    found = get(f"{address}?fields={column}&expand={first}{day}")
    assert found == {column: whole[column], "expanded": {first: expanded[first]}}


@pytest.mark.parametrize("name", [name for name in ENTRIES if EXPANSIONS[name]])
def test_an_entry_costs_the_same_with_many_rows(world: MaliPlans, name: str) -> None:
    address = f"{name}/{ENTRIES[name]}/?expand={','.join(EXPANSIONS[name])}"
    few = count_queries(address)
    sectors = world.crp_2025_2026.revisions.get().taxonomy.sectors.all()
    for sector in sectors[:3]:
        make_contribution(plan=world.compendium_2017, donor=make_organization(), sector=sector)
    with zeal_context():
        assert count_queries(address) == few


def test_sectors_of_many_plans_are_those_of_each(empty_database: None) -> None:
    """Random plans, of every shape that money can have; what they cost is told in test_api_columns."""
    world = World(70, plans=10)
    world.change_something()
    for day in ("", "&as_of=2022-06-30"):
        rows = results(f"plans/?limit=100&expand=sectors{day}")
        for row in rows:
            own = get(f"plans/{row['code']}/?fields=sectors{day}")["sectors"]
            assert row["expanded"]["sectors"] == own, row["code"]
        assert sum(len(row["expanded"]["sectors"]) for row in rows) > 6


def test_sectors_of_a_plan_by_hand(mali: MaliPlans) -> None:
    (plan,) = results("plans/?search=MLI-COMPENDIUM-2017&fields=code&expand=sectors")
    shelter = next(line for line in plan["expanded"]["sectors"] if line["received_usd"] == "112550.00")
    assert (shelter["requested_usd"], shelter["gap_usd"]) == ("3580000.00", "3467450.00")
    assert shelter["percent_funded"] == 3.14
    (plan,) = results("plans/?search=MLI-CRP-2025-2026&fields=code&expand=sectors")
    assert len(plan["expanded"]["sectors"]) == 18
    assert {line["received_usd"] for line in plan["expanded"]["sectors"]} == {None}
    assert sum(line["is_inferred"] for line in plan["expanded"]["sectors"]) == 1


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("fields=nam", "fields", "“nam” is not a column of this entry."),
        ("fields=updated_at,updated_at", "fields", "“updated_at” is named twice."),
        ("fields=", "fields", "No value is given"),
        ("fields=%00", "fields", "null character"),
        ("fields=expanded", "fields", "is not a column"),
        ("fields=" + "x" * 10_000, "fields", "xxx"),
        ("fields=" + ",".join(["updated_at"] * 101), "fields", "101 values are too many"),
        ("fields=<script>alert(1)</script>", "fields", "is not a column"),
        ("fields=" + quote("code'; DROP TABLE plans_plan --"), "fields", "is not a column"),
        ("fields=current__number", "fields", "is not a column"),
        ("expand=nothing", "expand", "“nothing” is not an expansion of this entry."),
        ("expand=", "expand", "No value is given"),
        ("expand=plan.countries", "expand", "is not an expansion"),
        ("expnd=plan", "expnd", "Did you mean “expand”?"),
        ("limit=1", "limit", "Unknown parameter"),
        ("ordering=code", "ordering", "Unknown parameter"),
    ],
)
def test_what_can_not_be_chosen_of_an_entry_is_named(mali: MaliPlans, query: str, parameter: str, words: str) -> None:
    for address in ("plans/MLI-CRP-2021/", "contributions/MLI-2017-0001/"):
        errors = problem(f"{address}?{query}")
        assert list(errors) == [parameter]
        assert words in errors[parameter][0]
        assert len(errors[parameter][0]) < 1500
        # The same whether or not there is such an entry: what is wrong with the question comes first.
        assert problem(f"{address.partition('/')[0]}/NONE/?{query}") == errors


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_refuses(mali: MaliPlans, name: str) -> None:
    for query in ("fields=nam", "expand=nothing", "fields=updated_at&expand=", "limit=1"):
        problem(f"{name}/{ENTRIES[name]}/?{query}")


def test_an_unknown_entry_is_not_found_whatever_is_wanted(mali: MaliPlans) -> None:
    for name in ENTRIES:
        assert get(f"{name}/NONE/?fields=updated_at", 404)["code"] == "not_found"


def test_a_part_of_an_entry_has_its_own_tag(world: MaliPlans) -> None:
    """A copy of a part is no copy of the whole; only the tag of a whole contribution names a state to be changed."""
    tags = {ask(f"contributions/ALL/{query}")["ETag"] for query in ("", "?fields=code", "?expand=plan")}
    assert len(tags) == 3
    for address in ("contributions/ALL/?fields=code", "plans/MLI-CRP-2021/?fields=code&expand=countries"):
        tag = ask(address)["ETag"]
        assert ask(address, **{"If-None-Match": tag}).status_code == 304
        assert Client().head(f"/api/v1/{address}").status_code == 200


def test_a_plan_without_sectors_has_none(mali: MaliPlans) -> None:
    found = get("plans/MLI-CRP-2021/?fields=code&expand=sectors")
    assert found == {"code": "MLI-CRP-2021", "expanded": {"sectors": []}}


def test_inter_agency_plans_by_hand(mali: MaliPlans) -> None:
    """Nine lines of the CRP name the H(N)RP and none says how much of it lies inside."""
    (plan,) = results("plans/?search=MLI-CRP-2025-2026&fields=requested_usd&expand=inter_agency")
    parts = {part["family"]: part for part in plan["expanded"]["inter_agency"]}
    assert set(parts) == {"FA", "H(N)RP", "UNSDCF"}
    flash = parts["FA"]  # health alone
    assert [(line["breakdown"], line["target"]) for line in flash["lines"]] == [("sector", "IOM-2025/HEALTH")]
    assert (flash["inside_low_usd"], flash["inside_high_usd"]) == ("0.00", "2500000.00")
    assert (flash["outside_low_usd"], flash["outside_high_usd"]) == ("29853500.00", "32353500.00")
    assert {line["overlap"] for line in flash["lines"]} == {line["inside_usd"] for line in flash["lines"]} == {None}
    humanitarian = parts["H(N)RP"]
    named = sum(Decimal(line["requested_usd"]) for line in humanitarian["lines"])
    # Shelter, camps, WASH, protection, mental health, basic needs, health, and the priority across sectors.
    assert named == 6_200_000 + 600_000 + 2_800_000 + 4_350_000 + 550_000 + 1_300_000 + 2_500_000 + 1_153_500
    assert Decimal(humanitarian["inside_high_usd"]) == named
    assert len(humanitarian["lines"]) == 8


def test_what_is_stated_to_lie_inside_is_told(mali: MaliPlans) -> None:
    """And which plan it is, where CRP publishes it: by the same sum as on the page of the plan."""
    other = make_plan(code="HRP-X", requested_usd="50.00")
    first = make_plan(code="PART", requested_usd="1000.00", sectors=2, projects=0, contributions=0)
    relate(first, 0, overlap="partly", inside_percent="25", related_plan=other)
    second = make_plan(code="PART-2", requested_usd="1000.00", sectors=2, projects=0, contributions=0)
    relate(second, 1, overlap="identical")
    found = {row["code"]: row["expanded"]["inter_agency"] for row in results("plans/?fields=code&expand=inter_agency")}
    (part,) = found["PART"]
    assert (part["plan"], part["requested_usd"]) == ("HRP-X", "1000.00")
    assert (part["inside_low_usd"], part["inside_high_usd"], part["outside_low_usd"]) == ("125.00", "125.00", "875.00")
    (line,) = part["lines"]
    assert (line["requested_usd"], line["overlap"], line["inside_usd"]) == ("500.00", "partly", "125.00")
    assert (found["PART-2"][0]["plan"], found["PART-2"][0]["inside_low_usd"]) == (None, "500.00")
    assert found["HRP-X"] == []
    with zeal_context():
        few = count_queries("plans/?fields=code&expand=inter_agency&search=PART-2")
        assert count_queries("plans/?fields=code&expand=inter_agency") <= few + 2  # the other plan, and its countries


def test_the_profile_of_a_mission(mali: MaliPlans) -> None:
    profile = get("countries/MLI/?expand=profile&fields=iso3")["expanded"]["profile"]
    assert (profile["mission_since_year"], profile["staff"], profile["staff_is_approximate"]) == (1998, 100, True)
    assert profile["main_office"] == "Bamako"
    assert len(profile["key_actions"]) == 5
    assert {source["code"] for source in profile["sources"]}
    assert any(item["subject"] == "profile" for source in profile["sources"] for item in source["citations"])
    Contact.objects.create(profile=CountryProfile.objects.get(), kind="email", value="a@example.org", is_public=True)
    assert "example.org" not in text_of(ask("countries/?expand=profile&limit=1000"))
    assert get("countries/FRA/?expand=profile&fields=iso3") == {"iso3": "FRA", "expanded": {"profile": None}}
