"""A PDF with text: its lines in the order in which they were written into the file, with their pages.

Programs write a page in the order of reading, so that columns and cards come one after the other; setting the lines out
by their places instead (pypdf's ``layout``) reads across columns and mixes the figures of neighbours. See
``pdf_lines.py`` for what is made of their places.
"""

from __future__ import annotations

import io
import unicodedata

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from . import Extract, Notice, NotRead
from .pdf_lines import Placed, lines_of
from .running_lines import take_running_lines

END_MARK, END_BYTES = b"%%EOF", 2048
MOST_PAGES = 300
MOST_UNKNOWN_PERCENT = 30


def read(content: bytes) -> Extract:
    """Return the lines of a PDF. Raises NotRead."""
    if END_MARK not in content.rstrip(b"\x00\r\n\t ")[-END_BYTES:]:
        raise NotRead("cut")
    try:
        placed = _pages(content)
    except DependencyError:
        raise NotRead("encrypted") from None
    except (PyPdfError, RecursionError):
        raise NotRead("broken") from None
    if not any(placed):
        raise NotRead("needs_ocr")
    has_running_lines = take_running_lines(placed)
    pages = [lines_of(lines) for lines in placed]
    _refuse_unknown_characters(pages)
    empty = [number for number, lines in enumerate(pages, start=1) if not lines]
    notices = [Notice("pages_without_text", {"pages": _listed(empty)})] if empty else []
    if has_running_lines:
        notices.append(Notice("running_lines_left_out"))
    extract = Extract(notices=notices)
    for number, lines in enumerate(pages, start=1):
        for line in lines:
            extract.add(line, number)
    return extract


def _pages(content: bytes) -> list[list[Placed]]:
    """Return the lines of each page. Raises NotRead, PyPdfError."""
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise NotRead("password")
    if len(reader.pages) > MOST_PAGES:
        raise NotRead("too_many_pages", most=MOST_PAGES)
    pages, characters = [], Extract()
    for page in reader.pages:
        lines = _placed(page)
        for line in lines:
            characters.add(line.text)  # refuses too much before all of it is there
        pages.append(lines)
    return pages


def _placed(page: PageObject) -> list[Placed]:
    """Return the lines of a page, each with its place."""
    placed: list[Placed] = []
    is_new = True

    def take(text: str, place: list[float], text_place: list[float], _font: object, size: float) -> None:
        nonlocal is_new
        left = text_place[4] * place[0] + text_place[5] * place[2] + place[4]
        height = text_place[4] * place[1] + text_place[5] * place[3] + place[5]
        for part in text.splitlines(keepends=True):
            if part.strip() and is_new:
                placed.append(Placed("", left, height, abs(size * text_place[3] * place[3])))
                is_new = False
            if not is_new:
                placed[-1].text += part
            is_new |= part.endswith(("\n", "\r"))

    page.extract_text(visitor_text=take)
    return placed


def _refuse_unknown_characters(pages: list[list[str]]) -> None:
    """Raise NotRead where the fonts do not say which letters their signs are."""
    text = "".join(line for lines in pages for line in lines)
    unknown = sum(character == "\ufffd" or unicodedata.category(character) in {"Co", "Cn", "Cc"} for character in text)
    if unknown * 100 > len(text) * MOST_UNKNOWN_PERCENT:
        raise NotRead("needs_ocr")


def _listed(numbers: list[int]) -> str:
    """Return numbers as people list them: ``1, 3–5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
