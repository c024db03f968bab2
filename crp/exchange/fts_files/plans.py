"""The files of requirements and funding: by plan and country, by cluster of the plan, by global cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from django.db.models.functions import Coalesce

from crp.exchange.appeals import APPEAL_TYPES, Names, first_day, last_day, names_of
from crp.exchange.by_country import links_of, rows_of
from crp.exchange.fts_files.figures import amount, share
from funding.dimensions import GLOBAL_CLUSTER, SECTOR, Dimension, Residual
from funding.models import ReportedFunding
from funding.rollups import with_figures
from funding.rollups.parts import Given, given_parts, official_parts, requested_parts
from plans.models import Country, Plan
from sectors.models import Sector

PLANS_AT_ONCE = 250
FTS_CLUSTERS = "FTS-CLUSTERS"
NOT_SPECIFIED, SHARED = "Not specified", "Multiple clusters/sectors (shared)"
ZERO = Decimal(0)

Row = Sequence[Any]
Codes = tuple[Any, ...]


class _Line(NamedTuple):
    """What a plan asks for, and has received, for one cluster. None: not stated, or not reported."""

    requested: Decimal | None
    received: Decimal | None


def requirement_rows(country: Country | None) -> Iterator[Row]:
    """Yield a row for each plan and country, and one for each year of money outside any plan.

    By country, the newest year first, what is outside any plan after the plans of its year: the order that FTS has.
    ``country`` None: of all countries. Queries: 2, and 5 for every 2,000 rows.
    """
    return merge(_of_plans(country), _outside_plans(country), key=_place_in_file)


def _place_in_file(row: Row) -> tuple[str, int, bool]:
    iso3, number, year = row[0], row[1], row[8]
    return iso3, -year, number == ""


def _of_plans(country: Country | None) -> Iterator[Row]:
    links = links_of(Plan.objects.in_force()).annotate(year=Coalesce("plan__totals_year", "plan__start_year"))
    if country is not None:
        links = links.filter(country=country)
    for row in rows_of(links.order_by("country__iso3", "-year", "appeal_code", "plan")):
        kind = APPEAL_TYPES[row.plan.kind]
        yield (
            row.country.iso3,
            *_plan(row.plan, row.names),
            kind.fts_id,
            kind.name,
            *_days(row.plan),
            amount(row.requested_usd),
            amount(row.received_usd),
            share(row.received_usd, row.requested_usd),
        )


def _outside_plans(country: Country | None) -> Iterator[Row]:
    """Yield what countries received outside any plan, as official totals say."""
    totals = ReportedFunding.objects.in_force().filter(plan__isnull=True)
    if country is not None:
        totals = totals.filter(country=country)
    found = totals.order_by("country__iso3", "-year").values_list("country__iso3", "year", "amount_usd")
    for iso3, year, received in found.iterator():
        yield (iso3, "", NOT_SPECIFIED, "", "", "", "", "", year, "", amount(received), "")


def cluster_rows(country: Country | None, *, is_global: bool) -> Iterator[Row]:
    """Yield a row for each plan of one country and each of its clusters, by country, the newest year first.

    Plans of several countries are left out: they do not divide their clusters by country.
    Queries: 1, and 8 for every 250 plans.
    """
    plans = Plan.objects.in_force().filter(kept_figures__only_country_id__gt=0)
    if country is not None:
        plans = plans.filter(kept_figures__only_country_id=country.pk)
    ordered = plans.annotate(year=Coalesce("totals_year", "start_year"))
    ordered = ordered.order_by("countries__iso3", "-year", "code")  # each has one
    numbers = ordered.values_list("pk", flat=True).iterator(chunk_size=2_000)
    while several := list(islice(numbers, PLANS_AT_ONCE)):
        yield from _cluster_rows(several, GLOBAL_CLUSTER if is_global else SECTOR)


def _cluster_rows(numbers: Sequence[int], by: Dimension) -> Iterator[Row]:
    chosen = Plan.objects.filter(pk__in=numbers)
    wider = [by.regroup() if by.regroup else None]
    asked = requested_parts(chosen, [by], wider, None)
    given = given_parts(chosen, [by], wider, None)
    official = official_parts(chosen, [by], wider, None)
    names = names_of(numbers)
    plans = with_figures(Plan.objects.in_force().filter(pk__in=numbers)).prefetch_related("countries")
    lines = {
        plan: _lines(plan, asked.get(plan.pk, {}), given.get(plan.pk, {}), official.get(plan.pk, {}))
        for plan in sorted(plans, key=lambda plan: numbers.index(plan.pk))
    }
    wanted = {value for of_plan in lines.values() for value in of_plan if not isinstance(value, Residual)}
    sectors = Sector.objects.select_related("taxonomy").in_bulk(wanted)
    for plan, of_plan in lines.items():
        for value, line in of_plan.items():
            yield (
                plan.countries.all()[0].iso3,
                *_plan(plan, names.get(plan.pk, Names())),
                *_days(plan),
                *_cluster(value, sectors),
                amount(line.requested),
                amount(line.received),
                share(line.received, line.requested),
            )


def _lines(
    plan: Any, asked: Mapping[Any, Decimal], given: Mapping[Any, Given], official: Mapping[Any, Decimal]
) -> dict[Any, _Line]:
    """Return the lines of a plan by cluster; none where it neither asks nor received by cluster.

    Money received is that of official lines; of a plan without an official total, that of its contributions, and 0
    for a cluster without any as long as all of them name theirs.
    """
    requested = _by_value(asked.items())
    received = _by_value(official.items())
    if plan.official_usd is None:
        received = _by_value((codes, one.received) for codes, one in given.items() if one.received is not None)
        if plan.funding_reported and not received.keys() & {Residual.NOT_SPECIFIED, Residual.SHARED}:
            received = dict.fromkeys(requested, ZERO) | received
    if not requested and received.keys() <= {Residual.NOT_SPECIFIED}:
        return {}
    if (
        requested
        and plan.requested_usd is not None
        and (rest := plan.requested_usd - sum(requested.values(), ZERO)) > 0
    ):
        requested[Residual.NOT_SPECIFIED] = requested.get(Residual.NOT_SPECIFIED, ZERO) + rest
    values = sorted({**requested, **received}, key=lambda value: isinstance(value, Residual))
    return {value: _Line(requested.get(value), received.get(value)) for value in values}


def _by_value(amounts: Iterable[tuple[Codes, Decimal]]) -> dict[Any, Decimal]:
    """Return amounts by sector; what belongs to no global cluster is not specified, in the words of FTS."""
    found: dict[Any, Decimal] = {}
    for (value,), total in amounts:
        of = Residual.NOT_SPECIFIED if value == Residual.NO_CLUSTER else value
        found[of] = found.get(of, ZERO) + total
    return found


def _plan(plan: Plan, names: Names) -> tuple[str, str, str]:
    """Return number, title and code: those of FTS where it has the plan, and else the code of CRP for both."""
    return names.fts_id or plan.code, plan.title, names.fts_code or ("" if names.fts_id else plan.code)


def _days(plan: Plan) -> tuple[str, str, int]:
    return first_day(plan).isoformat(), last_day(plan).isoformat(), plan.figures_year


def _cluster(value: Any, sectors: Mapping[int, Sector]) -> tuple[str, str]:
    """Return number and name of a cluster: the number of FTS, or else the code in CRP; what names none has none."""
    if isinstance(value, Residual):
        return "", SHARED if value == Residual.SHARED else NOT_SPECIFIED
    sector = sectors[value]
    if sector.fts_id is not None:
        return str(sector.fts_id), sector.name
    return sector.code if sector.taxonomy.code == FTS_CLUSTERS else f"{sector.taxonomy.code}/{sector.code}", sector.name
