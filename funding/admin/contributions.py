"""Money given to plans: the list, and the form that records it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.forms import Media, Select
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import BaseTabular, FixedCodeAdmin, show_number
from crp.common.admin.fields import OfferedChoiceField, SuggestingInput
from crp.common.admin.rights import tell_missing_right
from crp.common.admin.site import IndexGroup
from funding.models import Contribution, StatusChange
from funding.services import PlanFacts, Recorded, remove_contribution
from plans.models import Plan, Revision
from plans.querysets import seen_plans
from sectors.models import Sector

from .ledger_duplicates import DuplicatePages
from .ledger_figures import figures_by_plan, tell_uncounted, watch
from .ledger_filters import ChosenDonorFilter, ChosenPlanFilter, is_number
from .ledger_form import ContributionForm, ParentSelect
from .ledger_steps import StepPages
from .plans import address_of

Flow = Contribution.Flow
Review = Contribution.Review


class StepInline(BaseTabular):
    """The steps that a contribution has taken: each is recorded by a button of its own, and never written over."""

    model = StatusChange
    verbose_name_plural = gettext_lazy("Steps so far")
    fields = ("status", "since_on", "amount_usd", "note", "recorded_at", "who")
    readonly_fields = fields
    ordering = ("pk",)
    can_delete = False

    @admin.display(description=gettext_lazy("recorded by"))
    def who(self, step: StatusChange) -> str:
        """Tell who recorded it, without a link to a page that few may open."""
        return str(step.recorded_by) if step.recorded_by else "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusChange]:
        return super().get_queryset(request).select_related("recorded_by", "contribution")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the contribution may be seen: its steps are a part of it."""
        return request.user.has_perm("funding.view_contribution", obj)


@admin.register(Contribution)
class ContributionAdmin(DuplicatePages, StepPages, FixedCodeAdmin):
    """Contributions belong to a plan and not to a revision of it: they can be recorded at any time."""

    index_group = IndexGroup.MONEY
    index_order = 1
    is_limited = True
    form = ContributionForm
    change_list_template = "admin/crp/contribution_list.html"
    change_form_template = "admin/crp/contribution_form.html"
    list_display = (
        "code",
        "plan_code",
        "donor_name",
        "status",
        "flow_shown",
        "review_shown",
        "amount_in_usd",
        "decision_on",
        "target",
    )
    list_filter = (
        "status",
        "flow",
        "review",
        "earmarking",
        ChosenPlanFilter,
        ChosenDonorFilter,
        ("donor__country", admin.RelatedOnlyFieldListFilter),
        ("sector", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("plan", "donor", "sector")
    show_full_result_count = False
    search_fields = (
        "code",
        "plan__code",
        "plan__title",
        "donor__name",
        "donor__acronym",
        "grant_reference",
        "external_id",
        "note",
    )
    date_hierarchy = "decision_on"
    autocomplete_fields = ("plan", "country", "donor", "recipient", "parent", "sector", "source")
    readonly_fields = ("amount_basis", "review", "duplicate_of", "created_at", "updated_at")
    inlines = (StepInline,)
    fieldsets = (
        (gettext_lazy("Who to whom"), {"fields": ("plan", "donor", "status")}),
        (
            gettext_lazy("How much"),
            {
                "fields": (
                    "amount_usd",
                    ("original_amount", "original_currency"),
                    ("exchange_rate", "exchange_rate_on"),
                )
            },
        ),
        (
            gettext_lazy("When and for what"),
            {
                "description": gettext_lazy(
                    "As exactly as the donor says, and no more. All empty: for the plan as a whole. Codes and numbers "
                    "are those of the plan’s current revision."
                ),
                "fields": ("decision_on", "sector", "is_shared_across_sectors", "project_code"),
            },
        ),
        (
            gettext_lazy("Where it comes from and goes to"),
            {"classes": ("collapse",), "fields": ("flow", "parent", "recipient", "country")},
        ),
        (
            gettext_lazy("What else is known of it"),
            {
                "classes": ("collapse",),
                "fields": (
                    "exchange_rate_source",
                    "earmarking",
                    ("is_new_money", "is_in_kind"),
                    ("reported_on", "usage_year"),
                    ("framework_code", "objective_number"),
                ),
            },
        ),
        (
            gettext_lazy("Where it is recorded"),
            {
                "classes": ("collapse",),
                "fields": (
                    "code",
                    ("source", "source_line"),
                    "grant_reference",
                    ("external_scheme", "external_id"),
                    "note",
                ),
            },
        ),
        (
            gettext_lazy("Record"),
            {"classes": ("collapse",), "fields": readonly_fields},
        ),
    )

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ("admin-crp/ledger.css",)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contribution]:
        """Leave out the money of plans that are not published yet, in countries that are none of this person's."""
        reach = request.user.reach("funding.view_contribution")  # type: ignore[union-attr]
        rows = super().get_queryset(request)
        return rows if reach.everywhere else rows.filter(Q(plan=None) | seen_plans(reach, "plan__"))

    # The form

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say at once where money of the plan that the address names is for others to record."""
        plan = self._plan(request, None) if request.method == "GET" else None
        if plan is not None:
            request.user.require("funding.add_contribution", plan)  # type: ignore[union-attr]
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Suggest the frameworks, objectives, projects and parents of the plan, once it is known which one."""
        plan = self._plan(request, obj)
        revision = self._revision(plan)
        if revision is not None:
            kwargs["widgets"] = {
                "framework_code": SuggestingInput(revision.frameworks.values_list("code", "name")),
                "objective_number": SuggestingInput((str(row.number), row.title) for row in revision.objectives.all()),
                "project_code": SuggestingInput(revision.projects.values_list("code", "title")),
            }
        request.plan_of_form = plan  # type: ignore[attr-defined]
        if plan is not None:
            parent = Contribution._meta.get_field("parent")
            kwargs.setdefault("widgets", {})["parent"] = ParentSelect(parent, self.admin_site, plan=plan.pk)
        kwargs["help_texts"] = {
            "status": _("How far the money has come. Each later step is recorded by a button of its own.")
            if obj is None
            else _("It changes by a step: see the buttons above, and the steps so far below.")
        }
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.is_preview = "_preview" in request.POST
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the sectors of the plan's own lists: others have sectors of the same names."""
        plan = getattr(request, "plan_of_form", None)
        if db_field.name == "sector" and plan is not None:
            taxonomies = [pk for pk in PlanFacts(plan).taxonomies if pk is not None]
            kwargs["form_class"] = OfferedChoiceField
            kwargs["offered"] = Sector.objects.filter(taxonomy__in=taxonomies)
            kwargs["widget"] = Select
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _plan(self, request: HttpRequest, obj: Contribution | None) -> Plan | None:
        given = request.POST.get("plan") or request.GET.get("plan", "")
        return obj.plan if obj else Plan.objects.filter(pk=given).first() if is_number(given) else None

    def _revision(self, plan: Plan | None) -> Revision | None:
        if plan is None:
            return None
        revisions: Any = plan.revisions
        return revisions.in_force().first() or revisions.order_by("-number").first()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fix the status once it is recorded: it changes by a step."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, "status")

    def get_fieldsets(self, request: HttpRequest, obj: Contribution | None = None) -> Any:
        """Leave out what is only known of one that is saved."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is not None else fieldsets[:-1]

    def get_inlines(self, request: HttpRequest, obj: Contribution | None) -> Any:
        return () if obj is None else super().get_inlines(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave one that is merged alone: the other one is the one to work on."""
        return super().has_change_permission(request, obj) and (obj is None or obj.review != Review.MERGED)

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        if obj.review == Review.MERGED:
            return _("%(code)s is merged with %(other)s: change that one, or undo the merge first.") % {
                "code": obj,
                "other": obj.duplicate_of,
            }
        return super().explain_read_only(request, obj)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet, bool]:
        """Offer as parents what a contribution to the plan can be money of: its own, and what comes from outside."""
        if request.GET.get("field_name") == "parent":
            queryset = queryset.exclude(review=Review.MERGED)
            given = request.GET.get("plan", "")
            if is_number(given):
                queryset = queryset.filter(Q(plan=int(given)) | Q(plan=None) | Q(flow=Flow.OUTGOING))
        return super().get_search_results(request, queryset, search_term)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj, form = kwargs.get("obj"), context["adminform"].form
        context["preview"], context["preview_changes"] = form.preview, form.preview_changes
        context["uncounted"] = tell_uncounted(form.preview.contribution) if form.preview else ""
        if obj is not None:
            saved = Contribution.objects.select_related("plan", "duplicate_of").get(pk=obj.pk)
            context |= self.links_of(request, saved)
            context["figures"] = figures_by_plan([saved.plan_id]).get(saved.plan_id or 0)
        else:
            plan = self._plan(request, None)
            context["figures"] = figures_by_plan([plan.pk]).get(plan.pk) if plan else None
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Contribution, form: Any, change: bool) -> None:
        """Save by the one way into the ledger, and tell what it did to the figures."""
        recorded, changes = watch(form.plans_touched(), lambda: form.record(obj))
        for figures in changes:
            self.message_user(request, figures.sentence, messages.INFO)
        self.tell_recorded(request, recorded)

    def tell_recorded(self, request: HttpRequest, recorded: Recorded) -> None:
        """Tell what is worth a second look, and lead to it."""
        uncounted = tell_uncounted(recorded.contribution)
        if uncounted:
            self.message_user(request, uncounted, messages.INFO)
        for warning in recorded.warnings:
            self.message_user(request, warning, messages.WARNING)
        if recorded.suspect_of is not None:
            told = _("It may repeat %(other)s and does not count until somebody decides.") % {
                "other": recorded.suspect_of
            }
            link = format_html(
                '{} <a href="{}">{}</a>', told, address_of(recorded.contribution, "duplicate"), _("Compare the two")
            )
            self.message_user(request, link, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Contribution) -> None:
        remove_contribution(contribution=obj, by=request.user)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contribution]) -> None:
        """Delete several. Raises: PermissionDenied, with the sentence, where one of them has to stay."""
        for contribution in queryset.order_by("-pk"):
            try:
                remove_contribution(contribution=contribution, by=request.user)  # type: ignore[arg-type]
            except ValidationError as refusal:
                raise PermissionDenied(f"{contribution}: {' '.join(refusal.messages)}") from refusal

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return redirect(reverse("admin:funding_contribution_change", args=[object_id]))

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the figures of the plan above its contributions, where the list is of one plan."""
        given = request.GET.get(ChosenPlanFilter.parameter_name, "")
        chosen = figures_by_plan([int(given)]).get(int(given)) if is_number(given) else None
        plan = chosen.plan if chosen and request.user.has_perm("plans.view_plan", chosen.plan) else None
        may_add = request.user.has_perm("funding.add_contribution", plan)
        context = {
            "figures": chosen if plan else None,
            "add_url": f"{reverse('admin:funding_contribution_add')}?plan={plan.pk}" if plan and may_add else "",
            "may_decide": request.user.has_perm("funding.change_contribution", plan),
            "waiting": self.number_waiting(request, plan),
        }
        if plan is not None and not may_add:
            context["read_only_because"] = tell_missing_right(request, self.opts, "add", plan)
        return super().changelist_view(request, context | (extra_context or {}))

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave out the plan where the list is of one: its figures stand above."""
        columns = super().get_list_display(request)
        if ChosenPlanFilter.parameter_name not in request.GET:
            return columns
        return [name for name in columns if name != "plan_code"]

    @admin.display(description=gettext_lazy("plan"), ordering="plan__code")
    def plan_code(self, contribution: Contribution) -> str:
        return contribution.plan.code if contribution.plan else _("outside any plan")

    @admin.display(description=gettext_lazy("donor"), ordering="donor__name")
    def donor_name(self, contribution: Contribution) -> str:
        return str(contribution.donor) if contribution.donor else _("not named")

    @admin.display(description=gettext_lazy("flow"), ordering="flow")
    def flow_shown(self, contribution: Contribution) -> str:
        return str(Flow(contribution.flow).label).partition(":")[0]

    @admin.display(description=gettext_lazy("duplicate?"), ordering="review")
    def review_shown(self, contribution: Contribution) -> SafeString | str:
        """Show a decision that is due as a link to it."""
        short = {
            Review.CLEAR: _("no"),
            Review.SUSPECTED: _("to decide"),
            Review.KEPT: _("no, kept"),
            Review.MERGED: _("merged"),
        }[Review(contribution.review)]
        if contribution.review == Review.CLEAR:
            return short
        return format_html('<a class="crp-draft" href="{}">{}</a>', address_of(contribution, "duplicate"), short)

    @admin.display(description=gettext_lazy("amount (USD)"), ordering="amount_usd")
    def amount_in_usd(self, contribution: Contribution) -> SafeString:
        return show_number(contribution.amount_usd)

    @admin.display(description=gettext_lazy("for"))
    def target(self, contribution: Contribution) -> str:
        """Tell what the money is for, as far as that is known."""
        return tell_target(contribution)


def tell_target(contribution: Contribution) -> str:
    """Return what money is for, as far as that is known."""
    parts = [contribution.framework_code]
    if contribution.objective_number:
        parts.append(_("objective %(number)s") % {"number": contribution.objective_number})
    parts.append(str(contribution.sector) if contribution.sector else "")
    parts.append(_("several sectors") if contribution.is_shared_across_sectors else "")
    parts.append(contribution.project_code)
    return ", ".join(filter(None, parts)) or _("not specified")
