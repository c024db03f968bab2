"""Workbooks and documents before anything opens them: what would do harm is refused by a look at the archive."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .tables import ZIP, FileRefused

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
WORKBOOK_PART = "xl/workbook.xml"
SHEETS_FOLDER = "xl/worksheets/"
CHUNK_BYTES = 64 * 1024
MOST_PARTS = 500
MOST_UNPACKED_BYTES = 50_000_000
MOST_CELLS = 300_000
DOCUMENT_TYPES = (b"<!DOCTYPE", b"<!ENTITY")
LONGEST_MARK_BYTES = 64
ROW, CELL = re.compile(rb"<(?:\w+:)?row[\s>/]"), re.compile(rb"<(?:\w+:)?c[\s>/]")


@dataclass(frozen=True)
class Limits:
    """How much of a workbook is read. ``rows``: of one sheet, empty ones included; ``filled_rows``: without them."""

    file_bytes: int
    rows: int
    filled_rows: int


@dataclass(frozen=True)
class Sentences:
    """What is said of one kind of archive."""

    not_readable: Promise
    too_large: Promise
    macros: Promise
    tricks: Promise


OF_WORKBOOKS = Sentences(
    not_readable=gettext_lazy("It is no workbook that can be read: it was cut, or is something else. (%(error)s)"),
    too_large=gettext_lazy("Unpacked it has more than %(most)s bytes: no workbook of a plan is as large."),
    macros=gettext_lazy("It has macros: save it as a workbook without macros (.xlsx). Nothing of it was run."),
    tricks=gettext_lazy("It is no workbook as spreadsheets write them: it has declarations or bytes of its own."),
)
OF_DOCUMENTS = Sentences(
    not_readable=gettext_lazy("It is no document that can be read: it was cut, or is something else. (%(error)s)"),
    too_large=gettext_lazy("Unpacked it has more than %(most)s bytes: no document of a plan is as large."),
    macros=gettext_lazy("It has macros: save it as a document without macros (.docx). Nothing of it was run."),
    tricks=gettext_lazy("It is no document as Word writes them: it has declarations or bytes of its own."),
)


def check_workbook_file(content: bytes, limits: Limits) -> None:
    """Look that a file is a workbook without macros or links that is safe to open. Raises: FileRefused."""
    if not content:
        raise FileRefused(_("It is empty."))
    if len(content) > limits.file_bytes:
        raise FileRefused(
            _("It has %(size)s bytes: at most %(most)s are read.")
            % {"size": f"{len(content):,}", "most": f"{limits.file_bytes:,}"}
        )
    if content.startswith(OLD_WORKBOOK):
        if ENCRYPTED in content:
            raise FileRefused(_("It is protected with a password: take the password off and save it again."))
        raise FileRefused(_("It is an old workbook (.xls): save it as .xlsx."))
    if not content.startswith(ZIP):
        raise FileRefused(_("It is no workbook, whatever its name says: save it as .xlsx and upload that."))
    with _archive(content, OF_WORKBOOKS) as archive:
        _check_workbook_parts(archive)
        _count_cells(archive, limits)


def check_document_file(content: bytes) -> None:
    """Look that a document of Word has no macros and is safe to open. Raises: FileRefused."""
    with _archive(content, OF_DOCUMENTS) as archive:
        _check_parts(archive, OF_DOCUMENTS)
        deque(_unpacked(archive, OF_DOCUMENTS), maxlen=0)


@contextmanager
def _archive(content: bytes, sentences: Sentences) -> Iterator[zipfile.ZipFile]:
    """Open an archive. Whatever breaks while it is looked at is its refusal. Raises: FileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise not_readable(error, sentences) from None


def not_readable(error: Exception, sentences: Sentences = OF_WORKBOOKS) -> FileRefused:
    """Return the refusal of a file that breaks off or breaks the rules of its format."""
    return FileRefused(str(sentences.not_readable) % {"error": str(error)[:100]})


def _check_workbook_parts(archive: zipfile.ZipFile) -> None:
    """Judge a workbook by its directory alone. Raises: FileRefused."""
    names = [name.casefold() for name in archive.namelist()]
    if WORKBOOK_PART not in names:
        raise FileRefused(_("It is no workbook of the format .xlsx: save it as .xlsx and upload that."))
    _check_parts(archive, OF_WORKBOOKS)
    if any("/externallinks/" in name for name in names):
        raise FileRefused(
            _("It has links to other workbooks: take them out (in Excel under Data, Edit links), or download it anew.")
        )


def _check_parts(archive: zipfile.ZipFile, sentences: Sentences) -> None:
    """Judge an archive by its directory alone. Raises: FileRefused."""
    parts = archive.infolist()
    names = [part.filename.casefold() for part in parts]
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(_("It is protected with a password: take the password off and save it again."))
    if any("vbaproject" in name or "/macrosheets/" in name for name in names):
        raise FileRefused(str(sentences.macros))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise too_large(sentences)


def too_large(sentences: Sentences) -> FileRefused:
    """Return the refusal of a file that would fill the memory."""
    return FileRefused(str(sentences.too_large) % {"most": f"{MOST_UNPACKED_BYTES:,}"})


def _unpacked(archive: zipfile.ZipFile, sentences: Sentences) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    """Unpack an archive bit by bit and keep nothing. Raises: FileRefused for what its directory may hide."""
    unpacked_bytes = 0
    for part in archive.infolist():
        is_marked_up = part.filename.casefold().endswith((".xml", ".rels"))
        for chunk, size in _chunks(archive, part):
            unpacked_bytes += size
            if unpacked_bytes > MOST_UNPACKED_BYTES:
                raise too_large(sentences)
            if is_marked_up and (any(mark in chunk for mark in DOCUMENT_TYPES) or b"\x00" in chunk):
                raise FileRefused(str(sentences.tricks))
            yield part, chunk


def _count_cells(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Count what the sheets hold. Raises: FileRefused for more than is read."""
    cells = 0
    for part, chunks in groupby(_unpacked(archive, OF_WORKBOOKS), key=lambda found: found[0]):
        rows = 0
        in_sheet = part.filename.casefold().startswith(SHEETS_FOLDER)
        for _part, chunk in chunks:
            if in_sheet:
                rows += len(ROW.findall(chunk))
                cells += len(CELL.findall(chunk))
            if rows > limits.rows:
                raise FileRefused(
                    _(
                        "One of its sheets goes on for more than %(rows)s rows. At most %(most)s rows a sheet are "
                        "read: take the others out, the empty ones too."
                    )
                    % {"rows": f"{limits.rows:,}", "most": f"{limits.filled_rows:,}"}
                )
            if cells > MOST_CELLS:
                raise FileRefused(
                    _("It has more than %(most)s cells, empty ones included: no workbook of a plan is as large.")
                    % {"most": f"{MOST_CELLS:,}"}
                )


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """Yield a part bit by bit with the size of each; the start of a tag is never cut in two."""
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK_BYTES):
            text = rest + chunk
            last = text.rfind(b"<")
            end = last if last >= 0 and len(text) - last < LONGEST_MARK_BYTES else len(text)
            rest = text[end:]
            yield text[:end], len(chunk)
    yield rest, 0
