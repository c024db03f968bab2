"""Documents that are kept: uploaded, decided about value by value, saved as a draft. What pages and commands call.

Who may: somebody who may add plans of all countries that the document speaks of. A document that names no country
belongs to those who may add plans everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.accounts.models import User
from crp.importing.models import MOST_BYTES, Decision, ImportedDocument
from crp.importing.tables import FileRefused
from plans.models import Country, Plan

from .as_text import as_text, from_text
from .deciding import Proposals, apply
from .document import Document, document_of
from .draft import Draft
from .matching import facts_of
from .opening import open_document
from .reading import read_document
from .writing import ADD_PLAN, Written, write_draft

WITHOUT_CONTENT = ("content",)
State = ImportedDocument.State


def documents_seen_by(user: User) -> QuerySet[ImportedDocument]:
    """Return the documents that somebody may look at, without the files themselves. Queries: none yet."""
    documents = ImportedDocument.objects.defer(*WITHOUT_CONTENT)
    reach = user.reach(ADD_PLAN)
    if reach.everywhere:
        return documents
    out_of_reach = Country.objects.exclude(pk__in=reach.countries)
    of_any = ImportedDocument.countries.through.objects
    beyond = of_any.filter(country__in=out_of_reach).values("importeddocument")
    return documents.filter(pk__in=of_any.values("importeddocument")).exclude(pk__in=beyond)


def require_rights(user: User | None, countries: Iterable[int]) -> None:
    """Refuse with PermissionDenied where somebody may not add plans of all these countries. None: CRP itself."""
    pks = set(countries)
    if user is not None and not user.reach(ADD_PLAN).covers(pks):
        raise PermissionDenied(user.explain_missing_in(ADD_PLAN, pks))


@transaction.atomic
def upload_document(name: str, content: bytes, *, kind: str = "", by: User | None) -> ImportedDocument:
    """Keep a file, and return it as it is kept; a file that is there already is returned as it is.

    ``kind``: the code of a layout, where somebody says so. Raises FileRefused with a sentence for people, and
    PermissionDenied where ``by`` may not add plans of its countries.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused(_("It has %(size)s bytes: at most 20 MB are kept.") % {"size": f"{len(content):,}"})
    document = open_document(name, content)
    return keep_document(document, content, read_document(document, kind=kind), by=by)


@transaction.atomic
def keep_document(document: Document, content: bytes, draft: Draft, *, by: User | None) -> ImportedDocument:
    """Keep a file that was opened and read already. As :func:`upload_document`."""
    countries = list(Country.objects.filter(iso3__in=facts_of(draft).countries).values_list("pk", flat=True))
    require_rights(by, countries)
    found = ImportedDocument.objects.defer(*WITHOUT_CONTENT).filter(sha256=document.sha256).first()
    if found is not None:
        return _opened_again(found)
    kept = ImportedDocument(
        name=document.name[-200:],
        format=document.format,
        layout=draft.layout,
        sha256=document.sha256,
        size_bytes=len(content),
        content=content,
        text=document.text,
        text_sha256=document.text_sha256,
        pages=[line.page for line in document] if document.lines and document.lines[0].page is not None else [],
        warnings=list(document.warnings),
        uploaded_by=by,
    )
    kept.clean_fields(exclude=["content", "uploaded_by"])
    try:
        with transaction.atomic():
            kept.save(force_insert=True)
    except IntegrityError:  # somebody else uploaded it at this moment
        return ImportedDocument.objects.defer(*WITHOUT_CONTENT).get(sha256=document.sha256)
    kept.countries.set(countries)
    return kept


def _opened_again(document: ImportedDocument) -> ImportedDocument:
    """Return a document; one that was discarded is open again."""
    if document.state == State.DISCARDED:
        document.state = State.OPEN
        document.save(update_fields=["state"])
    return document


def text_of(document: ImportedDocument) -> Document:
    """Return the lines of a document as they were read on the first day. Queries: none."""
    opened = document_of(
        document.text,
        name=document.name,
        format=document.format,
        pages=document.pages,
        warnings=document.warnings,
    )
    return replace(opened, sha256=document.sha256)


def decisions_of(document: ImportedDocument) -> list[Decision]:
    """Return what was decided about a document. Queries: 1."""
    return list(document.decisions.select_related("decided_by"))


def proposals(document: ImportedDocument) -> Proposals:
    """Return what a document says, with what was decided. Raises FileRefused. Queries: those of both."""
    draft = read_document(text_of(document), kind=document.layout)
    return apply(draft, decisions_of(document))


@transaction.atomic
def decide(
    document: ImportedDocument, subject: str, name: str, *, verdict: str, value: str = "", by: User | None
) -> Decision | None:
    """Keep what somebody decided about one value, in the place of an earlier decision. None: taken back.

    ``verdict``: accepted, corrected or rejected; empty: the decision is taken back. ``value``: the correction as text.
    Raises ValidationError where the document gives no such value, a correction can't be read, or the document was saved
    already; PermissionDenied.
    """
    document = _locked(document, by)
    draft = read_document(text_of(document), kind=document.layout)
    row = draft.row(subject)
    proposed = None if row is None else row.values.get(name)
    if row is None or proposed is None:
        raise ValidationError(
            _("The document gives no value for %(field)s.") % {"field": f"{subject}.{name}"}, code="no_value"
        )
    if not verdict:
        Decision.objects.filter(document=document, subject=subject, field=name).delete()
        return None
    if verdict == Decision.Verdict.ACCEPTED and proposed.value is None and proposed.question:
        raise ValidationError(_("There is nothing to accept: correct it or reject it."), code="nothing_proposed")
    if verdict == Decision.Verdict.CORRECTED:
        value = as_text(from_text(row.kind, name, value))
    decision = Decision.objects.filter(document=document, subject=subject, field=name).first()
    decision = decision or Decision(document=document, subject=subject, field=name)
    decision.verdict = verdict
    decision.value = value if verdict == Decision.Verdict.CORRECTED else ""
    decision.proposed = as_text(proposed.value)
    decision.decided_by = by
    decision.full_clean()
    decision.save()
    return decision


@transaction.atomic
def save_document(
    document: ImportedDocument,
    *,
    plan: Plan | None = None,
    code: str = "",
    accept_questions: bool = False,
    is_settled: bool = False,
    by: User | None,
) -> Written:
    """Write a document with what was decided into a draft revision. Raises as :func:`.writing.write_draft` does.

    Notes of citations are in the language of the site, whoever saves it.
    """
    document = _locked(document, by)
    text = text_of(document)
    with override(settings.LANGUAGE_CODE):
        draft = read_document(text, kind=document.layout)
    written = write_draft(
        draft,
        text,
        decisions=decisions_of(document),
        plan=plan,
        code=code,
        accept_questions=accept_questions,
        is_settled=is_settled,
        by=by,
    )
    document.state = State.SAVED
    document.plan, document.revision = written.plan, written.revision
    document.save(update_fields=["state", "plan", "revision"])
    return written


@transaction.atomic
def discard_document(document: ImportedDocument, *, by: User | None) -> ImportedDocument:
    """Put a document aside that nothing is to be made of. Raises ValidationError where it was saved already."""
    document = _locked(document, by)
    document.state = State.DISCARDED
    document.save(update_fields=["state"])
    return document


def _locked(document: ImportedDocument, by: User | None) -> ImportedDocument:
    """Return a document that nobody else can save meanwhile. Raises ValidationError, PermissionDenied."""
    found = ImportedDocument.objects.defer(*WITHOUT_CONTENT).select_for_update(no_key=True).get(pk=document.pk)
    require_rights(by, found.countries.values_list("pk", flat=True))
    if found.state == State.SAVED and found.revision_id is not None:
        raise ValidationError(
            _("This document was saved already, as revision %(revision)s.") % {"revision": found.revision},
            code="saved_already",
        )
    return found
