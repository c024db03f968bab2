"""A draft of a document as the draft revision of a plan, every value with its citation: all of it, or nothing.

What somebody has to decide first (a question about a value, or about which plan it is) is not believed: a value is
left out and listed, a question about the plan stops everything. ``accept_questions`` takes all values as they are
proposed and keeps the question in the note of the citation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.accounts.models import User
from crp.common.history import bulk_create, done
from plans.diff import Comparison, compare
from plans.models import Country, Plan, PlanIdentifier, Revision, RevisionStep, Source
from plans.services import start_revision
from plans.services.workflow import record_step

from .citing import cite, source_of
from .deciding import CORRECTED, Decided, Proposals, apply
from .document import Document
from .draft import PLAN, REVISION, Confidence, Draft, Ref, Row, Value
from .matching import Match, identifier_in, match_plan
from .placing import LeftOut, Lists, Placed, Placer

ADD_PLAN = "plans.add_plan"


@dataclass(frozen=True)
class Written:
    """What became of a draft.

    ``revision``: the draft revision, or with ``is_known`` the one that this text was read into before: nothing was
    written then. ``changes``: against the revision in force, where there is one.
    """

    plan: Plan
    revision: Revision
    match: Match
    is_known: bool = False
    is_new_plan: bool = False
    source: Source | None = None
    placed: Placed = field(default_factory=Placed)
    citations: int = 0
    changes: Comparison | None = None

    @property
    def left_out(self) -> list[LeftOut]:
        """The rows and values that were not written, and why."""
        return self.placed.left_out


@transaction.atomic
def write_draft(
    draft: Draft,
    document: Document,
    *,
    decisions: Iterable[Decided] = (),
    plan: Plan | None = None,
    code: str = "",
    accept_questions: bool = False,
    is_settled: bool = False,
    by: User | None,
) -> Written:
    """Write what was read of a document into a draft revision of its plan, and return what became of it.

    ``plan``, ``code``: which plan, where somebody has said so; a ``code`` that no plan has is that of a new one.
    ``is_settled``: questions about the plan were answered with yes. ``by``: None is CRP itself. A text that was read
    into a revision before changes nothing.
    Raises ValidationError where a plan has an open draft, a question about the plan is open, or rows are not as a form
    would take them (each is named); PermissionDenied where ``by`` may not write plans of these countries.
    Queries: a number that grows with the kinds of rows, not with the rows.
    """
    proposals = apply(draft, decisions)
    match = match_plan(proposals.draft, document, plan=plan, code=code)
    if match.known is not None:
        return Written(match.known.plan, match.known, match, is_known=True)
    if accept_questions:
        proposals = _believed(proposals)
    elif match.questions and not is_settled:
        raise ValidationError(list(match.questions), code="question")
    with done(by=by, why=document.name):
        revision, former = _start(proposals.draft, document, match, by)
        lists = Lists(proposals.draft)
        by_hand = {key for key, verdict in proposals.decided.items() if verdict == CORRECTED}
        placer = Placer(revision, proposals.draft, lists, by_hand=by_hand, by=by, has_rows=former is not None)
        placed = placer.place()
        placed.left_out.extend(_of_the_plan(proposals.draft))
        source = source_of(document, revision.plan, url=match.facts.url, on=_document_on(proposals.draft), by=by)
        citations = cite(revision, source, placed, by=by)
    return Written(
        revision.plan,
        revision,
        match,
        is_new_plan=match.plan is None,
        source=source,
        placed=placed,
        citations=citations,
        changes=None if former is None else compare(former, revision),
    )


def _believed(proposals: Proposals) -> Proposals:
    """Return proposals with every value taken as it is proposed; the question stays in the note."""
    for row in proposals.draft.rows:
        for name, value in row.values.items():
            if value.question and value.value is not None:
                with override(settings.LANGUAGE_CODE):
                    asked = _("Open question: %(question)s") % {"question": value.question}
                note = f"{value.note} {asked}".strip()
                row.values[name] = replace(value, note=note, question="", confidence=Confidence.HIGH)
    return proposals


def _start(draft: Draft, document: Document, match: Match, by: User | None) -> tuple[Revision, Revision | None]:
    """Return the revision to write into, and the one it is a copy of. None: it is empty, and not saved yet."""
    reason = _reason(draft, document, is_first=match.plan is None or match.current is None)
    if match.plan is None:
        plan = _make_plan(draft, match, by)
    elif match.current is not None:
        return start_revision(plan=match.plan, by=by, reason=reason), match.current
    else:
        if by is not None:
            by.require("plans.change_revision", match.plan)
        plan = Plan.objects.select_for_update(no_key=True).get(pk=match.plan.pk)
        _refuse_open_draft(plan)
    return _first_revision(plan, by, reason), None


def _first_revision(plan: Plan, by: User | None, reason: str) -> Revision:
    revision = Revision(plan=plan, number=1, reason=reason, created_by=by)
    newest = plan.revisions.order_by("-number").first()
    revision.number = 1 if newest is None else newest.number + 1
    revision.save()
    record_step(revision, RevisionStep.Action.STARTED, by, reason)
    return revision


def _refuse_open_draft(plan: Plan) -> None:
    draft = plan.revisions.open().first()
    if draft is not None:
        raise ValidationError(
            _("%(plan)s already has an open draft, revision %(number)s: finish that one first.")
            % {"plan": plan.code, "number": draft.number},
            code="draft_exists",
        )


def _make_plan(draft: Draft, match: Match, by: User | None) -> Plan:
    """Create the plan that a draft speaks of. Raises ValidationError, PermissionDenied."""
    row = draft.row(PLAN) or Row(PLAN)
    missing = [name for name in ("title", "kind", "start_year", "end_year", "countries") if not _given(row, name)]
    if missing or not match.code:
        fields = ", ".join(str(Plan._meta.get_field(name).verbose_name) for name in missing or ["code"])  # type: ignore[union-attr]
        raise ValidationError(
            _("A new plan can't do without: %(fields)s. Say which plan it is, or decide about these first.")
            % {"fields": fields},
            code="plan_unknown",
        )
    refs: Any = row.get("countries")
    countries = Country.objects.in_bulk([str(ref.key[0]) for ref in refs], field_name="iso3")
    _refuse_unknown(refs, countries)
    pks = {country.pk for country in countries.values()}
    if by is not None and not by.reach(ADD_PLAN).covers(pks):
        raise PermissionDenied(by.explain_missing_in(ADD_PLAN, pks))
    plan = Plan(code=match.code, **{name: row.get(name) for name in ("title", "kind", "start_year", "end_year")})
    try:
        plan.full_clean()
    except ValidationError as error:
        raise ValidationError([f"{PLAN}: {message}" for message in error.messages]) from None
    identifier = identifier_in(match.facts.url)
    try:
        with transaction.atomic():
            bulk_create(Plan, [plan], by=by, links={"countries": [(plan, pk) for pk in sorted(pks)]})
            if identifier is not None:
                scheme, value = identifier
                bulk_create(PlanIdentifier, [PlanIdentifier(plan=plan, scheme=scheme, value=value)], by=by)
    except IntegrityError:
        raise ValidationError(
            _("There is a plan with the code %(code)s or the address of this page already. Say which plan it is.")
            % {"code": plan.code},
            code="plan_exists",
        ) from None
    return plan


def _given(row: Row, name: str) -> bool:
    value: Value | None = row.values.get(name)
    return value is not None and not value.question and value.value not in (None, "", ())


def _refuse_unknown(refs: tuple[Ref, ...], countries: dict[Any, Country]) -> None:
    unknown = [ref.label for ref in refs if ref.key[0] not in countries]
    if unknown:
        raise ValidationError(_("CRP does not know: %(countries)s.") % {"countries": ", ".join(unknown)})


def _of_the_plan(draft: Draft) -> list[LeftOut]:
    row = draft.row(PLAN) or Row(PLAN)
    return [LeftOut(PLAN, name, value.question) for name, value in row.values.items() if value.question]


def _document_on(draft: Draft) -> date | None:
    row = draft.row(REVISION)
    value = row.values.get("document_on") if row else None
    return value.value if value is not None and not value.question and isinstance(value.value, date) else None


def _reason(draft: Draft, document: Document, *, is_first: bool) -> str:
    """Return why a revision is made, in the language of the site: readers see it once it is published."""
    on = _document_on(draft)
    with override(settings.LANGUAGE_CODE):
        told = {"day": date_format(on) if on else "", "file": document.name}
        if on:
            if is_first:
                return _("First revision: the plan's page as last updated on %(day)s.") % told
            return _("The plan's page as last updated on %(day)s.") % told
        if is_first:
            return _("First revision: the plan's page, read from %(file)s.") % told
        return _("The plan's page, read from %(file)s.") % told
