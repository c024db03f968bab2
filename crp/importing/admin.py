"""What importing adds to the admin: bulk entry beside the list of contributions."""

from __future__ import annotations

from django.contrib import admin

from crp.importing.ledger.pages import BulkPages
from funding.admin.contributions import ContributionAdmin
from funding.models import Contribution

# Funding knows nothing of files: its list of contributions is taken over here, with the pages of bulk entry added.
admin.site.unregister(Contribution)


@admin.register(Contribution)
class ContributionAdminWithFiles(BulkPages, ContributionAdmin):
    """Contributions, one by one or from a file."""
