"""How much, in US dollars: as the source gives it, or worked out from the original amount and its rate."""

from __future__ import annotations

from collections.abc import Collection
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from crp.common.money import CENT, is_currency
from crp.common.numbers import write_number
from funding.models import Contribution

from .problems import Problems

TOLERANCE = Decimal("0.005")  # rates are printed rounded: half a percent between two amounts is no contradiction
LARGEST_USD = Decimal("9999999999999.99")


def convert(original: Decimal, rate: Decimal) -> Decimal | None:
    """Return an amount in US dollars: the original divided by its units for one dollar, half up to cents.

    None: it is larger than an amount can be.
    """
    try:
        amount = (original / rate).quantize(CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return amount if abs(amount) <= LARGEST_USD else None


def settle_basis(contribution: Contribution, changed: Collection[str], original_amount: Decimal | None) -> None:
    """Note where an amount in US dollars is from, where some fields change, the original amount to what is given here.

    One that somebody states is given; one that was worked out stays so while nobody touches it.
    """
    if "amount_usd" in changed or ("original_amount" in changed and original_amount is None):
        contribution.amount_basis = Contribution.AmountBasis.GIVEN


def settle_amount(contribution: Contribution, problems: Problems) -> list[str]:
    """Give a contribution its amount in US dollars, and return what is worth a second look.

    An amount that is not given, or that was converted before, is worked out from the original one. Where both are
    given the source's amount stays. What is wrong goes to ``problems``.
    """
    if not _are_numbers(contribution, problems) or not _is_original_whole(contribution, problems):
        return []
    original, rate = contribution.original_amount, contribution.exchange_rate
    amount: Decimal | None = contribution.amount_usd
    if contribution.amount_basis == Contribution.AmountBasis.CONVERTED and rate is None:
        problems.add("exchange_rate", _("An amount that is converted needs the rate it was converted at."))
    elif amount is None or contribution.amount_basis == Contribution.AmountBasis.CONVERTED:
        _derive(contribution, problems)
    elif amount == 0:
        problems.add("amount_usd", _("An amount of 0 gives nothing: leave the contribution out."))
    elif original is not None and (original < 0) != (amount < 0):
        problems.add("original_amount", _("The two amounts contradict each other: one is negative, one is not."))
    elif original is not None:
        return _compare(amount, original, rate, contribution.original_currency)
    return []


def _are_numbers(contribution: Contribution, problems: Problems) -> bool:
    """Return whether each amount is one; NaN and infinity are not."""
    for field in ("amount_usd", "original_amount", "exchange_rate"):
        value = getattr(contribution, field)
        if value is not None and not Decimal(value).is_finite():
            problems.add(field, _("Enter a number: digits only, no letters."))
            return False
    return True


def _is_original_whole(contribution: Contribution, problems: Problems) -> bool:
    """Return whether original amount, currency and rate belong together."""
    original, currency, rate = contribution.original_amount, contribution.original_currency, contribution.exchange_rate
    if (original is None) != (not currency):
        problems.add(
            "original_currency", _("An original amount needs its currency, and a currency its amount."), "required"
        )
    elif currency and not is_currency(currency):
        problems.add(
            "original_currency",
            _("“%(code)s” is no currency of ISO 4217: expected a code such as EUR, XOF or CHF.") % {"code": currency},
        )
    elif original == 0:
        problems.add("original_amount", _("An amount of 0 gives nothing: leave the contribution out."))
    elif rate is not None and (rate <= 0 or original is None):
        problems.add("exchange_rate", _("An exchange rate is above 0 and needs an original amount."))
    elif currency == "USD" and rate is not None and rate != 1:
        problems.add("exchange_rate", _("One US dollar is one US dollar: leave the rate empty."))
    else:
        return True
    return False


def _derive(contribution: Contribution, problems: Problems) -> None:
    original, rate = contribution.original_amount, contribution.exchange_rate
    if original is None:
        problems.add(
            "amount_usd",
            _("Give the amount in US dollars, or the original amount with its currency and rate."),
            "required",
        )
        return
    if rate is None:
        if contribution.original_currency == "USD":
            contribution.amount_usd = original
            return
        problems.add(
            "exchange_rate",
            _("Give the rate, so that the amount in US dollars can be worked out, or give that amount."),
        )
        return
    amount = convert(original, rate)
    if amount is None:
        problems.add("exchange_rate", _("At this rate the amount is more than US$ 9,999,999,999,999.99."))
    elif amount == 0:
        problems.add("exchange_rate", _("At this rate the amount is less than a cent."))
    else:
        contribution.amount_usd = amount
        contribution.amount_basis = Contribution.AmountBasis.CONVERTED


def _compare(amount: Decimal, original: Decimal, rate: Decimal | None, currency: str) -> list[str]:
    """Return a sentence where the amount given is not what the original one comes to."""
    expected = original if currency == "USD" else convert(original, rate) if rate else None
    if expected is None or abs(amount - expected) <= abs(amount) * TOLERANCE:
        return []
    return [
        _(
            "USD %(given)s is more than 0.5 %% away from what %(currency)s %(original)s comes to at the rate: "
            "USD %(expected)s. The amount given was kept."
        )
        % {
            "given": write_number(amount),
            "currency": currency,
            "original": write_number(original),
            "expected": write_number(expected),
        }
    ]
