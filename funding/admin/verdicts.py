"""What the checks say of many revisions: each is checked again once something that it depends on has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from django.db.models import F, Max, Value
from django.utils import timezone

from crp.common.recent import Recent
from funding.checks import Verdict, check_revision
from funding.models import Contribution, ReportedFunding
from plans.models import Citation, Revision
from plans.tree import row_models


class Counts(NamedTuple):
    """How many checks of a revision failed."""

    errors: int
    warnings: int


_KNOWN: Recent[Counts] = Recent(most=2_000)


def count_verdicts(revisions: Sequence[Revision]) -> dict[int, Counts]:
    """Return how many checks fail of each revision, by primary key.

    Queries: 2, and those of the checks for each revision that this process has not seen as it is now.
    """
    versions = _versions(revisions)
    today = timezone.localdate()  # ages are counted to it
    return {
        revision.pk: _KNOWN.get("", (revision.pk, today, versions[revision.pk]), lambda of=revision: _count(of))  # type: ignore[misc]
        for revision in revisions
    }


def _count(revision: Revision) -> Counts:
    verdicts = [check.verdict for check in check_revision(revision)]
    return Counts(verdicts.count(Verdict.ERROR), verdicts.count(Verdict.WARNING))


def _versions(revisions: Sequence[Revision]) -> dict[int, Hashable]:
    """Return what is another value once a revision, a row of it, or the money of its plan has changed. Queries: 2."""
    keys, plans = [revision.pk for revision in revisions], {revision.plan_id for revision in revisions}
    changes = [_newest(Revision, "id", keys)]
    changes += [_newest(model, "revision_id", keys) for model in (Citation, *row_models())]
    of_revisions = _by_owner(changes)
    of_plans = _by_owner([_newest(model, "plan_id", plans) for model in (Contribution, ReportedFunding)])
    return {revision.pk: (of_revisions[revision.pk], of_plans[revision.plan_id]) for revision in revisions}


def _newest(model: Any, column: str, owners: Any) -> Any:
    """Return the newest entry in the history of a model for each owner."""
    name = str(model._meta.label_lower)
    rows = model.history.filter(**{f"{column}__in": owners}).order_by()
    return (
        rows.values(owner=F(column), of=Value(name)).annotate(last=Max("history_id")).values_list("owner", "of", "last")
    )


def _by_owner(changes: list[Any]) -> dict[int, Hashable]:
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for owner, of, last in changes[0].union(*changes[1:]):
        found[owner].add((of, last))
    return defaultdict(frozenset, {owner: frozenset(entries) for owner, entries in found.items()})
