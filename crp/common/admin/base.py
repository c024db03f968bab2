"""The bases of every list, form and inline of the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import ExpressionWrapper, F, Field, Model, OrderBy
from django.forms import Field as FormField
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crp.common.numbers import Number, write_number, write_percent

from .fields import FIGURES_AND_TEXTS
from .forms import RowForm, RowFormSet, TextForm, WholeRowForm
from .rights import ObjectRights, right, tell_missing_right
from .safe import SafeEditing
from .site import IndexGroup


def show_number(value: Number | None) -> SafeString:
    """Return a figure for a list or a page; one that is not known in words, never as 0."""
    if value is None:
        return show_not_reported()
    return format_html('<span class="crp-figure">{}</span>', write_number(value))


def show_percent(value: Number | None) -> SafeString:
    """Return a percentage with two decimals; one that is not known in words."""
    if value is None:
        return show_not_reported()
    return format_html('<span class="crp-figure">{}</span>', write_percent(value))


def show_not_reported() -> SafeString:
    """Return the words that stand where no figure is."""
    return format_html('<span class="crp-not-reported">{}</span>', _("not reported"))


class UnknownLast(ExpressionWrapper):
    """A column to sort by, in which rows without a value come last both ways, on either database."""

    def __init__(self, name: str, output_field: Field) -> None:
        super().__init__(F(name), output_field=output_field)

    def asc(self, **kwargs: Any) -> OrderBy:
        return super().asc(nulls_last=True)

    def desc(self, **kwargs: Any) -> OrderBy:
        return super().desc(nulls_last=True)


def delete_allowed(modeladmin: Any, request: HttpRequest, queryset: Any) -> Any:
    """Delete what is chosen in a list, where this person may delete all of it."""
    for obj in queryset:
        if not modeladmin.has_delete_permission(request, obj):
            modeladmin.message_user(request, modeladmin.explain_no_deletion(request, obj), messages.ERROR)
            return None
    return delete_selected(modeladmin, request, queryset)


class BaseAdmin(SafeEditing, ObjectRights, admin.ModelAdmin):
    """A list and a form for one model."""

    index_group: ClassVar[IndexGroup] = IndexGroup.OTHER
    index_order: ClassVar[int] = 50
    form = WholeRowForm
    formfield_overrides = FIGURES_AND_TEXTS
    list_per_page = 50
    view_on_site = False
    is_limited: ClassVar[bool] = False
    """Whether the list leaves out what is not published yet, where that is of countries out of a person's reach."""

    class Media:
        js = (Script("admin-crp/form.js", defer=True),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; it asks whether this person may do what it says where it says."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.saved_by = request.user
        return form

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Leave out the icons that change or delete what is only chosen here: a plan, a donor, a country."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Turn what came in between checking and saving, two people at the same moment, into a sentence."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:  # what a service refused
            sentence = _("Nothing was saved. %(why)s") % {"why": " ".join(refusal.messages)}
        except IntegrityError:  # what only the database could see
            sentence = _(
                "Nothing was saved: somebody else saved something at the same moment that does not go with it. Here is "
                "what is there now; please make your changes again."
            )
        self.message_user(request, sentence, messages.ERROR)
        return redirect(request.get_full_path())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions of the list; the one that deletes says why it can't, instead of leading to a refusal."""
        actions = super().get_actions(request)
        if (deletion := actions.get("delete_selected")) is not None:
            _function, name, description = deletion
            actions["delete_selected"] = (delete_allowed, name, description)
        return actions

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say what the list leaves out for this person."""
        user: Any = request.user
        limits = user.tell_limits(right(self.opts, "view")) if self.is_limited else ""
        return super().changelist_view(request, {"limits": limits, **(extra_context or {})})

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Lead back to the index with a sentence where an object is not there; refuse one that is out of reach."""
        key = unquote(object_id)
        found = self.model._default_manager.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if found is not None and not self.has_view_permission(request, found):
            raise PermissionDenied(tell_missing_right(request, self.opts, "view", found))
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to what is on record of an object and its rows: who changed what, from what to what."""
        if not hasattr(self.model, "history"):
            return super().history_view(request, object_id, extra_context)
        of = urlencode({"of": self.opts.label_lower, "id": unquote(object_id)})
        return redirect(f"{reverse('admin_changes')}?{of}")

    def tell_missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead back to the index with a sentence where an object is not there."""
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)

    def explain_no_deletion(self, request: HttpRequest, obj: Model) -> str:
        """Return why this person can't delete this object."""
        name = right(self.opts, "delete")
        if request.user.has_perm(name, obj):
            return _("Nothing was deleted: “%(object)s” is published, or others depend on it.") % {"object": obj}
        return _("Nothing was deleted. “%(object)s”: %(why)s") % {
            "object": obj,
            "why": tell_missing_right(request, self.opts, "delete", obj),
        }

    def explain_read_only(self, request: HttpRequest, obj: Model) -> str:
        """Return why this person can't change this object: which right is missing, and who grants it."""
        return _("You may look at this and not change it. %(why)s") % {
            "why": tell_missing_right(request, self.opts, "change", obj)
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and not self.has_change_permission(request, obj):
            context["read_only_because"] = self.explain_read_only(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)


class FixedCodeAdmin(BaseAdmin):
    """A model whose code is public and permanent: it is given once."""

    code_field = "code"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, self.code_field)


class BaseTabular(ObjectRights, admin.TabularInline):
    """Rows of one thing as a table, on the page of that thing."""

    form = RowForm
    formset = RowFormSet
    formfield_overrides = FIGURES_AND_TEXTS
    template = "admin/crp/tabular.html"
    extra = 0
    is_open: ClassVar[bool] = True
    """Whether the table is shown at once; one of more than 25 rows never is."""
    total_usd: SafeString | None = None
    """What the rows add to, for the heading of the table."""


class BaseStacked(ObjectRights, admin.StackedInline):
    """Rows with long texts, one below the other, on the page of what they belong to."""

    form = TextForm
    formset = RowFormSet
    formfield_overrides = FIGURES_AND_TEXTS
    extra = 0
