"""The lists of contents of a plan's pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from funding.selectors.plan_parts import Section


def contents_of(page: Any) -> list[Section]:
    """Return the parts of the page of a plan, in their order, that this plan has something for.

    ``page``: a :class:`~funding.selectors.plan_page.PlanPage`.
    """
    parts = (
        ("figures", _("Key figures"), True),
        ("risk", _("Risk"), page.indicators),
        ("objectives", _("Objectives"), page.objectives),
        ("sectors", _("Sectors"), page.sector_parts),
        ("inter-agency", _("Inter-agency plans"), page.inter_agency),
        ("named-by", _("Plans that name it"), page.named_by),
        ("frameworks", _("Frameworks"), page.frameworks),
        ("projects", _("Projects"), page.project_groups),
        ("donors", _("Donors"), True),
        ("narrative", _("Situation and approach"), page.narratives),
        ("approach", _("How IOM works"), page.modalities or page.priorities),
        ("presence", _("Operational presence"), page.presence or page.offices),
        ("achievements", _("Achievements"), page.achievements),
        ("others", _("Trend and other plans") if page.around.steps else _("Other plans"), page.around.others),
        ("checks", _("Checks"), True),
        ("sources", _("Sources"), page.citations.all),
        ("downloads", _("Downloads"), True),
    )
    inside = {"narrative": _passages(page)}
    return [Section(anchor, title, inside.get(anchor, ())) for anchor, title, content in parts if content]


def _passages(page: Any) -> list[Section]:
    return [
        Section(f"text-{number}", text.heading or text.get_section_display())
        for number, text in enumerate(page.narratives, start=1)
    ]


def sections_of(page: Any) -> list[Section]:
    """Return the parts of the page with every line behind its totals, but for its contributions."""
    parts = (
        ("received", _("Received"), True),
        ("adds-up", _("How this adds up"), True),
        ("inter-agency", _("Inter-agency plans"), page.inter_agency),
        ("named-by", _("Plans that name it"), page.named_by),
        *((f"by-{part.name}", part.title, True) for part in page.breakdowns),
    )
    return [Section(anchor, title) for anchor, title, content in parts if content]
