"""What says whether anything that the API shows has changed."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection

from funding import summaries

Stamp = tuple[int, int]
"""Of content and of money."""


def read_stamp() -> Stamp:
    """Return the change counters. Queries: 1.

    It is the first statement of a request, so it serves as the check of a connection that stayed open: where the server
    has closed it, a new one is opened.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]  # of both databases, and in no stub
    try:
        return summaries.stamp(connection)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return summaries.stamp(connection)
