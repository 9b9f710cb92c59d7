"""What is sent, and what a channel that sends it must be able to do and to say."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from engine.frozen import frozen


@frozen
class Message:
    """One message to one recipient.

    `key` is unique for ever and names the cause: ``MC-7K3QX9PW/12/deadline/anna.lee`` (case, event, alert, recipient).
    Channels give it on as their idempotency reference. `recipient` is an address such as ``anna.lee@force.example``.
    `text` is plain text with lines ended by a newline. `written_at` is the moment of recording, set by the outbox. One that is
    `gathered` may wait for an hour, so that it leaves with others of its kind to the same address; an urgent one never is.
    """

    key: str
    recipient: str
    subject: str
    text: str
    urgent: bool = False
    written_at: datetime | None = None
    gathered: bool = False

    def __post_init__(self) -> None:
        """Refuse what would break a header: a line break or another control character in one of its three lines."""
        for part in (self.key, self.recipient, self.subject):
            if not part or not part.isprintable():
                message = "a message needs a key, a recipient and a subject of one line each"
                raise ValueError(message)
        if self.gathered and self.urgent:
            message = "an urgent message waits for no other"
            raise ValueError(message)


def in_short(message: Message) -> str:
    """Give a message as a text for a telephone: its subject, and the links that stand alone in a line."""
    links = (line for line in message.text.splitlines() if line.startswith(("https://", "http://")) and " " not in line)
    return "\n".join((message.subject, *links))


class DeliveryFailed(Exception):
    """The message was not taken; the text says why without any word of the message or its recipient."""


class Permanent(DeliveryFailed):
    """This message will never be taken: trying again is of no use."""


class Temporary(DeliveryFailed):
    """The message may be taken later."""


class Channel(Protocol):
    """One way for messages to leave; it raises `Permanent` or `Temporary` and nothing else, and asks no database."""

    def takes(self, recipient: str) -> bool:
        """Tell whether an address is of the kind that this channel delivers to."""

    def deliver(self, message: Message) -> None:
        """Hand the message over; return when it is taken."""
