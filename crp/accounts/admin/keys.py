"""The admin of API keys: made and shown once, replaced, revoked; never changed, never deleted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.accounts.admin.key_forms import KeyForm, NothingForm, RevokeForm
from crp.accounts.keys import OVERLAP, MadeKey, State, make_key, revoke, rotate, state_of, states
from crp.accounts.models import ApiKey
from crp.accounts.scopes import DESCRIPTIONS, Scope, rights_of
from crp.common.admin.base import BaseAdmin
from crp.common.admin.site import IndexGroup
from crp.common.as_of import today


class StateFilter(admin.SimpleListFilter):
    """Keys that are good, run out soon, have run out, or are revoked."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        condition = states(today()).get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(ApiKey)
class ApiKeyAdmin(BaseAdmin):
    """Keys of programs."""

    index_group = IndexGroup.PEOPLE
    index_order = 4
    form = KeyForm
    keeps_versions = False
    change_form_template = "admin/crp/key_form.html"
    list_display = ("name", "shown", "user", "may", "state", "expires_on", "last_used_on", "created_by")
    list_filter = (StateFilter, ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "created_by")
    search_fields = ("name", "prefix", "user__username", "user__first_name", "user__last_name")
    autocomplete_fields = ("user",)
    actions = None
    add_fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "description": gettext_lazy(
                    "A program sends the key with each request and acts for its user, as far as the roles of that user "
                    "and the key both go. For a partner’s system make a login of its own first, and give that a role."
                ),
                "fields": ("user", "name", "scope_names", "limited_to", "expires_on"),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("name", "shown", "user", "may", "state")}),
        (
            gettext_lazy("Record"),
            {"fields": ("created_at", "created_by", "follows", "expires_on", "last_used_on")},
        ),
        (gettext_lazy("Revoked"), {"fields": ("revoked_at", "revoked_by", "revoked_because")}),
    )
    readonly_fields = ("shown", "may", "state", "created_at", "created_by", "follows", "last_used_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).prefetch_related("limits__country", "followers")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return self.fieldsets if obj.revoked_at else self.fieldsets[:-1]

    # A key is not changed and not deleted: what may be done to it are the pages below.

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        return _("A key is never changed: make another one where it should do more or less, and revoke this one.")

    # The columns

    @admin.display(description=gettext_lazy("key"), ordering="prefix")
    def shown(self, key: ApiKey) -> SafeString:
        return format_html('<code class="crp-key">{}</code>', key.shown)

    @admin.display(description=gettext_lazy("what it may do"))
    def may(self, key: ApiKey) -> str:
        """Tell what a key may, and where its own limits are."""
        told = get_text_list([str(Scope(scope).label) for scope in key.scope_names if scope in Scope.values], _("and"))
        countries = [limit.country.label for limit in key.limits.all()]
        if not countries:
            return told
        return _("%(what)s; only %(places)s") % {"what": told, "places": get_text_list(countries, _("and"))}

    @admin.display(description=gettext_lazy("state"), ordering="expires_on")
    def state(self, key: ApiKey) -> SafeString:
        found = state_of(key)
        verdict = {State.GOOD: "ok", State.EXPIRING: "warning"}.get(found, "note")
        return format_html('<span class="crp-verdict crp-verdict-{}">{}</span>', verdict, found.label)

    # Making one

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = ["user", "name"] if obj is None else []
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = make_key(
            user=given["user"],
            name=given["name"],
            by=request.user,  # type: ignore[arg-type]
            scopes=given["scope_names"],
            countries=given["limited_to"],
            expires_on=given["expires_on"],
        )
        request.made_key = made  # type: ignore[attr-defined]
        obj.__dict__.update(made.key.__dict__)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, request.made_key)  # type: ignore[attr-defined]

    def _show_once(self, request: HttpRequest, made: MadeKey) -> HttpResponse:
        """Return the page with the key, which no browser keeps and no address leads to."""
        key = made.key
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy the key now"),
            "opts": self.opts,
            "original": key,
            "token": made.token,
            "may": self.may(key),
            "powerless": tell_powerless(key),
            "overlap_days": OVERLAP.days,
            "media": self.media,
        }
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        response = TemplateResponse(request, "admin/crp/key_made.html", context, headers=headers)
        response.saved_as = address_of(key)  # type: ignore[attr-defined]
        return response

    # The buttons of one

    def get_urls(self) -> list[URLPattern]:
        pages = {"replace": self.replace_view, "revoke": self.revoke_view}
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"accounts_apikey_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key = kwargs.get("obj")
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if key is not None and key.revoked_at is None:
            user: Any = request.user
            if user.has_perm("accounts.add_apikey"):
                context["replace_url"] = address_of(key, "replace")
            if user.has_perm("accounts.change_apikey"):
                context["revoke_url"] = address_of(key, "revoke")
        return super().render_change_form(request, context, *args, **kwargs)

    def replace_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, make the key that takes the place of another, and show it."""
        key = self._find(request, object_id, "accounts.add_apikey")
        if isinstance(key, HttpResponse):
            return key
        if request.method == "POST":
            try:
                return self._show_once(request, rotate(key=key, by=request.user))  # type: ignore[arg-type]
            except ValidationError as refusal:  # sent twice, most likely
                self.message_user(request, " ".join(refusal.messages), messages.WARNING)
                return redirect(address_of(key.followers.first() or key))
        return self._ask(request, key, NothingForm(), _("Replace %(key)s") % {"key": key}, _("Make the new key"))

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and make a key worthless."""
        key = self._find(request, object_id, "accounts.change_apikey")
        if isinstance(key, HttpResponse):
            return key
        form = RevokeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            revoke(key=key, by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
            told = _("%(key)s is revoked: from now on it opens nothing.") % {"key": key}
            self.message_user(request, told, messages.SUCCESS)
            return redirect(address_of(key))
        return self._ask(request, key, form, _("Revoke %(key)s") % {"key": key}, _("Revoke the key"))

    def _find(self, request: HttpRequest, object_id: str, permission: str) -> ApiKey | HttpResponse:
        """Return the key of an address, or the answer where it is not there or is revoked already."""
        user: Any = request.user
        user.require(permission)
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self.tell_missing(request, object_id)
        if key.revoked_at is not None:
            self.message_user(request, _("%(key)s is revoked already.") % {"key": key}, messages.INFO)
            return redirect(address_of(key))
        return key

    def _ask(self, request: HttpRequest, key: ApiKey, form: Any, title: str, button: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "button": button,
            "opts": self.opts,
            "original": key,
            "is_revoking": isinstance(form, RevokeForm),
            "overlap_days": OVERLAP.days,
            "may": self.may(key),
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/crp/key_step.html", context)


def address_of(key: ApiKey, page: str = "change") -> str:
    """Return the address of a page of a key."""
    return reverse(f"admin:accounts_apikey_{page}", args=[key.pk])


def tell_powerless(key: ApiKey) -> str:
    """Return what a key is meant to do and its user has no role for; empty where they have."""
    key.user.acting_key = key
    lacking = []
    for scope in map(Scope, key.scope_names):
        writing = [permission for permission in rights_of([scope]) if ".view_" not in permission]
        if writing and not any(key.user.reach(permission) for permission in writing):
            lacking.append(str(DESCRIPTIONS[scope]))
    key.user.acting_key = None
    if not lacking:
        return ""
    told = _(
        "%(user)s has no role that lets this key do what it is meant to (%(what)s). Until they get one, it only reads."
    )
    return told % {"user": key.user, "what": get_text_list(lacking, _("and"))}
