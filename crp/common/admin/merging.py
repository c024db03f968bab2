"""What differs between two people's versions of a form, and one version made of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .versions import Layout, Page, Row, Sent, added_rows, label_of, same, show, title_of


class Side(StrEnum):
    """Whose version."""

    THEIRS = "theirs"
    YOURS = "yours"
    BOTH = "both"


@dataclass(frozen=True)
class Difference:
    """A field, or a whole row, that is not the same everywhere. Texts are as a reader understands them."""

    key: str
    place: str
    """Which table and row; empty for the fields of the form itself."""
    label: str
    opened: str
    theirs: str
    yours: str
    changed_by: Side

    @property
    def default(self) -> str:
        """Whose version stands where nobody chooses; empty where somebody has to."""
        return "" if self.changed_by == Side.BOTH else str(self.changed_by)


Choices = Mapping[str, str]


def compare(layout: Layout, opened: Page, now: Page, typed: Page) -> list[Difference]:
    """Return what somebody else changed since a form was opened, and what was typed into it meanwhile."""
    fields = {name: layout.form.fields[name] for name in layout.main_names()}
    found: list[Difference] = []
    for name, item in fields.items():
        sides = (opened.main.get(name, []), now.main.get(name, []), typed.main.get(name, []))
        found += _field(item, name, "", label_of(layout.form, name), sides)
    for prefix, (_formset, table) in layout.formsets.items():
        found += _table(layout, prefix, capfirst(table), (opened, now, typed))
    order = (Side.BOTH, Side.THEIRS, Side.YOURS)
    return sorted(found, key=lambda difference: order.index(difference.changed_by))


def _field(item: forms.Field, key: str, place: str, label: str, sides: tuple[Sent, Sent, Sent]) -> Iterator[Difference]:
    opened, theirs, yours = sides
    if same(item, theirs, yours):
        return
    they, you = not same(item, opened, theirs), not same(item, opened, yours)
    who = Side.BOTH if they and you else Side.THEIRS if they else Side.YOURS
    yield Difference(key, place, label, show(item, opened), show(item, theirs), show(item, yours), who)


def _table(layout: Layout, prefix: str, table: str, pages: tuple[Page, Page, Page]) -> Iterator[Difference]:
    typed = pages[-1]
    form = layout.empty_forms[prefix]
    fields = layout.row_fields(prefix)
    keys = dict.fromkeys(row.key for page in pages for row in page.tables.get(prefix, []) if row.key)
    for key in keys:
        before, theirs, mine = (page.row(prefix, key) for page in pages)
        if before is None and mine is not None:  # what it was like is not known any more
            before = Row(key, {})
        known = theirs or mine or before
        place = f"{table}: {title_of(fields, known)}" if known else table
        if before is None and theirs is not None and mine is None:
            yield _whole(f"{prefix}:{key}", place, ("–", _line(fields, theirs), "–"), Side.THEIRS)
        elif before is not None and theirs is None and mine is not None and not mine.is_deleted:
            who = Side.BOTH if _changed(fields, before, mine) else Side.THEIRS
            told = (_line(fields, before), _("removed"), _line(fields, mine))
            yield _whole(f"{prefix}:{key}", place, told, who)
        elif before is not None and theirs is not None and mine is not None and mine.is_deleted:
            who = Side.BOTH if _changed(fields, before, theirs) else Side.YOURS
            told = (_line(fields, before), _line(fields, theirs), _("removed"))
            yield _whole(f"{prefix}:{key}", place, told, who)
        elif before is not None and theirs is not None and mine is not None:
            for name, item in fields.items():
                sides = tuple(row.values.get(name, []) for row in (before, theirs, mine))
                yield from _field(item, f"{prefix}:{key}:{name}", place, label_of(form, name), sides)  # type: ignore[arg-type]
    for number, row in added_rows(typed, prefix):
        place = f"{table}: {title_of(fields, row)}"
        yield _whole(f"{prefix}:new-{number}", place, ("–", "–", _line(fields, row)), Side.YOURS)


def _whole(key: str, place: str, told: tuple[str, str, str], who: Side) -> Difference:
    return Difference(key, place, _("the whole row"), *told, who)


def _line(fields: Mapping[str, forms.Field], row: Row) -> str:
    """Return a row on one line."""
    return " · ".join(told for name, item in fields.items() if (told := show(item, row.values.get(name, []))) != "–")


def _changed(fields: Mapping[str, forms.Field], one: Row, other: Row) -> bool:
    return any(not same(item, one.values.get(name, []), other.values.get(name, [])) for name, item in fields.items())


def merge(layout: Layout, pages: tuple[Page, Page, Page], choices: Choices) -> Page:
    """Return one version of a form: of each difference the side that was chosen. ``pages``: opened, now, typed."""
    opened, now, typed = pages
    made = Page()
    for name in layout.main_names():
        theirs = choices.get(name) == Side.THEIRS
        made.main[name] = (now if theirs else typed).main.get(name, [])
    for prefix in layout.formsets:
        rows = [_merge_row(prefix, row, opened, typed, choices) for row in now.tables.get(prefix, [])]
        for row in opened.tables.get(prefix, []):
            mine = typed.row(prefix, row.key)
            wanted = choices.get(f"{prefix}:{row.key}") == Side.YOURS
            if now.row(prefix, row.key) is None and mine is not None and not mine.is_deleted and wanted:
                rows.append(Row("", mine.values))
        rows += [
            row for number, row in added_rows(typed, prefix) if choices.get(f"{prefix}:new-{number}") != Side.THEIRS
        ]
        made.tables[prefix] = rows
    return made


def _merge_row(prefix: str, row: Row, opened: Page, typed: Page, choices: Choices) -> Row:
    """Return a row that is saved now, as it was chosen."""
    mine, whole = typed.row(prefix, row.key), choices.get(f"{prefix}:{row.key}")
    if mine is None:
        is_added = opened.row(prefix, row.key) is None
        return Row(row.key, row.values, is_deleted=is_added and whole == Side.YOURS)
    if mine.is_deleted:
        return Row(row.key, row.values, is_deleted=whole != Side.THEIRS)
    values = {
        name: row.values[name] if choices.get(f"{prefix}:{row.key}:{name}") == Side.THEIRS else value
        for name, value in mine.values.items()
    }
    return Row(row.key, values)


def complete(differences: list[Difference], chosen: Choices) -> dict[str, str]:
    """Return a choice for each difference as far as there is one: the person's, or what goes without saying."""
    sides = {Side.THEIRS.value, Side.YOURS.value}
    found = {item.key: chosen.get(item.key) or item.default for item in differences}
    return {key: side for key, side in found.items() if side in sides}
