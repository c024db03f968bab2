"""What every download says of itself: the terms it comes under, and what its figures mean."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

LICENCE = _(
    "Figures, names and titles of plans are those of the documents named as their sources, under the terms of their "
    "publishers. Whoever passes them on names the document and the day."
)
DEFINITIONS: dict[str, tuple[Any, Any]] = {
    "requested": (
        _("Requested"),
        _(
            "What a plan asks for, in US dollars: the total that its document states. Where it states none, the sum of "
            "the widest breakdown it gives."
        ),
    ),
    "received": (
        _("Received"),
        _(
            "Commitments and payments that reach a plan, less corrections and less what left it for another plan. "
            "Pledges don’t count. A printed 0 is a reported 0."
        ),
    ),
    "pledged": (
        _("Pledged"),
        _(
            "Money that a donor has announced and not yet committed. It is shown beside what was received and is never "
            "part of it."
        ),
    ),
    "gap": (
        _("Gap"),
        _(
            "Requested less received, never below 0. Over several plans the sum of their gaps: what one has too much "
            "fills no other’s gap. Where only some plans report what they received, the gap is that of the plans that "
            "do."
        ),
    ),
    "percent-funded": (
        _("Percentage funded"),
        _(
            "Received divided by requested, times 100, rounded half up to two decimals. CRP keeps the money and "
            "computes the percentage, because printed percentages are rounded. There is none where nothing is "
            "requested or where funding is not reported."
        ),
    ),
    "over-funding": (
        _("Over-funding"),
        _(
            "Where more was received than requested, the percentage passes 100, the gap is 0, and what lies above the "
            "requirement is shown as over-funding. Over several plans it is the sum of theirs."
        ),
    ),
    "not-reported": (
        _("Not reported"),
        _(
            "A document that doesn’t say what was received leaves it unknown. Unknown is not 0: such a plan has no gap "
            "and no percentage, and its bar is hatched."
        ),
    ),
    "people": (
        _("People in need, people targeted, entities targeted"),
        _(
            "Always the plan’s own numbers. One person, or one institution, can be counted under several objectives, "
            "so CRP never adds them up; where the sum of the objectives differs, the page says by how much."
        ),
    ),
}
"""Title and sentence of each figure, under its anchor on the methodology page, in the same words."""
