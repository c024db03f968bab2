"""Plans with their figures, from the rows of the database straight to the wire.

The same columns as :class:`funding.api.serializers.PlanSerializer`, which describes them; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import BigIntegerField, ExpressionWrapper, F, Func, QuerySet

from crp.common.api.renderers import text_cell
from crp.common.recent import Recent
from funding.updated import updated_at
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


def _money(row: Any) -> str | None:
    return None if row is None else usd(row)


def _percent(hundredths: Any) -> float | None:
    return None if hundredths is None else hundredths / 100


def _moment(time: Any) -> Any:
    """Return a time that was computed, which SQLite gives as a text, as JSON has it."""
    return f"{time.replace(' ', 'T')}Z" if isinstance(time, str) else time


def _same(value: Any) -> Any:
    return value


# What each column is read from, and what is made of that; those of ``show`` in one go, which takes a third of the time.
READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "code": ("code", _same),
    "kind": ("kind", _same),
    "title": ("title", _same),
    "countries": ("country_numbers", _same),
    "start_year": ("start_year", _same),
    "end_year": ("end_year", _same),
    "revision": ("current__number", _same),
    "document_on": ("current__document_on", _same),
    "published_at": ("current__published_at", _same),
    **{name: (f"{name}_hundredths", _percent if name == "percent_funded" else _money) for name in FIGURES},
    "funding_reported": ("received_usd_hundredths", lambda received: received is not None),
    "funding_updated_on": ("current__funding_updated_on", _same),
    "people_in_need": ("current__people_in_need", _same),
    "people_targeted": ("current__people_targeted", _same),
    "entities_targeted": ("current__entities_targeted", _same),
    "updated_at": ("updated", _moment),
}
COLUMNS = tuple(READ)
WHOLE = tuple(dict.fromkeys(source for source, _make in READ.values()))
"""What is read for all columns."""

Show = Callable[[tuple[Any, ...], Codes], dict[str, Any]]


@dataclass
class Prepared:
    """A list of plans, ready to run: its statements, and how many rows it has as long as no money moves."""

    using: str
    sql: str
    parameters: tuple[Any, ...]
    count_sql: str
    count_parameters: tuple[Any, ...]
    countries: Codes
    show: Show
    is_whole: bool
    """Whether it has all columns, in their order."""
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
            return [self.show(row, self.countries) for row in cursor.fetchall()]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every row, read from the server some at a time."""
        return (self.show(row, self.countries) for row in self._read())

    def cells(self) -> Iterator[tuple[Any, ...]] | None:
        """Return the same as the cells of a table. None: only some of the columns are wanted."""
        return (show_cells(row, self.countries) for row in self._read()) if self.is_whole else None

    def _read(self) -> Iterator[tuple[Any, ...]]:
        with closing(connections[self.using].chunked_cursor()) as cursor:
            cursor.execute(self.sql, self.parameters)
            while several := cursor.fetchmany(ROWS_AT_ONCE):
                yield from several


def prepare(plans: QuerySet[Plan], countries: Codes, columns: Sequence[str] = COLUMNS) -> Prepared | None:
    """Return the statements for plans that come from ``with_figures``, in their order. None: nothing can match.

    ``columns``: the names of those wanted; what only others need is neither joined nor computed.
    """
    connection = connections[plans.db]
    counted = plans.order_by().values_list("pk")
    try:
        sql, parameters = listed(plans, columns).query.get_compiler(connection=connection).as_sql()
        count_sql, count_parameters = counted.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return None
    return Prepared(
        using=plans.db,
        sql=sql,
        parameters=tuple(parameters),
        count_sql=f"SELECT COUNT(*) FROM ({count_sql}) counted",  # noqa: S608 (Django's own SQL)
        count_parameters=tuple(count_parameters),
        countries=countries,
        show=show_of(columns),
        is_whole=tuple(columns) == COLUMNS,
    )


def listed(plans: QuerySet[Plan], columns: Sequence[str], *also: str) -> Any:
    """Return rows with what the columns wanted are read from, and columns of ``plans`` besides."""
    sources = sources_of(columns)
    computed: dict[str, Any] = {f"{name}_hundredths": _hundredths(name) for name in FIGURES}
    computed |= {"country_numbers": CountryNumbers("pk"), "updated": updated_at()}
    wanted = {name: sql for name, sql in computed.items() if name in sources}
    return plans.annotate(**wanted).values_list(*sources, *also)


def sources_of(columns: Sequence[str]) -> tuple[str, ...]:
    """Return what the columns are read from, each once."""
    return WHOLE if tuple(columns) == COLUMNS else tuple(dict.fromkeys(READ[name][0] for name in columns))


def show_of(columns: Sequence[str]) -> Show:
    """Return what makes of a row of :func:`prepare` the columns wanted, under the names of the API."""
    if tuple(columns) == COLUMNS:
        return show
    sources = sources_of(columns)
    steps = [(name, sources.index(READ[name][0]), READ[name][1]) for name in columns]

    def show_some(row: tuple[Any, ...], countries: Codes) -> dict[str, Any]:
        shown = {name: make(row[place]) for name, place, make in steps}
        if "countries" in shown:
            shown["countries"] = _codes(shown["countries"], countries)
        return shown

    return show_some


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
        "updated_at": _moment(row[19]),
    }


def show_cells(row: tuple[Any, ...], countries: Codes) -> tuple[Any, ...]:
    """Return a row of :func:`prepare` as cells, in the order of :func:`show`: half as much work as by way of it."""
    requested, received, pledged, gap, surplus, percent = row[9:15]
    return (
        row[0],
        row[1],
        text_cell(row[2]),
        ";".join(_codes(row[3], countries)),
        *row[4:8],
        time_text(row[8]),
        None if requested is None else usd(requested),
        None if received is None else usd(received),
        None if pledged is None else usd(pledged),
        None if gap is None else usd(gap),
        None if surplus is None else usd(surplus),
        None if percent is None else percent / 100,
        "false" if received is None else "true",
        *row[15:19],
        time_text(row[19]),
    )


def with_times(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose times are texts, as serializers write them: SQLite gives some without their zone."""
    return {**row, "published_at": _written(row["published_at"]), "updated_at": _written(row["updated_at"])}


def time_text(time: Any) -> str:
    """Return a time from the database, computed or not, as serializers write it."""
    return _written(_moment(time))


def _written(time: Any) -> str:
    return time if isinstance(time, str) else f"{time.isoformat().removesuffix('+00:00')}Z"


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


def prepared(
    content: Any, parameters: Mapping[str, Any], make: Callable[[], QuerySet[Plan]], columns: Sequence[str] = COLUMNS
) -> Prepared | None:
    """Return the statements for the parameters of a list, kept as long as no plan and no list of codes changes."""
    key = (tuple(columns), *sorted((name, tuple(values)) for name, values in parameters.items()))
    return _PREPARED.get(
        content,
        key,
        lambda: prepare(make(), kept_codes(content), columns),
        keeps=lambda found: found is None or len(found.parameters) < LONGEST,
    )


def kept_codes(content: Any) -> Codes:
    """Return :func:`country_codes`, kept as long as no list of codes changes."""
    return _CODES.get(content, "countries", country_codes)
