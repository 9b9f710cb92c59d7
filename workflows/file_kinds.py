"""What a file is that somebody attaches: told by what is in it and not by its name; of a picture its pixels alone are kept.

Taken are PDF, JPEG and PNG, plain text and tables as CSV. Documents of word processors are not: whether one holds a macro, a
remote template or an embedded program cannot be told surely from here, and each of them can be saved as a PDF.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from workflows import photographs

FIELD = "file"
"""The name of the question under which a file is sent."""

LONGEST_SIDE = 3_000
"""Pixels of the longer side of a picture: a letter that was photographed can still be read."""

LONGEST_NAME = 100
REFUSED = (
    "The file must be a PDF, a JPEG or PNG picture, plain text or a CSV table. Save a document of a word processor or a spreadsheet as a "
    "PDF first"
)
LOCKED = "The PDF is locked with a password, so that nobody can check it: save it without one"

PDF, JPEG, TEXT, CSV = "pdf", "jpeg", "text", "csv"


@frozen
class Kind:
    """A kind of file: its words, the type under which it is given, and how its name ends."""

    words: str
    media_type: str
    ending: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        PDF: Kind("PDF", "application/pdf", ".pdf"),
        JPEG: Kind("Picture", "image/jpeg", ".jpg"),
        TEXT: Kind("Plain text", "text/plain", ".txt"),
        CSV: Kind("Table", "text/csv", ".csv"),
    }
)
"""The kinds that are taken, each given under its own type and ending, whatever it was called."""

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_NOT_IN_A_NAME = re.compile(r'[\\/:*?"<>|]')
_LOCKED = re.compile(rb"/Encrypt\b")


def taken(sent: bytes, name: str) -> tuple[str, bytes]:
    """Give the kind of a file, and what is kept of it; refused with `Invalid`, at the question `FIELD`."""
    if not sent:
        raise _refused("Select a file that is not empty")
    if sent.startswith(_PICTURES):
        return JPEG, _picture(sent)
    if sent.startswith(b"%PDF-"):
        return PDF, _pdf(sent)
    if _is_text(sent):
        return (CSV if name.casefold().endswith(KINDS[CSV].ending) else TEXT), sent
    raise _refused(REFUSED)


def name_of(sent: str, kind: str) -> str:
    """Give the name under which a file is kept: without folders, control and reordering characters, with the ending of its kind.

    ``../../CV\u202egpj.exe`` of a PDF is ``CVgpj.pdf``.
    """
    last = re.split(r"[\\/]", sent)[-1]
    seen = "".join(each for each in last if not unicodedata.category(each).startswith("C"))
    stem = _NOT_IN_A_NAME.sub(" ", seen).rpartition(".")[0] or seen
    words = " ".join(stem.split()).strip(". ")
    return f"{words[:LONGEST_NAME].strip() or 'file'}{KINDS[kind].ending}"


def _picture(sent: bytes) -> bytes:
    try:
        return photographs.drawn_anew(sent, LONGEST_SIDE, "picture")
    except Invalid as refusal:
        raise _refused(refusal.problems[0].sentence) from refusal


def _pdf(sent: bytes) -> bytes:
    """Keep a PDF as it is; one that is cut off, or that nobody can look into, is refused."""
    if b"%%EOF" not in sent[-2_048:]:
        raise _refused("The PDF is not whole: save it again and send that")
    if _LOCKED.search(sent):
        raise _refused(LOCKED)
    return sent


def _is_text(sent: bytes) -> bool:
    try:
        return _NOT_IN_A_TEXT.search(sent.decode("utf-8-sig")) is None
    except UnicodeDecodeError:
        return False


def _refused(sentence: str) -> Invalid:
    return Invalid([Problem(FIELD, "file-wrong", sentence)])
