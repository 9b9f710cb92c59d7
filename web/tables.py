"""The site's own tables: sessions, failed sign-ins and the heartbeat of the workers."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Moment


class SessionRow(Base):
    """One session of one person; the browser holds the token, this row its digest, so that signing out is final."""

    __tablename__ = "web_sessions"
    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person: Mapped[str] = mapped_column(sa.String(120))
    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (sa.Index("ix_web_sessions_started", "started_at"),)


class SignInFailureRow(Base):
    """One failed attempt to sign in; of the name that was typed only a digest, for it may be a password."""

    __tablename__ = "sign_in_failures"
    id: Mapped[int] = mapped_column(primary_key=True)
    name_digest: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (sa.Index("ix_sign_in_failures_name", "name_digest", "at"),)


class HeartbeatRow(Base):
    """The last sign of life of a worker, by the system's clock, and what went wrong last."""

    __tablename__ = "heartbeats"
    worker: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[str] = mapped_column(sa.String(200), default="")
    last_failure_at: Mapped[datetime | None] = mapped_column(Moment)


class SchemaReachRow(Base):
    """The oldest program, by the revision that it needs, that may work on the schema: one row, written by each migration."""

    __tablename__ = "schema_reach"
    oldest_program: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
