"""A limit on how long a command works on one file."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.utils.translation import gettext as _

from crp.importing.tables import FileRefused


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Refuse the file with FileRefused where what is inside takes longer.

    Only in the main thread of a process on a system with alarms, as commands are; elsewhere there is no limit.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def refuse(number: int, frame: FrameType | None) -> None:
        raise FileRefused(_("It took longer than %(seconds)s seconds, and was stopped.") % {"seconds": seconds})

    former = signal.signal(signal.SIGALRM, refuse)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
