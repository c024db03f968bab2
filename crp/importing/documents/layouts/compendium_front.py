"""What stands before the frameworks of a Compendium page: title, totals, passages, achievements, staff and offices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crp.importing.documents.document import Line
from crp.importing.documents.draft import PLAN, REVISION, Basis, Confidence, Draft, Ref, Remark, Row, Span, Unit, Value
from crp.importing.documents.figures import YEARS, count, years
from crp.importing.documents.names import Names, folded

from .compendium_labels import amount, labelled, next_written, number_of_staff, parts_of, percentage, prose, quoted
from .compendium_projects import BULLET, title_of

PUBLICATION, INTRODUCTION = "humanitarian compendium", "introduction and needs"
TOTALS = {"total requested": "stated_requested_usd", "total funded": "stated_received_usd"}
ADDRESS = re.compile(r"https?://\S+")
# Remarks of whoever took the text from the page, such as "[prose not copied]".
ASIDE = re.compile(r"\[[^\]]*\]|#\s.*")
CONTACT = re.compile(r"Contact (?:Information|us)\b", re.IGNORECASE)
STAFF = re.compile(r"(International|National) Staff\s*:\s*", re.IGNORECASE)
OFFICES = re.compile(r"IOM Offices?\s*:\s*", re.IGNORECASE)
KIND_OF_OFFICE = re.compile(r"(Country|Main|Head|Sub|Field)[\s-]*Offices?\s*:\s*", re.IGNORECASE)
NOTE = re.compile(r"Notes?\s*:\s*", re.IGNORECASE)
COORDINATION = re.compile(r"\b(?:clusters?|coordination|co-?leads?|country team)\b", re.IGNORECASE)
GOVERNMENT = re.compile(r"\bgovernment\b", re.IGNORECASE)
SUPPORT = re.compile(r"\b(?:assist\w*|support\w*|help\w*|capacit\w+)\b", re.IGNORECASE)
JOIN = re.compile(r"\s*(?:,|;|/|&|\band\b)\s*")
LONGEST_TITLE, FEWEST_WORDS_OF_PASSAGE = 200, 9


@dataclass
class Narrative:
    """Passages on one matter. ``heading``: its line and the words of it that are the heading."""

    section: str
    passages: list[str]
    lines: list[Line]
    heading: tuple[Line, str] | None = None
    why: str = ""
    """Why it is of this section, where no heading says so."""


class Front:
    """Reads the lines before the frameworks into a draft."""

    def __init__(self, lines: Sequence[Line], names: Names, draft: Draft) -> None:
        self.lines, self.names, self.draft = lines, names, draft
        self.plan, self.revision = draft.add(Row(PLAN)), draft.add(Row(REVISION))
        self.presence = Row("presence")
        self.titles: list[Line] = []
        """Lines that the title may be: a saved page has a menu above it."""
        self.publication: Line | None = None
        self.introduction: Line | None = None
        self.narratives: list[Narrative] = []
        self.achievements: list[tuple[list[Line], str]] = []
        self.has_totals = False

    def read(self) -> None:
        """Read every line, and make the rows of what was found."""
        index = next_written(self.lines, 0)
        while index is not None:
            index = next_written(self.lines, self._take(index))
        self._name_plan()
        self._add_texts()
        if self.presence.values:
            self.draft.add(self.presence)

    def _take(self, index: int) -> int:
        """Read what begins on a line. Returns the index behind it."""
        line = self.lines[index]
        if ASIDE.fullmatch(line.text):
            self.draft.read.add(line.number)
        elif parts_of(line.text):
            return self._take_totals(index)
        elif folded(line.text) == PUBLICATION:
            self.publication = line
        elif folded(line.text) == INTRODUCTION:
            self.introduction = line
            self.draft.read.add(line.number)
        elif CONTACT.match(line.text):
            return self._leave_contact(index)
        elif STAFF.match(line.text):
            return self._take_staff(index)
        elif OFFICES.match(line.text) or KIND_OF_OFFICE.match(line.text):
            self._take_offices(line)
        elif BULLET.match(line.text):
            return self._take_achievement(index)
        else:
            return self._take_text(index)
        return index + 1

    def _take_totals(self, index: int) -> int:
        found, after = labelled(self.lines, index)
        for each in found:
            if each.label in TOTALS:
                self.revision.values.setdefault(TOTALS[each.label], amount(each))
                self.has_totals = True
            elif each.label == "percentage funded":
                self.revision.values.setdefault("stated_percent_funded", percentage(each))
        return after

    def _leave_contact(self, index: int) -> int:
        after = self._end_of_paragraph(index)
        numbers = [line.number for line in self.lines[index:after]]
        self.draft.read.update(numbers)
        text = _("Contact information is personal data and no part of a plan: it was left out.")
        self.draft.remarks.append(Remark(text, Span.of(*numbers)))
        return after

    def _take_staff(self, index: int) -> int:
        line = self.lines[index]
        label = STAFF.match(line.text)
        text, after = line.text[label.end() if label else 0 :], index + 1
        following = next_written(self.lines, after)
        name = "international_staff" if line.text[0] in "Ii" else "national_staff"
        if not text and following is not None and count(self.lines[following].text) is not None:
            line, after = self.lines[following], following + 1
            text = line.text
        self.presence.values.setdefault(name, number_of_staff(line, text))
        return after

    def _take_offices(self, line: Line) -> None:
        self.draft.read.add(line.number)
        kind: str | None = None
        for part in re.split(r"\s*[;|]\s*", OFFICES.sub("", line.text, count=1)):
            label = KIND_OF_OFFICE.match(part)
            if label:
                kind = "field" if label[1].casefold() in ("sub", "field") else "main"
            for place in JOIN.split(part[label.end() :] if label else part):
                self._add_office(line, place.strip(" ."), kind)

    def _add_office(self, line: Line, place: str, kind: str | None) -> None:
        order = len(self.draft.of_kind("office")) + 1
        row = Row("office", (place,), order=order)
        if not place or self.draft.row(row.subject) is not None:
            return
        span = Span.of(line.number)
        row.values["place"] = Value(value=place, unit=Unit.NAME, span=span, printed=quoted(line, place))
        question = "" if kind else _("Is %(place)s the main office or a field office?") % {"place": place}
        row.values["kind"] = Value(
            value=kind,
            unit=Unit.NAME,
            basis=Basis.STATED if kind else Basis.MISSING,
            span=span,
            confidence=Confidence.HIGH if kind else Confidence.LOW,
            question=question,
        )
        self.draft.add(row)

    def _take_achievement(self, index: int) -> int:
        after = self._end_of_paragraph(index)
        lines = [*self.lines[index:after]]
        text = " ".join([title_of(lines[0]), *(line.text for line in lines[1:])])
        self.achievements.append((lines, text))
        return after

    def _take_text(self, index: int) -> int:
        line = self.lines[index]
        is_above = not self.has_totals and self.introduction is None
        if is_above and ADDRESS.fullmatch(line.text):
            span = Span.of(line.number)
            url = Value(value=line.text, unit=Unit.TEXT, span=span, printed=line.raw.strip())
            self.plan.values.setdefault("url", url)
            return index + 1
        if is_above and len(line.text) <= LONGEST_TITLE and len(line.text.split()) < FEWEST_WORDS_OF_PASSAGE:
            self.titles.append(line)
            return index + 1
        after = self._end_of_paragraph(index)
        lines = [*self.lines[index:after]]
        text = " ".join(line.text for line in lines)
        if len(text.split()) >= FEWEST_WORDS_OF_PASSAGE:
            self._add_passage(lines, text)
        return after

    def _end_of_paragraph(self, index: int) -> int:
        """Return the index behind the lines that go on from one, up to an empty line or a label."""
        after = index + 1
        while after < len(self.lines) and self.lines[after].text and not self._begins(self.lines[after].text):
            after += 1
        return after

    def _begins(self, text: str) -> bool:
        known = (ASIDE.fullmatch, CONTACT.match, STAFF.match, OFFICES.match, KIND_OF_OFFICE.match, BULLET.match)
        return (
            any(matches(text) for matches in known)
            or bool(parts_of(text))
            or folded(text) in (PUBLICATION, INTRODUCTION)
        )

    def _add_passage(self, lines: list[Line], text: str) -> None:
        note = NOTE.match(text)
        if note:
            heading = (lines[0], note[0].strip())
            self.narratives.append(Narrative("other", [text[note.end() :]], lines, heading))
            return
        if not self.narratives:
            heading_line = self.introduction
            self.narratives.append(
                Narrative(
                    "needs",
                    [text],
                    lines,
                    (heading_line, heading_line.text) if heading_line else None,
                    "" if heading_line else _("The passage has no heading; it is the first of the page."),
                )
            )
            return
        section, why = _section_of(text)
        if section:
            self.narratives.append(Narrative(section, [text], lines, None, why))
        else:
            self.narratives[-1].passages.append(text)
            self.narratives[-1].lines.extend(lines)

    def _add_texts(self) -> None:
        for order, narrative in enumerate(self.narratives, start=1):
            row = self.draft.add(Row("narrative", (narrative.section, str(order)), order=order))
            row.values["body"] = prose(narrative.lines, "\n\n".join(narrative.passages))
            if narrative.heading:
                line, printed = narrative.heading
                row.values["heading"] = Value(
                    value=printed.rstrip(" :"),
                    unit=Unit.NAME,
                    span=Span.of(line.number),
                    printed=quoted(line, printed),
                )
            if narrative.why:
                row.values["section"] = Value(
                    value=narrative.section,
                    unit=Unit.NAME,
                    basis=Basis.INFERRED,
                    span=Span.of(*(line.number for line in narrative.lines)),
                    confidence=Confidence.MEDIUM,
                    note=narrative.why,
                    question=_("No heading says what this passage is about. Is the section right?"),
                )
        for order, (lines, text) in enumerate(self.achievements, start=1):
            row = self.draft.add(Row("achievement", (str(order),), order=order))
            row.values["text"] = prose(lines, text, mends_figures=True)
        if self.achievements:
            numbers = [line.number for lines, _text in self.achievements for line in lines]
            text = _("The list before the frameworks has no heading: it was taken for what was achieved so far.")
            self.draft.remarks.append(Remark(text, Span.of(*numbers)))

    def _title(self) -> Line | None:
        """Return the line with a country and a year, else with one of them, and of several the last; else the first."""

        def signs(line: Line) -> int:
            return 2 * bool(self._countries(_without_years(line))) + (years(line.text) is not None)

        best = max(reversed(self.titles), key=signs, default=None)
        return best if best is not None and signs(best) else next(iter(self.titles), self.publication)

    def _name_plan(self) -> None:
        line = self._title()
        values = self.plan.values
        kind_span = Span.of(self.publication.number) if self.publication else None
        kind_printed = self.publication.raw.strip() if self.publication else ""
        values["kind"] = Value(
            value="compendium",
            unit=Unit.NAME,
            basis=Basis.STATED if self.publication else Basis.INFERRED,
            span=kind_span,
            printed=kind_printed,
            note="" if self.publication else _("The labels are those of the Humanitarian Compendium."),
        )
        if line is None:
            return
        span = Span.of(line.number)
        values["title"] = Value(value=line.text, unit=Unit.NAME, span=span, printed=line.raw.strip())
        self._add_years(line, span)
        self._add_countries(line, span)

    def _add_years(self, line: Line, span: Span) -> None:
        found, where = years(line.text), YEARS.search(line.text)
        for position, name in enumerate(("start_year", "end_year")):
            self.plan.values[name] = (
                Value(value=found[position], unit=Unit.YEAR, span=span, printed=quoted(line, where[0]))
                if found and where
                else Value(
                    value=None,
                    unit=Unit.YEAR,
                    basis=Basis.MISSING,
                    span=span,
                    question=_("The title names no year. Which year is the plan of?"),
                )
            )

    def _add_countries(self, line: Line, span: Span) -> None:
        name = _without_years(line)
        refs = self._countries(name)
        if refs:
            value = Value(value=refs, unit=Unit.NAME, span=span, printed=quoted(line, name))
        else:
            value = Value(
                value=None,
                unit=Unit.NAME,
                basis=Basis.MISSING,
                span=span,
                confidence=Confidence.LOW,
                question=_("“%(title)s” names no country. Which plan do these figures belong to?")
                % {"title": line.text},
            )
        self.plan.values["countries"] = value

    def _countries(self, name: str) -> tuple[Ref, ...]:
        whole = self.names.countries.get(folded(name))
        if whole is not None:
            return (whole,)
        parts = [self.names.countries.get(folded(part)) for part in JOIN.split(name)]
        found = tuple(dict.fromkeys(part for part in parts if part is not None))
        return found if len(parts) > 1 and None not in parts else ()


def _without_years(line: Line) -> str:
    return YEARS.sub("", line.text).strip(" -–—,:()")


def _section_of(text: str) -> tuple[str, str]:
    """Return the section that a passage without a heading speaks of, and why; twice nothing where it does not show."""
    first = text.split(". ", maxsplit=1)[0]
    if "IOM" not in first:
        return "", ""
    if COORDINATION.search(first):
        return "coordination", _("The passage has no heading of its own; it speaks of coordination.")
    if GOVERNMENT.search(first) and SUPPORT.search(first):
        return "government", _("The passage has no heading of its own; it speaks of support to the Government.")
    return "", ""
