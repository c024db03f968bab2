"""Reconciliation: does a plan agree with itself? Each rule says what it expected, what it found and what that means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crp.common.figures import ZERO
from crp.common.money import percent_of, quantize_usd
from funding.models import Contribution, FundingRequest
from funding.rollups import TOTAL_FROM, requested_of
from plans.models import Revision
from plans.tree import dangling, uncited

Breakdown = FundingRequest.Breakdown


class Verdict(models.TextChoices):
    """What a difference means."""

    OK = "ok", gettext_lazy("Agrees")
    NOTE = "note", gettext_lazy("Note")
    WARNING = "warning", gettext_lazy("Warning")
    ERROR = "error", gettext_lazy("Error")
    NOT_REPORTED = "not_reported", gettext_lazy("Not reported")


class Unit(models.TextChoices):
    """What the figures of a check count."""

    USD = "usd", gettext_lazy("US dollars")
    PEOPLE = "people", gettext_lazy("people")
    ENTITIES = "entities", gettext_lazy("entities")
    PERCENT = "percent", gettext_lazy("percent")
    COUNT = "count", gettext_lazy("items")


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """The result of one rule on one thing."""

    rule: str
    title: str
    unit: Unit
    expected: Decimal | None
    """None: the document does not say."""
    found: Decimal | None
    verdict: Verdict
    sentence: str

    @property
    def difference(self) -> Decimal | None:
        """Found less expected. None where one of them is not known."""
        return None if self.expected is None or self.found is None else self.found - self.expected


class Facts:
    """What the rules look at, read once. Queries: one for each property used."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision

    @cached_property
    def requested(self) -> Decimal | None:
        return requested_of(self.revision)

    @cached_property
    def requests(self) -> list[FundingRequest]:
        return list(
            self.revision.funding_requests.select_related("framework", "objective", "sector", "project__framework")
        )

    @cached_property
    def sums(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for request in self.requests:
            sums[request.breakdown] += request.amount_usd
        return dict(sums)

    @cached_property
    def contributions(self) -> list[Contribution]:
        return list(self.revision.plan.contributions.all())

    @cached_property
    def projects(self) -> dict[str, Any]:
        return {project.code: project for project in self.revision.projects.select_related("framework")}

    @cached_property
    def frameworks(self) -> list[Any]:
        return list(self.revision.frameworks.all())

    @cached_property
    def objectives(self) -> list[Any]:
        return list(self.revision.objectives.all())

    @cached_property
    def outcomes(self) -> list[Any]:
        return list(self.revision.outcomes.all())

    def received(self, belongs: Callable[[Contribution], bool] = lambda contribution: True) -> Decimal:
        """Return what was received by the part of the plan that ``belongs`` picks."""
        counted = (item.amount_usd for item in self.contributions if item.is_counted and belongs(item))
        return quantize_usd(sum(counted, ZERO))


def check_revision(revision: Revision) -> list[Check]:
    """Return the result of every rule that the revision, a draft too, gives something to check.

    Queries: a number that depends on the kinds of rows and not on how many there are.
    """
    facts = Facts(revision)
    return [check for rule in RULES for check in rule(facts)]


def worst(checks: Iterable[Check]) -> Verdict:
    """Return the gravest verdict; OK where there is nothing to check."""
    order = [Verdict.OK, Verdict.NOT_REPORTED, Verdict.NOTE, Verdict.WARNING, Verdict.ERROR]
    return max((check.verdict for check in checks), key=order.index, default=Verdict.OK)


def breakdowns_against_total(facts: Facts) -> Iterator[Check]:
    """Each breakdown adds to the plan's total; they tell the same money in different ways."""
    titles = {
        Breakdown.FRAMEWORK: _("Sum of frameworks"),
        Breakdown.OBJECTIVE: _("Sum of objectives"),
        Breakdown.SECTOR: _("Sum of sectors"),
        Breakdown.PROJECT: _("Sum of projects"),
    }
    if facts.requested is None:
        yield _missing("requested", _("Funding required"), Unit.USD, _("The document states no amount at all."))
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
        yield _check(f"sum_of_{breakdown}s", titles[breakdown], Unit.USD, facts.requested, found, verdict, sentence)


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
        yield _equal(
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
    yield _equal(
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
            yield _equal(
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
    for share in facts.revision.request_shares.all():
        shares[share.funding_request_id].append(share)
    for request in facts.requests:
        parts = shares.get(request.pk)
        if not parts:
            continue
        yield _equal(
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
        yield _equal(
            "request_share_amounts",
            _("%(line)s: amounts by objective") % {"line": request.target},
            Unit.USD,
            request.amount_usd,
            sum(amounts, ZERO),
            agrees=_("The amounts by objective add to %(found)s, the amount of the line."),
            differs=_("The amounts by objective add to %(found)s; the line is %(expected)s."),
        )


def people_and_entities(facts: Facts) -> Iterator[Check]:
    """People and entities by objective against the plan's own number, which alone counts."""
    for name, title, unit in (
        ("people_targeted", _("People targeted by objective"), Unit.PEOPLE),
        ("entities_targeted", _("Entities targeted by objective"), Unit.ENTITIES),
    ):
        parts = [getattr(objective, name) for objective in facts.objectives]
        stated = getattr(facts.revision, name)
        if not parts or None in parts or stated is None:
            continue
        found, expected = Decimal(sum(parts)), Decimal(stated)
        if found == expected:
            sentence, verdict = _("The objectives add to %(found)s, the plan's own number."), Verdict.OK
        elif found > expected:
            sentence, verdict = (
                _(
                    "The objectives add to %(found)s and the plan says %(expected)s: objectives overlap, some are "
                    "counted under more than one. The plan's own number stands."
                ),
                Verdict.NOTE,
            )
        else:
            sentence, verdict = (
                _("The objectives add to %(found)s only; the plan says %(expected)s, and its own number stands."),
                Verdict.NOTE,
            )
        yield _check(f"{name}_by_objective", title, unit, expected, found, verdict, sentence)


def targeted_within_need(facts: Facts) -> Iterator[Check]:
    """No more people are targeted than are in need."""
    need, targeted = facts.revision.people_in_need, facts.revision.people_targeted
    if need is None or targeted is None:
        return
    share = percent_of(Decimal(targeted), Decimal(need))
    yield Check(
        rule="people_targeted_within_need",
        title=_("People targeted within people in need"),
        unit=Unit.PEOPLE,
        expected=Decimal(need),
        found=Decimal(targeted),
        verdict=Verdict.OK if targeted <= need else Verdict.WARNING,
        sentence=_("The plan targets %(share)s %% of the people in need.") % {"share": _number(share or 0)}
        if targeted <= need
        else _("More people are targeted than are in need."),
    )


def printed_percentages(facts: Facts) -> Iterator[Check]:
    """A percentage printed for a framework is the computed one, rounded as printed."""
    amounts = {request.framework_id: request.amount_usd for request in facts.requests if request.framework_id}
    for framework in facts.frameworks:
        printed = framework.stated_percent_funded
        exact = percent_of(framework.stated_received_usd, amounts.get(framework.pk))
        if printed is None or exact is None:
            continue
        whole = printed == printed.to_integral_value()
        agrees = printed == (exact.quantize(Decimal(1), rounding=ROUND_HALF_UP) if whole else exact)
        yield _check(
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

    def framework_of(item: Contribution) -> str | None:
        return item.framework_code or project_framework.get(item.project_code)

    if facts.revision.stated_received_usd is not None:
        yield _equal(
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
            yield _equal(
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
    reported = facts.revision.reports_funding or facts.contributions
    if not reported:
        yield _missing(
            "received", _("Funding received"), Unit.USD, _("No money received is reported: not the same as 0.")
        )
        return
    found = facts.received()
    if found < 0:
        verdict, sentence = Verdict.ERROR, _("Corrections pass what was received: the sum is %(found)s.")
    elif facts.requested is not None and found > facts.requested:
        verdict, sentence = Verdict.NOTE, _("More was received, %(found)s, than is required: the plan is over-funded.")
    else:
        verdict, sentence = Verdict.OK, _("Received: %(found)s of %(expected)s required.")
    yield _check(
        "received_within_requested",
        _("Received against required"),
        Unit.USD,
        facts.requested,
        found,
        verdict,
        sentence,
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


def offices(facts: Facts) -> Iterator[Check]:
    """The number of offices stated against the places named."""
    presence = facts.revision.presences.first()
    if presence is None or presence.field_offices is None:
        return
    named = list(facts.revision.offices.values_list("kind", flat=True))
    if not named:
        return
    with_main, without = len(named), named.count("field")
    agrees = presence.field_offices in (with_main, without)
    yield _check(
        "offices",
        _("Offices"),
        Unit.COUNT,
        Decimal(presence.field_offices),
        Decimal(without if presence.field_offices == without else with_main),
        Verdict.OK if agrees else Verdict.NOTE,
        _("%(found)s offices are named, as stated.")
        if presence.field_offices == without
        else _("%(found)s offices are named, the main office included, as stated.")
        if agrees
        else _("%(expected)s offices are stated and %(found)s are named."),
    )


def citations(facts: Facts) -> Iterator[Check]:
    """Each figure says where it was read."""
    missing, lost = uncited(facts.revision), dangling(facts.revision)
    names = [f"{subject}.{field}" for subject, field in missing] + [f"{item.subject}.{item.field}" for item in lost]
    yield Check(
        rule="citations",
        title=_("Sources of figures"),
        unit=Unit.COUNT,
        expected=Decimal(0),
        found=Decimal(len(names)),
        verdict=Verdict.WARNING if names else Verdict.OK,
        sentence=_("Without a source, or cited and not there: %(names)s.") % {"names": ", ".join(names[:10])}
        if names
        else _("Every figure names the source it was read from."),
    )


RULES: tuple[Callable[[Facts], Iterator[Check]], ...] = (
    breakdowns_against_total,
    projects_against_frameworks,
    frozen_total,
    received_within_reason,
    received_as_stated,
    printed_percentages,
    contribution_targets,
    outcome_shares,
    request_shares,
    people_and_entities,
    targeted_within_need,
    offices,
    citations,
)


def _number(value: Decimal | int) -> str:
    value = Decimal(value)
    return number_format(value, 0 if value == value.to_integral_value() else 2, use_l10n=True, force_grouping=True)


def _check(
    rule: str,
    title: str,
    unit: Unit,
    expected: Decimal | None,
    found: Decimal,
    verdict: Verdict,
    sentence: str,
) -> Check:
    told = {"found": _number(found), "expected": "–" if expected is None else _number(expected)}
    return Check(
        rule=rule,
        title=title,
        unit=unit,
        expected=expected,
        found=found,
        verdict=verdict,
        sentence=sentence % told,
    )


def _equal(
    rule: str,
    title: str,
    unit: Unit,
    expected: Decimal | None,
    found: Decimal,
    *,
    agrees: str,
    differs: str,
    otherwise: Verdict = Verdict.WARNING,
) -> Check:
    same = found == expected
    return _check(rule, title, unit, expected, found, Verdict.OK if same else otherwise, agrees if same else differs)


def _missing(rule: str, title: str, unit: Unit, sentence: str) -> Check:
    return Check(
        rule=rule,
        title=title,
        unit=unit,
        expected=None,
        found=None,
        verdict=Verdict.NOT_REPORTED,
        sentence=sentence,
    )
