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
    children = [{**known, "known": {"": {"age": age}}} for age in AGES]
    world = World(release, frozenset(without), children, ANCHOR)
    reached = world.reached()
    goal = next((each for each in goals if each in reached), None)
    if goal is not None:
        yield step, f"A way leads to “{name_of(release, goal)}” without “{name_of(release, step)}”"
    elif world.ends():
        yield step, f"A case can end without “{name_of(release, step)}”"
