"""What the first page of the admin says: what waits for somebody, what is due, what does not add up, what is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from plans.models import Citation, Revision, RevisionStep
from plans.querysets import plans_within
from plans.tree import row_models

from .verdicts import count_verdicts

Action = RevisionStep.Action
Status = Revision.Status

MOST = 20
"""Rows of a block; the lists of the admin have them all."""
MOST_CHECKED = 30
MOST_PUBLICATIONS = 10
UPDATE_EVERY = timedelta(days=90)
WRITE, PUBLISH, RECORD = "plans.change_revision", "plans.publish_revision", "funding.change_contribution"


@dataclass(frozen=True)
class Draft:
    """An open revision, with the step that brought it where it is."""

    revision: Revision
    is_mine: bool
    step: RevisionStep | None

    @property
    def days(self) -> int | None:
        """How long ago that step was. Units: whole days. None: no step is on record."""
        return None if self.step is None else (timezone.now() - self.step.at).days

    @property
    def in_review(self) -> bool:
        return self.revision.status == Status.IN_REVIEW

    @property
    def is_returned(self) -> bool:
        return not self.in_review and self.step is not None and self.step.action == Action.RETURNED


@dataclass(frozen=True)
class Due:
    """A plan whose figures of money are to be looked at again."""

    revision: Revision

    @property
    def due_on(self) -> date | None:
        """When the next update was due. None: there never was one."""
        updated_on = self.revision.funding_updated_on
        return None if updated_on is None else updated_on + UPDATE_EVERY


@dataclass(frozen=True)
class Failing:
    """A revision that does not agree with itself."""

    revision: Revision
    errors: int
    warnings: int


@dataclass(frozen=True)
class Publication:
    """A revision that readers got to see."""

    revision: Revision
    former: int | None
    """The number of the one before. None: it is the first."""


class Workplace:
    """The work of one person. Each block is read when it is shown, and has an end however many plans there are."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.today = timezone.localdate()
        self.may_write = bool(user.reach(WRITE))
        self.may_publish = bool(user.reach(PUBLISH))
        self.may_record = bool(user.reach(RECORD))
        self.has_work = self.may_write or self.may_publish or self.may_record
        self.has_role = bool(user.reach("plans.view_plan"))

    @cached_property
    def open(self) -> Sequence[Draft]:
        """The open revisions that this person may write, their own first. Queries: 2."""
        mine = Case(When(created_by=self.user, then=Value(0)), default=Value(1))
        found = self._revisions(WRITE).open().order_by(mine, "-created_at", "pk")[:MOST]
        return self._with_steps(found)

    @property
    def drafts(self) -> Sequence[Draft]:
        """Those that wait for nothing but their authors, and those that a reviewer has."""
        return [draft for draft in self.open if not draft.is_returned]

    @property
    def returned(self) -> Sequence[Draft]:
        """Those that a reviewer sent back with a comment."""
        return [draft for draft in self.open if draft.is_returned]

    @cached_property
    def waiting(self) -> Sequence[Draft]:
        """What this person may publish or return, the oldest first. Queries: 4."""
        found = list(self._revisions(PUBLISH).filter(status=Status.IN_REVIEW).order_by("created_at", "pk")[:MOST])
        written = written_by(self.user, found) if settings.FOUR_EYES else set()
        waiting = self._with_steps(revision for revision in found if revision.pk not in written)
        return sorted(waiting, key=lambda draft: -(draft.days or 0))

    @cached_property
    def due(self) -> Sequence[Due]:
        """The plans of this year whose funding nobody looked at for 90 days, the longest ago first. Queries: 1."""
        late = Q(funding_updated_on=None) | Q(funding_updated_on__lt=self.today - UPDATE_EVERY)
        running = self._current().filter(late, plan__end_year__gte=self.today.year)
        oldest = F("funding_updated_on").asc(nulls_first=True)
        return [Due(revision) for revision in running.order_by(oldest, "plan__code")[:MOST]]

    @cached_property
    def failing(self) -> Sequence[Failing]:
        """Open drafts and current plans with errors or warnings, the worst first.

        Queries: 3, and those of the checks of what changed since this process looked last, of 30 at the most.
        """
        counted = count_verdicts(self._checked)
        found = [Failing(revision, *counted[revision.pk]) for revision in self._checked if any(counted[revision.pk])]
        return sorted(found, key=lambda item: (-item.errors, -item.warnings, item.revision.plan.code))

    @property
    def is_checked_in_part(self) -> bool:
        """Whether there may be more plans than were looked at."""
        return len(self._checked) >= MOST_CHECKED

    @cached_property
    def publications(self) -> Sequence[Publication]:
        """What was published last, anywhere. Queries: 2."""
        public = Revision.objects.public().exclude(published_at=None).select_related("plan", "published_by")
        newest = list(public.order_by("-published_at", "-pk")[:MOST_PUBLICATIONS])
        numbers: dict[int, list[int]] = {}
        of_plans = Revision.objects.public().filter(plan__in=[revision.plan_id for revision in newest])
        for plan, number in of_plans.values_list("plan", "number"):
            numbers.setdefault(plan, []).append(number)
        return [
            Publication(revision, max((n for n in numbers[revision.plan_id] if n < revision.number), default=None))
            for revision in newest
        ]

    @cached_property
    def _checked(self) -> Sequence[Revision]:
        drafts = [draft.revision for draft in self.open]
        current = self._current().order_by("-plan__end_year", "-published_at", "pk")
        return [*drafts, *current[: MOST_CHECKED - len(drafts)]]

    def _revisions(self, *permissions: str) -> Any:
        """Return the revisions for which this person has one of some rights."""
        revisions: Any = Revision.objects.select_related("plan", "created_by")
        reaches = [reach for permission in permissions if (reach := self.user.reach(permission))]
        if any(reach.everywhere for reach in reaches):
            return revisions
        condition = Q(pk__in=[])
        for reach in reaches:
            condition |= plans_within(reach, "plan__")
        return revisions.filter(condition)

    def _current(self) -> QuerySet[Revision]:
        return self._revisions(WRITE, PUBLISH, RECORD).in_force()

    def _with_steps(self, revisions: Iterable[Revision]) -> list[Draft]:
        found = list(revisions)
        steps = RevisionStep.objects.filter(revision__in=found).select_related("by").order_by("at", "pk")
        last = {step.revision_id: step for step in steps}
        return [Draft(revision, revision.created_by_id == self.user.pk, last.get(revision.pk)) for revision in found]


def written_by(person: Any, revisions: Sequence[Revision]) -> set[int]:
    """Return which of some revisions somebody started, sent or changed, by primary key. Queries: 2 for all of them.

    It says of many what :func:`plans.services.authors_of` says of one.
    """
    if not revisions:
        return set()
    keys = [revision.pk for revision in revisions]
    found = {revision.pk for revision in revisions if revision.created_by_id == person.pk}
    steps = RevisionStep.objects.filter(revision__in=keys, by=person, action__in=(Action.STARTED, Action.SUBMITTED))
    found.update(steps.order_by().values_list("revision_id", flat=True))
    history: Any = Revision.history
    own = history.filter(id__in=keys, history_user=person).exclude(status=Status.PUBLISHED)
    changes = [own.order_by().values_list("id", flat=True)]
    for model in (Citation, *row_models()):
        rows = model.history.filter(revision_id__in=keys, history_user=person)  # type: ignore[attr-defined]
        changes.append(rows.order_by().values_list("revision_id", flat=True))
    found.update(changes[0].union(*changes[1:]))
    return found
