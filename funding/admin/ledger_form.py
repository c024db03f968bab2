"""The form in which money is recorded."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.fields import AmountField
from crp.common.admin.forms import WholeRowForm
from crp.common.money import MAX_DIGITS
from funding.models import Contribution
from funding.services import Recorded, change_contribution, record_contribution
from funding.services.amounts import settle_basis
from funding.services.judging import judge

from .ledger_figures import Change, try_out

MAY_BE_EMPTY = ("code", "amount_usd", "flow")
# What the services say of these names the revision that has them; the model's own sentence does not.
TARGETS = ("framework_code", "objective_number", "project_code", "sector")
MONEY = ("amount_usd", "original_amount", "original_currency", "exchange_rate")


class ParentSelect(AutocompleteSelect):
    """A choice among the contributions that one to a plan can pass on."""

    def __init__(self, *args: Any, plan: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan

    def get_url(self) -> str:
        return f"{super().get_url()}?plan={self.plan}"


class ContributionForm(WholeRowForm):
    """A contribution: what is empty and can be worked out is worked out, what can't be true is told at its field."""

    constraint_fields: ClassVar = {
        "contribution_original_amount_with_currency": "original_currency",
        "contribution_rate_needs_original_amount": "exchange_rate",
        "contribution_one_sector_or_shared": "sector",
        "contribution_amount_not_zero": "amount_usd",
        "contribution_converted_needs_rate": "exchange_rate",
        "contribution_plan_or_country": "country",
        "contribution_not_its_own_parent": "parent",
        "contribution_external_id_once": "external_id",
    }

    is_preview = False
    """Whether only the figures are wanted that saving would lead to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warnings: list[str] = []
        self.preview: Recorded | None = None
        self.preview_changes: list[Change] = []
        for name in MAY_BE_EMPTY:
            if name in self.fields:
                self.fields[name].required = False
        if "code" in self.fields:
            self.fields["code"].help_text = _("Empty: made from the code of the plan.")
        if "amount_usd" in self.fields:
            self.fields["amount_usd"].help_text = _(
                "Negative for a correction. Empty: worked out from the original amount and its rate."
            )
        if "original_currency" in self.fields:
            self.fields["original_currency"].widget.attrs["size"] = 4
        self.stored_plan = self.instance.plan_id
        self.seen_at = self.instance.updated_at if self.instance.pk else None

    def clean_original_currency(self) -> str:
        return self.cleaned_data["original_currency"].strip().upper()

    def clean(self) -> dict[str, Any] | None:
        """An amount that somebody types is given; one that was worked out stays so while nobody touches it."""
        data = super().clean()
        settle_basis(self.instance, self.changed_data, self.cleaned_data.get("original_amount"))
        return data

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict"):
            kept = {name: problems for name, problems in errors.error_dict.items() if name not in TARGETS}
            if not kept:
                return
            errors = ValidationError(kept)
        super()._update_errors(errors)

    def _post_clean(self) -> None:
        super()._post_clean()
        money_is_wrong = any(self.has_error(name) for name in MONEY)
        try:
            self.warnings = judge(self.instance)
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                if self.has_error(name) or (money_is_wrong and name in MONEY):
                    continue
                self.add_error(name if name in self.fields else NON_FIELD_ERRORS, problems)

    def is_valid(self) -> bool:
        """Return whether it can be saved. A preview is never saved: it shows what saving would lead to."""
        valid = super().is_valid()
        if valid and self.is_preview:
            row = copy(self.instance)
            row._state = copy(self.instance._state)
            try:
                self.preview, self.preview_changes = try_out(self.plans_touched(), lambda: self.record(row))
            except ValidationError as refusal:
                self.add_error(None, refusal.messages)
        return valid and not self.is_preview

    def plans_touched(self) -> set[int | None]:
        """Return the plans whose figures saving may change."""
        return {self.stored_plan, self.instance.plan_id}

    def record(self, contribution: Contribution) -> Recorded:
        """Save a contribution. Raises: ValidationError, where something has changed since it was judged."""
        if contribution._state.adding:
            return record_contribution(contribution=contribution, by=self.saved_by)
        return change_contribution(contribution=contribution, seen_at=self.seen_at, by=self.saved_by)


class NextStepForm(forms.Form):
    """How far the money has come."""

    status = forms.ChoiceField(label=gettext_lazy("Step"), widget=forms.RadioSelect)
    since_on = forms.DateField(
        label=gettext_lazy("Since"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("The day it was signed or paid. Empty: the source has no date."),
    )
    amount_usd = AmountField(
        label=gettext_lazy("Amount from then on (USD)"),
        required=False,
        max_digits=MAX_DIGITS,
        decimal_places=2,
        help_text=gettext_lazy("Only where it is another one than before."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=300)


class DecisionForm(forms.Form):
    """Why something is decided, or undone."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("One sentence. It stays in the history, under your name."),
    )
