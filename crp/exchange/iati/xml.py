"""Elements of XML, and texts that XML can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from crp.common.markdown import PARSER, YEAR_AT_START

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# What XML 1.0 has no way to write, and surrogates, which no text may hold.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return a text without the characters that XML refuses."""
    return FORBIDDEN.sub(" ", text).strip()


def plain(markdown: str) -> str:
    """Return a text of Markdown without its marks: a paragraph a line, with an empty line between them."""
    paragraphs = []
    # A paragraph that begins with a year and a full stop is no list that starts at 2017.
    for token in PARSER.parse(YEAR_AT_START.sub(r"\1\\\2", markdown.replace("\r\n", "\n"))):
        if token.type == "inline":
            parts = [
                " " if child.type.endswith("break") else child.content
                for child in token.children or ()
                if _is_read(child)
            ]
            paragraphs.append(" ".join("".join(parts).split()))
    return clean("\n\n".join(filter(None, paragraphs)))


def _is_read(child: object) -> bool:
    return getattr(child, "type", "") in {"text", "text_special", "softbreak", "hardbreak"}


def element(name: str, /, *children: Element, **attributes: str | None) -> Element:
    """Return an element. An attribute that is None is left out; ``_`` in its name is written ``-``."""
    made = Element(
        name, {key.replace("_", "-"): clean(value) for key, value in attributes.items() if value is not None}
    )
    made.extend(children)
    return made


def told(name: str, /, text: str | Mapping[str, str], **attributes: str | None) -> Element:
    """Return an element with a narrative, or one for each language."""
    made = element(name, **attributes)
    if isinstance(text, str):
        SubElement(made, "narrative").text = clean(text)
        return made
    for language, words in text.items():
        narrative = SubElement(made, "narrative", {LANGUAGE: language} if language else {})
        narrative.text = clean(words)
    return made
