"""A reader that does what hostile files make readers do, for the tests of the guard."""

from __future__ import annotations

import os
from typing import Any


def answer(question: str) -> Any:
    """Do what is asked: never end, take all memory, go down without end, die, or answer."""
    match question:
        case "time":
            while True:
                pass
        case "memory":
            return len(bytearray(1 << 40))
        case "depth":
            return answer(question)
        case "fault":
            raise ValueError("of the reader")
        case "death":
            os.abort()
    return question
