"""Official totals of money received, as another system reports them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel
from crp.common.money import USDField
from funding.querysets import ReportedFundingQuerySet
from plans.models import Country, Plan, Source
from sectors.models import Sector

KEY = models.BigIntegerField()


class ReportedFunding(NaturalKeyModel):
    """What a plan, or a part of it, had received by a day, as an official source adds it up.

    Where a plan has such a total it is the plan's money received. The contributions on record are then a sample of
    it: the difference is shown under a name of its own, and the two are never added. A newer total supersedes the
    older one and leaves it in place, so that a past day can be asked for.
    """

    class Scope(models.TextChoices):
        """Which part of the plan the amount is of."""

        TOTAL = "total", _("The whole plan")
        COUNTRY = "country", _("One of its countries")
        SECTOR = "sector", _("One of its sectors")
        GLOBAL_CLUSTER = "global_cluster", _("One global cluster")

    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_funding",
        verbose_name=_("plan"),
        help_text=_("Empty: money for a country outside any plan."),
    )
    year = models.PositiveSmallIntegerField(
        _("year"), null=True, blank=True, help_text=_("Only for money outside any plan: the year it counts in.")
    )
    scope = models.CharField(_("of"), max_length=14, choices=Scope.choices, default=Scope.TOTAL)
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="reported_funding", verbose_name=_("country")
    )
    sector = models.ForeignKey(
        Sector,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_funding",
        verbose_name=_("sector"),
        help_text=_("Empty: not specified, or several."),
    )
    is_shared_across_sectors = models.BooleanField(_("several sectors (shared)"), default=False)
    amount_usd = USDField(_("received (USD)"), allow_negative=True, help_text=_("US dollars, as reported."))
    reported_on = models.DateField(_("as of"), help_text=_("The day that the figure speaks of."))
    superseded_on = models.DateField(_("superseded on"), null=True, blank=True, editable=False)
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_funding",
        verbose_name=_("source"),
        help_text=_("The document or file that says so."),
    )
    source_line = models.PositiveIntegerField(_("line of the source"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects: ClassVar = ReportedFundingQuerySet.as_manager()
    natural_key_fields: ClassVar = (
        "plan__code",
        "year",
        "scope",
        "country__iso3",
        "sector__taxonomy__code",
        "sector__code",
        "is_shared_across_sectors",
        "reported_on",
        "superseded_on",
    )

    class Meta:
        verbose_name = _("official total")
        verbose_name_plural = _("official totals")
        ordering: ClassVar = ["plan", "year", "scope", "country", "sector", "-reported_on"]
        indexes: ClassVar = [
            # When a plan last changed is told with each plan of a list.
            models.Index(fields=["plan", "created_at"], name="reported_funding_plan_created"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                # Null counts as a value here; a database that can't say so in the index is told so by its columns.
                *(Coalesce(F(column), Value(0), output_field=KEY) for column in ("plan", "year", "country", "sector")),
                "scope",
                "is_shared_across_sectors",
                condition=Q(superseded_on__isnull=True),
                name="reported_funding_one_in_force",
                violation_error_message=_("There already is such a total in force: supersede it first."),
            ),
            models.CheckConstraint(
                condition=Q(scope="total", plan__isnull=False, country__isnull=True, sector__isnull=True)
                | Q(scope="country", country__isnull=False, sector__isnull=True)
                | Q(scope__in=["sector", "global_cluster"], plan__isnull=False, country__isnull=True),
                name="reported_funding_names_its_part",
                violation_error_message=_("Name the part that the scope says, and no other."),
            ),
            models.CheckConstraint(
                condition=Q(plan__isnull=False, year__isnull=True) | Q(plan__isnull=True, year__isnull=False),
                name="reported_funding_plan_or_year",
                violation_error_message=_("Money outside any plan needs its year; a plan has its own."),
            ),
            models.CheckConstraint(
                condition=Q(superseded_on__isnull=True) | Q(superseded_on__gte=F("reported_on")),
                name="reported_funding_superseded_later",
                violation_error_message=_("A total can't be superseded before the day it speaks of."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.code if self.plan else self.year}, {self.get_scope_display()}, {self.reported_on}"
