from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = _("plans")

    def ready(self) -> None:
        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(keep_sealed, sender=self)


def make_way(using: str, plan: list[Any], **kwargs: Any) -> None:
    """Take the triggers of SQLite away before its tables change: it renames none that a trigger names."""
    from plans.sealing.triggers import SEALS  # noqa: PLC0415 (models can't be imported before the apps are ready)

    if plan and connections[using].vendor == "sqlite":
        SEALS.remove(connections[using])


def keep_sealed(using: str, **kwargs: Any) -> None:
    """Put the triggers in place that refuse to change a sealed revision."""
    from plans.sealing.triggers import SEALS  # noqa: PLC0415

    if SEALS.missing(connections[using]):
        SEALS.install(connections[using])
