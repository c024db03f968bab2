"""Taxonomies and sectors in the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sectors.models import Sector, Taxonomy


class TaxonomySerializer(serializers.ModelSerializer):
    """A version of a list of sectors."""

    sectors_count = serializers.IntegerField(read_only=True, help_text="Sectors of it that CRP holds.")

    class Meta:
        model = Taxonomy
        fields = (
            "code",
            "name",
            "name_fr",
            "name_es",
            "kind",
            "publisher",
            "start_year",
            "end_year",
            "completeness",
            "sectors_count",
        )


class SectorSerializer(serializers.ModelSerializer):
    """A sector under its name in one taxonomy, with the global cluster it is compared under."""

    taxonomy = serializers.CharField(source="taxonomy.code", read_only=True)
    global_cluster = serializers.SerializerMethodField(help_text="Code of the cluster. null: none.")
    global_cluster_confidence = serializers.SerializerMethodField(help_text="How sure that is. null: no cluster.")

    class Meta:
        model = Sector
        fields = (
            "taxonomy",
            "code",
            "name",
            "name_fr",
            "name_es",
            "is_cross_cutting",
            "global_cluster",
            "global_cluster_confidence",
            "fts_id",
            "confidence",
            "confidence_note",
        )

    @extend_schema_field({"type": ["string", "null"]})
    def get_global_cluster(self, sector: Sector) -> str | None:
        crosswalk = getattr(sector, "crosswalk", None)
        return crosswalk.global_cluster.code if crosswalk else None

    @extend_schema_field({"type": ["string", "null"]})
    def get_global_cluster_confidence(self, sector: Sector) -> str | None:
        crosswalk = getattr(sector, "crosswalk", None)
        return crosswalk.confidence if crosswalk else None
