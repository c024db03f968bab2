"""The data of charts, which the text of a page holds as small pieces of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from crp.importing.documents.document import mended
from crp.importing.documents.draft import Confidence, Unit, Value

from .tokens import MOST_PRINTED, Token

OUTCOME = re.compile(r"\{[^{}]{1,400}\}")


def share_value(token: Token, piece: str, share: Decimal | None) -> Value:
    """Return a share of a chart. One that is no percentage has a question."""
    is_share = share is not None and 0 <= share <= 100
    return Value(
        value=share if is_share else None,
        unit=Unit.PERCENT,
        span=token.span,
        printed=piece[:MOST_PRINTED],
        confidence=Confidence.HIGH if is_share else Confidence.LOW,
        question=""
        if is_share
        else _("“%(piece)s” gives no share between 0 and 100: what is right?") % {"piece": piece},
    )


def outcomes_in(raw: str) -> Iterator[tuple[str, str, Decimal | None]]:
    """Yield each ``{"name": ..., "y": 50}`` of a line as printed, with its name and share."""
    for found in OUTCOME.finditer(raw):
        data = json_of(found[0])
        if isinstance(data, dict) and isinstance(data.get("name"), str) and data["name"].strip():
            yield found[0], mended(data["name"]), decimal_of(data.get("y"))


def json_of(text: str) -> Any:
    """Return a small piece of JSON, curly quotes taken for straight ones. None: it is none."""
    for candidate in (text, re.sub("[“”„‟″]", '"', text)):
        try:
            return json.loads(candidate, parse_float=Decimal)
        except (ValueError, RecursionError):
            continue
    return None


def decimal_of(data: object) -> Decimal | None:
    """Return a number of JSON, or one in quotes. None: it is none."""
    if isinstance(data, bool) or not isinstance(data, (int, str, Decimal)):
        return None
    try:
        number = Decimal(str(data).strip().rstrip("% "))
        return number.quantize(Decimal("0.01")) if number != number.to_integral_value() else number
    except (InvalidOperation, ValueError):
        return None
