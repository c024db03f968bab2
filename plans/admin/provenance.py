"""The documents that values were read from, and which of their lines."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crp.common.admin.base import FixedCodeAdmin
from crp.common.admin.fields import SuggestingInput
from crp.common.admin.forms import WholeRowForm
from crp.common.admin.site import IndexGroup
from crp.common.numbers import write_number
from plans.models import Citation, CountryProfile, Revision, Source
from plans.querysets import seen_by
from plans.tree import citable, figures_in

from .rows import OpenOnlyAdmin, tell_closed


def link_to_citations(count: int, **of: Any) -> SafeString:
    """Return a link to the list of the citations of a source, a revision or a profile."""
    name, owner = next(iter(of.items()))
    query = urlencode({f"{name}__id__exact": owner.pk})
    text = ngettext("%(count)s citation", "%(count)s citations", count) % {"count": write_number(count)}
    return format_html('<a href="{}?{}">{}</a>', reverse("admin:plans_citation_changelist"), query, text)


@admin.register(Source)
class SourceAdmin(FixedCodeAdmin):
    index_group = IndexGroup.SOURCES
    index_order = 1
    list_display = ("title", "publisher", "country", "document_on", "citation_count")
    list_filter = (("country", admin.RelatedOnlyFieldListFilter), "publisher")
    list_select_related = ("country",)
    search_fields = ("title", "code", "publisher", "url", "file_name")
    date_hierarchy = "document_on"
    autocomplete_fields = ("country",)
    fieldsets = (
        (None, {"fields": ("code", "title", "publisher", "url", "country", "document_on")}),
        (
            _("The text whose lines citations count"),
            {"classes": ("collapse",), "fields": ("file_name", "sha256")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).annotate(citation_count=Count("citations"))

    @admin.display(description=_("cited"), ordering="citation_count")
    def citation_count(self, source: Any) -> SafeString:
        return link_to_citations(source.citation_count, source=source)


class CitationForm(WholeRowForm):
    constraint_fields = {  # noqa: RUF012
        "citation_of_one_thing": "revision",
        "citation_lines_in_order": "last_line",
        "citation_inferred_needs_note": "note",
        "citation_once_per_revision_value": "source",
        "citation_once_per_profile_value": "source",
    }

    def clean(self) -> dict[str, Any]:
        """Refuse a citation of a row or column that is not there, and of a revision that is closed."""
        super().clean()
        data = self.cleaned_data
        revision: Revision | None = data.get("revision", self.instance.revision)
        owner = revision or data.get("profile", self.instance.profile)
        if revision is not None and not revision.is_open:
            raise ValidationError({"revision": tell_closed(revision)} if "revision" in data else tell_closed(revision))
        if owner is None or not {"subject", "field"} <= data.keys():
            return data
        rows = citable(owner)
        row = rows.get(data["subject"])
        if row is None:
            raise ValidationError({"subject": _("There is no such row. Rows are named like objective:1 or revision.")})
        if data["field"] not in {field.name for field in row._meta.concrete_fields}:
            raise ValidationError({"field": _("This row has no such field.")})
        return data


@admin.register(Citation)
class CitationAdmin(OpenOnlyAdmin):
    """A citation follows its revision; one of a country profile can always be changed."""

    index_group = IndexGroup.SOURCES
    index_order = 2
    is_limited = True
    form = CitationForm
    list_display = ("subject", "field", "as_printed", "basis", "source", "lines", "of")
    list_display_links = ("subject", "field")
    list_filter = ("basis", ("source", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("source", "revision__plan", "profile__country")
    search_fields = ("subject", "field", "as_printed", "note", "source__title", "revision__plan__code")
    autocomplete_fields = ("revision", "profile", "source")
    fieldsets = (
        (_("What is cited"), {"fields": ("revision", "profile", "subject", "field")}),
        (_("Where it stands"), {"fields": ("source", ("first_line", "last_line"), "as_printed")}),
        (_("How sure"), {"fields": ("basis", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Citation]:
        """Leave out the citations of drafts of countries that are none of this person's."""
        reach = request.user.reach("plans.view_citation")  # type: ignore[union-attr]
        rows = super().get_queryset(request)
        return rows if reach.everywhere else rows.filter(Q(revision=None) | seen_by(reach, "revision__"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("revision", "profile")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Suggest the rows and columns that the revision or profile has."""
        owner = self._owner(request, obj)
        if owner is not None:
            rows = citable(owner)
            fields = sorted({(name, "") for row in rows.values() for name in figures_in(row)})
            kwargs["widgets"] = {
                "subject": SuggestingInput([(key, str(row)) for key, row in rows.items()]),
                "field": SuggestingInput(fields),
            }
        return super().get_form(request, obj, change, **kwargs)

    def _owner(self, request: HttpRequest, obj: Any) -> Revision | CountryProfile | None:
        if obj is not None:
            return obj.revision or obj.profile
        given = request.GET.get("revision", "")
        found = Revision.objects.filter(pk=given).first() if given.isdecimal() and len(given) < 19 else None
        return found if found is not None and request.user.has_perm("plans.view_revision", found) else None

    @admin.display(description=_("of"))
    def of(self, citation: Citation) -> SafeString | str:
        owner: Any = citation.revision or citation.profile
        address = reverse(f"admin:plans_{owner._meta.model_name}_change", args=[quote(owner.pk)])
        return format_html('<a href="{}">{}</a>', address, owner)
