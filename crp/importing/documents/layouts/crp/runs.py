"""Figures and labels that stand together, read as one block: is each figure above its label, or below?

One page prints its figures above their labels, another below. A reading counts where every figure finds a label that
takes such a figure. Where two readings are possible and differ, a label gets a question and no figure.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import groupby

from django.utils.translation import gettext as _

from .tokens import Figure, Kind, Label, Reading, Token, printed

MOST_WORDS = 10
RUN_KINDS = (Kind.LABEL, Kind.FIGURE, Kind.PAIR)
PEOPLE = (Label.PEOPLE, Label.ENTITIES, Label.IN_NEED)
Pairs = dict[int, int | None]
"""Positions of labels in a piece, each with the position of its figure."""


def with_runs(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with each run of figures and labels as one token. A figure without a label stays one."""
    found: list[Token] = []
    position = 0
    while position < len(tokens):
        end = position
        while end < len(tokens) and _belongs(tokens, position, end):
            end += 1
        if end == position:
            found.append(tokens[position])
            position += 1
        else:
            found.extend(_solved(list(tokens[position:end])))
            position = end
    return found


def _belongs(tokens: Sequence[Token], first: int, position: int) -> bool:
    """Tell whether a token goes on with a run: words do where a figure is expected, as in "At risk communities"."""
    token = tokens[position]
    if token.kind in RUN_KINDS:
        return True
    if token.kind is not Kind.TEXT or position == first or position + 1 == len(tokens):
        return False
    before, after = tokens[position - 1], tokens[position + 1]
    return (
        before.kind in RUN_KINDS
        and after.kind in RUN_KINDS
        and (before.label in PEOPLE or after.label in PEOPLE)
        and len(token.line.text.split()) <= MOST_WORDS
        and not token.line.text.endswith((".", ":", ";"))
    )


def _solved(run: list[Token]) -> Iterator[Token]:
    piece: list[Token] = []
    for token in run:
        if token.kind is Kind.PAIR:
            yield from _solved_piece(piece)
            yield _run([_pair(token)])
            piece = []
        else:
            piece.append(token)
    yield from _solved_piece(piece)


def _solved_piece(piece: list[Token]) -> Iterator[Token]:
    if not any(token.kind is Kind.LABEL for token in piece):
        yield from piece
        return
    readings = _read(piece)
    if readings is None and any(token.kind is Kind.TEXT for token in piece):
        for is_text, tokens in groupby(piece, key=lambda token: token.kind is Kind.TEXT):
            if is_text:
                yield from tokens
            else:
                yield from _solved_piece(list(tokens))
        return
    yield _run(_unsolved(piece) if readings is None else readings)


def _read(piece: list[Token]) -> list[Reading] | None:
    """Return what every label of a piece says. None: in no reading does every figure find its label."""
    perfect = _perfect(piece)
    if perfect is not None:
        return [_reading(piece, label, figure) for label, figure in perfect.items()]
    possible = [pairs for step in (-1, 1) if (pairs := _oriented(piece, step)) is not None]
    if not possible:
        return None
    return [
        _reading(piece, label, figure)
        if all(pairs[label] == figure for pairs in possible)
        else _doubtful(piece, label, [pairs[label] for pairs in possible])
        for label, figure in possible[0].items()
    ]


def _perfect(piece: list[Token]) -> Pairs | None:
    """Return the reading in which the first two belong together, and the next two, to the end."""
    if len(piece) % 2:
        return None
    pairs: Pairs = {}
    for first in range(0, len(piece), 2):
        one, other = piece[first], piece[first + 1]
        label, figure = (first, first + 1) if one.kind is Kind.LABEL else (first + 1, first)
        if (one.kind is Kind.LABEL) == (other.kind is Kind.LABEL) or not _fits(piece, label, figure):
            return None
        pairs[label] = figure
    return pairs


def _oriented(piece: list[Token], step: int) -> Pairs | None:
    """Return the reading with all figures above their labels (-1) or below (1), where no figure is left over."""
    labels = [position for position, token in enumerate(piece) if token.kind is Kind.LABEL]
    pairs: Pairs = {}
    for label in labels:
        figure = label + step
        if 0 <= figure < len(piece) and piece[figure].kind is not Kind.LABEL:
            if not _fits(piece, label, figure):
                return None
            pairs[label] = figure
        else:
            pairs[label] = None
    used = {figure for figure in pairs.values() if figure is not None}
    return pairs if len(used) == len(piece) - len(labels) else None


def _fits(piece: list[Token], label: int, figure: int) -> bool:
    wanted = piece[label].label
    return wanted is not None and _figure(piece[figure]).fits(wanted)


def _figure(token: Token) -> Figure:
    text = token.line.text
    return token.figure or Figure(printed(token.line, text), text=text)


def _reading(piece: list[Token], label: int, figure: int | None) -> Reading:
    token = piece[label]
    if token.label is None:
        raise ValueError(f"No label: {token}")
    if figure is None:
        return Reading(token.label, token.line)
    return Reading(token.label, token.line, _figure(piece[figure]), piece[figure].line)


def _doubtful(piece: list[Token], label: int, figures: list[int | None]) -> Reading:
    shown = [_figure(piece[figure]).printed for figure in figures if figure is not None]
    question = _("Figures and labels here can be paired in two ways: is “%(figure)s” the figure of “%(label)s”?") % {
        "figure": "” / “".join(shown),
        "label": piece[label].line.text,
    }
    first = next((figure for figure in figures if figure is not None), None)
    reading = _reading(piece, label, None)
    return Reading(reading.label, reading.label_line, None, None if first is None else piece[first].line, question)


def _unsolved(piece: list[Token]) -> list[Reading]:
    """Return a question for every label of a piece that has no reading, with the figures next to it."""
    figures = [position for position, token in enumerate(piece) if token.kind is not Kind.LABEL]
    found = []
    for position, token in enumerate(piece):
        if token.label is None:
            continue
        following = bisect(figures, position)
        nearest = figures[max(following - 1, 0) : following + 1]
        touching = [figure for figure in nearest if abs(figure - position) == 1]
        found.append(_doubtful(piece, position, list(touching or nearest)))
    return found


def _pair(token: Token) -> Reading:
    if token.label is None or token.figure is None:
        raise ValueError(f"No pair: {token}")
    return Reading(token.label, token.line, token.figure, token.line)


def _run(readings: list[Reading]) -> Token:
    lines = [line for reading in readings for line in (reading.label_line, reading.figure_line) if line is not None]
    first = min(lines, key=lambda line: line.number)
    last = max(lines, key=lambda line: line.number)
    return Token(Kind.RUN, first, last=last, readings=tuple(readings))
