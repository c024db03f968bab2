"""Making a dump: everything of one moment, whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import translation

from crp.common import parquet
from crp.common.api.conditional import code_fingerprint
from crp.common.columns import Column
from crp.exchange.dumps import store
from crp.exchange.dumps.package import describe, licence, readme
from crp.exchange.dumps.tables import TABLES, DumpError, DumpTable
from crp.exchange.dumps.writers import (
    JSON,
    MEDIA_TYPES,
    NDJSON,
    PARQUET,
    SQLITE,
    TEXT,
    ZIP,
    CsvZip,
    NdjsonFiles,
    ParquetFiles,
    SqliteFile,
    Writer,
)
from funding.api.stamp import Stamp, read_stamp

UNFINISHED = ".building-"
LEAVING = ".removing-"
LOCK = ".lock"
ROWS_AT_ONCE = 2_000
READ_AT_ONCE = 1024 * 1024

Say = Callable[[str], None]
Written = list[tuple[DumpTable, list[Column], int]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a build did."""

    made: str | None
    """Name of the dump. None: nothing has changed since the last."""
    last: str | None
    """The newest that there is now."""
    removed: Sequence[str]


def build(now: datetime, *, days: int, months: int, force: bool, say: Say) -> Outcome:
    """Make a dump where anything has changed since the last, and remove those that the rule does not keep.

    Raises: DumpError where another build is at work, or where a dump would be wrong.
    """
    root = Path(settings.DUMPS_DIR)
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root), translation.override("en"):
        _clear(root)
        made = None
        with snapshot():
            stamp = read_stamp()
            newest = store.find(store.LATEST)
            if force or newest is None or (newest.stamp, newest.code) != (_named(stamp), code_fingerprint()):
                made = _make(root, now, stamp, say)
        _replace(root / store.CHECKED, {"checked_at": now.isoformat()})
        removed = _remove_old(root, now, days, months)
        return Outcome(made=made, last=next(iter(store.names()), None), removed=removed)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside as it was at one moment, however long it takes and whoever writes meanwhile."""
    is_outermost = not connection.in_atomic_block
    connection.ensure_connection()
    wrapper: Any = connections[connection.alias]
    usual = getattr(wrapper, "transaction_mode", None)
    if connection.vendor == "sqlite":
        # The usual transaction would keep all writers waiting; this one only reads, beside them.
        wrapper.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql" and is_outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            wrapper.transaction_mode = usual


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the folder for this build alone. The system lets go of it when the process ends, in whatever way."""
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DumpError("Another build is at work in this folder.") from None
        yield


def _clear(root: Path) -> None:
    """Remove what a build left behind that was killed."""
    for entry in root.iterdir():
        if entry.name.startswith((UNFINISHED, LEAVING)):
            shutil.rmtree(entry)


def _make(root: Path, now: datetime, stamp: Stamp, say: Say) -> str:
    name = store.name_of(now)
    if (root / name).exists():
        raise DumpError(f"There is a dump of {name} already.")
    folder = root / f"{UNFINISHED}{name}"
    folder.mkdir()
    try:
        written, files = _write_tables(folder, now, stamp, say)
        _write_manifest(folder, now, stamp, written, files)
        _sync(folder)
        folder.rename(root / name)  # from here on it is seen, and whole
        _sync_entry(root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return name


def _write_tables(folder: Path, now: datetime, stamp: Stamp, say: Say) -> tuple[Written, list[dict[str, Any]]]:
    """Write every table in every format, reading each row once. Return the tables, and the entries of the manifest."""
    day, files = now.date().isoformat(), _Files(folder)
    about = {
        "title": "CRP, everything that is published",
        "made_at": now.isoformat(timespec="seconds"),
        "data_stamp": json.dumps(_named(stamp)),
        "terms": licence("")["title"],
        "empty": "NULL is not reported or not defined, which is never 0.",
        "unit_of_money": "US dollars",
    }
    archive = CsvZip(files.path(f"crp-csv-{day}.zip", ZIP), now)
    writers: list[Writer] = [
        archive,
        NdjsonFiles(lambda table: files.path(f"crp-{table.name}-{day}.ndjson.gz", NDJSON, table.name)),
        SqliteFile(files.path(f"crp-{day}.sqlite3", SQLITE), about),
    ]
    if parquet.is_installed():
        writers.append(
            ParquetFiles(lambda table: files.path(f"crp-{table.name}-{day}.parquet", PARQUET, table.name), about)
        )
    with ExitStack() as unfinished:
        for writer in writers:
            unfinished.callback(writer.discard)
        written = [_write_table(table, writers, say) for table in TABLES]
        descriptor = describe(written, now, f"{stamp[0]}.{stamp[1]}", settings.SITE_ADDRESS)
        described = json.dumps(descriptor, ensure_ascii=False, indent=1).encode()
        archive.add("datapackage.json", described)
        archive.add("README.txt", readme(written, now, settings.SITE_ADDRESS).encode("utf-8-sig"))  # Notepad's way
        for writer in writers:
            writer.close()
        unfinished.pop_all()
    files.path("datapackage.json", JSON).write_bytes(described)
    counts = {table.name: rows for table, _columns, rows in written}
    return written, files.entries(counts)


def _write_table(table: DumpTable, writers: Sequence[Writer], say: Say) -> tuple[DumpTable, list[Column], int]:
    columns, rows, count = table.columns, table.rows(), 0
    for writer in writers:
        writer.begin(table, columns)
    while several := list(islice(rows, ROWS_AT_ONCE)):
        for writer in writers:
            writer.write(several)
        count += len(several)
    for writer in writers:
        writer.end()
    say(f"{table.name}: {count:,} rows")
    return table, columns, count


class _Files:
    """The files of a dump on their way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: list[tuple[str, str, str | None]] = []

    def path(self, name: str, form: str, table: str | None = None) -> Path:
        """Return where a new file goes, and remember it."""
        self._known.append((name, form, table))
        return self._folder / name

    def entries(self, counts: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return what the manifest says of each file."""
        every = sum(counts.values())
        return [
            {
                "name": name,
                "format": form,
                "media_type": MEDIA_TYPES[form],
                "table": table,
                "rows": counts[table] if table else every if form in {ZIP, SQLITE} else None,
                "bytes": (self._folder / name).stat().st_size,
                "sha256": sha256_of(self._folder / name),
            }
            for name, form, table in self._known
        ]


def _write_manifest(folder: Path, now: datetime, stamp: Stamp, written: Written, files: list[dict[str, Any]]) -> None:
    sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in files)
    (folder / store.SUMS).write_text(sums, encoding="utf-8")
    of_sums = {"name": store.SUMS, "format": TEXT, "media_type": MEDIA_TYPES[TEXT], "table": None, "rows": None}
    path = folder / store.SUMS
    manifest = {
        "name": store.name_of(now),
        "version": 1,
        "made_at": now.isoformat(timespec="seconds"),
        "stamp": _named(stamp),
        "code": code_fingerprint(),
        "api_version": "v1",
        "licence": dict(licence(settings.SITE_ADDRESS)),
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "rows": rows,
                "columns": [column.name for column in columns],
            }
            for table, columns, rows in written
        ],
        "files": [*files, {**of_sums, "bytes": path.stat().st_size, "sha256": sha256_of(path)}],
        "missing": [] if parquet.is_installed() else [parquet.MISSING],
    }
    (folder / store.MANIFEST).write_bytes(json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read bit by bit."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(READ_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()


def _remove_old(root: Path, now: datetime, days: int, months: int) -> list[str]:
    found = store.names()
    stays = store.kept(found, now.date(), days, months)
    removed = [name for name in found if name not in stays]
    for name in removed:
        # Out of sight first, so that nobody is shown half of it; who is reading a file of it reads to its end.
        away = root / f"{LEAVING}{name}"
        (root / name).rename(away)
        shutil.rmtree(away)
    return removed


def _named(stamp: Stamp) -> dict[str, int]:
    return {"content": stamp[0], "money": stamp[1]}


def _replace(path: Path, content: Any) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(json.dumps(content).encode())
    new.replace(path)


def _sync(folder: Path) -> None:
    """Wait until every file is on the disk: a machine that fails now has the whole dump or none."""
    for path in folder.iterdir():
        _sync_entry(path)
    _sync_entry(folder)


def _sync_entry(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
