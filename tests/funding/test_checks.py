"""Each rule of reconciliation: what it says of a plan that agrees with itself, and of one broken on purpose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from funding.checks import Check, Verdict, check_revision
from funding.checks.values import told
from funding.models import FundingRequest, Project, RequestShare
from plans.models import Framework, Objective, Outcome, Revision
from tests.factories import make_contribution, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")


def revision_of(**values: Any) -> Revision:
    """Return the revision of a plan for 1,000 that agrees with itself."""
    given = {"requested_usd": 1_000, "contributions": 0, "objectives": 2, "sectors": 2, "projects": 2}
    return make_plan(**given | values).revisions.get()


def results(revision: Revision, rule: str) -> list[Check]:
    return [check for check in check_revision(Revision.objects.get(pk=revision.pk)) if check.rule == rule]


def result(revision: Revision, rule: str) -> Check:
    (found,) = results(revision, rule)
    return found


def told_by(check: Check) -> tuple[Any, ...]:
    return check.verdict, check.expected, check.found, check.difference


def test_a_plan_that_agrees_with_itself_lacks_only_its_sources() -> None:
    revision = revision_of(contributions=2)
    verdicts = {check.rule: check.verdict for check in check_revision(revision)}
    assert verdicts.pop("citations") == Verdict.WARNING
    assert verdicts.pop("received_within_requested") == Verdict.NOTE  # 2,000 of 1,000
    assert set(verdicts.values()) == {Verdict.OK}
    assert len(verdicts) >= 9


BREAKDOWNS = ["framework", "objective", "sector", "project"]


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_a_breakdown_that_adds_to_the_total_agrees(by: str) -> None:
    check = result(revision_of(), f"sum_of_{by}s")
    assert told_by(check) == (Verdict.OK, 1_000, 1_000, 0)
    assert check.sentence == "The lines add to 1,000, the total of the plan."


@pytest.mark.parametrize("by", BREAKDOWNS)
@pytest.mark.parametrize("change", [Decimal("0.01"), Decimal("-250.50")])
def test_a_breakdown_that_differs_from_the_total_is_a_warning(by: str, change: Decimal) -> None:
    revision = revision_of()
    line = FundingRequest.objects.filter(breakdown=by).first()
    line.amount_usd += change
    line.save()
    check = result(revision, f"sum_of_{by}s")
    assert told_by(check) == (Verdict.WARNING, 1_000, 1_000 + change, change)
    assert check.sentence == f"The lines add to {1_000 + change:,}; the total of the plan is 1,000."
    others = [result(revision, f"sum_of_{name}s").verdict for name in BREAKDOWNS if name != by]
    assert set(others) == {Verdict.OK}


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_a_breakdown_that_is_not_there_is_not_checked(by: str) -> None:
    revision = revision_of()
    FundingRequest.objects.filter(breakdown=by).delete()
    assert results(revision, f"sum_of_{by}s") == []


def test_without_a_stated_total_the_widest_breakdown_is_it_and_the_others_are_compared() -> None:
    revision = revision_of()
    Revision.objects.update(stated_requested_usd=None)
    FundingRequest.objects.filter(breakdown="framework").update(amount_usd=900)
    check = result(revision, "sum_of_frameworks")
    assert told_by(check) == (Verdict.OK, 900, 900, 0)
    assert check.sentence == "The document gives no total of its own: CRP takes this sum, 900, as the total."
    assert told_by(result(revision, "sum_of_sectors")) == (Verdict.WARNING, 900, 1_000, 100)


def test_a_plan_that_asks_for_nothing_known_says_so() -> None:
    revision = revision_of(requested_usd=None)
    check = result(revision, "requested")
    assert told_by(check) == (Verdict.NOT_REPORTED, None, None, None)
    assert check.sentence == "The document states no amount at all."
    assert not any(check.rule.startswith("sum_of") for check in check_revision(revision))


def test_a_requirement_of_zero_is_stated() -> None:
    revision = revision_of(requested_usd=0)
    assert results(revision, "requested") == []
    assert result(revision, "sum_of_objectives").verdict == Verdict.OK


def test_projects_add_to_what_their_framework_prints() -> None:
    revision = revision_of()
    assert told_by(result(revision, "projects_of_framework")) == (Verdict.OK, 1_000, 1_000, 0)
    FundingRequest.objects.filter(breakdown="framework").update(amount_usd=1_100)
    check = result(revision, "projects_of_framework")
    assert told_by(check) == (Verdict.WARNING, 1_100, 1_000, -100)
    assert check.title == "Projects of Humanitarian Response Plan"
    assert check.sentence == "The projects add to 1,000; the framework prints 1,100."


def test_each_framework_has_projects_of_its_own() -> None:
    revision = revision_of()
    other = Framework.objects.create(revision=revision, code="MCOF", name="MCOF")
    FundingRequest.objects.create(revision=revision, breakdown="framework", framework=other, amount_usd=70)
    Project.objects.filter(code="P-2").update(framework=other)
    first, second = results(revision, "projects_of_framework")
    assert told_by(first) == (Verdict.WARNING, 1_000, 500, -500)
    assert told_by(second) == (Verdict.WARNING, 70, 500, 430)


def test_the_total_fixed_on_publication_still_stands() -> None:
    revision = revision_of()
    assert told_by(result(revision, "published_total")) == (Verdict.OK, 1_000, 1_000, 0)
    Revision.objects.update(requested_usd=999)
    check = result(revision, "published_total")
    assert told_by(check) == (Verdict.ERROR, 999, 1_000, 1)
    assert check.sentence == "The rows give 1,000; 999 was fixed when the revision was published."


def test_a_published_requirement_without_its_total_is_an_error() -> None:
    revision = revision_of()
    Revision.objects.update(requested_usd=None)
    check = result(revision, "published_total")
    assert (check.verdict, check.expected, check.found) == (Verdict.ERROR, None, 1_000)
    assert "– was fixed" in check.sentence


def test_a_draft_has_no_fixed_total_to_compare() -> None:
    revision = revision_of()
    Revision.objects.update(status="draft", published_at=None, requested_usd=None)
    assert results(revision, "published_total") == []


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        ([], (Verdict.OK, 1_000, 0, None)),
        ([400, -100], (Verdict.OK, 1_000, 300, None)),
        ([1_000], (Verdict.OK, 1_000, 1_000, None)),
        ([1_000, Decimal("0.01")], (Verdict.NOTE, 1_000, Decimal("1000.01"), Decimal("0.01"))),
        ([5, -6], (Verdict.ERROR, 1_000, -1, None)),
    ],
)
def test_money_received_within_reason(money: list[Any], expected: tuple[Any, ...]) -> None:
    revision = revision_of()
    for amount in money:
        make_contribution(plan=revision.plan, amount_usd=amount)
    make_contribution(plan=revision.plan, amount_usd=50_000, status="pledge")
    assert told_by(result(revision, "received_within_requested")) == expected


def test_over_funding_and_corrections_are_told_in_a_sentence() -> None:
    revision = revision_of()
    make_contribution(plan=revision.plan, amount_usd=1_500)
    assert "over-funded" in result(revision, "received_within_requested").sentence
    make_contribution(plan=revision.plan, amount_usd=-2_000)
    assert result(revision, "received_within_requested").sentence == (
        "Corrections pass what was received: the sum is -500."
    )


@pytest.mark.parametrize("pledge", [False, True])
def test_funding_that_is_not_reported_is_not_zero(pledge: bool) -> None:
    revision = revision_of(reports_funding=False)
    if pledge:
        make_contribution(plan=revision.plan, status="pledge")
    check = result(revision, "received")
    assert told_by(check) == (Verdict.NOT_REPORTED, None, None, None)
    assert "not the same as 0" in check.sentence
    assert results(revision, "received_within_requested") == []


def test_money_received_by_a_plan_that_asks_for_nothing_known_has_no_limit() -> None:
    revision = revision_of(requested_usd=None, contributions=1)
    assert told_by(result(revision, "received_within_requested")) == (Verdict.OK, None, 1_000, None)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(150, (Verdict.OK, 150, 150, 0)), (100, (Verdict.WARNING, 100, 150, 50)), (0, (Verdict.WARNING, 0, 150, 150))],
)
def test_received_as_the_plan_states_it(stated: int, expected: tuple[Any, ...]) -> None:
    revision = revision_of()
    make_contribution(plan=revision.plan, amount_usd=150)
    make_contribution(plan=revision.plan, amount_usd=999, status="pledge")
    assert results(revision, "received_stated") == []
    Revision.objects.update(stated_received_usd=stated)
    assert told_by(result(revision, "received_stated")) == expected


def test_received_as_a_framework_states_it() -> None:
    """Money named for the framework counts, and money of its projects; money of others does not."""
    revision = revision_of()
    Framework.objects.create(revision=revision, code="MCOF", name="MCOF", stated_received_usd=0)
    Framework.objects.filter(code="HRP").update(stated_received_usd=30)
    make_contribution(plan=revision.plan, amount_usd=10, framework_code="HRP")
    make_contribution(plan=revision.plan, amount_usd=20, project_code="P-1")
    make_contribution(plan=revision.plan, amount_usd=500)
    hrp, mcof = results(revision, "received_of_framework")
    assert (told_by(hrp), told_by(mcof)) == ((Verdict.OK, 30, 30, 0), (Verdict.OK, 0, 0, 0))
    make_contribution(plan=revision.plan, amount_usd=5, project_code="P-1", framework_code="MCOF")
    hrp, mcof = results(revision, "received_of_framework")
    assert (hrp.verdict, told_by(mcof)) == (Verdict.OK, (Verdict.WARNING, 0, 5, 5))
    assert mcof.sentence == "The contributions on record add to 5; the document states 0."


def test_received_as_projects_state_it() -> None:
    revision = revision_of()
    assert results(revision, "received_of_projects") == []
    Project.objects.filter(code="P-1").update(stated_received_usd=20)
    make_contribution(plan=revision.plan, amount_usd=20, project_code="P-1")
    check = result(revision, "received_of_projects")
    assert told_by(check) == (Verdict.OK, 1, 1, 0)
    assert check.sentence == "1 project states what it received, and its contributions agree."
    Project.objects.filter(code="P-2").update(stated_received_usd=1)
    check = result(revision, "received_of_projects")
    assert told_by(check) == (Verdict.WARNING, 2, 1, -1)
    assert check.sentence == "These projects state another amount than their contributions: P-2."


@pytest.mark.parametrize(
    ("received", "asked", "printed", "verdict"),
    [
        (112_550, 12_360_000, "1", Verdict.OK),  # 0.91
        (112_550, 12_360_000, "0.91", Verdict.OK),
        (112_550, 12_360_000, "0.9", Verdict.OK),
        (112_550, 12_360_000, "0.92", Verdict.WARNING),
        (112_550, 12_360_000, "0.8", Verdict.WARNING),
        (112_550, 12_360_000, "2", Verdict.WARNING),
        (0, 25_000_000, "0", Verdict.OK),
        (495, 100_000, "0", Verdict.OK),  # 0.495: rounded once it is 0, over 0.50 it would be 1
        (495, 100_000, "1", Verdict.WARNING),
        (495, 100_000, "0.5", Verdict.OK),
        (13_640, 1_000, "1364", Verdict.OK),
        (1_000, 1_000, "100", Verdict.OK),
    ],
)
def test_printed_percentages(received: int, asked: int, printed: str, verdict: Verdict) -> None:
    revision = revision_of()
    FundingRequest.objects.filter(breakdown="framework").update(amount_usd=asked)
    Framework.objects.update(stated_received_usd=received, stated_percent_funded=Decimal(printed))
    check = result(revision, "printed_percent")
    assert (check.verdict, check.expected) == (verdict, Decimal(printed))
    assert check.sentence.startswith(f"Printed {told(Decimal(printed))} %")


@pytest.mark.parametrize("missing", [{"stated_received_usd": None}, {"stated_percent_funded": None}])
def test_a_percentage_needs_two_figures_to_be_compared(missing: dict[str, None]) -> None:
    revision = revision_of()
    Framework.objects.update(**{"stated_received_usd": 1, "stated_percent_funded": 1} | missing)
    assert results(revision, "printed_percent") == []


@pytest.mark.parametrize("target", [{"project_code": "GONE"}, {"framework_code": "GONE"}, {"objective_number": 9}])
def test_money_for_what_the_revision_does_not_have_is_an_error(target: dict[str, Any]) -> None:
    revision = revision_of()
    assert results(revision, "contribution_targets") == []
    make_contribution(plan=revision.plan, project_code="P-1", framework_code="HRP", objective_number=1)
    assert told_by(result(revision, "contribution_targets")) == (Verdict.OK, 1, 1, 0)
    lost = make_contribution(plan=revision.plan, **target)
    check = result(revision, "contribution_targets")
    assert told_by(check) == (Verdict.ERROR, 2, 1, -1)
    assert check.sentence == f"Not in this revision is what these are for: {lost.code}."


@pytest.mark.parametrize(("share", "verdict"), [("40.00", Verdict.OK), ("39.99", Verdict.ERROR), ("41", Verdict.ERROR)])
def test_outcome_shares_add_to_a_hundred(share: str, verdict: Verdict) -> None:
    revision = revision_of()
    Outcome.objects.filter(code="2b").update(share_percent=share)
    first, second = results(revision, "outcome_shares")
    assert told_by(first) == (Verdict.OK, 100, 100, 0)
    assert told_by(second) == (verdict, 100, 60 + Decimal(share), Decimal(share) - 40)
    assert second.title == "Outcome shares of objective 2"
    if verdict == Verdict.ERROR:
        assert second.sentence == f"The shares add to {told(60 + Decimal(share))} %, not to 100 %."


def test_an_objective_without_outcomes_has_no_shares_to_check() -> None:
    revision = revision_of()
    Outcome.objects.filter(objective__number=2).delete()
    assert len(results(revision, "outcome_shares")) == 1


def test_shares_of_a_line_by_objective() -> None:
    revision = revision_of()
    line = FundingRequest.objects.filter(breakdown="sector").first()
    assert results(revision, "request_shares") == []
    for objective, share, amount in zip(revision.objectives.all(), (42, 58), (200, 300), strict=True):
        RequestShare.objects.create(
            revision=revision, funding_request=line, objective=objective, share_percent=share, amount_usd=amount
        )
    assert told_by(result(revision, "request_shares")) == (Verdict.OK, 100, 100, 0)
    assert told_by(result(revision, "request_share_amounts")) == (Verdict.OK, 500, 500, 0)
    RequestShare.objects.filter(share_percent=42).update(share_percent=41, amount_usd=190)
    shares, amounts = result(revision, "request_shares"), result(revision, "request_share_amounts")
    assert told_by(shares) == (Verdict.WARNING, 100, 99, -1)
    assert told_by(amounts) == (Verdict.WARNING, 500, 490, -10)
    assert amounts.sentence == "The amounts by objective add to 490; the line is 500."
    RequestShare.objects.filter(share_percent=41).update(amount_usd=None)
    assert results(revision, "request_share_amounts") == []
    assert len(results(revision, "request_shares")) == 1


@pytest.mark.parametrize(
    ("name", "parts", "stated", "expected"),
    [
        ("people_targeted", (175_000, 98_000), 273_000, (Verdict.OK, 273_000, 273_000, 0)),
        ("people_targeted", (10, 20), 25, (Verdict.NOTE, 25, 30, 5)),
        ("entities_targeted", (13, 15), 25, (Verdict.NOTE, 25, 28, 3)),
        ("entities_targeted", (10, 10), 25, (Verdict.NOTE, 25, 20, -5)),
        ("entities_targeted", (0, 0), 0, (Verdict.OK, 0, 0, 0)),
    ],
)
def test_people_and_entities_overlap_without_being_wrong(
    name: str, parts: tuple[int, int], stated: int, expected: tuple[Any, ...]
) -> None:
    revision = revision_of()
    Revision.objects.update(**{name: stated})
    for number, part in enumerate(parts, start=1):
        Objective.objects.filter(number=number).update(**{name: part})
    check = result(revision, f"{name}_by_objective")
    assert told_by(check) == expected
    assert ("overlap" in check.sentence) is (check.found > check.expected)


@pytest.mark.parametrize("missing", ["plan", "objective", "objectives"])
def test_what_is_not_reported_of_people_is_not_compared(missing: str) -> None:
    revision = revision_of()
    if missing == "plan":
        Revision.objects.update(people_targeted=None)
    elif missing == "objective":
        Objective.objects.filter(number=1).update(people_targeted=None)
    else:
        Outcome.objects.all().delete()
        Objective.objects.all().delete()
    assert results(revision, "people_targeted_by_objective") == []


@pytest.mark.parametrize(
    ("need", "targeted", "expected"),
    [
        (6_400_000, 273_000, (Verdict.OK, 6_400_000, 273_000, None)),
        (10, 10, (Verdict.OK, 10, 10, None)),
        (10, 11, (Verdict.WARNING, 10, 11, 1)),
        (0, 1, (Verdict.WARNING, 0, 1, 1)),
        (0, 0, (Verdict.OK, 0, 0, None)),
    ],
)
def test_no_more_people_are_targeted_than_are_in_need(need: int, targeted: int, expected: tuple[Any, ...]) -> None:
    revision = revision_of()
    Revision.objects.update(people_in_need=need, people_targeted=targeted)
    check = result(revision, "people_targeted_within_need")
    assert told_by(check) == expected
    if need == 6_400_000:
        assert check.sentence == "The plan targets 4.27 % of the people in need."
    Revision.objects.update(people_in_need=None)
    assert results(revision, "people_targeted_within_need") == []
