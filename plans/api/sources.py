"""Documents that values were read from, and what was read from each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from crp.common.api.serializers import Text
from plans.models import Citation


class CitationSerializer(serializers.Serializer):
    """Where one value was read."""

    subject = serializers.CharField(
        help_text="Row of the revision, such as objective:1; of a mission, profile or keyaction:1."
    )
    field = serializers.CharField(help_text="Column of that row.")
    first_line = serializers.IntegerField(allow_null=True, help_text="Of the source, from 1. null: not from a line.")
    last_line = serializers.IntegerField(allow_null=True, help_text="null: the first line alone.")
    basis = serializers.ChoiceField(choices=Citation.Basis.choices)
    as_printed = Text(help_text="The value as it stands there, damage included. null: as it is here.")
    note = Text(help_text="The reasoning, where the value is not stated. null: none.")


class DocumentSerializer(serializers.Serializer):
    """A document that values were read from."""

    code = serializers.CharField(help_text="Permanent.")
    title = serializers.CharField(help_text="Of the document.")
    publisher = Text(help_text="null: not known.")
    url = Text(help_text="null: not known.")
    document_on = serializers.DateField(allow_null=True, help_text="As printed. null: not printed.")
    sha256 = Text(help_text="Of the text whose lines are counted. null: there is no such text.")


class SourceSerializer(DocumentSerializer):
    """A document, and the values that were read from it."""

    citations = CitationSerializer(many=True, help_text="What was read from it, and where.")


def sources_of(citations: Iterable[Citation]) -> list[dict[str, Any]]:
    """Return documents as :class:`SourceSerializer` shows them, in the order in which the citations name them."""
    by_source = defaultdict(list)
    for citation in citations:
        by_source[citation.source].append(citation)
    return [
        {
            **{name: getattr(source, name) for name in ("code", "title", "publisher", "url", "document_on", "sha256")},
            "citations": of_source,
        }
        for source, of_source in by_source.items()
    ]
