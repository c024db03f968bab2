"""Files of every format made of lines, for tests: what ``open_document`` gives of them are the lines again."""

from __future__ import annotations

import html
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import docx

from crp.importing.documents.document import Document, document_of

BULLET = "• "
PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
    b"\nstream\n\x80\nendstream"
)
LINE_STEP_POINTS, TOP_POINTS = 14, 800


def text_document(*lines: str, name: str = "page.txt") -> Document:
    """Return lines as the document that a plain text of them is, for tests that need no file."""
    return document_of("\n".join(lines), name=name, format="plain")


def html_of(lines: Iterable[str], *, head: str = "", before: str = "", after: str = "") -> bytes:
    """Return a web page in UTF-8: a paragraph or a list for the lines between two empty ones.

    ``before``, ``after``: what else its body has.
    """
    groups = [list(group) for is_empty, group in groupby(lines, key=lambda line: not line.strip()) if not is_empty]
    top = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8">{head}</head>'
    blocks = "\n".join(_block(group) for group in groups)
    return f"{top}<body>{before}{blocks}{after}</body></html>".encode()


def _block(lines: Sequence[str]) -> str:
    """Return lines as a paragraph, or as a list where they begin with an item."""
    marked = [html.escape(line.strip()) for line in lines]
    if not marked[0].startswith(BULLET):
        return f"<p>{'<br>'.join(marked)}</p>"
    items: list[str] = []
    for line in marked:
        if line.startswith(BULLET):
            items.append(line.removeprefix(BULLET))
        else:
            items[-1] += f"<div>{line}</div>"
    return f"<ul>{''.join(f'<li>{item}' for item in items)}</ul>"


def docx_of(lines: Iterable[str], *, rows: Sequence[Sequence[str]] = (), after: Iterable[str] = ()) -> bytes:
    """Return a document of Word: a paragraph for each line, then a table, then more paragraphs."""
    document = docx.Document()
    _add_paragraphs(document, lines)
    if rows:
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    _add_paragraphs(document, after)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _add_paragraphs(document: docx.document.Document, lines: Iterable[str]) -> None:
    for line in lines:
        style = "List Bullet" if line.startswith(BULLET) else None
        document.add_paragraph(line.removeprefix(BULLET), style=style)


def changed_parts(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return an archive whose parts were changed in place."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def pdf_of(*pages: Iterable[str]) -> bytes:
    """Return a PDF with the lines of each page; characters of Windows-1252 only."""
    return _pdf([_written(lines) for lines in pages])


def pdf_of_pictures(pages: int = 1) -> bytes:
    """Return a PDF of which each page is a picture, as a scanner makes it."""
    return _pdf([b"q 500 0 0 700 40 40 cm /Picture Do Q"] * pages)


def _written(lines: Iterable[str]) -> bytes:
    """Return the commands that write lines from the top of a page down."""
    commands = [f"BT /Font 10 Tf {LINE_STEP_POINTS} TL 40 {TOP_POINTS} Td".encode()]
    for line in lines:
        escaped = line.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
        commands.append(b"(" + escaped + b") Tj T*")
    return b"\n".join([*commands, b"ET"])


def _pdf(contents: Sequence[bytes]) -> bytes:
    """Return a PDF whose pages are drawn by commands. Objects 1 to 4 are the catalogue, pages, font and picture."""
    numbers = [5 + 2 * index for index in range(len(contents))]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(contents), kids),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        PICTURE,
    ]
    for number, content in zip(numbers, contents, strict=True):
        packed = zlib.compress(content)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /Font 3 0 R >> /XObject << /Picture 4 0 R >> >> >>" % (number + 1)
        )
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        )
    return _with_directory(objects)


def _with_directory(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of numbered objects, with the directory that says where each stands."""
    file, places = io.BytesIO(), []
    file.write(b"%PDF-1.5\n")
    for number, content in enumerate(objects, start=1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return file.getvalue()
