"""Plans, with the figures of what is published of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import DecimalField, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import BaseAdmin, BaseTabular, UnknownLast, show_number, show_percent
from crp.common.admin.forms import WholeRowForm
from crp.common.admin.rights import right
from crp.common.admin.site import IndexGroup
from funding.models import Contribution, ReportedFunding
from funding.rollups import with_figures
from plans.models import Plan, PlanIdentifier, Revision
from plans.querysets import plans_within, seen_plans
from plans.services import start_revision

from .filters import ReportedFilter, StatusFilter, YearFilter
from .steps import FirstReasonForm, take_step

USD = DecimalField(max_digits=15, decimal_places=2)
OFFERED_TO: dict[str, Any] = {
    model._meta.model_name or "": model for model in (Revision, Contribution, ReportedFunding)
}
"""The forms on which a plan is chosen, and that ask for a right in its countries."""


def address_of(obj: Any, page: str = "change") -> str:
    """Return the address of an object's page in the admin."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[quote(obj.pk)])


def add_address(model: type, **given: Any) -> str:
    """Return the address of an empty form, with some of its fields filled in."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add", query=given)  # type: ignore[attr-defined]


class PlanForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "plan_years_in_order": "end_year",
        "plan_days_in_order": "end_on",
        "plan_totals_year_within_period": "totals_year",
    }

    def judge_right(self) -> None:
        """Refuse countries where this person may not write plans."""
        name = right(self.instance._meta, "add" if self.instance._state.adding else "change")
        chosen = {country.pk for country in self.cleaned_data.get("countries", ())}
        if "countries" in self.fields and not self.saved_by.reach(name).covers(chosen):
            self.add_error("countries", self.saved_by.explain_missing_in(name, chosen))


class IdentifierInline(BaseTabular):
    model = PlanIdentifier
    is_open = False
    fields = ("scheme", "value")


@admin.register(Plan)
class PlanAdmin(BaseAdmin):
    """The plans. What they say stands in their revisions, one click away."""

    index_group = IndexGroup.PLANS
    index_order = 1
    is_limited = True
    form = PlanForm
    change_form_template = "admin/crp/plan_form.html"
    list_display = (
        "code",
        "title",
        "countries_covered",
        "period_covered",
        "current_status",
        "requested_usd",
        "received_usd",
        "percent_funded",
        "gap_usd",
    )
    list_display_links = ("code", "title")
    list_filter = (
        StatusFilter,
        ReportedFilter,
        "kind",
        YearFilter,
        ("countries", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("code", "title", "countries__name", "countries__name_fr", "countries__iso3")
    search_help_text = gettext_lazy("Code, title, or country: its English or French name, or its ISO3 code.")
    autocomplete_fields = ("countries",)
    inlines = (IdentifierInline,)
    fieldsets = (
        (None, {"fields": ("code", "title", "kind")}),
        (
            gettext_lazy("Where and when"),
            {"fields": ("countries", ("start_year", "end_year"), ("start_on", "end_on"), "totals_year")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        user: Any = request.user
        seen = Revision.objects.open().seen_by(user.reach("plans.view_revision"))
        drafts = Prefetch("revisions", queryset=seen, to_attr="open_revisions")
        plans = Plan.objects.with_current().filter(seen_plans(user.reach("plans.view_plan")))
        return with_figures(plans).prefetch_related("countries", drafts)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet, bool]:
        """Offer a form the plans for which this person may send it."""
        model = OFFERED_TO.get(request.GET.get("model_name", ""))
        if model is not None and request.GET.get("field_name") == "plan":
            user: Any = request.user
            queryset = queryset.filter(plans_within(user.reach(right(model._meta, "add"))))
        return super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A plan that readers have seen stays."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.revisions.public().exists())

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        """Fix the code once readers have seen it."""
        published = obj is not None and obj.revisions.exclude(status__in=Revision.OPEN).exists()
        return ("code",) if published else ()

    def view_on_site(self, plan: Plan) -> str | None:  # type: ignore[override]
        """Return the public page of a plan that has one."""
        return plan.get_absolute_url() if plan.revisions.in_force().exists() else None

    @admin.display(description=gettext_lazy("countries"))
    def countries_covered(self, plan: Plan) -> str:
        return ", ".join(country.label for country in plan.countries.all())

    @admin.display(description=gettext_lazy("period"), ordering="start_year")
    def period_covered(self, plan: Plan) -> str:
        return plan.period

    @admin.display(description=gettext_lazy("status"), ordering="current__number")
    def current_status(self, plan: Any) -> SafeString:
        """Tell which revision readers see, and lead to the draft that somebody works on."""
        status = (
            format_html('<span class="crp-not-reported">{}</span>', _("never published"))
            if plan.current is None
            else format_html("{}", _("Published r%(number)s") % {"number": plan.current.number})
        )
        if not plan.open_revisions:
            return status
        draft = plan.open_revisions[0]
        label = _("Draft r%(number)s") % {"number": draft.number}
        return format_html('{} <a class="crp-draft" href="{}">{}</a>', status, address_of(draft), label)

    @admin.display(description=gettext_lazy("requested (USD)"), ordering=UnknownLast("requested_usd", USD))
    def requested_usd(self, plan: Any) -> SafeString:
        return show_number(plan.requested_usd)

    @admin.display(description=gettext_lazy("received (USD)"), ordering=UnknownLast("received_usd", USD))
    def received_usd(self, plan: Any) -> SafeString:
        return show_number(plan.received_usd)

    @admin.display(description=gettext_lazy("funded"), ordering=UnknownLast("percent_funded", USD))
    def percent_funded(self, plan: Any) -> SafeString | str:
        if plan.received_usd is not None and plan.requested_usd == Decimal(0):
            return format_html('<span class="crp-not-reported">{}</span>', _("not defined"))
        return show_percent(plan.percent_funded)

    @admin.display(description=gettext_lazy("gap (USD)"), ordering=UnknownLast("gap_usd", USD))
    def gap_usd(self, plan: Any) -> SafeString:
        return show_number(plan.gap_usd)

    def get_urls(self) -> list[URLPattern]:
        step = self.admin_site.admin_view(self.start_revision_view)
        return [path("<path:object_id>/start-revision/", step, name="plans_plan_start_revision"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        plan = kwargs.get("obj")
        if plan is not None:
            user: Any = request.user
            context |= revision_links(request, plan) | {
                "revisions": plan.revisions.seen_by(user.reach("plans.view_revision")).order_by("-number"),
                "contributions_url": contributions_url(request, plan),
                "contribution_count": plan.contributions.count(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Plan, post_url_continue: str | None = None) -> HttpResponse:
        """Lead from a new plan to its first revision: without one it says nothing yet."""
        if "_save" in request.POST and "_popup" not in request.POST:
            self.message_user(request, _("The plan is saved. Now start its first revision."), messages.SUCCESS)
            return redirect(address_of(obj))
        return super().response_add(request, obj, post_url_continue)

    def start_revision_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then copy what is published into a new draft and open that."""
        plan = Plan.objects.filter(pk=unquote(object_id)).first() if object_id.isdecimal() else None
        if plan is None:
            return self.tell_missing(request, object_id)
        request.user.require("plans.change_revision", plan)  # type: ignore[union-attr]
        form = FirstReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            draft = take_step(form, lambda: start_revision(plan=plan, by=request.user, reason=reason))  # type: ignore[arg-type]
            if draft is not None:
                self.log_change(request, plan, _("Started revision %(number)s.") % {"number": draft.number})
                self.log_addition(request, draft, _("Started from the published revision."))
                self.message_user(
                    request,
                    _("Revision %(number)s is a draft: readers see nothing of it until you publish it.")
                    % {"number": draft.number},
                    messages.SUCCESS,
                )
                return redirect(address_of(draft))
        context = {
            **self.admin_site.each_context(request),
            **revision_links(request, plan),
            "title": _("Start a revision of %(plan)s") % {"plan": plan.code},
            "opts": self.opts,
            "original": plan,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/crp/start_revision.html", context)


def contributions_url(request: HttpRequest, plan: Plan) -> str:
    """Return the address of the list of a plan's contributions; empty where this person may not see them."""
    if not (request.user.has_perm("funding.view_contribution") or request.user.has_perm("funding.change_contribution")):
        return ""
    return reverse("admin:funding_contribution_changelist", query={"plan__id__exact": plan.pk})


def revision_links(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """Return what this person can do next with a plan's revisions; each is empty where they can't. Queries: 2."""
    draft = plan.revisions.open().first()
    current = plan.revisions.in_force().first()
    may_start = request.user.has_perm("plans.change_revision", plan)
    may_add = request.user.has_perm("plans.add_revision", plan)
    may_see = draft is not None and request.user.has_perm("plans.view_revision", draft)
    return {
        "draft": draft,
        "draft_url": address_of(draft) if draft and may_see else "",
        "current": current,
        "current_url": address_of(current) if current else "",
        "start_url": address_of(plan, "start_revision") if current and not draft and may_start else "",
        "first_url": add_address(Revision, plan=plan.pk) if not current and not draft and may_add else "",
    }
