"""Drafts as the layouts make them of the two Mali pages, and of small plans made up for a test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from crp.importing.documents.draft import Basis, Confidence, Draft, Ref, Row, Span, Unit, Value
from crp.importing.documents.names import Names

NO_NAMES = Names({}, {}, {}, {}, {}, {}, {}, {}, {})
SECTORS = (
    ("SHELTER", "Shelter and settlements", 6_200_000),
    ("DRM", "Disaster risk management", 500_000),
    ("CCCM", "Camp coordination and camp management", 600_000),
    ("WASH", "Water, sanitation and hygiene", 2_800_000),
    ("PROTECTION", "Protection", 4_350_000),
    ("MHPSS", "Mental health and psychosocial support", 550_000),
    ("BASIC_NEEDS", "Basic needs, including food and multi-purpose cash assistance", 1_300_000),
    ("HBM_SAR", "Humanitarian border management and search and rescue", 500_000),
    ("HEALTH", "Health", 2_500_000),
    ("DATA", "Data for action, insight and foresight", 2_000_000),
    ("LEGAL_ID", "Legal identity and consular services", 1_400_000),
    ("COMM_STAB", "Community stabilization and community-driven development", 2_000_000),
    ("POLICING", "Community engagement and policing", 500_000),
    ("MOVEMENT", "Movement assistance", 1_000_000),
    ("PEACE", "Peacebuilding, violence and conflict reduction", 1_500_000),
    ("REG_PATH", "Regular pathways", 2_000_000),
    ("POLICY", "Integrated policy support", 1_500_000),
)
OUTCOMES = {1: (146, "50 20 30"), 2: (151, "25 45 30"), 3: (156, "20 20 40 20")}
PROJECTS = (
    ("HRP", 35, 2_330_000, 0),
    ("HRP", 41, 1_000_000, 0),
    ("HRP", 47, 1_500_000, 0),
    ("HRP", 51, 1_500_000, 0),
    ("HRP", 58, 2_450_000, 0),
    ("HRP", 65, 3_580_000, 112_550),
    ("MCOF", 74, 12_000_000, 0),
    ("MCOF", 81, 3_000_000, 0),
    ("MCOF", 88, 3_000_000, 0),
    ("MCOF", 95, 7_000_000, 0),
)


def usd(amount: int | str | None, *lines: int) -> Value:
    """Return an amount that stands on some lines. None: its label stands there without it."""
    if amount is None:
        return Value(value=None, unit=Unit.USD, basis=Basis.MISSING, span=Span.of(*lines))
    return Value(value=Decimal(amount), unit=Unit.USD, span=Span.of(*lines), printed=f"${amount}")


def number(value: Any, *lines: int, unit: Unit = Unit.PEOPLE) -> Value:
    """Return a number of people, of another unit, or a day, that stands on some lines."""
    return Value(value=value, unit=unit, span=Span.of(*lines), printed=str(value))


def percent(share: int | str, *lines: int) -> Value:
    """Return a percentage that stands on some lines."""
    return Value(value=Decimal(share), unit=Unit.PERCENT, span=Span.of(*lines), printed=f"{share}%")


def plan(start: int = 2025, end: int = 2026, **revision: Value) -> Draft:
    """Return the draft of a plan with these values and no rows besides."""
    draft = Draft("test")
    draft.add(Row("plan", values={"start_year": number(start, 1), "end_year": number(end, 1)}))
    draft.add(Row("revision", values=dict(revision)))
    return draft


def objective(draft: Draft, order: int, amount: int | None, line: int, **values: Value) -> Row:
    """Add an objective, and what it asks for on a line."""
    row = draft.add(Row("objective", (str(order),), dict(values), order=order))
    if amount is not None:
        request(draft, "objective", str(order), usd=usd(amount, line, line + 1), parent=row)
    return row


def request(draft: Draft, *key: str, usd: Value, parent: Row | None = None, sector: Value | None = None) -> Row:
    """Add an amount asked for."""
    values = {"amount_usd": usd} if sector is None else {"sector": sector, "amount_usd": usd}
    row = Row("fundingrequest", key, values)
    if parent is not None:
        row.parents[parent.kind] = parent.subject
    return draft.add(row)


def sector(draft: Draft, code: str, name: str, amount: int | str, line: int) -> Row:
    """Add a sector under its heading on a line, and its amount on the next."""
    ref = Ref("sector", ("IOM-2025", code), name)
    named = Value(value=ref, unit=Unit.NAME, span=Span.of(line), printed=name)
    return request(draft, "sector", "IOM-2025", code, sector=named, usd=usd(amount, line + 1))


def without_heading(draft: Draft, amount: int, line: int) -> Row:
    """Add the sector that has lost its heading, as the layout leaves it."""
    name = "Protection-centred cross-cutting priority"
    inferred = Value(
        value=Ref("sector", ("IOM-2025", "PROTECTION_CENTRED"), name),
        unit=Unit.NAME,
        basis=Basis.INFERRED,
        span=Span.of(line, line + 13),
        confidence=Confidence.MEDIUM,
        note="The heading is lost in the text.",
        question=f"Heading lost; the text resembles “{name}”.",
    )
    return request(draft, "sector", "IOM-2025", "PROTECTION_CENTRED", sector=inferred, usd=usd(amount, line, line + 1))


def split(draft: Draft, line: Row, shares: Sequence[int | str], at: int) -> list[Row]:
    """Split a line over objectives 1, 2... in percent."""
    rows = []
    for order, share in enumerate(shares, start=1):
        parents = {"funding_request": line.subject, "objective": f"objective:{order}"}
        key = (*line.key[1:], str(order))
        rows.append(draft.add(Row("requestshare", key, {"share_percent": percent(share, at)}, parents, order)))
    return rows


def mali_2025() -> Draft:
    """Return the plan for Mali of 2025-2026."""
    draft = plan(
        document_on=number(date(2025, 4, 17), 3, unit=Unit.DATE),
        stated_requested_usd=usd(32_353_500, 4, 5),
        people_in_need=number(6_400_000, 6, 7),
        people_targeted=number(273_000, 8, 9),
        entities_targeted=number(25, 10, 11, unit=Unit.ENTITIES),
    )
    figures = ((12_584_000, 83, 175_000, 13), (10_057_000, 101, 48_000, 7), (9_712_500, 120, 50_000, 8))
    for order, (amount, line, people, entities) in enumerate(figures, start=1):
        row = objective(
            draft,
            order,
            amount,
            line,
            people_targeted=number(people, line + 2, line + 3),
            entities_targeted=number(entities, line + 4, line + 5, unit=Unit.ENTITIES),
        )
        at, shares = OUTCOMES[order]
        for letter, share in zip("abcd", shares.split(), strict=False):
            values = {"share_percent": percent(share, at)}
            draft.add(Row("outcome", (f"{order}{letter}",), values, {"objective": row.subject}))
    line = without_heading(draft, 1_153_500, 160)
    split(draft, line, (42, 18, 40), 173)
    for place, (code, name, amount) in enumerate(SECTORS):
        sector(draft, code, name, amount, 176 + 3 * place)
    draft.add(Row("presence", values={"field_offices": number(6, 235, 236, unit=Unit.OFFICES)}))
    for town in ("Bamako", "Kayes", "Mopti", "Tombouctou", "Gao", "Sikasso"):
        office(draft, town, "main" if town == "Bamako" else "field", 45)
    return draft


def office(draft: Draft, town: str, kind: str, line: int) -> None:
    """Add an office, ``main`` or ``field``, that stands on a line."""
    place = Value(value=town, unit=Unit.NAME, span=Span.of(line), printed=town)
    draft.add(Row("office", (town,), {"place": place, "kind": Value(value=kind, unit=Unit.NAME)}))


def mali_2017() -> Draft:
    """Return the Compendium page for Mali of 2017, which leaves its totals blank."""
    draft = plan(2017, 2017, stated_requested_usd=usd(None, 5), stated_received_usd=usd(None, 6))
    frameworks = {"HRP": (30, 12_360_000, 112_550, 1), "MCOF": (69, 25_000_000, 0, 0)}
    for code, (line, amount, received, funded) in frameworks.items():
        values = {"stated_received_usd": usd(received, line), "stated_percent_funded": percent(funded, line)}
        row = draft.add(Row("framework", (code,), values))
        request(draft, "framework", code, usd=usd(amount, line), parent=row)
    for order, (code, line, amount, received) in enumerate(PROJECTS, start=1):
        parents = {"framework": f"framework:{code}"}
        key = f"MLI-2017-{code}-{order:02}"
        row = draft.add(Row("project", (key,), {"stated_received_usd": usd(received, line)}, parents))
        request(draft, "project", key, usd=usd(amount, line), parent=row)
    return draft
