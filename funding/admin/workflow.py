"""The pages on which a revision goes its way: sent for review, taken back, returned, published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.admin.base import show_number
from crp.common.admin.fields import PlainTextField
from funding.checks import Check, check_revision
from funding.rollups import requested_of
from funding.selectors.differences import Differences
from funding.services import Warned, acknowledge_warning, publish_revision, warnings_of
from plans.models import Revision, RevisionStep
from plans.services import authors_of, return_revision, submit_revision, withdraw_revision

from .plans import address_of
from .steps import ReasonForm, checks_context, take_step

if TYPE_CHECKING:
    from crp.common.admin.base import BaseAdmin as Pages
else:
    Pages = object

Status = Revision.Status
MAY_SUBMIT, MAY_PUBLISH = "plans.submit_revision", "plans.publish_revision"


class WarningsForm(ReasonForm):
    """The reason of a revision, and for each warning that nobody accepted yet why it is."""

    must_accept = True
    """Whether the step is refused while a warning stands without a sentence."""

    def __init__(self, *args: Any, warned: Iterable[Warned], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warned = {f"warning-{number}": item for number, item in enumerate(warned) if item.accepted is None}
        for name, item in self.warned.items():
            self.fields[name] = PlainTextField(
                label=_("Accept the warning “%(title)s”, because") % {"title": item.check.title},
                required=False,
                widget=AdminTextareaWidget({"rows": 2}),
                help_text=item.check.sentence,
            )

    def accept(self, revision: Revision, by: Any) -> None:
        """Write down every warning that came with a sentence."""
        for name, item in self.warned.items():
            if comment := self.cleaned_data[name].strip():
                acknowledge_warning(revision=revision, statement=item.statement, comment=comment, by=by)


class CommentForm(forms.Form):
    """What somebody says about a step that readers never see."""

    comment = PlainTextField(
        label=gettext_lazy("Comment"),
        required=False,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("For whoever works on this plan; readers do not see it."),
    )


class ReviewForm(WarningsForm):
    """What a reviewer decides with: a reason and accepted warnings to publish, a comment to return."""

    comment = PlainTextField(
        label=gettext_lazy("Comment for its authors"),
        required=False,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("What they should change, where you return it. Readers do not see it."),
    )
    field_order = ("reason", "comment")


@dataclass(frozen=True)
class NextStep:
    """Where a revision stands, and what this person can do about it."""

    sentence: str
    links: tuple[tuple[str, str], ...] = ()
    """Label and address of each step, the main one first."""


def next_step(user: Any, revision: Revision) -> NextStep:
    """Return what comes next for a revision. Queries: 4 at most, those of rights besides."""
    if revision.status == Status.DRAFT:
        return _next_of_draft(user, revision)
    if revision.status == Status.IN_REVIEW:
        return _next_in_review(user, revision)
    return NextStep("")


def _next_of_draft(user: Any, revision: Revision) -> NextStep:
    returned = revision.steps.select_related("by").last()
    said = ""
    if returned is not None and returned.action == RevisionStep.Action.RETURNED:
        said = _("%(who)s returned it: %(comment)s") % {"who": _who(returned), "comment": returned.comment}
    if not user.has_perm(MAY_SUBMIT, revision):
        return NextStep(said)
    return NextStep(said, ((_("Send for review…"), address_of(revision, "submit")),))


def _next_in_review(user: Any, revision: Revision) -> NextStep:
    sent = revision.steps.select_related("by").filter(action=RevisionStep.Action.SUBMITTED).last()
    said = _("%(who)s sent it for review: %(reason)s") % {
        "who": _who(sent) if sent else _("Somebody"),
        "reason": revision.reason,
    }
    links = []
    if user.has_perm(MAY_PUBLISH, revision):
        if wrote_too_much(user, revision):
            said += " " + _("You wrote part of it: somebody else has to publish it.")
        else:
            links.append((_("Review…"), address_of(revision, "review")))
    if user.has_perm(MAY_SUBMIT, revision):
        links.append((_("Take back from review…"), address_of(revision, "withdraw")))
    return NextStep(said, tuple(links))


def wrote_too_much(user: Any, revision: Revision) -> bool:
    """Return whether somebody may not publish a revision because they wrote part of it."""
    return settings.FOUR_EYES and user.pk in authors_of(revision)


def _who(step: RevisionStep) -> str:
    return str(step.by) if step.by else _("Somebody")


class WorkflowPages(Pages):
    """The steps of a revision as pages of its admin."""

    def get_urls(self) -> list[URLPattern]:
        steps = {"submit": self.submit_view, "withdraw": self.withdraw_view, "review": self.review_view}
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"plans_revision_{name}")
                for name, view in steps.items()
            ),
            *super().get_urls(),
        ]

    def submit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the checks and what changed, ask for the reason, send for review."""
        revision = self._find(object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        if refused := self._refuse(request, revision, MAY_SUBMIT, Status.DRAFT):
            return refused
        checks = check_revision(revision)
        form = WarningsForm(
            request.POST or None, warned=warnings_of(revision, checks), initial={"reason": revision.reason}
        )

        def step() -> Revision:
            form.accept(revision, request.user)
            return submit_revision(revision=revision, by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]

        if request.method == "POST" and form.is_valid() and take_step(form, step) is not None:
            told = _("Revision %(number)s is sent for review. Nobody changes it until the reviewer decides.")
            self.message_user(request, told % {"number": revision.number}, messages.SUCCESS)
            return redirect(address_of(revision))
        title = _("Send %(revision)s for review") % {"revision": revision}
        return self._show(request, "submit", revision, form, title=title, checks=checks)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a revision shall be taken back from review, and take it."""
        revision = self._find(object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        if refused := self._refuse(request, revision, MAY_SUBMIT, Status.IN_REVIEW):
            return refused
        form = CommentForm(request.POST if request.method == "POST" else None)

        def step() -> Revision:
            return withdraw_revision(revision=revision, by=request.user, comment=form.cleaned_data["comment"])  # type: ignore[arg-type]

        if request.method == "POST" and form.is_valid() and take_step(form, step) is not None:
            told = _("Revision %(number)s is a draft again.") % {"number": revision.number}
            self.message_user(request, told, messages.SUCCESS)
            return redirect(address_of(revision))
        return self._show(
            request, "withdraw", revision, form, title=_("Take %(revision)s back from review") % {"revision": revision}
        )

    def review_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what changed, why, and what does not add up; publish or return."""
        revision = self._find(object_id)
        if revision is None:
            return self.tell_missing(request, object_id)
        if refused := self._refuse(request, revision, MAY_PUBLISH, Status.IN_REVIEW):
            return refused
        checks = check_revision(revision)
        form = ReviewForm(
            request.POST or None, warned=warnings_of(revision, checks), initial={"reason": revision.reason}
        )
        if request.method == "POST":
            is_return = "_return" in request.POST
            if is_return:
                form.fields["reason"].required = False
            step = self._returning(request, revision, form) if is_return else self._publishing(request, revision, form)
            if form.is_valid() and take_step(form, step) is not None:
                return self._tell_decided(request, revision)
        title = _("Review %(revision)s") % {"revision": revision}
        return self._show(request, "review", revision, form, title=title, checks=checks)

    def _returning(self, request: HttpRequest, revision: Revision, form: ReviewForm) -> Callable[[], Revision]:
        return lambda: return_revision(
            revision=revision,
            by=request.user,  # type: ignore[arg-type]
            comment=form.cleaned_data["comment"],
        )

    def _publishing(self, request: HttpRequest, revision: Revision, form: ReviewForm) -> Callable[[], Revision]:
        def step() -> Revision:
            form.accept(revision, request.user)
            return publish_revision(revision=revision, by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]

        return step

    def _tell_decided(self, request: HttpRequest, revision: Revision) -> HttpResponse:
        revision.refresh_from_db()
        if revision.status == Status.DRAFT:
            told = _("Revision %(number)s is returned to its authors.") % {"number": revision.number}
            self.message_user(request, told, messages.SUCCESS)
            return redirect(address_of(revision))
        self.log_change(request, revision, _("Published. Reason: %(reason)s") % {"reason": revision.reason})
        self.message_user(
            request,
            format_html(
                '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
                _("Revision %(number)s is published: readers see it from now on.") % {"number": revision.number},
                revision.plan.get_absolute_url(),
                _("See it as they do"),
                reverse("plan-diff", args=[revision.plan.code]),
                _("See what changed"),
            ),
            messages.SUCCESS,
        )
        return redirect(address_of(revision.plan))

    def _find(self, object_id: str) -> Revision | None:
        if not object_id.isdecimal():
            return None
        return Revision.objects.select_related("plan").filter(pk=unquote(object_id)).first()

    def _refuse(
        self, request: HttpRequest, revision: Revision, permission: str, status: Revision.Status
    ) -> HttpResponse | None:
        """Return the way back with a sentence where the revision is elsewhere on its way; None where the step fits."""
        user: Any = request.user
        user.require(permission, revision)
        if revision.status != status:
            told = _("Somebody was faster: revision %(number)s is %(status)s by now.") % {
                "number": revision.number,
                "status": revision.get_status_display().lower(),
            }
            self.message_user(request, told, messages.ERROR)
            return redirect(address_of(revision))
        if permission == MAY_PUBLISH and wrote_too_much(user, revision):
            raise PermissionDenied(
                _("You wrote part of revision %(number)s: somebody else has to publish it.")
                % {"number": revision.number}
            )
        return None

    def _show(  # the context is what the three pages share
        self,
        request: HttpRequest,
        step: str,
        revision: Revision,
        form: forms.Form,
        *,
        title: str,
        checks: list[Check] | None = None,
    ) -> HttpResponse:
        former = revision.plan.revisions.in_force().first()
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": revision,
            "form": form,
            "media": self.media + form.media,
            "former": former,
            "steps": revision.steps.select_related("by"),
        }
        if checks is not None:
            context |= checks_context(checks) | {
                "total_usd": show_number(requested_of(revision)),
                "accepted": [warned for warned in warnings_of(revision, checks) if warned.accepted],
                "difference": Differences(former, revision) if former else None,
            }
        return TemplateResponse(request, f"admin/crp/{step}.html", context)
