"""The rows of a draft as rows of a revision: built, compared with those that it has, written model by model.

A draft's rows take the place of all rows of their kind (of funding requests: of their breakdown). In a row that stays,
what was read from an earlier document and is not in this one is emptied; what officers added themselves stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from crp.common.history import bulk_create, bulk_update, credit, record
from funding.models import FundingRequest
from plans.models import Revision, RevisionRow
from plans.tree import links, row_models, rows_of

from .as_text import column_of, label_of
from .deciding import Key
from .draft import PLAN, REVISION, Draft, Plain, Ref, Row, Value


@dataclass(frozen=True)
class LeftOut:
    """A row or a value that was not written, and why. ``field``: empty: the whole row."""

    subject: str
    field: str
    why: str


@dataclass
class Placed:
    """What was written. ``instances``: by the subject in the draft; ``cited``: values to cite, by row and column."""

    instances: dict[str, Any] = field(default_factory=dict)
    cited: list[tuple[Any, str, Value]] = field(default_factory=list)
    emptied: list[tuple[str, str]] = field(default_factory=list)
    """Row keys and columns that hold nothing any more; an empty column: the whole row is gone."""
    left_out: list[LeftOut] = field(default_factory=list)
    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)


class Lists:
    """The entries of lists that a draft names. Queries: one a list."""

    def __init__(self, draft: Draft) -> None:
        wanted: dict[type[models.Model], list[Ref]] = defaultdict(list)
        for row, name, value in draft.values():
            column = column_of(row.kind, name)
            refs = value.value if isinstance(value.value, tuple) else (value.value,)
            if column is not None and isinstance(column.related_model, type):
                wanted[column.related_model].extend(ref for ref in refs if isinstance(ref, Ref))
        self._found = {model: self._load(model, refs) for model, refs in wanted.items() if refs}

    def entry(self, column: models.Field[Any, Any], ref: Ref) -> Any:
        """Return the entry that a value names. Raises ValidationError."""
        model: Any = column.related_model
        found = self._found.get(model, {}).get(tuple(str(part) for part in ref.key))
        if found is None:
            raise ValidationError(
                _("“%(entry)s” is not in the list “%(list)s”.")
                % {"entry": ref.label, "list": model._meta.verbose_name_plural}
            )
        return found

    @staticmethod
    def _load(model: Any, refs: Sequence[Ref]) -> dict[tuple[str, ...], Any]:
        fields = model.natural_key_fields
        related = {path.rpartition("__")[0] for path in fields if "__" in path}
        entries = model._default_manager.filter(**{f"{fields[-1]}__in": {ref.key[-1] for ref in refs}})
        entries = entries.select_related(*sorted(related)) if related else entries
        return {tuple(str(part) for part in entry.natural_key()): entry for entry in entries}


class Placer:
    """Writes the rows of one draft into one revision that is a draft, within the transaction of whoever calls it."""

    def __init__(
        self, revision: Revision, draft: Draft, lists: Lists, *, by_hand: Collection[Key], by: Any, has_rows: bool
    ) -> None:
        self.revision, self.draft, self.lists, self.by_hand, self.by = revision, draft, lists, by_hand, by
        self.placed = Placed()
        self.problems: list[str] = []
        self.existing: dict[type[models.Model], dict[str, Any]] = defaultdict(dict)
        self.standing: dict[type[models.Model], list[Any]] = defaultdict(list)
        self.cited_before: dict[str, set[str]] = defaultdict(set)
        if has_rows:
            for item in rows_of(revision):
                self.existing[type(item)][item.row_key] = item
            for subject, name in revision.citations.values_list("subject", "field"):
                self.cited_before[subject].add(name)

    def place(self) -> Placed:
        """Write everything. Raises ValidationError naming rows and fields. Queries: a few a kind of row."""
        known = {REVISION, PLAN} | {str(model._meta.model_name) for model in row_models()}
        for row in self.draft.rows:
            if row.kind not in known:
                self._leave_out(row.subject, "", _("CRP has no rows of this kind."))
        self._place_revision()
        for model in row_models():
            self._place_kind(model)
            self._stop_at_problems()
        self._remove_others()
        return self.placed

    def _leave_out(self, subject: str, name: str, why: str) -> None:
        self.placed.left_out.append(LeftOut(subject, name, why))

    def _stop_at_problems(self) -> None:
        if self.problems:
            raise ValidationError(self.problems)

    # The revision itself

    def _place_revision(self) -> None:
        row = self.draft.row(REVISION)
        if row is not None:
            self._fill(row, self.revision)
            self.placed.instances[REVISION] = self.revision
        if self.revision.stated_received_usd is not None:
            self.revision.reports_funding = True
        self._clean(REVISION, self.revision)
        self._stop_at_problems()
        try:
            self.revision.validate_constraints()
        except ValidationError as error:
            raise ValidationError([f"{REVISION}: {message}" for message in error.messages]) from None
        credit(self.revision, self.by).save()
        if row is not None:
            self._cite(row, self.revision)

    # Rows of one kind

    def _place_kind(self, model: type[RevisionRow]) -> None:
        new: list[tuple[Row, Any]] = []
        kept: list[Any] = []
        taken: dict[str, str] = {}
        for row in self.draft.of_kind(str(model._meta.model_name)):
            instance = self._build(model, row)
            if instance is None:
                self._let_stand(model, row.subject)
                continue
            if instance.row_key in taken:
                self._problem(row.subject, "", _("%(other)s is the same row.") % {"other": taken[instance.row_key]})
                continue
            taken[instance.row_key] = row.subject
            former = self.existing[model].pop(instance.row_key, None)
            if former is None:
                self._clean(row.subject, instance)
                new.append((row, instance))
                self.placed.instances[row.subject] = instance
            else:
                if self._take_over(row, former, instance):
                    self._clean(row.subject, former)
                    kept.append(former)
                self.placed.instances[row.subject] = former
        self._stop_at_problems()
        self._write(model, new, kept)
        for row in self.draft.of_kind(str(model._meta.model_name)):
            if row.subject in self.placed.instances:
                self._cite(row, self.placed.instances[row.subject])

    def _let_stand(self, model: type[RevisionRow], key: str) -> None:
        """Leave a row as the revision has it: what the document says of it is in question."""
        former = self.existing[model].pop(key, None)
        if former is not None:
            self.standing[model].append(former)

    def _build(self, model: type[RevisionRow], row: Row) -> Any:
        """Return an unsaved row. None: something that it can't do without is missing."""
        instance: Any = model(revision=self.revision, order=row.order)
        for name, subject in row.parents.items():
            parent = self.placed.instances.get(subject)
            if parent is None:
                self._leave_out(row.subject, "", _("%(parent)s was left out.") % {"parent": subject})
                return None
            setattr(instance, name, parent)
        self._fill_from_key(row, instance)
        self._fill(row, instance)
        lacking = [column.name for column in _required(instance) if getattr(instance, column.attname) in (None, "")]
        for name in lacking:
            why = _("The row can't do without it: %(field)s.") % {"field": label_of(row.kind, name)}
            self._leave_out(row.subject, "", why)
        return None if lacking else instance

    def _fill_from_key(self, row: Row, instance: Any) -> None:
        for path, part in zip(type(instance).row_key_fields, row.key, strict=False):
            if "__" in path:
                return  # what follows names other rows and lists
            if path not in row.values:
                setattr(instance, path, instance._meta.get_field(path).to_python(part))

    def _fill(self, row: Row, instance: Any) -> None:
        for name, value in row.values.items():
            column = column_of(row.kind, name)
            if column is None:
                if value.value is not None:
                    self._leave_out(row.subject, name, _("CRP has no such field."))
            elif value.question:
                self._leave_out(row.subject, name, value.question)
            elif row.kind != REVISION or column.editable:
                try:
                    setattr(instance, name, self._plain(column, value.value))
                except ValidationError as error:
                    self._problem(row.subject, name, " ".join(error.messages))

    def _plain(self, column: models.Field[Any, Any], value: Plain) -> Any:
        if isinstance(value, Ref):
            return self.lists.entry(column, value)
        if value is None:
            return None if column.null else column.get_default()
        return column.to_python(value)

    def _take_over(self, row: Row, former: Any, new: Any) -> bool:
        """Bring a row that the revision has up to date, and return whether anything changed."""
        changed = False
        read_before = self.cited_before[former.row_key]
        withheld = {name for name, value in row.values.items() if value.question}
        given = {"order", *row.values, *row.parents, *(path.partition("__")[0] for path in former.row_key_fields)}
        for column in type(former)._meta.concrete_fields:
            if column.name in ("id", "revision") or column.name in withheld:
                continue
            if column.name not in given and column.name not in read_before:
                continue
            if column.name not in given:
                self.placed.emptied.append((former.row_key, column.name))
            changed |= getattr(former, column.attname) != getattr(new, column.attname)
            # Where nothing changes too: what a link leads to was read with the lists, and needs no query any more.
            setattr(former, column.name, getattr(new, column.name))
        return changed

    def _write(self, model: type[Any], new: list[tuple[Row, Any]], kept: list[Any]) -> None:
        name = str(model._meta.model_name)
        try:
            with transaction.atomic():
                bulk_create(model, [instance for _row, instance in new], by=self.by)
                if kept:
                    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
                    bulk_update(model, kept, columns, by=self.by)
        except IntegrityError:
            self._tell_refused(new, kept)
        self.placed.created[name] += len(new)
        self.placed.updated[name] += len(kept)

    def _tell_refused(self, new: list[tuple[Row, Any]], kept: Iterable[Any]) -> None:
        """Raise ValidationError naming the rows that the database refused. Queries: a few a row, this once."""
        for subject, instance in [
            *((row.subject, made) for row, made in new),
            *((each.row_key, each) for each in kept),
        ]:
            try:
                instance.validate_constraints()
            except ValidationError as error:
                self._problem(subject, "", " ".join(error.messages))
        raise ValidationError(self.problems or [_("The database refused a row.")])

    def _clean(self, subject: str, instance: Any) -> None:
        """Take down what a form would refuse. Queries: none, links were looked up already."""
        links_of = [field.name for field in instance._meta.concrete_fields if field.is_relation]
        for check in (lambda: instance.clean_fields(exclude=links_of), instance.clean):
            try:
                check()
            except ValidationError as error:
                for name, messages in _by_field(error):
                    self._problem(subject, name, " ".join(messages))

    def _problem(self, subject: str, name: str, message: str) -> None:
        told = {"row": subject, "field": label_of(subject.partition(":")[0], name), "message": message}
        if name:
            self.problems.append(_("%(row)s, %(field)s: %(message)s") % told)
        else:
            self.problems.append(_("%(row)s: %(message)s") % told)

    def _cite(self, row: Row, instance: Any) -> None:
        """Take down what is to be cited. What follows from no line, such as that a sector is no priority, is not."""
        for name, value in row.values.items():
            has_lines = value.span is not None or (row.subject, name) in self.by_hand
            if has_lines and not value.question and column_of(row.kind, name) is not None:
                self.placed.cited.append((instance, name, value))

    # What the document no longer has

    def _remove_others(self) -> None:
        """Remove the rows of the kinds that the document has and that are not in it, with what belongs to them."""
        doomed: dict[type[models.Model], dict[int, Any]] = {}
        told = {_scope(row.kind, row.key) for row in self.draft.rows if row.subject in self.placed.instances}
        for model in row_models():
            doomed[model] = {
                item.pk: item
                for item in self.existing[model].values()
                if _scope(str(model._meta.model_name), (getattr(item, "breakdown", ""),)) in told
                or any(getattr(item, f"{name}_id") in doomed[target] for name, target in _owners(model))
            }
        for model in row_models():
            for name, target in set(links(model)) - set(_owners(model)):
                for item in self._surviving(model, doomed):
                    doomed[target].pop(getattr(item, f"{name}_id"), None)
        for model in reversed(row_models()):
            if gone := list(doomed[model].values()):
                record(model, gone, by=self.by, kind="-")
                rows: Any = model._default_manager.filter(pk__in=doomed[model])
                rows._raw_delete(rows.db)
                self.placed.removed[str(model._meta.model_name)] += len(gone)
                self.placed.emptied.extend((item.row_key, "") for item in gone)

    def _surviving(
        self, model: type[models.Model], doomed: Mapping[type[models.Model], Mapping[int, Any]]
    ) -> list[Any]:
        written = [item for item in self.placed.instances.values() if type(item) is model]
        left = [item for item in self.existing[model].values() if item.pk not in doomed[model]]
        return [*written, *self.standing[model], *left]


def _scope(kind: str, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return what rows take the place of: all of their kind, funding requests all of their breakdown."""
    return (kind, key[0]) if kind == FundingRequest._meta.model_name else (kind,)


def _owners(model: type[RevisionRow]) -> list[tuple[str, type[RevisionRow]]]:
    """Return the links to rows that a row goes with."""
    return [(name, target) for name, target in links(model) if _goes_with(model, name)]


def _goes_with(model: type[RevisionRow], name: str) -> bool:
    remote: Any = model._meta.get_field(name).remote_field
    return remote.on_delete is models.CASCADE


def _required(instance: Any) -> list[Any]:
    """Return the columns that a row can't do without, what a funding request is for included."""
    columns = [
        column
        for column in instance._meta.concrete_fields
        if not (column.null or column.blank or column.has_default() or column.primary_key or column.name == "revision")
    ]
    if isinstance(instance, FundingRequest) and instance.breakdown in FundingRequest.Breakdown.values:
        is_cluster = instance.breakdown == FundingRequest.Breakdown.GLOBAL_CLUSTER
        columns.append(instance._meta.get_field("sector" if is_cluster else instance.breakdown))
    return columns


def _by_field(error: ValidationError) -> list[tuple[str, list[str]]]:
    if hasattr(error, "error_dict"):
        return [("" if name == "__all__" else name, messages) for name, messages in error.message_dict.items()]
    return [("", error.messages)]
