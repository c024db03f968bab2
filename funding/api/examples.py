"""Answers with the figures of Mali, as examples in the schema. A test compares them with what the API answers."""

from __future__ import annotations

from typing import Any


def figures(requested_usd: str | None, received_usd: str | None, gap_usd: str | None, percent: float | None) -> dict:
    """Return the columns of figures where nothing is pledged and nothing over-funded."""
    return {
        "requested_usd": requested_usd,
        "received_usd": received_usd,
        "pledged_usd": None,
        "gap_usd": gap_usd,
        "over_funded_usd": None if gap_usd is None else "0.00",
        "percent_funded": percent,
        "funding_reported": received_usd is not None,
    }


def counted(requested_reporting_usd: str | None, plans: int, requesting: int, reporting: int) -> dict[str, Any]:
    """Return the columns that say for how many plans figures speak."""
    return {
        "requested_reporting_usd": requested_reporting_usd,
        "plans": plans,
        "plans_requesting": requesting,
        "plans_reporting": reporting,
    }


HRP = figures("12360000.00", "112550.00", "12247450.00", 0.91)
MCOF = figures("25000000.00", "0.00", "25000000.00", 0.0)
WHOLE_2017 = figures("37360000.00", "112550.00", "37247450.00", 0.3)

COMPENDIUM: dict[str, Any] = {
    "code": "MLI-COMPENDIUM-2017",
    "kind": "compendium",
    "title": "Mali 2017",
    "countries": ["MLI"],
    "start_year": 2017,
    "end_year": 2017,
    "revision": 1,
    "document_on": None,
    "published_at": "2017-01-01T00:00:00Z",
    **WHOLE_2017,
    "funding_updated_on": None,
    "people_in_need": None,
    "people_targeted": None,
    "entities_targeted": None,
    "updated_at": "2017-01-01T00:00:00Z",
}
CRP: dict[str, Any] = {
    "code": "MLI-CRP-2025-2026",
    "kind": "crp",
    "title": "Mali Crisis Response Plan 2025 - 2026",
    "countries": ["MLI"],
    "start_year": 2025,
    "end_year": 2026,
    "revision": 1,
    "document_on": "2025-04-17",
    "published_at": "2025-04-17T00:00:00Z",
    **figures("32353500.00", None, None, None),
    "funding_updated_on": None,
    "people_in_need": 6400000,
    "people_targeted": 273000,
    "entities_targeted": 25,
    "updated_at": "2025-04-17T00:00:00Z",
}
CRP_DETAIL: dict[str, Any] = {
    **CRP,
    "as_of": None,
    "reason": "First revision: the plan's page as last updated on 17 April 2025.",
    "taxonomy": "IOM-2025",
    "start_on": None,
    "end_on": None,
    "totals_year": 2025,
    "identifiers": ["gcrp:mali-crisis-response-plan-2025-2026"],
    "frameworks": [],
    "objectives": [
        {
            "number": 1,
            "title": "Saving lives and protecting people on the move",
            "residual": None,
            **figures("12584000.00", None, None, None),
            "people_targeted": 175000,
            "entities_targeted": 13,
            "stated_percent_funded": None,
            "target_groups": [{"code": "IDP", "name": "Internally displaced person"}],
            "outcomes": [{"code": "1a", "name": "Human suffering is alleviated", "share_percent": 50.0}],
        }
    ],
    "sectors": [
        {
            "sector": "IOM-2025/PROTECTION_CENTRED",
            "name": "Protection-centred cross-cutting priority",
            "residual": None,
            **figures("1153500.00", None, None, None),
            "is_cross_cutting": True,
            "is_priority": False,
            "is_inferred": True,
            "related_plans": ["H(N)RP", "UNSDCF"],
            "shares": [{"objective": 1, "share_percent": 42.0, "amount_usd": "484000.00"}],
        }
    ],
    "projects": [],
    "narratives": [],
    "risk_indicators": [
        {"indicator": "inform_risk", "value": 7.1, "rank": None, "rank_of": None, "level": "very_high"},
        {"indicator": "hdi_rank", "value": None, "rank": 188, "rank_of": 193, "level": "low"},
    ],
    "modalities": [],
    "priorities": [],
    "achievements": [],
    "presence": {
        "international_staff": 15,
        "national_staff": 165,
        "field_offices": 6,
        "as_of_month": "2024-11",
    },
    "offices": [{"kind": "main", "place": "Bamako"}],
    "sources": [],
}
COMPENDIUM_BY_FRAMEWORK: dict[str, Any] = {
    "by": ["framework"],
    "as_of": None,
    "total": {**WHOLE_2017, **counted("37360000.00", 1, 1, 1)},
    "rows": [
        {
            "framework": "HRP",
            "framework_name": "Humanitarian Response Plans",
            "residual": None,
            **HRP,
            **counted("12360000.00", 1, 1, 1),
        },
        {
            "framework": "MCOF",
            "framework_name": "Migration Crisis Operational Frameworks",
            "residual": None,
            **MCOF,
            **counted("25000000.00", 1, 1, 1),
        },
    ],
    "residuals": [],
}
PORTFOLIO_ROLLUP: dict[str, Any] = {
    **COMPENDIUM_BY_FRAMEWORK,
    "total": {
        **figures("69713500.00", "112550.00", "37247450.00", 0.3),
        **counted("37360000.00", 3, 2, 1),
    },
    "residuals": [
        {
            "framework": None,
            "framework_name": "No framework named",
            "residual": "not_specified",
            **figures("32353500.00", None, None, None),
            **counted(None, 1, 1, 0),
        }
    ],
}
CRP_CHECKS: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "revision": 1,
    "as_of": None,
    "verdict": "note",
    "checks": [
        {
            "rule": "sum_of_sectors",
            "title": "Sum of sectors",
            "unit": "usd",
            "expected": "32353500.00",
            "found": "32353500.00",
            "difference": "0.00",
            "is_limit": False,
            "verdict": "ok",
            "sentence": "The lines add to 32,353,500, the total of the plan.",
        },
        {
            "rule": "entities_targeted_by_objective",
            "title": "Entities targeted by objective",
            "unit": "entities",
            "expected": "25",
            "found": "28",
            "difference": "3",
            "is_limit": False,
            "verdict": "note",
            "sentence": "The objectives add to 28 and the plan says 25: objectives overlap, some are counted under "
            "more than one. The plan's own number stands.",
        },
    ],
}
OBJECTIVE: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "revision": 1,
    "number": 1,
    "title": "Saving lives and protecting people on the move",
    "strategic_objective": "2024-2028/1",
    "requested_usd": "12584000.00",
    "people_targeted": 175000,
    "entities_targeted": 13,
    "target_groups": ["IDP", "LOCAL", "INTL_MIGRANT"],
    "updated_at": "2025-04-17T00:00:00Z",
}
OUTCOME: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "revision": 1,
    "objective": 1,
    "code": "1a",
    "name": "Human suffering is alleviated",
    "share_percent": 50.0,
    "updated_at": "2025-04-17T00:00:00Z",
}
PROJECT: dict[str, Any] = {
    "plan": "MLI-COMPENDIUM-2017",
    "revision": 1,
    "code": "MLI-2017-HRP-06",
    "title": "Assessing and responding to shelter and Non Food Items needs of IDPs, returnees, and the vulnerable in "
    "northern Mali.",
    "framework": "HRP",
    "sector": "COMPENDIUM-2017/SHELTER_NFI",
    "sector_name": "Emergency Shelter and Non-food Items",
    "requested_usd": "3580000.00",
    "received_usd": "112550.00",
    "beneficiaries": "50,000 displaced people, returnees and hosts.",
    "description": "What displaced people, returnees and hosts lack in shelter and household goods is assessed through "
    "displacement tracking (DTM) where many have returned. Shelters are then designed, planned and repaired, and kits "
    "handed out with blankets, sheeting, sleeping mats and kitchen sets.",
    "updated_at": "2017-01-01T00:00:00Z",
}
FUNDING_REQUEST: dict[str, Any] = {
    "plan": "MLI-CRP-2025-2026",
    "revision": 1,
    "breakdown": "sector",
    "framework": None,
    "objective": None,
    "sector": "IOM-2025/WASH",
    "project": None,
    "name": "Water, sanitation and hygiene",
    "amount_usd": "2800000.00",
    "is_priority": True,
    "related_plans": ["H(N)RP", "UNSDCF"],
    "country": None,
    "order": 4,
    "updated_at": "2025-04-17T00:00:00Z",
}
CONTRIBUTION: dict[str, Any] = {
    "code": "MLI-2017-0001",
    "plan": "MLI-COMPENDIUM-2017",
    "country": None,
    "donor": None,
    "donor_name": None,
    "recipient": None,
    "recipient_name": None,
    "status": "paid",
    "steps": [],
    "flow": "incoming",
    "parent": None,
    "is_counted": True,
    "amount_usd": "112550.00",
    "counted_usd": "112550.00",
    "pledged_usd": None,
    "amount_basis": "given",
    "original_amount": None,
    "original_currency": None,
    "exchange_rate": None,
    "exchange_rate_on": None,
    "exchange_rate_source": None,
    "is_in_kind": False,
    "decision_on": None,
    "reported_on": None,
    "usage_year": None,
    "earmarking": None,
    "is_new_money": None,
    "framework": "HRP",
    "objective": None,
    "sector": "COMPENDIUM-2017/SHELTER_NFI",
    "is_shared_across_sectors": False,
    "project": "MLI-2017-HRP-06",
    "grant_reference": None,
    "external_scheme": None,
    "external_id": None,
    "source": "MLI-COMPENDIUM-2017-PAGE",
    "source_line": 65,
    "review": "clear",
    "duplicate_of": None,
    "note": "The page prints this amount as received by the shelter project (line 65) and as all that its framework "
    "received (line 30). It names no donor and no date.",
    "updated_at": "2017-01-01T00:00:00Z",
}
REPORTED_FUNDING: dict[str, Any] = {
    "plan": "HMLI25",
    "scope": "total",
    "country": None,
    "year": None,
    "sector": None,
    "is_shared_across_sectors": False,
    "amount_usd": "198676093.00",
    "reported_on": "2026-04-30",
    "source": None,
    "source_line": None,
    "updated_at": "2026-04-30T06:00:00Z",
}
NOTHING_GIVEN: dict[str, Any] = {
    "by": ["country"],
    "as_of": None,
    "total": {**figures(None, None, None, None), **counted(None, 0, 0, 0)},
    "rows": [],
    "residuals": [],
}
ORGANIZATION: dict[str, Any] = {
    "code": "iom",
    "name": "International Organization for Migration",
    "name_fr": "Organisation internationale pour les migrations",
    "name_es": "Organización Internacional para las Migraciones",
    "name_ar": "المنظمة الدولية للهجرة",
    "acronym": "IOM",
    "kind": "un_agency",
    "country": None,
    "identifiers": ["iati:XM-DAC-47066"],
    "updated_at": None,
}
