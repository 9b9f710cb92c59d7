"""Where a protected step stands, who does it, and who alone may say that it was done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.elements import SENDING
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
    (
        ("csc_mash", "csc_social_worker", "edt"),
        ("cmo", "csc_team_manager"),
        ("csc_service_manager",),
        ("csc_director",),
    ),
    (("rhi_worker",), ("rhi_manager",)),
)
"""Roles of one service by rank, the lowest first; ranks of two services are not compared."""

_WORD = re.compile(r'"\w*"|null')
_CHOICE = re.compile(rf"if (?:(?!\b(?:then|else)\b).)+ then (?:{_WORD.pattern}) else (.+)", re.DOTALL)


def at_least(role: str) -> frozenset[str]:
    """Give a role and every higher rank of the same service."""
    found = {role}
    for ladder in LADDERS:
        rank = next((number for number, rung in enumerate(ladder) if role in rung), None)
        if rank is not None:
            found |= {each for rung in ladder[rank + 1 :] for each in rung}
    return frozenset(found)


def done_by(task: str, role: str) -> Check:
    """A step is done by a person of this role, or of a higher rank of the same service."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[task].kind != "user_task":
            yield task, f"“{name_of(release, task)}” must be done by a person"
            return
        given = release.nodes[task].role
        if given not in at_least(role):
            named = title_of(given) if given else "nobody"
            lowest = f"{title_of(role)} is the lowest who may do it"
            yield task, f"“{name_of(release, task)}” was given to {named}, and {lowest}"

    return checked


def by_another_than(task: str, first: str) -> Check:
    """A step is done by another person than the one who did the first."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if first not in release.nodes[task].other_than:
            yield task, f"“{name_of(release, task)}” must be done by another person than “{name_of(release, first)}”"

    return checked


def told_as(word: str, *elements: str) -> Check:
    """Elements leave this word in the log, from which it is proved that the step was done; no other element does."""

    def checked(release: Compiled) -> Iterator[Finding]:
        named = ", ".join(f"“{name_of(release, each)}”" for each in elements)
        for each in elements:
            if release.nodes[each].properties.get("activity") != word:
                yield each, f"“{name_of(release, each)}” must leave the word {word} in the log"
        for node in release.nodes.values():
            said = node.properties.get("activity", "")
            if node.id not in elements and (said == word or f'"{word}"' in said):
                yield node.id, f"Only {named} may leave the word {word} in the log"

    return checked


def words_are_plain(release: Compiled) -> Iterator[Finding]:
    """No element puts together the word that it leaves in the log: it could be that of a protected step."""
    for node in release.nodes.values():
        said = node.properties.get("activity", "")
        if said.startswith("=") and not _is_chosen(said.removeprefix("=")):
            yield (
                node.id,
                f"“{node.name or node.id}” must leave a word in the log that is written out, not put together",
            )


def _is_chosen(text: str) -> bool:
    """Tell whether an expression only chooses among words that are written out: ``if x then "A" else null``."""
    while found := _CHOICE.fullmatch(text.strip()):
        text = found[1]
    return _WORD.fullmatch(text.strip()) is not None


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
            if other.kind in SENDING and other.message == message and other.id != sender:
                yield other.id, f"Only “{name_of(release, sender)}” may send the message {message}"

    return checked
