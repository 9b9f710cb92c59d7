"""How a case is closed by two people: an inspector agrees where the grade was ever high or the child came to harm (domain 1.6)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model import Facts
from engine.release import Compiled
from engine.worlds import World
from workflows.protected.findings import ANCHOR, Check, Finding, cells, facts_of, name_of, others, rests_on

INSPECTOR = "duty_inspector"
_MARKS: tuple[dict[tuple[str, str], object], ...] = (
    {("risk", "level"): "high"},
    {("risk", "level"): "medium", ("risk", "was_high"): True},
    {("found", "found_how"): "deceased"},
    {("found", "harm"): ["physical_injury"]},
)
"""Facts of which each alone asks for an inspector."""
_KNOWN = frozenset({"risk", "level", "was_high", "found", "harm", "found_how", "each"})


def asks_for_inspector(task: str) -> Check:
    """The table of a step names the inspector for each of these facts, whatever else is so."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if any(set(_named(release, task, facts_of(release, mark))) != {INSPECTOR} for mark in _MARKS):
            yield task, "Who closes after a high grade or harm must be an inspector, whatever else is so"

    return checked


def closes_with(task: str, table: str, goal: str) -> Check:
    """Where the table of a step has named an inspector, no way leads to the goal without their yes at the task."""

    def checked(release: Compiled) -> Iterator[Finding]:
        named, record = release.nodes[table].result, release.nodes[task].record
        for answer in others(release, record, "agreed", "yes"):
            known = facts_of(release, {(named, "role"): INSPECTOR, **{(each, "agreed"): answer for each in _AGREEING}})
            for never in (frozenset[str](), frozenset({task})):
                if goal in World(release, never, [known], ANCHOR).reached():
                    yield task, f"A way leads to “{name_of(release, goal)}” without the inspector's yes"
                    return

    return checked


_AGREEING = ("police_closure_agreement", "case_closure_agreement")


def _named(release: Compiled, task: str, facts: Facts) -> list[str]:
    """Give the roles that the table of a step may name; none where it is no plain table."""
    return [text.strip('"') for text in cells(release, task, facts, "role", lambda text: bool(rests_on(text, _KNOWN)))]
