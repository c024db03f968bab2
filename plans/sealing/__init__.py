"""Sealed revisions: what is published can't be changed unseen, and a reader can check that alone.

The seal of a revision is the SHA-256 of its canonical form (:mod:`plans.sealing.canonical`), which names the seal of
the revision before it. The database refuses to change what is sealed (:mod:`plans.sealing.triggers`).
docs/revisions.md tells readers how to check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext_noop

from crp.common.history import bulk_update, done
from plans.models import Revision
from plans.querysets import RevisionQuerySet

from .canonical import canonical_forms, to_bytes

BATCH = 200

__all__ = ["Verified", "canonical_bytes", "seal_of", "seal_published", "verify"]


def canonical_bytes(revision: Revision) -> bytes:
    """Return the canonical form of a published revision as the bytes that its seal is the SHA-256 of.

    Queries: three a model of rows.
    """
    before = _before(revision)
    return to_bytes(canonical_forms([revision], {} if before is None else {revision.pk: before.seal})[revision.pk])


def seal_of(revision: Revision) -> str:
    """Return what the seal of a published revision should be, in hexadecimal digits; it may not be saved yet."""
    return sha256(canonical_bytes(revision)).hexdigest()


def _before(revision: Revision) -> Revision | None:
    earlier = Revision.objects.public().filter(plan=revision.plan_id, number__lt=revision.number)
    return earlier.order_by("-number").first()


@transaction.atomic
def seal_published() -> int:
    """Seal every published revision that has no seal, plan by plan in their order, and return how many that were.

    Imports and fixtures write revisions that are published from the start; this is their last step.
    """
    sealed = 0
    for number in sorted(set(_unsealed().values_list("number", flat=True))):
        # One number at a time: the seal of the revision before must be there.
        waiting = list(_unsealed().filter(number=number).select_related("plan").order_by("pk"))
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            for found in _recompute(batch, _seals_before(batch)):
                found.revision.seal = found.expected
            with done(why=gettext_noop("Sealed")):
                bulk_update(Revision, batch, ["seal"])
            sealed += len(batch)
    return sealed


def _unsealed() -> RevisionQuerySet:
    return Revision.objects.public().filter(seal="")


@dataclass(frozen=True)
class Verified:
    """A published revision, the seal it carries, and the one that its content gives."""

    revision: Revision
    expected: str

    @property
    def holds(self) -> bool:
        """Whether the content is what was sealed."""
        return bool(self.revision.seal) and self.revision.seal == self.expected


def verify(revisions: Iterable[Revision]) -> Iterator[Verified]:
    """Yield for each revision whether its seal holds, in the order given. Queries: as for sealing, by 200 revisions."""
    batch: list[Revision] = []
    for revision in revisions:
        batch.append(revision)
        if len(batch) == BATCH:
            yield from _recompute(batch, _seals_before(batch))
            batch = []
    if batch:
        yield from _recompute(batch, _seals_before(batch))


def _seals_before(revisions: Iterable[Revision]) -> dict[int, str]:
    """Return for each revision the seal of the one before it; none where there is none. Queries: 1."""
    seals: dict[int, list[tuple[int, str]]] = {}
    public = Revision.objects.public().filter(plan__in={revision.plan_id for revision in revisions})
    for plan_id, number, seal in public.order_by("number").values_list("plan_id", "number", "seal"):
        seals.setdefault(plan_id, []).append((number, seal))
    before = {}
    for revision in revisions:
        earlier = [seal for number, seal in seals[revision.plan_id] if number < revision.number]
        if earlier:
            before[revision.pk] = earlier[-1]
    return before


def _recompute(revisions: list[Revision], before: dict[int, str]) -> Iterator[Verified]:
    forms = canonical_forms(revisions, before)
    for revision in revisions:
        yield Verified(revision, sha256(to_bytes(forms[revision.pk])).hexdigest())
