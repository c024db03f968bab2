"""Money given."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel
from crp.common.money import USDField
from funding.querysets import ContributionQuerySet
from plans.models import Plan, Source
from sectors.models import Sector

from .organizations import Organization


class Contribution(NaturalKeyModel):
    """Money given to a plan.

    It belongs to the identity of the plan and names its target by what stays the same over revisions, so that it
    survives them. Commitments and payments count as received; a pledge does not.
    """

    class Status(models.TextChoices):
        PLEDGE = "pledge", _("Pledge")
        COMMITMENT = "commitment", _("Commitment")
        PAID = "paid", _("Paid")

    COUNTED: ClassVar = (Status.COMMITMENT, Status.PAID)

    class Earmarking(models.TextChoices):
        """The four degrees of the Grand Bargain."""

        UNEARMARKED = "unearmarked", _("Unearmarked")
        SOFTLY = "softly_earmarked", _("Softly earmarked")
        EARMARKED = "earmarked", _("Earmarked")
        TIGHTLY = "tightly_earmarked", _("Tightly earmarked")

    code = models.CharField(
        _("code"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", _("Capitals and digits, joined by hyphens."))],
        help_text=_("Public and permanent."),
    )
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="contributions", verbose_name=_("plan"))
    donor = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name=_("donor"),
        help_text=_("Empty: the source does not name the donor."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    amount_usd = USDField(_("amount (USD)"), allow_negative=True, help_text=_("US dollars. Negative for a correction."))
    original_amount = models.DecimalField(
        _("original amount"),
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("In the currency it was given in. Empty: given in US dollars."),
    )
    original_currency = models.CharField(
        _("original currency"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capitals, as in ISO 4217."))],
    )
    exchange_rate = models.DecimalField(
        _("exchange rate"),
        max_digits=18,
        decimal_places=8,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Units of the original currency for one US dollar."),
    )
    exchange_rate_on = models.DateField(_("rate of"), null=True, blank=True)
    decision_on = models.DateField(
        _("decided on"), null=True, blank=True, help_text=_("When the donor decided. Empty: the source has no date.")
    )
    earmarking = models.CharField(
        _("earmarking"), max_length=20, choices=Earmarking.choices, blank=True, help_text=_("Empty: not stated.")
    )
    is_new_money = models.BooleanField(
        _("new money"),
        null=True,
        blank=True,
        help_text=_("No: carried over from an earlier year. Unknown: not stated."),
    )
    framework_code = models.CharField(_("for framework (code)"), max_length=30, blank=True)
    objective_number = models.PositiveSmallIntegerField(_("for objective (number)"), null=True, blank=True)
    sector = models.ForeignKey(
        Sector, models.PROTECT, null=True, blank=True, related_name="contributions", verbose_name=_("for sector")
    )
    is_shared_across_sectors = models.BooleanField(
        _("several sectors (shared)"), default=False, help_text=_("For more than one sector, with no split given.")
    )
    project_code = models.CharField(_("for project (code)"), max_length=40, blank=True)
    grant_reference = models.CharField(_("grant reference"), max_length=100, blank=True)
    external_scheme = models.CharField(_("external system"), max_length=20, blank=True)
    external_id = models.CharField(_("external identifier"), max_length=100, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="contributions", verbose_name=_("source")
    )
    source_line = models.PositiveIntegerField(_("line of the source"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects: ClassVar = ContributionQuerySet.as_manager()
    natural_key_fields: ClassVar = ("code",)

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering: ClassVar = ["-decision_on", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(original_amount__isnull=True, original_currency="")
                | (Q(original_amount__isnull=False) & ~Q(original_currency="")),
                name="contribution_original_amount_with_currency",
                violation_error_message=_("An original amount needs its currency, and a currency its amount."),
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__isnull=True) | Q(exchange_rate__gt=0, original_amount__isnull=False),
                name="contribution_rate_needs_original_amount",
                violation_error_message=_("An exchange rate is above 0 and needs an original amount."),
            ),
            models.CheckConstraint(
                condition=Q(is_shared_across_sectors=False) | Q(sector__isnull=True),
                name="contribution_one_sector_or_shared",
                violation_error_message=_("Either one sector or several: not both."),
            ),
            models.UniqueConstraint(
                fields=["external_scheme", "external_id"],
                condition=~Q(external_id=""),
                name="contribution_external_id_once",
                violation_error_message=_("Another contribution already has this external identifier."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["plan", "status"], name="contribution_plan_status")]

    def __str__(self) -> str:
        return self.code

    @property
    def is_counted(self) -> bool:
        """Whether it counts as received; a pledge does not."""
        return self.status in self.COUNTED

    def clean(self) -> None:
        """Refuse a target that the current revision of the plan, or else its newest, does not have."""
        super().clean()
        if not self.plan_id:
            return
        revision = self.plan.revisions.in_force().first() or self.plan.revisions.order_by("-number").first()
        if revision is None:
            return
        errors = {}
        if self.framework_code and not revision.frameworks.filter(code=self.framework_code).exists():
            errors["framework_code"] = _("The plan has no framework with this code.")
        if self.objective_number and not revision.objectives.filter(number=self.objective_number).exists():
            errors["objective_number"] = _("The plan has no objective with this number.")
        if self.project_code and not revision.projects.filter(code=self.project_code).exists():
            errors["project_code"] = _("The plan has no project with this code.")
        if self.sector is not None:
            taxonomies = {revision.taxonomy_id, *revision.frameworks.values_list("taxonomy_id", flat=True)}
            if self.sector.taxonomy_id not in taxonomies:
                errors["sector"] = _("This sector is of a taxonomy that the plan does not use.")
        if errors:
            raise ValidationError(errors)
