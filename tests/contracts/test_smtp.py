"""Mail goes to a real SMTP server on this machine, which also refuses, and is not there."""

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from notifications.message import Message, Permanent, Temporary
from notifications.smtp import SmtpChannel

SENDER = "homeward@force.example"
WRITTEN_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MESSAGE = Message(
    "MC-7K3QX9PW/12/deadline/anna.lee",
    "anna.lee@force.example",
    "MC-7K3QX9PW: return interview — reminder",
    "Zoë, 72 hours — 3 März\n.\nA line after a lone full stop\n" + "long " * 300 + "\n",
    urgent=True,
    written_at=WRITTEN_AT,
)


class Postbox:
    """Answers each command as it is told to, and keeps what it took."""

    def __init__(self) -> None:
        """Begin empty and willing."""
        self.answers: dict[str, str] = {}
        self.taken: list[EmailMessage] = []

    async def handle_MAIL(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name
        if "DATA" in self.answers:
            return self.answers["DATA"]
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken.append(mail)
        return "250 taken"


@pytest.fixture
def postbox() -> Postbox:
    """What the server does and has."""
    return Postbox()


@pytest.fixture
def port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def channel(postbox: Postbox, port: int) -> Iterator[SmtpChannel]:
    """The channel, with a server behind it."""
    server = Controller(postbox, hostname="127.0.0.1", port=port)
    server.start()
    yield SmtpChannel("127.0.0.1", port, SENDER, timeout=timedelta(seconds=5))
    server.stop()


def test_a_mail_arrives_as_plain_text_in_utf_8_with_its_key_as_reference(
    channel: SmtpChannel, postbox: Postbox
) -> None:
    channel.deliver(MESSAGE)

    mail = postbox.taken[0]
    assert mail["To"] == MESSAGE.recipient
    assert mail["From"] == SENDER
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == "<MC-7K3QX9PW/12/deadline/anna%2Elee@force.example>"
    assert mail["Date"].datetime == WRITTEN_AT
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text


def test_the_same_message_is_the_same_mail_at_every_attempt(channel: SmtpChannel, postbox: Postbox) -> None:
    channel.deliver(MESSAGE)
    channel.deliver(MESSAGE)

    first, second = postbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize(
    ("command", "answer", "failure"),
    [
        ("RCPT", "550 no such person", Permanent),
        ("RCPT", "450 try later", Temporary),
        ("DATA", "554 not wanted", Permanent),
        ("DATA", "451 try later", Temporary),
        ("MAIL", "550 sender unknown", Temporary),
        ("MAIL", "421 going down", Temporary),
    ],
)
def test_an_answer_of_the_server_is_permanent_or_temporary(
    channel: SmtpChannel, postbox: Postbox, command: str, answer: str, failure: type[Exception]
) -> None:
    postbox.answers[command] = answer

    with pytest.raises((Permanent, Temporary)) as raised:
        channel.deliver(MESSAGE)

    assert type(raised.value) is failure
    assert answer[:3] in str(raised.value)
    assert MESSAGE.recipient not in str(raised.value)
    assert postbox.taken == []


def test_a_server_that_is_not_there_is_temporary(port: int) -> None:
    with pytest.raises(Temporary, match="ConnectionRefusedError"):
        SmtpChannel("127.0.0.1", port, SENDER).deliver(MESSAGE)


def test_a_server_that_does_not_speak_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = SmtpChannel("127.0.0.1", silent.getsockname()[1], SENDER, timeout=timedelta(milliseconds=100))
        with pytest.raises(Temporary, match=r"TimeoutError|SMTPServerDisconnected"):
            channel.deliver(MESSAGE)


def test_where_encryption_is_asked_for_and_not_offered_nothing_leaves(
    channel: SmtpChannel, postbox: Postbox, port: int
) -> None:
    with pytest.raises(Temporary, match="no encryption"):
        SmtpChannel("127.0.0.1", port, SENDER, encrypted=True).deliver(MESSAGE)

    assert postbox.taken == []


@pytest.mark.parametrize("address", ["a@b@c.example", "a@[b", "a@b.example, c@d.example", "a b@c.example", "<a@b"])
def test_an_address_that_is_not_exactly_one_address_is_permanent(
    channel: SmtpChannel, postbox: Postbox, address: str
) -> None:
    with pytest.raises(Permanent, match="address"):
        channel.deliver(Message("MC-1/1/x/y", address, "Subject", "Text"))

    assert postbox.taken == []
