"""What can be followed: found by its public code, with its name, its page, its feeds and its news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from crp.common.pages import BadParameterError
from crp.common.parameters import refuse_unknown
from crp.following.models import Subscription
from funding.dimensions import sector_code
from funding.models import Contribution
from funding.selectors.news import given_in_country, given_in_sector, revisions_in_country, revisions_in_sector
from plans.models import Country, Plan, Revision
from sectors.models import Sector

Kind = Subscription.Kind
PARAMETERS = (Kind.PLAN.value, Kind.COUNTRY.value, Kind.SECTOR.value)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Something that can be followed."""

    kind: Kind
    code: str = ""
    thing: Any = None
    """None: everything, or what is not public any more."""

    @property
    def name(self) -> str:
        """What readers call it."""
        if self.kind == Kind.EVERYTHING:
            return _("all plans")
        if self.thing is None:
            return self.code
        return str(self.thing.title if self.kind == Kind.PLAN else self.thing.label)

    @property
    def address(self) -> str:
        """The path of its page; empty where it has none any more."""
        if self.kind == Kind.EVERYTHING:
            return reverse("home")
        return str(self.thing.get_absolute_url()) if self.thing is not None else ""

    @property
    def query(self) -> str:
        """What names it in the address of the form."""
        return "" if self.kind == Kind.EVERYTHING else f"?{self.kind.value}={self.code}"

    @property
    def feeds(self) -> Mapping[str, str]:
        """The paths of its feeds, by what they are called."""
        if self.kind == Kind.EVERYTHING:
            name, codes = "feed", []
        elif self.kind == Kind.SECTOR:
            name, codes = "feed-sector", [self.thing.taxonomy.code, self.thing.code]
        else:
            name, codes = f"feed-{self.kind.value}", [self.code]
        return {"Atom": reverse(f"{name}-atom", args=codes), "JSON Feed": reverse(f"{name}-json", args=codes)}

    def revisions(self) -> QuerySet[Revision]:
        """Return its public revisions, those of plans in force."""
        if self.kind == Kind.COUNTRY:
            revisions = revisions_in_country(self.thing)
        elif self.kind == Kind.SECTOR:
            revisions = revisions_in_sector(self.thing)
        else:
            revisions = Revision.objects.public()
            if self.kind == Kind.PLAN:
                revisions = revisions.filter(plan=self.thing)
        return revisions.filter(plan__in=Plan.objects.in_force().values("pk"))

    def given(self, rows: QuerySet[Contribution]) -> QuerySet[Contribution]:
        """Return the contributions that are news of it."""
        if self.kind == Kind.COUNTRY:
            return given_in_country(rows, self.thing)
        if self.kind == Kind.SECTOR:
            return given_in_sector(rows, self.thing)
        return rows.filter(plan=self.thing) if self.kind == Kind.PLAN else rows


def find(kind: str, code: str) -> Subject | None:
    """Return what has a code, which may be written in small letters. None: nothing public has it. Queries: 1."""
    code = code.strip()
    if "\0" in code or len(code) > Subscription._meta.get_field("subject").max_length:  # type: ignore[operator]
        return None
    if kind == Kind.EVERYTHING:
        return Subject(kind=Kind.EVERYTHING)
    if kind == Kind.PLAN:
        plan = Plan.objects.in_force().filter(code=code.upper()).first()
        return None if plan is None else Subject(kind=Kind.PLAN, code=plan.code, thing=plan)
    if kind == Kind.COUNTRY:
        country = Country.objects.filter(iso3=code.upper()).first()
        return None if country is None else Subject(kind=Kind.COUNTRY, code=country.iso3, thing=country)
    taxonomy, _slash, own = code.partition("/")
    named = Sector.objects.select_related("taxonomy").filter(taxonomy__code__iexact=taxonomy, code__iexact=own)
    sector = named.order_by("pk").first()
    return None if sector is None else Subject(kind=Kind.SECTOR, code=sector_code(sector), thing=sector)


def subject_of(subscription: Subscription) -> Subject:
    """Return what a subscription follows, also where that is not public any more. Queries: 1."""
    found = find(subscription.kind, subscription.subject)
    return found or Subject(kind=Kind(subscription.kind), code=subscription.subject)


def read(parameters: QueryDict) -> Subject:
    """Return what an address asks to follow; everything where it names nothing. Queries: 1 at most.

    Raises: BadParameterError for a parameter that is not known, for several things, and for an unknown code.
    """
    for name, sentences in refuse_unknown(parameters.keys(), PARAMETERS).items():
        raise BadParameterError(name, sentences[0])
    given = [(name, value) for name in PARAMETERS for value in parameters.getlist(name) if value.strip()]
    if not given:
        return Subject(kind=Kind.EVERYTHING)
    if len(given) > 1:
        raise BadParameterError(given[1][0], _("One thing at a time can be followed; the address names several."))
    kind, value = given[0]
    found = find(kind, value)
    if found is None:
        shown = value if len(value) <= 60 else f"{value[:60]}…"
        raise BadParameterError(
            kind,
            _("Nothing that is published has the code “%(value)s”.")
            % {"value": shown.replace("\0", "\N{REPLACEMENT CHARACTER}")},
        )
    return found
