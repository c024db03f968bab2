"""From the text of a document to a judged draft, or a sentence that says why not."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from crp.importing.tables import FileRefused

from .document import Document
from .draft import REVISION, Basis, Draft
from .judging import judge
from .layouts import LAYOUTS, Layout, layout_of
from .names import Names, load_names

FRENCH = frozenset({"le", "les", "des", "une", "dans", "pour", "avec", "sont", "aux", "est", "et", "du", "au", "sur"})
FEWEST_WORDS, MOST_SHARE = 40, 0.12
"""Of a text in French more than an eighth of the words are among these few; of one in English almost none."""


def read_document(
    document: Document, *, kind: str = "", names: Names | None = None, layouts: Sequence[Layout] = LAYOUTS
) -> Draft:
    """Return what a document says, with the questions that it raises.

    ``kind``: the code of a layout; empty: as the document tells. Raises FileRefused where no layout reads it, or the
    one that does understands nothing. Queries: ten, none with ``names``.
    """
    layout = _chosen(document, kind, layouts)
    known = load_names() if names is None else names
    draft = judge(layout.read(document, known), known)
    if not says_something(draft):
        raise FileRefused(
            _("Nothing was understood of it as “%(layout)s”. %(layouts)s")
            % {"layout": _(str(layout.label)), "layouts": tell_layouts(layouts)}
        )
    return draft


def says_something(draft: Draft) -> bool:
    """Tell whether a draft says anything of a revision: a value, or a label that stands there without one."""
    told = {Basis.STATED, Basis.MISSING}
    return any(
        value.basis in told and value.span is not None
        for row, _name, value in draft.values()
        if row.kind == REVISION or row.key
    )


def tell_layouts(layouts: Sequence[Layout] = LAYOUTS) -> str:
    """Return a sentence that names the layouts that can be read."""
    names = [f"{_(str(layout.label))} ({layout.code})" for layout in layouts]
    return _("What can be read: %(layouts)s.") % {"layouts": get_text_list(names, _("or"))}


def _chosen(document: Document, kind: str, layouts: Sequence[Layout]) -> Layout:
    found = layout_of(document, [layout for layout in layouts if kind in ("", layout.code)])
    if found is not None:
        return found
    if is_french(document):
        reason = _("The page is in French; pages are read in English only.")
    elif kind:
        reason = _("This is no page of the layout “%(kind)s”.") % {"kind": kind}
    else:
        reason = _("No layout knows this page: it may be another organization's plan, or only a part of a page.")
    raise FileRefused(f"{reason} {tell_layouts(layouts)}")


def is_french(document: Document) -> bool:
    """Tell whether a text is in French, by its smallest words."""
    words = [word.strip(".,;:!?()«»").casefold() for line in document for word in line.text.split()]
    return len(words) >= FEWEST_WORDS and sum(word in FRENCH for word in words) / len(words) > MOST_SHARE
