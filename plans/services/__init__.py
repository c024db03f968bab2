"""What is done to plans as one step: a draft from what is published, and its way to the reviewer."""

from .revising import start_revision
from .workflow import authors_of, record_step, return_revision, submit_revision, withdraw_revision

__all__ = [
    "authors_of",
    "record_step",
    "return_revision",
    "start_revision",
    "submit_revision",
    "withdraw_revision",
]
