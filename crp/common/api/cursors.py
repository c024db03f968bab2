"""Where a page of a list ended, as a word that only CRP can write, and the condition for what comes after it.

A cursor holds the values of the last row in every term of the order. The last term is a key, so that rows which come
or go between two pages move nothing: no row comes twice, and none that was there all the while is left out.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from hashlib import blake2b
from operator import or_
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as FieldError
from django.db.models import DecimalField, F, GeneratedField, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast
from rest_framework.exceptions import ValidationError

from crp.common.api.parameters import CURSOR, short

FIRST = "*"
"""Asks for the first page."""
AGAIN = f"begin again with {CURSOR}={FIRST}"
COLUMN = "cursor_{}"


class Term(NamedTuple):
    """One term of an order."""

    column: str
    descending: bool
    nullable: bool
    """Whether it can be unknown, which comes last either way."""

    @property
    def ordered(self) -> OrderBy:
        """The term as the database takes it."""
        # An index is in the order of nulls that the database takes by itself: it serves only where none is asked for.
        last = True if self.nullable else None
        return F(self.column).desc(nulls_last=last) if self.descending else F(self.column).asc(nulls_last=last)


def may_be_null(rows: QuerySet, column: str) -> bool:
    """Return whether a column of a list can be null; where that can't be seen from the models, it may."""
    model: Any = rows.model
    if column in rows.query.annotations:
        return True
    for name in column.split("__"):
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return True
        if field.null or isinstance(field, GeneratedField):  # of which a model doesn't say
            return True
        model = field.related_model
    return False


def with_position(rows: QuerySet, terms: Sequence[Term]) -> QuerySet:
    """Return the rows with the values of their place in the order as columns, named by :func:`columns_of`."""
    return rows.annotate(**dict(zip(columns_of(terms), (F(term.column) for term in terms), strict=True)))


def columns_of(terms: Sequence[Term]) -> list[str]:
    """Return the names of the columns that hold the place of a row in the order."""
    return [COLUMN.format(number) for number in range(len(terms))]


def after(rows: QuerySet, terms: Sequence[Term], values: Sequence[Any]) -> QuerySet:
    """Return the rows of :func:`with_position` that come after a place in their order.

    Raises: ValidationError for values that the columns can't have, or not any more.
    """
    fields = [rows.query.annotations[name].output_field for name in columns_of(terms)]
    try:
        given = [_given(field, value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, FieldError):
        raise refused(f"This cursor is of an earlier version of the list: {AGAIN}.") from None
    places: list[Q] = []
    equal = Q()
    for name, term, value in zip(columns_of(terms), terms, given, strict=True):
        if value is None:  # nothing comes after what is not known
            equal &= Q(**{f"{name}__isnull": True})
            continue
        places.append(equal & _beyond(name, term, value))
        equal &= Q(**{name: value})
    first, begin = terms[0], given[0]
    # Said once more, and more simply, so that an index on the first column leads to where the page begins.
    bound = Q() if begin is None or len(terms) == 1 else _beyond(COLUMN.format(0), first, begin, inclusive=True)
    return rows.filter(bound & reduce(or_, places))


def _beyond(name: str, term: Term, value: Any, *, inclusive: bool = False) -> Q:
    way = ("lt" if term.descending else "gt") + ("e" if inclusive else "")
    found = Q(**{f"{name}__{way}": value})
    return found | Q(**{f"{name}__isnull": True}) if term.nullable else found


def _given(field: Any, value: Any) -> Any:
    """Return a value of a cursor as the column compares it."""
    if value is None:
        return None
    known = field.to_python(value)
    # SQLite compares what it computed with a text as a text; cast, it is a number.
    return Cast(Value(str(known)), field) if isinstance(field, DecimalField) else known


def fingerprint(*parts: Any) -> str:
    """Return what a cursor belongs to, in short: the list, its order and its filters."""
    return blake2b(json.dumps(parts).encode(), digest_size=9).hexdigest()


def write(values: Sequence[Any], of: str) -> str:
    """Return the cursor of a place in the order of the list that ``of`` is the fingerprint of."""
    body = json.dumps([of, *map(_plain, values)], ensure_ascii=False, separators=(",", ":"))
    return _signer().sign(urlsafe_b64encode(body.encode()).decode().rstrip("="))


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a time is one too
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read(cursor: str, of: str) -> list[Any]:
    """Return the values of a cursor. Raises: ValidationError where it is none, or that of another list or order."""
    try:
        body = _signer().unsign(cursor)
        found, *values = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (signing.BadSignature, ValueError):
        raise refused(f"“{short(cursor)}” is no cursor of this API, or was changed on its way: {AGAIN}.") from None
    if found != of:
        raise refused(
            f"This cursor is of another list, or of other filters or another ordering. Keep them as they were, or "
            f"{AGAIN}."
        )
    return values


def refused(sentence: str) -> ValidationError:
    """Return the error of a cursor that can't be used."""
    return ValidationError({CURSOR: [sentence]})


def _signer() -> signing.Signer:
    # Without a time: the same place has the same cursor, and it holds as long as CRP's key does.
    return signing.Signer(salt="crp.api.cursor", sep=".")
