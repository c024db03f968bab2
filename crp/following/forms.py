"""The forms of those who follow something."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crp.following.models import Subscription


class FollowForm(forms.Form):
    """Asks for the address to write to."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "id": "follow-email", "maxlength": 254}),
        error_messages={
            "required": _("Write the e-mail address that the news should go to."),
            "invalid": _("This is no e-mail address: expected one such as name@example.org."),
        },
    )
    frequency = forms.ChoiceField(
        label=_("How often"),
        choices=Subscription.Frequency.choices,
        initial=Subscription.Frequency.IMMEDIATE,
        widget=forms.RadioSelect(attrs={"id": "follow-frequency"}),
    )


class ChangeForm(forms.Form):
    """Changes how a subscriber is told."""

    frequency = forms.ChoiceField(label=_("How often"), choices=Subscription.Frequency.choices)
    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
