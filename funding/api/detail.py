"""One plan, whole: what its current revision says, with the figures of each part."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import USD, Percentage, PlanFiguresSerializer
from funding.api.serializers import PlanSerializer
from funding.models import FundingRequest
from funding.rollups import break_down_plan
from plans.models import Citation, Plan, Revision


class SectorShareSerializer(serializers.Serializer):
    """The share of a line that falls on one objective."""

    objective = serializers.IntegerField()
    share_percent = Percentage(help_text="As printed.")
    amount_usd = USD(help_text="US dollars. null: only the share is known.")


class PartSerializer(PlanFiguresSerializer):
    """A part of a plan with its figures; ``residual`` names a rest that belongs to none."""

    code = serializers.CharField(allow_null=True, help_text="null for a residual.")
    name = serializers.CharField()
    residual = serializers.CharField(allow_null=True, help_text="Which kind of rest this is. null: a real part.")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        names = [name for name in fields if name not in PlanFiguresSerializer._declared_fields]
        return {name: fields[name] for name in (*names, *PlanFiguresSerializer._declared_fields)}


class SectorPartSerializer(PartSerializer):
    """A sector of a plan."""

    taxonomy = serializers.CharField(allow_null=True)
    is_cross_cutting = serializers.BooleanField()
    is_priority = serializers.BooleanField()
    is_inferred = serializers.BooleanField(help_text="Whether the heading is lost in the source and was inferred.")
    related_plans = serializers.ListField(child=serializers.CharField(), help_text="Inter-agency plans.")
    shares = SectorShareSerializer(many=True, help_text="Shares by objective, where the plan states them.")


class OutcomeShareSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    share_percent = Percentage(help_text="Percent of the objective's requirement.")


class ObjectivePartSerializer(PartSerializer):
    """An objective of a plan."""

    people_targeted = serializers.IntegerField(allow_null=True)
    entities_targeted = serializers.IntegerField(allow_null=True)
    target_groups = serializers.ListField(child=serializers.CharField())
    outcomes = OutcomeShareSerializer(many=True)


class FrameworkPartSerializer(PartSerializer):
    """A framework of a plan."""

    plan_family = serializers.CharField(allow_null=True)
    stated_percent_funded = Percentage(allow_null=True, help_text="As printed, to be compared with percent_funded.")


class ProjectPartSerializer(PartSerializer):
    """A project of a plan."""

    framework = serializers.CharField(allow_null=True)
    sector = serializers.CharField(allow_null=True)
    beneficiaries = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)


class NarrativeSerializer(serializers.Serializer):
    section = serializers.CharField()
    objective = serializers.IntegerField(source="objective.number", default=None, allow_null=True)
    language = serializers.CharField()
    heading = serializers.CharField(allow_blank=True)
    body = serializers.CharField()


class RiskIndicatorSerializer(serializers.Serializer):
    indicator = serializers.CharField()
    value = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True)
    rank = serializers.IntegerField(allow_null=True)
    rank_of = serializers.IntegerField(allow_null=True)
    level = serializers.CharField(allow_blank=True)


class OfficeSerializer(serializers.Serializer):
    kind = serializers.CharField()
    place = serializers.CharField()


class PresenceSerializer(serializers.Serializer):
    international_staff = serializers.IntegerField(allow_null=True)
    national_staff = serializers.IntegerField(allow_null=True)
    field_offices = serializers.IntegerField(allow_null=True)
    as_of_month = serializers.DateField(format="%Y-%m", allow_null=True, help_text="Month the figures speak of.")


class CitationSerializer(serializers.Serializer):
    subject = serializers.CharField(help_text="Row of the revision, such as objective:1.")
    field = serializers.CharField(help_text="Column of that row.")
    first_line = serializers.IntegerField(allow_null=True)
    last_line = serializers.IntegerField(allow_null=True)
    basis = serializers.ChoiceField(choices=Citation.Basis.choices)
    as_printed = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class SourceSerializer(serializers.Serializer):
    """A document, and the values of the plan that were read from it."""

    code = serializers.CharField()
    title = serializers.CharField()
    publisher = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    document_on = serializers.DateField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True, help_text="Of the text whose lines are counted.")
    citations = CitationSerializer(many=True)


class PlanDetailSerializer(PlanSerializer):
    """A plan with everything that its current revision says."""

    reason = serializers.CharField(source="current.reason", allow_blank=True, help_text="Why the revision was made.")
    taxonomy = serializers.CharField(
        source="current.taxonomy.code", default=None, allow_null=True, help_text="List that its sectors come from."
    )
    identifiers = serializers.SerializerMethodField(help_text="Its names elsewhere, each scheme:value.")
    frameworks = FrameworkPartSerializer(many=True, source="parts.frameworks")
    objectives = ObjectivePartSerializer(many=True, source="parts.objectives")
    sectors = SectorPartSerializer(many=True, source="parts.sectors")
    projects = ProjectPartSerializer(many=True, source="parts.projects")
    narratives = NarrativeSerializer(many=True, source="parts.narratives")
    risk_indicators = RiskIndicatorSerializer(many=True, source="parts.risk_indicators")
    modalities = serializers.ListField(child=serializers.CharField(), source="parts.modalities")
    priorities = serializers.ListField(child=serializers.CharField(), source="parts.priorities")
    achievements = serializers.ListField(child=serializers.CharField(), source="parts.achievements")
    presence = PresenceSerializer(source="parts.presence", allow_null=True)
    offices = OfficeSerializer(many=True, source="parts.offices")
    sources = SourceSerializer(many=True, source="parts.sources")

    class Meta(PlanSerializer.Meta):
        fields = (
            *PlanSerializer.Meta.fields,
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

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_identifiers(self, plan: Plan) -> list[str]:
        return [f"{identifier.scheme}:{identifier.value}" for identifier in plan.identifiers.all()]

    def to_representation(self, plan: Any) -> dict[str, Any]:
        plan.parts = parts_of(plan, plan.current)
        return super().to_representation(plan)


def parts_of(plan: Plan, revision: Revision) -> dict[str, Any]:
    """Return the parts of a plan as the serializers above read them. Queries: a number that no row adds to."""
    requests = list(
        revision.funding_requests.select_related("framework", "objective", "sector", "project").prefetch_related(
            "related_plans__plan_family", "request_shares__objective"
        )
    )
    citations = list(revision.citations.select_related("source"))
    inferred = {item.subject for item in citations if item.field == "sector" and item.basis == Citation.Basis.INFERRED}
    presence = revision.presences.first()
    return {
        "frameworks": _frameworks(plan, revision),
        "objectives": _objectives(plan, revision),
        "sectors": _sectors(plan, requests, inferred),
        "projects": _projects(plan, revision),
        "narratives": list(revision.narratives.select_related("objective")),
        "risk_indicators": list(revision.risk_indicators.all()),
        "modalities": [row.modality.name for row in revision.modalities.select_related("modality")],
        "priorities": [row.priority.name for row in revision.priorities.select_related("priority")],
        "achievements": [row.text for row in revision.achievements.all()],
        "presence": presence,
        "offices": list(revision.offices.all()),
        "sources": _sources(citations),
    }


def _figures(plan: Plan, by: str) -> list[dict[str, Any]]:
    return [
        {
            "code": line.key.code,
            "name": line.key.name,
            "residual": line.key.residual or None,
            "subject": line.key.subject,
            **{name: getattr(line.figures, name) for name in PlanFiguresSerializer._declared_fields},
        }
        for line in break_down_plan(plan, by).lines
    ]


def _frameworks(plan: Plan, revision: Revision) -> list[dict[str, Any]]:
    rows = {row.code: row for row in revision.frameworks.select_related("plan_family")}
    if not rows:
        return []
    parts = _figures(plan, "framework")
    for part in parts:
        row = rows.get(part["code"])
        part["plan_family"] = row.plan_family.code if row and row.plan_family else None
        part["stated_percent_funded"] = row.stated_percent_funded if row else None
    return parts


def _objectives(plan: Plan, revision: Revision) -> list[dict[str, Any]]:
    rows = {row.number: row for row in revision.objectives.prefetch_related("outcomes", "target_groups__target_group")}
    if not rows:
        return []
    parts = _figures(plan, "objective")
    for part in parts:
        row = rows.get(part["code"])
        part["people_targeted"] = row.people_targeted if row else None
        part["entities_targeted"] = row.entities_targeted if row else None
        part["target_groups"] = [item.target_group.name for item in row.target_groups.all()] if row else []
        part["outcomes"] = list(row.outcomes.all()) if row else []
    return parts


def _sectors(plan: Plan, requests: list[FundingRequest], inferred: set[str]) -> list[dict[str, Any]]:
    lines = defaultdict(list)
    for request in requests:
        sector_id = request.sector_id or (request.project.sector_id if request.project else None)
        lines[sector_id].append(request)
    if not any(sector_id for sector_id in lines):
        return []
    parts = _figures(plan, "sector")
    for part in parts:
        sector = part["subject"]
        of_sector = lines[sector.pk] if sector else []
        part["taxonomy"] = sector.taxonomy.code if sector else None
        part["is_cross_cutting"] = bool(sector and sector.is_cross_cutting)
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


def _projects(plan: Plan, revision: Revision) -> list[dict[str, Any]]:
    rows = {row.code: row for row in revision.projects.select_related("framework", "sector__taxonomy")}
    if not rows:
        return []
    parts = _figures(plan, "project")
    for part in parts:
        row = rows.get(part["code"])
        part["framework"] = row.framework.code if row and row.framework else None
        part["sector"] = f"{row.sector.taxonomy.code}/{row.sector.code}" if row and row.sector else None
        part["beneficiaries"] = row.beneficiaries if row else ""
        part["description"] = row.description if row else ""
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
