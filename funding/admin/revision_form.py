"""The form of a revision: its sections, and what its live totals are made of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Max, Sum
from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.forms import WholeRowForm
from funding.models import FundingRequest, Project
from funding.rollups import TOTAL_FROM
from plans.models import Plan, Revision

Breakdown = FundingRequest.Breakdown
HUNDRED = 100


class RevisionForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "revision_received_is_reported": "reports_funding",
        "revision_one_open_per_plan": "plan",
    }

    def clean_plan(self) -> Plan:
        """Number the first revision of a plan; every other one starts as a copy of what is published."""
        plan: Plan = self.cleaned_data["plan"]
        if plan.revisions.in_force().exists():
            raise ValidationError(
                _("%(plan)s has a published revision: open the plan and use “Start a revision”, which copies it.")
                % {"plan": plan.code}
            )
        self.instance.number = (plan.revisions.aggregate(newest=Max("number"))["newest"] or 0) + 1
        return plan

    def clean_taxonomy(self) -> Any:
        """Refuse another list of sectors while projects take theirs from the old one."""
        taxonomy = self.cleaned_data["taxonomy"]
        if self.instance.pk and "taxonomy" in self.changed_data:
            lost = Project.objects.filter(
                revision=self.instance, framework__taxonomy=None, sector__isnull=False
            ).exclude(sector__taxonomy=taxonomy)
            if names := list(lost.values_list("code", flat=True)[:5]):
                raise ValidationError(
                    _("These projects have sectors of another taxonomy: %(codes)s. Change them first.")
                    % {"codes": ", ".join(names)}
                )
        return taxonomy


class Section(NamedTuple):
    """A part of the form that a person can hold in mind: its fieldsets by number, its tables by prefix."""

    slug: str
    title: Promise
    fieldsets: tuple[int, ...]
    tables: tuple[str, ...]
    linked: tuple[str, ...] = ()
    """The models whose rows have a list of their own."""


SECTIONS = (
    Section("figures", gettext_lazy("Figures"), (0, 1, 2, 3), ("risk_indicators",)),
    Section("narrative", gettext_lazy("Narrative"), (), ("narratives", "achievements", "modalities", "priorities")),
    Section(
        "objectives",
        gettext_lazy("Objectives and outcomes"),
        (),
        ("objectives", "objective_amounts", "outcomes", "target_groups"),
    ),
    Section(
        "sectors",
        gettext_lazy("Sectors"),
        (),
        ("sector_amounts", "global_cluster_amounts", "country_amounts"),
    ),
    Section(
        "frameworks",
        gettext_lazy("Frameworks and projects"),
        (),
        ("frameworks", "framework_amounts"),
        ("project", "contribution"),
    ),
    Section("presence", gettext_lazy("Presence"), (), ("presences", "offices")),
    Section("sources", gettext_lazy("Sources and record"), (4,), (), ("citation",)),
)


def sections_of(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sections of a form with what stands in each; a table that none names stands in the last."""
    fieldsets = list(context["adminform"])
    tables = {inline.formset.prefix: inline for inline in context["inline_admin_formsets"]}
    errors = context["adminform"].form.errors
    made = []
    for section in SECTIONS:
        is_last = section is SECTIONS[-1]
        own = [
            tables.pop(prefix) for prefix in (*section.tables, *(tuple(tables) if is_last else ())) if prefix in tables
        ]
        parts = [(number, fieldsets[number]) for number in section.fieldsets if number < len(fieldsets)]
        made.append(
            {
                "slug": section.slug,
                "title": section.title,
                "fieldsets": parts,
                "tables": own,
                "linked": [item for item in context.get("linked_lists", ()) if item["model"] in section.linked],
                "rows": sum(inline.formset.initial_form_count() for inline in own),
                "errors": sum(len(errors.get(name, ())) for _number, part in parts for name in names_in(part))
                + sum(inline.formset.total_error_count() for inline in own if inline.formset.is_bound),
            }
        )
    return made


def names_in(fieldset: Any) -> Iterable[str]:
    """Return the names of the fields of a fieldset, those that share a line too."""
    for name in fieldset.fields:
        yield from (name,) if isinstance(name, str) else name


TITLES = {
    Breakdown.OBJECTIVE: gettext_lazy("Sum of objectives"),
    Breakdown.SECTOR: gettext_lazy("Sum of sectors"),
    Breakdown.FRAMEWORK: gettext_lazy("Sum of frameworks"),
    Breakdown.GLOBAL_CLUSTER: gettext_lazy("Sum of global clusters"),
    Breakdown.COUNTRY: gettext_lazy("Sum of countries"),
    Breakdown.PROJECT: gettext_lazy("Sum of projects"),
}


def live_data(revision: Revision) -> dict[str, Any]:
    """Return what the live totals need beside the form: words, marks of numbers, and the projects, edited elsewhere.

    Units: amounts in cents, as text: a script that reads them as numbers would round them.
    Queries: 1.
    """
    projects = (
        revision.funding_requests.filter(breakdown=Breakdown.PROJECT)
        .values_list("project__framework")
        .annotate(total=Sum("amount_usd"))
        .order_by()
    )
    by_framework = {str(framework or ""): cents(total) for framework, total in projects}
    return {
        "point": get_format("DECIMAL_SEPARATOR"),
        "comma": get_format("THOUSAND_SEPARATOR"),
        "sums": [
            {"breakdown": breakdown, "title": str(title), "table": f"{breakdown}_amounts"}
            for breakdown, title in TITLES.items()
        ],
        "totalFrom": list(TOTAL_FROM),
        "projects": by_framework,
        "words": words(),
    }


def cents(amount: Decimal) -> str:
    """Return an amount in cents, as text."""
    return str(int(amount * HUNDRED))


def words() -> dict[str, str]:
    """Return what the live totals say; the script puts numbers in the place of names in braces."""
    return {
        "total": _("Funding required"),
        "none": _("No amount is given yet."),
        "agrees": _("agrees"),
        "more": _("{difference}: too much"),
        "less": _("{difference}: too little"),
        "basis": _("taken as the total: the document gives none"),
        "unread": _("amounts that can’t be read: {number}"),
        "shares": _("Shares of objective {objective}"),
        "projectsOf": _("Projects of {framework}"),
        "people": _("People targeted by objective"),
        "entities": _("Entities targeted by objective"),
        "overlap": _("{difference} more than the plan’s own number: objectives overlap"),
        "fewer": _("{difference} fewer than the plan’s own number"),
        "need": _("People targeted within people in need"),
        "beyond": _("{difference} more than are in need"),
        "allAgree": _("All totals agree"),
        "someDiffer": _("Totals that do not agree: {number}"),
    }
