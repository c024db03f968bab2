"""Frameworks against their projects, and printed percentages against the amounts beside them."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from crp.common.money import percent_of, rounds_to
from crp.importing.documents.draft import Row
from funding.checks.values import told

from .reading import Breakdown, Reading, figure, place, sum_known, usd_of


def projects_of_frameworks(reading: Reading) -> None:
    """Ask about a framework whose projects add to another amount than is printed for it."""
    for framework in reading.rows("framework"):
        asked = reading.line(Breakdown.FRAMEWORK, *framework.key)
        requests = [reading.line(Breakdown.PROJECT, *project.key) for project in reading.rows_of("project", framework)]
        values = [None if request is None else request.value for request in requests]
        found = sum_known([None if request is None else request.usd for request in requests])
        if asked is None or asked.value is None or asked.usd is None or found is None or found == asked.usd:
            continue
        sentence = _(
            "The projects of %(framework)s (%(lines)s) ask for %(found)s together; the framework prints %(stated)s."
        )
        told_in = {
            "framework": framework.key[0],
            "lines": place(*values),
            "found": told(found),
            "stated": figure(asked.value),
        }
        reading.remark(sentence % told_in, asked.value, *values)
        question = _("%(finding)s Which is right?") % {"finding": sentence % told_in}
        reading.ask(asked.row, "amount_usd", question)


def received_by_frameworks(reading: Reading) -> None:
    """Ask where projects received another amount than their framework, or frameworks than the plan."""
    name = "stated_received_usd"
    frameworks = reading.rows("framework")
    for framework in frameworks:
        _compare_received(
            reading,
            framework,
            reading.rows_of("project", framework),
            _(
                "The projects of %(framework)s (%(lines)s) received %(found)s together; the framework prints "
                "%(stated)s."
            ),
        )
    if name in reading.revision.values:
        _compare_received(
            reading,
            reading.revision,
            frameworks,
            _("The frameworks (%(lines)s) received %(found)s together; the plan prints %(stated)s."),
        )


def _compare_received(reading: Reading, whole: Row, parts: list[Row], sentence: str) -> None:
    name = "stated_received_usd"
    stated, values = whole.values.get(name), [part.values.get(name) for part in parts]
    found = sum_known([usd_of(part, name) for part in parts])
    if stated is None or stated.value is None or found is None or found == usd_of(whole, name):
        return
    told_in = {
        "framework": whole.key[0] if whole.key else "",
        "lines": place(*values),
        "found": told(found),
        "stated": figure(stated),
    }
    reading.remark(sentence % told_in, stated, *values)
    reading.ask(whole, name, _("%(finding)s Which is right?") % {"finding": sentence % told_in})


def printed_percentages(reading: Reading) -> None:
    """Ask about a percentage funded that the amounts beside it do not round to; note one that is rounded."""
    for framework in reading.rows("framework"):
        asked = reading.line(Breakdown.FRAMEWORK, *framework.key)
        if asked is not None:
            _compare_percent(reading, framework, asked.row, "amount_usd")
    _compare_percent(reading, reading.revision, reading.revision, "stated_requested_usd")


def _compare_percent(reading: Reading, row: Row, asked: Row, field: str) -> None:
    printed = row.get("stated_percent_funded")
    part, whole = usd_of(row, "stated_received_usd"), usd_of(asked, field)
    exact = percent_of(part, whole)
    if not isinstance(printed, Decimal) or part is None or whole is None or exact is None or exact == printed:
        return
    told_in = {
        "printed": told(printed),
        "exact": told(exact),
        "received": figure(row.values["stated_received_usd"]),
        "requested": figure(asked.values[field]),
    }
    if rounds_to(part, whole, printed):
        note = _("Rounded in print: %(received)s of %(requested)s is %(exact)s %%.")
        reading.note(row, "stated_percent_funded", note % told_in)
        return
    sentence = _("Printed %(printed)s %%, but %(received)s of %(requested)s is %(exact)s %%. Which figure is wrong?")
    reading.ask(row, "stated_percent_funded", sentence % told_in)
