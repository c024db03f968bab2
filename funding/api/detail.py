"""One plan, whole: what its current revision says, with the figures of each part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import Text
from crp.common.figures import ZERO, Key, Rollup
from funding.api.parts import (
    FrameworkPartSerializer,
    NamedSerializer,
    NarrativeSerializer,
    ObjectivePartSerializer,
    OfficeSerializer,
    PresenceSerializer,
    ProjectPartSerializer,
    RiskIndicatorSerializer,
    SectorPartSerializer,
)
from funding.api.sector_lines import part_of, sectors_of
from funding.api.serializers import CODES, PlanSerializer
from funding.dimensions import sector_code
from funding.rollups import break_down_plan
from plans.api.sources import SourceSerializer, sources_of
from plans.models import Plan, Revision


class PlanDetailSerializer(PlanSerializer):
    """A plan with everything that its current revision says, or with ``on`` in the context that of a past day."""

    as_of = serializers.SerializerMethodField(help_text="The past day asked for. null: now.")
    reason = Text(source="current.reason", help_text="Why the revision was made. null: not told.")
    taxonomy = Text(
        source="current.taxonomy.code",
        default=None,
        help_text="Code of the list that its sectors come from. null: it names none.",
    )
    start_on = serializers.DateField(
        allow_null=True, read_only=True, help_text="First day of its period. null: the plan says no day."
    )
    end_on = serializers.DateField(
        allow_null=True, read_only=True, help_text="Last day of its period. null: the plan says no day."
    )
    totals_year = serializers.IntegerField(
        source="figures_year", read_only=True, help_text="The year that its figures count in, in rollups by year."
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
            *PlanSerializer.Meta.fields,
            "as_of",
            "reason",
            "taxonomy",
            "start_on",
            "end_on",
            "totals_year",
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
        "sectors": sectors_of(plan, citations, on),
        "projects": _projects(plan, revision, on),
        "narratives": list(revision.narratives.select_related("objective")),
        "risk_indicators": list(revision.risk_indicators.all()),
        "modalities": [row.modality for row in revision.modalities.select_related("modality")],
        "priorities": [row.priority for row in revision.priorities.select_related("priority")],
        "achievements": [row.text for row in revision.achievements.all()],
        "presence": revision.presences.first(),
        "offices": list(revision.offices.all()),
        "sources": sources_of(citations),
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
        (part_of(line.key, line.figures, code, name), row)
        if (line := lines.pop(value, None))
        else (part_of(Key(code=value, name=getattr(row, name)), nothing, code, name), row)
        for value, row in rows.items()
    ]
    return [
        *own,
        *((part_of(line.key, line.figures, code, name), None) for line in (*lines.values(), *breakdown.residuals)),
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
        part["stated_percent_funded"] = row.stated_percent_funded if row else None
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
