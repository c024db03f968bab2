"""The gap finder: what fits an amount, in which order, and what it would change."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags

from crp.common.recent import Recent
from funding.models import FundingRequest
from funding.selectors.finder import GapFinder
from plans.groups import COUNTRY_GROUPS
from plans.models import Country, Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import (
    add_request,
    make_contribution,
    make_country,
    make_plan,
    make_reported_funding,
    make_taxonomy,
)

pytestmark = pytest.mark.once

ASKED = "amount=500000&global_cluster=HEA&global_cluster=WSH&group=sahel&earmarking=softly_earmarked"
D = Decimal


@pytest.fixture(autouse=True)
def _in_2026() -> Iterator[None]:
    """Have a day on which the plan of 2025-2026 runs."""
    with time_machine.travel(datetime(2026, 6, 30, 12, tzinfo=UTC), tick=False):
        yield


def find(client: Client, query: str) -> GapFinder:
    """Return what the page of an address shows, made anew."""
    Recent.forget_all()
    answer = client.get(f"/gaps/finder/?{query}")
    assert answer.status_code == 200, unescape(strip_tags(answer.content.decode()))
    return answer.context["finder"]


def targets(finder: GapFinder) -> list[str]:
    return [match.ask.target for match in finder.matches]


def words(answer: Any) -> str:
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


# The question that it was made for


def test_health_or_wash_in_the_sahel_softly_earmarked(client: Client, mali: MaliPlans) -> None:
    finder = find(client, ASKED)
    assert targets(finder) == ["MLI-CRP-2025-2026/sector/IOM-2025/HEALTH", "MLI-CRP-2025-2026/sector/IOM-2025/WASH"]
    health, wash = finder.matches
    # 500,000 of 2,500,000 and of 2,800,000; the plan does not report what it received
    assert [match.effect.percent_after for match in (health, wash)] == [D("20.00"), D("17.86")]
    assert {(match.group, match.effect.percent_before, match.effect.people) for match in (health, wash)} == {
        ("silent", None, 4_219)
    }
    assert (finder.summary.requested_usd, finder.summary.gap_usd) == (D("5300000.00"), None)
    shown = words(client.get(f"/gaps/finder/?{ASKED}"))
    assert "2 gaps that USD 500,000 would fit" in shown
    assert "Of none of them is it known how large the gap is." in shown
    assert "about 4,219" in shown
    assert "at the plan’s average of USD 118.51 for each person targeted" in shown
    assert "unknown →becomes at least 20.00 %" in shown
    assert "Burkina Faso, Chad, Mali, Mauritania and Niger" in shown


def test_each_match_leads_to_its_plan_and_to_what_if(client: Client, mali: MaliPlans) -> None:
    html = client.get(f"/gaps/finder/?{ASKED}").content.decode()
    assert 'href="/plans/MLI-CRP-2025-2026/"' in html
    found = re.search(r'href="(/what-if/\?put=[^"]*HEALTH[^"]*)"', html)
    assert found
    what_if = client.get(unescape(found[1])).context["what_if"]
    (line,) = what_if.plans[0].by_line
    assert (line.ask.code, line.effect.put_usd) == ("IOM-2025/HEALTH", D(500_000))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # unearmarked: whole plans, here the one that asks for health
        ("amount=5&country=MLI&earmarking=unearmarked&global_cluster=HEA", ["MLI-CRP-2025-2026"]),
        ("amount=5&country=MLI", ["MLI-CRP-2025-2026"]),
        # a sector of another list, and one that the crosswalk leads to a cluster
        ("amount=5&sector=COMPENDIUM-2017/HEALTH&country=MLI", []),
        ("amount=5&global_cluster=MPC", ["MLI-CRP-2025-2026/sector/IOM-2025/BASIC_NEEDS"]),
        ("amount=5&global_cluster=HEA&country=BFA", []),
        ("amount=5&global_cluster=HEA&country=BFA&region=011", ["MLI-CRP-2025-2026/sector/IOM-2025/HEALTH"]),
        ("amount=5&global_cluster=HEA&group=lake-chad-basin", []),
        ("amount=5&global_cluster=HEA&group=central-sahel", ["MLI-CRP-2025-2026/sector/IOM-2025/HEALTH"]),
        # tightly earmarked: projects; the plan of 2025 has none, so its sectors
        ("amount=5&global_cluster=HEA&earmarking=tightly_earmarked", ["MLI-CRP-2025-2026/sector/IOM-2025/HEALTH"]),
        ("amount=5&global_cluster=HEA&earmarking=tightly_earmarked&year=2017",
         ["MLI-COMPENDIUM-2017/project/MLI-2017-HRP-02"]),
        ("amount=5&global_cluster=HEA&earmarking=earmarked&year=2017",
         ["MLI-COMPENDIUM-2017/sector/COMPENDIUM-2017/HEALTH"]),
    ],
)  # fmt: skip
def test_what_an_earmarking_and_a_place_match(client: Client, mali: MaliPlans, query: str, found: list[str]) -> None:
    assert targets(find(client, query)) == found


def test_projects_of_2017_by_hand(client: Client, mali: MaliPlans) -> None:
    """All report 0 but shelter, with 112,550 of 3,580,000; every contribution names its project."""
    finder = find(client, "amount=2000000&earmarking=tightly_earmarked&year=2017")
    amounts = [int(match.effect.missing_usd or 0) for match in finder.matches]
    # gaps that take all of it first, the smallest first; then those that don't, the largest first
    assert amounts == [
        2_330_000, 2_450_000, 3_000_000, 3_000_000, 3_467_450, 7_000_000, 12_000_000, 1_500_000, 1_500_000, 1_000_000,
    ]  # fmt: skip
    shelter = finder.matches[4]
    assert shelter.group == "known"
    # 112,550 / 3,580,000 = 3.14 %; 2,112,550 / 3,580,000 = 59.01 %; 2,000,000 / 3,467,450 = 57.68 %
    change = shelter.effect
    assert [change.percent_before, change.percent_after, change.percent_closed] == [D("3.14"), D("59.01"), D("57.68")]
    assert change.people is None  # the page of 2017 says no people targeted
    assert finder.matches[-1].effect.left_usd == D(1_000_000)
    assert (finder.summary.requested_usd, finder.summary.gap_usd) == (D(37_360_000), D(37_247_450))


# The order


def make_market(seed: int) -> list[Plan]:
    """Return plans of one taxonomy whose sectors have received anything, something without a sector, or nothing."""
    draw = random.Random(seed)
    taxonomy = make_taxonomy(sectors=4)
    sectors = list(taxonomy.sectors.order_by("order"))
    plans = []
    for number in range(12):
        plan = make_plan(
            code=f"MARKET-{number}", taxonomy=taxonomy, requested_usd=None, contributions=0,
            reports_funding=number % 3 != 0, start_year=2026,
        )  # fmt: skip
        revision = plan.revisions.get()
        asked = [D(draw.choice([100, 250, 500, 500, 1_000, 5_000])) for _ in range(draw.randint(1, 4))]
        for order, (sector, amount) in enumerate(zip(sectors, asked, strict=False)):
            request = add_request(revision, "sector", sector, amount, order=order)
            FundingRequest.objects.filter(pk=request.pk).update(is_priority=draw.random() < 0.3)
        Revision.objects.filter(pk=revision.pk).update(requested_usd=sum(asked))
        if number % 3 == 1:
            for sector in sectors[: len(asked)]:
                make_contribution(plan=plan, amount_usd=draw.choice([1, 50, 100, 400, 900]), sector=sector)
        if number % 4 == 1:
            make_contribution(plan=plan, amount_usd=draw.choice([10, 60]))
        plans.append(plan)
    return plans


def ranked_by_a_plain_loop(plans: list[Plan], amount: Decimal) -> list[tuple[str, Decimal]]:
    """Return code and requirement of the lines in the documented order, from the rows themselves."""
    rows = []
    for plan in plans:
        given = list(plan.contributions.all())
        revision = plan.revisions.get()
        reports = revision.reports_funding or bool(given)
        loose = sum(row.amount_usd for row in given if row.sector_id is None)
        lines = revision.funding_requests.filter(breakdown="sector").order_by("order")
        for place, line in enumerate(lines):
            received = sum(row.amount_usd for row in given if row.sector_id == line.sector_id)
            missing = max(line.amount_usd - received, D(0))
            if not missing:
                continue
            group = 2 if not reports else 1 if loose else 0
            takes_all = missing >= amount
            closed = min(amount, missing) / missing
            percent = round(D(received) * 100 / line.amount_usd, 2)
            key = (group, not line.is_priority, not takes_all, -closed, percent, -missing, plan.code, place)
            rows.append((key, plan.code, line.amount_usd))
    return [(code, asked) for _key, code, asked in sorted(rows)]


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_that_of_a_plain_loop(client: Client, seed: int) -> None:
    plans = make_market(seed)
    for amount in (D(50), D(300), D(5_000)):
        finder = find(client, f"amount={amount}&earmarking=earmarked&year=2026")
        found = [(match.ask.plan.code, match.effect.requested_usd) for match in finder.matches]
        assert found == ranked_by_a_plain_loop(plans, amount)
        assert len(found) > 10
        assert {match.group for match in finder.matches} == {"known", "partly", "silent"}


@pytest.mark.usefixtures("empty_database")
def test_the_priority_of_a_plan_comes_before_what_money_closes(client: Client) -> None:
    plan = make_plan(requested_usd=1_000, sectors=2, projects=0, contributions=0, start_year=2026)
    _small, large = plan.revisions.get().funding_requests.filter(breakdown="sector").order_by("order")
    FundingRequest.objects.filter(pk=large.pk).update(is_priority=True)
    finder = find(client, "amount=100&earmarking=earmarked")
    assert [match.ask.is_priority for match in finder.matches] == [True, False]
    assert f"/{large.sector.code}" in finder.matches[0].ask.target


# What is not known


@pytest.mark.usefixtures("empty_database")
def test_money_that_names_no_sector_makes_bounds(client: Client) -> None:
    plan = make_plan(requested_usd=1_000, sectors=2, projects=0, contributions=0, start_year=2026)
    sector = plan.revisions.get().taxonomy.sectors.order_by("order").first()
    make_contribution(plan=plan, amount_usd=100, sector=sector)
    make_reported_funding(plan=plan, amount_usd=160, reported_on=date(2026, 5, 31))
    finder = find(client, "amount=100&earmarking=earmarked")
    first = next(match for match in finder.matches if match.ask.sector == sector)
    # 60 of the official 160 are on no line: this one has at least its 100 of 500
    assert (first.group, first.effect.unplaced_usd) == ("partly", D(60))
    assert (first.effect.percent_before, first.effect.percent_after) == (D("20.00"), D("40.00"))
    shown = words(client.get("/gaps/finder/?amount=100&earmarking=earmarked"))
    assert "Received USD at least 100as of 31 May 202660 of the plan’s money names no line" in shown
    assert "Missing USD at most 400the amount closes at least 25.00 % of it" in shown
    assert "Funded at least 20.00 % →becomes at least 40.00 %" in shown


@pytest.mark.usefixtures("empty_database")
def test_a_plan_without_sectors_stands_apart_as_a_whole(client: Client) -> None:
    split = make_plan(code="SPLIT", start_year=2026, contributions=0)
    make_plan(code="WHOLE", start_year=2026, sectors=0, projects=0, contributions=1, requested_usd=9_000)
    make_plan(code="SILENT", start_year=2026, sectors=0, projects=0, contributions=0, reports_funding=False)
    make_plan(code="BLANK", start_year=2026, requested_usd=None, contributions=0)
    sector = split.revisions.get().taxonomy.sectors.order_by("order").first()
    cluster = sector.crosswalk.global_cluster
    finder = find(client, f"amount=100&global_cluster={cluster.taxonomy.code}/{cluster.code}")
    assert targets(finder) == [f"SPLIT/sector/{sector.taxonomy.code}/{sector.code}", "WHOLE", "SILENT"]
    assert [match.group for match in finder.matches] == ["known", "unsplit", "unsplit"]
    assert (finder.unsplit, finder.unstated, finder.summary.lines) == (2, 1, 1)


@pytest.mark.usefixtures("empty_database")
def test_what_misses_nothing_is_counted_and_not_listed(client: Client) -> None:
    make_plan(code="FULL", start_year=2026, requested_usd=1_000, contributions=1)
    make_plan(code="OPEN", start_year=2026, requested_usd=1_001, contributions=1)
    finder = find(client, "amount=5")
    assert (targets(finder), finder.closed) == (["OPEN"], 1)
    assert "1 more fits and misses nothing" in words(client.get("/gaps/finder/?amount=5"))


@pytest.mark.usefixtures("empty_database")
def test_lines_by_cluster_are_used_only_where_there_are_no_others(client: Client) -> None:
    plan = make_plan(code="BOTH", start_year=2026, sectors=1, projects=0, contributions=0, requested_usd=1_000)
    other = make_plan(code="ONLY", start_year=2026, sectors=0, projects=0, contributions=0, requested_usd=1_000)
    sector = plan.revisions.get().taxonomy.sectors.order_by("order").first()
    cluster = sector.crosswalk.global_cluster
    for revision in (plan.revisions.get(), other.revisions.get()):
        FundingRequest.objects.create(revision=revision, breakdown="global_cluster", sector=cluster, amount_usd=400)
    finder = find(client, f"amount=5&global_cluster={cluster.code}")
    code = f"{sector.taxonomy.code}/{sector.code}"
    assert sorted(targets(finder)) == [f"BOTH/sector/{code}", f"ONLY/cluster/{cluster.code}"]


@pytest.mark.usefixtures("empty_database")
def test_of_a_plan_for_several_countries_the_part_of_those_chosen(client: Client) -> None:
    here, there = make_country(), make_country()
    plan = make_plan(code="SHARED", countries=[here, there], start_year=2026, sectors=0, projects=0, contributions=0,
                     requested_usd=1_000)  # fmt: skip
    query = f"amount=5&country={here.iso3}&earmarking=unearmarked"
    finder = find(client, query)
    assert (targets(finder), finder.matches[0].chosen_countries) == (["SHARED"], 1)
    add_request(plan.revisions.get(), "country", here, D(300))
    finder = find(client, query)
    assert targets(finder) == [f"SHARED/country/{here.iso3}"]
    assert finder.matches[0].effect.requested_usd == D(300)
    assert targets(find(client, f"{query}&country={there.iso3}")) == ["SHARED"]


# Which plans


@pytest.mark.usefixtures("empty_database")
def test_plans_run_between_their_days(client: Client) -> None:
    make_plan(code="OVER", start_year=2026, start_on=date(2026, 1, 1), end_on=date(2026, 4, 30))
    make_plan(code="LATER", start_year=2026, start_on=date(2026, 7, 1))
    make_plan(code="NOW", start_year=2026, start_on=date(2026, 6, 30), end_on=date(2026, 6, 30))
    make_plan(code="LAST-YEAR", start_year=2025)
    assert targets(find(client, "amount=5")) == ["NOW"]
    assert sorted(targets(find(client, "amount=5&year=2026"))) == ["LATER", "NOW", "OVER"]
    assert targets(find(client, "amount=5&as_of=2026-03-01")) == ["OVER"]


def test_where_nothing_runs_other_years_are_offered(client: Client, mali: MaliPlans) -> None:
    finder = find(client, "amount=5&country=MLI&year=2019")
    assert finder.matches == []
    assert finder.other_years == [2026, 2025, 2021, 2017]
    assert "amount=5&amp;country=MLI&amp;year=2017" in client.get(
        "/gaps/finder/?amount=5&country=MLI&year=2019"
    ).content.decode()  # fmt: skip
    assert "These places have no published plan" in words(client.get("/gaps/finder/?amount=5&country=FRA"))


def test_a_past_day_has_its_own_gaps(client: Client, empty_database: None) -> None:
    plan = make_plan(code="PAST", start_year=2026, requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=400, decision_on=date(2026, 5, 1))
    then, now = find(client, "amount=100&as_of=2026-03-31"), find(client, "amount=100")
    assert [finder.matches[0].effect.percent_before for finder in (then, now)] == [D("0.00"), D("40.00")]
    html = client.get("/gaps/finder/?amount=100&as_of=2026-03-31").content.decode()
    assert "/what-if/?put=PAST%3A100&amp;as_of=2026-03-31" in html
    assert 'href="/plans/PAST/?as_of=2026-03-31"' in html
    assert 'name="as_of" max="2026-06-30" value="2026-03-31"' in html
    assert find(client, "amount=100&as_of=2026-01-01").matches == []


def test_a_draft_shows_nowhere(client: Client, empty_database: None) -> None:
    plan = make_plan(code="HIDDEN", start_year=2026)
    plan.revisions.update(status="draft", published_at=None, requested_usd=None)
    assert find(client, "amount=5").matches == []


def test_groups_name_countries_that_there_are(mali: MaliPlans) -> None:
    codes = {code for group in COUNTRY_GROUPS for code in group.countries}
    assert set(Country.objects.filter(iso3__in=codes).values_list("iso3", flat=True)) == codes
