"""Documents set by typst: data is never markup, every text can be shown, and the same data give the same file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest

from crp.exchange import typesetting
from crp.exchange.typesetting import FONTS, HOME, TypesettingError, png_of, showable, typeset

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(font: "Noto Sans", fallback: false, lang: sys.inputs.language)
= #data.title
#data.text
"""
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect width="200" height="100" fill="#f00"/>'
    '<text x="10" y="50" font-family="Noto Sans">Côte d’Ivoire العربية</text></svg>'
)


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what sets a title and a text with a small template."""
    (tmp_path / "probe.typ").write_text(TEMPLATE)
    monkeypatch.setattr(typesetting, "HOME", tmp_path)

    def set_text(text: str, **options: Any) -> bytes:
        data = {"title": "A title", "text": text}
        return typeset("probe", data, **{"output": "pdf", "language": "en"} | options)

    return set_text


def words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    "text", ["#panic()", '#read("/etc/passwd")', "*bold* _it_ $x^2$ `raw` = no heading", "#{1 + 1}", '"); #let x = "']
)
def test_what_looks_like_markup_is_shown_as_it_stands(probe: Any, text: str) -> None:
    assert " ".join(words(probe(text)).split()) == f"A title {text}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("e\N{COMBINING ACUTE ACCENT}", "é"),
        ("中 and 😀", "\ufffd and \ufffd"),
        ("bell\a and null\0", "bell and null"),
        ("a\tb\nc", "a b\nc"),
        ("lone \ud800 half", "lone  half"),
        ("العربية ≥ →", "العربية ≥ →"),
    ],
)
def test_only_what_the_fonts_can_show_is_left(probe: Any, text: str, shown: str) -> None:
    assert showable(text) == shown
    assert showable({"a": [text, 3, None]}) == {"a": [shown, 3, None]}
    assert probe(text).startswith(b"%PDF")  # PDF/UA refuses a character without a letter


def test_the_list_of_characters_is_that_of_the_fonts(probe: Any) -> None:
    lines = (FONTS / "characters.txt").read_text().splitlines()[1:]
    ends = [chr(int(end, 16)) for line in lines for end in line.split("-")]
    marks = [letter for letter in ends if letter.isprintable() and not letter.isspace()]
    assert probe(" ".join(marks)).startswith(b"%PDF")


def test_the_same_data_give_the_same_file(probe: Any) -> None:
    assert probe("The same") == probe("The same")
    assert probe("The same") != probe("Another")


def test_a_template_that_fails_says_why(probe: Any, tmp_path: Path) -> None:
    (tmp_path / "probe.typ").write_text("#data.nothing")
    with pytest.raises(TypesettingError, match="unknown variable: data"):
        probe("x")


def test_fonts_are_small_and_come_with_their_licence() -> None:
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 1_500_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text()
    assert {file.name for file in FONTS.glob("*.ttf")} == {"NotoSans-Regular.ttf", "NotoSans-SemiBold.ttf"}


def test_templates_take_no_package_from_elsewhere() -> None:
    for template in HOME.glob("*.typ"):
        assert "@preview" not in template.read_text()


@pytest.mark.parametrize(("asked", "width"), [(800, 800), (1, 1), (0, 1), (10**9, 4_096)])
def test_a_picture_is_as_wide_as_asked(asked: int, width: int) -> None:
    made = png_of(SVG, asked)
    assert made.startswith(b"\x89PNG")
    assert int.from_bytes(made[16:20], "big") == width
    assert int.from_bytes(made[20:24], "big") in {width // 4, -(-width // 4)}


@pytest.mark.parametrize("svg", ["", "no picture", "<svg", "<html></html>"])
def test_what_is_no_picture_is_refused(svg: str) -> None:
    with pytest.raises(TypesettingError):
        png_of(svg, 100)
