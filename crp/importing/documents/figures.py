"""Figures and dates as pages print them. Each function takes a whole text, edges off; None: it is none of the kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

GROUPED = r"\d{1,3}(?:[,\u00a0\u202f ’']\d{3})+|\d+"
AMOUNT = re.compile(
    rf"(?P<before>US\$|USD|\$|EUR|€|[A-Z]{{3}})?\s*(?P<digits>{GROUPED})(?P<cents>\.\d{{1,2}})?\s*(?P<after>USD|US\$|\$|EUR|€|[A-Z]{{3}})?"
)
COUNT = re.compile(GROUPED)
PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%")
MOST_DIGITS = 13
"""Before the point, which is what a column of amounts holds: more is a mistake, not a figure."""
DOLLARS = {"US$", "USD", "$"}
NAMED = {"€": "EUR"}
YEARS = re.compile(r"\b((?:19|20)\d\d)\b(?:\s*[-–—/]\s*((?:19|20)?\d\d)\b)?")
DAYS = ("%B %d %Y", "%d %B %Y", "%b %d %Y", "%d %b %Y", "%Y-%m-%d", "%d/%m/%Y")
MONTHS = ("%B %Y", "%b %Y")


@dataclass(frozen=True)
class Money:
    """An amount as printed. ``currency``: ISO 4217. None: the page does not say, as in ``Requested 12,360,000``."""

    amount: Decimal
    currency: str | None


def money(text: str) -> Money | None:
    """Read ``$32,353,500``, ``USD 2,330,000.00``, ``12,360,000`` or ``€ 500,000``; never a number within words."""
    found = AMOUNT.fullmatch(text.strip())
    if found is None or (found["before"] and found["after"] and found["before"] != found["after"]):
        return None
    unit = found["before"] or found["after"]
    currency = None if unit is None else "USD" if unit in DOLLARS else NAMED.get(unit, unit)
    digits = _digits(found["digits"])
    return None if len(digits) > MOST_DIGITS else Money(Decimal(digits + (found["cents"] or "")), currency)


def count(text: str) -> int | None:
    """Read ``6,400,000`` or ``25``."""
    found = COUNT.fullmatch(text.strip())
    return int(_digits(text)) if found and len(_digits(text)) <= MOST_DIGITS else None


def percent(text: str) -> Decimal | None:
    """Read ``28%`` or ``0.91 %``, as a number of percent."""
    found = PERCENT.fullmatch(text.strip())
    return None if found is None else Decimal(found[1])


def day(text: str) -> date | None:
    """Read ``April 17 2025``, ``17 April 2025``, ``2025-04-17``. Of ``03/04/2025`` day and month are in that order."""
    return _date(text, DAYS)


def month(text: str) -> date | None:
    """Read ``November 2024`` as the first day of the month."""
    return _date(text, MONTHS)


def years(text: str) -> tuple[int, int] | None:
    """Read the years in a title: ``2025 - 2026``, ``2023-24``, ``2021``. None: it names no year, or runs backwards."""
    found = YEARS.search(text)
    if found is None:
        return None
    first = int(found[1])
    last = first if found[2] is None else int(found[2] if len(found[2]) == 4 else found[1][:2] + found[2])
    return (first, last) if first <= last else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _date(text: str, forms: tuple[str, ...]) -> date | None:
    plain = " ".join(text.replace(",", " ").split())
    for form in forms:
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None
