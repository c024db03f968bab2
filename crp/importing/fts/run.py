"""The import of one file of FTS: all that can be used of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

from django.db import DatabaseError, transaction

from crp.common.history import done
from crp.importing.progress import with_progress
from crp.importing.report import Outcome, Report
from crp.importing.staging import Staged, Staging, open_staging
from crp.importing.tables import FileRefused
from plans.models import Country

from .context import Context, Run, open_source
from .handlers import HANDLERS, Handler
from .kinds import Inspected, inspect
from .rows import Cells, LineRefused

GROUPS_AT_ONCE = 250
Item = TypeVar("Item")


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of paths: of a folder its CSV files, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.name.endswith((".csv", ".csv.gz", ".CSV")))
        else:
            yield path


def inspect_or_refuse(path: Path) -> Inspected | Report:
    """Return what a file is, or the report that says why nothing of it can be used."""
    try:
        return inspect(path)
    except FileRefused as refused:
        return Report(str(path), refused=str(refused))


def import_file(run: Run, file: Inspected, progress: TextIO | None = None) -> Report:
    """Import a file in one transaction and return what became of its rows."""
    report = Report(f"{file.path}: {file.kind}")
    sources = set(run.new_sources)
    try:
        with open_staging() as staging, transaction.atomic(), done(why=f"FTS: {file.path.name}"):
            _import(run, file, report, staging, progress)
    except (FileRefused, DatabaseError) as error:
        run.new_sources = sources
        return Report(report.name, refused=str(error).strip())
    return report


def _import(run: Run, file: Inspected, report: Report, staging: Staging, progress: TextIO | None) -> None:
    source = open_source(run, file, report)
    countries = {country.iso3: country for country in Country.objects.all()}
    context = Context(run, file, report, source, countries)
    report.notes += [*file.notes, _tell_day(context)]
    handler: Handler = HANDLERS[file.kind](context)
    rows = with_progress(_stage(context, handler), name=f"{file.path.name}: read", total=file.rows, to=progress)
    staging.fill(staged for staged in rows if staged is not None)
    groups = _groups(context, handler, staging, progress)
    while batch := list(islice(groups, GROUPS_AT_ONCE)):
        handler.write(batch)
    handler.finish(staging)


def _tell_day(context: Context) -> str:
    """Return what day the figures are of, and where it comes from if not from the file."""
    if context.file.updated_on or context.run.as_of or context.as_of != context.run.today:
        return f"As of {context.as_of}."
    return f"As of {context.as_of}, today: no column says what day the file speaks of. Where it is older, --as-of does."


def _stage(context: Context, handler: Handler) -> Iterator[tuple[str, Staged] | None]:
    """Yield each row under the key of its group, and None for one that is not put aside."""
    country, report = context.run.country, context.report
    columns = context.file.columns
    for row, cells in context.file.dicts():
        report.count("rows", Outcome.READ)
        known = dict(zip(columns, row.cells, strict=False)) if cells is None else cells
        key = handler.key(known)
        if cells is None:
            message = f"It has {len(row.cells)} columns: {len(columns)} were expected."
            report.add_problem(row.line, "", message)
            report.count("rows", Outcome.SKIPPED)
            yield key, Staged(row.line, None)
        elif country and not handler.is_whole and not handler.is_of(country, cells):
            yield None
        else:
            yield key, Staged(row.line, row.cells)


def _groups(context: Context, handler: Handler, staging: Staging, progress: TextIO | None) -> Iterator[Any]:
    """Yield the groups that can be used; report the lines of those that can't."""
    name = f"{context.file.path.name}: written"
    groups = staging.groups()
    for _key, rows in _counted(groups, with_progress(_count(context), name=name, total=context.file.rows, to=progress)):
        if _is_asked_for(context, handler, rows):
            group = _read_group(context, handler, rows)
            if group is not None:
                yield group


def _count(context: Context) -> Iterator[int]:
    yield from range(context.file.rows)


def _counted(groups: Iterator[tuple[str, list[Staged]]], bar: Iterator[int]) -> Iterator[tuple[str, list[Staged]]]:
    """Yield the groups, moving the bar by the rows of each."""
    for key, rows in groups:
        for _row in rows:
            next(bar, None)
        yield key, rows
    for _rest in bar:
        pass


def _is_asked_for(context: Context, handler: Handler, rows: Sequence[Staged]) -> bool:
    """Return whether a group is of the country that the user named: a plan is taken whole or not at all."""
    country, columns = context.run.country, context.file.columns
    return not country or any(
        handler.is_of(country, dict(zip(columns, row.cells, strict=True))) for row in rows if row.cells is not None
    )


def _read_group(context: Context, handler: Handler, staged: Sequence[Staged]) -> Any | None:
    report, columns = context.report, context.file.columns
    rows, broken = [], [row.line for row in staged if row.cells is None]
    for row in staged:
        if row.cells is None:
            continue
        try:
            cells = Cells(row.line, dict(zip(columns, row.cells, strict=True)))
            rows.append(handler.read(cells, context.countries))
        except LineRefused as refused:
            broken.append(row.line)
            report.add_problem(refused.line, refused.column, refused.message)
            report.count("rows", Outcome.SKIPPED)
    if rows and broken and handler.is_whole:
        for row in rows:
            report.add_problem(
                row.line, "", f"Left out with line {broken[0]} of the same plan: its sum would be too small."
            )
        report.count("rows", Outcome.SKIPPED, len(rows))
        return None
    try:
        return handler.group(rows) if rows else None
    except LineRefused as refused:
        report.add_problem(refused.line, refused.column, refused.message)
        report.count("rows", Outcome.SKIPPED, len(rows))
        return None
