"""Bytes that somebody brings become text: in the encoding that they say, if it is one that modelling tools write."""

from __future__ import annotations

import codecs
import re

from engine.errors import Invalid, Problem

_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding=["']([A-Za-z0-9_.-]{1,40})["']""")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}
ENCODINGS |= {"latin1": "latin-1", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252", "cp1252": "cp1252"}


def decoded(data: bytes, name: str) -> str:
    """Read bytes as text; what is no XML, or does not say, is UTF-8.

    Raises:
        Invalid: they are no text in the encoding that they say, or it is none that is read here.
    """
    declared = _DECLARED.match(data.lstrip()[:200])
    said = declared[1].decode("ascii").lower() if declared else "utf-8"
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), ENCODINGS.get(said))
    try:
        return data.decode(marked or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        sentence = f"The file is no text in {said}: save it as UTF-8."
        raise Invalid([Problem(name, "not-utf-8", sentence)]) from None
