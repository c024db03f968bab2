"""One plan opened in every way at once, as its detail shows it: in whole cents, and two statements for all of it.

What a published revision asks for does not change, so whoever asks often keeps :class:`Asked`. The rules are those of
``break_down_plan``; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, F

from crp.common.figures import FigureError
from funding.dimensions import FRAMEWORK, OBJECTIVE, PROJECT, SECTOR, Residual
from funding.models import Project, TargetFigures
from funding.updated import updated_at
from plans.models import Plan

from .breakdowns import RESIDUAL_ORDER
from .parts import Codes, Given, official_parts, parts_of, requested_parts
from .plans import with_figures

DIMENSIONS = (FRAMEWORK, OBJECTIVE, SECTOR, PROJECT)
_AMOUNTS = ("requested_usd", "received_usd", "pledged_usd", "official_usd")
_TARGET = ("framework_code", "objective_number", "sector", "is_shared_across_sectors", "project_code")
_SUMS = ("counted_sum", "counted_number", "pledged_sum", "pledged_number")


Statement = tuple[str, tuple[Any, ...]]
Amounts = tuple[int | None, int | None, int | None]
"""Requested, received and pledged, in whole cents."""


class Whole(NamedTuple):
    """The figures of a plan in whole cents, and which plan and revision they are of."""

    plan: int
    revision: int
    requested_usd: int | None
    received_usd: int | None
    pledged_usd: int | None
    official_usd: int | None
    updated_at: Any
    """As the database gives a time: SQLite one that was computed as a text."""

    @property
    def funding_reported(self) -> bool:
        """Whether money received is reported at all, be it 0."""
        return self.received_usd is not None


class _Target(NamedTuple):
    framework_code: str
    objective_number: int | None
    sector: int | None
    is_shared: bool
    project_code: str
    counted_sum: int
    counted_number: int
    pledged_sum: int
    pledged_number: int


@dataclass(frozen=True)
class Asked:
    """What the revision in force asks for, by dimension and raw value, in cents, and where its projects belong."""

    lines: Mapping[str, dict[Codes, int]]
    projects: Mapping[str, tuple[str | None, int | None]]
    """By project code: code of the framework, number of the sector."""


def asked_of(plan: Plan) -> Asked:
    """Return what a plan asks for. Queries: 5."""
    this = Plan.objects.filter(pk=plan.pk)
    lines = {dimension.name: requested_parts(this, [dimension], [None], None) for dimension in DIMENSIONS}
    projects = Project.objects.filter(revision=plan.current).values_list("code", "framework__code", "sector")
    return Asked(
        lines={name: _in_cents(parts.get(plan.pk, {})) for name, parts in lines.items()},
        projects={code: (framework, sector) for code, framework, sector in projects},
    )


def whole_of(code: str) -> Whole | None:
    """Return the figures of a published plan. None: there is none of this code. Queries: 1."""
    if "\0" in code:  # which PostgreSQL has in no text
        return None
    sql, parameters = _plan_statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, code])
        row = cursor.fetchone()
    return Whole(*row) if row else None


def open_whole(whole: Whole, asked: Asked) -> dict[str, dict[Any, Amounts]]:
    """Return what a plan has by framework, objective, sector and project, each by raw value, in whole cents.

    Residuals come last, as in ``break_down_plan``. Queries: 1, and 1 more where the plan has an official total.

    Raises: FigureError where money moved since the plan was read.
    """
    sql, parameters = _targets_statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, whole.plan])
        targets = [_Target(*row) for row in cursor.fetchall()]
    targets = [target for target in targets if target.counted_number or target.pledged_number]
    official: dict[Codes, int] = {}
    if whole.official_usd is not None:
        lines = official_parts(Plan.objects.filter(pk=whole.plan), [SECTOR], [None], None)
        official = _in_cents(lines.get(whole.plan, {}))
    opened = {}
    for dimension in DIMENSIONS:
        parts: Mapping[Codes, Any] = parts_of(
            whole,
            whole.official_usd,
            [dimension],
            asked=asked.lines[dimension.name],
            given=_given(targets, _KEYS[dimension.name], asked, is_sectoral=dimension.is_sectoral),
            official=official if dimension is SECTOR else {},
            nowhere=(Residual.NOT_SPECIFIED,),
            zero=0,
        )
        _prove(dimension.name, whole, parts)
        ordered = sorted(parts, key=lambda codes: RESIDUAL_ORDER.index(_rest(codes[0])))
        opened[dimension.name] = {codes[0]: parts[codes] for codes in ordered}
    return opened


def _rest(value: Any) -> str:
    return value.value if isinstance(value, Residual) else ""


def _prove(name: str, whole: Whole, parts: Mapping[Codes, Amounts]) -> None:
    """Refuse lines that do not add to the plan's own figures."""
    for place, total in enumerate((whole.requested_usd, whole.received_usd, whole.pledged_usd)):
        known: list[Any] = [part[place] for part in parts.values() if part[place] is not None]
        if (sum(known) if known else None) != total:
            raise FigureError(f"By {name}: lines give {known}, total {total}")


def _in_cents(amounts: Mapping[Codes, Decimal]) -> dict[Codes, int]:
    return {codes: int(amount.scaleb(2)) for codes, amount in amounts.items()}


@cache
def _plan_statement() -> Statement:
    """Return the statement for the columns of :class:`Whole`, made once; the code of the plan is missing."""
    cents: dict[str, Any] = {
        f"{name}_cents": ExpressionWrapper(F(f"kept_figures__{name}"), output_field=BigIntegerField())
        for name in _AMOUNTS
    }
    plans = with_figures(Plan.objects.in_force()).filter(code="code").order_by()
    plans = plans.annotate(**cents, updated=updated_at())
    return _but_last(plans.values_list("pk", "current__pk", *cents, "updated"))


@cache
def _targets_statement() -> Statement:
    """Return the statement for the columns of ``_Target``; the number of the plan is missing."""
    cents: dict[str, Any] = {
        f"{name}_cents": ExpressionWrapper(F(name), output_field=BigIntegerField()) for name in _SUMS
    }
    targets = TargetFigures.objects.filter(plan=1).order_by().annotate(**cents)
    return _but_last(targets.values_list(*_TARGET, *cents))


def _but_last(rows: Any) -> Statement:
    """Return the SQL of a query with its parameters but the last."""
    sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(parameters)[:-1]


def _framework(target: _Target, asked: Asked) -> Any:
    return target.framework_code or asked.projects.get(target.project_code, (None, None))[0]


def _sector(target: _Target, asked: Asked) -> Any:
    return asked.projects.get(target.project_code, (None, None))[1] if target.sector is None else target.sector


_KEYS: Mapping[str, Callable[[_Target, Asked], Any]] = {
    "framework": _framework,
    "objective": lambda target, asked: target.objective_number,
    "sector": _sector,
    "project": lambda target, asked: target.project_code or None,
}


def _given(
    targets: list[_Target], key: Callable[[_Target, Asked], Any], asked: Asked, *, is_sectoral: bool
) -> dict[Codes, Given]:
    """Return what was given by raw value, in the order of the values."""
    found: dict[Any, list[_Target]] = defaultdict(list)
    for target in targets:
        value = key(target, asked)
        value = Residual.NOT_SPECIFIED if value is None else value
        found[Residual.SHARED if is_sectoral and target.is_shared else value].append(target)
    values = sorted(found, key=lambda value: (isinstance(value, Residual), value))
    given = {}
    for value in values:
        counted = [target.counted_sum for target in found[value] if target.counted_number]
        pledged = [target.pledged_sum for target in found[value] if target.pledged_number]
        in_cents: Any = (sum(counted) if counted else None, sum(pledged) if pledged else None)
        given[value,] = Given(*in_cents)
    return given
