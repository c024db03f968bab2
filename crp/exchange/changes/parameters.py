"""What the feed can be asked, read strictly: a slip would lose changes and nobody would notice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from crp.common.api.filters import ALWAYS_KNOWN
from crp.common.api.pagination import read_whole
from crp.common.api.parameters import short, unusable, values_of
from crp.common.api.renderers import NDJSONRenderer
from crp.common.api.views import StrictParametersMixin
from crp.common.filters import TimeFilter
from crp.common.parameters import refuse_unknown

from .cursors import START, Cursor, read_cursor
from .resources import RESOURCES

SINCE, RESOURCE, LIMIT = "since", "resource", "limit"
USUAL, MOST = 500, 1_000


class ChangesParameters(StrictParametersMixin):
    """Reads the parameters before anything of the feed is read."""

    action = "list"
    since: Cursor | datetime | None
    """None: everything, from the beginning."""
    resources: frozenset[str]
    limit: int
    has_limit: bool

    def get_renderers(self) -> list[Any]:
        return [*super().get_renderers(), NDJSONRenderer()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in {"GET", "HEAD"}:
            return
        given = request.query_params
        problems = {
            **refuse_unknown(given, (*ALWAYS_KNOWN, SINCE, RESOURCE, LIMIT)),
            **unusable(given, (RESOURCE,), {}),
        }
        if problems:
            raise ValidationError(problems)
        self.has_limit = LIMIT in given
        self.limit = read_whole(request, LIMIT, USUAL, 1, MOST)
        self.resources = _read_resources(request)
        self.since = _read_since(given.get(SINCE, START).strip())
        if isinstance(self.since, Cursor) and (missing := sorted(self.resources - self.since.resources)):
            sentence = (
                f"This cursor has not read {', '.join(missing)}: ask for what was asked for before, or for less, or "
                f"begin again with {SINCE}={START}."
            )
            raise ValidationError({RESOURCE: [sentence]})


def _read_resources(request: Request) -> frozenset[str]:
    """Return the resources asked for; all where none is named."""
    named = values_of(request, RESOURCE)
    for name in named:
        if name not in RESOURCES:
            raise ValidationError({RESOURCE: [f"“{short(name)}” is not one of: {', '.join(RESOURCES)}."]})
    return frozenset(named or RESOURCES)


def _read_since(word: str) -> Cursor | datetime | None:
    """Return the place, or the time, from which on changes are wanted. None: from the beginning."""
    if word == START:
        return None
    return read_cursor(word) or _read_time(word)


def _read_time(word: str) -> datetime:
    given = QueryDict(mutable=True)
    given[SINCE] = word
    item = TimeFilter()
    try:
        time = None if unusable(given, (), {SINCE: item}) else item.field.clean(word)
    except FieldError:
        time = None
    if time is None:
        sentence = (
            f"“{short(word)}” can't be used: expected {START}, a cursor of this feed, or a time such as "
            "2026-01-01T00:00:00Z."
        )
        raise ValidationError({SINCE: [sentence]})
    if time > timezone.now():
        raise ValidationError({SINCE: [f"“{short(word)}” is still to come."]})
    return time
