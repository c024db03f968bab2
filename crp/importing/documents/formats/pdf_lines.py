"""The lines of a page of a PDF: where there is room between them, and which are one that was broken for its length.

A PDF says where each text stands, not what belongs together. A line goes on in the next where the first word of that
would not have fitted behind it any more; in doubt it does not, so that a label never swallows the figure below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

ROOM_TIMES = 1.3
"""The step to the next line, times that between most lines of the page, from which on there is room between."""
SAME_POINTS = 2.0
MOST_INDENT_POINTS = 40.0
"""By which the second line of an item may stand further in than its bullet."""
FULL_SHARE = 0.97
PROSE_EMS = 33
"""From this width on, some 70 characters, lines are prose; narrower ones are cards, where only small letters go on."""
LONGEST_FIGURE_LINE = 60
FIGURE = re.compile(r"(?:US\$|USD|EUR|[$€£])?\s*\d")
LABEL = re.compile(r"[A-Z][\w ]{2,40}:")
ENDS = (";", "]")
"""Of an item of a list, and of the shares of a chart."""
BULLETS = tuple("•·▪◦‣●∙")
SOFT_HYPHEN = "\u00ad"
NARROW, WIDE = set("iljtfrI.,:;'’|!()[]{}/ -"), set("mwMW@%—")
NARROW_EMS, WIDE_EMS, CAPITAL_EMS, USUAL_EMS = 0.3, 0.85, 0.67, 0.53


@dataclass
class Placed:
    """A line and where it stands, in points.

    ``left``: of the page; ``height``: above its foot; ``size``: of the letters.
    """

    text: str
    left: float
    height: float
    size: float

    @property
    def width_ems(self) -> float:
        """How wide it is, in sizes of its letters; an estimate by the kinds of letters."""
        return ems(self.text.strip())


def ems(text: str) -> float:
    """Return about how wide a text is, in sizes of its letters."""
    return sum(
        NARROW_EMS
        if letter in NARROW
        else WIDE_EMS
        if letter in WIDE
        else CAPITAL_EMS
        if letter.isupper()
        else USUAL_EMS
        for letter in text
    )


def lines_of(placed: list[Placed]) -> list[str]:
    """Return the lines of a page, broken ones whole again, an empty one where there is room."""
    steps = [before.height - after.height for before, after in pairwise(placed)]
    usual = median_low([step for step in steps if step > 0] or [0])
    widest: dict[tuple[int, int], float] = {}
    for line in placed:
        widest[_column(line)] = max(line.width_ems, widest.get(_column(line), 0))
    lines: list[str] = []
    for before, line in zip([None, *placed], placed, strict=False):
        step = 0 if before is None else before.height - line.height
        if step > usual * ROOM_TIMES > 0:
            lines.append("")
        elif before is not None and step > 0 and goes_on(before, line, widest):
            lines[-1] = _joined(lines[-1], line.text.strip())
            continue
        lines.append(line.text.strip())
    return lines


def goes_on(line: Placed, following: Placed, widest_ems: Mapping[tuple[int, int], float]) -> bool:
    """Tell whether a line was broken for its length. ``widest_ems``: of the lines of each column and size."""
    text = following.text.strip()
    if line.text.rstrip().endswith(ENDS) or text.startswith(BULLETS) or LABEL.match(text):
        return False
    indent = following.left - line.left
    most_indent = MOST_INDENT_POINTS if line.text.lstrip().startswith(BULLETS) else SAME_POINTS
    if not -SAME_POINTS <= indent <= most_indent or abs(line.size - following.size) > SAME_POINTS / 4:
        return False
    indent_ems = indent / following.size if following.size else 0
    room_ems = max(widest_ems[_column(line)], widest_ems[_column(following)] + indent_ems)
    if line.width_ems + ems(" " + text.split()[0]) < room_ems * FULL_SHARE:
        return False
    if FIGURE.match(text):
        return room_ems >= PROSE_EMS and len(text) > LONGEST_FIGURE_LINE
    return room_ems >= PROSE_EMS or text[0].islower()


def _column(line: Placed) -> tuple[int, int]:
    return round(line.left / SAME_POINTS), round(line.size)


def _joined(line: str, following: str) -> str:
    if line.endswith(SOFT_HYPHEN):
        return line.removesuffix(SOFT_HYPHEN) + following
    return line + following if line.endswith("-") else f"{line} {following}"
