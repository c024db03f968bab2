"""Walks through lists by cursor: exactly the rows of the list, whatever comes or goes meanwhile, at the same cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import Contribution, FundingRequest, Organization, ReportedFunding
from plans.models import Objective, Plan, Revision
from tests.api import LISTS, ROOT, ask, get, problem, results, text_of
from tests.conftest import MaliPlans
from tests.factories import (
    add_objectives,
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_plans,
    make_reported_funding,
    publish,
    split_amount,
)

PAST = "2025-12-31"


def pages(address: str, limit: int = 3) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a walk, each asked for when the one before has been looked at."""
    mark = "&" if "?" in address else "?"
    following: str | None = f"{ROOT}{address}{mark}limit={limit}&cursor=*"
    while following:
        page = get(following.partition(ROOT)[2])
        assert page["count"] is None
        assert page["previous"] is None
        assert len(page["results"]) == limit or page["next"] is None
        yield page["results"]
        following = page["next"]


def walk(address: str, limit: int = 3) -> list[dict[str, Any]]:
    return [row for page in pages(address, limit) for row in page]


def in_order(rows: list[dict[str, Any]], terms: list[str]) -> list[dict[str, Any]]:
    """Return rows in an order, computed here: the last term first, null last either way."""
    for term in reversed(terms):
        name = term.removeprefix("-")
        known = [row for row in rows if row[name] is not None]
        known.sort(key=lambda row, name=name: comparable(row[name]), reverse=term.startswith("-"))  # type: ignore[misc]
        rows = known + [row for row in rows if row[name] is None]
    return rows


def comparable(value: Any) -> Any:
    try:
        return Decimal(value)
    except ArithmeticError:
        return value
    except TypeError:
        return value


@pytest.fixture
def ledger(empty_database: None) -> list[Plan]:
    """Return plans with figures that are unknown, 0, equal and below 0, money of many kinds, and some outside any."""
    plans = make_plans(3, contributions=0, projects=1)
    silent = make_plan(code="SILENT", requested_usd=None, contributions=0, reports_funding=False)
    same = make_plan(code="SAME-AGAIN", requested_usd="1000000.00", contributions=0, start_year=2010)
    donors = [make_organization(code=f"d-{number}", name=f"D {number}") for number in range(3)]
    amounts = ("100.10", "100.10", "-5.05", "70000.33", "0.01")
    for number, amount in enumerate(amounts * 3):
        make_contribution(
            plan=(*plans, same)[number % 4],
            code=f"C-{(number * 7) % 15:02}",
            amount_usd=amount,
            donor=None if number == 4 else donors[number % 3],
            status=("paid", "pledge", "commitment")[number % 3],
            decision_on=None if number % 5 == 2 else date(2011 + number % 2, 1, 1 + number % 3),
        )
    for code in ("OUT-1", "OUT-2"):
        Contribution.objects.create(code=code, status="paid", amount_usd=Decimal("5.00"), country=make_country())
    make_reported_funding(plan=plans[0], amount_usd="9999.99")
    make_reported_funding(plan=plans[1], amount_usd="-9.99")
    for year in (2012, 2011):
        make_reported_funding(country=make_country(), year=year)
    make_organization(code="a-last", name="Z", kind="ngo")
    moment = datetime(2024, 5, 5, 5, 5, 5, 5, tzinfo=UTC)
    Contribution.objects.filter(code__in=["C-01", "C-02"]).update(updated_at=moment)
    return [*plans, silent, same]


ORDERINGS = {
    "plans": ["", "-gap_usd", "percent_funded,-title", "received_usd", "-pledged_usd,start_year", "people_targeted",
              "-updated_at", "updated_at", "document_on", "-requested_usd", "over_funded_usd"],
    "contributions": ["", "amount_usd", "-amount_usd", "-counted_usd", "pledged_usd,-amount_usd", "decision_on",
                      "-decision_on,plan", "plan", "-plan", "donor", "-updated_at", "updated_at", "original_amount"],
    "objectives": ["", "-requested_usd", "people_targeted,-plan", "-number", "updated_at"],
    "outcomes": ["", "-share_percent", "code", "objective,-plan"],
    "projects": ["", "-requested_usd", "received_usd", "-title", "-updated_at"],
    "funding-requests": ["", "-amount_usd", "breakdown,-plan", "-order"],
    "reported-funding": ["", "country", "-plan", "year", "-amount_usd", "updated_at"],
    "organizations": ["", "-name", "kind", "updated_at"],
    "sectors": ["", "-name", "taxonomy,-code"],
    "taxonomies": ["", "-start_year", "sectors_count", "-end_year"],
    "countries": ["", "-name", "plans_count"],
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_is_the_list_in_its_order(ledger: list[Plan], name: str) -> None:
    """Against the list by offset for its rows, and against an order computed here."""
    whole = results(f"{name}/?limit=1000")
    assert len(whole) > 3
    for ordering in ORDERINGS[name]:
        found = walk(f"{name}/?ordering={ordering}" if ordering else f"{name}/", max(2, len(whole) // 4))
        assert sorted(map(str, found)) == sorted(map(str, whole)), ordering
        terms = ordering.split(",") if ordering else []
        assert [[row[term.lstrip("-")] for term in terms] for row in found] == [
            [row[term.lstrip("-")] for term in terms] for row in in_order(whole, terms)
        ], ordering


@pytest.mark.parametrize(
    "query",
    [
        "contributions/?ordering=-amount_usd",
        "contributions/?ordering=counted_usd",
        "contributions/?ordering=-pledged_usd,plan",
        "contributions/",
        "plans/?ordering=-gap_usd",
        "plans/?ordering=percent_funded",
        "plans/?ordering=received_usd,-title",
        "projects/?ordering=-received_usd",
        "objectives/?ordering=-requested_usd",
        "reported-funding/?ordering=-amount_usd",
    ],
)
def test_a_walk_through_a_past_day(ledger: list[Plan], query: str) -> None:
    """Figures of a past day are computed in the statement, where SQLite compares as it likes."""
    mark = "&" if "?" in query else "?"
    address = f"{query}{mark}as_of={PAST}"
    expected = results(f"{address}&limit=1000")
    found = walk(address, limit=2)
    assert sorted(map(str, found)) == sorted(map(str, expected))
    if "ordering" in query:
        term = query.partition("ordering=")[2].partition(",")[0].lstrip("-")
        assert [row[term] for row in found] == [row[term] for row in expected]


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_a_walk_at_any_pace_and_with_filters(ledger: list[Plan], limit: int) -> None:
    plan = ledger[0]
    expected = Contribution.objects.filter(plan=plan, amount_usd__gte=50).values_list("code", flat=True)
    found = walk(f"contributions/?plan={plan.code}&amount_min=50&ordering=-decision_on", limit)
    assert sorted(row["code"] for row in found) == sorted(expected)
    assert 1 < len(found) < 15


def test_a_walk_may_change_its_pace_its_columns_and_its_format(ledger: list[Plan]) -> None:
    first = get("contributions/?limit=2&cursor=*&ordering=amount_usd")
    address = first["next"].partition(ROOT)[2].replace("limit=2", "limit=1000")
    rest = get(f"{address}&fields=code")["results"]
    assert all(list(row) == ["code"] for row in rest)
    assert len({row["code"] for row in (*first["results"], *rest)}) == Contribution.objects.count()
    table: Any = ask(f"{address}&fields=code&format=csv")
    assert text_of(table).split() == ["code", *(row["code"] for row in rest)]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_table_names_its_next_page_in_a_header(ledger: list[Plan], form: str) -> None:
    address, lines = f"contributions/?format={form}&fields=code&limit=4&cursor=*", []
    for _page in range(99):
        response: Any = ask(address)
        lines += text_of(response).split()
        link = response.headers.get("Link", "")
        if 'rel="next"' not in link:
            break
        address = next(part for part in link.split(", ") if 'rel="next"' in part).partition("<")[2].partition(">")[0]
        address = address.partition(ROOT)[2]
    codes = [line for line in lines if line != "code"]
    assert len(codes) == len(set(codes)) == Contribution.objects.count()


@pytest.mark.parametrize("ordering", ["code", "-amount_usd", "decision_on", "-decision_on", "updated_at", "plan", ""])
def test_rows_that_come_and_go_between_two_pages_move_nothing(ledger: list[Plan], ordering: str) -> None:
    """Between any two pages one row before, and one at the place itself, is deleted, and two are added."""
    plan = ledger[0]
    there = set(Contribution.objects.values_list("code", flat=True))
    stays, seen = set(there), []
    for number, page in enumerate(pages(f"contributions/?ordering={ordering}" if ordering else "contributions/", 3)):
        codes = [row["code"] for row in page]
        seen += codes
        Contribution.objects.filter(code=codes[-1]).delete()  # which the cursor stands on
        Contribution.objects.filter(code=seen[0]).delete()
        gone = Contribution.objects.exclude(code__in=seen).order_by("?").values_list("code", flat=True).first()
        if gone in stays and number < 2:
            Contribution.objects.filter(code=gone).delete()
            stays.discard(gone)
        if number < 3:
            make_contribution(plan=plan, code=f"A-{number}", amount_usd="100.10", decision_on=None)
            make_contribution(plan=plan, code=f"Z-{number}", amount_usd="-7.00", decision_on=date(2030, 1, 1))
    assert len(seen) == len(set(seen))
    assert stays <= set(seen)


def test_by_offset_rows_are_lost_which_is_why_there_are_cursors(ledger: list[Plan]) -> None:
    first = results("contributions/?ordering=code&limit=3")
    Contribution.objects.filter(code=first[0]["code"]).delete()
    second = results("contributions/?ordering=code&limit=3&offset=3")
    by_cursor = Contribution.objects.filter(code__gt=first[-1]["code"]).order_by("code").first()
    assert by_cursor is not None
    assert second[0]["code"] != by_cursor.code


def test_a_revision_between_two_pages_tells_no_objective_twice(empty_database: None) -> None:
    """Its rows are new ones under the same names: it goes on with the numbers that were not told yet."""
    plans = make_plans(3, objectives=4, contributions=0)
    seen = []
    for number, page in enumerate(pages("objectives/", 3)):
        seen += [(row["plan"], row["number"]) for row in page]
        if number == 0:
            old = plans[0].revisions.get()
            Revision.objects.filter(pk=old.pk).update(status="superseded", superseded_at=datetime.now(tz=UTC))
            draft = Revision.objects.create(plan=plans[0], taxonomy=old.taxonomy, number=2, stated_requested_usd="4.00")
            add_objectives(draft, split_amount("4.00", 4))
            publish(draft)
    assert len(seen) == len(set(seen)) == 12
    assert Objective.objects.count() == 16


def test_requests_of_one_place_are_told_apart(empty_database: None) -> None:
    make_plan(contributions=0)
    FundingRequest.objects.update(order=0)
    found = walk("funding-requests/", 1)
    assert len(found) == FundingRequest.objects.count()
    assert len(set(map(str, found))) == len(found)


def test_a_cursor_is_the_same_for_the_same_place(ledger: list[Plan]) -> None:
    address = "plans/?limit=2&cursor=*&ordering=-gap_usd"
    assert get(address)["next"] == get(address)["next"]


def next_cursor(address: str) -> str:
    return get(f"{address}&limit=2&cursor=*")["next"].partition("cursor=")[2].partition("&")[0]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("contributions/?ordering=amount_usd&cursor={}", ""),
        ("contributions/?ordering=amount_usd&limit=7&fields=code&cursor={}", ""),
        ("contributions/?ordering=-amount_usd&cursor={}", "another ordering"),
        ("contributions/?cursor={}", "another ordering"),
        ("contributions/?ordering=amount_usd&status=paid&cursor={}", "other filters"),
        ("contributions/?ordering=amount_usd&search=x&cursor={}", "other filters"),
        ("contributions/?ordering=amount_usd&as_of=2025-12-31&cursor={}", "other filters"),
        ("reported-funding/?ordering=amount_usd&cursor={}", "another list"),
        ("contributions/?ordering=amount_usd&cursor=x{}", "no cursor of this API"),
        ("contributions/?ordering=amount_usd&cursor={}x", "no cursor of this API"),
        ("contributions/?ordering=amount_usd&cursor=**", "no cursor of this API"),
        ("contributions/?ordering=amount_usd&cursor=.", "no cursor of this API"),
        ("contributions/?ordering=amount_usd&cursor=<script>", "no cursor of this API"),
        ("contributions/?ordering=amount_usd&cursor=%00", "null character"),
        ("contributions/?ordering=amount_usd&cursor=", "No value is given"),
        ("contributions/?ordering=amount_usd&cursor=" + "a" * 10_000, "at most 3000 characters"),
        ("contributions/?ordering=amount_usd&cursor={}&cursor=*", "Given 2 times"),
        ("contributions/?ordering=amount_usd&cursor=%ED%A0%80", "in UTF-8"),
    ],
)
def test_a_cursor_that_is_not_of_this_list_is_refused(ledger: list[Plan], address: str, words: str) -> None:
    cursor = next_cursor("contributions/?ordering=amount_usd")
    if not words:
        assert get(address.format(cursor))["results"]
        return
    errors = problem(address.format(cursor))
    assert list(errors) == ["cursor"]
    assert words in errors["cursor"][0]
    assert len(errors["cursor"][0]) < 200


@pytest.mark.parametrize("name", LISTS)
def test_every_list_refuses_a_broken_cursor(ledger: list[Plan], name: str) -> None:
    assert list(problem(f"{name}/?cursor=nonsense")) == ["cursor"]
    assert list(problem(f"{name}/?cursor=*&offset=5")) == ["offset"]
    assert list(problem(f"{name}/?cursor=*&count=true")) == ["count"]
    assert list(problem(f"{name}/?cursor=*&limit=0")) == ["limit"]


def test_a_cursor_can_not_be_written_by_somebody_else(ledger: list[Plan], settings: Any) -> None:
    cursor = next_cursor("contributions/?ordering=amount_usd")
    body, _dot, signature = cursor.partition(".")
    changed = body[:-2] + ("A" if body[-2] != "A" else "B") + body[-1]
    errors = problem(f"contributions/?ordering=amount_usd&cursor={changed}.{signature}")
    assert "changed on its way" in errors["cursor"][0]
    settings.SECRET_KEY = "another one, since somebody has seen the first"
    problem(f"contributions/?ordering=amount_usd&cursor={cursor}")


def test_titles_of_any_script_and_length_make_cursors(empty_database: None) -> None:
    titles = ["=1+1, “é”", "م" * 200, "🌊" * 200, "'; DROP TABLE plans --", "a.b.c", "%2C&cursor=*"]
    for title in titles:
        make_plan(title=title, contributions=0, objectives=0, sectors=0, projects=0)
    found = [row["title"] for row in walk("plans/?ordering=title", 1)]
    assert sorted(found) == sorted(titles)


def test_a_page_by_cursor_costs_the_same_wherever_it_is(ledger: list[Plan]) -> None:
    """Nothing is counted, and nothing read that is not shown."""
    first = "contributions/?limit=2&cursor=*"
    deep = get(get(first)["next"].partition(ROOT)[2])["next"].partition(ROOT)[2]
    statements = {}
    for address in (first, deep):
        with CaptureQueriesContext(connection) as captured:
            get(address)
        statements[address] = [query["sql"] for query in captured]
        assert not any("COUNT(" in sql for sql in statements[address])
    assert len(statements[first]) == len(statements[deep])


@pytest.mark.parametrize("ordering", ["", "updated_at"])
def test_an_index_leads_to_where_a_page_begins(ledger: list[Plan], ordering: str) -> None:
    address = f"contributions/?limit=2&cursor=*&fields=code{'&ordering=' if ordering else ''}{ordering}"
    deep = get(address)["next"].partition(ROOT)[2]
    with CaptureQueriesContext(connection) as captured:
        get(deep)
    sql = next(query["sql"] for query in captured if "cursor_0" in query["sql"])
    if connection.vendor != "sqlite":  # which reads so small a table whole
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
        plan = " ".join(row[-1] for row in cursor.fetchall())
    index = "contribution_updated" if ordering else "sqlite_autoindex"
    assert f"SEARCH funding_contribution USING INDEX {index}" in plan


def test_the_last_page_and_the_empty_list(ledger: list[Plan]) -> None:
    assert walk("contributions/?donor=d-1&status=pledge&amount_min=99999999") == []
    number = Organization.objects.count()
    assert [len(page) for page in pages("organizations/", number)] == [number]
    assert ReportedFunding.objects.count() == len(walk("reported-funding/", 1)) == 4


@pytest.mark.parametrize("address", ["plans/", "contributions/", "countries/"])
@pytest.mark.parametrize("query", ["offset=999999999", "offset=999999999&count=false", "limit=1000&offset=1000000000"])
def test_far_past_the_end_is_empty_and_cheap(mali: MaliPlans, address: str, query: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        page = get(f"{address}?{query}")
    assert page["results"] == []
    assert page["next"] is None
    assert page["count"] is None if "count" in query else page["count"] > 0
    # Where the count says that there is nothing, no row is asked for.
    asked = [item["sql"] for item in captured if "OFFSET 9" in item["sql"] or "OFFSET 1000000000" in item["sql"]]
    assert len(asked) == ("count" in query)
    back = get(page["previous"].partition(ROOT)[2])
    assert "count" in query or back["results"]


def test_the_words_of_a_cursor_survive_a_quoting_client(ledger: list[Plan]) -> None:
    page = get(f"plans/?limit=2&cursor={quote('*', safe='')}")
    assert len(page["results"]) == 2


def test_revisions_are_walked_from_the_newest(mali: MaliPlans) -> None:
    plan = mali.crp_2021
    for number in (2, 3):
        plan.revisions.filter(status="published").update(status="superseded", superseded_at=datetime.now(tz=UTC))
        publish(Revision.objects.create(plan=plan, number=number, stated_requested_usd="4.00"))
    address = f"plans/{plan.code}/revisions/"
    seen = []
    for page in pages(address, 1):
        seen += [row["number"] for row in page]
        if seen == [3]:
            plan.revisions.filter(status="published").update(status="superseded", superseded_at=datetime.now(tz=UTC))
            publish(Revision.objects.create(plan=plan, number=4, stated_requested_usd="4.00"))
    assert seen == [3, 2, 1]
    assert list(problem(f"{address}?cursor=x")) == ["cursor"]
    assert get(f"{address}?count=false&limit=3") | {"results": []} == {
        "count": None, "next": f"http://testserver{ROOT}{address}?count=false&limit=3&offset=3", "previous": None,
        "results": [],
    }  # fmt: skip
    assert len(text_of(ask(f"{address}?format=csv&limit=2&cursor=*")).splitlines()) == 3
