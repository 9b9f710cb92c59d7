"""The demo's mail server: it takes every mail on the loopback address and keeps it for the mailbox page."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from engine.model import Clock
from engine.store import writing
from web.clock import DEMO_MAILS

HOST = "127.0.0.1"


class _Keeper:
    """Writes each mail into a table."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail."""
        with writing(self._engine) as connection:
            row = {"received_at": self._clock(), "content": envelope.content}
            connection.execute(sa.insert(DEMO_MAILS).values(row))
        return "250 Kept for the mailbox page"


def mail_sink(engine: sa.Engine, clock: Clock, port: int) -> Controller:
    """Make a mail server for the demo; the caller starts and stops it."""
    return Controller(_Keeper(engine, clock), hostname=HOST, port=port)


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
