"""Values as they stand in a file, read strictly: what could mean two things is refused with a sentence.

Every function takes the text of one cell and raises ValueError, whose sentence says what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar

from django.utils.translation import gettext as _

from crp.common.money import MAX_DIGITS, is_currency
from plans.models.plans import FIRST_YEAR, LAST_YEAR

Value = TypeVar("Value")

PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
WITH_SEPARATORS = re.compile(r"-?[0-9]+(?:[.,' \u00a0\u202f][0-9]+)+\Z")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
ISO_YEAR = re.compile(r"[0-9]{4}\Z")
MOST_WHOLE_DIGITS = MAX_DIGITS - 2
RATE_DECIMALS, RATE_WHOLE_DIGITS = 8, 10
SHOWN = 40


def shown(text: str) -> str:
    """Return the text of a cell as a sentence quotes it: short."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def read_text(text: str, *, most: int) -> str:
    """Return a text without spaces around it. Raises: ValueError where it is longer than ``most`` characters."""
    text = text.strip()
    if len(text) > most:
        raise ValueError(
            _("“%(text)s” has %(length)s characters: at most %(most)s fit.")
            % {"text": shown(text), "length": len(text), "most": most}
        )
    return text


def _read_number(text: str) -> Decimal:
    """Return a number written with digits and at most one point. Raises: ValueError."""
    text = text.strip()
    if PLAIN_NUMBER.match(text):
        return Decimal(text)
    if WITH_SEPARATORS.match(text):
        raise ValueError(
            _(
                "“%(text)s” can be read in two ways: write it without separators of thousands and with a point before "
                "the decimals, as 1000.50."
            )
            % {"text": shown(text)}
        )
    raise ValueError(
        _("“%(text)s” is not a number: digits were expected, with a point before the decimals, as 1000.50.")
        % {"text": shown(text)}
    )


def read_amount(text: str, *, negative: bool = False, zero: bool = True) -> Decimal:
    """Return an amount of money with two decimals.

    ``negative``, ``zero``: whether such an amount may stand here. Raises: ValueError.
    """
    number = _read_number(text)
    if -int(number.as_tuple().exponent) > 2 and number != round(number, 2):
        raise ValueError(_("“%(text)s” has more than two decimals.") % {"text": shown(text.strip())})
    if abs(number) >= Decimal(10) ** MOST_WHOLE_DIGITS:
        raise ValueError(
            _("“%(text)s” is too large: at most %(digits)s digits before the point fit.")
            % {"text": shown(text.strip()), "digits": MOST_WHOLE_DIGITS}
        )
    if number < 0 and not negative:
        raise ValueError(_("“%(text)s” is below 0: this amount can't be.") % {"text": shown(text.strip())})
    if number == 0 and not zero:
        raise ValueError(_("An amount of 0 gives nothing."))
    return abs(number.quantize(Decimal("0.01"))) if number == 0 else number.quantize(Decimal("0.01"))


def read_rate(text: str) -> Decimal:
    """Return a rate of exchange above 0. Raises: ValueError. Units: of the currency for one US dollar."""
    number = _read_number(text)
    if number <= 0:
        raise ValueError(_("“%(text)s” is no rate of exchange: it must be above 0.") % {"text": shown(text.strip())})
    if number >= Decimal(10) ** RATE_WHOLE_DIGITS or number != round(number, RATE_DECIMALS):
        raise ValueError(
            _("“%(text)s” is no rate of exchange: at most %(whole)s digits before the point and %(decimals)s after it.")
            % {"text": shown(text.strip()), "whole": RATE_WHOLE_DIGITS, "decimals": RATE_DECIMALS}
        )
    return number


def read_date(text: str) -> date:
    """Return a day written as 2026-04-30. Raises: ValueError, also where its year lies outside what CRP holds."""
    text = text.strip()
    if not ISO_DATE.match(text):
        raise ValueError(_("“%(text)s” is not a date: write it as 2026-04-30.") % {"text": shown(text)})
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is a day that no calendar has.") % {"text": text}) from None
    _check_year(day.year, text)
    return day


def read_year(text: str) -> int:
    """Return a year of four digits. Raises: ValueError, also where it lies outside what CRP holds."""
    text = text.strip()
    if not ISO_YEAR.match(text):
        raise ValueError(_("“%(text)s” is not a year: four digits were expected.") % {"text": shown(text)})
    _check_year(int(text), text)
    return int(text)


def _check_year(year: int, text: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            _("“%(text)s” lies outside the years %(first)s to %(last)s: mistyped?")
            % {"text": text, "first": FIRST_YEAR, "last": LAST_YEAR}
        )


def read_currency(text: str) -> str:
    """Return a currency code of ISO 4217. Raises: ValueError."""
    text = text.strip()
    if not is_currency(text):
        raise ValueError(
            _("“%(text)s” is no currency of ISO 4217: three capitals were expected, such as EUR.")
            % {"text": shown(text)}
        )
    return text


def read_choice(text: str, choices: Mapping[str, Value]) -> Value:
    """Return what a word stands for; capitals don't count. Raises: ValueError, which lists the words."""
    found = choices.get(text.strip().casefold())
    if found is None:
        raise ValueError(
            _("“%(text)s” was not expected here: one of %(choices)s was.")
            % {"text": shown(text.strip()), "choices": ", ".join(choices)}
        )
    return found


def tell_unknown(
    sentence: str, text: str, wanted: str, known: Iterable[str], name_of: Callable[[str], str] = str
) -> str:
    """Return the sentence, with what may have been meant. ``name_of``: how one of ``known`` is written."""
    told = sentence % {"text": shown(text)}
    near = get_close_matches(wanted, list(known), 1, 0.75)
    if not near:
        return told
    perhaps = _("Perhaps “%(near)s”?") % {"near": name_of(near[0])}
    return f"{told} {perhaps}"
