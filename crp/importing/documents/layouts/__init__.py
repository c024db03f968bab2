"""One module for each layout of pages. A new layout is a new module here, named in ``LAYOUTS``.

A layout recognises its documents and reads them into a draft. It decides nothing about the database: names are looked
up in ``Names``, and what it does not understand it leaves alone, so that the report can list it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Draft
from crp.importing.documents.names import Names

from . import compendium_page, crp_page, table


class Layout(Protocol):
    """A layout of pages: a module with these names will do.

    ``code``: what ``--kind`` takes; ``label``: what people call such documents.
    """

    code: str
    label: str

    def recognises(self, document: Document) -> bool:
        """Tell whether a document is laid out so, by the labels that no other layout has."""
        ...

    def read(self, document: Document, names: Names) -> Draft:
        """Return what the document says. Nothing raises: what is not understood is left."""
        ...


def layout_of(document: Document, layouts: Sequence[Layout]) -> Layout | None:
    """Return the first layout that recognises a document. None: no layout does."""
    return next((layout for layout in layouts if layout.recognises(document)), None)


# The table first: its first line tells it for sure, and the texts in it may hold lines that those of pages look like.
LAYOUTS: tuple[Layout, ...] = (table, crp_page, compendium_page)
