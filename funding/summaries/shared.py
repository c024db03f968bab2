"""The SQL that both databases share."""

from __future__ import annotations

from collections.abc import Iterator

TARGET = ("framework_code", "objective_number", "sector_id", "is_shared_across_sectors", "project_code")
"""What a contribution is for: the columns that it and the summary have in common."""
SUMS = ("counted_sum", "counted_number", "pledged_sum", "pledged_number")
EVENTS = ("INSERT", "UPDATE", "DELETE")
SUMMARIES = ("funding_planfigures", "funding_targetfigures", "funding_sectorfigures")

CENTS = "CAST(ROUND({column} * 100) AS BIGINT)"

# Of the breakdowns that carry a sector the best one that the revision has: by sector, or else by project.
_IS_BEST = """(
    asked.breakdown = 'sector'
    OR asked.breakdown = 'project' AND NOT EXISTS (
        SELECT 1 FROM funding_fundingrequest better
        WHERE better.revision_id = figures.revision_id AND better.breakdown = 'sector')
)"""
_ASKED_CENTS = CENTS.format(column="asked.amount_usd")

# The lines of an official total are used where it is itself in force: without it they would not add to the plan's.
_IS_OFFICIAL = """
    figures.official_usd IS NOT NULL AND official.plan_id = figures.plan_id
    AND official.scope = 'sector' AND official.superseded_on IS NULL
"""
_OFFICIAL_CENTS = CENTS.format(column="official.amount_usd")

# A contribution for a project is for the project's sector, unless it names one itself.
SECTOR_OF_TARGET = """CASE WHEN target.is_shared_across_sectors THEN -1 ELSE COALESCE(
    target.sector_id,
    (SELECT project.sector_id FROM funding_project project
        WHERE project.revision_id = figures.revision_id AND project.code = target.project_code),
    0
) END"""
_IS_ON_RECORD = "(target.counted_number > 0 OR target.pledged_number > 0)"


def sector_lines(plans: str) -> str:
    """Return the SELECT of (plan_id, sector_key, requested_usd, given_usd, pledged_usd) of plans, in hundredths.

    ``plans``: SQL that gives their numbers, for use after IN. Lines and rests add to the totals of the plan.
    """
    return f"""
    SELECT plan_id, sector_key,
        CAST(SUM(requested) AS BIGINT) AS requested_usd,
        CAST(SUM(given) AS BIGINT) AS given_usd,
        CAST(SUM(pledged) AS BIGINT) AS pledged_usd
    FROM (
        SELECT figures.plan_id AS plan_id, COALESCE(asked.sector_id, project.sector_id, 0) AS sector_key,
            {_ASKED_CENTS} AS requested, CAST(NULL AS BIGINT) AS given, CAST(NULL AS BIGINT) AS pledged
        FROM funding_planfigures figures
        JOIN funding_fundingrequest asked ON asked.revision_id = figures.revision_id
        LEFT JOIN funding_project project ON project.id = asked.project_id
        WHERE figures.plan_id IN ({plans}) AND {_IS_BEST}
        UNION ALL
        -- what the plan asks for beyond its lines
        SELECT rest.plan_id, 0, rest.total - COALESCE(rest.split, 0), NULL, NULL
        FROM (
            SELECT figures.plan_id AS plan_id, figures.requested_usd AS total, (
                SELECT CAST(SUM({_ASKED_CENTS}) AS BIGINT) FROM funding_fundingrequest asked
                WHERE asked.revision_id = figures.revision_id AND {_IS_BEST}
            ) AS split
            FROM funding_planfigures figures
            WHERE figures.plan_id IN ({plans}) AND figures.requested_usd IS NOT NULL
        ) rest
        WHERE rest.split IS NULL OR rest.split <> rest.total
        UNION ALL
        SELECT figures.plan_id, {SECTOR_OF_TARGET}, NULL,
            CASE WHEN target.counted_number > 0
                AND NOT EXISTS (SELECT 1 FROM funding_reportedfunding official WHERE {_IS_OFFICIAL})
                THEN target.counted_sum END,
            CASE WHEN target.pledged_number > 0 THEN target.pledged_sum END
        FROM funding_planfigures figures
        JOIN funding_targetfigures target ON target.plan_id = figures.plan_id
        WHERE figures.plan_id IN ({plans}) AND {_IS_ON_RECORD}
        UNION ALL
        SELECT figures.plan_id,
            CASE WHEN official.is_shared_across_sectors THEN -1 ELSE COALESCE(official.sector_id, 0) END,
            NULL, {_OFFICIAL_CENTS}, NULL
        FROM funding_planfigures figures
        JOIN funding_reportedfunding official ON {_IS_OFFICIAL}
        WHERE figures.plan_id IN ({plans})
        UNION ALL
        -- what the official total has beyond its lines, or else beyond the contributions on record
        SELECT rest.plan_id, -2, NULL, rest.total - COALESCE(rest.split, rest.counted), NULL
        FROM (
            SELECT figures.plan_id AS plan_id, figures.official_usd AS total, figures.counted_sum AS counted, (
                SELECT CAST(SUM({_OFFICIAL_CENTS}) AS BIGINT) FROM funding_reportedfunding official
                WHERE {_IS_OFFICIAL}
            ) AS split
            FROM funding_planfigures figures
            WHERE figures.plan_id IN ({plans}) AND figures.official_usd IS NOT NULL
        ) rest
        WHERE COALESCE(rest.split, rest.counted) <> rest.total
        UNION ALL
        -- a plan that reports 0 and asks for nothing needs a line to report it in
        SELECT figures.plan_id, 0, NULL, 0, NULL
        FROM funding_planfigures figures
        WHERE figures.plan_id IN ({plans}) AND figures.requested_usd IS NULL AND figures.received_usd = 0
            AND NOT EXISTS (
                SELECT 1 FROM funding_targetfigures target WHERE target.plan_id = figures.plan_id AND {_IS_ON_RECORD})
            AND NOT EXISTS (SELECT 1 FROM funding_reportedfunding official WHERE {_IS_OFFICIAL})
    ) parts
    GROUP BY plan_id, sector_key
    HAVING COUNT(requested) + COUNT(given) + COUNT(pledged) > 0
    """


def from_revision(plans: str) -> str:
    """Return the UPDATE that takes from the revision in force what a plan asks for."""
    in_force = "FROM plans_revision WHERE plan_id = funding_planfigures.plan_id AND status = 'published'"
    return f"""UPDATE funding_planfigures SET
        revision_id = (SELECT id {in_force}),
        requested_usd = (SELECT {CENTS.format(column="requested_usd")} {in_force}),
        states_received = COALESCE((SELECT reports_funding {in_force}), FALSE)
        WHERE plan_id IN ({plans})"""


def from_official(plans: str) -> str:
    """Return the UPDATE that takes the official total in force."""
    return f"""UPDATE funding_planfigures SET official_usd = (
        SELECT {CENTS.format(column="amount_usd")} FROM funding_reportedfunding
        WHERE plan_id = funding_planfigures.plan_id AND scope = 'total' AND superseded_on IS NULL)
        WHERE plan_id IN ({plans})"""


def from_countries(plans: str) -> str:
    """Return the UPDATE that says whether a plan has one country, none or several."""
    return f"""UPDATE funding_planfigures SET only_country_id = (
        SELECT CASE COUNT(*) WHEN 0 THEN 0 WHEN 1 THEN MIN(country_id) ELSE -1 END
        FROM plans_plan_countries WHERE plan_id = funding_planfigures.plan_id)
        WHERE plan_id IN ({plans})"""


def rebuild() -> Iterator[str]:
    """Yield the statements that make every summary anew from what it sums up."""
    every = "SELECT plan_id FROM funding_planfigures"
    for table in SUMMARIES:
        yield f"DELETE FROM {table}"
    yield "INSERT INTO funding_planfigures (plan_id) SELECT id FROM plans_plan"
    yield from (update(every) for update in (from_revision, from_official, from_countries))
    sums = ", ".join(
        (
            f"COALESCE(SUM({CENTS.format(column='counted_usd')}), 0)",
            "COUNT(counted_usd)",
            f"COALESCE(SUM({CENTS.format(column='pledged_usd')}), 0)",
            "COUNT(pledged_usd)",
        )
    )
    names = ", ".join(SUMS)
    target = ", ".join(("plan_id", *TARGET))
    yield f"""INSERT INTO funding_targetfigures ({target}, {names})
        SELECT {target}, {sums} FROM funding_contribution WHERE plan_id IS NOT NULL GROUP BY {target}"""
    yield f"""UPDATE funding_planfigures SET ({names}) = (
        SELECT COALESCE(SUM(counted_sum), 0), COALESCE(SUM(counted_number), 0),
            COALESCE(SUM(pledged_sum), 0), COALESCE(SUM(pledged_number), 0)
        FROM funding_targetfigures target WHERE target.plan_id = funding_planfigures.plan_id)"""
    yield f"""INSERT INTO funding_sectorfigures (plan_id, sector_key, requested_usd, given_usd, pledged_usd)
        {sector_lines(every)}"""
