"""Where a protected step stands, who does it, and who alone may say that it was done."""

from __future__ import annotations

from collections.abc import Iterator

from engine.release import Compiled
from workflows.agencies import title_of
from workflows.protected.findings import Check, Finding, name_of

LADDERS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("call_taker", "response_officer"),
        ("locate_sergeant", "control_room_supervisor", "mfh_coordinator"),
        ("duty_inspector",),
        ("chief_inspector_missing",),
        ("superintendent",),
    ),
    (("csc_mash", "csc_social_worker", "edt"), ("cmo", "csc_team_manager"), ("csc_service_manager",)),
    (("rhi_worker",), ("rhi_manager",)),
)
"""Roles of one service by rank, the lowest first; ranks of two services are not compared."""


def at_least(role: str) -> frozenset[str]:
    """Give a role and every higher rank of the same service."""
    found = {role}
    for ladder in LADDERS:
        rank = next((number for number, rung in enumerate(ladder) if role in rung), None)
        if rank is not None:
            found |= {each for rung in ladder[rank + 1 :] for each in rung}
    return frozenset(found)


def done_by(task: str, role: str) -> Check:
    """A step is done by this role, or by a higher rank of the same service."""

    def checked(release: Compiled) -> Iterator[Finding]:
        given = release.nodes[task].role
        if given not in at_least(role):
            named = title_of(given) if given else "nobody"
            lowest = f"{title_of(role)} is the lowest who may do it"
            yield task, f"“{name_of(release, task)}” was given to {named}, and {lowest}"

    return checked


def by_another_than(task: str, first: str) -> Check:
    """A step is done by another person than the one who did the first."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[task].properties.get("other_than") != first:
            yield task, f"“{name_of(release, task)}” must be done by another person than “{name_of(release, first)}”"

    return checked


def told_as(element: str, word: str) -> Check:
    """An element leaves this word in the log, from which it is proved that the step was done; no other element does."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[element].properties.get("activity") != word:
            yield element, f"“{name_of(release, element)}” must leave the word {word} in the log"
        for node in release.nodes.values():
            said = node.properties.get("activity", "")
            if node.id != element and (said == word or f'"{word}"' in said):
                yield node.id, f"Only “{name_of(release, element)}” may leave the word {word} in the log"

    return checked


def written_only_by(record: str, *elements: str) -> Check:
    """The facts on which a step rests are written by these elements, and by nothing beside them."""

    def checked(release: Compiled) -> Iterator[Finding]:
        for node in release.nodes.values():
            if record in {node.record, node.result} and node.id not in elements:
                named = ", ".join(f"“{name_of(release, each)}”" for each in elements)
                yield node.id, f"“{node.name or node.id}” writes “{record}”, which only {named} may write"

    return checked


def stays_inside(task: str, around: str) -> Check:
    """A step stays inside the group of steps over which its time runs."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[task].process != around:
            yield task, f"“{name_of(release, task)}” was moved out of “{name_of(release, around)}”"

    return checked


def heard_as(event: str, message: str, sender: str) -> Check:
    """An event comes with this message and in no other way, and only one element sends it."""

    def checked(release: Compiled) -> Iterator[Finding]:
        node = release.nodes.get(event)
        if node is not None and node.message != message:
            yield event, f"“{name_of(release, event)}” must wait for the message {message}"
        for other in release.nodes.values():
            if other.kind in {"throw", "end"} and other.message == message and other.id != sender:
                yield other.id, f"Only “{name_of(release, sender)}” may send the message {message}"

    return checked
