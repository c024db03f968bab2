"""What the answers of HAPI hold, for the schema: they are written without these."""

from __future__ import annotations

from rest_framework import serializers

NOT_KNOWN = "null: not known to CRP, which is not false."
WHOLE_COUNTRY = "Always null: plans state sectors for the whole country."


class HapiPeriodSerializer(serializers.Serializer):
    """The days that a row is about."""

    reference_period_start = serializers.CharField(
        help_text="First moment of the plan, as 2025-01-01T00:00:00. One that says its years only: of the first."
    )
    reference_period_end = serializers.CharField(
        help_text="Last second of the plan, as 2026-12-31T23:59:59. One that says its years only: of the last."
    )


class HapiFundingSerializer(HapiPeriodSerializer):
    """A plan in one of its countries."""

    resource_hdx_id = serializers.CharField(
        max_length=36,
        help_text="A UUID, the same for all rows of a plan; of HDX where the plan is there, else CRP's own.",
    )
    appeal_code = serializers.CharField(max_length=60, help_text="Code of the plan in OCHA's FTS, or else in CRP.")
    appeal_name = serializers.CharField(max_length=256, help_text="Title of the plan.")
    appeal_type = serializers.CharField(max_length=64, help_text="Kind of plan, in the words of FTS where it has some.")
    requirements_usd = serializers.FloatField(
        allow_null=True,
        help_text="US dollars asked for in this country. null: the plan states no amount, or does not divide it.",
    )
    funding_usd = serializers.FloatField(
        allow_null=True,
        help_text="US dollars received in this country, committed and paid; below 0 after corrections. null: not "
        "reported, or not divided by country. HAPI has no null here; 0 would be a figure that nobody reported.",
    )
    funding_pct = serializers.FloatField(
        allow_null=True,
        help_text="Received as a percentage of the requirement, to two decimals; may pass 100. null: one of the two is "
        "not known, or the requirement is 0.",
    )
    location_ref = serializers.IntegerField(help_text="A number for the country, made of its ISO3 code: never another.")
    location_code = serializers.CharField(max_length=128, help_text="ISO 3166-1 alpha-3 code of the country.")
    location_name = serializers.CharField(max_length=512, help_text="Its English short name.")
    has_hrp = serializers.BooleanField(
        allow_null=True,
        help_text=f"true: CRP has a humanitarian response plan for this country that covers this year. {NOT_KNOWN}",
    )
    in_gho = serializers.BooleanField(
        allow_null=True, help_text=f"Whether the country is in the Global Humanitarian Overview. {NOT_KNOWN}"
    )


class HapiPresenceSerializer(HapiPeriodSerializer):
    """A sector in which IOM asks for money in a country."""

    resource_hdx_id = serializers.CharField(
        max_length=36,
        help_text="A UUID, the same for all rows of a plan; of HDX where the plan is there, else CRP's own.",
    )
    location_ref = serializers.IntegerField(help_text="A number for the country, made of its ISO3 code: never another.")
    location_code = serializers.CharField(max_length=128, help_text="ISO 3166-1 alpha-3 code of the country.")
    location_name = serializers.CharField(max_length=512, help_text="Its English short name.")
    has_hrp = serializers.BooleanField(
        allow_null=True,
        help_text=f"true: CRP has a humanitarian response plan for this country that covers this year. {NOT_KNOWN}",
    )
    in_gho = serializers.BooleanField(
        allow_null=True, help_text=f"Whether the country is in the Global Humanitarian Overview. {NOT_KNOWN}"
    )
    admin1_code = serializers.CharField(allow_null=True, help_text=WHOLE_COUNTRY)
    admin1_name = serializers.CharField(allow_null=True, help_text=WHOLE_COUNTRY)
    admin2_code = serializers.CharField(allow_null=True, help_text=WHOLE_COUNTRY)
    admin2_name = serializers.CharField(allow_null=True, help_text=WHOLE_COUNTRY)
    admin_level = serializers.IntegerField(help_text="Always 0: plans state sectors for the whole country.")
    org_acronym = serializers.CharField(max_length=32, help_text="Always IOM.")
    org_name = serializers.CharField(max_length=512, help_text="Always International Organization for Migration.")
    org_type_code = serializers.CharField(help_text="447: United Nations, in the list of OCHA.")
    org_type_description = serializers.CharField(help_text="United Nations.")
    sector_code = serializers.CharField(max_length=32, help_text="Code of the global cluster, such as WSH.")
    sector_name = serializers.CharField(max_length=512, help_text="Name of the global cluster.")


class HapiFundingListSerializer(serializers.Serializer):
    """A page of rows. It is the last one where it has fewer than limit."""

    data = HapiFundingSerializer(many=True)  # type: ignore[assignment]  # a field hides the base class's attribute


class HapiPresenceListSerializer(serializers.Serializer):
    """A page of rows. It is the last one where it has fewer than limit."""

    data = HapiPresenceSerializer(many=True)  # type: ignore[assignment]  # a field hides the base class's attribute


class HapiProblemSerializer(serializers.Serializer):
    """What is wrong with one parameter."""

    type = serializers.CharField(help_text="The kind of problem, in the words of pydantic: int_parsing, enum...")
    loc = serializers.ListField(child=serializers.CharField(), help_text="Where: query, and the name of the parameter.")
    msg = serializers.CharField(help_text="What was expected.")
    input = serializers.CharField(
        allow_null=True, help_text="What was given, cut at 60 characters. null: nothing, where something is needed."
    )
    ctx = serializers.DictField(required=False, help_text="The limit in question.")


class HapiErrorSerializer(serializers.Serializer):
    """The answer to a request that can't be used: one entry for each parameter."""

    detail = HapiProblemSerializer(many=True)


class HapiIdentifierSerializer(serializers.Serializer):
    """A name and an address as one parameter."""

    encoded_app_identifier = serializers.CharField(help_text="What to send as app_identifier.")


class HapiVersionSerializer(serializers.Serializer):
    """Which versions speak here."""

    api_version = serializers.CharField(help_text="Of HAPI, as far as it is spoken here.")
    hapi_sqlalchemy_schema_version = serializers.CharField(help_text="CRP has no such schema: always “none”.")
