"""Writes the generated plans into the database that Django is set up with: by COPY, or row by row on SQLite."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

from crp.management.commands.demo import FIXTURES
from funding import summaries
from plans.models import (
    Country,
    CrossCuttingPriority,
    OperatingModality,
    PlanFamily,
    Source,
    StrategicObjective,
    TargetGroup,
)
from sectors.models import Sector, Taxonomy
from tests.benchmarks.generator import COLUMNS, Reference, generate
from tests.benchmarks.sizes import Size

RECORDED_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
SQLITE_WHILE_LOADING = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-400000", "PRAGMA temp_store=MEMORY")


def build(size: Size, say: Callable[[str], object]) -> None:
    """Fill an empty database: tables, reference data, the Mali plans, the generated ones and their summaries."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("loaddata", *FIXTURES, verbosity=0)
    load(size, say)
    say("adding up what the database keeps")
    summaries.rebuild(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, FREEZE)" if connection.vendor == "postgresql" else "ANALYZE")


def load(size: Size, say: Callable[[str], object]) -> None:
    """Add the generated rows; whoever calls this rebuilds the summaries afterwards."""
    summaries.TRIGGERS.remove(connection)
    with _unchecked():
        write(size, say)
    summaries.TRIGGERS.install(connection)


def write(size: Size, say: Callable[[str], object] = lambda text: None) -> None:
    """Write the generated rows, and nothing else."""
    write_table = _copy if connection.vendor == "postgresql" else _insert
    done = 0
    for rows in generate(size, reference()):
        for table, values in rows.items():
            if values:
                write_table(table, values)
        done += len(rows.get("funding.Contribution", ()))
        say(f"{done:,} of {size.contributions:,} contributions")
    _restart_numbers()


def model_of(table: str) -> type[models.Model]:
    """Return the model of ``app.Model``, or the one between two models of ``app.Model.field``."""
    app, name, *link = table.split(".")
    model = apps.get_model(app, name)
    return model._meta.get_field(link[0]).remote_field.through if link else model


def reference() -> Reference:
    """Return what the generator needs to know of the rows that are there."""

    def numbers(model: Any, **conditions: Any) -> list[int]:
        return list(model.objects.filter(**conditions).order_by("pk").values_list("pk", flat=True))

    taxonomy = Taxonomy.objects.get(code="IOM-2025")
    return Reference(
        countries=dict(Country.objects.values_list("iso3", "pk")),
        taxonomy=taxonomy.pk,
        sectors=numbers(Sector, taxonomy=taxonomy),
        strategic_objectives=list(
            StrategicObjective.objects.filter(strategy="2024-2028").order_by("number").values_list("pk", flat=True)
        ),
        target_groups=numbers(TargetGroup),
        modalities=numbers(OperatingModality),
        priorities=numbers(CrossCuttingPriority),
        plan_families=numbers(PlanFamily),
        source=numbers(Source)[0],
        highest_ids={
            table: model_of(table)._default_manager.aggregate(highest=Max("pk"))["highest"] or 0 for table in COLUMNS
        },
    )


def _constants(table: str) -> dict[str, Any]:
    """Return the columns that the generator leaves out, each with the value every row has there."""
    fields = model_of(table)._meta.concrete_fields
    wanted = [field for field in fields if not field.generated and field.column not in COLUMNS[table]]
    return {
        field.column: RECORDED_AT
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        else field.get_default()
        for field in wanted
    }


def _copy(table: str, rows: list[tuple[Any, ...]]) -> None:
    constants = _constants(table)
    names = ", ".join(f'"{column}"' for column in (*COLUMNS[table], *constants))
    end = "".join(f"\t{_text(value)}" for value in constants.values()) + "\n"
    lines = io.StringIO("".join("\t".join(map(_text, row)) + end for row in rows))
    with connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{model_of(table)._meta.db_table}" ({names}) FROM STDIN', lines)


def _text(value: Any) -> str:
    """Return a value as COPY reads it."""
    if value is None:
        return r"\N"
    if value is True or value is False:
        return "t" if value else "f"
    return value.replace("\n", r"\n") if isinstance(value, str) else str(value)


def _insert(table: str, rows: list[tuple[Any, ...]]) -> None:
    constants = _constants(table)
    columns = (*COLUMNS[table], *constants)
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(["%s"] * len(columns))
    ends = tuple(
        str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value for value in constants.values()
    )
    with connection.cursor() as cursor:
        sql = f'INSERT INTO "{model_of(table)._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608 (names of ours)
        cursor.executemany(sql, [(*row, *ends) for row in rows])


@contextmanager
def _unchecked() -> Iterator[None]:
    """Write without the checks that the generated rows pass anyway, and that take longer than writing them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            for pragma in SQLITE_WHILE_LOADING:
                cursor.execute(pragma)
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("BEGIN")
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
        else:
            cursor.execute("COMMIT")
            cursor.execute("PRAGMA foreign_keys=ON")


def _restart_numbers() -> None:
    """Let the next row that anybody adds have a number of its own."""
    tables = [model_of(table) for table in COLUMNS]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
