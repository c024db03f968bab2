"""The rows of a revision, and those that money and people hang on: frameworks, objectives, outcomes."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel, between, not_negative
from crp.common.money import USDField
from sectors.models import Taxonomy

from .plans import Revision
from .reference import (
    PlanFamily,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)

PERCENT_VALIDATORS = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


class RevisionRow(NaturalKeyModel):
    """A row of one revision.

    A revision's tree is every model that inherits from this one, in whichever app: copying a revision and resolving
    its citations need no list of them. ``row_key_fields`` name the row within its revision, in a way that stays the
    same from one revision to the next: citations and differences are told by it.
    """

    revision = models.ForeignKey(Revision, models.CASCADE, verbose_name=_("revision"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    row_key_fields: ClassVar[tuple[str, ...]]
    translated_fields: ClassVar[tuple[str, ...]] = ()
    """Its texts that pages show in the reader's language, where somebody has translated them."""
    named_after: ClassVar[str] = ""
    """The column with the entry of a list that its first text may repeat word by word: that is translated already."""

    class Meta:
        abstract = True
        ordering: ClassVar = ["order", "pk"]

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "row_key_fields" in cls.__dict__:
            cls.natural_key_fields = ("revision__plan__code", "revision__number", *cls.row_key_fields)

    @property
    def row_key(self) -> str:
        """The row's name within its revision, such as ``objective:1``."""
        parts = [str(part) for part in self.natural_key()[2:] if part not in (None, "")]
        return ":".join([str(self._meta.model_name), *parts])

    def clean(self) -> None:
        """Refuse a link to a row of another revision."""
        super().clean()
        for field in self._meta.concrete_fields:
            model = field.related_model
            if isinstance(model, type) and issubclass(model, RevisionRow):
                other = getattr(self, field.name) if getattr(self, field.attname) else None
                if other is not None and other.revision_id != self.revision_id:
                    raise ValidationError(
                        {field.name: _("This belongs to another revision: choose one of the same revision.")}
                    )


class Framework(RevisionRow):
    """A family of appeals that part of the plan's money is asked under, with the totals printed for it."""

    code = models.CharField(
        _("code"),
        max_length=30,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", _("Capitals and digits, joined by hyphens."))],
    )
    name = models.CharField(_("name"), max_length=200, help_text=_("As printed."))
    plan_family = models.ForeignKey(PlanFamily, models.PROTECT, null=True, blank=True, verbose_name=_("plan family"))
    taxonomy = models.ForeignKey(
        Taxonomy,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("sector taxonomy"),
        help_text=_("Where its projects use another list of sectors than the revision."),
    )
    stated_received_usd = USDField(
        _("received, as stated (USD)"), null=True, blank=True, help_text=_("US dollars. Empty: not stated.")
    )
    stated_percent_funded = models.DecimalField(
        _("percentage funded, as printed"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Percent. Kept to be compared; the percentage shown is always computed."),
    )

    row_key_fields = ("code",)
    translated_fields = ("name",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("framework")
        verbose_name_plural = _("frameworks")
        default_related_name = "frameworks"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "code"],
                name="framework_code_once_per_revision",
                violation_error_message=_("This revision already has a framework with this code."),
            ),
            models.CheckConstraint(
                condition=not_negative("stated_received_usd", "stated_percent_funded"),
                name="framework_amounts_not_negative",
                violation_error_message=_("Amounts must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Objective(RevisionRow):
    """A strategic objective as the plan states it."""

    number = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1)])
    title = models.CharField(_("title"), max_length=200)
    strategic_objective = models.ForeignKey(
        StrategicObjective, models.PROTECT, null=True, blank=True, verbose_name=_("strategic objective")
    )
    people_targeted = models.PositiveBigIntegerField(
        _("people targeted"), null=True, blank=True, help_text=_("Persons, as stated. Empty: not reported.")
    )
    entities_targeted = models.PositiveIntegerField(
        _("entities targeted"), null=True, blank=True, help_text=_("Institutions, as stated. Empty: not reported.")
    )
    stated_percent_funded = models.DecimalField(
        _("percentage confirmed, as printed"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Percent. Kept to be compared; the percentage shown is always computed."),
    )

    row_key_fields = ("number",)
    translated_fields = ("title",)
    named_after = "strategic_objective"

    class Meta(RevisionRow.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")
        default_related_name = "objectives"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "number"],
                name="objective_number_once_per_revision",
                violation_error_message=_("This revision already has an objective with this number."),
            ),
            models.CheckConstraint(
                condition=not_negative("stated_percent_funded"),
                name="objective_percent_not_negative",
                violation_error_message=_("A percentage must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class ObjectiveTargetGroup(RevisionRow):
    """A primary target group of an objective."""

    objective = models.ForeignKey(Objective, models.CASCADE, verbose_name=_("objective"))
    target_group = models.ForeignKey(TargetGroup, models.PROTECT, verbose_name=_("target group"))

    row_key_fields = ("objective__number", "target_group__code")

    class Meta(RevisionRow.Meta):
        verbose_name = _("primary target group")
        verbose_name_plural = _("primary target groups")
        default_related_name = "target_groups"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["objective", "target_group"],
                name="target_group_once_per_objective",
                violation_error_message=_("This objective already names this target group."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.target_group)


class Outcome(RevisionRow):
    """The share of an objective's requirement that goes to one long-term outcome."""

    objective = models.ForeignKey(Objective, models.CASCADE, verbose_name=_("objective"))
    code = models.SlugField(_("code"), max_length=10, help_text=_("Names the outcome within the plan, such as 1a."))
    name = models.CharField(_("name"), max_length=250)
    strategic_outcome = models.ForeignKey(
        StrategicOutcome, models.PROTECT, null=True, blank=True, verbose_name=_("strategic outcome")
    )
    share_percent = models.DecimalField(
        _("share (%)"),
        max_digits=5,
        decimal_places=2,
        validators=PERCENT_VALIDATORS,
        help_text=_("Percent of the objective's requirement; the shares of an objective add to 100."),
    )

    row_key_fields = ("code",)
    translated_fields = ("name",)
    named_after = "strategic_outcome"

    class Meta(RevisionRow.Meta):
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        default_related_name = "outcomes"
        ordering: ClassVar = ["objective", "order", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "code"],
                name="outcome_code_once_per_revision",
                violation_error_message=_("This revision already has an outcome with this code."),
            ),
            models.CheckConstraint(
                condition=between("share_percent", 0, 100),
                name="outcome_share_within_0_100",
                violation_error_message=_("A share is a percentage between 0 and 100."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
