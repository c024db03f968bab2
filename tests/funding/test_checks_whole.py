"""Reconciliation as a whole: sources and offices, the Mali plans, the gravest verdict, the number of queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from funding.checks import Check, Unit, Verdict, check_revision, worst
from funding.checks.values import told
from funding.services import publish_revision
from plans.models import Citation, Office, Outcome, Plan, Presence, Revision, Source
from plans.services import start_revision
from plans.tree import uncited
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plan


def result(revision: Revision, rule: str) -> Check:
    (found,) = [check for check in check_revision(revision) if check.rule == rule]
    return found


def told_by(check: Check) -> tuple[Any, ...]:
    return check.verdict, check.expected, check.found, check.difference


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize(
    ("stated", "main", "field", "expected"),
    [
        (6, 1, 5, (Verdict.OK, 6, 6, 0)),  # the main office is one of the six
        (5, 1, 5, (Verdict.OK, 5, 5, 0)),  # or it is not
        (4, 1, 5, (Verdict.NOTE, 4, 6, 2)),
        (7, 1, 5, (Verdict.NOTE, 7, 6, -1)),
        (0, 1, 0, (Verdict.OK, 0, 0, 0)),
    ],
)
def test_offices_named_and_offices_stated(stated: int, main: int, field: int, expected: tuple[Any, ...]) -> None:
    revision = make_plan().revisions.get()
    Presence.objects.create(revision=revision, field_offices=stated)
    for number in range(main + field):
        kind = "main" if number < main else "field"
        Office.objects.create(revision=revision, kind=kind, place=f"Place {number}")
    check = result(revision, "offices")
    assert told_by(check) == expected
    assert told(check.found) in check.sentence


@pytest.mark.usefixtures("empty_database")
def test_offices_that_are_not_counted_or_not_named_are_not_checked() -> None:
    revision = make_plan().revisions.get()
    rules = {check.rule for check in check_revision(revision)}
    presence = Presence.objects.create(revision=revision, field_offices=None)
    Office.objects.create(revision=revision, kind="main", place="Here")
    assert {check.rule for check in check_revision(revision)} == rules
    presence.field_offices = 3
    presence.save()
    assert result(revision, "offices").verdict == Verdict.NOTE
    Office.objects.all().delete()
    assert {check.rule for check in check_revision(revision)} == rules


@pytest.mark.usefixtures("empty_database")
def test_figures_without_a_source_are_a_warning_that_names_them() -> None:
    revision = make_plan(objectives=1, sectors=0, projects=0, contributions=0).revisions.get()
    check = result(revision, "citations")
    missing = uncited(revision)
    assert told_by(check) == (Verdict.WARNING, 0, len(missing), len(missing))
    assert "revision.people_in_need" in check.sentence
    source = Source.objects.create(code="page", title="Page")
    for subject, field in missing:
        Citation.objects.create(revision=revision, subject=subject, field=field, source=source)
    check = result(revision, "citations")
    assert told_by(check) == (Verdict.OK, 0, 0, 0)
    assert check.sentence == "Every figure names the source it was read from."
    Outcome.objects.filter(code="1a").delete()
    check = result(revision, "citations")
    assert told_by(check) == (Verdict.WARNING, 0, 1, 1)
    assert "outcome:1a.share_percent" in check.sentence  # cited, and not there any more


def verdicts(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for check in check_revision(plan.revisions.get()):
        found.setdefault(check.rule, []).append(check.verdict.value)
    return found


def test_the_plan_of_2025_agrees_with_itself_and_its_entities_overlap(mali: MaliPlans) -> None:
    assert verdicts(mali.crp_2025_2026) == {
        "sum_of_objectives": ["ok"],
        "sum_of_sectors": ["ok"],
        "published_total": ["ok"],
        "received": ["not_reported"],
        "outcome_shares": ["ok", "ok", "ok"],
        "request_shares": ["ok"],
        "request_share_amounts": ["ok"],
        "people_targeted_by_objective": ["ok"],
        "entities_targeted_by_objective": ["note"],
        "people_targeted_within_need": ["ok"],
        "offices": ["ok"],
        "citations": ["ok"],
    }
    entities = result(mali.crp_2025_2026.revisions.get(), "entities_targeted_by_objective")
    assert told_by(entities) == (Verdict.NOTE, 25, 28, 3)
    assert "The objectives add to 28 and the plan says 25: objectives overlap" in entities.sentence
    assert entities.unit == Unit.ENTITIES


def test_the_compendium_agrees_with_itself(mali: MaliPlans) -> None:
    assert verdicts(mali.compendium_2017) == {
        "sum_of_frameworks": ["ok"],
        "sum_of_projects": ["ok"],
        "projects_of_framework": ["ok", "ok"],
        "published_total": ["ok"],
        "received_within_requested": ["ok"],
        "received_of_framework": ["ok", "ok"],
        "received_of_projects": ["ok"],
        "printed_percent": ["ok", "ok"],
        "contribution_targets": ["ok"],
        "citations": ["ok"],
    }
    found = {check.title: check for check in check_revision(mali.compendium_2017.revisions.get())}
    printed = found["Percentage printed for Humanitarian Response Plans"]
    assert printed.sentence == "Printed 1 %, rounded; exactly 0.91 %."
    assert found["Sum of frameworks"].sentence == (
        "The document gives no total of its own: CRP takes this sum, 37,360,000, as the total."
    )


def test_the_plan_of_2021_reports_nothing(mali: MaliPlans) -> None:
    assert verdicts(mali.crp_2021) == {
        "requested": ["not_reported"],
        "received": ["not_reported"],
        "citations": ["ok"],
    }


def test_every_check_has_a_title_a_sentence_and_a_unit(mali: MaliPlans) -> None:
    for revision in Revision.objects.all():
        for check in check_revision(revision):
            assert check.title
            assert check.sentence.endswith(".")
            assert "%(" not in check.sentence
            assert check.unit in Unit
            assert (check.found is None) == (check.verdict == Verdict.NOT_REPORTED)


def test_a_draft_is_checked_like_any_other(mali: MaliPlans) -> None:
    revision = Revision.objects.create(plan=mali.crp_2021, number=2, stated_requested_usd=5)
    assert {check.rule for check in check_revision(revision)} >= {"received", "citations"}
    assert worst(check_revision(revision)) == Verdict.WARNING  # its total has no source


@pytest.mark.parametrize(
    ("name", "total"), [("crp_2025_2026", 32_353_500), ("compendium_2017", 37_360_000), ("crp_2021", None)]
)
def test_nothing_in_a_mali_plan_stands_in_the_way_of_its_next_revision(
    mali: MaliPlans, name: str, total: int | None
) -> None:
    plan = getattr(mali, name)
    published = publish_revision(revision=start_revision(plan=plan, by=None), by=None, reason="Next")
    assert (published.number, published.requested_usd) == (2, total)
    assert worst(check_revision(published)) not in {Verdict.ERROR, Verdict.WARNING}


def check_of(verdict: Verdict) -> Check:
    return Check(
        rule="rule", title="Title", unit=Unit.USD, expected=None, found=None, verdict=verdict, sentence="Sentence."
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], Verdict.OK),
        (["ok"], Verdict.OK),
        (["ok", "not_reported"], Verdict.NOT_REPORTED),
        (["note", "not_reported"], Verdict.NOTE),
        (["note", "warning", "ok"], Verdict.WARNING),
        (["warning", "error", "note"], Verdict.ERROR),
    ],
)
def test_the_gravest_verdict(given: list[str], expected: Verdict) -> None:
    assert worst(check_of(Verdict(verdict)) for verdict in given) == expected


@pytest.mark.parametrize(
    ("expected", "found", "is_limit", "difference"),
    [(5, 7, False, 2), (7, 5, False, -2), (5, 5, False, 0), (None, 5, False, None), (5, None, False, None),
     (5, 4, True, None), (5, 5, True, None), (5, 7, True, 2)],
)  # fmt: skip
def test_the_difference_is_found_less_expected_and_within_a_limit_there_is_none(
    expected: Any, found: Any, is_limit: bool, difference: Any
) -> None:
    check = Check(
        rule="rule", title="Title", unit=Unit.USD, expected=expected, found=found, verdict=Verdict.OK,
        sentence="Sentence.", is_limit=is_limit,
    )  # fmt: skip
    assert check.difference == difference


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (37_360_000, "37,360,000"),
        (Decimal("0.91"), "0.91"),
        (Decimal("1000.10"), "1,000.10"),
        (Decimal("100.00"), "100"),
        (-5, "-5"),
        (0, "0"),
    ],
)
def test_figures_are_told_as_a_reader_writes_them(value: Any, written: str) -> None:
    with translation.override("en"):
        assert told(value) == written


def test_figures_in_sentences_follow_the_language() -> None:
    with translation.override("fr"):
        assert "".join(told(Decimal("1234567.50")).split()) == "1234567,50"


@pytest.mark.once
@pytest.mark.usefixtures("empty_database")
def test_as_many_queries_for_thirty_lines_as_for_one() -> None:
    counts = []
    for lines in (1, 30):
        plan = make_plan(objectives=lines, sectors=lines, projects=lines, contributions=lines)
        for number in range(lines):
            make_contribution(plan=plan, project_code=f"P-{number + 1}", framework_code="HRP", objective_number=1)
        revision = Revision.objects.get(plan=plan)
        with CaptureQueriesContext(connection) as queries:
            check_revision(revision)
        counts.append(len(queries))
    assert counts[0] == counts[1]
