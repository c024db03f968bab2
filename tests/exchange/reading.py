"""Downloads as programs of others read them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pypdf
from django.test import Client


def body_of(answer: Any) -> bytes:
    """Return the whole of an answer, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def fetch(client: Client, address: str) -> bytes:
    """Return what an address sends, which must be there."""
    answer: Any = client.get(address)
    body = body_of(answer)
    assert answer.status_code == 200, body[:500]
    return body


def csv_rows(client: Client, address: str) -> list[dict[str, str]]:
    """Return the lines of a CSV under its header."""
    return list(csv.DictReader(io.StringIO(fetch(client, address).decode("utf-8-sig"), newline="")))


def workbook(client: Client, address: str) -> Any:
    """Return a workbook as it is stored: formulas would be seen as such."""
    return openpyxl.load_workbook(io.BytesIO(fetch(client, address)))


def sheet_rows(sheet: Any) -> list[dict[str, Any]]:
    """Return the rows of a sheet under its first."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def json_of(client: Client, address: str) -> Any:
    """Return what a JSON download holds."""
    return json.loads(fetch(client, address))


def ndjson_rows(client: Client, address: str) -> list[dict[str, Any]]:
    """Return the objects of an NDJSON download."""
    return [json.loads(line) for line in fetch(client, address).decode().splitlines()]


def pdf_of(client: Client, address: str) -> pypdf.PdfReader:
    """Return a PDF, which must say that it is one for everybody (PDF/UA-1)."""
    body = fetch(client, address)
    reader = pypdf.PdfReader(io.BytesIO(body))
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title
    return reader


def text_of(reader: pypdf.PdfReader) -> str:
    """Return the words of all pages in one line, their spaces plain."""
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
