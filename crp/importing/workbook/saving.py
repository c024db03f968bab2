"""Changes of a workbook, written row by row; what the database or the model would refuse is told by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Max, Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from crp.common.money import SumUSD
from crp.common.numbers import write_number, write_percent
from funding.models import FundingRequest, Project, RequestShare
from plans.models import Framework, Objective, Outcome, Plan, Revision, RevisionRow

from .cells import YES
from .choices import Choices, identify
from .comparing import CellChange, RowChange, What
from .problems import Problems
from .rows import is_of_rows, rows_of_sheet
from .sheets import SAVED_IN_ORDER, Column, Kind

HUNDRED = Decimal(100)
REFERRED: Mapping[str, type[RevisionRow]] = {"objective": Objective, "framework": Framework, "request": FundingRequest}


class Saver:
    """Writes changes to one draft, within the transaction of whoever calls it."""

    def __init__(self, revision: Revision, choices: Choices, problems: Problems) -> None:
        self.revision, self.choices, self.problems = revision, choices, problems
        self._referred: dict[str, dict[str, Any]] = {}
        self._last_order: dict[str, int] = {}

    def save(self, changes: Sequence[RowChange]) -> None:
        """Remove what is removed, then write the rest, each row after those that it points to."""
        by_sheet: dict[str, list[RowChange]] = defaultdict(list)
        for change in changes:
            by_sheet[change.sheet.code].append(change)
        for code in reversed(SAVED_IN_ORDER):
            for change in by_sheet[code]:
                if change.what == What.REMOVED:
                    self._remove(change)
        for code in SAVED_IN_ORDER:
            for change in by_sheet[code]:
                if change.what != What.REMOVED:
                    self._write(change)
        if by_sheet["outcomes"]:
            self._refuse_outcomes_above_whole(by_sheet["outcomes"])
        if by_sheet["shares"]:
            self._refuse_shares_above_whole(by_sheet["shares"])

    def _fail(self, change: RowChange, column: Column | None, message: str, found: str = "") -> None:
        self.problems.add(change.sheet, change.row, column, message, found)

    # Removing

    def _remove(self, change: RowChange) -> None:
        assert change.current is not None  # noqa: S101 - only what is there is removed
        row, request = change.current.row, change.current.request
        if isinstance(row, Project) and (told := self._tell_received(row)):
            self._fail(change, None, told, row.code)
            return
        parts = _parts_of(row, without=request) + (_parts_of(request) if request else [])
        if parts:
            self._fail(change, None, _tell_parts(row, parts), str(row))
            return
        for item in filter(None, (request, row)):
            item.delete()

    def _tell_received(self, project: Project) -> str:
        """Return why a project can't vanish; empty where no money is on record for it. Queries: 1."""
        received = self.revision.plan.contributions.filter(project_code=project.code, counted_usd__isnull=False)
        total = received.aggregate(total=SumUSD("amount_usd"))["total"]
        if total is None:
            return ""
        return _("Project %(code)s has received money (USD %(amount)s): it can't be removed.") % {
            "code": project.code,
            "amount": write_number(total),
        }

    # Writing

    def _write(self, change: RowChange) -> None:
        row: Any = change.current.row if change.current else self._new_row(change)
        if not self._fill(change, row, [cell for cell in change.cells if not cell.column.of_amount]):
            return
        if self._refuses_new_code(change, row):
            return
        if self._clean_and_save(change, row) and change.sheet.has_amounts_beside:
            self._write_amount(change, row)

    def _new_row(self, change: RowChange) -> RevisionRow:
        fixed = {"breakdown": change.sheet.breakdown} if change.sheet.model is FundingRequest else {}
        return change.sheet.model(revision=self.revision, order=self._next_order(change), **fixed)

    def _next_order(self, change: RowChange) -> int:
        code = change.sheet.code
        if code not in self._last_order:
            rows = rows_of_sheet(self.revision, change.sheet)
            self._last_order[code] = rows.aggregate(last=Max("order"))["last"] or 0
        self._last_order[code] += 1
        return self._last_order[code]

    def _fill(self, change: RowChange, row: Any, cells: Iterable[CellChange]) -> bool:
        """Put values into a row, and return whether all of them could be."""
        is_right = True
        for cell in cells:
            column = cell.column
            try:
                setattr(row, column.name, self._value(column, cell.after))
            except LookupError:
                is_right = False
                if not self._may_come_later(column):
                    label = self.choices.label(column.choices, cell.after)
                    self._fail(change, column, _("“%(text)s” is not in this draft.") % {"text": label}, label)
        return is_right

    def _may_come_later(self, column: Column) -> bool:
        """Return whether what is referred to may only be missing because its own row has a problem."""
        return bool(self.problems) and is_of_rows(column)

    def _value(self, column: Column, text: str) -> Any:
        """Return a value as a row has it. Raises: LookupError where what it names is not there."""
        if not text:
            empty: dict[Kind, Any] = {Kind.TEXT: "", Kind.YES_NO: False}
            return "" if column.choices == "overlap" else empty.get(column.kind)
        readers: dict[Kind, Callable[[], Any]] = {
            Kind.TEXT: lambda: text,
            Kind.YES_NO: lambda: text == YES,
            Kind.AMOUNT: lambda: Decimal(text),
            Kind.PERCENT: lambda: Decimal(text),
            Kind.COUNT: lambda: int(text),
            Kind.CHOICE: lambda: self._chosen(column, text),
        }
        return readers[column.kind]()

    def _chosen(self, column: Column, text: str) -> Any:
        """Return what a choice names. Raises: LookupError."""
        if column.choices == "plan":
            return Plan.objects.filter(code=text)[0]
        if is_of_rows(column):
            return self._rows_referred(column.choices)[text]
        return self.choices.of(column.choices)[text].item

    def _rows_referred(self, name: str) -> dict[str, Any]:
        """Return the rows that others point to, by what tells them apart. Asked only once all of them are saved."""
        if name not in self._referred:
            rows: Any = REFERRED[name]._default_manager.filter(revision=self.revision)
            if name == "request":
                rows = rows.select_related("framework", "objective", "sector__taxonomy", "country", "project")
            self._referred[name] = {}
            for row in rows:
                row.revision = self.revision
                self._referred[name][identify(row)] = row
        return self._referred[name]

    def _refuses_new_code(self, change: RowChange, row: RevisionRow) -> bool:
        """Note a new code of a project that is known under the old one, and return whether it is."""
        before = change.current.values["code"] if change.current and isinstance(row, Project) else ""
        if not isinstance(row, Project) or not before or row.code == before:
            return False
        others = Project.objects.filter(revision__plan=self.revision.plan_id, code=before).exclude(pk=row.pk)
        if not others.exists() and not self.revision.plan.contributions.filter(project_code=before).exists():
            return False
        told = _("The code of a project is permanent: money and earlier revisions know it as “%(code)s”.")
        self._fail(change, change.sheet.by_name["code"], told % {"code": before}, row.code)
        return True

    def _clean_and_save(self, change: RowChange, row: RevisionRow) -> bool:
        """Save a row that is right, and return whether it is."""
        try:
            row.full_clean()
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                column = None if name == NON_FIELD_ERRORS else change.sheet.by_name.get(name)
                found = change.after.get(column.name, "") if column else ""
                for sentence in sentences:
                    self._fail(change, column, sentence, found)
            return False
        row.save()
        return True

    def _write_amount(self, change: RowChange, row: RevisionRow) -> None:
        """Write, change or remove what a row asks for."""
        cells = [cell for cell in change.cells if cell.column.of_amount]
        if not cells:
            return
        request: Any = change.current.request if change.current else None
        column = change.sheet.by_name["amount_usd"]
        if not change.after.get("amount_usd"):
            if request is None:
                told = _("A priority is one of an amount: write the amount too, or leave this empty.")
                self._fail(change, cells[0].column, told, cells[0].after)
            elif parts := _parts_of(request):
                self._fail(change, column, _tell_parts(request, parts), "")
            else:
                request.delete()
            return
        if request is None:
            breakdown = change.sheet.breakdown
            request = FundingRequest(
                revision=self.revision, breakdown=breakdown, order=row.order, **{str(breakdown): row}
            )
        if self._fill(change, request, cells):
            self._clean_and_save(change, request)

    # Wholes

    def _refuse_outcomes_above_whole(self, changes: Sequence[RowChange]) -> None:
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for outcome in Outcome.objects.filter(revision=self.revision).select_related("objective"):
            sums[outcome.objective.number] += outcome.share_percent
        touched = {change.after.get("objective") for change in changes if change.what != What.REMOVED}
        for number, total in sums.items():
            if total > HUNDRED and str(number) in touched:
                told = _("The outcome shares of objective %(number)s add to %(sum)s, more than 100 %%.") % {
                    "number": number,
                    "sum": write_percent(total, None),
                }
                self.problems.add(changes[0].sheet, None, changes[0].sheet.by_name["share_percent"], told)

    def _refuse_shares_above_whole(self, changes: Sequence[RowChange]) -> None:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        requests = {row.pk: name for name, row in self._rows_referred("request").items()}
        for share in RequestShare.objects.filter(revision=self.revision):
            sums[requests[share.funding_request_id]] += share.share_percent
        touched = {change.after.get("funding_request") for change in changes if change.what != What.REMOVED}
        for name, total in sums.items():
            if total > HUNDRED and name in touched:
                told = _("The shares by objective add to %(sum)s, more than 100 %%.") % {
                    "sum": write_percent(total, None)
                }
                label = self.choices.label("request", name)
                column = changes[0].sheet.by_name["share_percent"]
                self.problems.add(changes[0].sheet, None, column, f"{label}. {told}")


def _parts_of(row: Model, *, without: Model | None = None) -> list[str]:
    """Return which other rows of the revision belong to a row, and how many. Queries: one a kind."""
    parts = []
    for relation in row._meta.related_objects:
        model = relation.related_model
        if not isinstance(model, type) or not issubclass(model, RevisionRow):
            continue
        rows = model._base_manager.filter(**{relation.field.name: row})
        if without is not None and isinstance(without, model):
            rows = rows.exclude(pk=without.pk)
        if count := rows.count():
            parts.append(f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}")
    return parts


def _tell_parts(row: Model, parts: list[str]) -> str:
    return _("“%(row)s” can't be removed while other rows belong to it: %(parts)s. Remove those first.") % {
        "row": row,
        "parts": get_text_list(parts, _("and")),
    }
