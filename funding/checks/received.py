"""Does what is received agree with what the document states?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.money import percent_of, rounds_to
from funding.models import FundingRequest

from .facts import Facts, OnRecord
from .values import Check, Unit, Verdict, compare, make, not_reported

Breakdown = FundingRequest.Breakdown


def printed_percentages(facts: Facts) -> Iterator[Check]:
    """A percentage printed for a framework is the computed one, rounded as printed."""
    amounts = {request.framework_id: request.amount_usd for request in facts.requests if request.framework_id}
    for framework in facts.frameworks:
        printed = framework.stated_percent_funded
        received, asked = framework.stated_received_usd, amounts.get(framework.pk)
        exact = percent_of(received, asked)
        if printed is None or received is None or not asked or exact is None:
            continue
        agrees = rounds_to(received, asked, printed)
        yield make(
            "printed_percent",
            _("Percentage printed for %(framework)s") % {"framework": framework},
            Unit.PERCENT,
            printed,
            exact,
            Verdict.OK if agrees else Verdict.WARNING,
            _("Printed %(expected)s %%, rounded; exactly %(found)s %%.")
            if agrees
            else _("Printed %(expected)s %%, but the amounts give %(found)s %%."),
        )


def received_as_stated(facts: Facts) -> Iterator[Check]:
    """What the document states as received is what the contributions on record add to."""
    agrees = _("The contributions on record add to %(found)s, as stated.")
    differs = _("The contributions on record add to %(found)s; the document states %(expected)s.")
    project_framework = {code: project.framework.code for code, project in facts.projects.items() if project.framework}

    def framework_of(item: OnRecord) -> str | None:
        return item.framework_code or project_framework.get(item.project_code)

    if facts.revision.stated_received_usd is not None:
        yield compare(
            "received_stated",
            _("Received, as stated by the plan"),
            Unit.USD,
            facts.revision.stated_received_usd,
            facts.received(),
            agrees=agrees,
            differs=differs,
        )
    for framework in facts.frameworks:
        if framework.stated_received_usd is not None:
            yield compare(
                "received_of_framework",
                _("Received by %(framework)s") % {"framework": framework},
                Unit.USD,
                framework.stated_received_usd,
                facts.received(lambda item, code=framework.code: framework_of(item) == code),  # type: ignore[misc]
                agrees=agrees,
                differs=differs,
            )
    stated = [project for project in facts.projects.values() if project.stated_received_usd is not None]
    wrong = [
        project
        for project in stated
        if project.stated_received_usd != facts.received(lambda item, code=project.code: item.project_code == code)  # type: ignore[misc]
    ]
    if stated:
        yield Check(
            rule="received_of_projects",
            title=_("Received by project"),
            unit=Unit.COUNT,
            expected=Decimal(len(stated)),
            found=Decimal(len(stated) - len(wrong)),
            verdict=Verdict.WARNING if wrong else Verdict.OK,
            sentence=_("These projects state another amount than their contributions: %(codes)s.")
            % {"codes": ", ".join(project.code for project in wrong)}
            if wrong
            else ngettext(
                "%(count)s project states what it received, and its contributions agree.",
                "%(count)s projects state what they received, and their contributions agree.",
                len(stated),
            )
            % {"count": len(stated)},
        )


def received_within_reason(facts: Facts) -> Iterator[Check]:
    """Money received is not negative; what passes the requirement is over-funding."""
    if not facts.reports_funding:
        yield not_reported(
            "received", _("Funding received"), Unit.USD, _("No money received is reported: not the same as 0.")
        )
        return
    found = facts.received_usd
    if found < 0:
        verdict, sentence = Verdict.ERROR, _("Corrections pass what was received: the sum is %(found)s.")
    elif facts.requested is not None and found > facts.requested:
        verdict, sentence = Verdict.NOTE, _("More was received, %(found)s, than is required: the plan is over-funded.")
    else:
        verdict, sentence = Verdict.OK, _("Received: %(found)s of %(expected)s required.")
    yield make(
        "received_within_requested",
        _("Received against required"),
        Unit.USD,
        facts.requested,
        found,
        verdict,
        sentence,
        is_limit=True,
    )


def contribution_targets(facts: Facts) -> Iterator[Check]:
    """Every contribution is for something that the revision has."""
    if not facts.contributions:
        return
    frameworks = {framework.code for framework in facts.frameworks}
    objectives = {objective.number for objective in facts.objectives}
    lost = [
        item
        for item in facts.contributions
        if (item.project_code and item.project_code not in facts.projects)
        or (item.framework_code and item.framework_code not in frameworks)
        or (item.objective_number and item.objective_number not in objectives)
    ]
    yield Check(
        rule="contribution_targets",
        title=_("Contributions find their target"),
        unit=Unit.COUNT,
        expected=Decimal(len(facts.contributions)),
        found=Decimal(len(facts.contributions) - len(lost)),
        verdict=Verdict.ERROR if lost else Verdict.OK,
        sentence=_("Not in this revision is what these are for: %(codes)s.")
        % {"codes": ", ".join(item.code for item in lost)}
        if lost
        else _("What each contribution is for is part of this revision."),
    )
