"""The rows of a sheet that somebody sends back: CSV in UTF-8 with commas or semicolons, as spreadsheets write it."""

from __future__ import annotations

import csv
import io
import re

NO_CSV = "The file is no CSV in UTF-8. Save it again from your spreadsheet as “CSV UTF-8”."
_COPY = re.compile("^'(?=[=+@\t\r-])")
"""The sign that our own files put before what a spreadsheet would take for a formula."""


def rows_of(data: bytes) -> list[list[str]] | None:
    """Read the rows of a sheet, without the sign before what looks like a formula; None where it is no such file."""
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_between(text)))
    except (UnicodeDecodeError, csv.Error):
        return None
    return [[_COPY.sub("", cell) for cell in row] for row in rows]


def _between(text: str) -> str:
    """Tell what stands between the cells: some spreadsheets write semicolons."""
    heading = text.partition("\n")[0]
    return ";" if heading.count(";") > heading.count(",") else ","
