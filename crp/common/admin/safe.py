"""Forms in which nothing is lost: saved once however often they are sent, and never over what somebody else saved."""

from __future__ import annotations

import json
from copy import copy
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core import signing
from django.forms.models import _get_foreign_key
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from . import once
from .merging import Difference, Side, compare, complete, merge
from .versions import Layout, Page

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:
    ModelAdmin = object

OPENED = "form_opened"
SALT = "crp.form.opened"
CHOICE = "choice:"
OWN_FIELDS = ("csrfmiddlewaretoken", OPENED, once.FIELD)


class Opened:
    """What a form was like when it was opened."""

    def __init__(self, stamp: str, page: Page) -> None:
        self.stamp, self.page = stamp, page

    def sign(self) -> str:
        """Return it as it travels with the form: whoever changed it on the way would see no warning."""
        return signing.dumps({"stamp": self.stamp, "page": self.page.pack()}, salt=SALT, compress=True)

    @classmethod
    def read(cls, signed: str) -> Opened | None:
        """Return what a form was like; None where nothing is there, or somebody else wrote it."""
        try:
            found = signing.loads(signed, salt=SALT)
        except signing.BadSignature:
            return None
        return cls(found["stamp"], Page.unpack(found["page"]))


class SafeEditing(ModelAdmin):
    """The form of one thing. ``request.crp_form`` is what is known of the one that is being answered."""

    keeps_versions: ClassVar[bool] = True
    """Whether a form that somebody else overtook is shown beside theirs. Others have a way of their own."""
    conflict_template: ClassVar[str] = "admin/crp/conflict.html"

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """Answer within Django's own transaction, where the thing can be kept from others until it is saved."""
        known: dict[str, Any] = {"stamp": ""}
        if self.keeps_versions and object_id is not None:
            known["stamp"] = self.stamp_of(request, object_id)
        request.crp_form = known  # type: ignore[attr-defined]
        if request.method != "POST":
            return super()._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        if (answer := self.answer_first(request, object_id)) is not None:
            return answer
        token = request.POST.get(once.FIELD, "")
        if known.get("is_shown_only") or not token or IS_POPUP_VAR in request.POST:
            return super()._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        if not once.claim(request.user, token):
            messages.info(request, _("This was already saved: it was sent twice, and counted once."))
            return redirect(once.result_of(request.user, token) or request.path)
        response = super()._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        # What is shown once can't be led to: such an answer names the page that says where it was saved.
        leads_to = response.url if isinstance(response, HttpResponseRedirect) else getattr(response, "saved_as", "")
        if leads_to:
            once.settle(request.user, token, leads_to)
            self.after_saving(request, object_id)
        else:
            once.release(request.user, token)
        return response

    def after_saving(self, request: HttpRequest, object_id: str | None) -> None:
        """Clear up after a form is saved."""

    def answer_first(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Return what is to be said before anything is saved; None where nothing stands in the way."""
        if not self.keeps_versions or object_id is None:
            return None
        obj = self.get_object(request, unquote(object_id))  # locks it: from here on the stamp is that of what is saved
        if obj is None or not self.has_change_permission(request, obj):
            return None
        request.crp_form["stamp"] = self.stamp_of(request, object_id)  # type: ignore[attr-defined]
        if "typed" in request.POST:
            return self._answer_choices(request, obj)
        signed = request.POST.get(OPENED, "")
        # One that can't be read, as after a change of the key, knows nothing: every difference is asked about.
        opened = Opened.read(signed) or (Opened("", Page()) if signed else None)
        if opened is None or opened.stamp == request.crp_form["stamp"] or self.was_sent(request):  # type: ignore[attr-defined]
            return None
        return self._tell_conflict(request, obj, request.POST, opened)

    def was_sent(self, request: HttpRequest) -> bool:
        """Return whether this very form is saved already: what it differs from is itself."""
        token = request.POST.get(once.FIELD, "")
        return bool(token) and once.result_of(request.user, token) is not None

    # What others saved meanwhile

    def stamp_of(self, request: HttpRequest, object_id: str) -> str:
        """Return a digest of all that the form shows. Queries: one for the thing, one for each table."""
        key = unquote(object_id)
        rows: Any = self.model._default_manager.none()
        if key.isdecimal() and len(key) < 19:
            rows = self.model._default_manager.filter(pk=key)
        shown = [list(rows.values_list())]
        for inline in self.get_inline_instances(request, rows.first()) if shown[0] else ():
            name = _get_foreign_key(self.model, inline.model, inline.fk_name).name
            table = inline.get_queryset(request).select_related(None).prefetch_related(None)
            shown.append(list(table.filter(**{name: key}).order_by("pk").values_list()))
        return sha256(repr(shown).encode()).hexdigest()

    def layout_of(self, request: HttpRequest, obj: Any) -> Layout:
        """Return the form of a thing as it is opened now."""
        looking = copy(request)
        looking.method = "GET"
        names = flatten_fieldsets(self.get_fieldsets(looking, obj))
        form = self.get_form(looking, obj, change=True, fields=names)(instance=obj)
        formsets, inlines = self._create_formsets(looking, obj, change=True)  # type: ignore[attr-defined]
        return Layout.of(form, self._tables(looking, obj, zip(formsets, inlines, strict=True)))

    @staticmethod
    def _tables(request: HttpRequest, obj: Any, pairs: Any) -> list[tuple[Any, str, bool]]:
        return [
            (formset, inline.verbose_name_plural, inline.has_change_permission(request, obj))
            for formset, inline in pairs
        ]

    def _tell_conflict(
        self,
        request: HttpRequest,
        obj: Any,
        typed: QueryDict,
        opened: Opened,
        *,
        chosen: dict[str, str] | None = None,
        problem: str = "",
    ) -> HttpResponse | None:
        """Show both versions; None where nobody else changed what this form shows."""
        layout = self.layout_of(request, obj)
        found = compare(layout, opened.page, layout.read(), layout.read_typed(typed))
        if all(item.changed_by == Side.YOURS for item in found):
            return None
        kept = {name: typed.getlist(name) for name in typed if name != "csrfmiddlewaretoken"}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Somebody else saved this while you were writing"),
            "opts": self.opts,
            "original": obj,
            "media": self.media,
            "rows": [self._offer(item, (chosen or {}).get(item.key, item.default)) for item in found],
            "undecided": sum(item.changed_by == Side.BOTH for item in found),
            "typed": json.dumps(kept),
            "seen": request.crp_form["stamp"],  # type: ignore[attr-defined]
            "problem": problem,
        }
        return TemplateResponse(request, self.conflict_template, context)

    @staticmethod
    def _offer(difference: Difference, chosen: str) -> dict[str, Any]:
        return {"difference": difference, "name": f"{CHOICE}{difference.key}", "chosen": chosen}

    def _answer_choices(self, request: HttpRequest, obj: Any) -> HttpResponse | None:
        """Put the two versions together as they were chosen, and go on with that as if it had been typed."""
        typed, given = read_kept(request.POST["typed"]), request.POST
        opened = Opened.read(typed.get(OPENED, "")) or Opened("", Page())
        known = request.crp_form  # type: ignore[attr-defined]
        if not typed:
            messages.error(request, _("Nothing was saved. What was typed could not be read."))
            return redirect(request.path)
        chosen = {name.removeprefix(CHOICE): given[name] for name in given if name.startswith(CHOICE)}
        if given.get("seen") != known["stamp"]:
            problem = _("Meanwhile somebody saved once more: please look again.")
            if (page := self._tell_conflict(request, obj, typed, opened, chosen=chosen, problem=problem)) is not None:
                return page
        layout = self.layout_of(request, obj)
        now, mine = layout.read(), layout.read_typed(typed)
        found = compare(layout, opened.page, now, mine)
        if (all_of := given.get("_all", "")) in {Side.THEIRS, Side.YOURS}:
            chosen = {item.key: all_of for item in found}
        choices = complete(found, chosen)
        if missing := len(found) - len(choices):
            problem = _("Choose for each line that both of you changed: %(number)s to go.") % {"number": missing}
            return self._tell_conflict(request, obj, typed, opened, chosen=chosen, problem=problem)
        made = layout.write(merge(layout, (opened.page, now, mine), choices))
        made[once.FIELD] = typed.get(once.FIELD, "")
        made["_save"] = "1"
        known["opened"] = Opened(known["stamp"], now)
        self.go_on_with(request, made, shown_only="_look" in given)
        return None

    def go_on_with(self, request: HttpRequest, data: QueryDict, *, shown_only: bool) -> None:
        """Answer as if something else had been sent. ``shown_only``: put it into the form and save nothing."""
        request.POST = data  # type: ignore[assignment]
        request.crp_form["is_shown_only"] = shown_only  # type: ignore[attr-defined]

    # The form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.is_shown_only = getattr(request, "crp_form", {}).get("is_shown_only", False)
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        known = getattr(request, "crp_form", {})
        given = request.POST if request.method == "POST" else QueryDict()
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_save:
            context["form_token"] = given.get(once.FIELD) or once.make_token()
        if obj is not None and self.keeps_versions and may_save:
            opened = known.get("opened")
            if opened is None and request.method != "POST":
                opened = known["opened"] = self._opened_now(request, obj, context)
            context["form_opened"] = opened.sign() if opened else given.get(OPENED, "")
        context["is_typed"] = request.method == "POST"
        return super().render_change_form(request, context, *args, **kwargs)

    def _opened_now(self, request: HttpRequest, obj: Any, context: dict[str, Any]) -> Opened:
        pairs = [(inline.formset, inline.opts) for inline in context["inline_admin_formsets"]]
        layout = Layout.of(context["adminform"].form, self._tables(request, obj, pairs))
        request.crp_form["layout"] = layout  # type: ignore[attr-defined]
        return Opened(request.crp_form["stamp"], layout.read())  # type: ignore[attr-defined]


def read_kept(text: str) -> QueryDict:
    """Return what was typed, as it travelled through the page of choices; empty where it is damaged."""
    data = QueryDict(mutable=True)
    try:
        found = json.loads(text)
    except ValueError:
        return data
    for name, values in found.items() if isinstance(found, dict) else ():
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            data.setlist(str(name), values)
    return data
