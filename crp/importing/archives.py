"""Workbooks before anything opens them: what is none, or would do harm, is refused by a look at the archive."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

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
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive)
            _count(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, FileRefused):
            raise
        raise not_readable(error) from None


def not_readable(error: Exception) -> FileRefused:
    """Return the refusal of a file that breaks off or breaks the rules of its format."""
    return FileRefused(
        _("It is no workbook that can be read: it was cut, or is something else. (%(error)s)")
        % {"error": str(error)[:100]}
    )


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Judge an archive by its directory alone. Raises: FileRefused."""
    parts = archive.infolist()
    names = [part.filename.casefold() for part in parts]
    if WORKBOOK_PART not in names:
        raise FileRefused(_("It is no workbook of the format .xlsx: save it as .xlsx and upload that."))
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(_("It is protected with a password: take the password off and save it again."))
    if any("vbaproject" in name or "/macrosheets/" in name for name in names):
        raise FileRefused(_("It has macros: save it as a workbook without macros (.xlsx). Nothing of it was run."))
    if any("/externallinks/" in name for name in names):
        raise FileRefused(
            _("It has links to other workbooks: take them out (in Excel under Data, Edit links), or download it anew.")
        )
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise too_large()


def too_large() -> FileRefused:
    """Return the refusal of a file that would fill the memory."""
    return FileRefused(
        _("Unpacked it has more than %(most)s bytes: no workbook of a plan is as large.")
        % {"most": f"{MOST_UNPACKED_BYTES:,}"}
    )


def _count(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unpack an archive bit by bit and keep nothing, counting what a directory may hide. Raises: FileRefused."""
    unpacked_bytes = cells = 0
    for part in archive.infolist():
        rows = 0
        in_sheet = part.filename.casefold().startswith(SHEETS_FOLDER)
        for chunk, size in _chunks(archive, part):
            unpacked_bytes += size
            if unpacked_bytes > MOST_UNPACKED_BYTES:
                raise too_large()
            if part.filename.casefold().endswith((".xml", ".rels")):
                _refuse_tricks(chunk)
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


def _refuse_tricks(chunk: bytes) -> None:
    if any(mark in chunk for mark in DOCUMENT_TYPES) or b"\x00" in chunk:
        raise FileRefused(_("It is no workbook as spreadsheets write them: it has declarations or bytes of its own."))


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
