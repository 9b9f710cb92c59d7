"""A hand-over from one person to another is complete when the receiver says so; until then the giver has every task.

Whoever does not answer in time is not waited for in silence: those who lead the work hear of it, by mail and on the telephone
of whoever is on call, and again as long as nobody has answered (T-03, G-14 [S23]: a child was once left without anybody for a
whole shift, because a list needed a new look and nobody had to acknowledge).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.admission import task_number
from engine.errors import Conflict, Invalid, NotFound, Problem, Refusal
from engine.frozen import frozen
from engine.model import Actor
from engine.ownership import Ownership
from engine.rows import aliased, stored
from engine.store import Base, Moment, TaskTable, reading, writing
from engine.views import TaskRow
from notifications import outbox, wording
from notifications.message import Message
from workflows import assigning, people
from workflows.agencies import LEADS
from workflows.alerts import group_at, in_words

ANSWER_WITHIN = timedelta(minutes=15)
"""T-03: a hand-over is acknowledged within a quarter of an hour ..."""
ANSWER_AT_ONCE = timedelta(minutes=5)
"""... and within five minutes where a case of the first rank is in it."""
FIRST_RANK = 15
"""The rank of a child who is missing and graded high, or not graded yet (bpmn/missing_child, property `priority`)."""
TOLD_AGAIN = timedelta(minutes=15)
LONGEST_NOTE = 1000
CHASED_AT_ONCE = 50
OFFERED, TAKEN, DECLINED, WITHDRAWN = "offered", "taken", "declined", "withdrawn"
ASKED, LATE, ANSWERED = TEMPLATES = ("shift_offered", "shift_late", "shift_declined")


class HandoverNotFound(NotFound):
    """There is no such hand-over from or to this person."""


class HandoverSettled(Conflict):
    """This hand-over was answered, or withdrawn, before."""


class HandoverRow(Base):
    """One hand-over; `told_at` is when those who lead were told last that nobody answers."""

    __tablename__ = "handovers"
    id: sa.Column[int] = stored(primary_key=True)
    giver: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    receiver: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    note: sa.Column[str] = stored(sa.Text)
    offered_at: sa.Column[datetime] = stored(Moment)
    answer_by: sa.Column[datetime] = stored(Moment)
    state: sa.Column[str] = stored(sa.String(12))
    settled_at: sa.Column[datetime | None] = stored(Moment)
    answer: sa.Column[str] = stored(sa.Text, default="", server_default="")
    told_at: sa.Column[datetime | None] = stored(Moment)
    key: sa.Column[str] = stored(sa.String(80))
    __table_args__ = (
        sa.UniqueConstraint("giver", "key"),
        sa.Index("ix_handovers_receiver", "receiver", "state"),
        sa.Index("ix_handovers_giver", "giver", "state"),
        sa.Index("ix_handovers_waiting", "state", "answer_by"),
    )


class HandoverTaskRow(Base):
    """A task of a hand-over; `taken_at` is when the receiver has it."""

    __tablename__ = "handover_tasks"
    handover: sa.Column[int] = stored(sa.ForeignKey("handovers.id"), primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    taken_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (sa.Index("ix_handover_tasks_case", "case_id"),)


@frozen
class Handover:
    """One hand-over as its two people see it; `tasks` are ids such as ``MC-7K3QX9PW.4``."""

    id: int
    giver: str
    receiver: str
    giver_name: str
    receiver_name: str
    note: str
    offered_at: datetime
    answer_by: datetime
    state: str
    settled_at: datetime | None
    answer: str
    tasks: tuple[str, ...]


def offer(
    connection: sa.Connection,
    tasks: Sequence[TaskRow],
    to: str,
    note: str,
    *,
    by: Actor,
    now: datetime,
    key: str,
    base_url: str,
) -> int:
    """Offer tasks that one has to another person; give the number of the hand-over. The same key again is the same hand-over.

    Refused with `Invalid`, all at once: no task, a task that is not one's own or that the other cannot do, oneself, a long note.
    """
    row = HandoverRow
    known = connection.execute(sa.select(row.id).where(row.giver == by.person, row.key == key)).scalar()
    if known is not None:
        return int(known)
    problems = list(_problems(connection, tasks, to, note, by, now))
    if problems:
        raise Invalid(problems)
    within = ANSWER_AT_ONCE if any(task.rank <= FIRST_RANK for task in tasks) else ANSWER_WITHIN
    values = {"giver": by.person, "receiver": to, "note": note.strip(), "offered_at": now, "answer_by": now + within}
    number = connection.execute(
        sa.insert(row).values(**values, state=OFFERED, answer="", key=key).returning(row.id)
    ).scalar_one()
    rows = [{"handover": number, "case_id": task.case_id, "number": task.number} for task in tasks]
    connection.execute(sa.insert(HandoverTaskRow), rows)
    handover = find(connection, number, by.person)
    _write(connection, ASKED, handover, to=people.find(connection, to).mail, base_url=base_url, now=now)
    return number


def find(connection: sa.Connection, number: int, person: str) -> Handover:
    """Give a hand-over to one of its two people; refused with `HandoverNotFound` to everybody else."""
    row = HandoverRow
    found = _read(connection, [row.id == number, sa.or_(row.giver == person, row.receiver == person)])
    if not found:
        raise HandoverNotFound("There is no such hand-over of yours.")
    return found[0]


def open_of(connection: sa.Connection, person: str) -> tuple[Handover, ...]:
    """Give the hand-overs that wait for an answer, from or to this person, the earliest first."""
    row = HandoverRow
    return tuple(_read(connection, [row.state == OFFERED, sa.or_(row.giver == person, row.receiver == person)]))


def take(engine: sa.Engine, ownership: Ownership, number: int, *, by: Actor, now: datetime) -> list[tuple[str, str]]:
    """Take over; give each task that could not be taken, with a sentence. What a kill leaves undone, the same again does.

    Refused with `HandoverNotFound` for anybody but the receiver, and with `HandoverSettled`.
    """
    with reading(engine) as connection:
        handover = _waiting(find(connection, number, by.person), by.person)
    left = []
    for task_id in handover.tasks:
        try:
            ownership.take_over(task_id, handover.giver, by=by, now=now)
        except Refusal as refusal:
            left.append((task_id, str(refusal)))
        else:
            _note_taken(engine, number, task_id, now)
    with writing(engine) as connection:
        _settle(connection, number, TAKEN, "", now)
    return left


def decline(connection: sa.Connection, number: int, why: str, *, by: Actor, now: datetime, base_url: str) -> None:
    """Decline with a reason: the giver has every task, and is told. Refused as `take`, and with `Invalid` without a reason."""
    handover = _waiting(find(connection, number, by.person), by.person)
    if not why.strip() or len(why) > LONGEST_NOTE:
        raise Invalid([Problem("why", "no-reason", f"Say why, in {LONGEST_NOTE} characters at most")])
    _settle(connection, number, DECLINED, why.strip(), now)
    giver = people.find(connection, handover.giver)
    _write(connection, ANSWERED, handover, to=giver.mail, base_url=base_url, now=now)


def withdraw(connection: sa.Connection, number: int, *, by: Actor, now: datetime) -> None:
    """Take the offer back; refused as `take`, for anybody but the giver."""
    _waiting(find(connection, number, by.person), by.person, giver=True)
    _settle(connection, number, WITHDRAWN, "", now)


def chase(engine: sa.Engine, base_url: str, now: datetime) -> int:
    """Tell those who lead the work of every hand-over that nobody answers, again every quarter of an hour; count them."""
    row = HandoverRow
    due = sa.or_(row.told_at.is_(None), row.told_at <= now - TOLD_AGAIN)
    with writing(engine) as connection:
        late = _read(connection, [row.state == OFFERED, row.answer_by <= now, due], limit=CHASED_AT_ONCE)
        for handover in late:
            told = (
                group_at(*_leaders(connection, handover))
                if handover.tasks
                else people.find(connection, handover.giver).mail
            )
            _write(connection, LATE, handover, to=told, base_url=base_url, now=now, urgent=True)
            connection.execute(sa.update(row).where(row.id == handover.id).values(told_at=now))
    return len(late)


def forget(connection: sa.Connection, refs: Collection[str]) -> int:
    """Take the typed words out of hand-overs in which an erased case was; count them."""
    row, task = HandoverRow, HandoverTaskRow
    about = sa.select(task.handover).where(task.case_id.in_(refs))
    return int(connection.execute(sa.update(row).where(row.id.in_(about)).values(note="", answer="")).rowcount)


def _leaders(connection: sa.Connection, handover: Handover) -> tuple[list[str], frozenset[str]]:
    """Name the roles that lead those of the tasks, and the agencies in which the giver does them: ``(["rhi_manager"], {"safe_steps"})``.

    The tasks' own roles where nobody leads them.
    """
    task = TaskTable
    places = [task_number(each) for each in handover.tasks]
    of_tasks = sa.tuple_(task.case_id, task.number).in_(places)
    roles = set(connection.execute(sa.select(task.role).where(of_tasks).distinct()).scalars())
    giver = people.find(connection, handover.giver).actor
    agencies: frozenset[str] = frozenset().union(*(giver.organisations(role) for role in roles))
    return sorted({leader for leader, led in LEADS.items() if led & roles} or roles), agencies


def _problems(
    connection: sa.Connection, tasks: Sequence[TaskRow], to: str, note: str, by: Actor, now: datetime
) -> Iterator[Problem]:
    if not tasks:
        yield Problem("task", "no-task", "Choose at least one task")
    if any(task.owner not in {by.person, *by.deputises} for task in tasks):
        yield Problem("task", "not-yours", "You can hand over only what you have: take the task first")
    if to == by.person or not to:
        yield Problem("to", "nobody", "Choose who takes over")
    elif tasks:
        try:
            assigning.require_candidate(connection, to, [(task.role, task.case_id) for task in tasks], by, now=now)
        except Invalid as refusal:
            yield from refusal.problems
    if len(note) > LONGEST_NOTE:
        yield Problem("note", "too-long", f"Write {LONGEST_NOTE} characters at most")


def _waiting(handover: Handover, person: str, *, giver: bool = False) -> Handover:
    if person != (handover.giver if giver else handover.receiver):
        raise HandoverNotFound("There is no such hand-over of yours.")
    if handover.state != OFFERED:
        raise HandoverSettled("This hand-over was answered, or taken back, before.")
    return handover


def _settle(connection: sa.Connection, number: int, state: str, answer: str, now: datetime) -> None:
    row = HandoverRow
    waiting = sa.update(row).where(row.id == number, row.state == OFFERED)
    if not connection.execute(waiting.values(state=state, settled_at=now, answer=answer)).rowcount:
        raise HandoverSettled("This hand-over was answered, or taken back, before.")


def _note_taken(engine: sa.Engine, number: int, task_id: str, now: datetime) -> None:
    case_id, task = task_number(task_id)
    row = HandoverTaskRow
    this = sa.update(row).where(row.handover == number, row.case_id == case_id, row.number == task)
    with writing(engine) as connection:
        connection.execute(this.values(taken_at=now))


def _read(connection: sa.Connection, where: Iterable[sa.ColumnElement[bool]], limit: int = 100) -> list[Handover]:
    """Read hand-overs with the names of their people and their tasks, the earliest to be answered first."""
    row, task, giver, receiver = (
        HandoverRow,
        HandoverTaskRow,
        aliased(people.PersonRow),
        aliased(people.PersonRow),
    )
    asked = (
        sa.select(row.__table__, giver.name.label("giver_name"), receiver.name.label("receiver_name"))
        .join(giver, giver.sign_in == row.giver)
        .join(receiver, receiver.sign_in == row.receiver)
        .where(*where)
        .order_by(row.answer_by, row.id)
        .limit(limit)
    )
    rows = connection.execute(asked).all()
    held: dict[int, list[str]] = {}
    of_these = sa.select(task.handover, task.case_id, task.number).where(task.handover.in_([each.id for each in rows]))
    for number, case_id, place in connection.execute(of_these.order_by(task.case_id, task.number)).tuples():
        held.setdefault(number, []).append(f"{case_id}.{place}")
    return [
        Handover(
            each.id,
            each.giver,
            each.receiver,
            each.giver_name,
            each.receiver_name,
            each.note,
            each.offered_at,
            each.answer_by,
            each.state,
            each.settled_at,
            each.answer,
            tuple(held.get(each.id, ())),
        )
        for each in rows
    ]


def _write(
    connection: sa.Connection,
    template: str,
    handover: Handover,
    *,
    to: str,
    base_url: str,
    now: datetime,
    urgent: bool = False,
) -> None:
    """Write a message; it names the people, how many tasks, and by when, and nothing of a case."""
    words = {
        "giver": handover.giver_name,
        "receiver": handover.receiver_name,
        "count": f"{len(handover.tasks)} task{'' if len(handover.tasks) == 1 else 's'}",
        "by": in_words(handover.answer_by),
        "since": in_words(handover.offered_at),
        "link": f"{base_url.rstrip('/')}/{'tasks?which=led' if template == LATE else f'handovers/{handover.id}'}",
    }
    subject, text = wording.write(template, words)
    key = f"shift/{handover.id}/{template}/{now.isoformat() if template == LATE else ''}"
    outbox.record(connection, [Message(key, to, subject, text, urgent=urgent)], now)
