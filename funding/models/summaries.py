"""Sums that the database keeps by itself.

Written by its triggers (:mod:`funding.summaries`) and by nothing else; read by :mod:`funding.rollups` and by nothing
else. ``manage.py check_rollups`` computes everything again and compares.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from crp.common.money import CentsField
from plans.models import Plan
from sectors.models import Sector

# Generated columns can't name each other on PostgreSQL, so each says again what "received" is.
_RECEIVED = """CASE
    WHEN official_usd IS NOT NULL THEN official_usd
    WHEN states_received OR counted_number > 0 THEN counted_sum
END"""
_KNOWN = "requested_usd IS NOT NULL AND (official_usd IS NOT NULL OR states_received OR counted_number > 0)"
# Hundredths of a percent, half up and exact: first whole percents, then the hundredths that their rest makes.
_PART = f"ABS({_RECEIVED}) * 100"
_REST = f"({_PART} - {_PART} / requested_usd * requested_usd)"
_SHARE = f"({_PART} / requested_usd) * 100 + ({_REST} * 200 + requested_usd) / (2 * requested_usd)"


def _generated(sql: str) -> Any:
    output: Any = CentsField()
    return models.GeneratedField(
        expression=RawSQL(sql, (), output_field=output),  # noqa: S611 (no value from outside)
        output_field=output,
        db_persist=True,
    )


class PlanFigures(models.Model):
    """One plan: what the revision in force asks for and what is on record for it."""

    SEVERAL_COUNTRIES: ClassVar = -1

    plan = models.OneToOneField(
        Plan, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="kept_figures"
    )
    revision_id = models.BigIntegerField(null=True, db_index=True)
    """The revision in force. None: there is none."""
    only_country_id = models.BigIntegerField(db_default=0)
    """Its country where it has exactly one; else 0, or :attr:`SEVERAL_COUNTRIES`."""
    requested_usd = CentsField(null=True)
    states_received = models.BooleanField(db_default=False)
    official_usd = CentsField(null=True)
    counted_sum = CentsField(db_default=0)
    counted_number = models.IntegerField(db_default=0)
    pledged_sum = CentsField(db_default=0)
    pledged_number = models.IntegerField(db_default=0)

    received_usd = _generated(_RECEIVED)
    pledged_usd = _generated("CASE WHEN pledged_number > 0 THEN pledged_sum END")
    gap_usd = _generated(
        f"CASE WHEN {_KNOWN} THEN CASE WHEN requested_usd > {_RECEIVED} THEN requested_usd - {_RECEIVED} ELSE 0 END END"
    )
    over_funded_usd = _generated(
        f"CASE WHEN {_KNOWN} THEN CASE WHEN {_RECEIVED} > requested_usd THEN {_RECEIVED} - requested_usd ELSE 0 END END"
    )
    percent_funded = _generated(
        f"CASE WHEN {_KNOWN} AND requested_usd > 0 THEN "
        f"CASE WHEN {_RECEIVED} < 0 THEN -({_SHARE}) ELSE {_SHARE} END END"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["percent_funded"], name="plan_figures_percent"),
        ]

    def __str__(self) -> str:
        return f"plan {self.plan_id}"


class TargetFigures(models.Model):
    """What a plan was given for one target; the columns are named as those of a contribution."""

    plan = models.ForeignKey(Plan, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    framework_code = models.CharField(max_length=30, blank=True)
    objective_number = models.PositiveSmallIntegerField(null=True)
    sector = models.ForeignKey(
        Sector, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    is_shared_across_sectors = models.BooleanField(db_default=False)
    project_code = models.CharField(max_length=40, blank=True)
    counted_sum = CentsField(db_default=0)
    counted_number = models.IntegerField(db_default=0)
    pledged_sum = CentsField(db_default=0)
    pledged_number = models.IntegerField(db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "plan",
                "framework_code",
                Coalesce("objective_number", Value(0)),
                Coalesce("sector", Value(0), output_field=models.BigIntegerField()),
                "is_shared_across_sectors",
                "project_code",
                name="target_figures_once",
            )
        ]

    def __str__(self) -> str:
        return f"target of plan {self.plan_id}"


class SectorFigures(models.Model):
    """What a plan asks for and was given in one sector, the named rests of both included."""

    NOT_SPECIFIED: ClassVar = 0
    SHARED: ClassVar = -1
    OFFICIAL_ONLY: ClassVar = -2

    plan = models.ForeignKey(Plan, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    sector_key = models.BigIntegerField()
    """The sector's number, or which rest it is."""
    requested_usd = CentsField(null=True)
    given_usd = CentsField(null=True)
    """None: nothing on record; received is 0 then where the plan reports its funding."""
    pledged_usd = CentsField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "sector_key"], name="sector_figures_once"),
        ]

    def __str__(self) -> str:
        return f"sector {self.sector_key} of plan {self.plan_id}"


class ChangeCounter(models.Model):
    """How many changes the tables of one topic have seen; only the sum over the shards means something.

    Every connection to PostgreSQL counts in a row of its own, so that writers don't wait for each other.
    """

    topic = models.CharField(max_length=10)
    shard = models.SmallIntegerField()
    value = models.BigIntegerField(db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["topic", "shard"], name="change_counter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.shard}"
