"""Values that a process keeps because making them again would give the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The values last asked for, as long as the stamp they were made under holds.

    A stamp is anything that is never the same again once the data behind the values have changed. A value made while
    they change may be newer than its stamp says, and never older.
    """

    every: ClassVar[WeakSet[Recent[Any]]] = WeakSet()

    def __init__(self, most: int) -> None:
        self.most = most
        self._stamp: Hashable = None
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()
        Recent.every.add(self)

    def get(self, stamp: Hashable, key: Hashable, make: Callable[[], Value], *, keeps: Any = None) -> Value:
        """Return the value of a key, made where it is not there; ``keeps(value)`` may say that it is too large."""
        with self._lock:
            if stamp != self._stamp:
                self._stamp = stamp
                self._values.clear()
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        if keeps is None or keeps(value):
            with self._lock:
                if stamp == self._stamp:
                    self._values[key] = value
                    if len(self._values) > self.most:
                        self._values.popitem(last=False)
        return value

    @classmethod
    def forget_all(cls) -> None:
        """Forget every value of this process: for tests, whose changes are taken back, and with them the stamps."""
        for recent in list(cls.every):
            with recent._lock:
                recent._values.clear()
