"""One plan, whole: what its current revision says, with the figures of each part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import Text
from crp.common.api.updated import UPDATED_AT
from crp.common.figures import ZERO, Key, Rollup
from funding.api.parts import (
    FIGURES,
    FrameworkPartSerializer,
    NamedSerializer,
    NarrativeSerializer,
    ObjectivePartSerializer,
    OfficeSerializer,
    PresenceSerializer,
    ProjectPartSerializer,
    RiskIndicatorSerializer,
    SectorPartSerializer,
    SourceSerializer,
)
from funding.api.serializers import CODES, PlanSerializer
from funding.dimensions import sector_code
from funding.models import FundingRequest
from funding.rollups import break_down_plan
from plans.models import Citation, Plan, Revision


class PlanDetailSerializer(PlanSerializer):
    """A plan with everything that its current revision says, or with ``on`` in the context that of a past day."""

    as_of = serializers.SerializerMethodField(help_text="The past day asked for. null: now.")
    reason = Text(source="current.reason", help_text="Why the revision was made. null: not told.")
    taxonomy = Text(
        source="current.taxonomy.code",
        default=None,
        help_text="Code of the list that its sectors come from. null: it names none.",
    )
    identifiers = serializers.SerializerMethodField(help_text="Its names elsewhere, each scheme:value.")
    frameworks = FrameworkPartSerializer(
        many=True,
        source="parts.frameworks",
        help_text="What is asked for under each framework; empty where the plan names none.",
    )
    objectives = ObjectivePartSerializer(
        many=True,
        source="parts.objectives",
        help_text="What the plan is to reach, by objective; empty where it names none.",
    )
    sectors = SectorPartSerializer(
        many=True, source="parts.sectors", help_text="What is asked for by sector; empty where the plan does not say."
    )
    projects = ProjectPartSerializer(
        many=True, source="parts.projects", help_text="What is asked for by project; empty where the plan names none."
    )
    narratives = NarrativeSerializer(many=True, source="parts.narratives", help_text="The plan's text.")
    risk_indicators = RiskIndicatorSerializer(
        many=True, source="parts.risk_indicators", help_text="Indices of risk that the plan cites."
    )
    modalities = NamedSerializer(many=True, source="parts.modalities", help_text="Key operating modalities.")
    priorities = NamedSerializer(many=True, source="parts.priorities", help_text="Cross-cutting priorities.")
    achievements = serializers.ListField(
        child=serializers.CharField(), source="parts.achievements", help_text="What the mission reports to have done."
    )
    presence = PresenceSerializer(source="parts.presence", allow_null=True, help_text="null: not reported.")
    offices = OfficeSerializer(many=True, source="parts.offices", help_text="Places where IOM has an office.")
    sources = SourceSerializer(many=True, source="parts.sources", help_text="Documents, and what was read from each.")

    class Meta(PlanSerializer.Meta):
        fields = (
            *(name for name in PlanSerializer.Meta.fields if name != UPDATED_AT),
            "as_of",
            "reason",
            "taxonomy",
            "identifiers",
            "frameworks",
            "objectives",
            "sectors",
            "projects",
            "narratives",
            "risk_indicators",
            "modalities",
            "priorities",
            "achievements",
            "presence",
            "offices",
            "sources",
        )

    @extend_schema_field(CODES)
    def get_identifiers(self, plan: Plan) -> list[str]:
        return [f"{identifier.scheme}:{identifier.value}" for identifier in plan.identifiers.all()]

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_as_of(self, plan: Plan) -> date | None:
        return self.context.get("on")

    def to_representation(self, plan: Any) -> dict[str, Any]:
        plan.current.plan = plan
        plan.parts = parts_of(plan, plan.current, self.context.get("on"))
        return super().to_representation(plan)


def parts_of(plan: Plan, revision: Revision, on: date | None = None) -> dict[str, Any]:
    """Return the parts of a plan as the serializers read them. Queries: a number that no row adds to."""
    citations = list(revision.citations.select_related("source"))
    return {
        "frameworks": _frameworks(plan, revision, on),
        "objectives": _objectives(plan, revision, on),
        "sectors": _sectors(plan, _requests(revision), _inferred(citations), on),
        "projects": _projects(plan, revision, on),
        "narratives": list(revision.narratives.select_related("objective")),
        "risk_indicators": list(revision.risk_indicators.all()),
        "modalities": [row.modality for row in revision.modalities.select_related("modality")],
        "priorities": [row.priority for row in revision.priorities.select_related("priority")],
        "achievements": [row.text for row in revision.achievements.all()],
        "presence": revision.presences.first(),
        "offices": list(revision.offices.all()),
        "sources": _sources(citations),
    }


def _requests(revision: Revision) -> list[FundingRequest]:
    """Return what the revision asks for by sector or by project; each row knows its revision without asking again."""
    requests = list(
        revision.funding_requests.filter(breakdown__in=("sector", "project"))
        .select_related("sector__taxonomy", "project")
        .prefetch_related("related_plans__plan_family", "request_shares__objective")
    )
    for request in requests:
        for row in filter(None, (request, request.project)):
            row.revision = revision
    return requests


def _inferred(citations: Iterable[Citation]) -> set[str]:
    """Return the rows whose sector was not printed but inferred, by their keys."""
    return {item.subject for item in citations if item.field == "sector" and item.basis == Citation.Basis.INFERRED}


def _part(key: Key, figures: Rollup, code: str, name: str) -> dict[str, Any]:
    """Return a part with its code and its name under the words that the part has for them."""
    return {
        code: key.code,
        name: key.name,
        "residual": key.residual or None,
        "subject": key.subject,
        **{figure: getattr(figures, figure) for figure in FIGURES},
    }


def _parts(
    plan: Any, by: str, rows: Mapping[Any, Any], words: tuple[str, str], on: date | None
) -> list[tuple[dict[str, Any], Any]]:
    """Return each row of the revision as a part, then the rest of the plan's total, each part beside its row.

    ``words``: what the part calls its code and its name.
    A row for which no money is asked or given is a part too: an objective says more than its amount.
    """
    if not rows:
        return []
    code, name = words
    breakdown = break_down_plan(plan, by, on)
    lines = {line.key.code: line for line in breakdown.rows}
    nothing = Rollup(
        requested_usd=None,
        requested_reporting_usd=None,
        received_usd=ZERO if plan.funding_reported else None,
        pledged_usd=None,
        plans_reporting=int(plan.funding_reported),
    )
    own = [
        (_part(line.key, line.figures, code, name), row)
        if (line := lines.pop(value, None))
        else (_part(Key(code=value, name=getattr(row, name)), nothing, code, name), row)
        for value, row in rows.items()
    ]
    return [
        *own,
        *((_part(line.key, line.figures, code, name), None) for line in (*lines.values(), *breakdown.residuals)),
    ]


def _frameworks(plan: Plan, revision: Revision, on: date | None) -> list[dict[str, Any]]:
    rows = {row.code: row for row in revision.frameworks.select_related("plan_family")}
    parts = _parts(plan, "framework", rows, ("code", "name"), on)
    for part, row in parts:
        part["plan_family"] = row.plan_family.code if row and row.plan_family else None
        part["stated_percent_funded"] = row.stated_percent_funded if row else None
    return [part for part, _row in parts]


def _objectives(plan: Plan, revision: Revision, on: date | None) -> list[dict[str, Any]]:
    rows = {row.number: row for row in revision.objectives.prefetch_related("outcomes", "target_groups__target_group")}
    parts = _parts(plan, "objective", rows, ("number", "title"), on)
    for part, row in parts:
        part["people_targeted"] = row.people_targeted if row else None
        part["entities_targeted"] = row.entities_targeted if row else None
        part["target_groups"] = [item.target_group for item in row.target_groups.all()] if row else []
        part["outcomes"] = list(row.outcomes.all()) if row else []
    return [part for part, _row in parts]


def _projects(plan: Plan, revision: Revision, on: date | None) -> list[dict[str, Any]]:
    rows = {row.code: row for row in revision.projects.select_related("framework", "sector__taxonomy")}
    parts = _parts(plan, "project", rows, ("code", "title"), on)
    for part, row in parts:
        part["framework"] = row.framework.code if row and row.framework else None
        part["sector"] = sector_code(row.sector) if row and row.sector else None
        part["beneficiaries"] = row.beneficiaries if row else None
        part["description"] = row.description if row else None
    return [part for part, _row in parts]


def _sectors(plan: Plan, requests: list[FundingRequest], inferred: set[str], on: date | None) -> list[dict[str, Any]]:
    # Where a plan asks by sector, what it asks by project tells the same money again.
    used = [request for request in requests if request.sector_id] or requests
    lines = defaultdict(list)
    for request in used:
        lines[request.sector_id or (request.project.sector_id if request.project else None)].append(request)
    if not any(lines):
        return []
    parts = [_part(line.key, line.figures, "sector", "name") for line in break_down_plan(plan, "sector", on).lines]
    for part in parts:
        of_sector = lines[part["subject"].pk] if part["subject"] else []
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


def _sources(citations: list[Citation]) -> list[dict[str, Any]]:
    by_source = defaultdict(list)
    for citation in citations:
        by_source[citation.source].append(citation)
    return [
        {
            **{name: getattr(source, name) for name in ("code", "title", "publisher", "url", "document_on", "sha256")},
            "citations": of_source,
        }
        for source, of_source in by_source.items()
    ]
