"""Publication by a person: what is in review, by somebody else, every warning accepted."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from funding.models import FundingRequest
from funding.services import acknowledge_warning, publish_revision, warnings_of
from plans.models import Acknowledgement, Plan, Revision
from plans.sealing import seal_of
from plans.services import start_revision, submit_revision
from tests.factories import make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=1_000, contributions=0)


@pytest.fixture
def officer() -> Any:
    return make_user(is_superuser=True)


@pytest.fixture
def reviewer() -> Any:
    return make_user(is_superuser=True)


@pytest.fixture
def sent(plan: Plan, officer: Any) -> Revision:
    """Return a revision in review that has two warnings: a figure without a source, more targeted than in need."""
    draft = start_revision(plan=plan, by=officer)
    Revision.objects.filter(pk=draft.pk).update(people_in_need=10_000)
    return submit_revision(revision=Revision.objects.get(pk=draft.pk), by=officer, reason="Floods")


def accept_all(revision: Revision, by: Any, comment: str = "As the document has it.") -> None:
    for warned in warnings_of(revision):
        if warned.accepted is None:
            acknowledge_warning(revision=revision, statement=warned.statement, comment=comment, by=by)


def refused(revision: Revision, by: Any) -> list[str]:
    with pytest.raises(ValidationError) as error:
        publish_revision(revision=revision, by=by, reason="Floods")
    assert Revision.objects.get(pk=revision.pk).status == revision.status
    return error.value.messages


def test_a_person_publishes_what_is_in_review(sent: Revision, reviewer: Any) -> None:
    accept_all(sent, reviewer)
    published = Revision.objects.get(pk=publish_revision(revision=sent, by=reviewer, reason=" Floods ").pk)
    assert (published.status, published.reason, published.published_by) == ("published", "Floods", reviewer)
    assert published.seal == seal_of(published)
    assert published.plan.revisions.get(number=1).seal
    last = published.steps.last()
    assert (last.action, last.by, last.comment, last.at) == ("published", reviewer, "Floods", published.published_at)


def test_a_draft_is_sent_for_review_first(plan: Plan, officer: Any, reviewer: Any) -> None:
    draft = start_revision(plan=plan, by=officer)
    assert refused(draft, reviewer) == ["Revision 2 is draft: send it for review first."]


def test_nobody_publishes_what_they_wrote(sent: Revision, officer: Any, reviewer: Any, settings: Any) -> None:
    accept_all(sent, officer)
    assert refused(sent, officer) == ["You wrote part of revision 2: somebody else has to publish it."]
    settings.FOUR_EYES = False
    assert publish_revision(revision=sent, by=officer, reason="Floods").status == "published"


def test_each_cause_is_named(plan: Plan, officer: Any, reviewer: Any) -> None:
    draft = start_revision(plan=plan, by=officer)
    Revision.objects.filter(pk=draft.pk).update(people_in_need=10_000)
    FundingRequest.objects.filter(revision=draft, breakdown="sector").update(amount_usd=700)
    sent = submit_revision(revision=draft, by=officer, reason="Floods")
    causes = refused(sent, reviewer)
    assert [cause for cause in causes if "1,400" in cause and "1,000" in cause]
    assert [cause for cause in causes if cause.startswith("Nobody has accepted this warning: People targeted within")]
    assert len(causes) == len({*causes}) >= 3


def test_warnings_are_accepted_one_by_one_with_a_sentence(sent: Revision, reviewer: Any) -> None:
    first, *others = warnings_of(sent)
    assert len(others) == 1
    for nothing in ("", "  "):
        with pytest.raises(ValidationError, match="Say in a sentence why"):
            acknowledge_warning(revision=sent, statement=first.statement, comment=nothing, by=reviewer)
    kept = acknowledge_warning(revision=sent, statement=first.statement, comment=" As printed. ", by=reviewer)
    again = acknowledge_warning(revision=sent, statement=first.statement, comment="Twice", by=reviewer)
    assert (again, kept.comment, kept.by, kept.rule) == (kept, "As printed.", reviewer, first.rule)
    (cause,) = refused(sent, reviewer)
    assert cause.endswith(others[0].check.sentence)
    accept_all(sent, reviewer)
    publish_revision(revision=sent, by=reviewer, reason="Floods")
    assert list(Acknowledgement.objects.values_list("revision__number", "comment")) == [
        (2, "As printed."),
        (2, "As the document has it."),
    ]


def test_a_warning_of_other_figures_is_accepted_anew(sent: Revision, reviewer: Any) -> None:
    accept_all(sent, reviewer)
    Revision.objects.filter(pk=sent.pk).update(people_in_need=9_999)
    open_ones = [warned for warned in warnings_of(Revision.objects.get(pk=sent.pk)) if warned.accepted is None]
    assert [warned.rule for warned in open_ones] == ["people_targeted_within_need"]
    with pytest.raises(ValidationError, match="not there any more"):
        acknowledge_warning(revision=sent, statement="Something else", comment="Fine", by=reviewer)


def test_what_was_accepted_in_french_is_accepted_in_english(sent: Revision, reviewer: Any) -> None:
    with translation.override("fr"):
        accept_all(sent, reviewer, "Comme imprimé.")
    assert all(warned.accepted for warned in warnings_of(sent))


def test_who_may_neither_write_nor_publish_accepts_nothing(sent: Revision) -> None:
    warned = warnings_of(sent)[0]
    with pytest.raises(PermissionDenied):
        acknowledge_warning(revision=sent, statement=warned.statement, comment="Fine", by=make_user())
    assert not Acknowledgement.objects.exists()


def test_the_second_of_two_reviewers_is_told(sent: Revision, reviewer: Any) -> None:
    accept_all(sent, reviewer)
    publish_revision(revision=sent, by=reviewer, reason="Floods")
    with pytest.raises(ValidationError, match="Revision 2 is published"):
        publish_revision(revision=sent, by=make_user(is_superuser=True), reason="Floods")
    assert list(Revision.objects.filter(plan=sent.plan).values_list("number", "status")) == [
        (2, "published"),
        (1, "superseded"),
    ]
