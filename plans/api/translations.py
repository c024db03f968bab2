"""Texts of plans in other languages than the one they were written in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from rest_framework import serializers

from plans.models import Plan, Revision, Translation
from plans.querysets import in_force
from plans.translating import PLAN, Key, Passage, hash_of
from plans.tree import rows_with_texts


class TranslationSerializer(serializers.Serializer):
    """A text of the plan in another language. It belongs to words, not to a day: where they change, it goes."""

    language = serializers.CharField(help_text="ISO 639-1 code.")
    subject = serializers.CharField(
        help_text="Row of the revision that the text stands in, such as objective:1; plan: of the plan itself."
    )
    field = serializers.CharField(help_text="Column of that row.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field hides the base class's attribute
        help_text="The words that were translated, as the plan has them."
    )
    text = serializers.CharField(help_text="The same in that language.")
    translated_at = serializers.DateTimeField(help_text="When the translation was last changed, UTC.")


def load_translations(codes: Sequence[Any], on: date | None) -> Mapping[Any, list[Any]]:
    """Return the translations of what plans say, by the code of the plan, in the order of languages and rows.

    Queries: one, and where there are any one more, and one for each kind of row that has a text.
    """
    made = list(Translation.objects.filter(plan__code__in=codes).select_related("plan"))
    if not made:
        return {}
    shown = set(_keys({row.plan for row in made}, on))
    serializer = TranslationSerializer()
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in made:
        if (row.plan_id, (row.subject, row.field, row.source_hash)) in shown:
            found[row.plan.code].append(serializer.to_representation(row))
    return found


def _keys(plans: set[Plan], on: date | None) -> Iterator[tuple[int, Key]]:
    """Yield what names each text of the revisions in force, with the plan."""
    for plan in plans:
        yield plan.pk, (PLAN, "title", hash_of(plan.title))
    revisions = Revision.objects.filter(in_force(on), plan__in=plans).select_related("plan").in_bulk()
    for row in rows_with_texts(revisions):
        for field in row.translated_fields:
            yield row.revision.plan_id, Passage(row, row.row_key, field, getattr(row, field), "").key
