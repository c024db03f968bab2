"""Rows put aside on disk and given back in groups: those of one plan may lie anywhere in a file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple

BATCH = 5_000


class Staged(NamedTuple):
    """A row put aside. ``cells`` is None for one that can't be used: its group must know that it is there."""

    line: int
    cells: Sequence[str] | None


class Staging:
    """A table on disk, outside the database of CRP, that lasts as long as the import of one file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE staged (key TEXT NOT NULL, line INTEGER NOT NULL, cells TEXT)")

    def fill(self, rows: Iterable[tuple[str, Staged]]) -> None:
        """Put rows aside, each under the key of its group."""
        self._connection.executemany(
            "INSERT INTO staged VALUES (?, ?, ?)",
            ((key, row.line, None if row.cells is None else json.dumps(row.cells)) for key, row in rows),
        )
        self._connection.execute("CREATE INDEX staged_key ON staged (key, line)")

    def groups(self) -> Iterator[tuple[str, list[Staged]]]:
        """Yield each group with its rows in the order of the file."""
        found = self._connection.execute("SELECT key, line, cells FROM staged ORDER BY key, line")
        for key, rows in groupby(found, key=lambda row: row[0]):
            yield key, [Staged(line, None if cells is None else json.loads(cells)) for _key, line, cells in rows]

    def missing(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that no row has."""
        absent = set(keys)
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ", ".join("?" * len(part))
            found = self._connection.execute(f"SELECT DISTINCT key FROM staged WHERE key IN ({marks})", part)  # noqa: S608
            absent.difference_update(key for (key,) in found)
        return absent


@contextmanager
def open_staging() -> Iterator[Staging]:
    """Give a table that SQLite keeps in a nameless temporary file and drops when it is closed."""
    connection = sqlite3.connect("")
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        yield Staging(connection)
    finally:
        connection.close()
