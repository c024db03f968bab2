"""Changing a contribution on record as a whole request of another system asks for it: a step, or a correction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import models, transaction

from crp.common.history import done
from funding.models import Contribution
from plans.services.workflow import Person

from .amounts import settle_basis
from .problems import log_decision
from .recording import Recorded, change_contribution, lock_plans
from .steps import change_status, lock, take_back_step

Check = Callable[[Contribution], None]
"""Looks at a contribution, which nobody else can change meanwhile, and raises where another one was meant."""


@transaction.atomic
def apply_change(
    *, contribution: Contribution, values: Mapping[str, Any], check: Check, by: Person | None = None, why: str = ""
) -> Recorded:
    """Take the step that ``values`` name, or else correct what they name, and return what came of it.

    ``values`` are by the names of the model's fields; of a step also ``since_on`` and ``step_note``. Where they say
    what is on record already, nothing is written. ``why`` stands in the history.
    Raises: as :func:`change_status` and :func:`change_contribution`; what ``check`` does.
    """
    plan = values.get("plan")
    lock_plans(contribution.plan_id, plan.pk if plan is not None else None)
    row = lock(contribution, by)
    check(row)
    with done(by=by, why=why):
        if "status" in values:
            step = change_status(
                contribution=row,
                status=values["status"],
                since_on=values.get("since_on"),
                amount_usd=values.get("amount_usd"),
                note=values.get("step_note", ""),
                by=by,
            )
            return Recorded(contribution=step.contribution)
        return _correct(row, values, by)


def _correct(row: Contribution, values: Mapping[str, Any], by: Person | None) -> Recorded:
    changed = [name for name, value in values.items() if _is_other(row, name, value)]
    if not changed:
        return Recorded(contribution=row)
    for name in changed:
        setattr(row, name, values[name])
    settle_basis(row, changed, row.original_amount)
    recorded = change_contribution(contribution=row, by=by)
    fields = [str(Contribution._meta.get_field(name).verbose_name) for name in changed]  # type: ignore[union-attr]
    log_decision(row, by, [{"changed": {"fields": fields}}])
    return recorded


def _is_other(row: Contribution, name: str, value: Any) -> bool:
    if isinstance(value, models.Model) or (value is None and hasattr(row, f"{name}_id")):
        return getattr(row, f"{name}_id") != (None if value is None else value.pk)
    return getattr(row, name) != value


@transaction.atomic
def undo_step(
    *, contribution: Contribution, reason: str, check: Check, by: Person | None = None, why: str = ""
) -> Contribution:
    """Take the newest step back, and return the contribution as it was before. Raises: as :func:`take_back_step`."""
    check(lock(contribution, by))
    with done(by=by, why=why):
        return take_back_step(contribution=contribution, reason=reason, by=by)
