"""Feeds of published revisions: of the site, a plan, a country or a sector, each told as Atom and as JSON Feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crp.common.numbers import write_number
from funding.dimensions import sector_code
from funding.selectors.news import revisions_in_country, revisions_in_sector, with_former
from funding.selectors.revisions import Entry
from plans.models import Country, Plan, Revision
from sectors.models import Sector

NEWEST = 50
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
TAGGED_ON = date(2025, 1, 1)
"""The day of the tag URIs (RFC 4151) that name feeds and entries: it must never change, or all is news again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A published revision as a feed tells it."""

    tag: str
    title: str
    summary: str
    address: str
    """Path of what changed, or of the revision where it is the first."""
    plan_address: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What a feed says, whichever way it is written. All addresses are paths."""

    tag: str
    title: str
    description: str
    home: str
    language: str
    items: Sequence[Item]
    updated_at: datetime


def feed_of_site(host: str) -> Feed:
    """Return the newest revisions of all plans. ``host`` names the site in identifiers. Queries: 2."""
    return Feed(
        tag=_tag(host, "revisions"),
        title=_("Crisis Response Plans: published revisions"),
        description=_("Each time a plan is published or revised: what became of its total, and why."),
        home=reverse("home"),
        language=get_language() or "en",
        **_content(Revision.objects.public(), host),
    )


def feed_of_plan(plan: Plan, host: str) -> Feed:
    """Return the newest revisions of a plan. Queries: 2."""
    return Feed(
        tag=_tag(host, f"plans/{plan.code}/revisions"),
        title=_("Revisions: %(plan)s") % {"plan": plan.title},
        description=_("Each time this plan is revised: what became of its total, and why."),
        home=reverse("plan-revisions", args=[plan.code]),
        language=get_language() or "en",
        **_content(plan.revisions.public(), host),
    )


def feed_of_country(country: Country, host: str) -> Feed:
    """Return the newest revisions of the plans for a country. Queries: 2."""
    return Feed(
        tag=_tag(host, f"countries/{country.iso3}/revisions"),
        title=_("Revisions: %(plan)s") % {"plan": country.label},
        description=_("Each time a plan for this country is published or revised: what became of its total, and why."),
        home=reverse("country", args=[country.iso3]),
        language=get_language() or "en",
        **_content(revisions_in_country(country), host),
    )


def feed_of_sector(sector: Sector, host: str) -> Feed:
    """Return the newest revisions that ask for money in a sector. Queries: 2."""
    return Feed(
        tag=_tag(host, f"sectors/{sector_code(sector)}/revisions"),
        title=_("Revisions: %(plan)s") % {"plan": sector.label},
        description=_("Each time a plan that asks for money in this sector is published or revised, and why."),
        home=reverse("sector", args=[sector.taxonomy.code, sector.code]),
        language=get_language() or "en",
        **_content(revisions_in_sector(sector), host),
    )


def _content(revisions: QuerySet[Revision], host: str) -> dict[str, Any]:
    newest = list(revisions.select_related("plan").order_by("-published_at", "-pk")[:NEWEST])
    items = [_item(entry, host) for entry in with_former(newest)]
    return {
        "items": items,
        "updated_at": items[0].published_at if items else datetime.combine(TAGGED_ON, datetime.min.time(), UTC),
    }


def _item(entry: Entry, host: str) -> Item:
    revision = entry.revision
    plan = revision.plan
    title = _("%(plan)s: revision %(number)s") if entry.before else _("%(plan)s: published")
    address = reverse("plan-revision", args=[plan.code, revision.number])
    if entry.before:
        address = f"{reverse('plan-diff', args=[plan.code])}?from={entry.before.number}&to={revision.number}"
    assert revision.published_at is not None, "the database allows no public revision without"  # noqa: S101
    return Item(
        tag=_tag(host, f"plans/{plan.code}/revisions/{revision.number}"),
        title=_plain(title % {"plan": plan.title, "number": revision.number}),
        summary=_plain(f"{entry.sentence or _first_total(revision)} {revision.reason}"),
        address=address,
        plan_address=reverse("plan", args=[plan.code]),
        published_at=revision.published_at,
    )


def _first_total(revision: Revision) -> str:
    if revision.requested_usd is None:
        return _("It states no funding required.")
    return _("It asks for USD %(amount)s.") % {"amount": write_number(revision.requested_usd)}


def _plain(text: str) -> str:
    """Return a text in one line, without the control characters that XML refuses."""
    return " ".join(CONTROL.sub(" ", text).split())


def _tag(host: str, name: str) -> str:
    """Return an identifier that stays the same whatever becomes of addresses."""
    return f"tag:{urlsplit(f'//{host}').hostname},{TAGGED_ON.isoformat()}:{name}"
