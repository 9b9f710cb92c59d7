"""A decision on a flag of exploitation that is put right decides on it anew: the flag's life begins, goes on or ends by it (G-53).

An observer of steps: the word goes to the flag's own case as every decision does, which joins one that goes on and opens one where
none does. So no flag stands without somebody who looks at it again, and none is looked at that has ended (domain.md 13.8).
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine import posting
from engine.model import Value
from engine.views import EventRow, Step
from workflows import about, episodes
from workflows.matching import child_in, latest

MESSAGE = "flag_decided"
"""What the flag's own case hears, and the record of what was decided there."""
PROTECTION = "protection_decision"
"""The record of what public protection decided in an episode, by the flag of exploitation."""


def follow(connection: sa.Connection, step: Step) -> None:
    """Leave a message for the flag's case with each decision that a step put right."""
    for event in (each for each in step.events if put_right(each, step)):
        said = dict(_said(event, step))
        if said.get("child"):
            number = f"{step.case_id}/{event.seq}"
            key = f"{said['flag']} {said['child']}"
            row = posting.row_of(number, MESSAGE, key, said, step.now, origin=posting.CASE, sender=step.case_id)
            posting.leave(connection, row)


def put_right(event: EventRow, step: Step) -> bool:
    """Tell whether an event put right what stands of a flag: the decision of an episode, or the latest one of the flag's own case."""
    if event.kind != "facts_corrected" or "confirmed" not in event.data["fields"]:
        return False
    record = (step.procedure, event.data["record"])
    if record == (about.FLAG, MESSAGE):
        return bool(event.data["key"] == max(step.facts[MESSAGE], key=int))
    return record == (episodes.PROCEDURE, PROTECTION)


def _said(event: EventRow, step: Step) -> Iterator[tuple[str, Value]]:
    """Give what the message says: of which flag of which child, in which episode, and how it stands."""
    record, key = event.data["record"], event.data["key"]
    raised = latest(step.facts, "flag_raised")
    own = record == MESSAGE
    yield "child", raised.get("child") if own else child_in(step.facts, step.case_id)
    yield "episode", raised.get("episode") if own else step.case_id
    yield "flag", raised.get("flag") if own else key
    yield "confirmed", step.facts[record][key].get("confirmed")
