"""The columns of the gap explorer: which there are, which an address asks for, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, F, FloatField, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from crp.common.pages import BadParameterError, Column
from funding.models import ReportedFunding
from funding.rollups.scenarios import cost_per_person
from funding.selectors.portfolio import PlanLine
from plans.models import Country, Plan


@dataclass(frozen=True, kw_only=True)
class GapColumn(Column):
    """A column that can be shown, and what a plan has in it."""

    content: str
    """``text``, ``money``, ``pledge``, ``people``, ``percent`` or ``date``: how its values are written."""
    value_of: Callable[[PlanLine], Any]
    is_default: bool = False
    is_fixed: bool = False
    """Whether it is always there: what a row is called."""
    meaning: Any = ""
    """What it holds, where its title alone can't say it."""

    @property
    def is_money(self) -> bool:
        """Whether a group of plans has it too."""
        return self.name in OF_GROUPS


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one row has in one column."""

    column: GapColumn
    value: Any


def _countries(line: PlanLine) -> str:
    return ", ".join(country.label for country in line.countries)


def _funding_as_of_line(line: PlanLine) -> Any:
    return getattr(line.plan, "funding_as_of", None)  # there where the list was asked for it


def _cost(line: PlanLine) -> Any:
    return cost_per_person(line.figures.requested_usd, line.revision.people_targeted)


COLUMNS: Sequence[GapColumn] = (
    GapColumn(
        name="title",
        title=gettext_lazy("Plan"),
        is_number=False,
        content="text",
        value_of=lambda line: line.plan.title,
        is_default=True,
        is_fixed=True,
    ),
    GapColumn(
        name="start_year",
        title=gettext_lazy("Period"),
        content="text",
        value_of=lambda line: line.plan.period,
        is_default=True,
    ),
    GapColumn(
        name="kind",
        title=gettext_lazy("Kind of plan"),
        path="kind_place",
        is_number=False,
        content="text",
        value_of=lambda line: line.plan.get_kind_display(),
    ),
    GapColumn(
        name="countries",
        title=gettext_lazy("Countries"),
        path="first_country",
        is_number=False,
        content="text",
        value_of=_countries,
    ),
    GapColumn(
        name="people_in_need",
        title=gettext_lazy("People in need"),
        path="current__people_in_need",
        definition="people",
        content="people",
        value_of=lambda line: line.revision.people_in_need,
    ),
    GapColumn(
        name="people_targeted",
        title=gettext_lazy("People targeted"),
        path="current__people_targeted",
        definition="people",
        content="people",
        value_of=lambda line: line.revision.people_targeted,
    ),
    GapColumn(
        name="requested_usd",
        title=gettext_lazy("Requested"),
        definition="requested",
        content="money",
        value_of=lambda line: line.figures.requested_usd,
        is_default=True,
    ),
    GapColumn(
        name="received_usd",
        title=gettext_lazy("Received"),
        definition="received",
        content="money",
        value_of=lambda line: line.figures.received_usd,
        is_default=True,
    ),
    GapColumn(
        name="pledged_usd",
        title=gettext_lazy("Pledged"),
        definition="pledged",
        content="pledge",
        value_of=lambda line: line.figures.pledged_usd,
        meaning=gettext_lazy("announced, not counted as received"),
    ),
    GapColumn(
        name="gap_usd",
        title=gettext_lazy("Gap"),
        definition="gap",
        content="money",
        value_of=lambda line: line.figures.gap_usd,
        is_default=True,
    ),
    GapColumn(
        name="percent_funded",
        title=gettext_lazy("Funded"),
        definition="percent-funded",
        content="percent",
        value_of=lambda line: line.figures.percent_funded,
        is_default=True,
    ),
    GapColumn(
        name="cost_per_person_usd",
        title=gettext_lazy("Cost for each person targeted"),
        definition="cost-per-person",
        content="money",
        value_of=_cost,
        meaning=gettext_lazy("requested, divided by people targeted"),
    ),
    GapColumn(
        name="document_on",
        title=gettext_lazy("Last updated"),
        path="current__document_on",
        definition="dates",
        content="date",
        value_of=lambda line: line.revision.document_on,
        meaning=gettext_lazy("the date of the document"),
    ),
    GapColumn(
        name="funding_as_of",
        title=gettext_lazy("Funding as of"),
        definition="dates",
        content="date",
        value_of=_funding_as_of_line,
        meaning=gettext_lazy("the day that the money received speaks of"),
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}
OF_GROUPS = ("requested_usd", "received_usd", "pledged_usd", "gap_usd", "percent_funded")


def read_columns(values: Iterable[str]) -> list[GapColumn]:
    """Return the columns named, in the order of the table, what is always there included; the usual ones for none.

    Raises: BadParameterError for a column that the table can't show.
    """
    names = [part.strip() for value in values for part in value.split(",") if part.strip()]
    unknown = next((name for name in names if name not in BY_NAME), None)
    if unknown is not None:
        raise BadParameterError(
            "columns",
            _("“%(value)s” is not a column. Choose from: %(columns)s.")
            % {"value": unknown[:60], "columns": ", ".join(BY_NAME)},
        )
    return [column for column in COLUMNS if column.is_fixed or (column.name in names if names else column.is_default)]


def with_columns(plans: QuerySet[Plan], columns: Iterable[Column], on: date | None) -> QuerySet[Plan]:
    """Return plans from ``published_plans`` with what these columns need beyond their figures."""
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "kind": lambda: {"kind_place": _kind_place()},
        "countries": lambda: {"first_country": _first_country()},
        "cost_per_person_usd": lambda: {"cost_per_person_usd": _cost_per_person()},
        "funding_as_of": lambda: {"funding_as_of": _funding_as_of(on)},
    }
    made: dict[str, Any] = {}
    for name in {column.name for column in columns} & makers.keys():
        made |= makers[name]()
    return plans.annotate(**made)


def _kind_place() -> Case:
    """Return the place of a kind in the reader's alphabet."""
    kinds = sorted(Plan.Kind.choices, key=lambda pair: str(pair[1]))
    return Case(
        *(When(kind=kind, then=Value(place)) for place, (kind, _label) in enumerate(kinds)),
        output_field=IntegerField(),
    )


def _first_country() -> Subquery:
    """Return the name of the first country of a plan in the reader's alphabet. Null: it has none."""
    column = f"name_{(get_language() or 'en')[:2]}"
    known = {field.name for field in Country._meta.concrete_fields}
    name = Coalesce(NullIf(F(column), Value("")), F("name")) if column in known else F("name")
    countries = Country.objects.filter(plans=OuterRef("pk")).annotate(shown=name)
    return Subquery(countries.order_by("shown").values("shown")[:1])


def _cost_per_person() -> Any:
    """Return what plans are ordered by: amounts and people are whole numbers there, so equal costs come out equal."""
    requested, people = (
        NullIf(Cast(name, FloatField()), Value(0.0)) for name in ("requested_usd", "current__people_targeted")
    )
    return requested / people


def _funding_as_of(on: date | None) -> Coalesce:
    """Return the day of the official total where there is one, or else the one that the document prints."""
    totals = ReportedFunding.objects.in_force(on).filter(plan=OuterRef("pk"), scope=ReportedFunding.Scope.TOTAL)
    newest = totals.order_by("-reported_on", "-pk").values("reported_on")[:1]
    return Coalesce(Subquery(newest), F("current__funding_updated_on"))
