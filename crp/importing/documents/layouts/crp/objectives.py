"""The objectives: which they are, what each asks for and for whom, and the shares of their outcomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Basis, Confidence, Ref, Remark, Row, Span, Unit, Value
from crp.importing.documents.names import Names, folded

from .blocks import Block, Part
from .charts import outcomes_in, share_value
from .rows import Rows
from .tokens import MOST_PRINTED, Kind, Label, Token, printed
from .values import value_of


@dataclass
class Objective:
    """An objective of the page. ``blocks``: its own first, then those that name it again, such as a chart."""

    name: str
    number: int | None
    blocks: list[Block] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The name of its row."""
        return f"objective:{self.number}"

    @property
    def own(self) -> list[Token]:
        """The heading over its own text."""
        return self.blocks[0].headings

    @property
    def all_headings(self) -> list[Token]:
        """Its headings, wherever they stand."""
        return [heading for block in self.blocks for heading in block.headings]


def objectives_of(blocks: list[Block], names: Names, rows: Rows) -> list[Objective]:
    """Return the objectives of a page in its order, each with a number of its own."""
    found: list[Objective] = []
    by_name: dict[str, Objective] = {}
    by_number: dict[int, Objective] = {}
    for block in blocks:
        if block.part is not Part.OBJECTIVE:
            continue
        name = next((heading.name for heading in block.headings if heading.name), "")
        number = next((heading.number for heading in block.headings if heading.number is not None), None)
        objective = by_name.get(folded(name)) if name else by_number.get(number or 0)
        other = by_number.get(number) if number is not None else None
        if other is not None and objective is not other:
            _tell_conflict(block, other, rows)
            continue
        if objective is None:
            objective = Objective(name, number)
            found.append(objective)
            by_name.setdefault(folded(name), objective)
        if number is not None and objective.number in (None, number):
            objective.number = number
            by_number[number] = objective
        elif number is not None:
            _tell_conflict(block, objective, rows)
            continue
        objective.blocks.append(block)
    _number_the_rest(found, names)
    return [objective for objective in found if objective.number is not None]


def _tell_conflict(block: Block, other: Objective, rows: Rows) -> None:
    span = block.headings[0].span
    text = _("Line %(line)s gives another name or number to objective %(number)s (“%(name)s”): its block is not read.")
    rows.draft.remarks.append(Remark(text % {"line": span, "number": other.number, "name": other.name}, span))


def _number_the_rest(objectives: list[Objective], names: Names) -> None:
    """Number those that no heading numbers: as the list of objectives does, or else by their place."""
    taken = {objective.number for objective in objectives if objective.number is not None}
    for objective in objectives:
        if objective.number is not None:
            continue
        ref = names.objectives.get(folded(objective.name))
        number = int(ref.key[-1]) if ref is not None else len(taken) + 1
        while number in taken:
            number += 1
        objective.number = number
        taken.add(number)


def read_objective(objective: Objective, order: int, names: Names, rows: Rows) -> None:
    """Put an objective into the draft with its target groups and outcomes; not its text."""
    ref = names.objectives.get(folded(objective.name)) if objective.name else None
    row = rows.add(Row("objective", (str(objective.number),), order=order), objective.own[0].span)
    if row is None:
        return
    row.values["number"] = _number(objective, ref)
    row.values["title"] = _title(objective)
    if ref is not None:
        row.values["strategic_objective"] = Value(
            value=ref, unit=Unit.NAME, basis=Basis.INFERRED, note=_("It is the one of that name in the list.")
        )
    for heading in objective.all_headings:
        rows.draft.read.update(range(heading.span.first, heading.span.last + 1))
    for name, label in (("people_targeted", Label.PEOPLE), ("entities_targeted", Label.ENTITIES)):
        value = value_of([reading for block in objective.blocks for reading in block.readings(label)])
        if value is not None:
            row.values[name] = value
    _confirmed(objective, row, rows)
    _request(objective, order, rows)
    _groups(objective, rows)
    _outcomes(objective, names, rows)
    for block in objective.blocks:
        rows.draft.read.update(token.line.number for token in block.of(Kind.DESCRIPTION, Kind.GROUPS_LABEL))
        for token in block.tokens:
            for reading in token.readings:
                rows.draft.read.update(range(reading.span.first, reading.span.last + 1))


def _number(objective: Objective, ref: Ref | None) -> Value:
    numbered = next((heading for heading in objective.own if heading.number is not None), None)
    heading = numbered or next((heading for heading in objective.own if heading.name), objective.own[0])
    line = heading.last or heading.line
    stated = Value(
        value=objective.number,
        unit=Unit.INDEX,
        span=Span.of(line.number),
        printed=printed(line, line.text),
    )
    if numbered is not None:
        return stated
    elsewhere = next((other for other in objective.all_headings if other.number is not None), None)
    listed = None if ref is None else int(ref.key[-1])
    question = ""
    if elsewhere is not None:
        note = _("The heading has no number; line %(line)s prints “%(printed)s” for the same objective.") % {
            "line": elsewhere.line.number,
            "printed": elsewhere.line.text[:MOST_PRINTED],
        }
    elif listed == objective.number:
        note = _("The heading has no number; in IOM's list the objective of this name has number %(number)s.") % {
            "number": listed
        }
    else:
        note = _("The heading has no number; it follows from its place among the objectives.")
        question = _("Is this objective number %(number)s?") % {"number": objective.number}
    return Value(
        value=objective.number,
        unit=Unit.INDEX,
        basis=Basis.INFERRED,
        span=stated.span,
        printed=stated.printed,
        confidence=Confidence.LOW if question else Confidence.HIGH,
        note=note,
        question=question,
    )


def _title(objective: Objective) -> Value:
    named = [heading for heading in objective.own if heading.name]
    if not named:
        span = objective.own[0].span
        question = _("The objective has no title: what is it called?")
        return Value(value=None, unit=Unit.TEXT, basis=Basis.MISSING, span=span, question=question)
    heading = named[-1]
    line = heading.last or heading.line
    return Value(value=heading.name, unit=Unit.TEXT, span=Span.of(line.number), printed=printed(line, heading.name))


def _confirmed(objective: Objective, row: Row, rows: Rows) -> None:
    """Keep the percentage confirmed. It is a percentage, and no amount is made of it."""
    confirmed = [reading for block in objective.blocks for reading in block.readings(Label.CONFIRMED)]
    gaps = [reading for block in objective.blocks for reading in block.readings(Label.GAP)]
    value, gap = value_of(confirmed), value_of(gaps)
    if value is not None:
        parts = [] if gap is None else [one.value for one in (value, gap) if isinstance(one.value, Decimal)]
        if gap is not None and len(parts) == 2 and sum(parts) != 100:
            question = _("%(confirmed)s confirmed and a gap of %(gap)s do not add to 100 %%: which is right?")
            value = value.asked(question % {"confirmed": value.printed, "gap": gap.printed})
        row.values["stated_percent_funded"] = value
    elif gap is not None and gap.value is not None:
        text = _("The page gives the funding gap of an objective (%(gap)s) and not what is confirmed.")
        rows.draft.remarks.append(Remark(text % {"gap": gap.printed}, gap.span))


def _request(objective: Objective, order: int, rows: Rows) -> None:
    value = value_of([reading for block in objective.blocks for reading in block.funding])
    if value is None or value.span is None:
        return
    row = Row("fundingrequest", ("objective", str(objective.number)), order=order)
    row.parents["objective"] = objective.subject
    row.values["breakdown"] = Value(value="objective", unit=Unit.NAME)
    row.values["amount_usd"] = value
    rows.add(row, value.span)


def _groups(objective: Objective, rows: Rows) -> None:
    """Read the primary target groups, whether commas or lines separate them."""
    order = 0
    for block in objective.blocks:
        for token in block.of(Kind.GROUPS):
            rows.draft.read.add(token.line.number)
            for named in token.named:
                order += 1
                code = named.ref.key[0] if named.ref is not None else f"?:{folded(named.printed)}"
                row = Row("objectivetargetgroup", (str(objective.number), str(code)), order=order)
                row.parents["objective"] = objective.subject
                question = "" if named.ref else _("“%(name)s” is in no list of target groups: which group is it?")
                row.values["target_group"] = Value(
                    value=named.ref,
                    unit=Unit.NAME,
                    span=token.span,
                    printed=named.printed,
                    confidence=Confidence.LOW if question else Confidence.HIGH,
                    question=question and question % {"name": named.printed},
                )
                rows.add(row, token.span)
        label = next(iter(block.of(Kind.GROUPS_LABEL)), None)
        if label is not None and not block.of(Kind.GROUPS):
            text = _("“Primary target groups” stands on line %(line)s without a group.") % {"line": label.line.number}
            rows.draft.remarks.append(Remark(text, label.span))


def _outcomes(objective: Objective, names: Names, rows: Rows) -> None:
    order = 0
    for block in objective.blocks:
        for token in block.of(Kind.OUTCOMES):
            rows.draft.read.add(token.line.number)
            for piece, name, share in outcomes_in(token.line.raw):
                order += 1
                _outcome(objective, order, (token, piece, name, share), names, rows)


def _outcome(
    objective: Objective, order: int, outcome: tuple[Token, str, str, Decimal | None], names: Names, rows: Rows
) -> None:
    token, piece, name, share = outcome
    ref = names.outcomes.get(folded(name))
    code = str(ref.key[0]) if ref is not None else f"{objective.number}-{order}"
    row = Row("outcome", (code,), order=order)
    row.parents["objective"] = objective.subject
    row.values["code"] = Value(value=code, unit=Unit.NAME)
    row.values["name"] = Value(value=name[:250], unit=Unit.TEXT)
    if ref is not None:
        row.values["strategic_outcome"] = Value(
            value=ref, unit=Unit.NAME, basis=Basis.INFERRED, note=_("It is the one of that name in the list.")
        )
    row.values["share_percent"] = share_value(token, piece, share)
    rows.add(row, token.span)
