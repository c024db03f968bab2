"""The lists that plans and money refer to and that come with CRP: countries, sectors, organizations and others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.management import call_command
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializedObject
from django.db import models
from django.utils.translation import gettext_noop

from crp.common.history import BATCH, bulk_update, done, record
from crp.common.models import TranslatedName

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

LOADED = gettext_noop("Loaded with CRP")
NAMES = ("name_fr", "name_es", "name_ar")


class LoadMissing(loaddata.Command):
    """``loaddata`` that leaves an object alone where the database already has it, whatever was changed there.

    But for names in languages that CRP did not know yet when the object came: what is empty is filled in.
    What it adds and fills in has an entry in the history: Django's own ``loaddata`` tells nobody.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._added: dict[type[models.Model], list[int]] = defaultdict(list)
        self._named: dict[type[TranslatedName], dict[int, TranslatedName]] = defaultdict(dict)

    def loaddata(self, fixture_labels: Sequence[str]) -> None:
        super().loaddata(fixture_labels)
        for model, keys in self._added.items():
            for start in range(0, len(keys), BATCH):
                rows = model._default_manager.filter(pk__in=keys[start : start + BATCH]).order_by("pk")
                record(model, list(rows), why=LOADED)
        for named, given in self._named.items():
            self._fill_names(named, given)

    def _fill_names(self, model: type[TranslatedName], given: dict[int, TranslatedName]) -> None:
        """Give rows the names that they lack. Queries: one, and two for each batch that lacks some."""
        changed = []
        for pk, row in model._default_manager.in_bulk(given).items():
            missing = [name for name in NAMES if not getattr(row, name) and getattr(given[pk], name)]
            if missing and row.name == given[pk].name:
                for name in missing:
                    setattr(row, name, getattr(given[pk], name))
                changed.append(row)
        with done(why=LOADED):
            bulk_update(model, changed, NAMES)

    def save_obj(self, obj: DeserializedObject) -> bool:
        # The fixtures give no numbers: an object has one only where its natural key was found.
        if obj.object.pk is not None and isinstance(obj.object, TranslatedName):
            self._named[type(obj.object)][obj.object.pk] = obj.object
        is_added = obj.object.pk is None and super().save_obj(obj)
        if is_added:
            self._added[type(obj.object)].append(obj.object.pk)
        return is_added


def load_lists() -> int:
    """Add what is missing of the lists, and return how many entries that was."""
    loader = LoadMissing()
    call_command(loader, *LISTS, verbosity=0)
    return loader.loaded_object_count
