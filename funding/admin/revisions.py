"""The page on which a plan is written: a revision with its rows, its checks and its publication."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import DecimalField, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import UnknownLast, show_number
from crp.common.admin.forms import WholeRowForm
from crp.common.admin.site import IndexGroup
from funding.checks import check_revision
from funding.models import Contribution, FundingRequest, Project
from funding.rollups import figures_of, requested_of, sums_by_breakdown, with_figures
from funding.services import publish_revision
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
from .steps import ReasonForm, checks_context, take_step

USD = DecimalField(max_digits=15, decimal_places=2)
STATED = "stated_requested_usd"


class RevisionForm(WholeRowForm):
    constraint_fields: ClassVar = {
        "revision_received_is_reported": "reports_funding",
        "revision_one_open_per_plan": "plan",
    }

    stamp = forms.CharField(widget=forms.HiddenInput, required=False)
    """What the draft was like when the form was opened."""
    stamp_now = ""
    """What it is like now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["stamp"] = self.stamp_now

    def clean_stamp(self) -> str:
        """Refuse to write over what somebody else saved meanwhile, once: saving again means it."""
        seen = self.cleaned_data["stamp"]
        if seen and seen != self.stamp_now:
            data: Any = self.data
            self.data = data.copy()
            self.data["stamp"] = self.stamp_now  # type: ignore[index]  # the copy of a QueryDict can be written
            self.add_error(
                None,
                _(
                    "Somebody else saved this draft after you opened it. Save again to put what you see here in the "
                    "place of what they wrote, or open the page anew to see theirs first."
                ),
            )
        return seen

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


@admin.register(Revision)
class RevisionAdmin(OpenOnlyAdmin):
    """A revision is edited here while it is a draft, and looked at for ever after."""

    index_group = IndexGroup.PLANS
    index_order = 2
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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.stamp_now = "" if obj is None else stamp_of(obj, self.inlines)
        return form

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

    def get_urls(self) -> list[URLPattern]:
        step = self.admin_site.admin_view(self.publish_view)
        return [path("<path:object_id>/publish/", step, name="plans_revision_publish"), *super().get_urls()]

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
            "total_usd": show_number(requested_of(revision)),
            "publish_url": address_of(revision, "publish") if may_change else "",
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

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the checks, ask for the reason, publish."""
        found = Revision.objects.select_related("plan").filter(pk=unquote(object_id)) if object_id.isdecimal() else None
        revision = found.first() if found is not None else None
        if revision is None:
            return self.tell_missing(request, object_id)
        if not request.user.has_perm("plans.change_revision"):
            raise PermissionDenied
        if not revision.is_open:
            self.message_user(request, self.explain_read_only(request, revision), messages.ERROR)
            return redirect(address_of(revision))
        form = ReasonForm(request.POST or None, initial={"reason": revision.reason})
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            published = take_step(form, lambda: publish_revision(revision=revision, by=request.user, reason=reason))  # type: ignore[arg-type]
            if published is not None:
                return self._tell_published(request, published)
        context = {
            **self.admin_site.each_context(request),
            **checks_context(check_revision(revision)),
            "title": _("Publish %(revision)s") % {"revision": revision},
            "opts": self.opts,
            "original": revision,
            "form": form,
            "media": self.media + form.media,
            "total_usd": show_number(requested_of(revision)),
            "former": revision.plan.revisions.in_force().first(),
        }
        return TemplateResponse(request, "admin/crp/publish.html", context)

    def _tell_published(self, request: HttpRequest, revision: Revision) -> HttpResponse:
        self.log_change(request, revision, _("Published. Reason: %(reason)s") % {"reason": revision.reason})
        text = _("Revision %(number)s is published: readers see it from now on.") % {"number": revision.number}
        address = self.view_on_site(revision)
        self.message_user(
            request,
            format_html('{} <a href="{}">{}</a>', text, address, _("Open the public page")),
            messages.SUCCESS,
        )
        return redirect(address_of(revision))


def stamp_of(revision: Revision, inlines: Iterable[Any]) -> str:
    """Return a digest of what the form of a revision shows: it differs as soon as any of that does.

    Queries: one for each kind of row, and one for the revision.
    """
    shown = [list(Revision.objects.filter(pk=revision.pk).values_list())]
    for inline in inlines:
        of_breakdown = {"breakdown": inline.breakdown} if hasattr(inline, "breakdown") else {}
        rows = inline.model._default_manager.filter(revision=revision, **of_breakdown)
        shown.append(list(rows.order_by("pk").values_list()))
    return sha256(repr(shown).encode()).hexdigest()


def linked_list(
    request: HttpRequest,
    model: type,
    of: dict[str, int],
    count: int,
    *,
    amount: Any = None,
    amount_is: str = "",
    add: dict[str, int] | None = None,
) -> dict[str, Any]:
    """Return what the panel says of rows that have a list of their own."""
    meta = model._meta  # type: ignore[attr-defined]
    right = f"{meta.app_label}.{get_permission_codename('add', meta)}"
    return {
        "name": meta.verbose_name_plural,
        "add_name": meta.verbose_name,
        "count": count,
        "amount": None if amount is None else show_number(amount),
        "amount_is": amount_is,
        "url": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", query=of),
        "add_url": add_address(model, **add) if add and request.user.has_perm(right) else "",
    }
