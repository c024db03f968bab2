"""The API as of a past day: every answer of a day tells the figures of that day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
import time_machine

from crp.common.as_of import today as day_now
from tests.api import ask, count_queries, get, problem, results, rows, text_of
from tests.factories import make_contribution, make_plans
from tests.funding.past import JUNE, OFFICIAL, REVISED, TOGETHER, Figures, Past, make_past
from tests.funding.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_past), pytest.mark.usefixtures("world")]


@pytest.fixture
def past(world: Past) -> Past:
    return world


def usd(amount: int | None) -> str | None:
    return None if amount is None else f"{amount}.00"


def shown(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("requested_usd", "received_usd", "pledged_usd", "gap_usd", "percent_funded"))


def expected(figures: Figures) -> tuple[Any, ...]:
    return (*map(usd, figures[:4]), figures.percent)


def in_cells(figures: Figures) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in expected(figures))


@pytest.mark.parametrize(("code", "of_days"), [("PAST-1", REVISED), ("PAST-2", OFFICIAL)])
def test_a_plan_is_told_alike_everywhere(past: Past, code: str, of_days: dict[date, Figures]) -> None:
    for day, figures in of_days.items():
        query = f"as_of={day}"
        plan = get(f"plans/{code}/?{query}")
        assert (shown(plan), plan["as_of"]) == (expected(figures), str(day))
        (row,) = results(f"plans/?plan={code}&{query}")
        plan |= {"updated_at": row["updated_at"]}  # of lists alone
        assert row == {name: plan[name] for name in row}
        (line,) = text_of(ask(f"plans/?plan={code}&format=ndjson&{query}")).splitlines()
        assert orjson.loads(line) == row
        (cells,) = rows(f"plans/?plan={code}&format=csv&{query}")
        assert shown(cells) == in_cells(figures)
        assert list(cells) == list(row)
        for by in ("sector", "donor", "decision_year"):
            opened = get(f"plans/{code}/rollup/?by={by}&{query}")
            assert (shown(opened["total"]), opened["as_of"]) == (expected(figures), str(day)), (by, day)
        rollup = get(f"rollups/?by=country&plan={code}&{query}")
        assert (shown(rollup["total"]), rollup["as_of"]) == (expected(figures), str(day))
        assert shown(rollup["rows"][0]) == expected(figures)


def test_plans_together_are_those_published_by_then(past: Past) -> None:
    for day, figures in TOGETHER.items():
        rollup = get(f"rollups/?by=year&as_of={day}")
        assert shown(rollup["total"]) == expected(figures), day
        listed = results(f"plans/?as_of={day}")
        assert len(listed) == rollup["total"]["plans"]
        assert {row["code"] for row in listed} == {
            code for code, first in (("PAST-1", date(2024, 1, 24)), ("PAST-2", date(2024, 5, 10))) if first <= day
        }
        assert len(rows(f"plans/?format=csv&as_of={day}")) == len(listed)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("percent_funded_max=10", ["PAST-1"]),  # 26.67 now
        ("percent_funded_min=15&percent_funded_max=15", ["PAST-2"]),  # 35 now
        ("gap_min=1700", ["PAST-2"]),
        ("requested_max=1000", ["PAST-1"]),
        ("reported=false", []),
        ("framework=HRP", ["PAST-1"]),
        ("framework=RRP", []),  # which it took up in July
        ("ordering=-received_usd", ["PAST-2", "PAST-1"]),
        ("search=pastland", ["PAST-1", "PAST-2"]),
    ],
)
def test_filters_and_order_go_by_the_figures_of_the_day(past: Past, query: str, codes: list[str]) -> None:
    address = f"plans/?{query}&as_of={JUNE}"
    assert [row["code"] for row in results(address)] == codes
    assert [row["code"] for row in rows(f"{address}&format=csv")] == codes
    if "ordering" not in query and "search" not in query:
        total = get(f"rollups/?by=sector,country&{query}&as_of={JUNE}")["total"]
        assert total["plans"] == len(codes)


def test_parts_are_those_of_the_revision_of_the_day(past: Past) -> None:
    def told(address: str, *names: str, on: Any = JUNE) -> list[tuple[Any, ...]]:
        given = "" if on is None else f"&as_of={on}"
        return [tuple(row[name] for name in names) for row in results(f"{address}?plan=PAST-1{given}")]

    assert told("objectives/", "title", "revision", "requested_usd")[0] == ("Objective 1", 1, "500.00")
    assert told("objectives/", "title", "revision", "requested_usd", on=None)[0] == ("Reworded objective", 2, "750.00")
    assert told("projects/", "code", "received_usd") == [("P-1", "0.00"), ("P-2", "0.00")]
    assert ("P-9", "0.00") in told("projects/", "code", "received_usd", on=date(2024, 7, 1))
    assert {row[0] for row in told("outcomes/", "revision")} == {1}
    asked = {row[0] for row in told("funding-requests/", "framework")}
    assert asked == {None, "HRP"}
    assert told("objectives/", "number", on=date(2024, 1, 23)) == []
    plan = get(f"plans/PAST-1/?as_of={JUNE}")
    assert (plan["revision"], plan["people_targeted"]) == (1, 20_000)
    assert [part["requested_usd"] for part in plan["objectives"][:2]] == ["500.00", "500.00"]
    assert [part["code"] for part in plan["frameworks"]] == ["HRP", None]
    received = {part["code"]: part["received_usd"] for part in plan["frameworks"]}
    assert received == {"HRP": "100.00", None: "0.00"}


def test_contributions_are_told_as_they_were(past: Past) -> None:
    columns = ("code", "status", "amount_usd", "counted_usd", "pledged_usd", "is_counted", "steps")

    def told(query: str, on: Any = JUNE) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in columns) for row in results(f"contributions/?as_of={on}&{query}")]

    early = ("EARLY", "paid", "100.00", "100.00", None, True, [])
    then = ("MOVED", "pledge", "200.00", None, "200.00", False, ["pledge:2024-04-01"])
    steps = ["pledge:2024-04-01", "commitment:2024-07-15"]
    later = ("MOVED", "commitment", "250.00", "250.00", None, True, steps)
    assert told("plan=PAST-1") == [early, then]
    assert told("plan=PAST-1", date(2024, 7, 15)) == [early, later]
    assert told("status=pledge") == [then]
    assert told("status=commitment") == []
    assert told("counted=true") == [early]
    assert told("counted=false") == [then]
    assert told("ordering=-amount_usd") == [then, early]
    (cells,) = rows(f"contributions/?status=pledge&format=csv&as_of={JUNE}")
    assert (cells["amount_usd"], cells["counted_usd"], cells["steps"]) == ("200.00", "", "pledge:2024-04-01")
    one = get(f"contributions/MOVED/?as_of={JUNE}")
    assert tuple(one[name] for name in columns) == then
    assert "decided on 2024-08-01" in get(f"contributions/LATE/?as_of={JUNE}", 404)["detail"]
    assert told("", date(2024, 1, 23)) == []
    given = get(f"organizations/steady/rollup/?by=plan&as_of={JUNE}")
    assert (given["total"]["received_usd"], given["total"]["pledged_usd"], given["as_of"]) == (
        "0.00", "200.00", str(JUNE),
    )  # fmt: skip
    assert get(f"organizations/later/rollup/?by=plan&as_of={JUNE}")["total"]["plans"] == 0
    totals = [row["amount_usd"] for row in results(f"reported-funding/?as_of={JUNE}")]
    assert totals == ["300.00"]
    assert results("reported-funding/?as_of=2024-05-09") == []


@pytest.mark.once
def test_checks_judge_as_on_the_day(past: Past) -> None:
    found = get(f"plans/PAST-1/checks/?as_of={JUNE}")
    checks = {check["rule"]: check for check in found["checks"]}
    assert (found["revision"], found["as_of"]) == (1, str(JUNE))
    assert (checks["received_within_requested"]["found"], checks["received_within_requested"]["expected"]) == (
        "100.00", "1000.00",
    )  # fmt: skip
    assert checks["contribution_targets"]["found"] == "2"
    assert checks["old_pledges"]["verdict"] == "ok"  # three months old on that day
    now = {check["rule"]: check for check in get("plans/PAST-1/checks/")["checks"]}
    assert (now["received_within_requested"]["found"], now["contribution_targets"]["found"]) == ("400.00", "3")
    official = {check["rule"]: check for check in get(f"plans/PAST-2/checks/?as_of={JUNE}")["checks"]}
    assert official["official_total"]["expected"] == "300.00"
    (line,) = [row for row in rows(f"plans/PAST-1/checks/?format=csv&as_of={JUNE}") if row["rule"] == "sum_of_sectors"]
    assert (line["revision"], line["found"]) == ("1", "1000.00")


def test_before_its_first_publication_a_plan_is_404_with_the_day(past: Past) -> None:
    for address in ("plans/PAST-2/?", "plans/PAST-2/rollup/?by=sector&", "plans/PAST-2/checks/?"):
        body = get(f"{address}as_of=2024-05-09", 404)
        assert body["code"] == "not_found"
        assert body["detail"] == (
            "The plan “PAST-2” was first published on 2024-05-10: it can't be shown as of 2024-05-09."
        )
        assert get(f"{address}as_of=2024-05-10")
    assert get("plans/NO-SUCH/?as_of=2024-05-09", 404)["detail"] == "No plan has the code “NO-SUCH”."
    assert "first published" not in get("plans/past-2/?as_of=2024-05-09", 404)["detail"]


@pytest.mark.once
def test_a_draft_has_no_first_day(past: Past) -> None:
    """Not even whether there is a draft, and since when, is told."""
    past.official.revisions.update(status="draft", published_at=None, requested_usd=None)
    assert get("plans/PAST-2/?as_of=2024-05-09", 404)["detail"] == "No plan has the code “PAST-2”."


@pytest.mark.once
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2024-06", "expected a day"),
        ("2024-6-30", "expected a day"),
        ("30.06.2024", "expected a day"),
        ("2024-06-30T00:00:00Z", "expected a day"),
        ("%D9%A2024-06-30", "expected a day"),
        ("2024-02-30", "no day of the calendar"),
        ("0000-01-01", "no day of the calendar"),
        ("", "No value is given"),
        ("2024-06-30&as_of=2024-06-29", "Given 2 times"),
        ("2024-06-30,2024-06-29", "expected a day"),
        ("2024%0006-30", "null character"),
        ("9999-12-31", "lies ahead"),
    ],
)
def test_a_day_that_cant_be_used_is_400(past: Past, value: str, words: str) -> None:
    for address in ("plans/?", "plans/PAST-1/?", "plans/PAST-1/rollup/?by=sector&", "rollups/?by=year&", "projects/?",
                    "contributions/?format=csv&"):  # fmt: skip
        (sentence,) = problem(f"{address}as_of={value}")["as_of"]
        assert words in sentence, address
    assert len(get("plans/?as_of=0001-01-01")["results"]) == 0


def test_the_day_after_today_is_400_and_today_is_now(past: Past) -> None:
    with time_machine.travel(datetime(2024, 7, 10, 23, 59, tzinfo=UTC), tick=False):
        assert "2024-07-11 lies ahead" in problem("plans/?as_of=2024-07-11")["as_of"][0]
        for address in ("plans/?", "plans/PAST-1/?", "rollups/?by=year&", "contributions/?", "plans/PAST-1/checks/?"):
            assert get(f"{address}as_of=2024-07-10") == get(address)
        assert get("plans/PAST-1/?as_of=2024-07-10")["received_usd"] == "400.00"  # of August: all that is on record
        today = ask("plans/PAST-1/?as_of=2024-07-10")
    with time_machine.travel(datetime(2024, 7, 11, 0, 1, tzinfo=UTC), tick=False):  # over, with nothing changed
        after = ask("plans/PAST-1/?as_of=2024-07-10", **{"if-none-match": today["ETag"]})
        assert (after.status_code, orjson.loads(text_of(after))["received_usd"]) == (200, "100.00")
        assert get("plans/?as_of=2024-07-10&plan=PAST-1")["results"][0]["received_usd"] == "100.00"


@pytest.mark.once
def test_endpoints_without_a_past_know_no_day() -> None:
    for address in ("sectors/", "taxonomies/", "countries/", "organizations/"):
        assert "Unknown parameter" in problem(f"{address}?as_of={JUNE}")["as_of"][0]


def test_what_is_kept_of_one_day_is_never_told_of_another(past: Past) -> None:
    addresses = ("plans/?plan=PAST-1", "plans/PAST-1/?", "rollups/?by=year&plan=PAST-1")
    days = (None, JUNE, date(2024, 7, 1), None, JUNE)
    for address in addresses:
        tags = {}
        for day in days:
            answer = ask(f"{address}&as_of={day}" if day else address)
            body: Any = orjson.loads(text_of(answer))
            row = body.get("total") or (body["results"][0] if "results" in body else body)
            assert (row["requested_usd"], row["received_usd"]) == {
                None: ("1500.00", "400.00"), JUNE: ("1000.00", "100.00"), date(2024, 7, 1): ("1500.00", "100.00"),
            }[day]  # fmt: skip
            assert tags.setdefault(day, answer["ETag"]) == answer["ETag"]
        assert len(set(tags.values())) == 3


def test_a_past_day_is_304_until_something_of_it_changes(past: Past) -> None:
    for address in ("plans/?", "plans/PAST-1/?", "plans/PAST-1/rollup/?by=donor&", "rollups/?by=year&"):
        first = ask(f"{address}as_of={JUNE}")
        again = {"if-none-match": first["ETag"]}
        assert ask(f"{address}as_of={JUNE}", **again).status_code == 304
        make_contribution(plan=past.revised, amount_usd=5, decision_on=JUNE)  # recorded late
        changed = ask(f"{address}as_of={JUNE}", **again)
        assert changed.status_code == 200
        assert text_of(changed) != text_of(first)


@pytest.mark.once
def test_the_download_says_which_day_it_is_of(past: Past) -> None:
    for address, name in (
        ("plans/?format=csv", "plans"), ("plans/PAST-1/rollup/?by=sector&format=csv", "PAST-1-by-sector"),
        ("plans/PAST-1/checks/?format=csv", "PAST-1-checks"), ("rollups/?by=year&format=csv", "rollups-by-year"),
        ("projects/?format=ndjson", "projects"),
    ):  # fmt: skip
        assert f'"crp-{name}-{day_now()}.' in ask(address)["Content-Disposition"]
        assert f'"crp-{name}-2024-06-30.' in ask(f"{address}&as_of={JUNE}")["Content-Disposition"]


@pytest.mark.once
def test_a_day_takes_as_many_queries_for_many_plans_as_for_one(past: Past) -> None:
    addresses = [
        f"{address}as_of={JUNE}"
        for address in ("plans/?", "plans/PAST-1/?", "rollups/?by=sector,country&", "contributions/?", "projects/?",
                        "plans/PAST-1/checks/?", "plans/?format=csv&")
    ]  # fmt: skip
    before = [count_queries(address) for address in addresses]
    for plan in make_plans(8):
        make_contribution(plan=plan, amount_usd=1, decision_on=JUNE)
        make_contribution(plan=past.revised, amount_usd=1, decision_on=JUNE)
    assert [count_queries(address) for address in addresses] == before


@pytest.mark.parametrize("seed", [61])
def test_random_plans_are_told_alike_in_every_shape(seed: int) -> None:
    """The columns of a list, the sums over lines, and the contributions one by one."""
    World(seed, plans=8)
    compared = 0
    for day in (date(2021, 3, 15), date(2022, 1, 1)):
        listed = {row["code"]: row for row in results(f"plans/?limit=1000&as_of={day}")}
        assert {row["code"]: row["gap_usd"] or "" for row in rows(f"plans/?format=csv&as_of={day}")} == {
            code: row["gap_usd"] or "" for code, row in listed.items()
        }
        total = get(f"rollups/?by=kind&as_of={day}")["total"]
        for name in ("requested_usd", "received_usd", "pledged_usd", "gap_usd", "over_funded_usd"):
            known = [Decimal(row[name]) for row in listed.values() if row[name] is not None]
            assert (None if total[name] is None else Decimal(total[name])) == (sum(known) if known else None)
        official = {row["plan"] for row in results(f"reported-funding/?limit=1000&scope=total&as_of={day}")}
        given = results(f"contributions/?limit=1000&has_plan=true&as_of={day}")
        assert all(row["decision_on"] is None or row["decision_on"] <= str(day) for row in given)
        for code, row in listed.items():
            counted = [Decimal(item["counted_usd"]) for item in given if item["plan"] == code and item["counted_usd"]]
            if row["received_usd"] is not None and code not in official:
                assert Decimal(row["received_usd"]) == sum(counted)
                compared += 1
    assert compared > 3
