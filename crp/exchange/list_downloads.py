"""The lists of donors, countries and sectors as tables."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crp.exchange.plan_download import MONEY, money
from crp.exchange.tables import Table
from funding.selectors.countries import CountryList
from funding.selectors.donors import DonorList
from funding.selectors.sectors import SectorList

DONORS = ("code", "name", "kind", "country", "received_usd", "share_percent_of_record", "pledged_usd", "plans")
COUNTRIES = ("code", "name", "residual", "plans", "plans_reporting", *MONEY)
SECTORS = ("taxonomy", "code", "name", "is_cross_cutting", "plans", *MONEY)


def donors_table(donors: DonorList) -> Table:
    """Return the donors asked for, on every page of their list; money without a donor's name comes last."""
    rows = (
        {
            "code": line.organization.code if line.organization else None,
            "name": line.organization.label if line.organization else str(_("Donor not specified")),
            "kind": line.organization.kind or None if line.organization else None,
            "country": line.organization.country.iso3 if line.organization and line.organization.country else None,
            "received_usd": line.figures.received_usd,
            "share_percent_of_record": line.share,
            "pledged_usd": line.figures.pledged_usd,
            "plans": line.figures.plans,
        }
        for line in donors.lines
    )
    return Table(name="donors", title=_("Donors"), columns=DONORS, rows=rows)


def countries_table(countries: CountryList) -> Table:
    """Return the countries with a plan by name; what several share comes last."""
    rows = (
        {
            "code": line.key.code,
            "name": line.key.name,
            "residual": line.key.residual or None,
            "plans": line.figures.plans,
            "plans_reporting": line.figures.plans_reporting,
            **money(line.figures),
        }
        for line in countries.lines
    )
    return Table(name="countries", title=_("Countries"), columns=COUNTRIES, rows=rows)


def sectors_table(sectors: SectorList) -> Table:
    """Return the sectors of every list: those that plans ask for with their figures, the others without any."""
    rows = (
        {
            "taxonomy": part.taxonomy.code,
            "code": line.sector.code,
            "name": line.sector.label,
            "is_cross_cutting": line.sector.is_cross_cutting,
            "plans": line.figures.plans if line.figures else 0,
            **money(line.figures),
        }
        for part in sectors.parts
        for line in (*part.used, *part.unused)
    )
    return Table(name="sectors", title=_("Sectors"), columns=SECTORS, rows=rows)
