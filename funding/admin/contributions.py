"""Money given to plans."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import FixedCodeAdmin, show_number
from crp.common.admin.fields import SuggestingInput
from crp.common.admin.forms import WholeRowForm
from crp.common.admin.site import IndexGroup
from funding.models import Contribution
from plans.models import Plan, Revision


class ContributionForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "contribution_original_amount_with_currency": "original_currency",
        "contribution_rate_needs_original_amount": "exchange_rate",
        "contribution_one_sector_or_shared": "sector",
        "contribution_external_id_once": "external_id",
    }


@admin.register(Contribution)
class ContributionAdmin(FixedCodeAdmin):
    """Contributions belong to a plan and not to a revision of it: they can be recorded at any time."""

    index_group = IndexGroup.MONEY
    index_order = 1
    form = ContributionForm
    list_display = ("code", "plan_code", "donor_name", "status", "amount_in_usd", "decision_on", "target", "source")
    list_filter = (
        "status",
        "earmarking",
        ("plan", admin.RelatedOnlyFieldListFilter),
        ("donor__country", admin.RelatedOnlyFieldListFilter),
        ("sector", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("plan", "donor", "sector", "source")
    search_fields = ("code", "plan__code", "plan__title", "donor__name", "donor__acronym", "grant_reference", "note")
    date_hierarchy = "decision_on"
    autocomplete_fields = ("plan", "donor", "sector", "source")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (gettext_lazy("Who to whom"), {"fields": ("code", "plan", "donor", "status")}),
        (
            gettext_lazy("How much"),
            {
                "fields": (
                    "amount_usd",
                    ("original_amount", "original_currency"),
                    ("exchange_rate", "exchange_rate_on"),
                    "is_new_money",
                )
            },
        ),
        (gettext_lazy("When"), {"fields": ("decision_on",)}),
        (
            gettext_lazy("For what"),
            {
                "description": gettext_lazy(
                    "As exactly as the donor says, and no more. All empty: for the plan as a whole. Codes and numbers "
                    "are those of the plan’s current revision."
                ),
                "fields": (
                    "earmarking",
                    ("framework_code", "objective_number"),
                    ("sector", "is_shared_across_sectors"),
                    "project_code",
                ),
            },
        ),
        (
            gettext_lazy("Where it is recorded"),
            {"fields": (("source", "source_line"), "grant_reference", ("external_scheme", "external_id"), "note")},
        ),
        (gettext_lazy("Record"), {"classes": ("collapse",), "fields": ("created_at", "updated_at")}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Suggest the frameworks, objectives and projects of the plan, once it is known which one."""
        revision = self._revision(request, obj)
        if revision is not None:
            kwargs["widgets"] = {
                "framework_code": SuggestingInput(revision.frameworks.values_list("code", "name")),
                "objective_number": SuggestingInput((str(row.number), row.title) for row in revision.objectives.all()),
                "project_code": SuggestingInput(revision.projects.values_list("code", "title")),
            }
        return super().get_form(request, obj, change, **kwargs)

    def _revision(self, request: HttpRequest, obj: Contribution | None) -> Revision | None:
        given = request.GET.get("plan", "")
        plan = obj.plan if obj else Plan.objects.filter(pk=given).first() if given.isdecimal() else None
        if plan is None:
            return None
        revisions: Any = plan.revisions
        return revisions.in_force().first() or revisions.order_by("-number").first()

    @admin.display(description=gettext_lazy("plan"), ordering="plan__code")
    def plan_code(self, contribution: Contribution) -> str:
        return contribution.plan.code

    @admin.display(description=gettext_lazy("donor"), ordering="donor__name")
    def donor_name(self, contribution: Contribution) -> str:
        return str(contribution.donor) if contribution.donor else _("not named")

    @admin.display(description=gettext_lazy("amount (USD)"), ordering="amount_usd")
    def amount_in_usd(self, contribution: Contribution) -> SafeString:
        return show_number(contribution.amount_usd)

    @admin.display(description=gettext_lazy("for"))
    def target(self, contribution: Contribution) -> str:
        """Tell what the money is for, as far as that is known."""
        parts = [contribution.framework_code]
        if contribution.objective_number:
            parts.append(_("objective %(number)s") % {"number": contribution.objective_number})
        parts.append(str(contribution.sector) if contribution.sector else "")
        parts.append(_("several sectors") if contribution.is_shared_across_sectors else "")
        parts.append(contribution.project_code)
        return ", ".join(filter(None, parts)) or _("not specified")
