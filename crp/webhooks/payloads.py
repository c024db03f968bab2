"""What is sent: small, public, and the same text at each attempt.

Each says what happened, to which thing, its figures before and after, and the address under which all of it is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from crp.common.api.figures import show_figures
from crp.common.figures import Rollup
from crp.common.money import quantize_usd
from crp.webhooks.thresholds import CLOSED, has_reached
from plans.models import Plan, Revision

FIGURES = ("requested_usd", "received_usd", "gap_usd", "over_funded_usd", "percent_funded")
OF_CONTRIBUTION = ("status", "flow", "review")
AMOUNTS = ("amount_usd", "counted_usd", "pledged_usd")


def write_payload(event_type: str, at: datetime, data: Mapping[str, Any]) -> str:
    """Return the text that is signed and sent."""
    content = {"type": event_type, "timestamp": write_time(at), "data": data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def write_time(at: datetime) -> str:
    """Return a time in UTC as ISO 8601 has it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address_of(name: str, *arguments: Any, query: str = "") -> str:
    """Return an address of the API, under the name by which CRP is reached."""
    return f"{settings.SITE_ADDRESS or 'http://localhost:8000'}{reverse(f'api:{name}', args=arguments)}{query}"


def day_of(at: datetime) -> str:
    """Return the day of a time, in UTC: the parameter ``as_of`` of the API takes it."""
    return at.astimezone(UTC).date().isoformat()


def tell_revision(revision: Revision, before: Revision | None, at: datetime) -> dict[str, Any]:
    """Return the data of a revision that was published. ``before``: the public one before it."""
    plan = revision.plan
    numbers = "" if before is None else f"?from={before.number}&to={revision.number}"
    return {
        "code": plan.code,
        "address": address_of("plans-detail", plan.code),
        "version": revision.number,
        "revision_address": address_of("plans-revision", plan.code, revision.number),
        "diff_address": address_of("plans-diff", plan.code, query=numbers) if numbers else None,
        "before": None if before is None else _state_of_revision(before),
        "after": _state_of_revision(revision),
        "as_of": day_of(at),
    }


def _state_of_revision(revision: Revision) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "requested_usd": _usd(revision.requested_usd),
        "people_in_need": revision.people_in_need,
        "people_targeted": revision.people_targeted,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class ContributionChange:
    """What became of a contribution, as its history has it: rows of :class:`Contribution`'s history."""

    code: str
    version: int
    plan: Plan | None
    country: str | None
    """ISO3, for money outside any plan."""
    before: Any
    """None: it was not there, was not public, or nothing is on record of it."""
    after: Any
    """None: it is not there any more, or not public."""


def tell_contribution(change: ContributionChange, at: datetime) -> dict[str, Any]:
    """Return the data of a contribution that was recorded, changed or deleted."""
    return {
        "code": change.code,
        "address": address_of("contributions-detail", change.code),
        "version": change.version,
        "plan": change.plan.code if change.plan else None,
        "country": change.country,
        "before": _state_of_contribution(change.before),
        "after": _state_of_contribution(change.after),
        "as_of": day_of(at),
    }


def _state_of_contribution(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    words = {name: getattr(row, name) for name in OF_CONTRIBUTION}
    return words | {name: _usd(getattr(row, name)) for name in AMOUNTS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Amounts:
    """What a plan asks for and has received. None: not known."""

    requested_usd: Decimal | None
    received_usd: Decimal | None

    @property
    def is_known(self) -> bool:
        """Whether the two make a percentage."""
        return has_reached(CLOSED, self.requested_usd, self.received_usd) is not None

    def show(self) -> dict[str, Any]:
        """Return them with the gap and the percentage that they make."""
        is_reported = self.received_usd is not None
        figures = Rollup(
            requested_usd=self.requested_usd,
            requested_reporting_usd=self.requested_usd if is_reported else None,
            received_usd=self.received_usd,
            pledged_usd=None,
            plans_requesting=int(self.requested_usd is not None),
            plans_reporting=int(is_reported),
        )
        return show_figures(figures, FIGURES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """That a plan passed a percentage funded."""

    threshold: int
    is_up: bool
    before: Amounts
    after: Amounts
    version: int


def tell_crossing(plan: Plan, crossing: Crossing, at: datetime) -> dict[str, Any]:
    """Return the data of a plan that passed a percentage."""
    return {
        "code": plan.code,
        "address": address_of("plans-detail", plan.code),
        "version": crossing.version,
        "threshold_percent": crossing.threshold,
        "direction": "up" if crossing.is_up else "down",
        "gap_closed": bool(has_reached(CLOSED, crossing.after.requested_usd, crossing.after.received_usd)),
        "before": crossing.before.show(),
        "after": crossing.after.show(),
        "as_of": day_of(at),
    }


def tell_ping(endpoint_id: int, at: datetime) -> dict[str, Any]:
    """Return the data of a test."""
    return {"code": f"webhook-{endpoint_id}", "address": address_of("root"), "version": 1, "as_of": day_of(at)}


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{quantize_usd(amount):f}"
