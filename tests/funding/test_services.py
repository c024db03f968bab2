"""Publication: one step that fixes the total and replaces the former revision, or changes nothing at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funding.models import Contribution, FundingRequest, Project
from funding.services import publish_revision
from plans.models import Framework, Objective, Outcome, Plan, Revision
from plans.services import start_revision
from sectors.models import Taxonomy
from tests.factories import make_contribution, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")

REVISION_TABLES = (Revision, Objective, Outcome, Framework, Project, FundingRequest, Contribution, Plan)


CHANGES = {"status", "superseded_at", "seal"}
"""What the publication of the next one changes in a revision that nobody sealed yet."""


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in REVISION_TABLES]


@pytest.fixture
def plan() -> Plan:
    return make_plan(requested_usd=1_000, contributions=0)


@pytest.fixture
def draft(plan: Plan) -> Revision:
    """Return a draft of the plan that asks for 1,500 instead of 1,000, and gives no total of its own."""
    draft = start_revision(plan=plan, by=None)
    Revision.objects.filter(pk=draft.pk).update(stated_requested_usd=None)
    FundingRequest.objects.filter(revision=draft, breakdown="framework").update(amount_usd=1_500)
    return Revision.objects.get(pk=draft.pk)


def refused(revision: Revision, **values: Any) -> ValidationError:
    """Return why a revision is not published, after looking that nothing was changed by the attempt."""
    before = everything()
    with pytest.raises(ValidationError) as error:
        publish_revision(**{"revision": revision, "by": None, "reason": "New needs"} | values)
    assert everything() == before
    return error.value


def test_the_draft_becomes_what_is_in_force(plan: Plan, draft: Revision) -> None:
    before = timezone.now()
    published = publish_revision(revision=draft, by=None, reason="New needs")
    stored = Revision.objects.get(pk=draft.pk)
    assert published == stored
    assert (stored.status, stored.reason, stored.published_by, stored.superseded_at) == (
        "published", "New needs", None, None,
    )  # fmt: skip
    assert before <= stored.published_at <= timezone.now()
    assert plan.revisions.in_force().get() == stored
    assert Plan.objects.in_force().get().current.number == 2


def test_the_total_is_fixed(draft: Revision) -> None:
    published = publish_revision(revision=draft, by=None, reason="New needs")
    assert str(published.requested_usd) == "1500.00"
    assert Revision.objects.get(pk=draft.pk).requested_usd == 1_500
    assert Plan.objects.in_force().get().current.requested_usd == 1_500


def test_a_stated_total_is_the_one_fixed(draft: Revision) -> None:
    Revision.objects.filter(pk=draft.pk).update(stated_requested_usd=Decimal("1234.56"))
    assert publish_revision(revision=draft, by=None, reason="New needs").requested_usd == Decimal("1234.56")


def test_what_asks_for_nothing_known_is_published_without_a_total() -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    draft = Revision.objects.create(plan=plan)
    assert publish_revision(revision=draft, by=None, reason="Vision only").requested_usd is None


def test_the_former_revision_ends_where_the_new_one_begins(plan: Plan, draft: Revision) -> None:
    former = plan.revisions.get(number=1)
    published = publish_revision(revision=draft, by=None, reason="New needs")
    ended = Revision.objects.get(pk=former.pk)
    assert (ended.status, ended.superseded_at) == ("superseded", published.published_at)
    kept = [field.attname for field in Revision._meta.concrete_fields if field.name not in CHANGES]
    assert [getattr(ended, name) for name in kept] == [getattr(former, name) for name in kept]
    assert plan.revisions.in_force(published.published_at.date()).get() == published
    assert plan.revisions.in_force(published.published_at.date() - timedelta(days=1)).get() == former


def test_the_rows_of_the_former_revision_stay_as_they_are(plan: Plan, draft: Revision) -> None:
    def rows() -> list[Any]:
        former = {"revision__number": 1}
        models = (Objective, Outcome, Framework, Project, FundingRequest)
        return [list(model.objects.filter(**former).order_by("pk").values_list()) for model in models]

    before = rows()
    publish_revision(revision=draft, by=None, reason="New needs")
    assert rows() == before
    assert all(before)


def test_a_first_publication_supersedes_nothing() -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    draft = Revision.objects.create(plan=plan, stated_requested_usd=5, status="in_review")
    publish_revision(revision=draft, by=None, reason="First")
    assert list(plan.revisions.values_list("number", "status", "requested_usd")) == [(1, "published", 5)]


def test_a_day_of_the_past_can_be_given(plan: Plan, draft: Revision) -> None:
    at = datetime(2024, 7, 1, 10, 0, tzinfo=UTC)
    publish_revision(revision=draft, by=None, reason="From the archive", at=at)
    assert plan.revisions.in_force(at.date()).get().number == 2
    assert plan.revisions.in_force(at.date() - timedelta(days=1)).get().number == 1


@pytest.mark.parametrize("earlier", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
def test_a_publication_does_not_lie_before_the_former_one(plan: Plan, draft: Revision, earlier: timedelta) -> None:
    former = plan.revisions.get(number=1)
    error = refused(draft, at=former.published_at - earlier)
    assert "Revision 1 was published later than that, at 2024-01-24 12:00:00" in error.messages[0]


@pytest.mark.parametrize("status", ["published", "superseded"])
def test_only_an_open_revision_is_published(plan: Plan, draft: Revision, status: str) -> None:
    publish_revision(revision=draft, by=None, reason="New needs")
    revision = plan.revisions.get(status=status)
    error = refused(revision)
    assert error.messages == [f"Revision {revision.number} is {status}: only a draft can be published."]
    assert error.code == "not_open"


def test_a_draft_is_not_published_twice_from_an_old_copy(draft: Revision) -> None:
    publish_revision(revision=draft, by=None, reason="New needs")
    assert draft.status == "draft"  # what the second caller still believes
    assert refused(draft).code == "not_open"


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_a_publication_says_why(draft: Revision, reason: str) -> None:
    assert refused(draft, reason=reason).message_dict == {"reason": ["Say why this revision is made: readers see it."]}


def test_a_plan_that_contradicts_itself_is_not_published_and_each_cause_is_named(draft: Revision) -> None:
    Outcome.objects.filter(revision=draft, code__endswith="b").update(share_percent=30)
    lost = make_contribution(plan=draft.plan, amount_usd=-7, project_code="GONE")
    error = refused(draft)
    assert len(error.messages) == 4
    told = " ".join(error.messages)
    assert "Outcome shares of objective 1: The shares add to 90 %, not to 100 %." in told
    assert "Outcome shares of objective 2: The shares add to 90 %, not to 100 %." in told
    assert "Received against required: Corrections pass what was received: the sum is -7." in told
    assert f"Contributions find their target: Not in this revision is what these are for: {lost.code}." in told


def test_a_project_that_has_received_money_can_not_vanish(plan: Plan, draft: Revision) -> None:
    money = make_contribution(plan=plan, amount_usd=10, project_code="P-2")
    Project.objects.filter(revision=draft, code="P-2").delete()
    assert money.code in refused(draft).messages[0]
    Contribution.objects.filter(pk=money.pk).update(project_code="P-1")
    publish_revision(revision=draft, by=None, reason="One project less")


def test_warnings_do_not_stop_a_publication(draft: Revision) -> None:
    """Documents contradict themselves; that is told, and the document stands as it is."""
    FundingRequest.objects.filter(revision=draft, breakdown="sector").update(amount_usd=1)
    publish_revision(revision=draft, by=None, reason="As printed")
    assert Plan.objects.in_force().get().current.number == 2


def test_what_no_form_would_accept_is_not_published(draft: Revision) -> None:
    clusters = Taxonomy.objects.filter(kind=Taxonomy.Kind.GLOBAL_CLUSTERS).first()
    Revision.objects.filter(pk=draft.pk).update(taxonomy=clusters)
    assert set(refused(draft).message_dict) == {"taxonomy"}


def test_a_failure_halfway_leaves_the_former_revision_in_force(
    plan: Plan, draft: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Revision, *args: Any, **kwargs: Any) -> None:
        if self.pk == draft.pk:
            raise RuntimeError("the disk is full")
        original(self, *args, **kwargs)

    original = Revision.save
    monkeypatch.setattr(Revision, "save", fail)
    before = everything()
    with pytest.raises(RuntimeError):
        publish_revision(revision=draft, by=None, reason="New needs")
    assert everything() == before
    assert plan.revisions.in_force().get().number == 1


def test_after_a_publication_the_next_draft_can_begin(plan: Plan, draft: Revision) -> None:
    publish_revision(revision=draft, by=None, reason="Second")
    third = start_revision(plan=plan, by=None)
    assert third.number == 3
    publish_revision(revision=third, by=None, reason="Third")
    assert [(item.number, item.status) for item in plan.revisions.all()] == [
        (3, "published"), (2, "superseded"), (1, "superseded"),
    ]  # fmt: skip


@pytest.mark.once
def test_as_many_queries_for_thirty_lines_as_for_one() -> None:
    counts = []
    for lines in (1, 30):
        plan = make_plan(objectives=lines, sectors=lines, projects=lines, contributions=lines)
        draft = start_revision(plan=plan, by=None)
        with CaptureQueriesContext(connection) as queries:
            publish_revision(revision=draft, by=None, reason="New needs")
        counts.append(len(queries))
    assert counts[0] == counts[1]
