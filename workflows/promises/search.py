"""Checks from the report to the return: grade, handover, notice, search (domain.md 8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest

from engine.calendars import add_working_days
from engine.model import Value
from engine.views import EventRow
from workflows.children import EXPLOITATION
from workflows.measures import GRADES
from workflows.promises.model import Outcome, State, by, in_the_end, kept_if
from workflows.promises.record import Record, Said, gaps

UNIT_TOLD = timedelta(hours=72)
"""National (G-19 (a) [S30]): no release gives another time."""
CALLED_BACK = timedelta(minutes=30)
"""Of the promise itself (G-23): no clock holds it, since T-04 counts from the missed time and rings every hour."""
PLANNED_WITHIN = 10
"""Working days of the promise itself (G-46): it is owed by the episode that was the third, and its clock runs in the case of the plan."""
SILENT = {"high": timedelta(hours=1), "medium": timedelta(hours=4)}
"""The longest stretch without an enquiry that is recorded, by grade (G-22 (c) [S103]): C-06 counts from the last action, and a review breaks a silence too."""
SILENT_ELSE = timedelta(hours=12)
LOWEST = frozenset({"low", "very_low"})
PROTECTED_FLAGS = EXPLOITATION | {"cp_plan"}
SIGNS = ("ra_exploitation", "ra_cce", "ra_cp")
"""The risk questions that show exploitation or a protection plan (G-40)."""
GRADED, INSPECTOR_ENDORSES = "decide_risk_grade", "endorse_as_inspector"
"""The elements that give the first grade, and by which an inspector endorses it."""
NOT_RECORDED = frozenset({None, "", "not_recorded", "not_known"})
REMINDER = "reminder"
"""The rung of a deadline that comes before it."""

OFTEN = 3
"""Reports in 90 days (G-16, G-46)."""

SHORTEST_RATIONALE = 10
"""Characters; less says nothing (G-28, "min length")."""


def handover(record: Record) -> Iterable[Outcome]:
    """G-14: a named inspector takes the new case over in the time of its clock (T-03)."""
    taken = next((said.event.at for said in record.history("handover", "read") if said.value == "yes"), None)
    yield by(record.limit("handover_clock_rang"), taken, record.now, over=record.over)


def notice(record: Record) -> Iterable[Outcome]:
    """G-24: the local authority of everybody under 18 is told in the time of its clock (T-06)."""
    if record.is_child:
        yield by(record.limit("notice_clock_rang"), record.first("LANotified"), record.now, over=record.over)


def plan_shown(record: Record) -> Iterable[Outcome]:
    """G-09: a live trigger plan is shown before any grade is given."""
    return _known_first(record, owed=record.last("known", "plan") is True)


def flags_shown(record: Record) -> Iterable[Outcome]:
    """G-10: flags of exploitation are shown before any grade is given."""
    return _known_first(record, owed=not EXPLOITATION.isdisjoint(_texts(record.last("known", "flags"))))


def tasks_live(record: Record) -> Iterable[Outcome]:
    """G-11: the tasks of the plan and of the last episode become actions, or somebody says why not, in the time of the clock (T-08)."""
    shown = record.written_at("known", "child_id")
    if shown is None or not (record.last("known", "immediate_tasks") or record.last("known", "carry_over")):
        return
    done, due = record.first("TriggerPlanAcknowledged"), record.limit("plan_clock_rang")
    back = record.episode.returned_at
    if done is None and back is not None and (due is None or back <= due):
        return  # the child was back before anything was due
    yield by(due, done, record.now, over=record.over)


def lowered_by_two(record: Record) -> Iterable[Outcome]:
    """G-12: high is left only where an inspector has agreed who did not propose it."""
    for before, after in _changes(record):
        if before == "high" and _rank(after.value) < _rank("high"):
            sent_back = after.event.element == GRADED and _sent_back_by_inspector(record, after.event.seq)
            yield kept_if(sent_back or _approved(record, after.event.seq) is not None, done_at=after.event.at)


def authority_heard(record: Record) -> Iterable[Outcome]:
    """G-13: a lower grade of a child in care or on a protection plan records what the local authority says."""
    plan = record.last("risk_assessment", "ra_cp") == "yes" or "cp_plan" in _texts(record.last("known", "flags"))
    if record.last("known", "looked_after") is not True and not plan:
        return
    for before, after in _changes(record):
        if _rank(after.value) < _rank(before) and after.event.element != GRADED:
            view = _latest(record, "regrade", "la_view", after.event.seq)
            yield kept_if(view is not None and bool(str(view.value or "").strip()), done_at=after.event.at)


def reviews(record: Record) -> Iterable[Outcome]:
    """G-20: the risk is reviewed on schedule, as the clocks of the case had it."""
    if record.first("RiskGraded") is None:
        return
    late = _rang(record, "T-09")
    so_far = State.KEPT if record.episode.returned_at is not None or record.over else State.PENDING
    yield Outcome(State.BROKEN, late[0].at) if late else Outcome(so_far)


def no_silence(record: Record) -> Iterable[Outcome]:
    """G-22: no stretch of the search goes without an enquiry or a review that is recorded."""
    graded = record.first("RiskGraded")
    if graded is None or not record.is_child:
        return
    until = record.missing_until
    done = [event.at for word in ("ActionDone", "ReviewDone", "ActionRaised") for event in record.every(word)]
    for begins, length in gaps([graded, *(at for at in done if graded < at < until), max(until, graded)]):
        most = SILENT.get(_level_at(record, begins), SILENT_ELSE)
        if length > most:
            yield Outcome(State.BROKEN, begins + most)
            return
    yield Outcome(State.KEPT) if record.episode.returned_at is not None else Outcome(State.PENDING)


def unit_told(record: Record) -> Iterable[Outcome]:
    """G-19: the UK Missing Persons Unit is told of whoever is missing for 72 hours, by then; at the time that was said."""
    due = (record.episode.missing_since or record.opened_at) + UNIT_TOLD
    told = record.last("missing_persons_unit_notice", "told_at")
    if record.missing_until >= due:
        yield by(due, told if isinstance(told, datetime) else None, record.now, over=record.over)


def caller_told(record: Record) -> Iterable[Outcome]:
    """G-23: whoever reported hears within half an hour that nobody came in time, each time that it is so."""
    said = sorted(each.value for _key, each in record.each("attendance", "at") if isinstance(each.value, datetime))
    for rung in _rang(record, "T-04"):
        due = rung.at + CALLED_BACK
        if "due" in {rung.data.get("step"), *rung.data.get("missed", ())} and record.missing_until > due:
            since = rung.at.replace(second=0, microsecond=0)  # people say whole minutes
            yield by(due, next((at for at in said if at >= since), None), record.now, over=record.over)


def parents_told(record: Record) -> Iterable[Outcome]:
    """G-25: of a child in care, parents, placement and reviewing officer are told in the time of the clocks from knowing it on, or why not.

    Whether the officer is asked for apart is told by the log: cases of releases before that asked for all of them at once and had no such clock.
    """
    known = record.written_at("known", "looked_after")
    if known is None or not record.is_child or record.last("known", "looked_after") is not True:
        return
    told = record.last("parents_told", "told_at")
    parents = told if isinstance(told, datetime) else record.first("ParentsNotified")
    officer = record.last("reviewing_officer_told", "told_at")
    for clock, done in (("parents_clock_rang", parents), ("officer_clock_rang", officer)):
        allowed = record.allowed(clock)
        if allowed is not None and record.missing_until > known + allowed:
            yield by(known + allowed, done if isinstance(done, datetime) else None, record.now, over=record.over)


def daily(record: Record) -> Iterable[Outcome]:
    """G-21: whoever is missing when the daily meeting begins is dealt with in it."""
    for begins in record.beside.meetings:
        if record.opened_at < begins < record.missing_until:
            met = begins in record.beside.met
            yield Outcome(
                State.KEPT if met else State.PENDING if record.now - begins < timedelta(days=1) else State.BROKEN,
                begins,
            )


def grades_reasoned(record: Record) -> Iterable[Outcome]:
    """G-28: every grade has a rationale, where the information came from, and a time."""
    if record.last("risk", "level") is None:
        return
    changed = ("regrade", "grade_raise")
    told = [record.last("risk", "rationale")]
    told += [said.value for name in changed for _key, said in record.each(name, "rationale")]
    sources = [record.last("risk", "information_from")]
    sources += [said.value for name in changed for _key, said in record.each(name, "new_information")]
    enough = all(len(str(each or "").strip()) >= SHORTEST_RATIONALE for each in told)
    yield kept_if(enough and all(str(each or "").strip() for each in sources))


def identity_recorded(record: Record) -> Iterable[Outcome]:
    """G-29: ethnicity and whether the child is looked after are recorded, or that they were not stated."""
    if record.first("EpisodeReported") is None:
        return
    there = all(record.last("missing_report", name) not in NOT_RECORDED for name in ("ethnicity", "looked_after"))
    yield Outcome(State.KEPT if there else State.BROKEN if record.over else State.PENDING)


def not_low(record: Record) -> Iterable[Outcome]:
    """G-40: with a sign of exploitation or a protection plan no child is low or lower without an inspector's reason.

    Each time: an inspector approved the lower grade, or has endorsed the first one in the time of the clock (T-02), or another
    grade held before that.
    """
    levels = [said for said in record.history("risk", "level") if isinstance(said.value, str)]
    for said, following in zip_longest(levels, levels[1:]):
        if not record.is_child or said.value not in LOWEST or not _guarded(record, said.event.seq):
            continue
        if said.event.element != GRADED:
            yield kept_if(_approved(record, said.event.seq) is not None, done_at=said.event.at)
        elif following is None or _endorsed(record, said.event.seq, following.event.seq):
            allowed = record.allowed("inspector_endorsement_clock_rang", after=said.event.seq)
            due = None if allowed is None else said.event.at + allowed
            yield by(due, _endorsed(record, said.event.seq), record.now, over=record.over)


def one_at_a_time(record: Record) -> Iterable[Outcome]:
    """G-44: two searches for one child never run side by side."""
    began, until = record.opened_at, record.missing_until
    if record.beside.searches:
        yield kept_if(
            all(each.began_at >= until or began >= (each.ended_at or record.now) for each in record.beside.searches)
        )


def plan_for_repeats(record: Record) -> Iterable[Outcome]:
    """G-46: a child who was reported three times in 90 days has a trigger plan within ten working days."""
    count, counted = record.last("known", "episodes_90d"), record.written_at("known", "episodes_90d")
    if not isinstance(count, int) or count < OFTEN or counted is None or not record.is_child:
        return
    planned = min((at for at in record.beside.planned_at), default=None)
    yield by(add_working_days(counted, PLANNED_WITHIN), None if planned is None else max(planned, counted), record.now)


def closed_clean(record: Record) -> Iterable[Outcome]:
    """G-30: nothing critical is open when the case is closed."""
    if record.episode.case_closed_at is not None:
        yield kept_if(
            record.last("case_closure", "nothing_critical_open") is True, done_at=record.episode.case_closed_at
        )


def signs_decided(record: Record) -> Iterable[Outcome]:
    """G-54: public protection decides on every sign of exploitation that it was told of."""
    told = record.first("PPUNotified") or next((e.at for e in record.opened("decide_on_sign")), None)
    if told is not None:
        decided = next((said.event.at for _key, said in record.each("protection_decision", "confirmed")), None)
        yield in_the_end(decided, over=record.over)


def _known_first(record: Record, *, owed: bool) -> Iterator[Outcome]:
    graded = record.first("RiskGraded")
    shown = record.written_at("known", "child_id")
    if owed and graded is not None:
        yield kept_if(shown is not None and shown <= graded, done_at=shown)


def _changes(record: Record) -> list[tuple[Value, Said]]:
    """Give each change of the grade: from which, and to which by which event."""
    levels = [said for said in record.history("risk", "level") if isinstance(said.value, str)]
    return [(a.value, b) for a, b in pairwise(levels) if a.value != b.value]


def _approved(record: Record, seq: int) -> Said | None:
    """Give the yes of an inspector to the last proposal of a lower grade before an event, by somebody else than proposed it."""
    proposed = _latest(record, "regrade", "level", seq)
    agreed = _latest(record, "downgrade_approval", "approved", seq)
    if proposed is None or agreed is None or agreed.value != "yes" or agreed.event.seq < proposed.event.seq:
        return None
    return agreed if agreed.event.by != proposed.event.by else None


def _sent_back_by_inspector(record: Record, seq: int) -> bool:
    """Tell whether the first grade was decided again because an inspector did not endorse it."""
    said = [each for each in record.history("risk_endorsement", "agreed") if each.event.seq < seq]
    return bool(said) and said[-1].value == "no" and said[-1].event.element == INSPECTOR_ENDORSES


def _endorsed(record: Record, seq: int, until: int | None = None) -> datetime | None:
    """Give when an inspector has endorsed the first grade that was given by an event."""
    said = [each for each in record.history("risk_endorsement", "agreed") if each.event.seq > seq]
    return next(
        (
            each.event.at
            for each in said
            if each.value == "yes"
            and each.event.element == INSPECTOR_ENDORSES
            and (until is None or each.event.seq < until)
        ),
        None,
    )


def _guarded(record: Record, seq: int) -> bool:
    """Tell whether a sign of exploitation or a protection plan was known when an event happened."""
    flags = [said for said in record.history("known", "flags") if said.event.seq <= seq]
    answers = (each for name in SIGNS for each in record.history("risk_assessment", name) if each.event.seq <= seq)
    flagged = bool(flags) and not PROTECTED_FLAGS.isdisjoint(_texts(flags[-1].value))
    return flagged or any(each.value == "yes" for each in answers)


def _latest(record: Record, name: str, field: str, seq: int) -> Said | None:
    """Give what a field of a record that repeats was last given, up to an event."""
    found = [said for _key, said in record.each(name, field) if said.event.seq <= seq]
    return max(found, key=lambda said: said.event.seq, default=None)


def _rank(level: Value) -> int:
    return GRADES.index(level) if isinstance(level, str) and level in GRADES else len(GRADES)


def _level_at(record: Record, moment: datetime) -> str:
    levels = [said.value for said in record.history("risk", "level") if said.event.at <= moment]
    return str(levels[-1]) if levels else ""


def _rang(record: Record, deadline: str) -> list[EventRow]:
    """Give the moments at which a deadline was not kept: each rung but its reminder."""
    rungs = [event for event in record.events if event.kind == "timer_fired" and event.data.get("deadline") == deadline]
    return [event for event in rungs if {event.data.get("step"), *event.data.get("missed", ())} - {REMINDER}]


def _texts(value: Value) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
