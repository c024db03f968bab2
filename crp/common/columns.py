"""What the columns of a table hold: the same for a Parquet file, for a database file and for a description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crp.common.money import MAX_DIGITS


class Kind(StrEnum):
    """What one value is."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    """Exact, and a text in JSON."""
    NUMBER = "number"
    FLAG = "flag"
    DAY = "day"
    TIME = "time"
    LIST = "list"
    """Of texts."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    kind: Kind = Kind.TEXT
    digits: int = MAX_DIGITS
    places: int = 2
    """Of a decimal."""
    description: str = ""
    may_be_null: bool = True
    choices: Sequence[str] = ()
    """Every value that a text can have. Empty: any."""

    def read(self, value: Any) -> Any:
        """Return a value of the API as what it is: decimals, days and times stand in JSON as texts."""
        if value is None or not isinstance(value, str):
            return value
        if self.kind == Kind.DECIMAL:
            return Decimal(value)
        if self.kind == Kind.DAY:
            return date.fromisoformat(value)
        return datetime.fromisoformat(value) if self.kind == Kind.TIME else value
