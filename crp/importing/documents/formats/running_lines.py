"""Heads and feet that stand on every page: left there, the number of a page would be read as the figure of a label."""

from __future__ import annotations

import re

from .pdf_lines import Placed

PAGE_NUMBER = re.compile(r"(?:page|p\.)?\s*(\d{1,4})", re.IGNORECASE)
NUMBER_OF_TOTAL = re.compile(r"(.{0,500}?)\b(\d{1,4})\s*(?:/|of|sur|de)\s*(\d{1,4})", re.IGNORECASE)
LETTER_AND_DIGIT = re.compile(r"(?=.*[^\W\d])(?=.*\d)")
LEAST_PAGES = 2
LEAST_PAGES_NUMBERED_AHEAD = 3
"""Where the numbers are larger than those of the pages, as in an excerpt: figures rarely count up so often."""
MOST_LINES_OF_A_HEAD = 3
FIRST, LAST = 0, -1


def take_running_lines(pages: list[list[Placed]]) -> bool:
    """Take heads and feet out of the lines of pages. Returns whether there were any.

    What stands on top of every page word for word stays on the first one: it may be the title.
    """
    taken = False
    for place in (LAST, FIRST):
        for _line in range(MOST_LINES_OF_A_HEAD):
            found = _numbered(pages, place) or _repeated(pages, place)
            for index in found:
                del pages[index][place]
            taken |= bool(found)
    return taken


def _numbered(pages: list[list[Placed]], place: int) -> list[int]:
    """Return the pages that end, or begin, with their number, alone or as one of all: those that count up together."""
    groups: dict[tuple[str, int, str], list[int]] = {}
    for index, line in _ends(pages, place):
        alone, of_total = PAGE_NUMBER.fullmatch(line), NUMBER_OF_TOTAL.fullmatch(line)
        if alone:
            groups.setdefault(("", int(alone[1]) - index, ""), []).append(index)
        elif of_total:
            groups.setdefault((of_total[1], int(of_total[2]) - index, of_total[3]), []).append(index)
    (_text, ahead, _total), most = max(groups.items(), key=lambda found: len(found[1]), default=(("", 0, ""), []))
    least = LEAST_PAGES if ahead <= 1 else LEAST_PAGES_NUMBERED_AHEAD
    return most if len(most) >= least and len(most) * 2 >= len(pages) else []


def _repeated(pages: list[list[Placed]], place: int) -> list[int]:
    """Return the pages that end, or begin, with the same words and figures, such as the title and the day of print."""
    groups: dict[str, list[int]] = {}
    for index, line in _ends(pages, place):
        if LETTER_AND_DIGIT.match(line):
            groups.setdefault(line, []).append(index)
    most = max(groups.values(), key=len, default=[])
    if len(most) < LEAST_PAGES or len(most) * 2 < len(pages):
        return []
    return most[1:] if place == FIRST else most


def _ends(pages: list[list[Placed]], place: int) -> list[tuple[int, str]]:
    return [(index, lines[place].text.strip()) for index, lines in enumerate(pages) if len(lines) > 1]
