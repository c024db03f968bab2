"""Plans with their figures, and everything that carries money, as flat rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import USD, Percentage, PlanFiguresSerializer, read_from
from funding.dimensions import sector_code
from funding.models import Contribution, FundingRequest, Organization, Project
from funding.rollups import figures_of
from plans.models import Objective, Outcome, Plan

CODES = {"type": "array", "items": {"type": "string"}}
CODE_OR_NULL = {"type": ["string", "null"]}


class WithFigures(read_from("figures", PlanFiguresSerializer)):
    """Computes the figures of a plan once for all its columns."""

    def to_representation(self, plan: Any) -> dict[str, Any]:
        plan.figures = figures_of(plan)
        return super().to_representation(plan)


class PlanSerializer(WithFigures, serializers.ModelSerializer):
    """A plan as its current revision states it, with its figures in US dollars."""

    countries = serializers.SerializerMethodField(help_text="ISO3 codes.")
    revision = serializers.IntegerField(source="current.number", help_text="Number of the current revision.")
    document_on = serializers.DateField(
        source="current.document_on", allow_null=True, help_text="“Last updated” as printed. null: not printed."
    )
    published_at = serializers.DateTimeField(source="current.published_at")
    funding_updated_on = serializers.DateField(
        source="current.funding_updated_on", allow_null=True, help_text="What day money received speaks of."
    )
    people_in_need = serializers.IntegerField(
        source="current.people_in_need", allow_null=True, help_text="Persons, as stated. null: not reported."
    )
    people_targeted = serializers.IntegerField(
        source="current.people_targeted", allow_null=True, help_text="Persons, as stated. null: not reported."
    )
    entities_targeted = serializers.IntegerField(
        source="current.entities_targeted", allow_null=True, help_text="Institutions, as stated. null: not reported."
    )

    class Meta:
        model = Plan
        fields = (
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
        )

    @extend_schema_field(CODES)
    def get_countries(self, plan: Plan) -> list[str]:
        return [country.iso3 for country in plan.countries.all()]


class RowSerializer(serializers.ModelSerializer):
    """A row of the current revision of a plan."""

    plan = serializers.CharField(source="revision.plan.code", read_only=True)
    revision = serializers.IntegerField(source="revision.number", read_only=True)


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

    objective = serializers.IntegerField(source="objective.number", read_only=True)
    share_percent = Percentage(read_only=True, help_text="Percent of the objective's requirement, as printed.")

    class Meta:
        model = Outcome
        fields = ("plan", "revision", "objective", "code", "name", "share_percent")


class ProjectSerializer(RowSerializer):
    """A project, what it asks for and what it has received."""

    framework = serializers.CharField(source="framework.code", default=None, allow_null=True, read_only=True)
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: not specified.")
    sector_name = serializers.CharField(source="sector.name", default=None, allow_null=True, read_only=True)
    requested_usd = USD(read_only=True, help_text="US dollars. null: the project states no amount.")
    received_usd = USD(
        read_only=True, help_text="Commitments and payments for it, US dollars. null: the plan does not report funding."
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
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, project: Project) -> str | None:
        return sector_code(project.sector) if project.sector else None


class FundingRequestSerializer(RowSerializer):
    """An amount asked for, under one of the alternative breakdowns of its plan."""

    framework = serializers.CharField(source="framework.code", default=None, allow_null=True, read_only=True)
    objective = serializers.IntegerField(source="objective.number", default=None, allow_null=True, read_only=True)
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: the amount is not for a sector.")
    project = serializers.CharField(source="project.code", default=None, allow_null=True, read_only=True)
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
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, request: FundingRequest) -> str | None:
        return sector_code(request.sector) if request.sector else None

    @extend_schema_field({"type": "string"})
    def get_name(self, request: FundingRequest) -> str:
        target = request.target
        return getattr(target, "name", None) or getattr(target, "title", "")

    @extend_schema_field(CODES)
    def get_related_plans(self, request: FundingRequest) -> list[str]:
        return [row.plan_family.code for row in request.related_plans.all()]


class ContributionSerializer(serializers.ModelSerializer):
    """Money given to a plan."""

    plan = serializers.CharField(source="plan.code", read_only=True)
    donor = serializers.CharField(
        source="donor.code", default=None, allow_null=True, read_only=True, help_text="null: the source names none."
    )
    donor_name = serializers.CharField(source="donor.name", default=None, allow_null=True, read_only=True)
    is_counted = serializers.BooleanField(read_only=True, help_text="Whether it counts as received; a pledge does not.")
    amount_usd = USD(allow_null=False, read_only=True, help_text="US dollars; negative for a correction.")
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: not specified, or shared.")
    source = serializers.CharField(source="source.code", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Contribution
        fields = (
            "code",
            "plan",
            "donor",
            "donor_name",
            "status",
            "is_counted",
            "amount_usd",
            "original_amount",
            "original_currency",
            "exchange_rate",
            "exchange_rate_on",
            "decision_on",
            "earmarking",
            "is_new_money",
            "framework_code",
            "objective_number",
            "sector",
            "is_shared_across_sectors",
            "project_code",
            "grant_reference",
            "external_scheme",
            "external_id",
            "source",
            "source_line",
            "note",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, contribution: Contribution) -> str | None:
        return sector_code(contribution.sector) if contribution.sector else None


class OrganizationSerializer(serializers.ModelSerializer):
    """A donor, a partner or an agency."""

    country = serializers.CharField(source="country.iso3", default=None, allow_null=True, read_only=True)
    identifiers = serializers.SerializerMethodField(help_text="Its names elsewhere, each scheme:value.")

    class Meta:
        model = Organization
        fields = ("code", "name", "name_fr", "name_es", "acronym", "kind", "country", "identifiers")

    @extend_schema_field(CODES)
    def get_identifiers(self, organization: Organization) -> list[str]:
        return [str(identifier).replace(": ", ":", 1) for identifier in organization.identifiers.all()]
