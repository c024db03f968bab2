"""What the models of every app share: natural keys, names in several languages, how sure a fact is."""

from __future__ import annotations

from functools import reduce
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crp.common.history import Records

# What the history finds its rows by has an index; no other link is worth one on every change ever made.
LINKS_WITHOUT_INDEX = (
    "country",
    "created_by",
    "donor",
    "duplicate_of",
    "framework",
    "funding_request",
    "global_cluster",
    "modality",
    "objective",
    "parent",
    "plan_family",
    "priority",
    "project",
    "published_by",
    "recipient",
    "region",
    "related_plan",
    "sector",
    "source",
    "strategic_objective",
    "strategic_outcome",
    "target_group",
    "taxonomy",
    "top_region",
)


class NaturalKeyQuerySet(models.QuerySet[Any]):
    """A queryset that finds an object by its model's ``natural_key_fields``."""

    def get_by_natural_key(self, *key: Any) -> Any:
        return self.get(**dict(zip(self.model.natural_key_fields, key, strict=True)))


class NaturalKeyModel(models.Model):
    """A model that fixtures refer to by meaning, never by number.

    ``natural_key_fields`` are lookups as in a filter (``"taxonomy__code"``).
    """

    natural_key_fields: ClassVar[tuple[str, ...]]
    personal_fields: ClassVar[tuple[str, ...]] = ()
    """Columns with personal data: the history, which outlives it, does not keep them."""
    objects = NaturalKeyQuerySet.as_manager()
    history = Records(inherit=True, no_db_index=LINKS_WITHOUT_INDEX)
    """Who changed what and when. Bulk writes keep it through :mod:`crp.common.history`."""

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[Any, ...]:
        return tuple(
            reduce(lambda value, name: None if value is None else getattr(value, name), lookup.split("__"), self)
            for lookup in self.natural_key_fields
        )


class TranslatedName(models.Model):
    """A name in English, and in the other languages of the site where known."""

    name = models.CharField(_("name"), max_length=200, help_text=_("In English, as its publisher writes it."))
    name_fr = models.CharField(_("French name"), max_length=200, blank=True)
    name_es = models.CharField(_("Spanish name"), max_length=200, blank=True)
    name_ar = models.CharField(_("Arabic name"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the language of the reader, in English where that is missing."""
        return getattr(self, f"name_{(get_language() or 'en')[:2]}", "") or self.name


class Confidence(models.TextChoices):
    """How sure CRP is of a fact that it holds."""

    CONFIRMED = "confirmed", _("Confirmed: read in the named source")
    INFERRED = "inferred", _("Inferred: reasoned from the named source")
    PROPOSED = "proposed", _("Proposed: CRP's own, from no source")
    UNVERIFIED = "unverified", _("Unverified: general knowledge, still to be checked")


class WithConfidence(models.Model):
    """A fact with how sure CRP is of it, and why."""

    confidence = models.CharField(
        _("confidence"), max_length=12, choices=Confidence.choices, default=Confidence.CONFIRMED
    )
    confidence_note = models.TextField(
        _("why"), blank=True, help_text=_("Where the fact was read, or the reasoning behind it.")
    )

    class Meta:
        abstract = True

    @property
    def is_confirmed(self) -> bool:
        return self.confidence == Confidence.CONFIRMED


class ReferenceItem(TranslatedName, WithConfidence, NaturalKeyModel):
    """One entry of a closed list that plans choose from."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    natural_key_fields: ClassVar[tuple[str, ...]] = ("code",)

    class Meta:
        abstract = True
        ordering: ClassVar = ["order", "code"]


def between(field: str, low: Any, high: Any) -> models.Q:
    """Return the condition that ``field`` is empty or lies between ``low`` and ``high``, both included."""
    return models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": low, f"{field}__lte": high})


def not_negative(*fields: str) -> models.Q:
    """Return the condition that each field is empty or at least 0."""
    condition = models.Q()
    for field in fields:
        condition &= models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": 0})
    return condition
