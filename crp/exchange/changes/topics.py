"""What can be written, as far as the feed is concerned."""

from __future__ import annotations

from enum import StrEnum


class Topic(StrEnum):
    """What a note of a trigger is about. Those that begin with ``OF_``: a name or code that other rows show."""

    PLAN = "plan"
    """A plan, by its number."""
    ALL_OF_PLAN = "all_of_plan"
    """A plan and everything that names it, by its number."""
    REVISIONS = "revisions"
    """The published revisions of a plan, by the plan's number: with them it is published, or no more."""
    CONTRIBUTION = "contribution"
    """By its code."""
    STEPS = "steps"
    """Steps of a contribution, by its number."""
    OFFICIAL = "official"
    """An official total, by its number, and by that of its plan in the key."""
    ORGANIZATION = "organization"
    """By its code."""
    IDENTIFIERS = "identifiers"
    """Names of an organization elsewhere, by its number."""
    OF_CONTRIBUTION = "of_contribution"
    OF_ORGANIZATION = "of_organization"
    OF_COUNTRY = "of_country"
    OF_SECTOR = "of_sector"
    OF_TAXONOMY = "of_taxonomy"
    OF_SOURCE = "of_source"
