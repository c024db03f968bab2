"""Requests and answers of finance systems, as examples in the schema. A test sends them and compares the answers."""

from __future__ import annotations

from typing import Any

COMMITMENT: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "donor": None,
    "recipient": "iom",
    "status": "commitment",
    "original_amount": "250000.00",
    "original_currency": "EUR",
    "exchange_rate": "0.865",
    "exchange_rate_on": "2025-09-01",
    "exchange_rate_source": "UN operational rates of exchange",
    "decision_on": "2025-09-15",
    "sector": "IOM-2025/WASH",
    "grant_reference": "GR-2025-0417",
    "external_scheme": "erp",
    "external_id": "40017",
}
"""250,000 EUR at 0.865 EUR for one US dollar: 250,000 / 0.865 = 289,017.34 US dollars."""

RECORDED: dict[str, Any] = {
    "code": "MLI-CRP-2025-2026-C0001",
    "plan": "MLI-CRP-2025-2026",
    "country": None,
    "donor": None,
    "donor_name": None,
    "recipient": "iom",
    "recipient_name": "International Organization for Migration",
    "status": "commitment",
    "steps": ["commitment:2025-09-15"],
    "flow": "incoming",
    "parent": None,
    "is_counted": True,
    "amount_usd": "289017.34",
    "counted_usd": "289017.34",
    "pledged_usd": None,
    "amount_basis": "converted",
    "original_amount": "250000.00",
    "original_currency": "EUR",
    "exchange_rate": "0.86500000",
    "exchange_rate_on": "2025-09-01",
    "exchange_rate_source": "UN operational rates of exchange",
    "is_in_kind": False,
    "decision_on": "2025-09-15",
    "reported_on": None,
    "usage_year": None,
    "earmarking": None,
    "is_new_money": None,
    "framework": None,
    "objective": None,
    "sector": "IOM-2025/WASH",
    "is_shared_across_sectors": False,
    "project": None,
    "grant_reference": "GR-2025-0417",
    "external_scheme": "erp",
    "external_id": "40017",
    "source": None,
    "source_line": None,
    "review": "clear",
    "duplicate_of": None,
    "note": None,
    "updated_at": "2025-09-16T08:30:00.000000Z",
    "warnings": [],
}
PAYMENT: dict[str, Any] = {"status": "paid", "since_on": "2025-10-20", "amount_usd": "288400.00"}
PAID: dict[str, Any] = {
    **RECORDED,
    "status": "paid",
    "steps": ["commitment:2025-09-15", "paid:2025-10-20"],
    "amount_usd": "288400.00",
    "counted_usd": "288400.00",
    "amount_basis": "given",
    "updated_at": "2025-10-21T07:05:11.000000Z",
}
CORRECTION: dict[str, Any] = {"grant_reference": "GR-2025-0418", "note": None}
TAKEN_BACK: dict[str, Any] = {"reason": "The payment was returned by the bank."}

PLEDGE: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "donor": None,
    "status": "pledge",
    "amount_usd": "1500000.00",
    "decision_on": "2025-06-10",
}
BATCH: dict[str, Any] = {
    "contributions": [
        PLEDGE,
        {"code": "MLI-CRP-2025-2026-C0001", "updated_at": "2025-09-16T08:30:00.000000Z", **PAYMENT},
    ]
}
PLEDGED: dict[str, Any] = {
    **dict.fromkeys(RECORDED),
    "code": "MLI-CRP-2025-2026-C0002",
    "plan": "MLI-CRP-2025-2026",
    "status": "pledge",
    "steps": ["pledge:2025-06-10"],
    "flow": "incoming",
    "is_counted": False,
    "amount_usd": "1500000.00",
    "pledged_usd": "1500000.00",
    "amount_basis": "given",
    "is_in_kind": False,
    "decision_on": "2025-06-10",
    "is_shared_across_sectors": False,
    "review": "clear",
    "updated_at": "2025-10-21T07:05:11.000000Z",
}
BATCH_DONE: dict[str, Any] = {
    "dry_run": False,
    "created": 1,
    "changed": 1,
    "unchanged": 0,
    "results": [
        {
            "row": 1,
            "outcome": "created",
            "warnings": [],
            "contribution": {name: value for name, value in PLEDGED.items() if name != "warnings"},
        },
        {
            "row": 2,
            "outcome": "changed",
            "warnings": [],
            "contribution": {name: value for name, value in PAID.items() if name != "warnings"},
        },
    ],
}
REFUSED: dict[str, Any] = {
    "detail": "amount_usd: An amount of 0 gives nothing: leave the contribution out.",
    "code": "invalid",
    "errors": {"amount_usd": ["An amount of 0 gives nothing: leave the contribution out."]},
}
BATCH_REFUSED: dict[str, Any] = {
    "detail": "Nothing was recorded. Row 17: decision_on: 2202-01-01 has not come yet: expected a day until today, "
    "2026-11-23. 1 more row is wrong.",
    "code": "invalid",
    "errors": [
        {
            "row": 17,
            "errors": {"decision_on": ["2202-01-01 has not come yet: expected a day until today, 2026-11-23."]},
        },
        {"row": 640, "errors": {"donor": ["No organization has the code “OIM”."]}},
    ],
}
