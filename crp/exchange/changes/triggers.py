"""The triggers that note what was written, on either database.

Whatever road a change takes (a form, an import, a bulk write, SQL by hand), the database notes it in the same
transaction, in rows that nobody else touches: no writer waits for another because of the feed. What a note means for
the lists is worked out later, from what is committed: see :mod:`crp.exchange.changes.taking_up`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from crp.common.triggers import TriggerSet
from crp.exchange.models import PendingChange
from funding.models import (
    Contribution,
    Organization,
    OrganizationIdentifier,
    PlanFigures,
    ReportedFunding,
    StatusChange,
)
from plans.models import Country, Plan, Revision, Source
from sectors.models import Sector, Taxonomy

from .topics import Topic

EVENTS = ("INSERT", "UPDATE", "DELETE")
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
REFERENCING = {
    "INSERT": "REFERENCING NEW TABLE AS added",
    "UPDATE": "REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "REFERENCING OLD TABLE AS removed",
}
TABLES = {"INSERT": ("added",), "UPDATE": ("removed", "added"), "DELETE": ("removed",)}
PENDING = PendingChange._meta.db_table
NOW = {
    "postgresql": "clock_timestamp()",
    # As Django writes a time, to the last digit, so that the two compare.
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What to note when rows of a table are written. ``{row}`` stands for the row before or after."""

    topic: Topic
    number: str = "NULL"
    key: str = "''"
    when: str = ""
    """A condition on the row."""
    columns: tuple[str, ...] = ()
    """Only where one of these changes: they are shown with other objects. Rows that come or go are shown with none."""
    events: tuple[str, ...] = EVENTS


def _once(topic: Topic, *columns: str) -> Rule:
    return Rule(topic=topic, number="{row}.id", columns=columns, events=("UPDATE",))


PLAN_OF_ROW = Rule(topic=Topic.PLAN, number="{row}.plan_id", when="{row}.plan_id IS NOT NULL")
RULES: dict[str, tuple[Rule, ...]] = {
    Plan._meta.db_table: (Rule(topic=Topic.PLAN, number="{row}.id"), _once(Topic.ALL_OF_PLAN, "code")),
    Plan.countries.through._meta.db_table: (PLAN_OF_ROW,),
    Revision._meta.db_table: (
        Rule(
            topic=Topic.REVISIONS,
            number="{row}.plan_id",
            when=f"{{row}}.status IN ({', '.join(repr(status.value) for status in Revision.PUBLIC)})",
        ),
    ),
    # Only a rebuild of all sums deletes these: everything else that changes the figures of a plan is noted itself.
    PlanFigures._meta.db_table: (Rule(topic=Topic.PLAN, number="{row}.plan_id", events=("DELETE",)),),
    Contribution._meta.db_table: (
        Rule(topic=Topic.CONTRIBUTION, key="{row}.code"),
        PLAN_OF_ROW,
        _once(Topic.OF_CONTRIBUTION, "code"),
    ),
    StatusChange._meta.db_table: (Rule(topic=Topic.STEPS, number="{row}.contribution_id"),),
    ReportedFunding._meta.db_table: (
        Rule(topic=Topic.OFFICIAL, number="{row}.id", key="COALESCE(CAST({row}.plan_id AS TEXT), '')"),
        PLAN_OF_ROW,
    ),
    Organization._meta.db_table: (
        Rule(topic=Topic.ORGANIZATION, key="{row}.code"),
        _once(Topic.OF_ORGANIZATION, "code", "name"),
    ),
    # When an organization was updated is read from its history.
    Organization.history.model._meta.db_table: (Rule(topic=Topic.IDENTIFIERS, number="{row}.id"),),
    OrganizationIdentifier._meta.db_table: (Rule(topic=Topic.IDENTIFIERS, number="{row}.organization_id"),),
    Country._meta.db_table: (_once(Topic.OF_COUNTRY, "iso3", "name"),),
    Sector._meta.db_table: (_once(Topic.OF_SECTOR, "code", "taxonomy_id"),),
    Taxonomy._meta.db_table: (_once(Topic.OF_TAXONOMY, "code"),),
    Source._meta.db_table: (_once(Topic.OF_SOURCE, "code"),),
}


def _insert(vendor: str, select: str) -> str:
    return f"""INSERT INTO {PENDING} (topic, number, key, written_at)
        SELECT noted.topic, noted.number, noted.key, {NOW[vendor]} FROM ({select}) noted;"""


def _select(rule: Rule, row: str, tail: str = "") -> str:
    """Return the SELECT of what a rule notes of a row. ``tail``: where the row is from."""
    number, key, when = (part.format(row=row) for part in (rule.number, rule.key, rule.when))
    where = f" WHERE {when}" if when else ""
    return f"SELECT '{rule.topic}' AS topic, CAST({number} AS BIGINT) AS number, {key} AS key{tail}{where}"


def _rules(event: str) -> Iterator[tuple[str, list[Rule]]]:
    for table, rules in RULES.items():
        if found := [rule for rule in rules if event in rule.events]:
            yield table, found


def on_sqlite() -> Iterator[str]:
    """Yield the statements that make the triggers on SQLite, which run once a row."""
    for event in EVENTS:
        for table, rules in _rules(event):
            body = "\n".join(_insert("sqlite", select) for rule in rules for select in _of_row(rule, event))
            yield f"CREATE TRIGGER feed_{table}_{event.lower()} AFTER {event} ON {table} BEGIN\n{body}\nEND"


def _of_row(rule: Rule, event: str) -> list[str]:
    if rule.columns:
        changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in rule.columns)
        return [f"{_select(rule, 'NEW')} WHERE {changed}"]
    return [" UNION ".join(_select(rule, row) for row in ROWS[event])]


def on_postgresql() -> Iterator[str]:
    """Yield the statements that make the triggers on PostgreSQL, which run once a statement, however many its rows."""
    for event in EVENTS:
        for table, rules in _rules(event):
            name = f"feed_{table}_{event.lower()}"
            body = "\n".join(_insert("postgresql", _of_statement(rule, event)) for rule in rules)
            yield f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $feed$
                BEGIN {body} RETURN NULL; END $feed$"""
            yield f"""CREATE TRIGGER {name} AFTER {event} ON {table} {REFERENCING[event]}
                FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""


def _of_statement(rule: Rule, event: str) -> str:
    if rule.columns:
        changed = " OR ".join(f"was.{column} IS DISTINCT FROM added.{column}" for column in rule.columns)
        return _select(rule, "added", f" FROM added JOIN removed was ON was.id = added.id WHERE {changed}")
    return " UNION ".join(_select(rule, table, f" FROM {table}") for table in TABLES[event])


def statements(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that make every trigger of a database."""
    return list(on_postgresql() if connection.vendor == "postgresql" else on_sqlite())


NOTES = TriggerSet("feed_", statements)
"""What notes each write. What was written without them needs to be announced."""
