"""The triggers that keep a sealed revision as it is, on either database.

Whatever road a change takes (a form, an import, ``save``, ``update`` or ``delete`` of the ORM, SQL by hand), the
database refuses it with an integrity error that says why. Only two things may still happen to a sealed revision: a
later one takes its place, and the logins of its author and publisher are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from crp.common.triggers import TriggerSet
from plans.models import Citation, Revision
from plans.tree import row_models

SAYS = "This revision is published and sealed: what readers have seen stays as it is. Start a new revision of the plan."
MAY_CHANGE = ("status", "superseded_at", "created_by_id", "published_by_id")
REVISIONS = Revision._meta.db_table
EVENTS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def row_tables() -> list[str]:
    """Return the tables whose rows belong to revisions."""
    models: tuple[type[Model], ...] = (Citation, *row_models())
    return [model._meta.db_table for model in models]


def _is_changed() -> str:
    """Return the condition that a sealed revision changes in a way it may not."""
    columns = [field.column for field in Revision._meta.concrete_fields if field.column not in MAY_CHANGE]
    different = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
    return f"""({different}
        OR (OLD.status <> NEW.status AND NOT (OLD.status = 'published' AND NEW.status = 'superseded'))
        OR (OLD.superseded_at IS NOT NULL AND OLD.superseded_at IS DISTINCT FROM NEW.superseded_at))"""


def on_sqlite() -> Iterator[str]:
    """Yield the statements that make the triggers on SQLite."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    for table in row_tables():
        for event, rows in EVENTS.items():
            revisions = ", ".join(f"{row}.revision_id" for row in rows)
            sealed = f"EXISTS (SELECT 1 FROM {REVISIONS} WHERE id IN ({revisions}) AND seal <> '')"
            yield f"CREATE TRIGGER seal_{table}_{event.lower()} BEFORE {event} ON {table} WHEN {sealed} {refuse}"
    changed = _is_changed().replace("IS DISTINCT FROM", "IS NOT")
    when = f"WHEN OLD.seal <> '' AND {changed}"
    yield f"CREATE TRIGGER seal_{REVISIONS}_update BEFORE UPDATE ON {REVISIONS} {when} {refuse}"
    yield f"CREATE TRIGGER seal_{REVISIONS}_delete BEFORE DELETE ON {REVISIONS} WHEN OLD.seal <> '' {refuse}"


def on_postgresql() -> Iterator[str]:
    """Yield the statements that make the triggers on PostgreSQL.

    They take a share lock on the revision: a row that is written while somebody publishes waits, and is refused then.
    """
    yield f"""CREATE OR REPLACE FUNCTION seal_refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE found_seal text;
        BEGIN
            IF TG_OP <> 'INSERT' AND OLD.revision_id IS NOT NULL THEN
                SELECT seal INTO found_seal FROM {REVISIONS} WHERE id = OLD.revision_id FOR SHARE;
                IF found_seal <> '' THEN
                    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{SAYS}';
                END IF;
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.revision_id IS NOT NULL THEN
                SELECT seal INTO found_seal FROM {REVISIONS} WHERE id = NEW.revision_id FOR SHARE;
                IF found_seal <> '' THEN
                    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{SAYS}';
                END IF;
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END $$"""
    yield f"""CREATE OR REPLACE FUNCTION seal_refuse_revision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{SAYS}';
        END $$"""
    for table in row_tables():
        yield (
            f"CREATE TRIGGER seal_{table} BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION seal_refuse_row()"
        )
    refuse = "FOR EACH ROW WHEN ({}) EXECUTE FUNCTION seal_refuse_revision()"
    yield (
        f"CREATE TRIGGER seal_{REVISIONS}_update BEFORE UPDATE ON {REVISIONS} "
        + refuse.format(f"OLD.seal <> '' AND {_is_changed()}")
    )
    yield f"CREATE TRIGGER seal_{REVISIONS}_delete BEFORE DELETE ON {REVISIONS} " + refuse.format("OLD.seal <> ''")


def statements(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that make every trigger of a database."""
    return list(on_postgresql() if connection.vendor == "postgresql" else on_sqlite())


SEALS = TriggerSet("seal_", statements)
"""What refuses to change a sealed revision."""
