"""Donors: all of them by what they gave, and one with everything it gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from crp.common.as_of import AS_OF
from crp.common.charts import largest
from crp.common.figures import Breakdown, Line, Rollup, add_known
from crp.common.money import percent_of
from crp.common.pages import BadParameterError, problem_of, read_page
from funding.dimensions import COUNTRY, DECISION_YEAR, DONOR, EARMARKING, GLOBAL_CLUSTER, Dimension
from funding.filters import DonorFilter
from funding.models import Contribution, Organization
from funding.rollups.ledger import (
    Part,
    PartSum,
    account_of,
    break_down_given,
    public,
    sums_by_donor,
    to_published_plans,
)
from funding.selectors.gaps import state_of
from funding.selectors.ledger import OUTSIDE, LedgerPage
from funding.selectors.portfolio import PLAN
from plans.models import Country


@dataclass(frozen=True, kw_only=True)
class DonorLine:
    """A donor in a list. ``organization`` None: money whose donor the source does not name."""

    organization: Organization | None
    figures: Rollup
    share: Decimal | None
    """Percent of everything on record. None: nothing is."""


class DonorList:
    """Everybody who gave to published plans, the largest sum first; the address may narrow it by kind and country.

    ``on``: the past day by whose end they gave, None: now.

    Where the address can't be understood ``problems`` says why, by parameter, and nothing is listed.
    Queries: 5, and 1 for each filter.
    """

    PER_PAGE = 50

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.state = state_of(parameters, on)
        self.filters = DonorFilter(self.state, queryset=Organization.objects.select_related("country"))
        self.problems: dict[str, list[str]] = self.filters.problems(also_known=("page", AS_OF))
        if not self.problems:
            try:
                self.page: Page = read_page(self.lines, self.state.get("page", ""), self.PER_PAGE)
            except BadParameterError as error:
                self.problems |= problem_of(error)

    @cached_property
    def _sums(self) -> dict[int | None, Rollup]:
        return sums_by_donor(to_published_plans(on=self.on), self.on)

    @cached_property
    def received_usd(self) -> Decimal | None:
        """What all donors gave together, also those that are not shown. None: nothing is on record."""
        return add_known(figures.received_usd for figures in self._sums.values())

    @property
    def is_narrowed(self) -> bool:
        """Whether only some of the donors are asked for."""
        return any(name in self.state for name in self.filters.filters)

    @cached_property
    def lines(self) -> list[DonorLine]:
        """The donors asked for; those not named stand last, and only where no filter asks for some."""
        known = self.filters.qs.filter(pk__in=[pk for pk in self._sums if pk is not None])
        lines = [self._line(organization, self._sums[organization.pk]) for organization in known]
        lines.sort(
            key=lambda line: (*_largest_first(line.figures), line.organization.code if line.organization else "")
        )
        if None in self._sums and not self.is_narrowed:
            lines.append(self._line(None, self._sums[None]))
        return lines

    def _line(self, organization: Organization | None, figures: Rollup) -> DonorLine:
        return DonorLine(
            organization=organization, figures=figures, share=percent_of(figures.received_usd, self.received_usd)
        )

    @property
    def number(self) -> int:
        """How many donors with a name there are."""
        return sum(line.organization is not None for line in self.lines)

    @cached_property
    def total(self) -> Rollup:
        """What the donors asked for gave together, on all pages. Plans are not told: they have several donors."""
        return together([line.figures for line in self.lines])

    @property
    def total_share(self) -> Decimal | None:
        """What the donors asked for gave, in percent of everything on record."""
        return percent_of(self.total.received_usd, self.received_usd)

    @cached_property
    def scale(self) -> Decimal:
        return largest(line.figures for line in self.lines)

    @cached_property
    def kinds(self) -> list[tuple[str, str, bool]]:
        """The kinds to choose from, each with its name and whether it is chosen."""
        chosen = self.state.getlist("kind")
        return [(value, str(label), value in chosen) for value, label in Organization.Kind.choices]

    @cached_property
    def countries(self) -> list[tuple[str, str, bool]]:
        """The countries that donors are of."""
        chosen = {value.upper() for value in self.state.getlist("country")}
        given = Contribution.objects.as_known(self.on).filter(donor=OuterRef("pk"))
        donors = Organization.objects.filter(Exists(to_published_plans(given, self.on)), country=OuterRef("pk"))
        found = Country.objects.filter(Exists(donors))
        return sorted(((item.iso3, item.label, item.iso3 in chosen) for item in found), key=lambda item: item[1])

    @cached_property
    def pages(self) -> list[int | str]:
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))


def _largest_first(figures: Rollup) -> tuple[Decimal, Decimal]:
    return -(figures.received_usd or Decimal(0)), -(figures.pledged_usd or Decimal(0))


def together(figures: Sequence[Rollup]) -> Rollup:
    """Return what was given together, without the number of plans: a plan has several donors."""
    received = add_known(item.received_usd for item in figures)
    return Rollup(
        requested_usd=None,
        requested_reporting_usd=None,
        received_usd=received,
        pledged_usd=add_known(item.pledged_usd for item in figures),
        plans_reporting=int(received is not None),
    )


@dataclass(frozen=True, kw_only=True)
class GivenPart:
    """One way to open what a donor gave: its largest lines, and what the others add to."""

    name: str
    title: str
    column: str
    breakdown: Breakdown

    MOST = 25

    @property
    def lines(self) -> Sequence[Line]:
        lines = self.breakdown.lines
        return lines if len(lines) <= self.MOST + 1 else lines[: self.MOST]

    @property
    def others(self) -> Sequence[Line]:
        """The lines that are too many to show."""
        return self.breakdown.lines[len(self.lines) :]

    @property
    def others_total(self) -> Rollup:
        return together([line.figures for line in self.others])

    @property
    def scale(self) -> Decimal:
        return largest(line.figures for line in self.lines)


class DonorPage:
    """A donor: what it gave to published plans, opened in every way, and apart from that what it gave outside any.

    Queries: 20 at most, however many contributions there are.
    """

    def __init__(self, organization: Organization, parameters: QueryDict, on: date | None = None) -> None:
        self.organization = organization
        self.on = on
        self.given: QuerySet[Contribution] = Contribution.objects.as_known(on).filter(donor=organization)
        self.to_plans = to_published_plans(self.given, on)
        self.ledger = DonorLedger(public(self.given, on), parameters, on)
        self._breakdowns: dict[str, Breakdown] = {}

    @property
    def outside_parts(self) -> list[tuple[Any, PartSum]]:
        """What is on record outside any plan, each kind under a name of its own."""
        return [(OUTSIDE[item.part], item) for item in self.ledger.outside.parts]

    @property
    def passed_on(self) -> Decimal | None:
        """What it passed on inside plans: counted where it came in, under the donor that gave it. None: nothing."""
        internal = self.ledger.account.of(Part.INTERNAL)
        return internal.amount_usd if internal else None

    def breakdown(self, dimension: Dimension) -> Breakdown:
        """Return what it gave to plans, opened by one dimension; read once."""
        if dimension.name not in self._breakdowns:
            self._breakdowns[dimension.name] = break_down_given(self.to_plans, dimension, self.on)
        return self._breakdowns[dimension.name]

    @property
    def total(self) -> Rollup:
        return self.breakdown(PLAN).total

    @cached_property
    def parts(self) -> list[GivenPart]:
        offered = (
            (DECISION_YEAR, _("By year of decision"), _("Year")),
            (COUNTRY, _("By country"), _("Country")),
            (PLAN, _("By plan"), _("Plan")),
            (GLOBAL_CLUSTER, _("By global cluster"), _("Global cluster")),
        )
        return [
            GivenPart(name=dimension.name, title=title, column=column, breakdown=self.breakdown(dimension))
            for dimension, title, column in offered
        ]

    @property
    def states_earmarking(self) -> bool:
        """Whether any source says how its money is earmarked."""
        return bool(self.breakdown(EARMARKING).rows)

    @cached_property
    def earmarking(self) -> list[tuple[Line, Decimal | None]]:
        """How tightly its money is tied, each degree with its share of what was received."""
        breakdown = self.breakdown(EARMARKING)
        received = breakdown.total.received_usd
        return [(line, percent_of(line.figures.received_usd, received)) for line in breakdown.lines]


class ReceiverPage:
    """An organization in its other role: what it received inside published plans, by who gave it and for which plan.

    Queries: 8 at most.
    """

    def __init__(self, organization: Organization, on: date | None = None) -> None:
        self.on = on
        self.known: QuerySet[Contribution] = Contribution.objects.as_known(on).filter(recipient=organization)
        self.to_plans = to_published_plans(self.known, on)

    @cached_property
    def by_donor(self) -> Breakdown:
        return break_down_given(self.to_plans, DONOR, self.on)

    @property
    def total(self) -> Rollup:
        return self.by_donor.total

    @cached_property
    def passed_to(self) -> Decimal | None:
        """What was passed on to it inside plans, and counts where it came in. None: nothing."""
        internal = account_of(self.to_plans, self.on).of(Part.INTERNAL)
        return internal.amount_usd if internal else None

    @cached_property
    def parts(self) -> list[GivenPart]:
        if not self.total.plans:
            return []
        by_plan = break_down_given(self.to_plans, PLAN, self.on)
        return [
            GivenPart(name="donor", title=_("By donor"), column=_("Donor"), breakdown=self.by_donor),
            GivenPart(name="plan", title=_("By plan"), column=_("Plan"), breakdown=by_plan),
        ]


class DonorLedger(LedgerPage):
    """The contributions of one donor."""

    PARAMETERS = ("part", "page", AS_OF)
