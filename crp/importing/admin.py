"""What importing adds to the admin: documents, files beside contributions, a workbook beside each revision."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from crp.common.admin.base import BaseAdmin
from crp.common.admin.site import IndexGroup
from crp.importing.documents.pages import DocumentPages
from crp.importing.ledger.pages import BulkPages
from crp.importing.models import ImportedDocument
from crp.importing.workbook.pages import WorkbookPages
from funding.admin.contributions import ContributionAdmin
from funding.admin.revisions import RevisionAdmin
from funding.models import Contribution
from plans.models import Revision

# Funding knows nothing of files: its pages are taken over here, with those of files added.
admin.site.unregister((Contribution, Revision))


@admin.register(Contribution)
class ContributionAdminWithFiles(BulkPages, ContributionAdmin):
    """Contributions, one by one or from a file."""


@admin.register(Revision)
class RevisionAdminWithWorkbook(WorkbookPages, RevisionAdmin):
    """Revisions, in the form or as a workbook."""


@admin.register(ImportedDocument)
class ImportedDocumentAdmin(DocumentPages, BaseAdmin):
    """Documents that plans are read from."""

    index_group = IndexGroup.SOURCES
    index_order = 30
    list_display = ("name", "state", "plan", "revision", "uploaded_by", "uploaded_at")
    list_filter = ("state",)
    list_select_related = ("plan", "revision__plan", "uploaded_by")
    search_fields = ("name", "plan__code", "plan__title")
    actions = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
