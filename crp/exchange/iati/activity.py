"""One published plan as the elements of an activity, in the order that the standard asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from django.urls import reverse

from crp.common.figures import ZERO
from crp.exchange.appeals import APPEAL_TYPES, OWN_KINDS, first_day, last_day
from crp.exchange.iati import codes
from crp.exchange.iati.data import Lists, PlanData
from crp.exchange.iati.shares import HUNDRED, budgets, percentages
from crp.exchange.iati.transactions import official_rest, transaction
from crp.exchange.iati.xml import LANGUAGE, element, plain, told
from funding.dimensions import Residual
from funding.models import Contribution, RelatedPlan
from plans.models import Narrative, Region
from sectors.models import Sector

Section = Narrative.Section
SAME_MONEY = (RelatedPlan.Overlap.IDENTICAL, RelatedPlan.Overlap.PARTLY)


@dataclass(frozen=True)
class Publisher:
    """Who publishes: the identifier that begins those of all activities, and a name."""

    ref: str
    name: str

    def identifier(self, code: str) -> str:
        """Return the identifier of a plan's activity, which never changes: the code does not."""
        return f"{self.ref}-{code}"


@dataclass(frozen=True)
class Writing:
    """What is the same for all activities of a file. ``absolute`` makes a full address of a path."""

    publisher: Publisher
    lists: Lists
    absolute: Callable[[str], str]
    today: date


def attributes_of(data: PlanData) -> dict[str, str]:
    """Return the attributes of an activity. All are of one level, so that money is on one level only."""
    moment = data.updated_at.isoformat() if data.updated_at else None
    return {
        LANGUAGE: _language(data),
        "default-currency": codes.USD,
        "humanitarian": "1",
        "hierarchy": "1",
        **({"last-updated-datetime": moment} if moment else {}),
    }


def head_of(data: PlanData, writing: Writing) -> Iterator[Element]:
    """Yield what comes before the transactions."""
    identifier = element("iati-identifier")
    identifier.text = writing.publisher.identifier(data.plan.code)
    yield identifier
    yield _reporting(data, writing.publisher)
    yield told("title", data.plan.title)
    yield from _descriptions(data)
    yield from _participants(data, writing)
    yield from _identifiers(data, writing.publisher)
    yield from _time(data, writing.today)
    yield from _places(data, writing.lists)
    yield from _sectors(data, writing)
    yield from _scopes(data)
    yield from _budgets(data)


def transactions_of(data: PlanData, given: Iterable[Contribution], writing: Writing) -> Iterator[Element]:
    """Yield a transaction for each contribution, and one for what an official total has beyond them."""
    counted = ZERO
    for contribution in given:
        counted += contribution.counted_usd or ZERO
        found = transaction(contribution, data, writing.lists.iati_of, writing.today)
        if found is not None:
            yield found
    rest = official_rest(data, counted)
    if rest is not None:
        yield rest


def tail_of(data: PlanData, writing: Writing) -> Iterator[Element]:
    """Yield what comes after the transactions."""
    plan = data.plan
    pages = (
        (reverse("plan", args=[plan.code]), "text/html", "The plan with all of its figures", codes.WEB_PAGE),
        (reverse("plan-brief", args=[plan.code]), "application/pdf", "The plan on two pages", codes.PURPOSE),
    )
    for path, form, title, category in pages:
        yield _document(writing.absolute(path), form, title, category, plan.current.document_on)
    for source in data.sources:
        form = "application/pdf" if source.url.lower().endswith(".pdf") else "text/html"
        yield _document(source.url, form, f"Source: {source.title}", codes.PURPOSE, source.document_on)
    for related, _names, overlap in data.related:
        if overlap in SAME_MONEY:
            yield element("related-activity", ref=writing.publisher.identifier(related.code), type=codes.THIRD_PARTY)


def _language(data: PlanData) -> str:
    languages = [narrative.language for narrative in data.narratives]
    return max(languages, key=languages.count) if languages else "en"


def _reporting(data: PlanData, publisher: Publisher) -> Element:
    """Return who reports; of a plan that is not IOM's own, as a secondary reporter."""
    secondary = None if data.plan.kind in OWN_KINDS else "1"
    return told(
        "reporting-org", publisher.name, ref=publisher.ref, type=codes.MULTILATERAL, secondary_reporter=secondary
    )


def _descriptions(data: PlanData) -> Iterator[Element]:
    """Yield the plan's own text: its vision or else its context first; a sentence where it has none."""
    texts = {
        section: text for section in (Section.VISION, Section.CONTEXT, Section.NEEDS) if (text := _text(data, section))
    }
    kind = APPEAL_TYPES[data.plan.kind].name
    places = ", ".join(country.name for country in data.countries)
    general = next(iter(texts), None)
    sentence = " ".join(
        filter(None, [f"{data.plan.title}: {kind}, {data.plan.period}.", f"Countries: {places}." if places else ""])
    )
    yield told("description", texts[general] if general else {"en": sentence}, type=codes.GENERAL)
    if data.objectives:
        listed = "\n".join(f"{objective.number}. {_title(objective)}" for objective in data.objectives)
        yield told("description", listed, type=codes.OBJECTIVES)
    for section, text in texts.items():
        if section != general:
            yield told("description", text, type=codes.OTHER_DESCRIPTION)


def _title(objective: Any) -> str:
    return objective.title or str(objective)


def _text(data: PlanData, section: str) -> dict[str, str]:
    """Return the text of a section by language, without marks; the main language of the plan needs no name."""
    main = _language(data)
    texts: dict[str, list[str]] = {}
    for narrative in data.narratives:
        if narrative.section == section and (body := plain(narrative.body)):
            texts.setdefault("" if narrative.language == main else narrative.language, []).append(body)
    return {language: "\n\n".join(bodies) for language, bodies in texts.items()}


def _participants(data: PlanData, writing: Writing) -> Iterator[Element]:
    publisher = writing.publisher
    for donor in data.donors:
        yield told(
            "participating-org",
            donor.name,
            ref=writing.lists.iati_of.get(donor.pk),
            type=codes.ORGANIZATION_TYPES.get(donor.kind),
            role=codes.FUNDING,
        )
    if data.plan.kind in OWN_KINDS:
        yield told(
            "participating-org", publisher.name, ref=publisher.ref, type=codes.MULTILATERAL, role=codes.IMPLEMENTING
        )
    else:
        yield told("participating-org", "Several agencies: an inter-agency plan", role=codes.IMPLEMENTING)


def _identifiers(data: PlanData, publisher: Publisher) -> Iterator[Element]:
    owner = told("owner-org", publisher.name, ref=publisher.ref)
    yield element("other-identifier", owner, ref=data.plan.code, type=codes.OWN_IDENTIFIER)
    if data.names.fts_id:
        owner = told("owner-org", codes.OCHA_NAME, ref=codes.OCHA)
        yield element("other-identifier", owner, ref=data.names.fts_id, type=codes.OTHER_IDENTIFIER)


def _time(data: PlanData, today: date) -> Iterator[Element]:
    """Yield status and dates. What has passed is an actual date only where the plan names the day."""
    plan = data.plan
    first, last = first_day(plan), last_day(plan)
    status = codes.PIPELINE if today < first else codes.CLOSED if today > last else codes.IMPLEMENTATION
    yield element("activity-status", code=status)
    yield element("activity-date", iso_date=first.isoformat(), type=codes.PLANNED_START)
    if plan.start_on and plan.start_on <= today:
        yield element("activity-date", iso_date=plan.start_on.isoformat(), type=codes.ACTUAL_START)
    yield element("activity-date", iso_date=last.isoformat(), type=codes.PLANNED_END)
    if plan.end_on and plan.end_on < today:
        yield element("activity-date", iso_date=plan.end_on.isoformat(), type=codes.ACTUAL_END)


def _places(data: PlanData, lists: Lists) -> Iterator[Element]:
    """Yield countries with their shares of what is asked for; what is not divided falls on their common region."""
    countries = data.countries
    if not countries:
        return
    yield element("activity-scope", code=codes.NATIONAL if len(countries) == 1 else codes.MULTI_NATIONAL)
    if len(countries) == 1:
        yield told("recipient-country", countries[0].name, code=countries[0].iso2, percentage="100")
        return
    lines = [(country, data.by_country[country.pk]) for country in countries if data.by_country.get(country.pk)]
    rest = _rest(data, [amount for _country, amount in lines])
    shares = percentages([*(amount for _country, amount in lines), rest]) if lines else [Decimal(100)]
    for (country, _amount), share in zip(lines, shares, strict=False):
        if share:
            yield told("recipient-country", country.name, code=country.iso2, percentage=_percent(share))
    if shares[-1]:
        region = _common_region(countries, lists.regions)
        names = ", ".join(country.name for country in countries)
        code, name = (region.code, region.name) if region else (codes.WORLD, "World")
        yield told(
            "recipient-region",
            f"{name}: {names}",
            code=code,
            vocabulary=codes.UN_REGIONS,
            percentage=_percent(shares[-1]),
        )


def _common_region(countries: Iterable[Any], regions: Mapping[int, Region]) -> Region | None:
    """Return the smallest M49 region that holds all countries. None: only the world does."""
    chains = []
    for country in countries:
        chain, number = [], country.region_id
        while number is not None:
            chain.append(number)
            number = regions[number].parent_id
        chains.append(chain)
    return next((regions[number] for number in chains[0] if all(number in chain for chain in chains)), None)


def _rest(data: PlanData, amounts: Iterable[Decimal]) -> Decimal:
    """Return what the plan asks for beyond its lines; 0 where these are all of it, or more."""
    total = data.plan.requested_usd
    return ZERO if total is None else max(total - sum(amounts, ZERO), ZERO)


def _sectors(data: PlanData, writing: Writing) -> Iterator[Element]:
    """Yield the shares of sectors, by global cluster and by the plan's own names; each of the two adds to 100.

    Of a plan that states no amount by sector all is not specified: the standard wants a sector of each activity.
    """
    sectors = writing.lists.sectors
    clusters: dict[tuple[str, str], Decimal] = {}
    for value, amount in data.by_cluster.items():
        key = _cluster(None if isinstance(value, Residual) else sectors[value])
        clusters[key] = clusters.get(key, ZERO) + amount
    own = {
        (codes.NOT_SPECIFIED, "Not specified")
        if isinstance(value, Residual)
        else (f"{sectors[value].taxonomy.code}/{sectors[value].code}", sectors[value].name): amount
        for value, amount in data.by_sector.items()
    }
    rest_of_clusters = (codes.NO_CLUSTER, codes.NO_CLUSTER_NAME)
    if any(key != rest_of_clusters for key in clusters):
        yield from _shares(data, clusters, rest_of_clusters, vocabulary=codes.CLUSTERS)
    uri = writing.absolute(reverse("api:sectors-list"))
    rest = (codes.NOT_SPECIFIED, "Not specified")
    if own:
        yield from _shares(data, own, rest, vocabulary=codes.OWN, vocabulary_uri=uri)
    else:
        yield told(
            "sector", rest[1], vocabulary=codes.OWN, vocabulary_uri=uri, code=rest[0], percentage=_percent(HUNDRED)
        )


def _cluster(cluster: Sector | None) -> tuple[str, str]:
    if cluster is not None:
        number = codes.CLUSTER_NUMBERS.get(cluster.code) if cluster.taxonomy.code == "IASC-GC" else None
        number = number or (str(cluster.fts_id) if cluster.fts_id is not None else None)
        if number and number != codes.NO_CLUSTER:
            return number, cluster.name
    return codes.NO_CLUSTER, codes.NO_CLUSTER_NAME


def _shares(
    data: PlanData, lines: Mapping[tuple[str, str], Decimal], rest_key: tuple[str, str], **attributes: str
) -> Iterator[Element]:
    """Yield a sector for each line and for what is asked for beyond them; percentages add to exactly 100."""
    amounts = dict(lines)
    if rest := _rest(data, amounts.values()):
        amounts[rest_key] = amounts.get(rest_key, ZERO) + rest
    for (code, name), share in zip(amounts, percentages(list(amounts.values())), strict=True):
        if share:
            yield told("sector", name, **attributes, code=code, percentage=_percent(share))


def _percent(share: Decimal) -> str:
    return f"{share.normalize():f}"


def _scopes(data: PlanData) -> Iterator[Element]:
    """Yield the appeals that the plan is, or belongs to, by their codes in FTS."""
    appeals = {data.names.fts_code: data.plan.title}
    appeals |= {names.fts_code: related.title for related, names, _overlap in data.related}
    for code, title in appeals.items():
        if code:
            yield told("humanitarian-scope", title, type=codes.APPEAL, vocabulary=codes.FTS_PLANS, code=code)


def _budgets(data: PlanData) -> Iterator[Element]:
    """Yield what is asked for, by periods of a year at most: one budget a period.

    A revised amount stands in place of the original one, never beside it. Where the plan says one amount for several
    years it is divided by days, which makes each part indicative.
    """
    plan = data.plan
    if plan.requested_usd is None:
        return
    kind = codes.ORIGINAL if plan.requested_usd == data.first_requested_usd else codes.REVISED
    parts = budgets(plan.requested_usd, first_day(plan), last_day(plan))
    status = codes.INDICATIVE if len(parts) > 1 else codes.COMMITTED
    on = plan.current.document_on or plan.current.published_at.date()
    for period, amount in parts:
        value = element("value", currency=codes.USD, value_date=on.isoformat())
        value.text = f"{amount:.2f}"
        yield element(
            "budget",
            element("period-start", iso_date=period.start.isoformat()),
            element("period-end", iso_date=period.end.isoformat()),
            value,
            type=kind,
            status=status,
        )


def _document(url: str, form: str, title: str, category: str, on: date | None) -> Element:
    parts = [told("title", title), element("category", code=category), element("language", code="en")]
    if on is not None:
        parts.append(element("document-date", iso_date=on.isoformat()))
    return element("document-link", *parts, url=url, format=form)
