"""The demo's mail server: it takes every mail on the loopback address and keeps it for the mailbox page."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from engine.model import Clock
from engine.store import writing
from notifications.message import Channel, Message, in_short
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


class TextsToMailbox:
    """Takes texts and pages as the channels for telephones would, and puts them into the demo's mailbox as short mails."""

    def __init__(self, mail: Channel) -> None:
        """Keep how mails leave."""
        self._mail = mail

    def takes(self, recipient: str) -> bool:
        """Take telephone numbers and pagers."""
        return recipient.startswith(("sms:", "pager:"))

    def deliver(self, message: Message) -> None:
        """Send the short form as a mail to an invented address that holds the number."""
        kind, _, number = message.recipient.partition(":")
        self._mail.deliver(replace(message, recipient=f"{number}@{kind}.example", text=f"{in_short(message)}\n"))


def mail_sink(engine: sa.Engine, clock: Clock, port: int) -> Controller:
    """Make a mail server for the demo; the caller starts and stops it."""
    return Controller(_Keeper(engine, clock), hostname=HOST, port=port)


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
