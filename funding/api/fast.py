"""Plans with their figures, from the rows of the database straight to the wire.

The same columns as :class:`funding.api.serializers.PlanSerializer`, which describes them; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, QuerySet

from crp.common.api.renderers import text_cell
from crp.common.recent import Recent
from plans.models import Country, Plan

ROWS_AT_ONCE = 2_000
FIGURES = ("requested_usd", "received_usd", "pledged_usd", "gap_usd", "over_funded_usd", "percent_funded")


class CountryNumbers(Func):
    """SQL for the numbers of a plan's countries, with commas. NULL: it has none.

    Numbers and not codes: the index of the link has them, and a list has the codes of its few countries in memory.
    """

    function = "STRING_AGG"
    template = (
        "(SELECT %(function)s(CAST(link.country_id AS TEXT), ',') FROM plans_plan_countries link"
        " WHERE link.plan_id = %(expressions)s)"
    )
    arity = 1
    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **extra)


Codes = dict[str, tuple[int, str]]


def country_codes() -> Codes:
    """Return place in the order of names, and ISO3 code, of each country by its number. Queries: 1."""
    rows = Country.objects.order_by("name").values_list("pk", "iso3")
    return {str(pk): (place, iso3) for place, (pk, iso3) in enumerate(rows)}


def _hundredths(name: str) -> ExpressionWrapper:
    """Return a figure as the whole number that the database keeps."""
    return ExpressionWrapper(F(f"kept_figures__{name}"), output_field=BigIntegerField())


@dataclass
class Prepared:
    """A list of plans, ready to run: its statements, and how many rows it has as long as no money moves."""

    using: str
    sql: str
    parameters: tuple[Any, ...]
    count_sql: str
    count_parameters: tuple[Any, ...]
    countries: Codes
    counts: dict[Any, int] = field(default_factory=dict)

    def count(self, stamp: tuple[int, int]) -> int:
        """Return how many plans there are. Queries: 1 where something has changed that the number depends on."""
        if not self.depends_on_money:
            stamp = (stamp[0], 0)
        if stamp not in self.counts:
            with connections[self.using].cursor() as cursor:
                cursor.execute(self.count_sql, self.count_parameters)
                self.counts = {stamp: cursor.fetchone()[0]}
        return self.counts[stamp]

    @property
    def depends_on_money(self) -> bool:
        """Whether a condition looks at anything but plans and what their revisions say."""
        return "funding_" in self.count_sql.partition(" WHERE ")[2]

    def page(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """Return the rows of a page. Queries: 1."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(f"{self.sql} LIMIT %s OFFSET %s", (*self.parameters, limit, offset))
            return [show(row, self.countries) for row in cursor.fetchall()]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every row, read from the server some at a time."""
        return (show(row, self.countries) for row in self._read())

    def cells(self) -> Iterator[tuple[Any, ...]]:
        """Yield the same as the cells of a table."""
        return (show_cells(row, self.countries) for row in self._read())

    def _read(self) -> Iterator[tuple[Any, ...]]:
        with closing(connections[self.using].chunked_cursor()) as cursor:
            cursor.execute(self.sql, self.parameters)
            while several := cursor.fetchmany(ROWS_AT_ONCE):
                yield from several


def prepare(plans: QuerySet[Plan], countries: Codes) -> Prepared | None:
    """Return the statements for plans that come from ``with_figures``, in their order. None: nothing can match."""
    columns = {f"{name}_hundredths": _hundredths(name) for name in FIGURES}
    listed = plans.annotate(country_numbers=CountryNumbers("pk"), **columns).values_list(
        "code",
        "kind",
        "title",
        "country_numbers",
        "start_year",
        "end_year",
        "current__number",
        "current__document_on",
        "current__published_at",
        *columns,
        "current__funding_updated_on",
        "current__people_in_need",
        "current__people_targeted",
        "current__entities_targeted",
    )
    connection = connections[plans.db]
    counted = plans.order_by().values_list("pk")
    try:
        sql, parameters = listed.query.get_compiler(connection=connection).as_sql()
        count_sql, count_parameters = counted.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return None
    count_sql = f"SELECT COUNT(*) FROM ({count_sql}) counted"  # noqa: S608 (Django's own SQL)
    return Prepared(plans.db, sql, tuple(parameters), count_sql, tuple(count_parameters), countries)


def show(row: tuple[Any, ...], countries: Codes) -> dict[str, Any]:
    """Return a row of :func:`prepare` under the names of the API."""
    requested, received, pledged, gap, surplus, percent = row[9:15]
    return {
        "code": row[0],
        "kind": row[1],
        "title": row[2],
        "countries": _codes(row[3], countries),
        "start_year": row[4],
        "end_year": row[5],
        "revision": row[6],
        "document_on": row[7],
        "published_at": row[8],
        "requested_usd": None if requested is None else usd(requested),
        "received_usd": None if received is None else usd(received),
        "pledged_usd": None if pledged is None else usd(pledged),
        "gap_usd": None if gap is None else usd(gap),
        "over_funded_usd": None if surplus is None else usd(surplus),
        "percent_funded": None if percent is None else percent / 100,
        "funding_reported": received is not None,
        "funding_updated_on": row[15],
        "people_in_need": row[16],
        "people_targeted": row[17],
        "entities_targeted": row[18],
    }


def show_cells(row: tuple[Any, ...], countries: Codes) -> tuple[Any, ...]:
    """Return a row of :func:`prepare` as cells, in the order of :func:`show`: half as much work as by way of it."""
    requested, received, pledged, gap, surplus, percent = row[9:15]
    at = row[8].isoformat()
    return (
        row[0],
        row[1],
        text_cell(row[2]),
        ";".join(_codes(row[3], countries)),
        *row[4:8],
        f"{at.removesuffix('+00:00')}Z",
        None if requested is None else usd(requested),
        None if received is None else usd(received),
        None if pledged is None else usd(pledged),
        None if gap is None else usd(gap),
        None if surplus is None else usd(surplus),
        None if percent is None else percent / 100,
        "false" if received is None else "true",
        *row[15:],
    )


def _codes(numbers: str | None, countries: Codes) -> list[str]:
    if numbers is None:
        return []
    if "," in numbers:
        return [code for _place, code in sorted(countries[number] for number in numbers.split(","))]
    return [countries[numbers][1]]


def usd(cents: int) -> str:
    """Return cents as dollars with two decimals."""
    if cents < 0:
        return f"-{usd(-cents)}"
    digits = f"{cents:03}"  # cut in two, which takes half as long as dividing
    return f"{digits[:-2]}.{digits[-2:]}"


LONGEST = 1_000
_PREPARED: Recent[Prepared | None] = Recent(most=200)
_CODES: Recent[Codes] = Recent(most=1)


def prepared(content: Any, parameters: Mapping[str, Any], make: Callable[[], QuerySet[Plan]]) -> Prepared | None:
    """Return the statements for the parameters of a list, kept as long as no plan and no list of codes changes."""
    key = tuple(sorted((name, tuple(values)) for name, values in parameters.items()))
    return _PREPARED.get(
        content,
        key,
        lambda: prepare(make(), _CODES.get(content, "countries", country_codes)),
        keeps=lambda found: found is None or len(found.parameters) < LONGEST,
    )
