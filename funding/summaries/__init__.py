"""Summaries of the ledger, kept by the database in the transaction that changes it.

Installed after migrations, see :mod:`funding.apps`; docs/decisions/0011 says why the database does it. Only
:mod:`funding.rollups` reads what they keep.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from crp.common.history import is_history
from crp.common.triggers import TriggerSet
from funding.models import ChangeCounter, IdempotentAnswer
from plans.models import Acknowledgement, FormCopy, RevisionStep

from . import postgresql, shared, sqlite

APPS = ("sectors", "plans", "funding")
MONEY = ("funding_contribution", "funding_statuschange", "funding_reportedfunding")
"""Tables that change all day; everything else is content and changes when somebody edits a plan."""
OWN = (*shared.SUMMARIES, ChangeCounter._meta.db_table)
UNSEEN = tuple(model._meta.db_table for model in (Acknowledgement, FormCopy, IdempotentAnswer, RevisionStep))
"""Tables that no figure and no public page is made of, as the history is."""


def topics() -> dict[str, str]:
    """Return every table that figures and pages are made of, with the topic under which its changes are counted."""
    models = (model for label in APPS for model in apps.get_app_config(label).get_models(include_auto_created=True))
    tables = sorted({model._meta.db_table for model in models if not is_history(model)} - {*OWN, *UNSEEN})
    return {table: "money" if table in MONEY else "content" for table in tables}


def _statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    if connection.vendor == "postgresql":
        yield from postgresql.functions()
        yield from postgresql.triggers(topics())
    else:
        yield from sqlite.triggers(topics())


TRIGGERS = TriggerSet("crp_", _statements)
"""What keeps the summaries. What was written without them needs :func:`rebuild`."""


def rebuild(connection: BaseDatabaseWrapper) -> None:
    """Make every summary anew from what it sums up, in one transaction, and count that as a change."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE funding_contribution, funding_reportedfunding, plans_revision IN SHARE MODE")
        for statement in shared.rebuild():
            cursor.execute(statement)
        for topic in ("content", "money"):
            cursor.execute(
                "INSERT INTO funding_changecounter (topic, shard, value) VALUES (%s, -1, 1) "
                "ON CONFLICT (topic, shard) DO UPDATE SET value = funding_changecounter.value + 1",
                [topic],
            )


def stamp(connection: BaseDatabaseWrapper) -> tuple[int, int]:
    """Return (content, money): numbers that grow with every committed change, and with nothing else. Queries: 1."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT topic, CAST(SUM(value) AS BIGINT) FROM funding_changecounter GROUP BY topic")
        counts = dict(cursor.fetchall())
    return counts.get("content", 0), counts.get("money", 0)
