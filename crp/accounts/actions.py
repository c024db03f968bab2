"""What people do in CRP, in plain words, each with the right that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.accounts.explaining import where_in_words
from crp.accounts.roles import Role, roles_with

if TYPE_CHECKING:
    from crp.accounts.models import User


@dataclass(frozen=True)
class Action:
    """Something that people do."""

    name: Promise
    permission: str

    @property
    def roles(self) -> list[str]:
        """The roles that it comes with, in their order."""
        granted = roles_with().get(self.permission, frozenset())
        return [role for role in Role.values if role in granted]


ACTIONS: Sequence[Action] = (
    Action(gettext_lazy("See everything that is published"), "plans.view_plan"),
    Action(gettext_lazy("Add plans, start revisions, write drafts and translate"), "plans.change_revision"),
    Action(gettext_lazy("Send a draft for review, or take it back"), "plans.submit_revision"),
    Action(gettext_lazy("Return or publish what was sent for review"), "plans.publish_revision"),
    Action(gettext_lazy("Add sources and citations, describe the country mission"), "plans.change_source"),
    Action(gettext_lazy("Record contributions, change and delete them"), "funding.change_contribution"),
    Action(gettext_lazy("Record official totals"), "funding.add_reportedfunding"),
    Action(gettext_lazy("Add donors and partners"), "funding.add_organization"),
    Action(gettext_lazy("Change the lists that plans choose from"), "plans.change_country"),
    Action(gettext_lazy("Make logins and give roles"), "accounts.change_roleassignment"),
    Action(gettext_lazy("Make API keys, replace and revoke them"), "accounts.add_apikey"),
)
EVERYWHERE = {
    "plans.view_plan",
    "funding.add_organization",
    "plans.change_country",
    "accounts.change_roleassignment",
    "accounts.add_apikey",
}
"""What belongs to no country: whoever may do it somewhere may do it everywhere."""


@dataclass(frozen=True)
class Told:
    """An action as one person is told of it."""

    action: Action
    where: str
    """Empty: nowhere."""
    by_role: str
    """Which roles give it."""


def tell_actions(user: User) -> list[Told]:
    """Return what somebody may do and where, and what not and with which role. Queries: 4 at most."""
    told = []
    for action in ACTIONS:
        where = where_in_words(user, action.permission)
        if where and action.permission in EVERYWHERE:
            where = _("everywhere")
        labels = [
            str(Role(role).label) for role in action.roles if role != Role.ADMINISTRATOR or len(action.roles) == 1
        ]
        told.append(Told(action, where, get_text_list(labels, _("or"))))
    return told


def tell_drafts(user: User) -> str:
    """Return of which countries somebody sees what is not published yet; empty: of none."""
    return where_in_words(user, "plans.view_revision")
