"""Plans: identity and revisions, the rows of a revision, where each value comes from."""

from .content import Achievement, Modality, Narrative, Office, Presence, Priority, RiskIndicator
from .countries import Country, Region
from .plans import Plan, PlanIdentifier, Revision
from .profiles import Contact, CountryProfile, KeyAction
from .provenance import Citation, Source
from .reference import (
    CrossCuttingPriority,
    OperatingModality,
    PlanFamily,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)
from .rows import Framework, Objective, ObjectiveTargetGroup, Outcome, RevisionRow
from .translations import Translation
from .workflow import Acknowledgement, FormCopy, RevisionStep

__all__ = [
    "Achievement",
    "Acknowledgement",
    "Citation",
    "Contact",
    "Country",
    "CountryProfile",
    "CrossCuttingPriority",
    "FormCopy",
    "Framework",
    "KeyAction",
    "Modality",
    "Narrative",
    "Objective",
    "ObjectiveTargetGroup",
    "Office",
    "OperatingModality",
    "Outcome",
    "Plan",
    "PlanFamily",
    "PlanIdentifier",
    "Presence",
    "Priority",
    "Region",
    "Revision",
    "RevisionRow",
    "RevisionStep",
    "RiskIndicator",
    "Source",
    "StrategicObjective",
    "StrategicOutcome",
    "TargetGroup",
    "Translation",
]
