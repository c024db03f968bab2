"""Breaks our pages in many ways and reads them: nothing fails but by a refusal, and nothing is invented.

``FUZZ_SECONDS=600 pytest tests/fuzz/test_broken_documents.py`` goes on for ten minutes; what fails names its seed.
"""

from __future__ import annotations

import os
import random
import time

import pytest

from crp.importing.documents.deciding import apply
from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import Basis, Draft
from crp.importing.documents.names import Names, load_names
from crp.importing.documents.opening import open_document
from crp.importing.documents.reading import read_document
from crp.importing.documents.report import coverage_of, unread_lines
from crp.importing.documents.shown import show_groups, show_lines
from crp.importing.tables import FileRefused
from tests.importing.documents.documents import docx_of, html_of, pdf_of
from tests.shared import PROJECT

SECONDS = float(os.environ.get("FUZZ_SECONDS", "4"))
FIRST_SEED = int(os.environ.get("FUZZ_SEED", "1"))
SOURCES = sorted((PROJECT / "fixtures" / "sources").glob("*.txt"))
WORDS = (
    "Funding required", "People Targeted", "Entities Targeted", "$", "$1,153,500", "0", "-1", "99,999,999,999,999,999",
    "USD 1.5.2", "€ 500,000", "100%", "101%", '[{"name":"x","y":', '[["a",1],["b"]]', "[" * 500, "Objective 0 -",
    "Objective 99999999999999999999 -", "CRP last updated: February 31 2025",
    "Requested | Received: | Percentage funded:",
    "Requested 1 | Received: 2 | Percentage funded: 3%", "Amount Requested: USD Amount Received:", "Beneficiaries:",
    "Regional Plan", "\u202e", "\ufeff", "\u2028", "é" * 300, "1" * 5_000, "Priority", "H(N)RP", "Mali", " ", "",
)  # fmt: skip


def broken(chance: random.Random) -> str:
    """Return a page of ours after some accidents: lines lost, doubled, moved, cut, glued, other words among them."""
    lines = chance.choice(SOURCES).read_text().split("\n")
    for _accident in range(chance.randint(1, 40)):
        lines = lines or [""]
        at = chance.randrange(len(lines))
        some = slice(at, at + chance.randint(1, 5))
        match chance.randrange(8):
            case 0:
                del lines[some]
            case 1:
                lines[at:at] = lines[some]
            case 2:
                lines.insert(at, chance.choice(WORDS))
            case 3:
                lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
            case 4:
                lines.insert(chance.randrange(len(lines)), lines.pop(at))
            case 5:
                lines[at] += chance.choice(WORDS)
            case 6:
                lines[at] = "".join(chance.choice((letter, letter, letter, "", "9", ",")) for letter in lines[at])
            case 7:
                lines[some] = ["".join(lines[some])]
    return "\n".join(lines)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with some bytes changed, or cut off."""
    changed = bytearray(content or b" ")
    for _byte in range(chance.choice((0, 1, 8, 64))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.choice((len(changed), chance.randrange(len(changed))))])


def check(document: Document, draft: Draft) -> None:
    """Fail where a value is not of its lines, or a page about it can't be made."""
    for row, name, value in draft.values():
        if value.span is None:
            continue
        assert value.span.last <= len(document), (row.subject, name)
        there = "\n".join(line.raw for line in document.lines[value.span.first - 1 : value.span.last])
        assert value.printed in there, (row.subject, name, value.printed)
        if value.basis is Basis.MISSING:
            assert value.value is None, (row.subject, name)
    show_groups(draft, (), apply(draft, ()))
    assert len(show_lines(document, draft)) == len(document)
    assert coverage_of(document, draft).understood <= len(document)
    unread_lines(document, draft)


def try_one(seed: int, names: Names) -> bool:
    """Read one broken document. Returns whether anything was read of it."""
    chance = random.Random(seed)
    text = broken(chance)
    try:
        if chance.random() < 0.03:  # a process of its own each time
            make = chance.choice((html_of, docx_of, pdf_of))
            lines = text.encode("cp1252", "ignore").decode("cp1252").split("\n")  # the letters of the PDF's font
            content = damaged(pdf_of(lines) if make is pdf_of else make(lines), chance)
            document = open_document("page", content)
        elif chance.random() < 0.3:
            document = open_document("page.txt", damaged(text.encode(chance.choice(("utf-8", "utf-16"))), chance))
        else:
            document = document_of(text, name="page.txt", format="plain")
        draft = read_document(document, names=names)
    except FileRefused:
        return False
    check(document, draft)
    return True


@pytest.mark.once
@pytest.mark.django_db
def test_a_broken_page_is_read_or_refused() -> None:
    names, ends_at, seed, read = load_names(), time.monotonic() + SECONDS, FIRST_SEED, 0
    while time.monotonic() < ends_at or seed < FIRST_SEED + 20:
        try:
            read += try_one(seed, names)
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={seed}") from error
        seed += 1
    assert read > 0
