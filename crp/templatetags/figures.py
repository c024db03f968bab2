"""Filters that write figures: with their groups, by locale, and in words where there is no figure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crp.common.markdown import render_markdown
from crp.common.numbers import write_change, write_compact, write_number, write_percent, write_percent_change

register = template.Library()


def not_reported() -> SafeString:
    """Return what stands where a figure is not known."""
    return format_html('<span class="none">{}</span>', _("Not reported"))


def dash() -> SafeString:
    """Return the short form for dense tables: a dash to the eye, the words to a screen reader and on hover."""
    words = _("Not reported")
    return format_html(
        '<span class="none" title="{}"><span aria-hidden="true">–</span><span class="unseen">{}</span></span>',
        words,
        words,
    )


@register.filter
def number(value: Decimal | int | None) -> str:
    """Write an amount or a count; ``Not reported`` for None."""
    return not_reported() if value is None else write_number(value)


@register.filter
def number_cell(value: Decimal | int | None) -> str:
    """Write an amount or a count in a dense table; a dash for None."""
    return dash() if value is None else write_number(value)


@register.filter
def pledge_cell(value: Decimal | None) -> str:
    """Write a pledge in a dense table. None is no gap in the report: no pledge is on record."""
    return write_number(value) if value is not None else format_html('<span class="none">{}</span>', _("none"))


@register.filter
def percent(value: Decimal | None) -> str:
    """Write a computed percentage, always with two decimals; ``Not reported`` for None."""
    return not_reported() if value is None else write_percent(value)


@register.filter
def percent_cell(value: Decimal | None) -> str:
    """Write a computed percentage in a dense table; a dash for None."""
    return dash() if value is None else write_percent(value)


@register.filter
def change(value: Decimal | int | None) -> str:
    """Write a difference with its sign; nothing for None: one of the two figures is not known."""
    return "" if value is None else write_change(value)


@register.filter
def change_as_printed(value: Decimal) -> str:
    """Write the difference of two values of an index or share with its sign and no more decimals than it has."""
    return write_change(value, max(0, -int(value.normalize().as_tuple().exponent)))


@register.filter
def percent_change(value: Decimal | None) -> str:
    """Write a difference in percent with its sign; nothing for None."""
    return "" if value is None else write_percent_change(value)


@register.filter
def share(value: Decimal) -> str:
    """Write a percentage that a document states, with no more decimals than it has."""
    return write_percent(value, None)


@register.filter
def as_printed(value: Decimal) -> str:
    """Write the value of an index with no more decimals than its source prints: ``7.1``, ``5``."""
    plain = value.normalize()
    return number_format(plain, max(0, -int(plain.as_tuple().exponent)), use_l10n=True)


@register.filter
def compact(value: Decimal | int | None) -> str:
    """Write an amount short enough for the label of a chart; a dash for None."""
    return dash() if value is None else write_compact(value)


@register.filter
def paragraphs(text: str) -> list[str]:
    """Split plain text where it has an empty line."""
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


@register.filter
def markdown(text: str, below: int) -> SafeString:
    """Write a text in Markdown as HTML; ``below``: the level of the heading that it stands under."""
    return render_markdown(text, below)


@register.filter
def one_line(text: str) -> str:
    """Join the lines of a text by a dot in the middle."""
    return " · ".join(line.strip() for line in text.splitlines() if line.strip())


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """Return the value of a mapping under a key, or None."""
    return mapping.get(key) if mapping else None


@register.simple_tag
def cite(book: Any, row: Any, *fields: str) -> str:
    """Mark a figure with the number of its source on the page; nothing where it has none."""
    return cited(book.of(row, *fields))


@register.simple_tag
def cited(citation: Any) -> str:
    """Mark a figure with a source that is already found.

    Written here and not in a template: a page of a plan has a hundred of them.
    """
    if not citation:
        return ""
    title = citation.citation.source.title
    if citation.citation.lines:
        title = f"{title}, {_('line %(lines)s') % {'lines': citation.citation.lines}}"
    basis = _("inferred") if citation.is_inferred else _("computed") if citation.is_computed else ""
    mark = format_html(
        '<a class="cite" href="#citation-{number}" title="{title}"><span class="unseen">{source} </span>{number}</a>',
        number=citation.number,
        title=title,
        source=_("Source"),
    )
    if not basis:
        return mark
    return mark + format_html(' <a class="tag is-inferred" href="#citation-{}">{}</a>', citation.number, basis)


LONG, LONGEST = 12, 14


@register.simple_tag
def size_of(*amounts: Decimal | None) -> str:
    """Return the class under which a row of headline figures fits, however many digits its longest has."""
    digits = max((len(write_number(amount)) for amount in amounts if amount is not None), default=0)
    if digits > LONGEST:
        return "is-longest"
    return "is-long" if digits > LONG else ""
