"""Pages of IOM's Crisis Response Plans that are made up for tests, and what a draft of one says."""

from __future__ import annotations

from typing import Any

from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import Draft, Value
from crp.importing.documents.layouts import crp_page
from crp.importing.documents.names import Names

PROSE = "The rains came late this year, and many families of the north had to leave their fields and their animals."

HEAD = """
https://crisisresponse.iom.int:443/response/mali-crisis-response-plan-2024-2025/year/2025

Mali Crisis Response Plan 2024 - 2025

Mali Crisis Response Plan 2024 - 2025

Last updated: May 02 2025
Funding updated: January 13 2024
$900,000
Funding required
40,000
People in need
12,000
People Targeted
7
Entities Targeted
"""

OBJECTIVE = f"""
Mali Crisis Response Plan 2025
CRP last updated: May 2 2025

Objective 1 - Saving lives and protecting people on the move
Objective
Saving lives and protecting people on the move

$600,000
Funding required
175,000
People Targeted
13
Entities Targeted
Primary target groups
Internally displaced person
Pastoralist, Refugee

{PROSE}

Funding confirmed 28%
72% Funding gap

Driving solutions to displacement
$300,000
Funding required

Objective
Strengthen preparedness and reduce disaster risk
Funding required

Objective 1
Saving lives and protecting people on the move
$600,000
Funding required
[{{"name":"Human suffering is alleviated","y":60}},{{"name":"Nobody knows this one","y":40}}]
"""

SECTORS = f"""
Mali Crisis Response Plan 2025
CRP last updated: May 2 2025
$900,000
Funding required

Objective 1 - Saving lives and protecting people on the move
$900,000
Funding required
[{{"name":"Human suffering is alleviated","y":100}}]

$50,000
Funding required
Related inter agency plans
H(N)RP UNSDCF

{PROSE} In all this the rule is to do no harm, with meaningful access, and protection principles come first.

$50,000
Funding required
[["Saving lives",100],["Pathways for regular migration",0]]
A pump at work. © Somebody 2024
Shelter and settlements      Priority
$500,000 Funding required
Related inter agency plans H(N)RP XYZ
Health
Funding required
$200,000
Bee keeping
$100,000 Funding required
Protection

{PROSE}

Funding required
$50,000
Water, sanitation and hygiene
"""

NARRATIVE = f"""
Mali Crisis Response Plan 2025
CRP last updated: May 2 2025

IOM Vision

{PROSE}

  • First point of a list that goes on for a while
  • Second point of a list that goes on for a while

Context analysis

{PROSE}
"""


def document(text: str) -> Document:
    return document_of(text.strip("\n"), name="page.txt", format="text")


def read(names: Names, text: str) -> Draft:
    return crp_page.read(document(text), names)


def value(draft: Draft, subject: str, field: str) -> Value:
    row = draft.row(subject)
    assert row is not None, (subject, [row.subject for row in draft.rows])
    return row.values[field]


def got(draft: Draft, subject: str, field: str) -> Any:
    return value(draft, subject, field).value


def unread(draft: Draft, text: str) -> list[str]:
    return [line.text for line in document(text) if line.text and line.number not in draft.lines_read()]
