"""The admin's page of a revision: its checks, what it refuses, and that it stays as it is once published."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone, translation

from crp.common.admin.forms import RowFormSet
from funding.models import FundingRequest, Project
from plans.models import Objective, Revision
from sectors.models import Sector, Taxonomy
from tests.admin import Desk, add_row, address, open_draft, problems, query_count
from tests.conftest import MaliPlans
from tests.factories import make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def shelter(draft: Revision) -> str:
    """Return the prefix of the fields of the shelter line: 6,200,000."""
    (place,) = [
        index
        for index, row in enumerate(draft.funding_requests.filter(breakdown="sector"))
        if row.sector.code == "SHELTER"
    ]
    return f"sector_amounts-{place}"


# The page of a revision


def test_the_page_shows_what_publishing_would_fix_and_the_linked_lists(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    text = desk.visit(address(draft)).render().content.decode()
    assert "Total that publishing would fix (USD)" in text
    assert '<span class="crp-figure">37,360,000</span>' in text
    projects, contributions, citations = desk.visit(address(draft)).context_data["linked_lists"]
    assert projects["url"] == f"/admin/funding/project/?revision__id__exact={draft.pk}"
    assert projects["add_url"] == f"/admin/funding/project/add/?revision={draft.pk}"
    assert (projects["count"], contributions["count"], citations["count"]) == (10, 1, 93)
    assert "37,360,000" in projects["amount"]
    assert "112,550" in contributions["amount"]


def test_the_checks_turn_to_a_warning_when_an_amount_changes(desk: Desk, draft: Revision, shelter: str) -> None:
    assert desk.visit(address(draft)).context_data["worst_verdict"] == "note"
    assert desk.send(address(draft), **{f"{shelter}-amount_usd": "6,700,000"}).url == address(draft)
    context = desk.visit(address(draft)).context_data
    assert context["worst_verdict"] == "warning"
    first = context["checks"][0]
    assert first["check"].rule == "sum_of_sectors"
    assert (first["expected"], first["found"], first["difference"]) == ("32,353,500", "32,853,500", "+500,000")
    text = desk.visit(address(draft)).render().content.decode()
    assert '<span class="crp-verdict crp-verdict-warning">Warning</span>' in text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("six million", "Enter a number: digits only, no letters."),
        ("-5", "Ensure this value is greater than or equal to 0."),
        ("1.234", "Ensure that there are no more than 2 decimal places."),
        ("6,20,000", "“6,20,000” is no number as this page writes them: expected one such as 1,234,567.50."),
        ("99999999999999", "Ensure that there are no more than 13 digits before the decimal point."),
        ("", "This field is required."),
    ],
)
def test_a_wrong_amount_is_told_beside_its_field(
    desk: Desk, draft: Revision, shelter: str, typed: str, told: str
) -> None:
    response = desk.send(address(draft), people_targeted="1", **{f"{shelter}-amount_usd": typed})
    assert problems(response) == [f"{shelter}-amount_usd: {told}"]
    draft.refresh_from_db()
    assert draft.people_targeted == 273_000, "half saved"


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "6700000.50"),
        ("en", "6,700,000.50"),
        ("en", "6 700 000.50"),
        ("fr", "6700000,50"),
        ("fr", "6 700 000,50"),
        ("fr", "6\N{NARROW NO-BREAK SPACE}700\N{NARROW NO-BREAK SPACE}000,50"),
        ("fr", "6700000.50"),
    ],
)
def test_an_amount_is_read_as_the_language_writes_it(
    desk: Desk, draft: Revision, shelter: str, language: str, typed: str
) -> None:
    with translation.override(language):
        assert desk.send(address(draft), **{f"{shelter}-amount_usd": typed}).status_code == 302
    assert draft.funding_requests.get(sector__code="SHELTER").amount_usd == Decimal("6700000.50")


def test_a_sector_of_another_taxonomy_is_refused_with_its_reason(desk: Desk, draft: Revision, shelter: str) -> None:
    foreign = Sector.objects.exclude(taxonomy=draft.taxonomy)[0]
    (told,) = problems(desk.send(address(draft), **{f"{shelter}-sector": foreign.pk}))
    assert told.startswith(f"{shelter}-sector: “{foreign}” is of the taxonomy “{foreign.taxonomy}”; this plan uses")


def test_another_taxonomy_is_refused_by_the_lines_that_nobody_touched(desk: Desk, draft: Revision) -> None:
    other = Taxonomy.objects.filter(kind="sectors").exclude(pk=draft.taxonomy_id)[0]
    told = problems(desk.send(address(draft), taxonomy=other.pk))
    assert len(told) == 18
    draft.refresh_from_db()
    assert draft.taxonomy_id != other.pk


def test_another_taxonomy_is_refused_by_the_projects(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.compendium_2017)
    draft.frameworks.update(taxonomy=None)
    other = Taxonomy.objects.filter(kind="sectors").exclude(sectors__projects__revision=draft)[0]
    told = problems(desk.send(address(draft), taxonomy=other.pk))
    assert told[0].startswith("taxonomy: These projects have sectors of another taxonomy: MLI-2017-HRP-01")


def test_a_sector_that_is_asked_for_twice_is_named(desk: Desk, draft: Revision) -> None:
    data = desk.read(address(draft))
    shelter = Sector.objects.get(taxonomy=draft.taxonomy, code="SHELTER")
    add_row(data, "sector_amounts", sector=shelter.pk, amount_usd="10", order="")
    assert problems(desk.visit(address(draft), data)) == [
        "Sector “Shelter and settlements” stands more than once: each may stand once."
    ]
    assert draft.funding_requests.count() == 21


def test_a_new_line_takes_the_breakdown_of_its_table(desk: Desk, mali: MaliPlans) -> None:
    draft = open_draft(mali.crp_2021)
    draft.taxonomy = Taxonomy.objects.filter(kind="sectors", sectors__isnull=False)[0]
    draft.save()
    objective = Objective.objects.create(revision=draft, number=1, title="One")
    data = desk.read(address(draft))
    add_row(data, "sector_amounts", sector=draft.taxonomy.sectors.all()[0].pk, amount_usd="10", order="")
    add_row(data, "objective_amounts", objective=objective.pk, amount_usd="10", order="")
    assert desk.visit(address(draft), data).status_code == 302
    assert set(draft.funding_requests.values_list("breakdown", flat=True)) == {"sector", "objective"}


def test_an_amount_received_needs_the_tick(desk: Desk, draft: Revision) -> None:
    assert problems(desk.send(address(draft), stated_received_usd="100")) == [
        "reports_funding: An amount received is given: tick “states money received”."
    ]


def test_the_page_makes_as_many_queries_for_30_rows_as_for_3(desk: Desk, empty_database: None) -> None:
    plans = [make_plan(objectives=rows, sectors=rows, projects=rows) for rows in (3, 30)]
    few, many = (query_count(desk, address(open_draft(plan))) for plan in plans)
    assert many == few
    few, many = (query_count(desk, address(plan.revisions.in_force().get())) for plan in plans)
    assert many == few, "the read-only page writes out what the rows name"


def test_what_only_the_database_sees_is_told_and_not_saved(
    desk: Desk, draft: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two officers who add the same sector at the same moment: neither form holds the other's row."""
    monkeypatch.setattr(RowFormSet, "duplicates", lambda formset: [])
    data = desk.read(address(draft)) | {"people_targeted": "1"}
    shelter = Sector.objects.get(taxonomy=draft.taxonomy, code="SHELTER")
    add_row(data, "sector_amounts", sector=shelter.pk, amount_usd="10", order="")
    answer = desk.visit(address(draft), data)
    assert answer.url == address(draft)
    assert answer.told[0].startswith("Nothing was saved: somebody else saved something at the same moment")
    draft.refresh_from_db()
    assert draft.people_targeted == 273_000


# What is published stays as it is


def test_what_is_published_can_be_looked_at_and_nothing_else(desk: Desk, mali: MaliPlans) -> None:
    revision = mali.crp_2025_2026.revisions.get()
    page = desk.visit(address(revision))
    assert page.context_data["read_only_because"].startswith("Revision 1 is published: what readers have seen stays")
    assert page.context_data["start_url"] == address(mali.crp_2025_2026, "start_revision")
    assert not page.context_data["next_step"].links
    text = page.render().content.decode()
    assert 'name="_save"' not in text
    assert 'name="sector_amounts-0-amount_usd"' not in text
    assert ">6,200,000<" in text, "amounts are readable without a form too"


def test_nothing_is_saved_where_the_revision_was_published_meanwhile(desk: Desk, draft: Revision, shelter: str) -> None:
    data = desk.read(address(draft)) | {f"{shelter}-amount_usd": "1", "people_targeted": "1"}
    Revision.objects.filter(plan=draft.plan, status="published").update(
        status="superseded", superseded_at=timezone.now()
    )
    Revision.objects.filter(pk=draft.pk).update(status="published", published_at=timezone.now())
    (told,) = desk.visit(address(draft), data).told
    assert told.startswith("Nothing was saved. Revision 2 is published")
    draft.refresh_from_db()
    assert draft.people_targeted == 273_000
    assert draft.funding_requests.get(sector__code="SHELTER").amount_usd == 6_200_000


@pytest.mark.parametrize("model", [Revision, Project, FundingRequest])
def test_rows_of_what_is_published_can_not_be_deleted(desk: Desk, model: type, mali: MaliPlans) -> None:
    row = model._default_manager.all()[0]  # type: ignore[attr-defined]
    assert desk.visit(address(row, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    (told,) = desk.visit(address(model, "changelist"), chosen).told
    assert told == f"Nothing was deleted: “{row}” is published, or others depend on it."
    assert model._default_manager.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


def test_a_draft_can_be_thrown_away(desk: Desk, draft: Revision, mali: MaliPlans) -> None:
    assert desk.visit(address(draft, "delete"), {"post": "yes"}).status_code == 302
    assert mali.crp_2025_2026.revisions.get().funding_requests.count() == 21
