"""The admin of who works in CRP with which rights, and of the keys that programs use."""

from . import keys, people

__all__ = ["keys", "people"]
