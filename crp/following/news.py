"""What there is to tell: what was published since a subscription was last told, as its e-mail shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crp.common.figures import Rollup
from crp.common.numbers import write_change, write_number, write_percent
from crp.following.models import Notice, Subscription, Turn
from crp.following.subjects import Subject, subject_of
from funding.models import Contribution, Organization, StatusChange
from funding.rollups.ledger import public, sums_by_plan_and_donor
from funding.selectors.differences import FIGURES, PEOPLE, Differences, FigureLine
from funding.selectors.news import with_former
from funding.selectors.portfolio import PlanLine, plan_lines, published_plans
from funding.selectors.revisions import Entry
from plans.diff import PERCENT, USD, FieldChange
from plans.models import Plan, Revision

MOST_PLANS = 20
"""In one e-mail; of more it says how many."""
Of = Notice.Kind


def notice(now: datetime) -> int:
    """Write down what was published and recorded since anybody began to follow, and return the newest number.

    Nothing is noticed twice, and numbers appear in their order: who notices waits for their turn. Queries: 10 at most.
    """
    first = Subscription.objects.filter(confirmed_at__lte=now).aggregate(first=Min("confirmed_at"))["first"]
    if first is None:
        return _newest()
    with transaction.atomic():
        Turn.objects.select_for_update().get_or_create(pk=1)
        known = Notice.objects.filter(key=OuterRef("pk"))
        revisions = Revision.objects.public().filter(~Exists(known.filter(kind=Of.REVISION)), published_at__gt=first)
        given = Contribution.objects.filter(~Exists(known.filter(kind=Of.CONTRIBUTION)), created_at__gt=first)
        steps = pledges_kept().filter(~Exists(known.filter(kind=Of.STEP)), recorded_at__gt=first)
        found = [
            *((Of.REVISION, key) for key in revisions.order_by("published_at", "pk").values_list("pk", flat=True)),
            *((Of.CONTRIBUTION, key) for key in given.order_by("pk").values_list("pk", flat=True)),
            *((Of.STEP, key) for key in steps.order_by("pk").values_list("pk", flat=True)),
        ]
        Notice.objects.bulk_create([Notice(kind=kind, key=key) for kind, key in found], batch_size=500)
        return _newest()


def pledges_kept() -> QuerySet[StatusChange]:
    """Return the steps by which a pledge became a commitment or a payment: the first such step of each."""
    former = StatusChange.objects.filter(contribution=OuterRef("contribution"), pk__lt=OuterRef("pk"))
    return StatusChange.objects.filter(
        Exists(former.filter(status=Contribution.Status.PLEDGE)),
        ~Exists(former.filter(status__in=Contribution.COUNTED)),
        status__in=Contribution.COUNTED,
    )


def _newest() -> int:
    return Notice.objects.aggregate(newest=Max("pk"))["newest"] or 0


@dataclass(frozen=True, kw_only=True)
class RevisionNews:
    """A revision that was published, with what became of the figures of its plan."""

    entry: Entry
    figures: Sequence[FigureLine] = ()
    """Of the plan itself, besides its total."""
    counts: Sequence[str] = ()

    @property
    def revision(self) -> Revision:
        return self.entry.revision

    @property
    def sentence(self) -> str:
        """What became of the total, or what the first revision asks for."""
        if self.entry.before is not None:
            return self.entry.sentence
        if self.revision.requested_usd is None:
            return _("It states no funding required.")
        return _("It asks for USD %(amount)s.") % {"amount": write_number(self.revision.requested_usd)}

    @property
    def figure_sentences(self) -> list[str]:
        """What became of the other figures of the plan itself."""
        return [tell_figure(line.change) for line in self.figures]

    @property
    def path(self) -> str:
        """Of the page with all that changed, or of the revision where it is the first."""
        code = self.revision.plan.code
        if self.entry.before is None:
            return reverse("plan-revision", args=[code, self.revision.number])
        return f"{reverse('plan-diff', args=[code])}?from={self.entry.before.number}&to={self.revision.number}"


def tell_figure(change: FieldChange) -> str:
    """Return a figure before and after, in words."""
    values = {"figure": change.label, "old": _write(change.old, change.unit), "new": _write(change.new, change.unit)}
    if change.difference is None:
        return _("%(figure)s: %(new)s, before: %(old)s") % values
    decimals = None if change.unit == USD else max(0, -int(change.difference.normalize().as_tuple().exponent))
    return _("%(figure)s: %(new)s, before: %(old)s (%(difference)s)") % {
        **values,
        "difference": write_change(change.difference, decimals),
    }


def _write(value: Decimal | int | None, unit: str) -> str:
    if value is None:
        return _("not reported")
    return write_percent(value, None) if unit == PERCENT else write_number(value)


@dataclass(frozen=True, kw_only=True)
class Gift:
    """What one donor newly gave or pledged to a plan."""

    donor: Organization | None
    """None: the source does not name it."""
    figures: Rollup

    @property
    def received_usd(self) -> Decimal | None:
        """None: only pledged. What nets out at 0 is told as nothing."""
        return self.figures.received_usd or None

    @property
    def pledged_usd(self) -> Decimal | None:
        return self.figures.pledged_usd or None

    @property
    def name(self) -> str:
        return self.donor.label if self.donor else _("Donor not named")

    @property
    def sentence(self) -> str:
        """The two amounts, each with what it is: they are never added."""
        told = []
        if self.received_usd is not None:
            told.append(_("%(amount)s committed or paid") % {"amount": write_number(self.received_usd)})
        if self.pledged_usd is not None:
            told.append(_("%(amount)s pledged") % {"amount": write_number(self.pledged_usd)})
        return " · ".join(told)


@dataclass(frozen=True, kw_only=True)
class PlanNews:
    """All that is new of one plan, or of money outside any."""

    line: PlanLine | None
    """The plan as it stands now. None: money outside any plan."""
    revisions: Sequence[RevisionNews] = ()
    gifts: Sequence[Gift] = ()

    @property
    def plan(self) -> Plan | None:
        return self.line.plan if self.line else None

    @property
    def state(self) -> str:
        """What the plan asks for and has received by now, in words; empty for money outside any plan."""
        if self.line is None:
            return ""
        figures = self.line.figures
        told = [
            _("no amount stated")
            if figures.requested_usd is None
            else _("USD %(amount)s requested") % {"amount": write_number(figures.requested_usd)}
        ]
        if figures.received_usd is None:
            return " · ".join([*told, _("funding not reported")])
        told.append(_("USD %(amount)s received") % {"amount": write_number(figures.received_usd)})
        if figures.gap_usd is not None:
            told.append(_("USD %(amount)s missing") % {"amount": write_number(figures.gap_usd)})
        if figures.percent_funded is not None:
            told.append(_("%(percent)s funded") % {"percent": write_percent(figures.percent_funded)})
        return " · ".join(told)


@dataclass(kw_only=True)
class Teller:
    """Makes the news of one subscription after the other; what several of them are told is made once.

    ``newest``: the number of the last piece of news that this run tells.
    """

    newest: int
    _revision_news: dict[tuple[int, str], RevisionNews] = field(default_factory=dict)

    def news(self, subscription: Subscription, subject: Subject) -> list[PlanNews]:
        """Return what a subscription is to be told, the newest plan first; empty where there is nothing.

        Queries: 8, and for each new revision those of a comparison, once in a language.
        """
        if subject.thing is None and subject.kind != Subscription.Kind.EVERYTHING:
            return []  # it was withdrawn
        revisions = self._revisions(subscription, subject)
        gifts = self._gifts(subscription, subject)
        plans = {revision.revision.plan_id for revision in revisions} | {plan for plan in gifts if plan is not None}
        lines = plan_lines(published_plans().filter(pk__in=plans).order_by("-start_year", "code"))
        told = [
            PlanNews(
                line=line,
                revisions=[item for item in revisions if item.revision.plan_id == line.plan.pk],
                gifts=gifts.get(line.plan.pk, ()),
            )
            for line in lines
        ]
        return [*told, *([PlanNews(line=None, gifts=gifts[None])] if None in gifts else [])]

    def _unseen(self, subscription: Subscription, kind: Of) -> Any:
        unseen = Notice.objects.filter(kind=kind, pk__gt=subscription.told_up_to, pk__lte=self.newest)
        return unseen.values("key")

    def _revisions(self, subscription: Subscription, subject: Subject) -> list[RevisionNews]:
        since = subscription.confirmed_at
        rows = subject.revisions().filter(pk__in=self._unseen(subscription, Of.REVISION), published_at__gt=since)
        entries = with_former(list(rows.select_related("plan").order_by("published_at", "pk")))
        return [self._tell(entry) for entry in entries]

    def _tell(self, entry: Entry) -> RevisionNews:
        key = entry.revision.pk, get_language() or ""
        if key not in self._revision_news:
            self._revision_news[key] = _tell(entry)
        return self._revision_news[key]

    def _gifts(self, subscription: Subscription, subject: Subject) -> dict[int | None, list[Gift]]:
        since = subscription.confirmed_at
        kept = StatusChange.objects.filter(pk__in=self._unseen(subscription, Of.STEP), recorded_at__gt=since)
        rows = Contribution.objects.filter(
            Q(pk__in=self._unseen(subscription, Of.CONTRIBUTION), created_at__gt=since)
            | Q(pk__in=kept.values("contribution"))
        )
        sums = sums_by_plan_and_donor(subject.given(public(rows)))
        donors = Organization.objects.in_bulk({donor for _plan, donor in sums if donor is not None})
        gifts: dict[int | None, list[Gift]] = {}
        for (plan, donor), figures in sums.items():
            gift = Gift(donor=donors[donor] if donor is not None else None, figures=figures)
            if gift.received_usd or gift.pledged_usd:
                gifts.setdefault(plan, []).append(gift)
        for found in gifts.values():
            found.sort(key=lambda gift: (-(gift.received_usd or 0), -(gift.pledged_usd or 0)))
        return gifts


def _tell(entry: Entry) -> RevisionNews:
    if entry.before is None:
        return RevisionNews(entry=entry)
    differences = Differences(entry.before, entry.revision)
    own = [line for group in differences.groups if group.name in {FIGURES, PEOPLE} for line in group.figures]
    figures = [line for line in own if not line.name and line.change.field != "requested_usd"]
    return RevisionNews(entry=entry, figures=figures, counts=differences.counts)


@dataclass(kw_only=True)
class Letter:
    """What one e-mail says."""

    subscription: Subscription
    subject: Subject
    all_news: Sequence[PlanNews]

    @property
    def news(self) -> Sequence[PlanNews]:
        return self.all_news[:MOST_PLANS]

    @property
    def left_out(self) -> int:
        """How many plans with news the e-mail has no room for."""
        return len(self.all_news) - len(self.news)

    @cached_property
    def revisions(self) -> int:
        """How many revisions it tells of, those left out included."""
        return sum(len(item.revisions) for item in self.all_news)

    @cached_property
    def plans_given(self) -> int:
        """How many plans have new contributions."""
        return sum(bool(item.gifts and item.line) for item in self.all_news)


def write_letter(teller: Teller, subscription: Subscription) -> Letter | None:
    """Return what to send to a subscriber. None: there is nothing to tell."""
    subject = subject_of(subscription)
    news = teller.news(subscription, subject)
    return Letter(subscription=subscription, subject=subject, all_news=news) if news else None
