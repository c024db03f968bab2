"""Does what is asked for agree with itself?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crp.common.figures import ZERO
from funding.models import FundingRequest
from funding.rollups import TOTAL_FROM

from .facts import Facts
from .values import Check, Unit, Verdict, compare, make, not_reported

Breakdown = FundingRequest.Breakdown


def breakdowns_against_total(facts: Facts) -> Iterator[Check]:
    """Each breakdown adds to the plan's total; they tell the same money in different ways."""
    titles = {
        Breakdown.FRAMEWORK: ("frameworks", _("Sum of frameworks")),
        Breakdown.OBJECTIVE: ("objectives", _("Sum of objectives")),
        Breakdown.SECTOR: ("sectors", _("Sum of sectors")),
        Breakdown.GLOBAL_CLUSTER: ("global_clusters", _("Sum of global clusters")),
        Breakdown.COUNTRY: ("countries", _("Sum of countries")),
        Breakdown.PROJECT: ("projects", _("Sum of projects")),
    }
    if facts.requested is None:
        yield not_reported("requested", _("Funding required"), Unit.USD, _("The document states no amount at all."))
        return
    stated = facts.revision.stated_requested_usd is not None
    basis = next((breakdown for breakdown in TOTAL_FROM if breakdown in facts.sums), None)
    for breakdown in Breakdown:
        if breakdown not in facts.sums:
            continue
        found = facts.sums[breakdown]
        if not stated and breakdown == basis:
            sentence = _("The document gives no total of its own: CRP takes this sum, %(found)s, as the total.")
            verdict = Verdict.OK
        elif found == facts.requested:
            sentence = _("The lines add to %(found)s, the total of the plan.")
            verdict = Verdict.OK
        else:
            sentence = _("The lines add to %(found)s; the total of the plan is %(expected)s.")
            verdict = Verdict.WARNING
        name, title = titles[breakdown]
        yield make(f"sum_of_{name}", title, Unit.USD, facts.requested, found, verdict, sentence)


def projects_against_frameworks(facts: Facts) -> Iterator[Check]:
    """The projects of a framework add to what is printed for it."""
    if Breakdown.PROJECT not in facts.sums:
        return
    for request in facts.requests:
        if request.breakdown != Breakdown.FRAMEWORK:
            continue
        parts = [
            part.amount_usd for part in facts.requests if part.project and part.project.framework == request.framework
        ]
        yield compare(
            "projects_of_framework",
            _("Projects of %(framework)s") % {"framework": request.framework},
            Unit.USD,
            request.amount_usd,
            sum(parts, ZERO),
            agrees=_("The projects add to %(found)s, as printed for the framework."),
            differs=_("The projects add to %(found)s; the framework prints %(expected)s."),
        )


def frozen_total(facts: Facts) -> Iterator[Check]:
    """The total fixed on publication is still the one that the rows give."""
    if facts.revision.is_open or facts.requested is None:
        return
    yield compare(
        "published_total",
        _("Total fixed on publication"),
        Unit.USD,
        facts.revision.requested_usd,
        facts.requested,
        agrees=_("The rows still give %(found)s, the total fixed when the revision was published."),
        differs=_("The rows give %(found)s; %(expected)s was fixed when the revision was published."),
        otherwise=Verdict.ERROR,
    )


def outcome_shares(facts: Facts) -> Iterator[Check]:
    """The shares of an objective's outcomes add to 100 percent."""
    for objective in facts.objectives:
        shares = [outcome.share_percent for outcome in facts.outcomes if outcome.objective_id == objective.pk]
        if shares:
            yield compare(
                "outcome_shares",
                _("Outcome shares of objective %(number)s") % {"number": objective.number},
                Unit.PERCENT,
                Decimal(100),
                sum(shares, Decimal(0)),
                agrees=_("The shares add to %(found)s %%."),
                differs=_("The shares add to %(found)s %%, not to 100 %%."),
                otherwise=Verdict.ERROR,
            )


def request_shares(facts: Facts) -> Iterator[Check]:
    """The shares of a line by objective add to 100 percent, and their amounts to the line."""
    shares: dict[int, list[Any]] = defaultdict(list)
    for share in facts.request_shares:
        shares[share.funding_request_id].append(share)
    for request in facts.requests:
        parts = shares.get(request.pk)
        if not parts:
            continue
        yield compare(
            "request_shares",
            _("%(line)s: shares by objective") % {"line": request.target},
            Unit.PERCENT,
            Decimal(100),
            sum((part.share_percent for part in parts), Decimal(0)),
            agrees=_("The shares add to %(found)s %%."),
            differs=_("The shares add to %(found)s %%, not to 100 %%."),
        )
        amounts = [part.amount_usd for part in parts]
        if None in amounts:
            continue
        yield compare(
            "request_share_amounts",
            _("%(line)s: amounts by objective") % {"line": request.target},
            Unit.USD,
            request.amount_usd,
            sum(amounts, ZERO),
            agrees=_("The amounts by objective add to %(found)s, the amount of the line."),
            differs=_("The amounts by objective add to %(found)s; the line is %(expected)s."),
        )
