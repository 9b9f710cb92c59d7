"""The site's own tables: sessions, failed sign-ins and the heartbeat of the workers."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.rows import stored
from engine.store import Base, Moment


class SessionRow(Base):
    """One session of one person; the browser holds the token, this row its digest, so that signing out is final."""

    __tablename__ = "web_sessions"
    digest: sa.Column[str] = stored(sa.String(64), primary_key=True)
    person: sa.Column[str] = stored(sa.String(120))
    started_at: sa.Column[datetime] = stored(Moment)
    ended_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (sa.Index("ix_web_sessions_started", "started_at"),)


class SignInFailureRow(Base):
    """One failed attempt to sign in; of the name that was typed only a digest, for it may be a password."""

    __tablename__ = "sign_in_failures"
    id: sa.Column[int] = stored(primary_key=True)
    name_digest: sa.Column[str] = stored(sa.String(64))
    at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (sa.Index("ix_sign_in_failures_name", "name_digest", "at"),)


class HeartbeatRow(Base):
    """The last sign of life of a worker, by the system's clock, and what went wrong last."""

    __tablename__ = "heartbeats"
    worker: sa.Column[str] = stored(sa.String(120), primary_key=True)
    beat_at: sa.Column[datetime] = stored(Moment)
    failures: sa.Column[int] = stored(default=0)
    last_failure: sa.Column[str] = stored(sa.String(200), default="")
    last_failure_at: sa.Column[datetime | None] = stored(Moment)


class SchemaReachRow(Base):
    """The oldest program, by the revision that it needs, that may work on the schema: one row, written by each migration."""

    __tablename__ = "schema_reach"
    oldest_program: sa.Column[str] = stored(sa.String(32), primary_key=True)
