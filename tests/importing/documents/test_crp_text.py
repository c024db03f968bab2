"""Risk, ways of working, presence and text of IOM's Crisis Response Plans, and which pages these are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crp.importing.documents.draft import Basis
from crp.importing.documents.layouts import crp_page
from crp.importing.documents.layouts.crp.presence import offices_in
from crp.importing.documents.names import Names, load_names
from tests.conftest import MaliPlans

from .crp_pages import HEAD, NARRATIVE, OBJECTIVE, PROSE, document, got, read, unread, value

pytestmark = pytest.mark.once


@pytest.fixture
def names(mali: MaliPlans) -> Names:
    return load_names()


def test_risk_on_the_line_of_its_label_or_the_next(names: Names) -> None:
    text = """
Libya Crisis Response Plan 2025
INFORM Risk
4.3, Medium
INFORM Severity 4 High
Human Development Index
170 out of 193
State of Fragility Extremely fragile
"""
    draft = read(names, text)
    assert got(draft, "riskindicator:inform_risk", "value") == Decimal("4.3")
    assert got(draft, "riskindicator:inform_risk", "level") == "medium"
    assert got(draft, "riskindicator:inform_severity", "value") == Decimal(4)
    assert got(draft, "riskindicator:inform_severity", "level") == "high"
    assert (got(draft, "riskindicator:hdi_rank", "rank"), got(draft, "riskindicator:hdi_rank", "rank_of")) == (170, 193)
    assert "level" not in draft.row("riskindicator:hdi_rank").values  # type: ignore[union-attr]
    extreme = value(draft, "riskindicator:fragility", "level")
    assert (extreme.value, extreme.basis, extreme.printed) == ("very_high", Basis.INFERRED, "Extremely fragile")
    assert extreme.question
    assert unread(draft, text) == []
    wrong = read(names, "Libya Crisis Response Plan 2025\nINFORM Severity\n7, High\nINFORM Risk")
    assert "0 to 5" in value(wrong, "riskindicator:inform_severity", "value").question
    assert value(wrong, "riskindicator:inform_risk", "value").basis is Basis.MISSING


def test_ways_of_working_run_together_and_apart(names: Names) -> None:
    draft = read(
        names,
        """
Mali Crisis Response Plan 2025
Key Operating Modalities
Conflict sensitivity Kite flying Localization
Cross-cutting priorities
Gender Equality Disaster Risk Climate Change
Law and policy
""",
    )
    assert [row.key[0] for row in draft.of_kind("modality")] == ["CONFLICT_SENS", "?:kite flying", "LOCALIZATION"]
    priorities = {row.key[0]: row.values["priority"] for row in draft.of_kind("priority")}
    assert {code: (found.basis, found.printed) for code, found in priorities.items()} == {
        "GENDER": (Basis.STATED, "Gender Equality"),
        "DISASTER_RISK": (Basis.INFERRED, "Disaster Risk Climate Change"),
        "CLIMATE": (Basis.INFERRED, "Disaster Risk Climate Change"),
        "LAW_POLICY": (Basis.STATED, "Law and policy"),
    }
    parted = read(names, "Mali Crisis Response Plan 2025\nCross-cutting priorities\nDisaster Risk, Climate Change")
    assert value(parted, "priority:CLIMATE", "priority").basis is Basis.STATED


def test_staff_offices_and_their_month(names: Names) -> None:
    text = """
Mali Crisis Response Plan 2025
IOM's main office stands in the capital, Bamako, with three field offices, all of them in Gao, Mopti and San Pedro.
Operational presence in
Mali
15
International staff and affiliated work force
165
National staff and affiliated work force
IOM field office
Figures are as of November 2024. For more details see the section on capacity.
"""
    clear = read(names, text)
    assert (got(clear, "presence", "international_staff"), got(clear, "presence", "national_staff")) == (15, 165)
    assert value(clear, "presence", "field_offices").basis is Basis.MISSING
    assert got(clear, "presence", "as_of_month") == date(2024, 11, 1)
    assert [(row.key[0], row.get("kind")) for row in clear.of_kind("office")] == [
        ("Bamako", "main"),
        ("Gao", "field"),
        ("Mopti", "field"),
        ("San Pedro", "field"),
    ]


def test_offices_of_nobody_are_not_made_up() -> None:
    assert list(offices_in("The field offices of the ministry report in time, and the main office answers.")) == []


def test_passages_under_their_headings(names: Names) -> None:
    draft = read(names, NARRATIVE)
    assert [row.key for row in draft.of_kind("narrative")] == [("vision", "1"), ("context", "2")]
    body = value(draft, "narrative:vision:1", "body")
    assert body.value == (
        f"{PROSE}\n\n- First point of a list that goes on for a while\n"
        "- Second point of a list that goes on for a while"
    )
    assert str(body.span) == "6–9"
    assert value(draft, "narrative:context:2", "heading").printed == "Context analysis"
    assert value(draft, "narrative:context:2", "section").question == ""
    assert unread(draft, NARRATIVE) == []


def test_a_lost_heading_is_told_by_what_the_text_speaks_of(names: Names) -> None:
    text = f"""
Mali Crisis Response Plan 2025
CRP last updated: May 2 2025

IOM's plan is to help where help is asked for, and it will provide shelter and water in partnership with others.

INFORM Risk
7.1, Very high

{PROSE} The crisis went on, with violence, conflict and displacement.

IOM has a main office in Bamako with many staff, and its operational presence reaches field offices everywhere.

Home
"""
    draft = read(names, text)
    assert [row.key for row in draft.of_kind("narrative")] == [("vision", "1"), ("context", "2"), ("capacity", "3")]
    found = value(draft, "narrative:context:2", "section")
    assert (found.basis, bool(found.note), bool(found.question)) == (Basis.INFERRED, True, True)
    assert unread(draft, text) == ["Home"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mali Plan de réponse aux crises 2025\nDernière mise à jour : 17 avril 2025\n$5,000\nFinancement requis",
        "Mali Humanitarian Needs and Response Plan 2025\n6,400,000\nPeople in need\n4,000,000\nPeople targeted",
        "https://humanitariancompendium.iom.int/appeals/mali-2017\nMali 2017\nTotal requested\nHRP",
        "The Mali Crisis Response Plan 2025 of IOM was presented yesterday in Bamako, the newspaper says.",
    ],
)
def test_other_pages_are_not_recognised(text: str) -> None:
    assert not crp_page.recognises(document(text))


@pytest.mark.parametrize("text", [HEAD, OBJECTIVE, NARRATIVE])
def test_such_pages_are_recognised(text: str) -> None:
    assert crp_page.recognises(document(text))


def test_a_passage_that_says_little_is_told_by_its_place(names: Names) -> None:
    plain = "Nothing in this line of more than eight words tells what the passage would be about."
    text = f"Mali Crisis Response Plan 2025\nCRP last updated: May 2 2025\n\n{plain}\n\nINFORM Risk\n7.1\n\n{plain}\n"
    draft = read(names, text)
    assert [row.key[0] for row in draft.of_kind("narrative")] == ["vision", "context"]
    elsewhere = read(names, f"{text}\nOperational presence in\nMali\n\n{plain}")
    found = value(elsewhere, "narrative:other:3", "section")
    assert (found.basis, bool(found.question)) == (Basis.INFERRED, True)
