"""People, entities and offices: parts against the whole, and figures that can't be."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Confidence, Row
from funding.checks.content import objectives_against_plan, offices_against_stated
from funding.checks.values import told

from .reading import MOST_NAMED, Reading, count_of, figure, place


def parts_within_plan(reading: Reading) -> None:
    """Ask, at both figures, where one objective targets more people or entities than the whole plan."""
    sentences = {
        "people_targeted": _(
            "Objective %(number)s targets more people, %(part)s, than the whole plan, %(whole)s. Which is right?"
        ),
        "entities_targeted": _(
            "Objective %(number)s targets more entities, %(part)s, than the whole plan, %(whole)s. Which is right?"
        ),
    }
    for field, sentence in sentences.items():
        whole = count_of(reading.revision, field)
        questions = []
        for objective in reading.rows("objective"):
            part = count_of(objective, field)
            if whole is None or part is None or part <= whole:
                continue
            question = sentence % {
                "number": objective.key[0],
                "part": figure(objective.values[field]),
                "whole": figure(reading.revision.values[field]),
            }
            reading.ask(objective, field, question)
            questions.append(question)
        for question in questions[:MOST_NAMED]:
            reading.ask(reading.revision, field, question)


def targeted_within_need(reading: Reading) -> None:
    """Ask, at both figures, where more people are targeted than are in need."""
    need = count_of(reading.revision, "people_in_need")
    if need is None:
        return
    questions = []
    for row in (reading.revision, *reading.rows("objective")):
        targeted = count_of(row, "people_targeted")
        if targeted is None or targeted <= need:
            continue
        question = _(
            "More people are targeted than are in need: %(targeted)s against %(need)s. Which figure is wrong?"
        ) % {
            "targeted": figure(row.values["people_targeted"]),
            "need": figure(reading.revision.values["people_in_need"]),
        }
        reading.ask(row, "people_targeted", question)
        questions.append(question)
    for question in questions[:MOST_NAMED]:
        reading.ask(reading.revision, "people_in_need", question)


def entities_against_people(reading: Reading) -> None:
    """Ask where as many entities as people are targeted: a figure entered twice."""
    for row in (reading.revision, *reading.rows("objective")):
        people, entities = count_of(row, "people_targeted"), count_of(row, "entities_targeted")
        if not people or people != entities:
            continue
        question = _(
            "As many entities as people are targeted: %(entities)s and %(people)s. Was the number of people entered "
            "twice, and how many entities are there?"
        )
        told_in = {
            "entities": figure(row.values["entities_targeted"]),
            "people": figure(row.values["people_targeted"]),
        }
        reading.ask(row, "entities_targeted", question % told_in, Confidence.LOW)


def objectives_together(reading: Reading) -> None:
    """Remark where people or entities by objective add to another number than the plan's own, which stands."""
    titles = {
        "people_targeted": _("People targeted by objective"),
        "entities_targeted": _("Entities targeted by objective"),
    }
    objectives = reading.rows("objective")
    if len(objectives) <= 1:
        return
    for field, title in titles.items():
        whole, parts = count_of(reading.revision, field), [count_of(objective, field) for objective in objectives]
        known = [part for part in parts if part is not None]
        if whole is None or len(known) < len(parts) or sum(known) == whole or _is_asked(reading.revision, field):
            continue
        _verdict, sentence = objectives_against_plan(sum(known), whole)
        said = sentence % {"found": told(sum(known)), "expected": told(whole)}
        values = [objective.values[field] for objective in objectives]
        told_in = {"title": title, "said": said, "lines": place(*values, reading.revision.values[field])}
        reading.remark(_("%(title)s (%(lines)s): %(said)s") % told_in, *values, reading.revision.values[field])
        if sum(known) > whole and len(known) <= MOST_NAMED:
            parts_told = ", ".join(told(part) for part in known)
            note = _("Smaller than the sum of the objectives (%(parts)s): these overlap.") % {"parts": parts_told}
            reading.note(reading.revision, field, note)


def _is_asked(row: Row, field: str) -> bool:
    return bool(row.values[field].question)


def offices(reading: Reading) -> None:
    """Remark where the number of field offices stated is not that of the places named besides the main one."""
    presence = next(iter(reading.rows("presence")), None)
    stated = None if presence is None else count_of(presence, "field_offices")
    named = reading.rows("office")
    kinds = [str(office.get("kind")) for office in named]
    if presence is None or stated is None or "field" not in kinds or kinds.count("field") == stated:
        return
    found, _verdict, sentence = offices_against_stated(stated, kinds)
    said = sentence % {"found": told(found), "expected": told(stated)}
    where = [office.values.get("place") for office in named]
    value = presence.values["field_offices"]
    text = _("Offices (%(lines)s): %(said)s") % {"lines": place(value, *where), "said": said}
    reading.remark(text, value, *where)
    note = _("Named are %(field)s field offices besides the main one (%(lines)s).")
    if "main" in kinds:
        reading.note(presence, "field_offices", note % {"field": told(kinds.count("field")), "lines": place(*where)})
