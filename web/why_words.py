"""Why a task is somebody's, by when, and what happens if nothing is done: five sentences, and the rows that they come from.

What happened is said as the log has it (`engine.grounds`): nothing is worked out anew, and what an older program did not write down is
said to be not recorded. Who has a part now is said as of now, in so many words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from engine import ownership
from engine.decisions import RULES
from engine.decisions.telling import why
from engine.frozen import frozen
from engine.grounds import Clock, Condition, Grounds, Leg, Ruling, Told
from engine.model import SYSTEM
from engine.views import EventRow
from web.fact_words import say_answer, say_inside, words_of
from web.moments import say_day, say_key, say_moment
from workflows import sources
from workflows.agencies import LEADS, STANDS_IN, title_of
from workflows.withheld import UNSAID

NOT_RECORDED = "This was not recorded at that time."
NOT_SHOWN = "What was looked at is not shown to your roles."
WENT, SET, HAD, STAYS = "Why it is here", "What was decided", "Whose it is", "What happens if nothing is done"
BY_WHEN = "By when"

OWNED = {
    ownership.CLAIMED: "{by} took it",
    ownership.RELEASED: "{by} put it back",
    ownership.GIVEN: "{by} gave it to {to}",
    ownership.RETURNED: "{by} gave it back to {to}",
    ownership.HANDED_OVER: "{by} took it over from {giver}",
    "task_completed": "{by} did it",
}
SET_BY = {
    "task_completed": "after “{name}” was done by {by} on {at}",
    "case_opened": "when the case was opened by {by} on {at}",
    "message_received": "when word came for “{name}” on {at}",
    "condition_met": "when “{name}” became so on {at}",
    "event_caught": "when “{name}” happened in the case on {at}",
    "event_happened": "when the time of “{name}” came on {at}",
    "operation_done": "when “{name}” was answered on {at}",
}


@frozen
class Now:
    """What is so at present and in no log: the agencies in which the role counts (None: in each), and who stands in for the owner."""

    agencies: tuple[str, ...] | None
    stands_in: tuple[str, ...] = ()
    sealed: bool = False


@frozen
class Sentence:
    """One of the five, under its heading."""

    heading: str
    text: str


@frozen
class Line:
    """A row of the table: when, what, and the words of the record as it stands there."""

    when: str
    what: str
    record: str


class Explained:
    """Says on what a task stands."""

    def __init__(self, grounds: Grounds, names: Mapping[str, str], at_present: Now, now: datetime) -> None:
        """Take what was read, names by sign-in name, what is so at present, and the moment."""
        self.grounds, self.names, self.at_present, self.now = grounds, names, at_present, now
        self.release, self.row = grounds.release, grounds.row
        self.say = partial(say_inside, words=words_of(grounds.release))

    def sentences(self) -> list[Sentence]:
        """Give the five sentences in their order."""
        said = (
            (WENT, self.way()),
            (SET, self.ruling()),
            (HAD, self.owner()),
            (BY_WHEN, self.clock()),
            (STAYS, self.ahead()),
        )
        return [Sentence(heading, text) for heading, text in said]

    # The five -------------------------------------------------------------------------------------------------------

    def way(self) -> str:
        """Say by which way the case came to the task."""
        last = self.grounds.legs[-1] if self.grounds.legs else None
        opened = self.grounds.opened
        if last is None or opened is None or not last.recorded:
            since = f"This task was opened on {say_moment(self.row.opened_at)}. How it came about: "
            return since + NOT_RECORDED[0].lower() + NOT_RECORDED[1:]
        cause = f" {self.cause(last.cause)}" if last.cause else ""
        chosen = "".join(f"; {self.choice(each)}" for each in self.said_of(last))
        before = len(self.grounds.legs) - 1
        earlier = f" Before that the way had {before} part{'' if before == 1 else 's'} more." if before else ""
        return f"This task was opened on {say_moment(opened.at)}{cause}{chosen}.{earlier}"

    def ruling(self) -> str:
        """Say which row of which table set the level on which the task or its clock rests."""
        rulings = self.grounds.rulings
        first = "No decision table stands on the way to this task."
        if rulings:
            first = self.decided(([each for each in rulings if each.rests] or list(rulings))[-1])
        clock = self.grounds.clock
        if clock is not None and clock.held - UNSAID:
            return f"{first} By which rows of a table its clock goes is recorded, but not shown to your roles."
        if clock is None or not clock.rules:
            return first
        name = clock.set_by.data["table"]
        return f"{first.rstrip('.')}. For its clock the table “{self.table(name)}” answered by {self.rows(name, clock.rules)}."

    def owner(self) -> str:
        """Say whose the task is: the role of its lane, where that counts, and who has had it."""
        agencies = self.at_present.agencies
        where = (
            "every agency that has this role" if agencies is None else " or ".join(agencies) or "no agency at present"
        )
        had = [self.owned(event) for event in self.grounds.owners]
        told = f" {'; '.join(had)}." if had else " Nobody has taken it."
        others = f" {' and '.join(self.at_present.stands_in)} stands in now." if self.at_present.stands_in else ""
        return f"The drawing gives it to the {_role(self.row.role)}; in this case that is now {where}.{told}{others}"

    def clock(self) -> str:
        """Say from when the clock of the task counts, how, and until when."""
        clock = self.grounds.clock
        if clock is None or self.row.due_at is None:
            return "No time is set for this task."
        name, until = self.named(clock.set_by.element), say_moment(self.row.due_at)
        if "since" not in clock.set_by.data:
            return f"It is due on {until}, by the clock “{name}”. From when that counts: {NOT_RECORDED.lower()}"
        again = ", set anew when what it rests on was changed" if clock.set_by.kind == "timer_moved" else ""
        return f"The clock “{name}” counts {self.counts(clock)} from {self.origin(clock)}, and ends on {until}{again}."

    def ahead(self) -> str:
        """Say what happens when nothing is done: who is told when, which way the case takes then, and who else can see the task."""
        clock = self.grounds.clock
        parts = [self.rungs(clock)] if clock is not None else ["Nobody is told by a clock"]
        parts += [
            f"on {_moment(each.data.get('at'))} the case goes on by “{self.named(each.element)}”"
            for each in self.running()
        ]
        text = "; ".join(parts)
        return f"{text}. The task stays open until it is done or not needed any more. {self.seen_by()}"

    # Their parts ----------------------------------------------------------------------------------------------------

    def cause(self, event: EventRow) -> str:
        """Say what set a part of the way off."""
        words = SET_BY[event.kind]
        return words.format(name=self.named(event.element), by=self.person(event.by), at=say_moment(event.at))

    def said_of(self, leg: Leg) -> Iterator[Condition]:
        """Give the choices of a part of the way of which something may be said."""
        return (each for each in leg.conditions if not each.held & UNSAID)

    def choice(self, one: Condition) -> str:
        """Say which way was taken at a gateway, and why: the text of the condition, and what it saw."""
        place = f"{'at' if one.flow else 'for'} “{self.named(one.gateway)}”"
        if one.held:
            return f"{place} {NOT_SHOWN[0].lower()}{NOT_SHOWN[1:-1]}"
        if not one.flow:
            return f"{place} {self.because(one)}"
        answer = self.answer(one)
        said = f"{place} the way “{answer}” was taken" if answer else f"{place} the case went on"
        return f"{said}, because {self.because(one)}" if one.text or one.others else said

    def because(self, one: Condition) -> str:
        """Say the text of a condition, whether it was so, and what it saw."""
        saw = [self.value(each) for each in one.saw]
        tables = [self.called(name, rules) for name, rules in one.tables.items()]
        seen = f" ({', '.join([*saw, *tables])})" if saw or tables else ""
        text = f"this was so: {one.text}" if one.text else f"this was not so: {', nor '.join(one.others)}"
        return text + seen

    def answer(self, one: Condition) -> str:
        """Give the name of a way as it stands in the drawing."""
        flows = self.release.around(self.release.node(one.gateway)).outgoing(one.gateway)
        return next((flow.name for flow in flows if flow.id == one.flow), "")

    def value(self, told: Told) -> str:
        """Say a value as it was, under the question that asked for it."""
        form = self.release.forms_by_record.get(told.record)
        question = next((each for each in form.fields if each.key == told.field), None) if form else None
        label = question.label if question else f"{say_key(told.record)}, {say_key(told.field).lower()}"
        said = say_answer(told.value, question) if question else self.say(told.value)
        return f"“{label}” was {said or 'empty'}" if told.at is not None else f"“{label}” was not recorded"

    def called(self, name: str, rules: Iterable[str]) -> str:
        """Say by which rows a table answered that a condition called."""
        return f"the table “{self.table(name)}” answered by {self.rows(name, rules)}"

    def decided(self, one: Ruling) -> str:
        """Say what a table decided, by which row, and why."""
        table = self.release.decisions.get(one.table)
        head = f"The table “{self.table(one.table)}” decided at “{self.named(one.event.element)}” on {say_moment(one.event.at)}"
        reasons = list(why(table, one.fields, self.say, sources.plain)) if table is not None else []
        if not reasons and (one.held or RULES not in one.fields):
            return f"{head}. {NOT_SHOWN if one.held - UNSAID else ''}".strip()
        if not reasons:
            return f"{head}; no row of it applied."
        return f"{head}, by {self.rows(one.table, one.fields[RULES])}: {' '.join(reasons)}"

    def owned(self, event: EventRow) -> str:
        """Say who took, gave or did a task, and for whom."""
        people = {
            name: self.person(str(event.data.get(name, ""))) for name in ("to", "giver", "for", "taken", "returns_to")
        }
        words = OWNED[event.kind].format(by=self.person(event.by), **people)
        words += f", for {people['for']}" if people["for"] else ""
        words += f", to come back to {people['returns_to']}" if people["returns_to"] else ""
        return f"{words} on {say_moment(event.at)}"

    def counts(self, clock: Clock) -> str:
        """Say whether a clock counts time as it passes or as it is worked, and which days it left out."""
        working = clock.set_by.data.get("working")
        if not isinstance(working, dict):
            return "time as it passes, every day and night,"
        closed = [f"{say_day(date.fromisoformat(day))} ({name})" for day, name in working["closed"].items()]
        days = working["weekend"]
        weekend = [f"{days} day{'' if days == 1 else 's'} of weekends"] if days else []
        left_out = " and ".join([*weekend, *closed])
        said = f", leaving out {left_out}," if left_out else ", with no day to leave out,"
        return f"working time by the calendar of {working['region']}{said}"

    def origin(self, clock: Clock) -> str:
        """Say from which event a clock counts."""
        data = clock.set_by.data
        since, start = data.get("since"), data.get("clock", data.get("since"))
        if clock.origin is not None:
            told = clock.origin
            written = f" on {say_moment(told.at)}" if told.at is not None else ""
            return f"what {self.person(told.by)} wrote down{written}: {self.value(told)}"
        if clock.origin_held:
            return "a moment that is recorded" + ("" if clock.origin_held & UNSAID else ", but not shown to your roles")
        began = self.grounds.began
        if began is not None and start == began.at.isoformat():
            return f"the opening of the case, on {_moment(start)}"
        if start == since:
            return f"the opening of its step, on {_moment(start)}"
        return _moment(start)

    def rungs(self, clock: Clock) -> str:
        """Say whom a clock tells when, the steps that have gone off apart."""
        rungs = clock.set_by.data.get("rungs")
        if rungs is None:
            return f"Whom the clock tells: {NOT_RECORDED[0].lower()}{NOT_RECORDED[1:-1]}"
        rang = {str(event.data.get("step")): event for event in clock.rang}
        gone = [f"{step} to {self.roles(event.data['tell'])} on {say_moment(event.at)}" for step, event in rang.items()]
        ahead = [f"{step} to {self.roles(tell)} on {_moment(at)}" for step, at, tell in rungs if step not in rang]
        parts = [f"Told so far: {'; '.join(gone)}"] if gone else []
        parts += [f"told next: {'; '.join(ahead)}"] if ahead else []
        text = ". Then are ".join(parts) if gone else "; ".join(parts)
        return text[:1].upper() + text[1:] if text else "The clock tells nobody any more"

    def running(self) -> Iterator[EventRow]:
        """Give the clocks that take the case another way and have not gone off."""
        return (each for each in self.grounds.timers if each.data.get("at"))

    def seen_by(self) -> str:
        """Say who else can see the task."""
        role = self.row.role
        others = [each for each, of in STANDS_IN.items() if role in of] + [
            each for each, of in LEADS.items() if role in of
        ]
        leading = f"It also stands in the lists of: {self.roles(others)}. " if others else ""
        who = "those of the group of its seal" if self.at_present.sealed else "everybody who has a part in the case"
        return f"{leading}That it is open can be seen on the page of the case by {who}."

    # The rows -------------------------------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        """Give the rows from which the sentences are made, part by part."""
        return [*self._way_lines(), *self._ruling_lines(), *self._owner_lines(), *self._clock_lines()]

    def _way_lines(self) -> Iterator[Line]:
        for leg in self.grounds.legs:
            when = say_moment(leg.cause.at) if leg.cause is not None else ""
            cause = self.cause(leg.cause) if leg.cause is not None else "the log does not say what set it off"
            passed = ", then ".join(self.named(name) for name in leg.elements)
            yield Line(when, f"The way, {cause}", passed if leg.recorded else f"{passed}. {NOT_RECORDED}")
            for one in self.said_of(leg):
                yield Line(when, "A way was chosen", self.choice(one))

    def _ruling_lines(self) -> Iterator[Line]:
        for one in self.grounds.rulings:
            yield Line(say_moment(one.event.at), "A table decided", self.decided(one))

    def _owner_lines(self) -> Iterator[Line]:
        for event in self.grounds.owners:
            yield Line(say_moment(event.at), "Who has it", self.owned(event))

    def _clock_lines(self) -> Iterator[Line]:
        clock = self.grounds.clock
        if clock is None:
            return
        data, when = clock.set_by.data, say_moment(clock.set_by.at)
        table = f" For this {self.called(data['table'], clock.rules)}." if clock.rules else ""
        yield Line(when, "The clock was set", f"{self.clock()}{table}")
        rang = {str(event.data.get("step")) for event in clock.rang}
        for step, at, tell in data.get("rungs", ()):
            told = "told" if step in rang else "to be told"
            yield Line(_moment(at), say_key(step), f"{self.roles(tell)}: {told}")

    # Words ----------------------------------------------------------------------------------------------------------

    def named(self, element: str) -> str:
        """Give the name of an element in the drawing."""
        node = self.release.nodes.get(element)
        return sources.nameless(node.name if node is not None else "") or say_key(element)

    def person(self, sign_in: str) -> str:
        """Give the name of whoever did something."""
        return "this service" if sign_in == SYSTEM else self.names.get(sign_in, sign_in)

    def table(self, name: str) -> str:
        """Give the name of a table."""
        table = self.release.decisions.get(name)
        return table.name if table is not None else name

    def rows(self, name: str, rules: Iterable[str]) -> str:
        """Name rows of a table by their places and ids: ``row 3 (t02_high_1)``."""
        table = self.release.decisions.get(name)
        places = {rule.id: place for place, rule in enumerate(table.rules, start=1)} if table is not None else {}
        said = [f"{places.get(rule, '?')} ({rule})" for rule in rules]
        return f"row{'' if len(said) == 1 else 's'} {', '.join(said)}" if said else "no row"

    @staticmethod
    def roles(keys: Iterable[str]) -> str:
        """Name roles."""
        return " and ".join(_role(key) for key in keys) or "nobody"


def involved(grounds: Grounds) -> set[str]:
    """Give the sign-in names of all whom the sentences name."""
    causes = {leg.cause.by for leg in grounds.legs if leg.cause is not None}
    named = {
        str(each.data.get(place, ""))
        for each in grounds.owners
        for place in ("to", "giver", "for", "taken", "returns_to")
    }
    wrote = {grounds.clock.origin.by} if grounds.clock is not None and grounds.clock.origin is not None else set()
    return (causes | named | wrote | {each.by for each in grounds.owners}) - {""}


def _role(key: str) -> str:
    """Say a role in the middle of a sentence; what is a name keeps its capital."""
    title = title_of(key)
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _moment(text: Any) -> str:
    return say_moment(datetime.fromisoformat(text)) if isinstance(text, str) else "a moment that is not known yet"
