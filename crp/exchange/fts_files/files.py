"""Which files there are, by the names that they have on HDX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from crp.exchange.fts_files.columns import CLUSTERS, FLOWS, REQUIREMENTS
from crp.exchange.fts_files.flows import flow_rows
from crp.exchange.fts_files.plans import cluster_rows, requirement_rows
from funding.models import Contribution
from plans.models import Country

EVERYWHERE = "global"
NAME = re.compile(r"(fts_[a-z_]+_funding(?:_cluster|_globalcluster)?)_([a-z]{3}|global)", re.ASCII)


@dataclass(frozen=True)
class Shape:
    """One kind of file."""

    name: str
    holds: str
    columns: Sequence[str]
    rows: Callable[[Country | None], Iterator[Sequence[Any]]]


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(
            "fts_requirements_funding",
            "What each plan asks for and has received, by country",
            REQUIREMENTS,
            requirement_rows,
        ),
        Shape(
            "fts_requirements_funding_cluster",
            "The same by the plan's own clusters or sectors",
            CLUSTERS,
            partial(cluster_rows, is_global=False),
        ),
        Shape(
            "fts_requirements_funding_globalcluster",
            "The same by IASC global cluster",
            CLUSTERS,
            partial(cluster_rows, is_global=True),
        ),
        Shape(
            "fts_incoming_funding",
            "Contributions that reach plans and countries",
            FLOWS,
            partial(flow_rows, flow=Contribution.Flow.INCOMING),
        ),
        Shape(
            "fts_internal_funding",
            "Money passed on inside plans: part of what reached them, and counted once",
            FLOWS,
            partial(flow_rows, flow=Contribution.Flow.INTERNAL),
        ),
        Shape(
            "fts_outgoing_funding",
            "Money that left for elsewhere",
            FLOWS,
            partial(flow_rows, flow=Contribution.Flow.OUTGOING),
        ),
    )
}


def read_name(name: str) -> tuple[Shape, str] | None:
    """Return the kind of file that a name means, and its country in small letters or “global”. None: no file."""
    found = NAME.fullmatch(name)
    shape = SHAPES.get(found[1]) if found else None
    return (shape, found[2]) if found and shape else None
