"""The rows of a revision that are edited on its own page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.forms import Textarea
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.fields import FIGURES_AND_TEXTS, MarkdownInput, PlainTextField
from crp.common.admin.forms import RowForm, TextForm
from crp.common.numbers import write_percent
from plans.models import (
    Achievement,
    Framework,
    Modality,
    Narrative,
    Objective,
    ObjectiveTargetGroup,
    Office,
    Outcome,
    Presence,
    Priority,
    RiskIndicator,
)

from .rows import RowFormSetOfRevision, RowInline, TextInline

HUNDRED = Decimal(100)


class GuardingFormSet(RowFormSetOfRevision):
    """Rows that other rows belong to: removing one would take those along, unseen."""

    guards_parts = True


class OutcomeFormSet(RowFormSetOfRevision):
    """Outcomes, whose shares together are at most the whole of their objective."""

    def problems(self) -> Iterator[str]:
        sums: dict[Objective, Decimal] = defaultdict(Decimal)
        for form in self.rows():
            sums[form.instance.objective] += form.instance.share_percent
        for objective, total in sums.items():
            if total > HUNDRED:
                yield _("The outcome shares of objective %(number)s add to %(sum)s, more than 100 %%.") % {
                    "number": objective.number,
                    "sum": write_percent(total, None),
                }


class RiskIndicatorForm(RowForm):
    constraint_fields: ClassVar = {
        "risk_indicator_rank_within": "rank",
        "risk_indicator_value_not_negative": "value",
    }


class NarrativeForm(TextForm):
    constraint_fields: ClassVar = {"narrative_objective_matches_section": "objective"}

    class Meta:
        widgets: ClassVar = {"body": MarkdownInput}
        help_texts: ClassVar = {
            "body": gettext_lazy(
                "Markdown: an empty line starts a paragraph, **bold**, *italic*, “- ” before an item of a list, "
                "“## ” before a heading, [words](https://address) for a link."
            )
        }


class FrameworkInline(RowInline):
    model = Framework
    formset = GuardingFormSet
    is_open = False
    fields: ClassVar = (
        "code",
        "name",
        "plan_family",
        "taxonomy",
        "stated_received_usd",
        "stated_percent_funded",
        "order",
    )


class ObjectiveInline(RowInline):
    model = Objective
    formset = GuardingFormSet
    fields: ClassVar = (
        "number",
        "title",
        "strategic_objective",
        "people_targeted",
        "entities_targeted",
        "stated_percent_funded",
    )


class OutcomeInline(RowInline):
    model = Outcome
    formset = OutcomeFormSet
    fields: ClassVar = ("objective", "code", "name", "share_percent", "strategic_outcome", "order")


class TargetGroupInline(RowInline):
    model = ObjectiveTargetGroup
    is_open = False
    fields: ClassVar = ("objective", "target_group", "order")


class RiskIndicatorInline(RowInline):
    model = RiskIndicator
    form = RiskIndicatorForm
    is_open = False
    fields: ClassVar = ("indicator", "value", "rank", "rank_of", "level", "order")


class PresenceInline(RowInline):
    model = Presence
    is_open = False
    max_num = 1
    fields: ClassVar = ("international_staff", "national_staff", "field_offices", "as_of_month")


class OfficeInline(RowInline):
    model = Office
    is_open = False
    fields: ClassVar = ("place", "kind", "order")


class ModalityInline(RowInline):
    model = Modality
    is_open = False
    verbose_name = gettext_lazy("key operating modality")
    verbose_name_plural = gettext_lazy("key operating modalities")
    fields: ClassVar = ("modality", "order")


class PriorityInline(RowInline):
    model = Priority
    is_open = False
    verbose_name = gettext_lazy("cross-cutting priority")
    verbose_name_plural = gettext_lazy("cross-cutting priorities")
    fields: ClassVar = ("priority", "order")


class AchievementInline(RowInline):
    model = Achievement
    is_open = False
    fields: ClassVar = ("text", "language", "order")

    formfield_overrides = FIGURES_AND_TEXTS | {
        models.TextField: {"form_class": PlainTextField, "widget": Textarea({"rows": 3, "class": "vLargeTextField"})}
    }


class NarrativeInline(TextInline):
    model = Narrative
    form = NarrativeForm
    classes = ("crp-passages",)
    fields: ClassVar = (("section", "objective", "language", "order"), "heading", "body")
