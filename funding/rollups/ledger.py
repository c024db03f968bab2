"""From the contributions on record to what was received: what each counts as, and what those that count add to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, ExtractYear
from django.utils.translation import gettext_lazy as _

from crp.common.figures import ZERO, Breakdown, FigureError, Line, Rollup, add_known
from crp.common.money import SumUSD, quantize_usd
from funding.dimensions import Dimension, Residual
from funding.models import Contribution, ReportedFunding
from plans.models import Country, Plan

GIVEN_MEASURES = ("received_usd", "pledged_usd")


class Columns(NamedTuple):
    """Where contributions say what they are on a day."""

    status: str
    amount: str
    counted: str
    pledged: str

    def counts(self) -> Q:
        """Return the condition that a contribution counts as received or as pledged."""
        return Q(**{f"{self.counted}__isnull": False}) | Q(**{f"{self.pledged}__isnull": False})


NOW = Columns("status", "amount_usd", "counted_usd", "pledged_usd")
THEN = Columns("status_then", "amount_then", "counted", "pledged")
"""Of a past day: contributions from ``decided_by(on)`` have these."""


def columns_of(on: date | None) -> Columns:
    """Return where contributions from ``as_known(on)`` say what they were on the day."""
    return NOW if on is None else THEN


class Part(models.TextChoices):
    """What a contribution counts as, seen from its plan: each is exactly one of these."""

    COUNTED = "counted", _("Counted as received")
    OUTGOING = "outgoing", _("Taken off: left the plan for another")
    PLEDGED = "pledged", _("Pledged")
    INTERNAL = "internal", _("Passed on inside the plan")
    LEAVING = "leaving", _("Announced to leave the plan")
    SUSPECTED = "suspected", _("Suspected duplicates")
    MERGED = "merged", _("Merged duplicates")


IN_ORDER = {part.value: place for place, part in enumerate(Part)}


def _part(on: date | None) -> Case:
    review, flow = Contribution.Review, Contribution.Flow
    pledge = Q(**{columns_of(on).status: Contribution.Status.PLEDGE})
    return Case(
        When(review=review.SUSPECTED, then=Value(Part.SUSPECTED.value)),
        When(review=review.MERGED, then=Value(Part.MERGED.value)),
        When(flow=flow.INTERNAL, then=Value(Part.INTERNAL.value)),
        When(pledge, flow=flow.OUTGOING, then=Value(Part.LEAVING.value)),
        When(flow=flow.OUTGOING, then=Value(Part.OUTGOING.value)),
        When(pledge, then=Value(Part.PLEDGED.value)),
        default=Value(Part.COUNTED.value),
        output_field=models.CharField(),
    )


def with_part(given: QuerySet[Contribution], on: date | None = None) -> QuerySet[Contribution]:
    """Return contributions with what they count as in a column ``part``, and its place on the page in ``place``.

    ``given`` comes from ``as_known(on)``, here and below.
    """
    places = [When(part=part.value, then=Value(place)) for part, place in zip(Part, IN_ORDER.values(), strict=True)]
    return given.annotate(part=_part(on)).annotate(place=Case(*places, output_field=models.PositiveSmallIntegerField()))


def to_published_plans(given: QuerySet[Contribution] | None = None, on: date | None = None) -> QuerySet[Contribution]:
    """Return the contributions to plans that the public saw on a day (now where None)."""
    rows = Contribution.objects.as_known(on) if given is None else given
    return rows.filter(plan__in=Plan.objects.in_force(on).values("pk"))


def public(given: QuerySet[Contribution] | None = None, on: date | None = None) -> QuerySet[Contribution]:
    """Return the contributions that the public saw on a day: those to published plans, and those outside any plan."""
    rows = Contribution.objects.as_known(on) if given is None else given
    return rows.filter(Q(plan__isnull=True) | Q(plan__in=Plan.objects.in_force(on).values("pk")))


@dataclass(frozen=True, kw_only=True, slots=True)
class PartSum:
    """The contributions that count as one thing."""

    part: Part
    lines: int
    amount_usd: Decimal
    """Of all of them, whether they count or not."""
    latest_on: date | None
    """When the newest was decided. None: none has a date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """How contributions lead to what was received, step by step."""

    parts: tuple[PartSum, ...]
    counted_usd: Decimal | None
    """What they add to money received. None: none of them counts."""
    pledged_usd: Decimal | None

    def __post_init__(self) -> None:
        counted = [part.amount_usd for part in self.parts if part.part == Part.COUNTED]
        taken_off = [-part.amount_usd for part in self.parts if part.part == Part.OUTGOING]
        if add_known([*counted, *taken_off]) != self.counted_usd:
            raise FigureError(f"What counts is not what comes in less what goes out: {self}")
        if add_known(part.amount_usd for part in self.parts if part.part == Part.PLEDGED) != self.pledged_usd:
            raise FigureError(f"What is pledged is not the sum of the pledges: {self}")

    def of(self, part: str) -> PartSum | None:
        """Return the contributions that count as one thing. None: there are none."""
        return next((item for item in self.parts if item.part == part), None)

    @property
    def lines(self) -> int:
        """How many contributions there are."""
        return sum(part.lines for part in self.parts)

    @property
    def latest_on(self) -> date | None:
        """When the newest that counts, or is pledged, was decided. None: none of them has a date."""
        known = {Part.COUNTED, Part.OUTGOING, Part.PLEDGED}
        return max((item.latest_on for item in self.parts if item.part in known and item.latest_on), default=None)


def account_of(given: QuerySet[Contribution], on: date | None = None) -> Account:
    """Return what contributions count as, each kind with its sum. Queries: 1."""
    columns = columns_of(on)
    rows = (
        given.annotate(part=_part(on))
        .order_by()
        .values("part")
        .annotate(
            lines=Count("pk"),
            amount_sum=SumUSD(columns.amount),
            counted_sum=SumUSD(columns.counted),
            pledged_sum=SumUSD(columns.pledged),
            latest=Max("decision_on"),
        )
    )
    found = sorted(rows, key=lambda row: IN_ORDER[row["part"]])
    return Account(
        parts=tuple(
            PartSum(
                part=Part(row["part"]),
                lines=row["lines"],
                amount_usd=quantize_usd(row["amount_sum"]),
                latest_on=row["latest"],
            )
            for row in found
        ),
        counted_usd=add_known(row["counted_sum"] for row in found),
        pledged_usd=add_known(row["pledged_sum"] for row in found),
    )


def sums_by_donor(given: QuerySet[Contribution], on: date | None = None) -> dict[int | None, Rollup]:
    """Return what each donor gave to how many plans; None for donors not named. Queries: 1."""
    columns = columns_of(on)
    rows = (
        given.filter(columns.counts())
        .order_by()
        .values("donor")
        .annotate(
            counted_sum=SumUSD(columns.counted),
            pledged_sum=SumUSD(columns.pledged),
            plans=Count("plan", distinct=True),
        )
    )
    return {row["donor"]: _rollup(row["counted_sum"], row["pledged_sum"], row["plans"]) for row in rows}


def sums_by_plan_and_donor(given: QuerySet[Contribution]) -> dict[tuple[int | None, int | None], Rollup]:
    """Return what each donor gave to each plan, by the keys of both; None for no plan, and for donors not named.

    As it counts now. Queries: 1.
    """
    rows = (
        given.filter(NOW.counts())
        .order_by()
        .values("plan", "donor")
        .annotate(counted_sum=SumUSD(NOW.counted), pledged_sum=SumUSD(NOW.pledged))
    )
    return {(row["plan"], row["donor"]): _rollup(row["counted_sum"], row["pledged_sum"], 1) for row in rows}


def _rollup(received: Decimal | None, pledged: Decimal | None, plans: int) -> Rollup:
    """Return what was given, all of it on record, so that nothing received is 0."""
    return Rollup(
        requested_usd=None,
        requested_reporting_usd=None,
        received_usd=quantize_usd(received or ZERO),
        pledged_usd=None if pledged is None else quantize_usd(pledged),
        plans=plans,
        plans_reporting=plans,
    )


def break_down_given(given: QuerySet[Contribution], dimension: Dimension, on: date | None = None) -> Breakdown:
    """Return what contributions to plans add to, opened by one dimension; lines and residuals add to the total.

    Queries: 1, and those of the dimension, whose number no contribution adds to.
    """
    key = F("plan") if dimension.contribution_key is None else dimension.contribution_key(on)
    columns = columns_of(on)
    rows = list(
        given.filter(columns.counts(), plan__isnull=False)
        .annotate(key=key)
        .order_by()
        .values("plan", "is_shared_across_sectors", "key")
        .annotate(counted_sum=SumUSD(columns.counted), pledged_sum=SumUSD(columns.pledged))
        .order_by("plan", "key")
    )
    plans = {row["plan"] for row in rows}
    codes = _codes(rows, dimension, plans)
    sums: dict[Any, list[Mapping[str, Any]]] = {}
    for row, code in zip(rows, codes, strict=True):
        sums.setdefault(code, []).append(row)
    names = dimension.name_values(set(sums), on, plans)
    lines = [Line(keys=(names[code],), figures=_sum(members)) for code, members in sums.items()]
    # Without a single line there is a total all the same, of no plan.
    total = _sum(rows) if rows else NOTHING
    return Breakdown(
        by=(dimension.name,), total=total, lines=tuple(_in_order(lines, dimension)), measures=GIVEN_MEASURES
    )


NOTHING = Rollup(requested_usd=None, requested_reporting_usd=None, received_usd=None, pledged_usd=None, plans=0)


def _sum(rows: Sequence[Mapping[str, Any]]) -> Rollup:
    return _rollup(
        add_known(row["counted_sum"] for row in rows),
        add_known(row["pledged_sum"] for row in rows),
        len({row["plan"] for row in rows}),
    )


def _codes(rows: Sequence[Mapping[str, Any]], dimension: Dimension, plans: set[int]) -> list[Any]:
    """Return the raw value of each row, a residual where it has none."""
    if dimension.of_plans is not None:
        of_plan = dimension.of_plans(list(Plan.objects.filter(pk__in=plans)))
        return [of_plan[row["plan"]] for row in rows]
    wider = dimension.regroup() if dimension.regroup else None
    codes: list[Any] = []
    for row in rows:
        if dimension.is_sectoral and row["is_shared_across_sectors"]:
            codes.append(Residual.SHARED)
        elif row["key"] is None:
            codes.append(Residual.NOT_SPECIFIED)
        else:
            codes.append(row["key"] if wider is None else wider[row["key"]])
    return codes


def _in_order(lines: list[Line], dimension: Dimension) -> list[Line]:
    """Return the lines by code where the dimension has an order of its own, else the largest first; residuals last."""
    if dimension.sorts_by_code:
        return sorted(lines, key=lambda line: (line.is_residual, str(line.key.code)))
    return sorted(
        lines, key=lambda line: (line.is_residual, -(line.figures.received_usd or 0), -(line.figures.pledged_usd or 0))
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideYear:
    """Money for a country outside any plan, in one year. Two ways to tell it, never added to each other."""

    year: int | None
    """None: not stated."""
    official_usd: Decimal | None
    """None: no official source has a total."""
    received_usd: Decimal | None
    """What contributions on record add to. None: there is none that counts."""
    pledged_usd: Decimal | None


def outside_plans(country: Country, on: date | None = None) -> list[OutsideYear]:
    """Return the money for a country outside any plan, the newest year first, no year last. Queries: 2."""
    columns = columns_of(on)
    totals = ReportedFunding.objects.in_force(on).filter(plan__isnull=True, country=country)
    official = {
        row["year"]: quantize_usd(row["total"])
        for row in totals.order_by().values("year").annotate(total=SumUSD("amount_usd"))
    }
    rows = (
        Contribution.objects.as_known(on)
        .filter(columns.counts(), plan__isnull=True, country=country)
        .annotate(year=Coalesce("usage_year", ExtractYear("decision_on"), output_field=models.IntegerField()))
        .order_by()
        .values("year")
        .annotate(counted_sum=SumUSD(columns.counted), pledged_sum=SumUSD(columns.pledged))
    )
    given = {row["year"]: (add_known([row["counted_sum"]]), add_known([row["pledged_sum"]])) for row in rows}
    years = sorted(official.keys() | given.keys(), key=lambda year: (year is None, -(year or 0)))
    return [
        OutsideYear(
            year=year,
            official_usd=official.get(year),
            received_usd=given.get(year, (None, None))[0],
            pledged_usd=given.get(year, (None, None))[1],
        )
        for year in years
    ]
