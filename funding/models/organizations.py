"""Donors and partners."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, TranslatedName
from plans.models import Country


class Organization(TranslatedName, NaturalKeyModel):
    """A donor, a partner or an agency."""

    class Kind(models.TextChoices):
        """The organization types of OCHA's FTS."""

        GOVERNMENT = "government", _("Government")
        UN_AGENCY = "un_agency", _("UN agency")
        NGO = "ngo", _("NGO")
        POOLED_FUND = "pooled_fund", _("Pooled fund")
        PRIVATE = "private", _("Private organization or foundation")
        RED_CROSS = "red_cross", _("Red Cross or Red Crescent")
        INTER_GOVERNMENTAL = "inter_governmental", _("Inter-governmental")
        FINANCIAL = "financial", _("Financial institution")
        OTHER = "other", _("Other")

    code = models.SlugField(_("code"), max_length=60, unique=True, help_text=_("Public and permanent."))
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organizations",
        verbose_name=_("country"),
        help_text=_("Empty: international, or not known."),
    )

    natural_key_fields: ClassVar = ("code",)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering: ClassVar = ["name"]


class OrganizationIdentifier(NaturalKeyModel):
    """The name of an organization in another system."""

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="identifiers", verbose_name=_("organization")
    )
    scheme = models.CharField(_("system"), max_length=20, help_text=_("Whose identifier this is: fts, iati, hdx..."))
    value = models.CharField(_("identifier"), max_length=200)

    natural_key_fields: ClassVar = ("scheme", "value")

    class Meta:
        verbose_name = _("external identifier")
        verbose_name_plural = _("external identifiers")
        ordering: ClassVar = ["scheme", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "value"],
                name="organization_identifier_once",
                violation_error_message=_("Another organization already has this identifier."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}: {self.value}"
