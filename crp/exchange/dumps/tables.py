"""The tables of a dump: every list of the API, with its columns, its rows and how it refers to others."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.http import HttpRequest, QueryDict

from crp.common.api.columns import columns_of
from crp.common.api.views import ListViewSet
from crp.common.columns import Column
from funding.api import views as funding
from funding.api.plans import PlanViewSet
from plans.api.views import CountryViewSet
from sectors.api.views import SectorViewSet, TaxonomyViewSet

References = Mapping[tuple[str, ...], tuple[str, tuple[str, ...]]]
"""Columns of a table, each with the table and the columns that they name a row of."""

PLAN: References = {("plan",): ("plans", ("code",))}
SECTOR: References = {("sector",): ("sectors", ("sector",))}
COUNTRY: References = {("country",): ("countries", ("iso3",))}


@dataclass(frozen=True, kw_only=True)
class DumpTable:
    """A list of the API as a table."""

    name: str
    """The same as in the address of the list."""
    view: type[ListViewSet]
    key: tuple[str, ...] = ()
    """Columns that name a row. Empty: rows have no name of their own."""
    references: References = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What its rows are, as the API calls them."""
        return self.view.nouns[1].capitalize()

    @property
    def description(self) -> str:
        """What one row is, and how not to add rows up."""
        return " ".join((inspect.getdoc(self.view) or "").split())

    @property
    def columns(self) -> list[Column]:
        """The columns of the list, in its order."""
        serializer: Any = self.view().get_serializer_class()
        return list(columns_of(serializer()).values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every row as the list itself gives it to a client that asks for all of it, in its usual order.

        Raises: DumpError where the list refuses.
        """
        answer: Any = self.view.as_view({"get": "list"}, basename=self.name)(_OwnRequest(self.name))
        if answer.status_code != 200 or not answer.streaming:
            raise DumpError(f"The list {self.name} answered {answer.status_code}.")
        left = b""
        for part in answer.streaming_content:
            *lines, left = (left + part).split(b"\n")
            yield from map(orjson.loads, lines)


class DumpError(Exception):
    """A dump that can't be made, or would be wrong."""


class _OwnRequest(HttpRequest):
    """A request for a whole list that comes from nowhere."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.method = "GET"
        self.path = self.path_info = f"/api/v1/{name}/"
        self.GET = QueryDict("format=ndjson")

    def get_host(self) -> str:
        """Return a name that no setting has to allow."""
        return "localhost"


TABLES: Sequence[DumpTable] = (
    DumpTable(name="countries", view=CountryViewSet, key=("iso3",)),
    DumpTable(name="taxonomies", view=TaxonomyViewSet, key=("code",)),
    DumpTable(
        name="sectors", view=SectorViewSet, key=("sector",), references={("taxonomy",): ("taxonomies", ("code",))}
    ),
    DumpTable(name="organizations", view=funding.OrganizationViewSet, key=("code",), references=COUNTRY),
    DumpTable(name="plans", view=PlanViewSet, key=("code",)),
    DumpTable(name="objectives", view=funding.ObjectiveViewSet, key=("plan", "number"), references=PLAN),
    DumpTable(
        name="outcomes",
        view=funding.OutcomeViewSet,
        key=("plan", "code"),
        references={**PLAN, ("plan", "objective"): ("objectives", ("plan", "number"))},
    ),
    DumpTable(name="projects", view=funding.ProjectViewSet, key=("plan", "code"), references={**PLAN, **SECTOR}),
    DumpTable(name="funding-requests", view=funding.FundingRequestViewSet, references={**PLAN, **SECTOR}),
    DumpTable(
        name="contributions",
        view=funding.ContributionViewSet,
        key=("code",),
        references={
            **PLAN,
            **COUNTRY,
            **SECTOR,
            ("donor",): ("organizations", ("code",)),
            ("recipient",): ("organizations", ("code",)),
        },
    ),
    DumpTable(name="reported-funding", view=funding.ReportedFundingViewSet, references={**PLAN, **COUNTRY, **SECTOR}),
)
"""In an order in which each refers to those before it alone."""
