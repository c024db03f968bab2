"""A past day that a page or an answer is asked for: what was published by its end, and what was known of money."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from crp.common.pages import BadParameterError

AS_OF = "as_of"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def today() -> date:
    """Return the day that it is, in UTC, as all days of CRP are."""
    return datetime.now(tz=UTC).date()


def read_as_of(values: Sequence[str], now: date) -> date | None:
    """Return the day that the values of the parameter name. None: they name none.

    Raises: BadParameterError for what is no day, for several, and for a day after ``now``.
    """
    given = [value.strip() for value in values if value.strip()]
    if not given:
        return None
    if len(given) > 1:
        raise BadParameterError(AS_OF, _("One day at a time can be shown; several are given."))
    day = _read_day(given[0])
    if day > now:
        raise BadParameterError(
            AS_OF, _("%(day)s lies ahead: what will hold then can’t be known yet.") % {"day": day.isoformat()}
        )
    return day


def _read_day(value: str) -> date:
    shown = {"value": value if len(value) <= 60 else f"{value[:60]}…"}
    if not DAY.fullmatch(value):
        raise BadParameterError(AS_OF, _("“%(value)s” can’t be used: expected a day as 2025-04-17.") % shown)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadParameterError(AS_OF, _("“%(value)s” is no day of the calendar.") % shown) from None


def past(day: date | None, now: date) -> date | None:
    """Return the day where it is over. None: what holds now is asked for."""
    return None if day is None or day >= now else day


def address_on(address: str, on: date | None) -> str:
    """Return the address that shows the same day: of a past one with its parameter, of now as it is."""
    if on is None:
        return address
    path, mark, anchor = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{AS_OF}={on.isoformat()}{mark}{anchor}"


def as_of_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give a page the past day that its address names, as ``on``; None: it shows what holds now.

    Templates find it as ``request.as_of``: they say that the page shows the past, and their links lead to the same day.
    A day that can't be used is answered with 400 and a sentence.
    """

    @wraps(view)
    def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = today()
        try:
            day = read_as_of(request.GET.getlist(AS_OF), now)
        except BadParameterError as error:
            context = {"sentence": error.sentence, "parameter": AS_OF, "today": now}
            return render(request, "crp/bad_day.html", context, status=400)
        on = past(day, now)
        request.as_of = on  # type: ignore[attr-defined]
        return view(request, *args, on=on, **kwargs)

    return show
