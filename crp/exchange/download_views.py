"""The addresses of downloads and briefs: each holds what the page beside it shows, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import AS_OF, address_on, as_of_page, today
from crp.common.numbers import write_number
from crp.common.parameters import refuse_unknown
from crp.exchange.brief_parts import long_date
from crp.exchange.briefs import plan_brief
from crp.exchange.formats import FORMATS, answer
from crp.exchange.gap_download import gap_tables, total_facts
from crp.exchange.ledger_download import contributions_table
from crp.exchange.list_downloads import countries_table, donors_table, sectors_table
from crp.exchange.plan_download import plan_tables
from crp.exchange.scenario_download import compare_tables, finder_table
from crp.exchange.selection_brief import selection_brief
from crp.exchange.tables import Download, Table
from crp.exchange.typesetting import typeset
from funding.models import Organization
from funding.selectors.compare import Comparison
from funding.selectors.countries import CountryList
from funding.selectors.donors import DonorList, DonorPage
from funding.selectors.finder import GapFinder
from funding.selectors.gaps import GapExplorer, state_of
from funding.selectors.ledger import LedgerPage, PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans
from funding.selectors.sectors import SectorList
from plans.as_of import first_published_on

PDF = "application/pdf"
Words = Sequence[tuple[str, str]]


# What is narrowed on the screen


@require_safe
@as_of_page
def gaps_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002 (of the address)
    """Answer with every plan that the gap explorer finds, in its order and columns."""
    _refuse_format(format)
    explorer = GapExplorer(request.GET, on)
    if explorer.problems:
        return _page_of_gaps(request, explorer)
    return _answer(
        request,
        format,
        name="gaps",
        title=_("Where money is missing"),
        path=reverse("gaps"),
        tables=gap_tables(explorer),
        on=on,
        state=explorer.download_state,
        filters=_words_of(explorer),
        facts=total_facts(explorer.total),
    )


def _words_of(explorer: GapExplorer) -> Words:
    order = next((item["label"] for item in explorer.sort_choices if item["is_chosen"]), "")
    chosen = [(active.title, active.label) for active in explorer.form.active]
    return [*chosen, (_("Order"), order)] if order else chosen


def _page_of_gaps(request: HttpRequest, explorer: GapExplorer) -> HttpResponse:
    """Say what is wrong with the address, on the page that it would be right for."""
    return render(request, "funding/gaps.html", {"explorer": explorer, "today": today()}, status=400)


@require_safe
@as_of_page
def gaps_brief(request: HttpRequest, on: date | None) -> HttpResponse:
    """Answer with the brief of the plans that the gap explorer finds."""
    explorer = GapExplorer(request.GET, on)
    if explorer.problems:
        return _page_of_gaps(request, explorer)
    words = " · ".join(f"{active.title}: {active.label}" for active in explorer.form.active)
    now = datetime.now(tz=UTC)
    address = _address(request, reverse("gaps"), explorer.download_state, on)
    return _pdf("selection_brief", selection_brief(explorer, words, address, now), "gaps-brief", now, on)


@require_safe
@as_of_page
def finder_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every gap that an amount fits, the best first."""
    _refuse_format(format)
    finder = GapFinder(request.GET, on)
    if not finder.has_answer:
        problems = finder.problems or {"amount": [_("Say which amount is to be placed.")]}
        return _refused(request, problems, reverse("gap-finder"))
    year, day = finder.form.values["year"], long_date(finder.day)
    words = [
        (_("Amount (USD)"), write_number(finder.amount_usd)),
        (_("Earmarking"), finder.form.earmarking_label),
        (
            _("Period"),
            _("plans that cover %(year)s") % {"year": year} if year else _("plans that run on %(day)s") % {"day": day},
        ),
    ]
    return _answer(
        request,
        format,
        name="gap-finder",
        title=_("Find a gap for an amount"),
        path=reverse("gap-finder"),
        tables=[finder_table(finder)],
        on=on,
        state=_whole(finder.state),
        filters=[*words, *((_("Asked for"), asked) for asked in finder.form.asked)],
    )


@require_safe
@as_of_page
def compare_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with plans side by side; a workbook and JSON have their clusters and objectives too."""
    _refuse_format(format)
    comparison = Comparison(request.GET, on)
    if not comparison.has_answer:
        problems = comparison.problems or {"plan": [_("Name two plans or more.")]}
        return _refused(request, problems, reverse("compare"))
    return _answer(
        request,
        format,
        name="compare",
        title=_("Compare plans"),
        path=reverse("compare"),
        tables=compare_tables(comparison),
        on=on,
        state=comparison.parameters,
    )


@require_safe
@as_of_page
def donors_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every donor that the list of donors finds."""
    _refuse_format(format)
    donors = DonorList(request.GET, on)
    if donors.problems:
        return render(request, "funding/donors.html", {"donors": donors}, status=400)
    chosen: Iterable[tuple[str, list[tuple[str, str, bool]]]] = (
        (_("Kind of organization"), donors.kinds if "kind" in donors.state else []),
        (_("Country of the donor"), donors.countries if "country" in donors.state else []),
    )
    filters = [(title, label) for title, options in chosen for _value, label, is_chosen in options if is_chosen]
    return _answer(
        request,
        format,
        name="donors",
        title=_("Donors"),
        path=reverse("donors"),
        tables=[donors_table(donors)],
        on=on,
        state=_whole(donors.state),
        filters=filters,
    )


@require_safe
@as_of_page
def donor_download(request: HttpRequest, code: str, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every contribution of a donor that its page lists."""
    _refuse_format(format)
    donor = Organization.objects.select_related("country").filter(code__iexact=code).order_by("code").first()
    if donor is None:
        raise Http404(_("No organization has the code “%(code)s”.") % {"code": code})
    ledger = DonorPage(donor, request.GET, on).ledger
    path = reverse("donor", args=[donor.code])
    if ledger.problems:
        return _refused(request, ledger.problems, path)
    name = f"donor-{donor.code}"
    return _ledger_answer(request, format, name=name, title=donor.label, path=path, ledger=ledger, on=on)


# One plan


@require_safe
@as_of_page
def plan_download(request: HttpRequest, code: str, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every line of a plan; a workbook and JSON have its figures and parts too."""
    _refuse_format(format)
    if problems := refuse_unknown(request.GET, (AS_OF,)):
        return _refused(request, problems, reverse("plan", args=[code]))
    page = _plan_page(code, on)
    if page.plan.code != code:
        return HttpResponseRedirect(address_on(reverse("plan-download", args=[page.plan.code, format]), on))
    ledger = PlanLedger(page.plan, QueryDict(), today(), on)
    return _answer(
        request,
        format,
        name=page.plan.code,
        title=page.plan.title,
        path=reverse("plan-funding", args=[page.plan.code]),
        tables=plan_tables(page, ledger),
        on=on,
    )


@require_safe
@as_of_page
def plan_funding_download(
    request: HttpRequest,
    code: str,
    format: str,  # noqa: A002
    on: date | None,
) -> HttpResponseBase:
    """Answer with the contributions to a plan that the page of its lines lists."""
    _refuse_format(format)
    page = _plan_page(code, on)
    plan = page.plan
    if plan.code != code:
        return HttpResponseRedirect(address_on(reverse("plan-funding-download", args=[plan.code, format]), on))
    ledger = PlanLedger(plan, request.GET, today(), on)
    path = reverse("plan-funding", args=[plan.code])
    if ledger.problems:
        return _refused(request, ledger.problems, path)
    name = f"{plan.code}-contributions"
    return _ledger_answer(request, format, name=name, title=plan.title, path=path, ledger=ledger, on=on)


@require_safe
@as_of_page
def plan_brief_pdf(request: HttpRequest, code: str, on: date | None) -> HttpResponseBase:
    """Answer with the brief of a plan."""
    if problems := refuse_unknown(request.GET, (AS_OF,)):
        return _refused(request, problems, reverse("plan", args=[code]))
    page = _plan_page(code, on)
    plan = page.plan
    if plan.code != code:
        return HttpResponseRedirect(address_on(reverse("plan-brief", args=[plan.code]), on))
    now = datetime.now(tz=UTC)
    address = request.build_absolute_uri(address_on(reverse("plan", args=[plan.code]), on))
    brief = plan_brief(page, PlanLedger(plan, None, today(), on), address, now)
    return _pdf("plan_brief", brief, f"{plan.code}-brief", now, on)


def _plan_page(code: str, on: date | None) -> PlanPage:
    """Return a plan as it was published on a day. Raises: Http404, with the day since when there is one."""
    plan = None if "\0" in code else published_plans(on).filter(code=code.upper()).first()
    if plan is not None:
        return PlanPage(plan, on)
    first = None if on is None else first_published_on(code.upper())
    if first is not None and on is not None and first > on:
        raise Http404(_("This plan was first published on %(date)s.") % {"date": long_date(first)})
    raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})


# Lists that nothing narrows


@require_safe
@as_of_page
def countries_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every country that has a plan."""
    _refuse_format(format)
    if problems := refuse_unknown(request.GET, (AS_OF,)):
        return _refused(request, problems, reverse("countries"))
    countries = CountryList(on)
    return _answer(
        request,
        format,
        name="countries",
        title=_("Countries"),
        path=reverse("countries"),
        tables=[countries_table(countries)],
        on=on,
        facts=total_facts(countries.breakdown.total),
    )


@require_safe
@as_of_page
def sectors_download(request: HttpRequest, format: str, on: date | None) -> HttpResponseBase:  # noqa: A002
    """Answer with every sector of every list."""
    _refuse_format(format)
    if problems := refuse_unknown(request.GET, (AS_OF,)):
        return _refused(request, problems, reverse("sectors"))
    tables = [sectors_table(SectorList(on))]
    path = reverse("sectors")
    return _answer(request, format, name="sectors", title=_("Sectors"), path=path, tables=tables, on=on)


# What all of them share


def _refuse_format(form: str) -> None:
    if form not in FORMATS:
        shown = {"format": form[:20], "all": ", ".join(FORMATS)}
        raise Http404(_("There is no download as “%(format)s”. Choose from: %(all)s.") % shown)


def _refused(request: HttpRequest, problems: Mapping[str, Sequence[str]], path: str) -> HttpResponse:
    return render(request, "exchange/refused.html", {"problems": problems, "path": path}, status=400)


def _ledger_answer(
    request: HttpRequest, form: str, *, name: str, title: str, path: str, ledger: LedgerPage, on: date | None
) -> HttpResponseBase:
    filters = [(_("Counts as"), str(ledger.part.label))] if ledger.part else []
    if ledger.donor is not None:
        filters.append((_("Donor"), ledger.donor.label))
    tables = [contributions_table(ledger)]
    return _answer(
        request,
        form,
        name=name,
        title=title,
        path=path,
        tables=tables,
        on=on,
        state=_whole(ledger.state),
        filters=filters,
    )


def _whole(state: QueryDict) -> QueryDict:
    """Return the parameters of a list but for the page of it that is on the screen."""
    whole = state.copy()
    whole.pop("page", None)
    return whole


def _answer(
    request: HttpRequest,
    form: str,
    *,
    name: str,
    title: str,
    path: str,
    tables: Sequence[Table],
    on: date | None,
    state: QueryDict | None = None,
    filters: Words = (),
    facts: Sequence[tuple[str, str, Any]] = (),
) -> HttpResponseBase:
    state = QueryDict() if state is None else state
    download = Download(
        name=name,
        title=title,
        address=_address(request, path, state, on),
        tables=tables,
        on=on,
        made_at=datetime.now(tz=UTC),
        filters=filters,
        parameters={key: values for key, values in state.lists() if key != AS_OF},
        facts=facts,
    )
    return answer(download, form)


def _address(request: HttpRequest, path: str, state: QueryDict, on: date | None) -> str:
    """Return where the same is on the screen."""
    rest = state_of(state, None)  # the day comes last, whichever way it was given
    query = rest.urlencode(safe="/")
    return request.build_absolute_uri(address_on(f"{path}?{query}" if query else path, on))


def _pdf(template: str, brief: Mapping[str, Any], name: str, now: datetime, on: date | None) -> HttpResponse:
    language = str(brief["language"])
    made = HttpResponse(typeset(template, brief, output="pdf", language=language, made_at=now), content_type=PDF)
    made["Content-Disposition"] = f'attachment; filename="crp-{name}-{language}-{(on or now.date()).isoformat()}.pdf"'
    made["Content-Language"] = get_language() or language
    made["X-Robots-Tag"] = "noindex"
    return made
