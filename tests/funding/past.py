"""Two plans with a past whose figures are worked out by hand, for tests that ask for a day of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from funding.models import Contribution, Project, StatusChange
from plans.models import Country, Framework, Plan, Revision
from tests.factories import (
    add_objectives,
    add_projects,
    add_request,
    add_sectors,
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    split_amount,
)

JUNE = date(2024, 6, 30)


class Figures(NamedTuple):
    """Requested, received, pledged, gap and percentage on a day."""

    requested: int | None
    received: int | None
    pledged: int | None
    gap: int | None
    percent: float | None


REVISED = {
    date(2024, 1, 24): Figures(1000, 0, None, 1000, 0.0),  # the day of its publication
    date(2024, 4, 1): Figures(1000, 100, 200, 900, 10.0),
    JUNE: Figures(1000, 100, 200, 900, 10.0),
    date(2024, 7, 1): Figures(1500, 100, 200, 1400, 6.67),  # the day of its second revision
    date(2024, 7, 15): Figures(1500, 350, None, 1150, 23.33),  # the pledge of 200 is a commitment of 250
    date(2024, 8, 1): Figures(1500, 400, None, 1100, 26.67),
}
"""Of PAST-1, published on 24 January 2024 and again on 1 July."""
OFFICIAL = {
    date(2024, 5, 10): Figures(2000, None, None, None, None),
    JUNE: Figures(2000, 300, None, 1700, 15.0),
    date(2024, 9, 30): Figures(2000, 700, None, 1300, 35.0),
}
"""Of PAST-2, published on 10 May 2024, with official totals of 31 May and 30 September."""
TOGETHER = {
    date(2024, 1, 23): Figures(None, None, None, None, None),
    date(2024, 4, 1): REVISED[date(2024, 4, 1)],
    JUNE: Figures(3000, 400, 200, 2600, 13.33),
    date(2024, 7, 15): Figures(3500, 650, None, 2850, 18.57),
}


class Past(NamedTuple):
    """Both plans, and what the tests name of them."""

    revised: Plan
    official: Plan
    country: Country
    moved: Contribution
    late: Contribution


def make_past() -> Past:
    """Return two plans of one country, see above."""
    country = make_country(name="Pastland")
    revised = make_plan(
        code="PAST-1", title="The revised one", requested_usd=1_000, contributions=0, countries=[country]
    )
    make_contribution(plan=revised, code="EARLY", amount_usd=100, decision_on=date(2024, 3, 1), framework_code="HRP")
    late = make_contribution(
        plan=revised, code="LATE", amount_usd=50, decision_on=date(2024, 8, 1), framework_code="RRP",
        donor=make_organization(code="later", name="Later Donor"),
    )  # fmt: skip
    moved = make_contribution(
        plan=revised, code="MOVED", amount_usd=250, status="commitment", decision_on=date(2024, 4, 1),
        donor=make_organization(code="steady", name="Steady Donor"),
    )  # fmt: skip
    for status, amount, day in (("pledge", 200, date(2024, 4, 1)), ("commitment", 250, date(2024, 7, 15))):
        StatusChange.objects.create(contribution=moved, status=status, amount_usd=Decimal(amount), since_on=day)
    _revise(revised)
    official = make_plan(
        code="PAST-2", title="The official one", requested_usd=2_000, contributions=0, countries=[country],
        reports_funding=False, start_year=2023, projects=0,
    )  # fmt: skip
    official.revisions.update(published_at=datetime(2024, 5, 10, 12, tzinfo=UTC))
    make_reported_funding(plan=official, amount_usd=300, reported_on=date(2024, 5, 31), superseded_on=date(2024, 9, 30))
    make_reported_funding(plan=official, amount_usd=700, reported_on=date(2024, 9, 30))
    return Past(revised, official, country, moved, late)


def _revise(plan: Plan) -> None:
    """Publish a second revision for 1,500 on 1 July 2024: a framework RRP with its project, another first objective."""
    at = datetime(2024, 7, 1, 10, tzinfo=UTC)
    former = plan.revisions.get()
    values: dict[str, Any] = {"taxonomy": former.taxonomy, "reports_funding": True, "people_targeted": 30_000}
    Revision.objects.filter(pk=former.pk).update(status="superseded", superseded_at=at)
    draft = Revision.objects.create(plan=plan, number=2, stated_requested_usd=1_500, **values)
    amounts = split_amount(1_500, 2)
    add_objectives(draft, amounts)
    draft.objectives.filter(number=1).update(title="Reworded objective")
    add_sectors(draft, amounts)
    add_projects(draft, split_amount(1_000, 2))
    framework = Framework.objects.create(revision=draft, code="RRP", name="Refugee plan", order=2)
    add_request(draft, "framework", framework, Decimal(500))
    add_request(
        draft, "project", Project.objects.create(revision=draft, code="P-9", title="New", framework=framework, order=9),
        Decimal(500),
    )  # fmt: skip
    Revision.objects.filter(pk=draft.pk).update(status="published", requested_usd=1_500, published_at=at)
