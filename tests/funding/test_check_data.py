"""``manage.py check_data``: what it prints, what it leaves out, and how it ends."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.models import Objective, Outcome, Plan, Revision
from plans.services import start_revision
from tests.conftest import MaliPlans


def check_data(*codes: str, **options: Any) -> str:
    output = StringIO()
    call_command("check_data", *codes, stdout=output, no_color=True, **options)
    return output.getvalue()


def failing(*codes: str, **options: Any) -> tuple[str, str]:
    """Return what a run that fails printed, and what it ended with."""
    output = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("check_data", *codes, stdout=output, no_color=True, **options)
    assert error.value.returncode == 1
    return output.getvalue(), str(error.value)


def test_every_plan_is_checked_and_the_mali_plans_pass(mali: MaliPlans) -> None:
    printed = check_data()
    for heading in ("MLI-COMPENDIUM-2017 r1", "MLI-CRP-2021 r1", "MLI-CRP-2025-2026 r1"):
        assert f"{heading} (Published)" in printed
    assert "ok      Sum of sectors: The lines add to 32,353,500, the total of the plan." in printed
    assert "note    Entities targeted by objective: The objectives add to 28 and the plan says 25" in printed
    assert "(difference +3)" in printed
    assert "-       Funding received: No money received is reported: not the same as 0." in printed
    last = printed.strip().splitlines()[-1]
    assert last.startswith("3 revisions checked: ")
    assert "1 notes" in last
    assert "errors" not in last
    assert "warnings" not in last


def test_the_numbers_of_the_last_line_are_those_of_the_lines_above(mali: MaliPlans) -> None:
    lines = check_data().strip().splitlines()
    checks = [line for line in lines if line.startswith("  ")]
    counted = sum(int(part.split()[0]) for part in lines[-1].partition(": ")[2].split(","))
    assert counted == len(checks) >= 30


def test_only_the_plans_named_are_checked(mali: MaliPlans) -> None:
    printed = check_data("MLI-CRP-2021", "MLI-COMPENDIUM-2017")
    assert "MLI-CRP-2025-2026" not in printed
    assert "2 revisions checked" in printed


def test_a_plan_that_is_not_there_is_named(mali: MaliPlans) -> None:
    printed, sentence = failing("MLI-CRP-2021", "NOPE", "ALSO-NOT")
    assert sentence == "No such plan with a revision to check: ALSO-NOT, NOPE."
    assert printed == ""


def test_quiet_leaves_out_what_agrees_and_what_is_not_reported(mali: MaliPlans) -> None:
    printed = check_data(quiet=True)
    lines = [line for line in printed.splitlines() if line.startswith("  ")]
    assert len(lines) == 1
    assert lines[0].startswith("  note    Entities targeted by objective")
    assert printed.splitlines()[-1] == check_data().splitlines()[-1]


def test_a_plan_that_contradicts_itself_ends_with_an_error(mali: MaliPlans) -> None:
    Outcome.objects.filter(code="1a").update(share_percent=49)
    printed, sentence = failing("MLI-CRP-2025-2026")
    assert "ERROR   Outcome shares of objective 1: The shares add to 99 %, not to 100 %. (difference -1.00)" in printed
    assert "1 errors" in printed
    assert sentence == "1 checks failed."


def test_a_warning_alone_is_no_failure(mali: MaliPlans) -> None:
    Objective.objects.filter(number=1).update(people_targeted=None)
    mali.crp_2025_2026.revisions.get().citations.filter(subject="objective:2", field="people_targeted").delete()
    printed = check_data("MLI-CRP-2025-2026", quiet=True)
    assert "WARNING Sources of figures" in printed
    assert "objective:2.people_targeted" in printed
    assert "1 warnings" in printed


def test_drafts_are_checked_only_where_asked_for(mali: MaliPlans) -> None:
    draft = start_revision(plan=mali.crp_2025_2026, by=None)
    Outcome.objects.filter(revision=draft, code="1a").update(share_percent=49)
    assert "r2" not in check_data()
    printed, _sentence = failing(drafts=True)
    assert "MLI-CRP-2025-2026 r1 (Published)" in printed
    assert "MLI-CRP-2025-2026 r2 (Draft)" in printed
    assert "4 revisions checked" in printed


def test_a_plan_with_nothing_but_a_draft_is_found_with_its_draft(mali: MaliPlans) -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    Revision.objects.create(plan=plan, status="in_review")
    assert "No such plan with a revision to check: NEW." in failing("NEW")[1]
    assert "NEW r1 (In review)" in check_data("NEW", drafts=True)


@pytest.mark.usefixtures("empty_database")
def test_an_empty_database_has_nothing_to_check() -> None:
    assert check_data() == "0 revisions checked: nothing to check.\n"
