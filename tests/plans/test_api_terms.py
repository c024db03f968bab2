"""The short lists of the API: every entry of every list once, in every format, and nothing else."""

from __future__ import annotations

import json

import pytest

from crp.common.models import ReferenceItem
from plans.api.terms import GROUPS, LISTS, MODELS
from plans.models import Region, StrategicObjective, TargetGroup
from tests.api import ask, count_queries, get, problem, results, rows, text_of
from tests.conftest import MaliPlans


def test_every_short_list_is_there() -> None:
    """A list that is added to the models is added here."""
    assert set(MODELS.values()) == {*ReferenceItem.__subclasses__(), StrategicObjective, Region}


def test_every_entry_is_told_once(mali: MaliPlans) -> None:
    found = results("terms/?limit=1000")
    assert get("terms/")["count"] == len(found) == sum(model._default_manager.count() for model in MODELS.values()) + 3
    assert len({(row["list"], row["code"]) for row in found}) == len(found)
    assert list(dict.fromkeys(row["list"] for row in found)) == list(LISTS)
    by_key = {(row["list"], row["code"]): row for row in found}
    assert by_key["target_group", "IDP"]["name"] == "Internally displaced person"
    outcome = by_key["strategic_outcome", "1a"]
    assert by_key["strategic_objective", outcome["parent"]]["code"] == "2024-2028/1"
    western, africa = by_key["region", "011"], by_key["region", "002"]
    assert (western["name_fr"], africa["parent"]) == ("Afrique occidentale", None)
    assert by_key["region", western["parent"]]["parent"] == "002"
    sahel = by_key[GROUPS, "sahel"]
    assert sahel["countries"] == ["BFA", "MLI", "MRT", "NER", "TCD"]
    assert (sahel["name"], sahel["name_ar"] not in (None, sahel["name"])) == (
        "Sahel (the five countries of the G5)",
        True,
    )
    assert not [row for row in found if row["countries"] and row["list"] != GROUPS]


def test_what_rows_name_is_there(mali: MaliPlans) -> None:
    known = {(row["list"], row["code"]) for row in results("terms/?limit=1000")}
    for row in results("objectives/"):
        assert ("strategic_objective", row["strategic_objective"]) in known
        assert {("target_group", code) for code in row["target_groups"]} <= known
    families = {code for row in results("funding-requests/?limit=1000") for code in row["related_plans"]}
    assert families
    assert {("plan_family", code) for code in families} <= known
    for row in results("countries/?limit=1000"):
        assert {("region", row[name]) for name in ("region", "sub_region") if row[name]} <= known


def test_lists_are_chosen_and_paged(mali: MaliPlans) -> None:
    assert {row["list"] for row in results("terms/?list=region,country_group&limit=1000")} == {"region", GROUPS}
    assert results("terms/?list=country_group&list=region&limit=1000") == results(
        "terms/?list=region,country_group&limit=1000"
    )
    page = get("terms/?list=country_group&limit=2")
    assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
    last = get(page["next"].partition("/api/v1/")[2])
    assert ([row["code"] for row in last["results"]], last["next"]) == (["lake-chad-basin"], None)
    assert count_queries("terms/?list=country_group") == 1  # the stamp
    assert count_queries("terms/") <= len(MODELS) + 1


def test_it_is_a_table_too(mali: MaliPlans) -> None:
    whole = results("terms/?limit=1000")
    table = rows("terms/?format=csv")
    assert [(row["list"], row["code"]) for row in table] == [(row["list"], row["code"]) for row in whole]
    assert next(row for row in table if row["code"] == "central-sahel")["countries"] == "BFA;MLI;NER"
    assert [json.loads(line) for line in text_of(ask("terms/?format=ndjson")).splitlines()] == whole
    assert len(rows("terms/?format=csv&limit=2")) == 2
    assert b"".join(ask("terms/?format=xlsx")).startswith(b"PK")  # type: ignore[arg-type]


def test_a_change_is_seen(mali: MaliPlans) -> None:
    tag = ask("terms/")["ETag"]
    assert ask("terms/", **{"If-None-Match": tag}).status_code == 304
    TargetGroup.objects.filter(code="IDP").update(name="Displaced")
    assert ask("terms/", **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("list=regions", "list"),
        ("list=", "list"),
        ("list=%00", "list"),
        ("list=" + "x" * 10_000, "list"),
        ("list=<script>", "list"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("offset=-1", "offset"),
        ("cursor=*", "cursor"),
        ("as_of=2025-01-01", "as_of"),
        ("fields=code", "fields"),
        ("hxl=1", "hxl"),
    ],
)
def test_what_can_not_be_used_is_named(mali: MaliPlans, query: str, name: str) -> None:
    assert list(problem(f"terms/?{query}")) == [name]
