"""Forms and formsets that let nothing through to the database which it would refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, UniqueConstraint
from django.forms.models import BaseInlineFormSet
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from .rights import right

PLACES = ("plan", "revision", "profile", "country")
"""The columns that decide where something belongs."""


class WholeRowForm(forms.ModelForm):
    """A form that checks the whole row, also the columns that it does not show.

    Django leaves out every constraint that touches a column outside the form; the database would then refuse the row
    with an error page instead of a sentence.
    """

    constraint_fields: ClassVar[dict[str, str]] = {}
    """Beside which field the sentence of a constraint stands; otherwise above the form."""
    is_shown_only: ClassVar[bool] = False
    """Whether what was typed is only to be looked at again, and not saved."""
    saved_by: ClassVar[Any] = None
    """Who fills it in, and has to have the right for what it says: a plan or country that is chosen may be another's.
    None: that is asked elsewhere."""

    def is_valid(self) -> bool:
        """Return whether the form can be saved, and is meant to be."""
        return super().is_valid() and not self.is_shown_only

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.saved_by is not None and not self.errors:
            self.judge_right()

    def judge_right(self) -> None:
        """Refuse a plan or a country where this person may not do this."""
        action = "add" if self.instance._state.adding else "change"
        name = right(self.instance._meta, action)
        if self.saved_by.has_perm(name, self.instance):
            return
        chosen = next((field for field in PLACES if self.cleaned_data.get(field)), None)
        why = self.saved_by.explain_missing(name, self.instance)
        if chosen is None and "country" in self.fields and self.saved_by.has_perm(name):
            chosen, told = "country", _("Choose a country: what belongs to none takes the right everywhere. %(why)s")
            why = told % {"why": why}
        self.add_error(chosen, why)

    def _get_validation_exclusions(self) -> set[str]:
        return {name for name in super()._get_validation_exclusions() if name in self.fields}  # type: ignore[misc]

    def _update_errors(self, errors: ValidationError) -> None:
        by_field = errors.error_dict if hasattr(errors, "error_dict") else {NON_FIELD_ERRORS: errors.error_list}
        placed: dict[str, list[ValidationError]] = {}
        for name, problems in by_field.items():
            for problem in problems:
                field = self._field_of(problem) if name == NON_FIELD_ERRORS else name
                placed.setdefault(field if field in self.fields else NON_FIELD_ERRORS, []).append(problem)
        super()._update_errors(ValidationError(placed))  # type: ignore[misc]

    def _field_of(self, problem: ValidationError) -> str:
        """Return the field that a constraint's sentence is about. The error itself does not name its constraint."""
        sentences = {
            str(constraint.violation_error_message): self.constraint_fields[constraint.name]
            for constraint in self.instance._meta.constraints
            if constraint.name in self.constraint_fields
        }
        return sentences.get(str(problem.message), NON_FIELD_ERRORS)


class RowForm(WholeRowForm):
    """One row among others on the page of what it belongs to."""

    fixed: ClassVar[dict[str, Any]] = {}
    """Columns that are the same for all rows of this list, and not shown."""
    judge_unchanged = False
    """Whether a row that nobody touched is judged again: something that it depends on has changed."""
    is_in_table: ClassVar[bool] = True
    """Whether the labels stand in the heading of a table, where no field is tied to them."""
    next_order: int | None = None
    parent: Any = None
    """What the rows belong to; it may not be saved yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.fixed.items():
            setattr(self.instance, name, value)
        if "order" in self.fields:
            self.fields["order"].required = False
            if self.instance.pk is None:  # the model's own default, 0, would put a new row first
                self.initial["order"] = None
                self.fields["order"].initial = None
        if self.is_in_table:
            self._name_fields()

    def _name_fields(self) -> None:
        """Give each field the name and the help of its column, for those who don't see the table."""
        table = str(self.prefix).rpartition("-")[0]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"{table}-{name}-help"

    def clean_order(self) -> int:
        """Put a row without a place at the end."""
        order = self.cleaned_data["order"]
        return order if order is not None else self.next_order or 0

    def _post_clean(self) -> None:
        if self.instance.pk is None or self.judge_unchanged or self.has_changed():
            super()._post_clean()


class TextForm(RowForm):
    """One row with long texts, laid out as a form of its own."""

    is_in_table = False


class RowFormSet(BaseInlineFormSet):
    """The rows of one thing, judged together."""

    model: type[Model]
    guards_parts = False
    """Whether a row that other rows belong to may not be removed here, where nobody sees what goes with it."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if isinstance(form, RowForm):
            form.parent = self.instance
            form.judge_unchanged = self.judges_unchanged()
            if "order" in form.fields:
                form.next_order = self._last_order + 1 + max(0, i - self.initial_form_count())
        return form

    def judges_unchanged(self) -> bool:
        """Return whether rows that nobody touched must be judged again."""
        return False

    @property
    def _last_order(self) -> int:
        return max((row.order for row in self.get_queryset()), default=0)

    def clean(self) -> None:
        """Refuse what no row shows by itself. Instead of Django's own sentences, which don't say what stands twice."""
        problems = [*self.duplicates(), *self.taken(), *self.still_used(), *self.problems()]
        if problems:
            raise ValidationError(problems)

    def problems(self) -> Iterable[str]:
        """Return what is wrong with the rows together, a sentence each."""
        return ()

    def rows(self) -> list[Any]:
        """Return the forms of the rows that will be there after saving and are right by themselves."""
        gone = {id(form) for form in self.deleted_forms}
        return [
            form
            for form in self.forms
            if id(form) not in gone and not form.errors and (form.instance.pk or form.has_changed())
        ]

    def duplicates(self) -> Iterator[str]:
        """Yield a sentence for each value that two rows share and only one may have."""
        for names in self._keys():
            shared = Counter(key for form in self.rows() if None not in (key := self._key(form.instance, names)))
            for key in (key for key, times in shared.items() if times > 1):
                yield _("%(what)s stands more than once: each may stand once.") % {"what": self._told(names, key)}

    def taken(self) -> Iterator[str]:
        """Yield a sentence for each value that a row takes over from one which gives it up in the same step.

        Rows are saved one by one: the database would meet the value twice on the way.
        """
        for names in self._keys():
            held = {tuple(form.initial.get(name) for name in names): form for form in self.initial_forms}
            deleted = {id(form) for form in self.deleted_forms}
            for form in self.rows():
                columns = self._columns(form.instance, names)
                other = held.get(columns)
                if (
                    None in columns
                    or other is None
                    or other is form
                    or (form.instance.pk is None and id(other) in deleted)
                ):
                    continue
                if id(other) in deleted or self._columns(other.instance, names) != columns:
                    yield _(
                        "%(what)s moves from one row to another: change the first row to something else and save, "
                        "then give it to the other."
                    ) % {"what": self._told(names, self._key(form.instance, names))}

    def still_used(self) -> Iterator[str]:
        """Yield a sentence for each row to be removed that other rows belong to."""
        if not self.guards_parts:
            return
        for row in (form.instance for form in self.deleted_forms if form.instance.pk):
            parts = []
            for relation in row._meta.related_objects:
                meta = relation.related_model._meta
                count = relation.related_model._base_manager.filter(**{relation.field.name: row}).count()
                if count:
                    parts.append(f"{count} {meta.verbose_name if count == 1 else meta.verbose_name_plural}")
            if parts:
                yield _("“%(row)s” can't be removed while other rows belong to it: %(parts)s. Remove those first.") % {
                    "row": row,
                    "parts": get_text_list(parts, _("and")),
                }

    def _keys(self) -> list[list[str]]:
        """Return the columns that are unique together within the parent, without the parent itself."""
        keys = [
            [name for name in constraint.fields if name != self.fk.name]
            for constraint in self.model._meta.constraints
            if isinstance(constraint, UniqueConstraint) and constraint.fields
        ]
        return [names for names in keys if names and all(name in self.form.base_fields for name in names)]

    def _columns(self, row: Model, names: list[str]) -> tuple[Any, ...]:
        fields: list[Any] = [self.model._meta.get_field(name) for name in names]
        return tuple(getattr(row, field.attname) for field in fields)

    def _key(self, row: Model, names: list[str]) -> tuple[Any, ...]:
        return tuple(getattr(row, name, None) for name in names)

    def _told(self, names: list[str], key: tuple[Any, ...]) -> str:
        parts = []
        for name, value in zip(names, key, strict=True):
            field: Any = self.model._meta.get_field(name)
            shown = dict(field.flatchoices).get(value, value)
            parts.append(_("%(field)s “%(value)s”") % {"field": field.verbose_name, "value": shown})
        return capfirst(get_text_list(parts, _("and")))
