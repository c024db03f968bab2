"""The rows of a draft in the making, found by their names without a search."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Draft, Plain, Remark, Row, Span


class Rows:
    """The rows of a draft by subject: a page of many thousand lines would be slow to search for each."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.by_subject = {row.subject: row for row in draft.rows}

    def get(self, subject: str) -> Row | None:
        """Return the row of that name."""
        return self.by_subject.get(subject)

    def add(self, row: Row, span: Span) -> Row | None:
        """Take a row in. None: there is one of the name; where they differ, a remark about the lines says so."""
        former = self.by_subject.get(row.subject)
        if former is not None and _plain(former) == _plain(row):
            return None
        if former is not None:
            text = _("What stands on line %(line)s was given before and is not taken twice: %(row)s.")
            self.draft.remarks.append(Remark(text % {"line": span, "row": row.subject}, span))
            return None
        self.by_subject[row.subject] = row
        self.draft.rows.append(row)
        return row


def _plain(row: Row) -> dict[str, Plain]:
    return {name: value.value for name, value in row.values.items()}
