"""A file that the site gives: the browser keeps it, and does not open it in the page."""

from __future__ import annotations

import flask

CSV = "text/csv"


def file(content: str | bytes, name: str, mimetype: str = CSV) -> flask.Response:
    """Give a file under a name of the site's own, without quotation marks in it: ``steps.csv``."""
    answer = flask.Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
