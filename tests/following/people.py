"""A revision that changes how many people a plan is for."""

from __future__ import annotations

from funding.services import publish_revision
from plans.models import Plan
from plans.services import start_revision
from tests.funding.revised import PUBLISHED_AT


def revise_people(plan: Plan) -> tuple[int, int]:
    """Publish a revision that targets 1,500 people more, and return how many it was before and is now."""
    draft = start_revision(plan=plan, by=None)
    old = draft.people_targeted or 0
    draft.people_targeted = old + 1_500
    draft.save()
    publish_revision(revision=draft, by=None, reason="More people.", at=PUBLISHED_AT)
    return old, old + 1_500
