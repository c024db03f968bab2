"""The identity of a plan, and its revisions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, not_negative
from crp.common.money import USDField
from plans.querysets import PlanQuerySet, RevisionQuerySet
from sectors.models import Taxonomy

from .countries import Country

FIRST_YEAR, LAST_YEAR = 1990, 2100


class Plan(NaturalKeyModel):
    """A response of IOM, or of several agencies, in one or more countries for a period.

    What stays the same over all revisions; the figures stand in :class:`Revision`.
    """

    class Kind(models.TextChoices):
        CRP = "crp", _("Crisis Response Plan")
        COMPENDIUM = "compendium", _("Humanitarian Compendium")
        FLASH_APPEAL = "flash_appeal", _("Flash appeal")
        HNRP = "hnrp", _("Humanitarian (needs and) response plan")
        RRP = "rrp", _("Refugee response plan")
        REGIONAL = "regional", _("Regional response plan")
        CONSOLIDATED = "consolidated", _("Consolidated appeal")
        OTHER = "other", _("Other plan")

    code = models.CharField(
        _("code"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", _("Capitals and digits, joined by hyphens."))],
        help_text=_("Public and permanent, such as MLI-CRP-2025-2026."),
        error_messages={"unique": _("Another plan already has this code.")},
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=200, help_text=_("As on the plan's first page."))
    start_year = models.PositiveSmallIntegerField(
        _("first year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    end_year = models.PositiveSmallIntegerField(
        _("last year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    start_on = models.DateField(_("from"), null=True, blank=True, help_text=_("Empty: the plan says no day."))
    end_on = models.DateField(_("until"), null=True, blank=True, help_text=_("Empty: the plan says no day."))
    totals_year = models.PositiveSmallIntegerField(
        _("year of its totals"),
        null=True,
        blank=True,
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
        help_text=_("The year that its totals count in, where the plan says so. Empty: the first year."),
    )
    countries = models.ManyToManyField(Country, related_name="plans", verbose_name=_("countries"))

    current: Revision
    """The revision in force, on plans that come from ``in_force()`` or ``with_current()``."""

    objects: ClassVar = PlanQuerySet.as_manager()
    natural_key_fields: ClassVar = ("code",)
    _history_m2m_fields: ClassVar = (countries,)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering: ClassVar = ["-start_year", "code"]
        indexes: ClassVar = [
            # Lists begin in this order: with it a page takes as long of many plans as of few.
            models.Index(fields=["-start_year", "code", "id"], name="plan_in_order"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(end_year__gte=F("start_year")),
                name="plan_years_in_order",
                violation_error_message=_("The last year must not lie before the first year."),
            ),
            models.CheckConstraint(
                condition=Q(start_on__isnull=True) | Q(end_on__isnull=True) | Q(end_on__gte=F("start_on")),
                name="plan_days_in_order",
                violation_error_message=_("The last day must not lie before the first day."),
            ),
            models.CheckConstraint(
                condition=Q(totals_year__isnull=True)
                | Q(totals_year__gte=F("start_year"), totals_year__lte=F("end_year")),
                name="plan_totals_year_within_period",
                violation_error_message=_("The year of the totals must lie within the years of the plan."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"

    def get_absolute_url(self) -> str:
        return reverse("plan", args=[self.code])

    @property
    def figures_year(self) -> int:
        """The year that its totals count in."""
        return self.totals_year or self.start_year

    @property
    def period(self) -> str:
        """The years covered: ``2017``, or ``2025–2026``."""
        return str(self.start_year) if self.start_year == self.end_year else f"{self.start_year}–{self.end_year}"


class PlanIdentifier(NaturalKeyModel):
    """The name of a plan in another system."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="identifiers", verbose_name=_("plan"))
    scheme = models.CharField(
        _("system"), max_length=20, help_text=_("Whose identifier this is: fts, hdx, gcrp, compendium...")
    )
    value = models.CharField(_("identifier"), max_length=200)

    natural_key_fields: ClassVar = ("scheme", "value")

    class Meta:
        verbose_name = _("external identifier")
        verbose_name_plural = _("external identifiers")
        ordering: ClassVar = ["scheme", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "value"],
                name="plan_identifier_once",
                violation_error_message=_("Another plan already has this identifier."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}: {self.value}"


class Revision(NaturalKeyModel):
    """What a plan said from one publication to the next. Never changed once published.

    The current revision of a plan is its one published revision: no second pointer that could disagree.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    OPEN: ClassVar = (Status.DRAFT, Status.IN_REVIEW)
    PUBLIC: ClassVar = (Status.PUBLISHED, Status.SUPERSEDED)

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="revisions", verbose_name=_("plan"))
    number = models.PositiveSmallIntegerField(_("revision number"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    taxonomy = models.ForeignKey(
        Taxonomy,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("sector taxonomy"),
        limit_choices_to={"kind": Taxonomy.Kind.SECTORS},
        help_text=_("The list that this revision's sectors come from. A framework may name another."),
    )
    document_on = models.DateField(
        _("document date"), null=True, blank=True, help_text=_("“Last updated” as printed. Empty: the page has none.")
    )
    funding_updated_on = models.DateField(
        _("funding as of"), null=True, blank=True, help_text=_("What day the money received speaks of, as printed.")
    )
    stated_requested_usd = USDField(
        _("funding required, as stated (USD)"),
        null=True,
        blank=True,
        help_text=_("The plan's own total in US dollars. Empty: the document gives none."),
    )
    requested_usd = USDField(
        _("funding required (USD)"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Fixed on publication: the stated total, or else the sum of one breakdown. Empty: not reported."),
    )
    stated_received_usd = USDField(
        _("funding received, as stated (USD)"),
        null=True,
        blank=True,
        help_text=_("The document's own total in US dollars. Empty: the document gives none."),
    )
    reports_funding = models.BooleanField(
        _("states money received"),
        default=False,
        help_text=_("Tick where the document says what was received, even if that is 0. Unticked means not reported."),
    )
    people_in_need = models.PositiveBigIntegerField(
        _("people in need"), null=True, blank=True, help_text=_("Persons, as stated. Empty: not reported.")
    )
    people_targeted = models.PositiveBigIntegerField(
        _("people targeted"),
        null=True,
        blank=True,
        help_text=_("Persons, as stated; never the sum of objectives or sectors. Empty: not reported."),
    )
    entities_targeted = models.PositiveIntegerField(
        _("entities targeted"),
        null=True,
        blank=True,
        help_text=_("Institutions and organizations, as stated. Empty: not reported."),
    )
    reason = models.TextField(
        _("reason"), blank=True, help_text=_("Why this revision was made; public once it is published.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("published by"),
    )
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True, editable=False)
    seal = models.CharField(
        _("seal"),
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("SHA-256 of its canonical form, which names the seal of the one before. Empty: not sealed yet."),
    )

    objects: ClassVar = RevisionQuerySet.as_manager()
    natural_key_fields: ClassVar = ("plan__code", "number")

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering: ClassVar = ["plan", "-number"]
        permissions: ClassVar = [
            ("submit_revision", _("Can send a revision for review")),
            ("publish_revision", _("Can return or publish a revision")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "number"],
                name="revision_number_once_per_plan",
                violation_error_message=_("This plan already has a revision with this number."),
            ),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(status="published"),
                name="revision_one_published_per_plan",
                violation_error_message=_("This plan already has a published revision: supersede it first."),
            ),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(status__in=["draft", "in_review"]),
                name="revision_one_open_per_plan",
                violation_error_message=_("This plan already has an open draft: finish that one first."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["published", "superseded"], published_at__isnull=False)
                | Q(status__in=["draft", "in_review"], published_at__isnull=True, requested_usd__isnull=True),
                name="revision_published_at_matches_status",
                violation_error_message=_("A published revision needs a publication time; a draft has none."),
            ),
            models.CheckConstraint(
                # Not null is said on its own: a comparison with NULL is no refusal in SQL.
                condition=Q(status="superseded", superseded_at__isnull=False, superseded_at__gt=F("published_at"))
                | (~Q(status="superseded") & Q(superseded_at__isnull=True)),
                name="revision_superseded_at_matches_status",
                violation_error_message=_(
                    "A superseded revision needs a time after its publication; others have none."
                ),
            ),
            models.CheckConstraint(
                condition=not_negative("stated_requested_usd", "requested_usd", "stated_received_usd"),
                name="revision_amounts_not_negative",
                violation_error_message=_("Amounts must not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(seal="") | Q(status__in=["published", "superseded"]),
                name="revision_sealed_is_published",
                violation_error_message=_("Only what is published is sealed."),
            ),
            models.CheckConstraint(
                condition=Q(stated_received_usd__isnull=True) | Q(reports_funding=True),
                name="revision_received_is_reported",
                violation_error_message=_("An amount received is given: tick “states money received”."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.code} r{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether readers have not seen the revision yet: it is a draft or in review."""
        return self.status in self.OPEN

    @property
    def is_editable(self) -> bool:
        """Whether the revision may be edited: what a reviewer reads stays as it was sent."""
        return self.status == self.Status.DRAFT

    @property
    def revision(self) -> Revision:
        """The revision itself, so that it can be asked like one of its rows."""
        return self

    @property
    def row_key(self) -> str:
        """How a citation names the revision itself among its rows."""
        return "revision"
