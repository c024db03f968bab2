"""Writers at work and clients that follow them: ``python -m tests.exchange.changes.replay STEPS``.

Started by ``test_replay.py`` against a database with a few plans. The writers do what officers, imports and hands on
the database do, some of it in transactions that stay open while others commit. The clients know nothing but the
documentation: they begin with ``since=start``, put rows and take them away, and go on from the cursor they were given.
When all is quiet they must hold what the lists hold, column by column.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crp.settings")
django.setup()

from django.core.exceptions import ValidationError  # noqa: E402 (the settings come first)
from django.db import IntegrityError, OperationalError, connection, transaction  # noqa: E402
from django.db.models import ProtectedError  # noqa: E402
from django.test import Client as Browser  # noqa: E402

from funding.models import Contribution, Organization, ReportedFunding  # noqa: E402
from funding.services import (  # noqa: E402
    change_contribution,
    change_status,
    keep_duplicate,
    merge_duplicate,
    record_contribution,
    remove_contribution,
)
from plans.models import Country, Plan, Revision  # noqa: E402
from sectors.models import Sector  # noqa: E402

WRITERS = 3
POLLS = 12
"""How often clients ask, at the least, while the writers write."""
SECRET = "SECRET"
"""Begins the code of what is never published."""
LISTS = ("plans", "contributions", "organizations", "reported-funding")
RESOURCES = (*LISTS, "revisions")
ROOT = "/api/v1/"


class Writer(threading.Thread):
    """Does to the data at random what officers, imports and hands on the database do."""

    def __init__(self, seed: int, steps: int, enough: threading.Event) -> None:
        super().__init__(daemon=True)  # or a client that fails would wait for ever for writers that wait for it
        self.seed, self.steps, self.number, self.enough = seed, steps, 0, enough
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while self.done.total() < self.steps or not self.enough.is_set():
                self.step()
                time.sleep(self.chance.random() / 20)  # without a pause SQLite lets no reader come between
        except BaseException as error:  # noqa: BLE001 (told by the main thread)
            self.failure = error
        finally:
            connection.close()

    def step(self) -> None:
        names = ("record", "record_many", "change", "move", "take_step", "judge", "remove", "report", "revise")
        rare = ("withdraw", "rename_donor", "rename_plan", "rename_country", "recode", "draft", "add_donor", "hold")
        name = self.chance.choice((*names, *names, *rare))
        try:
            with transaction.atomic():
                getattr(self, name)()
                if self.chance.random() < 0.2:  # what was written long ago is committed late
                    time.sleep(self.chance.random() / 10)
            self.done[name] += 1
        except (ValidationError, ProtectedError, IntegrityError, OperationalError):
            self.done["refused"] += 1

    def plan(self) -> Plan:
        return self.chance.choice(list(Plan.objects.filter(code__startswith="TEST")))

    def pick(self) -> Contribution:
        found = Contribution.objects.order_by("?").first()
        if found is None:
            raise ValidationError("none left")
        return found

    def amount(self) -> Decimal:
        return Decimal(self.chance.randint(1, 10**9)) / 100

    def contribution(self, **values: Any) -> Contribution:
        self.number += 1
        donors = [None, *Organization.objects.all()]
        given = {
            "code": f"W-{self.seed}-{self.number}",
            "plan": self.chance.choice([self.plan(), None]),
            "donor": self.chance.choice(donors),
            "recipient": self.chance.choice(donors),
            "status": self.chance.choice(Contribution.Status.values),
            "flow": self.chance.choice(Contribution.Flow.values),
            "amount_usd": self.amount(),
            "sector": self.chance.choice([None, *Sector.objects.all()[:3]]),
        }
        return Contribution(**given | values)

    def record(self) -> None:
        given = {"status": "pledge", "flow": "incoming", "sector": None, "decision_on": date(2024, 3, 1)}
        record_contribution(contribution=self.contribution(**given, amount_usd=Decimal(self.chance.choice([10, 20]))))

    def record_many(self) -> None:
        Contribution.objects.bulk_create(self.contribution() for _number in range(12))

    def change(self) -> None:
        item = self.pick()
        item.amount_usd = self.amount()
        change_contribution(contribution=item)

    def move(self) -> None:
        item = self.pick()
        if not item.code.startswith(SECRET):  # in a published plan it would be public, and rightly so
            Contribution.objects.filter(pk=item.pk).update(plan=self.plan(), note="Moved by hand")

    def take_step(self) -> None:
        change_status(contribution=self.pick(), status="paid")

    def judge(self) -> None:
        found = Contribution.objects.filter(review="suspected").first()
        if found is not None:
            act = self.chance.choice([merge_duplicate, keep_duplicate])
            act(contribution=found, reason="Looked at")

    def remove(self) -> None:
        remove_contribution(contribution=self.pick())

    def report(self) -> None:
        plan = self.plan()
        Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        plan.reported_funding.filter(superseded_on=None, scope="total").update(superseded_on=date(2025, 1, 1))
        if self.chance.random() < 0.7:
            ReportedFunding.objects.create(plan=plan, amount_usd=self.amount(), reported_on=date(2025, 1, 1))

    def revise(self) -> None:
        """Publish a newer revision, of a plan that has one in force or none any more."""
        plan = self.plan()
        Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        last = plan.revisions.order_by("-number").first()
        now = datetime.now(UTC)
        plan.revisions.in_force().update(status="superseded", superseded_at=now)
        Revision.objects.create(
            plan=plan,
            number=last.number + 1 if last else 1,
            status="published",
            published_at=now,
            requested_usd=self.amount(),
        )

    def withdraw(self) -> None:
        """Let a plan have no revision in force: it leaves every list, and all its money with it."""
        self.plan().revisions.in_force().update(status="superseded", superseded_at=datetime.now(UTC))

    def rename_donor(self) -> None:
        donor = self.chance.choice(list(Organization.objects.all()))
        Organization.objects.filter(pk=donor.pk).update(name=f"Donor {self.chance.random()}")

    def rename_plan(self) -> None:
        plan = self.plan()
        plan.title = f"Plan {self.chance.random()}"
        plan.save()

    def rename_country(self) -> None:
        country = self.chance.choice(list(Country.objects.filter(plans__code__startswith="TEST")))
        Country.objects.filter(pk=country.pk).update(name=f"Country {self.chance.random()}")
        self.plan().countries.add(country)

    def recode(self) -> None:
        """Do by hand on the database what nobody should: change codes that were promised to stay."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE plans_plan SET code = code || 'X' WHERE id = %s", [self.plan().pk])

    def draft(self) -> None:
        self.number += 1
        plan = Plan.objects.create(
            code=f"{SECRET}-{self.seed}-{self.number}", kind="crp", title=SECRET, start_year=2024, end_year=2024
        )
        Revision.objects.create(plan=plan, reason=SECRET)
        Contribution.objects.bulk_create([self.contribution(code=f"{plan.code}-C", plan=plan)])
        if self.chance.random() < 0.5:
            Contribution.objects.filter(plan=plan).delete()

    def add_donor(self) -> None:
        self.number += 1
        donor = Organization.objects.create(code=f"o-{self.seed}-{self.number}", name="New donor", kind="ngo")
        donor.identifiers.create(scheme="fts", value=donor.code)
        if self.chance.random() < 0.5:
            donor.delete()

    def hold(self) -> None:
        self.record_many()
        time.sleep(0.15)


class Client:
    """A partner's program: it holds rows by list and key."""

    def __init__(self, seed: int, **parameters: str) -> None:
        self.chance = random.Random(seed)
        self.parameters = parameters
        self.since = "start"
        self.held: dict[tuple[str, str], Any] = {}
        self.seen: Counter[str] = Counter()
        self.projects: dict[str, Any] | None = None
        """By plan, fetched again with each entry of the plan. None: the client has no use for them."""

    def poll(self) -> bool:
        """Ask once, and return whether there is more."""
        asked = {**self.parameters, "since": self.since}
        is_stream = asked.get("format") == "ndjson"
        if not is_stream or self.chance.random() < 0.5:
            asked["limit"] = str(self.chance.choice([1, 3, 20, 1000]))
        response: Any = Browser().get(f"{ROOT}changes/", asked)
        text = b"".join(response.streaming_content if response.streaming else [response.content]).decode()
        assert response.status_code == 200, text
        assert SECRET not in text, text
        if is_stream:
            entries = [json.loads(line) for line in text.splitlines()]
            has_more = bool(entries)
        else:
            page = json.loads(text)
            entries, has_more, self.since = page["results"], page["has_more"], page["cursor"]
            assert f"since={self.since}" in page["next"]
        for entry in entries:
            self.apply(entry)
            if is_stream:
                self.since = entry["cursor"]
        return has_more

    def apply(self, entry: dict[str, Any]) -> None:
        name = entry["resource"], entry["key"]
        self.seen[entry["change"]] += 1
        assert (entry["row"] is None) == (entry["change"] == "deleted")
        if entry["row"] is None:
            self.held.pop(name, None)
        else:
            self.held[name] = entry["row"]
        if entry["resource"] == "plans" and self.projects is not None:
            self.projects.pop(entry["key"], None)
            if entry["row"] is not None:
                found: Any = Browser().get(f"{ROOT}projects/", {"search": entry["key"], "limit": 1000})
                self.projects[entry["key"]] = [row for row in found.json()["results"] if row["plan"] == entry["key"]]

    def settle(self) -> None:
        """Read on to the end."""
        while self.poll():
            pass


def every(address: str) -> list[dict[str, Any]]:
    """Return all entries of a list."""
    rows: list[dict[str, Any]] = []
    following = f"{ROOT}{address}?limit=1000"
    while following:
        page = Browser().get(following).json()
        rows += page["results"]
        following = page["next"]
    return rows


def lists() -> dict[str, list[dict[str, Any]]]:
    """Return what every list holds."""
    found = {name: every(f"{name}/") for name in LISTS}
    found["revisions"] = [row for plan in found["plans"] for row in every(f"plans/{plan['code']}/revisions/")]
    return found


def in_order(rows: Any) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def compare(client: Client, there: dict[str, list[dict[str, Any]]], names: tuple[str, ...]) -> None:
    """Refuse anything that a client has more, less or other than the lists, in any column."""
    for name in names:
        mine = in_order(row for (resource, _key), row in client.held.items() if resource == name)
        wanted = in_order(there[name])
        more, less = set(mine) - set(wanted), set(wanted) - set(mine)
        assert mine == wanted, f"{name}: {len(more)} too many or other, {len(less)} missing: {more} {less}"[:3000]
    assert {resource for resource, _key in client.held} <= set(names)


def main(steps: int) -> None:
    enough = threading.Event()
    writers = [Writer(seed, steps, enough) for seed in range(1, WRITERS + 1)]
    faithful, picky, streaming = (
        Client(1),
        Client(2, resource="contributions,organizations"),
        Client(3, format="ndjson"),
    )
    faithful.projects = {}
    for writer in writers:
        writer.start()
    polls = 0
    while any(writer.is_alive() for writer in writers):
        (faithful, picky, streaming)[polls % 3].poll()
        polls += 1
        if polls == POLLS:
            enough.set()
    for writer in writers:
        writer.join()
        if writer.failure is not None:
            raise writer.failure
    there = lists()
    for client in (faithful, picky, streaming):
        client.settle()
    assert lists() == there
    for client in (faithful, streaming):
        compare(client, there, RESOURCES)
    mine = in_order(row for rows in faithful.projects.values() for row in rows)
    assert mine == in_order(every("projects/"))
    compare(picky, there, ("contributions", "organizations"))
    fresh = Client(5)
    fresh.settle()
    compare(fresh, there, RESOURCES)
    assert set(fresh.seen) <= {"created", "published"}, fresh.seen  # who holds nothing is told of nothing deleted
    done = sum((writer.done for writer in writers), Counter())
    told = {"done": done, "polls": polls, "seen": faithful.seen, "rows": len(fresh.held)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
