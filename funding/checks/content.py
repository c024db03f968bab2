"""Do people, offices and sources agree?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from crp.common.money import percent_of
from funding.models import FundingRequest
from plans.tree import citable, dangling, uncited

from .facts import Facts
from .values import Check, Unit, Verdict, make, told

Breakdown = FundingRequest.Breakdown


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
        found = sum(parts)
        verdict, sentence = objectives_against_plan(found, stated)
        yield make(f"{name}_by_objective", title, unit, Decimal(stated), Decimal(found), verdict, sentence)


def objectives_against_plan(found: int, expected: int) -> tuple[Verdict, str]:
    """Return what it means that objectives add to a number of people or entities; the sentence tells both."""
    if found == expected:
        return Verdict.OK, _("The objectives add to %(found)s, the plan's own number.")
    if found > expected:
        return Verdict.NOTE, _(
            "The objectives add to %(found)s and the plan says %(expected)s: objectives overlap, some are "
            "counted under more than one. The plan's own number stands."
        )
    return Verdict.NOTE, _(
        "The objectives add to %(found)s only; the plan says %(expected)s, and its own number stands."
    )


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
        is_limit=True,
        verdict=Verdict.OK if targeted <= need else Verdict.WARNING,
        sentence=_("The plan targets %(share)s %% of the people in need.") % {"share": told(share or 0)}
        if targeted <= need
        else _("More people are targeted than are in need."),
    )


def offices(facts: Facts) -> Iterator[Check]:
    """The number of offices stated against the places named."""
    presence = facts.presence
    if presence is None or presence.field_offices is None:
        return
    named = [office.kind for office in facts.offices]
    if not named:
        return
    found, verdict, sentence = offices_against_stated(presence.field_offices, named)
    yield make("offices", _("Offices"), Unit.COUNT, Decimal(presence.field_offices), Decimal(found), verdict, sentence)


def offices_against_stated(stated: int, kinds: Sequence[str]) -> tuple[int, Verdict, str]:
    """Return how many offices are named, of the kinds ``main`` and ``field``, and what that means beside ``stated``.

    The number stated may count the main office or not. The sentence tells ``%(found)s`` and ``%(expected)s``.
    """
    with_main, without = len(kinds), kinds.count("field")
    if stated == without:
        return without, Verdict.OK, _("%(found)s offices are named, as stated.")
    if stated == with_main:
        return with_main, Verdict.OK, _("%(found)s offices are named, the main office included, as stated.")
    return with_main, Verdict.NOTE, _("%(expected)s offices are stated and %(found)s are named.")


def citations(facts: Facts) -> Iterator[Check]:
    """Each figure says where it was read."""
    rows = citable(facts.revision, facts.rows)
    missing, lost = uncited(facts.revision, rows), dangling(facts.revision, rows)
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
