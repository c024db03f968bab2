"""Countries in the API."""

from __future__ import annotations

from rest_framework import serializers

from crp.common.api.serializers import FlatSerializer, Text
from crp.common.api.updated import updated_at_field
from plans.models import Country


class CountrySerializer(FlatSerializer):
    """A country or territory, with the M49 regions it lies in."""

    region = Text(source="top_region.code", default=None, help_text="M49 region at the top, such as 002. null: none.")
    region_name = Text(source="top_region.name", default=None, help_text="Its name, such as Africa. null: none.")
    sub_region = Text(source="region.code", default=None, help_text="Smallest M49 region, such as 011. null: none.")
    sub_region_name = Text(
        source="region.name", default=None, help_text="Its name, such as Western Africa. null: none."
    )
    plans_count = serializers.IntegerField(read_only=True, help_text="Plans that CRP publishes for it.")
    updated_at = updated_at_field()

    class Meta:
        model = Country
        fields = (
            "iso3",
            "iso2",
            "name",
            "name_fr",
            "name_es",
            "name_ar",
            "region",
            "region_name",
            "sub_region",
            "sub_region_name",
            "latitude",
            "longitude",
            "plans_count",
            "updated_at",
        )
