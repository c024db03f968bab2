"""The admin site: its name, its languages, and an index in the order of the work instead of the apps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, resolve, translate_url
from django.utils.translation import get_language, get_language_info, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crp.common.markdown import render_markdown

from .rights import right, tell_missing_right

LONGEST_TEXT = 200_000
RIGHTS = {"add": "add", "delete": "delete", "changelist": "view", "history": "view"}


class IndexGroup(models.TextChoices):
    """Under which heading the index shows a model; the order here is the order there."""

    PLANS = "plans", _("Plans")
    MONEY = "money", _("Money received")
    SOURCES = "sources", _("Sources")
    COUNTRIES = "countries", _("Country missions")
    LISTS = "lists", _("Lists that plans choose from")
    PEOPLE = "people", _("People and rights")
    OTHER = "other", _("Other")


class CRPAdminSite(AdminSite):
    """Django's admin site under our name."""

    site_title = _("CRP")
    site_header = _("Crisis Response Plans")
    index_title = _("Plans and their funding")
    empty_value_display = "–"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        here = request.get_full_path()
        languages = [
            {"code": code, "name": get_language_info(code)["name_local"], "url": translate_url(here, code)}
            for code in settings.ADMIN_LANGUAGES
        ]
        # "View site" leads to the home page in the language that is being read; "/" is its address in the first one.
        reading = get_language() or settings.LANGUAGE_CODE
        with override(settings.LANGUAGE_CODE):
            home = translate_url("/", reading)
        return super().each_context(request) | {"languages": languages, "site_url": home}

    def get_urls(self) -> list[Any]:
        preview = require_POST(self.admin_view(self.preview_markdown))
        return [path("preview-markdown/", preview, name="preview_markdown"), *super().get_urls()]

    def preview_markdown(self, request: HttpRequest) -> HttpResponse:
        """Show a text as readers will see it: made by the same function as their pages."""
        text = request.POST.get("text", "")
        if len(text) > LONGEST_TEXT:
            return HttpResponse(gettext("This text is too long for a preview."), status=413)
        return HttpResponse(render_markdown(text) or gettext("There is no text yet."))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Answer a missing right with a sentence that says which one it is and who grants it."""

        @wraps(view)
        def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except PermissionDenied as refusal:
                context = {
                    **self.each_context(request),
                    "title": _("This is not possible"),
                    "why": str(refusal) or self._why_refused(request),
                }
                return TemplateResponse(request, "admin/crp/refused.html", context, status=403)

        return super().admin_view(explained, cacheable)

    def _why_refused(self, request: HttpRequest) -> str:
        """Return which right a page takes, or that the right is there and the object stands in the way."""
        found = resolve(request.path)
        page = found.url_name or ""
        for model in self._registry:
            meta = model._meta
            app_and_model = f"{meta.app_label}_{meta.model_name}_"
            if page.startswith(app_and_model):
                action = RIGHTS.get(page.removeprefix(app_and_model), "change")
                object_id = str(found.kwargs.get("object_id", ""))
                obj = model._default_manager.filter(pk=object_id).first() if object_id.isdecimal() else None
                if request.user.has_perm(right(meta, action), obj):
                    return gettext(
                        "Your rights suffice, but not for this one: it is published, or others depend on it."
                    )
                return tell_missing_right(request, meta, action, obj)
        return gettext("Your rights do not suffice: ask an administrator of CRP.")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models in groups. An app's own page (``app_label``) keeps the models of that app."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        groups: dict[str, list[Any]] = {group.value: [] for group in IndexGroup}
        for model in (model for app in apps for model in app["models"]):
            groups[getattr(self._registry[model["model"]], "index_group", IndexGroup.OTHER)].append(model)
        return [
            {
                "name": group.label,
                "app_label": f"group-{group.value}",
                "app_url": "",
                "has_module_perms": True,
                "models": sorted(groups[group.value], key=self._place),
            }
            for group in IndexGroup
            if groups[group.value]
        ]

    def _place(self, model: dict[str, Any]) -> tuple[int, str]:
        return getattr(self._registry[model["model"]], "index_order", 50), str(model["name"])
