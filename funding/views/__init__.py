"""The pages that show money."""

from .countries import country_list, country_page
from .donors import donor_list, donor_page, organization_page
from .gaps import gap_explorer
from .plans import plan_checks, plan_funding, plan_page
from .revisions import plan_diff, plan_revision, plan_revision_canonical, plan_revisions
from .scenarios import compare, gap_finder, what_if
from .search import search, search_suggest
from .sectors import sector_list, sector_page

__all__ = [
    "compare",
    "country_list",
    "country_page",
    "donor_list",
    "donor_page",
    "gap_explorer",
    "gap_finder",
    "organization_page",
    "plan_checks",
    "plan_diff",
    "plan_funding",
    "plan_page",
    "plan_revision",
    "plan_revision_canonical",
    "plan_revisions",
    "search",
    "search_suggest",
    "sector_list",
    "sector_page",
    "what_if",
]
