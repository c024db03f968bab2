"""Which plans and revisions the public sees, and which were in force on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, Self

from django.apps import apps
from django.db import models
from django.db.models import FilteredRelation, Q
from django.db.models.query import ModelIterable
from django.utils import timezone

from crp.common.models import NaturalKeyQuerySet
from crp.common.text import fold


def in_force(on: date | None = None, prefix: str = "") -> Q:
    """Return the condition that a revision was in force at the end of the day ``on`` (UTC).

    None: in force now, which is to say published and not superseded.
    """
    if on is None:
        return Q(**{f"{prefix}status": "published"})
    midnight = datetime.combine(on + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone())
    return Q(**{f"{prefix}published_at__lt": midnight}) & (
        Q(**{f"{prefix}superseded_at__isnull": True}) | Q(**{f"{prefix}superseded_at__gte": midnight})
    )


class Reach(Protocol):
    """Where a person has a right, as far as plans ask: who that is, is known further up."""

    @property
    def everywhere(self) -> bool:
        """Whether that is in all countries."""

    @property
    def countries(self) -> Collection[int]:
        """The countries by primary key."""


def seen_by(reach: Reach, prefix: str = "") -> Q:
    """Return the condition that somebody may look at a revision: it is public, or of a country within their reach."""
    if reach.everywhere:
        return Q()
    links = apps.get_model("plans", "Plan").countries.through.objects
    own = links.filter(country__in=reach.countries).values("plan")
    return Q(**{f"{prefix}status__in": ("published", "superseded")}) | Q(**{f"{prefix}plan__in": own})


def plans_within(reach: Reach, prefix: str = "") -> Q:
    """Return the condition that somebody's right holds for a plan: in all of its countries, of which it has some."""
    if reach.everywhere:
        return Q()
    links = apps.get_model("plans", "Plan").countries.through.objects
    own = links.filter(country__in=reach.countries).values("plan")
    foreign = links.exclude(country__in=reach.countries).values("plan")
    return Q(**{f"{prefix}pk__in": own}) & ~Q(**{f"{prefix}pk__in": foreign})


def seen_plans(reach: Reach, prefix: str = "") -> Q:
    """Return the condition that somebody may look at a plan: part of it is public, or in a country within reach."""
    if reach.everywhere:
        return Q()
    links = apps.get_model("plans", "Plan").countries.through.objects
    own = links.filter(country__in=reach.countries).values("plan")
    public = apps.get_model("plans", "Revision").objects.public().values("plan")
    return Q(**{f"{prefix}pk__in": own}) | Q(**{f"{prefix}pk__in": public})


class RevisionQuerySet(NaturalKeyQuerySet):
    """Revisions by what may be seen of them."""

    def in_force(self, on: date | None = None) -> Self:
        """Return the revisions in force on a day, now where ``on`` is None: one a plan at the most."""
        return self.filter(in_force(on))

    def public(self) -> Self:
        """Return what readers can see: the revision in force and those before it."""
        return self.filter(status__in=self.model.PUBLIC)

    def seen_by(self, reach: Reach) -> Self:
        """Return what somebody may look at, given where they have the right to."""
        return self.filter(seen_by(reach))

    def open(self) -> Self:
        """Return drafts and revisions in review."""
        return self.filter(status__in=self.model.OPEN)

    def editable(self) -> Self:
        """Return drafts: what is in review stays as it was sent."""
        return self.filter(status="draft")


# What a plan is found by, besides the names of its countries.
SEARCHED = ("code", "title")
SEARCHED_OF_COUNTRY = ("iso3", "name", "name_fr", "name_es", "name_ar")


class PlanIterable(ModelIterable):
    """Gives ``current`` to plans without a revision in force as well: Django leaves an empty join out."""

    def __iter__(self) -> Iterator[Any]:
        for plan in super().__iter__():
            plan.__dict__.setdefault("current", None)
            yield plan


class PlanQuerySet(NaturalKeyQuerySet):
    """Plans by what may be seen of them."""

    def with_current(self, on: date | None = None) -> Self:
        """Join to each plan, as ``current``, its revision in force on a day (now where None), or None."""
        plans = self.annotate(
            current=FilteredRelation("revisions", condition=in_force(on, "revisions__"))
        ).select_related("current")
        plans._iterable_class = PlanIterable
        return plans

    def in_force(self, on: date | None = None) -> Self:
        """Return the plans that the public saw on a day (now where None), each with that revision as ``current``."""
        return self.with_current(on).filter(current__isnull=False)

    def covering(self, first_year: int | None = None, last_year: int | None = None) -> Self:
        """Return the plans whose period touches the years given; None leaves that end open."""
        condition = models.Q()
        if first_year is not None:
            condition &= Q(end_year__gte=first_year)
        if last_year is not None:
            condition &= Q(start_year__lte=last_year)
        return self.filter(condition)

    def matching(self, text: str) -> Self:
        """Return the plans whose code, title or countries hold every word of a text; accents and capitals don't count.

        No database at hand folds accents by itself, so the words are compared here. Queries: 2 before the list's own.
        """
        words = fold(text).split()
        if not words:
            return self
        texts = {pk: fold(" ".join(values)) for pk, *values in self.model.objects.values_list("pk", *SEARCHED)}
        places = self.model.countries.through.objects.values_list(
            "plan_id", *(f"country__{column}" for column in SEARCHED_OF_COUNTRY)
        )
        for pk, *values in places:
            texts[pk] += " " + fold(" ".join(values))
        return self.filter(pk__in=[pk for pk, known in texts.items() if all(word in known for word in words)])
