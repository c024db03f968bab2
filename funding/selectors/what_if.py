"""What if: amounts put on plans and their lines by an address, and what they would change. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from crp.common.amounts import read_amount, write_typed
from crp.common.as_of import AS_OF
from crp.common.parameters import refuse_unknown
from funding.rollups.scenarios import Effect, Together, add_amounts, put_together
from funding.selectors.asks import KINDS, TITLES, WHOLE, Ask, asks_by, received_days, whole
from funding.selectors.plan_choice import NamedPlans, PlanSearch, cut
from funding.selectors.portfolio import PlanLine

MOST_ROWS = 20
PUT, TARGET, AMOUNT, ADD_TO, ADD_AMOUNT, PLAN, FIND = "put", "target", "amount", "add_to", "add_amount", "plan", "find"
PARAMETERS = (PUT, TARGET, AMOUNT, ADD_TO, ADD_AMOUNT, PLAN, FIND, AS_OF)
NAMED_AT_MOST = 30


@dataclass
class Row:
    """One amount on one target, as the address gives it, with what is wrong with it."""

    target: str
    typed: str
    """The amount as typed."""
    amount_usd: Decimal | None = None
    problems: list[str] = field(default_factory=list)
    ask: Ask | None = None

    @classmethod
    def read(cls, target: str, typed: str) -> Row:
        """Return a row whose amount is read, its target not looked up yet."""
        row = cls(target=target.strip(), typed=typed.strip())
        try:
            row.amount_usd = read_amount(row.typed)
        except ValidationError as error:
            row.problems.extend(error.messages)
        return row

    @property
    def parts(self) -> list[str]:
        """Plan, kind of line and its code, in which there may be a slash more."""
        return self.target.split("/", 2)

    @property
    def plan_code(self) -> str:
        return self.parts[0].upper()

    @property
    def kind(self) -> str:
        return self.parts[1].lower() if len(self.parts) > 1 else WHOLE

    @property
    def line_code(self) -> str:
        return self.parts[2] if len(self.parts) > 2 else ""

    @property
    def put(self) -> str:
        """The row as an address has it."""
        typed = self.typed if self.amount_usd is None else write_typed(self.amount_usd)
        return f"{self.ask.target if self.ask else self.target}:{typed}"


@dataclass(frozen=True, kw_only=True)
class LineScenario:
    """One line with the amount put on it."""

    row: Row
    ask: Ask
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class PlanScenario:
    """A plan with all that is put on it and on its lines."""

    line: PlanLine
    effect: Effect
    lines: Sequence[LineScenario]

    @property
    def scale(self) -> Decimal:
        """On which the bars of its lines fit."""
        return max((item.effect.length_usd for item in self.lines), default=Decimal(0))

    @property
    def by_line(self) -> list[LineScenario]:
        """Those that name a line."""
        return [item for item in self.lines if not item.ask.is_whole]

    @property
    def unplaced(self) -> list[LineScenario]:
        """Those that name the plan alone."""
        return [item for item in self.lines if item.ask.is_whole]


class WhatIf:
    """What an address puts where, and what that changes.

    Where something can't be used the rows say what, and nothing is worked out. Queries: 15 for each kind of line named
    and 10 more, however many rows there are.
    """

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.parameters = parameters
        self.problems: dict[str, list[str]] = refuse_unknown(parameters.keys(), PARAMETERS)
        self.rows = [_read_put(text) for text in parameters.getlist(PUT) if text.strip()][: MOST_ROWS * 2]
        if len(self.rows) > MOST_ROWS:
            self.problems[PUT] = [_("At most %(most)s amounts can be put at a time.") % {"most": MOST_ROWS}]
        self._look_up()
        self.add = self._read_addition()

    # Reading

    @cached_property
    def _plans(self) -> NamedPlans:
        return NamedPlans([*(row.plan_code for row in self.rows), *filter(None, [self.chosen_code])], self.on)

    def _look_up(self) -> None:
        """Find what each row names, and say what none is."""
        for row in self.rows:
            if row.plan_code in self._plans.absent:
                row.problems.insert(0, self._plans.absent[row.plan_code])
        named = [row for row in self.rows if row.plan_code in self._plans.lines]
        for kind in dict.fromkeys(row.kind for row in named):
            self._look_up_kind(kind, [row for row in named if row.kind == kind])
        seen: set[str] = set()
        for row in self.rows:
            if row.ask and row.ask.target in seen:
                row.problems.append(_("“%(target)s” stands twice: give it one amount.") % {"target": row.ask.target})
            seen |= {row.ask.target} if row.ask else set()

    def _look_up_kind(self, kind: str, rows: Sequence[Row]) -> None:
        if kind == WHOLE:
            for row in rows:
                row.ask = whole(self._plans.lines[row.plan_code])
            return
        if kind not in KINDS:
            for row in rows:
                row.problems.insert(0, _unknown_kind(row))
            return
        lines = [self._plans.lines[code] for code in dict.fromkeys(row.plan_code for row in rows)]
        asks = self._asks(kind, lines)
        for row in rows:
            of_plan = asks.get(row.plan_code, [])
            row.ask = next((ask for ask in of_plan if ask.code.casefold() == row.line_code.casefold()), None)
            if row.ask is None:
                row.problems.insert(0, _unknown_line(row, of_plan))

    def _asks(self, kind: str, lines: Sequence[PlanLine]) -> dict[str, list[Ask]]:
        return asks_by(kind, lines, self.on)

    # What the forms send

    def _read_addition(self) -> Row | None:
        """Return the row that the form adds. None: it adds none."""
        if ADD_TO not in self.parameters and ADD_AMOUNT not in self.parameters:
            return None
        row = Row.read(self.parameters.get(ADD_TO, ""), self.parameters.get(ADD_AMOUNT, ""))
        if len(self.rows) >= MOST_ROWS:
            row.problems.append(_("At most %(most)s amounts can be put at a time.") % {"most": MOST_ROWS})
        if any(other.put.rpartition(":")[0].casefold() == row.target.casefold() for other in self.rows):
            row.problems.append(_("There is an amount on this already: change it in the list above."))
        return row

    @property
    def is_sent(self) -> bool:
        """Whether a form was sent, whose fields the address is to be made of."""
        return bool({TARGET, AMOUNT, ADD_TO, ADD_AMOUNT} & set(self.parameters))

    def sent_address(self) -> str | None:
        """Return the end of the address that says what the forms sent. None: something of it can't be used.

        An amount taken out of its field takes its row away.
        """
        if self.add is not None and self.add.problems:
            return None
        changed = list(zip(self.parameters.getlist(TARGET), self.parameters.getlist(AMOUNT), strict=False))
        rows = [Row.read(target, typed) for target, typed in changed if typed.strip()]
        puts = [*(row.put for row in self.rows), *(row.put for row in rows), *([self.add.put] if self.add else [])]
        return self._address(puts)

    def _address(self, puts: Iterable[str], **more: str) -> str:
        state = QueryDict(mutable=True)
        state.setlist(PUT, list(puts))
        for name, value in more.items():
            state[name] = value
        if self.on is not None:
            state[AS_OF] = self.on.isoformat()
        return f"?{state.urlencode(safe='/:')}" if state.getlist(PUT) or len(state) > 1 else "?"

    def without(self, row: Row) -> str:
        """Return the end of the address without one of the rows."""
        return self._address(other.put for other in self.rows if other is not row)

    @property
    def rows_with_ways(self) -> list[tuple[Row, str]]:
        """The rows, each with the address without it."""
        return [(row, self.without(row)) for row in self.rows]

    @property
    def puts(self) -> list[str]:
        return [row.put for row in self.rows]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the search for a plan carries along."""
        return [(PUT, put) for put in self.puts]

    # One more

    @property
    def chosen_code(self) -> str:
        """The plan that something is to be put on, as the address or the form that was sent names it."""
        named = self.parameters.get(PLAN, "") or self.parameters.get(ADD_TO, "").split("/")[0]
        return named.strip().upper()

    @property
    def chosen_problem(self) -> str:
        """Why that plan can't be chosen; empty: it can."""
        return self._plans.absent.get(self.chosen_code, "") if self.chosen_code else ""

    @cached_property
    def chosen(self) -> PlanLine | None:
        return self._plans.lines.get(self.chosen_code)

    @cached_property
    def places(self) -> list[tuple[Any, list[Ask]]]:
        """What of the plan chosen an amount can be put on, by kind of line. Queries: 15 for each kind."""
        if self.chosen is None:
            return []
        offered = [(TITLES[kind], asks_by(kind, [self.chosen], self.on).get(self.chosen_code, [])) for kind in KINDS]
        has_sectors = bool(offered[0][1])
        return [
            (title, asks)
            for kind, (title, asks) in zip(KINDS, offered, strict=True)
            # Clusters are a wider view of the same sectors, and one country is the whole plan.
            if asks and not (kind == "cluster" and has_sectors) and not (kind == "country" and len(asks) == 1)
        ]

    @cached_property
    def search(self) -> PlanSearch:
        return PlanSearch(self.parameters.get(FIND, ""), self.on)

    @property
    def found(self) -> list[tuple[PlanLine, str]]:
        """The plans that the search found, each with the address that chooses it."""
        return [(line, self._address(self.puts, **{PLAN: line.plan.code})) for line in self.search.lines]

    @property
    def again(self) -> list[tuple[PlanLine, str]]:
        """The plans that have an amount already, each with the address that chooses it for one more."""
        lines = {row.ask.plan.code: row.ask.line for row in self.rows if row.ask}
        return [(line, self._address(self.puts, **{PLAN: code})) for code, line in lines.items()]

    # What comes of it

    @property
    def is_bad(self) -> bool:
        return bool(
            self.problems
            or any(row.problems for row in self.rows)
            or (self.add and self.add.problems)
            or self.chosen_problem
        )

    @cached_property
    def plans(self) -> list[PlanScenario]:
        """Each plan with what is put on it, in the order of the rows; empty where a row can't be used."""
        if self.problems or any(row.problems for row in self.rows):
            return []
        by_plan: dict[str, list[LineScenario]] = {}
        for row in self.rows:
            if row.ask is not None and row.amount_usd is not None:
                found = LineScenario(row=row, ask=row.ask, effect=row.ask.effect_of(row.amount_usd))
                by_plan.setdefault(row.ask.plan.code, []).append(found)
        return [
            PlanScenario(
                line=lines[0].ask.line,
                effect=whole(lines[0].ask.line).effect_of(add_amounts(item.effect.put_usd for item in lines)),
                lines=lines,
            )
            for lines in by_plan.values()
        ]

    @cached_property
    def received_on(self) -> dict[int, date]:
        """The day that the money received of each plan speaks of. Queries: 1."""
        return received_days((plan.line for plan in self.plans), self.on)

    @cached_property
    def together(self) -> Together:
        return put_together((plan.line.figures, plan.effect.put_usd) for plan in self.plans)

    @cached_property
    def scale(self) -> Decimal:
        """On which the bars of all plans fit."""
        return max((plan.effect.length_usd for plan in self.plans), default=Decimal(0))


def _read_put(text: str) -> Row:
    target, mark, typed = text.rpartition(":")
    if not mark:
        row = Row(target=text.strip(), typed="")
        row.problems.append(
            _("“%(value)s” has no amount: write PLAN:AMOUNT, such as MLI-CRP-2025-2026:500000.") % {"value": cut(text)}
        )
        return row
    return Row.read(target, typed)


def _unknown_kind(row: Row) -> str:
    return _("“%(kind)s” is no kind of line. Choose from: %(all)s.") % {"kind": cut(row.kind), "all": ", ".join(KINDS)}


def _unknown_line(row: Row, of_plan: Sequence[Ask]) -> str:
    words = {"plan": row.plan_code, "kind": row.kind, "code": cut(row.line_code)}
    if not of_plan:
        return _("%(plan)s has no line by “%(kind)s”: put the amount on another line, or on the plan.") % words
    known = ", ".join(ask.code for ask in of_plan[:NAMED_AT_MOST])
    return _("%(plan)s has no line “%(kind)s/%(code)s”. It has: %(known)s.") % (words | {"known": known})
