"""How a fault is written to the log: what kind and where, never with the values that it was about.

The text of an exception may quote a statement's parameters or an answer, and with them a child; so the log gets the
types and the places only.
"""

from __future__ import annotations

import traceback

SENTENCES = {
    "RunawayLoop": "The diagram goes round without end. It was stopped, and nothing was changed.",
    "RingsWithoutEnd": "The clocks of the case go off again and again at one moment. They were stopped.",
    "BudgetExceeded": "An expression takes more work than one evaluation may.",
    "UnknownStateVersion": "The case was saved by another version of the program.",
    "WorkflowTaskException": "No way out of the gateway fits what is known.",
    "NotFound": "Nothing in the case waits for this message.",
}
"""What people are told of the kinds of faults that have a name of their own; never what the fault says, which may hold a value."""


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


def sentence(fault: BaseException) -> str:
    """Say in a sentence what went wrong, by the kind of the fault alone."""
    cause = fault.__cause__ or fault
    return SENTENCES.get(type(cause).__name__, f"The step failed ({type(cause).__name__}).")
