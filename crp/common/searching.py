"""Finding things by name or code: text made comparable, and shelves of it that are looked through in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from crp.common.text import fold

NOT_A_WORD = re.compile(r"[\W_]+")
APOSTROPHES = re.compile(
    "['`\N{MODIFIER LETTER APOSTROPHE}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}]"
)
SHORT = 2  # letters; a word as short as that must begin one: it stands inside nearly everything
# Letters that are no other letter with an accent, as they are typed on a keyboard without them.
LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC TATWEEL}": None,
    }
)
PLAIN = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
CODE, NAME, RELATED = "\t", "\n", "\v"


class Rank(IntEnum):
    """How well something fits what is looked for, the best first."""

    CODE = 0
    NAME = 1
    BEGINS = 2
    """A name or a code begins so."""
    WORDS = 3
    """Each word looked for begins a word."""
    CONTAINS = 4
    RELATED = 5
    """Only what it belongs to fits: a plan by its country."""


def comparable(text: str) -> str:
    """Return a text as words in small letters without accents and signs: ``cote d ivoire``, ``mli crp 2025 2026``."""
    if text.isascii():  # most names, and many times faster
        return " ".join(text.translate(PLAIN).split())
    return NOT_A_WORD.sub(" ", APOSTROPHES.sub(" ", fold(text).translate(LETTERS))).strip()


def spellings(text: str) -> set[str]:
    """Return the comparable forms of a name: with an apostrophe also the one of somebody who leaves it out."""
    found = {comparable(text)}
    if APOSTROPHES.search(text):
        found.add(comparable(APOSTROPHES.sub("", text)))
    return found - {""}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for."""

    text: str
    """In comparable form."""

    @property
    def words(self) -> list[str]:
        """Each once, the longest first: it leaves the least to look at."""
        return sorted(set(self.text.split()), key=len, reverse=True)


@dataclass(slots=True)
class Shelf:
    """Things of one kind, each as one string: a hundred thousand take 20 MB and are looked through in some 10 ms.

    They are put in the order in which those that fit equally well are shown.
    """

    keys: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def put(self, key: int, *, codes: Iterable[str], names: Iterable[str], related: Iterable[str] = ()) -> None:
        """Add a thing with its codes, its names in every language, and the names of what it belongs to."""
        parts = [f"{CODE} {code}{CODE}" for code in {comparable(code) for code in codes} - {""}]
        for name in names:
            parts.extend(f"{NAME} {spelling}{NAME}" for spelling in spellings(name))
        more = {spelling for name in related for spelling in spellings(name)}
        self.keys.append(key)
        self.texts.append(f"{''.join(parts)}{RELATED} {' '.join(more)}" if more else "".join(parts))

    def find(self, wanted: Wanted) -> list[tuple[Rank, int]]:
        """Return the key of everything that has every word, with how well it fits, the best first."""
        places: Sequence[int] = range(len(self.texts))
        if not wanted.text:
            return []
        for word in wanted.words:
            part = f" {word}" if len(word) <= SHORT else word
            places = [place for place in places if part in self.texts[place]]
        found = [(_rank(self.texts[place], wanted), self.keys[place]) for place in places]
        return sorted(found, key=lambda item: item[0])


def _rank(text: str, wanted: Wanted) -> Rank:
    own = text.partition(RELATED)[0]
    if f"{CODE} {wanted.text}{CODE}" in own:
        return Rank.CODE
    if f"{NAME} {wanted.text}{NAME}" in own:
        return Rank.NAME
    if f"{NAME} {wanted.text}" in own or f"{CODE} {wanted.text}" in own:
        return Rank.BEGINS
    if all(f" {word}" in own for word in wanted.words):
        return Rank.WORDS
    return Rank.CONTAINS if all(word in own for word in wanted.words) else Rank.RELATED
