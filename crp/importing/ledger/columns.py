"""The columns of a file of contributions, and what may stand in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from funding.models import Contribution

MOST_ROWS = 5_000
MOST_BYTES = 5_000_000


def _words(choices: Any) -> dict[str, str]:
    return {value: value for value in choices.values}


YES_NO: Mapping[str, bool] = {"yes": True, "no": False}
STATUSES = _words(Contribution.Status)
FLOWS = _words(Contribution.Flow)
EARMARKINGS = _words(Contribution.Earmarking)


@dataclass(frozen=True)
class Column:
    """One column. ``choices``: the only words that may stand there. ``is_required``: no row may leave it empty."""

    name: str
    help: str | Promise
    choices: Mapping[str, Any] | None = None
    is_required: bool = False


COLUMNS = (
    Column("plan", _("Code of the plan, such as MLI-CRP-2025-2026."), is_required=True),
    Column("donor", _("Code, name or acronym of the donor. Empty: the source names none.")),
    Column("status", _("How far the money has come."), STATUSES, is_required=True),
    Column("amount_usd", _("US dollars. Empty: worked out from original_amount and exchange_rate.")),
    Column("original_amount", _("In the currency it was given in.")),
    Column("original_currency", _("Code of ISO 4217, such as EUR.")),
    Column("exchange_rate", _("Units of the original currency for one US dollar.")),
    Column("exchange_rate_on", _("Day of the rate.")),
    Column("exchange_rate_source", _("Who publishes the rate.")),
    Column("decision_on", _("Day the donor decided, as 2026-04-30.")),
    Column("since_on", _("Day of the status, where it is not the day of the decision.")),
    Column("reported_on", _("Day it was first reported.")),
    Column("usage_year", _("Year that the money is for.")),
    Column("recipient", _("Code, name or acronym of the organization that received it.")),
    Column("flow", _("Empty: incoming."), FLOWS),
    Column("parent", _("Code of the contribution that this one passes on.")),
    Column("earmarking", _("Empty: not stated."), EARMARKINGS),
    Column("new_money", _("“no” for money carried over from an earlier year. Empty: not stated."), YES_NO),
    Column("in_kind", _("Empty: no."), YES_NO),
    Column("framework_code", _("Code of the framework it is for.")),
    Column("objective_number", _("Number of the objective it is for.")),
    Column("sector", _("Code or name of the sector it is for.")),
    Column("several_sectors", _("“yes” where it is for several sectors with no split. Empty: no."), YES_NO),
    Column("project_code", _("Code of the project it is for.")),
    Column("grant_reference", _("Reference of the grant.")),
    Column("external_system", _("System that external_id is of, such as fts.")),
    Column("external_id", _("Identifier there. A row with one that is on record is compared with it.")),
    Column("code", _("Public code. Empty: made from the code of the plan.")),
    Column("note", _("Anything else.")),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
REQUIRED = tuple(column.name for column in COLUMNS if column.is_required)
