"""How a fault, or a condition without an answer, is written to the log: what kind and where, never with its values.

The text of an exception may quote a statement's parameters or an answer, and with them a child; so the log gets the
types and the places only.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.errors import Refusal
from engine.feel import BudgetExceeded, Expression
from engine.feel.reasons import Reason

if TYPE_CHECKING:
    from engine.process import Node

logger = logging.getLogger("homeward.expressions")

SENTENCES = {
    "RunawayLoop": "The diagram goes round without end. It was stopped, and nothing was changed.",
    "RingsWithoutEnd": "The clocks of the case go off again and again at one moment. They were stopped.",
    "BudgetExceeded": "An expression takes more work than one evaluation may.",
    "UnknownStateVersion": "The case was saved by another version of the program.",
    "WorkflowTaskException": "No way out of the gateway fits what is known.",
    "NotCaught": "An element throws an error or an escalation that nothing around it catches.",
    "NotAsked": "The message says what no question of the opening form asks for, so nobody could tell who may read it.",
    "NotFound": "Nothing in the case waits for this message.",
    "NotYourTask": "The drawing does not let the sender of this message give it here.",
    "NobodyTookIt": "Nobody took this message in its time. Send it again when somebody awaits it, or set it aside and say why.",
}
"""What people are told of the kinds of faults that have a name of their own; never what the fault says, which may hold a value."""


class NobodyTookIt(Exception):
    """A message's time is over, and no case has taken it."""


class RunawayLoop(Exception):
    """A step ran more automatic tasks than any procedure needs."""


class StepFailed(Exception):
    """A step could not be taken, and nothing of it was kept; `element` is where, `facts` names what it was looking at.

    The cause says what went wrong; its text may hold a value, so people are told `engine.faults.sentence` of it.
    """

    def __init__(self, element: str, name: str = "", facts: tuple[str, ...] = (), why: Iterable[str] = ()) -> None:
        """Say at which element and its name, "" where the case could not even be read; `why` tells of what was null."""
        self.element = element
        self.name = name[:200]
        self.facts = facts
        self.why = tuple(why)
        super().__init__(f"the step failed at {element or 'reading the case'}")


class Located:
    """Turns what goes wrong inside it into a `StepFailed` that says where; a refusal stays a refusal.

    An expression over its budget is no refusal here: the person who sent the answers cannot put it right.
    """

    def __init__(self, failed: Callable[[], StepFailed]) -> None:
        """Take what says where a step is."""
        self.failed = failed

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        """Say where it went wrong."""
        passes = isinstance(fault, Refusal) and not isinstance(fault, BudgetExceeded)
        if isinstance(fault, Exception) and not passes and not isinstance(fault, StepFailed):
            raise self.failed() from fault


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
    """Say what went wrong, by the kind of the fault, and why a condition that was asked just before came to null."""
    cause = fault.__cause__ or fault
    known = SENTENCES.get(type(cause).__name__, f"The step failed ({type(cause).__name__}).")
    return " ".join([known, *getattr(fault, "why", ())])


def why_null(
    expression: Expression, scope: Mapping[str, Any], now: datetime, node: Node | None, said: dict[str, str]
) -> None:
    """Write to the program's log why an expression came to null where an answer was needed; and into `said`, by its text.

    Once for each text in a step, and as a warning unless something is merely not known. The sentences name keys and kinds,
    and never values, as the text itself does.
    """
    if expression.text in said:
        return
    reasons: tuple[Reason, ...] = ()
    with suppress(BudgetExceeded):
        reasons = expression.explain(scope, now=now)
    said[expression.text] = why = " ".join(map(str, reasons))
    level = logging.DEBUG if reasons and all(reason.is_unknown for reason in reasons) else logging.WARNING
    reference, element = scope["case"]["reference"], node.id if node is not None else ""
    logger.log(level, "%s: at %s this gives null: %s %s", reference, element, expression.text, why)
