"""The pages that show money."""

from .countries import country_list, country_page
from .donors import donor_list, donor_page
from .gaps import gap_explorer
from .plans import plan_checks, plan_funding, plan_page
from .revisions import plan_diff, plan_revision, plan_revision_canonical, plan_revisions
from .sectors import sector_list, sector_page

__all__ = [
    "country_list",
    "country_page",
    "donor_list",
    "donor_page",
    "gap_explorer",
    "plan_checks",
    "plan_diff",
    "plan_funding",
    "plan_page",
    "plan_revision",
    "plan_revision_canonical",
    "plan_revisions",
    "sector_list",
    "sector_page",
]
