"""What every part of the import of one file knows: the run, the file, and which of two files is the newer one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from crp.importing.report import Outcome, Report
from plans.models import Country, Plan, Source

from .kinds import Inspected

PUBLISHER = "OCHA Financial Tracking Service (FTS)"
ADDRESS = "https://data.humdata.org/organization/ocha-fts"
NEWER_BY = timedelta(days=548)
"""By how much CRP's newest plan of a country may start after the file's before the file is taken for an old one."""
NOON = time(12, tzinfo=UTC)

SEEMS_OLDER = (
    "It seems to be an older file: its newest plan of {iso3} starts on {newest}, that of CRP ({code}) on {start}. It "
    "is taken as of {day}; where that is wrong, say what day it is of with --as-of."
)
OF_A_LATER_DAY = "as of {day}, a later day than that of this file"
OF_THE_SAME_RUN = "from a file of the same day read before it in this run; import a newer file in a run of its own"
KEPT = "from a later import or an officer; CRP has read this file before"


@dataclass
class Run:
    """One run of the command. ``as_of``: the day that its files speak of, where the user gave one."""

    started_at: datetime
    as_of: date | None = None
    country: str = ""
    new_sources: set[int] = field(default_factory=set)
    """Sources that this run is the first to read, or the first to read as of a later day."""

    @property
    def today(self) -> date:
        return self.started_at.date()


@dataclass
class Context:
    """The import of one file."""

    run: Run
    file: Inspected
    report: Report
    source: Source
    countries: dict[str, Country]

    @property
    def as_of(self) -> date:
        """The day that the file speaks of."""
        return self.source.document_on or self.run.today

    @property
    def published_at(self) -> datetime:
        """When a revision that the file makes is published: now, or at noon of the day that it speaks of."""
        if self.as_of >= self.run.today:
            return self.run.started_at
        return datetime.combine(self.as_of, NOON)

    def objection(self, held_on: date | None, held_source: int | None) -> str:
        """Return why a figure that CRP has stays though the file has another one; empty where the file is newer.

        Files are in the order of the days they speak of; of the same day, in the order of the runs that first read
        them. So the order in which they are read again changes nothing.
        """
        if held_on is None or held_on < self.as_of:
            return ""
        if held_on > self.as_of:
            return OF_A_LATER_DAY.format(day=held_on)
        if self.source.pk not in self.run.new_sources or held_source == self.source.pk:
            return KEPT
        return OF_THE_SAME_RUN if held_source in self.run.new_sources else ""

    def differs(self, line: int | None, column: str, found: object, held: object, objection: str) -> None:
        """Report a value of the file that CRP has another one for, and keeps."""
        self.report.add_problem(line, column, f"{told(found)} here; in CRP {told(held)}, {objection}.")

    def was_made_in_this_run(self, made_at: datetime) -> bool:
        """Return whether a row was written after the run began."""
        return made_at >= self.run.started_at


def told(value: object) -> str:
    """Return a value as a report shows it."""
    if value is None:
        return "nothing"
    return f"{value:,}" if isinstance(value, Decimal) else str(value)


def day_of_older(file: Inspected, report: Report) -> date | None:
    """Return the day that a file is taken to be of where it seems to be an older one, and note why. None: it does not.

    Files do not say what day they speak of. One that knows no plan of its countries for a year and a half, where CRP
    has newer ones, is not of today. Queries: 1.
    """
    if not file.newest:
        return None
    plans = Plan.objects.filter(identifiers__scheme="fts", start_on__isnull=False, countries__iso3__in=file.newest)
    known = plans.order_by("start_on", "code").values_list("countries__iso3", "start_on", "code")
    starts = {iso3: (start, code) for iso3, start, code in known}
    if any(starts.get(iso3, (newest, ""))[0] - newest <= NEWER_BY for iso3, newest in file.newest.items()):
        return None
    day = max(file.newest.values())
    iso3 = min(file.newest)
    start, code = starts[iso3]
    report.add_note(SEEMS_OLDER.format(iso3=iso3, newest=file.newest[iso3], code=code, start=start, day=day))
    return day


def open_source(run: Run, file: Inspected, report: Report) -> Source:
    """Return the source that a file is; a file that CRP has read before keeps the day that it speaks of then.

    The day moves only where the user gives a later one.
    """
    scope = run.country.lower()
    code = "-".join(filter(None, ["fts", file.sha256[:16], scope]))
    source = Source.objects.filter(code=code).first()
    if source is None:
        by_rows = file.updated_on or day_of_older(file, report) or run.today
        source = Source.objects.create(
            code=code,
            title=f"OCHA FTS: {file.kind}" + (f", {run.country}" if run.country else ""),
            publisher=PUBLISHER,
            url=ADDRESS,
            country=Country.objects.filter(iso3=run.country).first(),
            document_on=run.as_of or min(by_rows, run.today),
            file_name=file.path.name[:200],
            sha256=file.sha256,
        )
        run.new_sources.add(source.pk)
        report.count("sources", Outcome.CREATED)
    elif run.as_of and source.document_on and run.as_of > source.document_on:
        source.document_on = run.as_of
        source.save(update_fields=["document_on"])
        run.new_sources.add(source.pk)
        report.count("sources", Outcome.UPDATED)
    elif run.as_of and run.as_of != source.document_on:
        report.add_note(f"CRP has read this file before, as of {source.document_on}: that day stays.")
    return source


def moment_after(former: datetime | None, at: datetime) -> datetime:
    """Return ``at``, or the moment after ``former`` where that is later: a revision follows the one before it."""
    return at if former is None or at > former else former + timedelta(microseconds=1)
