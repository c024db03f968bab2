"""The text of plans in other languages than the one they were written in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crp.common.models import NaturalKeyModel

from .plans import Plan


class Translation(NaturalKeyModel):
    """One text of a plan in another language.

    It belongs to the text that it was made from, not to a revision: every revision that says the same shows it, one
    that says something else does not, and making it changes nothing that was published. ``subject`` and ``field`` name
    the text as citations do, by row key and column; ``plan`` and ``title`` name the title of the plan itself.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="translations", verbose_name=_("plan"))
    language = models.CharField(_("language"), max_length=5)
    subject = models.CharField(_("row"), max_length=150)
    field = models.CharField(_("field"), max_length=60)
    source_hash = models.CharField(_("hash of the source text"), max_length=64, help_text=_("SHA-256."))
    source = models.TextField(_("source text"))
    text = models.TextField(_("text"), blank=True, help_text=_("Never empty: a text without translation has no row."))
    translated_at = models.DateTimeField(_("translated at"), auto_now=True)
    translated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("translated by"),
    )

    natural_key_fields: ClassVar = ("plan__code", "language", "subject", "field", "source_hash")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering: ClassVar = ["plan", "language", "subject", "field", "-translated_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "language", "subject", "field", "source_hash"],
                name="translation_once_per_source",
                violation_error_message=_("This text has a translation into this language already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(text=""),
                name="translation_has_text",
                violation_error_message=_("A translation without text is no translation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.code} {self.subject}.{self.field} ({self.language})"
