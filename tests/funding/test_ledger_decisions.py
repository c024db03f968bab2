"""The admin's pages where somebody decides on money: its next step, and whether it repeats other money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crp.accounts.roles import Role
from funding.models import Contribution
from funding.services import (
    change_status,
    merge_duplicate,
)
from plans.models import Plan
from tests.admin import Desk, address, formset, make_person, query_count
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plan
from tests.funding.recording import LIST, pledge, send_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2017: 37,360,000 requested, 112,550 received."""
    return mali.compendium_2017


@pytest.fixture
def pair(plan: Plan) -> tuple[Contribution, Contribution]:
    donor = make_organization()
    first = pledge(plan, donor=donor, status="paid")
    return first, pledge(plan, donor=donor, status="paid", grant_reference="G-1")


# Steps


def test_the_next_step_is_taken_on_its_own_page(desk: Desk, plan: Plan) -> None:
    made = pledge(plan)
    page = desk.visit(address(made, "next_step"))
    assert [choice[0] for choice in page.context_data["form"].fields["status"].choices] == ["commitment", "paid"]
    page.render()
    answer = desk.visit(
        address(made, "next_step"), {"status": "commitment", "since_on": "2017-05-01", "note": "Signed"}
    )
    assert answer.url == address(made)
    assert answer.told[1].startswith("MLI-COMPENDIUM-2017: received (USD) 112,550 → 113,550; pledged (USD) 1,000 → –;")
    steps = [(step.status, step.recorded_by) for step in made.status_changes.order_by("pk")]
    assert steps == [("pledge", None), ("commitment", desk.user)]
    rows = formset(desk.visit(address(made)), "status_changes").queryset
    assert [row.note for row in rows] == ["", "Signed"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"status": "paid", "since_on": "2017-01-01"}, "The step before was taken on 2017-03-01"),
        ({"status": "paid", "since_on": "2202-01-01"}, "2202-01-01 has not come yet"),
        ({"status": "paid", "amount_usd": "0"}, "An amount of 0 gives nothing"),
        ({"status": "pledge"}, "Select a valid choice. pledge is not one of the available choices."),
    ],
)
def test_a_wrong_step_is_told_at_its_field(desk: Desk, plan: Plan, sent: dict[str, str], told: str) -> None:
    made = pledge(plan)
    form = desk.visit(address(made, "next_step"), sent).context_data["form"]
    (found,) = [message for messages in form.errors.values() for message in messages]
    assert found.startswith(told)
    assert made.status_changes.count() == 1


def test_the_last_step_has_no_next(desk: Desk, plan: Plan) -> None:
    made = pledge(plan, status="paid")
    assert not desk.visit(address(made)).context_data["next_step_url"]
    answer = desk.visit(address(made, "next_step"))
    assert (answer.url, answer.told) == (address(made), [f"{made} has taken its last step."])


def test_a_step_is_taken_back_with_a_reason(desk: Desk, plan: Plan) -> None:
    made = pledge(plan)
    assert not desk.visit(address(made)).context_data["take_back_url"]
    change_status(contribution=made, status="paid")
    assert desk.visit(address(made, "take_back"), {"reason": ""}).context_data["form"].errors
    desk.visit(address(made, "take_back")).render()
    assert desk.visit(address(made, "take_back"), {"reason": "Wrong line."}).url == address(made)
    made.refresh_from_db()
    assert made.status == "pledge"


# Duplicates


def test_a_suspect_is_told_and_leads_to_the_comparison(desk: Desk, plan: Plan) -> None:
    send_form(desk, plan, donor=(donor := make_organization().pk))
    answer = send_form(desk, plan, donor=donor)
    second = Contribution.objects.get(code="MLI-COMPENDIUM-2017-C0002")
    assert answer.told[0] == "The figures of MLI-COMPENDIUM-2017 stay as they are."
    assert f'<a href="{address(second, "duplicate")}">Compare the two</a>' in answer.told[1]
    assert desk.visit(address(second)).context_data["duplicate_url"] == address(second, "duplicate")


def test_a_third_one_is_compared_with_the_one_that_counts(
    desk: Desk, plan: Plan, pair: tuple[Contribution, Contribution]
) -> None:
    first, second = pair
    third = pledge(plan, donor=first.donor, status="paid", decision_on=date(2017, 3, 9))
    Contribution.objects.filter(pk=second.pk).update(decision_on=date(2017, 3, 9))
    fourth = pledge(plan, donor=first.donor, status="paid", decision_on=date(2017, 3, 9))
    assert (third.duplicate_of, fourth.duplicate_of) == (first, first)
    Contribution.objects.filter(pk=fourth.pk).update(duplicate_of=second)
    answer = desk.visit(address(fourth, "duplicate"), {"_merge": "1", "reason": "Same letter."})
    assert answer.told[0] == f"{fourth} is merged with {second}, about which somebody has to decide as well."
    answer = desk.visit(address(third, "duplicate"), {"_merge": "1", "reason": "Same letter."})
    assert answer.told[0] == f"{third} is merged: only {first} counts."


@pytest.mark.once
def test_pairs_stand_side_by_side(desk: Desk, plan: Plan, pair: tuple[Contribution, Contribution]) -> None:
    page = desk.visit(f"{LIST}duplicates/")
    (shown,) = page.context_data["pairs"]
    assert (shown["other"], shown["contribution"]) == pair
    assert [row["label"] for row in shown["rows"] if row["differs"]] == ["Grant reference"]
    text = page.render().content.decode()
    assert 'name="_merge"' in text
    assert 'name="_keep"' in text
    assert not desk.visit(f"{LIST}duplicates/?plan={make_plan(contributions=0).pk}").context_data["pairs"]


@pytest.mark.parametrize(
    ("button", "review", "received"), [("_merge", "merged", "113550.00"), ("_keep", "kept", "114550.00")]
)
def test_a_decision_is_taken_and_undone(
    desk: Desk, plan: Plan, pair: tuple[Contribution, Contribution], button: str, review: str, received: str
) -> None:
    _first, second = pair
    page = address(second, "duplicate")
    assert desk.visit(page, {button: "1", "reason": ""}).context_data["form"].errors
    assert desk.visit(page, {"reason": "No button."}).context_data["form"].non_field_errors() == [
        "Choose whether the two are merged or both kept."
    ]
    assert desk.visit(page, {button: "1", "reason": "I asked."}).url == f"{LIST}duplicates/"
    second.refresh_from_db()
    assert second.review == review
    figures = desk.visit(f"{LIST}?plan__id__exact={plan.pk}").context_data["figures"].rollup
    assert figures.received_usd == Decimal(received)
    desk.visit(page).render()
    desk.visit(page, {"_reopen": "1", "reason": "I was wrong."})
    second.refresh_from_db()
    assert second.review == "suspected"


def test_a_merged_one_is_only_looked_at(desk: Desk, pair: tuple[Contribution, Contribution]) -> None:
    first, second = pair
    merge_duplicate(contribution=second, reason="Same.")
    page = desk.visit(address(second))
    assert page.context_data["read_only_because"] == (
        f"{second} is merged with {first}: change that one, or undo the merge first."
    )
    assert desk.visit(address(second, "next_step")).url == address(second)
    answer = desk.visit(address(first, "delete"), {"post": "yes"})
    assert answer.told == [f"{second} is merged with it and would be lost: undo that first."]
    assert Contribution.objects.filter(pk=first.pk).exists()


def test_several_are_deleted_or_none(desk: Desk, pair: tuple[Contribution, Contribution]) -> None:
    first, second = pair
    merge_duplicate(contribution=second, reason="Same.")
    chosen = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    refused = desk.visit(LIST, chosen)
    assert refused.status_code == 403
    assert refused.context_data["why"] == f"{first}: {second} is merged with it and would be lost: undo that first."
    assert Contribution.objects.filter(pk=first.pk).exists()


# Lists


def test_the_list_of_a_plan_shows_its_figures(desk: Desk, plan: Plan) -> None:
    pledge(plan)
    page = desk.visit(f"{LIST}?plan__id__exact={plan.pk}")
    assert page.context_data["figures"].plan == plan
    text = page.render().content.decode()
    assert f'href="/admin/funding/contribution/add/?plan={plan.pk}"' in text
    assert "37,247,450" in text
    elsewhere = desk.visit(f"{LIST}?plan__id__exact={make_plan(contributions=1).pk}")
    assert elsewhere.context_data["cl"].result_count == 1
    assert desk.visit(f"{LIST}?plan__id__exact=99999999999999999999").context_data["cl"].result_count == 0


def test_the_plan_leads_to_its_contributions(desk: Desk, plan: Plan) -> None:
    page = desk.visit(address(plan))
    assert page.context_data["contributions_url"] == f"{LIST}?plan__id__exact={plan.pk}"
    assert page.context_data["contribution_count"] == 1


@pytest.mark.once
def test_the_list_makes_as_many_queries_for_30_as_for_one(desk: Desk, plan: Plan) -> None:
    few = query_count(desk, LIST)
    for _ in range(29):
        make_contribution(plan=plan)
    assert query_count(desk, LIST) == few


@pytest.mark.once
def test_the_duplicates_make_as_many_queries_for_10_as_for_one(
    desk: Desk, plan: Plan, pair: tuple[Contribution, Contribution]
) -> None:
    few = query_count(desk, f"{LIST}duplicates/")
    for _ in range(9):
        pledge(plan, donor=pair[0].donor, status="paid")
    assert query_count(desk, f"{LIST}duplicates/") == few


# Rights


def test_who_may_only_look_is_told_which_right_is_missing(plan: Plan, pair: tuple[Contribution, Contribution]) -> None:
    desk = Desk(make_person(Role.VIEWER))
    pages = [f"{LIST}duplicates/", *(address(pair[1], page) for page in ("next_step", "take_back", "duplicate"))]
    for page in pages:
        refused = desk.visit(page)
        assert (page, refused.status_code) == (page, 403)
        assert "“Can change contribution”" in refused.context_data["why"]
    page = desk.visit(address(pair[1]))
    assert not page.context_data["next_step_url"]
    assert formset(page, "status_changes").queryset.count() == 1


@pytest.mark.once
@pytest.mark.parametrize("page", ["next-step", "take-back", "duplicate"])
@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999"])
def test_what_is_not_there_leads_back(desk: Desk, page: str, pk: str) -> None:
    assert desk.visit(f"{LIST}{pk}/{page}/").url == "/admin/"
