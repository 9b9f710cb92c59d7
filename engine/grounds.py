"""On what a task stands, from the log and the facts as they were then: the way to it, what tables decided, its clock, who had it.

Nothing is worked out anew. The way, the text of each condition, the rungs of the clock and the days that it left out are in the events
(`engine.ways`, `engine.clocks`); the values that a condition or a table saw are those that were written before it, whatever was
put right later. What an older engine did not write down is not there. What the reader may not read is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import ownership, values
from engine.admission import task_number
from engine.errors import TaskNotFound
from engine.feel import Expression
from engine.frozen import frozen
from engine.model import Actor, Facts
from engine.provenance import fields_read
from engine.reading import Views, filtered
from engine.release import Compiled
from engine.scope import natural
from engine.store import CaseTable, EventTable, FactTable, TaskTable
from engine.verification import read_event
from engine.views import EventRow, TaskRow

LEGS_AT_MOST = 12
"""Steps of people and events that are told of a way, the latest; what was before stands in the history of the case."""
EVENTS_AT_MOST = 1_500
"""Of a case, the latest before the task; a long search has more, and nobody looks for a reason so far back."""

OPENED, WAITS, DONE = "task_opened", "wait_began", "task_completed"
HAPPENED = ("event_happened", "event_caught", "message_received", "condition_met", "operation_done")
SETS = ("timer_armed", "timer_waiting", "timer_moved")
WHO = (DONE, *ownership.KINDS)
KINDS = ("case_opened", OPENED, WAITS, DONE, *HAPPENED, "decision_made", *SETS, "timer_fired", *ownership.KINDS)

TASK, EVENT, FACT = TaskTable.__table__, EventTable.__table__, FactTable.__table__


@frozen
class Told:
    """A value as it was: the fact's record, key and field, and by whom and when it was written; by nobody where it was not."""

    record: str
    key: str
    field: str
    value: Any
    by: str = ""
    at: datetime | None = None


@frozen
class Condition:
    """A gateway at which was chosen: by which way the token went on, the text of its condition, and what that saw.

    Of an event that waits for a condition there is no way. `text` is empty on the way that is taken when no condition holds; `others` are the texts of the other ways then. `tables` holds
    the tables that were called, with the rules that fired. `held` names data classes of what was seen and may not be read; with
    any of them text, values and tables are empty, since the way says what the value was.
    """

    gateway: str
    flow: str
    text: str = ""
    others: tuple[str, ...] = ()
    saw: tuple[Told, ...] = ()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    held: frozenset[str] = frozenset()


@frozen
class Leg:
    """A part of the way: what set it off (None where the log does not say), the elements that were passed, and what was chosen.

    It is not `recorded` where an older engine took it.
    """

    cause: EventRow | None
    elements: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    recorded: bool = True


@frozen
class Ruling:
    """A decision on which the task stands: its event, and the record that it wrote as it was then, as far as it may be read.

    `rests` says whether the clock of the task rests on it.
    """

    event: EventRow
    table: str
    fields: Mapping[str, Any]
    held: frozenset[str]
    rests: bool


@frozen
class Clock:
    """The deadline of a task: the event that set it last, what rang since, and a fact that held the moment from which it counts.

    `held` names data classes of what its rows looked at that may not be read, and then they are not there; `origin_held` those of
    the fact.
    """

    set_by: EventRow
    rang: tuple[EventRow, ...]
    origin: Told | None
    rules: tuple[str, ...]
    held: frozenset[str]
    origin_held: frozenset[str]


@frozen
class Grounds:
    """All of it for one task: `legs` in the order of time, `owners` the events that say who had it, `held` all that is withheld.

    `timers` are the events that set clocks at the task which end it in another way.
    """

    row: TaskRow
    release: Compiled
    began: EventRow | None
    opened: EventRow | None
    legs: tuple[Leg, ...]
    rulings: tuple[Ruling, ...]
    clock: Clock | None
    timers: tuple[EventRow, ...]
    owners: tuple[EventRow, ...]

    @property
    def held(self) -> frozenset[str]:
        """The data classes of which something was recorded that is withheld here; what conditions could have read is not counted."""
        of_rulings = frozenset().union(*(each.held for each in self.rulings))
        return of_rulings | (self.clock.origin_held if self.clock is not None else frozenset())

    @property
    def tells_values(self) -> bool:
        """Whether it holds anything that was written in the case."""
        saw = any(one.saw for leg in self.legs for one in leg.conditions)
        return saw or any(each.fields for each in self.rulings) or bool(self.clock and self.clock.origin)

    @property
    def elements(self) -> tuple[str, ...]:
        """Every element on the way, in its order, each once."""
        return tuple(dict.fromkeys(name for leg in self.legs for name in leg.elements))

    @property
    def references(self) -> frozenset[str]:
        """The references of cases that the values name."""
        saw = [each.value for leg in self.legs for one in leg.conditions for each in one.saw]
        return frozenset(values.references_in([saw, [dict(each.fields) for each in self.rulings]]))


def read(views: Views, task_id: str, *, classes: frozenset[str], by: Actor) -> Grounds:
    """Give on what a task stands, open or not; the caller has looked whether `by` may know of the case, and notes the reading.

    Raises:
        TaskNotFound: there is no such task.
    """
    case_id, number = task_number(task_id)
    with views.engine.connect() as connection:
        case = sa.select(CaseTable.release_id, CaseTable.title).where(CaseTable.id == case_id)
        task = sa.select(TASK).where(TASK.c.case_id == case_id, TASK.c.number == number)
        found, row = connection.execute(case).first(), connection.execute(task).mappings().first()
        if found is None or row is None:
            raise TaskNotFound("There is no such task.")
        release, log = views.library.get(found.release_id), _Log(_events(connection, case_id, number))
        rows = _kept(connection, case_id, log.records(release, row["deadline"]))
        past = _Past(release, rows, classes, lambda facts: views.veil(connection, case_id, facts, by))
        return _Reader(TaskRow(**row, case_title=found.title), log, release, past).grounds()


class _Log:
    """The events of a case on which a task can stand, in their order."""

    def __init__(self, events: Sequence[EventRow]) -> None:
        self.events = events

    def before(self, seq: int, *kinds: str, element: str = "", task: int | None = None) -> EventRow | None:
        """Give the latest event of some kinds before a number, at an element and of a task where they are named."""
        found = (each for each in reversed(self.events) if each.seq < seq and each.kind in kinds)
        found = (each for each in found if element in {"", each.element} and task in {None, each.task})
        return next(found, None)

    def through(self, seq: int, element: str) -> tuple[EventRow | None, int | None]:
        """Give the latest event before a number whose way passes an element, with the place of that in its way."""
        for each in reversed(self.events):
            passed = [_name(one) for one in each.data.get("way", ())] if each.seq < seq else []
            if element in passed:
                return each, passed.index(element)
        return None, None

    def records(self, release: Compiled, deadline: str) -> frozenset[str]:
        """Name the records that conditions, tables and the clock can have looked at or written."""
        chosen = [one for each in self.events for one in each.data.get("way", ()) if isinstance(one, dict)]
        texts = {text for one in chosen for text in _texts(one, release)} | {
            each.data["if"] for each in self.events if "if" in each.data
        }
        names = {name for text in texts for name, _field in fields_read(text)}
        names |= release.timer(release.node(deadline)).names if deadline in release.nodes else set()
        names |= {each.result for each in release.nodes.values() if each.result}
        return frozenset(names | {record for name in names for record in _records_of(name, release)})


class _Past:
    """The facts as they were when an event was written, as far as a reader may read them."""

    def __init__(
        self, release: Compiled, rows: Sequence[Any], classes: frozenset[str], veil: Callable[[Facts], Facts]
    ) -> None:
        self.release, self.classes, self.veil = release, classes, veil
        self.told = [
            (row.seq, Told(row.record, row.record_key, row.field, values.loads(row.value), row.by, row.at))
            for row in rows
        ]

    def at(self, seq: int) -> dict[tuple[str, str, str], Told]:
        """Give each fact as it was after an event, whoever reads."""
        return {(told.record, told.key, told.field): told for number, told in self.told if number <= seq}

    def readable(self, facts: Iterable[Told]) -> tuple[Facts, frozenset[str]]:
        """Give of some facts what the reader sees, and the data classes of the rest."""
        whole: Facts = {}
        for each in facts:
            whole.setdefault(each.record, {}).setdefault(each.key, {})[each.field] = each.value
        return filtered(self.veil(whole), self.release, self.classes)


class _Reader:
    """Puts together on what one task stands."""

    def __init__(self, row: TaskRow, log: _Log, release: Compiled, past: _Past) -> None:
        self.row, self.log, self.release, self.past = row, log, release, past
        mine = (each for each in log.events if each.task == row.number)
        self.opened = next((each for each in mine if each.kind == OPENED), None)

    def grounds(self) -> Grounds:
        legs = tuple(reversed(list(self.legs())))
        began = next((each for each in self.log.events if each.kind == "case_opened"), None)
        owners = [each for each in self.log.events if each.task == self.row.number and each.kind in WHO]
        rulings = tuple(self.rulings({name for leg in legs for name in leg.elements}))
        timers = tuple(self.timers())
        return Grounds(
            self.row, self.release, began, self.opened, legs, rulings, self.clock(), timers, tuple(owners)
        )  # fmt: skip

    # The way --------------------------------------------------------------------------------------------------------

    def legs(self) -> Iterator[Leg]:
        """Go back over the way, the last part first."""
        event, cut = self.opened, None
        for _ in range(LEGS_AT_MOST):
            if event is None:
                return
            way = event.data.get("way")
            if not way:
                yield Leg(None, (event.element,), recorded=False)
                return
            part = way if cut is None else way[: cut + 1]
            cause, before, cut = self.behind(_name(part[0]), event)
            chosen = [self.condition(one, event.seq - one["back"]) for one in part if isinstance(one, dict)]
            if cause is not None and "if" in cause.data:
                chosen.insert(0, self.condition({"at": cause.element, "flow": "", **cause.data}, cause.seq - 1))
            yield Leg(cause, tuple(_name(one) for one in part), tuple(chosen))
            event = before

    def behind(self, name: str, event: EventRow) -> tuple[EventRow | None, EventRow | None, int | None]:
        """Give what set a part of the way off that begins at an element; and the event of the part before, with where it ends."""
        node, seq = self.release.nodes.get(name), event.seq
        if node is None:
            return None, None, None
        if node is self.release.start:
            return self.log.before(seq, "case_opened"), None, None
        if node.kind == "user_task":
            done = self.log.before(seq, DONE, element=name)
            return done, done and self.log.before(done.seq, OPENED, task=done.task), None
        cause = self.log.before(seq, *HAPPENED, element=name) or self.log.before(seq, DONE)
        return cause, *self.log.through(seq, node.attached_to or name)

    def condition(self, one: Mapping[str, Any], seq: int) -> Condition:
        """Give a choice with what its conditions saw then; nothing of it where any of that may not be read."""
        texts = tuple(_texts(one, self.release))
        classes = (self.release.provenance.classes_of(text) for text in texts)
        held = frozenset().union(*classes) - self.past.classes
        if held:
            return Condition(one["at"], one["flow"], held=held)
        saw, veiled = self.saw(texts, self.past.at(seq))
        if veiled:
            return Condition(one["at"], one["flow"], held=veiled)
        others = () if "if" in one else texts
        return Condition(one["at"], one["flow"], one.get("if", ""), others, saw, one.get("tables", {}))

    def saw(
        self, texts: Iterable[str], facts: Mapping[tuple[str, str, str], Told]
    ) -> tuple[tuple[Told, ...], frozenset[str]]:
        """Give the facts that expressions read as they were: of a record that occurs more than once its latest, or the task's own.

        What nobody had written down is there too, with nothing. Beside them are the data classes of those that are kept from the reader at this moment.
        """
        own = self.row.record_key.partition(".")[0]
        found: dict[tuple[str, str, str], Told] = {}
        for name, part in sorted(each for text in texts for each in fields_read(text)):
            record, is_item = name, name not in self.release.provenance.fields
            for record in _records_of(name, self.release) if is_item else (name,):
                keys = [key for kept, key, each in facts if kept == record and each == part]
                keys = [key for key in keys if key == own] if is_item else sorted(keys, key=natural)[-1:]
                for key in keys:
                    found[record, key, part] = facts[record, key, part]
                if not keys and part and not is_item:
                    found[record, "", part] = Told(record, "", part, None)
        shown, _held = self.past.readable(found.values())
        seen = [each for each in found.values() if each.field in shown.get(each.record, {}).get(each.key, {})]
        veiled = {self.release.data_class(each.record, each.field) for each in found.values() if each not in seen}
        return tuple(replace(each, value=shown[each.record][each.key][each.field]) for each in seen), frozenset(veiled)

    # What was decided -----------------------------------------------------------------------------------------------

    def rulings(self, passed: Collection[str]) -> Iterator[Ruling]:
        """Give the decisions on the way, and those on which the clock rests: of each record the latest before the task."""
        if self.opened is None:
            return
        latest: dict[str, EventRow] = {}
        set_by = self.set_by()
        rests = self.rests(set_by) if set_by is not None else frozenset()
        for event in self.log.events:
            node = self.release.nodes.get(event.element) if event.kind == "decision_made" else None
            if node is not None and event.seq < self.opened.seq and (node.id in passed or node.result in rests):
                latest[node.result] = event
        for record, event in sorted(latest.items(), key=lambda pair: pair[1].seq):
            told = [each for place, each in self.past.at(event.seq + 1).items() if place[:2] == (record, "")]
            shown, held = self.past.readable(told)
            fields = shown.get(record, {}).get("", {})
            yield Ruling(event, event.data["decision"], fields, held, record in rests)

    # The clock ------------------------------------------------------------------------------------------------------

    def set_by(self) -> EventRow | None:
        """Give the event that set the deadline of the task last."""
        name, number = self.row.deadline, self.row.number
        due = self.row.due_at.isoformat() if self.row.due_at else None
        found = [each for each in self.log.events if each.element == name and each.kind in SETS]
        mine = [each for each in found if each.data.get("host") == number]
        mine = mine or [each for each in found if each.data.get("due_at") == due] or found
        return mine[-1] if mine and name in self.release.nodes else None

    def rests(self, event: EventRow) -> frozenset[str]:
        """Name the records on which a clock rests: by its own expression, and by the rows that applied."""
        timer = self.release.timer(self.release.node(event.element))
        return timer.names.union(*(asked.names for asked in _columns(self.release, event).values()))

    def clock(self) -> Clock | None:
        """Say from which fact the clock of the task counts, and by which rows, as far as these may be read."""
        event, number = self.set_by(), self.row.number
        if event is None:
            return None
        rang = [each for each in self.log.events if each.kind == "timer_fired" and number in each.data.get("tasks", ())]
        of_rows = looked_at(self.release, event) - self.past.classes
        origin = self.origin(event)
        read = {self.release.data_class(origin.record, origin.field)} if origin is not None else set[str]()
        of_origin = frozenset(read) - self.past.classes
        mine = tuple(each for each in rang if each.element == event.element)
        rules = () if of_rows else tuple(event.data.get("rules", ()))
        return Clock(event, mine, origin if not of_origin else None, rules, of_rows, of_origin)

    def origin(self, event: EventRow) -> Told | None:
        """Give a fact that the expression of a clock reads and that held the moment from which it counts."""
        facts, found = self.past.at(event.seq), None
        for name, part in sorted(fields_read(self.release.node(event.element).timer_text)):
            same = (each for place, each in facts.items() if place[0] == name and place[2] == part)
            found = next((each for each in same if _is_moment(each.value, event.data.get("clock"))), found)
        return found

    def timers(self) -> Iterator[EventRow]:
        """Give the events that set clocks at the task itself which take the case another way, of each clock the latest."""
        latest: dict[str, EventRow] = {}
        for event in self.log.events:
            node = self.release.nodes.get(event.element) if event.kind in SETS else None
            if node is not None and not node.is_deadline and node.attached_to == self.row.element:
                latest[event.element] = event
        yield from (each for each in latest.values() if self.opened is not None and each.at >= self.opened.at)


def _events(connection: sa.Connection, case_id: str, number: int) -> list[EventRow]:
    """Give the events of these kinds, the latest of a case, and those of the task however old, in their order."""
    of_kind = sa.select(EVENT).where(EVENT.c.case_id == case_id, EVENT.c.kind.in_(KINDS))
    latest = of_kind.order_by(EVENT.c.seq.desc()).limit(EVENTS_AT_MOST)
    found = {row.seq: read_event(row) for row in connection.execute(latest)}
    if len(found) == EVENTS_AT_MOST:
        found |= {row.seq: read_event(row) for row in connection.execute(of_kind.where(EVENT.c.task == number))}
    return [found[seq] for seq in sorted(found)]


def _kept(connection: sa.Connection, case_id: str, records: Collection[str]) -> list[Any]:
    """Give what was ever written to some records of a case, in its order, with by whom and when."""
    same = sa.and_(EVENT.c.case_id == FACT.c.case_id, EVENT.c.seq == FACT.c.seq)
    asked = sa.select(FACT, EVENT.c.at, EVENT.c.by).join(EVENT, same)
    asked = asked.where(FACT.c.case_id == case_id, FACT.c.record.in_(sorted(records)))
    return list(connection.execute(asked.order_by(FACT.c.seq)))


def _name(one: Any) -> str:
    """Give the element of a step of a way."""
    return one if isinstance(one, str) else str(one["at"])


def _texts(one: Mapping[str, Any], release: Compiled) -> Iterator[str]:
    """Give the condition of a way, or of the default the conditions of the other ways as the release has them."""
    if "if" in one:
        yield one["if"]
        return
    node = release.nodes.get(one["at"])
    for flow in release.around(node).outgoing(node.id) if node is not None else ():
        if flow.condition and flow.id != one["flow"]:
            yield flow.condition


def _records_of(name: str, release: Compiled) -> frozenset[str]:
    """Name the records over whose items a multi-instance runs that calls an item by this name."""
    loops = [node for node in release.nodes.values() if node.loop is not None and node.loop.element == name]
    return frozenset().union(*(release.collection(node).names & release.repeating for node in loops))


def _is_moment(value: Any, text: Any) -> bool:
    """Whether a value is the moment that stands in an event."""
    return isinstance(value, datetime) and isinstance(text, str) and value == datetime.fromisoformat(text)


def looked_at(release: Compiled, event: EventRow) -> frozenset[str]:
    """Name the data classes of what the rows looked at by which a clock was set."""
    table = release.decisions.get(event.data.get("table", ""))
    classes = release.provenance.classes_in(table) if table is not None else {}
    return frozenset().union(*(classes[each] for each in _columns(release, event)))


def _columns(release: Compiled, event: EventRow) -> dict[str, Expression]:
    """Give the columns at which the rows of a clock's table looked that applied."""
    table = release.decisions.get(event.data.get("table", ""))
    if table is None:
        return {}
    fired = [table.rule[name] for name in event.data.get("rules", ()) if name in table.rule]
    return {table.columns[at]: table.asked[at] for rule in fired for at in rule.asked}
