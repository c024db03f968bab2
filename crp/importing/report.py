"""What an import did: rows counted by what became of them, and every line that could not be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

MOST_KEPT = 1_000
"""Problems kept with their lines; what goes beyond is only counted, so that memory does not grow with the file."""
MOST_LINES_SHOWN = 12
MOST_NOTES = 200


class Outcome(StrEnum):
    """What became of a row."""

    READ = "read"
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Problem:
    """Something in a file that could not be used. ``line`` as a text editor counts; None: the file as a whole."""

    line: int | None
    column: str
    message: str

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line is not None else []
        where = ", ".join([*place, *filter(None, [self.column])])
        return f"{where}: {self.message}" if where else self.message


@dataclass
class Report:
    """The result of reading one file or sheet. ``refused``: why nothing of it was used, or empty."""

    name: str
    counts: dict[str, dict[Outcome, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problems_left_out: int = 0
    notes: list[str] = field(default_factory=list)
    notes_left_out: int = 0
    refused: str = ""

    def count(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        """Add to what became of one kind of row: ``rows``, ``plans``, ``contributions``..."""
        if number:
            of_kind = self.counts.setdefault(kind, dict.fromkeys(Outcome, 0))
            of_kind[outcome] += number

    def of(self, kind: str, outcome: Outcome) -> int:
        """Return how many rows of a kind had an outcome."""
        return self.counts.get(kind, {}).get(outcome, 0)

    def total(self, outcome: Outcome) -> int:
        """Return how many rows of all kinds had an outcome."""
        return sum(of_kind[outcome] for of_kind in self.counts.values())

    @property
    def changes(self) -> int:
        """How many rows were created or updated."""
        return self.total(Outcome.CREATED) + self.total(Outcome.UPDATED)

    @property
    def problem_count(self) -> int:
        return len(self.problems) + self.problems_left_out

    def add_problem(self, line: int | None, column: str, message: str) -> None:
        """Keep a problem, or count it where there are too many to keep."""
        if len(self.problems) < MOST_KEPT:
            self.problems.append(Problem(line, column, message))
        else:
            self.problems_left_out += 1

    def add_note(self, sentence: str) -> None:
        """Keep what a reader should know though nothing is wrong with it."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(sentence)
        else:
            self.notes_left_out += 1

    def text(self) -> Iterator[str]:
        """Yield the report as lines of text: counts, notes, then problems of one kind together with their lines."""
        yield self.name
        if self.refused:
            yield f"  REFUSED, nothing changed: {self.refused}"
            return
        for kind, of_kind in self.counts.items():
            told = ", ".join(f"{number:,} {outcome}" for outcome, number in of_kind.items() if number)
            yield f"  {kind}: {told or 'nothing'}"
        for sentence in self.notes:
            yield f"  note: {sentence}"
        if self.notes_left_out:
            yield f"  note: {self.notes_left_out:,} more of these."
        yield from self._problems()

    def _problems(self) -> Iterator[str]:
        alike: dict[tuple[str, str], list[int]] = defaultdict(list)
        for problem in sorted(self.problems, key=lambda problem: problem.line or 0):
            alike[problem.column, problem.message].extend([] if problem.line is None else [problem.line])
        for (column, message), lines in alike.items():
            yield f"  {_places(lines)}{column}{': ' if column else ''}{message}"
        if self.problems_left_out:
            yield f"  {self.problems_left_out:,} more problems: only the first {MOST_KEPT:,} are listed."


def _places(lines: list[int]) -> str:
    if not lines:
        return ""
    shown = ", ".join(map(str, lines[:MOST_LINES_SHOWN]))
    more = f" and {len(lines) - MOST_LINES_SHOWN:,} more" if len(lines) > MOST_LINES_SHOWN else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}{more}: "
