"""The way of a draft to its reviewer and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from plans.models import Objective, Plan, Revision, RevisionStep
from plans.services import authors_of, return_revision, start_revision, submit_revision, withdraw_revision
from tests.factories import make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]


def somebody(*roles: str, **fields: Any) -> Any:
    """Return a person with roles everywhere."""
    user = make_user(**fields)
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in roles)
    return user


@pytest.fixture
def plan() -> Plan:
    return make_plan(contributions=0)


def steps(revision: Revision) -> list[tuple[str, Any, str]]:
    return [(step.action, step.by, step.comment) for step in revision.steps.select_related("by")]


def test_each_step_is_taken_and_written_down(plan: Plan) -> None:
    officer, reviewer = somebody(Role.OFFICER), somebody(Role.REVIEWER)
    draft = start_revision(plan=plan, by=officer, reason="Floods")
    sent = submit_revision(revision=draft, by=officer, reason=" Floods in the north. ")
    assert (sent.status, sent.reason, sent.is_open, sent.is_editable) == (
        "in_review",
        "Floods in the north.",
        True,
        False,
    )
    back = return_revision(revision=sent, by=reviewer, comment="Name the regions.")
    assert (back.status, back.is_editable) == ("draft", True)
    again = submit_revision(revision=draft, by=officer, reason="Floods in Mopti.")
    assert withdraw_revision(revision=again, by=officer, comment="A typing error").status == "draft"
    assert steps(draft) == [
        ("started", officer, "Floods"),
        ("submitted", officer, "Floods in the north."),
        ("returned", reviewer, "Name the regions."),
        ("submitted", officer, "Floods in Mopti."),
        ("withdrawn", officer, "A typing error"),
    ]


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("in_review", lambda revision: submit_revision(revision=revision, by=None, reason="Again")),
        ("draft", lambda revision: withdraw_revision(revision=revision, by=None)),
        ("draft", lambda revision: return_revision(revision=revision, by=None, comment="No")),
        ("published", lambda revision: submit_revision(revision=revision, by=None, reason="Again")),
        ("published", lambda revision: withdraw_revision(revision=revision, by=None)),
        ("superseded", lambda revision: return_revision(revision=revision, by=None, comment="No")),
    ],
)
def test_a_step_that_does_not_fit_is_refused(plan: Plan, status: str, step: Callable[[Revision], Revision]) -> None:
    revision = start_revision(plan=plan, by=None) if status in {"draft", "in_review"} else plan.revisions.get()
    if status == "in_review":
        submit_revision(revision=revision, by=None, reason="First")
    elif status == "superseded":
        Revision.objects.filter(pk=revision.pk).update(status=status, superseded_at="2030-01-01T00:00Z")
    before = list(RevisionStep.objects.values_list())
    with pytest.raises(ValidationError, match=rf"Revision \d is {status.replace('_', ' ')}: only"):
        step(revision)
    assert Revision.objects.get(pk=revision.pk).status == status
    assert list(RevisionStep.objects.values_list()) == before


@pytest.mark.parametrize("nothing", ["", "   ", "\n"])
def test_a_reason_and_a_comment_are_needed(plan: Plan, nothing: str) -> None:
    draft = start_revision(plan=plan, by=None)
    with pytest.raises(ValidationError) as error:
        submit_revision(revision=draft, by=None, reason=nothing)
    assert error.value.message_dict == {"reason": ["Say why this revision is made: readers see it."]}
    submit_revision(revision=draft, by=None, reason="Floods")
    with pytest.raises(ValidationError) as error:
        return_revision(revision=draft, by=None, comment=nothing)
    assert error.value.message_dict == {"comment": ["Say what its authors should change."]}
    assert [action for action, _by, _comment in steps(draft)] == ["started", "submitted"]


def test_who_may_not_is_told_who_can_help(plan: Plan) -> None:
    somebody(Role.ADMINISTRATOR, username="awa", first_name="Awa", last_name="Diarra", email="awa@example.org")
    viewer, officer = somebody(Role.VIEWER), somebody(Role.OFFICER)
    draft = start_revision(plan=plan, by=officer)
    with pytest.raises(PermissionDenied) as error:
        submit_revision(revision=draft, by=viewer, reason="Floods")
    country = plan.countries.get().label
    assert str(error.value) == (
        f"This takes the right “Can send a revision for review” for {country}, which comes with the role Programme "
        "officer. Who can give it to you: Awa Diarra (awa@example.org)."
    )
    submit_revision(revision=draft, by=officer, reason="Floods")
    for refused in (viewer, officer):
        with pytest.raises(PermissionDenied, match="Can return or publish a revision"):
            return_revision(revision=draft, by=refused, comment="No")


def test_who_wrote_is_known_by_every_way_of_writing(plan: Plan) -> None:
    starter, sender, editor, remover, reader = (make_user(is_superuser=True) for _ in range(5))
    draft = start_revision(plan=plan, by=starter)
    objective: Any = draft.objectives.get(number=1)
    objective._history_user = editor
    objective.title = "Another title"
    objective.save()
    gone: Any = Objective.objects.create(revision=draft, number=9, title="For a moment")
    gone._history_user = remover
    gone.delete()
    submit_revision(revision=draft, by=sender, reason="Floods")
    return_revision(revision=draft, by=reader, comment="Better")
    assert authors_of(draft) == {starter.pk, sender.pk, editor.pk, remover.pk}
