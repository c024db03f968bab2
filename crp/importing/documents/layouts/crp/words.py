"""The labels, headings and fixed sentences of the pages, in all their generations."""

from __future__ import annotations

import re

from .tokens import Label

LABELS = {
    "funding required": Label.FUNDING,
    "people in need": Label.IN_NEED,
    "people targeted": Label.PEOPLE,
    "entities targeted": Label.ENTITIES,
    "international staff and affiliated work force": Label.INTERNATIONAL_STAFF,
    "international staff and affiliated workforce": Label.INTERNATIONAL_STAFF,
    "international staff": Label.INTERNATIONAL_STAFF,
    "national staff and affiliated work force": Label.NATIONAL_STAFF,
    "national staff and affiliated workforce": Label.NATIONAL_STAFF,
    "national staff": Label.NATIONAL_STAFF,
    "iom field offices": Label.FIELD_OFFICES,
    "iom field office": Label.FIELD_OFFICES,
    "field offices": Label.FIELD_OFFICES,
    "funding confirmed": Label.CONFIRMED,
    "funding gap": Label.GAP,
}
_ANY_LABEL = "|".join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))
LABEL_FIRST = re.compile(rf"({_ANY_LABEL})\b\s?([:–—-]?)[*]?\s?(.*)", re.IGNORECASE)
LABEL_LAST = re.compile(rf"(\S.{{0,60}}?)\s?[:–—-]?\s({_ANY_LABEL})\s?[:*]?", re.IGNORECASE)

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
PLAN_HOST = re.compile(r"https?://(?:www\.)?crisisresponse\.iom\.int(?::\d+)?(?:/\S*)?", re.IGNORECASE)
YEAR_VIEW = re.compile(r"/year/((?:19|20)\d\d)\b")

DATES = re.compile(r"(crp last updated|last updated|funding last updated|funding updated)\s?:\s?(.*)", re.IGNORECASE)
FUNDING_DATES = {"funding last updated", "funding updated"}

OBJECTIVE = re.compile(r"(?:strategic )?objective(?: (\d{1,2}))?(?:\s?([-–—:.])\s?| |$)(.{0,250})", re.IGNORECASE)
DESCRIPTIONS = {
    "description of people and entities targeted",
    "people targeted description",
    "description of people targeted",
    "description of entities targeted",
}
GROUPS_LABELS = {"primary target groups", "primary target group"}
RELATED = re.compile(r"related inter[- ]?agency plans?\s?:?\s?(.*)", re.IGNORECASE)

RISK_LABEL = re.compile(
    r"(inform risk|inform severity|human development index|states? of fragility)(?: index)?\b\s?\*?\s?[:–—-]?\s?(.*)",
    re.IGNORECASE,
)
INDICATORS = {
    "inform risk": "inform_risk",
    "inform severity": "inform_severity",
    "human development index": "hdi_rank",
    "state of fragility": "fragility",
    "states of fragility": "fragility",
}

MODALITIES = {"key operating modalities", "operating modalities"}
PRIORITIES = {"cross cutting priorities", "crosscutting priorities"}

PRESENCE = re.compile(r"operational presence in\b\s?:?\s?(.*)", re.IGNORECASE)
AS_OF = re.compile(r"figures are as of ([A-Za-z0-9 ,]{3,30})(?:[.;](?: .*)?)?", re.IGNORECASE)

SECTIONS = {
    "iom vision": "vision",
    "vision": "vision",
    "context analysis": "context",
    "context": "context",
    "crisis overview": "context",
    "introduction and needs": "needs",
    "needs": "needs",
    "coordination": "coordination",
    "iom capacity": "capacity",
    "capacity": "capacity",
    "protection and inclusion": "protection",
    "protection gender and inclusion": "protection",
    "support to the government": "government",
    "localization": "localization",
    "localisation": "localization",
}
"""Headings of passages, folded, and the section that each opens."""

SILENT_LINES = {"originally published", "view original", "regional plan"}
SILENT = (
    re.compile(r".{0,400}©.{0,200}"),
    re.compile(r"the map used here is for illustration purposes only\b.*", re.IGNORECASE),
    re.compile(r"percentage of funding required contributing to the long[- ]term outcomes\b.*", re.IGNORECASE),
    re.compile(r"\*? ?data as of publishing ?/ ?update date\.?", re.IGNORECASE),
)
"""Lines that are known to say nothing of the plan: credits, remarks about the map, the caption of a chart."""
REMARK = re.compile(r"# note:.*", re.IGNORECASE)
PLACEHOLDER = "[prose not copied]"
"""What stands for prose in a copy of the page that was made without it."""

BULLET = re.compile(r"[•‣▪◦·–*-]\s+(?=\S)")
