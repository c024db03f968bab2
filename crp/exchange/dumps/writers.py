"""The files of a dump, each written some rows at a time, in memory that does not grow with the dataset."""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from crp.common import parquet
from crp.common.api.renderers import csv_lines, ndjson_lines, to_json
from crp.common.columns import Column, Kind
from crp.exchange.dumps.tables import DumpError, DumpTable

Rows = Sequence[Mapping[str, Any]]

ZIP, NDJSON, SQLITE, PARQUET, JSON, TEXT = "csv-zip", "ndjson", "sqlite", "parquet", "json", "text"
MEDIA_TYPES = {
    ZIP: "application/zip",
    NDJSON: "application/gzip",
    SQLITE: "application/vnd.sqlite3",
    PARQUET: parquet.PARQUET_TYPE,
    JSON: "application/json",
    TEXT: "text/plain; charset=utf-8",
}
"""What a file of each form is sent as."""


class Writer(Protocol):
    """What takes the rows of one table after another."""

    def begin(self, table: DumpTable, columns: Sequence[Column]) -> None:
        """Start a table."""

    def write(self, rows: Rows) -> None:
        """Write rows of the table begun last."""

    def end(self) -> None:
        """Finish that table."""

    def close(self) -> None:
        """Finish the file.

        Raises: DumpError where it would be wrong.
        """

    def discard(self) -> None:
        """Let go of a file that nobody will see."""


class CsvZip:
    """One archive with a CSV for each table, as the API writes them."""

    def __init__(self, path: Path, made_at: datetime) -> None:
        self._made_at = made_at.timetuple()[:6]
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._columns: list[str] = []
        self._member: IO[bytes] | None = None

    def begin(self, table: DumpTable, columns: Sequence[Column]) -> None:
        self._columns = [column.name for column in columns]
        self._member = self._zip.open(self._entry(f"{table.name}.csv"), "w", force_zip64=True)
        self._member.write(next(iter(csv_lines(self._columns, ()))).encode())

    def write(self, rows: Rows) -> None:
        assert self._member is not None  # noqa: S101 (begin() comes first)
        lines = csv_lines(self._columns, rows)
        next(lines)  # the header stands there
        self._member.writelines(line.encode() for line in lines)

    def end(self) -> None:
        if self._member is not None:
            self._member.close()

    def add(self, name: str, content: bytes) -> None:
        """Put a whole file into the archive, after the last table."""
        self._zip.writestr(self._entry(name), content)

    def close(self) -> None:
        self._zip.close()

    def discard(self) -> None:
        self.end()
        self._zip.close()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, date_time=self._made_at)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        return entry


class NdjsonFiles:
    """A packed NDJSON for each table."""

    def __init__(self, path_of: Any) -> None:
        self._path_of = path_of
        self._stack = ExitStack()
        self._file: Any = None

    def begin(self, table: DumpTable, columns: Sequence[Column]) -> None:
        plain = self._stack.enter_context(self._path_of(table).open("wb"))
        # Without name and time of its own, so that the same rows are the same bytes.
        packed = gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=6, mtime=0)
        self._file = self._stack.enter_context(packed)

    def write(self, rows: Rows) -> None:
        self._file.writelines(ndjson_lines(rows))

    def end(self) -> None:
        self._stack.close()

    def close(self) -> None:
        """Do nothing: each file ends with its table."""

    def discard(self) -> None:
        self._stack.close()


class ParquetFiles:
    """A Parquet file for each table."""

    def __init__(self, path_of: Any, about: Mapping[str, str]) -> None:
        self._path_of, self._about = path_of, about
        self._stack = ExitStack()
        self._file: parquet.ParquetFile | None = None

    def begin(self, table: DumpTable, columns: Sequence[Column]) -> None:
        target = self._stack.enter_context(self._path_of(table).open("wb"))
        about = {"title": table.title, "description": table.description, **self._about}
        self._file = self._stack.enter_context(parquet.ParquetFile(target, columns, about))

    def write(self, rows: Rows) -> None:
        assert self._file is not None  # noqa: S101 (begin() comes first)
        self._file.write(rows)

    def end(self) -> None:
        self._stack.close()

    def close(self) -> None:
        """Do nothing: each file ends with its table."""

    def discard(self) -> None:
        self._stack.close()


TYPES = {
    Kind.TEXT: "TEXT",
    Kind.WHOLE: "INTEGER",
    Kind.NUMBER: "REAL",
    Kind.FLAG: "BOOLEAN",
    Kind.DAY: "DATE",
    Kind.TIME: "DATETIME",
    Kind.LIST: "JSON",
}


class SqliteFile:
    """A database with a table for each list, their keys, and what every column means.

    Money has the affinity of numbers: whole dollars are integers, cents are kept to 15 digits, so that a sum rounded to
    two places is exact.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self._base = sqlite3.connect(path, isolation_level=None)
        # A build that is killed is thrown away whole: nothing of it has to survive.
        self._base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
        self._base.execute("CREATE TABLE _about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self._base.executemany("INSERT INTO _about VALUES (?, ?)", about.items())
        self._base.execute(
            "CREATE TABLE _columns (table_name TEXT, column_name TEXT, type TEXT, description TEXT, "
            "PRIMARY KEY (table_name, column_name))"
        )
        self._columns: Sequence[Column] = ()
        self._insert = ""
        self._indexes: list[str] = []

    def begin(self, table: DumpTable, columns: Sequence[Column]) -> None:
        name, self._columns = sql_name(table.name), columns
        lines = [_declare(column) for column in columns]
        if table.key:
            lines.append(f"PRIMARY KEY ({_names(table.key)})")
        lines += [
            f"FOREIGN KEY ({_names(own)}) REFERENCES {_names([sql_name(other)])} ({_names(theirs)})"
            for own, (other, theirs) in table.references.items()
        ]
        self._base.execute(f"CREATE TABLE {_names([name])} ({', '.join(lines)})")
        self._base.executemany(
            "INSERT INTO _columns VALUES (?, ?, ?, ?)",
            [(name, column.name, _type(column), column.description) for column in columns],
        )
        self._insert = f"INSERT INTO {_names([name])} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 (own names)
        self._indexes += [
            f"CREATE INDEX {_names(['_'.join((name, *own))])} ON {_names([name])} ({_names(own)})"
            for own in table.references
            if own != table.key[: len(own)]
        ]

    def write(self, rows: Rows) -> None:
        self._base.executemany(
            self._insert, ([_plain(row[column.name], column.kind) for column in self._columns] for row in rows)
        )

    def end(self) -> None:
        """Do nothing: indexes are quicker made of all rows at once."""

    def close(self) -> None:
        for statement in self._indexes:
            self._base.execute(statement)
        broken = self._base.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise DumpError(f"Row {broken[1]} of {broken[0]} refers to a row of {broken[2]} that is not there.")
        self._base.execute("COMMIT")
        self._base.close()

    def discard(self) -> None:
        self._base.close()


def sql_name(table: str) -> str:
    """Return what a table is called in the database."""
    return table.replace("-", "_")


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _type(column: Column) -> str:
    return f"DECIMAL({column.digits}, {column.places})" if column.kind == Kind.DECIMAL else TYPES[column.kind]


def _declare(column: Column) -> str:
    return f"{_names([column.name])} {_type(column)}{'' if column.may_be_null else ' NOT NULL'}"


def _plain(value: Any, kind: Kind) -> Any:
    if kind == Kind.LIST:
        return to_json(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else value
