"""Possible duplicates: both side by side, to merge or to keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crp.common.admin.base import show_number
from crp.common.admin.fields import write_exact
from funding.models import Contribution
from funding.services import keep_duplicate, merge_duplicate, reopen_duplicate
from funding.services.similar import tell_suspicion
from plans.models import Plan
from plans.querysets import plans_within

from .ledger_figures import watch
from .ledger_filters import is_number
from .ledger_form import DecisionForm
from .plans import address_of
from .steps import take_step

if TYPE_CHECKING:
    from .ledger_steps import StepPages as Pages
else:
    Pages = object

Review = Contribution.Review
PAIRS_PER_PAGE = 20
MOST_COUNTED = 100

COMPARED = (
    "donor",
    "recipient",
    "status",
    "flow",
    "amount_usd",
    "original_amount",
    "decision_on",
    "usage_year",
    "earmarking",
    "framework_code",
    "objective_number",
    "sector",
    "project_code",
    "grant_reference",
    "external_id",
    "source",
    "note",
    "created_at",
)


class DuplicatePages(Pages):
    """The list of pairs that wait for a decision, and the page of one."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("duplicates/", view(self.duplicates_view), name="funding_contribution_duplicates"),
            path("<path:object_id>/duplicate/", view(self.duplicate_view), name="funding_contribution_duplicate"),
            *super().get_urls(),
        ]

    def waiting(self, request: HttpRequest, plan: Plan | None = None) -> QuerySet[Contribution]:
        """Return what waits for a decision that this person may take, of one plan where it is given."""
        user: Any = request.user
        found = Contribution.objects.filter(review=Review.SUSPECTED)
        found = found.filter(within(user.reach("funding.change_contribution")))
        return found.filter(plan=plan) if plan else found

    def number_waiting(self, request: HttpRequest, plan: Plan | None = None) -> int:
        """Return how many of these there are, at most 100. Queries: 1."""
        return self.waiting(request, plan)[:MOST_COUNTED].count()

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """List the pairs that wait for a decision, of one plan where the address names it."""
        given = request.GET.get("plan", "")
        plan = Plan.objects.filter(pk=int(given)).first() if is_number(given) else None
        user: Any = request.user
        user.require("funding.change_contribution", plan)
        pages = Paginator(_with_both(self.waiting(request, plan)).order_by("-pk"), PAIRS_PER_PAGE)
        page = pages.get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Possible duplicates"),
            "opts": self.opts,
            "plan": plan,
            "page": page,
            "pairs": [pair_of(contribution) for contribution in page.object_list],
            "form": DecisionForm(),
            "limits": user.tell_reach("funding.change_contribution"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/crp/contribution_duplicates.html", context)

    def duplicate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show one pair, and take the decision on it."""
        found = self.find(request, object_id)
        if found is None:
            return self.tell_missing(request, object_id)
        contribution: Contribution = found
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            done = take_step(
                form,
                lambda: watch(
                    [contribution.plan_id],
                    lambda: self._decide(request, contribution, form.cleaned_data["reason"]),
                ),
            )
            if done is not None:
                told, changes = done
                self.message_user(request, told, messages.SUCCESS)
                for change in changes:
                    self.message_user(request, change.sentence, messages.INFO)
                return redirect(reverse("admin:funding_contribution_duplicates"))
        contribution = _with_both(Contribution.objects.filter(pk=contribution.pk)).get()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Is %(code)s a duplicate?") % {"code": contribution},
            "opts": self.opts,
            "original": contribution,
            "pair": pair_of(contribution),
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/crp/contribution_duplicate.html", context)

    def _decide(self, request: HttpRequest, contribution: Contribution, reason: str) -> str:
        """Do what the button says, and return the sentence that tells it. Raises: ValidationError."""
        user: Any = request.user
        decisions: dict[str, Callable[[], Contribution]] = {
            "_merge": lambda: merge_duplicate(contribution=contribution, reason=reason, by=user),
            "_keep": lambda: keep_duplicate(contribution=contribution, reason=reason, by=user),
            "_reopen": lambda: reopen_duplicate(contribution=contribution, reason=reason, by=user),
        }
        chosen = next((name for name in decisions if name in request.POST), None)
        if chosen is None:
            raise ValidationError(_("Choose whether the two are merged or both kept."))
        done = decisions[chosen]()
        if chosen == "_merge" and done.review == Review.SUSPECTED:
            return _("%(code)s is merged with %(other)s, about which somebody has to decide as well.") % {
                "code": contribution,
                "other": done,
            }
        if chosen == "_merge":
            return _("%(code)s is merged: only %(other)s counts.") % {"code": contribution, "other": done}
        if chosen == "_keep":
            return _("%(code)s is no duplicate: it counts.") % {"code": contribution}
        return _("The decision on %(code)s is undone: %(review)s.") % {
            "code": contribution,
            "review": done.get_review_display(),
        }


def within(reach: Any) -> Q:
    """Return the condition that a right holds for a contribution: for its plan, or for its country."""
    if reach.everywhere:
        return Q()
    return (Q(plan__isnull=False) & plans_within(reach, "plan__")) | Q(plan=None, country__in=reach.countries)


def _with_both(contributions: Any) -> Any:
    columns = ("donor", "recipient", "sector", "source")
    of_other = [f"duplicate_of__{name}" for name in columns]
    return contributions.select_related("plan", "duplicate_of", *columns, *of_other)


def pair_of(contribution: Contribution) -> dict[str, Any]:
    """Return what is shown of a contribution beside the one that it may repeat."""
    other = contribution.duplicate_of
    rows = []
    for name in COMPARED:
        first = "" if other is None else _shown(other, name)
        second = _shown(contribution, name)
        if first or second:
            label = capfirst(str(Contribution._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            rows.append({"label": label, "first": first, "second": second, "differs": first != second})
    return {
        "contribution": contribution,
        "other": other,
        "url": address_of(contribution),
        "other_url": address_of(other) if other else "",
        "decide_url": address_of(contribution, "duplicate"),
        "why": tell_suspicion(contribution, other) if other else _("The other one is not there any more."),
        "rows": rows,
        "is_open": contribution.review == Review.SUSPECTED,
        "is_decided": contribution.review in {Review.KEPT, Review.MERGED},
    }


def _shown(contribution: Contribution, name: str) -> Any:
    """Return a column as the comparison shows it; empty where it is not known."""
    value = getattr(contribution, name)
    if value in (None, ""):
        return ""
    if name == "original_amount":
        return f"{contribution.original_currency} {write_exact(value)}"
    if name == "amount_usd":
        return show_number(value)
    if name == "decision_on":
        return date_format(value, "SHORT_DATE_FORMAT")
    if name == "created_at":
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT")
    display = getattr(contribution, f"get_{name}_display", None)
    return str(display()) if display else str(value)
