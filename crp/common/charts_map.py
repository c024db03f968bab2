"""The geometry of the bubble map: where a place lies on the picture, and how large its bubble is.

The projection is Equal Earth (Šavrič, Patterson and Jenny, 2018): areas on the picture are in proportion to those on
the globe, as the areas of the bubbles are to the amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from crp.common.numbers import write_compact

WIDTH = 1000
NORTH, SOUTH = 83.7, -57.0  # degrees; south of it there is no plan and no outline
LARGEST_RADIUS, SMALLEST_RADIUS, UNKNOWN_RADIUS = 38.0, 2.0, 5.0  # units of the picture
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
LETTER = 0.58  # width of a letter as part of the size of its type, generously
LARGE_TYPE, SMALL_TYPE = 30.0, 13.0  # on a small screen the picture shrinks and its type must not
MOST_LARGE_LABELS, MOST_LABELS = 4, 10
MOST_HIDDEN = 0.4  # part of a label that may lie on other bubbles, where the amount is among the largest
BESIDE = 5.0  # between bubble and label


class Place(NamedTuple):
    """A place on the picture, from its top left corner."""

    x: float
    y: float


def _equal_earth(latitude: float, longitude: float) -> Place:
    """Return a place in radii of the globe: the middle is 0, 0, and north is up."""
    a1, a2, a3, a4 = EQUAL_EARTH
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = theta * theta
    sixth = square**3
    slope = a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square)
    x = 2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * slope)
    return Place(x, theta * (a1 + a2 * square + sixth * (a3 + a4 * square)))


UNIT = WIDTH / 2 / _equal_earth(0, 180).x
TOP = _equal_earth(NORTH, 0).y * UNIT
HEIGHT = round(TOP - _equal_earth(SOUTH, 0).y * UNIT)


def project(latitude: float, longitude: float) -> Place:
    """Return where a place of the globe, in degrees, lies on the picture."""
    x, y = _equal_earth(latitude, longitude)
    return Place(WIDTH / 2 + x * UNIT, TOP - y * UNIT)


@dataclass(frozen=True, kw_only=True, slots=True)
class MapPoint:
    """A country, or what several share, with its gap."""

    label: str
    iso3: str
    latitude: Decimal | None
    longitude: Decimal | None
    """None: it lies in no one place (several countries) and is told beside the map."""
    amount_usd: Decimal | None
    """None: not reported."""
    url: str
    note: str = ""
    """What qualifies the amount: how many of its plans report."""

    @property
    def kind(self) -> str:
        """``gap``, ``none`` (nothing is missing) or ``unknown``."""
        if self.amount_usd is None:
            return "unknown"
        return "gap" if self.amount_usd > 0 else "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bubble:
    """A point as it is drawn. Lengths are in units of the picture, written as SVG reads them."""

    point: MapPoint
    x: float
    y: float
    radius: float
    label_x: float = 0
    label_y: float = 0
    anchor: str = ""
    """``start``, ``end`` or ``middle``; empty: the bubble has no label beside it."""
    is_labelled_small: bool = False
    """Whether its label has room on a small screen too."""

    @property
    def circle(self) -> dict[str, str]:
        """Its place and radius as text."""
        return {"x": write_length(self.x), "y": write_length(self.y), "radius": write_length(self.radius)}

    @property
    def label(self) -> dict[str, str]:
        """The place of its label as text."""
        return {"x": write_length(self.label_x), "y": write_length(self.label_y)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A bubble of the scale: what an amount looks like."""

    amount_usd: Decimal
    x: str
    y: str
    radius: str
    label_x: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BubbleMap:
    """All bubbles, the largest first so that the smaller ones lie upon them; what has no place; and the scale."""

    bubbles: Sequence[Bubble]
    elsewhere: Sequence[MapPoint]
    listed: Sequence[MapPoint]
    """Every point, the largest first, then what is not known."""
    marks: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def kinds(self) -> set[str]:
        """What the legend has to explain."""
        return {bubble.point.kind for bubble in self.bubbles}


def write_length(length: float) -> str:
    """Return a length as SVG reads it, to a tenth of a unit."""
    return f"{length:.1f}".removesuffix(".0")


def radius_of(amount: Decimal, largest: Decimal) -> float:
    """Return the radius at which areas are in proportion to amounts; what would be too small to see is a dot."""
    return max(LARGEST_RADIUS * sqrt(float(amount / largest)), SMALLEST_RADIUS)


def bubble_map(points: Iterable[MapPoint]) -> BubbleMap:
    """Return the map of these points."""
    listed = sorted(points, key=_largest_first)
    placed = [point for point in listed if point.latitude is not None and point.longitude is not None]
    amounts = [point.amount_usd for point in placed if point.amount_usd]
    largest = max(amounts, default=Decimal(0))
    bubbles = _labelled([_bubble(point, largest) for point in placed])
    # Hollow marks come last: nothing may hide that something is not known.
    return BubbleMap(
        bubbles=sorted(bubbles, key=lambda bubble: bubble.point.kind == "unknown"),
        elsewhere=[point for point in listed if point.latitude is None or point.longitude is None],
        listed=listed,
        marks=_marks(largest),
    )


def _largest_first(point: MapPoint) -> tuple[bool, Decimal, str]:
    return point.amount_usd is None, -(point.amount_usd or Decimal(0)), point.label


def _bubble(point: MapPoint, largest: Decimal) -> Bubble:
    x, y = project(float(point.latitude or 0), float(point.longitude or 0))
    if point.amount_usd is None:
        radius = UNKNOWN_RADIUS
    else:
        radius = radius_of(point.amount_usd, largest) if point.amount_usd > 0 else SMALLEST_RADIUS
    return Bubble(point=point, x=x, y=y, radius=radius)


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return self.shared(other) > 0

    def shared(self, other: _Box) -> float:
        """Return the area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


class _Labels:
    """Places labels one after the other: never on another label, and on other bubbles as little as can be."""

    def __init__(self, bubbles: Sequence[Bubble]) -> None:
        self.around = {bubble.point.label: _around(bubble) for bubble in bubbles if bubble.radius > UNKNOWN_RADIUS}
        self.taken: list[_Box] = []

    def place(self, bubble: Bubble, most_hidden: float) -> Bubble | None:
        """Return the bubble with the place of its label. None: there is none that hides so little."""
        found: tuple[float, Bubble, _Box] | None = None
        for choice in _choices(bubble):
            box = _label_box(choice, SMALL_TYPE)
            hidden = self._hidden(choice, box)
            has_room = _is_inside(box) and not any(map(box.meets, self.taken)) and hidden <= most_hidden
            if has_room and (found is None or hidden < found[0]):
                found = (hidden, choice, box)
        if found is None:
            return None
        self.taken.append(found[2])
        return found[1]

    def _hidden(self, bubble: Bubble, box: _Box) -> float:
        """Return the part of a label that lies on other bubbles."""
        others = (other for name, other in self.around.items() if name != bubble.point.label)
        return sum(map(box.shared, others)) / box.area


def _around(bubble: Bubble) -> _Box:
    reach = bubble.radius * 0.8  # the corners of the box around a circle are empty
    return _Box(bubble.x - reach, bubble.y - reach, bubble.x + reach, bubble.y + reach)


def _is_inside(box: _Box) -> bool:
    return box.left >= 0 and box.right <= WIDTH and box.top >= 0 and box.bottom <= HEIGHT


def _label_box(bubble: Bubble, size: float) -> _Box:
    """Return the room that the label of a bubble takes."""
    width = len(f"{bubble.point.label} {write_compact(bubble.point.amount_usd or 0)}") * LETTER * size
    left = {"start": 0.0, "middle": width / 2, "end": width}[bubble.anchor]
    return _Box(
        bubble.label_x - left, bubble.label_y - size * 0.6, bubble.label_x - left + width, bubble.label_y + size * 0.6
    )


def _choices(bubble: Bubble) -> Iterator[Bubble]:
    """Yield the bubble with its label on every side, the best first."""
    reach, slant = bubble.radius + BESIDE, bubble.radius * 0.75 + BESIDE
    for anchor, x, y in (
        ("start", reach, 0.0),
        ("end", -reach, 0.0),
        ("start", slant, -slant),
        ("end", -slant, -slant),
        ("start", slant, slant),
        ("end", -slant, slant),
        ("middle", 0.0, -reach - SMALL_TYPE / 2),
        ("middle", 0.0, reach + SMALL_TYPE / 2),
    ):
        yield replace(bubble, anchor=anchor, label_x=bubble.x + x, label_y=bubble.y + y)


def _labelled(bubbles: Sequence[Bubble]) -> list[Bubble]:
    """Give the largest bubbles a label, and mark those whose label has room on a small screen too."""
    labels = _Labels(bubbles)
    found, large = [], list[_Box]()
    given = 0
    for bubble in bubbles:
        wanted = bubble.point.kind == "gap" and given < MOST_LABELS
        most_hidden = MOST_HIDDEN if given < MOST_LABELS / 2 else 0.0
        labelled = labels.place(bubble, most_hidden) if wanted else None
        if labelled is None:
            found.append(bubble)
            continue
        given += 1
        box = _label_box(labelled, LARGE_TYPE)
        has_room = len(large) < MOST_LARGE_LABELS and _is_inside(box) and not any(map(box.meets, large))
        if has_room:
            large.append(box)
        found.append(replace(labelled, is_labelled_small=has_room))
    return found


def _marks(largest: Decimal) -> list[Mark]:
    """Return two bubbles of round amounts, in the empty south of the Pacific."""
    if largest < 10:
        return []
    first = _round_below(largest)
    x, base = 45.0, HEIGHT - 14.0
    marks = []
    for amount in (first, first / 10):
        radius = radius_of(amount, largest)
        marks.append(
            Mark(
                amount_usd=amount,
                x=write_length(x),
                y=write_length(base - radius),
                radius=write_length(radius),
                label_x=write_length(x + radius + BESIDE),
            )
        )
        x += radius + 120
    return marks


def _round_below(amount: Decimal) -> Decimal:
    """Return the largest of 1, 2, 5, 10, 20... that is not above the amount."""
    power = Decimal(10) ** amount.adjusted()
    return next(step * power for step in (Decimal(5), Decimal(2), Decimal(1)) if step * power <= amount)
