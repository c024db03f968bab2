"""Documents and pictures set by typst: what they say comes in as data, never as markup, in letters of our own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from crp.common.api.renderers import to_json

HOME = Path(__file__).parent / "typst"
FONTS = HOME / "fonts"
PIXELS_PER_INCH = 144
POINTS_PER_INCH = 72
WIDEST_PX = 4_096

Output = Literal["pdf", "png"]

UNSHOWABLE = "\N{REPLACEMENT CHARACTER}"
PICTURE = b"""
#set page(width: int(sys.inputs.width) * 1pt, height: auto, margin: 0pt)
#set text(font: "Noto Sans", fallback: false)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""


class TypesettingError(RuntimeError):
    """A document could not be set: a defect of its template, or a picture that is none."""


def typeset(
    name: str,
    data: Mapping[str, Any],
    *,
    output: Output,
    language: str,
    made_at: datetime | None = None,
    page: int = 1,
) -> bytes:
    """Return a document made by the template ``name``.typ, which reads ``data`` as JSON.

    A PDF is PDF/UA-1: tagged, with a title and a language, or it is not made. A PNG is that of one page. ``made_at``
    is written into the PDF; without it, the same data give the same file, byte by byte.
    Raises: TypesettingError.
    """
    assert re.fullmatch(r"[a-z][a-z_]*", name), "templates have plain names"  # noqa: S101
    inputs = {"data": to_json(showable(dict(data))).decode(), "language": language}
    options: dict[str, Any] = {
        "format": "pdf",
        "pdf_standards": ["ua-1"],
        "timestamp": int(made_at.timestamp()) if made_at else 0,
    }
    if output == "png":
        options = {"format": "png", "ppi": PIXELS_PER_INCH}
    made = _compile(HOME / f"{name}.typ", inputs, options)
    return made[page - 1] if isinstance(made, list) else made


def png_of(svg: str, width_px: int) -> bytes:
    """Return an SVG as a PNG of this width; its letters are those of our fonts.

    Raises: TypesettingError for what is no SVG.
    """
    width = max(1, min(width_px, WIDEST_PX))
    made = _compile(PICTURE, {"svg": svg, "width": str(width)}, {"format": "png", "ppi": POINTS_PER_INCH})
    return made[0] if isinstance(made, list) else made


def showable(value: Any) -> Any:
    """Return data whose texts have only characters that the fonts can show, others as �; control characters go."""
    if isinstance(value, str):
        return _showable_text(value)
    if isinstance(value, Mapping):
        return {key: showable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [showable(item) for item in value]
    return value


def _showable_text(text: str) -> str:
    shown = unicodedata.normalize("NFC", text)
    return _unshowable().sub(_replacement, shown)


def _replacement(found: re.Match[str]) -> str:
    character = found.group()
    if character.isspace():
        return character if character == "\n" else " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn", "Mn"} else UNSHOWABLE


@cache
def _unshowable() -> re.Pattern[str]:
    """Return what finds a character that no font of ours has."""
    lines = (FONTS / "characters.txt").read_text().splitlines()
    ranges = [line.split("-") for line in lines if not line.startswith("#")]
    known = "".join(f"\\U{int(first, 16):08x}-\\U{int(last, 16):08x}" for first, last in ranges)
    return re.compile(f"[^{known}]")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _compile(source: Path | bytes, inputs: dict[str, str], options: dict[str, Any]) -> Any:
    try:
        return typst.compile(source, root=HOME, font_paths=_fonts(), sys_inputs=inputs, **options)
    except typst.TypstError as error:
        raise TypesettingError(f"{error.message} {' '.join(error.hints)}".strip()) from error
