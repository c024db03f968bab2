"""The map of the site for search engines: every public page in its languages, as sitemaps.org has it.

Own, because Django's asks for the address of each page once for each pair of languages: 13 times as long for 892 plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils.translation import override

from crp.common.guide import FILES, address_of
from funding.models import Contribution, Organization
from funding.rollups.ledger import public
from funding.updated import updated_at
from plans.models import Country, Plan
from sectors.models import Sector

NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
MOST_ADDRESSES = 10_000
"""Of a file, which search engines take up to 50,000 of and 50 MB: with its other languages each takes 800 bytes."""
OF_DATA = ("home", "gaps", "countries", "sectors", "donors", "data")
OF_WORDS = ("methodology",)
OF_A_PLAN = ("plan", "plan-funding", "plan-checks", "plan-revisions")
Absolute = Callable[[str], str]


@dataclass(frozen=True)
class Page:
    """A page in the language without a prefix. ``changed_at`` None: nobody knows."""

    path: str
    changed_at: datetime | None
    is_translated: bool = True
    """Whether its words are those of the language that its address says."""


@dataclass(frozen=True)
class Section:
    """Pages of one kind: how many entries there are, and the pages of some of them."""

    count: Callable[[], int]
    pages: Callable[[int, int], Iterator[Page]]
    pages_each: int = 1

    @property
    def entries_in_a_file(self) -> int:
        """How many entries fill a file."""
        return MOST_ADDRESSES // (self.pages_each * len(settings.LANGUAGES))

    @property
    def files(self) -> int:
        """How many files there are. Queries: 1."""
        return -(-self.count() // self.entries_in_a_file)

    def file(self, number: int) -> Iterator[Page]:
        """Yield the pages of a file, counted from 1. Queries: 2 at most."""
        first = (number - 1) * self.entries_in_a_file
        return self.pages(first, first + self.entries_in_a_file)


def _plans() -> QuerySet[Plan]:
    return Plan.objects.in_force()


def _changed(plans: QuerySet[Plan]) -> Any:
    return plans.annotate(changed_at=updated_at())


def _general(first: int, last: int) -> Iterator[Page]:
    newest = _changed(_plans()).aggregate(newest=Max("changed_at"))["newest"]
    for name in (*OF_DATA, *OF_WORDS)[first:last]:
        yield Page(reverse(name), newest if name in OF_DATA else None)


def _of_guide(first: int, last: int) -> Iterator[Page]:
    for name in list(FILES)[first:last]:
        yield Page(address_of(name), None, is_translated=False)


def _of_plans(first: int, last: int) -> Iterator[Page]:
    rows = _changed(_plans()).order_by("code").values_list("code", "changed_at", "current__published_at")[first:last]
    for code, changed_at, published_at in rows:
        for name in OF_A_PLAN:
            yield Page(reverse(name, args=[code]), published_at if name == "plan-revisions" else changed_at)


def _countries() -> Any:
    return Country.objects.filter(plans__in=_plans()).distinct()


def _of_countries(first: int, last: int) -> Iterator[Page]:
    of_plans = _changed(_plans()).filter(countries__isnull=False).values_list("countries__iso3", "changed_at")
    newest: dict[str, datetime] = {}
    for iso3, changed_at in of_plans:
        newest[iso3] = max(changed_at, newest.get(iso3, changed_at))
    for iso3 in sorted(newest)[first:last]:
        yield Page(reverse("country", args=[iso3]), newest[iso3])


def _of_sectors(first: int, last: int) -> Iterator[Page]:
    rows = Sector.objects.order_by("taxonomy__code", "code").values_list("taxonomy__code", "code")[first:last]
    for taxonomy, code in rows:
        yield Page(reverse("sector", args=[taxonomy, code]), None)


def _donors() -> Any:
    return Organization.objects.filter(pk__in=_given().values("donor"))


def _given() -> QuerySet[Contribution]:
    return public().filter(donor__isnull=False).order_by()


def _of_donors(first: int, last: int) -> Iterator[Page]:
    rows = _given().values("donor__code").annotate(newest=Max("updated_at")).order_by("donor__code")
    for code, newest in rows.values_list("donor__code", "newest")[first:last]:
        yield Page(reverse("donor", args=[code]), newest)


SECTIONS = {
    "pages": Section(lambda: len(OF_DATA) + len(OF_WORDS), _general),
    "guide": Section(lambda: len(FILES), _of_guide),
    "plans": Section(lambda: _plans().count(), _of_plans, len(OF_A_PLAN)),
    "countries": Section(lambda: _countries().count(), _of_countries),
    "sectors": Section(Sector.objects.count, _of_sectors),
    "donors": Section(lambda: _donors().count(), _of_donors),
}


def write_index(absolute: Absolute) -> str:
    """Return the list of all files. Queries: 1 a section."""
    lines = [
        f"<sitemap><loc>{escape(absolute(reverse('sitemap-section', args=[name, number])))}</loc></sitemap>"
        for name, section in SECTIONS.items()
        for number in range(1, section.files + 1)
    ]
    return _document("sitemapindex", lines)


def write_file(section: str, number: int, absolute: Absolute) -> str:
    """Return the pages of a file, each in its languages and with the addresses of the others. Queries: 2 at most."""
    languages = [code for code, _name in settings.LANGUAGES]
    with override(settings.LANGUAGE_CODE):  # whose addresses have no prefix
        pages = list(SECTIONS[section].file(number))
    origin = absolute("/").removesuffix("/")
    lines = []
    for page in pages:
        addresses = [
            f"{origin}{page.path if code == settings.LANGUAGE_CODE else f'/{code}{page.path}'}"
            for code in (languages if page.is_translated else [settings.LANGUAGE_CODE])
        ]
        named = zip((*languages, "x-default"), (*addresses, addresses[0]), strict=True) if page.is_translated else ()
        others = "".join(_alternate(language, address) for language, address in named)
        changed = f"<lastmod>{page.changed_at.isoformat(timespec='seconds')}</lastmod>" if page.changed_at else ""
        lines += [f"<url><loc>{escape(address)}</loc>{changed}{others}</url>" for address in addresses]
    return _document("urlset", lines)


def _alternate(language: str, address: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{language}" href={quoteattr(address)}/>'


def _document(name: str, lines: Sequence[str]) -> str:
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {NAMESPACES}>\n{body}\n</{name}>\n'
