"""What recording money does to the figures of its plan: before and after, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import show_number, show_percent
from crp.common.figures import Rollup
from crp.common.money import SumUSD, quantize_usd
from crp.common.numbers import write_number, write_percent
from funding.models import Contribution, ReportedFunding
from funding.rollups import figures_of, with_figures
from plans.models import Plan

Done = TypeVar("Done")

MEASURES = (
    ("requested_usd", gettext_lazy("requested (USD)")),
    ("received_usd", gettext_lazy("received (USD)")),
    ("on_record_usd", gettext_lazy("on record (USD)")),
    ("pledged_usd", gettext_lazy("pledged (USD)")),
    ("gap_usd", gettext_lazy("gap (USD)")),
    ("percent_funded", gettext_lazy("funded")),
)
NOTHING_YET = {"pledged_usd", "on_record_usd"}
"""Where no amount is no gap in what is reported."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one plan as they are now."""

    plan: Plan
    rollup: Rollup
    on_record_usd: Decimal | None
    """What the contributions on record add to. None: none of them counts."""
    official_on: date | None
    """The day of the official total that is the plan's money received. None: the contributions are."""

    @property
    def exceeds_official(self) -> bool:
        """Whether more is on record than the official total says."""
        received = self.rollup.received_usd
        return self.official_on is not None and (self.on_record_usd or 0) > (received or 0)

    def of(self, name: str) -> Any:
        """Return one of the measures."""
        return self.on_record_usd if name == "on_record_usd" else getattr(self.rollup, name)


@dataclass(frozen=True, kw_only=True)
class Change:
    """The figures of one plan before and after something was done."""

    before: Figures
    after: Figures

    @property
    def plan(self) -> Plan:
        return self.after.plan

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return each figure with its two values, as they are shown."""
        rows = []
        for name, label in self._measures():
            was, now = self.before.of(name), self.after.of(name)
            rows.append({"label": label, "before": _show(name, was), "after": _show(name, now), "changes": was != now})
        return rows

    @property
    def sentence(self) -> str:
        """Return what changed in one line: ``received (USD) 0 → 1,000``."""
        parts = [
            f"{label} {_write(name, self.before.of(name))} → {_write(name, self.after.of(name))}"
            for name, label in self._measures()
            if self.before.of(name) != self.after.of(name)
        ]
        if not parts:
            return _("The figures of %(plan)s stay as they are.") % {"plan": self.plan.code}
        told = _("%(plan)s: %(changes)s.") % {"plan": self.plan.code, "changes": "; ".join(parts)}
        if self.before.on_record_usd == self.after.on_record_usd or self.after.official_on is None:
            return told
        received = self.after.rollup.received_usd
        stays = _("Received stays USD %(amount)s: that is the official total of %(day)s.") % {
            "amount": "–" if received is None else write_number(received),
            "day": date_format(self.after.official_on, "SHORT_DATE_FORMAT"),
        }
        return f"{told} {stays}"

    def _measures(self) -> list[tuple[str, Any]]:
        """Return what is worth showing: what is on record is what was received, unless an official total is."""
        return [row for row in MEASURES if row[0] != "on_record_usd" or self.after.official_on is not None]


def _show(name: str, value: Any) -> str:
    """Return a figure for the table."""
    if value is None and name in NOTHING_YET:
        return "–"
    return show_percent(value) if name == "percent_funded" else show_number(value)


def _write(name: str, value: Any) -> str:
    if value is None:
        return "–" if name in NOTHING_YET else _("not reported")
    return write_percent(value) if name == "percent_funded" else write_number(value)


def figures_by_plan(plans: Iterable[int | None]) -> dict[int, Figures]:
    """Return the figures of plans as they are now, by number. Queries: 3, none without a plan."""
    known = {pk for pk in plans if pk is not None}
    if not known:
        return {}
    counted = Contribution.objects.filter(plan__in=known, counted_usd__isnull=False).order_by()
    on_record = dict(counted.values_list("plan").annotate(total=SumUSD("counted_usd")))
    official = ReportedFunding.objects.in_force().filter(plan__in=known, scope=ReportedFunding.Scope.TOTAL)
    days = dict(official.order_by("reported_on", "pk").values_list("plan", "reported_on"))
    return {
        plan.pk: Figures(
            plan=plan,
            rollup=figures_of(plan),
            on_record_usd=quantize_usd(on_record[plan.pk]) if plan.pk in on_record else None,
            official_on=days.get(plan.pk),
        )
        for plan in with_figures(Plan.objects.with_current().filter(pk__in=known))
    }


def watch(plans: Iterable[int | None], act: Callable[[], Done]) -> tuple[Done, list[Change]]:
    """Do something, and return what came of it and what it did to the figures of the plans. Queries: 6 more."""
    known = {pk for pk in plans if pk is not None}
    before = figures_by_plan(known)
    done = act()
    after = figures_by_plan(known)
    changes = [Change(before=figures, after=after[pk]) for pk, figures in before.items() if pk in after]
    return done, changes


def try_out(plans: Iterable[int | None], act: Callable[[], Done]) -> tuple[Done, list[Change]]:
    """Return what :func:`watch` does, and leave nothing of it behind."""
    with transaction.atomic():
        result = watch(plans, act)
        transaction.set_rollback(True)
    return result


def tell_uncounted(contribution: Contribution) -> str:
    """Return why money adds to no figure of its plan though nobody doubts it; empty where it adds to one."""
    if contribution.flow == Contribution.Flow.INTERNAL:
        return _("It is passed on inside the plan: it counted when it came in, and does not count again.")
    if contribution.flow == Contribution.Flow.OUTGOING and contribution.status == Contribution.Status.PLEDGE:
        return _("It is only announced to leave the plan: it is taken off once it is committed.")
    return ""
