"""The same site for gunicorn, answering as it does right after money has moved: no answer is kept, and no count
that money could have changed."""

from __future__ import annotations

from typing import Any

from crp.wsgi import application

# isort: split
# Only now: what follows needs the apps, which the application loads.
from crp.common.api import conditional
from funding.api import fast

__all__ = ["application"]


def _count(self: fast.Prepared, stamp: Any) -> int:
    if self.depends_on_money:
        self.counts.clear()
    return _count_kept(self, stamp)


_count_kept = fast.Prepared.count
fast.Prepared.count = _count  # type: ignore[method-assign]
conditional.LARGEST_KEPT = -1
