"""The parts of a plan, as the detail of a plan shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crp.common.api.serializers import USD, Choice, Number, Percentage, PlanFiguresSerializer, Text
from funding.dimensions import Residual
from plans.models import Narrative, Office, RiskIndicator

FIGURES = tuple(PlanFiguresSerializer._declared_fields)


class NamedSerializer(serializers.Serializer):
    """An entry of a list that plans choose from."""

    code = serializers.CharField(help_text="Permanent, the same in every plan.")
    name = serializers.CharField(help_text="In English.")


class SectorShareSerializer(serializers.Serializer):
    """The share of a line that falls on one objective."""

    objective = serializers.IntegerField(help_text="Number of the objective.")
    share_percent = Percentage(help_text="Percent of the line, as printed, often rounded.")
    amount_usd = USD(help_text="US dollars. null: only the share is known.")


class PartSerializer(PlanFiguresSerializer):
    """A part of a plan with its figures; ``residual`` names a rest that belongs to none."""

    residual = Choice(
        choices=Residual.choices,
        allow_null=True,
        help_text="Which kind of rest of the plan's total this is. null: a real part.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields with the figures in the middle: names, figures, the rest."""
        fields = super().get_fields()
        words = [name for name in fields if name not in FIGURES]
        first = [name for name in words if name in self.names]
        rest = [name for name in words if name not in self.names and name != "residual"]
        return {name: fields[name] for name in (*first, "residual", *FIGURES, *rest)}

    names: tuple[str, ...] = ()


class FrameworkPartSerializer(PartSerializer):
    """A framework of a plan."""

    names = ("code", "name")
    code = Text(help_text="null: a residual.")
    name = serializers.CharField(help_text="As printed, or what the residual is called.")
    plan_family = Text(help_text="Code of the family of appeals it belongs to. null: none known to CRP.")
    stated_percent_funded = Percentage(
        allow_null=True, help_text="As printed, to be compared with percent_funded. null: not printed."
    )


class OutcomeShareSerializer(serializers.Serializer):
    """The share of an objective's requirement that goes to one outcome."""

    code = serializers.CharField(help_text="Names the outcome within the plan, such as 1a.")
    name = serializers.CharField(help_text="As printed.")
    share_percent = Percentage(help_text="Percent of the objective's requirement, as printed; they add to 100.")


class ObjectivePartSerializer(PartSerializer):
    """An objective of a plan."""

    names = ("number", "title")
    number = serializers.IntegerField(allow_null=True, help_text="null: a residual.")
    title = serializers.CharField(help_text="As printed, or what the residual is called.")
    people_targeted = serializers.IntegerField(allow_null=True, help_text="Persons, as stated. null: not reported.")
    entities_targeted = serializers.IntegerField(
        allow_null=True, help_text="Institutions, as stated. null: not reported."
    )
    stated_percent_funded = Percentage(
        allow_null=True, help_text="As printed, to be compared with percent_funded. null: not printed."
    )
    target_groups = NamedSerializer(many=True, help_text="Primary target groups.")
    outcomes = OutcomeShareSerializer(many=True, help_text="How the requirement is shared out.")


class SectorPartSerializer(PartSerializer):
    """A sector of a plan."""

    names = ("sector", "name")
    sector = Text(help_text="TAXONOMY/CODE. null: a residual.")
    name = serializers.CharField(help_text="As printed, or what the residual is called.")
    is_cross_cutting = serializers.BooleanField(help_text="Whether it runs through all sectors.")
    is_priority = serializers.BooleanField(help_text="Whether the plan marks it as a priority.")
    is_inferred = serializers.BooleanField(help_text="Whether the heading is lost in the source and was inferred.")
    related_plans = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of related inter-agency plans."
    )
    shares = SectorShareSerializer(many=True, help_text="Shares by objective, where the plan states them.")


class ProjectPartSerializer(PartSerializer):
    """A project of a plan."""

    names = ("code", "title")
    code = Text(help_text="null: a residual.")
    title = serializers.CharField(help_text="As printed, or what the residual is called.")
    framework = Text(help_text="Code. null: asked under no framework.")
    sector = Text(help_text="TAXONOMY/CODE. null: not specified.")
    beneficiaries = Text(help_text="Who, and how many, as stated. null: not stated.")
    description = Text(help_text="null: there is none.")


class NarrativeSerializer(serializers.Serializer):
    """A passage of the plan's text."""

    section = serializers.ChoiceField(choices=Narrative.Section.choices)
    objective = serializers.IntegerField(
        source="objective.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Number, for the text of an objective. null: of another section.",
    )
    language = serializers.CharField(help_text="Of the text, such as en or fr.")
    heading = Text(help_text="null: it has none.")
    body = serializers.CharField(help_text="Markdown; an empty line starts a paragraph.")


class RiskIndicatorSerializer(serializers.Serializer):
    """An index of risk or fragility as the plan cites it."""

    indicator = serializers.ChoiceField(choices=RiskIndicator.Indicator.choices)
    value = Number(
        allow_null=True, help_text="INFORM Risk 0-10, Severity 0-5. null: the plan gives a rank, or a level."
    )
    rank = serializers.IntegerField(allow_null=True, help_text="null: the plan gives none.")
    rank_of = serializers.IntegerField(allow_null=True, help_text="Countries ranked. null: the plan gives no rank.")
    level = Choice(choices=RiskIndicator.Level.choices, allow_null=True, help_text="As printed. null: none.")


class OfficeSerializer(serializers.Serializer):
    """A place where IOM has an office, as the plan names it."""

    kind = serializers.ChoiceField(choices=Office.Kind.choices)
    place = serializers.CharField(help_text="As printed.")


class PresenceSerializer(serializers.Serializer):
    """IOM's staff and offices in the country, as the plan states them. Numbers are persons and offices."""

    international_staff = serializers.IntegerField(allow_null=True, help_text="Persons. null: not reported.")
    national_staff = serializers.IntegerField(allow_null=True, help_text="Persons. null: not reported.")
    field_offices = serializers.IntegerField(allow_null=True, help_text="Number as stated. null: not reported.")
    as_of_month = serializers.SerializerMethodField(help_text="Month the figures speak of, as 2024-11. null: not told.")

    def get_as_of_month(self, presence: Any) -> str | None:
        return f"{presence.as_of_month:%Y-%m}" if presence.as_of_month else None
