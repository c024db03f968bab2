"""What money can be put on: whole plans, and their lines by sector, objective, project and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crp.common.figures import ZERO, Rollup
from funding.dimensions import COUNTRY, FRAMEWORK, GLOBAL_CLUSTER, OBJECTIVE, PROJECT, SECTOR, Dimension
from funding.models import FundingRequest, Project, ReportedFunding
from funding.rollups import break_down
from funding.rollups.scenarios import Effect, unplaced_by_plan
from funding.selectors.portfolio import PLAN, PlanLine, published_plans
from plans.models import Framework, Objective, Plan, Translation
from plans.querysets import in_force
from plans.translating import Passage, Told, listed_names, reading
from sectors.models import Sector

WHOLE = "plan"
KINDS: Mapping[str, Dimension] = {
    "sector": SECTOR,
    "cluster": GLOBAL_CLUSTER,
    "objective": OBJECTIVE,
    "framework": FRAMEWORK,
    "project": PROJECT,
    "country": COUNTRY,
}
"""The kinds of lines, by the word that addresses use."""
TITLES = {
    WHOLE: _("Whole plan"),
    "sector": _("Sector"),
    "cluster": _("Global cluster"),
    "objective": _("Objective"),
    "framework": _("Framework"),
    "project": _("Project"),
    "country": _("Country"),
}
NAMED_BY_PLAN: Mapping[str, tuple[Any, str, str]] = {
    "objective": (Objective, "number", "title"),
    "framework": (Framework, "code", "name"),
    "project": (Project, "code", "title"),
}
"""Rows that two plans may have under the same code: a rollup over both would give one name to the two."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A plan, or one line of it, with what it asks for and received."""

    line: PlanLine
    kind: str
    code: str
    name: str
    figures: Rollup
    unplaced_usd: Decimal = ZERO
    is_priority: bool = False
    sector: Sector | None = None
    """The sector or cluster of a line, of a project its own."""

    @property
    def plan(self) -> Plan:
        return self.line.plan

    @property
    def title(self) -> Any:
        """What kind of line it is."""
        return TITLES[self.kind]

    @property
    def is_whole(self) -> bool:
        return self.kind == WHOLE

    @property
    def target(self) -> str:
        """How an address names it: ``MLI-CRP-2025-2026/sector/IOM-2025/WASH``, or of a whole plan its code."""
        return self.plan.code if self.is_whole else f"{self.plan.code}/{self.kind}/{self.code}"

    def effect_of(self, put_usd: Decimal) -> Effect:
        """Return what an amount would change."""
        return Effect(
            requested_usd=self.figures.requested_usd,
            received_usd=self.figures.received_usd,
            unplaced_usd=self.unplaced_usd,
            put_usd=put_usd,
            plan_requested_usd=self.line.figures.requested_usd,
            people_targeted=self.line.revision.people_targeted,
        )


def whole(line: PlanLine) -> Ask:
    """Return a plan as a whole."""
    return Ask(line=line, kind=WHOLE, code="", name=line.plan.title, figures=line.figures)


def asks_by(kind: str, lines: Sequence[PlanLine], on: date | None = None) -> dict[str, list[Ask]]:
    """Return the lines of one kind that plans have, by the code of the plan, in the order that they print them.

    Only lines that name something: rests are no line that money could be put on. Queries: 17 at most.
    """
    if not lines:
        return {}
    dimension = KINDS[kind]
    plans = {line.plan.code: line for line in lines}
    pks = [line.plan.pk for line in lines]
    among = {PLAN.name: PLAN, dimension.name: dimension}
    rows = published_plans(on).filter(pk__in=pks).prefetch_related(None)
    opened = break_down(rows, list(among), on, among=among).lines
    unplaced = unplaced_by_plan(opened)
    name_of = _names(kind, pks, on)
    first = _priorities(kind, pks, on)
    sectors = _sectors_of_projects(pks, on) if kind == "project" else {}
    found: dict[str, list[Ask]] = {}
    for opened_line in opened:
        plan, key = opened_line.keys
        if key.residual:
            continue
        code = str(plan.code)
        found.setdefault(code, []).append(
            Ask(
                line=plans[code],
                kind=kind,
                code=str(key.code),
                name=name_of(code, key.code) or Told(key.name, reading(), source=key.name),
                figures=opened_line.figures,
                unplaced_usd=unplaced.get(code, ZERO),
                is_priority=(code, _identity(kind, key)) in first,
                sector=key.subject if kind in {"sector", "cluster"} else sectors.get((code, key.code)),
            )
        )
    return found


def official_days(pks: Iterable[int], on: date | None = None) -> dict[int, date]:
    """Return the day of the official total of each plan that has one. Queries: 1."""
    totals = ReportedFunding.objects.in_force(on).filter(plan__in=list(pks), scope=ReportedFunding.Scope.TOTAL)
    return dict(totals.order_by("reported_on").values_list("plan", "reported_on"))


def received_days(lines: Iterable[PlanLine], on: date | None = None) -> dict[int, date]:
    """Return the day that the money received of each plan speaks of, where one is known. Queries: 1."""
    lines = list(lines)
    printed = {line.plan.pk: day for line in lines if (day := line.revision.funding_updated_on) is not None}
    return printed | official_days([line.plan.pk for line in lines], on)


def _identity(kind: str, key: Any) -> Any:
    return key.subject.pk if kind in {"sector", "cluster", "country"} else key.code


def _names(kind: str, pks: Sequence[int], on: date | None) -> Callable[[str, Any], str]:
    """Return what gives the name that a plan itself has for a line; empty: the name is that of a list."""
    if kind not in NAMED_BY_PLAN:
        return lambda plan, code: ""
    model, code_column, name_column = NAMED_BY_PLAN[kind]
    rows = list(
        model.objects.filter(in_force(on, "revision__"), revision__plan__in=pks).select_related("revision__plan")
    )
    told = _told_names(rows, name_column)
    names = {
        (row.revision.plan.code, getattr(row, code_column)): told.get(row.pk) or getattr(row, name_column)
        for row in rows
    }
    return lambda plan, code: names.get((plan, code), "")


def _told_names(rows: Sequence[Any], column: str) -> dict[int, Told]:
    """Return the names of rows as the reader gets them. Queries: 2, none in the language of the code."""
    language = reading()
    if language == settings.LANGUAGE_CODE:
        return {}
    passages = [
        Passage(row, row.row_key, column, getattr(row, column), settings.LANGUAGE_CODE)
        for row in rows
        if getattr(row, column)
    ]
    plans = {passage.row.revision.plan_id for passage in passages}
    made = {
        (row.plan_id, row.subject, row.field, row.source_hash): row.text
        for row in Translation.objects.filter(plan__in=plans, language=language, field=column)
    }
    listed = listed_names(passages, language)
    found = {}
    for passage in passages:
        text = made.get((passage.row.revision.plan_id, *passage.key)) or listed.get(passage.key)
        shown = (passage.text, passage.language) if text is None else (text, language)
        found[passage.row.pk] = Told(*shown, source=passage.text)
    return found


def _priorities(kind: str, pks: Sequence[int], on: date | None) -> set[tuple[str, Any]]:
    """Return the lines that plans mark as a priority. A line by cluster is one where it is asked for as that."""
    column = {"cluster": "sector", "objective": "objective__number", "project": "project__code"}.get(kind, kind)
    if kind == "framework":
        column = "framework__code"
    breakdown = "global_cluster" if kind == "cluster" else kind
    rows = FundingRequest.objects.filter(
        in_force(on, "revision__"), revision__plan__in=pks, is_priority=True, breakdown=breakdown
    )
    return set(rows.values_list("revision__plan__code", column))


def _sectors_of_projects(pks: Sequence[int], on: date | None) -> dict[tuple[str, Any], Sector]:
    rows = Project.objects.filter(in_force(on, "revision__"), revision__plan__in=pks, sector__isnull=False)
    found = rows.select_related("sector__taxonomy", "revision__plan")
    return {(row.revision.plan.code, row.code): row.sector for row in found if row.sector is not None}
