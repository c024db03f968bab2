"""The triggers on PostgreSQL: one call a statement, however many rows it changed.

Whatever changes the figures of a plan first takes the lock on its row of ``funding_planfigures``, in the order of
plans, and adds up after that, in a statement of its own: that one sees what the writer before has committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .shared import (
    CENTS,
    EVENTS,
    SECTOR_OF_TARGET,
    SUMMARIES,
    SUMS,
    TARGET,
    from_countries,
    from_official,
    from_revision,
    sector_lines,
)

REFERENCING = {
    "INSERT": "REFERENCING NEW TABLE AS added",
    "UPDATE": "REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "REFERENCING OLD TABLE AS removed",
}
TABLES = {"INSERT": ("added",), "UPDATE": ("removed", "added"), "DELETE": ("removed",)}
PLANS = "SELECT unnest(plans)"


def functions() -> Iterator[str]:
    """Yield the functions that several triggers call."""
    yield _function(
        "crp_refresh_sectors(plans bigint[])",
        "void",
        f"""
        WITH lines AS MATERIALIZED ({sector_lines(PLANS)}),
        gone AS (
            DELETE FROM funding_sectorfigures kept
            WHERE kept.plan_id IN ({PLANS}) AND NOT EXISTS (
                SELECT 1 FROM lines WHERE lines.plan_id = kept.plan_id AND lines.sector_key = kept.sector_key)
        )
        INSERT INTO funding_sectorfigures AS kept (plan_id, sector_key, requested_usd, given_usd, pledged_usd)
        SELECT plan_id, sector_key, requested_usd, given_usd, pledged_usd FROM lines ORDER BY plan_id, sector_key
        ON CONFLICT (plan_id, sector_key) DO UPDATE SET requested_usd = excluded.requested_usd,
            given_usd = excluded.given_usd, pledged_usd = excluded.pledged_usd
        WHERE (kept.requested_usd, kept.given_usd, kept.pledged_usd)
            IS DISTINCT FROM (excluded.requested_usd, excluded.given_usd, excluded.pledged_usd);
        """,
    )
    yield _function(
        "crp_lock_plans(plans bigint[])",
        "void",
        f"PERFORM 1 FROM funding_planfigures WHERE plan_id IN ({PLANS}) ORDER BY plan_id FOR UPDATE;",
    )
    yield _function(
        "crp_count_change()",
        "trigger",
        """
        INSERT INTO funding_changecounter AS counter (topic, shard, value)
        VALUES (TG_ARGV[0], pg_backend_pid() % 64, 1)
        ON CONFLICT (topic, shard) DO UPDATE SET value = counter.value + 1;
        RETURN NULL;
        """,
    )


def triggers(topics: dict[str, str]) -> Iterator[str]:
    """Yield the statements that make every trigger. ``topics``: for each table of CRP the topic of its changes."""
    for table, topic in topics.items():
        yield f"""CREATE TRIGGER crp_{table}_counted AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION crp_count_change('{topic}')"""
    yield from _on(
        "plan_start",
        "plans_plan",
        "INSERT",
        "INSERT INTO funding_planfigures (plan_id) SELECT id FROM added ORDER BY id;",
    )
    yield from _on(
        "plan_end",
        "plans_plan",
        "DELETE",
        "\n".join(f"DELETE FROM {table} WHERE plan_id IN (SELECT id FROM removed);" for table in SUMMARIES),
    )
    for event in EVENTS:
        yield from _on("contribution", "funding_contribution", event, _contributions(event))
        yield from _on("revision", "plans_revision", event, _source("plan_id", event, from_revision))
        yield from _on("official", "funding_reportedfunding", event, _source("plan_id", event, from_official))
        yield from _on("countries", "plans_plan_countries", event, _source("plan_id", event, from_countries))
        for table in ("funding_fundingrequest", "funding_project"):
            yield from _on(table, table, event, _rows_of_revisions(event))


def _function(head: str, returns: str, body: str) -> str:
    plans = "DECLARE plans bigint[];" if returns == "trigger" else ""
    # An array of unknown length would otherwise be planned anew each time, which takes longer than the work itself.
    once = "SET plan_cache_mode = force_generic_plan" if returns == "void" else ""
    return f"""CREATE OR REPLACE FUNCTION {head} RETURNS {returns} LANGUAGE plpgsql {once} AS $crp$
        {plans} BEGIN {body} END $crp$"""


def _on(name: str, table: str, event: str, body: str) -> Iterator[str]:
    name = f"crp_{name}_{event.lower()}"
    yield _function(f"{name}()", "trigger", f"{body}\nRETURN NULL;")
    yield f"""CREATE TRIGGER {name} AFTER {event} ON {table} {REFERENCING[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""


def _touched(columns: str, event: str) -> str:
    return " UNION ".join(f"SELECT {columns} FROM {table}" for table in TABLES[event])


def _contributions(event: str) -> str:
    """Return the steps for contributions: add the change to plan and target, then the lines by sector anew."""
    parts = []
    for table in TABLES[event]:
        sign = "-" if table == "removed" else ""
        amounts = (
            f"{sign}COALESCE({CENTS.format(column='counted_usd')}, 0)",
            f"{sign}(counted_usd IS NOT NULL)::int",
            f"{sign}COALESCE({CENTS.format(column='pledged_usd')}, 0)",
            f"{sign}(pledged_usd IS NOT NULL)::int",
        )
        named = ", ".join(f"{amount} AS {name}" for amount, name in zip(amounts, SUMS, strict=True))
        target = ", ".join(TARGET)
        parts.append(f"SELECT plan_id, {target}, {named} FROM {table} WHERE plan_id IS NOT NULL")
    changes = " UNION ALL ".join(parts)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in SUMS)
    names = ", ".join(SUMS)
    target = ", ".join(TARGET)
    steps = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in SUMS)
    return f"""
        INSERT INTO funding_planfigures AS kept (plan_id, {names})
        SELECT plan_id, {sums} FROM ({changes}) changes GROUP BY plan_id ORDER BY plan_id
        ON CONFLICT (plan_id) DO UPDATE SET {steps};
        INSERT INTO funding_targetfigures AS kept (plan_id, {target}, {names})
        SELECT plan_id, {target}, {sums} FROM ({changes}) changes
        GROUP BY plan_id, {target} ORDER BY plan_id, {target}
        ON CONFLICT (plan_id, framework_code, COALESCE(objective_number, 0), COALESCE(sector_id, 0),
            is_shared_across_sectors, project_code)
        DO UPDATE SET {steps};
        {_ADD_TO_SECTORS if event == "INSERT" else ""}
        SELECT array_agg(touched.plan_id) INTO plans FROM ({_touched("plan_id", event)}) touched
        {_NOT_ADDED if event == "INSERT" else "WHERE touched.plan_id IS NOT NULL"};
        IF plans IS NOT NULL THEN PERFORM crp_refresh_sectors(plans); END IF;
    """


# New money, the everyday case, is added to the lines of its plan. Where the plan has an official total, whose rest it
# changes, or asks for nothing, so that a line for 0 may have to go, the lines are made anew.
_ADD_TO_SECTORS = f"""
    INSERT INTO funding_sectorfigures AS kept (plan_id, sector_key, given_usd, pledged_usd)
    SELECT target.plan_id, {SECTOR_OF_TARGET}, SUM({CENTS.format(column="target.counted_usd")}),
        SUM({CENTS.format(column="target.pledged_usd")})
    FROM added target JOIN funding_planfigures figures ON figures.plan_id = target.plan_id
    WHERE figures.official_usd IS NULL AND figures.requested_usd IS NOT NULL
        AND (target.counted_usd IS NOT NULL OR target.pledged_usd IS NOT NULL)
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (plan_id, sector_key) DO UPDATE SET
        given_usd = CASE WHEN excluded.given_usd IS NULL THEN kept.given_usd
            ELSE COALESCE(kept.given_usd, 0) + excluded.given_usd END,
        pledged_usd = CASE WHEN excluded.pledged_usd IS NULL THEN kept.pledged_usd
            ELSE COALESCE(kept.pledged_usd, 0) + excluded.pledged_usd END;
"""
_NOT_ADDED = """
    JOIN funding_planfigures figures ON figures.plan_id = touched.plan_id
    WHERE figures.official_usd IS NOT NULL OR figures.requested_usd IS NULL
"""


def _source(column: str, event: str, update: Callable[[str], str]) -> str:
    return f"""
        SELECT array_agg({column}) INTO plans FROM ({_touched(column, event)}) touched WHERE {column} IS NOT NULL;
        IF plans IS NULL THEN RETURN NULL; END IF;
        PERFORM crp_lock_plans(plans);
        {update(PLANS)};
        PERFORM crp_refresh_sectors(plans);
    """


def _rows_of_revisions(event: str) -> str:
    """Return the steps for rows of revisions; only one that is in force matters."""
    return f"""
        SELECT array_agg(figures.plan_id) INTO plans
        FROM funding_planfigures figures WHERE figures.revision_id IN ({_touched("revision_id", event)});
        IF plans IS NULL THEN RETURN NULL; END IF;
        PERFORM crp_lock_plans(plans);
        PERFORM crp_refresh_sectors(plans);
    """
