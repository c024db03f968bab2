"""The brief of a plan: what two pages of paper say of it, before they are set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.figures import Line, Rollup
from crp.common.markdown import render_markdown
from crp.common.money import percent_of
from crp.common.numbers import write_number, write_percent
from crp.exchange.brief_parts import (
    breakable,
    cell,
    definitions,
    figure,
    frame,
    funding_bar,
    join,
    language_in,
    long_date,
    money_figures,
    number_or_unknown,
    percent_cell,
    plain,
    segments,
    shorten,
)
from funding.selectors.ledger import PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.plan_parts import ObjectivePart, ProjectPart, SectorPart
from funding.selectors.portfolio import scale_of
from plans.models import Narrative

MOST_LINES, MOST_NEEDS, MOST_DONORS, MOST_SOURCES = 60, 8, 5, 4
LONGEST_PASSAGE, LONGEST_DETAIL = 420, 340  # letters


def plan_brief(page: PlanPage, ledger: PlanLedger, address: str, made_at: datetime) -> dict[str, Any]:
    """Return what the brief of a plan says; the template decides how many of its lines fit.

    ``address``: of the plan's page, with its host. Queries: those of the parts of the page that it shows.
    """
    plan, revision = page.plan, page.revision
    lines = _lines(page)
    return {
        **frame(_("%(plan)s: brief") % {"plan": plan.title}, address, made_at, page.on),
        "kicker": join([str(plan.get_kind_display()), _countries(page), plan.period]),
        "title": breakable(plan.title),
        "title_language": language_in(plan.title, page.language),
        "foreign": _("The plan’s own text is in another language: %(language)s.") % {"language": page.foreign_language}
        if page.foreign_language and page.untold
        else "",
        "meta": join(
            [
                _("Revision %(number)s, published %(date)s")
                % {"number": revision.number, "date": long_date(revision.published_at or made_at)},
                _("Document of %(date)s") % {"date": long_date(revision.document_on)}
                if revision.document_on
                else _("The document has no date"),
                plan.code,
            ]
        ),
        "sentence": plain("funding/plan/_sentence.html", {"page": page, "plan": plan, "revision": revision}),
        "figures": money_figures(page.figures, ledger.freshness.as_of, is_official=ledger.freshness.is_official),
        "bar": funding_bar(page.figures),
        "coverage": " ".join(page.coverage),
        "people": _people(page),
        "overlaps": [f"{check.title}. {check.sentence}" for check in page.overlaps],
        "passage": _passage(page),
        "lines": lines,
        "objectives": _objectives(page),
        "needs": _needs(page),
        "donors": _donors(page),
        "sources": _sources(page, ledger),
        "definitions": definitions(*_defined(page.figures)),
        "seal": _seal(page),
        "reports": page.figures.funding_reported,
        "needs_most": MOST_NEEDS,
        "words": _words(page),
    }


def _words(page: PlanPage) -> dict[str, Any]:
    """Return the titles of the parts, and the sentences of what may have to be left out."""
    reports = page.figures.funding_reported
    return {
        "objectives": _("Objectives"),
        "objective": _("Objective"),
        "donors": _("Largest donors (USD)"),
        "sources": _("Sources"),
        "heads": _heads(),
        "more_objectives": _left_out_forms(len(page.objectives)),
        "needs_note": _("US dollars, the largest first.")
        if reports
        else _("The plan doesn’t say what it has received: these are the amounts it asks for, in US dollars."),
    }


def _countries(page: PlanPage) -> str:
    """Return the plan's countries, the many of a region by their number."""
    names = [country.label for country in page.line.countries]
    if len(names) <= 4:
        return ", ".join(names)
    return ngettext("%(number)s country", "%(number)s countries", len(names)) % {"number": write_number(len(names))}


def _people(page: PlanPage) -> list[dict[str, Any]]:
    revision = page.revision
    counts = (
        (_("People in need"), revision.people_in_need, ""),
        (_("People targeted"), revision.people_targeted, page.need_check.sentence if page.need_check else ""),
        (_("Entities targeted"), revision.entities_targeted, _("institutions and organizations")),
    )
    if all(value is None for _label, value, _note in counts):
        return []
    return [
        figure(label, number_or_unknown(value), note if value is not None else "", is_known=value is not None)
        for label, value, note in counts
    ]


def _passage(page: PlanPage) -> dict[str, str] | None:
    """Return the beginning of what the plan says of the situation, whole sentences. None: it says nothing."""
    order = (Narrative.Section.VISION, Narrative.Section.NEEDS, Narrative.Section.CONTEXT)
    found = sorted(
        (item for item in page.narratives if item.section in order), key=lambda row: order.index(row.section)
    )
    if not found:
        return None
    text = " ".join(strip_tags(render_markdown(found[0].body, 2)).replace("&amp;", "&").split())
    return {"text": shorten(text, LONGEST_PASSAGE), "language": language_in(found[0].body, found[0].language)}


# Sectors


def _lines(page: PlanPage) -> dict[str, Any] | None:
    """Return the widest breakdown that donors think in, the largest line first. None: the plan gives none."""
    parts = {part.name: part for part in page.breakdowns}
    if page.has_sectors:
        title, members = _("Sectors"), page.sector_parts
    else:
        titles = {"global_cluster": _("Global clusters"), "country": _("Countries"), "framework": _("Frameworks")}
        name = next((name for name in titles if name in parts), None)
        if name is None:
            return None
        title, members = titles[name], [SectorPart(line=line, share=_share(page, line)) for line in parts[name].lines]
    scale = scale_of(part.line for part in members if not part.line.is_residual) or scale_of(
        part.line for part in members
    )
    return {
        "title": title,
        "rows": [_line_row(part, scale) for part in members[:MOST_LINES]],
        "number": len(members),
        "reports": page.figures.funding_reported,
        "total": {**_amounts(page.figures), "share": "" if page.whole is None else write_percent(page.whole)},
        "more": _left_out_forms(len(members)),
        "caption": _("US dollars, the largest first. The bars share one scale."),
        "heads": _heads(),
    }


def _left_out_forms(number: int) -> list[str]:
    """Return the sentence for each number of lines that may not fit, by that number."""
    sentence = _("%(number)s more: on the page of the plan.")
    return [sentence % {"number": write_number(left)} for left in range(number + 1)]


def _heads() -> dict[str, str]:
    return {
        "name": _("Sector"),
        "bar": _("Requested and received"),
        "requested": _("Requested"),
        "received": _("Received"),
        "gap": _("Gap"),
        "percent": _("Funded"),
        "share": _("Share of plan"),
        "total": _("Total"),
        "people": _("People targeted"),
    }


def _share(page: PlanPage, line: Line) -> Decimal | None:
    return percent_of(line.figures.requested_usd, page.figures.requested_usd)


def _amounts(figures: Rollup) -> dict[str, str]:
    return {
        "requested": cell(figures.requested_usd),
        "received": cell(figures.received_usd),
        "gap": cell(figures.gap_usd),
        "percent": percent_cell(figures.percent_funded),
    }


def _line_row(part: SectorPart, scale: Decimal) -> dict[str, Any]:
    key = part.line.key
    name = key.subject.label if hasattr(key.subject, "label") else key.name
    is_priority = part.request is not None and part.request.is_priority
    return {
        "name": breakable(str(name)),
        "is_priority": is_priority,
        "detail": join([_("Priority") if is_priority else "", ", ".join(family.code for family in part.related)]),
        "segments": segments(part.figures, scale) if part.figures.requested_usd is not None else [],
        "share": "–" if part.share is None else write_percent(part.share),
        **_amounts(part.figures),
    }


# Objectives, needs, donors


def _objectives(page: PlanPage) -> list[dict[str, Any]]:
    return [_objective_row(part) for part in page.objectives]


def _objective_row(part: ObjectivePart) -> dict[str, Any]:
    shares = [f"{write_percent(outcome.share_percent, None)} {outcome.name}" for outcome in part.outcomes]
    return {
        "number": str(part.objective.number),
        "title": breakable(part.objective.title),
        "language": language_in(part.objective.title, "en"),
        "detail": shorten(breakable(join(shares)), LONGEST_DETAIL),
        "people": cell(part.objective.people_targeted),
        "share": "–" if part.share is None else write_percent(part.share),
        **_amounts(part.figures or _nothing()),
    }


def _nothing() -> Rollup:
    return Rollup(requested_usd=None, requested_reporting_usd=None, received_usd=None, pledged_usd=None)


def _needs(page: PlanPage) -> dict[str, Any] | None:
    """Return what a donor could give for: the largest gaps, and where none is known, what the plan puts first."""
    projects = [part for group in page.project_groups for part in group.projects]
    if projects:
        chosen = _most_missing(projects)
        rows = [_project_row(part) for part in chosen[:MOST_NEEDS]]
        return {"title": _("Projects with the largest gaps"), "rows": rows, "first": _("Project")} if rows else None
    parts = [part for part in page.sector_parts if not part.line.is_residual]
    if not page.figures.funding_reported:
        parts = [part for part in parts if part.request is not None and part.request.is_priority]
        title = _("Priority sectors")
    else:
        parts = _most_missing(parts)
        title = _("Largest gaps")
    rows = [_line_row(part, Decimal(1)) | {"segments": []} for part in parts[:MOST_NEEDS]]
    return {"title": title, "rows": rows, "first": _("Sector")} if rows else None


def _most_missing(parts: Iterable[Any]) -> list[Any]:
    """Return the parts that lack money, the largest gap first; where no gap is known, the largest amounts asked for."""
    asked = [part for part in parts if part.figures.gap_usd != 0 and part.figures.requested_usd]
    return sorted(asked, key=lambda part: -(part.figures.gap_usd or part.figures.requested_usd))


def _project_row(part: ProjectPart) -> dict[str, Any]:
    project = part.project
    detail = join([project.framework.code if project.framework else "", project.sector.label if project.sector else ""])
    return {
        "name": breakable(project.title),
        "detail": detail,
        "is_priority": False,
        "share": "",
        **_amounts(part.figures),
    }


def _donors(page: PlanPage) -> list[dict[str, str]]:
    """Return the largest donors by name, with what they gave."""
    named = [line for line in page.donors if not line.is_residual and line.figures.received_usd]
    return [
        {"name": breakable(line.key.name), "amount": cell(line.figures.received_usd)} for line in named[:MOST_DONORS]
    ]


# Where it comes from


def _sources(page: PlanPage, ledger: PlanLedger) -> list[str]:
    found = []
    for source, cited in page.citations.by_source():
        values = ngettext("%(number)s value read from it", "%(number)s values read from it", len(cited))
        day = long_date(source.document_on) if source.document_on else ""
        found.append(join([source.title, source.publisher, day, values % {"number": write_number(len(cited))}]))
    if ledger.official is not None and ledger.official.source is not None:
        source = ledger.official.source
        found.append(join([source.title, source.publisher, _("official total of what was received")]))
    return list(dict.fromkeys(found))[:MOST_SOURCES]


def _seal(page: PlanPage) -> dict[str, str]:
    revision = page.revision
    number = {"number": revision.number}
    if not revision.seal:
        return {"words": _("This revision has no seal yet."), "digits": ""}
    words = _("Seal of revision %(number)s: the SHA-256 of everything that it says.") % number
    return {"words": words, "digits": revision.seal}


def _defined(figures: Rollup) -> Sequence[str]:
    names = ["requested", "received", "gap", "percent-funded"]
    if figures.pledged_usd is not None:
        names.insert(2, "pledged")
    if figures.over_funded_usd:
        names.append("over-funding")
    return [*names, *([] if figures.funding_reported else ["not-reported"]), "people"]
