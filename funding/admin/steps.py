"""Pages that ask before a step is taken: start a revision, publish one, decide about money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crp.common.admin.fields import PlainTextField
from crp.common.numbers import write_number, write_percent
from funding.checks import Check, Unit, Verdict, worst

Done = TypeVar("Done")
ORDER = (Verdict.ERROR, Verdict.WARNING, Verdict.NOTE, Verdict.NOT_REPORTED, Verdict.OK)


class ReasonForm(forms.Form):
    """Why a step is taken."""

    reason = PlainTextField(
        label=_("Reason"),
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=_("One or two sentences. Readers see it beside the published revision."),
    )


class FirstReasonForm(ReasonForm):
    """Why a revision is started: it may become clear only while it is written."""

    reason = PlainTextField(
        label=_("Reason"),
        required=False,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text=_("Why the plan changes. You can still write it, or change it, when you publish."),
    )


def take_step(form: forms.Form, step: Callable[[], Done]) -> Done | None:
    """Take a step and return what came of it; None where it was refused, with each cause as an error of the form.

    Nothing of a refused step stays in the database.
    """
    try:
        with transaction.atomic():
            return step()
    except ValidationError as refusal:
        causes = refusal.message_dict if hasattr(refusal, "error_dict") else {NON_FIELD_ERRORS: refusal.messages}
        for name, sentences in causes.items():
            for sentence in sentences:
                form.add_error(name if name in form.fields else None, sentence)
    return None


def checks_context(checks: list[Check]) -> dict[str, Any]:
    """Return what the panel of checks shows: the gravest first, and how many there are of each verdict."""
    rows = [
        {
            "check": check,
            "expected": _told(check, check.expected),
            "found": _told(check, check.found),
            "difference": _told(check, check.difference, signed=True),
        }
        for check in sorted(checks, key=lambda check: ORDER.index(check.verdict))
    ]
    counts = [(verdict, sum(check.verdict == verdict for check in checks)) for verdict in ORDER]
    return {
        "checks": rows,
        "worst_verdict": worst(checks),
        "verdict_counts": [(verdict, count) for verdict, count in counts if count],
        "has_errors": any(check.verdict == Verdict.ERROR for check in checks),
    }


def _told(check: Check, value: Decimal | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    text = write_percent(value) if check.unit == Unit.PERCENT else write_number(value)
    return f"+{text}" if signed and value > 0 else text
