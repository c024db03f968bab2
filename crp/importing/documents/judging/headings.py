"""Lines that have lost their heading: does their amount fill what the others lack?"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.importing.documents.draft import Basis, Ref, Value
from funding.checks.values import told

from .reading import Breakdown, Line, Reading, sum_known


def is_without_heading(line: Line) -> bool:
    """Tell whether a line of a sector stands under no heading: its sector is not known, or inferred from the text."""
    sector = line.row.values.get("sector")
    if sector is None:
        return True
    return not sector.printed and (sector.value is None or sector.basis is Basis.INFERRED)


def lost_headings(reading: Reading) -> None:
    """Note whether the lines without a heading are exactly what the others lack of the total; ask what they are for."""
    lines = reading.lines(Breakdown.SECTOR)
    lost = [line for line in lines if is_without_heading(line)]
    note = _arithmetic(reading, lost, [line for line in lines if not is_without_heading(line)])
    for line in lost:
        sector = line.row.values.get("sector")
        if note:
            reading.note(line.row, "sector", note)
            _note_over_text(reading, sector, note)
        if sector is not None and not sector.question:
            reading.ask(line.row, "sector", _("The heading is lost: which sector is it?"))


def _note_over_text(reading: Reading, sector: Value | None, note: str) -> None:
    """Put the note at the heading that the text of the line was given for the same reason."""
    if sector is None or not isinstance(sector.value, Ref):
        return
    for text in reading.rows("narrative"):
        heading = text.values.get("heading")
        if heading is not None and heading.basis is Basis.INFERRED and heading.value == sector.value.label:
            reading.note(text, "heading", note)


def _arithmetic(reading: Reading, lost: list[Line], headed: list[Line]) -> str:
    """Return what the lines under headings lack of the total, beside the others. Empty: an amount is not known."""
    amount, total = sum_known([line.usd for line in lost]), reading.total()
    among = sum_known([line.usd for line in headed])
    if amount is None or total is None or among is None:
        return ""
    told_in = {
        "amount": told(amount),
        "number": len(headed),
        "sum": told(among),
        "total": told(total),
        "lack": told(total - among),
    }
    if amount != total - among:
        return (
            _("The lines under headings (%(sum)s) lack %(lack)s of the %(total)s of the plan, not %(amount)s.")
            % told_in
        )
    return (
        ngettext(
            "%(amount)s is exactly what the %(number)s line under a heading (%(sum)s) lacks of the plan’s %(total)s.",
            "%(amount)s is exactly what the %(number)s lines under headings (%(sum)s) lack of the plan’s %(total)s.",
            len(headed),
        )
        % told_in
    )
