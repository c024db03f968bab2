"""What plans ask for and received by sector, with what they say of each: of one plan, or of many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from crp.common.figures import Key, Line, Rollup
from funding.api.parts import FIGURES, SectorPartSerializer
from funding.models import FundingRequest
from funding.rollups import break_down_each, break_down_plan, with_figures
from plans.models import Citation, Plan

Part = dict[str, Any]


def part_of(key: Key, figures: Rollup, code: str, name: str) -> Part:
    """Return a part of a plan with its code and its name under the words that the part has for them."""
    return {
        code: key.code,
        name: key.name,
        "residual": key.residual or None,
        "subject": key.subject,
        **{figure: getattr(figures, figure) for figure in FIGURES},
    }


def sectors_of(plan: Any, citations: Iterable[Citation], on: date | None) -> list[Part]:
    """Return the sectors of a plan with its revision as ``current``; none where it asks for none.

    Queries: a number that no row adds to.
    """
    lines = _lines_used(_requests(FundingRequest.objects.filter(revision=plan.current)))
    if not any(lines):
        return []
    return _parts(break_down_plan(plan, "sector", on).lines, lines, _inferred(citations))


def load_sectors_of_plans(codes: Sequence[str], on: date | None) -> Mapping[str, list[Part]]:
    """Return the same of many plans, by code, as the detail of each shows it. Queries: a number that no row adds to."""
    plans: Any = with_figures(Plan.objects.in_force(on).filter(code__in=codes), on)
    revisions = dict(plans.order_by().values_list("current__pk", "code"))
    requests, citations = defaultdict(list), defaultdict(list)
    for request in _requests(FundingRequest.objects.filter(revision__in=revisions)):
        requests[revisions[request.revision_id]].append(request)
    for citation in Citation.objects.filter(revision__in=revisions, field="sector").only("revision", *_OF_CITATIONS):
        citations[revisions[citation.revision_id]].append(citation)
    lines = {code: used for code, of_plan in requests.items() if any(used := _lines_used(of_plan))}
    opened = break_down_each(plans.filter(code__in=lines), "sector", on) if lines else {}
    serializer = SectorPartSerializer()
    return {
        code: [
            serializer.to_representation(part)
            for part in _parts(breakdown.lines, lines[code], _inferred(citations[code]))
        ]
        for code, breakdown in opened.items()
    }


_OF_CITATIONS = ("subject", "field", "basis")


def _requests(requests: QuerySet[FundingRequest]) -> list[FundingRequest]:
    """Return what is asked for by sector or by project; each row knows its revision without asking again."""
    found = list(
        requests.filter(breakdown__in=("sector", "project"))
        .select_related("revision__plan", "sector__taxonomy", "project")
        .prefetch_related("related_plans__plan_family", "request_shares__objective")
    )
    for request in found:
        if request.project:
            request.project.revision = request.revision
    return found


def _lines_used(requests: list[FundingRequest]) -> dict[int | None, list[FundingRequest]]:
    # Where a plan asks by sector, what it asks by project tells the same money again.
    used = [request for request in requests if request.sector_id] or requests
    lines = defaultdict(list)
    for request in used:
        lines[request.sector_id or (request.project.sector_id if request.project else None)].append(request)
    return lines


def _inferred(citations: Iterable[Citation]) -> set[str]:
    """Return the rows whose sector was not printed but inferred, by their keys."""
    return {item.subject for item in citations if item.field == "sector" and item.basis == Citation.Basis.INFERRED}


def _parts(opened: Iterable[Line], lines: Mapping[int | None, list[FundingRequest]], inferred: set[str]) -> list[Part]:
    parts = [part_of(line.key, line.figures, "sector", "name") for line in opened]
    for part in parts:
        of_sector = lines.get(part["subject"].pk, []) if part["subject"] else []
        part["is_cross_cutting"] = bool(part["subject"] and part["subject"].is_cross_cutting)
        part["is_priority"] = any(request.is_priority for request in of_sector)
        part["is_inferred"] = any((request.project or request).row_key in inferred for request in of_sector)
        part["related_plans"] = list(
            dict.fromkeys(row.plan_family.code for request in of_sector for row in request.related_plans.all())
        )
        part["shares"] = [
            {
                "objective": share.objective.number,
                "share_percent": share.share_percent,
                "amount_usd": share.amount_usd,
            }
            for request in of_sector
            for share in request.request_shares.all()
        ]
    return parts
