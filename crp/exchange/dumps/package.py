"""The description of a dump for programs: a Data Package (datapackage.json) of its tables as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crp.common.columns import Column, Kind
from crp.exchange.dumps.tables import DumpTable
from crp.exchange.terms import LICENCE

PROFILE = "https://datapackage.org/profiles/1.0/datapackage.json"
TYPES = {
    Kind.TEXT: "string",
    Kind.WHOLE: "integer",
    Kind.DECIMAL: "number",
    Kind.NUMBER: "number",
    Kind.FLAG: "boolean",
    Kind.DAY: "date",
    Kind.TIME: "datetime",
    Kind.LIST: "string",
}
TITLE = "Crisis Response Plans: plans, what they ask for and what they received"
DESCRIPTION = (
    "Everything that CRP publishes, as its API gives it: plans as their current revision states them, and the money "
    "they ask for and receive. Money is in US dollars. An empty cell is not reported or not defined, which is never 0; "
    "the description of each column says which. Times are in UTC. A text that a spreadsheet would run as a formula has "
    "an apostrophe before it."
)
BEFORE_ADDING = (
    "An empty cell is not reported or not defined. It is never 0.",
    "Money is in US dollars, with two decimals: read it as decimals, not as floating point.",
    "funding-requests.csv holds the same money several times: add within one breakdown of one plan, never across.",
    "Of contributions.csv add counted_usd, never amount_usd: pledges and possible duplicates are on record too.",
    "reported-funding.csv has official totals. Add none to contributions, and none of one scope to another.",
    "Days and times are in UTC. Several values of one cell are joined by “;”.",
    "Codes are texts: 002 is a region, NA is Namibia. pandas: dtype=str, keep_default_na=False for such columns.",
    "A text that a spreadsheet would run as a formula has an apostrophe before it.",
)
"""What somebody who opens the files without reading more has to know."""
OF_LISTS = "Several values are joined by “;”; empty: none."


def describe(
    tables: Sequence[tuple[DumpTable, Sequence[Column], int]], made_at: datetime, stamp: str, address: str
) -> dict[str, Any]:
    """Return the descriptor of the tables, each with its columns and the number of its rows."""
    package: dict[str, Any] = {
        "$schema": PROFILE,
        "profile": "data-package",
        "name": "crp",
        "title": TITLE,
        "description": DESCRIPTION,
        "created": made_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "version": stamp,
        "keywords": ["humanitarian", "crisis response plans", "funding", "IOM"],
        "licenses": [licence(address)],
        "resources": [_resource(*entry) for entry in tables],
    }
    return {**package, "homepage": address} if address else package


def readme(tables: Sequence[tuple[DumpTable, Sequence[Column], int]], made_at: datetime, address: str) -> str:
    """Return what the archive says of itself to people: what it holds, of when, and under which terms."""
    about = [TITLE, f"Everything that was published at {made_at:%Y-%m-%d %H:%M:%S} UTC."]
    held = [f"  {table.name}.csv: {rows:,} rows. {table.description}" for table, _columns, rows in tables]
    parts = [
        [*about, address] if address else about,
        ["Files", *held, "  datapackage.json: every column, its unit, and what an empty cell of it means."],
        ["Before you add anything up", *(f"  - {sentence}" for sentence in BEFORE_ADDING)],
        ["Terms", f"  {licence(address)['title']}"],
    ]
    return "\r\n\r\n".join("\r\n".join(part) for part in parts) + "\r\n"


def licence(address: str) -> Mapping[str, str]:
    """Return the terms that the data come under: those of the documents that they were read from."""
    terms = {"name": "terms-of-the-sources", "title": str(LICENCE)}
    return {**terms, "path": f"{address}/data/"} if address else terms


def _resource(table: DumpTable, columns: Sequence[Column], rows: int) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column, is_key=column.name in table.key) for column in columns],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.references:
        schema["foreignKeys"] = [
            {"fields": list(own), "reference": {"resource": other, "fields": list(theirs)}}
            for own, (other, theirs) in table.references.items()
        ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\r\n"},
        "rowCount": rows,
        "schema": schema,
    }


def _field(column: Column, *, is_key: bool) -> dict[str, Any]:
    words = f"{column.description} {OF_LISTS}" if column.kind == Kind.LIST else column.description
    # A text that is empty and a list without entries are told by an empty cell, which a reader takes for null.
    required = is_key or not (column.may_be_null or column.kind in {Kind.LIST, Kind.TEXT})
    constraints: dict[str, Any] = {"required": required}
    choices = [choice for choice in column.choices if choice]
    if choices and column.kind == Kind.TEXT:
        constraints["enum"] = choices
    field: dict[str, Any] = {"name": column.name, "type": TYPES[column.kind], "constraints": constraints}
    if column.kind == Kind.FLAG:
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    return {**field, "description": words} if words else field
