"""The buttons of a contribution: its next step, and a step taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from funding.models import Contribution
from funding.services import change_status, take_back_step
from funding.services.steps import ORDER, place_of

from .ledger_figures import watch
from .ledger_filters import is_number
from .ledger_form import DecisionForm, NextStepForm
from .plans import address_of
from .steps import take_step

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object

Review = Contribution.Review


class StepPages(Pages):
    """Pages that take a contribution one step on, or back."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"next-step": self.next_step_view, "take-back": self.take_back_view}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"funding_contribution_{name.replace('-', '_')}",
                )
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def find(self, request: HttpRequest, object_id: str) -> Contribution | None:
        """Return the contribution of an address. Raises: PermissionDenied where this person may not change it."""
        pk = unquote(object_id)
        rows = Contribution.objects.select_related("plan", "donor", "duplicate_of")
        found = rows.filter(pk=int(pk)).first() if is_number(pk) else None
        request.user.require("funding.change_contribution", found)  # type: ignore[union-attr]
        return found

    def links_of(self, request: HttpRequest, contribution: Contribution) -> dict[str, Any]:
        """Return what this person can do next with a contribution; each is empty where they can't."""
        may = request.user.has_perm("funding.change_contribution", contribution)
        open_ = may and contribution.review != Review.MERGED
        on_the_way = open_ and contribution.status != Contribution.Status.PAID
        return {
            "saved": contribution,
            "next_step_url": address_of(contribution, "next_step") if on_the_way else "",
            "take_back_url": address_of(contribution, "take_back")
            if open_ and contribution.status_changes.count() > 1
            else "",
            "duplicate_url": address_of(contribution, "duplicate")
            if may and contribution.review != Review.CLEAR
            else "",
            "plan_list_url": reverse(
                "admin:funding_contribution_changelist", query={"plan__id__exact": contribution.plan_id}
            )
            if contribution.plan_id
            else "",
        }

    def next_step_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask since when and take the step."""
        contribution = self.find(request, object_id)
        if contribution is None:
            return self.tell_missing(request, object_id)
        ahead = [status for status in ORDER if place_of(status) > place_of(contribution.status)]
        if not ahead or contribution.review == Review.MERGED:
            told = _("%(code)s has taken its last step.") % {"code": contribution} if not ahead else None
            self.message_user(request, told or self.explain_read_only(request, contribution), messages.ERROR)
            return redirect(address_of(contribution))
        form = NextStepForm(request.POST or None, initial={"status": ahead[0]})
        form.fields["status"].choices = [(status.value, status.label) for status in ahead]  # type: ignore[attr-defined]
        if request.method == "POST" and form.is_valid():
            done = take_step(
                form,
                lambda: watch(
                    [contribution.plan_id],
                    lambda: change_status(contribution=contribution, by=request.user, **form.cleaned_data),  # type: ignore[arg-type]
                ),
            )
            if done is not None:
                step, changes = done
                told = _("%(code)s: %(status)s.") % {"code": contribution, "status": step.get_status_display()}
                return self._back(request, contribution, told, changes)
        title = _("Next step of %(code)s") % {"code": contribution}
        return self._ask(request, contribution, form, title, _("Take the step"))

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why and undo the newest step."""
        contribution = self.find(request, object_id)
        if contribution is None:
            return self.tell_missing(request, object_id)
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            done = take_step(
                form,
                lambda: watch(
                    [contribution.plan_id],
                    lambda: take_back_step(contribution=contribution, reason=reason, by=request.user),  # type: ignore[arg-type]
                ),
            )
            if done is not None:
                row, changes = done
                told = _("%(code)s is at “%(status)s” again.") % {"code": row, "status": row.get_status_display()}
                return self._back(request, contribution, told, changes)
        title = _("Take back the last step of %(code)s") % {"code": contribution}
        return self._ask(request, contribution, form, title, _("Take back the step"))

    def _back(self, request: HttpRequest, contribution: Contribution, told: str, changes: list) -> HttpResponse:
        self.message_user(request, told, messages.SUCCESS)
        for change in changes:
            self.message_user(request, change.sentence, messages.INFO)
        return redirect(address_of(contribution))

    def _ask(
        self, request: HttpRequest, contribution: Contribution, form: Any, title: str, button: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "button": button,
            "opts": self.opts,
            "original": contribution,
            "steps": contribution.status_changes.select_related("recorded_by").order_by("pk"),
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/crp/contribution_step.html", context)
