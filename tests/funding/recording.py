"""What the tests of the ledger share: money recorded by the service and by the admin's form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from funding.models import Contribution, Project, StatusChange
from funding.services import Recorded, publish_revision, record_contribution
from plans.models import Plan, Revision
from plans.services import start_revision
from tests.admin import Desk
from tests.factories import make_organization

LIST = "/admin/funding/contribution/"
ADD = f"{LIST}add/"


def money(plan: Plan | None, **values: Any) -> Contribution:
    """Return a contribution that nothing is wrong with, not saved."""
    given = {
        "plan": plan,
        "donor": make_organization(),
        "status": "commitment",
        "amount_usd": Decimal("1000.00"),
        "decision_on": date(2024, 3, 1),
    }
    return Contribution(**given | values)


def record(plan: Plan | None, **values: Any) -> Recorded:
    return record_contribution(contribution=money(plan, **values))


def refused(act: Callable[[], Any]) -> dict[str, list[str]]:
    """Return what is told where something is refused, after looking that it changed nothing."""
    before = (
        list(Contribution.objects.order_by("pk").values_list()),
        list(StatusChange.objects.order_by("pk").values_list()),
    )
    with pytest.raises(ValidationError) as error:
        act()
    assert before == (
        list(Contribution.objects.order_by("pk").values_list()),
        list(StatusChange.objects.order_by("pk").values_list()),
    )
    return error.value.message_dict if hasattr(error.value, "error_dict") else {"": error.value.messages}


def start_without(plan: Plan, project: str) -> Revision:
    """Return a draft, ready to be published, of a plan from ``make_plan``, in which one project is gone."""
    draft = start_revision(plan=plan, by=None)
    Revision.objects.filter(pk=draft.pk).update(stated_requested_usd=None)
    Project.objects.filter(revision=draft, code=project).delete()
    draft.refresh_from_db()
    left = sum(row.amount_usd for row in draft.funding_requests.filter(breakdown="project"))
    draft.funding_requests.filter(breakdown="framework").update(amount_usd=left)
    return draft


def publish_without(plan: Plan, project: str) -> None:
    publish_revision(revision=start_without(plan, project), by=None, reason="Smaller")


# In the admin


def send_form(desk: Desk, plan_now: Plan, button: str = "_save", **values: Any) -> Any:
    """Send the form as a browser does, with one button pressed."""
    data = desk.read(f"{ADD}?plan={plan_now.pk}")
    data.pop("_save")
    given = {"status": "commitment", "amount_usd": "1,000.50", "decision_on": "2017-03-01"}
    return desk.visit(ADD, data | given | values | {button: "1"})


def pledge(plan: Plan, **values: Any) -> Contribution:
    given = {"plan": plan, "status": "pledge", "amount_usd": Decimal(1000), "decision_on": date(2017, 3, 1)}
    return record_contribution(contribution=Contribution(**given | values)).contribution
