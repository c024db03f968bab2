"""Sector taxonomies, and the crosswalk that lets years with different lists be compared."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, TranslatedName, WithConfidence


class Taxonomy(TranslatedName, NaturalKeyModel):
    """One version of a list of sectors, as its publisher used it in certain years."""

    class Kind(models.TextChoices):
        SECTORS = "sectors", _("Sectors of plans")
        GLOBAL_CLUSTERS = "global_clusters", _("IASC global clusters")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.SECTORS)
    publisher = models.CharField(_("publisher"), max_length=200)
    start_year = models.PositiveSmallIntegerField(_("first year of use"), null=True, blank=True)
    end_year = models.PositiveSmallIntegerField(_("last year of use"), null=True, blank=True)
    completeness = models.TextField(
        _("completeness"), blank=True, help_text=_("What of the publisher's list is here, and what is not known.")
    )

    natural_key_fields: ClassVar = ("code",)

    class Meta:
        verbose_name = _("sector taxonomy")
        verbose_name_plural = _("sector taxonomies")
        ordering: ClassVar = ["-start_year", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(end_year__isnull=True)
                | models.Q(start_year__isnull=True)
                | models.Q(end_year__gte=models.F("start_year")),
                name="taxonomy_years_in_order",
                violation_error_message=_("The last year of use must not lie before the first."),
            ),
        ]


class Sector(TranslatedName, WithConfidence, NaturalKeyModel):
    """A sector (area of work, cluster) under the name it has in one taxonomy."""

    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="sectors", verbose_name=_("taxonomy"))
    code = models.SlugField(_("code"), max_length=30)
    is_cross_cutting = models.BooleanField(
        _("cross-cutting"), default=False, help_text=_("Runs through all sectors, with a requirement of its own.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    fts_id = models.PositiveIntegerField(
        _("FTS id"), null=True, blank=True, unique=True, help_text=_("Global clusters: the number OCHA's FTS uses.")
    )

    natural_key_fields: ClassVar = ("taxonomy__code", "code")

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering: ClassVar = ["taxonomy", "order", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["taxonomy", "code"],
                name="sector_code_once_per_taxonomy",
                violation_error_message=_("This taxonomy already has a sector with this code."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sector", args=[self.taxonomy.code, self.code])


class Crosswalk(WithConfidence, NaturalKeyModel):
    """The one global cluster under which a sector is compared over the years.

    One at most: an amount that counted under two clusters would be counted twice.
    """

    sector = models.OneToOneField(Sector, models.CASCADE, related_name="crosswalk", verbose_name=_("sector"))
    global_cluster = models.ForeignKey(
        Sector,
        models.PROTECT,
        related_name="mapped_sectors",
        verbose_name=_("global cluster"),
        limit_choices_to={"taxonomy__kind": Taxonomy.Kind.GLOBAL_CLUSTERS},
    )

    natural_key_fields: ClassVar = ("sector__taxonomy__code", "sector__code")

    class Meta:
        verbose_name = _("crosswalk entry")
        verbose_name_plural = _("crosswalk to the global clusters")
        ordering: ClassVar = ["sector"]

    def __str__(self) -> str:
        return f"{self.sector} → {self.global_cluster}"

    def clean(self) -> None:
        errors = {}
        if self.global_cluster_id and self.global_cluster.taxonomy.kind != Taxonomy.Kind.GLOBAL_CLUSTERS:
            errors["global_cluster"] = _("Choose a cluster of the IASC list, not a sector of a plan.")
        if self.sector_id and self.sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS:
            errors["sector"] = _("A global cluster needs no crosswalk: choose a sector of a plan.")
        if errors:
            raise ValidationError(errors)
