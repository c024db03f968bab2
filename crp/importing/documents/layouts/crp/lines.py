"""The lines of a document as tokens, empty ones left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from crp.importing.documents import figures
from crp.importing.documents.document import Document, Line
from crp.importing.documents.draft import Ref
from crp.importing.documents.names import Names, folded

from . import risk, words
from .tokens import Figure, Kind, Named, Token, figure_of, printed

MOST_NAME = 200
"""Characters of a line that is looked up in lists: longer ones are prose."""
MOST_LISTED = 300
"""The same of a line with several names of a list."""


def tokens_of(document: Document, names: Names) -> list[Token]:
    """Return what each line is, lines that name one thing together taken together."""
    return list(_Lines([line for line in document if line.text], names).tokens())


class _Lines:
    """The lines, and the place that was reached."""

    def __init__(self, lines: Sequence[Line], names: Names) -> None:
        self.lines = lines
        self.names = names
        self.position = 0

    def tokens(self) -> Iterator[Token]:
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            token = next((found for kind in self._kinds() if (found := kind(line)) is not None), None)
            yield token or Token(Kind.TEXT, line)

    def _kinds(self) -> tuple[Callable[[Line], Token | None], ...]:
        return (
            self._silent,
            self._labelled,
            self._address,
            self._date,
            self._chart,
            self._objective,
            self._risk,
            self._ways,
            self._related,
            self._presence,
            self._listed,
        )

    def _next(self) -> Line | None:
        return self.lines[self.position] if self.position < len(self.lines) else None

    def _silent(self, line: Line) -> Token | None:
        text = line.text
        if text == words.PLACEHOLDER:
            return Token(Kind.PLACEHOLDER, line)
        if len(text) <= 40 and folded(text) == "regional plan":
            return Token(Kind.REGIONAL, line)
        if words.REMARK.fullmatch(text) or (len(text) <= 40 and folded(text) in words.SILENT_LINES):
            return Token(Kind.SILENT, line)
        found = words.AS_OF.fullmatch(text)
        if found and month_of(found[1]):
            return Token(Kind.AS_OF, line, name=found[1])
        return Token(Kind.SILENT, line) if any(silent.fullmatch(text) for silent in words.SILENT) else None

    def _labelled(self, line: Line) -> Token | None:
        text = line.text
        figure = figure_of(text)
        if figure is not None:
            return Token(Kind.FIGURE, line, figure=_as_printed(line, figure))
        first = words.LABEL_FIRST.fullmatch(text) if len(text) <= MOST_NAME else None
        if first:
            label, rest = words.LABELS[first[1].casefold()], first[3].strip(" *")
            if not rest:
                return Token(Kind.LABEL, line, label=label)
            figure = figure_of(rest) or (Figure(rest, text=rest) if first[2] == ":" else None)
            if figure is not None:
                return Token(Kind.PAIR, line, label=label, figure=_as_printed(line, figure))
        last = words.LABEL_LAST.fullmatch(text) if len(text) <= MOST_NAME else None
        figure = figure_of(last[1]) if last else None
        if last is None or figure is None:
            return None
        return Token(Kind.PAIR, line, label=words.LABELS[last[2].casefold()], figure=_as_printed(line, figure))

    def _address(self, line: Line) -> Token | None:
        found = words.ADDRESS.fullmatch(line.text)
        return Token(Kind.ADDRESS, line, name=line.text) if found else None

    def _date(self, line: Line) -> Token | None:
        found = words.DATES.fullmatch(line.text) if len(line.text) <= MOST_NAME else None
        if found is None:
            return None
        is_funding = found[1].casefold() in words.FUNDING_DATES
        following = self._next()
        if not found[2] and following is not None and figures.day(following.text):
            self.position += 1
            return Token(Kind.DATE, line, last=following, name=following.text, flag=is_funding)
        return Token(Kind.DATE, line, name=found[2], flag=is_funding)

    def _chart(self, line: Line) -> Token | None:
        """Read ``[{"name":...,"y":50},...]`` and ``[["Saving lives",42],...]`` by how they begin."""
        begin = re.sub(r"\s", "", line.text[:20])
        if begin.startswith("[{"):
            return Token(Kind.OUTCOMES, line)
        return Token(Kind.SPLIT, line) if begin.startswith("[[") else None

    def _objective(self, line: Line) -> Token | None:
        text = line.text
        if len(text) > 250:
            return None
        known = self._known_objective(text)
        if known is not None:
            return Token(Kind.OBJECTIVE, line, name=text, ref=known)
        found = words.OBJECTIVE.fullmatch(text)
        if found is None:
            return None
        number, name = int(found[1] or 0) or None, found[3].strip()
        ref = self._known_objective(name)
        is_heading = ref is not None or not name or (found[2] is not None and found[1] is not None)
        if not is_heading or len(name) > MOST_NAME:
            return None
        following = self._next()
        if not name and number is None and following is not None and self._can_be_title(following):
            self.position += 1
            return Token(Kind.OBJECTIVE, line, last=following, name=following.text)
        return Token(Kind.OBJECTIVE, line, name=name, number=number, ref=ref)

    def _can_be_title(self, line: Line) -> bool:
        """Tell whether the line below a bare "Objective" is its title, though no list has it."""
        text = line.text
        if len(text) > MOST_NAME or len(text.split()) < 3 or text.endswith(".") or self._known_objective(text):
            return False
        others = (self._silent, self._labelled, self._date, self._chart, self._listed)
        return not any(kind(line) for kind in others) and not words.OBJECTIVE.fullmatch(text)

    def _known_objective(self, name: str) -> Ref | None:
        ref = self.names.objectives.get(folded(name)) if name else None
        return ref if ref is not None and folded(ref.label) == folded(name) else None

    def _risk(self, line: Line) -> Token | None:
        found = words.RISK_LABEL.fullmatch(line.text) if len(line.text) <= MOST_NAME else None
        if found is None:
            return None
        indicator, following = words.INDICATORS[found[1].casefold()], self._next()
        if found[2]:
            return Token(Kind.RISK, line, name=indicator, last=line) if risk.level_of(indicator, found[2]) else None
        if following is not None and risk.level_of(indicator, following.text):
            self.position += 1
            return Token(Kind.RISK, line, name=indicator, last=following)
        return Token(Kind.RISK, line, name=indicator)

    def _ways(self, line: Line) -> Token | None:
        """Read the names below "Key Operating Modalities" or "Cross-cutting priorities", run together or not."""
        name = folded(line.text) if len(line.text) <= MOST_NAME else ""
        if name not in words.MODALITIES | words.PRIORITIES:
            return None
        kind, known = ("modality", self.names.modalities)
        if name in words.PRIORITIES:
            kind, known = ("priority", self.names.priorities)
        return Token(Kind.WAYS, line, name=kind, named=(), last=self._take_names(known))

    def _take_names(self, known: Mapping[str, Ref]) -> Line | None:
        last = None
        while (following := self._next()) is not None and len(following.text) <= 1000:
            found = named_in(following, known)
            matched = sum(len(folded(one.printed).split()) for one in found if one.ref is not None)
            if 2 * matched <= len(folded(following.text).split()):
                break
            last = following
            self.position += 1
        return last

    def _related(self, line: Line) -> Token | None:
        found = words.RELATED.fullmatch(line.text) if len(line.text) <= MOST_NAME else None
        if found is None:
            return None
        if found[1]:
            named = [replace(one, line=line) for one in named_in(line, self.names.families, found[1])]
            return Token(Kind.RELATED, line, last=line, named=tuple(named))
        last, named = None, list[Named]()
        while (following := self._next()) is not None and len(following.text) <= 80:
            found_here = named_in(following, self.names.families)
            if not any(one.ref for one in found_here) or (named and not all(one.ref for one in found_here)):
                break
            named += [replace(one, line=following) for one in found_here]
            last = following
            self.position += 1
        return Token(Kind.RELATED, line, last=last, named=tuple(named))

    def _presence(self, line: Line) -> Token | None:
        found = words.PRESENCE.fullmatch(line.text) if len(line.text) <= MOST_NAME else None
        if found is None:
            return None
        following = self._next()
        if not found[1] and following is not None and folded(following.text) in self.names.countries:
            self.position += 1
            return Token(Kind.PRESENCE, line, last=following)
        return Token(Kind.PRESENCE, line)

    def _listed(self, line: Line) -> Token | None:
        """Read a line that is a heading or a name of a list."""
        if len(line.text) > MOST_LISTED:
            return None
        name = folded(line.text)
        fixed = Kind.GROUPS_LABEL if name in words.GROUPS_LABELS else None
        fixed = Kind.DESCRIPTION if name in words.DESCRIPTIONS else fixed
        if fixed is not None:
            return Token(fixed, line)
        groups = self._groups(line)
        if groups:
            return Token(Kind.GROUPS, line, named=groups)
        if name in words.SECTIONS:
            return Token(Kind.SECTION, line, name=words.SECTIONS[name])
        return self._sector(line)

    def _sector(self, line: Line) -> Token | None:
        if self.names.is_sector(line.text):
            following = self._next()
            if following is not None and folded(following.text[:20]) == "priority":
                self.position += 1
                return Token(Kind.SECTOR, line, last=following, name=line.text, flag=True)
            return Token(Kind.SECTOR, line, name=line.text)
        bare, _space, last = line.text.rpartition(" ")
        if folded(last) == "priority" and bare and self.names.is_sector(bare):
            return Token(Kind.SECTOR, line, name=bare.rstrip(" -–—:|"), flag=True)
        return None

    def _groups(self, line: Line) -> tuple[Named, ...]:
        parts = [part.strip() for part in re.split(r"[,;]", line.text)]
        named = tuple(Named(printed(line, part), self.names.target_groups.get(folded(part))) for part in parts if part)
        known = sum(one.ref is not None for one in named)
        return named if known and 2 * known >= len(named) else ()


def month_of(text: str) -> date | None:
    """Read ``November 2024``, or the month of ``17 November 2024``, as its first day."""
    day = figures.day(text)
    return figures.month(text) if day is None else day.replace(day=1)


def _as_printed(line: Line, figure: Figure) -> Figure:
    return replace(figure, printed=printed(line, figure.printed))


def named_in(line: Line, known: Mapping[str, Ref], text: str = "") -> tuple[Named, ...]:
    """Return the names of a list that a line runs together, the longest that fits at each place.

    Words between them that the list does not have are one name without an entry.
    """
    parts = [part for part in re.split(r"[\s,;|]+", text or line.text) if folded(part) or part]
    longest = max((len(name.split()) for name in known), default=1)
    found: list[Named] = []
    strange: list[str] = []
    position = 0
    while position < len(parts):
        length, ref = _longest(parts, position, known, longest)
        if ref is None:
            strange.append(parts[position])
        else:
            _put(found, line, strange)
            strange = []
            found.append(Named(printed(line, " ".join(parts[position : position + length])), ref))
        position += length
    _put(found, line, strange)
    return tuple(found)


def _longest(parts: list[str], position: int, known: Mapping[str, Ref], longest: int) -> tuple[int, Ref | None]:
    for length in range(min(longest, len(parts) - position), 0, -1):
        ref = known.get(folded(" ".join(parts[position : position + length])))
        if ref is not None:
            return length, ref
    return 1, None


def _put(found: list[Named], line: Line, strange: list[str]) -> None:
    if any(folded(word) for word in strange):
        found.append(Named(printed(line, " ".join(strange)), None))
