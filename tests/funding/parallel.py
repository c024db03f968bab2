"""One of several writers at the same moment: ``python -m tests.funding.parallel SECONDS SEED``.

Started by ``test_summaries_parallel.py`` against a database of its own, and killed by it in the middle of things.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crp.settings")
django.setup()

from django.db import OperationalError, transaction  # noqa: E402 (the settings come first)

from funding.models import Contribution, FundingRequest, ReportedFunding  # noqa: E402
from plans.models import Plan, Revision  # noqa: E402
from sectors.models import Sector  # noqa: E402

AT_LEAST = 10
"""Changes that each writer makes however slow the machine is."""


class Writer:
    """Does to the ledger at random what officers and imports do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.number = 0
        self.plans = list(Plan.objects.order_by("pk"))
        self.sectors = [None, *Sector.objects.order_by("pk")[:5]]

    def contribution(self) -> Contribution:
        self.number += 1
        chance = self.chance
        return Contribution(
            code=f"W-{self.seed}-{self.number}",
            plan=chance.choice(self.plans),
            status=chance.choice(Contribution.Status.values),
            flow=chance.choice(Contribution.Flow.values),
            amount_usd=Decimal(chance.randint(1, 10**9)) / 100,
            decision_on=date(2024, chance.randint(1, 12), 1),
            sector=chance.choice(self.sectors),
            project_code=chance.choice(["", "P-1", "P-2"]),
        )

    def record(self) -> None:
        self.contribution().save()

    def record_many(self) -> None:
        Contribution.objects.bulk_create(self.contribution() for _number in range(20))

    def change(self) -> None:
        item = Contribution.objects.filter(code__startswith="W-").order_by("?").first()
        if item is not None:
            item.amount_usd = Decimal(self.chance.randint(1, 10**9)) / 100
            item.status = self.chance.choice(Contribution.Status.values)
            item.plan = self.chance.choice(self.plans)
            item.save()

    def delete(self) -> None:
        Contribution.objects.filter(code__endswith=str(self.chance.randint(0, 99))).delete()

    def report(self) -> None:
        plan = self.chance.choice(self.plans)
        with transaction.atomic():
            Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
            plan.reported_funding.filter(superseded_on=None, scope="total").update(superseded_on=date(2025, 1, 1))
            if self.chance.random() < 0.7:
                ReportedFunding.objects.create(
                    plan=plan, amount_usd=self.chance.randint(0, 10**7), reported_on=date(2025, 1, 1)
                )

    def revise(self) -> None:
        plan = self.chance.choice(self.plans)
        with transaction.atomic():
            Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
            former = plan.revisions.in_force().get()
            now = datetime.now(UTC)
            Revision.objects.filter(pk=former.pk).update(status="superseded", superseded_at=now)
            newer = Revision.objects.create(
                plan=plan, number=former.number + 1, status="published", published_at=now, taxonomy=former.taxonomy,
                requested_usd=self.chance.randint(0, 10**7),
            )  # fmt: skip
            for sector in former.taxonomy.sectors.all()[:2]:
                FundingRequest.objects.create(revision=newer, breakdown="sector", sector=sector, amount_usd=1000)

    def run(self, seconds: float) -> tuple[int, int]:
        """Return how many changes were made, and how many the database asked to make again."""
        steps = [self.record] * 8 + [self.change] * 4 + [self.record_many, self.delete, self.report, self.revise]
        done = again = 0
        until = time.monotonic() + seconds
        while time.monotonic() < until or done < AT_LEAST:
            try:
                with transaction.atomic():
                    self.chance.choice(steps)()
                done += 1
            except OperationalError as error:
                if "deadlock" not in str(error):
                    raise
                again += 1
        return done, again


if __name__ == "__main__":
    sys.stdout.write("{} {}\n".format(*Writer(int(sys.argv[2])).run(float(sys.argv[1]))))
