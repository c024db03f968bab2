"""An answer of the feed with the figures of Mali, as an example in the schema."""

from __future__ import annotations

from typing import Any

from funding.api.examples import COMPENDIUM, CONTRIBUTION

ADDRESS = "http://localhost:8000/api/v1/"

CHANGES: dict[str, Any] = {
    "cursor": "5f0c21d7-412-0-cfopr",
    "next": f"{ADDRESS}changes/?since=5f0c21d7-412-0-cfopr",
    "has_more": False,
    "results": [
        {
            "cursor": "5f0c21d7-410-0-cfopr",
            "resource": "contributions",
            "key": "MLI-2017-0001",
            "change": "created",
            "changed_at": "2026-03-02T09:14:07.120000Z",
            "url": f"{ADDRESS}contributions/MLI-2017-0001/",
            "row": CONTRIBUTION,
        },
        {
            "cursor": "5f0c21d7-411-0-cfopr",
            "resource": "plans",
            "key": "MLI-COMPENDIUM-2017",
            "change": "updated",
            "changed_at": "2026-03-02T09:14:07.120000Z",
            "url": f"{ADDRESS}plans/MLI-COMPENDIUM-2017/",
            "row": COMPENDIUM,
        },
        {
            "cursor": "5f0c21d7-412-0-cfopr",
            "resource": "contributions",
            "key": "MLI-2017-0002",
            "change": "deleted",
            "changed_at": "2026-03-02T09:15:40.003000Z",
            "url": f"{ADDRESS}contributions/MLI-2017-0002/",
            "row": None,
        },
    ],
}
