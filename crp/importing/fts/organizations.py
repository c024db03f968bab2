"""Organizations by the exact name that FTS gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Lower
from django.utils.text import slugify

from crp.common.history import bulk_create
from crp.importing.report import Outcome
from funding.models import Organization, OrganizationIdentifier

from .context import Context

SCHEME = "fts-name"
MOST_CODE = 60

Kind = Organization.Kind
KINDS = {
    "government": Kind.GOVERNMENT,
    "un agency": Kind.UN_AGENCY,
    "ngo": Kind.NGO,
    "pooled fund": Kind.POOLED_FUND,
    "private organization/foundation": Kind.PRIVATE,
    "red cross/red crescent": Kind.RED_CROSS,
    "inter-governmental": Kind.INTER_GOVERNMENTAL,
    "financial institution": Kind.FINANCIAL,
}


@dataclass(frozen=True)
class Named:
    """An organization as a row names it. ``iso3``: the one country it is of, or empty."""

    name: str
    types: str
    iso3: str = ""

    @property
    def kind(self) -> str:
        """Its kind: the first one that FTS lists."""
        return KINDS.get(self.types.split(",")[0].strip().casefold(), Kind.OTHER)


def find_organizations(context: Context, named: Iterable[Named]) -> dict[str, Organization]:
    """Return the organizations of a batch by name, and make those that CRP does not have. Queries: 2, or 5."""
    wanted = {one.name: one for one in reversed(list(named))}
    found = {
        identifier.value: identifier.organization
        for identifier in OrganizationIdentifier.objects.filter(scheme=SCHEME, value__in=wanted).select_related(
            "organization"
        )
    }
    missing = [one for name, one in sorted(wanted.items()) if name not in found]
    if missing:
        found |= _link(missing)
        found |= _make(context, [one for one in missing if one.name not in found])
    return found


def _link(missing: list[Named]) -> dict[str, Organization]:
    """Return organizations that CRP has under the same name, and note the name of FTS beside them."""
    names = {one.name.lower(): one.name for one in missing}
    alike = (
        Organization.objects.annotate(lower=Lower("name"))
        .filter(lower__in=names)
        .exclude(identifiers__scheme=SCHEME)
        .order_by("-pk")
    )
    found: dict[str, Organization] = {
        names[organization.name.lower()]: organization for organization in alike if organization.name.lower() in names
    }
    _identify(found)
    return found


def _make(context: Context, missing: list[Named]) -> dict[str, Organization]:
    slugs = {one.name: slugify(one.name)[: MOST_CODE - 6].strip("-") or "organization" for one in missing}
    taken: set[str] = set()
    for slug in set(slugs.values()):
        taken.update(Organization.objects.filter(code__startswith=slug).values_list("code", flat=True))
    made: dict[str, Organization] = {}
    for one in missing:
        code, number = slugs[one.name], 1
        while code in taken:
            number += 1
            code = f"{slugs[one.name]}-{number}"
        taken.add(code)
        made[one.name] = Organization(
            code=code, name=one.name, kind=one.kind, country=context.countries.get(one.iso3) if one.iso3 else None
        )
    bulk_create(Organization, made.values())
    _identify(made)
    context.report.count("organizations", Outcome.CREATED, len(made))
    return made


def _identify(organizations: dict[str, Organization]) -> None:
    bulk_create(
        OrganizationIdentifier,
        (
            OrganizationIdentifier(organization=organization, scheme=SCHEME, value=name)
            for name, organization in organizations.items()
        ),
    )
