"""The bubble map: where places lie, how large bubbles are, what is said where nothing can be drawn."""

from __future__ import annotations

import gzip
import json
import re
from decimal import Decimal
from itertools import pairwise
from math import radians, sin
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.template import Context, Template

from crp.common.charts_map import (
    HEIGHT,
    LARGEST_RADIUS,
    SMALLEST_RADIUS,
    UNKNOWN_RADIUS,
    WIDTH,
    MapPoint,
    bubble_map,
    project,
    write_length,
)
from crp.management.commands.draw_world import LAND, cut, draw, simplify
from plans.models import Country
from tests.shared import PROJECT


def make_point(label: str, amount: int | None, *, latitude: float | None = 0, longitude: float | None = 0) -> MapPoint:
    return MapPoint(
        label=label,
        iso3=label[:3].upper(),
        latitude=None if latitude is None else Decimal(str(latitude)),
        longitude=None if longitude is None else Decimal(str(longitude)),
        amount_usd=None if amount is None else Decimal(amount),
        url=f"/countries/{label[:3].upper()}/",
    )


def shown(points: list[MapPoint]) -> str:
    return Template("{% load charts %}{% bubble_map points %}").render(Context({"points": points}))


def test_the_projection_is_equal_earth() -> None:
    """Half the width is 2.70663 radii; a pole lies 1.31736 radii from the equator, and 45° N 0.77877 of them.

    By hand for the pole: θ = π/3, θ² = 1.096623, θ⁶ = 1.318773, so y = 1.047198 · (1.340264 - 0.088943 + 1.318773 ·
    (0.000893 + 0.004163)) = 1.317363.
    """
    radius = 500 / 2.7066297
    equator = project(0, 0)
    assert equator.x == 500
    assert project(0, 180).x == pytest.approx(WIDTH)
    assert project(0, -180).x == pytest.approx(0)
    assert (equator.y - project(90, 0).y) / radius == pytest.approx(1.3173628, abs=1e-6)
    assert project(-40, 0).y - equator.y == pytest.approx(equator.y - project(40, 0).y)
    assert project(83.7, 0).y == pytest.approx(0)
    assert project(-57, 0).y == pytest.approx(HEIGHT, abs=0.5)


@pytest.mark.parametrize("latitude", [0, 30, 60, 75])
def test_equal_areas_on_the_globe_are_equal_on_the_picture(latitude: float) -> None:
    """A band of a degree between two meridians has an area in proportion to the difference of the sines."""

    def area(south: float) -> float:
        steps = [south + step / 200 for step in range(201)]
        heights = [project(a, 0).y - project(b, 0).y for a, b in pairwise(steps)]
        widths = [project(at + 1 / 400, 10).x - project(at + 1 / 400, -10).x for at in steps[:-1]]
        return sum(height * width for height, width in zip(heights, widths, strict=True))

    expected = (sin(radians(latitude + 1)) - sin(radians(latitude))) / sin(radians(1))
    assert area(latitude) / area(0) == pytest.approx(expected, rel=1e-4)


def test_the_area_of_a_bubble_is_in_proportion_to_the_amount() -> None:
    points = [make_point("Large", 900), make_point("Middle", 400, longitude=60), make_point("Small", 100, longitude=90)]
    radii = {bubble.point.label: bubble.radius for bubble in bubble_map(points).bubbles}
    assert radii == {"Large": LARGEST_RADIUS, "Middle": pytest.approx(76 / 3), "Small": pytest.approx(38 / 3)}
    assert radii["Large"] ** 2 / radii["Small"] ** 2 == pytest.approx(9)


def test_small_unknown_and_closed_gaps_can_be_seen_and_told_apart() -> None:
    points = [
        make_point("Huge", 10**12),
        make_point("Tiny", 1, longitude=40),
        make_point("Closed", 0, longitude=80),
        make_point("Silent", None, longitude=120),
    ]
    drawn = bubble_map(points)
    assert {bubble.point.label: (bubble.point.kind, bubble.radius) for bubble in drawn.bubbles} == {
        "Huge": ("gap", LARGEST_RADIUS),
        "Tiny": ("gap", SMALLEST_RADIUS),
        "Closed": ("none", SMALLEST_RADIUS),
        "Silent": ("unknown", UNKNOWN_RADIUS),
    }
    assert drawn.bubbles[-1].point.label == "Silent"  # nothing hides what is not known
    assert [point.label for point in drawn.listed] == ["Huge", "Tiny", "Closed", "Silent"]
    html = shown(points)
    assert "Silent: gap not reported" in html
    assert "Closed: nothing missing" in html
    assert "Tiny: gap of USD 1" in html
    assert "USD 0" not in html


def test_several_countries_are_told_beside_the_map() -> None:
    points = [make_point("Here", 5), make_point("Several countries", 1234, latitude=None, longitude=None)]
    drawn = bubble_map(points)
    assert [bubble.point.label for bubble in drawn.bubbles] == ["Here"]
    assert [point.label for point in drawn.elsewhere] == ["Several countries"]
    html = shown(points)
    assert re.search(r'class="elsewhere">.*Several countries: gap of USD 1,234</a></p>', html)
    assert html.index("Several countries") < html.index("map-list")
    assert drawn.bubbles[0].radius == LARGEST_RADIUS  # what has no place is no measure of what has


def test_every_bubble_is_a_link_with_a_name_and_stands_in_the_list() -> None:
    points = [make_point(name, number, longitude=number) for number, name in enumerate(("Ax", "Bx", "Cx", "Dx"), 1)]
    html = shown(points)
    picture, listed = html.split("</svg>", 1)
    names = re.findall(r'<a href="([^"]+)" tabindex="-1" aria-label="([^"]+)">', picture)
    assert names == [
        (f"/countries/{n.upper()}/", f"{n}: gap of USD {a}") for a, n in ((4, "Dx"), (3, "Cx"), (2, "Bx"), (1, "Ax"))
    ]
    assert re.findall(r'<li><a href="([^"]+)">', listed) == [f"/countries/{n}/" for n in ("DX", "CX", "BX", "AX")]
    assert "no opinion of IOM or the United Nations" in listed


def test_labels_cover_neither_each_other_nor_the_edge() -> None:
    points = [make_point(f"Country {n:02}", 1000 - n, latitude=n % 5 * 9, longitude=n // 5 * 14) for n in range(40)]
    points.append(make_point("At the far eastern edge", 990, longitude=179))
    labelled = [bubble for bubble in bubble_map(points).bubbles if bubble.anchor]
    assert len(labelled) >= 3
    boxes = []
    for bubble in labelled:
        width = len(f"{bubble.point.label} {bubble.point.amount_usd}") * 0.58 * 13
        left = bubble.label_x - {"start": 0, "middle": width / 2, "end": width}[bubble.anchor]
        boxes.append((left, bubble.label_y - 7, left + width, bubble.label_y + 7))
    assert all(left >= 0 and right <= WIDTH and top >= 0 and bottom <= HEIGHT for left, top, right, bottom in boxes)
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_names_are_escaped() -> None:
    html = shown([make_point("<script>alert(1)</script>", 7)])
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_no_points_are_no_map() -> None:
    html = shown([])
    assert "<circle" not in html
    assert "no opinion of IOM" in html


def test_lengths_are_written_as_svg_reads_them() -> None:
    assert [write_length(length) for length in (1.0, 2.25, 30, 0.04)] == ["1", "2.2", "30", "0"]


@pytest.mark.django_db
def test_every_country_and_territory_has_its_place_on_the_picture() -> None:
    """Small ones too; the outlying islands of the United States lie in two oceans and have no one middle."""
    countries = Country.objects.exclude(iso3="ATA")
    nowhere = [country.iso3 for country in countries if country.latitude is None or country.longitude is None]
    assert nowhere == ["UMI"]
    outside = [
        country.iso3
        for country in countries.exclude(iso3="UMI")
        for place in [project(float(country.latitude), float(country.longitude))]
        if not (0 <= place.x <= WIDTH and 0 <= place.y <= HEIGHT)
    ]
    assert outside == []
    assert countries.count() > 240


# The outlines


def test_an_outline_over_the_180th_meridian_is_cut_in_two() -> None:
    ring = [(170.0, 0.0), (-170.0, 0.0), (-170.0, 10.0), (170.0, 10.0), (170.0, 0.0)]
    parts = sorted(cut(ring))
    assert len(parts) == 2
    assert sorted({longitude for longitude, _latitude in parts[0]}) == [-180, -170]
    assert sorted({longitude for longitude, _latitude in parts[1]}) == [170, 180]
    assert cut([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 0.0)]) == [
        [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 0.0)]
    ]


def test_a_straight_line_needs_its_ends_only() -> None:
    line = [project(0, longitude) for longitude in range(30)]
    assert simplify(line) == [line[0], line[-1]]
    corner = [*line, project(20, 29)]
    assert simplify(corner) == [line[0], line[-1], corner[-1]]


def test_the_file_is_drawn_from_topojson(tmp_path: Path) -> None:
    """A square of ten degrees at the equator, of two arcs, one of them the other way round."""
    topology = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [[[0, 0], [10, 0], [0, 10]], [[0, 0], [0, 10], [10, 0]]],
        "objects": {"land": {"geometries": [{"type": "MultiPolygon", "arcs": [[[0, -2]]]}]}},
    }
    source, written = tmp_path / "world.json", tmp_path / "land.svg"
    source.write_text(json.dumps(topology))
    call_command("draw_world", str(source), output=written, verbosity=0)
    corners = [project(latitude, longitude) for latitude, longitude in ((0, 0), (0, 10), (10, 10), (10, 0))]
    assert re.search(rf"M{round(corners[0].x * 2)} {round(corners[0].y * 2)}l", written.read_text())
    assert written.read_text().count("z") == 1


@pytest.mark.parametrize("content", ["", "{}", '{"transform": {}}', "[1]"])
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: str) -> None:
    source = tmp_path / "world.json"
    source.write_text(content)
    with pytest.raises(CommandError, match=r"can.t be read"):
        call_command("draw_world", str(source), output=tmp_path / "land.svg")
    assert not (tmp_path / "land.svg").exists()


def test_the_file_served_is_small_and_no_line_crosses_the_whole_map() -> None:
    drawn = LAND.read_text()
    assert len(gzip.compress(drawn.encode())) < 15_000
    path = re.search(r' d="([^"]+)"', drawn)
    assert path
    steps = re.findall(r"-?\d+", re.sub(r"M-?\d+ -?\d+l", " ", path[1]))
    assert max(abs(int(step)) for step in steps) < WIDTH / 2
    assert (PROJECT / "static" / "vendor" / "world-atlas" / "LICENSE.md").read_text().startswith("Copyright")
    assert draw([]).count("<path") == 1
