"""What somebody asks of the page of changes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import Plan

from .entries import NOBODY, Position, Wanted
from .reaching import Seen

KINDS = (
    ("", gettext_lazy("Any change")),
    ("+", gettext_lazy("Added")),
    ("~", gettext_lazy("Changed")),
    ("-", gettext_lazy("Removed")),
)


class ChangesForm(forms.Form):
    """The filters. All of them together hold."""

    person = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    plan = forms.CharField(
        label=gettext_lazy("Plan"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Its code, such as MLI-CRP-2021."),
    )
    model = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of change"), required=False, choices=KINDS)
    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    of = forms.CharField(required=False, widget=forms.HiddenInput)
    id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, data: Any, seen: Seen) -> None:
        super().__init__(data, prefix=None, label_suffix="")
        self._models = {model._meta.label_lower: model for model in seen.models}
        people = get_user_model()._default_manager.order_by("last_name", "first_name", "username")
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", _("Anybody")),
            (NOBODY, _("Imports and CRP itself")),
            *((str(person.pk), str(person)) for person in people),
        ]
        self.fields["model"].choices = [  # type: ignore[attr-defined]
            ("", _("Anything")),
            *((label, capfirst(str(model._meta.verbose_name_plural))) for label, model in self._models.items()),
        ]

    def clean_person(self) -> Any:
        chosen = self.cleaned_data["person"]
        return get_user_model()._default_manager.get(pk=chosen) if chosen.isdecimal() else chosen or None

    def clean_plan(self) -> Plan | None:
        code = self.cleaned_data["plan"].strip().upper()
        found = Plan.objects.filter(code=code).first() if code else None
        if code and (found is None or "\x00" in code):
            raise ValidationError(_("No plan has the code %(code)s.") % {"code": code})
        return found

    def clean_model(self) -> type[models.Model] | None:
        return self._models.get(self.cleaned_data["model"])

    def clean_of(self) -> type[models.Model] | None:
        label = self.cleaned_data["of"]
        if label and label not in self._models:
            known = {model._meta.label_lower for model in apps.get_models()}
            why = _("This may be looked at by others only.") if label in known else _("CRP has nothing of this kind.")
            raise ValidationError(why)
        return self._models.get(label)

    def clean_before(self) -> Position | None:
        text = self.cleaned_data["before"]
        found = Position.read(text) if text else None
        if text and found is None:
            raise ValidationError(_("This address is incomplete: start again with the newest changes."))
        return found

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("This day lies before the first one."))
        return self.cleaned_data

    def wanted(self) -> Wanted:
        """Return what is asked for by a form that is valid."""
        given = self.cleaned_data
        of = (given["of"], given["id"]) if given["of"] and given["id"] else None
        names = ("person", "plan", "model", "kind", "first", "last", "before")
        return Wanted(of=of, **{name: given[name] for name in names})
