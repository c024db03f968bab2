"""How far a right of a person reaches: everywhere, or some countries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crp.accounts.roles import roles_with
from plans.models import Country, Region

if TYPE_CHECKING:
    from crp.accounts.models import RoleAssignment, User


@dataclass(frozen=True)
class Reach:
    """Where a person has a right."""

    everywhere: bool = False
    countries: frozenset[int] = frozenset()
    """By primary key; empty with ``everywhere`` False: nowhere."""

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.countries)

    def covers(self, countries: Collection[int]) -> bool:
        """Return whether the right holds for something of these countries: all of them, a regional plan is no single
        mission's. What names no country belongs to those who have the right everywhere.
        """
        return self.everywhere or (bool(countries) and self.countries.issuperset(countries))

    def touches(self, countries: Iterable[int]) -> bool:
        """Return whether the right holds in at least one of these countries, which is enough to look."""
        return self.everywhere or not self.countries.isdisjoint(countries)

    @classmethod
    def of(cls, user: User, permission: str) -> Reach:
        """Return where a person has a right, as far as the key that they act with leaves it.

        Queries: 4 at most, once a request.
        """
        if not user.is_active:
            return NOWHERE
        reach = cls._of_roles(user, permission)
        return reach if user.acting_key is None else user.acting_key.narrow(permission, reach)

    @classmethod
    def _of_roles(cls, user: User, permission: str) -> Reach:
        if user.is_superuser:
            return EVERYWHERE
        roles = roles_with().get(permission, frozenset())
        held = [assignment for assignment in user.assignments if assignment.role in roles]
        if any(assignment.country_id is None and assignment.region_id is None for assignment in held):
            return EVERYWHERE
        return cls(countries=frozenset(country for assignment in held for country in _countries_of(user, assignment)))


EVERYWHERE = Reach(everywhere=True)
NOWHERE = Reach()


def _countries_of(user: User, assignment: RoleAssignment) -> frozenset[int]:
    if assignment.country_id is not None:
        return frozenset([assignment.country_id])
    return user.countries_by_region.get(assignment.region_id or 0, frozenset())


def countries_by_region() -> dict[int, frozenset[int]]:
    """Return the countries that lie in each region, through all its sub-regions. Queries: 2."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    found: dict[int, set[int]] = {region: set() for region in parents}
    for country, region in Country.objects.exclude(region=None).values_list("pk", "region_id"):
        above: int | None = region
        while above is not None:
            found[above].add(country)
            above = parents[above]
    return {region: frozenset(countries) for region, countries in found.items()}
