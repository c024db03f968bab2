"""Frameworks of a Compendium page and the projects below them: where each begins, and what stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crp.importing.documents.document import Line
from crp.importing.documents.names import Names

from .compendium_labels import Labelled, is_figure, labelled, next_written, parts_of

BULLET = re.compile(r"^(?:[•·▪◦‣●∙\uf0b7]\s*|[-–—*]\s+)(?=\S)")
BENEFICIARIES = re.compile(r"^Beneficiaries\s*:\s*", re.IGNORECASE)
LONGEST_HEADING_WORDS = 12
BEFORE, BEHIND_AMOUNTS, BEHIND_BENEFICIARIES = "before", "behind amounts", "behind beneficiaries"


@dataclass
class Group:
    """Projects under one heading of a sector. ``heading``: None where it is lost; ``gap``: the empty line there."""

    heading: Line | None
    gap: Line | None = None


@dataclass
class Project:
    """The lines of a project, by what stands on them."""

    title: Line
    group: Group
    amounts: dict[str, Labelled] = field(default_factory=dict)
    beneficiaries: list[Line] = field(default_factory=list)
    texts: dict[str, list[Line]] = field(default_factory=dict)
    last_index: int = 0
    widest_gap: int = 0
    """The most empty lines between two lines of its own."""

    def behind(self) -> str:
        """Return what a line of plain text would stand behind."""
        if self.beneficiaries:
            return BEHIND_BENEFICIARIES
        return BEHIND_AMOUNTS if self.amounts else BEFORE

    @property
    def description(self) -> list[Line]:
        """The lines of the description: in whichever place of the block there is text."""
        order = (BEHIND_AMOUNTS, BEFORE, BEHIND_BENEFICIARIES)
        return next((self.texts[place] for place in order if place in self.texts), [])

    @property
    def titles(self) -> list[Line]:
        """The lines of the title: text before the amounts continues it where the description stands elsewhere."""
        rest = self.texts.get(BEFORE, [])
        return [self.title] if rest is self.description else [self.title, *rest]

    @property
    def beneficiary_lines(self) -> list[Line]:
        """The lines of the beneficiaries, with what continues them."""
        rest = self.texts.get(BEHIND_BENEFICIARIES, [])
        return self.beneficiaries if rest is self.description else [*self.beneficiaries, *rest]


@dataclass
class Appeal:
    """A framework with its figures and projects. ``heading``: None for projects under no framework."""

    heading: Line | None
    amounts: dict[str, Labelled] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


def title_of(line: Line) -> str:
    """Return a line without the bullet before it."""
    return BULLET.sub("", line.text)


def is_framework(lines: Sequence[Line], index: int) -> bool:
    """Tell whether a line is the heading of a framework: what was requested and received stands below it."""
    following = next_written(lines, index + 1) if _can_head(lines[index]) else None
    if following is None:
        return False
    labels = [label for label, _text, _printed in parts_of(lines[following].text)]
    return bool(labels) and labels[0] in ("requested", "received")


def is_project(lines: Sequence[Line], index: int) -> bool:
    """Tell whether a line with a bullet begins a project: amounts stand below it before the next bullet."""
    if not BULLET.match(lines[index].text):
        return False
    for following in range(index + 1, len(lines)):
        if BULLET.match(lines[following].text):
            return False
        if is_amount(lines[following]):
            return True
    return False


def is_amount(line: Line) -> bool:
    """Tell whether a line gives what a project asks for or has received."""
    return any(label.startswith("amount") for label, _text, _printed in parts_of(line.text)[:1])


def _can_head(line: Line) -> bool:
    plain = line.text
    return bool(
        plain
        and len(plain.split()) <= LONGEST_HEADING_WORDS
        and plain[-1] not in ".:;"
        and not BULLET.match(plain)
        and not BENEFICIARIES.match(plain)
        and not parts_of(plain)
        and not is_figure(plain)
    )


def beginning(lines: Sequence[Line], names: Names) -> int:
    """Return the index of the first framework or project, with the sector's heading above it; else that behind all."""
    for index in range(len(lines)):
        if is_framework(lines, index):
            return index
        if is_project(lines, index):
            above = next((before for before in range(index - 1, -1, -1) if lines[before].text), None)
            is_heading = above is not None and _can_head(lines[above]) and names.is_sector(lines[above].text)
            return above if above is not None and is_heading else index
    return len(lines)


class Walk:
    """Goes through the lines from the first framework or project on, and sorts them into frameworks and projects."""

    def __init__(self, lines: Sequence[Line], start: int, names: Names) -> None:
        self.lines, self.names = lines, names
        self.index = start
        self.appeals: list[Appeal] = []

    def run(self) -> list[Appeal]:
        """Return the frameworks in their order."""
        while (found := next_written(self.lines, self.index)) is not None:
            self.index = found
            self._take()
        return self.appeals

    @property
    def project(self) -> Project | None:
        """The project whose lines are being read."""
        return self.appeals[-1].projects[-1] if self.appeals and self.appeals[-1].projects else None

    def _take(self) -> None:
        line = self.lines[self.index]
        if is_framework(self.lines, self.index):
            self._begin_framework(line)
        elif is_project(self.lines, self.index) or self._is_title_without_bullet():
            self._begin_project(line)
        elif self._is_sector():
            self._appeal().groups.append(Group(line))
            self.index += 1
        elif self.project is not None and not self._is_before_first_project():
            self._continue_project(self.project, line)
        else:
            self.index += 1

    def _appeal(self) -> Appeal:
        if not self.appeals:
            self.appeals.append(Appeal(None))
        return self.appeals[-1]

    def _is_before_first_project(self) -> bool:
        groups = self.appeals[-1].groups
        return bool(groups) and all(project.group is not groups[-1] for project in self.appeals[-1].projects)

    def _begin_framework(self, line: Line) -> None:
        appeal = Appeal(line)
        self.appeals.append(appeal)
        following = next_written(self.lines, self.index + 1)
        while following is not None and _is_funding(self.lines[following]):
            found, self.index = labelled(self.lines, following)
            for each in found:
                appeal.amounts.setdefault(each.label, each)
            following = next_written(self.lines, self.index)

    def _is_title_without_bullet(self) -> bool:
        """A list may have lost its bullets: the amounts below are those of another project then."""
        following = next_written(self.lines, self.index + 1)
        line = self.lines[self.index]
        if following is None or not is_amount(self.lines[following]) or is_amount(line):
            return False
        if BENEFICIARIES.match(line.text) or BULLET.match(line.text):
            return False
        if self.project is None or self._is_before_first_project():
            return bool(self.appeals)
        return parts_of(self.lines[following].text)[0][0] in self.project.amounts

    def _is_sector(self) -> bool:
        line = self.lines[self.index]
        following = next_written(self.lines, self.index + 1)
        if not _can_head(line) or following is None:
            return False
        stands_alone = self.index == 0 or not self.lines[self.index - 1].text
        heads = is_project(self.lines, following)
        return heads and (stands_alone or self.names.is_sector(line.text))

    def _begin_project(self, line: Line) -> None:
        appeal, former = self._appeal(), self.project
        before = self.index - 1
        gap = self.lines[before] if before >= 0 and not self.lines[before].text else None
        if not appeal.groups:
            appeal.groups.append(Group(None, gap))
        elif former is not None and appeal.groups[-1] is former.group:
            empty = self.index - former.last_index - 1
            if empty > former.widest_gap:
                appeal.groups.append(Group(None, gap))
        appeal.projects.append(Project(line, appeal.groups[-1], last_index=self.index))
        self.index += 1

    def _continue_project(self, project: Project, line: Line) -> None:
        project.widest_gap = max(project.widest_gap, self.index - project.last_index - 1)
        after = self.index + 1
        if is_amount(line):
            found, after = labelled(self.lines, self.index)
            for each in found:
                project.amounts.setdefault(each.label, each)
        elif BENEFICIARIES.match(line.text) and not project.beneficiaries:
            project.beneficiaries.append(line)
        else:
            project.texts.setdefault(project.behind(), []).append(line)
        project.last_index, self.index = after - 1, after


def _is_funding(line: Line) -> bool:
    labels = [label for label, _text, _printed in parts_of(line.text)]
    return bool(labels) and labels[0] in ("requested", "received", "percentage funded")
