"""Years and days that can't be, or that somebody should look at."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crp.importing.documents.draft import Confidence, Value

from .reading import Reading, count_of, place

YEARS_AHEAD = 2
"""A plan is published at most so many years before its first one."""


def years(reading: Reading) -> None:
    """Ask about a plan that starts after it ends."""
    start, end = count_of(reading.plan, "start_year"), count_of(reading.plan, "end_year")
    if start is None or end is None or start <= end:
        return
    question = _("The plan starts in %(start)s, after it ends in %(end)s. Which years is it for?")
    told_in = {"start": str(start), "end": str(end)}
    for field in ("start_year", "end_year"):
        reading.ask(reading.plan, field, question % told_in, Confidence.LOW)


def days(reading: Reading) -> None:
    """Ask about days to come, long before the plan, and about funding that is older than the plan's text."""
    fields = ("document_on", "funding_updated_on")
    values = {field: reading.revision.values.get(field) for field in fields}
    start = count_of(reading.plan, "start_year")
    for field, value in values.items():
        if value is None or not isinstance(value.value, date):
            continue
        if value.value > reading.on:
            question = _("%(day)s (%(line)s) is in the future. What is the date?")
            reading.ask(reading.revision, field, question % _told(value), Confidence.LOW)
        elif start is not None and value.value.year < start - YEARS_AHEAD:
            question = _(
                "%(day)s (%(line)s) is more than two years before the plan’s first year, %(year)s. Is it right?"
            )
            reading.ask(reading.revision, field, question % {**_told(value), "year": str(start)})
    document, funding = values["document_on"], values["funding_updated_on"]
    if document is None or funding is None:
        return
    if isinstance(document.value, date) and isinstance(funding.value, date) and funding.value < document.value:
        question = _(
            "The funding was updated on %(funding)s (%(funding_line)s), before the page on %(day)s (%(line)s). Are "
            "both dates right?"
        )
        told_in = {
            **_told(document),
            "funding": date_format(funding.value, "DATE_FORMAT"),
            "funding_line": place(funding),
        }
        reading.ask(reading.revision, "funding_updated_on", question % told_in)


def _told(value: Value) -> dict[str, str]:
    day = value.value
    return {"day": date_format(day, "DATE_FORMAT") if isinstance(day, date) else value.printed, "line": place(value)}
