"""A file that somebody sends: let in above the limit of other pages, and kept to one byte more than may be.

What is typed beside a file that is too large is read all the same, so that it comes back with the page that says so.
"""

from __future__ import annotations

from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import flask

ENVELOPE = 64 * 1024
"""What a form needs around the file."""
READ_FOR_THE_REST = 10
"""So many times what a file may be is read to come to what was typed beside it; a larger one is refused at its announced length."""
IN_MEMORY = 500 * 1024
"""Bytes of a file that stay in memory; a larger one lies on the disk."""


class Cut(SpooledTemporaryFile[bytes]):
    """A file that takes whatever is written and keeps so many bytes of it."""

    def __init__(self, most: int) -> None:
        """Keep `most` bytes."""
        super().__init__(max_size=IN_MEMORY, mode="rb+")
        self._most = most

    def write(self, data: Any) -> int:
        """Keep what there is room for; the rest is said to be written."""
        super().write(data[: max(self._most - self.tell(), 0)])
        return len(data)


class Request(flask.Request):
    """A request of which each file is kept to one byte more than may be, where `largest` says how much that is."""

    largest = 0

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None,
        filename: str | None = None, content_length: int | None = None,
    ) -> IO[bytes]:  # fmt: skip
        if self.largest:
            return Cut(self.largest + 1)
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)


def let_in(largest: int) -> None:
    """Take a request with a file of so many bytes and a form around it; said before whatever reads the form."""
    request: Any = flask.request
    request.max_content_length, request.largest = largest * READ_FOR_THE_REST + ENVELOPE, largest


def read(most: int) -> tuple[bytes, str]:
    """Give the file that was sent and its name, one byte more than may be at most; a large one lies in a file of its own, which is closed."""
    with ExitStack() as stack:
        files = list(flask.request.files.values())
        for each in files:
            stack.callback(each.close)
        return (files[0].read(most + 1), files[0].filename or "") if files else (b"", "")
