"""Contributions as a table: all that a page of them lists, on every page, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from crp.exchange.tables import Row, Table
from funding.dimensions import sector_code
from funding.selectors.ledger import LedgerPage

AT_ONCE = 500
COLUMNS = (
    "counts_as",
    "code",
    "plan",
    "country",
    "donor",
    "donor_name",
    "recipient",
    "recipient_name",
    "status",
    "flow",
    "decision_on",
    "amount_usd",
    "original_amount",
    "original_currency",
    "exchange_rate",
    "exchange_rate_on",
    "earmarking",
    "is_new_money",
    "is_in_kind",
    "framework",
    "objective",
    "sector",
    "is_shared_across_sectors",
    "project",
    "usage_year",
    "parent",
    "duplicate_of",
    "source",
    "source_line",
    "note",
)
"""The names that the API has for them, but for the first: what the screen groups them by."""
AS_THEY_ARE = (
    "code",
    "decision_on",
    "amount_usd",
    "original_amount",
    "exchange_rate",
    "exchange_rate_on",
    "is_new_money",
    "is_in_kind",
    "is_shared_across_sectors",
    "usage_year",
    "source_line",
)


def contributions_table(ledger: LedgerPage) -> Table:
    """Return the contributions that a page lists. Queries: 2 for 500 of them."""
    return Table(name="contributions", title=_("Contributions"), columns=COLUMNS, rows=_rows(ledger))


def _rows(ledger: LedgerPage) -> Iterator[Row]:
    every: Any = ledger.page.paginator.object_list
    return map(_row, every.iterator(chunk_size=AT_ONCE))


def _row(item: Any) -> Row:
    return {
        **{name: getattr(item, name) for name in AS_THEY_ARE},
        "counts_as": item.part,
        "plan": item.plan.code if item.plan else None,
        "country": item.country.iso3 if item.country else None,
        "donor": item.donor.code if item.donor else None,
        "donor_name": item.donor.label if item.donor else None,
        "recipient": item.recipient.code if item.recipient else None,
        "recipient_name": item.recipient.label if item.recipient else None,
        "status": item.status,
        "flow": item.flow,
        "original_currency": item.original_currency or None,
        "earmarking": item.earmarking or None,
        "framework": item.framework_code or None,
        "objective": item.objective_number,
        "sector": sector_code(item.sector) if item.sector else None,
        "project": item.project_code or None,
        "parent": item.parent.code if item.parent else None,
        "duplicate_of": item.duplicate_of.code if item.duplicate_of else None,
        "source": item.source.code if item.source else None,
        "note": item.note or None,
    }
