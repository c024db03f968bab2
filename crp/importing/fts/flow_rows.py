"""One row of an FTS flows file, read strictly: money from one organization to another, and what it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from crp.importing import values
from funding.models import Contribution

from .organizations import Named
from .rows import Cells, LineRefused, country_reader, read_number, read_title

STATUSES = {status.value: status for status in Contribution.Status}
FLOWS = {flow.value: flow for flow in Contribution.Flow}
IN_KIND = {"financial": False, "in kind": True}
CARRY_OVER = "carryover"
USUAL_FLOW, USUAL_METHOD = "standard", "traditional aid"
MOST_REFERENCE = 100
RATE_SOURCE = "OCHA FTS"

# What tells the parts of one flow apart: where each of them goes.
DESTINATION = (
    "boundary", "destPlanId", "destOrganization", "destGlobalClusters", "destLocations", "destProject",
    "destProjectCode", "destUsageYearStart", "destUsageYearEnd",
)  # fmt: skip

read_amount_given = partial(values.read_amount, negative=True, zero=False)


@dataclass(frozen=True)
class OriginalAmount:
    """An amount in the currency it was given in. ``rate``: units of it for one US dollar, None where not stated."""

    amount: Decimal
    currency: str
    rate: Decimal | None


@dataclass(frozen=True)
class FlowRow:
    """Money given, as one row of the file tells it."""

    line: int
    fts_id: str
    amount_usd: Decimal
    status: Contribution.Status
    flow: Contribution.Flow
    on: date
    decision_on: date | None
    reported_on: date | None
    donor: Named | None
    recipient: Named | None
    plan_id: str
    plan_title: str
    plan_code: str
    countries: tuple[str, ...]
    usage_years: tuple[int | None, int | None]
    clusters: tuple[str, ...]
    original: OriginalAmount | None
    is_in_kind: bool
    is_new_money: bool | None
    reference: str
    note: str
    destination: str

    @property
    def part_id(self) -> str:
        """The identifier of this part of a flow that goes to several destinations."""
        return f"{self.fts_id}/{self.destination}"


def read_flow_row(cells: Cells, countries: Collection[str]) -> FlowRow:
    """Return a row of a flows file. Raises: LineRefused."""
    flow = cells.need("boundary", partial(values.read_choice, choices=FLOWS))
    is_outgoing = flow == Contribution.Flow.OUTGOING
    to = _places(cells, "destLocations", countries)
    places = _places(cells, "srcLocations", countries) if is_outgoing else to
    clusters = tuple(name.strip() for name in cells.text("destGlobalClusters").split(",") if name.strip())
    reference, original = cells.text("refCode"), _original(cells)
    plan_id = cells.read("destPlanId", read_number) or ""
    return FlowRow(
        line=cells.line,
        fts_id=cells.need("id", read_number),
        amount_usd=cells.need("amountUSD", read_amount_given),
        status=cells.need("status", partial(values.read_choice, choices=STATUSES)),
        flow=flow,
        on=cells.need("date", values.read_date),
        decision_on=cells.read("decisionDate", values.read_date),
        reported_on=cells.read("firstReportedDate", values.read_date),
        donor=_organization(cells, "src", _places(cells, "srcLocations", countries)),
        recipient=_organization(cells, "dest", ()),
        plan_id="" if is_outgoing else plan_id,
        plan_title=cells.read("destPlan", read_title) or f"Plan {plan_id} of FTS",
        plan_code=cells.read("destPlanCode", read_title) or "",
        countries=places,
        usage_years=_usage_years(cells),
        clusters=clusters,
        original=original,
        is_in_kind=cells.read("contributionType", partial(values.read_choice, choices=IN_KIND)) or False,
        is_new_money=False if cells.text("flowType").casefold() == CARRY_OVER else None,
        reference=reference if len(reference) <= MOST_REFERENCE else "",
        note="\n".join(_note(cells, is_outgoing=is_outgoing, places=places, original=original)),
        destination=destination_of(cells),
    )


def destination_of(cells: Cells) -> str:
    """Return a short name for where a row's money goes, the same in every file."""
    told = "\x1f".join(cells.text(column) for column in DESTINATION)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _places(cells: Cells, column: str, countries: Collection[str]) -> tuple[str, ...]:
    read = country_reader(countries)
    try:
        return tuple(read(place.strip()) for place in cells.text(column).split(",") if place.strip())
    except ValueError as error:
        raise LineRefused(cells.line, column, str(error)) from None


def _organization(cells: Cells, end: str, places: tuple[str, ...]) -> Named | None:
    name = cells.read(f"{end}Organization", read_title)
    if name is None:
        return None
    named = Named(name, cells.text(f"{end}OrganizationTypes"))
    if named.kind == "government" and len(places) == 1:
        return Named(named.name, named.types, places[0])
    return named


def _usage_years(cells: Cells) -> tuple[int | None, int | None]:
    start = cells.read("destUsageYearStart", values.read_year)
    end = cells.read("destUsageYearEnd", values.read_year)
    if start is not None and end is not None and end < start:
        raise LineRefused(
            cells.line, "destUsageYearEnd", f"It is for {start} to {end}: the last year lies before the first."
        )
    return start, end


def _original(cells: Cells) -> OriginalAmount | None:
    """Return the amount in its own currency; None where one of the two is missing, which the note then says."""
    amount = cells.read("originalAmount", partial(values.read_amount, negative=True))
    currency = cells.read("originalCurrency", values.read_currency)
    rate = cells.read("exchangeRate", values.read_rate)
    return OriginalAmount(amount, currency, rate) if amount and currency else None


def _note(
    cells: Cells, *, is_outgoing: bool, places: tuple[str, ...], original: OriginalAmount | None
) -> Iterator[str]:
    """Yield what the row says that has no column of its own, a line each."""
    start, end = cells.text("destUsageYearStart"), cells.text("destUsageYearEnd")
    project = " ".join(filter(None, [cells.text("destProjectCode"), cells.text("destProject")]))
    flow_type, method, reference = cells.text("flowType"), cells.text("method"), cells.text("refCode")
    in_part = "" if original else " ".join(filter(None, [cells.text("originalAmount"), cells.text("originalCurrency")]))
    plan = " ".join(filter(None, [cells.text("destPlan"), cells.text("destPlanCode"), cells.text("destPlanId")]))
    if cells.text("description"):
        yield cells.text("description")
    for name, told in {
        "Went to plan": plan if is_outgoing else "",
        "Went to": cells.text("destLocations") if is_outgoing else "",
        "Countries": ", ".join(places) if len(places) > 1 else "",
        "Project": project,
        "Emergency": cells.text("destEmergency"),
        "Years": f"{start} to {end}" if start and end and start != end else "",
        "Budget year": cells.text("budgetYear"),
        "Kind of flow": flow_type if flow_type.casefold() != USUAL_FLOW else "",
        "Method": method if method.casefold() != USUAL_METHOD else "",
        "Keywords": cells.text("keywords"),
        "Original amount, in part": in_part,
        "Reference": reference if len(reference) > MOST_REFERENCE else "",
    }.items():
        if told:
            yield f"{name}: {told}"
