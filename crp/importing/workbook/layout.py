"""Where things stand in a workbook: what the way out and the way in agree on beside the sheets themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

READ_ME = _("Read me")

ORIGIN = "_crp"
"""The hidden sheet that says which revision the workbook is of, and what each cell held when it was downloaded."""
LISTS = "_lists"
FORMAT = "crp-workbook"
VERSION = "1"
KEY = "row_key"
"""The name of the first column: which row it is."""

HEADING_ROW, NAMES_ROW, TITLES_ROW, TOTALS_ROW, FIRST_ROW = 1, 2, 3, 4, 5
ROWS_BELOW_NAMES = FIRST_ROW - NAMES_ROW
