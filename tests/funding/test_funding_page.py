"""The page of every line behind a total: its arithmetic by hand, what it says of age, and what it refuses."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from funding.models import Contribution, StatusChange
from funding.rollups.ledger import Part, account_of, outside_plans
from funding.selectors.ledger import Freshness, PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
)
from tests.funding.test_pages import count_queries, read

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TODAY = date(2025, 1, 1)


def told(client: Client, path: str) -> str:
    """Return the text of a page without its spaces, so that a term and its value stand side by side."""
    return read(client, path).replace(" ", "")


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """A plan for 10,000 with one contribution or two of each kind."""
    plan = make_plan(code="LEDGER-1", title="The ledger", requested_usd=10_000, contributions=0)
    donor = make_organization(code="giver", name="Giver")
    fund = make_organization(code="fund", name="A pooled fund", kind="pooled_fund")

    def give(code: str, amount: int, **fields: Any) -> Contribution:
        return make_contribution(plan=plan, code=code, amount_usd=amount, **{"donor": donor} | fields)

    first = give("PAID", 3_000, recipient=fund, earmarking="unearmarked")
    give("COMMITTED", 2_000, status="commitment", decision_on=date(2024, 9, 30))
    give("CORRECTION", -500, decision_on=None)
    give("LEFT", 700, flow="outgoing", donor=fund)
    give("PLEDGED", 1_100, status="pledge", decision_on=date(2024, 11, 1))
    give("PASSED-ON", 900, flow="internal", donor=fund, parent=first)
    give("TO-LEAVE", 50, flow="outgoing", status="pledge", donor=fund)
    give("SUSPECTED", 2_000, review="suspected", duplicate_of=first)
    give("MERGED", 4_000, review="merged", duplicate_of=first)
    return plan


def ledger_of(plan: Plan, query: str = "") -> PlanLedger:
    return PlanLedger(published_plans().get(pk=plan.pk), QueryDict(query), TODAY)


def test_every_contribution_counts_as_one_thing(plan: Plan) -> None:
    account = account_of(plan.contributions.all())
    assert [(item.part.value, item.lines, item.amount_usd) for item in account.parts] == [
        ("counted", 3, 4_500),  # 3,000 + 2,000 - 500
        ("outgoing", 1, 700),
        ("pledged", 1, 1_100),
        ("internal", 1, 900),
        ("leaving", 1, 50),
        ("suspected", 1, 2_000),
        ("merged", 1, 4_000),
    ]
    assert (account.counted_usd, account.pledged_usd, account.lines) == (3_800, 1_100, 9)


def test_the_arithmetic_leads_to_the_total(client: Client, plan: Plan) -> None:
    assert PlanPage(published_plans().get(pk=plan.pk)).figures.received_usd == 3_800
    text = told(client, "/plans/LEDGER-1/funding/")
    for words in (
        "Counted as received 3 contributions 4,500",
        "Taken off: left the plan for another 1 contribution \N{MINUS SIGN}700",
        "Received 3,800",
        "Pledged 1 contribution 1,100",
        "Passed on inside the plan 1 contribution 900",
        "Announced to leave the plan 1 contribution 50",
        "Suspected duplicates 1 contribution 2,000",
        "Merged duplicates 1 contribution 4,000",
        "to A pooled fund",
        "Passes on money of PAID.",
        "Like PAID.",
    ):
        assert words.replace(" ", "") in text, words
    assert "officialtotal" not in text


def test_an_official_total_counts_and_is_never_added(client: Client, plan: Plan) -> None:
    make_reported_funding(plan=plan, amount_usd=9_000, reported_on=date(2024, 6, 30))
    ledger = ledger_of(plan)
    assert (ledger.difference_usd, ledger.share_on_record) == (Decimal(5_200), Decimal("42.22"))  # 3,800 of 9,000
    text = told(client, "/plans/LEDGER-1/funding/")
    assert "Contributionsonrecord3,800" in text
    assert "Intheofficialtotalonly5,200" in text
    assert "Received:officialtotalof30June20249,000" in text
    assert "12,800" not in text


def test_contributions_above_the_official_total_are_a_difference_below_0(client: Client, plan: Plan) -> None:
    make_reported_funding(plan=plan, amount_usd=3_000)
    assert ledger_of(plan).difference_usd == -800
    assert "Onrecordandnotintheofficialtotal-800" in told(client, "/plans/LEDGER-1/funding/")


def test_a_superseded_total_is_no_longer_the_one(plan: Plan) -> None:
    make_reported_funding(plan=plan, amount_usd=1, reported_on=date(2024, 1, 1), superseded_on=date(2024, 5, 1))
    new = make_reported_funding(plan=plan, amount_usd=2, reported_on=date(2024, 5, 1))
    assert ledger_of(plan).official == new


def test_lines_stand_in_groups_with_the_sum_of_all(plan: Plan) -> None:
    groups = ledger_of(plan).groups
    assert [group.sum.part.value for group in groups] == [part.value for part in Part]
    assert [row.code for row in groups[0].rows] == ["COMMITTED", "PAID", "CORRECTION"]  # newest first, undated last


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("part=counted", ["COMMITTED", "PAID", "CORRECTION"]),
        ("part=outgoing", ["LEFT"]),
        ("part=internal", ["PASSED-ON"]),
        ("part=suspected", ["SUSPECTED"]),
        ("donor=fund", ["LEFT", "PASSED-ON", "TO-LEAVE"]),
        ("donor=fund&part=internal", ["PASSED-ON"]),
        ("donor=giver&part=outgoing", []),
    ],
)
def test_a_total_opens_into_its_lines(plan: Plan, query: str, codes: list[str]) -> None:
    ledger = ledger_of(plan, query)
    assert [row.code for group in ledger.groups for row in group.rows] == codes
    assert ledger.account.counted_usd == 3_800  # the total is that of the plan all the same


def test_the_sum_of_a_donor_is_its_own(plan: Plan) -> None:
    other = make_organization(code="other")
    make_contribution(plan=plan, amount_usd=250, donor=other)
    (group,) = ledger_of(plan, "donor=other").groups
    assert (group.sum.lines, group.sum.amount_usd) == (1, 250)


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("prt=counted", "prt", "Did you mean “part”?"),
        ("part=all", "part", "Choose from: counted, outgoing"),
        ("donor=nobody", "donor", "No organization has the code “nobody”."),
        ("donor=%00", "donor", "No organization has the code"),
        ("page=0", "page", "has pages 1 to"),
        ("page=2", "page", "has pages 1 to 1"),
    ],
)
def test_an_address_that_cannot_be_used_is_400_and_lists_nothing(
    client: Client, plan: Plan, query: str, name: str, sentence: str
) -> None:
    text = read(client, f"/plans/LEDGER-1/funding/?{query}", 400)
    assert f"{name}: " in text
    assert sentence in text
    assert "COMMITTED" not in text
    assert "3,800" in text


def test_a_plan_with_240_contributions_stays_a_light_page(client: Client, mali: MaliPlans) -> None:
    plan = make_plan(code="LARGE-1", requested_usd=10_000_000, contributions=0)
    donor = make_organization()
    rows = [
        Contribution(code=f"L-{number}", plan=plan, donor=donor, status="paid", amount_usd=number)
        for number in range(1, 241)
    ]
    Contribution.objects.bulk_create(rows)
    page = client.get("/plans/LARGE-1/funding/")
    assert page.content.count(b"<code>L-") == 50
    assert "28,920" in page.content.decode()  # the sum of 1 to 240, which no one page lists
    assert "Contributions 1 to 50 of 240" in read(client, "/plans/LARGE-1/funding/")
    last = client.get("/plans/LARGE-1/funding/?page=5").content
    assert last.count(b"<code>L-") == 40
    seen = {row.code for number in range(1, 6) for row in ledger_of(plan, f"page={number}").page.object_list}
    assert len(seen) == 240


def test_steps_currency_and_rate_are_told(client: Client, plan: Plan) -> None:
    gift = make_contribution(
        plan=plan,
        code="EUROS",
        amount_usd="606796.12",
        status="commitment",
        original_amount=500_000,
        original_currency="EUR",
        exchange_rate="0.82400000",
        exchange_rate_on=date(2024, 2, 25),
        exchange_rate_source="Rates of the UN",
        is_new_money=False,
        is_in_kind=True,
        usage_year=2024,
    )
    StatusChange.objects.create(contribution=gift, status="pledge", since_on=date(2024, 1, 5), amount_usd=600_000)
    StatusChange.objects.create(contribution=gift, status="commitment", since_on=None, amount_usd=gift.amount_usd)
    text = read(client, "/plans/LEDGER-1/funding/?part=counted")
    for words in (
        "606,796.12",
        "EUR 500,000 at 0.824",
        "Rates of the UN 25 Feb 2024",
        "Pledge on 5 Jan 2024 (600,000)",
        "Commitment, no date",
        "carried over",
        "in kind",
        "for 2024",
    ):
        assert words in text, words


def test_breakdowns_by_status_earmarking_and_year_add_to_the_total(client: Client, plan: Plan) -> None:
    page = PlanPage(published_plans().get(pk=plan.pk))
    lines = {part.name: [(line.key.code, line.figures.received_usd) for line in part.lines] for part in page.breakdowns}
    assert lines["status"] == [("commitment", 2_000), ("paid", 1_800), ("pledge", 0)]  # 3,000 - 500 - 700
    assert dict(lines["earmarking"]) == {"unearmarked": 3_000, None: 800}
    assert lines["decision_year"] == [(2024, 4_300), (None, -500)]
    assert dict(lines["donor"]) == {"giver": 4_500, "fund": -700}


@pytest.mark.parametrize(
    ("facts", "day", "stale"),
    [
        ({"as_of": None, "last_decision_on": None}, None, False),
        ({"as_of": date(2024, 10, 3), "last_decision_on": None}, date(2024, 10, 3), False),  # 90 days before
        ({"as_of": date(2024, 10, 2), "last_decision_on": None}, date(2024, 10, 2), True),  # 91
        ({"as_of": None, "last_decision_on": date(2024, 10, 2)}, date(2024, 10, 2), True),
        ({"as_of": date(2024, 1, 1), "last_decision_on": date(2024, 12, 1)}, date(2024, 12, 1), False),
        (
            {"as_of": date(2024, 1, 1), "last_decision_on": date(2024, 12, 1), "is_official": True},
            date(2024, 1, 1),
            True,
        ),
    ],
)
def test_how_old_the_money_received_is(facts: dict[str, Any], day: date | None, stale: bool) -> None:
    fresh = Freshness(**{"is_official": False, "on": TODAY} | facts)
    assert (fresh.day, fresh.is_stale) == (day, stale)


def test_the_newest_contribution_that_counts_or_is_pledged_is_the_last(plan: Plan) -> None:
    make_contribution(plan=plan, amount_usd=1, decision_on=date(2024, 12, 24), review="merged")
    fresh = ledger_of(plan).freshness
    assert (fresh.as_of, fresh.last_decision_on, fresh.is_stale) == (None, date(2024, 11, 1), False)


def test_the_pages_of_a_plan_say_how_old_its_money_is(client: Client, plan: Plan) -> None:
    make_reported_funding(plan=plan, reported_on=date(2024, 6, 30))
    for path in ("/plans/LEDGER-1/", "/plans/LEDGER-1/funding/"):
        text = read(client, path)
        assert "30 June 2024 official total older than 90 days" in text
        assert "Last contribution 1 November 2024" in text


def test_coverage_says_how_much_of_the_plan_the_money_speaks_for(client: Client, plan: Plan) -> None:
    sector = plan.revisions.get().taxonomy.sectors.order_by("order").first()
    make_contribution(plan=plan, amount_usd=1_200, sector=sector)  # 5,000 in all, 1,200 of it for one sector
    text = read(client, "/plans/LEDGER-1/funding/")
    assert "Money is on record for 1 of 2 sectors." in text
    assert "24.00\N{NO-BREAK SPACE}% of what was received is for one sector by name." in text
    assert "100.00\N{NO-BREAK SPACE}% of what was received names its donor." in text
    assert "Money is on record" not in read(client, "/plans/MLI-CRP-2025-2026/funding/")


def test_over_funding_is_shown_on_its_line(client: Client, plan: Plan) -> None:
    sector = plan.revisions.get().taxonomy.sectors.order_by("order").first()
    make_contribution(plan=plan, amount_usd=5_250, sector=sector)  # the sector asks for 5,000
    assert "over by 250" in read(client, "/plans/LEDGER-1/funding/")


def test_a_column_of_pledges_stands_only_where_there_are_any(client: Client, plan: Plan) -> None:
    assert "Pledged" in read(client, "/plans/LEDGER-1/")
    Contribution.objects.filter(status="pledge").delete()
    for path in ("/plans/LEDGER-1/", "/plans/LEDGER-1/funding/", "/donors/", "/donors/giver/"):
        text = read(client, path)
        assert "3,800" in text or "4,500" in text, path
        assert "Pledged" not in text, path


def test_lines_of_an_official_source_are_told_from_sums_of_contributions(client: Client, plan: Plan) -> None:
    first, _second = plan.revisions.get().taxonomy.sectors.order_by("order")[:2]
    make_contribution(plan=plan, amount_usd=1, sector=first)
    said = "Received is what the source of the official total says of each line"
    make_reported_funding(plan=plan, amount_usd=9_000)
    assert said not in read(client, "/plans/LEDGER-1/funding/")
    make_reported_funding(plan=plan, amount_usd=4_321, scope="sector", sector=first)
    text = read(client, "/plans/LEDGER-1/funding/")
    assert text.count(said) == 1  # by sector alone
    (part,) = [part for part in PlanPage(published_plans().get(pk=plan.pk)).breakdowns if part.name == "sector"]
    received = {line.key.residual or line.key.code: line.figures.received_usd for line in part.lines}
    assert sum(amount or 0 for amount in received.values()) == 9_000
    assert received["official_only"] == 4_679


def test_every_part_of_the_page_can_be_reached_from_its_top(client: Client, plan: Plan) -> None:
    page = client.get("/plans/LEDGER-1/funding/").content.decode()
    anchors = re.findall(r'<li><a href="#([a-z_-]+)">', page)
    assert {"received", "adds-up", "by-sector", "by-donor", "contributions"} <= set(anchors)
    assert [anchor for anchor in anchors if f'id="{anchor}"' not in page] == []


def test_where_only_a_total_is_known_there_is_nothing_to_open(client: Client, mali: MaliPlans) -> None:
    plan = make_plan(requested_usd=10_000, contributions=0)
    make_reported_funding(plan=plan, amount_usd=7_654)
    page = PlanPage(published_plans().get(pk=plan.pk))
    assert not {"donor", "status", "earmarking", "decision_year"} & {part.name for part in page.breakdowns}
    text = read(client, f"/plans/{plan.code}/funding/")
    assert "Intheofficialtotalonly7,654" in told(client, f"/plans/{plan.code}/funding/")
    assert "No contribution to the plan is on record: the official total is all that is known." in text


def test_pages_ask_as_often_for_30_contributions_as_for_1(client: Client, mali: MaliPlans) -> None:
    few, many = make_plan(contributions=0), make_plan(contributions=0)
    for plan, number in ((few, 1), (many, 30)):
        for _ in range(number):
            parent = make_contribution(plan=plan, recipient=make_organization())
            child = make_contribution(plan=plan, flow="internal", parent=parent, amount_usd=10)
            StatusChange.objects.create(contribution=child, status="paid", amount_usd=10)
        make_reported_funding(plan=plan)
    assert count_queries(client, f"/plans/{many.code}/funding/") == count_queries(client, f"/plans/{few.code}/funding/")


# Money outside any plan, on the page of its country


def test_money_outside_any_plan_has_a_block_of_its_own(client: Client, mali: MaliPlans) -> None:
    country = make_country(name="Here")
    make_plan(countries=[country], requested_usd=1_000, contributions=1)
    make_reported_funding(country=country, year=2023, amount_usd=333)
    make_reported_funding(country=country, year=2024, amount_usd=444)
    make_reported_funding(country=make_country(), year=2024, amount_usd=999)
    for code, amount, fields in (
        ("OUT-1", 50, {"usage_year": 2024, "decision_on": date(2023, 12, 30)}),
        ("OUT-2", 25, {"decision_on": date(2024, 5, 1)}),
        ("OUT-3", 7, {"usage_year": 2025, "status": "pledge"}),
        ("OUT-4", 9, {}),
        ("OUT-5", 11, {"usage_year": 2024, "flow": "internal"}),
    ):
        Contribution.objects.create(
            **{"code": code, "country": country, "amount_usd": amount, "status": "paid"} | fields
        )
    found = [(item.year, item.official_usd, item.received_usd, item.pledged_usd) for item in outside_plans(country)]
    assert found == [(2025, None, None, 7), (2024, 444, 75, None), (2023, 333, None, None), (None, None, 9, None)]
    text = read(client, country.get_absolute_url())
    assert "Money outside any plan" in text
    assert "444" in text
    assert "999" not in text
    assert "Money outside any plan" not in read(client, "/countries/MLI/")
