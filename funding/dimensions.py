"""What money can be grouped by, and what each group is called.

A dimension either describes a whole plan (its country, its year) or splits the money inside one (framework, sector).
The second kind says where a funding request and a contribution carry its value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, ExtractYear, NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.figures import Key
from funding.models import Contribution, FundingRequest, Organization, Project, ReportedFunding
from plans.models import Country, Framework, Objective, Plan, Region, StrategicObjective
from plans.querysets import in_force
from sectors.models import Crosswalk, Sector, Taxonomy

Codes = Mapping[int, Any]
Breakdown = FundingRequest.Breakdown
Scope = ReportedFunding.Scope


class Residual(models.TextChoices):
    """The rests that a total may leave, each with the name it is shown under."""

    NOT_SPECIFIED = "not_specified", gettext_lazy("Not specified")
    SHARED = "shared", gettext_lazy("Multiple sectors (shared)")
    NO_CLUSTER = "no_cluster", gettext_lazy("No global cluster")
    OFFICIAL_ONLY = "official_only", gettext_lazy("In the official total only")
    SEVERAL_COUNTRIES = "several_countries", gettext_lazy("Several countries (shared)")
    SEVERAL_REGIONS = "several_regions", gettext_lazy("Several regions (shared)")


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One way to group money."""

    name: str
    title: Any
    describe: Callable[[set[Any], date | None, Collection[int]], Mapping[Any, Key]]
    """Gives the key behind each raw value, given the day asked for and the plans whose money is grouped."""

    of_plans: Callable[[Sequence[Any]], Codes] | None = None
    """Gives the raw value of each plan, for a dimension of whole plans."""
    is_place: bool = False
    """Whether a plan that states its requirement by country is split by it; what is left goes to the whole plan's."""
    kept_key: str = ""
    """SQL for the raw value of a whole plan, from ``plan`` and its ``figures``. Empty: it can't be told so."""

    breakdowns: tuple[str, ...] = ()
    """Which breakdowns of a plan carry the dimension, the best first; only one of them is used."""
    request_key: Combinable | None = None
    """Where a funding request carries the raw value."""
    official_scopes: tuple[str, ...] = ()
    """Which lines of an official total carry the dimension, the best first; only one of them is used."""
    official_key: str = "sector"
    """Where such a line carries the raw value."""
    is_kept_by_target: bool = False
    """Whether a contribution carries it in the columns that its target is kept by."""
    contribution_key: Callable[[date | None], Combinable] | None = None
    """Where a contribution carries it, given the day asked for."""
    regroup: Callable[[], Mapping[Any, Any]] | None = None
    """Maps the raw value on to a wider one."""
    sorts_by_code: bool = False

    @property
    def is_inside_plan(self) -> bool:
        """Whether the dimension splits the money of one plan."""
        return self.of_plans is None

    @property
    def splits_requirement(self) -> bool:
        """Whether what is asked for is split as well, and not only what is given."""
        return not self.is_inside_plan or bool(self.breakdowns)

    @property
    def is_sectoral(self) -> bool:
        """Whether money for several sectors at once stands in a rest of its own."""
        return self.name in {"sector", "global_cluster"}

    def name_values(self, values: set[Any], on: date | None, plans: Collection[int]) -> dict[Any, Key]:
        """Return the key of each raw value, residuals included.

        A value that no revision in force has (a framework that a contribution names and the revision of that day did
        not have yet) goes by its code: the money must not vanish with the name.
        """
        rests = {value for value in values if isinstance(value, Residual)}
        known = self.describe(values - rests, on, plans) if values - rests else {}
        return {
            **{value: Key(code=value, name=str(value)) for value in values - rests - known.keys()},
            **known,
            **{rest: Key(code=None, name=rest_name(rest, self.name), residual=rest.value) for rest in rests},
        }


def rest_name(rest: Residual, dimension: str) -> str:
    """Return what a residual is called where a reader sees it."""
    if rest == Residual.NOT_SPECIFIED:
        return {
            "framework": _("No framework named"),
            "donor": _("Donor not specified"),
            "sector": _("Sector not specified"),
            "global_cluster": _("Sector not specified"),
            "objective": _("Objective not specified"),
            "project": _("Project not specified"),
            "earmarking": _("Earmarking not stated"),
            "decision_year": _("Date of decision not stated"),
        }.get(dimension, str(rest.label))
    return str(rest.label)


def _target_project(column: str) -> Callable[[date | None], Subquery]:
    """Return the column of the project that a contribution names, in the revision in force."""

    def expression(on: date | None) -> Subquery:
        projects = Project.objects.filter(
            in_force(on, "revision__"), revision__plan=OuterRef("plan"), code=OuterRef("project_code")
        )
        return Subquery(projects.order_by().values(column)[:1])

    return expression


def _strategic_objective(on: date | None) -> Subquery:
    objectives = Objective.objects.filter(
        in_force(on, "revision__"), revision__plan=OuterRef("plan"), number=OuterRef("objective_number")
    )
    return Subquery(objectives.order_by().values("strategic_objective")[:1])


def _framework_of_contribution(on: date | None) -> Combinable:
    return Coalesce(NullIf(F("framework_code"), Value("")), _target_project("framework__code")(on))


def _sector_of_contribution(on: date | None) -> Combinable:
    return Coalesce(F("sector"), _target_project("sector")(on), output_field=models.BigIntegerField())


def _countries_of(plans: Sequence[Any]) -> Codes:
    found: dict[int, list[int]] = {plan.pk: [] for plan in plans}
    links = Plan.countries.through.objects.filter(plan__in=found).values_list("plan_id", "country_id")
    for plan_id, country_id in links:
        found[plan_id].append(country_id)
    return {plan_id: _only(ids, Residual.SEVERAL_COUNTRIES) for plan_id, ids in found.items()}


def _regions_of(plans: Sequence[Any]) -> Codes:
    found: dict[int, set[int]] = {plan.pk: set() for plan in plans}
    links = Plan.countries.through.objects.filter(plan__in=found).values_list("plan_id", "country__top_region_id")
    for plan_id, region_id in links:
        found[plan_id].add(region_id)
    return {plan_id: _only(ids - {None}, Residual.SEVERAL_REGIONS) for plan_id, ids in found.items()}


def _regions_of_countries() -> Mapping[Any, Any]:
    regions = Country.objects.values_list("pk", "top_region_id")
    return {country: Residual.NOT_SPECIFIED if region is None else region for country, region in regions}


def _only(values: Iterable[Any], several: Residual) -> Any:
    unique = list(values)
    if not unique:
        return Residual.NOT_SPECIFIED
    return unique[0] if len(unique) == 1 else several


def _name_objects(model: type[Any], code: Callable[[Any], Any]) -> Callable[..., Mapping[Any, Key]]:
    def describe(values: set[Any], on: date | None, plans: Collection[int]) -> Mapping[Any, Key]:
        related = [field.name for field in model._meta.concrete_fields if field.is_relation]
        found = model._default_manager.select_related(*related).in_bulk(values)
        return {pk: Key(code=code(item), name=item.label, subject=item) for pk, item in found.items()}

    return describe


def _name_rows(model: type[Any], code: str, name: str) -> Callable[..., Mapping[Any, Key]]:
    """Name rows of the plans' revisions by their code; of several wordings the newest plan's stands."""

    def describe(values: set[Any], on: date | None, plans: Collection[int]) -> Mapping[Any, Key]:
        rows = model.objects.filter(in_force(on, "revision__"), revision__plan__in=plans, **{f"{code}__in": values})
        ordered = rows.order_by("revision__plan__start_year", "pk").values_list(code, name)
        return {value: Key(code=value, name=text) for value, text in ordered}

    return describe


def _clusters_of_sectors() -> Mapping[Any, Any]:
    """Return the cluster of each sector; a global cluster is its own."""
    clusters = dict(Crosswalk.objects.values_list("sector_id", "global_cluster_id"))
    return {
        pk: pk if kind == Taxonomy.Kind.GLOBAL_CLUSTERS else clusters.get(pk, Residual.NO_CLUSTER)
        for pk, kind in Sector.objects.values_list("pk", "taxonomy__kind")
    }


def _name_choices(choices: type[models.TextChoices]) -> Callable[..., Mapping[Any, Key]]:
    def describe(values: set[Any], on: date | None, plans: Collection[int]) -> Mapping[Any, Key]:
        return {value: Key(code=value, name=str(choices(value).label)) for value in values}

    return describe


def _name_years(values: set[Any], on: date | None, plans: Collection[int]) -> Mapping[Any, Key]:
    return {year: Key(code=year, name=str(year)) for year in values}


def sector_code(sector: Sector) -> str:
    """Return the code of a sector that is unique over all taxonomies: ``IOM-2025/WASH``."""
    return f"{sector.taxonomy.code}/{sector.code}"


FRAMEWORK = Dimension(
    name="framework",
    title=gettext_lazy("Framework"),
    describe=_name_rows(Framework, "code", "name"),
    breakdowns=(Breakdown.FRAMEWORK, Breakdown.PROJECT),
    request_key=Coalesce("framework__code", "project__framework__code"),
    contribution_key=_framework_of_contribution,
    is_kept_by_target=True,
)
SECTOR = Dimension(
    name="sector",
    title=gettext_lazy("Sector"),
    describe=_name_objects(Sector, sector_code),
    breakdowns=(Breakdown.SECTOR, Breakdown.PROJECT),
    request_key=Coalesce("sector", "project__sector", output_field=models.BigIntegerField()),
    contribution_key=_sector_of_contribution,
    official_scopes=(Scope.SECTOR,),
    is_kept_by_target=True,
)
GLOBAL_CLUSTER = Dimension(
    name="global_cluster",
    title=gettext_lazy("Global cluster"),
    describe=_name_objects(Sector, lambda cluster: cluster.code),
    breakdowns=(Breakdown.GLOBAL_CLUSTER, *SECTOR.breakdowns),
    request_key=SECTOR.request_key,
    contribution_key=SECTOR.contribution_key,
    official_scopes=(Scope.GLOBAL_CLUSTER, *SECTOR.official_scopes),
    regroup=_clusters_of_sectors,
    is_kept_by_target=True,
)
STRATEGIC_OBJECTIVE = Dimension(
    name="objective",
    title=gettext_lazy("Objective"),
    describe=_name_objects(StrategicObjective, lambda objective: f"{objective.strategy}/{objective.number}"),
    breakdowns=(Breakdown.OBJECTIVE,),
    request_key=F("objective__strategic_objective"),
    contribution_key=_strategic_objective,
    is_kept_by_target=True,
)
OBJECTIVE = Dimension(
    name="objective",
    title=gettext_lazy("Objective"),
    describe=_name_rows(Objective, "number", "title"),
    breakdowns=(Breakdown.OBJECTIVE,),
    request_key=F("objective__number"),
    contribution_key=lambda on: F("objective_number"),
    is_kept_by_target=True,
)
PROJECT = Dimension(
    name="project",
    title=gettext_lazy("Project"),
    describe=_name_rows(Project, "code", "title"),
    breakdowns=(Breakdown.PROJECT,),
    request_key=F("project__code"),
    contribution_key=lambda on: NullIf(F("project_code"), Value("")),
    is_kept_by_target=True,
)
DONOR = Dimension(
    name="donor",
    title=gettext_lazy("Donor"),
    describe=_name_objects(Organization, lambda organization: organization.code),
    contribution_key=lambda on: F("donor"),
)
STATUS = Dimension(
    name="status",
    title=gettext_lazy("Status"),
    describe=_name_choices(Contribution.Status),
    contribution_key=lambda on: F("status" if on is None else "status_then"),
)
EARMARKING = Dimension(
    name="earmarking",
    title=gettext_lazy("Earmarking"),
    describe=_name_choices(Contribution.Earmarking),
    contribution_key=lambda on: NullIf(F("earmarking"), Value("")),
)
DECISION_YEAR = Dimension(
    name="decision_year",
    title=gettext_lazy("Year of decision"),
    describe=_name_years,
    contribution_key=lambda on: ExtractYear("decision_on"),
    sorts_by_code=True,
)
COUNTRY = Dimension(
    name="country",
    title=gettext_lazy("Country"),
    describe=_name_objects(Country, lambda country: country.iso3),
    of_plans=_countries_of,
    is_place=True,
    kept_key="figures.only_country_id",
    breakdowns=(Breakdown.COUNTRY,),
    request_key=F("country"),
    official_scopes=(Scope.COUNTRY,),
    official_key="country",
)
REGION = Dimension(
    name="region",
    title=gettext_lazy("Region"),
    describe=_name_objects(Region, lambda region: region.code),
    of_plans=_regions_of,
    is_place=True,
    breakdowns=COUNTRY.breakdowns,
    request_key=COUNTRY.request_key,
    official_scopes=COUNTRY.official_scopes,
    official_key="country",
    regroup=_regions_of_countries,
)
YEAR = Dimension(
    name="year",
    title=gettext_lazy("Year"),
    describe=_name_years,
    of_plans=lambda plans: {plan.pk: plan.totals_year or plan.start_year for plan in plans},
    kept_key="COALESCE(plan.totals_year, plan.start_year)",
    sorts_by_code=True,
)
KIND = Dimension(
    name="kind",
    title=gettext_lazy("Kind of plan"),
    describe=_name_choices(Plan.Kind),
    of_plans=lambda plans: {plan.pk: plan.kind for plan in plans},
    kept_key="plan.kind",
)

PORTFOLIO = {
    dimension.name: dimension
    for dimension in (
        COUNTRY, REGION, YEAR, KIND, FRAMEWORK, STRATEGIC_OBJECTIVE, SECTOR, GLOBAL_CLUSTER, DONOR, STATUS, EARMARKING,
        DECISION_YEAR,
    )
}  # fmt: skip
"""What the money of many plans can be grouped by."""

WITHIN_PLAN = {
    dimension.name: dimension
    for dimension in (
        FRAMEWORK, OBJECTIVE, SECTOR, GLOBAL_CLUSTER, PROJECT, COUNTRY, DONOR, STATUS, EARMARKING, DECISION_YEAR,
    )
}  # fmt: skip
"""What the money of one plan can be opened into."""


def choose(names: Sequence[str], among: Mapping[str, Dimension]) -> list[Dimension]:
    """Return one or two dimensions by name.

    Raises: ValueError, with a sentence for the reader, for a name that is not there, for none or more than two, and
    for two that no plan splits its money by at once.
    """
    unknown = [name for name in names if name not in among]
    if unknown:
        raise ValueError(
            _("“%(name)s” is not a dimension. Choose from: %(all)s.") % {"name": unknown[0], "all": ", ".join(among)}
        )
    if not 1 <= len(names) <= 2 or len(set(names)) != len(names):
        raise ValueError(_("Name one dimension, or two different ones: %(all)s.") % {"all": ", ".join(among)})
    chosen = [among[name] for name in names]
    inside = [dimension for dimension in chosen if dimension.is_inside_plan]
    if len(inside) == 2 and not breakdowns_of(inside):
        raise ValueError(
            _("Plans don't split their money by %(first)s and %(second)s at once: ask for one at a time.")
            % {"first": names[0], "second": names[1]}
        )
    return chosen


def breakdowns_of(inside: Sequence[Dimension]) -> tuple[str, ...]:
    """Return the breakdowns that carry all dimensions given, best first."""
    if len(inside) == 1:
        return inside[0].breakdowns
    names = {dimension.name for dimension in inside}
    # A project has a framework and a sector; nothing else carries two dimensions at once.
    return (Breakdown.PROJECT,) if "framework" in names and names & {"sector", "global_cluster"} else ()


def lines_used(breakdowns: Sequence[str]) -> Q:
    """Return the condition that a funding request is of the best breakdown its revision has, of those given."""
    condition = Q(breakdown=breakdowns[0])
    for position, breakdown in enumerate(breakdowns[1:], start=1):
        better = FundingRequest.objects.filter(revision=OuterRef("revision"), breakdown__in=breakdowns[:position])
        condition |= Q(~models.Exists(better), breakdown=breakdown)
    return condition
