"""The rows of a revision that tell: text, risk, ways of working, presence."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crp.common.models import not_negative

from .reference import CrossCuttingPriority, OperatingModality
from .rows import Objective, RevisionRow


class Narrative(RevisionRow):
    """A passage of the plan's text."""

    class Section(models.TextChoices):
        VISION = "vision", _("Vision")
        CONTEXT = "context", _("Context analysis")
        NEEDS = "needs", _("Introduction and needs")
        COORDINATION = "coordination", _("Coordination")
        CAPACITY = "capacity", _("IOM capacity")
        PROTECTION = "protection", _("Protection and inclusion")
        GOVERNMENT = "government", _("Support to the Government")
        LOCALIZATION = "localization", _("Localization")
        OBJECTIVE = "objective", _("Objective")
        SECTOR = "sector", _("Sector")
        OTHER = "other", _("Other")

    section = models.CharField(_("section"), max_length=15, choices=Section.choices)
    objective = models.ForeignKey(
        Objective,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("objective"),
        help_text=_("Only for the text of an objective."),
    )
    language = models.CharField(
        _("language"), max_length=5, default="en", help_text=_("Of the text, such as en or fr.")
    )
    heading = models.CharField(_("heading"), max_length=200, blank=True)
    body = models.TextField(
        _("text"), help_text=_("Markdown: an empty line starts a paragraph, **bold**, *italic*, lists, links.")
    )

    row_key_fields = ("section", "order")
    translated_fields = ("heading", "body")

    class Meta(RevisionRow.Meta):
        verbose_name = _("narrative")
        verbose_name_plural = _("narratives")
        default_related_name = "narratives"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "section", "order"],
                name="narrative_order_once_per_section",
                violation_error_message=_("Two passages of a section need two order numbers."),
            ),
            models.CheckConstraint(
                condition=Q(section="objective", objective__isnull=False)
                | (~Q(section="objective") & Q(objective__isnull=True)),
                name="narrative_objective_matches_section",
                violation_error_message=_("Name the objective for the text of an objective, and only there."),
            ),
        ]

    def __str__(self) -> str:
        return self.heading or self.get_section_display()


class RiskIndicator(RevisionRow):
    """An index of risk or fragility as the plan cites it: a value, or a rank, and a level in words."""

    class Indicator(models.TextChoices):
        INFORM_RISK = "inform_risk", _("INFORM Risk")
        INFORM_SEVERITY = "inform_severity", _("INFORM Severity")
        HDI_RANK = "hdi_rank", _("Human Development Index")
        FRAGILITY = "fragility", _("State of Fragility")

    class Level(models.TextChoices):
        VERY_LOW = "very_low", _("Very low")
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")
        VERY_HIGH = "very_high", _("Very high")

    indicator = models.CharField(_("indicator"), max_length=20, choices=Indicator.choices)
    value = models.DecimalField(
        _("value"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("INFORM Risk 0-10, Severity 0-5."),
    )
    rank = models.PositiveSmallIntegerField(_("rank"), null=True, blank=True)
    rank_of = models.PositiveSmallIntegerField(_("out of"), null=True, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=Level.choices, blank=True, help_text=_("As printed."))

    row_key_fields = ("indicator",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("risk indicator")
        verbose_name_plural = _("risk indicators")
        default_related_name = "risk_indicators"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "indicator"],
                name="risk_indicator_once_per_revision",
                violation_error_message=_("This revision already has this indicator."),
            ),
            models.CheckConstraint(
                # Not null is said on its own: a comparison with NULL is no refusal in SQL.
                condition=Q(rank__isnull=True, rank_of__isnull=True)
                | Q(rank__isnull=False, rank_of__isnull=False, rank__gte=1, rank_of__gte=models.F("rank")),
                name="risk_indicator_rank_within",
                violation_error_message=_("A rank runs from 1 to the number of countries ranked: give both."),
            ),
            models.CheckConstraint(
                condition=not_negative("value"),
                name="risk_indicator_value_not_negative",
                violation_error_message=_("The value of an index must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_indicator_display()


class Modality(RevisionRow):
    """A key operating modality that the plan names."""

    modality = models.ForeignKey(OperatingModality, models.PROTECT, verbose_name=_("modality"))

    row_key_fields = ("modality__code",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("key operating modality of a revision")
        verbose_name_plural = _("key operating modalities of a revision")
        default_related_name = "modalities"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "modality"],
                name="modality_once_per_revision",
                violation_error_message=_("This revision already names this modality."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.modality)


class Priority(RevisionRow):
    """A cross-cutting priority that the plan names."""

    priority = models.ForeignKey(CrossCuttingPriority, models.PROTECT, verbose_name=_("priority"))

    row_key_fields = ("priority__code",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("cross-cutting priority of a revision")
        verbose_name_plural = _("cross-cutting priorities of a revision")
        default_related_name = "priorities"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "priority"],
                name="priority_once_per_revision",
                violation_error_message=_("This revision already names this priority."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.priority)


class Presence(RevisionRow):
    """IOM's staff and offices in the country, as the plan states them."""

    international_staff = models.PositiveIntegerField(
        _("international staff"), null=True, blank=True, help_text=_("Persons. Empty: not reported.")
    )
    national_staff = models.PositiveIntegerField(
        _("national staff"), null=True, blank=True, help_text=_("Persons. Empty: not reported.")
    )
    field_offices = models.PositiveSmallIntegerField(
        _("field offices"), null=True, blank=True, help_text=_("Number as stated. Empty: not reported.")
    )
    as_of_month = models.DateField(
        _("as of (month)"), null=True, blank=True, help_text=_("Its first day stands for the month.")
    )

    row_key_fields = ()

    class Meta(RevisionRow.Meta):
        verbose_name = _("operational presence")
        verbose_name_plural = _("operational presence")
        default_related_name = "presences"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision"],
                name="presence_once_per_revision",
                violation_error_message=_("This revision already states its presence."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}: {self.revision}"


class Office(RevisionRow):
    """A place where IOM has an office, as the plan names it."""

    class Kind(models.TextChoices):
        MAIN = "main", _("Main office")
        FIELD = "field", _("Field office")

    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    place = models.CharField(_("place"), max_length=100)

    row_key_fields = ("place",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        default_related_name = "offices"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "place"],
                name="office_once_per_revision",
                violation_error_message=_("This revision already names an office there."),
            ),
        ]

    def __str__(self) -> str:
        return self.place


class Achievement(RevisionRow):
    """Something the mission reports to have done."""

    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=5, default="en")

    row_key_fields = ("order",)
    translated_fields = ("text",)

    class Meta(RevisionRow.Meta):
        verbose_name = _("achievement")
        verbose_name_plural = _("achievements")
        default_related_name = "achievements"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "order"],
                name="achievement_order_once_per_revision",
                violation_error_message=_("Two achievements need two order numbers."),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
