"""What importing adds to the admin: files beside the list of contributions, a workbook beside each revision."""

from __future__ import annotations

from django.contrib import admin

from crp.importing.ledger.pages import BulkPages
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
