"""A revision as a table in CSV, one value a line, as the layout ``table`` reads it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from plans.models import Citation, Revision, RevisionRow
from plans.tree import rows_of

from .as_text import as_text, column_of
from .draft import PLAN, REVISION, Basis, Ref, Row
from .layouts.table import ORDER, scope_of
from .layouts.table_keys import FIELDS_OF_REVISION, OWN, Named, fields_of, is_parent, named_by
from .layouts.table_lines import COLUMNS, UNGUARDED

Line = tuple[str, str, str, str, str]


def write_table(revision: Revision) -> str:
    """Return a revision as a table. Queries: one a model of rows, and five."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_guarded, line) for line in lines_of(revision))
    return file.getvalue()


def lines_of(revision: Revision) -> Iterator[Line]:
    """Yield row, field, value, basis and note of every value of a revision."""
    citations = {(each.subject, each.field): each for each in revision.citations.select_related("source")}
    yield from _plan_lines(revision, citations)
    for name in FIELDS_OF_REVISION:
        yield from _line(REVISION, name, revision, citations)
    last: Counter[str] = Counter()
    for row in rows_of(revision):
        named = named_by(row.row_key)
        if named is None:
            raise LookupError(f"{row.row_key}: the layout of tables does not know such rows")
        yield from _row_lines(row, named, citations)
        if (order := _order_line(row, named, last)) is not None:
            yield order


def _plan_lines(revision: Revision, citations: Mapping[tuple[str, str], Citation]) -> Iterator[Line]:
    plan = revision.plan
    for name in ("title", "kind", "start_year", "end_year"):
        yield (PLAN, name, str(getattr(plan, name)), "", "")
    countries = sorted(country.iso3 for country in plan.countries.all())
    yield (PLAN, "countries", ", ".join(countries), "", "")
    addresses = Counter(each.source.url for each in citations.values() if each.source.url)
    if addresses:
        yield (PLAN, "url", addresses.most_common(1)[0][0], "", "")


def _row_lines(row: RevisionRow, named: Named, citations: Mapping[tuple[str, str], Citation]) -> Iterator[Line]:
    """Yield the values of a row, but for what its name says as a matter of course."""
    own = {*OWN.get(named.kind, ()), ORDER, "breakdown"}
    for name in fields_of(named.kind):
        if name not in own and name not in named.parents:
            yield from _line(row.row_key, name, row, citations, is_named=name in named.refs)


def _order_line(row: RevisionRow, named: Named, last: Counter[str]) -> Line | None:
    """Return the order of a row, where it does not follow the one before."""
    parents = {
        name: _text(getattr(row, name)) for name in fields_of(named.kind) if is_parent(column_of(named.kind, name))
    }
    scope = scope_of(Row(named.kind, named.key, parents=parents))
    follows = row.order == last[scope] + 1
    last[scope] = row.order
    if named.order is not None or follows:
        return None
    return (row.row_key, ORDER, str(row.order), "", "")


def _line(
    subject: str,
    name: str,
    item: Any,
    citations: Mapping[tuple[str, str], Citation],
    *,
    is_named: bool = False,
) -> Iterator[Line]:
    """Yield the line of a value; none where it is not stated, or what a new row has anyway."""
    citation = citations.get((subject, name))
    value = getattr(item, name)
    text = _text(value)
    column = item._meta.get_field(name)
    is_given = text != "" and (column.is_relation or value != column.get_default())
    if not is_given and not is_named and citation is None:
        return
    basis, note = "", ""
    if citation is not None:
        note = citation.note
        basis = "" if citation.basis == Basis.STATED.value else citation.basis
    yield (subject, name, text, Basis.MISSING.value if text == "" else basis, note)


def _text(value: Any) -> str:
    """Return a value of the database as the layout reads it."""
    if isinstance(value, RevisionRow):
        return value.row_key
    if hasattr(value, "natural_key"):
        return as_text(Ref("", tuple(value.natural_key()), ""))
    if value is None or isinstance(value, (bool, Decimal, date, int)):
        return as_text(value)
    return str(value).strip()


def _guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if UNGUARDED.match(text) else text
