"""Triggers that the database runs, made after migrations and not by one: a name begins with the prefix of its set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class TriggerSet:
    """The triggers of one purpose."""

    prefix: str
    """What every name begins with, ``_`` included."""
    statements: Callable[[BaseDatabaseWrapper], Iterable[str]]
    """Yields what makes them, functions first. Each trigger begins with ``CREATE TRIGGER name``."""

    def wanted(self, connection: BaseDatabaseWrapper) -> set[str]:
        """Return the names that the database should have."""
        made = self.statements(connection)
        return {statement.split()[2] for statement in made if statement.startswith("CREATE TRIGGER ")}

    def installed(self, connection: BaseDatabaseWrapper) -> set[str]:
        """Return the names that the database has and runs."""
        return {name for name, (_table, is_on) in self._found(connection).items() if is_on}

    def missing(self, connection: BaseDatabaseWrapper) -> list[str]:
        """Return what the database should have and has not, or not switched on."""
        return sorted(self.wanted(connection) - self.installed(connection))

    def is_current(self, connection: BaseDatabaseWrapper) -> bool:
        """Return whether the database has these and no others."""
        return self.wanted(connection) == self.installed(connection)

    def install(self, connection: BaseDatabaseWrapper) -> None:
        """Make every one anew. Nothing is done about what was written without them."""
        with transaction.atomic(using=connection.alias):
            self.remove(connection)
            with connection.cursor() as cursor:
                for statement in self.statements(connection):
                    cursor.execute(statement)

    def remove(self, connection: BaseDatabaseWrapper) -> None:
        """Drop every one: SQLite renames no table that one names, and bulk loads are faster without."""
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for name, (table, _is_on) in sorted(self._found(connection).items()):
                on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on_table}')

    def _found(self, connection: BaseDatabaseWrapper) -> dict[str, tuple[str, bool]]:
        """Return the table of each, and whether the database runs it."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name, tbl_name, TRUE FROM sqlite_master WHERE type = 'trigger'")
            else:
                cursor.execute(
                    "SELECT tgname, relname, tgenabled <> 'D' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                    "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
                )
            return {name: (table, bool(is_on)) for name, table, is_on in cursor if name.startswith(self.prefix)}
