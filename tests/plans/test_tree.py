"""The tree of a revision: every row, in an order in which it can be copied, and what its citations name."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import FundingRequest, RelatedPlan, RequestShare
from plans.models import Citation, CountryProfile, Objective, Presence, Revision, RevisionRow, Source
from plans.tree import citable, dangling, figures_in, links, row_models, rows_of, uncited
from tests.conftest import MaliPlans
from tests.factories import make_plan


def concrete_rows() -> set[type[RevisionRow]]:
    return {model for model in apps.get_models() if hasattr(model, "row_key_fields")}


def test_every_model_of_rows_belongs_to_the_tree() -> None:
    assert set(row_models()) == concrete_rows()
    assert len(row_models()) == len(concrete_rows()) >= 15
    assert {FundingRequest, RequestShare, RelatedPlan, Objective, Presence} <= set(row_models())


def test_a_row_comes_after_the_rows_it_points_to() -> None:
    order = list(row_models())
    behind = [
        (model.__name__, field.name)
        for model in order
        for field in model._meta.concrete_fields
        if field.related_model in order and order.index(field.related_model) > order.index(model)
    ]
    assert behind == []


def test_links_lead_to_rows_and_not_to_reference_data() -> None:
    assert dict(links(FundingRequest)).keys() == {"framework", "objective", "project"}
    assert dict(links(Objective)) == {}


def test_all_rows_of_a_revision_are_found_and_none_of_another(mali: MaliPlans) -> None:
    revision = Revision.objects.get(plan=mali.crp_2025_2026)
    found = list(rows_of(revision))
    expected = sum(model.objects.filter(revision=revision).count() for model in concrete_rows())
    assert len(found) == len({(type(row), row.pk) for row in found}) == expected > 90
    assert {row.revision_id for row in found} == {revision.pk}


def test_rows_are_read_with_one_query_a_model(mali: MaliPlans) -> None:
    """Their names as well, though these lead through other rows."""
    revision = Revision.objects.select_related("plan").get(plan=mali.crp_2025_2026)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        keys = [row.row_key for row in rows_of(revision)]
    assert len(queries) == len(row_models())
    assert len(set(keys)) == len(keys)


@pytest.mark.once
@pytest.mark.usefixtures("empty_database")
def test_as_many_queries_for_thirty_lines_as_for_one() -> None:
    counts = []
    for lines in (1, 30):
        revision = make_plan(objectives=lines, sectors=lines, projects=lines).revisions.get()
        with CaptureQueriesContext(connection) as queries:
            uncited(revision)
            dangling(revision)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.fixture
def cited(empty_database: None) -> Any:
    """Return a plan with one objective whose figures lack a source."""
    revision = make_plan(objectives=1, sectors=0, projects=0, contributions=0).revisions.get()
    source = Source.objects.create(code="page", title="Page")
    for field in ("stated_requested_usd", "requested_usd", "people_in_need", "people_targeted"):
        Citation.objects.create(revision=revision, subject="revision", field=field, source=source)
    for subject in ("outcome:1a", "outcome:1b"):
        Citation.objects.create(revision=revision, subject=subject, field="share_percent", source=source)
    return revision


def test_figures_without_a_source_are_named_by_row_and_column(cited: Any) -> None:
    assert set(uncited(cited)) == {("objective:1", "people_targeted"), ("fundingrequest:objective:1", "amount_usd")}


def test_a_zero_needs_a_source_and_an_empty_column_does_not(cited: Any) -> None:
    Objective.objects.filter(revision=cited).update(people_targeted=None, entities_targeted=0)
    assert set(uncited(cited)) == {("objective:1", "entities_targeted"), ("fundingrequest:objective:1", "amount_usd")}


def test_what_counts_rows_is_no_figure(cited: Any) -> None:
    objective = Objective.objects.get(revision=cited)
    objective.order = 7
    assert figures_in(objective) == ["people_targeted"]


def test_a_citation_of_a_row_or_column_that_is_not_there_dangles(cited: Any) -> None:
    source = Source.objects.get()
    wrong = [("objective:9", "people_targeted"), ("objective:1", "no_such_column"), ("", "title")]
    for subject, field in wrong:
        Citation.objects.create(revision=cited, subject=subject, field=field, source=source)
    right = Citation.objects.create(revision=cited, subject="objective:1", field="title", source=source)
    assert {(item.subject, item.field) for item in dangling(cited)} == set(wrong)
    assert right not in dangling(cited)


def test_a_profile_and_its_actions_can_be_cited(mali: MaliPlans) -> None:
    profile = CountryProfile.objects.get(country__iso3="MLI")
    assert set(citable(profile)) == {"profile", *(f"keyaction:{number}" for number in range(1, 6))}
    Citation.objects.filter(profile=profile, field="staff").delete()
    assert uncited(profile) == [("profile", "staff")]


def test_citations_of_one_revision_say_nothing_of_another(cited: Any) -> None:
    other = make_plan(objectives=1, sectors=0, projects=0, contributions=0).revisions.get()
    assert ("revision", "people_in_need") in uncited(other)
    assert ("revision", "people_in_need") not in uncited(cited)
