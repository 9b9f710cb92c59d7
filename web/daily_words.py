"""A daily management meeting as its page says it: each episode with what was decided, and how the meeting ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.forms import Form
from engine.frozen import frozen
from engine.model import Actor
from engine.release import Compiled
from engine.views import CaseView, TaskRow
from web.fact_words import Row, row, say_answer
from web.missing_words import COLOURS
from web.moments import LONDON, say_day, say_moment, say_until
from workflows.agencies import title_of
from workflows.daily import (
    AGENDA,
    DECISIONS,
    DUE,
    GRADED,
    LAPSED,
    PUT_OFF,
    SEALED,
    Day,
    Standing,
    dealt_with,
)
from workflows.vocabulary import FLAG, RISK_LEVEL

ELEMENT = "decide_on_episode"
SIGNING = "sign_off_meeting"


@frozen
class Entry:
    """One episode of the agenda: `task` is the address part of the task where it is up and the reader may do it.

    Of one that is sealed from the reader (`daily.veil`) nothing is said but whether it is graded, and how it stands at the meeting.
    """

    reference: str
    is_sealed: bool
    child: str
    grade: str
    colour: str
    missing_for: str
    last_review: str
    reviewed_by: str
    next_review: str
    overdue: bool
    standing: str
    is_dealt_with: bool
    decided: tuple[str, ...]
    flags: tuple[str, ...]
    waits: str
    overdue_actions: str
    responsible: str
    task: str


@frozen
class Due:
    """One return interview, or return without a prevention interview, that the meeting looks at."""

    reference: str
    words: str
    overdue: bool = False


@frozen
class DayLine:
    """One other day: what came of its meeting."""

    case_id: str
    day: str
    words: str


@frozen
class Known:
    """How those episodes stand now of which the reader may know it, and the names of who worked on them, by sign-in name."""

    standings: Mapping[str, Standing]
    names: Mapping[str, str]


def references(view: CaseView) -> list[str]:
    """Name the episodes of the agenda; none once the meeting is over, since they may stand otherwise by now."""
    if view.status != "open":
        return []
    named = (str(item["reference"]) for item in view.facts.get(AGENDA, {}).values())
    return [reference for reference in named if reference != SEALED]


def describe(view: CaseView, release: Compiled, known: Known, *, who: Actor, now: datetime) -> dict[str, object]:
    """Give everything that the template of the page needs."""
    up = {task.record_key.partition(".")[0]: task for task in view.tasks if _is_open(task, ELEMENT)}
    agenda = view.facts.get(AGENDA, {})
    decisions = _by_episode(view.facts.get(DECISIONS, {}))
    over = view.status != "open"
    entries = [
        _entry(agenda[key], decisions.get(key, []), up.get(key), release, known, who=who, over=over)
        for key in sorted(agenda, key=int)
    ]
    due = view.facts.get(DUE, {}).get("", {})
    return {
        "case": view,
        "day": say_day(view.opened_at.astimezone(LONDON).date()),
        "summary": _summary(view, entries, release, now),
        "sign_off": next((t.id for t in view.tasks if _is_open(t, SIGNING) and t.role in who.roles), ""),
        "entries": entries,
        "left": [entry for entry in entries if not entry.is_dealt_with],
        "over": over,
        "returns": [
            Due(one["reference"], f"back since {say_moment(one['returned_at'])}") for one in due.get("returns") or ()
        ],
        "interviews": [_interview(one) for one in due.get("interviews") or ()],
    }


def earlier(days: Iterable[Day], *, but: str) -> list[DayLine]:
    """Say of each other day what came of its meeting."""
    return [
        DayLine(day.case_id, say_day(day.opened_at.astimezone(LONDON).date()), _outcome(day))
        for day in days
        if day.case_id != but
    ]


def _outcome(day: Day) -> str:
    if day.signed_off is None:
        return "not signed off yet"
    end = "signed off" if day.signed_off else "never signed off"
    return f"{end}, {day.dealt_with} of {day.listed} dealt with"


def _summary(view: CaseView, entries: list[Entry], release: Compiled, now: datetime) -> list[Row]:
    done = sum(1 for entry in entries if entry.is_dealt_with)
    said = view.facts.get("daily_sign_off", {}).get("", {})
    rows = [("Began", say_moment(view.opened_at)), ("Dealt with", f"{done} of {len(entries)}")]
    rows.append(("Signed off", _signed_off(view, now)))
    form = release.forms["daily_sign_off"]
    for key, words in (
        ("chair", "Led by"),
        ("attended", "Agencies"),
        ("attendees", "Who came"),
        ("left_reason", "Why not all were dealt with"),
        ("note", "Also decided"),
    ):
        if said.get(key):
            rows.append((words, _choice_words(form, key, said[key])))
    if said.get("chair_rank"):
        led = f"{said.get('chair')}, {_choice_words(form, 'chair_rank', said['chair_rank'])}"
        rows = [(words, led if words == "Led by" else value) for words, value in rows]
    return [row(words, value) for words, value in rows]


def _signed_off(view: CaseView, now: datetime) -> str:
    """Say whether and when, or by when, the meeting is signed off."""
    done = next((task for task in view.tasks if task.element == SIGNING and task.status == "completed"), None)
    if done is not None and done.completed_at is not None:
        return f"Yes, on {say_moment(done.completed_at)}"
    if LAPSED in view.facts:
        return "Never: the next day began"
    waiting = next((task for task in view.tasks if _is_open(task, SIGNING)), None)
    due = waiting.due_at if waiting is not None else None
    return f"Not yet, due {say_moment(due)} ({say_until(due, now)})" if due else "Not yet"


def _entry(
    item: Mapping[str, Any],
    decisions: list[Mapping[str, Any]],
    task: TaskRow | None,
    release: Compiled,
    known: Known,
    *,
    who: Actor,
    over: bool,
) -> Entry:
    now_stands = known.standings.get(item["reference"])
    level, review, is_sealed = item.get("grade") or "", item.get("next_review_at"), item["reference"] == SEALED
    last = item.get("last_review_at")
    is_done = bool(dealt_with({**one, "key": "1"} for one in decisions))
    standing = "Dealt with" if is_done else "Not dealt with" if over else "Up now" if task else "To come"
    if standing == "To come" and any(one.get("outcome") == PUT_OFF for one in decisions):
        standing = "Put off, comes round again"
    return Entry(
        reference=item["reference"],
        is_sealed=is_sealed,
        child=item.get("child") or "",
        grade="Graded" if level == GRADED else RISK_LEVEL.get(level, level) if level else "Not graded yet",
        colour=COLOURS.get(level, "grey"),
        missing_for="" if is_sealed else f"{item['hours_missing']} {'hour' if item['hours_missing'] == 1 else 'hours'}",
        last_review=say_moment(last) if last else "" if is_sealed else "None yet",
        next_review=say_moment(review) if review else "" if is_sealed else "None open",
        overdue=bool(item.get("overdue")),
        standing=standing,
        is_dealt_with=is_done,
        decided=tuple(words for one in decisions for words in _decided(one, release)),
        **_standing(now_stands, known),
        task=task.id if task is not None and task.role in who.roles else "",
    )


def _standing(standing: Standing | None, known: Known) -> dict[str, Any]:
    """Say how an episode stands now; nothing where the meeting is over, or the reader may not know it."""
    if standing is None:
        return {"flags": (), "waits": "", "overdue_actions": "", "responsible": "", "reviewed_by": ""}
    waits, late = "", standing.overdue_actions
    if standing.waits_since is not None:
        role = title_of(standing.waits_for).lower()
        waits = f"A lower grade waits for the {role} since {say_moment(standing.waits_since)}"
    taken, reviewed = standing.taken_over_by, standing.reviewed_by
    return {
        "flags": tuple(FLAG.get(flag, flag) for flag in standing.flags or ()),
        "waits": waits,
        "overdue_actions": f"{late} {'action' if late == 1 else 'actions'} overdue" if late else "",
        "responsible": known.names.get(taken, taken) or "Nobody has taken it over",
        "reviewed_by": known.names.get(reviewed, reviewed),
    }


def _decided(decision: Mapping[str, Any], release: Compiled) -> Iterable[str]:
    """Say what the meeting decided on an episode."""
    form = release.forms["daily_decision"]
    yield _choice_words(form, "outcome", decision.get("outcome"))
    if decision.get("regrade_to"):
        yield f"{_choice_words(form, 'regrade_to', decision['regrade_to'])}: {decision.get('regrade_reason')}"
    if decision.get("what"):
        yield f"Action: {decision['what']}, {_choice_words(form, 'within', decision.get('within')).lower()}"
    if decision.get("note"):
        yield str(decision["note"])


def _interview(one: Mapping[str, Any]) -> Due:
    return Due(one["reference"], f"due {say_moment(one['due_at'])}", bool(one.get("overdue")))


def _by_episode(found: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Give the decisions of each episode in the order in which they were made."""
    decisions: dict[str, list[Mapping[str, Any]]] = {}
    for key in sorted(found, key=lambda key: int(key.rpartition(".")[2])):
        decisions.setdefault(key.partition(".")[0], []).append(found[key])
    return decisions


def _choice_words(form: Form, key: str, value: object) -> str:
    """Give the words of what was chosen, as the form has them."""
    field = next((each for each in form.fields if each.key == key), None)
    return say_answer(value, field)


def _is_open(task: TaskRow, element: str) -> bool:
    return task.element == element and task.status == "open"
