"""What the admin of every row of a revision shares: rows follow the status of their revision.

A published revision is never changed. Its rows can be looked at and nothing else: on their own pages, in the tables on
the page of the revision, and by the actions of lists. A row never moves to another revision.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from crp.common.admin.base import BaseAdmin, BaseStacked, BaseTabular
from crp.common.admin.fields import OfferedChoiceField
from crp.common.admin.forms import RowFormSet
from crp.common.admin.rights import right, tell_missing_right
from crp.common.admin.site import IndexGroup
from plans.models import Revision, RevisionRow
from plans.querysets import seen_by
from sectors.models import Sector

from .copies import KeepsCopies

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin as Rights
    from django.contrib.admin.options import InlineModelAdmin as Inline
else:
    Rights = Inline = object


def tell_closed(revision: Revision) -> str:
    """Return why a revision and its rows can't be changed now, and what to do instead."""
    if revision.status == Revision.Status.IN_REVIEW:
        return _(
            "Revision %(number)s is in review: what the reviewer reads stays as it was sent. To change anything, take "
            "it back from review first."
        ) % {"number": revision.number}
    return _(
        "Revision %(number)s is %(status)s: what readers have seen stays as it is. To change anything, start a new "
        "revision of the plan."
    ) % {"number": revision.number, "status": revision.get_status_display().lower()}


def taxonomies_of(revision: Revision) -> set[int | None]:
    """Return the taxonomies that the projects of a revision may take sectors from. Queries: 1."""
    of_frameworks = revision.frameworks.values_list("taxonomy_id", flat=True)
    return {pk for pk in (revision.taxonomy_id, *of_frameworks) if pk is not None}


def offered_rows(
    db_field: ForeignKey, revision: Revision | None, taxonomies: set[int | None] | None = None
) -> QuerySet:
    """Return what a column of a row offers: rows of the same revision, sectors of its taxonomy, or a whole list."""
    model = db_field.remote_field.model
    rows = model._default_manager.complex_filter(db_field.get_limit_choices_to())
    if issubclass(model, RevisionRow):
        return rows.filter(revision=revision)
    if model is Sector and revision is not None:
        return rows.filter(taxonomy__in=taxonomies or {revision.taxonomy_id}).select_related("taxonomy")
    return rows


def is_open(obj: Any) -> bool:
    """Return whether a revision, or a row of one, may still be edited; what belongs to no revision always may."""
    return obj is None or obj.revision is None or obj.revision.is_editable


class OpenOnly(Rights):
    """Rights that end when the revision is sent for review. ``obj`` is the revision or a row of it."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and is_open(obj)


class OpenOnlyAdmin(OpenOnly, KeepsCopies, BaseAdmin):
    """The page of a revision or of one row of it."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; where it is about to change, keep its revision from being published meanwhile."""
        obj = super().get_object(request, object_id, from_field)
        if obj is not None and obj.revision is not None and request.method == "POST" and from_field is None:
            Revision.objects.select_for_update(no_key=True).filter(pk=obj.revision.pk).first()
            obj = super().get_object(request, object_id, from_field)
        return obj

    def explain_read_only(self, request: HttpRequest, obj: Any) -> str:
        if not is_open(obj):
            return tell_closed(obj.revision)
        return super().explain_read_only(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say why nothing was saved where the revision was published while the form was open."""
        if request.method == "POST" and object_id is not None:
            known = object_id.isdecimal()
            obj: Any = self.model._default_manager.filter(pk=unquote(object_id)).first() if known else None
            if not is_open(obj) and super(OpenOnly, self).has_change_permission(request):
                messages.error(request, _("Nothing was saved. %(why)s") % {"why": tell_closed(obj.revision)})
                return redirect(request.get_full_path())
        return super().changeform_view(request, object_id, form_url, extra_context)


class RowFormSetOfRevision(RowFormSet):
    """The rows of one kind on the page of their revision."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form of the revision has not been read yet: this is the taxonomy before it.
        self._taxonomy_before = self.instance.taxonomy_id

    def judges_unchanged(self) -> bool:
        """Sectors that nobody touched must fit a taxonomy that somebody did."""
        return self.instance.taxonomy_id != self._taxonomy_before


class OfRevision(OpenOnly, Inline):
    """Rows on the page of their revision: choices are of the same revision, and read once for all rows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and is_open(obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        revision = None if obj is None else obj.revision
        callback = partial(self.formfield_for_dbfield, request=request, revision=revision)
        return super().get_formset(request, obj, **{"formfield_callback": callback, **kwargs})

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, revision: Revision | None = None, **kwargs: Any
    ) -> FormField | None:
        # What is searched for is not read, and one list of all plans would be.
        if isinstance(db_field, ForeignKey) and db_field.name not in self.autocomplete_fields:
            kwargs |= {"form_class": OfferedChoiceField, "offered": self.offered(db_field, revision)}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # The three icons beside each choice in each row lead away from the form and cost its width.
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def offered(self, db_field: ForeignKey, revision: Revision | None) -> QuerySet:
        """Return what a column of the rows offers."""
        return offered_rows(db_field, revision)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Join what the rows name: a read-only table writes it out, row by row."""
        shown = {name for name in self.fields or () if isinstance(name, str)}
        links = [field.name for field in self.opts.fields if isinstance(field, ForeignKey) and field.name in shown]
        rows = super().get_queryset(request)
        return rows.select_related(*links) if links else rows


class RowInline(OfRevision, BaseTabular):
    """Rows as a table on the page of their revision."""

    formset = RowFormSetOfRevision


class TextInline(OfRevision, BaseStacked):
    """Rows with long texts on the page of their revision."""

    formset = RowFormSetOfRevision


class RowAdmin(OpenOnlyAdmin):
    """The list and the pages of one kind of row."""

    index_group = IndexGroup.PLANS
    is_limited = True
    change_list_template = "admin/crp/row_list.html"
    list_filter: ClassVar[Any] = ["revision__status", "revision__plan__kind"]

    def taxonomies_offered(self, revision: Revision) -> set[int | None]:
        """Return the taxonomies that a sector may be chosen from. None among them: the revision names none."""
        return {revision.taxonomy_id}

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else ("revision", *fields)

    def _chosen(self, request: HttpRequest) -> Revision | None:
        """Return the revision that a new row is for, or that the list is filtered by."""
        given = request.POST.get("revision") or request.GET.get("revision") or request.GET.get("revision__id__exact")
        if given is None or not str(given).isdecimal():
            return None
        return Revision.objects.select_related("plan").filter(pk=given).first()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the revision first: everything else on the form is chosen from it."""
        revision = self._chosen(request)
        if revision is not None and revision.is_editable and self.has_add_permission(request, revision):
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request, revision):
            raise PermissionDenied(tell_missing_right(request, self.opts, "add", revision))
        if revision is not None:
            messages.error(request, tell_closed(revision))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add %(name)s: to which draft?") % {"name": self.opts.verbose_name},
            "opts": self.opts,
            "revisions": [
                draft
                for draft in Revision.objects.editable().select_related("plan").order_by("plan__code")
                if self.has_add_permission(request, draft)
            ],
            "is_popup": False,
        }
        return TemplateResponse(request, "admin/crp/choose_revision.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Leave out the drafts of countries that are none of this person's."""
        user: Any = request.user
        return super().get_queryset(request).filter(seen_by(user.reach(right(self.opts, "view")), "revision__"))

    def explain_read_only_list(self, request: HttpRequest, revision: Revision) -> str:
        """Return why this person can't change the rows of a revision; empty where they can."""
        if not revision.is_editable:
            return tell_closed(revision)
        may = request.user.has_perm(right(self.opts, "change"), revision)
        return "" if may else tell_missing_right(request, self.opts, "change", revision)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        revision = self._chosen(request) if obj is None else obj.revision
        callback = partial(self.formfield_for_dbfield, request=request, revision=revision)
        return super().get_form(request, obj, change, **{"formfield_callback": callback, **kwargs})

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, revision: Revision | None = None, **kwargs: Any
    ) -> FormField | None:
        if db_field.name == "revision":
            kwargs |= {"queryset": Revision.objects.editable().filter(pk=revision and revision.pk), "empty_label": None}
        elif isinstance(db_field, ForeignKey):
            taxonomies = self.taxonomies_offered(revision) if revision else None
            kwargs |= {"form_class": OfferedChoiceField, "offered": offered_rows(db_field, revision, taxonomies)}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            open_now = Revision.objects.select_for_update(no_key=True).editable()
            if not open_now.filter(pk=obj.revision_id).exists():
                raise PermissionDenied(tell_closed(obj.revision))
            request.user.require(right(self.opts, "add"), obj.revision)  # type: ignore[union-attr]
        super().save_model(request, obj, form, change)

    def back_to(self, row: Any) -> str:
        """Return where one goes on after a row: the rows of the same revision."""
        rows = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return f"{rows}?{urlencode({'revision__id__exact': row.revision_id})}"

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.back_to(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        if self.get_preserved_filters(request):
            return super().response_post_save_change(request, obj)
        return HttpResponseRedirect(self.back_to(obj))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        revision = self._chosen(request)
        context: dict[str, Any] = {"of_revision": revision}
        if revision is not None:
            context["read_only_because"] = self.explain_read_only_list(request, revision)
            add = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
            may_add = revision.is_editable and self.has_add_permission(request, revision)
            context["add_url"] = f"{add}?{urlencode({'revision': revision.pk})}" if may_add else ""
        return super().changelist_view(request, context | (extra_context or {}))
