"""Published revisions of a plan in the API: the line of them, one whole, and what changed between two."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.columns import columns_of
from crp.common.api.conditional import FOR_GOOD, ConditionalMixin
from crp.common.api.pagination import StrictLimitOffsetPagination
from crp.common.api.parameters import short
from crp.common.api.renderers import StreamRenderer
from crp.common.api.serializers import USD, Percentage, Text
from crp.common.api.tables import ApiTable, answer_table
from crp.common.api.views import PAGED, ListViewSet
from funding.selectors.differences import GROUP_TITLES, SOURCES, Differences, group_of, group_of_field
from funding.selectors.revisions import PAIR, Entry, RevisionHistory
from plans.diff import ADDED, CHANGED, MOVED, REMOVED, RENAMED, CitationChange, FieldChange, RowChange
from plans.models import Citation, Plan, Revision
from plans.sealing import canonical_bytes

PUBLIC_STATUS = [(status.value, str(status.name).capitalize()) for status in Revision.PUBLIC]
KINDS = (ADDED, REMOVED, RENAMED, CHANGED, MOVED)
PARTS = [(name, name) for name in GROUP_TITLES if name != SOURCES]
UNITS = [(name, name) for name in ("usd", "percent", "count", "number", "text", "word")]


class RevisionSerializer(serializers.Serializer):
    """A revision of a plan as it was published: it never changes."""

    plan = serializers.CharField(help_text="Code of the plan.")
    number = serializers.IntegerField(help_text="Of the revision within its plan.", min_value=1)
    status = serializers.ChoiceField(
        choices=PUBLIC_STATUS,
        help_text="Published: in force. Superseded: a later one has taken its place.",
    )
    published_at = serializers.DateTimeField(help_text="When it came into force, UTC.")
    superseded_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next one took its place, UTC. null: it is in force."
    )
    document_on = serializers.DateField(allow_null=True, help_text="Date printed on its document. null: it has none.")
    requested_usd = USD(help_text="Funding required, US dollars. null: not reported.")
    difference_usd = USD(
        help_text="Funding required less that of the revision before, US dollars. null: one is not reported, or it is "
        "the first."
    )
    people_in_need = serializers.IntegerField(allow_null=True, help_text="Persons, as stated. null: not reported.")
    people_targeted = serializers.IntegerField(allow_null=True, help_text="Persons, as stated. null: not reported.")
    entities_targeted = serializers.IntegerField(
        allow_null=True, help_text="Institutions and organizations, as stated. null: not reported."
    )
    reason = Text(help_text="Why it was made, in the words of its authors. null: not stated.")
    before = serializers.IntegerField(
        allow_null=True, help_text="Number of the published revision before it. null: it is the first."
    )
    seal = Text(help_text="SHA-256 of its canonical form, which names the seal before. null: not sealed yet.")
    seal_before = Text(help_text="Seal of the revision before it. null: it is the first, or that one has no seal yet.")
    canonical = serializers.CharField(help_text="Address, on this site, of the bytes that the seal is the SHA-256 of.")


class RevisionDetailSerializer(RevisionSerializer):
    """A revision with everything that it says."""

    content = serializers.DictField(
        help_text="Everything it says, rows and sources included, as in its canonical form. What is empty is left out."
    )


class PieceSerializer(serializers.Serializer):
    """Words that stayed, were added or were removed together."""

    kind = serializers.ChoiceField(choices=["same", ADDED, REMOVED], help_text="What became of them.")
    text = serializers.CharField(help_text="The words.")


class PassageSerializer(serializers.Serializer):
    """A paragraph of a text before and after."""

    kind = serializers.ChoiceField(choices=["same", ADDED, REMOVED, CHANGED], help_text="What became of it.")
    pieces = PieceSerializer(many=True, help_text="Its words in order, the removed before what was added instead.")


class FieldChangeSerializer(serializers.Serializer):
    """A column before and after."""

    field = serializers.CharField(help_text="Name of the column.")
    label = serializers.CharField(help_text="Its name for readers.")  # type: ignore[assignment]
    unit = serializers.ChoiceField(
        choices=UNITS,
        help_text="usd: US dollars. percent: a share. count: persons or things. number: an index. text: words. word: "
        "one value of a list, a date, yes or no.",
    )
    old = serializers.CharField(allow_null=True, help_text="A figure as decimal number, or words. null: not stated.")
    new = serializers.CharField(allow_null=True, help_text="The same after. null: not stated.")
    old_code = serializers.CharField(
        allow_null=True, help_text="Of a word: its code, or its date as 2025-04-17. null: not stated, or no word."
    )
    new_code = serializers.CharField(allow_null=True, help_text="The same after. null: not stated, or no word.")
    difference = serializers.CharField(
        allow_null=True,
        help_text="New less old, a decimal number. null: no figure, or one is not known, which is not 0.",
    )
    percent = Percentage(
        allow_null=True,
        help_text="The difference in percent of old, half up to two decimals. null: old is 0, or one is not known.",
    )
    passages = PassageSerializer(many=True, help_text="Of a text, both as one, word by word; empty for all else.")


class RowChangeSerializer(serializers.Serializer):
    """A row that was added, removed, renamed, changed, or moved to another place."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="What became of it.")
    model = serializers.CharField(help_text="What kind of row it is: objective, project, fundingrequest...")
    key = serializers.CharField(help_text="Its name within the revision, the new one where it is there.")
    old_key = serializers.CharField(allow_null=True, help_text="Its former name. null: it had the same, or none.")
    name = serializers.CharField(help_text="Its name for readers.")
    old_name = serializers.CharField(allow_null=True, help_text="Its former name for readers. null: the same, or none.")
    fields = FieldChangeSerializer(  # type: ignore[assignment]
        many=True, help_text="The columns that changed; of a row that was added or removed all that it says."
    )


class GroupSerializer(serializers.Serializer):
    """What changed in one part of the plan."""

    name = serializers.ChoiceField(choices=PARTS, help_text="Permanent name of the part.")
    fields = FieldChangeSerializer(  # type: ignore[assignment]
        many=True, help_text="What changed in the plan's own figures and dates."
    )
    rows = RowChangeSerializer(many=True, help_text="What changed in its rows.")


class CitationSideSerializer(serializers.Serializer):
    """Where a value was read."""

    first_line = serializers.IntegerField(allow_null=True, help_text="Counted from 1. null: no line is named.")
    last_line = serializers.IntegerField(allow_null=True, help_text="The last one. null: there is one line, or none.")
    basis = serializers.ChoiceField(choices=Citation.Basis.choices, help_text="Stated, inferred or computed.")
    as_printed = Text(help_text="The value as it stands there. null: not kept.")
    note = Text(help_text="The reasoning. null: there is none.")


class CitationChangeSerializer(serializers.Serializer):
    """A source that a value was given, lost, or is read from in another place."""

    kind = serializers.ChoiceField(choices=[ADDED, REMOVED, CHANGED], help_text="What became of it.")
    subject = serializers.CharField(help_text="Key of the row that holds the value.")
    field = serializers.CharField(help_text="Name of the column.")
    source = serializers.CharField(help_text="Code of the document.")  # type: ignore[assignment]
    old = CitationSideSerializer(allow_null=True, help_text="Where it was read. null: it had no such source.")
    new = CitationSideSerializer(allow_null=True, help_text="Where it is read. null: it has no such source any more.")


class TotalChangeSerializer(serializers.Serializer):
    """The funding required before and after."""

    old_usd = USD(help_text="US dollars. null: not reported.")
    new_usd = USD(help_text="US dollars. null: not reported.")
    difference_usd = USD(help_text="New less old, US dollars. null: one is not reported.")
    percent = Percentage(allow_null=True, help_text="In percent of old. null: old is 0, or one is not reported.")


DiffSerializer = type(
    "DiffSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "What changed between two published revisions of a plan.",
        "plan": serializers.CharField(help_text="Code of the plan."),
        "from": serializers.IntegerField(help_text="Number of the revision that is compared."),
        "to": serializers.IntegerField(help_text="Number of the revision that it is compared with."),
        "sentence": serializers.CharField(help_text="What became of the total, in words."),
        "total": TotalChangeSerializer(help_text="What became of it in figures, also where it is the same."),
        "groups": GroupSerializer(many=True, help_text="The parts of the plan in which something changed."),
        "citations": CitationChangeSerializer(many=True, help_text="What changed in its sources."),
    },
)


def show_revision(entry: Entry) -> dict[str, Any]:
    """Return a revision as the API shows it."""
    revision = entry.revision
    columns = ("number", "status", "superseded_at", "published_at", "document_on", "reason", "seal")
    shown = {name: getattr(revision, name) or None for name in columns}
    figures = {name: getattr(revision, name) for name in ("people_in_need", "people_targeted", "entities_targeted")}
    return {
        **dict.fromkeys(RevisionSerializer._declared_fields),
        **shown,
        **figures,
        "plan": revision.plan.code,
        "requested_usd": plain(revision.requested_usd),
        "difference_usd": plain(entry.difference_usd),
        "before": None if entry.before is None else entry.before.number,
        "seal_before": None if entry.before is None else entry.before.seal or None,
        "canonical": reverse("plan-revision-canonical", args=[revision.plan.code, revision.number]),
    }


def show_diff(plan: Plan, diff: Differences) -> dict[str, Any]:
    """Return what changed between two revisions as the API shows it."""
    old, new = diff.both
    total = FieldChange(field="", label="", unit="usd", old=old.requested_usd, new=new.requested_usd)
    groups = []
    for name in GROUP_TITLES:
        fields = [change for change in diff.comparison.fields if group_of_field(change) == name]
        rows = [change for change in diff.comparison.rows if group_of(change) == name]
        if fields or rows:
            groups.append({"name": name, "fields": list(map(_field, fields)), "rows": list(map(_row, rows))})
    return {
        "plan": plan.code,
        "from": old.number,
        "to": new.number,
        "sentence": diff.sentence,
        "total": {
            "old_usd": plain(total.old),
            "new_usd": plain(total.new),
            "difference_usd": plain(total.difference),
            "percent": None if total.percent is None else float(total.percent),
        },
        "groups": groups,
        "citations": [_citation(change) for change in diff.comparison.citations],
    }


def plain(value: Any) -> str | None:
    """Return a figure as a decimal number in text, or words as they are. None: there is none."""
    return f"{value:f}" if isinstance(value, Decimal) else None if value is None else str(value)


def _field(change: FieldChange) -> dict[str, Any]:
    return {
        "field": change.field,
        "label": change.label,
        "unit": change.unit,
        "old": plain(change.old),
        "new": plain(change.new),
        "old_code": change.old_code,
        "new_code": change.new_code,
        "difference": plain(change.difference),
        "percent": None if change.percent is None else float(change.percent),
        "passages": [
            {
                "kind": passage.kind,
                "pieces": [{"kind": piece.kind, "text": piece.text} for piece in passage.pieces],
            }
            for passage in change.passages
        ],
    }


def _row(change: RowChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "model": str(change.model._meta.model_name),
        "key": change.key,
        "old_key": change.old_key or None,
        "name": change.name,
        "old_name": change.old_name or None,
        "fields": list(map(_field, change.fields)),
    }


def _citation(change: CitationChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "subject": change.subject_key,
        "field": change.field,
        "source": change.citation.source.code,
        "old": _side(change.old),
        "new": _side(change.new),
    }


def _side(citation: Citation | None) -> dict[str, Any] | None:
    if citation is None:
        return None
    return {name: getattr(citation, name) or None for name in CitationSideSerializer._declared_fields}


def _is_final(entry: Entry) -> bool:
    """Return whether nothing that is shown of a revision can change: another is in force, and the seals are set."""
    is_sealed = entry.revision.seal and (entry.before is None or entry.before.seal)
    return entry.revision.status == Revision.Status.SUPERSEDED and bool(is_sealed)


class RevisionsMixin(ConditionalMixin):
    """The addresses below a plan that show its published revisions. Drafts are told nowhere."""

    get_object: Any
    basename: Any
    named: Any
    path_parameters: ClassVar[Mapping[str, dict[str, Any]]] = {
        "number": {
            "description": "Number of a published revision, as the list gives it.",
            "schema": {"type": "integer", "minimum": 1},
            "examples": {"demo": {"summary": "The first", "value": 1}},
        }
    }

    @extend_schema(
        operation_id="plans_revisions",
        summary="List the revisions of a plan",
        responses=RevisionSerializer(many=True),
    )
    @action(detail=True, filter_backends=[], pagination_class=StrictLimitOffsetPagination)
    def revisions(self, request: Request, code: str) -> HttpResponseBase:
        """What a plan published, the newest first, each with its reason, total and seal."""

        def make(stamp: Any) -> HttpResponseBase:
            plan = self.get_object()
            entries: Sequence[Entry] = RevisionHistory(plan).entries
            page = StrictLimitOffsetPagination()
            is_table = isinstance(request.accepted_renderer, StreamRenderer)
            if not is_table or not request.query_params.keys().isdisjoint(PAGED):
                entries = page.page_of_entries(entries, request, lambda entry: entry.revision.number)
            if is_table:
                table = ApiTable(
                    name="revisions",
                    file_name=self.named(f"{plan.code}-revisions"),
                    title="Revisions",
                    columns=list(columns_of(RevisionSerializer()).values()),
                    rows=map(show_revision, entries),
                )
                return ListViewSet.linked(answer_table(request, table), page)
            return Response(page.envelope([show_revision(entry) for entry in entries], page.count))

        return self.unless_known(request, make)

    @extend_schema(
        operation_id="plans_revision", summary="Get one revision of a plan", responses=RevisionDetailSerializer
    )
    @action(detail=True, filter_backends=[], pagination_class=None, url_path="revisions/(?P<number>[^/]+)")
    def revision(self, request: Request, code: str, number: str) -> HttpResponseBase:
        """One published revision with everything that it says, its seal, and the seal before."""

        def make(stamp: Any) -> HttpResponseBase:
            history = RevisionHistory(self.get_object())
            entry = history.entry(number)
            if entry is None:
                numbers = ", ".join(map(str, history.numbers))
                raise NotFound(
                    f"{history.plan.code} has no published revision “{short(number)}”. Choose from: {numbers}."
                )
            headers = {"Cache-Control": FOR_GOOD} if _is_final(entry) else None
            content = json.loads(canonical_bytes(entry.revision))
            return Response({**show_revision(entry), "content": content}, headers=headers)

        return self.unless_known(request, make)

    @extend_schema(
        operation_id="plans_diff",
        summary="Compare two revisions of a plan",
        responses=DiffSerializer,
        parameters=[
            OpenApiParameter(
                name,
                {"type": "integer", "minimum": 1},
                description=f"Number of the published revision to compare {role}. Not given: the {usual} revision.",
            )
            for name, role, usual in (("from", "from", "last but one"), ("to", "with", "last"))
        ],
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def diff(self, request: Request, code: str) -> HttpResponseBase:
        """What changed between two published revisions: figures, people, rows, texts word by word, sources.

        A plan with one revision is compared with itself: nothing changed.
        """

        def make(stamp: Any) -> HttpResponseBase:
            plan = self.get_object()
            history = RevisionHistory(plan)
            given = {name: request.query_params[name] for name in PAIR if name in request.query_params}
            if problems := history.problems(given):
                raise ValidationError(problems)
            return Response(show_diff(plan, Differences(*history.read_pair(given))))

        return self.unless_known(request, make)
