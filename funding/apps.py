from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class FundingConfig(AppConfig):
    name = "funding"
    verbose_name = _("funding")

    def ready(self) -> None:
        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(keep_summaries, sender=self)


def make_way(using: str, plan: list[Any], **kwargs: Any) -> None:
    """Take the triggers of SQLite away before its tables change: it renames none that a trigger names."""
    from funding import summaries  # noqa: PLC0415 (models can't be imported before the apps are ready)

    if plan and connections[using].vendor == "sqlite":
        summaries.TRIGGERS.remove(connections[using])


def keep_summaries(using: str, **kwargs: Any) -> None:
    """Put the triggers in place where they are missing, and what they keep with them."""
    from funding import summaries  # noqa: PLC0415

    connection = connections[using]
    if summaries.TRIGGERS.is_current(connection):
        return
    summaries.TRIGGERS.install(connection)
    summaries.rebuild(connection)
