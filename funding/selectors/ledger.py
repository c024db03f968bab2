"""Contributions on a page: what each counts as, the steps it took, and how they lead to the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.core.paginator import Page
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.as_of import AS_OF
from crp.common.figures import ZERO, Breakdown, add_known
from crp.common.money import percent_of
from crp.common.pages import BadParameterError, problem_of, read_page
from crp.common.parameters import refuse_unknown
from funding.models import Contribution, Organization, ReportedFunding, StatusChange
from funding.rollups.ledger import Account, Part, PartSum, account_of, with_part
from funding.selectors.gaps import state_of
from plans.models import Plan

MEANINGS: Mapping[str, Any] = {
    Part.COUNTED: gettext_lazy("Commitments and payments that reached the plan, less corrections."),
    Part.OUTGOING: gettext_lazy("Money of the plan that went on to another one: taken off what came in."),
    Part.PLEDGED: gettext_lazy("Announced and not yet committed; never part of what was received."),
    Part.INTERNAL: gettext_lazy("Money that the plan has already, passed on by one organization to the next."),
    Part.LEAVING: gettext_lazy("Announced to go on to another plan; nothing has left yet."),
    Part.SUSPECTED: gettext_lazy("Each looks like another contribution, and doesn’t count until somebody has decided."),
    Part.MERGED: gettext_lazy("Each was found to repeat another contribution, which counts in its place."),
}
OUTSIDE: Mapping[str, Any] = {
    Part.COUNTED: gettext_lazy("Received outside any plan"),
    Part.OUTGOING: gettext_lazy("Sent out of a country, outside any plan"),
    Part.PLEDGED: gettext_lazy("Pledged outside any plan"),
    Part.INTERNAL: gettext_lazy("Passed on outside any plan"),
    Part.LEAVING: gettext_lazy("Announced to go out, outside any plan"),
    Part.SUSPECTED: gettext_lazy("Suspected duplicates outside any plan"),
    Part.MERGED: gettext_lazy("Merged duplicates outside any plan"),
}
OUTSIDE_MEANS = gettext_lazy("In no total of a plan.")
STALE_AFTER = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old the money received of a plan is. ``on`` is the day that asks."""

    as_of: date | None
    """What day the figure speaks of. None: not stated."""
    is_official: bool
    last_decision_on: date | None
    """When the newest contribution on record was decided. None: no contribution has a date."""
    on: date

    @property
    def day(self) -> date | None:
        """The day up to which money received is known. An official total is as old as itself, whatever came since."""
        if self.is_official:
            return self.as_of
        return max((day for day in (self.as_of, self.last_decision_on) if day), default=None)

    @property
    def is_stale(self) -> bool:
        """Whether that day lies more than 90 days back."""
        return self.day is not None and self.on - self.day > STALE_AFTER


@dataclass(frozen=True, kw_only=True)
class LedgerGroup:
    """The contributions of a page that count as the same thing, with the sum of all such, on every page."""

    title: Any
    meaning: Any
    sum: PartSum
    rows: Sequence[Contribution]


class LedgerPage:
    """One page of contributions, in groups of what they count as; ``parameters`` may narrow it to one part or donor.

    ``given`` comes from ``as_known(as_of)``, the past day it is of. Parameters None: nothing is listed.
    Where the address can't be understood ``problems`` says why, by parameter.
    Queries: 1 for the sums, 3 for the page, 2 more for a donor.
    """

    PER_PAGE = 50
    PARAMETERS: tuple[str, ...] = ("part", "donor", "page", AS_OF)

    def __init__(self, given: QuerySet[Contribution], parameters: QueryDict | None, as_of: date | None = None) -> None:
        self.given = given
        self.as_of = as_of
        self.state = state_of(parameters or QueryDict(), as_of)
        self.problems: dict[str, list[str]] = refuse_unknown(self.state.keys(), self.PARAMETERS)
        self.donor: Organization | None = None
        self.part: Part | None = None
        if parameters is not None and not self.problems:
            try:
                self._read()
            except BadParameterError as error:
                self.problems |= problem_of(error)

    def _read(self) -> None:
        self.part = self._read_part()
        self.donor = self._read_donor()
        rows: Any = with_part(self.given, self.as_of)  # mypy does not see what is annotated there
        rows = rows.annotate(is_outside=Q(plan__isnull=True))
        if self.donor is not None:
            rows = rows.filter(donor=self.donor)
        if self.part is not None:
            rows = rows.filter(part=self.part.value)
        newest_first = ("is_outside", "place", F("decision_on").desc(nulls_last=True), "code")
        related = ("plan", "country", "donor", "recipient", "sector__taxonomy", "source", "parent", "duplicate_of")
        steps = StatusChange.objects.taken_by(self.as_of).order_by(F("since_on").asc(nulls_first=True), "pk")
        rows = rows.select_related(*related).prefetch_related(Prefetch("status_changes", steps))
        self.page: Page = read_page(rows.order_by(*newest_first), self.state.get("page", ""), self.PER_PAGE)

    def _read_part(self) -> Part | None:
        value = self.state.get("part")
        if value is not None and value not in Part.values:
            raise BadParameterError(
                "part",
                _("“%(value)s” is not a part of the contributions. Choose from: %(parts)s.")
                % {"value": value, "parts": ", ".join(Part.values)},
            )
        return None if value is None else Part(value)

    def _read_donor(self) -> Organization | None:
        value = self.state.get("donor")
        if value is None:
            return None
        donor = None if "\0" in value else Organization.objects.filter(code=value).first()
        if donor is None:
            raise BadParameterError("donor", _("No organization has the code “%(code)s”.") % {"code": value})
        return donor

    @property
    def is_narrowed(self) -> bool:
        """Whether only some of the contributions are asked for."""
        return self.donor is not None or self.part is not None

    @cached_property
    def account(self) -> Account:
        """What all contributions to plans count as, whatever the page is narrowed to."""
        return account_of(self.given.filter(plan__isnull=False), self.as_of)

    @cached_property
    def outside(self) -> Account:
        """The same of money outside any plan: in no total of plans."""
        return account_of(self.given.filter(plan__isnull=True), self.as_of)

    @cached_property
    def _shown(self) -> Account:
        return self.account if self.donor is None else account_of(self.given.filter(donor=self.donor), self.as_of)

    @cached_property
    def groups(self) -> list[LedgerGroup]:
        """What the page lists; money outside any plan comes last, in groups of its own."""
        found = []
        for (is_outside, part), members in groupby(self.page.object_list, key=lambda row: (row.is_outside, row.part)):
            total = (self.outside if is_outside else self._shown).of(part)
            if total is None:  # taken away by somebody between two of the queries
                continue
            title, meaning = (OUTSIDE[part], OUTSIDE_MEANS) if is_outside else (Part(part).label, MEANINGS[part])
            found.append(LedgerGroup(title=title, meaning=meaning, sum=total, rows=list(members)))
        return found

    @cached_property
    def pages(self) -> list[int | str]:
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))


class PlanLedger(LedgerPage):
    """The contributions to one plan, beside its official total. ``on`` is the day that asks. Queries: 1 more."""

    def __init__(self, plan: Plan, parameters: QueryDict | None, on: date, as_of: date | None = None) -> None:
        self.plan = plan
        self.on = as_of or on
        super().__init__(plan.contributions.as_known(as_of), parameters, as_of)

    @cached_property
    def official(self) -> ReportedFunding | None:
        """The official total in force. None: none is on record."""
        totals = self.plan.reported_funding.in_force(self.as_of).filter(scope=ReportedFunding.Scope.TOTAL)
        return totals.select_related("source").first()

    @property
    def difference_usd(self) -> Decimal | None:
        """What the official total has beyond the contributions on record; below 0 where they have more."""
        return None if self.official is None else self.official.amount_usd - (self.account.counted_usd or ZERO)

    @property
    def share_on_record(self) -> Decimal | None:
        """How many percent of the official total the contributions on record are. None: not to be told."""
        if self.official is None or self.official.amount_usd <= 0:
            return None
        return percent_of(self.account.counted_usd, self.official.amount_usd)

    @property
    def pledged(self) -> PartSum | None:
        """What is announced and not yet committed. None: nothing is."""
        return self.account.of(Part.PLEDGED)

    @property
    def not_counted(self) -> list[PartSum]:
        """What is on record and changes no total."""
        silent = (Part.INTERNAL, Part.LEAVING, Part.SUSPECTED, Part.MERGED)
        return [item for item in self.account.parts if item.part in silent]

    @property
    def counted(self) -> list[PartSum]:
        """What money received on record is made of: what came in, and what left again."""
        return [item for item in self.account.parts if item.part in {Part.COUNTED, Part.OUTGOING}]

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(
            as_of=self.official.reported_on if self.official else self.plan.current.funding_updated_on,
            is_official=self.official is not None,
            last_decision_on=self.account.latest_on,
            on=self.on,
        )


def coverage_of(breakdown: Breakdown) -> tuple[int, int]:
    """Return how many of the parts that ask for money have received any, and how many there are."""
    asking = [line.figures for line in breakdown.rows if line.figures.requested_usd]
    return sum(bool(figures.received_usd) for figures in asking), len(asking)


def named_share(breakdown: Breakdown) -> Decimal | None:
    """Return how many percent of the money received stand on lines with a name. None: not one dollar does."""
    received = breakdown.total.received_usd
    named = add_known(line.figures.received_usd for line in breakdown.rows)
    return percent_of(named, received) if named and received is not None and received > 0 else None
