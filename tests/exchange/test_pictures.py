"""Charts as files, in frames of other sites and in link previews: their figures, names, refusals and headers."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from crp.common.numbers import write_percent_short
from crp.exchange.pictures import views
from crp.exchange.pictures.chart import Chart, Group, bar, plain, share, short, svg_of, value_of
from crp.exchange.pictures.plan import PLAN
from crp.exchange.pictures.portfolio import PORTFOLIO
from crp.exchange.pictures.preview import preview_svg
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.crp.test_charts import make_figures
from tests.factories import make_contribution, make_country, make_plan, make_plans, make_taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SVG = "{http://www.w3.org/2000/svg}"
MALI = "/plans/MLI-CRP-2025-2026"


def svg(client: Client, address: str) -> ET.Element:
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer["Content-Type"] == "image/svg+xml"
    return ET.fromstring(answer.content)  # noqa: S314 (our own)


def texts(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def table(client: Client, address: str) -> list[dict[str, str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200, address
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def png_size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


@pytest.mark.parametrize("name", PORTFOLIO)
def test_a_chart_of_the_portfolio_comes_in_every_format(client: Client, mali: MaliPlans, name: str) -> None:
    picture = svg(client, f"/charts/{name}.svg")
    said = " ".join(texts(picture))
    assert "As of " in said
    assert f"http://testserver/charts/{name}.svg" in said
    assert picture.findtext(f"{SVG}title")
    assert all(row["as_of"] == date.today().isoformat() for row in table(client, f"/charts/{name}.csv"))  # noqa: DTZ011
    assert svg(client, f"/fr/charts/{name}.svg").findtext(f"{SVG}title")


@pytest.mark.parametrize("name", sorted(set(PLAN) - {"frameworks"}))
def test_a_chart_of_a_plan_names_the_plan(client: Client, mali: MaliPlans, name: str) -> None:
    picture = svg(client, f"{MALI}/charts/{name}.svg")
    assert (picture.findtext(f"{SVG}title") or "").startswith("Mali Crisis Response Plan 2025 - 2026: ")
    assert {row["plan"] for row in table(client, f"{MALI}/charts/{name}.csv")} == {"MLI-CRP-2025-2026"}


def test_the_table_of_a_chart_has_its_figures(client: Client, mali: MaliPlans) -> None:
    (total,) = table(client, "/charts/funding.csv")
    assert total["requested_usd"] == "69713500.00"
    assert (total["received_usd"], total["gap_usd"]) == ("112550.00", "37247450.00")
    assert (total["percent_funded"], total["plans"], total["plans_reporting"]) == ("0.30", "3", "1")
    years = table(client, "/charts/years.csv")
    assert [(row["year"], row["requested_usd"], row["received_usd"]) for row in years] == [
        ("2017", "37360000.00", "112550.00"),
        ("2021", "", ""),  # unknown is not 0
        ("2025", "32353500.00", ""),
    ]
    sectors = table(client, f"{MALI}/charts/sectors.csv")
    assert len(sectors) == 18
    assert sum(Decimal(row["requested_usd"]) for row in sectors) == 32_353_500
    assert {row["received_usd"] for row in sectors} == {""}
    outcomes = table(client, f"{MALI}/charts/outcomes.csv")
    assert [row["share_percent"] for row in outcomes if row["objective"] == "1"] == ["50.00", "20.00", "30.00"]
    (mali_row,) = table(client, "/charts/map.csv")
    assert (mali_row["iso3"], mali_row["gap_usd"]) == ("MLI", "37247450.00")


def test_the_picture_draws_what_the_table_says(client: Client, mali: MaliPlans) -> None:
    """The widest bar fills the scale; 2.8 of 6.2 million are 45.16 % of it."""
    picture = svg(client, f"{MALI}/charts/sectors.svg")
    bars = [element for element in picture.iter(f"{SVG}svg") if element is not picture]
    widths = [rect.get("width") for inner in bars for rect in inner.iter(f"{SVG}rect")]
    assert "100.00%" in widths
    assert "45.16%" in widths
    assert {rect.get("fill") for inner in bars for rect in inner.iter(f"{SVG}rect")} == {"url(#hatch)"}
    said = texts(picture)
    assert ("Priority sectors" in said, "6.2M" in said) == (True, True)
    assert any("that is unknown, not 0" in text for text in said)


def test_filters_narrow_a_chart_as_they_narrow_the_list(client: Client, mali: MaliPlans) -> None:
    (total,) = table(client, "/charts/funding.csv?country=MLI&reported=true")
    assert total["requested_usd"] == "37360000.00"
    (total,) = table(client, "/charts/funding.csv?search=2021")
    assert (total["requested_usd"], total["plans"]) == ("", "1")
    (total,) = table(client, "/charts/funding.csv?as_of=2020-01-01")
    assert total["as_of"] == "2020-01-01"


def test_numbers_in_a_french_picture_are_for_svg_and_its_words_are_french(client: Client, mali: MaliPlans) -> None:
    picture = svg(client, "/fr/charts/years.svg")
    numbers = [
        value
        for element in picture.iter()
        for name, value in element.attrib.items()
        if name in {"x", "y", "width", "height", "font-size", "r", "cx", "cy"}
    ]
    assert [number for number in numbers if not re.fullmatch(r"-?\d+(\.\d+)?%?", number)] == []
    assert any("37,4\N{NO-BREAK SPACE}M" in text for text in texts(picture))


def test_lines_are_read_from_right_to_left_in_arabic_and_names_in_their_own_way(mali: MaliPlans) -> None:
    group = Group(title="Group", bars=[bar("Shelter (NFI)", make_figures(100, 10), None)])
    chart = Chart(
        name="x", title="Title", note="Note.", on=date(2026, 1, 2), address="https://example.org/", columns=("a",),
        rows=[], kind="bars", groups=[group],
    )  # fmt: skip
    with override("ar"):
        picture = ET.fromstring(svg_of(chart))  # noqa: S314 (our own)
    found = {text.text: (text.get("x"), text.get("text-anchor")) for text in picture.iter(f"{SVG}text")}
    assert found["\N{RIGHT-TO-LEFT ISOLATE}Note.\N{POP DIRECTIONAL ISOLATE}"] == ("1152", "end")
    assert "\N{FIRST STRONG ISOLATE}Shelter (NFI)\N{POP DIRECTIONAL ISOLATE}" in found
    with override("fr"):
        assert "Note." in texts(ET.fromstring(svg_of(chart)))  # noqa: S314 (our own)


def test_a_picture_is_a_png_of_the_same_shape(client: Client, mali: MaliPlans) -> None:
    picture = svg(client, f"{MALI}/charts/sectors.svg")
    answer = client.get(f"{MALI}/charts/sectors.png")
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'inline; filename="MLI-CRP-2025-2026-sectors.png"'
    width, height = png_size(answer.content)
    assert width == 1800
    assert height / width == pytest.approx(int(picture.get("height") or 0) / int(picture.get("width") or 1), abs=0.01)


@pytest.mark.parametrize(
    "address",
    [
        "/charts/nothing.svg",
        "/charts/map.gif",
        "/charts/map.html",
        "/charts/map",
        "/plans/NOPE/charts/sectors.svg",
        f"{MALI}/charts/nothing.svg",
        f"{MALI}/charts/frameworks.svg",  # it has none
        f"{MALI}/charts/sectors.pdf",
        f"/charts/{'x' * 3000}.svg",
        "/charts/%3Cscript%3E.svg",
        "/plans/%00/charts/sectors.svg",
        "/plans/NOPE/og.png",
        "/embed/plans/NOPE/",
        f"/embed{MALI}/charts/nothing/",
        f"/embed{MALI}/charts/frameworks/",
    ],
)
def test_what_there_is_no_chart_of_is_404(client: Client, mali: MaliPlans, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("colour=red", "colour"),
        ("country=XXX", "country"),
        ("year=abc", "year"),
        ("reported=perhaps", "reported"),
        ("gap_min=-x", "gap_min"),
        ("%3Cscript%3E=1", "&lt;script&gt;"),
        (f"search=x&country={'y' * 10_000}", "country"),
        ("as_of=2024-02-30", "as_of"),
    ],
)
def test_a_filter_that_cannot_be_used_is_400_and_named(client: Client, mali: MaliPlans, query: str, name: str) -> None:
    for form in ("svg", "csv"):
        answer = client.get(f"/charts/map.{form}?{query}")
        assert answer.status_code == 400
        html = answer.content.decode()
        assert f"<code>{name}</code>" in html
        assert "<script>" not in html


def test_names_are_escaped_and_control_characters_leave(client: Client, empty_database: None) -> None:
    title = 'Plan <script>alert("x")</script> & \x07co'
    taxonomy = make_taxonomy(sectors=2)
    plan = make_plan(title=title, taxonomy=taxonomy, requested_usd=1_000_000)
    for address in (f"/plans/{plan.code}/charts/sectors.svg", "/charts/gaps.svg"):
        picture = svg(client, address)
        assert "script" not in {element.tag.removeprefix(SVG) for element in picture.iter()}
        assert any('<script>alert("x")' in text for text in (*texts(picture), picture.findtext(f"{SVG}title") or ""))
    assert "<script" not in preview_svg(title, title, make_figures(100, 10), date(2026, 1, 2), "<b>")
    html = client.get(f"/embed/plans/{plan.code}/").content.decode()
    assert "<script" not in html
    assert plain("a\x00b\n c") == "a b c"


def test_a_cell_is_no_formula(client: Client, empty_database: None) -> None:
    make_plan(title="=HYPERLINK(1)", requested_usd=100_000, contributions=1)
    (row,) = table(client, "/charts/gaps.csv")
    assert row["name"] == "'=HYPERLINK(1)"


def test_long_names_fit(client: Client) -> None:
    long = " ".join(["Wordy"] * 60)
    chart = Chart(
        name="x", title=long, note=long, on=date(2026, 1, 2), address=f"https://example.org/?{'a' * 400}",
        columns=("a",), rows=[], kind="bars", groups=[Group(title=long, bars=[bar(long, make_figures(100, 10), None)])],
    )  # fmt: skip
    picture = ET.fromstring(svg_of(chart))  # noqa: S314 (our own)
    assert max(map(len, texts(picture))) <= 126
    assert short("abcdef", 4) == "abc…"


def test_values_are_written_in_short() -> None:
    assert value_of(make_figures(2_000_000, 500_000)) == "2M, 25\N{NO-BREAK SPACE}% funded"
    assert value_of(make_figures(2_000_000, None)) == "2M"
    assert value_of(make_figures(None, 3_000)) == "3K received"
    assert value_of(make_figures(None, None)) == "Not reported"
    assert share("x", Decimal(40), "40 %").segments[0].length == "40.00"
    shorts = [write_percent_short(Decimal(value)) for value in ("0", "0.3", "1", "52.5", "99.7", "100", "136.4")]
    assert [text.replace("\N{NO-BREAK SPACE}", "") for text in shorts] == [
        "0%", "<1%", "1%", "53%", ">99%", "100%", "136%",
    ]  # fmt: skip


def test_many_values_are_cut_and_the_picture_says_so(client: Client, empty_database: None) -> None:
    for number in range(25):
        make_plan(countries=[make_country()], requested_usd=1_000 + number, contributions=0, projects=0)
    said = " ".join(texts(svg(client, "/charts/countries.svg")))
    assert "The 20 that most is asked for; the table (CSV) has all 25." in said
    assert len(table(client, "/charts/countries.csv")) == 25


def test_small_charts_share_years_and_scale(client: Client, empty_database: None) -> None:
    """A cluster asks for 300 in 2020 and 100 in 2022, the other for 150 in 2021: half the height of the first."""
    taxonomy = make_taxonomy(sectors=2)
    for year, amount in ((2020, 300), (2022, 100)):
        make_plan(taxonomy=taxonomy, sectors=1, projects=0, objectives=0, requested_usd=amount, start_year=year,
                  end_year=year, contributions=0)  # fmt: skip
    picture = svg(client, "/charts/clusters-by-year.svg")
    inner = [element for element in picture.iter(f"{SVG}svg") if element is not picture]
    heights = [[rect.get("height") for rect in element.iter(f"{SVG}rect")] for element in inner]
    assert heights == [["100.00%"], [], ["33.33%"]]
    assert "at most 300, in 2020" in texts(picture)


def test_charts_take_as_many_queries_for_many_plans_as_for_few(client: Client, empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=2)
    make_plan(taxonomy=taxonomy, countries=[make_country()])

    def count(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/charts/{name}.csv").status_code == 200
        return len(queries)

    before = {name: count(name) for name in PORTFOLIO}
    make_plans(20, taxonomy=taxonomy, countries=[make_country()])
    assert {name: count(name) for name in PORTFOLIO} == before


# Frames


@pytest.mark.parametrize("address", ["/embed/plans/MLI-COMPENDIUM-2017/", f"/embed{MALI}/charts/sectors/"])
def test_only_frames_may_stand_in_other_sites(client: Client, mali: MaliPlans, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "X-Frame-Options" not in answer
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert ("default-src 'none'" in policy, "script-src 'self'" in policy) == (True, True)
    assert not answer.cookies
    html = answer.content.decode()
    assert ("<script" in html, "As of " in html) == (False, True)
    assert html.count("<h1") == 1
    assert re.search(r'href="http://testserver/plans/MLI-[^"]+/" target="_blank" rel="noopener"', html)


@pytest.mark.parametrize(
    "address", ["/", "/gaps/", f"{MALI}/", f"{MALI}/charts/sectors.svg", f"{MALI}/og.png", "/charts/map.svg",
                "/nowhere/", "/embed/plans/NOPE/x", "/api/v1/"]
)  # fmt: skip
def test_all_else_stands_in_no_frame(client: Client, mali: MaliPlans, address: str) -> None:
    answer = client.get(address)
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_a_frame_shows_figures_and_keeps_unknown_unknown(client: Client, mali: MaliPlans) -> None:
    html = client.get("/embed/plans/MLI-COMPENDIUM-2017/").content.decode()
    assert [text in html for text in ("37,360,000", "112,550", "37,247,450", "0.30\N{NO-BREAK SPACE}%")] == [True] * 4
    html = client.get("/embed/plans/MLI-CRP-2025-2026/").content.decode()
    assert ("Not reported" in html, "Can’t be told" in html, "0.00\N{NO-BREAK SPACE}%" in html) == (True, True, False)
    html = client.get("/embed/plans/MLI-CRP-2025-2026/?as_of=2025-05-01").content.decode()
    assert 'href="http://testserver/plans/MLI-CRP-2025-2026/?as_of=2025-05-01"' in html
    picture = re.search(r'<img src="([^"]+)"', client.get(f"/embed{MALI}/charts/sectors/").content.decode())
    assert picture
    assert client.get(picture[1]).status_code == 200


# Previews


def test_the_preview_is_drawn_once_until_something_changes(
    client: Client, mali: MaliPlans, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    png_of = views.png_of
    monkeypatch.setattr(views, "png_of", lambda svg, width: drawn.append(svg) or png_of(svg, width))
    address = f"{MALI}/og.png"
    first = client.get(address)
    assert png_size(first.content) == (1200, 630)
    assert client.get(address).content == first.content
    assert len(drawn) == 1
    assert ("32,353,500" in drawn[0], "Not reported" in drawn[0]) == (True, True)
    make_contribution(plan=Plan.objects.get(code="MLI-CRP-2025-2026"), amount_usd=3_235_350)
    assert client.get(address).content != first.content
    assert len(drawn) == 2
    assert ("3,235,350" in drawn[1], "10.00\N{NO-BREAK SPACE}%" in drawn[1]) == (True, True)
    assert png_size(client.get("/og.png").content) == (1200, 630)


def test_the_home_page_names_its_preview(client: Client, mali: MaliPlans) -> None:
    html = client.get("/").content.decode()
    found = dict(re.findall(r'<meta property="(og:[a-z:_]+)" content="([^"]*)"', html))
    assert found["og:image"] == "http://testserver/og.png"
    assert found["og:url"] == "http://testserver/"
    assert found["og:title"]
    french = client.get("/fr/").content.decode()
    assert 'content="http://testserver/fr/og.png"' in french
