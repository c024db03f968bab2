"""The text of a document, line by line: as it stands there, and as it is read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ftfy

SPACES = re.compile(r"[^\S\n]+")
# Punctuation in UTF-8 that was read as Windows-1252 and then lost its first character, which ftfy needs to tell it.
BEHEADED = {"€™": "’", "€˜": "‘", "€œ": "“", "€\x9d": "”", "€¦": "…", "€¢": "•", "€“": "–", "€”": "—"}  # noqa: RUF001
# A closing quotation mark may follow a euro sign: the dashes are taken for what they look like only between letters.
BEHEADED_FORMS = re.compile(r"€[™˜œ\x9d¦¢]|(?<=[^\W\d])€[“”](?=[^\W\d])")  # noqa: RUF001


@dataclass(frozen=True)
class Line:
    """A line. ``number``: counted from 1, as a text editor counts; ``raw``: as it stands; ``text``: as it is read.

    ``page``: of the file that the text was taken from, counted from 1. None: it has no pages.
    """

    number: int
    raw: str
    text: str
    page: int | None = None

    @property
    def is_damaged(self) -> bool:
        """Whether characters were lost on the way to this file and had to be restored."""
        return mended(self.raw) != _plain(self.raw)


@dataclass(frozen=True)
class Document:
    """A file whose text was taken out.

    ``sha256``: of the file; ``text_sha256``: of the text whose lines are counted, in UTF-8; the same for a plain text
    in UTF-8. ``warnings``: what was left out on the way, sentences for people.
    """

    name: str
    format: str
    sha256: str
    text_sha256: str
    lines: tuple[Line, ...]
    warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, number: int) -> Line:
        """Return the line of a number. Raises IndexError."""
        if not 1 <= number <= len(self.lines):
            raise IndexError(number)
        return self.lines[number - 1]

    @property
    def text(self) -> str:
        """The text whose lines are counted."""
        return "\n".join(line.raw for line in self.lines)


def document_of(
    text: str,
    *,
    name: str,
    format: str,  # noqa: A002 (the word of the field)
    content: bytes | None = None,
    pages: Sequence[int] = (),
    warnings: Sequence[str] = (),
) -> Document:
    """Return the document of a text. ``content``: the file, where it is not the text; ``pages``: of each line."""
    raw_lines = text.split("\n")
    lines = tuple(
        Line(number, raw, mended(raw), pages[number - 1] if pages else None)
        for number, raw in enumerate(raw_lines, start=1)
    )
    encoded = text.encode()
    return Document(
        name=name,
        format=format,
        sha256=hashlib.sha256(encoded if content is None else content).hexdigest(),
        text_sha256=hashlib.sha256(encoded).hexdigest(),
        lines=lines,
        warnings=tuple(warnings),
    )


def mended(raw: str) -> str:
    """Return a line as it is read: broken characters restored, every space plain and single, edges off."""
    restored = ftfy.fix_text(raw, uncurl_quotes=False)
    return _plain(BEHEADED_FORMS.sub(lambda found: BEHEADED[found[0]], restored))


def _plain(text: str) -> str:
    return SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
