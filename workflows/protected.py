"""Steps that no manager can take out or weaken: what, at which elements, why, and by which source (domain.md 8).

A draft is held to these rows like to any other rule; what breaks one is a problem at its element. A row says what must never
be possible, in worlds where somebody does not do their part (`engine.worlds`); who does it at least; who may not do it;
how long it may take at most. Shortening a time, giving a step to a higher rank and adding steps stay free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from engine.diagrams import Node
from engine.errors import Invalid, Problem
from engine.model import Facts
from engine.release import Compiled
from engine.scope import Scope
from engine.worlds import World
from workflows.agencies import title_of
from workflows.vocabulary import RISK_LEVEL

PROCEDURE = "missing_child"

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

_ANCHOR = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
_DAY = timedelta(days=1)
_HARM: tuple[Any, ...] = (None, ["none"], ["injury"])
_AGES: tuple[int | None, ...] = (None, *range(18))
"""Whoever may be under 18 is a child (domain 13.10), so the steps hold for an age that nobody knows too."""

Finding = tuple[str, str]
"""The element, and what is wrong there."""
Check = Callable[[Compiled], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Step:
    """A protected step; `elements` are named with where to look for them, should they be gone."""

    id: str
    what: str
    why: str
    source: str
    elements: Mapping[str, Sequence[str]]
    checks: tuple[Check, ...]


def check(release: Compiled) -> Iterator[Problem]:
    """Give every way in which a release takes out or weakens a protected step."""
    if release.root != PROCEDURE:
        return
    for step in STEPS:
        gone = [name for name in step.elements if name not in release.nodes]
        found: list[Finding] = [(_left(release, step.elements[name]), f"“{name}” was taken out") for name in gone]
        if not gone:
            found = [finding for each in step.checks for finding in each(release)]
        for where, wrong in dict.fromkeys(found):
            yield Problem(where, f"protected-{step.id.lower()}", f"{wrong}. {step.what}: {step.why} ({step.source}).")


def _left(release: Compiled, around: Iterable[str]) -> str:
    """Give the first of some elements or diagrams that is still there."""
    there = {*release.nodes, *release.processes}
    return next((name for name in around if name in there), release.root)


# What a row can ask ---------------------------------------------------------------------------------------------------


def never_without(*steps: str, goals: Sequence[str]) -> Check:
    """No case reaches a goal, or its end, while one of these steps is not done."""

    def checked(release: Compiled) -> Iterator[Finding]:
        for step in steps:
            yield from _out_of_reach(release, World(release, frozenset({step}), _children({}), _ANCHOR), step, goals)

    return checked


def never_while(step: str, answers: Mapping[tuple[str, str], str], goals: Sequence[str]) -> Check:
    """No case reaches a goal, or its end, while every answer is another than the one that is needed.

    `answers` gives for each record and field the answer that opens the way; all others that the form offers are tried.
    """

    def checked(release: Compiled) -> Iterator[Finding]:
        others = [_others(release, record, field, needed) for (record, field), needed in answers.items()]
        for values in product(*others):
            known: Facts = {}
            for (record, field), value in zip(answers, values, strict=True):
                known.setdefault(record, {}).setdefault("1", {})[field] = value
            wrong = list(_out_of_reach(release, World(release, frozenset(), _children(known), _ANCHOR), step, goals))
            if wrong:
                yield wrong[0]
                return

    return checked


def _children(known: Facts) -> list[Facts]:
    """Give what is known with every age of a child, and with none."""
    return [{**known, "known": {"": {"age": age}}} for age in _AGES]


def _out_of_reach(release: Compiled, world: World, step: str, goals: Sequence[str]) -> Iterator[Finding]:
    """Say which goal can be reached in a world in which it must not be."""
    reached = world.reached()
    for goal in goals:
        if goal in reached:
            yield step, f"A way leads to “{_name(release, goal)}” without “{_name(release, step)}”"
            return
    if world.ends():
        yield step, f"A case can end without “{_name(release, step)}”"


def _others(release: Compiled, record: str, field: str, needed: str) -> list[str]:
    """Give the answers of a question that are not the one that is needed."""
    form = release.forms_by_record.get(record)
    fields = {each.key: each for each in form.fields} if form is not None else {}
    offered = [choice.value for choice in fields[field].choices] if field in fields else []
    return [value for value in offered if value != needed] or ["another"]


def done_by(task: str, role: str) -> Check:
    """A step is done by this role, or by a higher rank of the same service."""
    allowed = {role}
    for ladder in LADDERS:
        rank = next((number for number, rung in enumerate(ladder) if role in rung), None)
        if rank is not None:
            allowed |= {each for rung in ladder[rank + 1 :] for each in rung}

    def checked(release: Compiled) -> Iterator[Finding]:
        given = release.nodes[task].role
        if given not in allowed:
            named = title_of(given) if given else "nobody"
            yield (
                task,
                f"“{_name(release, task)}” was given to {named}, and {title_of(role)} is the lowest who may do it",
            )

    return checked


def by_another_than(task: str, first: str) -> Check:
    """A step is done by another person than the one who did the first."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[task].properties.get("other_than") != first:
            yield task, f"“{_name(release, task)}” must be done by another person than “{_name(release, first)}”"

    return checked


def told_as(element: str, word: str) -> Check:
    """An element leaves this word in the log, from which it is proved that the step was done."""

    def checked(release: Compiled) -> Iterator[Finding]:
        if release.nodes[element].properties.get("activity") != word:
            yield element, f"“{_name(release, element)}” must leave the word {word} in the log"

    return checked


def within(activity: str, clock: str, limit: timedelta, *, if_high: timedelta | None = None) -> Check:
    """A step is due at most so long after a moment (``found.returned_at`` or ``case.opened_at``), and somebody is told."""

    def checked(release: Compiled) -> Iterator[Finding]:
        deadlines = release.deadlines.get(activity, ())
        where = deadlines[0].id if deadlines else activity
        for level, harm, years in product((None, *RISK_LEVEL), _HARM, (0, 8)):
            anchor = _ANCHOR.replace(year=_ANCHOR.year + years)
            most = if_high if if_high is not None and level == "high" else limit
            moments = [_due(release, node, clock, anchor, level, harm) for node in deadlines]
            first = min((moment for moment in moments if moment is not None), default=None)
            if first is None:
                yield where, f"“{_name(release, activity)}” is never due{_when(level)}, or nobody is told"
                return
            if first - anchor > most:
                took = f"{_hours(first - anchor)}{_when(level)}, and at most {_hours(most)} are allowed"
                yield where, f"“{_name(release, activity)}” is due after {took}"
                return

    return checked


def _due(release: Compiled, node: Node, clock: str, anchor: datetime, level: str | None, harm: Any) -> datetime | None:
    """Give when a deadline is due and somebody is told, in a case that began its clock at `anchor`."""
    opened = anchor if clock == "case.opened_at" else anchor - _DAY
    facts: Facts = {"risk": {"": {"level": level}}, "found": {"": {"harm": harm}}}
    if clock == "found.returned_at":
        facts["found"][""]["returned_at"] = anchor
    scope = {**Scope(release, facts, anchor, "W", opened).values, "task": {"opened_at": anchor + _DAY}}
    try:
        rungs = release.timer(node).evaluate(scope, now=anchor)
    except Invalid:
        return None
    contexts = [rung for rung in rungs if isinstance(rung, dict)] if isinstance(rungs, list) else []
    due = [rung["at"] for rung in contexts if rung.get("due") is True and rung.get("tell")]
    return min((at for at in due if isinstance(at, datetime)), default=None)


def keeps_high(release: Compiled) -> Iterator[Finding]:
    """No table lets a high grade be left without the decision of an inspector (G-12)."""
    for lower in (level for level in RISK_LEVEL if level != "high"):
        facts: Facts = {"risk": {"": {"level": "high"}}, "regrade": {"1": {"level": lower}}}
        authority = _decided(release, "find_authority", facts)
        if not isinstance(authority, dict) or authority.get("who") != "inspector":
            yield "find_authority", f"Leaving high for {RISK_LEVEL[lower]} must be decided by an inspector"
            return
        for answer in (None, *_others(release, "downgrade_approval", "approved", "yes")):
            refused: Facts = {**facts, "downgrade_approval": {"1": {"approved": answer}}}
            grade = _decided(release, "set_new_grade", refused)
            if isinstance(grade, dict) and grade.get("level") not in {None, "high"}:
                yield "set_new_grade", f"The table leaves high for {RISK_LEVEL[lower]} without an inspector's yes"
                return
            known: Facts = {**refused, "lowering_endorsement": {"1": {"agreed": "yes"}}}
            known[release.nodes["find_authority"].result] = {"": authority}
            if "set_new_grade" in World(release, frozenset(), [known], _ANCHOR).reached():
                yield "approve_downgrade", "A way leads from high to a lower grade without an inspector's yes"
                return


def _decided(release: Compiled, task: str, facts: Facts) -> Any:
    """Give what the table of a step says for some facts."""
    table = release.decisions.get(release.nodes[task].decision)
    if table is None:
        return None
    copied = {record: {key: dict(fields) for key, fields in keys.items()} for record, keys in facts.items()}
    scope = Scope(release, copied, _ANCHOR, "W", _ANCHOR).values
    try:
        return table.decide(scope, now=_ANCHOR).result
    except Invalid:
        return None


def _name(release: Compiled, element: str) -> str:
    return release.nodes[element].name or element if element in release.nodes else element


def _when(level: str | None) -> str:
    return f" where the grade is {RISK_LEVEL[level]}" if level else ""


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    return f"{hours} hours" + (f" {minutes} minutes" if minutes else "") if hours else f"{minutes} minutes"


# The rows -------------------------------------------------------------------------------------------------------------

_CLOSED = ("close_police_enquiry", "close_case")
_SEARCH = ("locate", "locate_child")
_INTERVIEW = ("offer_and_hold_interview", "return_interview", "arrange_return_interview")

STEPS: tuple[Step, ...] = (
    Step(
        "G-01",
        "The offer of a return interview is protected",
        "every child who returns is offered one by somebody independent, before the case is closed",
        "G-01, statutory guidance [S47]",
        {"offer_return_interview": _INTERVIEW, "interview_offered": _INTERVIEW, "close_case": ()},
        (
            never_without("offer_return_interview", goals=("close_case",)),
            done_by("offer_return_interview", "rhi_worker"),
            told_as("interview_offered", "RHIOffered"),
        ),
    ),
    Step(
        "T-24",
        "The time to offer a return interview is protected",
        "the offer is made while the 72 hours for the interview run",
        "T-24, statutory guidance [S47]",
        {"offer_return_interview": _INTERVIEW},
        (within("offer_return_interview", "found.returned_at", timedelta(hours=72)),),
    ),
    Step(
        "T-25",
        "The 72 hours of the return interview are protected",
        "they may be made shorter and never longer",
        "T-25, G-02, statutory guidance [S46][S47]",
        {"offer_and_hold_interview": ("return_interview", "arrange_return_interview")},
        (within("offer_and_hold_interview", "found.returned_at", timedelta(hours=72)),),
    ),
    Step(
        "G-12",
        "The inspector's decision on leaving high is protected",
        "a high grade is left only where a second person of at least an inspector's rank agrees",
        "G-12, domain 1.6",
        dict.fromkeys(("approve_downgrade", "propose_regrade", "find_authority", "set_new_grade"), _SEARCH),
        (
            keeps_high,
            done_by("approve_downgrade", "duty_inspector"),
            by_another_than("approve_downgrade", "propose_regrade"),
        ),
    ),
    Step(
        "G-14",
        "The acknowledged handover is protected",
        "a new case has an inspector who says by name that it is theirs; a list that nobody reads is no handover",
        "G-14, T-03 [S23]",
        {"acknowledge_handover": (PROCEDURE,), "close_police_enquiry": (), "close_case": ()},
        (
            never_without("acknowledge_handover", goals=_CLOSED),
            done_by("acknowledge_handover", "duty_inspector"),
            told_as("acknowledge_handover", "HandoverAcknowledged"),
            within("acknowledge_handover", "case.opened_at", timedelta(minutes=15), if_high=timedelta(minutes=5)),
        ),
    ),
    Step(
        "G-24",
        "The notice to the local authority is protected",
        "the local authority is told of every missing child",
        "G-24, T-06",
        {"acknowledge_missing_notice": (PROCEDURE,), "close_case": ()},
        (
            never_without("acknowledge_missing_notice", goals=("close_case",)),
            done_by("acknowledge_missing_notice", "csc_mash"),
            told_as("acknowledge_missing_notice", "LANotified"),
            within("acknowledge_missing_notice", "case.opened_at", timedelta(minutes=30), if_high=timedelta(minutes=5)),
        ),
    ),
    Step(
        "G-03",
        "The prevention interview is protected",
        "the police see every child who returns before they close, unless an inspector who is somebody else excuses it",
        "G-03 [S55][S102]",
        {
            "hold_prevention_interview": (PROCEDURE,),
            "approve_prevention_exception": (PROCEDURE,),
            "close_police_enquiry": (),
            "close_case": (),
        },
        (
            never_without("hold_prevention_interview", goals=_CLOSED),
            never_while(
                "approve_prevention_exception",
                {("prevention_interview", "outcome"): "held", ("prevention_exception", "approved"): "yes"},
                _CLOSED,
            ),
            done_by("hold_prevention_interview", "response_officer"),
            done_by("approve_prevention_exception", "duty_inspector"),
            by_another_than("approve_prevention_exception", "hold_prevention_interview"),
        ),
    ),
)
"""Every protected step, with its source."""
