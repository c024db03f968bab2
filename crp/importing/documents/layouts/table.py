"""A plan as a table in CSV, one value a line: what ``manage.py export_plan`` writes and any spreadsheet can.

Columns ``row``, ``field`` and ``value``, in any order, and where wanted ``basis`` and ``note``. See docs/importing.md.
Unlike a page, a table is read as it stands: no word of it is mended, no name of a list is looked for but its code.
"""

from __future__ import annotations

import re
from collections import Counter

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crp.importing.documents.as_text import column_of, plain_from_text
from crp.importing.documents.document import Document
from crp.importing.documents.draft import Basis, Confidence, Draft, Plain, Ref, Remark, Row, Span, Unit, Value
from crp.importing.documents.names import Names

from .table_keys import ORDERED_WITHIN, Named, fields_of, is_parent, named_by, requests_named, unit_of
from .table_lines import Entry, Header, entries_of, header_of

code = "table"
label = gettext_noop("Table of a plan (CSV)")

ORDER = "order"
MOST_REMARKS = 100
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,10})?", re.ASCII)


def recognises(document: Document) -> bool:
    """Tell whether a document is such a table, by its first line."""
    return header_of(document) is not None


def read(document: Document, names: Names) -> Draft:
    """Return what the table says. Nothing raises: what is not understood is left."""
    header = header_of(document)
    return Draft(code) if header is None else _Table(document, names).read(header)


class _Table:
    """A table that is being read."""

    def __init__(self, document: Document, names: Names) -> None:
        self.document, self.names = document, names
        self.draft = Draft(code)
        self.rows: dict[str, Row] = {}
        self.named: dict[str, Named] = {}
        self.begins: dict[str, Span] = {}
        self.orders: dict[str, int] = {}
        self.told = 0

    def read(self, header: Header) -> Draft:
        self.draft.read.add(header.line)
        if unknown := header.unknown():
            text = _("Line %(line)s: these columns are not read: %(columns)s.")
            self._remark(text % {"line": header.line, "columns": ", ".join(unknown)}, Span.of(header.line))
        for entry in entries_of(self.document, header):
            self._read_entry(entry)
        for row in self.draft.rows:
            self._complete(row)
        self._count()
        self._tell_damage()
        if self.told > MOST_REMARKS:
            text = _("%(count)s more remarks of this kind are left out.")
            self.draft.remarks.append(Remark(text % {"count": self.told - MOST_REMARKS}))
        return self.draft

    def _remark(self, text: str, span: Span) -> None:
        self.told += 1
        if self.told <= MOST_REMARKS:
            self.draft.remarks.append(Remark(text, span))

    # One line

    def _read_entry(self, entry: Entry) -> None:
        told = {"line": entry.span, "row": entry.row, "field": entry.field}
        name = entry.field.casefold()
        row = self._row(entry)
        if row is None:
            if entry.problem:
                self._remark(entry.problem, entry.span)
            else:
                self._remark(_("Line %(line)s: no row has the name “%(row)s”.") % told, entry.span)
        elif name not in fields_of(row.kind):
            self._remark(_("Line %(line)s: %(row)s has no field “%(field)s”.") % told, entry.span)
        elif name == ORDER:
            self._read_order(row, entry)
        elif is_parent(column_of(row.kind, name)):
            self._read_parent(row, name, entry)
        else:
            self._take(row, name, entry, self._value(row.kind, name, entry))

    def _row(self, entry: Entry) -> Row | None:
        """Return the row that a line is about, a new one where it is the first. None: it has no such name."""
        row = self.rows.get(entry.row)
        if row is not None:
            return row
        named = named_by(entry.row)
        if named is None:
            return None
        row = self.rows.get(named.subject)
        if row is None:
            row = self.draft.add(Row(named.kind, named.key, parents=dict(named.parents)))
            if named.kind == "fundingrequest":
                row.values["breakdown"] = Value(value=named.key[0], unit=Unit.NAME)
            self.named[row.subject], self.begins[row.subject] = named, entry.span
            self.rows[row.subject] = row
        self.rows[entry.row] = row
        return row

    def _take(self, row: Row, name: str, entry: Entry, value: Value) -> None:
        former = row.values.get(name)
        if former is None or former.span is None:
            row.values[name] = value
            return
        told = {"line": entry.span, "row": row.subject, "field": name, "first": former.span}
        self._cover(entry)
        if (former.value, former.basis) == (value.value, value.basis) and not value.question:
            self._remark(_("Line %(line)s says again what line %(first)s says.") % told, entry.span)
            return
        text = _("Line %(line)s says something else of %(row)s.%(field)s than line %(first)s: which of the two holds?")
        row.values[name] = former.asked(text % told, confidence=Confidence.LOW)
        self._remark(text % told, entry.span)

    def _read_order(self, row: Row, entry: Entry) -> None:
        self._cover(entry)
        if entry.text.isascii() and entry.text.isdecimal() and len(entry.text) < 5 and not entry.problem:
            self.orders[row.subject] = int(entry.text)
        else:
            text = entry.problem or _("Line %(line)s: an order is a whole number, such as 3.") % {"line": entry.span}
            self._remark(text, entry.span)

    def _read_parent(self, row: Row, name: str, entry: Entry) -> None:
        """Put the row that a row belongs to, told by its name. Where the row's own name tells it, that holds."""
        self._cover(entry)
        parent = named_by(entry.text)
        column = column_of(row.kind, name)
        wanted = "" if column is None or column.related_model is None else column.related_model._meta.model_name
        told = {"line": entry.span, "row": row.subject, "field": name, "value": entry.text[:100], "kind": wanted}
        if entry.problem or not entry.text:
            self._remark(
                entry.problem or _("Line %(line)s: the row that %(row)s belongs to is missing.") % told, entry.span
            )
        elif parent is None or parent.kind != wanted:
            text = _("Line %(line)s: “%(value)s” is no name of a row such as %(kind)s:…, that %(row)s belongs to.")
            self._remark(text % told, entry.span)
        elif row.parents.setdefault(name, parent.subject) != parent.subject:
            told["first"] = row.parents[name]
            text = _("Line %(line)s: %(row)s belongs to %(first)s, not to “%(value)s”.")
            self._remark(text % told, entry.span)

    def _cover(self, entry: Entry) -> None:
        self.draft.read.update(range(entry.span.first, entry.span.last + 1))

    # Values

    def _value(self, kind: str, name: str, entry: Entry) -> Value:
        unit = unit_of(kind, name)
        if entry.problem:
            return _in_question(unit, entry, entry.problem)
        if not entry.text:
            return Value(value=None, unit=unit, basis=Basis.MISSING, span=entry.span, note=entry.note)
        try:
            plain = self._plain(kind, name, entry.text)
        except ValidationError as error:
            told = {"line": entry.span, "why": " ".join(error.messages)}
            return _in_question(unit, entry, _("Line %(line)s: %(why)s") % told)
        return self._judged(Value(value=plain, unit=unit, span=entry.span, printed=entry.text), entry)

    def _plain(self, kind: str, name: str, text: str) -> Plain:
        """Return what a text says for a field. Raises ValidationError."""
        column = column_of(kind, name)
        if column is None:
            return text  # the address of the plan's page, which no column holds
        if isinstance(column, models.ManyToManyField):
            refs = tuple(self._entry(column, part) for part in text.split(",") if part.strip())
            return tuple(dict.fromkeys(refs))
        if column.is_relation:
            return self._entry(column, text)
        if isinstance(column, (models.DecimalField, models.IntegerField)) and not NUMBER.fullmatch(text):
            raise ValidationError(
                _("“%(text)s” is no number. Write it as 1200000 or 7.10.") % {"text": text[:100]}, code="no_number"
            )
        return plain_from_text(column, text)

    def _entry(self, column: models.Field[object, object], text: str) -> Ref:
        """Return the entry of a list that a code names. Raises ValidationError."""
        meta = column.related_model._meta  # type: ignore[union-attr]
        found = self.names.entry(str(meta.model_name), tuple(part.strip() for part in text.split("/")))
        if found is None:
            raise ValidationError(
                _("“%(text)s” is no entry of the list “%(list)s”. Entries are named by their codes.")
                % {"text": text.strip()[:100], "list": meta.verbose_name_plural},
                code="unknown",
            )
        return found

    def _judged(self, value: Value, entry: Entry) -> Value:
        """Return a value with its basis and its note, in question where these can't be."""
        told = {"line": entry.span, "basis": entry.basis}
        bases = {basis.value: basis for basis in Basis}
        basis = bases.get(entry.basis or Basis.STATED.value)
        asked = entry.doubt
        if basis is None:
            text = _("Line %(line)s: “%(basis)s” is none of stated, inferred, computed and missing: which is it?")
            asked = text % told
        elif basis is Basis.MISSING:
            asked = _("Line %(line)s says that the value is missing, and gives one: which is it?") % told
        elif basis is Basis.INFERRED and not entry.note:
            asked = _("Line %(line)s says that the value is inferred: from what? Its note is empty.") % told
        if asked or basis is None:
            return Value(
                value=value.value,
                unit=value.unit,
                span=value.span,
                printed=value.printed,
                note=entry.note,
                confidence=Confidence.LOW,
                question=asked,
            )
        return Value(
            value=value.value, unit=value.unit, basis=basis, span=value.span, printed=value.printed, note=entry.note
        )

    # All lines

    def _complete(self, row: Row) -> None:
        """Give a row what its name says, and tell where it belongs to a row that is not there."""
        named, span = self.named[row.subject], self.begins[row.subject]
        for name, key in named.refs.items():
            self._fill_ref(row, name, key, span)
        if row.kind == "requestshare" and "funding_request" not in row.parents:
            found = next((subject for subject in requests_named(row.key) if subject in self.rows), None)
            if found is not None:
                row.parents["funding_request"] = found
        for parent in row.parents.values():
            if parent not in self.rows:
                text = _("Line %(line)s: %(row)s belongs to %(parent)s, which no line gives.")
                self._remark(text % {"line": span, "row": row.subject, "parent": parent}, span)

    def _fill_ref(self, row: Row, name: str, key: tuple[str, ...], span: Span) -> None:
        """Put the entry that the row's name names, where no line gives it; ask where a line gives another."""
        found = row.values.get(name)
        if found is None:
            text = "/".join(key)
            row.values[name] = self._value(row.kind, name, Entry(span, row.subject, name, text))
        elif isinstance(found.value, Ref) and tuple(str(part) for part in found.value.key) != key:
            text = _("The row is named %(row)s, and line %(line)s gives “%(value)s”: which is it?")
            told = {"row": row.subject, "line": found.span, "value": found.printed[:100]}
            row.values[name] = found.asked(text % told, confidence=Confidence.LOW)

    def _count(self) -> None:
        """Give the rows their order: as their names say, as a line tells, or behind the one before."""
        last: Counter[str] = Counter()
        for row in self.draft.rows:
            by_name, scope = self.named[row.subject].order, scope_of(row)
            row.order = by_name if by_name is not None else self.orders.get(row.subject, last[scope] + 1)
            last[scope] = row.order

    def _tell_damage(self) -> None:
        damaged = [line.number for line in self.document if "\N{REPLACEMENT CHARACTER}" in line.raw or line.is_damaged]
        if damaged:
            text = _("The characters of these lines look damaged, and are taken as they stand: %(lines)s.")
            shown = ", ".join(map(str, damaged[:20])) + (" …" if len(damaged) > 20 else "")
            self.draft.remarks.append(Remark(text % {"lines": shown}, Span.of(damaged[0])))


def scope_of(row: Row) -> str:
    """Return within what a row is counted."""
    if row.kind == "fundingrequest":
        return f"{row.kind}:{row.key[0]}"
    return f"{row.kind}:{row.parents.get(ORDERED_WITHIN.get(row.kind, ''), '')}"


def _in_question(unit: Unit, entry: Entry, question: str) -> Value:
    return Value(
        value=None,
        unit=unit,
        span=entry.span,
        printed=entry.text,
        confidence=Confidence.LOW,
        note=entry.note,
        question=question,
    )
