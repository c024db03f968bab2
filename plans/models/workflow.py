"""The way of a revision from a draft to what readers see: each step, what was accepted, what is not saved yet."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .plans import Revision


class RevisionStep(models.Model):
    """One step that somebody took with a revision, and what they said."""

    class Action(models.TextChoices):
        STARTED = "started", _("Started")
        SUBMITTED = "submitted", _("Sent for review")
        WITHDRAWN = "withdrawn", _("Taken back from review")
        RETURNED = "returned", _("Returned to its authors")
        PUBLISHED = "published", _("Published")

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="steps", verbose_name=_("revision"))
    action = models.CharField(_("step"), max_length=10, choices=Action.choices)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: an import, or a person whose login is gone."),
    )
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("step of a revision")
        verbose_name_plural = _("steps of a revision")
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.revision} {self.action}"


class Acknowledgement(models.Model):
    """A warning that somebody accepted before publication, and why.

    It holds as long as the warning says the same: one of other figures has to be accepted anew.
    """

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="acknowledgements", verbose_name=_("revision"))
    rule = models.CharField(_("rule"), max_length=120)
    statement = models.TextField(_("what the warning said"))
    comment = models.TextField(_("why it is accepted"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("accepted warning")
        verbose_name_plural = _("accepted warnings")
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(comment=""),
                name="acknowledgement_needs_comment",
                violation_error_message=_("Say in a sentence why the warning is accepted."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.rule}"


class FormCopy(models.Model):
    """What a person has typed into a form and not saved: kept so that a closed browser loses next to nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="form_copies", verbose_name=_("person")
    )
    address = models.CharField(_("address of the form"), max_length=300)
    content = models.TextField(_("what was typed"), help_text=_("As the browser sends a form."))
    stamp = models.CharField(
        _("stamp"), max_length=64, blank=True, help_text=_("What the thing was like when the form was opened.")
    )
    saved_at = models.DateTimeField(_("kept at"))

    class Meta:
        verbose_name = _("unsaved form")
        verbose_name_plural = _("unsaved forms")
        ordering: ClassVar = ["-saved_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "address"], name="form_copy_once_per_person_and_form"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.address}"
