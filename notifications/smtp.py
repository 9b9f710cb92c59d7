"""Mail: plain text in UTF-8 over SMTP, one connection per message."""

from __future__ import annotations

import smtplib
import ssl
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

from notifications.message import Message, Permanent, Temporary

PERMANENT = range(500, 600)
"""Reply codes by which a server says that the same message will be refused again (RFC 5321 section 4.2.1)."""

UNWRITABLE = (ValueError, AttributeError, IndexError, MessageError)
"""What the standard library raises at an address that is none; the middle two are faults of its parser."""


class SmtpChannel:
    """Delivers by mail.

    A refusal of the recipient or of the content with a 5xx reply is permanent. All the rest is temporary: a 4xx reply,
    a server that is away, and also a refused greeting, sign-in or sender, since these are faults of the settings, which
    somebody puts right while the message waits.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        timeout: timedelta = timedelta(seconds=20),
        encrypted: bool = False,
        user: str = "",
        password: str = "",
    ) -> None:
        """Keep how to reach the server; `encrypted` asks for STARTTLS with a checked certificate before anything else."""
        self.host = host
        self.port = port
        self.sender = sender
        self.timeout = timeout
        self.encrypted = encrypted
        self.user = user
        self._password = password

    def takes(self, recipient: str) -> bool:
        """Take whatever looks like a mail address."""
        name, at, domain = recipient.rpartition("@")
        return bool(name and at and domain)

    def deliver(self, message: Message) -> None:
        """Send the message; the server has taken responsibility for it when this returns."""
        try:
            mail = self._mail(message)
        except UNWRITABLE as problem:
            raise Permanent("the address cannot be written into a mail") from problem
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout.total_seconds()) as server:
                self._greet(server)
                server.send_message(mail, from_addr=self.sender, to_addrs=[message.recipient])
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _failure(refusal.recipients[message.recipient][0], "the recipient") from refusal
        except smtplib.SMTPDataError as refusal:
            raise _failure(refusal.smtp_code, "the content") from refusal
        except smtplib.SMTPResponseException as refusal:
            raise Temporary(f"the mail server answered {refusal.smtp_code}") from refusal
        except (OSError, smtplib.SMTPException) as absence:
            raise Temporary(f"the mail server could not be spoken to ({type(absence).__name__})") from absence

    def _greet(self, server: smtplib.SMTP) -> None:
        """Encrypt and sign in, where that is wanted; a server without them is a fault of the settings."""
        try:
            if self.encrypted:
                server.starttls(context=ssl.create_default_context())
            if self.user:
                server.login(self.user, self._password)
        except smtplib.SMTPNotSupportedError as refusal:
            raise Temporary("the mail server offers no encryption or no sign-in") from refusal

    def _mail(self, message: Message) -> EmailMessage:
        """Write the mail; the same message gives the same Message-ID and Date at every attempt."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self.sender
        mail["To"] = Address(addr_spec=message.recipient)
        mail["Subject"] = message.subject
        mail["Message-ID"] = f"<{reference(message.key)}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.written_at is not None:
            mail["Date"] = message.written_at
        if message.urgent:
            mail["Importance"] = "high"
            mail["X-Priority"] = "1"
        mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
        return mail


def reference(key: str) -> str:
    """Write a message's key so that it may stand to the left of the @ in a Message-ID; different keys stay different."""
    return quote(key, safe="/").replace(".", "%2E")


def _failure(code: int, what: str) -> Permanent | Temporary:
    """Turn a reply code into one of the two failures."""
    kind = Permanent if code in PERMANENT else Temporary
    return kind(f"the mail server answered {code} to {what}")
