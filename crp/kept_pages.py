"""Which pages of CRP are kept for readers who are not signed in."""

from __future__ import annotations

from typing import ClassVar

from crp.common import kept_pages
from funding.api.stamp import read_stamp


class KeptPagesMiddleware(kept_pages.KeptPagesMiddleware):
    """Keeps the pages that are made of plans, money and the reference lists, and of nothing else.

    A page of rows that the change counters do not count, of files, or with a form that carries a token, has no place
    here.
    """

    read_stamp = staticmethod(read_stamp)
    names: ClassVar[frozenset[str]] = frozenset(
        {
            "home", "methodology", "gaps", "gap-finder", "what-if", "compare", "countries", "country",
            "sectors", "sector", "donors", "donor", "organization", "plan", "plan-funding", "plan-checks",
            "plan-revisions", "plan-revision", "plan-diff", "robots", "sitemap", "sitemap-section",
        }
    )  # fmt: skip
