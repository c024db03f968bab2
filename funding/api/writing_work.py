"""From entries to the ledger: what is read is recorded or changed, and told as the list shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refusal
from django.db.models import QuerySet
from rest_framework.exceptions import APIException, NotFound, ValidationError

from crp.accounts.models import ApiKey, User
from crp.common.api.parameters import short
from funding.api.ledger import ContributionSerializer
from funding.api.writing_codes import Codes, seen_contributions
from funding.api.writing_entries import BatchChangeSerializer, NewContributionSerializer
from funding.api.writing_match import PreconditionFailed
from funding.models import Contribution
from funding.services import (
    Recorded,
    RowsRefusedError,
    ToRecord,
    ToStep,
    change_many_statuses,
    lock_plans,
    record_many,
)
from funding.services.changing import apply_change

PUBLIC_NAMES = {"framework_code": "framework", "objective_number": "objective", "project_code": "project"}
OF_STEP = ("since_on", "step_note")
ROWS_AT_ONCE = 500
MOST_CORRECTIONS = 100
"""Of one batch: each is judged with what is on record at that moment, so they take a dozen queries each."""
RELATED = ("plan", "country", "donor", "recipient", "sector__taxonomy", "source", "parent", "duplicate_of")


class Conflict(APIException):
    """409: the contribution is in a state in which this can't be done."""

    status_code = 409


class BatchRefused(APIException):
    """400, or 403 where rows are for others to record: nothing of a batch was written."""

    def __init__(self, errors: Mapping[int, Mapping[str, list[str]]], *, is_foreign: bool) -> None:
        row, fields = next(iter(errors.items()))
        name, sentences = next(iter(fields.items()))
        more = len(errors) - 1
        others = "" if not more else " 1 more row is wrong." if more == 1 else f" {more} more rows are wrong."
        super().__init__(
            f"Nothing was recorded. Row {row}: {name}: {sentences[0]}{others}",
            "permission_denied" if is_foreign else "invalid",
        )
        self.status_code = 403 if is_foreign else 400
        self.errors = [{"row": number, "errors": dict(told)} for number, told in errors.items()]


def why_of(key: ApiKey) -> str:
    """Return what the history says of a write with a key."""
    return f"API key {key.name} ({key.shown})"


def written_rows(numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return contributions as the list shows them, by primary key. Queries: 2 for each 500."""
    wanted = list(numbers)
    found: dict[int, dict[str, Any]] = {}
    serializer = ContributionSerializer()
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        rows = Contribution.objects.filter(pk__in=wanted[start : start + ROWS_AT_ONCE]).select_related(*RELATED)
        for row in rows.prefetch_related("status_changes"):
            found[row.pk] = serializer.to_representation(row)
    return found


def tell(recorded: Recorded) -> list[str]:
    """Return what is worth a second look."""
    told = list(recorded.warnings)
    if recorded.suspect_of is not None:
        told.append(f"It may repeat {recorded.suspect_of.code} and does not count until somebody decides.")
    return told


def by_name(refusal: Refusal) -> dict[str, list[str]]:
    """Return what a service refuses, by the names that the API has for fields."""
    if not hasattr(refusal, "error_dict"):
        return {"contribution": refusal.messages}
    return {PUBLIC_NAMES.get(name, name): sentences for name, sentences in refusal.message_dict.items()}


def explain_refusal(refusal: Refusal) -> APIException:
    """Return the error for what a service refuses: of a field, or of the state that a contribution is in."""
    if hasattr(refusal, "error_dict"):
        return ValidationError(by_name(refusal))
    return Conflict(" ".join(refusal.messages), getattr(refusal, "code", None) or "conflict")


def find(code: str, user: User) -> Contribution:
    """Return the contribution of an address. Raises: NotFound where there is none that this person may see."""
    rows = seen_contributions(user)
    found = rows.filter(code=code).first() if len(code) <= 60 and "\x00" not in code else None
    if found is None:
        raise NotFound(f"No contribution has the code “{short(code)}”.")
    return found


def record_one(values: dict[str, Any], user: User, key: ApiKey) -> Recorded:
    """Record one contribution. Raises: ValidationError by field; PermissionDenied."""
    if problems := Codes([values], user).put_into(values):
        raise ValidationError(problems)
    try:
        return record_many([_to_record(1, values)], by=user, why=why_of(key))[0]
    except RowsRefusedError as error:
        told = by_name(error.refusals.by_row[1])
        if error.refusals.foreign:
            raise PermissionDenied(next(iter(told.values()))[0]) from error
        raise ValidationError(told) from error


def change_one(contribution: Contribution, values: dict[str, Any], check: Any, user: User, key: ApiKey) -> Recorded:
    """Change one contribution. Raises: ValidationError by field; PermissionDenied; Conflict; what ``check`` does."""
    if problems := Codes([values], user).put_into(values):
        raise ValidationError(problems)
    try:
        return apply_change(contribution=contribution, values=values, check=check, by=user, why=why_of(key))
    except Refusal as refusal:
        raise explain_refusal(refusal) from refusal


def _to_record(row: int, values: Mapping[str, Any]) -> ToRecord:
    own = {name: value for name, value in values.items() if name not in OF_STEP}
    if own.get("code") is None:
        own.pop("code", None)
    return ToRecord(
        row=row,
        contribution=Contribution(**own),
        since_on=values.get("since_on"),
        note=values.get("step_note", ""),
    )


@dataclass
class Batch:
    """Many entries, on their way into the ledger. What is wrong is collected, by row."""

    user: User
    key: ApiKey
    new: dict[int, dict[str, Any]] = field(default_factory=dict)
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    problems: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    done: dict[int, tuple[str, Recorded]] = field(default_factory=dict)
    """By row, what became of it."""

    def read(self, entries: Sequence[Any]) -> None:
        """Read the entries. One with ``updated_at`` changes what is on record; any other is new."""
        readers = NewContributionSerializer(), BatchChangeSerializer()
        for row, entry in enumerate(entries, start=1):
            is_change = isinstance(entry, dict) and "updated_at" in entry
            reader: Any = readers[is_change]
            reader.initial_data = entry
            try:
                values = reader.run_validation(entry)
            except ValidationError as error:
                self.problems[row] = _sentences(error.detail)
            else:
                (self.changes if is_change else self.new)[row] = dict(values)
        codes = Codes([*self.new.values(), *self.changes.values()], self.user)
        for kind in (self.new, self.changes):
            for row in list(kind):
                if problems := codes.put_into(kind[row]):
                    self.problems[row] = problems
                    del kind[row]

    def write(self) -> None:
        """Record what is new, take the steps, make the corrections. Raises: BatchRefused with everything wrong."""
        found = self._find()
        plans = [values["plan"] for values in (*self.new.values(), *self.changes.values()) if values.get("plan")]
        # All at first and in one order: who holds one of them never waits for another.
        lock_plans(*(plan.pk for plan in plans), *(contribution.plan_id for contribution in found.values()))
        self._record()
        self._take_steps(found)
        self._correct(found)
        if self.problems:
            raise BatchRefused(dict(sorted(self.problems.items())), is_foreign=bool(self.foreign))

    def _find(self) -> dict[int, Contribution]:
        """Return by row the contributions that are to be changed."""
        known = _by_code(seen_contributions(self.user), {values["code"] for values in self.changes.values()})
        found: dict[int, Contribution] = {}
        seen: dict[str, int] = {}
        for row, values in self.changes.items():
            code = values["code"]
            if code not in known:
                self.problems[row] = {"code": [f"No contribution has the code “{short(code)}”."]}
            elif seen.setdefault(code, row) != row:
                self.problems[row] = {"code": [f"Row {seen[code]} changes {code} too: send the second one later."]}
            elif values.keys() <= {"code", "updated_at"}:
                self.problems[row] = {"code": ["Nothing is to be changed: name a field, or leave the row out."]}
            else:
                found[row] = known[code]
        return found

    def _record(self) -> None:
        rows = [_to_record(row, values) for row, values in self.new.items()]
        if not rows:
            return
        try:
            made = record_many(rows, by=self.user, why=why_of(self.key), only_judge=bool(self.problems))
        except RowsRefusedError as error:
            self._note(error)
        else:
            self.done.update({row.row: ("created", recorded) for row, recorded in zip(rows, made, strict=True)})

    def _take_steps(self, found: Mapping[int, Contribution]) -> None:
        steps = [
            ToStep(
                row=row,
                pk=contribution.pk,
                seen_at=values["updated_at"],
                status=values["status"],
                since_on=values.get("since_on"),
                amount_usd=values.get("amount_usd"),
                note=values.get("step_note", ""),
            )
            for row, contribution in found.items()
            if "status" in (values := self.changes[row])
        ]
        if not steps:
            return
        try:
            changed = change_many_statuses(steps, by=self.user, why=why_of(self.key))
        except RowsRefusedError as error:
            self._note(error)
        else:
            results = zip(steps, changed, strict=True)
            self.done.update({step.row: ("changed", Recorded(contribution=row)) for step, row in results})

    def _note(self, error: RowsRefusedError) -> None:
        self.problems.update({row: by_name(told) for row, told in error.refusals.by_row.items()})
        self.foreign.update(error.refusals.foreign)

    def _correct(self, found: Mapping[int, Contribution]) -> None:
        rows = [row for row in found if "status" not in self.changes[row]]
        for row in rows[MOST_CORRECTIONS:]:
            self.problems[row] = {
                "code": [f"At most {MOST_CORRECTIONS} corrections are made at once: send this later."]
            }
        for row in rows[:MOST_CORRECTIONS]:
            self._correct_row(row, found[row], self.changes[row])

    def _correct_row(self, row: int, contribution: Contribution, values: dict[str, Any]) -> None:
        own = {name: value for name, value in values.items() if name not in {"code", "updated_at"}}
        seen_at: datetime = values["updated_at"]

        def check(current: Contribution) -> None:
            if current.updated_at != seen_at:
                raise PreconditionFailed(current.code, current.updated_at.isoformat().replace("+00:00", "Z"))

        try:
            recorded = apply_change(
                contribution=contribution, values=own, check=check, by=self.user, why=why_of(self.key)
            )
        except PermissionDenied as error:
            self.problems[row] = {"code": [str(error)]}
            self.foreign.add(row)
        except PreconditionFailed as error:
            self.problems[row] = {"updated_at": [str(error.detail)]}
        except Refusal as refusal:
            self.problems[row] = by_name(refusal)
        else:
            is_same = recorded.contribution.updated_at == seen_at
            self.done[row] = ("unchanged" if is_same else "changed", recorded)

    def tell(self) -> dict[str, Any]:
        """Return what became of each row. Queries: 2 for each 500."""
        shown = written_rows(recorded.contribution.pk for _outcome, recorded in self.done.values())
        results = [
            {
                "row": row,
                "outcome": outcome,
                "warnings": tell(recorded),
                "contribution": shown[recorded.contribution.pk],
            }
            for row, (outcome, recorded) in sorted(self.done.items())
        ]
        counts = {name: sum(entry["outcome"] == name for entry in results) for name in OUTCOMES}
        return {**counts, "results": results}


OUTCOMES = ("created", "changed", "unchanged")


def _by_code(rows: QuerySet[Contribution], codes: set[str]) -> dict[str, Contribution]:
    ordered, found = sorted(codes), {}
    for start in range(0, len(ordered), ROWS_AT_ONCE):
        found.update({row.code: row for row in rows.filter(code__in=ordered[start : start + ROWS_AT_ONCE])})
    return found


def _sentences(detail: Any) -> dict[str, list[str]]:
    fields = detail if isinstance(detail, dict) else {"body": detail}
    return {name: [str(sentence) for sentence in sentences] for name, sentences in fields.items()}
