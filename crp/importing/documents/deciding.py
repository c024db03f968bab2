"""A draft after what people decided about its values.

A value with a question is not believed until somebody decides. A decision holds as long as the document is read the
same way: once another value is proposed, it is as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Protocol

from django.utils.translation import gettext as _

from .as_text import as_text, from_text
from .draft import Basis, Confidence, Draft, Row, Value

ACCEPTED, CORRECTED, REJECTED = "accepted", "corrected", "rejected"
Key = tuple[str, str]
"""Subject and field."""


class Decided(Protocol):
    """A decision, as :class:`crp.importing.models.Decision` keeps it."""

    subject: str
    field: str
    verdict: str
    value: str
    proposed: str


@dataclass(frozen=True)
class Outdated:
    """A decision about a value that is read differently now, or no longer."""

    subject: str
    field: str
    decided_about: str
    found: str | None
    """What is read now. None: nothing."""


@dataclass
class Proposals:
    """A draft with decisions applied.

    ``draft``: without what was rejected, with what was corrected; accepted and corrected values have no question.
    ``rejected``: what was taken out; a field in here is empty on purpose. ``outdated``: decisions that no longer hold.
    """

    draft: Draft
    decided: dict[Key, str] = field(default_factory=dict)
    rejected: set[Key] = field(default_factory=set)
    outdated: list[Outdated] = field(default_factory=list)

    def open_questions(self) -> list[tuple[Row, str, Value]]:
        """Return the values that nobody has decided about and that are not believed without."""
        return [(row, name, value) for row, name, value in self.draft.values() if value.question]


def apply(draft: Draft, decisions: Iterable[Decided]) -> Proposals:
    """Return a draft after decisions; the draft itself stays as it is.

    Raises ValidationError where a correction can't be read. Queries: one for each entry of a list in a correction.
    """
    by_key: Mapping[Key, Decided] = {(each.subject, each.field): each for each in decisions}
    result = Proposals(Draft(draft.layout, remarks=list(draft.remarks), read=set(draft.read)))
    met: set[Key] = set()
    for row in draft.rows:
        changed = copy(row)
        changed.values = {}
        for name, value in row.values.items():
            key = (row.subject, name)
            decision = by_key.get(key)
            met.add(key)
            if decision is not None and decision.proposed != as_text(value.value):
                result.outdated.append(Outdated(*key, decision.proposed, as_text(value.value)))
                decision = None
            after = value if decision is None else _decided(row, name, value, decision)
            if decision is not None:
                result.decided[key] = decision.verdict
            if after is None:
                result.rejected.add(key)
            else:
                changed.values[name] = after
        result.draft.rows.append(changed)
    result.outdated.extend(
        Outdated(each.subject, each.field, each.proposed, None) for key, each in by_key.items() if key not in met
    )
    return result


def _decided(row: Row, name: str, value: Value, decision: Decided) -> Value | None:
    """Return a value after a decision. None: it was rejected."""
    if decision.verdict == REJECTED:
        return None
    if decision.verdict == ACCEPTED:
        if value.value is None and value.basis is not Basis.MISSING:
            return value  # there is nothing to believe: the question stays
        return replace(value, question="", confidence=Confidence.HIGH)
    by_hand = _("Corrected by hand: the page prints “%(printed)s”.") % {"printed": value.printed}
    if value.basis is Basis.MISSING or not value.printed:
        by_hand = _("Entered by hand: the page does not print it.")
    return replace(
        value,
        value=from_text(row.kind, name, decision.value),
        basis=Basis.INFERRED,
        note=f"{value.note} {by_hand}".strip(),
        question="",
        confidence=Confidence.HIGH,
    )
