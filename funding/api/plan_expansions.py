"""What can be told with many plans at once: parts of their detail, and which plans ask for the same money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from crp.common.api.chosen import Expansion
from crp.common.api.serializers import USD, Text
from funding.api.parts import NarrativeSerializer, RiskIndicatorSerializer
from funding.selectors.overlaps import InterAgencyPart, inter_agency_parts_of_each
from plans.api.sources import SourceSerializer, sources_of
from plans.api.translations import TranslationSerializer, load_translations
from plans.models import Citation, Narrative, RiskIndicator
from plans.querysets import in_force

Codes = Sequence[Any]
Found = Mapping[Any, list[Any]]


def _rows(rows: QuerySet, codes: Codes, on: date | None) -> Found:
    """Return rows of the revisions in force, in their order, by the code of the plan."""
    found: dict[Any, list[Any]] = defaultdict(list)
    wanted = rows.filter(in_force(on, "revision__"), revision__plan__code__in=codes)
    for row in wanted.select_related("revision__plan"):
        found[row.revision.plan.code].append(row)
    return found


def _shown(serializer: Any, rows: Iterable[Any]) -> list[Any]:
    return [serializer.to_representation(row) for row in rows]


def load_risk_indicators(codes: Codes, on: date | None) -> Found:
    """Return the indices of risk that plans cite. Queries: 1."""
    rows = _rows(RiskIndicator.objects.all(), codes, on)
    return {code: _shown(RiskIndicatorSerializer(), of_plan) for code, of_plan in rows.items()}


def load_narratives(codes: Codes, on: date | None) -> Found:
    """Return the texts of plans. Queries: 1."""
    rows = _rows(Narrative.objects.select_related("objective"), codes, on)
    return {code: _shown(NarrativeSerializer(), of_plan) for code, of_plan in rows.items()}


def load_sources(codes: Codes, on: date | None) -> Found:
    """Return the documents of plans, with what was read from each. Queries: 1."""
    rows = _rows(Citation.objects.select_related("source"), codes, on)
    return {code: _shown(SourceSerializer(), sources_of(of_plan)) for code, of_plan in rows.items()}


class NamingLineSerializer(serializers.Serializer):
    """A line of the plan that names the inter-agency plan."""

    breakdown = serializers.CharField(help_text="Of the line, as in funding-requests/.")
    target = serializers.CharField(help_text="Code of what it asks for, as the column that the breakdown names.")
    requested_usd = USD(allow_null=False, help_text="What it asks for, US dollars.")
    overlap = Text(
        help_text="identical: asked for in both; partly: some of it; complementary: for the same needs, not asked for "
        "there; outside: no part of that plan. null: not stated."
    )
    inside_usd = USD(help_text="How much of it is asked for there too, US dollars. null: not stated.")


class InterAgencySerializer(serializers.Serializer):
    """An inter-agency plan that lines of the plan name, and how much of the plan is asked for there too.

    Never add the two plans: counted once is that plan with what this one asks for outside it.
    """

    family = serializers.CharField(help_text="Code of the family of plans, such as H(N)RP: see terms/.")
    plan = Text(help_text="Code of that plan. null: which one it is is not stated, or CRP does not publish it.")
    requested_usd = USD(allow_null=False, help_text="What this plan asks for, US dollars: both parts add to it.")
    inside_low_usd = USD(allow_null=False, help_text="At least this lies inside, as stated, US dollars.")
    inside_high_usd = USD(allow_null=False, help_text="At most this lies inside, US dollars.")
    outside_low_usd = USD(allow_null=False, help_text="At least this lies outside, US dollars.")
    outside_high_usd = USD(allow_null=False, help_text="At most this lies outside, US dollars.")
    lines = NamingLineSerializer(many=True, help_text="The lines that name it, the largest first.")


def load_inter_agency(codes: Codes, on: date | None) -> Found:
    """Return the inter-agency plans that plans name. Queries: 7 at most."""
    serializer = InterAgencySerializer()
    found = inter_agency_parts_of_each(codes, on)
    return {code: _shown(serializer, map(_inter_agency, parts)) for code, parts in found.items()}


def _inter_agency(part: InterAgencyPart) -> dict[str, Any]:
    overlap = part.overlap
    return {
        "family": part.family.code,
        "plan": part.other.plan.code if part.other else None,
        "requested_usd": overlap.requested_usd,
        "inside_low_usd": overlap.inside.low_usd,
        "inside_high_usd": overlap.inside.high_usd,
        "outside_low_usd": overlap.outside.low_usd,
        "outside_high_usd": overlap.outside.high_usd,
        "lines": [
            {
                "breakdown": line.request.breakdown,
                "target": line.request.target_code,  # type: ignore[attr-defined]  # as the selector annotates it
                "requested_usd": line.request.amount_usd,
                "overlap": line.row.overlap,
                "inside_usd": line.inside_usd,
            }
            for line in part.lines
        ],
    }


def _part(load: Any, serializer: Any, words: str) -> Expansion:
    return Expansion(column="code", load=load, serializer=serializer, words=words, many=True)


PARTS = {
    "risk_indicators": _part(load_risk_indicators, RiskIndicatorSerializer, "the indices of risk that it cites"),
    "inter_agency": _part(
        load_inter_agency, InterAgencySerializer, "the inter-agency plans that it names, and what lies inside them"
    ),
    "narratives": _part(load_narratives, NarrativeSerializer, "its text"),
    "sources": _part(load_sources, SourceSerializer, "its documents, with what was read from each"),
    "translations": _part(load_translations, TranslationSerializer, "its texts in other languages"),
}
