"""Taxonomies and sectors in the API."""

from __future__ import annotations

from rest_framework import serializers

from crp.common.api.serializers import FlatSerializer
from crp.common.api.updated import updated_at_field
from sectors.models import Sector, Taxonomy


class TaxonomySerializer(FlatSerializer):
    """A version of a list of sectors."""

    sectors_count = serializers.IntegerField(read_only=True, help_text="Sectors of it that CRP holds.")
    updated_at = updated_at_field()

    class Meta:
        model = Taxonomy
        fields = (
            "code",
            "name",
            "name_fr",
            "name_es",
            "name_ar",
            "kind",
            "publisher",
            "start_year",
            "end_year",
            "completeness",
            "sectors_count",
            "updated_at",
        )


class SectorSerializer(FlatSerializer):
    """A sector under its name in one taxonomy, with the global cluster it is compared under."""

    sector = serializers.SerializerMethodField(help_text="TAXONOMY/CODE: what other lists name the sector by.")
    taxonomy = serializers.CharField(source="taxonomy.code", read_only=True, help_text="Code of its taxonomy.")
    global_cluster = serializers.CharField(
        source="crosswalk.global_cluster.code",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Code of the IASC global cluster. null: it has none.",
    )
    global_cluster_confidence = serializers.CharField(
        source="crosswalk.confidence",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="How sure that cluster is. null: it has none.",
    )
    updated_at = updated_at_field()

    class Meta:
        model = Sector
        fields = (
            "sector",
            "taxonomy",
            "code",
            "name",
            "name_fr",
            "name_es",
            "name_ar",
            "is_cross_cutting",
            "global_cluster",
            "global_cluster_confidence",
            "fts_id",
            "confidence",
            "confidence_note",
            "updated_at",
        )

    def get_sector(self, sector: Sector) -> str:
        return f"{sector.taxonomy.code}/{sector.code}"
