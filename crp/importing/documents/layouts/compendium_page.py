"""A country page of IOM's Humanitarian Compendium (2013 to 2018), as text."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crp.importing.documents.document import Document, Line
from crp.importing.documents.draft import PLAN, REVISION, Basis, Confidence, Draft, Ref, Remark, Row, Span, Unit, Value
from crp.importing.documents.names import Names, folded

from .compendium_front import PUBLICATION, Front
from .compendium_labels import amount, parts_of, percentage, prose
from .compendium_projects import BENEFICIARIES, Appeal, Project, Walk, beginning, title_of
from .compendium_sectors import Lists, choose_lists, proposal, sector_of

code = "compendium"
label = gettext_noop("Country page of the Humanitarian Compendium")

LABELS = ("total requested", "total funded", "percentage funded", "amount requested", "amount received")
# What the pages print, in the singular: the code that figures are filed under, and the family of plans.
FRAMEWORKS = {
    "humanitarian response plan": ("HRP", "humanitarian needs and response plan"),
    "migration crisis operational framework": ("MCOF", "migration crisis operational framework"),
}


def recognises(document: Document) -> bool:
    """Tell whether a document has at least two of the labels of the Compendium, its own name counted as one."""
    found = set()
    for line in document:
        if folded(line.text) == PUBLICATION:
            found.add(PUBLICATION)
        found.update(each for each, _text, _printed in parts_of(line.text) if each in LABELS)
    return len(found) >= 2


def read(document: Document, names: Names) -> Draft:
    """Return what the page says."""
    draft = Draft(code)
    start = beginning(document.lines, names)
    Front(document.lines[:start], names, draft).read()
    appeals = Walk(document.lines, start, names).run()
    _Writer(draft, names, appeals).write()
    _add_total_requested(draft)
    _say_whether_funding_is_reported(draft, len(document))
    return draft


class _Writer:
    """Makes rows of frameworks and projects."""

    def __init__(self, draft: Draft, names: Names, appeals: list[Appeal]) -> None:
        self.draft, self.names, self.appeals = draft, names, appeals
        plan = draft.row(PLAN) or Row(PLAN)
        year = plan.get("start_year")
        self.year = year if isinstance(year, int) else None
        countries = plan.get("countries")
        self.country = str(countries[0].key[0]) if isinstance(countries, tuple) and len(countries) == 1 else ""
        self.codes = self._codes()
        self.frameworks = self.projects = 0
        headings: dict[str, list[str]] = {}
        for framework, appeal in zip(self.codes, appeals, strict=True):
            of_appeal = [group.heading.text for group in appeal.groups if group.heading is not None]
            headings.setdefault(framework, []).extend(of_appeal)
        self.lists: Lists = choose_lists(headings, names, self.year)

    def write(self) -> None:
        for framework, appeal in zip(self.codes, self.appeals, strict=True):
            if appeal.heading is not None:
                self._add_framework(framework, appeal.heading, appeal)
            proposals = {
                id(group): proposal(appeal, group, self.lists.of(framework), self.names) for group in appeal.groups
            }
            for number, project in enumerate(appeal.projects, start=1):
                row = self._add_project(framework, number, project)
                taxonomy = self.lists.of(framework)
                proposed = proposals[id(project.group)]
                row.values["sector"] = sector_of(project, taxonomy, self.names, proposed)
            self._count_headings_as_read(appeal)
        self._name_list_of_sectors()
        if any(project.amounts for appeal in self.appeals for project in appeal.projects):
            text = _("What projects have received is kept as it is stated. An officer records it as a contribution.")
            self.draft.remarks.append(Remark(text))

    def _codes(self) -> list[str]:
        codes: list[str] = []
        for appeal in self.appeals:
            wanted = "" if appeal.heading is None else self._family(appeal.heading.text)[0]
            alike = sum(code == wanted or code.startswith(f"{wanted}-") for code in codes)
            codes.append(f"{wanted}-{alike + 1}" if alike and wanted else wanted)
        return codes

    def _family(self, heading: str) -> tuple[str, Ref | None]:
        """Return the code of a framework, and the family of plans that it is of."""
        plain = folded(heading)
        singular = plain.removesuffix("s")
        short, name = FRAMEWORKS.get(singular, ("", ""))
        found = [self.names.families.get(each) for each in (name, plain, singular) if each]
        family = next((ref for ref in found if ref is not None), None)
        if short:
            return short, family
        key = str(family.key[0]) if family else "".join(word[0] for word in plain.split())
        return re.sub(r"[^A-Z0-9]", "", folded(key).upper()) or "FRAMEWORK", family

    def _add_framework(self, framework: str, heading: Line, appeal: Appeal) -> None:
        self.frameworks += 1
        order = self.frameworks
        row = self.draft.add(Row("framework", (framework,), order=order))
        span, printed = Span.of(heading.number), heading.raw.strip()
        row.values["name"] = Value(value=heading.text, unit=Unit.NAME, span=span, printed=printed)
        family = self._family(heading.text)[1]
        row.values["plan_family"] = Value(
            value=family,
            unit=Unit.NAME,
            basis=Basis.INFERRED if family else Basis.MISSING,
            span=span,
            confidence=Confidence.HIGH if family else Confidence.LOW,
            note=_("The name of the framework is that of the family of plans.") if family else "",
            question="" if family else _("Which family of plans is “%(name)s” of?") % {"name": heading.text},
        )
        if "received" in appeal.amounts:
            row.values["stated_received_usd"] = amount(appeal.amounts["received"])
        if "percentage funded" in appeal.amounts:
            row.values["stated_percent_funded"] = percentage(appeal.amounts["percentage funded"])
        if "requested" in appeal.amounts:
            request = Row("fundingrequest", ("framework", framework), parents={"framework": row.subject}, order=order)
            request.values["amount_usd"] = amount(appeal.amounts["requested"])
            self.draft.add(request)

    def _add_project(self, framework: str, number: int, project: Project) -> Row:
        parts = (self.country, str(self.year or ""), framework, f"{number:02d}")
        project_code = "-".join(part for part in parts if part)
        self.projects += 1
        order = self.projects
        parents = {"framework": f"framework:{framework}"} if framework else {}
        row = self.draft.add(Row("project", (project_code,), parents=parents, order=order))
        title = " ".join(title_of(line) for line in project.titles)
        row.values["title"] = Value(
            value=title,
            unit=Unit.NAME,
            span=Span.of(*(line.number for line in project.titles)),
            printed=_printed_title(project),
        )
        if project.description:
            text = " ".join(line.text for line in project.description)
            row.values["description"] = prose(project.description, text)
        if project.beneficiary_lines:
            text = BENEFICIARIES.sub("", " ".join(line.text for line in project.beneficiary_lines), count=1)
            row.values["beneficiaries"] = prose(project.beneficiary_lines, text)
        if "amount received" in project.amounts:
            row.values["stated_received_usd"] = amount(project.amounts["amount received"])
        if "amount requested" in project.amounts:
            request = Row("fundingrequest", ("project", project_code), parents={"project": row.subject}, order=order)
            request.values["amount_usd"] = amount(project.amounts["amount requested"])
            self.draft.add(request)
        return row

    def _count_headings_as_read(self, appeal: Appeal) -> None:
        self.draft.read.update(group.heading.number for group in appeal.groups if group.heading is not None)

    def _name_list_of_sectors(self) -> None:
        """The list of the revision is that of the first framework; another one's is said of the framework itself."""
        used: dict[str, str] = {}
        for row in self.draft.of_kind("project"):
            sector = row.get("sector")
            if isinstance(sector, Ref):
                used.setdefault(row.parents.get("framework", ""), str(sector.key[0]))
        of_revision = next((code for code in used.values() if code == self.lists.compendium), "")
        revision = self.draft.row(REVISION)
        if of_revision and revision is not None:
            revision.values["taxonomy"] = self._list_of_sectors(of_revision)
        for subject, taxonomy in used.items():
            framework = self.draft.row(subject)
            if framework is not None and taxonomy != of_revision:
                framework.values["taxonomy"] = self._list_of_sectors(taxonomy)

    def _list_of_sectors(self, taxonomy: str) -> Value:
        held = self.year is None or self.names.taxonomies[taxonomy].holds(self.year)
        question = (
            ""
            if held
            else _("The list %(list)s was not in use in %(year)s. Are the sectors of the page those of the list?")
            % {"list": taxonomy, "year": self.year}
        )
        return Value(
            value=Ref("taxonomy", (taxonomy,), taxonomy),
            unit=Unit.NAME,
            basis=Basis.INFERRED,
            confidence=Confidence.HIGH if held else Confidence.MEDIUM,
            note=_("The headings of sectors are names of this list."),
            question=question,
        )


def _printed_title(project: Project) -> str:
    """Return the title as it stands there, up to the first empty line."""
    first, *more = project.titles
    start = first.raw.find(title_of(first).split()[0])
    rest = [line.raw for number, line in enumerate(more, start=first.number + 1) if line.number == number]
    return "\n".join([first.raw[max(start, 0) :], *rest]).strip()


def _add_total_requested(draft: Draft) -> None:
    """What the plan asks for: its own total, or else the sum of what it consists of, where all of that is known."""
    revision = draft.row(REVISION)
    if revision is None:
        return
    stated = revision.values.get("stated_requested_usd")
    if stated is not None and stated.value is not None:
        revision.values["requested_usd"] = stated
        return
    requests = draft.of_kind("fundingrequest")
    of_frameworks = [row for row in requests if row.key[0] == "framework"]
    parts = of_frameworks or requests
    of_what = draft.of_kind("framework" if of_frameworks else "project")
    values = [row.values["amount_usd"] for row in parts]
    amounts = [value.value for value in values if isinstance(value.value, Decimal)]
    lines = [value.span for value in values if value.span is not None]
    if not amounts or len(amounts) != len(of_what):
        return
    each = ", ".join(
        _("%(amount)s (line %(line)s)") % {"amount": f"{number:,.0f}", "line": span.last}
        for number, span in zip(amounts, lines, strict=True)
    )
    revision.values["requested_usd"] = Value(
        value=sum(amounts, Decimal(0)),
        unit=Unit.USD,
        basis=Basis.COMPUTED,
        span=Span(lines[0].first, lines[-1].last),
        note=_("The sum of %(parts)s, since the page gives no total of its own.") % {"parts": each},
    )


def _say_whether_funding_is_reported(draft: Draft, length: int) -> None:
    """A received amount that is printed is a report, 0 too; where none is printed nothing is reported."""
    revision = draft.row(REVISION)
    if revision is None:
        return
    received = [
        value for row, name, value in draft.values() if name == "stated_received_usd" and value.value is not None
    ]
    if received:
        revision.values["reports_funding"] = Value(
            value=True,
            unit=Unit.FLAG,
            span=received[0].span,
            printed=received[0].printed,
            note=_("The page says what was received; a printed 0 is a reported 0."),
        )
    elif length:
        revision.values["reports_funding"] = Value(
            value=False,
            unit=Unit.FLAG,
            basis=Basis.INFERRED,
            span=Span(1, length),
            note=_("No amount received stands on the page: not reported, which is not 0."),
        )
