"""What was typed into a form and not saved: kept on the server while somebody types, and offered again.

A copy belongs to one person and to one opening of one form; the draft itself is never touched by it. Mostly it holds
what differs from the form as it was opened, so that it is small enough to be sent while a page is being closed.
"""

from __future__ import annotations

from copy import copy as shallow_copy
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse, translate_url
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crp.common.admin import once
from crp.common.admin.merging import compare
from crp.common.admin.rights import tell_missing_right
from crp.common.admin.safe import OPENED, Opened, SafeEditing
from crp.common.admin.versions import Layout
from plans.models import FormCopy

MOST_BYTES = 1_000_000
MOST_COPIES = 5
"""Of one form and person: whoever opens it in more windows loses the oldest."""
LANGUAGES = dict(settings.LANGUAGES)
WHOLE, ABSENT, LANGUAGE = "form_whole", "form_absent", "form_language"


class KeepsCopies(SafeEditing):
    """A form whose unsaved content is kept."""

    @property
    def media(self) -> Media:
        return super().media + Media(js=[Script("admin-crp/keep.js", defer=True)])  # type: ignore[list-item]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_keep"
        return [path("<path:object_id>/keep/", self.keep_view, name=name), *super().get_urls()]

    # While somebody types

    @method_decorator(require_POST)
    def keep_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep what was typed. Answers in words that the page shows: 401 signed out, 403 no right, 413 too long."""
        if not self.admin_site.has_permission(request):
            return _tell(401, _("You are signed out."))
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return _tell(413, _("This is too long to be kept."))
        obj = self.get_object(_as_reader(request), unquote(object_id)) if object_id.isdecimal() else None
        if obj is None or not self.has_change_permission(request, obj):
            return _tell(403, _("Not kept: this can’t be changed any more, or not by you."))
        token = request.POST.get(once.FIELD, "")
        if not token or "#" in token or len(token) > 40:
            return _tell(400, _("Not kept: the page is damaged."))
        if once.result_of(request.user, token) is not None:
            return _tell(409, _("This form is saved already."))
        return self._keep(request, token, request.path.rpartition("keep/")[0])

    def _keep(self, request: HttpRequest, token: str, form: str, *, is_whole: bool = False) -> JsonResponse:
        content = request.POST.copy()
        content.pop("csrfmiddlewaretoken", None)
        content[LANGUAGE] = get_language() or ""
        if is_whole:
            content[WHOLE] = "1"
        address = f"{self._place(form)}#{token}"
        if set(content) <= {once.FIELD, OPENED, LANGUAGE}:  # what was typed is taken back
            FormCopy.objects.filter(user=request.user, address=address).delete()  # type: ignore[misc]
            return JsonResponse({"kept_at": ""})
        opened = Opened.read(content.get(OPENED, ""))
        now = timezone.now()
        with transaction.atomic():
            FormCopy.objects.update_or_create(  # type: ignore[misc]
                user=request.user,
                address=address,
                defaults={"content": content.urlencode(), "stamp": opened.stamp if opened else "", "saved_at": now},
            )
            old = self.copies_of(request, form)[MOST_COPIES:]
            FormCopy.objects.filter(pk__in=[copy.pk for copy in old]).delete()
        return JsonResponse({"kept_at": date_format(timezone.localtime(now), "H:i:s")})

    def _place(self, address: str) -> str:
        """Return what all addresses of one form share, in whichever language it is open."""
        return f"{self.opts.label_lower}/{address.rstrip('/').removesuffix('/change').rpartition('/')[2]}"

    def copies_of(self, request: HttpRequest, address: str) -> list[FormCopy]:
        """Return what this person has not saved of a form, the newest first. Queries: 1."""
        place = self._place(address)
        return list(FormCopy.objects.filter(user=request.user, address__startswith=f"{place}#"))  # type: ignore[misc]

    def _copy(self, request: HttpRequest, key: str) -> FormCopy | None:
        copies = {str(copy.pk): copy for copy in self.copies_of(request, request.path)}
        return copies.get(key)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Keep what was typed where somebody lost the right while the form was open, and say so."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied as refusal:
            token = request.POST.get(once.FIELD, "")
            was_opened = Opened.read(request.POST.get(OPENED, "")) is not None
            if object_id is None or not was_opened or not token or "#" in token or len(token) > 40:
                raise
            self._keep(request, token, request.path, is_whole=True)  # outside of the transaction that the refusal undid
            obj = self.model._default_manager.filter(pk=unquote(object_id)).first()
            why = str(refusal) or tell_missing_right(request, self.opts, "change", obj)
            kept = _("Nothing was saved. What you typed is kept, and offered again once you may change this.")
            raise PermissionDenied(f"{why} {kept}") from refusal

    # When the form is opened again

    def answer_first(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Put a copy back or throw it away, where one of these is asked for."""
        key = request.POST.get("_put_back") or request.POST.get("_throw_away")
        if key is None or object_id is None:
            return super().answer_first(request, object_id)
        copy = self._copy(request, key)
        if copy is None:
            messages.info(request, _("This text is not there any more: it was saved or thrown away meanwhile."))
            return redirect(request.path)
        if "_throw_away" in request.POST:
            copy.delete()
            messages.success(request, _("The unsaved text is thrown away."))
            return redirect(request.path)
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_change_permission(request, obj):
            return None
        self.go_on_with(request, typed_in(copy, self.layout_of(request, obj)), shown_only=True)
        messages.info(request, _("What you had typed is in the form again. Nothing of it is saved yet."))
        return None

    def after_saving(self, request: HttpRequest, object_id: str | None) -> None:
        """Drop the copy of the form that is saved now."""
        super().after_saving(request, object_id)
        token = request.POST.get(once.FIELD, "")
        if object_id is not None:
            address = f"{self._place(request.path)}#{token}"
            FormCopy.objects.filter(user=request.user, address=address).delete()  # type: ignore[misc]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer what was not saved, and tell the page where to keep what is typed now."""
        obj = kwargs.get("obj")
        response = super().render_change_form(request, context, *args, **kwargs)
        if obj is None or not context.get("form_opened"):
            return response
        data: dict[str, Any] = response.context_data  # type: ignore[attr-defined]
        data["keep_url"] = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_keep", args=[quote(obj.pk)])
        layout = getattr(request, "crp_form", {}).get("layout")
        if request.method == "GET" and layout is not None:
            data["kept"] = [
                self._offer_copy(request, copy, layout)
                for copy in self.copies_of(request, request.path)
                if once.result_of(request.user, copy.address.partition("#")[2]) is None
            ]
        return response

    def _offer_copy(self, request: HttpRequest, copy: FormCopy, layout: Layout) -> dict[str, Any]:
        """Return what is shown of a copy: when it was typed, and what of it differs from what is saved.

        Numbers are read as the language writes them in which they were typed: another page would take 1,234 for more.
        """
        at = timezone.localtime(copy.saved_at)
        is_today = at.date() == timezone.localdate()
        offer: dict[str, Any] = {
            "copy": copy,
            "when": date_format(at, "H:i") if is_today else date_format(at, "SHORT_DATETIME_FORMAT"),
            "url": request.path,
        }
        language = QueryDict(copy.content).get(LANGUAGE, "")
        if language in LANGUAGES and language != get_language():
            offer |= {"language": get_language_info(language)["name_translated"]}
            offer["url"] = translate_url(request.path, language)
            return offer
        now = layout.read()
        offer["differences"] = compare(layout, now, now, layout.read_typed(typed_in(copy, layout)))
        return offer


def _as_reader(request: HttpRequest) -> HttpRequest:
    """Return the request as one that changes nothing, for which nothing is locked."""
    looking = shallow_copy(request)
    looking.method = "GET"
    return looking


def typed_in(copy: FormCopy, layout: Layout) -> QueryDict:
    """Return a copy as the browser would have sent the whole form."""
    content = QueryDict(copy.content, mutable=True)
    opened = Opened.read(content.get(OPENED, ""))
    if WHOLE in content or opened is None:
        return content
    whole = layout.write(opened.page)
    for name in content.getlist(ABSENT):
        whole.pop(name, None)
    for name in content:
        whole.setlist(name, content.getlist(name))
    return whole


def _tell(status: int, why: str) -> JsonResponse:
    return JsonResponse({"why": why}, status=status)
