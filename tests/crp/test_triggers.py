"""Sets of triggers: what is missing, switched off or left over is put right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from crp.common.triggers import TriggerSet

pytestmark = pytest.mark.django_db


def statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    if connection.vendor == "sqlite":
        for name in ("one", "two"):
            yield f"CREATE TRIGGER trial_{name} AFTER DELETE ON plans_region BEGIN SELECT 1; END"
        return
    yield "CREATE OR REPLACE FUNCTION trial_do() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    for name in ("one", "two"):
        yield f"CREATE TRIGGER trial_{name} AFTER DELETE ON plans_region FOR EACH ROW EXECUTE FUNCTION trial_do()"


TRIAL = TriggerSet("trial_", statements)
ALL = {"trial_one", "trial_two"}


@pytest.fixture(autouse=True)
def _installed(db: None) -> Iterator[None]:
    TRIAL.install(connection)
    yield
    TRIAL.remove(connection)


def test_what_is_wanted_is_there_once_it_is_made() -> None:
    assert TRIAL.wanted(connection) == TRIAL.installed(connection) == ALL
    assert TRIAL.missing(connection) == []
    assert TRIAL.is_current(connection)


def test_they_can_be_made_again_and_taken_away() -> None:
    TRIAL.install(connection)
    assert TRIAL.installed(connection) == ALL
    TRIAL.remove(connection)
    assert TRIAL.installed(connection) == set()
    assert TRIAL.missing(connection) == ["trial_one", "trial_two"]


def test_one_that_is_not_wanted_any_more_goes_and_those_of_others_stay() -> None:
    with connection.cursor() as cursor:
        made = [line.replace("trial_two", "trial_old") for line in statements(connection) if "trial_two" in line]
        cursor.execute(made[0])
        cursor.execute(made[0].replace("trial_old", "trialother"))  # an underscore in a prefix is no wildcard
    assert not TRIAL.is_current(connection)
    TRIAL.install(connection)
    assert TRIAL.is_current(connection)
    others = TriggerSet("trialother", statements)
    assert others.installed(connection) == {"trialother"}
    others.remove(connection)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite can't switch a trigger off")
def test_one_that_is_switched_off_is_missing_and_made_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE plans_region DISABLE TRIGGER trial_two")
    assert TRIAL.missing(connection) == ["trial_two"]
    TRIAL.install(connection)
    assert TRIAL.missing(connection) == []
