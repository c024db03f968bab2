"""What is asked when a key is made or revoked."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelectMultiple
from django.utils.translation import gettext_lazy as _

from crp.accounts.keys import GOOD_FOR, problems_of
from crp.accounts.models import ApiKey, ApiKeyCountry
from crp.accounts.scopes import DESCRIPTIONS, Scope
from crp.common.admin.fields import PlainTextField
from crp.common.admin.forms import WholeRowForm
from crp.common.as_of import today
from plans.models import Country


class KeyForm(WholeRowForm):
    """A new key. What it is for is chosen once: a key is never changed."""

    scope_names = forms.MultipleChoiceField(
        label=_("What it may do"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Every key reads what everybody may read. Tick what it may do besides."),
    )
    limited_to = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        label=_("Only money of"),
        required=False,
        help_text=_("Leave it empty for every country that the roles of the user reach."),
    )
    expires_on = forms.DateField(label=_("Good until"), widget=AdminDateWidget)

    class Meta:
        model = ApiKey
        fields: ClassVar = ["user", "name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes: Any = self.fields["scope_names"]
        scopes.choices = [
            (scope.value, f"{scope.label}: {DESCRIPTIONS[scope]}") for scope in Scope if scope != Scope.READ
        ]
        link = ApiKeyCountry._meta.get_field("country")
        self.fields["limited_to"].widget = AutocompleteSelectMultiple(link, admin.site)
        self.fields["limited_to"].widget.choices = self.fields["limited_to"].choices  # type: ignore[attr-defined]
        self.fields["expires_on"].initial = today() + GOOD_FOR
        self.fields["expires_on"].help_text = _("The last day on which it is good. Two years at most.")

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "prefix", "fingerprint", "scopes"}  # made when it is saved

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        user, expires_on = self.cleaned_data.get("user"), self.cleaned_data.get("expires_on")
        for name, sentence in problems_of(user, expires_on, today()).items():
            self.add_error(name, sentence)
        return given


class RevokeForm(forms.Form):
    """Why a key is revoked."""

    reason = PlainTextField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea({"rows": 2, "class": "vLargeTextField"}),
        help_text=_("What happened: the key got into the wrong hands, the system is switched off…"),
    )


class NothingForm(forms.Form):
    """A step that asks for nothing but to be taken."""
