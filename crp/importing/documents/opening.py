"""From a file to a document: what it is, whether it is safe to read, and the text of it, line by line."""

from __future__ import annotations

from crp.importing.archives import check_document_file
from crp.importing.tables import FileRefused

from .document import Document, document_of
from .formats import Extract, Notice, NotRead, plain, signs
from .isolation import read_apart
from .refusals import FORMATS, DocumentRefused, refusal_of, warning_of

MOST_BYTES = {signs.PLAIN: 5_000_000, signs.HTML: 20_000_000, signs.PDF: 25_000_000, signs.DOCX: 25_000_000}
LARGEST_BYTES = max(MOST_BYTES.values())

__all__ = ["LARGEST_BYTES", "DocumentRefused", "open_document"]


def open_document(name: str, content: bytes) -> Document:
    """Return the text of a file, told by its content: plain text, a web page, a PDF or a document of Word.

    ``name``: of the file, for people; empty where a text was pasted. Where it promises another format than the content
    has, a warning says so. Raises DocumentRefused, with a sentence for people. Opens nothing else, and ends within
    a minute whatever the file is.
    """
    try:
        found = _format_of(content)
        extract = _extract(found, content)
    except NotRead as refusal:
        raise refusal_of(refusal.notice) from None
    return document_of(
        "\n".join(extract.lines),
        name=name,
        format=found,
        content=content,
        pages=extract.pages,
        warnings=[*_about_name(name, found), *(warning_of(notice) for notice in extract.notices)],
    )


def _format_of(content: bytes) -> str:
    """Return the format of a file that is not too large for it. Raises NotRead."""
    if not content.strip():
        raise NotRead("empty")
    found = signs.format_of(content)
    if len(content) > MOST_BYTES[found]:
        raise NotRead("too_many_bytes", size=len(content), most=MOST_BYTES[found])
    return found


def _extract(found: str, content: bytes) -> Extract:
    """Return the text of a file. Raises NotRead, DocumentRefused."""
    if found == signs.DOCX:
        try:
            check_document_file(content)
        except FileRefused as refusal:
            raise DocumentRefused(str(refusal)) from None
    extract = plain.read(content) if found == signs.PLAIN else read_apart(found, content)
    if not any(line.strip() for line in extract.lines):
        raise NotRead("empty" if found == signs.PLAIN else "no_text")
    return extract


def _about_name(name: str, found: str) -> list[str]:
    """Return the warning about a name that promises another format."""
    named = signs.format_named(name)
    if named is None or named == found:
        return []
    return [warning_of(Notice("named_otherwise", {"named": str(FORMATS[named]), "found": str(FORMATS[found])}))]
