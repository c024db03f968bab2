"""The source of a document and the citations of what was read from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.common.history import bulk_create, credit, record
from plans.models import Citation, Plan, Revision, Source
from plans.services.revising import DAYS_OF_PUBLICATION

from .document import Document
from .draft import REVISION, Basis, Value
from .placing import Placed

LONGEST_PRINTED = 200
LONGEST_CODE = 60
LONGEST_TITLE = 200
TOTAL, FIXED = "stated_requested_usd", "requested_usd"


def source_of(document: Document, plan: Plan, *, url: str, on: date | None, by: Any) -> Source:
    """Return the source that a document is, a new one where CRP has none of this text. Queries: 4 at most."""
    found = Source.objects.filter(sha256=document.text_sha256).first()
    if found is not None:
        return found
    countries = list(plan.countries.all()[:2])
    source = Source(
        code=_free_code(plan, document, on),
        title=plan.title[:LONGEST_TITLE],
        publisher="IOM",
        url=url if url.startswith(("http://", "https://")) and len(url) <= 500 else "",
        country=countries[0] if len(countries) == 1 else None,
        document_on=on,
        file_name=document.name[-200:],
        sha256=document.text_sha256,
    )
    source.clean_fields()
    credit(source, by).save()
    return source


def _free_code(plan: Plan, document: Document, on: date | None) -> str:
    ending = "-PAGE" if on is None else f"-PAGE-{on.isoformat()}"
    code = plan.code[: LONGEST_CODE - len(ending)] + ending
    if not Source.objects.filter(code=code).exists():
        return code
    ending += f"-{document.text_sha256[:8]}"
    return plan.code[: LONGEST_CODE - len(ending)] + ending


def cite(revision: Revision, source: Source, placed: Placed, *, by: Any) -> int:
    """Give each value that was written its citation, and return how many.

    Those of an earlier document go where a value is read anew, or is no longer there. Queries: 4 at most.
    """
    new = {
        (row.row_key, name): _citation(revision, source, row.row_key, name, value)
        for row, name, value in _with_fixed_total(placed.cited)
        if not (row is revision and name in DAYS_OF_PUBLICATION)
    }
    gone_rows = {key for key, name in placed.emptied if not name}
    replaced = {*new, *placed.emptied}
    stale = [
        citation
        for citation in revision.citations.all()
        if citation.subject in gone_rows or (citation.subject, citation.field) in replaced
    ]
    if stale:
        record(Citation, stale, by=by, kind="-")
        rows = Citation.objects.filter(pk__in=[citation.pk for citation in stale])
        rows._raw_delete(rows.db)
    bulk_create(Citation, new.values(), by=by)
    return len(new)


def _with_fixed_total(cited: Sequence[tuple[Any, str, Value]]) -> Iterable[tuple[Any, str, Value]]:
    """Yield what is cited, and the total that publication will fix where the document states it."""
    yield from cited
    of_revision = {name: (row, value) for row, name, value in cited if row.row_key == REVISION}
    if TOTAL in of_revision and FIXED not in of_revision:
        row, value = of_revision[TOTAL]
        if value.value is not None:
            with override(settings.LANGUAGE_CODE):
                note = _("The stated total, fixed on publication.")
            yield row, FIXED, replace(value, note=f"{value.note} {note}".strip())


def _citation(revision: Revision, source: Source, subject: str, name: str, value: Value) -> Citation:
    span = value.span
    note = value.note
    if value.basis is Basis.MISSING and not note:
        with override(settings.LANGUAGE_CODE):
            note = _("The label is printed with nothing behind it: the page does not say.")
    return Citation(
        revision=revision,
        subject=subject,
        field=name,
        source=source,
        first_line=span.first if span else None,
        last_line=span.last if span else None,
        basis=Citation.Basis.STATED if value.basis is Basis.MISSING else Citation.Basis(value.basis.value),
        # Of what is longer, the lines say what is printed there.
        as_printed=value.printed if len(value.printed) <= LONGEST_PRINTED else "",
        note=note,
    )
