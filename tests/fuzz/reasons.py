"""What a request that the description allows may be refused for, because no schema can say it.

Schemathesis loads this beside its own checks: see test_every_operation.py.
"""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

REASONS = (
    # a word to keep, not to read, or a code that nothing has
    "expected start, a cursor of this feed",
    "is no cursor of this API",
    "is not known",
    "has the code",
    "is no published revision of this plan",
    '"detail":"framework: ',  # those that there are
    "expected YYYY, YYYY-MM",  # HAPI describes its days as texts
    "with at most 13 digits and 2 decimals",  # multipleOf of a hundredth is for machines without floats
    # parameters that shut each other out
    "A table has no room for it",
    "Rows are not counted on a walk by cursor",
    "A cursor says where the page begins",
    "Only for CSV",  # bom, hxl
    "is named twice",  # ordering=code,-code
    "Give the amount in US dollars, or the original amount",
    "Send a key that you make up",  # required unless dry_run is true
    # what the day, the ledger or an earlier request decides
    "lies ahead",
    "A step is recorded alone",
    "already has this external identifier",
    " already.",  # contribution MLI-2017-0001 is at “Paid” already
    "was changed at",
    "was used for another request",
)


@schemathesis.check
def accepted_or_told_why(ctx: Any, response: Any, case: Any) -> bool | None:
    """Refuse nothing that the description allows, but for one of the reasons."""
    if response.status_code in {400, 422} and any(reason in response.text for reason in REASONS):
        return None
    return positive_data_acceptance(ctx, response, case)
