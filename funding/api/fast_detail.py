"""One plan, whole, without asking again for what its revision says.

What a published revision says does not change; it is written once by :class:`funding.api.detail.PlanDetailSerializer`
and kept. The figures are read for each answer. A test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import orjson

from crp.common.api.renderers import to_json
from crp.common.api.updated import UPDATED_AT
from crp.common.figures import FigureError
from crp.common.recent import Recent
from funding.api.detail import PlanDetailSerializer
from funding.api.fast import time_text, usd
from funding.dimensions import Residual, rest_name, sector_code
from funding.rollups.whole import Amounts, Asked, Whole, asked_of, open_whole, whole_of
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


class Words(NamedTuple):
    """The dimension of a part of the answer, and what the part calls code and name."""

    dimension: str
    code: str
    name: str


BY_ROWS = {
    "frameworks": Words("framework", "code", "name"),
    "objectives": Words("objective", "number", "title"),
    "projects": Words("project", "code", "title"),
}
OF_SECTORS = Words("sector", "sector", "name")

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
        whole = whole_of(code)
        if whole is None:
            return None
        said = _SAID.get(content, whole.revision, lambda: _say(find()))
        try:
            return _fill(said, whole, _SECTORS.get(content, "sectors", _sectors))
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


def _fill(said: Said, whole: Whole, sectors: Sectors) -> Part:
    """Return the answer with the figures of now."""
    opened = open_whole(whole, said.asked)
    body = orjson.loads(said.body)
    body |= _show((whole.requested_usd, whole.received_usd, whole.pledged_usd))
    body[UPDATED_AT] = time_text(whole.updated_at)
    nothing: Amounts = (None, 0 if whole.funding_reported else None, None)
    for name, words in BY_ROWS.items():
        known = {part[words.code]: part for part in body[name] if part[words.code] in said.rows[name]}
        body[name] = list(_with_rows(known, opened[words.dimension], nothing, words)) if known else []
    if body["sectors"]:
        known = {part["sector"]: part for part in body["sectors"] if part["residual"] is None}
        empty = _wordless(body["sectors"][0])
        body["sectors"] = [_sector(value, line, known, empty, sectors) for value, line in opened["sector"].items()]
    return body


def _with_rows(
    known: Mapping[Any, Part], opened: Mapping[Any, Amounts], nothing: Amounts, words: Words
) -> Iterator[Part]:
    """Yield each row of the revision, money or not, then what money names beyond them, then the rests."""
    like: Part = {}
    for value, like in known.items():
        yield like | _show(opened.get(value, nothing))
    empty = _wordless(like)
    for value, line in opened.items():
        if value not in known:
            yield empty | _named(value, words) | _show(line)


def _named(value: Any, words: Words) -> Part:
    if isinstance(value, Residual):
        return {words.code: None, words.name: _rest_name(value, words.dimension), "residual": value.value}
    return {words.code: value, words.name: str(value), "residual": None}


_rest_name = cache(rest_name)  # the API speaks English alone


def _sector(value: Any, line: Amounts, known: Mapping[str, Part], empty: Part, sectors: Sectors) -> Part:
    if isinstance(value, Residual):
        return empty | _named(value, OF_SECTORS) | _show(line)
    words = sectors[value]
    return known.get(words["sector"], empty | words) | _show(line)


def _wordless(like: Part) -> Part:
    """Return a part with the columns of another one, in their order, that says nothing."""
    return {column: NO_WORDS.get(column) for column in like}


def _show(amounts: Amounts) -> Part:
    """Return figures of one plan as :class:`crp.common.figures.Rollup` has them, by their names in the API."""
    requested, received, pledged = amounts
    gap = surplus = percent = None
    # Lines that add to more than their total leave a rest below 0: what was received can't be measured by that.
    if requested is not None and requested >= 0 and received is not None:
        gap, surplus = usd(max(requested - received, 0)), usd(max(received - requested, 0))
        if requested:
            share = (abs(received) * 20_000 + requested) // (2 * requested)  # hundredths of a percent, half up
            percent = (share if received >= 0 else -share) / 100
    return {
        "requested_usd": None if requested is None else usd(requested),
        "received_usd": None if received is None else usd(received),
        "pledged_usd": None if pledged is None else usd(pledged),
        "gap_usd": gap,
        "over_funded_usd": surplus,
        "percent_funded": percent,
        "funding_reported": received is not None,
    }
