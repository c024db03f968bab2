"""The hashtags of columns in the Humanitarian Exchange Language (HXL 1.1).

Hashtags are those of the standard, and columns that none of them fits have none, which the standard allows. So are
attributes, but for those of OCHA's files of FTS (``appeal``, ``external``, ``required``, ``total``, ``usd``, ``year``)
and two of our own, ``pledged`` and ``gap``, in the same place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PLAN = "#activity+appeal+id+external"
PLAN_NAME = "#activity+appeal+name"
COUNTRY = "#country+code+v_iso3"

TAGS: Mapping[str, str] = {
    "plan": PLAN,
    "plan_name": PLAN_NAME,
    "country": COUNTRY,
    "countries": COUNTRY,
    "country_name": "#country+name",
    "region": "#region+code",
    "region_name": "#region+name",
    "start_year": "#date+start+year",
    "end_year": "#date+end+year",
    "year": "#date+year",
    "usage_year": "#date+year",
    "decision_year": "#date+year",
    "decision_on": "#date",
    "document_on": "#date+reported",
    "reported_on": "#date+reported",
    "funding_updated_on": "#date+funding+reported",
    "requested_usd": "#value+funding+required+usd",
    "received_usd": "#value+funding+total+usd",
    "pledged_usd": "#value+funding+pledged+usd",
    "gap_usd": "#value+funding+gap+usd",
    "percent_funded": "#value+funding+pct",
    "people_in_need": "#inneed",
    "people_targeted": "#targeted",
    "framework": "#activity+programme+code",
    "framework_name": "#activity+programme+name",
    "project": "#activity+project+code",
    "project_name": "#activity+project+name",
    "sector": "#sector+code",
    "sector_name": "#sector+name",
    "global_cluster": "#sector+cluster+code",
    "global_cluster_name": "#sector+cluster+name",
    "donor": "#org+source+code",
    "donor_name": "#org+source+name",
    "status": "#status+code",
    "status_name": "#status+name",
    "kind": "#activity+appeal+type+code",
    "kind_name": "#activity+appeal+type+name",
}
"""By the name of a column, in every table that doesn't say otherwise below."""

OF_TABLE: Mapping[str, Mapping[str, str]] = {
    "plans": {"code": PLAN, "title": PLAN_NAME},
    "projects": {
        "code": "#activity+project+code",
        "title": "#activity+project+name",
        "description": "#description",
    },
    "funding-requests": {"amount_usd": "#value+funding+required+usd"},
    "contributions": {
        "code": "#meta+id",
        "recipient": "#org+dest+code",
        "recipient_name": "#org+dest+name",
        "amount_usd": "#value+usd",
        "counted_usd": "#value+funding+usd",
        "original_amount": "#value",
        "original_currency": "#currency+code",
        "note": "#description",
    },
    "reported-funding": {"amount_usd": "#value+funding+total+usd"},
    "organizations": {
        "code": "#org+code",
        "name": "#org+name",
        "name_fr": "#org+name+i_fr",
        "name_es": "#org+name+i_es",
        "name_ar": "#org+name+i_ar",
        "kind": "#org+type",
    },
    "countries": {
        "iso3": COUNTRY,
        "iso2": "#country+code+v_iso2",
        "name": "#country+name",
        "name_fr": "#country+name+i_fr",
        "name_es": "#country+name+i_es",
        "name_ar": "#country+name+i_ar",
        "latitude": "#geo+lat",
        "longitude": "#geo+lon",
    },
    "sectors": {
        "name": "#sector+name",
        "name_fr": "#sector+name+i_fr",
        "name_es": "#sector+name+i_es",
        "name_ar": "#sector+name+i_ar",
    },
    "taxonomies": {"kind": ""},
}


def tags_of(table: str, columns: Sequence[str]) -> list[str]:
    """Return the hashtag of each column; empty where the standard has none for it."""
    known = {**TAGS, **OF_TABLE.get(table, {})}
    return [known.get(column, "") for column in columns]
