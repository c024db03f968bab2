"""Countries and the UN M49 regions they lie in."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, TranslatedName


class Region(TranslatedName, NaturalKeyModel):
    """A UN M49 region, sub-region or intermediate region. Source: UN Statistics Division, M49."""

    code = models.CharField(
        _("M49 code"), max_length=3, unique=True, validators=[RegexValidator(r"^[0-9]{3}\Z", _("Three digits."))]
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )

    natural_key_fields: ClassVar = ("code",)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering: ClassVar = ["code"]

    @property
    def top(self) -> Region:
        """The M49 region at the top (Africa, Asia...)."""
        return self.parent.top if self.parent else self


class Country(TranslatedName, NaturalKeyModel):
    """A country or territory of ISO 3166-1."""

    iso3 = models.CharField(
        _("ISO3 code"), max_length=3, unique=True, validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capitals."))]
    )
    iso2 = models.CharField(
        _("ISO2 code"), max_length=2, unique=True, validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Two capitals."))]
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="countries",
        verbose_name=_("region"),
        help_text=_("The smallest M49 region that holds the country."),
    )
    top_region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("continent"),
        help_text=_("The M49 region at the top of that one: Africa, Asia..."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Of the centre, in degrees; south is negative."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Of the centre, in degrees; west is negative."),
    )

    natural_key_fields: ClassVar = ("iso3",)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering: ClassVar = ["name"]

    def get_absolute_url(self) -> str:
        return reverse("country", args=[self.iso3])
