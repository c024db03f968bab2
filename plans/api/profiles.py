"""What IOM says of its mission in a country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rest_framework import serializers

from crp.common.api.chosen import Expansion
from crp.common.api.serializers import FlatSerializer, Text
from plans.models import CountryProfile

from .sources import SourceSerializer, sources_of


class KeyActionSerializer(serializers.Serializer):
    """A field of work of the mission."""

    title = serializers.CharField(help_text="Of the field of work.")
    body = Text(
        help_text="What the mission does there; an empty line starts a paragraph. null: only the title is told."
    )


class ProfileSerializer(FlatSerializer):
    """The mission in a country, as IOM describes it now: its past is not kept. Contacts are never told."""

    key_actions = KeyActionSerializer(many=True, help_text="Its fields of work, in order; empty: none is told.")
    sources = SourceSerializer(many=True, source="read_from", help_text="Documents, and what was read from each.")

    class Meta:
        model = CountryProfile
        fields = (
            "mission_since_year",
            "staff",
            "staff_is_approximate",
            "main_office",
            "sub_offices",
            "summary",
            "language",
            "key_actions",
            "sources",
        )


def load_profiles(codes: Sequence[Any], on: date | None) -> Mapping[Any, Any]:
    """Return the profile of each mission by the ISO3 code of its country. Queries: 4."""
    serializer = ProfileSerializer()
    profiles: Any = CountryProfile.objects.filter(country__iso3__in=codes).select_related("country")
    found = {}
    for profile in profiles.prefetch_related("key_actions", "citations__source"):
        profile.read_from = sources_of(profile.citations.all())
        found[profile.country.iso3] = serializer.to_representation(profile)
    return found


PROFILE = Expansion(
    column="iso3",
    load=load_profiles,
    serializer=ProfileSerializer,
    words="what IOM says of its mission there, with its sources, or null",
)
