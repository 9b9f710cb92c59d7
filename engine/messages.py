"""Messages: from cases, from partners and from people; each waits in a table, is taken once, and when nobody takes it people hear of it.

A message is a row: a case leaves it with its step, a partner at the door `receive`, under an id of its own. The sweep hands it to
the case that awaits its name and key, or opens the case that begins with it. One that nobody took in its time is over in silence only
where the drawing says that nobody need be there (property `optional`); any other is an incident, and its sender's log says so. A
person gives a message to a case at once, and only where the drawing names the person's role (property `given_by`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine import runner, values
from engine.admission import answers_said, fingerprint
from engine.errors import CaseNotFound, Invalid, NotFound, NotYourTask, Problem
from engine.faults import StepFailed
from engine.forms import Form
from engine.frozen import frozen
from engine.incidents import Incidents
from engine.library import Library
from engine.model import ASKED, PARTNERS, Actor, Deliver, Value
from engine.posting import LIVES, PARTNER, leave, row_of
from engine.process import LONGEST_LIFE, Node
from engine.release import Compiled
from engine.store import AwaitedTable, CaseTable, MessageTable, apart_from, around, may_try, put_off, row_lock, writing
from engine.views import Done, Letter

if TYPE_CHECKING:
    from engine.writing import Stored

LARGEST_PAYLOAD = 64 * 1024
LONGEST_ID, LONGEST_KEY = 60, 120
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*\Z")
FIELD = re.compile(r"[a-z][a-z0-9_]{0,79}\Z")
MESSAGE = MessageTable.__table__

_MAY_TRY = may_try(MessageTable.retry_at, sa.bindparam("at"), sa.bindparam("ahead"))
_READY = sa.and_(MessageTable.status == "waiting", MessageTable.expires_at > sa.bindparam("at"), _MAY_TRY)
_SAME = sa.and_(AwaitedTable.name == MessageTable.name, AwaitedTable.correlation == MessageTable.correlation)
_OLDEST_FIRST = (MessageTable.sent_at, MessageTable.id)
TAKEN = (
    sa.select(MessageTable.id, MessageTable.name, AwaitedTable.case_id)
    .join(AwaitedTable, _SAME)
    .where(_READY)
    .order_by(*_OLDEST_FIRST)
    .limit(1)
)
READY_NAMES = sa.select(MessageTable.name).where(_READY).distinct()
_KEYED_AND_OPEN = sa.text("cases.correlation <> '' AND cases.status = 'open'")
"""The condition of the index `uq_cases_correlation` in its own words: with a parameter in it SQLite would read all open cases."""
_HAS_CASE = sa.exists().where(
    CaseTable.procedure == sa.bindparam("opens"), CaseTable.correlation == MessageTable.correlation, _KEYED_AND_OPEN
)
OPENED = (
    sa.select(MessageTable.id)
    .where(_READY, MessageTable.name == sa.bindparam("named"), ~_HAS_CASE)
    .order_by(*_OLDEST_FIRST)
    .limit(1)
)
OVER = (
    sa.select(MessageTable.id, MessageTable.name)
    .where(MessageTable.status == "waiting", MessageTable.expires_at <= sa.bindparam("at"), _MAY_TRY)
    .where(~MessageTable.name.startswith(ASKED))  # what was asked outside is over when it is answered
    .limit(1)
)
"""Made once: to make the statements of one look for a message took ten times what the database takes to answer them."""


@frozen
class Received:
    """What came in at the door of partners; `id` is the sender's own, under which a second sending is known as such."""

    id: str
    name: str
    key: str
    payload: Mapping[str, Value]
    lives: timedelta = LIVES[PARTNER]


@frozen
class Wanted:
    """A message that a case awaits and a person may give: the number of the token, the event, its key, the form that asks, and what its conditions see."""

    number: int
    node: Node
    key: str
    form: Form
    scope: Mapping[str, Any]


class Messages:
    """The messages of one database; `load`, `step` and `begin` are how a case is read, stepped and opened inside a transaction."""

    def __init__(
        self, engine: sa.Engine, library: Library, incidents: Incidents, *,
        load: Callable[..., tuple[Stored, Done | None, runner.Conductor | None]], step: Callable[..., Done], begin: Callable[..., str],
    ) -> None:  # fmt: skip
        """Hand over between the cases of a database."""
        self.engine, self.library, self.incidents = engine, library, incidents
        self._load, self._step, self._begin = load, step, begin

    # What the sweep does --------------------------------------------------------------------------------------------

    def next(self, *, now: datetime, held: Collection[str] = ()) -> Letter | None:
        """Give the oldest message that somebody takes, apart from those in `held`: a case that waits for it, or a procedure that it opens.

        A message that opens a procedure waits while an open case has its key, until that case takes it.
        """
        this, opened = around(now), apart_from(OPENED, MessageTable.id, held)
        with self.engine.connect() as connection:
            row = connection.execute(apart_from(TAKEN, MessageTable.id, held), this).first()
            if row is not None:
                return Letter(row.id, row.name, row.case_id, "")
            ready = set(connection.execute(READY_NAMES, this).scalars())
            for name, procedure in self.library.opened_by().items() if ready else ():
                if name in ready:
                    found = connection.execute(opened, {**this, "named": name, "opens": procedure}).scalar()
                    if found is not None:
                        return Letter(found, name, "", procedure)
        return None

    def deliver(self, letter: Letter, *, now: datetime) -> bool:
        """Hand a message to the case that waits for it, or open the case that it opens; False where another was first."""
        with writing(self.engine) as connection:
            asked = sa.select(MESSAGE).where(MESSAGE.c.id == letter.message_id, MESSAGE.c.status == "waiting")
            row = connection.execute(row_lock(self.engine, asked)).first()
            case_id = "" if row is None else self._take(connection, row, letter, now)
            if case_id:
                _change(connection, letter.message_id, status="taken", taken_by=case_id)
            return bool(case_id)

    def _take(self, connection: sa.Connection, row: Any, letter: Letter, now: datetime) -> str:
        """Let a message's receiver take it; give the receiver's reference, or "" where it is not free."""
        payload, given = values.loads(row.payload), frozenset({PARTNERS}) if row.origin == PARTNER else None
        if letter.case_id:
            stored, _done, conductor = self._load(connection, letter.case_id, now, skip=True)
            if conductor is None:
                return ""
            node = _admitted(conductor, row.name, row.correlation, given)
            said = _said(conductor.release, node, payload)
            command = Deliver(row.name, row.correlation, said, given=given)
            self._step(connection, stored, conductor, command, now)
            return letter.case_id
        release_id, release = self.library.newest(letter.procedure)
        _require(release.start, given)
        return self._begin(connection, release_id, release, payload, now, row.correlation)

    def postpone(self, message_id: str, *, now: datetime) -> int:
        """Push a message whose delivery failed further away; give how often it failed."""
        return put_off(self.engine, MessageTable.id, message_id, now)

    def next_over(self, *, now: datetime, held: Collection[str] = ()) -> Letter | None:
        """Give a message whose time is over, and which nobody takes, apart from those in `held`."""
        with self.engine.connect() as connection:
            row = connection.execute(apart_from(OVER, MessageTable.id, held), around(now)).first()
        return None if row is None else Letter(row.id, row.name, "", "")

    def end(self, message_id: str, *, now: datetime) -> bool:
        """Put aside a message that nobody took in its time, and tell people where somebody should have; False where another was first."""
        with writing(self.engine) as connection:
            mine = sa.and_(MESSAGE.c.id == message_id, MESSAGE.c.status == "waiting", MESSAGE.c.expires_at <= now)
            row = connection.execute(row_lock(self.engine, sa.select(MESSAGE).where(mine), skip=True)).first()
            if row is None:
                return False
            _change(connection, message_id, status="expired" if row.optional else "unread")
            if not row.optional:
                self.incidents.keep_unread(connection, row, now)
            return True

    # The door of partners -------------------------------------------------------------------------------------------

    def receive(self, sent: Received, *, sender: str, now: datetime) -> bool:
        """Take a message of a partner; False where it came before. `sender` is the partner, as whoever let them in knows them.

        It is committed when this returns. Refused with `Invalid`, all problems at once, for a message that no procedure takes from
        partners; and with `Conflict` where the sender's id belongs to a message that says something else.
        """
        problems = list(self._wrong(sent))
        if problems:
            raise Invalid(problems)
        payload = {**sent.payload, "sender": sender}
        row = row_of(  # no id has a blank in it, so no two senders can mean the same row
            f"{sender} {sent.id}", sent.name, sent.key, payload, now, origin=PARTNER, sender=sender, lives=sent.lives
        )
        with writing(self.engine) as connection:
            return leave(connection, row)

    def _wrong(self, sent: Received) -> Iterator[Problem]:
        """Say all that is wrong with a partner's message."""
        if len(sent.id) > LONGEST_ID or not PLAIN_ID.match(sent.id):
            yield Problem(
                "id", "message-id", f"Give an id of at most {LONGEST_ID} letters, digits, dots, colons and hyphens."
            )
        if not any(PARTNERS in node.givers and node.message == sent.name for node in self._awaiting()):
            yield Problem("name", "message-not-known", "No procedure takes a message of this name from partners.")
        if not sent.key.strip() or len(sent.key) > LONGEST_KEY or not sent.key.isprintable():
            yield Problem("key", "message-key", f"Say for which case it is, in at most {LONGEST_KEY} letters.")
        if not timedelta() < sent.lives <= LONGEST_LIFE:
            yield Problem("lives", "message-life", f"It may wait for {LONGEST_LIFE.days} days at most.")
        yield from _wrong_payload(sent.payload)

    def _awaiting(self) -> Iterator[Node]:
        """Give the nodes of the procedures as they are now."""
        for release in self.library.in_use():
            yield from release.nodes.values()

    # What people give -----------------------------------------------------------------------------------------------

    def wanted(self, case_id: str, *, by: Actor, now: datetime) -> tuple[Wanted, ...]:
        """Give the messages that a case awaits and this person may give by a form; nothing where the case cannot be read."""
        case = CaseTable.__table__.c
        asked = sa.select(case.release_id, case.state, case.facts).where(case.id == case_id, case.status == "open")
        with self.engine.connect() as connection:
            found: Any = connection.execute(asked).first()
        if found is None or not any(_may_give(node, by) for node in self.library.get(found.release_id).nodes.values()):
            return ()
        try:
            conductor = runner.restore(self.library.get(found.release_id), found.state, values.loads(found.facts), now)
        except StepFailed:
            return ()
        return tuple(
            Wanted(task.id, node, key, conductor.release.forms[node.form], conductor.scope.at(task))
            for task, node, _name, key in conductor.awaiting()
            if _may_give(node, by)
        )

    def tell(
        self, case_id: str, message: str, payload: Mapping[str, Value], *, by: Actor, now: datetime, key: str,
        under: str | None = None,
    ) -> Done:  # fmt: skip
        """Hand a person's message to a case that waits for it under a key, its own reference where none is given.

        Raises:
            CaseNotFound: there is no such case.
            NotFound: the case does not wait for this message.
            NotYourTask: the drawing does not let the roles of this person give it.
            Conflict: the key was used for another command.
            CaseHeldUp: the step failed.
        """
        correlation = case_id if under is None else under
        digest = fingerprint("tell", case_id, by, {message: dict(payload)})
        with self.incidents.kept(case_id, ("given", message), now), writing(self.engine) as connection:
            stored, done, conductor = self._load(connection, case_id, now, key, digest)
            if done is not None:
                return done
            if conductor is None:
                raise CaseNotFound("There is no such case.")
            node = _admitted(conductor, message, correlation, by.duties)
            said = _said(conductor.release, node, {"sender": by.person, **payload})
            command = Deliver(message, correlation, said, by.person, by.duties)
            return self._step(connection, stored, conductor, command, now)


def _may_give(node: Node, by: Actor) -> bool:
    return bool(node.form and node.kind != "start" and node.givers & by.duties)


def _change(connection: sa.Connection, message_id: str, **columns: Any) -> None:
    connection.execute(sa.update(MessageTable).where(MESSAGE.c.id == message_id).values(**columns))


def _admitted(conductor: runner.Conductor, name: str, key: str, given: frozenset[str] | None) -> Node:
    """Give the event that takes a message; refuse who may not give it there."""
    found = [node for _task, node, each, its_key in conductor.awaiting() if (each, its_key) == (name, key)]
    if not found:
        raise NotFound(f"Nothing in this case waits for the message {name}.")
    return _require(next((node for node in found if given is None or node.givers & given), found[0]), given)


def _require(node: Node, given: frozenset[str] | None) -> Node:
    """Refuse who may not give the message of an event; other cases (`given` is None) always may."""
    if given is not None and not node.givers & given:
        raise NotYourTask(f"The drawing lets nobody of these roles say that “{node.name or node.id}” has happened.")
    return node


def _said(release: Compiled, node: Node, payload: Mapping[str, Value]) -> dict[str, Value]:
    """Give what a message says, as answers to the form of its event where it has one, and who says it."""
    if node.form not in release.forms:
        return dict(payload)
    return {"sender": payload.get("sender"), **answers_said(release.forms[node.form], payload)}


def _wrong_payload(payload: Mapping[str, Value]) -> Iterator[Problem]:
    """Say what is wrong with what a partner's message says."""
    if wrong := [name for name in payload if not FIELD.match(name) or name == "sender"]:
        listed = ", ".join(sorted(wrong))[:200]
        yield Problem("payload", "message-field", f"These are no names of fields here: {listed}.")
    try:
        size = len(values.dumps(dict(payload)))
    except (TypeError, ValueError, RecursionError):
        yield Problem("payload", "message-value", "The message holds what is no text, number, date, list or context.")
        return
    if size > LARGEST_PAYLOAD:
        yield Problem("payload", "message-too-large", f"The message is larger than {LARGEST_PAYLOAD // 1024} kB.")
