"""A dump as the API lists it, with figures of the demonstration data."""

from __future__ import annotations

from crp.common.api.pagination import page_of

ADDRESS = "https://crp.example.org/api/v1/dumps/2026-11-23T020000Z"
DUMP = {
    "name": "2026-11-23T020000Z",
    "made_at": "2026-11-23T02:00:00Z",
    "content_stamp": 4180,
    "money_stamp": 12,
    "rows": 763,
    "manifest": f"{ADDRESS}/manifest.json",
    "tables": [{"name": "plans", "title": "Plans", "rows": 3}],
    "files": [
        {
            "name": "crp-csv-2026-11-23.zip",
            "address": f"{ADDRESS}/crp-csv-2026-11-23.zip",
            "format": "csv-zip",
            "media_type": "application/zip",
            "table": None,
            "rows": 763,
            "bytes": 48210,
            "sha256": "3f1c2b7a9d0e4c5566778899aabbccddeeff00112233445566778899aabbccdd",
        },
        {
            "name": "crp-plans-2026-11-23.parquet",
            "address": f"{ADDRESS}/crp-plans-2026-11-23.parquet",
            "format": "parquet",
            "media_type": "application/vnd.apache.parquet",
            "table": "plans",
            "rows": 3,
            "bytes": 9120,
            "sha256": "a0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff",
        },
    ],
}
DUMPS = {**page_of(DUMP), "checked_at": "2026-11-23T02:00:00Z"}
