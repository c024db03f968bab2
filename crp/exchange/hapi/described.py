"""What the schema says of the addresses of HAPI."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from crp.exchange.hapi import serializers
from crp.exchange.hapi.parameters import MOST_ROWS

TAGS = ["hapi"]


def _parameter(name: str, description: str, kind: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description, **more)


def _bounded(most: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\u0000]*$", **more}


COMMON = [
    _parameter("output_format", "What the answer is written in.", enum=["json", "csv"], default="json"),
    _parameter(
        "limit",
        f"How many rows at most. A page with fewer is the last one. {MOST_ROWS:,} where not given.",
        {"type": "integer", "minimum": 0, "maximum": MOST_ROWS, "default": MOST_ROWS},
    ),
    _parameter(
        "offset",
        "How many rows to leave out from the beginning.",
        {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "default": 0},
    ),
    _parameter(
        "app_identifier",
        "Taken because clients of HAPI send it; neither asked for nor looked at. It holds an e-mail address: leave it "
        "out where you can.",
        {"type": "string", "maxLength": 512, "pattern": "^[^\\u0000]*$"},
    ),
]
PLACES = [
    _parameter("location_code", "ISO3 code of a country, whole; capitals don't count.", _bounded(128)),
    _parameter("location_name", "Part of the English name of a country; capitals don't count.", _bounded(512)),
    _parameter(
        "has_hrp",
        "true: countries for which CRP has a humanitarian response plan of this year. false finds nothing: CRP "
        "does not know which countries have none.",
        bool,
    ),
    _parameter("in_gho", "Finds nothing: CRP does not know which countries are in the Overview.", bool),
]
PERIOD = [
    _parameter(
        "start_date",
        "Rows whose reference period ends on this day or later. YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.",
        _bounded(19),
    ),
    _parameter("end_date", "Rows whose reference period begins on this day or before. As start_date.", _bounded(19)),
]
WITHIN_COUNTRIES = [
    _parameter(name, "Taken as HAPI does. Finds nothing: rows are of whole countries.", kind)
    for level in ("admin1", "admin2")
    for name, kind in (
        (f"{level}_ref", {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}),
        (f"{level}_code", _bounded(128)),
        (f"{level}_name", _bounded(512)),
        (f"provider_{level}_name", _bounded(512)),
    )
]
ROWS = "A page of rows under data; in CSV the same rows under the same names, empty where not known."
REFUSED = OpenApiResponse(
    serializers.HapiErrorSerializer,
    "A parameter is unknown, given twice, empty, or has a value that can't be used.",
    examples=[
        OpenApiExample(
            "Refused",
            value={
                "detail": [
                    {
                        "type": "less_than_equal",
                        "loc": ["query", "limit"],
                        "msg": "Input should be less than or equal to 10000",
                        "input": "20000",
                        "ctx": {"le": 10000},
                    }
                ]
            },
        )
    ],
)

FUNDING: dict[str, Any] = {
    "operation_id": "hapi_funding",
    "tags": TAGS,
    "summary": "Funding of plans by country, as HDX HAPI v2",
    "description": "What each plan asks for and has received, a row for each of its countries, ordered by appeal_code "
    "and location_ref. Money is a number of US dollars. A plan of several countries that does not say what falls on "
    "each has null amounts in its rows: its total stands in plans/. Add rows of different plans only where they don't "
    "ask for the same money: see the related plans of funding-requests/.",
    "parameters": [
        _parameter("appeal_code", "Code of a plan, whole; capitals don't count.", _bounded(60)),
        _parameter("appeal_type", "Kind of plan, whole; capitals don't count.", _bounded(64)),
        *PLACES,
        *PERIOD,
        *COMMON,
    ],
    "responses": {
        (200, "application/json"): OpenApiResponse(
            serializers.HapiFundingListSerializer,
            ROWS,
            examples=[
                OpenApiExample(
                    "Mali 2017",
                    value={
                        "data": [
                            {
                                "resource_hdx_id": "6ba9e1b4-4c8f-5bfb-bd4a-9236d512a692",
                                "appeal_code": "MLI-COMPENDIUM-2017",
                                "appeal_name": "Mali 2017",
                                "appeal_type": "Humanitarian Compendium",
                                "requirements_usd": 37360000.0,
                                "funding_usd": 112550.0,
                                "funding_pct": 0.3,
                                "location_ref": 8406,
                                "location_code": "MLI",
                                "location_name": "Mali",
                                "has_hrp": None,
                                "in_gho": None,
                                "reference_period_start": "2017-01-01T00:00:00",
                                "reference_period_end": "2017-12-31T23:59:59",
                            }
                        ]
                    },
                )
            ],
        ),
        (200, "text/csv"): OpenApiResponse(str, ROWS),
        422: REFUSED,
    },
}
PRESENCE: dict[str, Any] = {
    "operation_id": "hapi_operational_presence",
    "tags": TAGS,
    "summary": "Sectors in which IOM asks for money, as HDX HAPI v2",
    "description": "A row for each of IOM's plans of one country that has begun, and each global cluster that it asks "
    "for money in. It says that IOM is there to work in that cluster during the plan's period, as the plan says; not "
    "where in the country, nor with what money. Plans of several agencies or countries, and sectors that belong to no "
    "global cluster, are left out.",
    "parameters": [
        _parameter("sector_code", "Code of a global cluster, whole; capitals don't count.", _bounded(32)),
        _parameter("sector_name", "Part of the name of a global cluster.", _bounded(512)),
        _parameter("org_acronym", "Finds rows for IOM only.", _bounded(32)),
        _parameter("org_name", "Part of the name of the organization, which is always IOM.", _bounded(512)),
        _parameter("admin_level", "Finds rows for 0 only.", enum=["0", "1", "2"]),
        _parameter(
            "location_ref",
            "The number of a country in these rows.",
            {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        ),
        *PLACES,
        *WITHIN_COUNTRIES,
        *PERIOD,
        *COMMON,
    ],
    "responses": {
        (200, "application/json"): OpenApiResponse(
            serializers.HapiPresenceListSerializer,
            ROWS,
            examples=[
                OpenApiExample(
                    "Mali 2017",
                    value={
                        "data": [
                            {
                                "resource_hdx_id": "6ba9e1b4-4c8f-5bfb-bd4a-9236d512a692",
                                "location_ref": 8406,
                                "location_code": "MLI",
                                "location_name": "Mali",
                                "has_hrp": None,
                                "in_gho": None,
                                "admin1_code": None,
                                "admin1_name": None,
                                "admin2_code": None,
                                "admin2_name": None,
                                "admin_level": 0,
                                "org_acronym": "IOM",
                                "org_name": "International Organization for Migration",
                                "org_type_code": "447",
                                "org_type_description": "United Nations",
                                "sector_code": "HEA",
                                "sector_name": "Health",
                                "reference_period_start": "2017-01-01T00:00:00",
                                "reference_period_end": "2017-12-31T23:59:59",
                            }
                        ]
                    },
                )
            ],
        ),
        (200, "text/csv"): OpenApiResponse(str, ROWS),
        422: REFUSED,
    },
}
IDENTIFIER: dict[str, Any] = {
    "operation_id": "hapi_encode_app_identifier",
    "tags": TAGS,
    "summary": "Make an app_identifier",
    "description": "What HDX HAPI wants with every request, and CRP does not: the name of a program and an e-mail "
    "address in base64. Nothing is kept.",
    "parameters": [
        _parameter("application", "Name of the program.", _bounded(512, minLength=4), required=True),
        _parameter(
            "email",
            "An e-mail address.",
            {"type": "string", "maxLength": 512, "pattern": "^[a-z0-9.]+@[a-z0-9]+\\.[a-z]+$"},
            required=True,
        ),
    ],
    "responses": {
        200: OpenApiResponse(
            serializers.HapiIdentifierSerializer,
            "The two in base64.",
            examples=[
                OpenApiExample("A program", value={"encoded_app_identifier": "bmlnaHRseTptZUBleGFtcGxlLm9yZw=="})
            ],
        ),
        422: REFUSED,
    },
}
VERSION: dict[str, Any] = {
    "operation_id": "hapi_version",
    "tags": TAGS,
    "summary": "Which version of HAPI is spoken here",
    "description": "The version of HAPI whose addresses, parameters and fields these are.",
    "responses": {
        200: OpenApiResponse(
            serializers.HapiVersionSerializer,
            "The versions.",
            examples=[OpenApiExample("Version", value={"api_version": "2", "hapi_sqlalchemy_schema_version": "none"})],
        ),
        422: REFUSED,
    },
}
