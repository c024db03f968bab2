"""Two people at one form: what it showed when it was opened, what is saved now, and what one of them typed.

A page is told by what a browser sends for it. Rows are known by their keys, so that a row that came or went meanwhile
moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseForm, BoundField, CheckboxInput, MultiWidget
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

Sent = list[str]
LONGEST_TITLE = 80
MOST_ROWS = 2000
"""More than any table of a form has: a number beyond it is nobody's typing."""


@dataclass
class Row:
    """A row of a table; ``key`` is empty where it is not saved yet."""

    key: str
    values: dict[str, Sent]
    is_deleted: bool = False


@dataclass
class Page:
    """What a browser sends for a form."""

    main: dict[str, Sent] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def pack(self) -> dict[str, Any]:
        """Return the page as JSON takes it."""
        tables = {prefix: [[row.key, row.values] for row in rows] for prefix, rows in self.tables.items()}
        return {"main": self.main, "tables": tables}

    @classmethod
    def unpack(cls, packed: dict[str, Any]) -> Page:
        tables = {prefix: [Row(key, values) for key, values in rows] for prefix, rows in packed["tables"].items()}
        return cls(packed["main"], tables)

    def row(self, prefix: str, key: str) -> Row | None:
        """Return a saved row."""
        return next((row for row in self.tables.get(prefix, []) if key and row.key == key), None)


@dataclass(frozen=True)
class Layout:
    """The fields of a page: its form, and its tables that this person may change."""

    form: Any
    formsets: Mapping[str, tuple[Any, str]]
    """Each formset that may be changed, with its name, by prefix."""
    others: tuple[Any, ...] = ()
    """The formsets that are only shown."""

    @classmethod
    def of(cls, form: Any, formsets: Iterable[tuple[Any, str, bool]]) -> Layout:
        """Return a layout of formsets, each with its name and whether it may be changed."""
        found = list(formsets)
        own = {formset.prefix: (formset, str(name)) for formset, name, may_change in found if may_change}
        return cls(form, own, tuple(formset for formset, _name, may_change in found if not may_change))

    @cached_property
    def empty_forms(self) -> dict[str, Any]:
        """An empty row of each table, made once: Django makes one whenever it is asked."""
        return {prefix: formset.empty_form for prefix, (formset, _name) in self.formsets.items()}

    def main_names(self) -> list[str]:
        """Return the names of the fields that one types into; never that of a password, which is only shown."""
        fields = self.form.fields.items()
        return [name for name, item in fields if not item.disabled and not isinstance(item.widget, MultiWidget)]

    def row_fields(self, prefix: str) -> dict[str, forms.Field]:
        """Return the fields of the rows of a table that one types into."""
        formset = self.formsets[prefix][0]
        own = (formset.model._meta.pk.name, formset.fk.name, DELETION_FIELD_NAME)
        return {name: item for name, item in self.empty_forms[prefix].fields.items() if name not in own}

    def read(self) -> Page:
        """Return what a browser sends for the page as it stands, untouched. The forms must not be bound."""
        page = Page({name: sent(self.form[name]) for name in self.main_names()})
        for prefix, (formset, _name) in self.formsets.items():
            names = list(self.row_fields(prefix))
            page.tables[prefix] = [
                Row(str(form.instance.pk), {name: sent(form[name]) for name in names}) for form in formset.initial_forms
            ]
        return page

    def read_typed(self, data: QueryDict) -> Page:
        """Return what somebody sent. Rows that were added and left empty are none."""
        page = Page({name: data.getlist(name) for name in self.main_names()})
        for prefix, (formset, _name) in self.formsets.items():
            names = list(self.row_fields(prefix))
            empty = {name: sent(self.empty_forms[prefix][name]) for name in names}
            total = data.get(f"{prefix}-TOTAL_FORMS", "")
            rows = []
            for number in range(min(int(total), MOST_ROWS) if total.isdecimal() else 0):
                at = f"{prefix}-{number}-"
                values = {name: data.getlist(at + name) for name in names}
                row = Row(data.get(at + formset.model._meta.pk.name, ""), values, at + DELETION_FIELD_NAME in data)
                if row.key or (not row.is_deleted and any(_differ(values[name], empty[name]) for name in names)):
                    rows.append(row)
            page.tables[prefix] = rows
        return page

    def write(self, page: Page) -> QueryDict:
        """Return a page as a browser sends it."""
        data = QueryDict(mutable=True)
        for name, value in page.main.items():
            data.setlist(name, value)
        for formset in self.others:
            for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
                data[f"{formset.prefix}-{name}"] = str(formset.initial_form_count())
        for prefix, (formset, _name) in self.formsets.items():
            # Django takes the rows that are saved first.
            rows = sorted(page.tables.get(prefix, []), key=lambda row: not row.key)
            data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
            data[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(row.key) for row in rows))
            data[f"{prefix}-MIN_NUM_FORMS"], data[f"{prefix}-MAX_NUM_FORMS"] = "0", str(formset.max_num)
            for number, row in enumerate(rows):
                at = f"{prefix}-{number}-"
                data[at + formset.model._meta.pk.name] = row.key
                data[at + formset.fk.name] = str(formset.instance.pk)
                for name, value in row.values.items():
                    data.setlist(at + name, value)
                if row.is_deleted:
                    data[at + DELETION_FIELD_NAME] = "on"
        return data


def sent(bound: BoundField) -> Sent:
    """Return what a browser sends for a field that nobody touches."""
    value, widget = bound.value(), bound.field.widget
    if isinstance(widget, CheckboxInput):
        return ["on"] if value else []
    if isinstance(value, (list, tuple, set, QuerySet)):
        return [str(item.pk if isinstance(item, Model) else item) for item in value]
    if value is None or isinstance(value, str):
        return [value or ""]
    if isinstance(value, Model):
        return [str(value.pk)]
    return [str(value) if hasattr(widget, "choices") else str(widget.format_value(value))]


def same(item: forms.Field, one: Sent, other: Sent) -> bool:
    """Return whether two ways of filling in a field mean the same: ``6,200,000`` and ``6200000.00`` do."""
    return not _differ(one, other) or _meaning(item, one) == _meaning(item, other)


def _differ(one: Sent, other: Sent) -> bool:
    lines = [[text.replace("\r\n", "\n") for text in texts if text] for texts in (one, other)]
    return lines[0] != lines[1]


def _meaning(item: forms.Field, texts: Sent) -> Any:
    data = QueryDict(mutable=True)
    if texts:
        data.setlist("it", texts)
    try:
        value = item.clean(item.widget.value_from_datadict(data, {}, "it"))
    except ValidationError:
        return ("unread", *texts)
    return frozenset(row.pk for row in value) if isinstance(value, QuerySet) else value


def show(item: forms.Field, texts: Sent) -> str:
    """Return what a field says, in words. The choices of a list are told by their names."""
    if isinstance(item.widget, CheckboxInput):
        return _("Yes") if texts else _("No")
    filled = [text for text in texts if text]
    if not filled:
        return "–"
    if isinstance(item, forms.ModelChoiceField):
        chosen = _meaning(item, texts)
        rows: Any = (
            [chosen] if isinstance(chosen, Model) else cast(QuerySet, item.queryset).filter(pk__in=_numbers(filled))
        )
        return ", ".join(item.label_from_instance(row) for row in rows) or ", ".join(filled)
    if isinstance(item, forms.ChoiceField):
        choices: Any = item.choices
        names = {str(value): str(name) for value, name in choices if not isinstance(name, (list, tuple))}
        return ", ".join(names.get(text, text) for text in filled)
    return ", ".join(filled)


def _numbers(texts: Sent) -> list[str]:
    return [text for text in texts if text.isdecimal() and len(text) < 19]


def title_of(fields: Mapping[str, forms.Field], row: Row) -> str:
    """Return what a row is called: the first of its fields that says something in words, or else in figures."""
    figures = [name for name, item in fields.items() if isinstance(item, (forms.IntegerField, forms.DecimalField))]
    for name in (*(name for name in fields if name not in figures), *figures):
        if (told := show(fields[name], row.values.get(name, []))) != "–":
            return told if len(told) <= LONGEST_TITLE else f"{told[: LONGEST_TITLE - 1]}…"
    return "–"


def label_of(form: BaseForm, name: str) -> str:
    """Return the label of a field."""
    return capfirst(str(form[name].label))


def added_rows(page: Page, prefix: str) -> Iterator[tuple[int, Row]]:
    """Yield the rows that are not saved yet, with their places."""
    yield from ((place, row) for place, row in enumerate(page.tables.get(prefix, [])) if not row.key)
