"""One plan opened in every way at once, as its detail shows it, in one statement for what was given.

What a published revision asks for does not change, so whoever asks often keeps :class:`Asked`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crp.common.figures import Breakdown, Key, Line, Rollup, add_known
from funding.dimensions import FRAMEWORK, OBJECTIVE, PROJECT, SECTOR, Dimension, Residual
from funding.models import Project, TargetFigures
from plans.models import Plan

from .breakdowns import ALL_MEASURES, RESIDUAL_ORDER
from .parts import Codes, Given, Part, official_parts, parts_of, requested_parts
from .plans import figures_of
from .sums import Sums

DIMENSIONS = (FRAMEWORK, OBJECTIVE, SECTOR, PROJECT)

Target = dict[str, Any]
_TARGET = (
    "framework_code",
    "objective_number",
    "sector",
    "is_shared_across_sectors",
    "project_code",
    "counted_sum",
    "counted_number",
    "pledged_sum",
    "pledged_number",
)


@dataclass(frozen=True)
class Asked:
    """What the revision in force asks for, by dimension and raw value, and where its projects belong."""

    lines: Mapping[str, dict[Codes, Decimal]]
    projects: Mapping[str, tuple[str | None, int | None]]
    """By project code: code of the framework, number of the sector."""


def asked_of(plan: Plan) -> Asked:
    """Return what a plan asks for. Queries: 5."""
    this = Plan.objects.filter(pk=plan.pk)
    lines = {dimension.name: requested_parts(this, [dimension], [None], None) for dimension in DIMENSIONS}
    projects = Project.objects.filter(revision=plan.current).values_list("code", "framework__code", "sector")
    return Asked(
        lines={name: parts.get(plan.pk, {}) for name, parts in lines.items()},
        projects={code: (framework, sector) for code, framework, sector in projects},
    )


def break_down_whole(plan: Any, asked: Asked) -> dict[str, Breakdown]:
    """Return the breakdowns of a plan from ``with_figures`` by framework, objective, sector and project.

    The lines are those of ``break_down_plan``; their keys hold raw values in place of names. Queries: 1, and 1 more
    where the plan has an official total.

    Raises: FigureError where money moved since the plan was read.
    """
    figures = figures_of(plan)
    official_usd: Decimal | None = plan.official_usd
    targets: list[Target] = list(TargetFigures.objects.filter(plan=plan.pk).values(*_TARGET))
    official: dict[Codes, Decimal] = {}
    if official_usd is not None:
        official = official_parts(Plan.objects.filter(pk=plan.pk), [SECTOR], [None], None).get(plan.pk, {})
    return {
        dimension.name: _show(
            dimension,
            figures,
            parts_of(
                figures,
                official_usd,
                [dimension],
                asked=asked.lines[dimension.name],
                given=_given(targets, _KEYS[dimension.name], asked, is_sectoral=dimension.is_sectoral),
                official=official if dimension is SECTOR else {},
                nowhere=(Residual.NOT_SPECIFIED,),
            ),
        )
        for dimension in DIMENSIONS
    }


def _framework(target: Target, asked: Asked) -> Any:
    return target["framework_code"] or asked.projects.get(target["project_code"], (None, None))[0]


def _sector(target: Target, asked: Asked) -> Any:
    own = target["sector"]
    return asked.projects.get(target["project_code"], (None, None))[1] if own is None else own


_KEYS: Mapping[str, Callable[[Target, Asked], Any]] = {
    "framework": _framework,
    "objective": lambda target, asked: target["objective_number"],
    "sector": _sector,
    "project": lambda target, asked: target["project_code"] or None,
}


def _given(
    targets: list[Target], key: Callable[[Target, Asked], Any], asked: Asked, *, is_sectoral: bool
) -> dict[Codes, Given]:
    """Return what was given by raw value, in the order of the values."""
    found: dict[Any, list[Target]] = defaultdict(list)
    for target in targets:
        if target["counted_number"] or target["pledged_number"]:
            value = key(target, asked)
            value = Residual.NOT_SPECIFIED if value is None else value
            found[Residual.SHARED if is_sectoral and target["is_shared_across_sectors"] else value].append(target)
    values = sorted(found, key=lambda value: (isinstance(value, Residual), value))
    return {(value,): Given(_total(found[value], "counted"), _total(found[value], "pledged")) for value in values}


def _total(targets: list[Target], what: str) -> Decimal | None:
    return add_known(target[f"{what}_sum"] for target in targets if target[f"{what}_number"])


def _show(dimension: Dimension, figures: Rollup, parts: Mapping[Codes, Part]) -> Breakdown:
    total = Sums()
    total.add_figures(figures)
    lines = []
    for (value,), part in parts.items():
        line = Sums()
        line.add(part, reported=figures.funding_reported)
        rest = value.value if isinstance(value, Residual) else ""
        lines.append(Line(keys=(Key(code=value, name="", residual=rest),), figures=line.rollup()))
    lines.sort(key=lambda line: (line.is_residual, RESIDUAL_ORDER.index(line.key.residual)))
    return Breakdown(by=(dimension.name,), total=total.rollup(), lines=tuple(lines), measures=ALL_MEASURES)
