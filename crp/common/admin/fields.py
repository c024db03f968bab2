"""Form fields and widgets for figures, long texts and choices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crp.common.numbers import write_number

EXAMPLE = Decimal("1234567.50")
GROUPED_OTHERWISE = re.compile(r"[+-]?(?!\d+\.\d+\Z)\d+(?:[.,]\d+)+")  # digits and marks, and no plain decimal


def read_number(text: str) -> str:
    """Return a number as Python reads it, from what is typed or pasted in the language of the page.

    Digits may be grouped as that language groups them. What is not clear is left as it is, to be refused.
    """
    text = re.sub(r"\s", "", text)  # the spaces of French numbers, narrow and unbreakable ones too
    point, comma = re.escape(str(get_format("DECIMAL_SEPARATOR"))), re.escape(str(get_format("THOUSAND_SEPARATOR")))
    if re.fullmatch(rf"[+-]?\d{{1,3}}({comma}\d{{3}})+({point}\d*)?", text):
        text = re.sub(comma, "", text)
    return re.sub(point, ".", text) if text.count(str(get_format("DECIMAL_SEPARATOR"))) == 1 else text


def write_exact(value: Decimal | int) -> str:
    """Return a number with its digits grouped and no decimal lost: two where it has cents, none where it has not."""
    exact = Decimal(value)
    decimals = -int(exact.normalize().as_tuple().exponent)
    return write_number(exact, max(2, decimals) if decimals > 0 else 0)


class NumberInput(forms.TextInput):
    """A figure with its digits grouped. Not ``type=number``, which shows 32353500."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "crp-number", "inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return value or None if value is None or isinstance(value, str) else write_exact(value)


class AmountField(forms.DecimalField):
    """A decimal, typed as the reader's language writes it."""

    widget = NumberInput
    default_error_messages = {"invalid": _("Enter a number: digits only, no letters.")}  # noqa: RUF012

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Raises: ValidationError, with an example where digits are grouped in another way than here."""
        text = read_number(value) if isinstance(value, str) else value
        if isinstance(text, str) and GROUPED_OTHERWISE.fullmatch(text):
            told = _("“%(text)s” is no number as this page writes them: expected one such as %(example)s.")
            raise forms.ValidationError(
                told, code="invalid", params={"text": value.strip(), "example": write_number(EXAMPLE)}
            )
        return super().to_python(text)


class WholeNumberField(forms.IntegerField):
    """A count of people or things, typed as the reader's language writes it."""

    widget = NumberInput
    default_error_messages = {"invalid": _("Enter a whole number: digits only, no letters.")}  # noqa: RUF012

    def to_python(self, value: Any) -> int | None:
        return super().to_python(read_number(value) if isinstance(value, str) else value)


class PlainTextField(forms.CharField):
    """A long text. Browsers send other line ends than they got, which is not a change."""

    def to_python(self, value: Any) -> str | None:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


FIGURES_AND_TEXTS: dict[type[models.Field], dict[str, Any]] = {
    models.DecimalField: {"form_class": AmountField, "widget": NumberInput},
    models.PositiveIntegerField: {"form_class": WholeNumberField, "widget": NumberInput},
    models.PositiveBigIntegerField: {"form_class": WholeNumberField, "widget": NumberInput},
    models.TextField: {"form_class": PlainTextField, "widget": AdminTextareaWidget},
    models.URLField: {"assume_scheme": "https"},
}


class SuggestingInput(forms.TextInput):
    """A text with suggestions, for a code that names a row of another table."""

    def __init__(self, suggestions: Iterable[tuple[str, str]], attrs: dict[str, Any] | None = None) -> None:
        self.suggestions = list(suggestions)
        super().__init__({"class": "vTextField", "autocomplete": "off", **(attrs or {})})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        list_id = f"{name}_suggestions"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, options)


class MarkdownInput(AdminTextareaWidget):
    """A long text in Markdown, with a button that shows it as readers will see it; the button needs JavaScript."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<div class="crp-markdown" data-preview="{}" data-failed="{}">{}<p class="crp-preview-bar">'
            '<button type="button" class="button crp-preview-button" aria-expanded="false" hidden>{}</button></p>'
            '<div class="crp-preview-text" aria-live="polite" hidden></div></div>',
            reverse("admin:preview_markdown"),
            _("The preview could not be made: is there a connection, and are you signed in?"),
            super().render(name, value, attrs, renderer),
            _("Preview"),
        )


class OfferedChoiceField(forms.ModelChoiceField):
    """A choice whose options are read once for all the rows of a page, and only offered, not enforced.

    Another row of the model is taken too, and left to the model's own rules, whose sentence says what is wrong with
    it; "not one of the available choices" does not.
    """

    def __init__(self, queryset: QuerySet, *, offered: QuerySet | None = None, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)
        rows = list(queryset if offered is None else offered)
        self.offered = {str(row.pk): row for row in rows}
        empty = [] if self.empty_label is None else [("", self.empty_label)]
        self.choices = [*empty, *((row.pk, self.label_from_instance(row)) for row in rows)]

    def to_python(self, value: Any) -> Model | None:
        return self.offered.get(str(value)) or super().to_python(value)
