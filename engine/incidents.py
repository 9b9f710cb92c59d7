"""Steps that failed: each is kept, told of at once and shown, until an operator or the case itself has gone on.

A case whose clock has failed is quarantined: the sweep leaves it alone until an operator acts. Everything that is kept is
words and names, never a value; what an operator does stands in the case's own log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine import faults, log, values
from engine.errors import (
    CannotMend,
    CaseHeldUp,
    CaseNotFound,
    Conflict,
    IncidentNotFound,
    IncidentSettled,
    Problem,
    ReasonMissing,
)
from engine.faults import StepFailed
from engine.frozen import frozen
from engine.mending import Mender, Way
from engine.model import Actor, Event, Move, Skip
from engine.posting import CASE
from engine.store import (
    ERASED,
    NEVER,
    Base,
    CaseTable,
    EventTable,
    MessageTable,
    ScheduleTable,
    TaskTable,
    reading,
    row_lock,
    writing,
)
from engine.writing import Stored, write_event

HELD_UP = "This step could not be taken. Nothing was changed, and the operators have been told. Try again later."
INCIDENT = Base.metadata.tables["incidents"]
UNRESOLVED = sa.select(INCIDENT.c.id).where(INCIDENT.c.state != "resolved")
UNREAD = "unread"
"""The kind of an incident that is about a message that nobody took, and the status of that message."""
LOGGED = {
    (False, "retried"): "incident_retried",
    (True, "retried"): "message_sent_again",
    (True, "set_aside"): "message_set_aside",
}
"""What the log of a case calls what an operator did, by whether it is about a message that nobody took."""


@frozen
class Incident:
    """A step that failed, or a message that nobody took; `facts` names records only.

    `kind` is clock, message, errand, schedule, task, correction, opening, given (a person's message) or unread.
    """

    id: int
    case_id: str
    procedure: str
    kind: str
    subject: str
    element: str
    name: str
    error: str
    facts: tuple[str, ...]
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    times: int
    settled_by: str
    settled_at: datetime | None
    reason: str


Alarm = Callable[[sa.Connection, Incident, datetime], None]
"""Is told of an incident when it is new, inside the transaction that keeps it."""

Load = Callable[..., Any]
TakeStep = Callable[..., Any]


class Incidents:
    """The incidents of one database; `load` and `step` are how a case is read and stepped inside a transaction."""

    def __init__(self, engine: sa.Engine, load: Load, step: TakeStep, alarms: Sequence[Alarm] = ()) -> None:
        """Keep incidents beside the cases."""
        self.engine = engine
        self._load = load
        self._step = step
        self.alarms = tuple(alarms)

    # Keeping --------------------------------------------------------------------------------------------------------

    @contextmanager
    def kept(self, case_id: str, about: tuple[str, str], now: datetime) -> Iterator[None]:
        """Turn a failed step of a person's command into an incident and a refusal that says so.

        Raises:
            CaseHeldUp: the step inside has failed; nothing of it was kept.
        """
        try:
            yield
        except StepFailed as fault:
            if isinstance(fault.__cause__, sa.exc.DBAPIError):
                raise fault.__cause__ from None
            self.keep(case_id, about, fault, now)
            raise CaseHeldUp(HELD_UP) from fault

    def keep(self, case_id: str, about: tuple[str, str], fault: Exception, now: datetime) -> None:
        """Keep a failure; a clock's case or a message is left alone from now on, and a new incident raises the alarm."""
        kind, subject = about
        with writing(self.engine) as connection:
            stored = self._lock(connection, case_id) if case_id else None
            incident, is_new = self._write(connection, stored, about, fault, now)
            if kind == "clock":
                self._push(connection, CaseTable, CaseTable.id == case_id)
            if kind == "message":
                waits = sa.and_(MessageTable.name == subject, MessageTable.status == "waiting")
                self._push(connection, MessageTable, sa.and_(waits, MessageTable.failures > 0))
            if kind == "errand":
                self._push(connection, MessageTable, MessageTable.id == subject)
            if not is_new:
                return
            if stored is not None:
                data = {"incident": incident.id, "step": kind, "error": incident.error}
                write_event(connection, stored, Event("case_held_up", incident.element, incident.name, data=data), now)
            for alarm in self.alarms:
                alarm(connection, incident, now)

    def keep_unread(self, connection: sa.Connection, message: Any, now: datetime) -> None:
        """Keep that nobody took a message in its time, in the caller's transaction; the log of the case that sent it says so too."""
        stored = self._sender(connection, message)
        fault = faults.StepFailed(message.element, message.name.replace("_", " "))
        fault.__cause__ = faults.NobodyTookIt()
        incident, is_new = self._write(connection, stored, (UNREAD, message.id), fault, now)
        if not is_new:
            return
        if stored is not None:
            data = {"incident": incident.id, "message": message.name}
            write_event(connection, stored, Event("message_unread", incident.element, incident.name, data=data), now)
        for alarm in self.alarms:
            alarm(connection, incident, now)

    def _sender(self, connection: sa.Connection, message: Any) -> Stored | None:
        """Lock the case that sent a message; None where no case did, or it was erased."""
        try:
            stored = self._lock(connection, message.sender) if message.origin == CASE else None
        except CaseNotFound:
            return None
        return None if stored is None or stored.status == ERASED else stored

    @staticmethod
    def _push(connection: sa.Connection, table: Any, which: sa.ColumnElement[bool]) -> None:
        """Leave something alone until an operator acts."""
        connection.execute(sa.update(table).where(which).values(failures=table.failures + 1, retry_at=NEVER))

    def _write(
        self, connection: sa.Connection, stored: Stored | None, about: tuple[str, str], fault: Exception, now: datetime
    ) -> tuple[Incident, bool]:
        """Write an incident, or count one that is there once more; say whether people have to hear of it."""
        kind, subject = about
        element, names = (fault.element, fault.facts) if isinstance(fault, StepFailed) else ("", ())
        case_id = stored.case_id if stored is not None else ""
        same = sa.and_(
            INCIDENT.c.case_id == case_id,
            INCIDENT.c.kind == kind,
            INCIDENT.c.subject == subject[:120],
            INCIDENT.c.element == element,
            INCIDENT.c.state != "resolved",
        )
        found = connection.execute(sa.select(INCIDENT.c.id, INCIDENT.c.state).where(same)).first()
        seen = {"last_seen_at": now, "state": "open", "error": faults.sentence(fault)[:200]}
        if found is not None:
            again = {**seen, "times": INCIDENT.c.times + 1}
            connection.execute(sa.update(INCIDENT).where(INCIDENT.c.id == found.id).values(**again))
            return self._get(connection, found.id), found.state != "open"
        row = {
            **seen,
            "name": fault.name if isinstance(fault, StepFailed) else "",
            "case_id": case_id,
            "procedure": stored.procedure if stored is not None else _about_what(kind, subject, fault)[:80],
            "kind": kind,
            "subject": subject[:120],
            "element": element,
            "facts": orjson.dumps(list(names)).decode(),
            "first_seen_at": now,
            "times": 1,
            "settled_by": "",
            "reason": "",
        }
        made = connection.execute(sa.insert(INCIDENT).values(**row).returning(INCIDENT.c.id)).scalar_one()
        return self._get(connection, made), True

    def _lock(self, connection: sa.Connection, case_id: str, key: str = "", asked: str | None = None) -> Stored:
        """Lock a case's row and read of it what the log needs; its state and facts may be unreadable."""
        columns = (CaseTable.procedure, CaseTable.release_id, CaseTable.status, CaseTable.head, CaseTable.seq)
        row = connection.execute(row_lock(self.engine, sa.select(*columns).where(CaseTable.id == case_id))).first()
        if row is None:
            raise CaseNotFound("There is no such case.")
        told = (row.procedure, row.release_id, row.status, row.head, row.seq)
        return Stored(case_id, *told, {}, frozenset(), command=key, asked=asked)

    # What operators do ----------------------------------------------------------------------------------------------

    def retry(self, number: int, *, by: Actor, reason: str, now: datetime, key: str) -> None:
        """Let the sweep, or the person, try the step again; `key` makes it happen once.

        Raises:
            IncidentNotFound, IncidentSettled, ReasonMissing.
        """
        self._log_and_settle(number, "retried", by, reason, now, key)

    def _log_and_settle(self, number: int, state: str, by: Actor, reason: str, now: datetime, key: str) -> None:
        """Write into the case's log what an operator does about an incident, once, and settle it."""
        asked = _asked({"retried": "retry"}.get(state, state), number, by, reason)
        with writing(self.engine) as connection:
            incident = self._get(connection, number)
            if incident.case_id:
                stored = self._lock(connection, incident.case_id, key, asked)
                if _was_done(connection, key, asked):
                    return
                self._still_open(connection, number)
                data = {"incident": number, "reason": reason}
                event = Event(
                    LOGGED[incident.kind == UNREAD, state], incident.element, incident.name, by=by.person, data=data
                )
                write_event(connection, stored, event, now)
            self._settle(connection, incident, state, by, reason, now)

    def set_aside(self, number: int, *, by: Actor, reason: str, now: datetime, key: str) -> None:
        """Let a message be that nobody took; `key` makes it happen once.

        Raises:
            IncidentNotFound, IncidentSettled, ReasonMissing; CannotMend where it is no message that nobody took.
        """
        if self.get(number).kind != UNREAD:
            raise CannotMend([Problem("what", "not-a-message", "Only a message that nobody took can be set aside.")])
        self._log_and_settle(number, "set_aside", by, reason, now, key)

    def skip(self, number: int, *, by: Actor, reason: str, now: datetime, key: str) -> None:
        """Leave the failed operation out, and let the case go on.

        Raises:
            IncidentNotFound, IncidentSettled, ReasonMissing; CannotMend where it is no operation.
        """
        element = self.get(number).element
        self._mend(number, Skip(element, by, reason), "skipped", now, key)

    def move(self, number: int, element: str, to: str, *, by: Actor, reason: str, now: datetime, key: str) -> None:
        """Move the token from one element to another of the same process, and let the case go on.

        Raises:
            IncidentNotFound, IncidentSettled, ReasonMissing; CannotMend where a token would be lost.
        """
        self._mend(number, Move(element, to, by, reason), "moved", now, key)

    def _mend(self, number: int, command: Skip | Move, state: str, now: datetime, key: str) -> None:
        """Take a step that mends the case of an incident."""
        by, reason = command.by, command.reason
        asked = _asked(repr(command), number, by, reason)
        if self.get(number).kind == UNREAD:
            sentence = "Nobody took this message, and no step of the case has failed: send it again, or set it aside."
            raise CannotMend([Problem("what", "no-step", sentence)])
        try:
            with writing(self.engine) as connection:
                incident = self._get(connection, number)
                stored, done, conductor = self._load(connection, incident.case_id, now, key, asked)
                if done is not None:
                    return
                if conductor is None:
                    raise CaseNotFound("There is no such case.")
                self._still_open(connection, number)
                self._step(connection, stored, conductor, command, now)
                self._settle(connection, incident, state, by, reason, now)
        except StepFailed as fault:
            sentence = f"The case does not go on that way. {faults.sentence(fault)} Nothing was changed."
            raise CannotMend([Problem("element", "step-failed", sentence)]) from fault

    def _still_open(self, connection: sa.Connection, number: int) -> None:
        incident = self._get(connection, number)
        if incident.state != "open":
            raise IncidentSettled(f"{incident.settled_by or 'The case itself'} has dealt with this.")

    def _settle(
        self, connection: sa.Connection, incident: Incident, state: str, by: Actor, reason: str, now: datetime
    ) -> None:
        """Note who has done what about an incident, and let the sweep come back to what it was about."""
        self._still_open(connection, incident.id)
        told = {"state": state, "settled_by": by.person, "settled_at": now, "reason": reason}
        connection.execute(sa.update(INCIDENT).where(INCIDENT.c.id == incident.id).values(**told))
        awake = {"failures": 0, "retry_at": None}
        connection.execute(sa.update(CaseTable).where(CaseTable.id == incident.case_id).values(**awake))
        if incident.kind == "message":
            waits = sa.and_(MessageTable.name == incident.subject, MessageTable.status == "waiting")
            connection.execute(sa.update(MessageTable).where(waits).values(retry_at=None))
        if incident.kind == "errand":
            connection.execute(sa.update(MessageTable).where(MessageTable.id == incident.subject).values(**awake))
        if incident.kind == UNREAD:
            _settle_message(connection, incident.subject, state, now)
        if incident.kind == "schedule":
            connection.execute(
                sa.update(ScheduleTable).where(ScheduleTable.procedure == incident.subject).values(**awake)
            )

    def resolve(self, now: datetime) -> None:
        """Close the incidents whose matter has gone on: the clock rang, the message was taken, the task is not open."""
        with reading(self.engine) as connection:
            waiting = connection.execute(UNRESOLVED).scalars().all()
        for number in waiting:
            with writing(self.engine) as connection:
                if self._has_gone_on(connection, self._get(connection, number), now):
                    over = sa.update(INCIDENT).where(INCIDENT.c.id == number)
                    connection.execute(
                        over.values(state="resolved", settled_at=sa.func.coalesce(INCIDENT.c.settled_at, now))
                    )

    @staticmethod
    def _has_gone_on(connection: sa.Connection, incident: Incident, now: datetime) -> bool:
        """Whether what had failed has happened since, or is not wanted any more."""
        if incident.kind == UNREAD:
            row = sa.select(MessageTable.status).where(MessageTable.id == incident.subject)
            return connection.execute(row).scalar() not in {"unread", "waiting"}
        case = connection.execute(sa.select(CaseTable.__table__).where(CaseTable.id == incident.case_id)).first()
        if case is not None and case.status == "closed":
            return True
        if incident.kind == "clock" and case is not None:
            return not case.failures and (case.next_due_at is None or case.next_due_at > now)
        if incident.kind == "errand":
            row = sa.select(MessageTable.status).where(MessageTable.id == incident.subject)
            return connection.execute(row).scalar() != "waiting"
        if incident.kind == "task":
            number = int(incident.subject)
            row = sa.select(TaskTable.status).where(TaskTable.case_id == incident.case_id, TaskTable.number == number)
            return connection.execute(row).scalar() != "open"
        if incident.kind in {"message", "schedule"}:
            message = sa.and_(MessageTable.name == incident.subject, MessageTable.status == "waiting")
            failed = sa.exists().where(message, MessageTable.failures > 0)
            if incident.kind == "schedule":
                failed = sa.exists().where(ScheduleTable.procedure == incident.subject, ScheduleTable.failures > 0)
            return not connection.execute(sa.select(failed)).scalar()
        return incident.state != "open"

    # Reading --------------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Incident:
        """Give one incident.

        Raises:
            IncidentNotFound: there is none with this number.
        """
        with reading(self.engine) as connection:
            return self._get(connection, number)

    @staticmethod
    def _get(connection: sa.Connection, number: int) -> Incident:
        row = connection.execute(sa.select(INCIDENT).where(INCIDENT.c.id == number)).first()
        if row is None:
            raise IncidentNotFound("There is no such incident.")
        return _incident(row)

    def ways(self, number: int, *, now: datetime) -> tuple[tuple[Way, ...], bool]:
        """Give the tokens of an incident's case that can be moved, and whether what failed is an operation to leave out.

        Nothing can be moved where the case cannot be read.
        """
        incident = self.get(number)
        try:
            with writing(self.engine) as connection:
                _stored, _done, conductor = self._load(connection, incident.case_id, now)
                if conductor is None:
                    return (), False
                mender = Mender(conductor)
                return mender.ways(), mender.may_skip(incident.element)
        except StepFailed:
            return (), False

    def standing(self, *, limit: int = 100) -> tuple[Incident, ...]:
        """Give the incidents, those that nobody has dealt with first, then the latest."""
        rank = sa.case((INCIDENT.c.state == "open", 0), (INCIDENT.c.state != "resolved", 1), else_=2)
        asked = sa.select(INCIDENT).order_by(rank, INCIDENT.c.last_seen_at.desc(), INCIDENT.c.id).limit(limit)
        with reading(self.engine) as connection:
            return tuple(_incident(row) for row in connection.execute(asked))

    def of_case(self, case_id: str) -> tuple[Incident, ...]:
        """Give the open incidents that hold a case up, the oldest first; that nobody took its message is none of these."""
        mine = sa.and_(INCIDENT.c.case_id == case_id, INCIDENT.c.kind != UNREAD)
        asked = sa.select(INCIDENT).where(mine, INCIDENT.c.state == "open")
        with reading(self.engine) as connection:
            return tuple(_incident(row) for row in connection.execute(asked.order_by(INCIDENT.c.first_seen_at)))


def _incident(row: Any) -> Incident:
    """Read a row."""
    told = {each.name: getattr(row, each.name) for each in fields(Incident)}
    return Incident(**{**told, "facts": tuple(orjson.loads(row.facts))})


def _about_what(kind: str, subject: str, fault: Exception) -> str:
    """Name what an incident without a case is about: the message that nobody took, else what its subject names."""
    return fault.name if kind == UNREAD and isinstance(fault, StepFailed) else subject


def _settle_message(connection: sa.Connection, message_id: str, state: str, now: datetime) -> None:
    """Send a message that nobody took again, for as long as it lived before; or set it aside."""
    message = MessageTable
    lived = connection.execute(sa.select(message.sent_at, message.expires_at).where(message.id == message_id)).first()
    if lived is None:
        return
    again = {"status": "waiting", "sent_at": now, "expires_at": now + (lived.expires_at - lived.sent_at)}
    told = {**again, "failures": 0, "retry_at": None} if state == "retried" else {"status": state}
    connection.execute(sa.update(message).where(message.id == message_id).values(**told))


def _asked(what: str, number: int, by: Actor, reason: str) -> str:
    """Give a digest of what an operator asks; a reason is needed."""
    if not reason.strip():
        raise ReasonMissing([Problem("reason", "reason-missing", "Say why.")])
    return log.digest_of(values.dumps([what, number, by.person, reason]), b"")


def _was_done(connection: sa.Connection, key: str, asked: str) -> bool:
    """Whether the command with this key was carried out."""
    done = sa.and_(EventTable.command == key, EventTable.asked.is_not(None))
    found = connection.execute(sa.select(EventTable.asked).where(done)).scalar()
    if found is not None and found != asked:
        raise Conflict("This page was sent before with another answer. Open it again.")
    return found is not None
