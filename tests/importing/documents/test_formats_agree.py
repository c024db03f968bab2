"""The same page as text, web page, PDF and Word document says the same: every value, whatever the file is."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Plain
from crp.importing.documents.opening import open_document
from crp.importing.documents.reading import read_document

from .documents import docx_of, html_of, pdf_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SOURCES = Path(settings.BASE_DIR) / "fixtures" / "sources"
MAKERS = {"html": html_of, "docx": docx_of, "pdf": pdf_of}


def values(document: Document) -> dict[tuple[str, str], Plain]:
    """Return every value of a document, texts without regard to how their lines were broken."""
    draft = read_document(document)
    return {
        (row.subject, name): " ".join(value.value.split()) if isinstance(value.value, str) else value.value
        for row, name, value in draft.values()
    }


@pytest.mark.parametrize("source", ["mali-crp-2025-2026", "mali-compendium-2017"])
@pytest.mark.parametrize("made", MAKERS)
@pytest.mark.usefixtures("mali")
def test_every_format_gives_the_same_values(source: str, made: str) -> None:
    content = (SOURCES / f"{source}.txt").read_bytes()
    lines = [" ".join(line.split()) for line in content.decode().split("\n")]
    said = values(open_document(f"{source}.txt", content))
    assert len(said) > 90
    document = open_document(f"{source}.{made}", MAKERS[made](lines))
    assert values(document) == said
