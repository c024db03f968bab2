"""CSV files as they come, compressed or not, with a byte order mark or not: row by row, never whole in memory."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_LINE_BYTES = 1_000_000
OTHER_DELIMITERS = {
    ";": gettext_lazy("Its columns are separated by semicolons: commas were expected."),
    "\t": gettext_lazy("Its columns are separated by tabs: commas were expected."),
    "|": gettext_lazy("Its columns are separated by bars: commas were expected."),
}

csv.field_size_limit(LONGEST_LINE_BYTES)


class FileRefused(ValueError):  # noqa: N818 - it is a verdict on the file, with the sentence that says why
    """A file of which nothing can be used."""


@dataclass(frozen=True)
class Row:
    """One row of a table. ``line`` is the one that it starts on, as a text editor counts."""

    line: int
    cells: Sequence[str]


@dataclass
class Table:
    """A CSV file that is being read: its columns, then its rows once.

    After the last row ``sha256`` is that of the text, the same whether the file was compressed or not.
    """

    file: IO[bytes]
    columns: Sequence[str] = ()
    line: int = 0
    ends_with_newline: bool = True
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def _lines(self) -> Iterator[str]:
        """Yield the lines as text. Raises: FileRefused, which names the line."""
        while raw := self.file.readline(LONGEST_LINE_BYTES):
            self.digest.update(raw)
            self.line += 1
            if len(raw) >= LONGEST_LINE_BYTES and not raw.endswith(b"\n"):
                raise FileRefused(_("Line %(line)s is longer than any text: no CSV file.") % {"line": self.line})
            if b"\x00" in raw:
                raise FileRefused(_("Line %(line)s has a byte of value 0: no text in UTF-8.") % {"line": self.line})
            self.ends_with_newline = raw.endswith((b"\n", b"\r"))
            yield self._decoded(raw.removeprefix(BYTE_ORDER_MARK) if self.line == 1 else raw)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise FileRefused(
                _("Line %(line)s is not in UTF-8 (byte %(byte)s): save the file as UTF-8, not as Latin-1.")
                % {"line": self.line, "byte": f"0x{raw[error.start]:02X}"}
            ) from None

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the columns; empty lines are passed over. Raises: FileRefused."""
        reader = csv.reader(self._lines(), strict=True)
        start = 1
        try:
            for cells in reader:
                if not self.columns:
                    self.columns = self._read_columns(cells)
                elif cells:
                    yield Row(start, cells)
                start = self.line + 1
        except csv.Error as error:
            raise FileRefused(self._broken(start, str(error))) from None
        except (EOFError, OSError, zlib.error) as error:
            raise FileRefused(_("It can't be unpacked: %(error)s.") % {"error": str(error).rstrip(".")}) from None
        if not self.columns:
            raise FileRefused(_("It is empty."))

    def _read_columns(self, cells: Sequence[str]) -> Sequence[str]:
        columns = [cell.strip() for cell in cells]
        if len(columns) == 1:
            for delimiter, sentence in OTHER_DELIMITERS.items():
                if delimiter in columns[0]:
                    raise FileRefused(str(sentence))
        twice = sorted({name for name in columns if name and columns.count(name) > 1})
        if twice:
            raise FileRefused(_("Column %(names)s stands there twice.") % {"names": ", ".join(twice)})
        return columns

    def _broken(self, start: int, error: str) -> str:
        if "unexpected end of data" in error or "field larger" in error:
            return _(
                "A quoted text that opens on line %(line)s is never closed: the file was cut, or a quote is missing."
            ) % {"line": start}
        return _("Line %(line)s breaks the rules of CSV: %(error)s.") % {"line": start, "error": error}


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a CSV file, unpacking it where it is compressed. Raises: FileRefused."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start.startswith(ZIP):
                raise FileRefused(_("It is a ZIP archive or a workbook: CSV was expected, plain or with gzip."))
            if start.startswith(GZIP):
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield Table(unpacked)  # type: ignore[arg-type]
            elif path.suffix == ".gz":
                raise FileRefused(_("Its name says gzip, and it is not compressed with gzip."))
            else:
                yield Table(file)
    except OSError as error:
        raise FileRefused(_("It can't be read: %(error)s.") % {"error": error.strerror or error}) from None
