"""Revisions in the examples of the schema: those of the demonstration data, and a correction that a test makes."""

from __future__ import annotations

from typing import Any

# Its seal is left out: it is the SHA-256 of all that it says.
REVISION: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "number": 1,
    "status": "published",
    "published_at": "2025-04-17T00:00:00Z",
    "superseded_at": None,
    "document_on": "2025-04-17",
    "requested_usd": "32353500.00",
    "difference_usd": None,
    "people_in_need": 6400000,
    "people_targeted": 273000,
    "entities_targeted": 25,
    "reason": "First revision: the plan's page as last updated on 17 April 2025.",
    "before": None,
    "seal_before": None,
    "canonical": "/plans/MLI-CRP-2025-2026/revisions/1/canonical.json",
}
REVISION_DETAIL: dict[str, Any] = {
    **REVISION,
    "content": {
        "plan": "MLI-CRP-2025-2026",
        "revision": {"number": 1, "people_in_need": 6400000, "requested_usd": "32353500.00"},
    },
}


def _amount(old: str, new: str, difference: str, percent: float, **column: str) -> dict[str, Any]:
    return {
        "field": "amount_usd",
        "label": "Amount (USD)",
        "unit": "usd",
        "old": old,
        "new": new,
        "old_code": None,
        "new_code": None,
        "difference": difference,
        "percent": percent,
        "passages": [],
        **column,
    }


def _line(key: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "changed",
        "model": "fundingrequest",
        "key": key,
        "old_key": None,
        "name": name,
        "old_name": None,
        "fields": [change],
    }


DIFF: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "from": 1,
    "to": 2,
    "sentence": "Funding required goes from USD 32,353,500 to USD 32,853,500 (+500,000, +1.55\N{NO-BREAK SPACE}%).",
    "total": {"old_usd": "32353500.00", "new_usd": "32853500.00", "difference_usd": "500000.00", "percent": 1.55},
    "groups": [
        {
            "name": "figures",
            "fields": [
                _amount(
                    "32353500.00",
                    "32853500.00",
                    "500000.00",
                    1.55,
                    field="requested_usd",
                    label="Funding required (USD)",
                )
            ],
            "rows": [],
        },
        {
            "name": "objectives",
            "fields": [],
            "rows": [
                _line(
                    "fundingrequest:objective:1",
                    "1. Saving lives and protecting people on the move",
                    _amount("12584000.00", "13084000.00", "500000.00", 3.97),
                )
            ],
        },
        {
            "name": "sectors",
            "fields": [],
            "rows": [
                _line(
                    "fundingrequest:sector:IOM-2025:SHELTER",
                    "Shelter and settlements",
                    _amount("6200000.00", "6700000.00", "500000.00", 8.06),
                )
            ],
        },
    ],
    "citations": [],
}
