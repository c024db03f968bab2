"""The mission behind the plans of a country."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel

from .countries import Country


class CountryProfile(NaturalKeyModel):
    """What IOM says of its mission in a country."""

    country = models.OneToOneField(Country, models.PROTECT, related_name="profile", verbose_name=_("country"))
    mission_since_year = models.PositiveSmallIntegerField(
        _("mission since"), null=True, blank=True, help_text=_("Year. Empty: not reported.")
    )
    staff = models.PositiveIntegerField(_("staff"), null=True, blank=True, help_text=_("Persons. Empty: not reported."))
    staff_is_approximate = models.BooleanField(_("staff is approximate"), default=False)
    main_office = models.CharField(_("main office"), max_length=100, blank=True)
    sub_offices = models.CharField(_("sub-offices"), max_length=300, blank=True, help_text=_("Separated by commas."))
    summary = models.TextField(_("summary"), blank=True)
    language = models.CharField(_("language"), max_length=5, default="en")

    natural_key_fields: ClassVar = ("country__iso3",)

    class Meta:
        verbose_name = _("country profile")
        verbose_name_plural = _("country profiles")
        ordering: ClassVar = ["country"]

    def __str__(self) -> str:
        return str(self.country)

    @property
    def row_key(self) -> str:
        """How a citation names the profile itself."""
        return "profile"


class KeyAction(NaturalKeyModel):
    """A field of work of the mission."""

    profile = models.ForeignKey(CountryProfile, models.CASCADE, related_name="key_actions", verbose_name=_("profile"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)

    natural_key_fields: ClassVar = ("profile__country__iso3", "order")

    class Meta:
        verbose_name = _("key action")
        verbose_name_plural = _("key actions")
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["profile", "order"],
                name="key_action_order_once_per_profile",
                violation_error_message=_("Two key actions need two order numbers."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def row_key(self) -> str:
        """How a citation names the action within its profile."""
        return f"keyaction:{self.order}"


class Contact(NaturalKeyModel):
    """A way to reach the mission: personal data, apart from everything public, shown only where released."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        TELEPHONE = "telephone", _("Telephone")
        FAX = "fax", _("Fax")
        EMAIL = "email", _("E-mail")
        ADDRESS = "address", _("Address")

    profile = models.ForeignKey(CountryProfile, models.CASCADE, related_name="contacts", verbose_name=_("profile"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    value = models.CharField(_("value"), max_length=200)
    is_public = models.BooleanField(
        _("public"), default=False, help_text=_("Tick only where the mission agreed that everybody may see it.")
    )

    natural_key_fields: ClassVar = ("profile__country__iso3", "kind", "value")
    personal_fields: ClassVar = ("value",)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering: ClassVar = ["kind", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["profile", "kind", "value"],
                name="contact_once_per_profile",
                violation_error_message=_("This profile already has this contact."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"
