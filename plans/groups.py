"""Groups of countries that the field speaks of and UN M49 has no region for.

They narrow a search and nothing else: no total is added up by them. Each says whose usage it follows, because others
draw it differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class CountryGroup:
    """A named group of countries."""

    code: str
    label: Any
    countries: Sequence[str]
    """ISO3 codes."""
    usage: Any
    """Whose usage it follows."""


COUNTRY_GROUPS = (
    CountryGroup(
        code="sahel",
        label=_("Sahel (the five countries of the G5)"),
        countries=("BFA", "MLI", "MRT", "NER", "TCD"),
        usage=_(
            "Burkina Faso, Chad, Mali, Mauritania and Niger: the members of the G5 Sahel from 2014. Others count "
            "Cameroon, Nigeria or Senegal in."
        ),
    ),
    CountryGroup(
        code="central-sahel",
        label=_("Central Sahel"),
        countries=("BFA", "MLI", "NER"),
        usage=_("Burkina Faso, Mali and Niger: as in the UN’s appeals and conferences on the Central Sahel."),
    ),
    CountryGroup(
        code="lake-chad-basin",
        label=_("Lake Chad Basin"),
        countries=("CMR", "NER", "NGA", "TCD"),
        usage=_("Cameroon, Chad, Niger and Nigeria: the countries on the lake, as in the UN’s regional overviews."),
    ),
)

GROUPS_BY_CODE = {group.code: group for group in COUNTRY_GROUPS}
