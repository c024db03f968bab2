"""Which plan a draft belongs to: one that CRP has, or a new one with the code that it would get."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plans.models import Plan, PlanIdentifier, Revision

from .document import Document
from .draft import PLAN, REVISION, Draft, Ref

SCHEMES = {"crisisresponse.iom.int": "gcrp", "humanitariancompendium.iom.int": "compendium"}
LONGEST_CODE = 60
NOT_OF_A_NAME = re.compile(r"^/(?:index\.php/)?(?:response/|appeals/)?|/(?:year/\d{4}|appeals-print)/?$|/$")
OF_ONE_YEAR = re.compile(r"/year/(\d{4})/?$")


class How(StrEnum):
    """How a plan was found."""

    NAMED = "named"
    IDENTIFIER = "identifier"
    SAME = "same"
    NEW = "new"


@dataclass(frozen=True)
class Facts:
    """What a draft says of the plan itself. None and empty: it does not say."""

    title: str
    kind: str
    start_year: int | None
    end_year: int | None
    countries: tuple[str, ...]
    url: str

    @property
    def identifier(self) -> tuple[str, str] | None:
        """The name of the plan in the system that published the page, as scheme and value."""
        return identifier_in(self.url)


@dataclass(frozen=True)
class Match:
    """The plan of a draft.

    ``plan``: None: a new one, with ``code``. ``known``: the revision that this very text was read into already;
    ``questions``: what somebody has to decide before it is written; ``remarks``: what they should know.
    """

    plan: Plan | None
    code: str
    how: How
    facts: Facts
    current: Revision | None = None
    open_draft: Revision | None = None
    known: Revision | None = None
    questions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def facts_of(draft: Draft) -> Facts:
    """Return what a draft says of the plan itself."""
    row = draft.row(PLAN)
    values = {} if row is None else {name: value.value for name, value in row.values.items()}
    countries = values.get("countries")
    refs = countries if isinstance(countries, tuple) else ()
    first, last = values.get("start_year"), values.get("end_year")
    return Facts(
        title=str(values.get("title") or ""),
        kind=str(values.get("kind") or ""),
        start_year=first if isinstance(first, int) else None,
        end_year=last if isinstance(last, int) else first if isinstance(first, int) else None,
        countries=tuple(sorted(str(ref.key[0]) for ref in refs if isinstance(ref, Ref))),
        url=str(values.get("url") or ""),
    )


def identifier_in(url: str) -> tuple[str, str] | None:
    """Return scheme and value of a plan's identifier in the address of its page. None: it is none that CRP knows.

    The views of single years of a plan have the identifier of the plan; a redirector is looked through.
    """
    parts = urlsplit(url)
    if "safelinks" in (parts.hostname or "") and (inner := parse_qs(parts.query).get("url")):
        parts = urlsplit(inner[0])
    scheme = SCHEMES.get((parts.hostname or "").removeprefix("www."))
    value = parts.path
    while (shorter := NOT_OF_A_NAME.sub("", value)) != value:
        value = shorter
    return (scheme, value) if scheme and value else None


def match_plan(draft: Draft, document: Document, *, plan: Plan | None = None, code: str = "") -> Match:
    """Return the plan that a draft belongs to. ``plan`` or ``code``: somebody has said so. Queries: six at most."""
    facts = facts_of(draft)
    questions: list[str] = []
    how = How.NAMED if plan is not None or code else How.NEW
    if plan is None and code:
        plan = Plan.objects.filter(code=code).first()
    elif plan is None:
        plan, how = _find(facts, questions)
    if plan is None:
        new_code = code or propose_code(facts)
        if not code:
            questions.extend(_about_code(facts, new_code))
        questions.extend(_about_view(facts))
        return Match(None, new_code, how, facts, known=_known(document), questions=tuple(questions))
    revisions = list(plan.revisions.order_by("number"))
    current = next((each for each in revisions if each.status == Revision.Status.PUBLISHED), None)
    if current is not None and (asked := _about_dates(draft, current)):
        questions.append(asked)
    questions.extend(_about_view(facts))
    return Match(
        plan,
        plan.code,
        how,
        facts,
        current=current,
        open_draft=next((each for each in revisions if each.is_open), None),
        known=_known(document),
        questions=tuple(questions),
        remarks=tuple(_differences(facts, plan)),
    )


def propose_code(facts: Facts) -> str:
    """Return the code that a new plan would get: ``MLI-CRP-2025-2026``, for several countries its title."""
    years = [str(year) for year in dict.fromkeys((facts.start_year, facts.end_year)) if year is not None]
    if len(facts.countries) == 1 and facts.kind and years:
        return "-".join([facts.countries[0], _coded(facts.kind), *years])[:LONGEST_CODE]
    return _coded(facts.title)[:LONGEST_CODE].strip("-")


def _coded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    return re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")


def _find(facts: Facts, questions: list[str]) -> tuple[Plan | None, How]:
    if facts.identifier is not None:
        scheme, value = facts.identifier
        known = PlanIdentifier.objects.filter(scheme=scheme, value=value).select_related("plan").first()
        if known is not None:
            return known.plan, How.IDENTIFIER
    same = _same(facts)
    if len(same) == 1:
        return same[0], How.SAME
    if same:
        questions.append(
            _("Several plans are of this kind, these countries and years: %(codes)s. Which one is it?")
            % {"codes": ", ".join(plan.code for plan in same)}
        )
        return None, How.NEW
    of_code = Plan.objects.filter(code=propose_code(facts)).first()
    return of_code, How.NEW if of_code is None else How.SAME


def _same(facts: Facts) -> list[Plan]:
    """Return the plans of the same kind, countries and years. Queries: 2 at most."""
    if not facts.countries or not facts.kind or facts.start_year is None or facts.end_year is None:
        return []
    plans = Plan.objects.filter(kind=facts.kind, start_year=facts.start_year, end_year=facts.end_year)
    plans = plans.annotate(number_of_countries=Count("countries")).filter(number_of_countries=len(facts.countries))
    found = plans.order_by("code").prefetch_related("countries")
    return [plan for plan in found if sorted(country.iso3 for country in plan.countries.all()) == [*facts.countries]]


def _known(document: Document) -> Revision | None:
    """Return the first revision that this text was read into. Queries: 1."""
    read_from = Revision.objects.filter(citations__source__sha256=document.text_sha256).select_related("plan")
    return read_from.order_by("plan", "number").first()


def _about_code(facts: Facts, code: str) -> list[str]:
    if not code or len(facts.countries) == 1:
        return []
    if facts.countries:
        return [_("The plan is of several countries: is %(code)s the code that it gets for good?") % {"code": code}]
    return [_("No country was found in the title: is %(code)s the code that the plan gets for good?") % {"code": code}]


def _about_view(facts: Facts) -> list[str]:
    view = OF_ONE_YEAR.search(facts.url)
    if view is None or facts.start_year == facts.end_year:
        return []
    asked = _("The page is the view of one year, %(year)s, of a plan of several. Are its figures those of the plan?")
    return [asked % {"year": view[1]}]


def _about_dates(draft: Draft, current: Revision) -> str:
    """Return what there is to ask about the day of a document, beside the revision in force. Empty: nothing."""
    row = draft.row(REVISION)
    found = None if row is None else row.get("document_on")
    told: dict[str, object] = {"number": current.number}
    if not isinstance(found, date):
        return _("The document has no date. Is it newer than revision %(number)s?") % told
    if current.document_on is None or found > current.document_on:
        return ""
    told |= {"found": date_format(found), "current": date_format(current.document_on)}
    if found == current.document_on:
        return (
            _("The document is of %(found)s, as revision %(number)s is, and says something else. Is it newer?") % told
        )
    return (
        _("The document is of %(found)s, older than revision %(number)s of %(current)s. Is it to follow that?") % told
    )


def _differences(facts: Facts, plan: Plan) -> list[str]:
    """Return in what a plan differs from what the page says of it: the plan stays as it is. Queries: 1."""
    found = []
    iso3 = sorted(country.iso3 for country in plan.countries.all())
    if facts.countries and [*facts.countries] != iso3:
        found.append(
            _("The page names the countries %(page)s, the plan has %(plan)s: it keeps them.")
            % {"page": ", ".join(facts.countries), "plan": ", ".join(iso3)}
        )
    if facts.title and facts.title != plan.title:
        found.append(
            _("The page is titled “%(page)s”, the plan “%(plan)s”: it keeps that.")
            % {"page": facts.title, "plan": plan.title}
        )
    if facts.start_year and (facts.start_year, facts.end_year) != (plan.start_year, plan.end_year):
        found.append(
            _("The page is for %(first)s to %(last)s, the plan for %(period)s: it keeps that.")
            % {"first": facts.start_year, "last": facts.end_year, "period": plan.period}
        )
    return found
