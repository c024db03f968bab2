"""How the feed is asked: cursors, times, resources, formats, what is refused, and what an answer costs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crp.exchange.changes import taking_up
from crp.exchange.changes.cursors import Cursor, begin, read_cursor
from crp.exchange.changes.resources import RESOURCES
from crp.exchange.changes.taking_up import announce_all, begin_anew, catch_up, forget_before, found_feed
from crp.exchange.changes.triggers import NOTES
from crp.exchange.models import Change, PendingChange
from plans.models import Plan
from tests.api import ask, get, problem, text_of
from tests.factories import make_contribution, make_organization, make_plan, make_plans

ALL = "cfopr"


@pytest.fixture
def plan(db: None) -> Plan:
    """Return a new plan with money from a donor, beside those of the demonstration data, all of it in the feed."""
    plan = make_plan(contributions=2)
    catch_up()
    return plan


def changed(cursor: str, **parameters: str) -> list[str]:
    """Return what changed since a cursor, as “updated PLAN”."""
    tail = "".join(f"&{name}={value}" for name, value in parameters.items())
    return [f"{item['change']} {item['key']}" for item in get(f"changes/?since={cursor}{tail}")["results"]]


def test_an_entry_tells_what_where_and_how_it_is_now(plan: Plan) -> None:
    cursor = get("changes/?limit=1000")["cursor"]
    Plan.objects.filter(pk=plan.pk).update(title="New title")
    page = get(f"changes/?since={cursor}")
    (entry,) = page["results"]
    assert set(entry) == {"cursor", "resource", "key", "change", "changed_at", "url", "row"}
    assert (entry["resource"], entry["key"], entry["change"]) == ("plans", plan.code, "updated")
    assert entry["url"] == f"http://testserver/api/v1/plans/{plan.code}/"
    assert entry["row"] in get("plans/?limit=1000")["results"]
    assert entry["row"]["title"] == "New title"
    assert datetime.fromisoformat(entry["changed_at"]) <= timezone.now()
    assert entry["cursor"] == page["cursor"]
    assert page["next"] == f"http://testserver/api/v1/changes/?since={page['cursor']}"
    assert page["has_more"] is False


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InternalError("read-only transaction")])
def test_who_follows_does_not_ask_without_end_while_nothing_can_be_taken_up(plan: Plan, error: Exception) -> None:
    """A client asks again as long as there is more: with an import at work, or on a copy for reading, for ever."""
    cursor = get("changes/?limit=1000")["cursor"]
    Plan.objects.filter(pk=plan.pk).update(title="New title")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking_up, "connection", SimpleNamespace(in_atomic_block=False))
        patch.setattr(taking_up, "_alone", Mock(side_effect=error))
        page = get(f"changes/?since={cursor}")
    assert (page["results"], page["has_more"], page["cursor"]) == ([], False, cursor)
    assert changed(cursor) == [f"updated {plan.code}"]


def test_what_is_left_for_the_next_answer_is_more(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = get("changes/?limit=1000")["cursor"]
    for _time in range(3):
        Plan.objects.filter(pk=plan.pk).update(title="New title")
    monkeypatch.setattr(taking_up, "NOTES_AT_ONCE", 1)
    assert [get(f"changes/?since={cursor}")["has_more"] for _time in range(2)] == [True, False]


def test_every_address_leads_to_the_row(plan: Plan) -> None:
    entries = [entry for entry in get("changes/?limit=1000")["results"] if plan.code in json.dumps(entry)]
    assert {entry["resource"] for entry in entries} == {"plans", "revisions", "contributions"}
    for entry in entries:
        found = get(entry["url"].partition("/api/v1/")[2])
        both = found.keys() & entry["row"].keys()
        assert "code" in both or "number" in both
        assert {name: found[name] for name in both} == {name: entry["row"][name] for name in both}


def test_pages_follow_each_other_to_the_end_and_then_the_cursor_stays(plan: Plan) -> None:
    whole = get("changes/?limit=1000")["results"]
    entries: list[Any] = []
    address = "changes/?limit=7"
    while True:
        page = get(address)
        entries += page["results"]
        address = page["next"].partition("/api/v1/")[2]
        if not page["has_more"]:
            break
        assert len(page["results"]) == 7
    assert [entry["key"] for entry in entries] == [entry["key"] for entry in whole]
    again = get(address)
    assert (again["results"], again["cursor"], again["has_more"]) == ([], page["cursor"], False)


def test_what_changed_several_times_is_told_once_as_the_most_that_happened(plan: Plan) -> None:
    start = get("changes/?limit=1000")["cursor"]
    donor = make_organization(code="new")
    between = get(f"changes/?since={start}")["cursor"]
    donor.name = "Another name"
    donor.save()
    assert changed(start) == ["created new"]
    assert changed(between) == ["updated new"]
    donor.delete()
    assert changed(start) == changed(between) == ["deleted new"]
    assert "deleted new" not in changed("start", limit="1000")


def test_who_began_from_nothing_hears_of_what_is_deleted_while_it_reads(plan: Plan) -> None:
    donor = make_organization(code="new")
    first = get("changes/?limit=1")
    donor.delete()
    rest = get(f"changes/?limit=1000&since={first['cursor']}")["results"]
    assert [entry["change"] for entry in rest if entry["key"] == "new"] == ["deleted"]


def test_only_some_resources(plan: Plan) -> None:
    page = get("changes/?resource=organizations,plans&limit=1000")
    assert {entry["resource"] for entry in page["results"]} == {"organizations", "plans"}
    make_contribution(plan=plan, donor=None)
    assert changed(page["cursor"], resource="plans") == [f"updated {plan.code}"]
    assert changed(page["cursor"], resource="organizations") == []
    errors = problem(f"changes/?since={page['cursor']}&resource=contributions")
    assert "has not read contributions" in errors["resource"][0]
    assert "has not read contributions, reported-funding" in problem(f"changes/?since={page['cursor']}")["resource"][0]
    assert get("changes/?resource=plans&resource=revisions")["results"]


def test_a_time_gives_what_was_taken_up_since(plan: Plan) -> None:
    Change.objects.update(taken_up_at=timezone.now() - timedelta(days=3))
    make_organization(code="new")
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = get(f"changes/?since={yesterday}")
    assert [(entry["key"], entry["change"]) for entry in page["results"]] == [("new", "created")]
    assert get(f"changes/?since={page['cursor']}")["results"] == []
    long_ago = get("changes/?since=2020-01-01&limit=1000")["results"]
    assert {entry["key"] for entry in long_ago} == {entry["key"] for entry in get("changes/?limit=1000")["results"]}


def test_lines_of_json_each_with_its_cursor(plan: Plan) -> None:
    page = get("changes/?limit=1000")
    response: Any = ask("changes/?format=ndjson")
    assert response["Content-Type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in text_of(response).splitlines()]
    assert lines == page["results"]
    assert lines[-1]["cursor"] == page["cursor"]
    middle = lines[len(lines) // 2]
    rest: Any = ask(f"changes/?format=ndjson&limit=2&since={middle['cursor']}")
    assert [json.loads(line)["key"] for line in text_of(rest).splitlines()] == [
        line["key"] for line in lines[len(lines) // 2 + 1 :][:2]
    ]


# Cursors that can't be used


def test_a_cursor_too_old_to_know_deletions_is_gone(plan: Plan) -> None:
    old = get("changes/?limit=1000")["cursor"]
    make_organization(code="new").delete()
    gone = make_organization(code="newer")
    between = get(f"changes/?since={old}")["cursor"]
    gone.delete()
    reading = get("changes/?limit=1")["cursor"]  # who begins now never had it
    assert forget_before(timezone.now()) == 1
    body = get(f"changes/?since={old}", 410)
    assert body["code"] == "gone"
    assert "since=start" in body["detail"]
    assert get(f"changes/?since={between}", 410)["code"] == "gone"
    assert get("changes/?since=2020-01-01", 410)["code"] == "gone"
    assert get("changes/")["results"]
    assert get(f"changes/?since={reading}")["results"]
    now = get("changes/?limit=1000")["cursor"]
    assert changed(now) == []


def test_a_cursor_of_another_database_is_gone(plan: Plan) -> None:
    here = get("changes/?limit=1000")["cursor"]
    epoch, position, begun, letters = here.split("-")
    for other in (f"00000000-{position}-{begun}-{letters}", f"{epoch}-{int(position) + 1}-0-{letters}"):
        assert "another database" in get(f"changes/?since={other}", 410)["detail"]
    begin_anew()
    assert get(f"changes/?since={here}", 410)["code"] == "gone"


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("since=", "since", "No value"),
        ("since=yesterday", "since", "expected start, a cursor"),
        ("since=0-0-0-c", "since", "expected start"),
        ("since=5f0c21d7-1-0-xyz", "since", "expected start"),
        ("since=5f0c21d7-99999999999999999999-0-c", "since", "expected start"),
        ("since=%00", "since", "null character"),
        ("since=<script>alert(1)</script>", "since", "expected start"),
        ("since=" + "a" * 10_000, "since", "at most 200 characters"),
        ("since=2099-01-01", "since", "still to come"),
        ("since=2025-13-45", "since", "expected start"),
        ("since=0001-01-01T00:00:00+23:59", "since", "expected start"),
        ("since=start&since=start", "since", "Given 2 times"),
        ("limit=0", "limit", "from 1 to 1000"),
        ("limit=1001", "limit", "from 1 to 1000"),
        ("limit=-1", "limit", "from 1 to 1000"),
        ("resource=plan", "resource", "is not one of: plans, revisions"),
        ("resource=", "resource", "No value"),
        ("offset=10", "offset", "Unknown parameter"),
        ("cursor=abc", "cursor", "Unknown parameter"),
    ],
)
def test_what_cant_be_used_is_named(db: None, query: str, name: str, words: str) -> None:
    errors = problem(f"changes/?{query}")
    assert list(errors) == [name]
    assert words in errors[name][0]


@pytest.mark.parametrize("format_name", ["csv", "xlsx", "parquet"])
def test_what_is_no_table_has_no_table(db: None, format_name: str) -> None:
    assert "format" in problem(f"changes/?format={format_name}")


# Costs


def test_asking_in_vain_takes_one_query(plan: Plan) -> None:
    cursor = get("changes/?limit=1000")["cursor"]
    with CaptureQueriesContext(connection) as captured:
        response: Any = ask(f"changes/?since={cursor}")
    assert (response.json()["results"], len(captured)) == ([], 1)
    with CaptureQueriesContext(connection) as captured:
        again: Any = ask(f"changes/?since={cursor}", if_none_match=response["ETag"])
    assert (again.status_code, len(captured)) == (304, 1)
    make_organization()
    assert ask(f"changes/?since={cursor}", if_none_match=response["ETag"]).status_code == 200


def test_more_entries_take_no_more_queries(plan: Plan) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(get("changes/?limit=1000")["results"]) > 1
        return len(captured)

    before = count()
    make_plans(5, contributions=3)
    catch_up()
    assert count() == before


@pytest.fixture
def many(plan: Plan) -> None:
    """Have several plans that nobody has taken up yet, before queries are watched."""
    make_plans(2, contributions=3)


def test_nothing_asks_per_row(many: None, per_row_queries: Any) -> None:
    assert get("changes/?limit=1000")["results"]


# The rest of the feed


def test_all_is_announced_again_after_writes_without_triggers(plan: Plan) -> None:
    cursor = get("changes/?limit=1000")["cursor"]
    NOTES.remove(connection)
    kept = make_organization(code="unseen")
    Plan.objects.filter(pk=plan.pk).update(title="Unseen")
    plan.contributions.all().delete()
    assert NOTES.missing(connection)
    with pytest.raises(CommandError, match="Triggers are missing"):
        call_command("check_changes")
    NOTES.install(connection)
    with pytest.raises(CommandError, match="differences"):
        call_command("check_changes", stdout=StringIO())
    announce_all()
    found = changed(cursor, limit="1000")
    assert {"created unseen", f"updated {plan.code}"} <= set(found)
    assert sum(change.startswith("deleted ") for change in found) == 2
    output = StringIO()
    call_command("check_changes", stdout=output)
    assert output.getvalue().startswith("0 differences over ")
    assert kept.code == "unseen"


def test_the_night_takes_up_what_was_written_and_forgets_what_is_long_gone(plan: Plan) -> None:
    make_organization(code="new")
    catch_up()
    Change.objects.filter(key="new").update(taken_up_at=timezone.now() - timedelta(days=500))
    make_organization(code="other")
    output = StringIO()
    call_command("tidy_changes", stdout=output)
    assert output.getvalue() == "Deletions forgotten: 0.\n"
    assert PendingChange.objects.count() == 0
    Change.objects.filter(key="new").update(is_deleted=True)
    call_command("tidy_changes", "--restored", stdout=output)
    assert "The feed is another one now" in output.getvalue()
    assert output.getvalue().endswith("Deletions forgotten: 1.\n")
    with pytest.raises(CommandError):
        call_command("tidy_changes", "--days", "0")


def test_the_feed_is_founded_once(db: None) -> None:
    epoch = catch_up().epoch
    found_feed()
    assert catch_up().epoch == epoch


@pytest.mark.parametrize("resources", [frozenset(RESOURCES), frozenset({"plans"})])
def test_a_cursor_is_read_as_it_was_written(resources: frozenset[str]) -> None:
    start = begin("5f0c21d7", 40, resources)
    assert read_cursor(str(start)) == start
    assert (start.knows_to, start.at(10).knows_to, start.at(41).knows_to) == (40, 40, 41)
    assert start.at(41) == Cursor(epoch="5f0c21d7", position=41, begun_at=0, resources=resources)


def test_letters_of_resources_differ() -> None:
    assert "".join(sorted(item.letter for item in RESOURCES.values())) == ALL
