"""A page of IOM's Crisis Response Plans as text, of the generations from 2020 to 2026. See ``crp/``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext_noop

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Draft
from crp.importing.documents.names import Names

from .crp import words
from .crp.blocks import Block, Part, blocks_of
from .crp.header import read_plan, read_revision
from .crp.lines import tokens_of
from .crp.narratives import read_narratives
from .crp.objectives import objectives_of, read_objective
from .crp.presence import read_offices, read_presence, read_ways
from .crp.risk import read_risk
from .crp.rows import Rows
from .crp.runs import with_runs
from .crp.sectors import read_sectors, read_taxonomy
from .crp.tokens import Kind, Token
from .crp.values import value_of

code = "crp"
label = gettext_noop("Page of IOM's Crisis Response Plans")

FEWEST_SIGNS = 2
TITLE = re.compile(r".{0,120}\bcrisis response plan\b.{0,60}", re.IGNORECASE)
SIGNS = {
    "title": TITLE,
    "address": words.PLAN_HOST,
    "updated": re.compile(r"crp last updated\s?:.{0,60}", re.IGNORECASE),
    "entities": re.compile(r"(?:\S{1,15} )?entities targeted(?: ?:.{0,20})?", re.IGNORECASE),
    "groups": re.compile(r"primary target groups", re.IGNORECASE),
    "description": re.compile(r"description of people and entities targeted", re.IGNORECASE),
    "objective": re.compile(r"objective \d - .{10,200}", re.IGNORECASE),
    "vision": re.compile(r"iom vision", re.IGNORECASE),
    "modalities": re.compile(r"key operating modalities", re.IGNORECASE),
    "presence": re.compile(r"iom field offices?", re.IGNORECASE),
}
"""Lines that such pages have and those of others don't, of which two have to be there."""


def recognises(document: Document) -> bool:
    """Tell whether a document is such a page, by lines that only these have."""
    found: set[str] = set()
    for line in document:
        text = line.text
        if len(text) > 250:
            continue
        found.update(name for name, sign in SIGNS.items() if name not in found and sign.fullmatch(text))
        if len(found) >= FEWEST_SIGNS:
            return True
    return False


def read(document: Document, names: Names) -> Draft:
    """Return what the page says. Nothing raises: what is not understood is left."""
    draft = Draft(code)
    tokens = with_runs(tokens_of(document, names))
    blocks = blocks_of(tokens)
    plan = read_plan(document, tokens, names, draft)
    revision = read_revision(document, tokens, blocks, draft)
    _read_past(tokens, draft)
    order = 0
    for token in tokens:
        if token.kind is Kind.RISK:
            order += read_risk(token, draft, order + 1)
    rows = Rows(draft)
    subjects: dict[int, str] = {}
    objectives = objectives_of(blocks, names, rows)
    for place, objective in enumerate(sorted(objectives, key=lambda one: one.number or 0), start=1):
        read_objective(objective, place, names, rows)
        subjects.update({id(block): objective.subject for block in objective.blocks})
    taxonomy = read_taxonomy(blocks, names, plan, revision)
    taken_for = {id(block): value for block, value in read_sectors(blocks, taxonomy, names, rows)}
    for token in tokens:
        if token.kind is Kind.WAYS:
            read_ways(token, document, names, rows)
    read_presence(tokens, blocks, rows)
    read_offices(tokens, rows)
    read_narratives(blocks, subjects, taken_for, rows)
    _read_figures(blocks, draft)
    return draft


def _read_past(tokens: Sequence[Token], draft: Draft) -> None:
    """Count lines as read that are known to say nothing, and those that say where something stands."""
    for token in tokens:
        if token.kind in (Kind.SILENT, Kind.PLACEHOLDER, Kind.REGIONAL):
            draft.read.add(token.line.number)


def _read_figures(blocks: Sequence[Block], draft: Draft) -> None:
    """Count the figures of the head that are printed again as read."""
    for block in blocks:
        if block.part is not Part.PLAN:
            continue
        for token in block.of(Kind.RUN):
            for reading in token.readings:
                if value_of([reading]) is not None:
                    draft.read.update(range(reading.span.first, reading.span.last + 1))
