"""What is wrong with a row, collected so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from plans.models.plans import FIRST_YEAR
from plans.services.workflow import Person


class Problems:
    """Sentences by the field that they are about."""

    def __init__(self) -> None:
        self.by_field: dict[str, list[ValidationError]] = {}

    def add(self, field: str, sentence: str, code: str = "invalid") -> None:
        self.by_field.setdefault(field, []).append(ValidationError(sentence, code=code))

    def merge(self, error: ValidationError) -> None:
        """Take over what a model says, for the fields that nothing is known to be wrong with yet."""
        for field, errors in error.error_dict.items():
            self.by_field.setdefault(field, list(errors))

    def raise_if_any(self) -> None:
        """Raises: ValidationError with every sentence."""
        if self.by_field:
            raise ValidationError(self.by_field)


def check_day(field: str, day: date | None, problems: Problems) -> None:
    """Note a day that has not come yet, or that lies before all plans."""
    if day is None:
        return
    today = timezone.localdate()
    if day > today:
        problems.add(
            field,
            _("%(day)s has not come yet: expected a day until today, %(today)s.")
            % {"day": day.isoformat(), "today": today.isoformat()},
        )
    elif day.year < FIRST_YEAR:
        problems.add(
            field,
            _("%(day)s is too long ago: expected %(year)s or later.") % {"day": day.isoformat(), "year": FIRST_YEAR},
        )


def log_decision(obj: Model, by: Person | None, message: str | list) -> None:
    """Keep in the history of an object what somebody decided; a programme decides nothing."""
    if by is not None:
        LogEntry.objects.log_actions(by.pk, [obj], CHANGE, change_message=message, single_object=True)


def log_many(told: Iterable[tuple[Model, str]], by: Person | None, action: int) -> None:
    """Keep in the history of each of many objects, of one model, what somebody did. Queries: 2 for each 500."""
    if by is None:
        return
    entries = [
        LogEntry(
            user_id=by.pk,
            content_type=ContentType.objects.get_for_model(obj),
            object_id=str(obj.pk),
            object_repr=str(obj)[:200],
            action_flag=action,
            change_message=message,
        )
        for obj, message in told
    ]
    LogEntry.objects.bulk_create(entries, batch_size=500)
