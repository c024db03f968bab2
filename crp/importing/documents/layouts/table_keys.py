"""What the name of a row says: its model, the rows and the entries of lists that it belongs to.

``fundingrequest:sector:IOM-2025:SHELTER`` is an amount of the breakdown by sector, for that sector of that list. The
names are those by which citations tell the rows of a revision (``RevisionRow.row_key``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from crp.importing.documents.as_text import column_of, models_of_rows, plain_from_text
from crp.importing.documents.draft import PLAN, REVISION, Unit
from plans.models import RevisionRow

FIELDS_OF_PLAN = ("title", "kind", "start_year", "end_year", "countries", "url")
FIELDS_OF_REVISION = (
    "taxonomy",
    "document_on",
    "funding_updated_on",
    "stated_requested_usd",
    "stated_received_usd",
    "reports_funding",
    "people_in_need",
    "people_targeted",
    "entities_targeted",
)
OWN = {
    "framework": ("code",),
    "objective": ("number",),
    "outcome": ("code",),
    "project": ("code",),
    "narrative": ("section", "order"),
    "riskindicator": ("indicator",),
    "presence": (),
    "office": ("place",),
    "achievement": ("order",),
}
"""Columns that name a row, of the models that nothing else names."""
TARGETS = {
    "framework": "framework",
    "objective": "objective",
    "project": "project",
    "country": "country",
    "sector": "sector",
    "global_cluster": "sector",
}
"""The column that an amount of each breakdown fills."""
OF_REQUESTS = ("sector", "global_cluster", "framework", "project")
"""The breakdowns whose amounts the name of a share can name."""
ORDERED_WITHIN = {
    "outcome": "objective",
    "objectivetargetgroup": "objective",
    "relatedplan": "funding_request",
    "requestshare": "funding_request",
}
"""The row within which rows of a model are counted; those of other models are counted within the plan."""
UNITS = {
    "people_in_need": Unit.PEOPLE,
    "people_targeted": Unit.PEOPLE,
    "entities_targeted": Unit.ENTITIES,
    "international_staff": Unit.STAFF,
    "national_staff": Unit.STAFF,
    "field_offices": Unit.OFFICES,
    "start_year": Unit.YEAR,
    "end_year": Unit.YEAR,
}


@dataclass
class Named:
    """What a row is. ``refs``: keys of entries of lists, ``parents``: names of rows, both by column.

    ``order``: among rows of its kind, where the name tells it.
    """

    kind: str
    key: tuple[str, ...] = ()
    refs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    order: int | None = None

    @property
    def subject(self) -> str:
        """The name of the row."""
        return ":".join([self.kind, *self.key])


def named_by(subject: str) -> Named | None:
    """Return what a row is by its name. None: no row has such a name."""
    kind, _colon, rest = subject.partition(":")
    kind = kind.strip().casefold()
    if kind in OWN:
        return _own(kind, rest)
    parts = [part.strip() for part in rest.split(":")] if rest else []
    reader = READERS.get(kind)
    return None if reader is None or not all(parts) else reader(kind, parts)


def _alone(kind: str, parts: Sequence[str]) -> Named | None:
    return None if parts else Named(kind)


def _listed(kind: str, parts: Sequence[str]) -> Named | None:
    """Return a row that is an entry of a list and nothing else; its column is called as the model is."""
    return Named(kind, tuple(parts), refs={kind: (parts[0],)}) if len(parts) == 1 else None


def _target_group(kind: str, parts: Sequence[str]) -> Named | None:
    objective = _own("objective", parts[0]) if len(parts) == 2 else None
    if objective is None:
        return None
    return Named(kind, (*objective.key, parts[1]), {"target_group": (parts[1],)}, {"objective": objective.subject})


def _related(kind: str, parts: Sequence[str]) -> Named | None:
    request = _request("fundingrequest", parts[:-1])
    if request is None:
        return None
    return Named(kind, (*request.key, parts[-1]), {"plan_family": (parts[-1],)}, {"funding_request": request.subject})


def _share(kind: str, parts: Sequence[str]) -> Named | None:
    objective = _own("objective", parts[-1]) if parts else None
    return objective and Named(kind, (*parts[:-1], *objective.key), parents={"objective": objective.subject})


def _own(kind: str, text: str) -> Named | None:
    columns = OWN[kind]
    parts = [part.strip() for part in text.split(":", max(len(columns) - 1, 0))] if text else []
    if len(parts) != len(columns):
        return None
    try:
        key = tuple(str(plain_from_text(_column(kind, name), part)) for name, part in zip(columns, parts, strict=True))
    except ValidationError:
        return None
    order = 0 if not columns else int(key[-1]) if columns[-1] == "order" else None
    return Named(kind, key, order=order)


def _request(kind: str, parts: Sequence[str]) -> Named | None:
    breakdown, *target = parts or [""]
    column = TARGETS.get(breakdown)
    if column is None or len(target) != (2 if column == "sector" else 1):
        return None
    if column in {"sector", "country"}:
        return Named(kind, (breakdown, *target), {column: tuple(target)})
    owner = _own(column, target[0])
    return owner and Named(kind, (breakdown, *owner.key), parents={column: owner.subject})


READERS: Mapping[str, Callable[[str, Sequence[str]], Named | None]] = {
    PLAN: _alone,
    REVISION: _alone,
    "modality": _listed,
    "priority": _listed,
    "objectivetargetgroup": _target_group,
    "fundingrequest": _request,
    "relatedplan": _related,
    "requestshare": _share,
}


def requests_named(key: Sequence[str]) -> list[str]:
    """Return the names of the amounts that the name of a share may be of; which of them is in the plan."""
    target = ":".join(key[:-1])
    return [f"fundingrequest:{breakdown}:{target}" for breakdown in OF_REQUESTS] if target else []


def fields_of(kind: str) -> Sequence[str]:
    """Return the fields that a table may give of a row, in the order of its columns."""
    if kind in {PLAN, REVISION}:
        return FIELDS_OF_PLAN if kind == PLAN else FIELDS_OF_REVISION
    columns: Iterable[Any] = models_of_rows()[kind]._meta.concrete_fields
    return [column.name for column in columns if column.name not in {"id", "revision"}]


def is_parent(column: models.Field[Any, Any] | None) -> bool:
    """Tell whether a column names another row of the revision."""
    model = None if column is None else column.related_model
    return isinstance(model, type) and issubclass(model, RevisionRow)


def unit_of(kind: str, name: str) -> Unit:
    """Return what a field counts."""
    column = column_of(kind, name)
    is_name = column is not None and (column.is_relation or bool(column.choices))
    forms = (
        (name.endswith("_usd"), Unit.USD),
        ("percent" in name, Unit.PERCENT),
        (isinstance(column, models.BooleanField), Unit.FLAG),
        (isinstance(column, models.DateField), Unit.DATE),
        (is_name, Unit.NAME),
        (isinstance(column, (models.DecimalField, models.IntegerField)), Unit.INDEX),
    )
    return UNITS.get(name) or next((unit for fits, unit in forms if fits), Unit.TEXT)


def _column(kind: str, name: str) -> models.Field[Any, Any]:
    column = column_of(kind, name)
    if column is None:
        raise LookupError(f"{kind}.{name}")
    return column
