"""Money given as transactions: each contribution once, by the last step that it has taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from crp.exchange.iati import codes
from crp.exchange.iati.data import PlanData
from crp.exchange.iati.xml import element, told
from funding.models import Contribution, Organization


def transaction(contribution: Any, data: PlanData, iati_of: Mapping[int, str], today: date) -> Element | None:
    """Return a contribution as one transaction. None: it is nothing that IATI has a type for.

    A commitment that was then paid is the payment and no second transaction, so that commitments and payments of an
    activity may be added: together they are what the plan received. A correction is below 0.
    """
    is_outgoing = contribution.flow == Contribution.Flow.OUTGOING
    kind = (codes.OUTGOING if is_outgoing else codes.INCOMING).get(contribution.status)
    if kind is None:
        return None
    on = _day(contribution, today)
    parts = [
        element("transaction-type", code=kind),
        element("transaction-date", iso_date=on.isoformat()),
        _value(contribution, on),
    ]
    if contribution.original_amount is not None:
        parts.append(told("description", {"en": f"In US dollars {contribution.amount_usd:.2f}, which is what counts."}))
    if contribution.donor is not None and not is_outgoing:
        parts.append(_organization("provider-org", contribution.donor, iati_of))
    if contribution.recipient is not None and is_outgoing:
        parts.append(_organization("receiver-org", contribution.recipient, iati_of))
    if contribution.earmarking:
        parts.append(element("aid-type", code=codes.EARMARKING[contribution.earmarking], vocabulary=codes.EARMARKINGS))
    return element("transaction", *parts, ref=contribution.code, humanitarian="1")


def official_rest(data: PlanData, counted: Decimal) -> Element | None:
    """Return what an official total has beyond the contributions on record, as one transaction. None: nothing.

    Official totals are of money committed or paid, so it is a commitment at the least.
    """
    official = data.official
    rest = official.amount_usd - counted if official else None
    if official is None or not rest:
        return None
    value = element("value", currency=codes.USD, value_date=official.reported_on.isoformat())
    value.text = f"{rest:.2f}"
    words = (
        f"In the official total of {official.reported_on.isoformat()} only: what it has beyond the contributions on "
        "record, committed or paid by donors that are not named."
    )
    return element(
        "transaction",
        element("transaction-type", code=codes.INCOMING_COMMITMENT),
        element("transaction-date", iso_date=official.reported_on.isoformat()),
        value,
        told("description", {"en": words}),
        humanitarian="1",
    )


def _day(contribution: Any, today: date) -> date:
    """Return the day of the last step, of the decision or of the first report; else that of the record. Never ahead."""
    known = contribution.since_on or contribution.decision_on or contribution.reported_on
    return min(known or contribution.created_at.date(), today)


def _value(contribution: Any, on: date) -> Element:
    """Return the amount in the currency that it was given in, with the day whose rate applies; else in US dollars."""
    if contribution.original_amount is None:
        amount, currency, day = contribution.amount_usd, codes.USD, on
    else:
        amount, currency = contribution.original_amount, contribution.original_currency
        day = contribution.exchange_rate_on or on
    value = element("value", currency=currency, value_date=day.isoformat())
    value.text = f"{amount:.2f}"
    return value


def _organization(name: str, organization: Organization, iati_of: Mapping[int, str]) -> Element:
    return told(
        name,
        organization.name,
        ref=iati_of.get(organization.pk),
        type=codes.ORGANIZATION_TYPES.get(organization.kind),
    )
