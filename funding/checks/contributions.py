"""Do the contributions on record fit their plan, their currency and each other, and the official total?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from funding.models import Contribution
from funding.rollups.overlap import NamedLine, inside_of

from .facts import Facts, OnRecord
from .values import Check, Unit, Verdict, told

YEAR = timedelta(days=365)
NAMED = 10  # codes in a sentence; the rest is a number
Review = Contribution.Review


def names_of(items: Sequence[OnRecord]) -> str:
    """Return the codes of contributions, cut where nobody would read on."""
    codes = ", ".join(item.code for item in items[:NAMED])
    if len(items) <= NAMED:
        return codes
    return _("%(codes)s and %(number)s more") % {"codes": codes, "number": len(items) - NAMED}


def _all_but(rule: str, title: str, items: Sequence[OnRecord], wrong: Sequence[OnRecord], *said: str) -> Check:
    """Return how many of the items are as they should be; ``said``: of none wrong, and of some."""
    agrees, differs = said
    return Check(
        rule=rule,
        title=title,
        unit=Unit.COUNT,
        expected=Decimal(len(items)),
        found=Decimal(len(items) - len(wrong)),
        verdict=Verdict.WARNING if wrong else Verdict.OK,
        sentence=differs % {"codes": names_of(wrong)} if wrong else agrees,
    )


def standing(facts: Facts) -> list[OnRecord]:
    """Return the contributions but for those that were found to repeat another: nobody looks after these."""
    return [item for item in facts.contributions if item.review != Review.MERGED]


def _period(facts: Facts) -> tuple[date, date]:
    plan = facts.revision.plan
    return plan.start_on or date(plan.start_year, 1, 1), plan.end_on or date(plan.end_year, 12, 31)


def contribution_period(facts: Facts) -> Iterator[Check]:
    """Money is for the years of its plan; where its year isn't stated, it was decided at most a year off its period.

    Donors decide ahead of a plan, and sources enter money for months after its end: a year either way is usual.
    """
    plan = facts.revision.plan
    first, last = _period(facts)

    def is_off(item: OnRecord) -> bool:
        if item.usage_year is not None:
            return not plan.start_year <= item.usage_year <= plan.end_year
        return item.decision_on is not None and not first - YEAR <= item.decision_on <= last + YEAR

    dated = [item for item in standing(facts) if item.usage_year is not None or item.decision_on is not None]
    if dated:
        yield _all_but(
            "contribution_period",
            _("Contributions within the plan's period"),
            dated,
            [item for item in dated if is_off(item)],
            _("Each dated contribution is for a year of the plan, or was decided within a year of its period."),
            _("For another year than the plan's, or decided more than a year off its period: %(codes)s."),
        )


def contribution_rates(facts: Facts) -> Iterator[Check]:
    """An amount given in another currency says at which rate it became dollars."""
    foreign = [item for item in standing(facts) if item.original_currency not in {"", "USD"}]
    if foreign:
        yield _all_but(
            "contribution_rates",
            _("Exchange rates of contributions"),
            foreign,
            [item for item in foreign if item.exchange_rate is None],
            _("Each contribution in another currency has its exchange rate."),
            _("Given in another currency, with no exchange rate: %(codes)s."),
        )


def old_pledges(facts: Facts) -> Iterator[Check]:
    """A pledge becomes a commitment or payment within a year, or somebody should ask."""
    pledges = [item for item in facts.contributions if item.pledged_usd is not None]

    def is_old(item: OnRecord) -> bool:
        since = item.decision_on or item.reported_on
        return since is not None and facts.on - since > YEAR

    if pledges:
        yield _all_but(
            "old_pledges",
            _("Pledges older than a year"),
            pledges,
            [item for item in pledges if is_old(item)],
            _("No pledge is known to be older than a year."),
            _("Announced more than a year ago and not committed since: %(codes)s."),
        )


def suspected_duplicates(facts: Facts) -> Iterator[Check]:
    """Somebody has decided on each contribution that may repeat another."""
    alike = [item for item in facts.contributions if item.review != Review.CLEAR]
    if alike:
        yield _all_but(
            "suspected_duplicates",
            _("Suspected duplicates"),
            alike,
            [item for item in alike if item.review == Review.SUSPECTED],
            _("Each contribution that looked like another has been decided on."),
            _("They may repeat another contribution, and don't count until somebody decides: %(codes)s."),
        )


def official_total(facts: Facts) -> Iterator[Check]:
    """The official total of money received against what the contributions on record add to: a sample of it."""
    official = facts.official
    if official is None:
        return
    on_record = facts.received()
    if on_record == official.amount_usd:
        verdict, sentence = (
            Verdict.OK,
            _("The contributions on record add to %(found)s, the official total of %(day)s."),
        )
    elif not any(item.counted_usd is not None for item in facts.contributions):
        verdict, sentence = (
            Verdict.NOTE,
            _("The official total of %(day)s is %(expected)s; no contribution on record is part of it."),
        )
    elif on_record < official.amount_usd:
        verdict, sentence = (
            Verdict.NOTE,
            _(
                "The official total of %(day)s is %(expected)s; the contributions on record are %(found)s of it. The "
                "official total counts, and the two are never added."
            ),
        )
    else:
        verdict, sentence = (
            Verdict.NOTE,
            _(
                "The contributions on record add to %(found)s, more than the official total of %(day)s, %(expected)s: "
                "some are newer, or not counted there. The official total counts."
            ),
        )
    told_in = {
        "found": told(on_record),
        "expected": told(official.amount_usd),
        "day": date_format(official.reported_on, "DATE_FORMAT"),
    }
    yield Check(
        rule="official_total",
        title=_("Official total against contributions on record"),
        unit=Unit.USD,
        expected=official.amount_usd,
        found=on_record,
        verdict=verdict,
        sentence=sentence % told_in,
    )


def related_plan_parts(facts: Facts) -> Iterator[Check]:
    """No more of a line lies inside an inter-agency plan than the line asks for."""
    amounts = {request.pk: request for request in facts.requests}
    stated = [row for row in facts.related_plans if row.inside_usd is not None]
    wrong = []
    for row in stated:
        request = amounts[row.funding_request_id]
        if inside_of(NamedLine(request.amount_usd, row.overlap, row.inside_usd)) is None:
            wrong.append(f"{request.target} ({row.plan_family.code})")
    if stated:
        yield Check(
            rule="related_plan_parts",
            title=_("Parts inside inter-agency plans"),
            unit=Unit.COUNT,
            expected=Decimal(len(stated)),
            found=Decimal(len(stated) - len(wrong)),
            verdict=Verdict.ERROR if wrong else Verdict.OK,
            sentence=_("More lies inside than the line asks for: %(lines)s.") % {"lines": ", ".join(wrong)}
            if wrong
            else _("No line has more inside an inter-agency plan than it asks for."),
        )
