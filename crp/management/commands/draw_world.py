"""Draw the outlines of the world map again, from the file of the package that they come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crp.common.charts_map import HEIGHT, SOUTH, WIDTH, Place, project

LAND = Path(settings.BASE_DIR) / "static" / "vendor" / "world-atlas" / "land.svg"
FINE = 2  # steps in a unit of the picture
TOLERANCE = 0.35  # units of the picture: what a line may leave out
SMALLEST = 1.5  # units of the picture: islands below it are no more than a dot

Ring = list[tuple[float, float]]


class Command(BaseCommand):
    """Reads TopoJSON, projects its land once, leaves out what can't be seen, and writes one path."""

    help = (
        "Draw static/vendor/world-atlas/land.svg from countries-110m.json of the npm package world-atlas "
        "(npm pack world-atlas; tar xzf world-atlas-*.tgz; manage.py draw_world package/countries-110m.json)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="countries-110m.json of the package.")
        parser.add_argument("--output", type=Path, default=LAND, help="Where to write (default: the file served).")

    def handle(self, *args: Any, path: Path, output: Path, **options: Any) -> None:
        try:
            topology = json.loads(path.read_text())
            rings = read_land(topology)
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise CommandError(f"{path} can't be read as TopoJSON with an object “land”: {error}") from error
        drawn = draw(rings)
        output.write_text(drawn)
        self.stdout.write(f"{output}: {len(rings)} outlines read, {drawn.count('z')} drawn, {len(drawn)} bytes.")


def read_land(topology: dict[str, Any]) -> list[Ring]:
    """Return the outlines of all land, in degrees: longitude, latitude."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [_degrees(arc, scale, translate) for arc in topology["arcs"]]
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings += [_join(ring, arcs) for polygon in polygons for ring in polygon]
    return rings


def _degrees(arc: Sequence[Sequence[int]], scale: Sequence[float], translate: Sequence[float]) -> Ring:
    """Return the places of an arc, whose first is given and each next by its distance."""
    x = y = 0
    places = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        places.append((x * scale[0] + translate[0], y * scale[1] + translate[1]))
    return places


def _join(indices: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """Return arcs one after the other; ~n is arc n the other way round. Each begins where the one before ends."""
    ring: Ring = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def draw(rings: Sequence[Ring]) -> str:
    """Return the SVG of all outlines that can be seen."""
    paths = []
    for ring in rings:
        if max(latitude for _longitude, latitude in ring) < SOUTH:
            continue
        for part in cut(ring):
            places = [project(latitude, longitude) for longitude, latitude in part]
            if max(_extent([place.x for place in places]), _extent([place.y for place in places])) >= SMALLEST:
                paths.append(_path(simplify(places)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path id="land" transform="scale({1 / FINE:g})" d="{"".join(paths)}"/></svg>\n'
    )


def cut(ring: Ring) -> list[Ring]:
    """Return an outline as it lies on the picture: in two parts where it crosses the 180th meridian."""
    whole = [ring[0]]
    for longitude, latitude in ring[1:]:
        turns = round((whole[-1][0] - longitude) / 360)  # a step of more than half the globe goes the other way round
        whole.append((longitude + 360 * turns, latitude))
    parts = []
    for shift in (-360, 0, 360):
        moved = [(longitude + shift, latitude) for longitude, latitude in whole]
        part = _clip(_clip(moved, 180, 1), -180, -1)
        if part:
            parts.append(part)
    return parts


def _clip(ring: Ring, edge: float, side: int) -> Ring:
    """Return what of an outline lies west (1) or east (-1) of a meridian (Sutherland and Hodgman)."""
    kept: Ring = []
    for index, (longitude, latitude) in enumerate(ring):
        before = ring[index - 1]
        was_inside, is_inside = (before[0] - edge) * side <= 0, (longitude - edge) * side <= 0
        if was_inside != is_inside:
            share = (edge - before[0]) / (longitude - before[0])
            kept.append((edge, before[1] + share * (latitude - before[1])))
        if is_inside:
            kept.append((longitude, latitude))
    return [*kept, kept[0]] if kept and kept[0] != kept[-1] else kept


def _extent(values: Sequence[float]) -> float:
    return max(values) - min(values)


def simplify(places: Sequence[Place]) -> list[Place]:
    """Return the places that a line needs (Ramer, Douglas and Peucker): none left out lies further from it."""
    kept = {0, len(places) - 1}
    waiting = [(0, len(places) - 1)]
    while waiting:
        first, last = waiting.pop()
        furthest, distance = 0, 0.0
        for index in range(first + 1, last):
            away = _distance(places[index], places[first], places[last])
            if away > distance:
                furthest, distance = index, away
        if distance > TOLERANCE:
            kept.add(furthest)
            waiting += [(first, furthest), (furthest, last)]
    return [place for index, place in enumerate(places) if index in kept]


def _distance(place: Place, start: Place, end: Place) -> float:
    """Return how far a place lies from the stretch between two others."""
    x, y = end.x - start.x, end.y - start.y
    square = x * x + y * y
    along = 0.0 if not square else max(0.0, min(1.0, ((place.x - start.x) * x + (place.y - start.y) * y) / square))
    return ((place.x - start.x - along * x) ** 2 + (place.y - start.y - along * y) ** 2) ** 0.5


def _path(places: Sequence[Place]) -> str:
    """Return a closed outline as steps in whole numbers: they are the shortest to write."""
    x, y = round(places[0].x * FINE), round(places[0].y * FINE)
    start = f"M{x} {y}l"
    steps = []
    for place in places[1:-1]:
        next_x, next_y = round(place.x * FINE), round(place.y * FINE)
        if (next_x, next_y) != (x, y):
            steps.append(f"{next_x - x} {next_y - y}")
        x, y = next_x, next_y
    return f"{start}{' '.join(steps)}z".replace(" -", "-")
