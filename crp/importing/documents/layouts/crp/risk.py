"""Indices of risk and fragility: a value or a rank, and a level in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from crp.importing.documents.document import Line
from crp.importing.documents.draft import Basis, Confidence, Draft, Plain, Remark, Row, Span, Unit, Value

from . import words
from .tokens import Token, printed

LEVELS = {"very low": "very_low", "low": "low", "medium": "medium", "high": "high", "very high": "very_high"}
_LEVEL = r"(?P<level>very low|low|medium|high|very high)"
INDEX = re.compile(
    rf"(?P<value>\d{{1,2}}(?:\.\d{{1,2}})?)(?:\s?[,;:–-]?\s?{_LEVEL})?|{_LEVEL.replace('level', 'word')}", re.IGNORECASE
)
RANK = re.compile(
    rf"(?P<ranks>(?P<rank>\d{{1,3}}) ?(?:of|out of|/) ?(?P<rank_of>\d{{1,3}}))(?:\s?[,;:–-]?\s?{_LEVEL})?",
    re.IGNORECASE,
)
FRAGILITY = re.compile(
    rf"(?P<fragility>(?:{_LEVEL}|(?P<extreme>extreme))(?:ly)?(?: fragility| fragile)?)", re.IGNORECASE
)
FORMS = {"inform_risk": INDEX, "inform_severity": INDEX, "hdi_rank": RANK, "fragility": FRAGILITY}
MOST = {"inform_risk": 10, "inform_severity": 5}


@dataclass(frozen=True)
class Level:
    """What is printed of an index. Each piece as printed; empty: it is not there."""

    value: str = ""
    ranks: str = ""
    rank: int = 0
    rank_of: int = 0
    level: str = ""
    fragility: str = ""
    is_extreme: bool = False


def level_of(indicator: str, text: str) -> Level | None:
    """Read the value of an index that is a whole text. None: it is none."""
    found = FORMS[indicator].fullmatch(text.strip("* ")) if len(text) <= 60 else None
    if found is None:
        return None
    pieces = found.groupdict()
    return Level(
        value=pieces.get("value") or "",
        ranks=pieces.get("ranks") or "",
        rank=int(pieces.get("rank") or 0),
        rank_of=int(pieces.get("rank_of") or 0),
        level=pieces.get("level") or pieces.get("word") or "",
        fragility=pieces.get("fragility") or "",
        is_extreme=bool(pieces.get("extreme")),
    )


def read_risk(token: Token, draft: Draft, order: int) -> bool:
    """Put an index into the draft. Returns whether it was the first of its kind: a second one is told as a remark."""
    label, line = token.line, token.last
    subject = Row("riskindicator", (token.name,))
    if draft.row(subject.subject) is not None:
        draft.remarks.append(
            Remark(_("The index on line %(line)s was given before.") % {"line": label.number}, token.span)
        )
        return False
    row = Row("riskindicator", (token.name,), order=order)
    row.values["indicator"] = Value(value=token.name, unit=Unit.NAME)
    draft.add(row)
    draft.read.add(label.number)
    if line is None:
        field = {"hdi_rank": "rank", "fragility": "level"}.get(token.name, "value")
        row.values[field] = Value(value=None, unit=Unit.INDEX, basis=Basis.MISSING, span=Span.of(label.number))
        return True
    text = line.text
    if line is label:
        found = words.RISK_LABEL.fullmatch(text)
        text = found[2] if found else text
    level = level_of(token.name, text)
    if level is not None:
        row.values.update(_values(token.name, level, line))
    return True


def _values(indicator: str, level: Level, line: Line) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if level.value:
        values["value"] = _stated(Decimal(level.value), line, level.value)
        if Decimal(level.value) > MOST[indicator]:
            values["value"] = values["value"].asked(
                _("This index runs from 0 to %(most)s: is %(value)s right?")
                % {"most": MOST[indicator], "value": level.value}
            )
    if level.ranks:
        values["rank"] = _stated(level.rank, line, level.ranks)
        values["rank_of"] = _stated(level.rank_of, line, level.ranks)
        if not 1 <= level.rank <= level.rank_of:
            question = _("A rank runs from 1 to the number of countries ranked: is “%(ranks)s” right?")
            values["rank"] = values["rank"].asked(question % {"ranks": level.ranks})
    if level.is_extreme:
        values["level"] = Value(
            value="very_high",
            unit=Unit.INDEX,
            basis=Basis.INFERRED,
            span=Span.of(line.number),
            printed=printed(line, level.fragility),
            confidence=Confidence.MEDIUM,
            note=_("“Extreme” is the highest level printed; the highest of the list here is “very high”."),
            question=_("Is “%(printed)s” the level “very high”?") % {"printed": level.fragility},
        )
    elif level.level:
        values["level"] = _stated(LEVELS[level.level.casefold()], line, level.fragility or level.level)
    return values


def _stated(value: Plain, line: Line, text: str) -> Value:
    return Value(value=value, unit=Unit.INDEX, span=Span.of(line.number), printed=printed(line, text))
