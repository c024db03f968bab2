"""What is done with plans and their money as one step: all of it happens, or nothing."""

from .duplicates import keep_duplicate, merge_duplicate, reopen_duplicate
from .judging import PlanFacts
from .official import record_official_total
from .publishing import publish_revision
from .recording import (
    Recorded,
    change_contribution,
    lock_plans,
    record_among_many,
    record_contribution,
    remove_contribution,
)
from .recording_many import RowsRefusedError, ToRecord, record_many
from .similar import find_duplicates
from .steps import change_status, first_step, take_back_step
from .steps_many import ToStep, change_many_statuses
from .warnings import Warned, acknowledge_warning, warnings_of

__all__ = [
    "PlanFacts",
    "Recorded",
    "RowsRefusedError",
    "ToRecord",
    "ToStep",
    "Warned",
    "acknowledge_warning",
    "change_contribution",
    "change_many_statuses",
    "change_status",
    "find_duplicates",
    "first_step",
    "keep_duplicate",
    "lock_plans",
    "merge_duplicate",
    "publish_revision",
    "record_among_many",
    "record_contribution",
    "record_many",
    "record_official_total",
    "remove_contribution",
    "reopen_duplicate",
    "take_back_step",
    "warnings_of",
]
