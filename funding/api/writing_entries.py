"""What finance systems send: a new contribution, a change of one, or many of both."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, ClassVar

from rest_framework import serializers

from crp.common.api.parameters import short
from funding.api.ledger import ContributionSerializer
from funding.api.writing_fields import (
    MOST_WHOLE,
    ChoiceValue,
    CodeValue,
    CurrencyValue,
    DayValue,
    FlagValue,
    MoneyValue,
    RateValue,
    TextValue,
    TimeValue,
    WholeValue,
    read_object,
)
from funding.models import Contribution

MOST_UNKNOWN = 5
"""Names that are told as unknown, of one entry: a program that is wrong about one is often wrong about all."""
MOST_NOTE = 10_000
MOST_REASON = 300
STEP_FIELDS = ("status", "since_on", "step_note")
RELATIONS = ("plan", "country", "donor", "recipient", "parent", "sector", "source")
WORKED_OUT = frozenset(
    {
        *("donor_name", "recipient_name", "steps", "is_counted", "counted_usd", "pledged_usd", "amount_basis"),
        *("review", "duplicate_of", "updated_at", "created_at", "warnings"),
    }
)
"""Columns of the list that the ledger works out."""


class ObjectSerializer(serializers.Serializer):
    """An object of JSON. What it does not know is refused by name."""

    refused: ClassVar[Mapping[str, str]] = {}
    """Names that have a reason of their own not to stand here."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the values by the names of the model's fields. Raises: ValidationError with everything wrong."""
        return super().run_validation(read_object(data, "body"))

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        problems: dict[str, Any] = self._tell_unknown(data)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            problems |= error.detail if isinstance(error.detail, dict) else {"body": error.detail}
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def _tell_unknown(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        unknown = [name for name in given if name not in self.fields]
        told = {short(name): [self._tell_name(name)] for name in unknown[:MOST_UNKNOWN]}
        if len(unknown) > MOST_UNKNOWN:
            told["body"] = [f"{len(unknown) - MOST_UNKNOWN} more fields are unknown."]
        return told

    def _tell_name(self, name: str) -> str:
        if name in self.refused:
            return self.refused[name]
        if name in WORKED_OUT:
            return "CRP works this out itself: leave it out."
        return _tell_field(name[:100], tuple(self.fields))


class EntrySerializer(ObjectSerializer):
    """Values of a contribution, by the names that the list has for them."""

    plan = CodeValue(help_text="Code of the plan. null: money outside any plan.")
    country = CodeValue(help_text="ISO3 code, for money outside any plan only. null: several countries, or not stated.")
    donor = CodeValue(help_text="Code of organizations/. null: the source names none.")
    recipient = CodeValue(help_text="Code of who received it. null: not stated.")
    flow = ChoiceValue(
        Contribution.Flow.choices,
        allow_null=False,
        help_text="Where it moves, seen from the plan; incoming if not given.",
    )
    parent = CodeValue(  # type: ignore[assignment]  # as source below
        help_text="Code of the contribution on record that this one passes money of on. null: none."
    )
    amount_usd = MoneyValue(
        help_text="US dollars, negative for a correction. null: worked out from original_amount and exchange_rate."
    )
    original_amount = MoneyValue(help_text="In the currency it was given in. null: given in US dollars.")
    original_currency = CurrencyValue(help_text="ISO 4217 code. null: given in US dollars.")
    exchange_rate = RateValue(help_text="Units of the original currency for one US dollar. null: not stated.")
    exchange_rate_on = DayValue(help_text="Day of the rate. null: not stated.")
    exchange_rate_source = TextValue(help_text="Who publishes the rate, at most 100 characters. null: not stated.")
    is_in_kind = FlagValue(allow_null=False, help_text="Goods or services, valued in dollars; false if not given.")
    decision_on = DayValue(help_text="Day the donor decided. null: the source has no date.")
    reported_on = DayValue(help_text="Day it was first reported. null: not known.")
    usage_year = WholeValue(help_text="Year that it is for. null: not stated.")
    earmarking = ChoiceValue(Contribution.Earmarking.choices, empty="", help_text="null: not stated.")
    is_new_money = FlagValue(help_text="false: carried over from an earlier year. null: not stated.")
    framework = TextValue(source="framework_code", help_text="Code of the framework it is for. null: not specified.")
    objective = WholeValue(source="objective_number", help_text="Number of the objective. null: not specified.")
    sector = CodeValue(help_text="TAXONOMY/CODE, of a list that the plan uses. null: not specified, or shared.")
    is_shared_across_sectors = FlagValue(
        allow_null=False, help_text="For more than one sector, with no split given; false if not given."
    )
    project = TextValue(source="project_code", help_text="Code of the project it is for. null: not specified.")
    grant_reference = TextValue(help_text="Reference of the grant, at most 100 characters. null: none.")
    external_scheme = TextValue(help_text="System that external_id is of, at most 20 characters. null: none.")
    external_id = TextValue(help_text="Identifier there, once in each system, at most 100 characters. null: none.")
    source = CodeValue(help_text="Code of the document that it was read from. null: none.")  # type: ignore[assignment]
    source_line = WholeValue(most=MOST_WHOLE, help_text="Line of that document, from 1. null: not given.")
    note = TextValue(most=MOST_NOTE, help_text="Anything else; the public reads it. null: none.")
    since_on = DayValue(help_text="Day of the step. null: of a first step the day of the decision, else not known.")
    step_note = TextValue(
        most=MOST_REASON, help_text="Note on the step, at most 300 characters; it is not public. null: none."
    )


class NewContributionSerializer(EntrySerializer):
    """A contribution that is to be recorded."""

    plan = CodeValue(
        required=True,
        error_messages={"required": "Say which: the code of the plan, or null for money outside any plan."},
        help_text="Code of the plan. null: money outside any plan. It must be given, so that none is forgotten.",
    )
    status = ChoiceValue(
        Contribution.Status.choices,
        required=True,
        allow_null=False,
        error_messages={"required": f"Say how far the money has come: one of {', '.join(Contribution.Status.values)}."},
        help_text="How far the money has come. A pledge is not counted as received.",
    )
    code = CodeValue(
        help_text="Public and permanent: capitals and digits, joined by hyphens. null: made from the code of the plan."
    )


class ContributionChangeSerializer(EntrySerializer):
    """What is to be changed: a step (status), or a correction (anything else)."""

    refused: ClassVar = {"code": "A code is permanent: leave it out."}
    status = ChoiceValue(
        Contribution.Status.choices,
        allow_null=False,
        help_text="The next step: pledge, then commitment, then paid. With it stand only since_on, step_note and "
        "amount_usd, which is then the amount from this step on.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a correction and a step in one, which of the two an amount belongs to would be a guess."""
        given = self.initial_data
        if "status" in attrs:
            others = [name for name in given if name not in {*STEP_FIELDS, "amount_usd"}]
            told = "A step is recorded alone: send this correction before it, or after it."
        else:
            others = [name for name in given if name in STEP_FIELDS]
            told = "This belongs to a step: it needs status."
        if others:
            raise serializers.ValidationError({name: [told] for name in others})
        return attrs


class BatchChangeSerializer(ContributionChangeSerializer):
    """A change of one of many: which one, and as of when."""

    refused: ClassVar = {}
    code = CodeValue(required=True, allow_null=False, help_text="Code of the contribution that is to be changed.")
    updated_at = TimeValue(
        required=True,
        allow_null=False,
        help_text="When it was last changed, as the list says: what was changed since then is not changed over.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.initial_data = {
            name: value for name, value in self.initial_data.items() if name not in {"code", "updated_at"}
        }
        return super().validate(attrs)


class TakeBackSerializer(ObjectSerializer):
    """Why the newest step is taken back."""

    reason = TextValue(
        most=MOST_REASON,
        required=True,
        allow_null=False,
        help_text="One sentence, at most 300 characters; it stays in the history.",
    )


class RecordedSerializer(ContributionSerializer):
    """A contribution as the list has it, and what is worth a second look."""

    warnings = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What is worth a second look, a sentence each. Empty: nothing. It was recorded all the same; where "
        "it may repeat another contribution, it does not count until a funding officer decides (review: suspected).",
    )

    class Meta(ContributionSerializer.Meta):
        fields = (*ContributionSerializer.Meta.fields, "warnings")  # type: ignore[assignment]  # one more


@lru_cache(maxsize=1_000)  # names are whatever a client writes
def _tell_field(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1)
    if near:
        return f"Unknown field “{short(name)}”. Did you mean “{near[0]}”?"
    return f"Unknown field “{short(name)}”. Known here: {', '.join(known)}."
