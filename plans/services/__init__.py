"""What is done to plans as one step: a draft from what is published, its way to the reviewer, its translation."""

from .revising import start_revision
from .translating import Given, Item, TranslationWork, save_translations
from .workflow import authors_of, record_step, return_revision, submit_revision, withdraw_revision

__all__ = [
    "Given",
    "Item",
    "TranslationWork",
    "authors_of",
    "record_step",
    "return_revision",
    "save_translations",
    "start_revision",
    "submit_revision",
    "withdraw_revision",
]
