"""Drafts and documents for the tests of writing, of a plan that no fixture has: Benin 2025."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from crp.importing.documents.document import Document, document_of
from crp.importing.documents.draft import PLAN, REVISION, Basis, Confidence, Draft, Ref, Row, Span, Unit, Value

BENIN = Ref("country", ("BEN",), "Benin")
URL = "https://crisisresponse.iom.int/response/benin-crisis-response-plan-2025"
SHELTER, HEALTH, WASH = (
    Ref("sector", ("IOM-2025", code), name)
    for code, name in (("SHELTER", "Shelter and settlements"), ("HEALTH", "Health"), ("WASH", "Water"))
)
UNSDCF = Ref("planfamily", ("UNSDCF",), "UNSDCF")
PAGE = """https://crisisresponse.iom.int/response/benin-crisis-response-plan-2025

Benin Crisis Response Plan 2025

CRP last updated: {day}
${total}
Funding required
40,000
People in need
12,000
People Targeted

Objective 1 - Saving lives and protecting people on the move
Objective
Saving lives and protecting people on the move

${total}
Funding required
12,000
People Targeted
3
Entities Targeted
Internally displaced person
Primary target groups

Funding confirmed 28%
72% Funding gap
"""
FRENCH = "Le plan de réponse à la crise pour le pays et ses partenaires est dans les mains du gouvernement. " * 6


def page(day: str = "April 17 2025", total: str = "1,500,000") -> bytes:
    """Return a page of our own as a file."""
    return PAGE.format(day=day, total=total).encode()


@dataclass(frozen=True)
class Decided:
    """A decision that no database keeps."""

    subject: str
    field: str
    verdict: str
    value: str = ""
    proposed: str = ""


def value(plain: Any, line: int = 1, unit: Unit = Unit.TEXT, **more: Any) -> Value:
    """Return a stated value on one line, printed as it is."""
    return Value(**{"value": plain, "unit": unit, "span": Span(line, line), "printed": str(plain)} | more)


def usd(amount: str, line: int = 1, **more: Any) -> Value:
    """Return an amount."""
    return value(Decimal(amount), line, Unit.USD, **more)


def asked(found: Value, question: str = "Is it?") -> Value:
    """Return a value in question."""
    return replace(found, question=question, confidence=Confidence.LOW)


def document(text: str = "Benin\n") -> Document:
    """Return a document whose text is what tells it from others."""
    return document_of(text, name="benin.txt", format="plain")


def sector_row(ref: Ref, amount: str, line: int, order: int, **values: Value) -> Row:
    """Return what is asked for one sector."""
    fields = {"sector": value(ref, line, Unit.NAME, printed=ref.label), "amount_usd": usd(amount, line + 1)}
    return Row("fundingrequest", ("sector", *ref.key), fields | values, order=order)


def benin(
    *,
    on: date | None = date(2025, 4, 17),
    total: Value | None = None,
    sectors: Mapping[Ref, str] | None = None,
    **revision: Value,
) -> Draft:
    """Return a small draft: two sectors, one with a related plan, an objective, and a label without an amount."""
    draft = Draft("crp")
    plan = {
        "title": value("Benin Crisis Response Plan 2025", 1),
        "kind": value("crp", 1, Unit.NAME),
        "start_year": value(2025, 1, Unit.YEAR),
        "end_year": value(2025, 1, Unit.YEAR),
        "countries": value((BENIN,), 1, Unit.NAME, printed="Benin"),
        "url": value(URL, 1),
    }
    draft.add(Row(PLAN, (), plan))
    taxonomy = Ref("taxonomy", ("IOM-2025",), "IOM-2025")
    fields = {
        "taxonomy": Value(value=taxonomy, unit=Unit.NAME, basis=Basis.INFERRED, note="The list in use then."),
        "stated_requested_usd": total or usd("1500000", 4, printed="$1,500,000"),
        "people_in_need": value(40_000, 6, Unit.PEOPLE, printed="40,000"),
        "people_targeted": Value(
            value=None, unit=Unit.PEOPLE, basis=Basis.MISSING, span=Span(8, 8), printed="People Targeted"
        ),
    }
    if on is not None:
        fields["document_on"] = value(on, 2, Unit.DATE)
    draft.add(Row(REVISION, (), fields | revision))
    objective = draft.add(Row("objective", ("1",), {"title": value("Saving lives", 10)}, order=1))
    objective.values["stated_percent_funded"] = value(Decimal(28), 14, Unit.PERCENT, printed="28%")
    amount = {"amount_usd": usd("1500000", 11)}
    draft.add(Row("fundingrequest", ("objective", "1"), amount, {"objective": objective.subject}, order=1))
    for order, (ref, amount) in enumerate((sectors or {SHELTER: "1000000", HEALTH: "500000"}).items(), start=1):
        draft.add(sector_row(ref, amount, 20 + 2 * order, order))
    of_shelter = {"funding_request": f"fundingrequest:sector:{':'.join(SHELTER.key)}"}
    family = {"plan_family": value(UNSDCF, 30)}
    draft.add(Row("relatedplan", ("sector", *SHELTER.key, "UNSDCF"), family, of_shelter, order=1))
    return draft
