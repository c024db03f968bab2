"""What happened since the last look, found in what is committed: events are neither lost nor made up.

Nothing is written where money is recorded or a plan is published. Instead each run looks at durable rows: revisions
that are public, the history of contributions, the sums that the database keeps. What was rolled back is in none of
them, a draft is not public, and what a process was doing when it died is found by the next run. Events, their
deliveries and the note of what was looked at are written in one transaction, by one run at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Subquery

from crp.webhooks.models import Delivery, Endpoint, Event, EventType, Mark, PlanState, Seen, Source
from crp.webhooks.payloads import (
    Amounts,
    ContributionChange,
    Crossing,
    tell_contribution,
    tell_crossing,
    tell_revision,
    write_payload,
)
from crp.webhooks.thresholds import has_reached, read_thresholds
from funding.models import Contribution
from funding.rollups import figures_of, with_figures
from funding.selectors.news import with_former
from plans.models import Country, Plan, Revision

BATCH = 500
LONGEST_TRANSACTION = timedelta(days=1)
"""A row that is written and not yet committed is found if it is within this time."""
UNTOLD_COLUMNS = {"updated_at"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something that happened, before anybody is told of it."""

    type: EventType
    key: str
    subject: str
    at: datetime
    data: Mapping[str, Any]
    countries: frozenset[int]
    """Primary keys of the countries that it is about."""
    plan: int | None
    threshold: int | None = None


class Readers:
    """The endpoints that are enabled, with what each chose. Queries: 3."""

    def __init__(self) -> None:
        self.all = list(Endpoint.objects.filter(is_enabled=True).prefetch_related("countries", "plans"))
        self._chosen = {
            endpoint.pk: ({row.pk for row in endpoint.countries.all()}, {row.pk for row in endpoint.plans.all()})
            for endpoint in self.all
        }

    def thresholds(self) -> list[int]:
        """Return every percentage that somebody wants to be told of, the lowest first."""
        chosen = (read_thresholds(endpoint.thresholds) for endpoint in self.all if endpoint.tells_thresholds)
        return sorted({threshold for thresholds in chosen for threshold in thresholds})

    def of(self, found: Found) -> list[Endpoint]:
        """Return who is told of something."""
        return [endpoint for endpoint in self.all if self._is_told(endpoint, found)]

    def _is_told(self, endpoint: Endpoint, found: Found) -> bool:
        countries, plans = self._chosen[endpoint.pk]
        is_chosen = not (countries or plans) or bool(countries & found.countries) or found.plan in plans
        return is_chosen and endpoint.wants(found.type, found.threshold)


def find_events(now: datetime) -> int:
    """Write down what happened since the last look, with a delivery for each endpoint that is told; return how many.

    Queries: some 20 where nothing happened, and some 10 for each 500 rows that changed.
    """
    if not Endpoint.objects.filter(is_enabled=True).exists():
        return 0
    made = 0
    while True:
        with transaction.atomic():
            more, written = _look(now)
        made += written
        if not more:
            return made


def catch_up(now: datetime) -> None:
    """Tell all that happened until now to who is enabled, so that a new endpoint hears only of what comes.

    Where nobody is, all that is there counts as told, however much it is.
    """
    with transaction.atomic():
        if Endpoint.objects.filter(is_enabled=True).exists():
            for _more in iter(lambda: _look(now)[0], False):
                pass
            return
        _lock_marks()
        Seen.objects.all()._raw_delete(Seen.objects.db)
        PlanState.objects.all()._raw_delete(PlanState.objects.db)
        Mark.objects.update(up_to=0)
        _look(now)


def _look(now: datetime) -> tuple[bool, int]:
    """Look once, and return whether there may be more, and how many events were written."""
    is_first = _take_turn(now)
    readers = Readers()
    found: list[Found] = []
    if not is_first:
        found += _revisions(now)
    changed, more = _contributions(now)
    found += changed
    if not more:
        found += _crossings(now, readers.thresholds())
    _forget(now)
    return more, _write(found, readers, now)


def _take_turn(now: datetime) -> bool:
    """Wait for whoever is looking, and return whether nobody ever did: what is there by then is not told."""
    marks = _lock_marks()
    if marks[Source.REVISION].up_to:
        return False
    Mark.objects.filter(source=Source.REVISION).update(up_to=1)  # of revisions each is noted, so it only says "begun"
    old = now - LONGEST_TRANSACTION
    history: Any = Contribution.history
    newest = history.filter(history_date__lt=old).aggregate(newest=Max("history_id"))["newest"] or 0
    Mark.objects.filter(source=Source.CONTRIBUTION).update(up_to=newest)
    recent = history.filter(history_id__gt=newest).order_by().values_list("history_id", flat=True)
    _note(Source.CONTRIBUTION, recent, now)
    _note(Source.REVISION, Revision.objects.public().order_by("pk").values_list("pk", flat=True), now)
    return True


def _lock_marks() -> Mapping[str, Mark]:
    Mark.objects.bulk_create([Mark(source=source) for source in Source.values], ignore_conflicts=True)
    return {mark.source: mark for mark in Mark.objects.select_for_update().order_by("source")}


def _note(source: Source, keys: Iterable[int], now: datetime) -> None:
    Seen.objects.bulk_create([Seen(source=source, key=key, at=now) for key in keys], batch_size=BATCH)


def _forget(now: datetime) -> None:
    """Move the mark of contributions to where no transaction is open any more, and drop the notes before it."""
    old = Seen.objects.filter(source=Source.CONTRIBUTION, at__lt=now - LONGEST_TRANSACTION)
    newest = old.aggregate(newest=Max("key"))["newest"]
    if newest is not None:
        Mark.objects.filter(source=Source.CONTRIBUTION, up_to__lt=newest).update(up_to=newest)
        Seen.objects.filter(source=Source.CONTRIBUTION, key__lte=newest).delete()


def _write(found: Sequence[Found], readers: Readers, now: datetime) -> int:
    told = [(item, endpoints) for item in found if (endpoints := readers.of(item))]
    events = [
        Event(
            type=item.type,
            key=item.key,
            subject=item.subject,
            occurred_at=item.at,
            payload=write_payload(item.type, item.at, item.data),
            created_at=now,
        )
        for item, _endpoints in told
    ]
    Event.objects.bulk_create(events, batch_size=BATCH)
    Delivery.objects.bulk_create(
        [
            Delivery(endpoint=endpoint, event=event, next_attempt_at=now)
            for event, (_item, endpoints) in zip(events, told, strict=True)
            for endpoint in endpoints
        ],
        batch_size=BATCH,
    )
    return len(events)


def _revisions(now: datetime) -> Iterator[Found]:
    seen = Seen.objects.filter(source=Source.REVISION, key=OuterRef("pk"))
    new = Revision.objects.public().filter(~Exists(seen)).select_related("plan").prefetch_related("plan__countries")
    entries = with_former(list(new.order_by("published_at", "number", "pk")))
    _note(Source.REVISION, (entry.revision.pk for entry in entries), now)
    for entry in entries:
        revision = entry.revision
        at = revision.published_at or now
        yield Found(
            type=EventType.REVISION_PUBLISHED,
            key=str(revision.pk),
            subject=revision.plan.code,
            at=at,
            data=tell_revision(revision, entry.before, at),
            countries=_countries_of(revision.plan),
            plan=revision.plan_id,
        )


def _countries_of(plan: Plan) -> frozenset[int]:
    return frozenset(country.pk for country in plan.countries.all())


def _contributions(now: datetime) -> tuple[list[Found], bool]:
    """Return what became of contributions, and whether there is more of it."""
    history: Any = Contribution.history
    mark = Mark.objects.get(pk=Source.CONTRIBUTION).up_to
    seen = Seen.objects.filter(source=Source.CONTRIBUTION, key=OuterRef("history_id"))
    earlier = history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by("-history_id")
    # The rule of what counts is that of the column itself, over the columns that the history keeps.
    counted = {name: Contribution._meta.get_field(name).expression for name in ("counted_usd", "pledged_usd")}  # type: ignore[union-attr]
    rows = history.annotate(**counted)
    new = rows.filter(~Exists(seen), history_id__gt=mark).order_by("history_id")
    batch = list(new.annotate(former=Subquery(earlier.values("history_id")[:1]))[:BATCH])
    _note(Source.CONTRIBUTION, (row.history_id for row in batch), now)
    former = {row.history_id: row for row in rows.filter(history_id__in={row.former for row in batch if row.former})}
    places = _Places(batch, former.values())
    found = (places.tell(row, former.get(row.former)) for row in batch)
    return [item for item in found if item is not None], len(batch) == BATCH


class _Places:
    """The plans and countries of some entries of the history, and which plans readers see. Queries: 3."""

    def __init__(self, *rows: Collection[Any]) -> None:
        named = {row.plan_id for group in rows for row in group if row.plan_id}
        public = Plan.objects.in_force().filter(pk__in=named).prefetch_related("countries")
        self._plans = {plan.pk: plan for plan in public}
        abroad = {row.country_id for group in rows for row in group if row.country_id}
        self._countries = dict(Country.objects.filter(pk__in=abroad).values_list("pk", "iso3"))

    def _is_public(self, row: Any) -> bool:
        return row is not None and (row.plan_id is None or row.plan_id in self._plans)

    def tell(self, row: Any, former: Any) -> Found | None:
        """Return what readers see of an entry. None: nothing.

        What moves to a plan that is not published is taken away from them, and the other way round.
        """
        before = former if self._is_public(former) and former.history_type != "-" else None
        after = row if self._is_public(row) and row.history_type != "-" else None
        if after is not None and before is not None:
            kind = EventType.CONTRIBUTION_CHANGED
            if not _changed(before, after):
                return None
        elif after is not None:
            if row.history_type == "+" and row.history_date - row.created_at > LONGEST_TRANSACTION:
                return None  # its history was begun later: manage.py populate_history
            # Of what was there before there was a history, the entry before is not known.
            is_unknown = former is None and row.history_type == "~"
            kind = EventType.CONTRIBUTION_CHANGED if is_unknown else EventType.CONTRIBUTION_RECORDED
        elif before is not None or (former is None and row.history_type == "-" and self._is_public(row)):
            kind, before = EventType.CONTRIBUTION_DELETED, before or row
        else:
            return None
        return self._found(kind, row, before, after)

    def _found(self, kind: EventType, row: Any, before: Any, after: Any) -> Found:
        last = after or before
        plan = self._plans.get(last.plan_id)
        change = ContributionChange(
            code=last.code,
            version=row.history_id,
            plan=plan,
            country=self._countries.get(last.country_id),
            before=before,
            after=after,
        )
        countries = {last.country_id} if last.country_id else set()
        return Found(
            type=kind,
            key=str(row.history_id),
            subject=last.code,
            at=row.history_date,
            data=tell_contribution(change, row.history_date),
            countries=frozenset(countries) | (_countries_of(plan) if plan else frozenset()),
            plan=last.plan_id,
        )


def _changed(before: Any, after: Any) -> bool:
    names = {field.attname for field in after.tracked_fields} - UNTOLD_COLUMNS
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _crossings(now: datetime, thresholds: Sequence[int]) -> list[Found]:
    """Return which plans passed which percentages since their figures were last looked at, and keep those of now.

    A plan that was not looked at before passes none. Figures that are not known any more pass none and take the place
    of none. Queries: 3 where nothing changed.
    """
    plans = with_figures(Plan.objects.in_force())
    states = PlanState.objects.in_bulk()
    new: list[PlanState] = []
    changed: list[PlanState] = []
    passed: list[tuple[int, Crossing]] = []
    for plan in plans:
        figures = figures_of(plan)
        amounts = Amounts(requested_usd=figures.requested_usd, received_usd=figures.received_usd)
        state = states.get(plan.pk)
        if state is None:
            new.append(
                PlanState(plan_id=plan.pk, requested_usd=amounts.requested_usd, received_usd=amounts.received_usd)
            )
            continue
        before = Amounts(requested_usd=state.requested_usd, received_usd=state.received_usd)
        if amounts == before or (before.is_known and not amounts.is_known):
            continue
        state.requested_usd, state.received_usd = amounts.requested_usd, amounts.received_usd
        state.version += 1
        changed.append(state)
        passed += [(plan.pk, crossing) for crossing in _passed(thresholds, before, amounts, state.version)]
    PlanState.objects.bulk_create(new, batch_size=BATCH)
    PlanState.objects.bulk_update(changed, ["requested_usd", "received_usd", "version"], batch_size=BATCH)
    told = Plan.objects.prefetch_related("countries").in_bulk({pk for pk, _crossing in passed})
    return [_found_crossing(told[pk], crossing, now) for pk, crossing in passed]


def _passed(thresholds: Sequence[int], before: Amounts, after: Amounts, version: int) -> Iterator[Crossing]:
    """Yield the percentages between two states. From figures that are not known only upwards: 0 was never reported."""
    for threshold in thresholds:
        was = has_reached(threshold, before.requested_usd, before.received_usd)
        is_now = has_reached(threshold, after.requested_usd, after.received_usd)
        if is_now is not None and bool(was) != is_now:
            yield Crossing(threshold=threshold, is_up=is_now, before=before, after=after, version=version)


def _found_crossing(plan: Plan, crossing: Crossing, now: datetime) -> Found:
    return Found(
        type=EventType.THRESHOLD_CROSSED,
        key=f"{plan.pk}:{crossing.version}:{crossing.threshold}",
        subject=plan.code,
        at=now,
        data=tell_crossing(plan, crossing, now),
        countries=_countries_of(plan),
        plan=plan.pk,
        threshold=crossing.threshold,
    )
