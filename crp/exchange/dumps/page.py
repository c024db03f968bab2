"""The newest dump as the page /data/ shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from crp.common.numbers import write_number
from crp.exchange.dumps import store
from crp.exchange.dumps.store import Dump, DumpFile
from crp.exchange.dumps.writers import JSON, NDJSON, PARQUET, SQLITE, TEXT, ZIP

OLDER = 12


@dataclass(frozen=True, kw_only=True)
class Link:
    """A file to take along."""

    title: str
    address: str
    size: str
    sha256: str
    holds: str = ""


@dataclass(frozen=True, kw_only=True)
class TableLinks:
    """A list with the files that hold it alone."""

    title: str
    rows: int
    links: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class DumpPage:
    """What the page says of dumps: the newest, and those before it."""

    newest: Dump | None
    checked_at: datetime | None
    whole: Sequence[Link]
    tables: Sequence[TableLinks]
    sums: str
    """Address of the checksums; empty where there is no dump, as below."""
    archive: str
    """Name of the archive of CSV."""
    older: Sequence[Link]


def dump_page() -> DumpPage:
    """Return what there is now."""
    names = store.names()
    newest = store.find(store.LATEST)
    if newest is None:
        return DumpPage(newest=None, checked_at=store.checked_at(), whole=(), tables=(), sums="", archive="", older=())
    return DumpPage(
        newest=newest,
        checked_at=store.checked_at(),
        whole=_whole(newest),
        tables=[
            TableLinks(
                title=_title_of(table.name, table.title),
                rows=table.rows,
                links=[
                    _link(newest, file, {NDJSON: "NDJSON (gz)", PARQUET: "Parquet"}[file.form])
                    for file in newest.files
                    if file.table == table.name
                ],
            )
            for table in newest.tables
        ],
        sums=_address(newest, next(file.name for file in newest.files if file.form == TEXT)),
        archive=next(file.name for file in newest.files if file.form == ZIP),
        older=[link for name in names[: OLDER + 1] if name != newest.name and (link := _older(name))],
    )


def _whole(dump: Dump) -> list[Link]:
    """Return the files that hold everything, and the one that describes it."""
    words = {
        ZIP: ("CSV (zip)", _("All tables as CSV in one archive, a Data Package: with types, keys and terms.")),
        SQLITE: ("SQLite", _("All tables in one database file, with keys and a table of what each column means.")),
        JSON: ("datapackage.json", _("Description of every table and column for programs, alone.")),
    }
    return [_link(dump, file, words[file.form][0], words[file.form][1]) for file in dump.files if file.form in words]


def _older(name: str) -> Link | None:
    dump = store.find(name)
    file = next((file for file in dump.files if file.form == ZIP), None) if dump else None
    return _link(dump, file, dump.made_at) if dump and file else None


def _link(dump: Dump, file: DumpFile, title: Any, holds: str = "") -> Link:
    return Link(
        title=title,
        address=_address(dump, file.name),
        size=write_size(file.size_bytes),
        sha256=file.sha256,
        holds=holds,
    )


def _address(dump: Dump, name: str) -> str:
    return reverse("api:dumps-file", args=[dump.name, name])


def write_size(size_bytes: int) -> str:
    """Return a size as its reader writes it: in kB below a megabyte, otherwise in MB with one decimal."""
    if size_bytes < 1_000_000:
        return _("%(size)s kB") % {"size": write_number(max(size_bytes // 1_000, 1))}
    return _("%(size)s MB") % {"size": write_number(Decimal(size_bytes) / 1_000_000, 1)}


def _title_of(name: str, title: str) -> str:
    """Return what a table is called in the language of the page, the name of its list where that is not known."""
    return {
        "plans": _("Plans"),
        "objectives": _("Objectives"),
        "outcomes": _("Outcomes"),
        "projects": _("Projects"),
        "funding-requests": _("Funding requests"),
        "contributions": _("Contributions"),
        "reported-funding": _("Official totals"),
        "organizations": _("Organizations"),
        "sectors": _("Sectors"),
        "taxonomies": _("Taxonomies"),
        "countries": _("Countries"),
    }.get(name, title)
