"""Whether a case can get past a protected step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from engine.model import Facts
from engine.release import Compiled
from engine.worlds import World
from workflows.protected.findings import ANCHOR, Answers, Check, Finding, facts_of, name_of, others

AGES: tuple[int | None, ...] = (None, *range(18))
"""Whoever may be under 18 is a child (domain 13.10), so the steps hold for every such age and for one that nobody knows."""


CANCELLED = "report_is_cancelled"
"""The event that a report was made in error, which ends a case as it stands: a protected step of its own says who decides that."""


def never_without(*steps: str, goals: Sequence[str], but_for: Sequence[str] = ()) -> Check:
    """No case of a child reaches a goal, or its end, while one of these steps is not done; the events in `but_for` do not come."""

    def checked(release: Compiled) -> Iterator[Finding]:
        for step in steps:
            yield from _first(release, step, {}, goals, without=(step, *but_for))

    return checked


def never_while(step: str, answers: Answers, goals: Sequence[str], *, without: Sequence[str] = ()) -> Check:
    """No case of a child reaches a goal, or its end, while every answer is another than the one that is needed.

    `answers` gives for each record and field the answer that opens the way; all others that the form offers are tried, and
    none. The steps in `without` are not done either, and the events in it do not come.
    """

    def checked(release: Compiled) -> Iterator[Finding]:
        tried = [others(release, record, field, needed) for (record, field), needed in answers.items()]
        for values in product(*tried):
            known = facts_of(release, dict(zip(answers, values, strict=True)))
            wrong = list(_first(release, step, known, goals, without=without))
            if wrong:
                yield wrong[0]
                return

    return checked


def _first(
    release: Compiled, step: str, known: Facts, goals: Sequence[str], *, without: Sequence[str]
) -> Iterator[Finding]:
    """Say the first goal that a case of a child can reach."""
    world = _world(release, known, without)
    reached = world.reached()
    goal = next((each for each in goals if each in reached), None)
    if goal is not None:
        yield step, f"A way leads to “{name_of(release, goal)}” without “{name_of(release, step)}”"
    elif world.ends():
        yield step, f"A case can end without “{name_of(release, step)}”"


def never_left_without(step: str) -> Check:
    """What holds a step inside an activity never comes to its end while the step is not done."""

    def checked(release: Compiled) -> Iterator[Finding]:
        around = release.nodes[step].process
        if _world(release, {}, (step,)).ends(around):
            yield step, f"“{name_of(release, around)}” can end without “{name_of(release, step)}”"

    return checked


def never_before(step: str, goals: Sequence[str], answers: Answers | None = None) -> Check:
    """No case of a child passes a goal while a step is not done, or while every answer is another than the one needed."""

    def checked(release: Compiled) -> Iterator[Finding]:
        tried = [others(release, record, field, needed) for (record, field), needed in (answers or {}).items()]
        worlds = [facts_of(release, dict(zip(answers or {}, values, strict=True))) for values in product(*tried)]
        reached = _world(release, {}, (step,)).reached()
        reached |= frozenset().union(*(_world(release, known, ()).reached() for known in worlds if answers))
        for goal in (each for each in goals if each in reached):
            yield goal, f"A way leads to “{name_of(release, goal)}” before “{name_of(release, step)}”"

    return checked


def at_once(step: str, after: str = "") -> Check:
    """A step waits for no person, time or message after another, or after the beginning of the case: its clock runs from there."""

    def checked(release: Compiled) -> Iterator[Finding]:
        begun = after or release.start.id
        if not _world(release, {}, ()).at_once(step, begun):
            yield step, f"“{name_of(release, step)}” must begin at once after “{name_of(release, begun)}”"

    return checked


def _world(release: Compiled, known: Facts, without: Sequence[str]) -> World:
    """Give the world of a child in which some answers are known and some steps are never done."""
    children = [{**known, "known": {"": {"age": age}}} for age in AGES]
    return World(release, frozenset(without), children, ANCHOR, aside=frozenset({CANCELLED}))
