"""A message cannot break a header, and the memory channel behaves as a receiver that knows its references."""

import pytest

from notifications.memory import MemoryChannel
from notifications.message import Message, Permanent, Temporary
from notifications.outbox import LONGEST_WAIT, wait_after
from notifications.smtp import SmtpChannel, reference


@pytest.mark.parametrize(
    ("key", "recipient", "subject"),
    [
        ("", "a@b.example", "subject"),
        ("key", "", "subject"),
        ("key", "a@b.example", ""),
        ("key", "a@b.example\r\nBcc: c@d.example", "subject"),
        ("key", "a@b.example", "subject\nBcc: c@d.example"),
        ("key\n", "a@b.example", "subject"),
        ("key", "a@b.example", "subject\u2028more"),
    ],
)
def test_a_message_without_its_parts_or_with_a_line_break_in_them_is_refused(
    key: str, recipient: str, subject: str
) -> None:
    with pytest.raises(ValueError, match="one line"):
        Message(key, recipient, subject, "text")


def test_the_memory_channel_fails_as_prepared_and_then_takes_each_reference_once() -> None:
    channel = MemoryChannel([Temporary("away"), Permanent("never"), None])
    message = Message("MC-1/1/deadline/anna", "anna@force.example", "subject", "text")

    for _ in range(2):
        with pytest.raises((Temporary, Permanent)):
            channel.deliver(message)
    channel.deliver(message)
    channel.deliver(message)

    assert channel.taken == [message]


def test_waits_double_from_a_minute_and_stay_at_an_hour() -> None:
    minutes = [wait_after(attempts).total_seconds() / 60 for attempts in (1, 2, 3, 4, 5, 6, 7, 8, 5000)]

    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_after(10**9) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("address", "taken"), [("a@b.example", True), ("07700900000", False), ("@b", False), ("a@", False)]
)
def test_mail_takes_mail_addresses_only(address: str, *, taken: bool) -> None:
    assert SmtpChannel("127.0.0.1", 25, "homeward@force.example").takes(address) is taken


def test_different_keys_have_different_references_that_fit_a_message_id() -> None:
    keys = ["MC-1/1/x/a.b", "MC-1/1/x/a%2Eb", "MC-1/1/x/a@b", "MC-1/1/x/a b", "MC-1/1/x/å", "MC-1/1/x/a..b."]
    references = [reference(key) for key in keys]

    assert len(set(references)) == len(keys)
    assert all(one.isascii() and not set(one) & set(' .@<>"') for one in references)
