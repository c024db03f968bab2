"""What changed between two revisions: figures worked out by hand, and rows found again under other names."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import FundingRequest, Project, RequestShare
from plans.diff import Comparison, RowChange, compare
from plans.models import Achievement, Citation, Narrative, Objective, Office, Outcome, Plan, Revision
from plans.services import start_revision
from tests.conftest import MaliPlans
from tests.factories import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def crp(mali: MaliPlans) -> Revision:
    """Return a draft of the plan of 2025-2026, as it is published."""
    return start_revision(plan=mali.crp_2025_2026, by=None)


@pytest.fixture
def compendium(mali: MaliPlans) -> Revision:
    """Return a draft of the plan of 2017, as it is published."""
    return start_revision(plan=mali.compendium_2017, by=None)


def changes_of(draft: Revision) -> Comparison:
    return compare(draft.plan.revisions.in_force().get(), Revision.objects.get(pk=draft.pk))


def rows_of(draft: Revision) -> dict[tuple[str, str], RowChange]:
    """Return what changed in the rows of a draft, by what became of each and its key."""
    return {(change.kind, change.key): change for change in changes_of(draft).rows}


def columns(change: RowChange) -> dict[str, tuple[Any, Any, Any, Any]]:
    return {item.field: (item.old, item.new, item.difference, item.percent) for item in change.fields}


def set_amount(draft: Revision, amount: str, **target: Any) -> FundingRequest:
    request = draft.funding_requests.get(**target)
    request.amount_usd = Decimal(amount)
    request.save()
    return request


@pytest.mark.parametrize("name", ["crp_2025_2026", "compendium_2017", "crp_2021"])
def test_a_copy_says_the_same(mali: MaliPlans, name: str) -> None:
    plan = getattr(mali, name)
    assert not changes_of(start_revision(plan=plan, by=None))
    assert not compare(plan.revisions.in_force().get(), plan.revisions.in_force().get())


def test_figures_with_difference_and_percent(crp: Revision, compendium: Revision) -> None:
    """500,000 more: of 6,200,000 that is 8.0645 %, of 12,360,000 it is 4.0453 %."""
    set_amount(crp, "6700000.00", sector__code="SHELTER")
    change = rows_of(crp)["changed", "fundingrequest:sector:IOM-2025:SHELTER"]
    expected = (Decimal("6200000.00"), Decimal("6700000.00"), Decimal("500000.00"), Decimal("8.06"))
    assert columns(change) == {"amount_usd": expected}
    set_amount(compendium, "12860000.00", framework__code="HRP")
    (change,) = rows_of(compendium).values()
    expected = (Decimal("12360000.00"), Decimal("12860000.00"), Decimal("500000.00"), Decimal("4.05"))
    assert columns(change) == {"amount_usd": expected}


def test_unknown_is_never_0(crp: Revision) -> None:
    """Nothing to 0 is a change without a difference; 0 to something has a difference and no percentage."""
    published = crp.plan.revisions.in_force().get()
    Revision.objects.filter(pk=crp.pk).update(
        stated_received_usd=Decimal("0.00"), reports_funding=True, entities_targeted=None, people_targeted=272_999
    )
    told = {item.field: item for item in changes_of(crp).fields}
    assert set(told) == {"stated_received_usd", "reports_funding", "entities_targeted", "people_targeted"}
    received, entities, people = (
        told[name] for name in ("stated_received_usd", "entities_targeted", "people_targeted")
    )
    assert (received.old, received.new, received.difference, received.percent) == (None, Decimal("0.00"), None, None)
    assert (entities.old, entities.new, entities.difference, entities.percent) == (25, None, None, None)
    assert (people.difference, people.percent) == (Decimal(-1), Decimal("0.00"))
    assert (told["reports_funding"].old_code, told["reports_funding"].new_code) == ("false", "true")
    Revision.objects.filter(pk=crp.pk).update(stated_received_usd=Decimal("5.00"))
    before = Revision.objects.get(pk=crp.pk)
    before.pk, before.stated_received_usd = published.pk, Decimal("0.00")
    change = compare(before, Revision.objects.get(pk=crp.pk)).field("stated_received_usd")
    assert (change.difference, change.percent) == (Decimal("5.00"), None)


def test_the_total_of_a_draft_is_compared_where_somebody_knows_it(crp: Revision) -> None:
    published = crp.plan.revisions.in_force().get()
    crp.stated_requested_usd = Decimal("32853500.00")
    assert [item.field for item in compare(published, crp).fields] == ["stated_requested_usd"]
    crp.requested_usd = Decimal("32853500.00")
    change = compare(published, crp).field("requested_usd")
    assert (change.difference, change.percent) == (Decimal("500000.00"), Decimal("1.55"))


def test_rows_added_and_removed(crp: Revision) -> None:
    crp.offices.get(place="Gao").delete()
    Office.objects.create(revision=crp, kind="field", place="Kidal", order=9)
    rows = rows_of(crp)
    assert set(rows) == {("removed", "office:Gao"), ("added", "office:Kidal")}
    kind = next(item for item in rows["added", "office:Kidal"].fields if item.field == "kind")
    assert (kind.old, kind.new, kind.new_code) == (None, "Field office", "field")


def test_a_project_with_another_code_is_renamed_with_all_that_hangs_on_it(compendium: Revision) -> None:
    """Its funding request and citations are those of the project: none of them was removed or added."""
    project = compendium.projects.order_by("order").first()
    old_code = project.code
    Project.objects.filter(pk=project.pk).update(code="MLI-2017-NEW")
    changes = changes_of(compendium)
    (change,) = changes.rows
    assert (change.kind, change.key, change.old_key) == ("renamed", "project:MLI-2017-NEW", f"project:{old_code}")
    assert {item.field: (item.old, item.new) for item in change.fields} == {"code": (old_code, "MLI-2017-NEW")}
    assert change.old_name == f"{old_code} {project.title}"
    assert changes.citations == ()
    # With its title gone too, nothing but its amount is left: that is another project.
    Project.objects.filter(pk=project.pk).update(title="Something else", description="Else", beneficiaries="Others")
    kinds = sorted((row.kind, row.model) for row in changes_of(compendium).rows if row.model is Project)
    assert kinds == [("added", Project), ("removed", Project)]


@pytest.mark.once
def test_a_project_with_another_title_is_the_same_project(compendium: Revision) -> None:
    """Its code is permanent: of two projects that change titles both are changed, none is renamed."""
    first, second = compendium.projects.order_by("order")[:2]
    Project.objects.filter(pk=first.pk).update(title=second.title)
    Project.objects.filter(pk=second.pk).update(title=first.title)
    rows = rows_of(compendium)
    assert set(rows) == {("changed", f"project:{first.code}"), ("changed", f"project:{second.code}")}
    assert [item.field for item in rows["changed", f"project:{first.code}"].fields] == ["title"]


@pytest.mark.once
def test_two_that_could_be_it_are_no_rename() -> None:
    """Factories call every outcome the same: which of two removed ones the new one was, nobody can tell."""
    draft = start_revision(plan=make_plan(contributions=0), by=None)
    Outcome.objects.filter(revision=draft, code="1a").update(share_percent="50.00")
    Outcome.objects.filter(revision=draft, code="1b").update(share_percent="50.00")
    Outcome.objects.filter(revision=draft, code="1a").update(code="9a")
    Outcome.objects.filter(revision=draft, code="1b").update(code="9b")
    kinds = sorted((row.kind, row.key) for row in changes_of(draft).rows)
    assert kinds == [
        ("added", "outcome:9a"), ("added", "outcome:9b"), ("removed", "outcome:1a"), ("removed", "outcome:1b"),
    ]  # fmt: skip


@pytest.mark.once
def test_an_objective_that_was_put_in_before_renumbers_the_others(crp: Revision) -> None:
    for number in (3, 2):
        Objective.objects.filter(revision=crp, number=number).update(number=number + 1)
    Objective.objects.create(revision=crp, number=2, title="Something quite different")
    rows = {key: change for key, change in rows_of(crp).items() if change.model is Objective}
    assert set(rows) == {("added", "objective:2"), ("renamed", "objective:3"), ("renamed", "objective:4")}
    assert rows["renamed", "objective:3"].old_name == "2. Driving solutions to displacement"
    # What the objectives ask for went with them.
    assert not [change for change in rows_of(crp).values() if change.model is FundingRequest]


@pytest.mark.once
def test_a_title_that_was_reworded_is_found_by_half_of_its_words(crp: Revision) -> None:
    Objective.objects.filter(revision=crp, number=2).delete()
    Objective.objects.filter(revision=crp, number=3).update(number=2, title="Opening pathways for regular migration")
    rows = {key: change for key, change in rows_of(crp).items() if change.model is Objective}
    assert set(rows) == {("removed", "objective:2"), ("renamed", "objective:2")}
    change = rows["renamed", "objective:2"]
    assert change.old_key == "objective:3"
    assert [piece.text for piece in change.fields[1].passages[0].pieces] == [
        "Facilitating", "Opening", "pathways for regular migration",
    ]  # fmt: skip


@pytest.mark.once
def test_the_same_amount_under_another_sector_is_one_line_renamed(crp: Revision) -> None:
    line = crp.funding_requests.get(sector__code="SHELTER")
    unused = line.sector.taxonomy.sectors.exclude(pk__in=crp.funding_requests.values("sector").exclude(sector=None))
    if not unused:
        unused = [line.sector.taxonomy.sectors.create(code="NEW", name="New sector")]
    FundingRequest.objects.filter(pk=line.pk).update(sector=unused[0])
    rows = {key: change for key, change in rows_of(crp).items() if change.model is FundingRequest}
    (((kind, _key), change),) = rows.items()
    assert kind == "renamed"
    assert [(item.field, item.old, item.new) for item in change.fields] == [
        ("sector", "Shelter and settlements", str(unused[0])),
    ]  # fmt: skip
    # With another amount, or under another breakdown, it is another line.
    FundingRequest.objects.filter(pk=line.pk).update(amount_usd="6200000.01")
    assert {key[0] for key, row in rows_of(crp).items() if row.model is FundingRequest} == {"added", "removed"}
    mali = crp.plan.countries.first()
    FundingRequest.objects.filter(pk=line.pk).update(
        amount_usd="6200000.00", breakdown="country", sector=None, country=mali
    )
    assert {key[0] for key, row in rows_of(crp).items() if row.model is FundingRequest} == {"added", "removed"}


@pytest.mark.once
def test_a_share_that_happens_to_be_the_same_is_no_rename() -> None:
    """Only an amount of money names a line without words: shares of 42 % stand everywhere."""
    plan = make_plan(contributions=0)
    published = plan.revisions.get()
    line = published.funding_requests.filter(breakdown="sector").first()
    first = published.objectives.get(number=1)
    share = RequestShare.objects.create(
        revision=published, funding_request=line, objective=first, share_percent="42.00"
    )
    draft = start_revision(plan=plan, by=None)
    draft.request_shares.update(objective=draft.objectives.get(number=2))
    assert sorted(change.kind for change in changes_of(draft).rows) == ["added", "removed"]
    for shares in (RequestShare.objects.filter(pk=share.pk), draft.request_shares):
        shares.update(amount_usd="420.00")
    assert [change.kind for change in changes_of(draft).rows] == ["renamed"]


def texts(plan: Plan, bodies: list[str]) -> None:
    Achievement.objects.bulk_create(
        Achievement(revision=plan.revisions.get(), order=order, text=text) for order, text in enumerate(bodies, start=1)
    )


@pytest.mark.once
def test_achievements_are_found_by_their_text_and_only_their_order_is_quiet() -> None:
    """The first is gone, so each stands one place earlier: nothing moved but for the one that was taken to the end."""
    plan = make_plan(contributions=0, projects=0)
    texts(plan, ["Wells were dug.", "Schools were built in Gao.", "Roads were mended.", "Herds were vaccinated."])
    draft = start_revision(plan=plan, by=None)
    rows = draft.achievements.order_by("order")
    wells, schools, roads, herds = rows
    wells.delete()
    for order, (row, text) in enumerate(
        [(roads, roads.text), (herds, herds.text), (schools, "Schools were built in Kidal.")], start=11
    ):
        Achievement.objects.filter(pk=row.pk).update(order=order, text=text)
    found = [(change.kind, change.name, change.is_moved) for change in changes_of(draft).rows]
    assert found == [("changed", "Schools were built in Kidal.", True), ("removed", "Wells were dug.", False)]
    Achievement.objects.filter(pk=schools.pk).update(text=schools.text)
    found = [(change.kind, change.name) for change in changes_of(draft).rows]
    assert found == [("moved", "Schools were built in Gao."), ("removed", "Wells were dug.")]


@pytest.mark.once
def test_a_passage_under_another_section_is_renamed_and_its_words_are_compared(crp: Revision) -> None:
    passage = crp.narratives.get(section="vision")
    Narrative.objects.filter(pk=passage.pk).update(section="other", order=50)
    (((kind, key), change),) = rows_of(crp).items()
    assert (kind, key) == ("renamed", "narrative:other:50")
    assert {item.field: (item.old, item.new) for item in change.fields} == {"section": ("Vision", "Other")}
    Narrative.objects.filter(pk=passage.pk).update(
        section="vision", order=passage.order, body=f"  {passage.body}\n\nAlso."
    )
    (change,) = changes_of(crp).rows
    (body,) = change.fields
    assert [item.kind for item in body.passages][-1] == "added"
    assert {item.kind for item in body.passages[:-1]} == {"same"}


@pytest.mark.once
def test_links_are_told_by_their_labels(crp: Revision) -> None:
    """A link to a row is the same where the row is, though it is another row of the database."""
    outcome = crp.outcomes.get(code="1a")
    outcome.strategic_outcome = None
    outcome.objective = Objective.objects.get(revision=crp, number=2)
    outcome.save()
    ((_key, change),) = rows_of(crp).items()
    told = {item.field: (item.old, item.new, item.old_code, item.new_code) for item in change.fields}
    published = Outcome.objects.get(revision__plan=crp.plan, revision__status="published", code="1a")
    expected = {
        "objective": (
            "1. Saving lives and protecting people on the move", "2. Driving solutions to displacement",
            "objective:1", "objective:2",
        )
    }  # fmt: skip
    if published.strategic_outcome:
        code = published.strategic_outcome.code
        expected["strategic_outcome"] = (str(published.strategic_outcome), None, code, None)
    assert told == expected


def citations_told(draft: Revision) -> Iterator[tuple[Any, ...]]:
    for change in changes_of(draft).citations:
        lines = (change.old.lines if change.old else None, change.new.lines if change.new else None)
        yield change.kind, change.subject_key, change.field, *lines


def test_citations(crp: Revision) -> None:
    people = crp.citations.get(subject="revision", field="people_in_need")
    need, targeted = people.lines, crp.citations.get(subject="revision", field="people_targeted")
    crp.citations.filter(subject="revision", field="entities_targeted").delete()
    people.first_line, people.last_line = 900, 902
    people.save()
    gone = targeted.lines
    targeted.field = "entities_targeted"
    targeted.save()
    Citation.objects.create(revision=crp, subject="office:Bamako", field="order", source=targeted.source, first_line=7)
    entities = crp.plan.revisions.in_force().get().citations.get(subject="revision", field="entities_targeted")
    assert sorted(citations_told(crp)) == [
        ("added", "office:Bamako", "order", None, "7"),
        ("changed", "revision", "entities_targeted", entities.lines, gone),
        ("changed", "revision", "people_in_need", need, "900–902"),
        ("removed", "revision", "people_targeted", gone, None),
    ]


@pytest.mark.once
def test_it_asks_as_often_for_many_rows_as_for_few() -> None:
    def queries(number: int) -> int:
        plan = make_plan(objectives=number, sectors=number, projects=number, contributions=0)
        draft = start_revision(plan=plan, by=None)
        FundingRequest.objects.filter(revision=draft).update(amount_usd="7.00")
        Project.objects.filter(revision=draft).update(description="Another one")
        old = plan.revisions.in_force().get()
        with CaptureQueriesContext(connection) as captured:
            changes = compare(old, draft)
        assert len(changes.rows) >= number
        return len(captured)

    assert queries(1) == queries(9)
