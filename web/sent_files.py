"""A file that somebody sends: let in above the limit of other pages, and read to one byte more than may be."""

from __future__ import annotations

from contextlib import ExitStack

import flask

ENVELOPE = 64 * 1024
"""What a form needs around the file."""


def let_in(largest: int) -> None:
    """Take a request of so many bytes and a form around them, and not a byte above it; said before whatever reads the form."""
    flask.request.max_content_length = largest + ENVELOPE


def read(most: int) -> tuple[bytes, str]:
    """Give the file that was sent and its name, one byte more than may be at most; a large one lies in a file of its own, which is closed."""
    with ExitStack() as stack:
        files = list(flask.request.files.values())
        for each in files:
            stack.callback(each.close)
        return (files[0].read(most + 1), files[0].filename or "") if files else (b"", "")
