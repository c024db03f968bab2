"""The split of an amount over the objectives, printed as rounded percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from crp.importing.documents.document import mended
from crp.importing.documents.draft import Remark, Row, Span, Unit
from crp.importing.documents.names import Names, folded

from .blocks import Block
from .charts import decimal_of, json_of, share_value
from .rows import Rows
from .tokens import Kind
from .values import missing

SHARE = re.compile(r"\[\s*[\"“][^\[\]]{1,200}\]")


@dataclass(frozen=True)
class Share:
    """A share as printed, and the number of the objective that its short name is of. None: it is of none."""

    printed: str
    name: str
    percent: Decimal | None
    number: int | None


def shares_in(raw: str, names: Names) -> Iterator[Share]:
    """Yield each ``["Saving lives",42]`` of a line."""
    for found in SHARE.finditer(raw):
        data = json_of(found[0])
        if isinstance(data, list) and len(data) == 2 and isinstance(data[0], str):
            name = mended(data[0])
            ref = names.objectives.get(folded(name))
            number = None if ref is None else int(ref.key[-1])
            yield Share(found[0], name, decimal_of(data[1]), number)


def read_split(block: Block, request: Row, names: Names, rows: Rows) -> None:
    """Put the shares of a request into the draft. Their amounts are not printed; which they are is judged later."""
    for token in block.of(Kind.SPLIT):
        rows.draft.read.add(token.line.number)
        above = [reading.span for reading in block.funding if reading.span.last < token.line.number]
        span = Span(above[-1].first, token.line.number) if above else token.span
        for order, share in enumerate(shares_in(token.line.raw, names), start=1):
            if share.number is None or rows.get(f"objective:{share.number}") is None:
                text = _("“%(name)s” on line %(line)s is no objective of this page: its share is not read.")
                told_in = {"name": share.name, "line": token.line.number}
                rows.draft.remarks.append(Remark(text % told_in, token.span))
                continue
            row = Row("requestshare", (*request.key[1:], str(share.number)), order=order)
            row.parents = {"funding_request": request.subject, "objective": f"objective:{share.number}"}
            row.values["share_percent"] = share_value(token, share.printed, share.percent)
            row.values["amount_usd"] = missing(span, Unit.USD)
            rows.add(row, token.span)
