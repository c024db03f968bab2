"""The dumps that are there: one folder each, with a manifest that says what every file holds."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

MANIFEST, SUMS, CHECKED = "manifest.json", "SHA256SUMS", "checked.json"
NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z")
LATEST = "latest"
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DumpFile:
    """A file of a dump."""

    name: str
    form: str
    media_type: str
    size_bytes: int
    sha256: str
    table: str | None
    """The table that it holds alone. None: all of them, or what they are."""
    rows: int | None
    """None: it holds no rows."""


@dataclass(frozen=True, kw_only=True)
class DumpedTable:
    """A table of a dump, in whatever files."""

    name: str
    title: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Dump:
    """The whole public dataset as it was at one moment."""

    name: str
    folder: Path
    made_at: datetime
    stamp: Mapping[str, int]
    """Of content and of money: two dumps with the same hold the same data."""
    code: str
    """Of the release of CRP that wrote it."""
    tables: Sequence[DumpedTable]
    files: Sequence[DumpFile]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables)

    def file(self, name: str) -> DumpFile | None:
        """Return a file by its name. None: there is none."""
        return next((file for file in self.files if file.name == name), None)


def name_of(moment: datetime) -> str:
    """Return what a dump of that moment is called."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")


def moment_of(name: str) -> datetime:
    """Return the moment that a dump's name tells."""
    return datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)


def names() -> list[str]:
    """Return the names of all dumps, the newest first."""
    try:
        found = [entry.name for entry in Path(settings.DUMPS_DIR).iterdir() if NAME.fullmatch(entry.name)]
    except OSError:  # there is no such folder before the first one is made
        return []
    return sorted(found, reverse=True)


def all_dumps() -> list[Dump]:
    """Return all dumps, the newest first; one whose manifest can't be read is left out, and the log says so."""
    return [dump for name in names() if (dump := find(name))]


def find(name: str) -> Dump | None:
    """Return a dump by its name, ``latest`` for the newest. None: there is none."""
    if name == LATEST:
        return next((dump for each in names() if (dump := find(each))), None)
    if not NAME.fullmatch(name):
        return None
    folder = Path(settings.DUMPS_DIR, name)
    try:
        return _read(folder, (folder / MANIFEST).stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("The manifest of the dump %s can't be read: %s", name, error)
        return None


@lru_cache(maxsize=128)
def _read(folder: Path, changed: int) -> Dump:
    """Return what a manifest says; read once, since a dump never changes."""
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return Dump(
        name=said["name"],
        folder=folder,
        made_at=datetime.fromisoformat(said["made_at"]),
        stamp=said["stamp"],
        code=said["code"],
        tables=[DumpedTable(name=table["name"], title=table["title"], rows=table["rows"]) for table in said["tables"]],
        files=[
            DumpFile(
                name=file["name"],
                form=file["format"],
                media_type=file["media_type"],
                size_bytes=file["bytes"],
                sha256=file["sha256"],
                table=file["table"],
                rows=file["rows"],
            )
            for file in said["files"]
        ],
    )


def checked_at() -> datetime | None:
    """Return when it was last looked whether a new dump is due. None: never."""
    try:
        said = json.loads(Path(settings.DUMPS_DIR, CHECKED).read_bytes())
        return datetime.fromisoformat(said["checked_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamp() -> tuple[Any, ...]:
    """Return what changes whenever the list of dumps does."""
    return (*names(), checked_at())


def kept(found: Sequence[str], today: date, days: int, months: int) -> set[str]:
    """Return the names of dumps that stay.

    The newest; all of the last ``days`` days, today included; and the newest of each of the last ``months`` months,
    this one included.
    """
    stays = set(sorted(found)[-1:])
    newest_of_month: dict[int, str] = {}
    this_month = today.year * 12 + today.month
    for name in sorted(found):
        day = moment_of(name).date()
        if (today - day).days < days:
            stays.add(name)
        newest_of_month[day.year * 12 + day.month] = name
    return stays | {name for month, name in newest_of_month.items() if this_month - month < months}
