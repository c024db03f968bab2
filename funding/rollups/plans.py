"""The figures of whole plans, as columns of a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from crp.common.figures import Rollup, add_known
from crp.common.money import USD_COLUMN, Above, Percent, SumUSD, quantize_usd
from funding.models import Contribution, FundingRequest, Project, ReportedFunding
from plans.models import Plan, Revision

B = FundingRequest.Breakdown

# Which breakdown gives a revision's total where it states none: the widest one it has.
TOTAL_FROM = (B.FRAMEWORK, B.OBJECTIVE, B.SECTOR, B.GLOBAL_CLUSTER, B.COUNTRY, B.PROJECT)

FIGURES = (
    "requested_usd",
    "received_usd",
    "pledged_usd",
    "gap_usd",
    "over_funded_usd",
    "percent_funded",
)


def with_figures(plans: QuerySet[Plan], on: date | None = None) -> QuerySet[Plan]:
    """Return plans (from ``Plan.objects.in_force(on)`` or ``with_current(on)``) with their figures as columns.

    The columns are those of :class:`Rollup` that lists show, filter and sort by, and ``official_usd``, the official
    total that is the plan's money received where there is one; :func:`figures_of` makes a Rollup of them. Today's
    figures are kept by the database; those of a past day are added up. Queries: none more than the list itself.
    """
    if on is not None:
        return with_computed_figures(plans, on)
    columns = {name: F(f"kept_figures__{name}") for name in (*FIGURES, "official_usd")}
    reported = Q(kept_figures__received_usd__isnull=False)
    return plans.annotate(**columns, funding_reported=Case(When(reported, then=Value(True)), default=Value(False)))


def with_computed_figures(plans: QuerySet[Plan], on: date | None = None) -> QuerySet[Plan]:
    """Return the same, added up from every contribution: for a past day, and to prove what the database keeps."""
    given = Contribution.objects.decided_by(on).filter(plan=OuterRef("pk"))
    sums = {
        name: Subquery(
            given.filter(**{f"{name}__isnull": False}).order_by().values("plan").annotate(total=SumUSD(name))
            .values("total"),
            output_field=USD_COLUMN,
        )
        for name in ("counted", "pledged")
    }  # fmt: skip
    official = ReportedFunding.objects.in_force(on).filter(plan=OuterRef("pk"), scope=ReportedFunding.Scope.TOTAL)
    zero = Value(Decimal(0), output_field=USD_COLUMN)

    # A pledge says nothing of what was received: it must not turn "not reported" into 0.
    reported = (
        Q(current__reports_funding=True) | Exists(given.filter(counted__isnull=False)) | Q(official_usd__isnull=False)
    )
    return (
        plans.annotate(
            requested_usd=F("current__requested_usd"),
            pledged_usd=sums["pledged"],
            official_usd=Subquery(official.order_by("-reported_on", "-pk").values("amount_usd")[:1]),
        )
        .annotate(
            funding_reported=Case(When(reported, then=Value(True)), default=Value(False)),
            received_usd=Case(
                When(reported, then=Coalesce("official_usd", sums["counted"], zero, output_field=USD_COLUMN)),
                default=None,
                output_field=USD_COLUMN,
            ),
        )
        .annotate(
            gap_usd=Above(F("requested_usd"), F("received_usd")),
            over_funded_usd=Above(F("received_usd"), F("requested_usd")),
            percent_funded=Percent(F("received_usd"), F("requested_usd")),
        )
    )


def figures_of(plan: Any) -> Rollup:
    """Return the figures of one plan that came from :func:`with_figures`."""
    requested = None if plan.requested_usd is None else quantize_usd(plan.requested_usd)
    reported = plan.received_usd is not None
    return Rollup(
        requested_usd=requested,
        requested_reporting_usd=requested if reported else None,
        received_usd=quantize_usd(plan.received_usd) if reported else None,
        pledged_usd=None if plan.pledged_usd is None else quantize_usd(plan.pledged_usd),
        plans_requesting=int(requested is not None),
        plans_reporting=int(reported),
    )


def with_amounts(projects: QuerySet[Project], on: date | None = None) -> QuerySet[Project]:
    """Return projects with ``requested_usd`` and ``received_usd`` as columns.

    Received is null, and not 0, where the plan does not report its funding. Queries: none more than the list itself.
    """
    given = Contribution.objects.decided_by(on).filter(plan=OuterRef("revision__plan"), counted__isnull=False)
    received = given.filter(project_code=OuterRef("code")).order_by().values("plan").annotate(total=SumUSD("counted"))
    official = ReportedFunding.objects.in_force(on).filter(plan=OuterRef("revision__plan"))
    asked = FundingRequest.objects.filter(project=OuterRef("pk")).order_by()
    return projects.annotate(
        requested_usd=Subquery(asked.values("amount_usd")[:1], output_field=USD_COLUMN),
        received_usd=Case(
            When(
                Q(revision__reports_funding=True) | Exists(given) | Exists(official.filter(scope="total")),
                then=Coalesce(
                    Subquery(received.values("total"), output_field=USD_COLUMN),
                    Value(Decimal(0)),
                    output_field=USD_COLUMN,
                ),
            ),
            default=None,
            output_field=USD_COLUMN,
        ),
    )


def sums_by_breakdown(revision: Revision) -> dict[str, Decimal]:
    """Return what a revision asks for under each breakdown it has. Queries: 1."""
    sums = revision.funding_requests.order_by().values_list("breakdown").annotate(total=SumUSD("amount_usd"))
    return {breakdown: quantize_usd(total) for breakdown, total in sums}


def requested_of(revision: Revision) -> Decimal | None:
    """Return what a revision asks for: the total it states, or else the sum of the widest breakdown it has.

    None: it states no amount. This is what publication writes into ``requested_usd``. Queries: 1 at most.
    """
    if revision.stated_requested_usd is not None:
        return quantize_usd(revision.stated_requested_usd)
    sums = sums_by_breakdown(revision)
    return next((sums[breakdown] for breakdown in TOTAL_FROM if breakdown in sums), None)


def add_up(figures: Iterable[Rollup]) -> Rollup:
    """Return the figures of several plans together; each must be of plans of its own."""
    parts = list(figures)
    return Rollup(
        requested_usd=add_known(part.requested_usd for part in parts),
        requested_reporting_usd=add_known(part.requested_reporting_usd for part in parts),
        received_usd=add_known(part.received_usd for part in parts),
        pledged_usd=add_known(part.pledged_usd for part in parts),
        plans=sum(part.plans for part in parts),
        plans_requesting=sum(part.plans_requesting for part in parts),
        plans_reporting=sum(part.plans_reporting for part in parts),
        gaps_usd=add_known(part.gap_usd for part in parts),
        surpluses_usd=add_known(part.over_funded_usd for part in parts),
    )


def add_parts(parts: Iterable[Rollup]) -> Rollup:
    """Return parts of one plan together: lines of one breakdown, which never overlap."""
    lines = list(parts)
    requested = add_known(line.requested_usd for line in lines)
    reported = any(line.funding_reported for line in lines)
    return Rollup(
        requested_usd=requested,
        requested_reporting_usd=requested if reported else None,
        received_usd=add_known(line.received_usd for line in lines),
        pledged_usd=add_known(line.pledged_usd for line in lines),
        plans_requesting=int(requested is not None),
        plans_reporting=int(reported),
    )
