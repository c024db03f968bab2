"""Which lists the headings of sectors come from, and what a lost heading may have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crp.importing.documents.document import Line
from crp.importing.documents.draft import Basis, Confidence, Ref, Span, Unit, Value
from crp.importing.documents.names import Names, folded

from .compendium_projects import Appeal, Group, Project, title_of

COMPENDIUM, MCOF = "COMPENDIUM", "MCOF"
SMALL_WORDS = {"and", "of", "the", "for", "to", "in", "or", "with", "on", "non"}
ENOUGH = 0.5


@dataclass(frozen=True)
class Lists:
    """The lists of sectors that a page uses, by their codes. Empty: none is known."""

    compendium: str
    mcof: str

    def of(self, framework: str) -> str:
        """Return the list of a framework."""
        return self.mcof if framework == MCOF else self.compendium


def choose_lists(headings: Mapping[str, Sequence[str]], names: Names, year: int | None) -> Lists:
    """Return the lists that have the most of the headings, by framework; of equals the one in use in the year."""

    def chosen(prefix: str) -> str:
        of_family = [
            heading for code, some in headings.items() for heading in some if (code == MCOF) == (prefix == MCOF)
        ]

        def fit(code: str) -> tuple[int, bool]:
            known = sum(names.sector(heading, code) is not None for heading in of_family)
            return known, year is not None and names.taxonomies[code].holds(year)

        return max((code for code in names.taxonomies if code.startswith(prefix)), key=fit, default="")

    return Lists(chosen(COMPENDIUM), chosen(MCOF))


def sector_of(project: Project, taxonomy: str, names: Names, proposed: Proposal) -> Value:
    """Return the sector of a project: of the heading above, or with a question what a lost heading may have been."""
    group = project.group
    if group.heading is not None:
        return _of_heading(group.heading, taxonomy, names)
    where = group.gap.number if group.gap is not None else project.title.number
    span = Span(where, project.title.number)
    others = ", ".join(ref.label for ref in proposed.others) or _("none")
    if proposed.best is None:
        return Value(
            value=None,
            unit=Unit.NAME,
            basis=Basis.MISSING,
            span=span,
            confidence=Confidence.LOW,
            question=_("The heading of the sector is lost. Which sector is it? Those of the list: %(others)s.")
            % {"others": others},
        )
    words = {"sector": proposed.best.label, "words": proposed.words, "others": others}
    return Value(
        value=proposed.best,
        unit=Unit.NAME,
        basis=Basis.INFERRED,
        span=span,
        confidence=Confidence.LOW,
        note=_("The heading is lost in the text. Below it stand words of “%(sector)s”: %(words)s.") % words,
        question=_("The heading of the sector is lost. Is it “%(sector)s”? Others of the list: %(others)s.") % words,
    )


def _of_heading(line: Line, taxonomy: str, names: Names) -> Value:
    found = names.sector(line.text, taxonomy)
    span, printed = Span.of(line.number), line.raw.strip()
    if found is not None:
        return Value(value=found, unit=Unit.NAME, span=span, printed=printed)
    question = _("No list of the page's year has the sector “%(name)s”. Which one is it?") % {"name": line.text}
    return Value(value=None, unit=Unit.NAME, span=span, printed=printed, confidence=Confidence.LOW, question=question)


@dataclass(frozen=True)
class Proposal:
    """What a lost heading may have been. ``words``: those that speak for the best, with how often they stand there."""

    best: Ref | None
    others: tuple[Ref, ...]
    words: str = ""


def proposal(appeal: Appeal, group: Group, taxonomy: str, names: Names) -> Proposal:
    """Return the sector whose name's words the projects of a group use, where one does so more than all others.

    A sector with a heading of its own in the framework is left out, since no heading is printed twice.
    """
    printed = {folded(each.heading.text) for each in appeal.groups if each.heading is not None}
    refs = dict.fromkeys(ref for name, ref in names.sectors.get(taxonomy, {}).items())
    taken = {names.sector(name, taxonomy) for name in printed}
    free = [ref for ref in refs if ref not in taken]
    counted = Counter(_words_of([project for project in appeal.projects if project.group is group]))
    ranked = sorted(((_likeness(ref, counted), ref) for ref in free), key=lambda pair: pair[0], reverse=True)
    if not ranked or ranked[0][0][0] < ENOUGH or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return Proposal(None, tuple(free))
    best = ranked[0][1]
    words = ", ".join(f"{word} ({counted[word]})" for word in _name_words(best) if counted[word])
    return Proposal(best, tuple(ref for ref in free if ref != best), words)


def _words_of(projects: Sequence[Project]) -> list[str]:
    lines = [
        line for project in projects for line in (*project.titles, *project.description, *project.beneficiary_lines)
    ]
    return [word for line in lines for word in folded(title_of(line)).split()]


def _name_words(ref: Ref) -> list[str]:
    return [word for word in folded(ref.label).split() if word not in SMALL_WORDS]


def _likeness(ref: Ref, counted: Counter[str]) -> tuple[float, int]:
    """Return the share of the words of a sector's name that stand in the text, and how often they do."""
    words = _name_words(ref)
    found = [counted[word] for word in words if counted[word]]
    return (len(found) / len(words) if words else 0.0, sum(found))
