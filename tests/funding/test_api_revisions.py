"""Published revisions in the API, and what changed between two."""

from __future__ import annotations

from typing import Any

import pytest

from plans.models import Narrative, Plan
from plans.services import start_revision
from tests.api import ask, get, problem, rows, text_of
from tests.conftest import MaliPlans
from tests.funding.revised import PUBLISHED_AT, REASON, SECRET, draft_secretly, revise_mali

pytestmark = pytest.mark.django_db

MALI = "plans/MLI-CRP-2025-2026"


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2025-2026 with two published revisions and a draft."""
    revise_mali(mali.crp_2025_2026)
    draft_secretly(mali.crp_2025_2026)
    return mali.crp_2025_2026


def test_the_line_of_revisions(plan: Plan) -> None:
    page = get(f"{MALI}/revisions/")
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    second, first = page["results"]
    assert second["reason"] == REASON
    assert (first["number"], first["status"], first["superseded_at"]) == (1, "superseded", "2025-08-01T12:00:00Z")
    assert (second["number"], second["status"], second["superseded_at"]) == (2, "published", None)
    assert second["published_at"] == PUBLISHED_AT.isoformat().replace("+00:00", "Z")
    assert (first["requested_usd"], first["difference_usd"]) == ("32353500.00", None)
    assert (second["requested_usd"], second["difference_usd"]) == ("32853500.00", "500000.00")
    assert (second["before"], second["seal_before"]) == (1, first["seal"])
    assert get(f"{MALI}/revisions/?limit=1&offset=1")["results"] == [first]
    table = rows(f"{MALI}/revisions/?format=csv")
    assert [(row["number"], row["difference_usd"]) for row in table] == [("2", "500000.00"), ("1", "")]


def test_one_revision_whole(plan: Plan) -> None:
    first = get(f"{MALI}/revisions/1/")
    assert first["content"]["revision"]["requested_usd"] == "32353500.00"
    assert len(first["content"]["rows"]["objective"]) == 3
    assert get(f"{MALI}/revisions/2/")["content"]["before"] == first["seal"]


@pytest.mark.parametrize("number", ["3", "9", "x", "01", "%00", "9" * 300])
def test_no_other_revision_is_there(plan: Plan, number: str) -> None:
    body = get(f"{MALI}/revisions/{number}/", 404)
    assert body["code"] == "not_found"
    assert body["detail"].endswith("Choose from: 1, 2.")


def test_what_changed(plan: Plan) -> None:
    told = get(f"{MALI}/diff/")
    assert (told["plan"], told["from"], told["to"]) == (plan.code, 1, 2)
    assert told["total"] == {
        "old_usd": "32353500.00", "new_usd": "32853500.00", "difference_usd": "500000.00", "percent": 1.55,
    }  # fmt: skip
    groups = {group["name"]: group for group in told["groups"]}
    assert set(groups) == {"figures", "objectives", "sectors"}
    (line,) = groups["sectors"]["rows"]
    assert (line["kind"], line["key"]) == ("changed", "fundingrequest:sector:IOM-2025:SHELTER")
    (change,) = line["fields"]
    assert (change["old"], change["new"]) == ("6200000.00", "6700000.00")
    assert (change["difference"], change["percent"]) == ("500000.00", 8.06)
    assert told["citations"] == []
    back = get(f"{MALI}/diff/?from=2&to=1")
    assert (back["total"]["difference_usd"], back["total"]["percent"]) == ("-500000.00", -1.52)
    same = get(f"{MALI}/diff/?from=1&to=1")
    assert (same["groups"], same["total"]["difference_usd"]) == ([], "0.00")
    once = get("plans/MLI-CRP-2021/diff/")
    assert (once["from"], once["to"], once["groups"]) == (1, 1, [])
    assert once["total"] == {"old_usd": None, "new_usd": None, "difference_usd": None, "percent": None}


def test_words_unknown_figures_and_sources(mali: MaliPlans) -> None:
    plan = mali.crp_2025_2026
    draft = start_revision(plan=plan, by=None)
    passage = draft.narratives.get(section="vision")
    Narrative.objects.filter(pk=passage.pk).update(body=f"{passage.body} At last.")
    citation = draft.citations.filter(subject="revision", field="people_in_need").get()
    citation.first_line = citation.last_line = 999
    citation.save()
    draft.people_targeted = None
    draft.save()
    plan.revisions.filter(number=1).update(status="superseded", superseded_at="2025-09-01T00:00Z")
    plan.revisions.filter(number=2).update(status="published", published_at="2025-09-01T00:00Z")
    told = get(f"{MALI}/diff/")
    groups: dict[str, Any] = {group["name"]: group for group in told["groups"]}
    people = next(item for item in groups["people"]["fields"] if item["field"] == "people_targeted")
    assert [people[name] for name in ("old", "new", "difference", "percent")] == ["273000", None, None, None]
    (row,) = groups["narrative"]["rows"]
    last = row["fields"][0]["passages"][-1]["pieces"][-1]
    assert (last["kind"], last["text"].endswith("At last.")) == ("added", True)
    (source,) = told["citations"]
    assert (source["kind"], source["subject"], source["field"]) == ("changed", "revision", "people_in_need")
    assert source["new"]["first_line"] == 999


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from=3", {"from"}),  # the draft
        ("from=x&to=9", {"from", "to"}),
        ("from=1&from=2", {"from"}),
        ("from=", {"from"}),
        ("to=1,2", {"to"}),
        ("form=1", {"form"}),
        ("format=csv", {"format"}),
    ],
)
def test_what_cannot_be_used_is_named(plan: Plan, query: str, names: set[str]) -> None:
    assert set(problem(f"{MALI}/diff/?{query}")) == names
    assert SECRET not in text_of(ask(f"{MALI}/diff/?{query}"))


def test_what_is_known_already_is_not_sent_again(plan: Plan) -> None:
    for address in (f"{MALI}/revisions/", f"{MALI}/revisions/1/", f"{MALI}/diff/"):
        answer: Any = ask(address)
        assert ask(address, **{"if-none-match": answer["ETag"]}).status_code == 304


def test_a_draft_is_told_nowhere(plan: Plan) -> None:
    for address in ("revisions/", "revisions/?format=csv", "revisions/1/", "revisions/2/", "diff/", "diff/?from=2"):
        told = text_of(ask(f"{MALI}/{address}"))
        assert SECRET not in told
        assert "7654321" not in told
