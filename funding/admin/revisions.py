"""The page on which a plan is written: a revision with its rows, its checks and its publication."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import DecimalField, QuerySet
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import UnknownLast, show_number
from crp.common.admin.rights import right
from crp.common.admin.site import IndexGroup
from funding.checks import check_revision
from funding.models import Contribution, FundingRequest, Project
from funding.rollups import figures_of, requested_of, sums_by_breakdown, with_figures
from plans.admin import inlines as rows
from plans.admin.rows import OpenOnlyAdmin
from plans.models import Citation, Plan, Revision

from .filters import OpenFilter
from .plans import add_address, address_of, revision_links
from .requests import (
    ClusterAmountInline,
    CountryAmountInline,
    FrameworkAmountInline,
    ObjectiveAmountInline,
    SectorAmountInline,
)
from .revision_form import RevisionForm, live_data, sections_of
from .steps import checks_context
from .translations import TranslationPages, translate_address
from .workflow import WorkflowPages, next_step

USD = DecimalField(max_digits=15, decimal_places=2)
STATED = "stated_requested_usd"


@admin.register(Revision)
class RevisionAdmin(WorkflowPages, TranslationPages, OpenOnlyAdmin):
    """A revision is edited here while it is a draft, and looked at for ever after."""

    index_group = IndexGroup.PLANS
    index_order = 2
    is_limited = True
    form = RevisionForm
    change_form_template = "admin/crp/revision_form.html"
    list_display = ("name", "title", "status", "document_on", "published_on", "total_usd", "created_by")
    list_filter = (OpenFilter, "status", "plan__kind", ("plan__countries", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("plan", "created_by")
    search_fields = ("plan__code", "plan__title", "plan__countries__name", "plan__countries__name_fr", "reason")
    date_hierarchy = "document_on"
    autocomplete_fields = ("plan",)
    readonly_fields = ("number", "status", "created_at", "created_by", "published_at", "published_by", "superseded_at")
    inlines = (
        rows.ObjectiveInline,
        rows.OutcomeInline,
        ObjectiveAmountInline,
        SectorAmountInline,
        rows.FrameworkInline,
        FrameworkAmountInline,
        ClusterAmountInline,
        CountryAmountInline,
        rows.TargetGroupInline,
        rows.RiskIndicatorInline,
        rows.PresenceInline,
        rows.OfficeInline,
        rows.NarrativeInline,
        rows.AchievementInline,
        rows.ModalityInline,
        rows.PriorityInline,
    )
    fieldsets = (
        (
            gettext_lazy("Document and dates"),
            {"fields": ("plan", ("number", "status"), "taxonomy", ("document_on", "funding_updated_on"))},
        ),
        (
            gettext_lazy("Headline figures, in US dollars"),
            {"fields": (STATED, ("stated_received_usd", "reports_funding"))},
        ),
        (
            gettext_lazy("People and entities"),
            {"fields": (("people_in_need", "people_targeted"), "entities_targeted")},
        ),
        (gettext_lazy("Reason"), {"fields": ("reason",)}),
        (
            gettext_lazy("Record"),
            {
                "classes": ("collapse",),
                "fields": (("created_at", "created_by"), ("published_at", "published_by"), "superseded_at"),
            },
        ),
    )

    @property
    def media(self) -> Media:
        names = ("sections", "totals", "preview")
        return super().media + Media(js=[Script(f"admin-crp/{name}.js", defer=True) for name in names])  # type: ignore[misc]

    def get_readonly_fields(self, request: HttpRequest, obj: Revision | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else ("plan", *fields)

    def get_inlines(self, request: HttpRequest, obj: Revision | None) -> Any:
        """Rows choose from the revision that they belong to: it has to be there first."""
        return () if obj is None else super().get_inlines(request, obj)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet, bool]:
        """Offer a new citation the open revisions only."""
        if request.GET.get("model_name") == "citation":
            queryset = queryset.open()
        return super().get_search_results(request, queryset, search_term)

    def response_add(self, request: HttpRequest, obj: Revision, post_url_continue: str | None = None) -> HttpResponse:
        """Lead on to the rows, which need the revision to be there."""
        self.message_user(request, _("The draft is saved. Now add objectives, amounts and texts."), messages.SUCCESS)
        return redirect(address_of(obj))

    def save_model(self, request: HttpRequest, obj: Revision, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def view_on_site(self, revision: Revision) -> str | None:  # type: ignore[override]
        """Return the public page of the plan, where this is the revision that it shows."""
        return revision.plan.get_absolute_url() if revision.status == Revision.Status.PUBLISHED else None

    @admin.display(description=gettext_lazy("revision"), ordering=("plan__code"))
    def name(self, revision: Revision) -> str:
        return str(revision)

    @admin.display(description=gettext_lazy("title"), ordering="plan__title")
    def title(self, revision: Revision) -> str:
        return revision.plan.title

    @admin.display(description=gettext_lazy("published"), ordering="published_at", empty_value="–")
    def published_on(self, revision: Revision) -> Any:
        return revision.published_at.date() if revision.published_at else None

    @admin.display(description=gettext_lazy("total (USD)"), ordering=UnknownLast("requested_usd", USD))
    def total_usd(self, revision: Revision) -> SafeString | str:
        """Show what publication fixed; a draft shows what it states so far, its sum stands on its own page."""
        if revision.is_open and revision.stated_requested_usd is None:
            return "–"
        return show_number(revision.stated_requested_usd if revision.is_open else revision.requested_usd)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        """Leave out the drafts of countries that are none of this person's."""
        user: Any = request.user
        return super().get_queryset(request).seen_by(user.reach("plans.view_revision"))  # type: ignore[attr-defined]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        revision = kwargs.get("obj")
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if revision is not None:
            # The form may hold values that were refused: the panel speaks of what is saved.
            saved = Revision.objects.select_related("plan").get(pk=revision.pk)
            context |= self._panel(request, saved)
            for formset in context["inline_admin_formsets"]:
                if breakdown := getattr(formset.opts, "breakdown", None):
                    formset.opts.total_usd = context["sums"].get(breakdown)
            context["sections"] = sections_of(context)
            if self.has_change_permission(request, revision):
                context["live_data"] = live_data(saved)
        return super().render_change_form(request, context, *args, **kwargs)

    def _panel(self, request: HttpRequest, revision: Revision) -> dict[str, Any]:
        """Return what stands above the form. Queries: a number that doesn't depend on how many rows there are."""
        sums = sums_by_breakdown(revision)
        plan: Any = with_figures(Plan.objects.with_current().filter(pk=revision.plan_id)).get()
        of_revision = {"revision__id__exact": revision.pk}
        may_change = self.has_change_permission(request, revision)
        return {
            **revision_links(request, revision.plan),
            **checks_context(check_revision(revision)),
            "saved": revision,
            "sums": {breakdown: show_number(total) for breakdown, total in sums.items()},
            "plan_url": address_of(revision.plan),
            "translate_url": translate_address(request, revision),
            "total_usd": show_number(requested_of(revision)),
            "next_step": next_step(request.user, revision),
            "linked_lists": [
                linked_list(
                    request,
                    Project,
                    of_revision,
                    revision.projects.count(),
                    amount=sums.get(FundingRequest.Breakdown.PROJECT),
                    add={"revision": revision.pk} if may_change else None,
                ),
                linked_list(
                    request,
                    Contribution,
                    {"plan__id__exact": plan.pk},
                    plan.contributions.count(),
                    amount=figures_of(plan).received_usd,
                    amount_is=_("received") if plan.official_usd is None else _("received: an official total"),
                    add={"plan": plan.pk},
                    over=plan,
                ),
                linked_list(
                    request,
                    Citation,
                    of_revision,
                    revision.citations.count(),
                    add={"revision": revision.pk} if may_change else None,
                ),
            ],
        }

    def response_change(self, request: HttpRequest, obj: Revision) -> HttpResponse:
        """Stay on the page: what the checks say now is what one saves for."""
        if "_save" not in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, _("Saved. The checks above speak of what is saved now."), messages.SUCCESS)
        return redirect(address_of(obj))


def linked_list(
    request: HttpRequest,
    model: type,
    of: dict[str, int],
    count: int,
    *,
    amount: Any = None,
    amount_is: str = "",
    add: dict[str, int] | None = None,
    over: Any = None,
) -> dict[str, Any]:
    """Return what the panel says of rows that have a list of their own."""
    meta = model._meta  # type: ignore[attr-defined]
    return {
        "model": meta.model_name,
        "name": meta.verbose_name_plural,
        "add_name": meta.verbose_name,
        "count": count,
        "amount": None if amount is None else show_number(amount),
        "amount_is": amount_is,
        "url": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", query=of),
        "add_url": add_address(model, **add) if add and request.user.has_perm(right(meta, "add"), over) else "",
    }
