"""Plans, revisions and their rows: codes, years, links that stay within a revision, names within it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils import translation

from funding.models import FundingRequest, Project, RelatedPlan, RequestShare
from plans.models import (
    Citation,
    Country,
    CountryProfile,
    Framework,
    KeyAction,
    Narrative,
    Objective,
    ObjectiveTargetGroup,
    Office,
    Outcome,
    Plan,
    PlanFamily,
    Presence,
    Region,
    Revision,
    RevisionRow,
    Source,
    TargetGroup,
)
from plans.services import start_revision
from sectors.models import Taxonomy
from tests.factories import make_country, make_plan, make_taxonomy

pytestmark = pytest.mark.usefixtures("empty_module", "db")


def refusals(item: Any) -> dict[str, list[str]]:
    """Return what a form finds wrong with a row."""
    try:
        item.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def plan_like(**values: Any) -> Plan:
    return Plan(**{"code": "MLI-1", "kind": "crp", "title": "Plan", "start_year": 2024, "end_year": 2025} | values)


@pytest.mark.parametrize("code", ["MLI-CRP-2025-2026", "A", "1", "MLI-1"])
def test_codes_of_plans(code: str) -> None:
    assert refusals(plan_like(code=code)) == {}


@pytest.mark.parametrize("code", ["mli-crp", "MLI--CRP", "-MLI", "MLI-", "MLI CRP", "MLI/CRP", "MLÍ", "MLI\n"])
def test_codes_that_would_not_fit_in_an_address(code: str) -> None:
    assert refusals(plan_like(code=code)) == {"code": ["Capitals and digits, joined by hyphens."]}


def test_a_code_is_taken_once() -> None:
    make_plan(code="MLI-1")
    assert refusals(plan_like()) == {"code": ["Another plan already has this code."]}
    with pytest.raises(IntegrityError):
        Plan.objects.bulk_create([plan_like()])


@pytest.mark.parametrize(("name", "year"), [("start_year", 1989), ("end_year", 2101), ("start_year", 25)])
def test_years_are_years(name: str, year: int) -> None:
    assert name in refusals(plan_like(**{name: year}))


def test_years_that_are_no_numbers_are_refused_by_name() -> None:
    assert set(refusals(plan_like(start_year="abc", end_year="20-25"))) == {"start_year", "end_year"}


@pytest.mark.parametrize(("first", "last", "period"), [(2017, 2017, "2017"), (2025, 2026, "2025–2026")])
def test_the_period_of_a_plan(first: int, last: int, period: str) -> None:
    assert plan_like(start_year=first, end_year=last).period == period


@pytest.mark.parametrize(
    ("model", "name", "good", "bad", "sentence"),
    [
        (Region, "code", "002", ["2", "02a", "0021", "٠٠٢"], "Three digits."),
        (Country, "iso3", "MLI", ["mli", "ML", "ML1"], "Three capitals."),
        (Country, "iso2", "ML", ["ml", "M", "M1"], "Two capitals."),
        (Framework, "code", "HRP", ["hrp", "H(N)RP", "HRP "], "Capitals and digits, joined by hyphens."),
        (Project, "code", "MLI-01", ["mli", "MLI_01", "MLI 01"], "Capitals and digits, joined by hyphens."),
        (Source, "sha256", "0" * 64, ["0" * 63, "G" * 64, "A" * 64], "64 hexadecimal digits."),
    ],
)
def test_codes_have_one_form(model: type[Any], name: str, good: str, bad: list[str], sentence: str) -> None:
    def found(value: str) -> list[str]:
        return refusals(model(**{name: value})).get(name, [])

    assert found(good) == []
    for value in bad:
        assert sentence in found(value), value


@pytest.mark.parametrize(
    ("name", "value"), [("latitude", 91), ("latitude", -91), ("longitude", 181), ("longitude", -181)]
)
def test_places_lie_on_the_globe(name: str, value: int) -> None:
    assert name in refusals(Country(**{name: value}))


@pytest.mark.parametrize("number", [0, -1])
def test_revisions_and_objectives_count_from_one(number: int) -> None:
    revision = make_plan().revisions.get()
    assert "number" in refusals(Revision(plan=revision.plan, number=number))
    assert "number" in refusals(Objective(revision=revision, number=number, title="None"))


def test_a_revision_uses_a_list_of_sectors_and_not_the_clusters() -> None:
    plan = make_plan()
    clusters = make_taxonomy(clusters=False, kind=Taxonomy.Kind.GLOBAL_CLUSTERS)
    assert set(refusals(Revision(plan=plan, number=2, taxonomy=clusters))) == {"taxonomy"}
    assert refusals(Revision(plan=plan, number=2, taxonomy=make_taxonomy())) == {}


@pytest.mark.parametrize("name", ["stated_requested_usd", "stated_received_usd"])
@pytest.mark.parametrize("value", ["12,000", "abc", "1.005", "NaN", "12345678901234"])
def test_amounts_that_are_none_are_refused_by_name(name: str, value: str) -> None:
    revision = Revision(plan=make_plan(), number=2, reports_funding=True, **{name: value})
    assert set(refusals(revision)) == {name}


def test_a_revision_is_open_until_it_is_published() -> None:
    assert [Revision(status=status).is_open for status in Revision.Status] == [True, True, False, False]


def test_a_plan_with_a_revision_can_not_be_deleted() -> None:
    plan = make_plan()
    with pytest.raises(ProtectedError):
        plan.delete()
    assert Plan.objects.filter(pk=plan.pk).exists()


def test_a_region_with_countries_can_not_be_deleted() -> None:
    with pytest.raises(ProtectedError):
        make_country().region.delete()


def links_between_rows() -> list[tuple[str, type[RevisionRow]]]:
    """Return every column that leads from one row to another, found without the code that copies them."""
    found, left = [], [RevisionRow]
    while left:
        for model in left.pop().__subclasses__():
            left.append(model)
            if not model._meta.abstract:
                found.append(model)
    return [
        (f"{model.__name__}.{field.name}", model)
        for model in found
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model in found
    ]


class Neighbours:
    """Two revisions of one plan with the same rows: what belongs to one must not point into the other."""

    def __init__(self) -> None:
        self.own = start_revision(plan=make_plan(), by=None)
        self.other = self.own.plan.revisions.in_force().get()
        self.group = TargetGroup.objects.create(code="NEW", name="New")
        self.family = PlanFamily.objects.create(code="NEW", name="New")

    def row(self, link: str, elsewhere: Revision) -> RevisionRow:
        """Return a new row of the draft whose link leads to a row of the revision given."""
        own = {"revision": self.own}
        objective = elsewhere.objectives.get(number=1)
        framework, project = elsewhere.frameworks.get(), elsewhere.projects.first()
        sector_line = self.own.funding_requests.filter(breakdown="sector").first()
        return {
            "Outcome.objective": Outcome(**own, objective=objective, code="9", name="Outcome", share_percent=1),
            "ObjectiveTargetGroup.objective": ObjectiveTargetGroup(**own, objective=objective, target_group=self.group),
            "Narrative.objective": Narrative(**own, section="objective", objective=objective, order=9, body="Text"),
            "Project.framework": Project(**own, code="NEW", title="New", framework=framework),
            "FundingRequest.framework": FundingRequest(**own, breakdown="framework", framework=framework, amount_usd=1),
            "FundingRequest.objective": FundingRequest(**own, breakdown="objective", objective=objective, amount_usd=1),
            "FundingRequest.project": FundingRequest(**own, breakdown="project", project=project, amount_usd=1),
            "RelatedPlan.funding_request": RelatedPlan(
                **own, funding_request=elsewhere.funding_requests.first(), plan_family=self.family
            ),
            "RequestShare.funding_request": RequestShare(
                **own,
                funding_request=elsewhere.funding_requests.filter(breakdown="sector").first(),
                objective=self.own.objectives.get(number=1),
                share_percent=1,
            ),
            "RequestShare.objective": RequestShare(
                **own, funding_request=sector_line, objective=objective, share_percent=1
            ),
        }[link]


@pytest.mark.parametrize("link", [name for name, _model in links_between_rows()])
def test_a_row_does_not_point_into_another_revision(link: str) -> None:
    rows = Neighbours()
    column = link.rpartition(".")[2]
    assert refusals(rows.row(link, rows.other))[column] == [
        "This belongs to another revision: choose one of the same revision."
    ]
    FundingRequest.objects.filter(revision=rows.own).exclude(breakdown="sector").delete()
    within = refusals(rows.row(link, rows.own)) if link != "RelatedPlan.funding_request" else {}
    assert column not in within


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (Objective(number=3), "objective:3"),
        (Framework(code="HRP"), "framework:HRP"),
        (Narrative(section="vision", order=0), "narrative:vision:0"),
        (Office(place="Gao"), "office:Gao"),
        (Presence(), "presence"),
        (Revision(), "revision"),
        (CountryProfile(), "profile"),
        (KeyAction(order=2), "keyaction:2"),
        (FundingRequest(breakdown="objective", objective=Objective(number=1)), "fundingrequest:objective:1"),
        (FundingRequest(breakdown="framework", framework=Framework(code="HRP")), "fundingrequest:framework:HRP"),
    ],
)
def test_rows_are_named_in_a_way_that_outlives_the_revision(row: Any, key: str) -> None:
    plan = make_plan(objectives=0, sectors=0, projects=0)
    if isinstance(row, RevisionRow):
        row.revision = plan.revisions.get()
    assert row.row_key == key


def test_every_row_of_a_revision_has_a_name_of_its_own() -> None:
    revision = make_plan(objectives=3, sectors=3, projects=3).revisions.get()
    keys = [row.row_key for model in RevisionRow.__subclasses__() for row in model.objects.filter(revision=revision)]
    assert len(keys) == len(set(keys)) > 20


@pytest.mark.parametrize(
    ("first", "last", "written"), [(None, None, ""), (4, None, "4"), (4, 4, "4"), (29, 30, "29–30")]
)
def test_lines_are_cited_as_a_reader_writes_them(first: int | None, last: int | None, written: str) -> None:
    assert Citation(first_line=first, last_line=last).lines == written


def test_a_citation_tells_row_column_source_and_lines() -> None:
    source = Source.objects.create(code="page", title="Page")
    citation = Citation(subject="objective:1", field="people_targeted", source=source, first_line=3)
    assert str(citation) == "objective:1.people_targeted ← page:3"


def test_the_continent_is_at_the_top_of_the_regions() -> None:
    world = Region.objects.create(code="002", name="Africa")
    part = Region.objects.create(code="202", name="Sub-Saharan Africa", parent=world)
    west = Region.objects.create(code="011", name="Western Africa", parent=part)
    assert [region.top for region in (west, part, world)] == [world, world, world]


def test_rows_are_told_in_the_readers_language() -> None:
    group = TargetGroup.objects.create(code="IDP", name="Displaced", name_fr="Déplacés")
    country = make_country(name="Mali", name_fr="Le Mali")
    profile = CountryProfile.objects.create(country=country)
    with translation.override("fr"):
        assert str(ObjectiveTargetGroup(target_group=group)) == "Déplacés"
        assert str(profile) == "Le Mali"


def test_shares_keep_two_decimals_and_dates_their_day() -> None:
    revision = make_plan(revision={"document_on": date(2025, 4, 17)}).revisions.get()
    Outcome.objects.filter(revision=revision, code="1a").update(share_percent=Decimal("33.33"))
    assert Outcome.objects.get(revision=revision, code="1a").share_percent == Decimal("33.33")
    assert Revision.objects.get(pk=revision.pk).document_on == date(2025, 4, 17)
