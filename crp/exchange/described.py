"""Pages told to search engines: schema.org in JSON-LD, with the figures that the page shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from crp.common.figures import Rollup
from crp.exchange.formats import FORMATS
from crp.exchange.terms import DEFINITIONS
from funding.selectors.countries import CountryPage
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import Portfolio
from funding.updated import updated_at
from plans.models import Country, Plan, Source

Absolute = Callable[[str], str]
"""Makes a path an address with scheme and host."""
Node = dict[str, Any]

CONTEXT = "https://schema.org"
OF_IOM = frozenset({Plan.Kind.CRP, Plan.Kind.COMPENDIUM})
TERMS = "terms"
"""Anchor of the terms of use on the page of the data."""
IOM_NAMES = frozenset({"IOM", "International Organization for Migration"})
IOM = {"@type": "Organization", "name": "International Organization for Migration", "url": "https://www.iom.int"}
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
}
API_FORMATS = ("csv", "xlsx", "json", "ndjson")
# What a script in a page could end or open, told in another way (as Django's json_script does).
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def write_script(graph: Sequence[Node]) -> SafeString:
    """Return a block of data for a page. It is no script: the content policy lets it stand, and nothing runs it."""
    body = json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, default=_plain)
    # What could end the block is escaped in the line before.
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(body.translate(ESCAPES)))  # noqa: S308


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def describe_home(portfolio: Portfolio, absolute: Absolute) -> list[Node]:
    """Return the site, its catalogue, and all plans together as one dataset with their total. Queries: 1 of its own."""
    home = absolute(reverse("home"))
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": f"{absolute(reverse('search'))}?q={{search_term_string}}"},
        "query-input": "required name=search_term_string",
    }
    site = {"@type": "WebSite", "@id": f"{home}#site", "url": home, "name": _site_name(), "potentialAction": search}
    years = [column.year for column in portfolio.years]
    dataset = _dataset(
        absolute,
        path="home",
        name=_("Crisis response plans: what they ask for and what they received"),
        description=_(
            "Every published plan for a crisis that IOM responds to, with what it asks for, what it says it has "
            "received, and where each figure comes from."
        ),
        figures=portfolio.total,
        modified=_changed_at(portfolio.plans),
        temporal=f"{years[0]}/{years[-1]}" if years else "",
        places=[{"@type": "Place", "name": _("World")}],
        files=[(form, f"{reverse('api:plans-list')}?format={form}") for form in API_FORMATS],
        creators=[IOM],
    )
    return [site, _catalogue(absolute), dataset]


def describe_data(tables: Iterable[Mapping[str, str]], absolute: Absolute) -> list[Node]:
    """Return the catalogue with a dataset for each table of the API. Queries: 1."""
    plans = Plan.objects.in_force().order_by().annotate(changed_at=updated_at())
    known = plans.aggregate(newest=Max("changed_at"), first=Min("start_year"), last=Max("end_year"))
    datasets = [
        _dataset(
            absolute,
            path="data",
            anchor=f"table-{number}",
            name=f"{_site_name()}: {table['title']}",
            description=_("A table of all published crisis response plans. One row for each %(row)s.")
            % {"row": table["row"]},
            modified=known["newest"],
            temporal=f"{known['first']}/{known['last']}" if known["first"] else "",
            places=[{"@type": "Place", "name": _("World")}],
            files=[(form, f"{table['address']}?format={form}") for form in API_FORMATS],
            creators=[IOM],
        )
        for number, table in enumerate(tables, start=1)
    ]
    crumbs = _crumbs(absolute, [("home", _("Overview")), ("data", _("Data"))])
    return [{**_catalogue(absolute), "dataset": datasets}, crumbs]


def describe_plan(page: PlanPage, absolute: Absolute) -> list[Node]:
    """Return a plan as a dataset, with the figures and the sources of its page. Queries: 1 of its own."""
    plan, revision = page.plan, page.revision
    dataset = _dataset(
        absolute,
        path="plan",
        args=[plan.code],
        name=plan.title,
        description=f"{page.said} "
        + _("Its objectives, sectors, projects and contributions, each figure with the document it was read from."),
        figures=page.figures,
        modified=_changed_at(Plan.objects.in_force().filter(pk=plan.pk)),
        temporal=temporal_of(plan),
        places=[_place(country) for country in page.line.countries],
        files=[
            *((form, reverse("plan-download", args=[plan.code, form])) for form in FORMATS),
            ("pdf", reverse("plan-brief", args=[plan.code])),
        ],
        creators=_publishers(plan, (source for source, _cited in page.citations.by_source())),
    )
    dataset |= {"identifier": plan.code, "version": str(revision.number), "datePublished": revision.published_at}
    if revision.document_on:
        dataset["temporal"] = revision.document_on
    countries = [("country", country.label, country.iso3) for country in page.line.countries[:1]]
    return [dataset, _crumbs(absolute, [("home", _("Overview")), *countries, ("plan", plan.title, plan.code)])]


def describe_country(page: CountryPage, absolute: Absolute) -> list[Node]:
    """Return a country's plans as a dataset with their total. Queries: 1 of its own."""
    country = page.country
    crumbs = [("home", _("Overview")), ("countries", _("Countries")), ("country", country.label, country.iso3)]
    if not page.lines:  # a country without a plan has no data here
        return [_crumbs(absolute, crumbs)]
    years = [year for line in page.lines for year in (line.plan.start_year, line.plan.end_year)]
    listed = reverse("api:plans-list")
    dataset = _dataset(
        absolute,
        path="country",
        args=[country.iso3],
        name=_("Crisis response plans: %(country)s") % {"country": country.label},
        description=_(
            "What the crisis response plans for %(country)s ask for and what they say they have received, year by year."
        )
        % {"country": country.label},
        figures=page.total,
        modified=_changed_at(page.plans),
        temporal=f"{min(years)}/{max(years)}",
        places=[_place(country)],
        files=[(form, f"{listed}?country={country.iso3}&format={form}") for form in API_FORMATS],
        creators=[IOM],
    )
    # The names of nodes on other pages: with a type each would be a dataset of this page, without a description.
    dataset["hasPart"] = [{"@id": _identity(absolute, "plan", [line.plan.code])} for line in page.lines]
    return [dataset, _crumbs(absolute, crumbs)]


def _changed_at(plans: QuerySet[Plan]) -> datetime | None:
    """Return when one of the plans was last published, or money for it recorded or changed. Queries: 1."""
    changed = plans.order_by().prefetch_related(None).annotate(changed_at=updated_at())
    return changed.aggregate(newest=Max("changed_at"))["newest"]


def temporal_of(plan: Plan) -> str:
    """Return the time that a plan is for, as an interval of ISO 8601: in days where it says them, else in years."""
    first = plan.start_on.isoformat() if plan.start_on else str(plan.start_year)
    last = plan.end_on.isoformat() if plan.end_on else str(plan.end_year)
    return f"{first}/{last}"


def _dataset(
    absolute: Absolute,
    *,
    path: str,
    name: str,
    description: str,
    files: Iterable[tuple[str, str]],
    creators: Sequence[Node],
    args: Sequence[str] = (),
    anchor: str = "data",
    figures: Rollup | None = None,
    modified: datetime | None = None,
    temporal: str = "",
    places: Sequence[Node] = (),
) -> Node:
    node: Node = {
        "@type": "Dataset",
        "@id": _identity(absolute, path, args, anchor),
        "url": absolute(reverse(path, args=args)),
        "name": name,
        "description": description,
        "inLanguage": get_language() or "en",
        "isAccessibleForFree": True,
        "license": _terms(absolute),
        "creator": list(creators),
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": _catalogue_id(absolute), "name": _site_name()},
        "dateModified": modified,
        "temporalCoverage": temporal,
        "spatialCoverage": list(places),
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": MEDIA_TYPES[form], "contentUrl": absolute(address)}
            for form, address in files
        ],
        "variableMeasured": [] if figures is None else _variables(figures, absolute),
    }
    return {key: value for key, value in node.items() if value not in (None, "", [])}


def _identity(absolute: Absolute, path: str, args: Sequence[str], anchor: str = "data") -> str:
    """Return the name of a dataset, which is the same in every language."""
    with override("en"):
        return f"{absolute(reverse(path, args=args))}#{anchor}"


def _variables(figures: Rollup, absolute: Absolute) -> list[Node]:
    """Return the figures of a page; what is not reported is named without a value, because it is not 0."""
    methodology = absolute(reverse("methodology"))
    shown: Sequence[tuple[str, str, Decimal | None, str]] = (
        ("requested", "requested_usd", figures.requested_usd, "USD"),
        ("received", "received_usd", figures.received_usd, "USD"),
        ("gap", "gap_usd", figures.gap_usd, "USD"),
        ("percent-funded", "percent_funded", figures.percent_funded, "%"),
    )
    return [
        {
            "@type": "PropertyValue",
            "propertyID": column,
            "name": str(DEFINITIONS[anchor][0]),
            "description": str(DEFINITIONS[anchor][1]),
            "unitText": unit,
            "measurementTechnique": f"{methodology}#{anchor}",
            **({} if value is None else {"value": f"{value:f}"}),
        }
        for anchor, column, value, unit in shown
    ]


def _catalogue(absolute: Absolute) -> Node:
    return {
        "@type": "DataCatalog",
        "@id": _catalogue_id(absolute),
        "url": absolute(reverse("data")),
        "name": _site_name(),
        "description": _(
            "What IOM’s crisis response plans ask for, what they say they have received, and where each figure comes "
            "from."
        ),
        "inLanguage": get_language() or "en",
        "isAccessibleForFree": True,
        "license": _terms(absolute),
        "creator": IOM,
    }


def _catalogue_id(absolute: Absolute) -> str:
    with override("en"):
        return f"{absolute(reverse('data'))}#catalogue"


def _terms(absolute: Absolute) -> str:
    return f"{absolute(reverse('data'))}#{TERMS}"


def _crumbs(absolute: Absolute, steps: Iterable[tuple[str, ...]]) -> Node:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(reverse(path, args=args))}
            for number, (path, name, *args) in enumerate(steps, start=1)
        ],
    }


def _place(country: Country) -> Node:
    place: Node = {"@type": "Place", "name": country.label, "identifier": country.iso3}
    if country.latitude is not None and country.longitude is not None:
        spot = {"latitude": float(country.latitude), "longitude": float(country.longitude)}
        place["geo"] = {"@type": "GeoCoordinates", **spot}
    return place


def _publishers(plan: Plan, sources: Iterable[Source]) -> list[Node]:
    """Return who published the documents that a plan was read from; where none is named, whose kind of plan it is."""
    names = dict.fromkeys(source.publisher for source in sources if source.publisher)
    if not names:
        return [IOM if plan.kind in OF_IOM else {"@type": "Organization", "name": _site_name()}]
    return [IOM if name in IOM_NAMES else {"@type": "Organization", "name": name} for name in names]


def _site_name() -> str:
    return _("Crisis Response Plans")
