"""Files of activities, written while they are read: as large as the plans are, in the memory of a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import quoteattr

from crp.exchange.iati import codes
from crp.exchange.iati.activity import Writing, attributes_of, head_of, tail_of, transactions_of
from crp.exchange.iati.data import PlanData, contributions_of, read_plans
from crp.exchange.iati.xml import LANGUAGE
from funding.models import Contribution
from plans.models import Plan

PLANS_AT_ONCE = 200
BEGINNING = f'<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="{codes.VERSION}">\n'


def write_activities(numbers: Iterator[int], writing: Writing) -> Iterator[str]:
    """Yield a file with an activity for each plan. Queries: 20 for every 200 plans."""
    yield BEGINNING
    while several := list(islice(numbers, PLANS_AT_ONCE)):
        yield from _write(several, writing)
    yield "</iati-activities>\n"


def published() -> Iterator[int]:
    """Yield the published plans by code."""
    return Plan.objects.in_force().order_by("code").values_list("pk", flat=True).iterator(chunk_size=2_000)


def _write(numbers: Sequence[int], writing: Writing) -> Iterator[str]:
    plans = {data.plan.pk: data for data in read_plans(numbers)}
    for number, given in contributions_of(list(plans)):
        # Both are in the order of codes: plans up to this one have no contribution.
        while plans and (data := plans.pop(next(iter(plans)))).plan.pk != number:
            yield from _activity(data, iter(()), writing)
        yield from _activity(data, given, writing)
    for data in plans.values():
        yield from _activity(data, iter(()), writing)


def _activity(data: PlanData, given: Iterator[Contribution], writing: Writing) -> Iterator[str]:
    attributes = "".join(
        f" {'xml:lang' if name == LANGUAGE else name}={quoteattr(value)}" for name, value in attributes_of(data).items()
    )
    yield f"<iati-activity{attributes}>\n"
    yield "".join(_text(part) for part in head_of(data, writing))
    found = transactions_of(data, given, writing)
    while several := list(islice(found, 500)):
        yield "".join(_text(part) for part in several)
    yield "".join(_text(part) for part in tail_of(data, writing))
    yield "</iati-activity>\n"


def _text(part: Element) -> str:
    return tostring(part, encoding="unicode") + "\n"
