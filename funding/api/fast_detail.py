"""One plan, whole, without asking again for what its revision says.

What a published revision says does not change; it is written once by :class:`funding.api.detail.PlanDetailSerializer`
and kept. The figures are read for each answer. A test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from crp.common.api.figures import OF_ONE_PLAN, show_figures
from crp.common.api.renderers import to_json
from crp.common.figures import ZERO, Breakdown, FigureError, Line, Rollup
from crp.common.recent import Recent
from funding.api.detail import PlanDetailSerializer
from funding.dimensions import Residual, rest_name, sector_code
from funding.rollups import figures_of, with_figures
from funding.rollups.whole import Asked, asked_of, break_down_whole
from plans.models import Plan
from sectors.models import Sector

ATTEMPTS = 3
NO_WORDS: Mapping[str, Any] = {
    "target_groups": [],
    "outcomes": [],
    "related_plans": [],
    "shares": [],
    "is_cross_cutting": False,
    "is_priority": False,
    "is_inferred": False,
}
"""What a part says that the revision has no row for; everything else is null."""
COLUMNS = ("pk", "current__pk", "requested_usd", "received_usd", "pledged_usd", "official_usd")
# Part of the answer, its dimension, and its words for code and name.
BY_ROWS = (
    ("frameworks", "framework", "code", "name"),
    ("objectives", "objective", "number", "title"),
    ("projects", "project", "code", "title"),
)

Part = dict[str, Any]
Sectors = Mapping[int, Part]


@dataclass(frozen=True)
class Said:
    """What a revision says, as JSON: kept small, and nobody can change it."""

    body: bytes
    rows: Mapping[str, frozenset[Any]]
    """By part of the answer the codes that the revision has rows for; other parts come and go with money."""
    asked: Asked


_SAID: Recent[Said] = Recent(most=200)
_SECTORS: Recent[Sectors] = Recent(most=1)


def answer(content: Any, code: str, find: Callable[[], Plan]) -> Part | None:
    """Return a plan as the API shows it; ``find`` gets it whole. None: there is no such plan.

    Queries: 3 at most where ``content`` is the same as the last time that this process was asked.
    """
    for attempt in range(ATTEMPTS):
        plan: Any = with_figures(Plan.objects.in_force()).filter(code=code).values_list(*COLUMNS, named=True).first()
        if plan is None:
            return None
        said = _SAID.get(content, plan.current__pk, lambda: _say(find()))
        try:
            return _fill(said, plan, _SECTORS.get(content, "sectors", _sectors))
        except FigureError:  # money that somebody recorded since the plan was read
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def _say(plan: Plan) -> Said:
    revision = plan.current
    return Said(
        body=to_json(PlanDetailSerializer(plan).data),
        rows={
            "frameworks": frozenset(revision.frameworks.values_list("code", flat=True)),
            "objectives": frozenset(revision.objectives.values_list("number", flat=True)),
            "projects": frozenset(revision.projects.values_list("code", flat=True)),
        },
        asked=asked_of(plan),
    )


def _sectors() -> Sectors:
    """Return what a part says of each sector. Queries: 1."""
    return {
        sector.pk: {"sector": sector_code(sector), "name": sector.label, "is_cross_cutting": sector.is_cross_cutting}
        for sector in Sector.objects.select_related("taxonomy")
    }


def _fill(said: Said, plan: Any, sectors: Sectors) -> Part:
    """Return the answer with the figures of now."""
    breakdowns = break_down_whole(plan, said.asked)
    body = orjson.loads(said.body)
    body |= _show(figures_of(plan))
    for name, dimension, *words in BY_ROWS:
        known = {part[words[0]]: part for part in body[name] if part[words[0]] in said.rows[name]}
        body[name] = list(_with_rows(known, breakdowns[dimension], *words)) if known else []
    known = {part["sector"]: part for part in body["sectors"] if part["residual"] is None}
    body["sectors"] = [
        _sector(line, known, body["sectors"][0], sectors) for line in breakdowns["sector"].lines if body["sectors"]
    ]
    return body


def _with_rows(known: Mapping[Any, Part], breakdown: Breakdown, code: str, name: str) -> Iterator[Part]:
    """Yield each row of the revision, money or not, then what money names beyond them, then the rests."""
    lines = {line.key.code: line for line in breakdown.rows}
    reported = breakdown.total.funding_reported
    nothing = Rollup(
        requested_usd=None,
        requested_reporting_usd=None,
        received_usd=ZERO if reported else None,
        pledged_usd=None,
        plans_reporting=int(reported),
    )
    like: Part = {}
    for value, like in known.items():
        line = lines.pop(value, None)
        yield like | _show(line.figures if line else nothing)
    for line in (*lines.values(), *breakdown.residuals):
        value = None if line.is_residual else line.key.code
        yield _wordless(like) | _named(line, breakdown.by[0], code, name, value) | _show(line.figures)


def _named(line: Line, dimension: str, code: str, name: str, value: Any) -> Part:
    rest = Residual(line.key.residual) if line.is_residual else None
    words = rest_name(rest, dimension) if rest else str(value)
    return {code: value, name: words, "residual": rest.value if rest else None}


def _sector(line: Line, known: Mapping[str, Part], like: Part, sectors: Sectors) -> Part:
    if line.is_residual:
        return _wordless(like) | _named(line, "sector", "sector", "name", None) | _show(line.figures)
    words = sectors[line.key.code]  # type: ignore[index]  # a sector's number, where the line is no rest
    return known.get(words["sector"], _wordless(like) | words) | _show(line.figures)


def _wordless(like: Part) -> Part:
    """Return a part with the columns of another one, in their order, that says nothing."""
    return {column: NO_WORDS.get(column) for column in like}


def _show(figures: Rollup) -> Part:
    return show_figures(figures, OF_ONE_PLAN)
