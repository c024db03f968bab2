"""A revision goes its way in the admin: what each person is offered, told and refused."""

from __future__ import annotations

from typing import Any

import pytest

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from funding.admin.workflow import next_step
from plans.models import Acknowledgement, Outcome, Plan, Revision
from plans.services import start_revision, submit_revision
from tests.admin import Desk, address
from tests.factories import make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("history")]


def person(*roles: str, **fields: Any) -> Any:
    user = make_user(is_staff=True, **fields)
    RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in roles)
    return user


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=1_000, contributions=0)


@pytest.fixture
def officer() -> Any:
    return person(Role.OFFICER, first_name="Oumou")


@pytest.fixture
def reviewer() -> Any:
    return person(Role.REVIEWER, first_name="Rokia")


@pytest.fixture
def draft(plan: Plan, officer: Any) -> Revision:
    """Return a draft with two warnings: more people targeted than in need, and figures without a source."""
    draft = start_revision(plan=plan, by=officer, reason="Floods")
    Revision.objects.filter(pk=draft.pk).update(people_in_need=10_000)
    return Revision.objects.get(pk=draft.pk)


def offered(user: Any, revision: Revision) -> list[str]:
    return [label for label, _url in next_step(user, Revision.objects.get(pk=revision.pk)).links]


def refusals(page: Any) -> list[str]:
    return [text for texts in page.context_data["form"].errors.values() for text in texts]


def test_the_whole_way(draft: Revision, officer: Any, reviewer: Any) -> None:
    sending = Desk(officer).visit(address(draft, "submit"))
    fields = sending.context_data["form"].fields
    assert fields.keys() == {"reason", "warning-0", "warning-1"}
    assert sending.context_data["form"].initial["reason"] == "Floods"
    assert sending.context_data["difference"].comparison
    sent = {"reason": "Floods in the north", "warning-0": "As printed.", "warning-1": ""}
    done = Desk(officer).visit(address(draft, "submit"), sent)
    assert (done.url, done.told) == (
        address(draft),
        ["Revision 2 is sent for review. Nobody changes it until the reviewer decides."],
    )
    reading = Desk(reviewer).visit(address(draft, "review"))
    assert [item.accepted.comment for item in reading.context_data["accepted"]] == ["As printed."]
    assert reading.context_data["form"].fields.keys() == {"reason", "comment", "warning-1"}
    refused = Desk(reviewer).visit(address(draft, "review"), {"reason": "Floods in the north", "_publish": ""})
    assert [text[:33] for text in refusals(refused)] == ["Nobody has accepted this warning:"]
    decided = {"reason": "Floods in the north", "warning-1": "Looked up.", "_publish": ""}
    published = Desk(reviewer).visit(address(draft, "review"), decided)
    assert published.url == address(draft.plan)
    assert "Revision 2 is published: readers see it from now on." in published.told[0]
    assert f"/plans/{draft.plan.code}/diff/" in published.told[0]
    kept = Acknowledgement.objects.order_by("pk").values_list("comment", "by__first_name")
    assert list(kept) == [("As printed.", "Oumou"), ("Looked up.", "Rokia")]
    assert list(draft.steps.values_list("action", "by__first_name")) == [
        ("started", "Oumou"),
        ("submitted", "Oumou"),
        ("published", "Rokia"),
    ]


def test_a_refused_step_leaves_nothing_and_loses_nothing(draft: Revision, officer: Any) -> None:
    typed = {"reason": "  ", "warning-0": "As printed.", "warning-1": "Likewise"}
    page = Desk(officer).visit(address(draft, "submit"), typed)
    assert page.status_code == 200
    assert page.context_data["form"]["warning-0"].value() == "As printed."
    assert not Acknowledgement.objects.exists()
    assert Revision.objects.get(pk=draft.pk).status == "draft"


def test_a_reviewer_returns_it_with_a_comment(draft: Revision, officer: Any, reviewer: Any) -> None:
    submit_revision(revision=draft, by=officer, reason="Floods")
    page = Desk(reviewer).visit(address(draft, "review"), {"reason": "", "comment": "", "_return": ""})
    assert refusals(page) == ["Say what its authors should change."]
    done = Desk(reviewer).visit(address(draft, "review"), {"comment": "Name the regions.", "_return": ""})
    assert done.told == ["Revision 2 is returned to its authors."]
    revision = Revision.objects.get(pk=draft.pk)
    assert revision.status == "draft"
    assert next_step(officer, revision).sentence == "Rokia returned it: Name the regions."


def test_an_error_keeps_it_from_being_published(draft: Revision, officer: Any, reviewer: Any) -> None:
    Outcome.objects.filter(revision=draft, code="1a").update(share_percent=70)
    submit_revision(revision=draft, by=officer, reason="Floods")
    page = Desk(reviewer).visit(address(draft, "review"))
    assert page.context_data["has_errors"]
    assert 'name="_publish"' not in page.render().content.decode()
    refused = Desk(reviewer).visit(address(draft, "review"), {"reason": "Floods", "_publish": ""})
    assert any(text.startswith("Outcome shares of objective 1: The shares add to 110") for text in refusals(refused))


def test_each_is_offered_what_they_may_do(draft: Revision, officer: Any, reviewer: Any, settings: Any) -> None:
    viewer, both = person(Role.VIEWER), person(Role.OFFICER, Role.REVIEWER)
    everybody = (officer, reviewer, viewer, both)
    assert [offered(user, draft) for user in everybody] == [["Send for review…"], [], [], ["Send for review…"]]
    submit_revision(revision=draft, by=both, reason="Floods")
    back = "Take back from review…"
    assert [offered(user, draft) for user in everybody] == [[back], ["Review…"], [], [back]]
    assert next_step(both, Revision.objects.get(pk=draft.pk)).sentence.endswith("somebody else has to publish it.")
    settings.FOUR_EYES = False
    assert offered(both, draft) == ["Review…", back]
    assert offered(officer, draft.plan.revisions.get(number=1)) == []


def test_what_is_not_offered_is_refused_with_the_reason(draft: Revision, officer: Any, reviewer: Any) -> None:
    person(Role.ADMINISTRATOR, first_name="Awa", last_name="Diarra")
    viewer = person(Role.VIEWER)
    for user, page, right in (
        (viewer, "submit", "Can send a revision for review"),
        (officer, "review", "Can return or publish a revision"),
        (viewer, "withdraw", "Can send a revision for review"),
    ):
        refused = Desk(user).visit(address(draft, page), {"reason": "Floods", "comment": "Floods"})
        assert refused.status_code == 403
        assert f"“{right}” for {draft.plan.countries.get().label}" in refused.context_data["why"]
        assert refused.context_data["why"].endswith("Who can give it to you: Awa Diarra.")
    both = person(Role.OFFICER, Role.REVIEWER)
    submit_revision(revision=draft, by=both, reason="Floods")
    own = Desk(both).visit(address(draft, "review"), {"reason": "Floods", "_publish": ""})
    assert (own.status_code, own.context_data["why"]) == (
        403,
        "You wrote part of revision 2: somebody else has to publish it.",
    )
    assert Revision.objects.get(pk=draft.pk).status == "in_review"


def test_who_comes_too_late_is_told(draft: Revision, officer: Any, reviewer: Any) -> None:
    page = Desk(reviewer).visit(address(draft, "review"), {"reason": "Floods", "_publish": ""})
    assert (page.url, page.told) == (address(draft), ["Somebody was faster: revision 2 is draft by now."])
    submit_revision(revision=draft, by=officer, reason="Floods")
    again = Desk(officer).visit(address(draft, "submit"), {"reason": "Floods"})
    assert again.told == ["Somebody was faster: revision 2 is in review by now."]
    taken = Desk(officer).visit(address(draft, "withdraw"), {"comment": ""})
    assert taken.told == ["Revision 2 is a draft again."]
    for nowhere in ("999999", "x"):
        for name in ("submit", "withdraw", "review"):
            missing = Desk(officer).visit(address(draft, name).replace(str(draft.pk), nowhere))
            assert missing.status_code == 302


def test_what_is_in_review_is_not_edited(draft: Revision, officer: Any) -> None:
    form = Desk(officer).read(address(draft))
    submit_revision(revision=draft, by=officer, reason="Floods")
    done = Desk(officer).visit(address(draft), form | {"people_in_need": "12345"})
    assert "Nothing was saved. Revision 2 is in review" in done.told[0]
    assert Revision.objects.get(pk=draft.pk).people_in_need == 10_000
