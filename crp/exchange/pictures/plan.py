"""The charts of one plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from crp.common.figures import Line, Rollup
from crp.common.numbers import write_percent
from crp.exchange.pictures.chart import Bar, Chart, Group, bar, share, value_of
from crp.exchange.pictures.portfolio import FIGURES, figures_row, how_to_read, key_rows, money_bars
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import scale_of

MONEY = FIGURES[2:]


@dataclass(frozen=True, kw_only=True)
class AskedOfPlan:
    """The plan that a chart is of, and where and when it was asked for."""

    page: PlanPage
    day: date
    address: str

    def chart(self, name: str, title: str, note: str, columns: tuple[str, ...], rows: list[Any], **body: Any) -> Chart:
        """Return a chart that begins with the name of the plan."""
        return Chart(
            name=name, title=f"{self.page.plan.title}: {title}", note=note, on=self.day, address=self.address,
            columns=("plan", *columns), rows=[{"plan": self.page.plan.code, **row} for row in rows], **body,
        )  # fmt: skip


def _received(figures: Rollup) -> str:
    if not figures.funding_reported:
        return _("USD. The plan doesn’t say what it received: that is unknown, not 0.")
    return how_to_read(pledged=figures.pledged_usd is not None)


def funding(asked: AskedOfPlan) -> Chart | None:
    """Return what the plan asks for and received."""
    figures = asked.page.figures
    row = {name: value for name, value in figures_row(figures).items() if name in MONEY}
    return asked.chart("funding", _("Requested and received"), _received(figures), MONEY, [row], kind="bars",
                       groups=[Group(title="", bars=money_bars(figures))])  # fmt: skip


def _lines(asked: AskedOfPlan, name: str, title: str, lines: list[Line]) -> Chart | None:
    """Return lines of a breakdown as bars on one scale. None: there are none."""
    if not lines:
        return None
    scale = scale_of(line for line in lines if not line.is_residual) or None
    bars = [
        bar(line.key.name, None if line.is_residual else line.figures, scale, value_of(line.figures)) for line in lines
    ]
    note = f"{_received(asked.page.figures)} {_('Bars share one scale.')}"
    rows = [{key: value for key, value in row.items() if key not in FIGURES[:2]} for row in key_rows(lines)]
    return asked.chart(name, title, note, ("code", "name", *MONEY), rows, kind="bars",
                       groups=[Group(title="", bars=bars)])  # fmt: skip


def sectors(asked: AskedOfPlan) -> Chart | None:
    """Return what it asks for by sector, priority sectors first as on its page."""
    page = asked.page
    chart = _lines(asked, "sectors", _("sectors"), [part.line for part in page.sector_parts])
    if chart is None:
        return None
    scale = page.sector_scale or None
    groups = [
        Group(
            title=group.title,
            bars=[
                bar(part.line.key.name, None if part.line.is_residual else part.figures, scale, value_of(part.figures))
                for part in group.parts
            ],
        )
        for group in page.sector_groups
    ]
    return asked.chart("sectors", _("sectors"), chart.note, tuple(chart.columns[1:]), list(chart.rows), kind="bars",
                       groups=groups)  # fmt: skip


def objectives(asked: AskedOfPlan) -> Chart | None:
    """Return what it asks for by objective."""
    lines = list(asked.page.breakdown("objective").lines) if asked.page.objectives else []
    return _lines(asked, "objectives", _("objectives"), lines)


def frameworks(asked: AskedOfPlan) -> Chart | None:
    """Return what it asks for by framework."""
    return _lines(asked, "frameworks", _("frameworks"), asked.page.frameworks)


def outcomes(asked: AskedOfPlan) -> Chart | None:
    """Return the shares of each objective's requirement by outcome. None: the plan states none."""
    parts = [part for part in asked.page.objectives if part.outcomes]
    if not parts:
        return None
    groups = [
        Group(
            title=_("Objective %(number)s: %(title)s")
            % {"number": part.objective.number, "title": part.objective.title},
            bars=[_share(outcome.name, outcome.share_percent) for outcome in part.outcomes],
        )
        for part in parts
    ]
    rows = [
        {"objective": part.objective.number, "outcome": outcome.name, "share_percent": outcome.share_percent}
        for part in parts
        for outcome in part.outcomes
    ]
    return asked.chart("outcomes", _("outcomes"), _("Percent of what each objective asks for, by long-term outcome."),
                       ("objective", "outcome", "share_percent"), rows, kind="bars", groups=groups)  # fmt: skip


def _share(name: str, percent: Any) -> Bar:
    return share(name, percent, write_percent(percent, None))


PLAN: Mapping[str, Callable[[AskedOfPlan], Chart | None]] = {
    "funding": funding,
    "sectors": sectors,
    "objectives": objectives,
    "outcomes": outcomes,
    "frameworks": frameworks,
}
