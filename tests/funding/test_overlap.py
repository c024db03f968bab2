"""How much of a plan lies inside an inter-agency plan: the arithmetic by hand, and what the pages say of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from crp.common.figures import FigureError
from funding.models import FundingRequest, RelatedPlan
from funding.rollups.overlap import NamedLine, Overlap, Span, inside_of, overlap_of
from funding.selectors.overlaps import InterAgencyPart
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans
from plans.models import Plan, PlanFamily, Revision
from tests.conftest import MaliPlans
from tests.factories import make_plan
from tests.funding.test_pages import count_queries, read


def dollars(amount: str | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def line(amount: str | int, overlap: str | None, **inside: Any) -> NamedLine:
    return NamedLine(dollars(amount), overlap, **inside)


@pytest.mark.parametrize(
    ("named", "inside"),
    [
        (line(1_000, "identical"), dollars(1_000)),
        (line(1_000, "complementary"), dollars(0)),
        (line(1_000, "outside"), dollars(0)),
        (line(1_000, None), dollars(0)),
        (line(1_000, ""), None),
        (line(1_000, "partly", inside_usd=dollars(250)), dollars(250)),
        (line(1_000, "partly", inside_usd=dollars(1_000)), dollars(1_000)),
        (line(1_000, "partly", inside_usd=dollars("1000.01")), None),  # more than the line: not to be believed
        (line(1_000, "partly", inside_percent=Decimal("33.33")), dollars("333.30")),
        (line("0.05", "partly", inside_percent=Decimal(50)), dollars("0.03")),  # 0.025, half up
        (line(1_000, "partly", inside_percent=Decimal(0)), dollars(0)),
    ],
)
def test_how_much_of_a_line_lies_inside(named: NamedLine, inside: Decimal | None) -> None:
    assert inside_of(named) == inside


def test_a_plan_split_by_hand() -> None:
    """1,000 inside; 600 of which a quarter; 500 beside; 300 not said; 200 in a line that names nobody; 150 in none."""
    overlap = overlap_of(
        [
            line(1_000, "identical"),
            line(600, "partly", inside_percent=Decimal(25)),
            line(500, "complementary"),
            line(300, ""),
            line(200, None),
        ],
        dollars(2_750),
    )
    assert overlap == Overlap(
        requested_usd=dollars(2_750),
        inside_usd=dollars(1_150),
        outside_usd=dollars(950),
        unnamed_usd=dollars(200),
        not_stated_usd=dollars(450),
    )
    assert overlap.inside == Span(dollars(1_150), dollars(1_600))
    assert overlap.outside == Span(dollars(1_150), dollars(1_600))
    assert overlap.together_with(dollars(10_000)) == Span(dollars(11_150), dollars(11_600))


def test_what_is_stated_throughout_is_one_figure() -> None:
    overlap = overlap_of([line(700, "identical"), line(300, "outside")], dollars(1_000))
    assert overlap.inside == Span(dollars(700), dollars(700))
    assert overlap.inside.is_exact
    assert overlap.together_with(dollars(5_000)) == Span(dollars(5_300), dollars(5_300))


def test_lines_that_pass_the_total_are_taken_as_they_are() -> None:
    overlap = overlap_of([line(700, "identical"), line(400, None)], dollars(1_000))
    assert (overlap.requested_usd, overlap.inside_usd, overlap.unnamed_usd) == (1_100, 700, 400)
    assert overlap_of([line(700, "identical")], None).requested_usd == 700


def test_figures_that_contradict_each_other_are_refused() -> None:
    parts = {"inside_usd": 1, "outside_usd": 2, "unnamed_usd": 3, "not_stated_usd": 4}
    amounts = {name: dollars(amount) for name, amount in parts.items()}
    assert Overlap(requested_usd=dollars(10), **amounts)
    with pytest.raises(FigureError):
        Overlap(requested_usd=dollars(11), **amounts)
    with pytest.raises(FigureError):
        Overlap(requested_usd=dollars(7), **amounts | {"outside_usd": dollars(-1)})
    with pytest.raises(FigureError):
        Span(dollars(2), dollars(1))


# On the pages


def parts_of(plan: Plan) -> list[InterAgencyPart]:
    return PlanPage(published_plans().get(pk=plan.pk)).inter_agency


def relate(plan: Plan, position: int, code: str = "H(N)RP", breakdown: str = "sector", **values: Any) -> RelatedPlan:
    """Let a line of a plan name an inter-agency plan."""
    revision = plan.revisions.get()
    request = revision.funding_requests.filter(breakdown=breakdown).order_by("order")[position]
    family = PlanFamily.objects.get(code=code)
    return RelatedPlan.objects.create(revision=revision, funding_request=request, plan_family=family, **values)


@pytest.mark.once
def test_mali_names_plans_and_states_no_size(client: Client, mali: MaliPlans) -> None:
    """Eight of the 18 lines name the H(N)RP: 6.2 + 0.6 + 2.8 + 4.35 + 0.55 + 1.3 + 2.5 + 1.1535 million."""
    parts = {part.family.code: part for part in parts_of(mali.crp_2025_2026)}
    assert set(parts) == {"FA", "H(N)RP", "UNSDCF"}
    named = parts["H(N)RP"]
    assert (len(named.lines), named.named_usd, named.is_stated, named.other) == (8, 19_453_500, False, None)
    assert named.overlap.inside == Span(dollars(0), dollars(19_453_500))
    assert named.overlap.unnamed_usd == dollars(12_900_000)
    for path in ("/plans/MLI-CRP-2025-2026/", "/plans/MLI-CRP-2025-2026/funding/"):
        text = read(client, path)
        assert "8 lines of this plan, USD 19,453,500, name it and don’t say how much of them" in text
        assert "from 0 to 19,453,500 of this plan may lie inside" in text
        assert "Together, counted once" not in text


def test_two_plans_side_by_side_are_counted_once(client: Client, mali: MaliPlans) -> None:
    other = make_plan(requested_usd=5_000_000, title="The inter-agency plan", kind="hnrp")
    plan = make_plan(requested_usd=3_000, sectors=3, projects=0)  # three lines of 1,000
    relate(plan, 0, related_plan=other, overlap="identical")
    relate(plan, 1, related_plan=other, overlap="partly", inside_usd=400)
    (part,) = parts_of(plan)
    assert part.other is not None
    assert part.other.plan == other
    assert (part.overlap.inside_usd, part.overlap.outside_usd, part.overlap.unnamed_usd) == (1_400, 600, 1_000)
    assert part.together == Span(dollars(5_001_600), dollars(5_001_600))
    text = read(client, f"{plan.get_absolute_url()}funding/")
    assert "USD 1,400 of this plan lie inside it, USD 1,600 outside." in text
    assert "Together, counted once5,001,600" in text  # term and value, as a reader of plain text meets them
    relate(plan, 2, related_plan=other)
    (part,) = parts_of(plan)
    assert part.together == Span(dollars(5_000_600), dollars(5_001_600))
    text = read(client, f"{plan.get_absolute_url()}funding/")
    assert "From USD 1,400 to 2,400 of this plan lie inside it" in text
    assert "from 5,000,600 to 5,001,600" in text


@pytest.mark.once
def test_a_plan_that_is_not_published_stands_beside_nothing(client: Client, mali: MaliPlans) -> None:
    secret = Plan.objects.create(code="SECRET-1", kind="hnrp", title="Secret plan", start_year=2026, end_year=2026)
    plan = make_plan(requested_usd=3_000, sectors=3)
    relate(plan, 0, related_plan=secret, overlap="identical")
    (part,) = parts_of(plan)
    assert (part.other, part.together, part.overlap.inside_usd) == (None, None, 1_000)
    assert "Secret plan" not in read(client, f"{plan.get_absolute_url()}funding/")


def test_breakdowns_that_tell_the_same_money_are_not_added(mali: MaliPlans) -> None:
    plan = make_plan(requested_usd=3_000, sectors=3, projects=2)
    relate(plan, 0, overlap="identical")
    relate(plan, 0, breakdown="project", overlap="identical")
    (part,) = parts_of(plan)
    assert (part.overlap.requested_usd, part.overlap.inside_usd) == (3_000, 1_000)


def test_each_plan_of_a_family_stands_for_itself(mali: MaliPlans) -> None:
    """A line that names another plan of the family is outside; one that names none of them may be inside either."""
    first, second = make_plan(requested_usd=10_000), make_plan(requested_usd=20_000)
    plan = make_plan(requested_usd=3_000, sectors=3)
    relate(plan, 0, related_plan=first, overlap="identical")
    relate(plan, 1, related_plan=second, overlap="identical")
    relate(plan, 2, overlap="identical")
    with_first, with_second = parts_of(plan)
    for part, other in ((with_first, first), (with_second, second)):
        assert part.other is not None
        assert part.other.plan == other
        overlap = part.overlap
        assert (overlap.inside_usd, overlap.unnamed_usd, overlap.not_stated_usd) == (1_000, 1_000, 1_000)


@pytest.mark.once
def test_more_lines_take_no_more_queries(client: Client, mali: MaliPlans) -> None:
    other = make_plan()
    few, many = make_plan(sectors=12), make_plan(sectors=12)
    relate(few, 0, related_plan=other)
    for position in range(12):
        relate(many, position, related_plan=other, overlap="identical")
    address = "/plans/{}/funding/"
    assert count_queries(client, address.format(many.code)) == count_queries(client, address.format(few.code))


def test_the_finest_breakdown_that_names_a_plan_is_used(mali: MaliPlans) -> None:
    plan = make_plan(requested_usd=3_000, sectors=0, projects=2, objectives=3)
    relate(plan, 0, breakdown="objective", overlap="identical")
    (part,) = parts_of(plan)
    assert (part.overlap.inside_usd, part.overlap.unnamed_usd) == (1_000, 2_000)


def test_a_plan_tells_which_plans_name_it(client: Client, mali: MaliPlans) -> None:
    # From here on a plan and its revision have different keys.
    Plan.objects.create(code="NONE-1", kind="crp", title="No revision", start_year=2026, end_year=2026)
    other = make_plan(code="OTHER-1", requested_usd=5_000_000, kind="hnrp")
    naming = make_plan(requested_usd=3_000, sectors=3, title="A plan that names it")  # three lines of 1,000
    relate(naming, 0, related_plan=other, overlap="identical")
    relate(naming, 1, related_plan=other, overlap="partly", inside_usd=400)
    relate(naming, 0, code="UNSDCF", overlap="outside")
    third = make_plan(requested_usd=7_000)
    relate(naming, 1, code="FA", related_plan=third, overlap="identical")
    page = PlanPage(published_plans().get(pk=other.pk))
    (found,) = page.named_by
    assert (found.line.plan, found.part.family.code) == (naming, "H(N)RP")
    assert len(parts_of(naming)) == 3
    (seen,) = [part for part in parts_of(naming) if part.other and part.other.plan == other]  # from the other side
    assert found.part.overlap == seen.overlap
    assert found.part.together == seen.together == Span(dollars(5_001_600), dollars(5_001_600))
    assert PlanPage(published_plans().get(pk=naming.pk)).named_by == []
    for path in ("/plans/OTHER-1/", "/plans/OTHER-1/funding/"):
        text = read(client, path)
        assert "Plans that name this one" in text
        assert "A plan that names it" in text.split("Plans that name this one", 1)[1]
        assert "3,000 1,400 1,600 5,001,600" in " ".join(text.split()), path
    assert "Plans that name this one" not in read(client, naming.get_absolute_url())


def test_a_draft_that_names_a_plan_is_not_told(client: Client, mali: MaliPlans) -> None:
    other = make_plan(code="OTHER-1")
    hidden = Plan.objects.create(code="HIDDEN-1", kind="crp", title="Hidden plan", start_year=2026, end_year=2026)
    draft = Revision.objects.create(plan=hidden, number=1)
    sector = other.revisions.get().taxonomy.sectors.first()
    line = FundingRequest.objects.create(revision=draft, breakdown="sector", sector=sector, amount_usd=5)
    family = PlanFamily.objects.get(code="H(N)RP")
    RelatedPlan.objects.create(revision=draft, funding_request=line, plan_family=family, related_plan=other)
    assert PlanPage(published_plans().get(pk=other.pk)).named_by == []
    assert "Plans that name this one" not in read(client, "/plans/OTHER-1/")


@pytest.mark.once
def test_more_plans_that_name_one_take_no_more_queries(client: Client, mali: MaliPlans) -> None:
    few, many = make_plan(), make_plan()
    for other, number in ((few, 1), (many, 12)):
        for _ in range(number):
            relate(make_plan(contributions=0), 0, related_plan=other, overlap="identical")
    address = "/plans/{}/funding/"
    assert count_queries(client, address.format(many.code)) == count_queries(client, address.format(few.code))
