"""What changed in a text, word by word, paragraph by paragraph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from .values import ADDED, CHANGED, REMOVED, SAME, Passage, Piece

PARAGRAPH_END = re.compile(r"\n\s*\n")
SENTENCE_END = re.compile(r"(?<=[.!?:;…])\s+|\n")

MOST_PAIRS = 100_000
"""Of equal sentences or words that one comparison may look at: what has more is told as replaced whole."""
MOST_PRODUCT = 4_000_000
"""Of the numbers of words on both sides, likewise: difflib takes the square where every other word differs."""
LEAST_ALIKE = 0.3
"""Of the words of two sentences, the share that must be the same for a change inside them to be readable."""
LONGEST_CRUMB = 3  # letters


@dataclass(frozen=True, slots=True)
class _Break:
    """The end of a paragraph, among its sentences or words."""


BREAK = _Break()
Token = str | _Break
Edit = tuple[str, Token]
Step = tuple[str, int, int, int, int]


def compare_texts(old: str, new: str) -> tuple[Passage, ...]:
    """Return both texts as one, in passages of one paragraph; empty where they differ in nothing but white space.

    Paragraphs are compared first, then the sentences of those that differ, then the words of sentences that differ:
    the time grows with the length of the texts and not with its square.
    """
    if old.split() == new.split():
        return ()
    return tuple(_passages(_paragraph_edits(_paragraphs(old), _paragraphs(new))))


def whole_text(text: str, kind: str) -> tuple[Passage, ...]:
    """Return a text that was added or removed as a whole, in passages."""
    return tuple(_passages((kind, word) for word in _words(_sentences(_paragraphs(text)))))


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each in one line as far as its sentences go."""
    parts = PARAGRAPH_END.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    return ["\n".join(" ".join(line.split()) for line in part.strip().split("\n")) for part in parts if part.strip()]


def _sentences(paragraphs: Iterable[str]) -> list[Token]:
    sentences: list[Token] = []
    for paragraph in paragraphs:
        sentences += [part for part in SENTENCE_END.split(paragraph) if part]
        sentences.append(BREAK)
    return sentences


def _words(sentences: Iterable[Token]) -> list[Token]:
    words: list[Token] = []
    for sentence in sentences:
        words += [sentence] if isinstance(sentence, _Break) else sentence.split()
    return words


def _paragraph_edits(old: Sequence[str], new: Sequence[str]) -> Iterator[Edit]:
    """Yield the words of both texts, each with whether it is the same, removed or added."""
    for kind, i1, i2, j1, j2 in _steps(
        [" ".join(text.split()) for text in old], [" ".join(text.split()) for text in new]
    ):
        before, after = _sentences(old[i1:i2]), _sentences(new[j1:j2])
        if kind == "equal":
            yield from ((SAME, word) for word in _words(after))
        else:
            yield from _sentence_edits(before, after)


def _sentence_edits(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Edit]:
    for kind, i1, i2, j1, j2 in _steps(old, new):
        before, after = _words(old[i1:i2]), _words(new[j1:j2])
        if kind == "equal":
            yield from ((SAME, word) for word in after)
        else:
            yield from _word_edits(before, after)


def _steps(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Step]:
    """Yield what turns one list into the other, in difflib's terms; all of it replaced where that would take long."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if start:
        yield "equal", 0, start, 0, start
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if before or after:
        for kind, i1, i2, j1, j2 in _middle(before, after):
            yield kind, i1 + start, i2 + start, j1 + start, j2 + start
    if end:
        yield "equal", len(old) - end, len(old), len(new) - end, len(new)


def _middle(old: Sequence[Token], new: Sequence[Token]) -> Sequence[Step]:
    counts = Counter(new)
    pairs = sum(times * counts[item] for item, times in Counter(old).items())
    if not pairs or pairs > MOST_PAIRS or len(old) * len(new) > MOST_PRODUCT:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _word_edits(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Edit]:
    """Yield the words of two passages; those of passages that share little one after the other."""
    steps = list(_steps(old, new))
    kept = sum(i2 - i1 for kind, i1, i2, _j1, _j2 in steps if kind == "equal")
    if kept < LEAST_ALIKE * min(len(old), len(new)):
        yield from ((REMOVED, word) for word in old)
        yield from ((ADDED, word) for word in new)
        return
    for position, (kind, i1, i2, j1, j2) in enumerate(steps):
        # One short word that stayed between two that did not would cut the sentence into crumbs.
        crumb = (
            0 < position < len(steps) - 1 and i2 - i1 == 1 and old[i1] != BREAK and len(str(old[i1])) <= LONGEST_CRUMB
        )
        if kind == "equal" and not crumb:
            yield from ((SAME, word) for word in new[j1:j2])
        else:
            yield from ((REMOVED, word) for word in old[i1:i2])
            yield from ((ADDED, word) for word in new[j1:j2])


def _passages(edits: Iterable[Edit]) -> Iterator[Passage]:
    """Yield the paragraphs that words make; a paragraph's end that was removed is no end of what is left."""
    words: list[tuple[str, str]] = []
    for kind, word in edits:
        if isinstance(word, _Break):
            if kind != REMOVED or all(item == REMOVED for item, _word in words):
                yield from _passage(words)
                words = []
        else:
            words.append((kind, word))
    yield from _passage(words)


def _passage(words: Sequence[tuple[str, str]]) -> Iterator[Passage]:
    pieces = tuple(
        Piece(kind=kind, text=" ".join(word for _kind, word in group))
        for kind, group in groupby(_removed_first(words), key=lambda item: item[0])
    )
    kinds = {piece.kind for piece in pieces}
    if pieces:
        yield Passage(kind=kinds.pop() if len(kinds) == 1 else CHANGED, pieces=pieces)


def _removed_first(words: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield words so that in every change what was removed stands together before what was added."""
    for _is_same, group in groupby(words, key=lambda item: item[0] == SAME):
        yield from sorted(group, key=lambda item: item[0] == ADDED)
