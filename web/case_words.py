"""A case as its page says it: how it stands, what is open and with whom, what is known, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine import ownership
from engine.corrections import Change
from engine.decisions import Table
from engine.frozen import frozen
from engine.model import SYSTEM, Actor
from engine.release import Compiled
from engine.views import CaseView, EventRow, TaskRow
from web import correction_words, late_entry, ran_under
from web.episode_words import view_not_given, waiting_grade
from web.fact_words import Row, row, sections
from web.moments import say_key, say_moment, say_until
from workflows import break_glass, withheld
from workflows.agencies import title_of
from workflows.episodes import CANCELLED, Episode
from workflows.vocabulary import EPISODE_STATUS, RISK_LEVEL

SAID = {
    "case_opened": "Case opened",
    "task_completed": "Done: {name}",
    "task_cancelled": "No longer needed: {name}",
    "task_claimed": "Taken: {name}",
    "task_released": "Put back for everybody: {name}",
    "task_given": "Given to {to}: {name}",
    "task_returned": "Given back to {to}: {name}",
    "task_handed_over": "Taken over at a hand-over: {name}",
    "decision_made": "Decided by the table: {name}",
    "timer_fired": "{name}: {step}{told}",
    "facts_corrected": "Corrected",
    "nothing_corrected": "Nothing to correct: it said so already",
    "message_received": "Message received: {name}",
    "event_caught": "Happened: {name}",
    "message_unread": "Nobody took the message of this case in its time: {name}",
    "message_sent_again": "The message was sent again by an operator: {name}",
    "message_set_aside": "The message was set aside by an operator: {name}",
    "case_closed": "Case closed",
    "case_held_up": "Held up, because a step failed: {name}",
    "incident_retried": "Tried again by an operator: {name}",
    "operation_to_skip": "To be left out, an operator says: {name}",
    "operation_skipped": "Left out: {name}",
    "case_erased": "Erased: two people decided so",
    "facts_erased": "A record about somebody was erased",
    "token_moved": "Moved on by an operator from: {name}",
}
"""The kinds of events that the timeline tells; the others are for auditors and machines."""

NEWS = SAID.keys() - {"facts_corrected", "nothing_corrected", "facts_erased"}
"""Those of which an open page is told: what everybody sees who sees the case. That an answer was put right is seen by those who may
read it, and an open page does not tell it to the others (domain.md 13.12).
"""

OWNED = frozenset({"task_completed", *ownership.KINDS})
"""The kinds of events that name other people beside the one who acted."""

NOT_YET = "Not yet"
HIDDEN = "Recorded, but not shown to your roles"


@frozen
class OpenTask:
    """One open task on the case page."""

    row: TaskRow
    who: str
    due: str
    overdue: bool
    mine: bool


@frozen
class Happening:
    """One entry of the timeline."""

    title: str
    by: str
    at: datetime
    lines: tuple[str, ...] = ()


def describe(
    view: CaseView,
    episode: Episode | None,
    release: Compiled,
    names: Mapping[str, str],
    *,
    who: Actor,
    now: datetime,
    classes: frozenset[str],
    changes: Sequence[Change] = (),
    beside: frozenset[str] = frozenset(),
) -> dict[str, object]:
    """Give everything that the template of the case page needs; `release` is that of the case, `names` is by sign-in name.

    `classes` are those that the reader sees, `changes` what corrections changed in them, and `beside` the classes of what is kept
    beside the case and not for the reader.
    """
    held = view.withheld | beside
    tasks: dict[int | None, str] = {row.number: row.name for row in view.tasks}
    return {
        "case": view,
        "summary": _summary(view, episode, names, classes),
        "duties": [_open_task(row, who, now) for row in view.tasks if row.status == "open" and row.due_at],
        "options": [_open_task(row, who, now) for row in view.tasks if row.status == "open" and not row.due_at],
        "interview": _interview_due(view, episode),
        "sections": list(
            sections(
                view.facts, release, now, _written(view.timeline, release, names), _decided(view.timeline, release)
            )
        ),
        "ran_under": ran_under.rows(view, release, classes, now),
        "withheld": withheld.lines(held, who.roles),
        "breaks_glass": bool(break_glass.opens(who.roles) & held),
        "timeline": [
            _happening(event, names, tasks.get(event.task, ""), correction_words.lines(event, changes, release))
            for event in reversed(view.timeline)
            if event.kind in SAID and not correction_words.is_unsaid(event, release, withheld.UNSAID - classes)
        ],
    }


def _summary(view: CaseView, episode: Episode | None, names: Mapping[str, str], classes: frozenset[str]) -> list[Row]:
    rows = [
        ("Reference", view.case_id),
        *_child(view, episode, names, classes),
        ("Status", _say_status(view, episode)),
        ("Opened", say_moment(view.opened_at)),
        ("Procedure", f"Release {view.release_number}"),
    ]
    return [row(key, value) for key, value in rows]


def _child(
    view: CaseView, episode: Episode | None, names: Mapping[str, str], classes: frozenset[str]
) -> list[tuple[str, str]]:
    """Give who is missing, how grave it is and since when, as far as the reader may see it."""
    if episode is None:
        return []
    rows = [("Child", episode.child_name)] if {"D1", "D1S"} & classes else []
    if "D2" in view.withheld:
        return rows
    moments = (("Missing since", episode.missing_since), ("Back since", episode.returned_at))
    grade = RISK_LEVEL.get(episode.risk_level, "Not graded yet")
    floor = RISK_LEVEL.get(episode.risk_floor, "")
    rows.append(("Risk grade", f"{grade} (lowest allowed: {floor.lower()})" if floor else grade))
    waits = waiting_grade(view, names)
    if waits:
        rows.append(("Lower grade waits", waits))
    without = view_not_given(view, names)
    if without:
        rows.append(("Exploitation view", without))
    return rows + [(words, say_moment(moment)) for words, moment in moments if moment is not None]


def _say_status(view: CaseView, episode: Episode | None) -> str:
    if view.closed_at is not None and episode and episode.status == CANCELLED:
        return f"Cancelled on {say_moment(view.closed_at)}: the report was made in error"
    if view.closed_at is not None:
        return f"Closed on {say_moment(view.closed_at)}"
    return EPISODE_STATUS[episode.status] if episode and "D2" not in view.withheld else "Open"


def _open_task(row: TaskRow, who: Actor, now: datetime) -> OpenTask:
    due = f"{say_moment(row.due_at)} ({say_until(row.due_at, now)})" if row.due_at else ""
    overdue = row.due_at is not None and row.due_at <= now
    return OpenTask(row, title_of(row.role), due, overdue, row.role in who.duties)


def _written(timeline: Sequence[EventRow], release: Compiled, names: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Say of each record, in the order in which they were first written, who wrote it last and when."""
    said: dict[tuple[str, str], str] = {}
    for event in timeline:
        if event.kind == "facts_written":
            by = _machine(release, event.element) if event.by == SYSTEM else names.get(event.by, event.by)
            said[event.data["record"], event.data["key"]] = f"by {by}, {say_moment(event.at)}"
    return said


def _machine(release: Compiled, element: str) -> str:
    """Say what wrote a record that no person wrote."""
    node = release.nodes.get(element)
    if node is not None and node.message:
        return "another case"
    if node is not None and node.script:
        return "a calculation"
    return "the table" if node is not None and node.decision else "this service"


def _decided(timeline: Sequence[EventRow], release: Compiled) -> dict[tuple[str, str], Table]:
    """Give the table that wrote each record last; a record that a person wrote after it has none."""
    found: dict[tuple[str, str], Table] = {}
    for event in timeline:
        if event.kind in {"facts_written", "facts_corrected"}:
            place, node = (event.data["record"], event.data["key"]), release.nodes.get(event.element)
            found.pop(place, None)
            if node is not None and node.result == place[0] and node.decision in release.decisions:
                found[place] = release.decisions[node.decision]
    return found


def _happening(event: EventRow, names: Mapping[str, str], task: str, lines: tuple[str, ...]) -> Happening:
    roles = [title_of(role) for role in event.data.get("tell", ())]
    told = f", to {' and '.join(roles)}" if roles else ""
    step, to = event.data.get("step", "due"), _named(event, "to", names)
    name = event.name or task or say_key(event.element)
    title = SAID[event.kind].format(name=name, step=step, told=told, to=to).rstrip(": ")
    return Happening(
        title, "" if event.by == SYSTEM else _by(event, names), event.at, (*late_entry.say(event.data), *lines)
    )


def _by(event: EventRow, names: Mapping[str, str]) -> str:
    """Say who did something, and in whose place: ``Eve Hart, for Ann Lee``."""
    by, absent, owner = names.get(event.by, event.by), _named(event, "for", names), _named(event, "taken", names)
    return f"{by}, for {absent}" if absent else f"{by}; {owner} had taken it" if owner else by


def _named(event: EventRow, place: str, names: Mapping[str, str]) -> str:
    """Name a person whom an event names; nothing where it names none."""
    person = event.data.get(place)
    return names.get(person, person) if isinstance(person, str) and event.kind in OWNED else ""


def involved(timeline: Sequence[EventRow]) -> set[str]:
    """Give the sign-in names of all whom a log names: who did something, and for whom or to whom."""
    named = {event.data.get(place) for event in timeline if event.kind in OWNED for place in ("to", "for", "taken")}
    return {event.by for event in timeline} | {person for person in named if isinstance(person, str)}


def _interview_due(view: CaseView, episode: Episode | None) -> list[Row]:
    """Say the facts of the return interview; empty until it is to be offered."""
    if episode is None or not any(row.element == "offer_return_interview" for row in view.tasks):
        return []
    return interview(episode, hidden="D9" in view.withheld)


def interview(episode: Episode, *, hidden: bool) -> list[Row]:
    """Say the six facts of the return interview, each by itself: a later one never stands for an earlier one.

    Offered, accepted, held, held in time, received by police, in the trigger plan (domain 0.1, point 3); a reason never
    stands for an interview (13.1). With `hidden` those of the interview itself are not told.
    """
    asked = {
        "Offered": _say_when(episode.interview_offered_at),
        "Accepted": _say_when(episode.interview_accepted_at),
        "Held": _say_when(episode.interview_held_at),
        "Held in time": {True: "Yes", False: "No", None: NOT_YET}[episode.held_in_time],
    }
    rows = [row(key, HIDDEN if hidden else words) for key, words in asked.items()]
    rows.append(row("Content received by police", _say_when(episode.interview_received_at)))
    return [*rows, row("Content in the trigger plan", _say_when(episode.trigger_plan_updated_at))]


def _say_when(moment: datetime | None) -> str:
    return f"Yes, on {say_moment(moment)}" if moment else NOT_YET
