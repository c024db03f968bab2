"""The page of changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.accounts.models import User
from crp.accounts.roles import right
from plans.models import Plan

from .entries import Page, Wanted, read_page
from .forms import ChangesForm
from .reaching import Seen
from .told import tell

MOST_SAID = 50


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Show who changed what: in everything, in a plan, or in one object."""
    user: Any = request.user
    seen = Seen(user)
    if not seen.models:
        raise PermissionDenied(user.explain_missing("plans.view_revision"))
    form = ChangesForm(request.GET, seen)
    if not form.is_valid():
        return _answer(request, form, Page((), None), None, status=400)
    wanted = form.wanted()
    subject = _subject(user, wanted)
    if isinstance(subject, Plan) and wanted.plan is None:
        # What belongs to a plan is more than what is deleted with it.
        wanted = Wanted(**{**vars(wanted), "plan": subject, "of": None})
    return _answer(request, form, read_page(wanted, seen), subject, said=_said(wanted) if subject else ())


def _subject(user: User, wanted: Wanted) -> Any:
    """Return the object that is asked for. None: none is, or it is gone. Raises: PermissionDenied."""
    if wanted.of is None:
        return None
    model, pk = wanted.of
    found = model._default_manager.filter(pk=pk).first()
    if found is not None:
        user.require(right(model, "view"), found)
    return found


def _said(wanted: Wanted) -> list[LogEntry]:
    """Return the newest decisions on an object that somebody gave a reason for. Queries: 1."""
    if wanted.of is None:
        return []
    model, pk = wanted.of
    kept = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=str(pk))
    # Django's own entries say which fields of a form changed: the history tells that better.
    spoken = kept.exclude(change_message="").exclude(change_message__startswith="[")
    return list(spoken.select_related("user").order_by("-action_time", "-pk")[:MOST_SAID])


def _answer(
    request: HttpRequest, form: ChangesForm, page: Page, subject: Any, *, said: Any = (), status: int = 200
) -> HttpResponse:
    given: dict[str, Any] = {name: value for name, value in request.GET.items() if name in form.fields and value}
    given.pop("before", None)
    of_object: dict[str, Any] = {name: given[name] for name in ("of", "id") if name in given}
    here = reverse("admin_changes")
    context = {
        **admin.site.each_context(request),
        "title": _("Changes: %(what)s") % {"what": subject} if subject is not None else _("Changes"),
        "form": form,
        "groups": tell(page.entries),
        "said": said,
        "subject": subject,
        "subject_url": _url_of(subject),
        "is_filtered": bool(given.keys() - of_object.keys()),
        "is_later_page": "before" in request.GET,
        "newest_url": f"{here}?{urlencode(given)}",
        "all_url": f"{here}?{urlencode(of_object)}" if of_object else here,
        "older_url": f"{here}?{urlencode({**given, 'before': page.older})}" if page.older else "",
    }
    return TemplateResponse(request, "admin/crp/changes.html", context, status=status)


def _url_of(subject: Any) -> str:
    if subject is None or type(subject) not in admin.site._registry:
        return ""
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_change", args=[subject.pk])
