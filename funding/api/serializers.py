"""Plans with their figures, and everything that carries money, as flat rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import USD, FlatSerializer, Percentage, PlanFiguresSerializer, Text, read_from
from crp.common.api.updated import updated_at_field
from funding.dimensions import sector_code
from funding.models import FundingRequest, Organization, Project
from funding.rollups import figures_of
from plans.models import Objective, Outcome, Plan

CODES = {"type": "array", "items": {"type": "string"}}
CODE_OR_NULL = {"type": ["string", "null"]}


class WithFigures(read_from("figures", PlanFiguresSerializer)):  # type: ignore[misc]
    """Computes the figures of a plan once for all its columns."""

    def to_representation(self, plan: Any) -> dict[str, Any]:
        plan.figures = figures_of(plan)
        return super().to_representation(plan)


class PlanSerializer(WithFigures, FlatSerializer):
    """A plan as its current revision states it, with its figures in US dollars."""

    code = serializers.CharField(read_only=True, help_text="Public and permanent, such as MLI-CRP-2025-2026.")
    countries = serializers.SerializerMethodField(help_text="ISO3 codes.")
    revision = serializers.IntegerField(
        source="current.number", read_only=True, help_text="Number of the current revision."
    )
    document_on = serializers.DateField(
        source="current.document_on",
        allow_null=True,
        read_only=True,
        help_text="“Last updated” as printed. null: not printed.",
    )
    published_at = serializers.DateTimeField(
        source="current.published_at", read_only=True, help_text="When the current revision was published."
    )
    funding_updated_on = serializers.DateField(
        source="current.funding_updated_on",
        allow_null=True,
        read_only=True,
        help_text="What day money received speaks of. null: not printed.",
    )
    people_in_need = serializers.IntegerField(
        source="current.people_in_need",
        allow_null=True,
        read_only=True,
        help_text="Persons, as stated. null: not reported.",
    )
    people_targeted = serializers.IntegerField(
        source="current.people_targeted",
        allow_null=True,
        read_only=True,
        help_text="Persons, as stated; never the sum of objectives. null: not reported.",
    )
    entities_targeted = serializers.IntegerField(
        source="current.entities_targeted",
        allow_null=True,
        read_only=True,
        help_text="Institutions, as stated; never the sum of objectives. null: not reported.",
    )
    updated_at = serializers.DateTimeField(
        read_only=True,
        help_text="When its current revision was published, or money for it was last recorded, changed or deleted, "
        "UTC: what updated_since goes by. What was moved to another plan leaves no time.",
    )

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "code",
            "kind",
            "title",
            "countries",
            "start_year",
            "end_year",
            "revision",
            "document_on",
            "published_at",
            *PlanFiguresSerializer._declared_fields,
            "funding_updated_on",
            "people_in_need",
            "people_targeted",
            "entities_targeted",
            "updated_at",
        )

    @extend_schema_field(CODES)
    def get_countries(self, plan: Plan) -> list[str]:
        return [country.iso3 for country in plan.countries.all()]


class RowSerializer(FlatSerializer):
    """A row of the current revision of a plan."""

    plan = serializers.CharField(source="revision.plan.code", read_only=True, help_text="Code of the plan.")
    revision = serializers.IntegerField(
        source="revision.number", read_only=True, help_text="Number of the plan's current revision."
    )
    updated_at = serializers.DateTimeField(
        source="revision.published_at",
        read_only=True,
        help_text="When the revision was published, UTC: its rows never change.",
    )


class ObjectiveSerializer(RowSerializer):
    """An objective and what is asked for it."""

    strategic_objective = serializers.SerializerMethodField(
        help_text="Strategy and number, such as 2024-2028/1. null: of no strategy known to CRP."
    )
    requested_usd = USD(read_only=True, help_text="US dollars. null: the plan asks for no amount by objective.")
    target_groups = serializers.SerializerMethodField(help_text="Codes of the primary target groups, as printed.")

    class Meta:
        model = Objective
        fields = (
            "plan",
            "revision",
            "number",
            "title",
            "strategic_objective",
            "requested_usd",
            "people_targeted",
            "entities_targeted",
            "target_groups",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_strategic_objective(self, objective: Objective) -> str | None:
        strategic = objective.strategic_objective
        return f"{strategic.strategy}/{strategic.number}" if strategic else None

    @extend_schema_field(CODES)
    def get_target_groups(self, objective: Objective) -> list[str]:
        return [row.target_group.code for row in objective.target_groups.all()]


class OutcomeSerializer(RowSerializer):
    """The share of an objective's requirement that goes to one long-term outcome."""

    objective = serializers.IntegerField(
        source="objective.number", read_only=True, help_text="Number of the objective within its plan."
    )
    share_percent = Percentage(
        read_only=True, help_text="Percent of the objective's requirement, as printed; they add to 100."
    )

    class Meta:
        model = Outcome
        fields = ("plan", "revision", "objective", "code", "name", "share_percent", "updated_at")


class ProjectSerializer(RowSerializer):
    """A project, what it asks for and what it has received."""

    framework = Text(source="framework.code", default=None, help_text="Code. null: asked under no framework.")
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: not specified.")
    sector_name = Text(source="sector.name", default=None, help_text="Its name. null: not specified.")
    requested_usd = USD(read_only=True, help_text="US dollars. null: the project states no amount.")
    received_usd = USD(
        read_only=True, help_text="Commitments and payments for it, US dollars. null: the plan does not report funding."
    )
    updated_at = serializers.DateTimeField(
        read_only=True,
        help_text="When its plan was published, or money for any part of the plan was last recorded, changed or "
        "deleted, UTC.",
    )

    class Meta:
        model = Project
        fields = (
            "plan",
            "revision",
            "code",
            "title",
            "framework",
            "sector",
            "sector_name",
            "requested_usd",
            "received_usd",
            "beneficiaries",
            "description",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, project: Project) -> str | None:
        return sector_code(project.sector) if project.sector else None


class FundingRequestSerializer(RowSerializer):
    """An amount asked for, under one of the alternative breakdowns of its plan."""

    framework = Text(source="framework.code", default=None, help_text="Code. null: the amount is for no framework.")
    objective = serializers.IntegerField(
        source="objective.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Number within its plan. null: the amount is for no objective.",
    )
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: the amount is for no sector.")
    country = Text(source="country.iso3", default=None, help_text="ISO3 code. null: the amount is for no one country.")
    project = Text(source="project.code", default=None, help_text="Code. null: the amount is for no project.")
    name = serializers.SerializerMethodField(help_text="Name of what the amount is for.")
    amount_usd = USD(allow_null=False, read_only=True, help_text="US dollars.")
    related_plans = serializers.SerializerMethodField(help_text="Codes of related inter-agency plans.")

    class Meta:
        model = FundingRequest
        fields = (
            "plan",
            "revision",
            "breakdown",
            "framework",
            "objective",
            "sector",
            "project",
            "name",
            "amount_usd",
            "is_priority",
            "related_plans",
            "country",
            "order",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, request: FundingRequest) -> str | None:
        return sector_code(request.sector) if request.sector else None

    def get_name(self, request: FundingRequest) -> str:
        target: Any = request.target
        return getattr(target, "name", "") or getattr(target, "title", "")

    @extend_schema_field(CODES)
    def get_related_plans(self, request: FundingRequest) -> list[str]:
        return [row.plan_family.code for row in request.related_plans.all()]


class OrganizationSerializer(FlatSerializer):
    """A donor, a partner or an agency."""

    country = Text(source="country.iso3", default=None, help_text="ISO3 code. null: international, or not known.")
    identifiers = serializers.SerializerMethodField(help_text="Its names elsewhere, each scheme:value.")
    updated_at = updated_at_field()

    class Meta:
        model = Organization
        fields = (
            "code",
            "name",
            "name_fr",
            "name_es",
            "name_ar",
            "acronym",
            "kind",
            "country",
            "identifiers",
            "updated_at",
        )

    @extend_schema_field(CODES)
    def get_identifiers(self, organization: Organization) -> list[str]:
        return [f"{identifier.scheme}:{identifier.value}" for identifier in organization.identifiers.all()]
