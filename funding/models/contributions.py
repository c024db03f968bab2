"""Money given, and what is known of how it came."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel
from crp.common.money import USD_COLUMN, USDField
from funding.querysets import ContributionQuerySet, StatusChangeQuerySet
from plans.models import Country, Plan, Source
from sectors.models import Sector, Taxonomy

from .organizations import Organization


class Contribution(NaturalKeyModel):
    """Money given to a plan.

    It belongs to the identity of the plan and names its target by what stays the same over revisions, so that it
    survives them. A pledge that becomes a commitment is one contribution with two :class:`StatusChange`.

    ``counted_usd`` is what it adds to money received: its amount once committed or paid, less than 0 where the money
    left the plan for another one, and nothing where it only changed hands inside the plan, is a pledge, or may be a
    duplicate. Everything that adds up reads this column, or ``pledged_usd``, and not the amount.
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

    class Flow(models.TextChoices):
        """Where money moves, seen from its plan; the words of OCHA's FTS."""

        INCOMING = "incoming", _("Incoming: reaches the plan")
        INTERNAL = "internal", _("Internal: passed on inside the plan")
        OUTGOING = "outgoing", _("Outgoing: leaves the plan for another")

    class AmountBasis(models.TextChoices):
        """Where the amount in US dollars is from."""

        GIVEN = "given", _("Given by the source")
        CONVERTED = "converted", _("Converted at the rate")

    class Review(models.TextChoices):
        """Whether it may repeat another contribution."""

        CLEAR = "clear", _("Nothing like it")
        SUSPECTED = "suspected", _("May be a duplicate: not counted until decided")
        KEPT = "kept", _("Looked like a duplicate, kept: counts")
        MERGED = "merged", _("Duplicate: merged, does not count")

    COUNTED_REVIEWS: ClassVar = (Review.CLEAR, Review.KEPT)

    code = models.CharField(
        _("code"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", _("Capitals and digits, joined by hyphens."))],
        help_text=_("Public and permanent."),
    )
    plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name=_("plan"),
        help_text=_("Empty: money outside any plan."),
    )
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name=_("country"),
        help_text=_("Only for money outside any plan. Empty: several countries, or not stated."),
    )
    donor = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contributions",
        verbose_name=_("donor"),
        help_text=_("Empty: the source does not name the donor."),
    )
    recipient = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="received_contributions",
        verbose_name=_("recipient"),
        help_text=_("The organization that received it. Empty: not stated."),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, help_text=_("As of now; its history stands beside it.")
    )
    flow = models.CharField(
        _("flow"),
        max_length=10,
        choices=Flow.choices,
        default=Flow.INCOMING,
        help_text=_("Only incoming money counts as received; what left for another plan is taken off."),
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("passes on"),
        help_text=_("The contribution that this one is money of, such as a donor's to the pooled fund."),
    )
    amount_usd = USDField(_("amount (USD)"), allow_negative=True, help_text=_("US dollars. Negative for a correction."))
    amount_basis = models.CharField(
        _("amount from"), max_length=10, choices=AmountBasis.choices, default=AmountBasis.GIVEN
    )
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
    exchange_rate_source = models.CharField(
        _("rate from"),
        max_length=100,
        blank=True,
        help_text=_("Who publishes the rate, such as UN operational rates of exchange."),
    )
    is_in_kind = models.BooleanField(_("in kind"), default=False, help_text=_("Goods or services, valued in dollars."))
    decision_on = models.DateField(
        _("decided on"), null=True, blank=True, help_text=_("When the donor decided. Empty: the source has no date.")
    )
    reported_on = models.DateField(_("first reported on"), null=True, blank=True)
    usage_year = models.PositiveSmallIntegerField(
        _("year it is for"), null=True, blank=True, help_text=_("As stated. Empty: not stated.")
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
    review = models.CharField(
        _("duplicate?"), max_length=10, choices=Review.choices, default=Review.CLEAR, editable=False
    )
    duplicate_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="duplicates",
        verbose_name=_("duplicate of"),
    )
    counted_usd = models.GeneratedField(
        expression=Case(
            When(~Q(status__in=("commitment", "paid")) | ~Q(review__in=("clear", "kept")), then=Value(None)),
            When(flow="incoming", then=F("amount_usd")),
            When(flow="outgoing", then=F("amount_usd") * Value(-1)),
            default=Value(None),
            output_field=USD_COLUMN,
        ),
        output_field=USD_COLUMN,
        db_persist=True,
        verbose_name=_("counted (USD)"),
    )
    pledged_usd = models.GeneratedField(
        expression=Case(
            When(status="pledge", flow="incoming", review__in=("clear", "kept"), then=F("amount_usd")),
            default=Value(None),
            output_field=USD_COLUMN,
        ),
        output_field=USD_COLUMN,
        db_persist=True,
        verbose_name=_("pledged (USD)"),
    )
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
            models.CheckConstraint(
                condition=~Q(amount_usd=0),
                name="contribution_amount_not_zero",
                violation_error_message=_("An amount of 0 gives nothing: leave the contribution out."),
            ),
            models.CheckConstraint(
                condition=~Q(amount_basis="converted") | Q(exchange_rate__isnull=False),
                name="contribution_converted_needs_rate",
                violation_error_message=_("An amount that is converted needs the rate it was converted at."),
            ),
            models.CheckConstraint(
                condition=Q(plan__isnull=True) | Q(country__isnull=True),
                name="contribution_plan_or_country",
                violation_error_message=_("Either a plan or a country: a plan has countries of its own."),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                name="contribution_not_its_own_parent",
                violation_error_message=_("A contribution can't pass on itself."),
            ),
            models.UniqueConstraint(
                fields=["external_scheme", "external_id"],
                condition=~Q(external_id=""),
                name="contribution_external_id_once",
                violation_error_message=_("Another contribution already has this external identifier."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["plan", "status"], name="contribution_plan_status"),
            models.Index(fields=["plan", "decision_on"], name="contribution_plan_decision"),
            models.Index(fields=["updated_at"], name="contribution_updated"),
            # When a plan last changed is told with each plan of a list.
            models.Index(fields=["plan", "updated_at"], name="contribution_plan_updated"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_counted(self) -> bool:
        """Whether it changes what its plan received."""
        return self.status in self.COUNTED and self.flow != self.Flow.INTERNAL and self.review in self.COUNTED_REVIEWS

    def clean(self) -> None:
        """Refuse a target that the current revision of the plan, or else its newest, does not have."""
        super().clean()
        if self.plan is None:
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
            is_global = self.sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS
            if self.sector.taxonomy_id not in taxonomies and not is_global:
                errors["sector"] = _("This sector is of a taxonomy that the plan does not use.")
        if errors:
            raise ValidationError(errors)


class StatusChange(NaturalKeyModel):
    """A step of a contribution: pledged, committed, paid. The newest one is its status."""

    contribution = models.ForeignKey(
        Contribution, models.CASCADE, related_name="status_changes", verbose_name=_("contribution")
    )
    status = models.CharField(_("status"), max_length=10, choices=Contribution.Status.choices)
    since_on = models.DateField(_("since"), null=True, blank=True, help_text=_("Empty: the source has no date."))
    amount_usd = USDField(_("amount (USD)"), allow_negative=True, help_text=_("US dollars, as they were at this step."))
    note = models.CharField(_("note"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    objects: ClassVar = StatusChangeQuerySet.as_manager()
    natural_key_fields: ClassVar = ("contribution__code", "status")

    class Meta:
        verbose_name = _("step of a contribution")
        verbose_name_plural = _("steps of contributions")
        ordering: ClassVar = ["contribution", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contribution", "status"],
                name="status_change_once_per_status",
                violation_error_message=_("This contribution has taken that step already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contribution.code}: {self.get_status_display()}"
