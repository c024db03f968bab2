"""What a funding officer decides about possible duplicates: the same money, or not. Each decision can be undone."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from crp.common.history import bulk_update, credited
from funding.models import Contribution
from plans.services.workflow import Person

from .problems import log_decision
from .similar import find_duplicates
from .steps import change_status, lock, place_of, steps_of

Review = Contribution.Review

# What the one that counts takes over from the other where its own column is empty.
FILLED = (
    "donor",
    "recipient",
    "parent",
    "exchange_rate_source",
    "decision_on",
    "reported_on",
    "usage_year",
    "earmarking",
    "is_new_money",
    "framework_code",
    "objective_number",
    "sector",
    "project_code",
    "grant_reference",
    "source",
    "source_line",
    "note",
)
CURRENCY = ("original_amount", "original_currency", "exchange_rate", "exchange_rate_on")
MARK = "merged"


def suspect(contribution: Contribution, others: list[Contribution] | None = None) -> Contribution | None:
    """Mark a contribution, not saved yet, that may repeat another one, and return that one. Queries: 1 at most.

    What somebody has decided stays decided.
    """
    if contribution.review in {Review.KEPT, Review.MERGED}:
        return None
    found = find_duplicates(contribution) if others is None else others
    other = found[0] if found else None
    contribution.review = Review.SUSPECTED if other else Review.CLEAR
    contribution.duplicate_of = other
    return other


@transaction.atomic
@credited
def merge_duplicate(
    *,
    contribution: Contribution,
    reason: str,
    into: Contribution | None = None,
    by: Person | None = None,
) -> Contribution:
    """Decide that two contributions are the same money; return the one that counts.

    It takes over what it did not know, and the later step of the two. ``into``: the one that counts, the one that
    ``contribution`` may repeat if not told. Raises: ValidationError without a reason, or where one of the two is
    merged already.
    """
    kept = into or contribution.duplicate_of
    _require(reason)
    if kept is None or kept.pk == contribution.pk:
        raise ValidationError(_("Name the contribution that this one repeats."), code="no_other")
    kept, gone = _lock_both(kept, contribution, by)
    for row in (kept, gone):
        if row.review == Review.MERGED:
            raise ValidationError(
                _("%(code)s is merged with %(other)s already.") % {"code": row, "other": row.duplicate_of or "–"},
                code="merged",
            )
    if kept.plan_id != gone.plan_id or kept.country_id != gone.country_id:
        raise ValidationError(_("The two belong to different plans: they can't be merged."), code="other_plan")
    if gone.children.exists():
        raise ValidationError(
            _("Others pass on money of %(code)s: make them pass on %(other)s first.") % {"code": gone, "other": kept},
            code="has_children",
        )
    filled = _fill(kept, gone)
    if kept.duplicate_of_id == gone.pk:
        kept.review, kept.duplicate_of = Review.CLEAR, None
    kept.save()
    step = ""
    if place_of(gone.status) > place_of(kept.status):
        step = gone.status
        _take_over_step(kept, gone, by)
        kept.refresh_from_db()
    gone.review, gone.duplicate_of = Review.MERGED, kept
    gone.save(update_fields=["review", "duplicate_of", "updated_at"])
    waiting = list(Contribution.objects.filter(duplicate_of=gone, review=Review.SUSPECTED))
    for row in waiting:
        row.duplicate_of = kept
    bulk_update(Contribution, waiting, ["duplicate_of"])
    told = {"code": gone.code, "other": kept.code, "reason": reason}
    log_decision(gone, by, _("Merged with %(other)s, which counts. Reason: %(reason)s") % told)
    log_decision(kept, by, _("%(code)s is the same money and was merged. Reason: %(reason)s") % told)
    names = [str(_column(name).verbose_name) for name in filled]
    mark = {MARK: gone.pk, "filled": filled, "step": step}
    log_decision(kept, by, [{"changed": {"fields": names}}, mark])
    return kept


@transaction.atomic
@credited
def keep_duplicate(*, contribution: Contribution, reason: str, by: Person | None = None) -> Contribution:
    """Decide that a contribution repeats no other one, so that it counts, and return it.

    Raises: ValidationError without a reason, or where there was nothing to decide.
    """
    _require(reason)
    row = lock(contribution, by)
    if row.review != Review.SUSPECTED:
        raise _nothing_to_decide(row)
    other = row.duplicate_of
    row.review = Review.KEPT
    row.save(update_fields=["review", "updated_at"])
    told = {"other": other.code if other else "–", "reason": reason}
    log_decision(row, by, _("Not the same as %(other)s: counts. Reason: %(reason)s") % told)
    return row


@transaction.atomic
@credited
def reopen_duplicate(*, contribution: Contribution, reason: str, by: Person | None = None) -> Contribution:
    """Undo the decision on a contribution, so that it waits for a new one, and return it.

    What the other one took over from it on merging is taken off again, as far as nobody has changed it since.
    Raises: ValidationError without a reason, or where nothing was decided.
    """
    _require(reason)
    row = lock(contribution, by)
    if row.review not in {Review.MERGED, Review.KEPT}:
        raise _nothing_to_decide(row)
    if row.review == Review.MERGED and row.duplicate_of is not None:
        _take_off(Contribution.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.duplicate_of.pk), row)
    row.review = Review.CLEAR
    others = [row.duplicate_of] if row.duplicate_of else None
    suspect(row, others)
    row.save(update_fields=["review", "duplicate_of", "updated_at"])
    log_decision(row, by, _("Open again: may be a duplicate. Reason: %(reason)s") % {"reason": reason})
    return row


def _column(name: str) -> Any:
    return Contribution._meta.get_field(name)


def _require(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it stays in the history of both.")}, code="required")


def _nothing_to_decide(row: Contribution) -> ValidationError:
    return ValidationError(
        _("Nothing is to be decided about %(code)s: it is “%(review)s”.")
        % {"code": row, "review": row.get_review_display()},
        code="decided",
    )


def _lock_both(one: Contribution, other: Contribution, by: Person | None) -> tuple[Contribution, Contribution]:
    """Return two contributions as they are now, locked in the same order by everybody.

    Raises: PermissionDenied where ``by`` may not change both.
    """
    locked = (
        Contribution.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=[one.pk, other.pk])
        .order_by("pk")
    )
    found = {row.pk: row for row in locked}
    for row in (one, other):
        if row.pk not in found:
            raise ValidationError(_("%(code)s is not there any more.") % {"code": row.code}, code="gone")
        if by is not None:
            by.require("funding.change_contribution", found[row.pk])
    return found[one.pk], found[other.pk]


def _fill(kept: Contribution, gone: Contribution) -> list[str]:
    """Fill the empty columns of one contribution from another; return which."""
    filled = [name for name in FILLED if getattr(kept, name) in (None, "") and getattr(gone, name) not in (None, "")]
    if kept.is_shared_across_sectors and "sector" in filled:
        filled.remove("sector")
    if "parent" in filled and gone.parent_id == kept.pk:
        filled.remove("parent")
    if kept.original_amount is None and gone.original_amount is not None:
        filled += [name for name in CURRENCY if getattr(gone, name) not in (None, "")]
    for name in filled:
        setattr(kept, name, getattr(gone, name))
    return filled


def _take_over_step(kept: Contribution, gone: Contribution, by: Person | None) -> None:
    """Take the one that counts to the step that the other has reached, on the day it was taken where that fits."""
    since = next((step.since_on for step in reversed(steps_of(gone)) if step.status == gone.status), None)
    latest = max((step.since_on for step in steps_of(kept) if step.since_on), default=None)
    change_status(
        contribution=kept,
        status=gone.status,
        since_on=since if since is None or latest is None or since >= latest else latest,
        note=_("Merged with %(code)s.") % {"code": gone.code},
        by=by,
    )


def _take_off(kept: Contribution, gone: Contribution) -> None:
    """Empty what a contribution took over from another one, and undo the step that came with it."""
    mark = _find_mark(kept, gone)
    for name in mark.get("filled", ()):
        if getattr(kept, name) == getattr(gone, name):
            setattr(kept, name, None if _column(name).null else "")
    steps = steps_of(kept)
    if len(steps) > 1 and steps[-1].status == mark.get("step"):
        steps[-1].delete()
        kept.status = steps[-2].status
    kept.save()


def _find_mark(kept: Contribution, gone: Contribution) -> dict[str, Any]:
    """Return what the history of a contribution says it took over from another one. Queries: 1."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Contribution),
        object_id=str(kept.pk),
        change_message__contains=f'"{MARK}": {gone.pk},',
    )
    entry = entries.order_by("-pk").first()
    return json.loads(entry.change_message)[-1] if entry else {}
