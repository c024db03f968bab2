"""Whether a contribution can be what it says: for that plan and project, of those days, passed on from there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crp.common.money import SumUSD
from crp.common.numbers import write_number
from funding.models import Contribution, Project
from plans.models import Plan, Revision

from .amounts import settle_amount
from .problems import Problems, check_day
from .similar import Pool

LONGEST_CHAIN = 100
MARGIN = timedelta(days=366)  # money is decided for the plan of the next year, and paid after the end of the last one
RELATIONS = ("plan", "country", "donor", "recipient", "parent", "sector", "source", "duplicate_of")
DATES = ("decision_on", "reported_on", "exchange_rate_on")
COUNTED_REVIEWS = (Contribution.Review.CLEAR, Contribution.Review.KEPT)


class PlanFacts:
    """What contributions to one plan are held against, read once. Queries: one for each property used."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.last_number = 0
        """The number in the newest code that was made for the plan; 0 while it is not known."""

    @cached_property
    def revision(self) -> Revision | None:
        """The revision in force, or else the newest."""
        return self.plan.revisions.in_force().first() or self.plan.revisions.order_by("-number").first()

    @cached_property
    def frameworks(self) -> set[str]:
        return set(self.revision.frameworks.values_list("code", flat=True)) if self.revision else set()

    @cached_property
    def objectives(self) -> set[int]:
        return set(self.revision.objectives.values_list("number", flat=True)) if self.revision else set()

    @cached_property
    def projects(self) -> set[str]:
        return set(self.revision.projects.values_list("code", flat=True)) if self.revision else set()

    @cached_property
    def taxonomies(self) -> set[int | None]:
        if self.revision is None:
            return set()
        return {self.revision.taxonomy_id, *self.revision.frameworks.values_list("taxonomy_id", flat=True)}

    @cached_property
    def pool(self) -> Pool:
        """The contributions to the plan, for finding duplicates among them."""
        return Pool(self.plan.pk)

    @property
    def first_day(self) -> date:
        return self.plan.start_on or date(self.plan.start_year, 1, 1)

    @property
    def last_day(self) -> date:
        return self.plan.end_on or date(self.plan.end_year, 12, 31)


class Known(Protocol):
    """What many rows name of the ledger, read before, so that judging one of them asks nothing."""

    def has_code(self, code: str) -> bool:
        """Return whether a code is taken."""

    def with_identifier(self, scheme: str, number: str) -> Contribution | None:
        """Return who has an external identifier."""

    def passed_on(self, parent: int) -> Decimal:
        """Return how much of a contribution is passed on already."""


def judge(contribution: Contribution, facts: PlanFacts | None = None, known: Known | None = None) -> list[str]:
    """Settle the amount of a contribution, and return what is worth a second look.

    ``known``: for one of many new rows. Raises: ValidationError with everything that is wrong, by field. Every rule
    that the table has is among it, so that what passes here is taken by the database. Queries: those of ``facts``, 1
    for each of code, external identifier, parent and children that there is; none of these with ``known``.
    """
    problems = Problems()
    warnings = settle_amount(contribution, problems)
    try:
        contribution.clean_fields(exclude={*RELATIONS, *problems.by_field, *_made_later(contribution)})
    except ValidationError as error:
        problems.merge(error)
    _check_place(contribution, problems)
    _check_unique(contribution, problems, known)
    for field in DATES:
        check_day(field, getattr(contribution, field), problems)
    if contribution.plan is not None:
        facts = facts or PlanFacts(contribution.plan)
        warnings += _check_target(contribution, facts, problems)
        _check_period(contribution, facts, problems)
    warnings += _check_flow(contribution, problems, known)
    problems.raise_if_any()
    return warnings


def _made_later(contribution: Contribution) -> list[str]:
    """Return the columns that may be empty though the table wants them: they are filled in on recording."""
    return [name for name in ("code", "amount_usd") if getattr(contribution, name) in (None, "")]


def _check_place(contribution: Contribution, problems: Problems) -> None:
    if contribution.plan_id and contribution.country_id:
        problems.add("country", _("Either a plan or a country: a plan has countries of its own."))
    if contribution.sector_id and contribution.is_shared_across_sectors:
        problems.add("sector", _("Either one sector or several: not both."))


def _check_unique(contribution: Contribution, problems: Problems, known: Known | None) -> None:
    others = Contribution.objects.exclude(pk=contribution.pk)
    code, scheme, number = contribution.code, contribution.external_scheme, contribution.external_id
    if code and "code" not in problems.by_field:
        taken = known.has_code(code) if known is not None else others.filter(code=code).exists()
        if taken:
            problems.add("code", _("Another contribution has the code %(code)s.") % {"code": code}, "unique")
    if number:
        same = others.filter(external_scheme=scheme, external_id=number)
        other = known.with_identifier(scheme, number) if known is not None else same.first()
        if other is not None:
            problems.add(
                "external_id",
                _("%(code)s already has this external identifier: USD %(amount)s, %(status)s.")
                % {
                    "code": other.code,
                    "amount": write_number(other.amount_usd),
                    "status": other.get_status_display().lower(),
                },
                "unique",
            )


def _check_target(contribution: Contribution, facts: PlanFacts, problems: Problems) -> list[str]:
    """Note what the plan does not have; return a sentence where nobody can see the plan yet."""
    revision = facts.revision
    if revision is None:
        problems.add(
            "plan", _("%(plan)s has no revision yet: nothing says what it asks for.") % {"plan": facts.plan.code}
        )
        return []
    if revision.status == Revision.Status.SUPERSEDED:
        problems.add(
            "plan",
            _("Revision %(number)s of %(plan)s is superseded, and no other one is published.")
            % {"number": revision.number, "plan": facts.plan.code},
        )
    if contribution.framework_code and contribution.framework_code not in facts.frameworks:
        problems.add("framework_code", _("The plan has no framework with this code."))
    if contribution.objective_number and contribution.objective_number not in facts.objectives:
        problems.add("objective_number", _("The plan has no objective with this number."))
    if contribution.project_code and contribution.project_code not in facts.projects:
        problems.add("project_code", _tell_lost_project(contribution.project_code, facts.plan, revision))
    if contribution.sector is not None and contribution.sector.taxonomy_id not in facts.taxonomies:
        problems.add("sector", _("This sector is of a taxonomy that the plan does not use."))
    if revision.is_open:
        return [_("%(plan)s is not published yet: readers see its money once it is.") % {"plan": facts.plan.code}]
    return []


def _tell_lost_project(code: str, plan: Plan, revision: Revision) -> str:
    """Return why a plan does not have a project: it never had, or another revision has it. Queries: 1."""
    other = Project.objects.filter(revision__plan=plan, code=code).order_by("-revision__number").first()
    if other is None:
        return _("The plan has no project with this code.")
    told = {"code": code, "number": revision.number, "other": other.revision.number, "plan": plan.code}
    if other.revision.is_open:
        return _("Project %(code)s is in the draft r%(other)s of %(plan)s only, which is not published.") % told
    return (
        _(
            "Project %(code)s is not in r%(number)s of %(plan)s any more: r%(other)s, superseded, was the last to "
            "have it."
        )
        % told
    )


def _check_period(contribution: Contribution, facts: PlanFacts, problems: Problems) -> None:
    """Note money that can't be for the plan: carried over and corrections come from other years."""
    if contribution.is_new_money is False or "amount_usd" in problems.by_field or (contribution.amount_usd or 0) < 0:
        return
    plan, decided = facts.plan, None if "decision_on" in problems.by_field else contribution.decision_on
    if decided is not None and not facts.first_day - MARGIN <= decided <= facts.last_day + MARGIN:
        problems.add(
            "decision_on",
            _(
                "%(plan)s covers %(first)s to %(last)s: expected a day within a year of that, or “new money” answered "
                "with no."
            )
            % {"plan": plan.code, "first": facts.first_day.isoformat(), "last": facts.last_day.isoformat()},
        )
    year = contribution.usage_year
    if year is not None and not plan.start_year - 1 <= year <= plan.end_year + 1:
        problems.add("usage_year", _("%(plan)s covers %(period)s.") % {"plan": plan.code, "period": plan.period})


def _check_flow(contribution: Contribution, problems: Problems, known: Known | None) -> list[str]:
    """Note money that would count twice; return what should be looked at."""
    warnings = []
    parent, incoming = contribution.parent, contribution.flow == Contribution.Flow.INCOMING
    same_plan = parent is not None and parent.plan_id is not None and parent.plan_id == contribution.plan_id
    if parent is not None:
        if _closes_chain(contribution):
            problems.add("parent", _("%(code)s passes on money of this one: a chain can't close.") % {"code": parent})
        elif parent.review == Contribution.Review.MERGED:
            problems.add("parent", _("%(code)s is merged with another one: choose that one.") % {"code": parent})
        elif same_plan and incoming and parent.flow != Contribution.Flow.OUTGOING:
            problems.add(
                "flow",
                _("It passes on money of %(code)s, which the plan has counted already: it must be internal.")
                % {"code": parent},
            )
        elif parent.plan is not None and not same_plan and incoming and parent.counted_usd and parent.counted_usd > 0:
            warnings.append(
                _("%(code)s counts in full in %(plan)s: record there what left it as outgoing.")
                % {"code": parent, "plan": parent.plan.code}
            )
        warnings += [] if problems.by_field else _tell_more_than_parent(contribution, known)
    if contribution.pk and contribution.plan_id:
        inside = contribution.children.filter(plan=contribution.plan_id, flow=Contribution.Flow.INCOMING).first()
        if inside is not None and contribution.flow != Contribution.Flow.OUTGOING:
            problems.add(
                "plan",
                _("%(code)s passes this money on and counts in the same plan: make that one internal first.")
                % {"code": inside},
            )
    return warnings


def _closes_chain(contribution: Contribution) -> bool:
    """Return whether the money comes back to where it started. Queries: 1 for each link of the chain."""
    link: Contribution | None = contribution.parent
    for _step in range(LONGEST_CHAIN):
        if link is None or contribution.pk is None:
            return False
        if link.pk == contribution.pk:
            return True
        link = link.parent
    return True


def _tell_more_than_parent(contribution: Contribution, known: Known | None) -> list[str]:
    """Return a sentence where more is passed on than there was. Queries: 1, none with ``known``."""
    parent, amount = contribution.parent, contribution.amount_usd
    if parent is None or amount is None:
        return []
    if known is not None:
        passed_on = known.passed_on(parent.pk) + amount
    else:
        others = parent.children.exclude(pk=contribution.pk).filter(review__in=COUNTED_REVIEWS)
        passed_on = (others.aggregate(total=SumUSD("amount_usd"))["total"] or 0) + amount
    if passed_on <= parent.amount_usd:
        return []
    return [
        _("Of %(code)s more is passed on, USD %(passed_on)s, than it is: USD %(amount)s.")
        % {"code": parent, "passed_on": write_number(passed_on), "amount": write_number(parent.amount_usd)}
    ]
