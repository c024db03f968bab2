"""The triggers on SQLite: one row at a time, there is only one writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .shared import CENTS, EVENTS, SUMMARIES, SUMS, TARGET, from_countries, from_official, from_revision, sector_lines


def rows_of(event: str) -> tuple[str, ...]:
    """Return the names that a trigger has for the row before and after."""
    return {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[event]


def triggers(topics: dict[str, str]) -> Iterator[str]:
    """Yield the statements that make every trigger. ``topics``: for each table of CRP the topic of its changes."""
    for table, topic in topics.items():
        for event in EVENTS:
            yield _trigger(f"{table}_{event.lower()}_counted", f"AFTER {event} ON {table}", [_count(topic)])
    yield _trigger(
        "plan_figures_start",
        "AFTER INSERT ON plans_plan",
        ["INSERT OR IGNORE INTO funding_planfigures (plan_id) VALUES (NEW.id);"],
    )
    yield _trigger(
        "plan_figures_end",
        "AFTER DELETE ON plans_plan",
        [f"DELETE FROM {table} WHERE plan_id = OLD.id;" for table in SUMMARIES],
    )
    for event in EVENTS:
        yield _contribution(event)
        yield _source("revision", "plans_revision", "plan_id", event, from_revision)
        yield _source("official", "funding_reportedfunding", "plan_id", event, from_official)
        yield _source("countries", "plans_plan_countries", "plan_id", event, from_countries, sectors=False)
        for table in ("funding_fundingrequest", "funding_project"):
            yield _row_of_revision(table, event)


def _trigger(name: str, when: str, statements: list[str]) -> str:
    body = "\n".join(statements)
    return f"CREATE TRIGGER crp_{name} {when} BEGIN\n{body}\nEND"


def _count(topic: str) -> str:
    return f"""INSERT INTO funding_changecounter (topic, shard, value) VALUES ('{topic}', 0, 1)
        ON CONFLICT (topic, shard) DO UPDATE SET value = value + 1;"""


def _refresh_sectors(plans: str) -> list[str]:
    return [
        f"DELETE FROM funding_sectorfigures WHERE plan_id IN ({plans});",
        f"""INSERT INTO funding_sectorfigures (plan_id, sector_key, requested_usd, given_usd, pledged_usd)
        {sector_lines(plans)};""",
    ]


def _contribution(event: str) -> str:
    statements = []
    for row in rows_of(event):
        sign = "-" if row == "OLD" else "+"
        amounts = (
            f"COALESCE({CENTS.format(column=f'{row}.counted_usd')}, 0)",
            f"({row}.counted_usd IS NOT NULL)",
            f"COALESCE({CENTS.format(column=f'{row}.pledged_usd')}, 0)",
            f"({row}.pledged_usd IS NOT NULL)",
        )
        changes = dict(zip(SUMS, amounts, strict=True))
        steps = ", ".join(f"{column} = {column} {sign} {change}" for column, change in changes.items())
        statements.append(f"UPDATE funding_planfigures SET {steps} WHERE plan_id = {row}.plan_id;")
        if row == "OLD":
            same = " AND ".join(f"{column} IS OLD.{column}" for column in TARGET)
            statements.append(f"UPDATE funding_targetfigures SET {steps} WHERE plan_id = OLD.plan_id AND {same};")
        else:
            columns = ", ".join(("plan_id", *TARGET, *changes))
            values = ", ".join((*(f"NEW.{column}" for column in ("plan_id", *TARGET)), *changes.values()))
            statements.append(f"""INSERT INTO funding_targetfigures ({columns})
                SELECT {values} WHERE NEW.plan_id IS NOT NULL
                ON CONFLICT (plan_id, framework_code, COALESCE(objective_number, 0), COALESCE(sector_id, 0),
                    is_shared_across_sectors, project_code)
                DO UPDATE SET {steps};""")
    plans = " UNION ".join(f"SELECT {row}.plan_id" for row in rows_of(event))
    return _trigger(
        f"contribution_{event.lower()}",
        f"AFTER {event} ON funding_contribution",
        [*statements, *_refresh_sectors(plans)],
    )


def _source(
    name: str, table: str, column: str, event: str, update: Callable[[str], str], *, sectors: bool = True
) -> str:
    plans = " UNION ".join(f"SELECT {row}.{column}" for row in rows_of(event))
    statements = [f"{update(plans)};", *(_refresh_sectors(plans) if sectors else [])]
    return _trigger(f"{name}_{event.lower()}", f"AFTER {event} ON {table}", statements)


def _row_of_revision(table: str, event: str) -> str:
    """A row of a revision matters where that is in force: drafts are edited without a thought for totals."""
    revisions = ", ".join(f"{row}.revision_id" for row in rows_of(event))
    plans = f"SELECT plan_id FROM funding_planfigures WHERE revision_id IN ({revisions})"
    return _trigger(f"{table}_{event.lower()}", f"AFTER {event} ON {table}", _refresh_sectors(plans))
