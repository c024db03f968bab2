"""Official totals: a newer one takes the place of the older, which stays for those who ask about a past day."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from crp.common.history import credited
from crp.common.numbers import write_number
from funding.models import ReportedFunding
from plans.models import Plan
from plans.services.workflow import Person

from .problems import Problems, check_day

PART = ("plan", "year", "scope", "country", "sector", "is_shared_across_sectors")


@transaction.atomic
@credited
def record_official_total(*, total: ReportedFunding, by: Person | None = None) -> ReportedFunding:
    """Save a new official total, supersede the one of the same part that was in force, and return the new one.

    Raises: ValidationError where the one in force speaks of the same day or a later one, or of a day to come;
    PermissionDenied where ``by`` may not record one of that plan or country.
    """
    if by is not None:
        by.require("funding.add_reportedfunding", total)
    if total.plan_id:
        Plan.objects.select_for_update(no_key=True).get(pk=total.plan_id)
    problems = Problems()
    check_day("reported_on", total.reported_on, problems)
    former = same_part(total)
    if former is not None and total.reported_on is not None and former.reported_on >= total.reported_on:
        problems.add(
            "reported_on",
            _("There is a total of %(day)s, USD %(amount)s: expected a later day.")
            % {"day": former.reported_on.isoformat(), "amount": write_number(former.amount_usd)},
        )
    problems.raise_if_any()
    if former is not None:
        former.superseded_on = total.reported_on
        former.save(update_fields=["superseded_on"])
    total.full_clean()
    total.save()
    return total


def same_part(total: ReportedFunding) -> ReportedFunding | None:
    """Return the total in force of the same part of the same plan. Queries: 1."""
    part = {name: getattr(total, ReportedFunding._meta.get_field(name).attname) for name in PART}  # type: ignore[union-attr]
    empty = {f"{name}__isnull": True for name, value in part.items() if value is None}
    known = {name: value for name, value in part.items() if value is not None}
    return ReportedFunding.objects.in_force().exclude(pk=total.pk).filter(**empty, **known).first()
