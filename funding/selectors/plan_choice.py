"""Plans that an address names by their codes, and the search for one more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from django.db.models import F, Max, Min
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crp.common.text import fold
from funding.selectors.portfolio import PlanLine, plan_lines, published_plans
from plans.models import Plan, Revision

LONGEST_SHOWN = 60


def cut(text: str) -> str:
    """Return a text short enough to be said back to whoever sent it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class NamedPlans:
    """Published plans by code, and a sentence for each code that has none. Queries: 2, and 3 for what is missing."""

    def __init__(self, codes: Iterable[str], on: date | None = None) -> None:
        self.on = on
        self.codes = list(dict.fromkeys(code.upper() for code in codes))

    @cached_property
    def lines(self) -> Mapping[str, PlanLine]:
        """The plans that are published, in the order named."""
        asked = [code for code in self.codes if "\0" not in code]
        found = {line.plan.code: line for line in plan_lines(published_plans(self.on).filter(code__in=asked))}
        return {code: found[code] for code in self.codes if code in found}

    @cached_property
    def absent(self) -> Mapping[str, str]:
        """Why each of the others can't be shown, in a sentence."""
        missing = [code for code in self.codes if code not in self.lines]
        if not missing:
            return {}
        spans = _public_spans([code for code in missing if "\0" not in code])
        known = list(Plan.objects.in_force(self.on).order_by("code").values_list("code", flat=True))
        return {code: self._sentence(code, spans.get(code), known) for code in missing}

    def _sentence(self, code: str, span: tuple[date, date | None] | None, known: Sequence[str]) -> str:
        if span is not None:
            first, last = span
            if self.on is not None and self.on < first:
                return _("“%(code)s” was first published on %(day)s, after the day shown.") % {
                    "code": code,
                    "day": date_format(first),
                }
            if last is not None:
                return _("“%(code)s” is no longer published: it was until %(day)s. Ask for a day before.") % {
                    "code": code,
                    "day": date_format(last),
                }
        near = get_close_matches(code, known, n=3)
        if near:
            return _("No published plan has the code “%(code)s”. Near it: %(near)s.") % {
                "code": cut(code),
                "near": ", ".join(near),
            }
        return _("No published plan has the code “%(code)s”.") % {"code": cut(code)}


def _public_spans(codes: Sequence[str]) -> dict[str, tuple[date, date | None]]:
    """Return since when plans were published, and until when where they are no more. Queries: 1."""
    rows = (
        Revision.objects.filter(plan__code__in=codes, status__in=Revision.PUBLIC)
        .order_by()
        .values("plan__code")
        .annotate(first=Min("published_at"), last=Max("superseded_at"))
        .values_list("plan__code", "first", "last")
    )
    return {
        code: (first.astimezone(UTC).date(), last.astimezone(UTC).date() if last else None)
        for code, first, last in rows
    }


class PlanSearch:
    """Plans that fit what somebody typed: those with words that begin so, then the newest. Queries: 5."""

    SHOWN, LOOKED_AT = 12, 200

    def __init__(self, text: str, on: date | None = None, *, without: Iterable[str] = ()) -> None:
        self.text = text.strip()
        self.on = on
        self.without = set(without)

    @cached_property
    def _found(self) -> list[PlanLine]:
        if not self.text:
            return []
        published: Any = published_plans(self.on)
        plans = published.matching(self.text).exclude(code__in=self.without)
        ordered = plans.order_by("-end_year", "-start_year", F("requested_usd").desc(nulls_last=True), "code")
        found = sorted(ordered[: self.LOOKED_AT], key=lambda plan: not self._begins_words(plan))
        return plan_lines(found[: self.SHOWN + 1])

    def _begins_words(self, plan: Plan) -> bool:
        """Return whether words of the plan begin with those typed: Mali comes before Somalia."""
        texts = [plan.code, plan.title, *(country.label for country in plan.countries.all())]
        words = re.split(r"[^\w]+", fold(" ".join(texts)))
        return all(any(word.startswith(part) for word in words) for part in fold(self.text).split())

    @property
    def lines(self) -> list[PlanLine]:
        return self._found[: self.SHOWN]

    @property
    def has_more(self) -> bool:
        return len(self._found) > self.SHOWN
