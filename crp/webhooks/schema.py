"""What is sent, as the description of the API has it: the section ``webhooks`` of OpenAPI 3.1.

Written by hand as JSON Schema: nothing here goes through a serializer, and a test holds what is sent against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiWebhook

Schema = dict[str, Any]

USD: Schema = {"type": "string", "format": "decimal", "pattern": r"^-?\d+\.\d{2}$"}
DAY: Schema = {
    "type": "string",
    "format": "date",
    "description": "The day (UTC) of the event, as the API’s as_of takes it.",
}
ADDRESS: Schema = {"type": "string", "format": "uri"}

HEADERS = (
    (
        "webhook-id",
        "Of this event. The same at each attempt: keep it, and do nothing the second time.",
        {"type": "string"},
    ),
    ("webhook-timestamp", "Of this attempt, seconds since 1970. Refuse what is 5 minutes off.", {"type": "integer"}),
    (
        "webhook-signature",
        "v1, and the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base64; two while secrets change.",
        {"type": "string"},
    ),
)
ANSWERS = {
    "2XX": {"description": "It arrived. The answer’s body is not used."},
    "410": {"description": "Nothing more is wanted: CRP disables the webhook."},
    "default": {"description": "It is sent again, ten times in three days, later where Retry-After says so."},
}


def _or_null(schema: Schema, words: str) -> Schema:
    return {**schema, "type": [schema["type"], "null"], "description": words}


def _object(properties: Mapping[str, Schema], words: str = "", *, is_nullable: bool = False) -> Schema:
    return {
        "type": ["object", "null"] if is_nullable else "object",
        **({"description": words} if words else {}),
        "properties": dict(properties),
        "required": list(properties),
    }


def _version(words: str) -> Schema:
    return {"type": "integer", "minimum": 1, "description": words}


def _code(words: str) -> Schema:
    return {"type": "string", "description": words}


REVISION = {
    "revision": {"type": "integer", "minimum": 1, "description": "Its number."},
    "requested_usd": _or_null(USD, "US dollars. null: the document states no amount."),
    "people_in_need": _or_null({"type": "integer"}, "null: the document does not say."),
    "people_targeted": _or_null({"type": "integer"}, "null: the document does not say."),
}
CONTRIBUTION = {
    "status": {"type": "string", "enum": ["pledge", "commitment", "paid"], "description": "How far it has come."},
    "flow": {
        "type": "string",
        "enum": ["incoming", "internal", "outgoing"],
        "description": "Only incoming money counts as received; outgoing money is taken off.",
    },
    "review": {
        "type": "string",
        "enum": ["clear", "suspected", "kept", "merged"],
        "description": "Whether it may repeat another one (suspected), or does (merged).",
    },
    "amount_usd": {**USD, "description": "US dollars. Never add it: add counted_usd."},
    "counted_usd": _or_null(USD, "US dollars that it adds to money received. null: it does not count."),
    "pledged_usd": _or_null(USD, "US dollars that it adds to pledges. null: it is no pledge that counts."),
}
FIGURES = {
    "requested_usd": _or_null(USD, "US dollars. null: the plan states no amount."),
    "received_usd": _or_null(USD, "US dollars. null: not reported, which is not 0."),
    "gap_usd": _or_null(USD, "Requested less received, never below 0. null: one of the two is not known."),
    "over_funded_usd": _or_null(USD, "Received above requested. null: one of the two is not known."),
    "percent_funded": _or_null({"type": "number"}, "Two decimals, half up; may pass 100. null: not known."),
}
OF_PLAN = {
    "code": _code("Of the plan."),
    "address": {**ADDRESS, "description": "Of the plan in this API: all of it, as it is now."},
}


def _of_contribution(before: Schema, after: Schema) -> dict[str, Schema]:
    return {
        "code": _code("Of the contribution."),
        "address": {**ADDRESS, "description": "Of the contribution in this API; 404 once it is deleted."},
        "version": _version("Grows with each change of this contribution: the higher one is the newer."),
        "plan": _or_null({"type": "string"}, "Code. null: money outside any plan."),
        "country": _or_null({"type": "string"}, "ISO3, only of money outside any plan. null: none, or not stated."),
        "before": before,
        "after": after,
        "as_of": DAY,
    }


NOTHING: Schema = {"type": "null"}
DATA: dict[str, dict[str, Schema]] = {
    "revision.published": {
        **OF_PLAN,
        "version": _version("The number of the revision: the higher one is the newer."),
        "revision_address": ADDRESS,
        "diff_address": _or_null(ADDRESS, "What changed. null: it is the first revision."),
        "before": _object(REVISION, "The revision before. null: it is the first.", is_nullable=True),
        "after": _object(REVISION),
        "as_of": DAY,
    },
    "contribution.recorded": _of_contribution(NOTHING, _object(CONTRIBUTION)),
    "contribution.changed": _of_contribution(
        _object(CONTRIBUTION, "null: nothing is on record of how it was.", is_nullable=True), _object(CONTRIBUTION)
    ),
    "contribution.deleted": _of_contribution(_object(CONTRIBUTION), NOTHING),
    "plan.threshold_crossed": {
        **OF_PLAN,
        "version": _version("Grows with each change of the plan’s figures: the higher one is the newer."),
        "threshold_percent": {"type": "integer", "minimum": 1, "maximum": 999},
        "direction": {"type": "string", "enum": ["up", "down"]},
        "gap_closed": {"type": "boolean", "description": "Whether received is at least requested now."},
        "before": _object(FIGURES, "As CRP looked last; what was not known then is null."),
        "after": _object(FIGURES),
        "as_of": DAY,
    },
    "ping": {
        "code": _code("Which webhook is tested."),
        "address": {**ADDRESS, "description": "Of this API."},
        "version": _version("Always 1."),
        "as_of": DAY,
    },
}
SUMMARIES = {
    "revision.published": "A plan or a revision was published",
    "contribution.recorded": "A contribution was recorded",
    "contribution.changed": "A contribution was changed",
    "contribution.deleted": "A contribution was deleted, or moved to where readers do not see it",
    "plan.threshold_crossed": "A plan passed a percentage funded, up or down; at 100 its gap is closed",
    "ping": "A test from the admin",
}

_SITE = "https://crp.example.org/api/v1"
_PAID = {
    "status": "paid", "flow": "incoming", "review": "clear", "amount_usd": "112550.00", "counted_usd": "112550.00",
    "pledged_usd": None,
}  # fmt: skip
_PLEDGED = _PAID | {"status": "pledge", "counted_usd": None, "pledged_usd": "112550.00"}
_GIVEN = {
    "code": "MLI-COMPENDIUM-2017-C0001",
    "address": f"{_SITE}/contributions/MLI-COMPENDIUM-2017-C0001/",
    "version": 12,
    "plan": "MLI-COMPENDIUM-2017",
    "country": None,
    "as_of": "2026-03-01",
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "revision.published": {
        "code": "MLI-CRP-2025-2026",
        "address": f"{_SITE}/plans/MLI-CRP-2025-2026/",
        "version": 1,
        "revision_address": f"{_SITE}/plans/MLI-CRP-2025-2026/revisions/1/",
        "diff_address": None,
        "before": None,
        "after": {
            "revision": 1, "requested_usd": "32353500.00", "people_in_need": 6_400_000, "people_targeted": 273_000,
        },
        "as_of": "2026-03-01",
    },
    "contribution.recorded": _GIVEN | {"before": None, "after": _PLEDGED},
    "contribution.changed": _GIVEN | {"version": 15, "before": _PLEDGED, "after": _PAID},
    "contribution.deleted": _GIVEN | {"version": 19, "before": _PAID, "after": None},
    "plan.threshold_crossed": {
        "code": "MLI-COMPENDIUM-2017",
        "address": f"{_SITE}/plans/MLI-COMPENDIUM-2017/",
        "version": 4,
        "threshold_percent": 100,
        "direction": "up",
        "gap_closed": True,
        "before": {
            "requested_usd": "37360000.00", "received_usd": "112550.00", "gap_usd": "37247450.00",
            "over_funded_usd": "0.00", "percent_funded": 0.3,
        },
        "after": {
            "requested_usd": "37360000.00", "received_usd": "37360000.00", "gap_usd": "0.00",
            "over_funded_usd": "0.00", "percent_funded": 100.0,
        },
        "as_of": "2026-03-01",
    },
    "ping": {"code": "webhook-1", "address": f"{_SITE}/", "version": 1, "as_of": "2026-03-01"},
}  # fmt: skip


def payload_schema(event_type: str) -> Schema:
    """Return the JSON Schema of what is sent of one type."""
    return _object(
        {
            "type": {"type": "string", "const": event_type},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, UTC."},
            "data": _object(DATA[event_type]),
        }
    )


def _operation(event_type: str) -> Schema:
    example = {"type": event_type, "timestamp": "2026-03-01T12:00:00.000Z", "data": EXAMPLES[event_type]}
    return {
        "operationId": f"webhook_{event_type.replace('.', '_')}",
        "summary": SUMMARIES[event_type],
        "description": "Sent by CRP to the addresses that a partner gave, as Standard Webhooks 1.0.0 has it.",
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": schema}
            for name, words, schema in HEADERS
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": payload_schema(event_type),
                    "examples": {"mali": {"summary": "Mali", "value": example}},
                }
            },
        },
        "responses": ANSWERS,
    }


WEBHOOKS = [OpenApiWebhook(name=event_type, decorator={"post": _operation(event_type)}) for event_type in DATA]
"""Read by drf-spectacular, through ``SPECTACULAR_SETTINGS``."""
revision_published, recorded, changed, deleted, threshold_crossed, ping = WEBHOOKS
