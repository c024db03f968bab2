"""Reconciliation checks in the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.columns import columns_of
from crp.common.api.renderers import StreamRenderer
from crp.common.api.tables import ApiTable, answer_table
from crp.common.columns import Column, Kind
from funding.checks import Check, Unit, Verdict, check_revision, worst
from plans.models import Revision


class CheckSerializer(serializers.Serializer):
    """The result of one rule on one thing."""

    rule = serializers.CharField(help_text="Permanent name of the rule.")
    title = serializers.CharField(help_text="What was checked.")
    unit = serializers.ChoiceField(choices=Unit.choices, help_text="What the figures count.")
    expected = serializers.CharField(allow_null=True, help_text="A decimal number. null: the document does not say.")
    found = serializers.CharField(allow_null=True, help_text="A decimal number. null: there is nothing to compare.")
    difference = serializers.CharField(
        allow_null=True, help_text="Found less expected, a decimal number. null: one is not known, or within the limit."
    )
    is_limit = serializers.BooleanField(help_text="Whether expected is the most that may be found.")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    sentence = serializers.CharField(help_text="What that means.")


class ChecksSerializer(serializers.Serializer):
    """What all rules say of the current revision of a plan, or of the one in force on a past day."""

    plan = serializers.CharField(help_text="Code of the plan.")
    revision = serializers.IntegerField(help_text="Number of the revision in force.")
    as_of = serializers.DateField(allow_null=True, help_text="The past day asked for. null: now.")
    verdict = serializers.ChoiceField(choices=Verdict.choices, help_text="The gravest of all.")
    checks = CheckSerializer(many=True, help_text="Each rule that the plan gives something to check.")


def show_check(check: Check) -> dict[str, Any]:
    """Return a check as the API shows it."""
    figures = {name: getattr(check, name) for name in ("expected", "found", "difference")}
    return {
        "rule": check.rule,
        "title": check.title,
        "unit": check.unit.value,
        **{name: None if value is None else f"{value:f}" for name, value in figures.items()},
        "is_limit": check.is_limit,
        "verdict": check.verdict.value,
        "sentence": check.sentence,
    }


def answer_checks(request: Request, revision: Revision, name: str, on: date | None = None) -> HttpResponseBase:
    """Return what all rules say of a revision, in the format asked for; a table has one line for each check."""
    checks = check_revision(revision, as_of=on)
    if isinstance(request.accepted_renderer, StreamRenderer):
        of = {"plan": revision.plan.code, "revision": revision.number}
        columns = [Column(name="plan"), Column(name="revision", kind=Kind.WHOLE)]
        table = ApiTable(
            name="checks",
            file_name=name,
            title="Checks",
            columns=[*columns, *columns_of(CheckSerializer()).values()],
            rows=({**of, **show_check(check)} for check in checks),
        )
        return answer_table(request, table)
    return Response(
        {
            "plan": revision.plan.code,
            "revision": revision.number,
            "as_of": on,
            "verdict": worst(checks).value,
            "checks": [show_check(check) for check in checks],
        }
    )
