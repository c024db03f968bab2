"""What recording money does to the figures of its plan: before and after, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import show_number, show_percent
from crp.common.figures import Rollup
from crp.common.numbers import write_number, write_percent
from funding.rollups import figures_of, with_figures
from plans.models import Plan

Done = TypeVar("Done")

MEASURES = (
    ("requested_usd", gettext_lazy("requested (USD)")),
    ("received_usd", gettext_lazy("received (USD)")),
    ("pledged_usd", gettext_lazy("pledged (USD)")),
    ("gap_usd", gettext_lazy("gap (USD)")),
    ("percent_funded", gettext_lazy("funded")),
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """The figures of one plan before and after something was done."""

    plan: Plan
    before: Rollup
    after: Rollup

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return each figure with its two values, as they are shown."""
        rows = []
        for name, label in MEASURES:
            was, now = getattr(self.before, name), getattr(self.after, name)
            rows.append({"label": label, "before": _show(name, was), "after": _show(name, now), "changes": was != now})
        return rows

    @property
    def sentence(self) -> str:
        """Return what changed in one line: ``received (USD) 0 → 1,000``."""
        parts = [
            f"{label} {_write(name, getattr(self.before, name))} → {_write(name, getattr(self.after, name))}"
            for name, label in MEASURES
            if getattr(self.before, name) != getattr(self.after, name)
        ]
        if not parts:
            return _("The figures of %(plan)s stay as they are.") % {"plan": self.plan.code}
        return _("%(plan)s: %(changes)s.") % {"plan": self.plan.code, "changes": "; ".join(parts)}


def _show(name: str, value: Any) -> str:
    """Return a figure for the table. No pledge on record is no gap in what is reported."""
    if value is None and name == "pledged_usd":
        return "–"
    return show_percent(value) if name == "percent_funded" else show_number(value)


def _write(name: str, value: Any) -> str:
    if value is None:
        return "–" if name == "pledged_usd" else _("not reported")
    return write_percent(value) if name == "percent_funded" else write_number(value)


def figures_by_plan(plans: Iterable[int | None]) -> dict[int, tuple[Plan, Rollup]]:
    """Return plans with their figures as they are now, by number. Queries: 1."""
    known = {pk for pk in plans if pk is not None}
    found = with_figures(Plan.objects.with_current().filter(pk__in=known)) if known else ()
    return {plan.pk: (plan, figures_of(plan)) for plan in found}


def watch(plans: Iterable[int | None], act: Callable[[], Done]) -> tuple[Done, list[Change]]:
    """Do something, and return what came of it and what it did to the figures of the plans. Queries: 2 more."""
    known = {pk for pk in plans if pk is not None}
    before = figures_by_plan(known)
    done = act()
    after = figures_by_plan(known)
    changes = [
        Change(plan=plan, before=figures, after=after[pk][1]) for pk, (plan, figures) in before.items() if pk in after
    ]
    return done, changes


def try_out(plans: Iterable[int | None], act: Callable[[], Done]) -> tuple[Done, list[Change]]:
    """Return what :func:`watch` does, and leave nothing of it behind."""
    with transaction.atomic():
        result = watch(plans, act)
        transaction.set_rollback(True)
    return result
