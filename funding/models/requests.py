"""What a plan asks for, and for what."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crp.common.models import between, not_negative
from crp.common.money import USDField
from plans.models import Country, Framework, Objective, Plan, PlanFamily, Revision, RevisionRow
from plans.models.rows import PERCENT_VALIDATORS
from sectors.models import Sector, Taxonomy


def check_sector_fits(sector: Sector, revision: Revision, framework: Framework | None = None) -> None:
    """Refuse a sector that is not of the taxonomy which the framework, or else the revision, names.

    Raises: ValidationError on the field ``sector``.
    """
    taxonomy_id = (framework.taxonomy_id if framework else None) or revision.taxonomy_id
    if taxonomy_id is None:
        raise ValidationError({"sector": _("Choose the sector taxonomy of the revision first.")})
    if sector.taxonomy_id != taxonomy_id:
        raise ValidationError(
            {
                "sector": _("“%(sector)s” is of the taxonomy “%(other)s”; this plan uses “%(expected)s”.")
                % {
                    "sector": sector,
                    "other": sector.taxonomy,
                    "expected": framework.taxonomy if framework and framework.taxonomy_id else revision.taxonomy,
                }
            }
        )


class Project(RevisionRow):
    """A project of a revision. Its code stays the same over revisions, so that money received finds it again."""

    code = models.CharField(
        _("code"),
        max_length=40,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", _("Capitals and digits, joined by hyphens."))],
        help_text=_("Permanent: the same in every revision."),
    )
    title = models.CharField(_("title"), max_length=400, help_text=_("As printed."))
    framework = models.ForeignKey(Framework, models.PROTECT, null=True, blank=True, verbose_name=_("framework"))
    sector = models.ForeignKey(Sector, models.PROTECT, null=True, blank=True, verbose_name=_("sector"))
    description = models.TextField(_("description"), blank=True)
    beneficiaries = models.TextField(_("beneficiaries"), blank=True, help_text=_("Who, and how many, as stated."))
    stated_received_usd = USDField(
        _("received, as stated (USD)"),
        null=True,
        blank=True,
        help_text=_("US dollars, as the document prints it. Empty: not stated. Money itself is a contribution."),
    )

    row_key_fields = ("code",)
    translated_fields = ("title", "description", "beneficiaries")

    class Meta(RevisionRow.Meta):
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        default_related_name = "projects"
        ordering: ClassVar = ["order", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "code"],
                name="project_code_once_per_revision",
                violation_error_message=_("This revision already has a project with this code."),
            ),
            models.CheckConstraint(
                condition=not_negative("stated_received_usd"),
                name="project_received_not_negative",
                violation_error_message=_("Amounts must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def clean(self) -> None:
        super().clean()
        if self.sector is not None and self.revision_id:
            check_sector_fits(self.sector, self.revision, self.framework)


def _one_target() -> Q:
    """Return the condition that a request fills the column which its breakdown says, and no other."""
    columns = {
        "framework": "framework",
        "objective": "objective",
        "sector": "sector",
        "global_cluster": "sector",
        "country": "country",
        "project": "project",
    }
    condition = Q()
    for breakdown, target in columns.items():
        filled = {f"{column}__isnull": column != target for column in dict.fromkeys(columns.values())}
        condition |= Q(breakdown=breakdown, **filled)
    return condition


class FundingRequest(RevisionRow):
    """An amount asked for, under one of the breakdowns of a revision.

    The breakdowns of a revision are alternatives: the same money told by framework, by objective, by sector, by
    project... They are never added to each other. The target of a breakdown by global cluster is a sector of the list
    of global clusters.
    """

    class Breakdown(models.TextChoices):
        FRAMEWORK = "framework", _("By framework")
        OBJECTIVE = "objective", _("By objective")
        SECTOR = "sector", _("By sector")
        GLOBAL_CLUSTER = "global_cluster", _("By global cluster")
        COUNTRY = "country", _("By country")
        PROJECT = "project", _("By project")

    TARGETS: ClassVar = ("framework", "objective", "sector", "country", "project")
    """The columns of which a request fills the one that its breakdown says."""

    breakdown = models.CharField(_("breakdown"), max_length=14, choices=Breakdown.choices)
    framework = models.ForeignKey(Framework, models.CASCADE, null=True, blank=True, verbose_name=_("framework"))
    objective = models.ForeignKey(Objective, models.CASCADE, null=True, blank=True, verbose_name=_("objective"))
    sector = models.ForeignKey(Sector, models.PROTECT, null=True, blank=True, verbose_name=_("sector"))
    country = models.ForeignKey(Country, models.PROTECT, null=True, blank=True, verbose_name=_("country"))
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, verbose_name=_("project"))
    amount_usd = USDField(_("amount (USD)"), help_text=_("US dollars, at least 0."))
    is_priority = models.BooleanField(_("priority"), default=False, help_text=_("Marked as a priority in the plan."))

    row_key_fields = (
        "breakdown",
        "framework__code",
        "objective__number",
        "sector__taxonomy__code",
        "sector__code",
        "country__iso3",
        "project__code",
    )

    class Meta(RevisionRow.Meta):
        verbose_name = _("funding request")
        verbose_name_plural = _("funding requests")
        default_related_name = "funding_requests"
        ordering: ClassVar = ["breakdown", "order", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_one_target(),
                name="funding_request_one_target",
                violation_error_message=_("Name exactly one target, the one that the breakdown says."),
            ),
            models.CheckConstraint(
                condition=Q(amount_usd__gte=0),
                name="funding_request_amount_not_negative",
                violation_error_message=_("The amount asked for must not be negative."),
            ),
            *(
                models.UniqueConstraint(
                    fields=["revision", target],
                    condition=Q(**{f"{target}__isnull": False}),
                    name=f"funding_request_once_per_{target}",
                    violation_error_message=message,
                )
                for target, message in (
                    ("framework", _("This revision already asks for an amount for this framework.")),
                    ("objective", _("This revision already asks for an amount for this objective.")),
                    ("sector", _("This revision already asks for an amount for this sector.")),
                    ("country", _("This revision already asks for an amount for this country.")),
                    ("project", _("This revision already asks for an amount for this project.")),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_breakdown_display()}: {self.target}"

    @property
    def target(self) -> Framework | Objective | Sector | Country | Project | None:
        """What the amount is for."""
        column = "sector" if self.breakdown == self.Breakdown.GLOBAL_CLUSTER else self.breakdown
        return getattr(self, column) if self.breakdown in self.Breakdown.values else None

    def clean(self) -> None:
        super().clean()
        if self.sector is None or not self.revision_id:
            return
        if self.breakdown != self.Breakdown.GLOBAL_CLUSTER:
            check_sector_fits(self.sector, self.revision)
        elif self.sector.taxonomy.kind != Taxonomy.Kind.GLOBAL_CLUSTERS:
            raise ValidationError({"sector": _("“%(sector)s” is not a global cluster.") % {"sector": self.sector}})


class RelatedPlan(RevisionRow):
    """An inter-agency plan that a funding request stands beside, and how much of the request lies inside it."""

    class Overlap(models.TextChoices):
        """Whether the money is asked for there too: added up, it would count twice."""

        NOT_STATED = "", _("Not stated")
        IDENTICAL = "identical", _("Identical: asked for in both")
        PARTLY = "partly", _("Partly inside: the amount or share given")
        COMPLEMENTARY = "complementary", _("Complementary: for the same needs, not asked for there")
        OUTSIDE = "outside", _("Outside: no part of that plan")

    funding_request = models.ForeignKey(FundingRequest, models.CASCADE, verbose_name=_("funding request"))
    plan_family = models.ForeignKey(PlanFamily, models.PROTECT, verbose_name=_("inter-agency plan"))
    related_plan = models.ForeignKey(
        Plan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("which one"),
        help_text=_("The plan itself, where CRP has it."),
    )
    overlap = models.CharField(_("overlap"), max_length=14, choices=Overlap.choices, blank=True)
    inside_usd = USDField(
        _("of it inside (USD)"), null=True, blank=True, help_text=_("US dollars of this request that lie in that plan.")
    )
    inside_percent = models.DecimalField(
        _("of it inside (%)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PERCENT_VALIDATORS,
        help_text=_("The same as a share of this request, where no amount is stated."),
    )

    row_key_fields = (
        "funding_request__breakdown",
        "funding_request__framework__code",
        "funding_request__objective__number",
        "funding_request__sector__taxonomy__code",
        "funding_request__sector__code",
        "funding_request__country__iso3",
        "funding_request__project__code",
        "plan_family__code",
    )

    class Meta(RevisionRow.Meta):
        verbose_name = _("related inter-agency plan")
        verbose_name_plural = _("related inter-agency plans")
        default_related_name = "related_plans"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["funding_request", "plan_family"],
                name="related_plan_once_per_request",
                violation_error_message=_("This funding request already names this inter-agency plan."),
            ),
            models.CheckConstraint(
                condition=not_negative("inside_usd") & between("inside_percent", 0, 100),
                name="related_plan_inside_within_bounds",
                violation_error_message=_("What lies inside is an amount of at least 0, or a share of 0 to 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(overlap="partly", inside_usd__isnull=False, inside_percent__isnull=True)
                | Q(overlap="partly", inside_usd__isnull=True, inside_percent__isnull=False)
                | (~Q(overlap="partly") & Q(inside_usd__isnull=True, inside_percent__isnull=True)),
                name="related_plan_part_has_size",
                violation_error_message=_("“Partly inside” needs an amount or a share; the others have neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.plan_family.code


class RequestShare(RevisionRow):
    """The share of a funding request that falls on one objective, as the plan states it."""

    funding_request = models.ForeignKey(FundingRequest, models.CASCADE, verbose_name=_("funding request"))
    objective = models.ForeignKey(Objective, models.CASCADE, verbose_name=_("objective"))
    share_percent = models.DecimalField(
        _("share (%)"),
        max_digits=5,
        decimal_places=2,
        validators=PERCENT_VALIDATORS,
        help_text=_("Percent as printed, often rounded."),
    )
    amount_usd = USDField(
        _("amount (USD)"), null=True, blank=True, help_text=_("US dollars, where known. Empty: only the share is.")
    )

    row_key_fields = (
        "funding_request__framework__code",
        "funding_request__sector__taxonomy__code",
        "funding_request__sector__code",
        "funding_request__project__code",
        "objective__number",
    )

    class Meta(RevisionRow.Meta):
        verbose_name = _("share by objective")
        verbose_name_plural = _("shares by objective")
        default_related_name = "request_shares"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["funding_request", "objective"],
                name="request_share_once_per_objective",
                violation_error_message=_("This funding request already states a share for this objective."),
            ),
            models.CheckConstraint(
                condition=between("share_percent", 0, 100),
                name="request_share_within_0_100",
                violation_error_message=_("A share is a percentage between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=not_negative("amount_usd"),
                name="request_share_amount_not_negative",
                violation_error_message=_("Amounts must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.objective.number}: {self.share_percent} %"
