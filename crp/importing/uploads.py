"""A file that somebody uploads, and what was read of it on its way through the browser, until it is confirmed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_AGE_SECONDS = 24 * 60 * 60
MOST_PAYLOAD_CHARACTERS = 2_000_000  # Django takes forms of 2.5 MB


class FileForm(forms.Form):
    """The file."""

    accept = ".xlsx"

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # it is refused with a sentence of its own
        max_length=200,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = self.accept


def sign(kept: dict[str, Any], *, by: Any, salt: str) -> str:
    """Return what was read in a form that comes back from the browser unchanged, or is refused."""
    return signing.dumps({"by": by.pk, **kept}, salt=salt, compress=True)


def read_signed(payload: str, *, by: Any, salt: str) -> dict[str, Any] | None:
    """Return what was signed for this person. None: somebody else's, older than a day, or changed."""
    try:
        kept = signing.loads(payload, salt=salt, max_age=MOST_AGE_SECONDS)
    except signing.BadSignature:
        return None
    return kept if kept.get("by") == by.pk else None


def send_file(content: bytes, *, name: str, content_type: str = WORKBOOK_TYPE) -> HttpResponse:
    """Return a file to save, which no cache keeps."""
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
