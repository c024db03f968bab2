"""A new revision starts as a copy of what is published: whole, separate, and one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.checks import check_revision
from funding.models import Contribution, FundingRequest, RequestShare
from plans.models import Citation, Narrative, Objective, Outcome, Plan, Revision
from plans.services import start_revision
from plans.tree import dangling, links, row_models, rows_of, uncited
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_user

# What a copy has of its own; everything else it shares with the original.
OWN_OF_REVISION = {"seal",
    "id", "number", "status", "reason", "created_at", "created_by_id",
    "requested_usd", "published_at", "published_by_id", "superseded_at",
}  # fmt: skip


def columns(row: Any) -> dict[str, Any]:
    """Return the values of a row, links to other rows by their name within the revision."""
    to_rows = {name for name, _model in links(type(row))}
    found: dict[str, Any] = {"row_key": row.row_key}
    for field in row._meta.concrete_fields:
        if field.name in to_rows:
            target = getattr(row, field.name)
            found[field.name] = target and target.row_key
        elif field.name not in {"id", "revision"}:
            found[field.name] = getattr(row, field.attname)
    return found


def content(revision: Revision) -> dict[str, list[dict[str, Any]]]:
    return {
        model._meta.label: [columns(row) for row in model.objects.filter(revision=revision).order_by("pk")]
        for model in row_models()
    }


def citations(revision: Revision) -> list[tuple[Any, ...]]:
    names = [field.attname for field in Citation._meta.concrete_fields if field.name not in {"id", "revision"}]
    return sorted(revision.citations.values_list(*names), key=repr)


def whole(revision: Revision) -> list[Any]:
    """Return every column of every row of a revision, keys included."""
    tables = [model.objects.filter(revision=revision).order_by("pk").values_list() for model in row_models()]
    return [
        list(Revision.objects.filter(pk=revision.pk).values_list()),
        *map(list, tables),
        list(revision.citations.order_by("pk").values_list()),
    ]


@pytest.mark.parametrize("name", ["crp_2025_2026", "compendium_2017", "crp_2021"])
def test_a_draft_holds_every_row_and_citation_of_the_original(mali: MaliPlans, name: str) -> None:
    plan = getattr(mali, name)
    former = plan.revisions.get()
    draft = start_revision(plan=plan, by=None)
    assert content(draft) == content(former)
    of_publication = former.citations.filter(subject="revision", field="published_at")
    assert of_publication.count() == 1
    of_publication.delete()
    assert citations(draft) == citations(former)
    assert len(list(rows_of(draft))) == len(list(rows_of(former))) > 0


def test_the_copy_of_2025_has_all_that_the_plan_is_made_of(mali: MaliPlans) -> None:
    """Counted by hand in the domain's tables, so that an empty copy of nothing can't pass."""
    draft = start_revision(plan=mali.crp_2025_2026, by=None)
    counts = {label.split(".")[1]: len(rows) for label, rows in content(draft).items()}
    expected = {
        "Objective": 3, "Outcome": 10, "ObjectiveTargetGroup": 11, "FundingRequest": 21, "RelatedPlan": 18,
        "RequestShare": 3, "RiskIndicator": 4, "Modality": 6, "Priority": 7, "Presence": 1, "Office": 6,
    }  # fmt: skip
    assert {name: counts[name] for name in expected} == expected


@pytest.mark.parametrize("name", ["crp_2025_2026", "compendium_2017"])
def test_links_of_the_copy_stay_within_the_copy(mali: MaliPlans, name: str) -> None:
    draft = start_revision(plan=getattr(mali, name), by=None)
    outside = [
        (str(row), link)
        for row in rows_of(draft)
        for link, _model in links(type(row))
        if (target := getattr(row, link)) is not None and target.revision_id != draft.pk
    ]
    assert outside == []


def test_the_copy_passes_all_that_forms_and_checks_demand(mali: MaliPlans) -> None:
    former = mali.crp_2025_2026.revisions.get()
    draft = start_revision(plan=mali.crp_2025_2026, by=None)
    for row in (draft, *rows_of(draft), *draft.citations.all()):
        row.full_clean()
    assert dangling(draft) == []
    assert uncited(draft) == []
    published = [check for check in check_revision(former) if check.rule != "published_total"]
    assert check_revision(draft) == published


def test_the_original_is_not_touched(mali: MaliPlans) -> None:
    former = mali.crp_2025_2026.revisions.get()
    before = whole(former)
    draft = start_revision(plan=mali.crp_2025_2026, by=make_user(is_superuser=True))
    assert whole(former) == before
    Objective.objects.filter(revision=draft).update(title="Changed", people_targeted=1)
    FundingRequest.objects.filter(revision=draft).update(amount_usd=1)
    RequestShare.objects.filter(revision=draft).delete()
    Narrative.objects.filter(revision=draft).delete()
    draft.citations.all().delete()
    assert whole(former) == before
    draft.delete()
    assert whole(former) == before


def test_a_draft_says_who_started_it_and_nothing_of_a_publication(mali: MaliPlans) -> None:
    plan, user = mali.crp_2025_2026, make_user(is_superuser=True)
    plan.revisions.update(published_by=make_user(), created_by=make_user())
    former = plan.revisions.get()
    draft = Revision.objects.get(pk=start_revision(plan=plan, by=user, reason="New needs").pk)
    assert (draft.number, draft.status, draft.reason, draft.created_by) == (2, "draft", "New needs", user)
    assert (draft.requested_usd, draft.published_at, draft.published_by, draft.superseded_at) == (None,) * 4
    assert draft.created_at > former.created_at
    kept = {field.attname for field in Revision._meta.concrete_fields} - OWN_OF_REVISION
    assert {name: getattr(draft, name) for name in kept} == {name: getattr(former, name) for name in kept}
    assert {"taxonomy_id", "document_on", "people_in_need", "stated_requested_usd"} <= kept


def test_the_public_sees_no_draft(mali: MaliPlans) -> None:
    draft = start_revision(plan=mali.crp_2025_2026, by=None)
    assert Plan.objects.in_force().get(pk=mali.crp_2025_2026.pk).current.number == 1
    assert draft not in Revision.objects.in_force()


@pytest.mark.parametrize("status", ["draft", "in_review"])
def test_a_second_draft_is_refused_and_named(mali: MaliPlans, status: str) -> None:
    plan = mali.crp_2025_2026
    Revision.objects.filter(pk=start_revision(plan=plan, by=None).pk).update(status=status)
    rows = Outcome.objects.count()
    with pytest.raises(ValidationError, match="MLI-CRP-2025-2026 already has an open draft, revision 2") as refused:
        start_revision(plan=plan, by=None)
    assert refused.value.code == "draft_exists"
    assert plan.revisions.count() == 2
    assert Outcome.objects.count() == rows


def test_a_plan_that_was_never_published_has_nothing_to_start_from(mali: MaliPlans) -> None:
    plan = Plan.objects.create(code="NEW", kind="crp", title="New", start_year=2026, end_year=2026)
    with pytest.raises(ValidationError, match="NEW has no published revision to start from"):
        start_revision(plan=plan, by=None)
    assert not plan.revisions.exists()


@pytest.mark.usefixtures("empty_database")
def test_numbers_count_on_over_superseded_revisions() -> None:
    plan = make_plan()
    Revision.objects.filter(plan=plan).update(number=4)
    Revision.objects.create(
        plan=plan,
        number=7,
        status="superseded",
        published_at=datetime(2020, 1, 1, tzinfo=UTC),
        superseded_at=datetime(2020, 2, 1, tzinfo=UTC),
    )
    assert start_revision(plan=plan, by=None).number == 8


def test_what_was_printed_and_what_was_received_stay_where_they_are(mali: MaliPlans) -> None:
    """Money belongs to the plan and finds its target in every revision by code."""
    before = list(Contribution.objects.values_list())
    start_revision(plan=mali.compendium_2017, by=None)
    assert list(Contribution.objects.values_list()) == before


@pytest.mark.once
@pytest.mark.usefixtures("empty_database")
def test_as_many_queries_for_a_dozen_lines_as_for_two() -> None:
    counts = []
    for lines in (2, 12):
        plan = make_plan(objectives=lines, sectors=lines, projects=lines)
        with CaptureQueriesContext(connection) as queries:
            start_revision(plan=plan, by=None)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4 * len(row_models()) + 12


def test_a_copy_that_fails_leaves_nothing_behind(mali: MaliPlans, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(RequestShare.objects.__class__, "bulk_create", fail)
    before = Revision.objects.count(), Objective.objects.count()
    with pytest.raises(RuntimeError):
        start_revision(plan=mali.crp_2025_2026, by=None)
    assert (Revision.objects.count(), Objective.objects.count()) == before
