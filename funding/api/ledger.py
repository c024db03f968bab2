"""Money given, official totals, and what a donor gave, in the API."""

from __future__ import annotations

from collections.abc import Mapping

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.serializers import USD, FlatSerializer, Text
from crp.common.money import MAX_DIGITS
from funding.api.rollups import LineSerializer, RollupSerializer
from funding.api.serializers import CODE_OR_NULL, CODES
from funding.dimensions import (
    COUNTRY,
    DECISION_YEAR,
    EARMARKING,
    GLOBAL_CLUSTER,
    KIND,
    SECTOR,
    STATUS,
    YEAR,
    Dimension,
    sector_code,
)
from funding.models import Contribution, ReportedFunding
from funding.selectors.portfolio import PLAN


class ContributionSerializer(FlatSerializer):
    """Money given to a plan."""

    code = serializers.CharField(read_only=True, help_text="Public and permanent.")
    plan = Text(source="plan.code", default=None, help_text="Code of the plan. null: money outside any plan.")
    country = Text(
        source="country.iso3",
        default=None,
        help_text="ISO3 code, for money outside any plan. null: for a plan, for several countries, or not stated.",
    )
    donor = Text(source="donor.code", default=None, help_text="Code. null: the source names none.")
    donor_name = Text(source="donor.name", default=None, help_text="null: the source names none.")
    recipient = Text(source="recipient.code", default=None, help_text="Code of who received it. null: not stated.")
    recipient_name = Text(source="recipient.name", default=None, help_text="null: not stated.")
    is_counted = serializers.BooleanField(
        read_only=True,
        help_text="Whether it changes what its plan received; a pledge, money passed on and a duplicate don't.",
    )
    amount_usd = USD(allow_null=False, read_only=True, help_text="US dollars; negative for a correction.")
    counted_usd = USD(
        read_only=True,
        help_text="What it adds to money received, US dollars: its amount, or less than 0 where it left the plan. "
        "null: nothing, because it is a pledge, was passed on inside the plan, or may be or is a duplicate.",
    )
    pledged_usd = USD(
        read_only=True, help_text="What it adds to pledges, US dollars. null: it is none, or may be or is a duplicate."
    )
    parent = Text(  # type: ignore[assignment]  # as source below
        source="parent.code",
        default=None,
        help_text="Code of the contribution that this one passes money of on. null: not known, or none.",
    )
    steps = serializers.SerializerMethodField(
        help_text="The steps it took, the oldest first, each STATUS, or STATUS:DAY where the day is known. Empty: only "
        "its status is known."
    )
    duplicate_of = Text(
        source="duplicate_of.code", default=None, help_text="Code of the contribution it looks like. null: none."
    )
    original_amount = serializers.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=2,
        allow_null=True,
        read_only=True,
        help_text="In the currency it was given in. null: given in US dollars.",
    )
    original_currency = Text(help_text="ISO 4217 code. null: given in US dollars.")
    exchange_rate = serializers.DecimalField(
        max_digits=18,
        decimal_places=8,
        allow_null=True,
        read_only=True,
        help_text="Units of the original currency for one US dollar. null: not stated.",
    )
    exchange_rate_on = serializers.DateField(
        allow_null=True, read_only=True, help_text="Day of that rate. null: not stated."
    )
    framework = Text(source="framework_code", help_text="Code of the framework it is for. null: not specified.")
    objective = serializers.IntegerField(
        source="objective_number",
        allow_null=True,
        read_only=True,
        help_text="Number of the objective it is for. null: not specified.",
    )
    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE. null: not specified, or shared.")
    project = Text(source="project_code", help_text="Code of the project it is for. null: not specified.")
    source = Text(  # type: ignore[assignment]  # a column of this name hides the base class's attribute
        source="source.code", default=None, help_text="Code of the document it was read from. null: none."
    )
    source_line = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="Line of that document, from 1. null: not given."
    )

    class Meta:
        model = Contribution
        fields = (
            "code",
            "plan",
            "country",
            "donor",
            "donor_name",
            "recipient",
            "recipient_name",
            "status",
            "steps",
            "flow",
            "parent",
            "is_counted",
            "amount_usd",
            "counted_usd",
            "pledged_usd",
            "amount_basis",
            "original_amount",
            "original_currency",
            "exchange_rate",
            "exchange_rate_on",
            "exchange_rate_source",
            "is_in_kind",
            "decision_on",
            "reported_on",
            "usage_year",
            "earmarking",
            "is_new_money",
            "framework",
            "objective",
            "sector",
            "is_shared_across_sectors",
            "project",
            "grant_reference",
            "external_scheme",
            "external_id",
            "source",
            "source_line",
            "review",
            "duplicate_of",
            "note",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, contribution: Contribution) -> str | None:
        return sector_code(contribution.sector) if contribution.sector else None

    @extend_schema_field(CODES)
    def get_steps(self, contribution: Contribution) -> list[str]:
        return [
            step.status if step.since_on is None else f"{step.status}:{step.since_on.isoformat()}"
            for step in contribution.status_changes.all()
        ]


class ReportedFundingSerializer(FlatSerializer):
    """What a plan, a part of it, or a country outside any plan had received by a day, as an official source says.

    The total of a plan is its money received; contributions are a sample of it. Never add the two.
    """

    plan = Text(source="plan.code", default=None, help_text="Code of the plan. null: money outside any plan.")
    country = Text(source="country.iso3", default=None, help_text="ISO3 code. null: the amount is of no one country.")
    sector = serializers.SerializerMethodField(
        help_text="TAXONOMY/CODE, where scope is sector or global_cluster. "
        "null: not specified, shared, or another scope."
    )
    year = serializers.IntegerField(
        allow_null=True,
        read_only=True,
        help_text="The year it counts in, for money outside any plan. null: that of its plan.",
    )
    amount_usd = USD(allow_null=False, read_only=True, help_text="US dollars, as reported; may be negative.")
    source = Text(  # type: ignore[assignment]  # a column of this name hides the base class's attribute
        source="source.code", default=None, help_text="Code of the document or file it was read from. null: none."
    )
    source_line = serializers.IntegerField(
        allow_null=True, read_only=True, help_text="Line of that document, from 1. null: not given."
    )
    updated_at = serializers.DateTimeField(
        source="created_at",
        read_only=True,
        help_text="When it was recorded, UTC: it never changes, a newer total takes its place.",
    )

    class Meta:
        model = ReportedFunding
        fields = (
            "plan",
            "scope",
            "country",
            "year",
            "sector",
            "is_shared_across_sectors",
            "amount_usd",
            "reported_on",
            "source",
            "source_line",
            "updated_at",
        )

    @extend_schema_field(CODE_OR_NULL)
    def get_sector(self, total: ReportedFunding) -> str | None:
        return sector_code(total.sector) if total.sector else None


OF_DONOR: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (PLAN, COUNTRY, YEAR, KIND, SECTOR, GLOBAL_CLUSTER, STATUS, EARMARKING, DECISION_YEAR)
}
"""What the money of one donor can be opened into."""


class GivenLineSerializer(LineSerializer):
    """A line of what a donor gave: code and name of what was asked for, then its figures."""

    dimensions = OF_DONOR
    numbers = ("year", "decision_year")


class GivenRollupSerializer(RollupSerializer):
    """What a donor gave to published plans, with the lines that add to it."""

    rows = GivenLineSerializer(many=True, help_text="One line for each value.")
    residuals = GivenLineSerializer(many=True, help_text="The named rests of the total.")
