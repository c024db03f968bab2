"""The lists that plans and money refer to and that come with CRP: countries, sectors, organizations and others."""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializedObject

# They grow from one version of CRP to the next, and new plans refer to the new entries: what is missing is added.
LISTS = (
    "regions",
    "countries",
    "taxonomies",
    "sectors",
    "crosswalk",
    "reference",
    "sources",
    "organizations",
)  # in this order each finds what it refers to


class LoadMissing(loaddata.Command):
    """``loaddata`` that leaves an object alone where the database already has it, whatever was changed there."""

    def save_obj(self, obj: DeserializedObject) -> bool:
        # The fixtures give no numbers: an object has one only where its natural key was found.
        return obj.object.pk is None and super().save_obj(obj)


def load_lists() -> int:
    """Add what is missing of the lists, and return how many entries that was."""
    loader = LoadMissing()
    call_command(loader, *LISTS, verbosity=0)
    return loader.loaded_object_count
