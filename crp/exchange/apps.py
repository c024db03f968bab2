from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate


class ExchangeConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "crp.exchange"
    label = "exchange"

    def ready(self) -> None:
        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(keep_feed, sender=self)


def make_way(using: str, plan: list[Any], **kwargs: Any) -> None:
    """Take the triggers of SQLite away before its tables change: it renames none that a trigger names."""
    from crp.exchange.changes.triggers import NOTES  # noqa: PLC0415 (models can't be imported before the apps are ready)

    if plan and connections[using].vendor == "sqlite":
        NOTES.remove(connections[using])


def keep_feed(using: str, **kwargs: Any) -> None:
    """Put the triggers in place where they are missing, and tell the feed of what was written without them."""
    from crp.exchange.changes import taking_up  # noqa: PLC0415
    from crp.exchange.changes.triggers import NOTES  # noqa: PLC0415
    from crp.exchange.models import Change  # noqa: PLC0415

    connection = connections[using]
    if using != DEFAULT_DB_ALIAS or Change._meta.db_table not in connection.introspection.table_names():
        return
    if NOTES.missing(connection):
        NOTES.install(connection)
        taking_up.announce_all()
    else:
        taking_up.found_feed()
