"""Who may put which answer right, and what is changed by a decision instead.

A correction is one person's. What two people decided, and what a protected step rests on, is changed in the way in which it
was decided (domain.md 8); times may be put right, since clocks that rest on a wrong time ring at the wrong moment (13.15).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from engine.forms import Field, Form
from engine.model import Facts
from engine.release import Compiled
from workflows import access

RESTS_ON: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "return_interview_offer": frozenset({"outcome", "not_offered_reason"}),
        "return_interview_attempt": frozenset({"outcome", "covers"}),
        "prevention_interview": frozenset({"outcome"}),
        "handover": frozenset({"read"}),
        "missing_notice": frozenset({"taken_by"}),
        "high_grade_notice": frozenset({"taken_by"}),
        "grade_raise": frozenset({"level"}),
        "police_closure": frozenset({"child_seen"}),
        "case_closure": frozenset({"nothing_critical_open"}),
        "child_match": frozenset({"child"}),
    }
)
"""The answers on which the protected steps rest (`workflows.protected.STEPS`), by record; the rest of these may be put right."""

INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "risk": "Raise the grade, or propose a lower one, on which somebody else decides.",
        "regrade": "Propose the right grade once more. A second person decides on it.",
        "grade_raise": "Raise the grade once more, or propose a lower one.",
        "return_interview_offer": "Make the offer again, or record the next attempt: each one is kept.",
        "return_interview_attempt": "Record the next attempt: each one is kept, and the interview is held when a child was heard.",
        "prevention_interview": "Hold the interview, or ask an inspector for an exception.",
        "handover": "A hand-over is signed by name. Write down in the case what has changed since.",
        "missing_notice": "The notice is signed by name. Write down in the case what has changed since.",
        "high_grade_notice": "The notice is signed by name. Write down in the case what has changed since.",
        "child_match": "Two records of one child are merged by two people, and taken apart again if that was wrong.",
    }
)
"""How what is decided otherwise is changed, by record."""

SECOND_PERSON = "This was decided by two people. The second of them has to decide on it again."
DECIDED = "A step that protects the child rests on this. Ask your supervisor how it is decided again."


def locked(release: Compiled, record: str, form: Form) -> frozenset[str]:
    """Name the questions of a record that no single person changes."""
    every = frozenset(field.key for field in form.fields)
    if record in RESTS_ON:
        return RESTS_ON[record] & every
    return every if record in _of_two(release) else frozenset()


def instead(release: Compiled, record: str) -> str:
    """Say how the locked questions of a record are changed."""
    return INSTEAD.get(record, SECOND_PERSON if record in _of_two(release) else DECIDED)


def offered(
    release: Compiled, facts: Facts, roles: Collection[str], classes: Collection[str]
) -> frozenset[tuple[str, str]]:
    """Name the records, by name and key, of which these roles may put something right, or learn how it is changed instead.

    `facts` are those that the reader sees, `classes` the data classes that they may read in this case.
    """
    may = may_correct(roles, classes)
    return frozenset(
        (record, key)
        for record, keys in facts.items()
        if (form := release.forms_by_record.get(record)) and any(field.data_class in may for field in form.fields)
        for key in keys
    )


def may_correct(roles: Collection[str], classes: Collection[str]) -> frozenset[str]:
    """Name the data classes in which these roles put facts right: those that they may write, and read in this case."""
    return access.writable(roles) & frozenset(classes)


def questions(release: Compiled, record: str, form: Form, may: Collection[str]) -> tuple[Field, ...]:
    """Give the questions of a record that a person with these data classes may put right."""
    kept = locked(release, record, form)
    return tuple(field for field in form.fields if field.data_class in may and field.key not in kept)


def _of_two(release: Compiled) -> frozenset[str]:
    """Name the records of tasks that need a second person, and of those that this person checks."""
    found = set()
    for node in release.nodes.values():
        if node.other_than:
            found |= {node.record, *(release.node(first).record for first in node.other_than)}
    return frozenset(found)
