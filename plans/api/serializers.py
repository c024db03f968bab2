"""Countries in the API."""

from __future__ import annotations

from rest_framework import serializers

from plans.models import Country


class CountrySerializer(serializers.ModelSerializer):
    """A country or territory, with the M49 regions it lies in."""

    region = serializers.CharField(
        source="top_region.code", read_only=True, default=None, allow_null=True, help_text="M49 region, such as 002."
    )
    region_name = serializers.CharField(source="top_region.name", read_only=True, default=None, allow_null=True)
    sub_region = serializers.CharField(
        source="region.code",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="Smallest M49 region, such as 011.",
    )
    sub_region_name = serializers.CharField(source="region.name", read_only=True, default=None, allow_null=True)
    plans_count = serializers.IntegerField(read_only=True, help_text="Plans that CRP publishes for it.")

    class Meta:
        model = Country
        fields = (
            "iso3",
            "iso2",
            "name",
            "name_fr",
            "name_es",
            "region",
            "region_name",
            "sub_region",
            "sub_region_name",
            "latitude",
            "longitude",
            "plans_count",
        )
