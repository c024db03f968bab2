"""Which pages the guide to the API has: the files in docs/ that engineers and analysts of partners read."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.urls import reverse

FOLDER = Path(settings.BASE_DIR, "docs")
FIRST = "api"
"""The page that leads to all others."""
FILES = {
    FIRST: "api.md",
    **{
        name: f"api/{name}.md"
        for name in (
            "plans",
            "rollups",
            "revisions-and-diff",
            "parts-of-plans",
            "contributions",
            "writing",
            "reported-funding",
            "organizations",
            "countries-sectors-taxonomies",
            "changes",
            "dumps",
            "formats-and-paging",
            "keys-and-limits",
        )
    },
    "webhooks": "webhooks.md",
    "exchange": "exchange.md",
}
"""Each page by its name in addresses, in the order in which they are listed."""


def address_of(name: str) -> str:
    """Return the address of a page in the language of the request."""
    return reverse("api-pages") if name == FIRST else reverse("api-page", args=[name])
