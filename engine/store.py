"""Tables, index, event log and claims: what the engine keeps, on SQLite or on PostgreSQL.

The hot path uses plain Core statements, few of them (performance.md). SQLite begins a command with `BEGIN IMMEDIATE`:
with a deferred begin 163 of 300 concurrent commands failed as locked, with immediate none (house.md 3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from engine.errors import CaseIsBusy
from engine.model import USUAL_RANK
from engine.rows import Rows, partial_index, stored

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Constraints have names, so that migrations can speak of them on both databases."""


ERASED = "erased"
"""The status of a case whose facts are gone; its log stays (`engine.erasing`)."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when the sweep leaves alone what is quarantined: until an operator acts."""
BACK_OFF, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""How long what has failed is left alone at first and at most before it is tried again."""


class Moment(sa.TypeDecorator[datetime]):
    """An instant: given and taken as an aware datetime in UTC; SQLite keeps it without its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive datetime; convert any other to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value} has no zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give the instant back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(Rows):
    """The one metadata of all tables."""

    metadata = sa.MetaData(naming_convention=NAMES)


class ReleaseTable(Base):
    """A procedure's files as they were published; never changed afterwards."""

    __tablename__ = "releases"
    id: sa.Column[int] = stored(primary_key=True)
    procedure: sa.Column[str] = stored(sa.String(80))
    number: sa.Column[int]
    digest: sa.Column[str] = stored(sa.String(64))
    files: sa.Column[bytes] = stored(sa.LargeBinary)
    published_by: sa.Column[str] = stored(sa.String(120))
    published_at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (sa.UniqueConstraint("procedure", "number"),)


class CaseTable(Base):
    """One case: its token state, its current facts and the index that the sweep reads.

    `correlation` is the key of the message that opened the case, "" where a person did; one open case of a procedure has it.
    """

    __tablename__ = "cases"
    id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    procedure: sa.Column[str] = stored(sa.String(80))
    release_id: sa.Column[int] = stored(sa.ForeignKey("releases.id"))
    correlation: sa.Column[str] = stored(sa.String(120), default="")
    title: sa.Column[str] = stored(sa.String(200))
    status: sa.Column[str] = stored(sa.String(12))
    opened_at: sa.Column[datetime] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)
    state: sa.Column[bytes] = stored(sa.LargeBinary)
    facts: sa.Column[bytes] = stored(sa.LargeBinary)
    head: sa.Column[str] = stored(sa.String(64))
    seq: sa.Column[int]
    next_due_at: sa.Column[datetime | None] = stored(Moment)
    retry_at: sa.Column[datetime | None] = stored(Moment)
    failures: sa.Column[int] = stored(default=0)
    rank: sa.Column[int] = stored(sa.SmallInteger, default=USUAL_RANK, server_default=str(USUAL_RANK))
    __table_args__ = (
        sa.Index("ix_cases_due", "next_due_at", sqlite_where=sa.text("next_due_at IS NOT NULL")),
        sa.Index("ix_cases_open", "status", "opened_at"),
        sa.Index("ix_cases_correlation", "correlation", "procedure"),
        partial_index(
            "uq_cases_correlation",
            "procedure",
            "correlation",
            unique=True,
            where="correlation <> '' AND status = 'open'",
        ),
    )


def _open_tasks(name: str, *columns: str, also: str = "") -> sa.Index:
    """Give an index of open tasks alone, so that its lists cost the same however many were done."""
    return partial_index(name, *columns, where=f"status = 'open'{also}")


class TaskTable(Base):
    """The index of people's tasks; the token state is the truth, and this can be rebuilt from it and the log.

    `rank` is the case's: what hurts most has the lowest. `owner` has taken the task or was given it, by `given_by`; it goes
    back to `returns_to` (`engine.ownership`). All of the role may do it all the same.
    """

    __tablename__ = "tasks"
    case_id: sa.Column[str] = stored(sa.ForeignKey("cases.id"), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    element: sa.Column[str] = stored(sa.String(80))
    name: sa.Column[str] = stored(sa.String(200))
    role: sa.Column[str] = stored(sa.String(60))
    form: sa.Column[str] = stored(sa.String(80))
    record: sa.Column[str] = stored(sa.String(80))
    record_key: sa.Column[str] = stored(sa.String(40))
    status: sa.Column[str] = stored(sa.String(12))
    opened_at: sa.Column[datetime] = stored(Moment)
    due_at: sa.Column[datetime | None] = stored(Moment)
    deadline: sa.Column[str] = stored(sa.String(40), default="")
    completed_at: sa.Column[datetime | None] = stored(Moment)
    completed_by: sa.Column[str] = stored(sa.String(120), default="")
    rank: sa.Column[int] = stored(sa.SmallInteger, default=USUAL_RANK, server_default=str(USUAL_RANK))
    owner: sa.Column[str] = stored(sa.String(120), default="", server_default="")
    owned_at: sa.Column[datetime | None] = stored(Moment)
    given_by: sa.Column[str] = stored(sa.String(120), default="", server_default="")
    returns_to: sa.Column[str] = stored(sa.String(120), default="", server_default="")
    __table_args__ = (
        _open_tasks("ix_tasks_inbox", "role", "due_at", "case_id", "number"),
        _open_tasks("ix_tasks_rank", "role", "rank", "due_at", "case_id", "number", also=" AND due_at IS NOT NULL"),
        _open_tasks("ix_tasks_owner", "owner", "rank", "due_at", also=" AND owner <> ''"),
        _open_tasks("ix_tasks_given", "given_by", "rank", "due_at", also=" AND given_by <> ''"),
        partial_index(
            "ix_tasks_done", "completed_by", "completed_at", "case_id", "number", where="status = 'completed'"
        ),
    )


class EventTable(Base):
    """The log: what happened, chained by hash within its case; it holds digests of personal values, never values.

    The first event of a command's step keeps in `asked` a digest of what was asked, outside the chain: so the log says which
    commands were carried out, once each, and a retry is given the same answer.
    """

    __tablename__ = "events"
    case_id: sa.Column[str] = stored(sa.ForeignKey("cases.id"), primary_key=True)
    seq: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    at: sa.Column[datetime] = stored(Moment)
    kind: sa.Column[str] = stored(sa.String(40))
    activity: sa.Column[str] = stored(sa.String(60))
    element: sa.Column[str] = stored(sa.String(80))
    name: sa.Column[str] = stored(sa.String(200))
    task: sa.Column[int | None]
    by: sa.Column[str] = stored(sa.String(120))
    data: sa.Column[str] = stored(sa.Text)
    command: sa.Column[str] = stored(sa.String(80), default="")
    digest: sa.Column[str] = stored(sa.String(64))
    asked: sa.Column[str | None] = stored(sa.String(64))
    __table_args__ = (
        sa.Index("ix_events_at", "at"),
        partial_index("uq_events_command", "command", unique=True, where="asked IS NOT NULL"),
    )


class FactTable(Base):
    """Every value that a fact ever had, with its salt; kept apart from the log so that it can be erased."""

    __tablename__ = "fact_values"
    case_id: sa.Column[str] = stored(sa.ForeignKey("cases.id"), primary_key=True)
    seq: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    record: sa.Column[str] = stored(sa.String(80), primary_key=True)
    record_key: sa.Column[str] = stored(sa.String(40), primary_key=True)
    field: sa.Column[str] = stored(sa.String(80), primary_key=True)
    value: sa.Column[bytes] = stored(sa.LargeBinary)
    salt: sa.Column[bytes] = stored(sa.LargeBinary)


class ReasonTable(Base):
    """Why a person did what an event says, with the salt of its digest; kept apart from the log so that it can be erased."""

    __tablename__ = "event_reasons"
    case_id: sa.Column[str] = stored(sa.ForeignKey("cases.id"), primary_key=True)
    seq: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    value: sa.Column[bytes] = stored(sa.LargeBinary)
    salt: sa.Column[bytes] = stored(sa.LargeBinary)


class MessageTable(Base):
    """A message: it waits here until its receiver takes it, or its time is over (`engine.messages`).

    `origin` is case, partner or person; `sender` the reference of the case, or who else it was; `element` what sent it. An
    `optional` one need not be taken by anybody. `status` is waiting, taken, expired, unread, set_aside, dropped or erased.
    """

    __tablename__ = "messages"
    id: sa.Column[str] = stored(sa.String(120), primary_key=True)
    name: sa.Column[str] = stored(sa.String(80))
    correlation: sa.Column[str] = stored(sa.String(120))
    payload: sa.Column[bytes] = stored(sa.LargeBinary)
    sent_at: sa.Column[datetime] = stored(Moment)
    expires_at: sa.Column[datetime] = stored(Moment)
    status: sa.Column[str] = stored(sa.String(12), default="waiting")
    taken_by: sa.Column[str] = stored(sa.String(20), default="")
    retry_at: sa.Column[datetime | None] = stored(Moment)
    failures: sa.Column[int] = stored(default=0)
    origin: sa.Column[str] = stored(sa.String(12), default="case", server_default="case")
    sender: sa.Column[str] = stored(sa.String(120), default="", server_default="")
    element: sa.Column[str] = stored(sa.String(80), default="", server_default="")
    optional: sa.Column[bool] = stored(default=False, server_default=sa.false())
    __table_args__ = (sa.Index("ix_messages_waiting", "status", "name", "correlation"),)


class AwaitedTable(Base):
    """What the open cases wait for: an index of (message name, correlation key) for delivery."""

    __tablename__ = "awaited"
    case_id: sa.Column[str] = stored(sa.ForeignKey("cases.id"), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    name: sa.Column[str] = stored(sa.String(80))
    correlation: sa.Column[str] = stored(sa.String(120))
    __table_args__ = (sa.Index("ix_awaited_name", "name", "correlation"),)


class ScheduleTable(Base):
    """When a procedure whose start has a timer opens its next case; no moment: its expression gave none, and it stands."""

    __tablename__ = "schedules"
    procedure: sa.Column[str] = stored(sa.String(80), primary_key=True)
    next_at: sa.Column[datetime | None] = stored(Moment)
    retry_at: sa.Column[datetime | None] = stored(Moment)
    failures: sa.Column[int] = stored(default=0)


class IncidentTable(Base):
    """A step that failed: where and why, in words without values; which records it looked at; and how it was settled.

    `subject` is the number of the task, the id of the message or the procedure that the step was about. A case with an open
    incident is quarantined: the sweep leaves it alone.
    """

    __tablename__ = "incidents"
    id: sa.Column[int] = stored(primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20))
    procedure: sa.Column[str] = stored(sa.String(80))
    kind: sa.Column[str] = stored(sa.String(12))
    subject: sa.Column[str] = stored(sa.String(120))
    element: sa.Column[str] = stored(sa.String(80))
    name: sa.Column[str] = stored(sa.String(200))
    error: sa.Column[str] = stored(sa.String(200))
    facts: sa.Column[str] = stored(sa.Text)
    state: sa.Column[str] = stored(sa.String(12))
    first_seen_at: sa.Column[datetime] = stored(Moment)
    last_seen_at: sa.Column[datetime] = stored(Moment)
    times: sa.Column[int]
    settled_by: sa.Column[str] = stored(sa.String(120), default="")
    settled_at: sa.Column[datetime | None] = stored(Moment)
    reason: sa.Column[str] = stored(sa.Text, default="")
    __table_args__ = (
        sa.Index("ix_incidents_case", "case_id", "state"),
        sa.Index("ix_incidents_standing", "state", "last_seen_at"),
    )


class ReadTable(Base):
    """Who read what of a case, and why; the row is committed before the page is sent."""

    __tablename__ = "reads"
    id: sa.Column[int] = stored(primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), index=True)
    at: sa.Column[datetime] = stored(Moment)
    person: sa.Column[str] = stored(sa.String(120))
    organisation: sa.Column[str] = stored(sa.String(120))
    purpose: sa.Column[str] = stored(sa.String(120))
    classes: sa.Column[str] = stored(sa.String(200))
    __table_args__ = (sa.Index("ix_reads_at", "at", "purpose"),)


POSTGRES = frozenset({"postgres", "postgresql"})
"""How the tools of PostgreSQL write the address that SQLAlchemy wants with the name of its driver."""


def connect(url: str) -> sa.Engine:
    """Open the database at `url` as site, worker and tests all do; ``postgresql://`` is read as PostgreSQL's own tools read it.

    SQLite gets write-ahead logging, full sync, foreign keys and a wait of ten seconds for a lock; PostgreSQL gets UTC and
    the same limit, and takes the rows of a node away that has been silent in a transaction for less than that. An error
    never quotes the values of a statement: they may be a child's.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": 10, "check_same_thread": False}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=8s"
    if address.drivername in POSTGRES:
        address = address.set(drivername="postgresql+psycopg")
    return sa.create_engine(address, connect_args={"options": options}, pool_pre_ping=True, hide_parameters=True)


SQLITE = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "secure_delete=ON",
    "cache_size=-500",  # kB of pages for each connection, of which a worker has eight; the system keeps them all once more
)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set what SQLite forgets between connections; the driver must not begin transactions by itself."""
    connection.isolation_level = None
    for pragma in SQLITE:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin at once with the write lock for a command, and deferred for a read."""
    writes = connection.get_execution_options().get("homeward_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


BUSY = 5
"""SQLite's number for a lock that it waited for in vain."""


def _is_busy(fault: sa.exc.OperationalError) -> bool:
    """Whether a statement failed only because somebody else held the lock for too long."""
    cause = fault.orig
    return getattr(cause, "sqlite_errorcode", None) == BUSY or getattr(cause, "sqlstate", None) == "55P03"


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that writes; commit at the end, roll back on any exception.

    Raises:
        CaseIsBusy: others held what is to be written for longer than the database waits.
    """
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(homeward_writes=True)
            with connection.begin():
                yield connection
    except sa.exc.OperationalError as fault:
        if _is_busy(fault):
            raise CaseIsBusy("The case is being written by others. Nothing was changed; send it again.") from None
        raise


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection that reads the database as it stood at one moment, while others write on; it may take its time."""
    with engine.connect() as plain:
        connection = plain
        if engine.dialect.name != "sqlite":
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            if engine.dialect.name != "sqlite":  # it locks nothing that somebody waits for
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '10min'")
            yield connection


def may_try(retry_at: Any, at: Any, ahead: Any) -> sa.ColumnElement[bool]:
    """Whether what has failed may be tried again at a moment; `ahead` is that moment and `LONGEST_WAIT`.

    What is to wait for longer was put off while the machine's clock was ahead.
    """
    return sa.or_(retry_at.is_(None), retry_at <= at, sa.and_(retry_at > ahead, retry_at < NEVER))


def around(now: datetime) -> dict[str, datetime]:
    """Give the parameters `at` and `ahead` of a statement that asks by `may_try`."""
    return {"at": now, "ahead": now + LONGEST_WAIT}


def apart_from(statement: sa.Select[Any], name: sa.Column[str], held: Collection[str]) -> sa.Select[Any]:
    """Leave out what is passed over in this sweep."""
    return statement.where(name.not_in(held)) if held else statement


def put_off(engine: sa.Engine, name: sa.Column[str], key: str, now: datetime) -> int:
    """Note a failure in the row whose `name` is `key`, and let it wait: longer each time; give how often it failed."""
    table: Any = name.table
    with writing(engine) as connection:
        failures = int(connection.execute(sa.select(table.c.failures).where(name == key)).scalar() or 0) + 1
        wait = min(BACK_OFF * 2 ** min(failures - 1, 10), LONGEST_WAIT)
        connection.execute(sa.update(table).where(name == key).values(failures=failures, retry_at=now + wait))
        return failures


def row_lock(engine: sa.Engine, statement: sa.Select[Any], *, skip: bool = False) -> sa.Select[Any]:
    """Lock the rows that a statement finds, where the database can; SQLite holds the whole file already."""
    if engine.dialect.name == "sqlite":
        return statement
    return statement.with_for_update(skip_locked=skip)
