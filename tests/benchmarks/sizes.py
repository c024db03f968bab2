"""How large the measured databases are, and what their generator draws from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How many plans, and what hangs on them on average."""

    name: str
    plans: int
    projects_per_plan: int
    contributions_per_project: int

    @property
    def contributions(self) -> int:
        return self.plans * self.projects_per_plan * self.contributions_per_project

    @property
    def projects(self) -> int:
        return self.plans * self.projects_per_plan


SIZES = {
    size.name: size
    for size in (
        Size("XS", 60, 12, 5),  # for the tests of the generator
        Size("S", 1_000, 12, 5),
        Size("M", 10_000, 12, 10),
        Size("L", 50_000, 12, 10),
    )
}

# Where crises are long: the first ones have most plans.
COUNTRIES = (  # noqa: SIM905 (a line for each would be a page)
    "SYR YEM SDN AFG SSD COD SOM ETH UKR NGA MLI HTI TCD CAF BFA NER MMR VEN COL LBN IRQ PSE BGD CMR MOZ LBY ZWE BDI "
    "PAK PHL KEN UGA JOR TUR EGY MDG MWI ZMB AGO RWA TZA DJI ERI MRT SEN GIN SLE LBR CIV GHA TGO BEN COG GAB GTM HND "
    "SLV NIC PER ECU BOL BRA CRI PAN DOM CUB NPL LKA IDN PNG TLS FJI VUT MNG KGZ TJK UZB ARM AZE GEO MDA SRB BIH IRN"
).split()
FIRST_YEAR, LAST_YEAR = 2012, 2026
KINDS = {
    "hnrp": 34,
    "crp": 26,
    "flash_appeal": 12,
    "rrp": 8,
    "regional": 6,
    "consolidated": 6,
    "compendium": 6,
    "other": 2,
}
FRAMEWORKS = {
    "HRP": "Humanitarian Response Plan",
    "MCOF": "Migration Crisis Operational Framework",
    "RRP": "Refugee Response Plan",
    "FA": "Flash Appeal",
    "3RP": "Regional Refugee and Resilience Plan",
}
OBJECTIVES = (
    "Saving lives and protecting people on the move",
    "Driving solutions to displacement",
    "Facilitating pathways for regular migration",
)
STATUSES = {"paid": 60, "commitment": 28, "pledge": 12}
FLOWS = {"incoming": 94, "internal": 4, "outgoing": 2}
REVIEWS = {"clear": 985, "suspected": 8, "kept": 4, "merged": 3}
EARMARKING = {"": 30, "unearmarked": 6, "softly_earmarked": 16, "earmarked": 30, "tightly_earmarked": 18}
DONORS = 220
TEXT = (
    "Families who left their homes in the past months live with relatives, in schools and in open sites at the edge of "
    "towns. Water is trucked in and runs short before the end of the day; clinics see twice as many people as they "
    "were built for. Movements are recorded at the main transit points each week, and the lists are shared with "
    "partners so that help is planned once and not three times.\n\n"
    "The response keeps people together where they are, repairs what can be repaired, and prepares returns with those "
    "who ask for them. Local authorities and organizations lead where they can."
)
