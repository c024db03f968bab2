"""What is measured: the addresses, and how each is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

API = "/api/v1/"


@dataclass(frozen=True)
class Item:
    """One thing that CRP is asked for."""

    name: str
    title: str
    path: str = ""
    """Below the API; empty for what takes a plan after the other."""
    is_export: bool = False
    revalidates: bool = False
    """Asks with the ETag of the answer before: nothing has changed since."""

    def paths(self, codes: Sequence[str]) -> list[str]:
        """Return the addresses to ask for in turn; ``codes`` are those of plans."""
        return [f"{API}{self.path}"] if self.path else [f"{API}plans/{code}/" for code in codes]


FILTERED = "plans/?country=MLI,SDN&year_min=2016&year_max=2025&percent_funded_max=20&ordering=-gap_usd&limit=100"
ITEMS = (
    Item("list", "list of 100 plans with figures", "plans/?limit=100"),
    Item("detail", "one plan, whole", "plans/{code}/"),
    Item("details", "a different plan each time, whole"),
    Item("filtered", "countries, years, at most 20 % funded, largest gap first", FILTERED),
    Item("sector_year", "rollup of all plans by sector and year", "rollups/?by=sector,year"),
    Item("country", "rollup of all plans by country", "rollups/?by=country"),
    Item("list_304", "list of 100 plans, not modified", "plans/?limit=100", revalidates=True),
    Item("rollup_304", "rollup by sector and year, not modified", "rollups/?by=sector,year", revalidates=True),
    Item("csv", "all plans, CSV", "plans/?format=csv", is_export=True),
    Item("ndjson", "all plans, NDJSON", "plans/?format=ndjson", is_export=True),
)
