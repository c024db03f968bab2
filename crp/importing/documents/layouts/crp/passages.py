"""Which section a paragraph belongs to whose heading is lost: by its place on the page and what it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .tokens import Kind

CLUES: dict[str, dict[str, float]] = {
    "vision": {
        "vision": 2,
        "triple nexus": 1,
        "will provide": 1,
        "in partnership with": 1,
        "aims to": 1,
        "seeks to": 1,
    },
    "context": {
        "crisis": 1,
        "violence": 1,
        "conflict": 1,
        "armed": 1,
        "displaced": 1,
        "displacement": 1,
        "living conditions": 1,
        "livelihoods": 1,
        "insecurity": 1,
        "security situation": 1,
        "flood": 1,
        "drought": 1,
        "rainfall": 1,
        "climate change exacerbates": 2,
        "deaths": 1,
        "pandemic": 1,
        "epidemic": 1,
        "cholera": 1,
        "deteriorat": 1,
        "worsen": 1,
    },
    "coordination": {
        "co-lead": 1,
        "cluster": 1,
        "working group": 1,
        "country team": 2,
        "unhcr": 1,
        "unicef": 1,
        "ocha": 1,
        "coordinat": 1,
        "member of": 1,
        "inter-agency": 1,
        "interagency": 1,
        "network": 1,
        "forums": 1,
    },
    "capacity": {
        "main office": 3,
        "field office": 3,
        "sub-office": 3,
        "established in": 2,
        "capacities include": 3,
        "operational presence": 2,
        "in-country experience": 3,
        "has supported": 1,
        "staff": 1,
        "since 1": 1,
        "since 20": 1,
        "present in": 1,
    },
    "protection": {
        "gender": 2,
        "psea": 1,
        "sexual exploitation": 1,
        "mainstreaming protection": 2,
        "protection mainstreaming": 2,
        "protection risks": 1,
        "rights and dignity": 1,
        "complaint": 1,
        "feedback": 1,
        "disabilit": 1,
        "equity": 1,
        "empowerment of women": 1,
        "inclusion": 1,
    },
    "government": {
        "the government in": 2,
        "the government to": 1,
        "capacity of government": 3,
        "capacity of the government": 3,
        "global compact": 2,
        "national migration policy": 1,
        "authorities": 1,
        "ministry": 1,
        "action plan": 1,
        "support to the": 1,
        "technical capacities": 1,
        "enable the government": 3,
        "government's": 1,
    },
    "localization": {
        "local and national actors": 3,
        "local actors": 3,
        "localization": 3,
        "localisation": 3,
        "local knowledge": 1,
        "locally-driven": 1,
        "locally-led": 1,
        "civil society": 1,
        "programme cycle": 1,
    },
}
"""Words of each section, in the order that the sections have on the page, and how much each of them says."""

SECTIONS = tuple(CLUES)
FEWEST_POINTS = 2.0
MOST_CHARACTERS = 3000


@dataclass(frozen=True)
class Paragraph:
    """A paragraph without a heading. ``after``: what stands above it in the head of the page, the nearest last.

    ``is_first``: no text stands between that and the paragraph; ``before_risk``: the indices of risk stand below it.
    """

    text: str
    after: Kind | None = None
    is_first: bool = False
    before_risk: bool = False


def sections_of(paragraphs: Sequence[Paragraph]) -> list[str]:
    """Return the section of each paragraph: the way through the sections, in their order, that has most points.

    "other" for a section whose paragraphs give no reason to believe in it.
    """
    if not paragraphs:
        return []
    points = [[_points(paragraph, section) for section in SECTIONS] for paragraph in paragraphs]
    best: list[list[tuple[float, int]]] = []
    for row in points:
        reached: list[tuple[float, int]] = []
        lead = (0.0, 0)
        for column, here in enumerate(row):
            before = best[-1][column][0] if best else 0.0
            if column == 0 or before > lead[0]:
                lead = (before, column)
            reached.append((lead[0] + here, lead[1]))
        best.append(reached)
    column = max(range(len(SECTIONS)), key=lambda one: best[-1][one][0])
    way = []
    for reached in reversed(best):
        way.append(column)
        column = reached[column][1]
    way.reverse()
    totals = dict.fromkeys(way, 0.0)
    for position, column in enumerate(way):
        totals[column] += points[position][column]
    return [SECTIONS[column] if totals[column] >= FEWEST_POINTS else "other" for column in way]


def _points(paragraph: Paragraph, section: str) -> float:
    text = paragraph.text[:MOST_CHARACTERS].casefold()
    points = sum(weight for clue, weight in CLUES[section].items() if clue in text)
    if section == "vision" and paragraph.before_risk:
        points += 3
    if section == "vision" and paragraph.is_first and paragraph.after in (None, Kind.RUN, Kind.DATE):
        points += 2
    if section == "context" and paragraph.after is Kind.RISK and paragraph.is_first:
        points += 3
    if section == "localization" and paragraph.after is Kind.WAYS:
        points += 2
    return points
