"""What a plan asks for, as a file says it: its first revision, and a new one where the requirement changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from crp.common.history import bulk_create
from crp.importing.report import Outcome
from funding.models import FundingRequest
from funding.rollups import requested_of
from funding.services import publish_revision
from plans.models import Citation, Country, Plan, Revision, Source
from plans.services import start_revision
from sectors.models import Sector, Taxonomy

from .context import Context, moment_after, told

Breakdown = FundingRequest.Breakdown
KIND = "revisions"
TOTAL_COLUMNS = ("stated_requested_usd", "requested_usd")
TARGETS = {Breakdown.COUNTRY: "country", Breakdown.SECTOR: "sector", Breakdown.GLOBAL_CLUSTER: "sector"}


@dataclass(frozen=True)
class AskedLine:
    """An amount asked for one country or sector. ``line`` None: not in the file, but what CRP had."""

    target: Country | Sector
    amount_usd: Decimal
    line: int | None


@dataclass(frozen=True)
class Asked:
    """What a file has a plan ask for: the lines of one breakdown, and the total where ``states_total``."""

    breakdown: Breakdown
    parts: Sequence[AskedLine]
    total: Decimal | None = None
    states_total: bool = False
    total_lines: Sequence[int] = ()
    reports_funding: bool = False
    taxonomy: Taxonomy | None = None

    @property
    def amounts(self) -> dict[int, Decimal]:
        """The amounts by the number of the country or sector."""
        return {part.target.pk: part.amount_usd for part in self.parts}

    @property
    def line(self) -> int | None:
        """The first line of the file that says so."""
        return min([*self.total_lines, *(part.line for part in self.parts if part.line)], default=None)


@dataclass(frozen=True)
class Held:
    """What the revision in force of a plan asks for under a breakdown, and the file that was read from."""

    revision: Revision
    amounts: Mapping[int, Decimal] = field(default_factory=dict)
    source: Source | None = None

    @property
    def total(self) -> Decimal | None:
        return self.revision.stated_requested_usd

    @property
    def on(self) -> date | None:
        """The day that it speaks of."""
        published = self.revision.published_at
        of_source = self.source.document_on if self.source else None
        return of_source or self.revision.document_on or (published.date() if published else None)

    def objection(self, context: Context) -> str:
        """Return why it stays as it is; empty where the file is newer."""
        return context.objection(self.on, self.source.pk if self.source else None)


def held_requirements(plans: Iterable[Plan], breakdown: Breakdown) -> dict[int, Held]:
    """Return what the plans ask for under a breakdown, by the number of the plan. Queries: 2."""
    revisions = {plan.current.pk: plan for plan in plans if plan.current is not None}
    amounts: dict[int, dict[int, Decimal]] = {pk: {} for pk in revisions}
    requests = FundingRequest.objects.filter(revision__in=revisions, breakdown=breakdown)
    for revision_id, target, amount in requests.values_list("revision_id", TARGETS[breakdown], "amount_usd"):
        amounts[revision_id][target] = amount
    cited = Citation.objects.filter(revision__in=revisions).select_related("source")
    if breakdown == Breakdown.COUNTRY:
        cited = cited.filter(subject="revision", field="stated_requested_usd")
    else:
        cited = cited.filter(subject__startswith=f"fundingrequest:{breakdown}:", field="amount_usd")
    sources = {citation.revision_id: citation.source for citation in cited.order_by("source__document_on", "pk")}
    return {plan.pk: Held(plan.current, amounts[pk], sources.get(pk)) for pk, plan in revisions.items()}


def publish_first(context: Context, asked: Sequence[tuple[Plan, Asked]]) -> None:
    """Give each new plan its first revision, published at once.

    The same as a draft that is published, for many plans in few queries: it gives a reason, its total is fixed, and
    the checks could find no error in what an import writes. Queries: 3.
    """
    revisions = [
        Revision(
            plan=plan,
            status=Revision.Status.PUBLISHED,
            document_on=context.as_of,
            funding_updated_on=context.as_of if one.reports_funding else None,
            stated_requested_usd=one.total,
            requested_usd=one.total,
            reports_funding=one.reports_funding,
            reason=f"First import from OCHA FTS, as of {context.as_of}.",
            published_at=context.published_at,
        )
        for plan, one in asked
    ]
    bulk_create(Revision, revisions)
    requests: list[FundingRequest] = []
    citations: list[Citation] = []
    for revision, (_plan, one) in zip(revisions, asked, strict=True):
        citations += _citations_of_total(context, revision, one)
        for order, part in enumerate(one.parts, start=1):
            request = _request(revision, one.breakdown, part, order)
            requests.append(request)
            citations.append(_citation_of_line(context, request, part))
    bulk_create(FundingRequest, requests)
    bulk_create(Citation, citations)
    context.report.count(KIND, Outcome.CREATED, len(revisions))


def ask(context: Context, plan: Plan, held: Held, asked: Asked) -> bool:
    """Make a plan ask for what a file says, by a new revision; return whether anything changed.

    Lines of a breakdown that the plan does not have yet join its first revision where the same run made that, as long
    as nothing follows it: then it is sealed.
    """
    same_total = not asked.states_total or held.total == asked.total
    if same_total and held.amounts == asked.amounts:
        return False
    is_addition = not asked.states_total and not held.amounts
    if asked.taxonomy and held.revision.taxonomy_id not in {None, asked.taxonomy.pk}:
        return _refuse(context, plan, asked, "it names its sectors by another list.")
    if is_addition and not held.revision.seal and context.was_made_in_this_run(held.revision.created_at):
        _add_lines(context, held.revision, asked)
        context.report.count(KIND, Outcome.UPDATED)
        return True
    objection = "" if is_addition else held.objection(context)
    if objection:
        _object(context, held, asked, objection)
        return False
    return _supersede(context, plan, held, asked)


def _object(context: Context, held: Held, asked: Asked, objection: str) -> None:
    context.report.count(KIND, Outcome.SKIPPED)
    if asked.states_total and held.total != asked.total:
        context.differs(asked.line, "requirements", asked.total, held.total, objection)
        return
    for part in asked.parts:
        if held.amounts.get(part.target.pk) != part.amount_usd:
            context.differs(
                part.line,
                "requirements",
                part.amount_usd,
                held.amounts.get(part.target.pk),
                objection,
            )


def _refuse(context: Context, plan: Plan, asked: Asked, why: str) -> bool:
    context.report.add_problem(asked.line, "requirements", f"{plan.code} stays as it is: {why}")
    context.report.count(KIND, Outcome.SKIPPED)
    return False


def _supersede(context: Context, plan: Plan, held: Held, asked: Asked) -> bool:
    if asked.states_total and held.total != asked.total:
        reason = f"Requirement in OCHA FTS as of {context.as_of}: {told(asked.total)}, before {told(held.total)}."
    else:
        reason = f"Requirements {asked.breakdown.label.lower()} in OCHA FTS as of {context.as_of}."
    try:
        with transaction.atomic():
            draft = start_revision(plan=plan, by=None, reason=reason)
            draft.document_on = max(context.as_of, draft.document_on or context.as_of)
            if asked.reports_funding:
                draft.reports_funding, draft.funding_updated_on = True, context.as_of
            if asked.states_total:
                draft.stated_requested_usd = asked.total
                draft.citations.filter(subject="revision", field__in=TOTAL_COLUMNS).delete()
                bulk_create(Citation, _citations_of_total(context, draft, asked))
            draft.taxonomy = draft.taxonomy or asked.taxonomy
            draft.save()
            _replace_lines(context, draft, asked)
            at = moment_after(held.revision.published_at, context.published_at)
            publish_revision(revision=draft, by=None, reason=reason, at=at)
    except ValidationError as error:
        return _refuse(context, plan, asked, " ".join(error.messages))
    context.report.count(KIND, Outcome.CREATED)
    return True


def _replace_lines(context: Context, draft: Revision, asked: Asked) -> None:
    """Give a draft the lines of a file, keeping rows that hang on a line whose amount alone is new."""
    column = f"{TARGETS[asked.breakdown]}_id"
    there = {getattr(row, column): row for row in draft.funding_requests.filter(breakdown=asked.breakdown)}
    requests, citations = [], []
    for order, part in enumerate(asked.parts, start=1):
        request = there.pop(part.target.pk, None)
        if request is not None and request.amount_usd == part.amount_usd:
            continue
        if request is None:
            request = _request(draft, asked.breakdown, part, order)
            requests.append(request)
        else:
            request.amount_usd = part.amount_usd
            request.save(update_fields=["amount_usd"])
            draft.citations.filter(subject=request.row_key, field="amount_usd").delete()
        citations.append(_citation_of_line(context, request, part))
    for gone in there.values():
        context.report.add_note(
            f"{draft.plan.code}: {gone.target} asked for {gone.amount_usd:,}; the file has no such line."
        )
        draft.citations.filter(subject=gone.row_key).delete()
        gone.delete()
    bulk_create(FundingRequest, requests)
    bulk_create(Citation, citations)


def _add_lines(context: Context, revision: Revision, asked: Asked) -> None:
    requests = [_request(revision, asked.breakdown, part, order) for order, part in enumerate(asked.parts, start=1)]
    bulk_create(FundingRequest, requests)
    bulk_create(
        Citation,
        (_citation_of_line(context, request, part) for request, part in zip(requests, asked.parts, strict=True)),
    )
    revision.taxonomy = revision.taxonomy or asked.taxonomy
    revision.requested_usd = requested_of(revision)
    revision.save(update_fields=["taxonomy", "requested_usd"])


def _request(revision: Revision, breakdown: Breakdown, part: AskedLine, order: int) -> FundingRequest:
    return FundingRequest(
        revision=revision,
        breakdown=breakdown,
        amount_usd=part.amount_usd,
        order=order,
        **{TARGETS[breakdown]: part.target},
    )


def _citations_of_total(context: Context, revision: Revision, asked: Asked) -> Iterator[Citation]:
    """Yield where the total of a revision stands: on one line, or as a sum of several."""
    if asked.total is None:
        return
    lines = sorted(asked.total_lines)
    one = lines[0] if len(lines) == 1 and len(asked.parts) <= 1 else None
    for column in TOTAL_COLUMNS:
        yield Citation(
            revision=revision,
            subject="revision",
            field=column,
            source=context.source,
            first_line=one,
            last_line=one,
            basis=Citation.Basis.STATED if one else Citation.Basis.COMPUTED,
            as_printed=f"{asked.total.normalize():f}" if one else "",
            note="" if one else f"The sum of its countries, lines {', '.join(map(str, lines))}.",
        )


def _citation_of_line(context: Context, request: FundingRequest, part: AskedLine) -> Citation:
    return Citation(
        revision=request.revision,
        subject=request.row_key,
        field="amount_usd",
        source=context.source,
        first_line=part.line,
        last_line=part.line,
        basis=Citation.Basis.STATED if part.line else Citation.Basis.COMPUTED,
        as_printed=f"{part.amount_usd.normalize():f}" if part.line else "",
        note="" if part.line else "What the plan asked for before, when it had this country alone.",
    )
