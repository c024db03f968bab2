"""One module for each format of file: it takes the text out, line by line. A new format is a new module here.

Nothing here knows Django or a language: what is wrong with a file is a code with its figures, and ``refusals.py`` has
the sentences. ``plain`` is read where it is asked for; the others only by ``child``, in a process of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

MOST_CHARACTERS = 5_000_000
MOST_LINES = 50_000
LONGEST_LINE_CHARACTERS = 100_000
UNKNOWN_CHARACTER = "\ufffd"
Figures: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True)
class Notice:
    """Something to say of a file: the code of a sentence, and what stands in it."""

    code: str
    figures: Figures = field(default_factory=dict)


class NotRead(ValueError):  # noqa: N818 - it is a verdict on the file
    """A file whose text can't be taken out. ``notice``: why."""

    def __init__(self, code: str, **figures: str | int) -> None:
        super().__init__(code)
        self.notice = Notice(code, figures)


@dataclass
class Extract:
    """The lines of a file as they are taken out. ``pages``: of each line, where the format has pages."""

    lines: list[str] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    characters: int = 0

    def add(self, text: str, page: int | None = None) -> None:
        """Take text in, as one line or as many as it has. Raises NotRead where it becomes too much."""
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            self.lines.append(storable(line))
            if page is not None:
                self.pages.append(page)
            self.characters += len(line) + 1
            check_sizes(len(self.lines), len(line), self.characters)


def check_sizes(lines: int, longest: int, characters: int) -> None:
    """Raise NotRead for more lines, a longer line or more text than any plan has."""
    if longest > LONGEST_LINE_CHARACTERS:
        raise NotRead("line_too_long", line=lines, most=LONGEST_LINE_CHARACTERS)
    if lines > MOST_LINES:
        raise NotRead("too_many_lines", most=MOST_LINES)
    if characters > MOST_CHARACTERS:
        raise NotRead("too_much_text", most=MOST_CHARACTERS)


def storable(line: str) -> str:
    """Return a line with what no database takes, halves of characters and the character 0, as unknown characters."""
    return line.replace("\x00", UNKNOWN_CHARACTER).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
