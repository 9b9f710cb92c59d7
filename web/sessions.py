"""Signing in and out: passwords, throttling of failures, and sessions that end; no page is known here."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.errors import NotAllowed, Unavailable
from engine.frozen import frozen
from engine.store import reading, writing
from web.tables import SessionRow, SignInFailureRow

FAILURES_ALLOWED = 5
FAILURES_WITHIN = timedelta(minutes=15)
FAILURES_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=2)

Check = Callable[[str, str], bool]
"""Whether a name and a password belong to a person who may sign in; takes as long for an unknown name."""


_PERSON_OF = sa.select(SessionRow.person).where(
    SessionRow.digest == sa.bindparam("token"),
    SessionRow.ended_at.is_(None),
    SessionRow.started_at > sa.bindparam("earliest"),
)
"""Whose session it is: asked with each request, and put together once."""


class TooManyFailures(Unavailable):
    """Somebody tried too often with this name; waiting helps."""


class WrongNameOrPassword(NotAllowed):
    """Name and password do not belong together, or there is no such person: the same answer to both."""


@frozen
class Limits:
    """How long a session lasts without a request, and at all."""

    idle_after: timedelta
    ends_after: timedelta


def begin(engine: sa.Engine, name: str, password: str, *, check: Check, now: datetime) -> str:
    """Sign a person in and give the token of the new session.

    The failure is counted before the password is looked at and taken back on success, so that attempts made at the
    same time are all counted. Refuses with `TooManyFailures` and `WrongNameOrPassword`.
    """
    name = name.strip().casefold()
    with writing(engine) as connection:
        _count_attempt(connection, name, now)
    if not check(name, password):
        raise WrongNameOrPassword("The sign-in name or the password is wrong.")
    token = secrets.token_urlsafe(32)
    with writing(engine) as connection:
        connection.execute(sa.delete(SignInFailureRow).where(SignInFailureRow.name_digest == _digest(name)))
        row = {"digest": _digest(token), "person": name, "started_at": now}
        connection.execute(sa.insert(SessionRow).values(row))
    return token


def person_of(engine: sa.Engine, token: str, *, limits: Limits, now: datetime) -> str | None:
    """Name the person whose session this is; nobody when it was ended or has lasted too long."""
    asked = {"token": _digest(token), "earliest": now - limits.ends_after}
    with reading(engine) as connection:
        return connection.execute(_PERSON_OF, asked).scalar_one_or_none()


def end(engine: sa.Engine, token: str, *, now: datetime) -> None:
    """End a session for good: a copy of its cookie is worth nothing afterwards."""
    with writing(engine) as connection:
        connection.execute(sa.update(SessionRow).where(SessionRow.digest == _digest(token)).values(ended_at=now))


def end_all(connection: sa.Connection, person: str, *, now: datetime) -> None:
    """End every session of a person, so that a new password or a new start leaves no old one behind."""
    theirs = sa.and_(SessionRow.person == person, SessionRow.ended_at.is_(None))
    connection.execute(sa.update(SessionRow).where(theirs).values(ended_at=now))


def forget(engine: sa.Engine, now: datetime) -> None:
    """Forget sessions and failures of days ago, once a night; `now` is of the clock on the wall, as everywhere here."""
    with writing(engine) as connection:
        connection.execute(sa.delete(SessionRow).where(SessionRow.started_at < now - SESSIONS_KEPT))
        connection.execute(sa.delete(SignInFailureRow).where(SignInFailureRow.at < now - FAILURES_KEPT))


def _count_attempt(connection: sa.Connection, name: str, now: datetime) -> None:
    failures = SignInFailureRow
    recent = sa.select(sa.func.count()).where(
        failures.name_digest == _digest(name), failures.at > now - FAILURES_WITHIN
    )
    if connection.execute(recent).scalar_one() >= FAILURES_ALLOWED:
        minutes = int(FAILURES_WITHIN.total_seconds() // 60)
        raise TooManyFailures(f"There were too many attempts with this name. Try again in {minutes} minutes.")
    connection.execute(sa.insert(failures).values(name_digest=_digest(name), at=now))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
