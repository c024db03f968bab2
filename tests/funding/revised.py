"""Mali's newest plan, revised: 500,000 dollars more for shelter, and what that makes of its totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from funding.services import publish_revision
from plans.models import Plan, Revision
from plans.services import start_revision

REASON = "Shelter needs rose after the floods."
SECRET = "Kept-Secret"
PUBLISHED_AT = datetime(2025, 8, 1, 12, tzinfo=UTC)


def set_amount(revision: Revision, amount: str, **target: Any) -> None:
    """Ask for another amount in one line of a draft."""
    request = revision.funding_requests.get(**target)
    request.amount_usd = Decimal(amount)
    request.save()


def revise_mali(plan: Plan, *, at: datetime = PUBLISHED_AT) -> Revision:
    """Publish revision 2: shelter 6,700,000 after 6,200,000, so objective 1 13,084,000, and 32,853,500 in all."""
    draft = start_revision(plan=plan, by=None)
    set_amount(draft, "6700000.00", sector__code="SHELTER")
    set_amount(draft, "13084000.00", objective__number=1)
    draft.stated_requested_usd = Decimal("32853500.00")
    draft.save()
    return publish_revision(revision=draft, by=None, reason=REASON, at=at)


def draft_secretly(plan: Plan) -> Revision:
    """Start a draft with an amount and words that nobody may read."""
    draft = start_revision(plan=plan, by=None, reason=SECRET)
    draft.stated_requested_usd = Decimal("7654321.09")
    draft.save()
    return draft


def revise_again(plan: Plan) -> Revision:
    """Publish revision 3, which takes the increase back, a day later."""
    draft = start_revision(plan=plan, by=None)
    set_amount(draft, "6200000.00", sector__code="SHELTER")
    set_amount(draft, "12584000.00", objective__number=1)
    draft.stated_requested_usd = Decimal("32353500.00")
    draft.save()
    return publish_revision(revision=draft, by=None, reason="A mistake.", at=PUBLISHED_AT + timedelta(days=1))
