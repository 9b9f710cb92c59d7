"""How a fault is written to the log: what kind and where, never with the values that it was about.

The text of an exception may quote a statement's parameters or an answer, and with them a child; so the log gets the
types and the places only.
"""

from __future__ import annotations

import traceback


def describe(fault: BaseException) -> str:
    """Describe a fault by its types and places, innermost last: ``KeyError at cases.py:88 complete``."""
    lines = []
    chain: BaseException | None = fault
    while chain is not None:
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(chain.__traceback__)
        ]
        lines.append(f"{type(chain).__name__} at " + (" > ".join(places) or "no place"))
        chain = chain.__cause__ or chain.__context__
    return " | because of ".join(lines)
