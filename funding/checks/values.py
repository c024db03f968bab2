"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy


class Verdict(models.TextChoices):
    """What a difference means."""

    OK = "ok", gettext_lazy("Agrees")
    NOTE = "note", gettext_lazy("Note")
    WARNING = "warning", gettext_lazy("Warning")
    ERROR = "error", gettext_lazy("Error")
    NOT_REPORTED = "not_reported", gettext_lazy("Not reported")


class Unit(models.TextChoices):
    """What the figures of a check count."""

    USD = "usd", gettext_lazy("US dollars")
    PEOPLE = "people", gettext_lazy("people")
    ENTITIES = "entities", gettext_lazy("entities")
    PERCENT = "percent", gettext_lazy("percent")
    COUNT = "count", gettext_lazy("items")


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """The result of one rule on one thing."""

    rule: str
    title: str
    unit: Unit
    expected: Decimal | None
    """None: the document does not say."""
    found: Decimal | None
    verdict: Verdict
    sentence: str
    is_limit: bool = False
    """Whether ``expected`` is the most that may be found, and not what should be."""

    @property
    def difference(self) -> Decimal | None:
        """Found less expected. None where one of them is not known, and within a limit."""
        if self.expected is None or self.found is None or (self.is_limit and self.found <= self.expected):
            return None
        return self.found - self.expected


def told(value: Decimal | int) -> str:
    """Return a figure as the reader of a sentence writes it: grouped, with decimals only where it has some."""
    value = Decimal(value)
    return number_format(value, 0 if value == value.to_integral_value() else 2, use_l10n=True, force_grouping=True)


def make(  # noqa: PLR0917 (in the order of a table of checks)
    rule: str,
    title: str,
    unit: Unit,
    expected: Decimal | None,
    found: Decimal,
    verdict: Verdict,
    sentence: str,
    *,
    is_limit: bool = False,
) -> Check:
    """Return a check whose sentence tells ``%(found)s`` and ``%(expected)s``."""
    return Check(
        rule=rule,
        title=title,
        unit=unit,
        expected=expected,
        found=found,
        verdict=verdict,
        sentence=sentence % {"found": told(found), "expected": "–" if expected is None else told(expected)},
        is_limit=is_limit,
    )


def compare(
    rule: str,
    title: str,
    unit: Unit,
    expected: Decimal | None,
    found: Decimal,
    *,
    agrees: str,
    differs: str,
    otherwise: Verdict = Verdict.WARNING,
) -> Check:
    """Return the check of two figures that should be the same."""
    same = found == expected
    return make(rule, title, unit, expected, found, Verdict.OK if same else otherwise, agrees if same else differs)


def not_reported(rule: str, title: str, unit: Unit, sentence: str) -> Check:
    """Return a check that had nothing to compare."""
    return Check(
        rule=rule,
        title=title,
        unit=unit,
        expected=None,
        found=None,
        verdict=Verdict.NOT_REPORTED,
        sentence=sentence,
    )
