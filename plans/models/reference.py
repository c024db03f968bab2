"""The closed lists that the rows of a plan choose from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, ReferenceItem, TranslatedName, WithConfidence


class PlanFamily(ReferenceItem):
    """A family of appeals: the frameworks money is asked under, and the inter-agency plans a sector is part of."""

    is_inter_agency = models.BooleanField(_("inter-agency"), default=True)

    class Meta(ReferenceItem.Meta):
        verbose_name = _("plan family")
        verbose_name_plural = _("plan families")


class StrategicObjective(TranslatedName, WithConfidence, NaturalKeyModel):
    """An objective of one of IOM's strategies. Old plans keep the objectives of their day."""

    strategy = models.CharField(_("strategy"), max_length=30, help_text=_("Its years, such as 2024-2028."))
    number = models.PositiveSmallIntegerField(_("number"))
    short_name = models.CharField(_("short name"), max_length=100, blank=True)

    natural_key_fields: ClassVar = ("strategy", "number")

    class Meta:
        verbose_name = _("strategic objective")
        verbose_name_plural = _("strategic objectives")
        ordering: ClassVar = ["-strategy", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["strategy", "number"],
                name="strategic_objective_once",
                violation_error_message=_("This strategy already has an objective with this number."),
            ),
        ]


class StrategicOutcome(ReferenceItem):
    """A long-term outcome of IOM's Strategic Results Framework."""

    objective = models.ForeignKey(
        StrategicObjective, models.PROTECT, related_name="outcomes", verbose_name=_("strategic objective")
    )

    class Meta(ReferenceItem.Meta):
        verbose_name = _("strategic outcome")
        verbose_name_plural = _("strategic outcomes")


class TargetGroup(ReferenceItem):
    """A group of people that plans are made for."""

    hapi_population_group = models.CharField(
        _("HDX HAPI population group"), max_length=3, blank=True, help_text=_("Empty: HAPI has no such group.")
    )

    class Meta(ReferenceItem.Meta):
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")


class OperatingModality(ReferenceItem):
    """A key operating modality: how IOM works."""

    class Meta(ReferenceItem.Meta):
        verbose_name = _("key operating modality")
        verbose_name_plural = _("key operating modalities")


class CrossCuttingPriority(ReferenceItem):
    """A priority that all parts of a plan share."""

    class Meta(ReferenceItem.Meta):
        verbose_name = _("cross-cutting priority")
        verbose_name_plural = _("cross-cutting priorities")
