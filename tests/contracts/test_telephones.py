"""Texts and pages go to real HTTP servers on this machine, which also refuse, redirect, dawdle, and are not there."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import orjson
import pytest

from notifications.govuk_notify import NotifyChannel
from notifications.message import Channel, Message, Permanent, Temporary
from notifications.webhook import WebhookChannel

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"homeward_night-{SERVICE}-{SECRET}"
TEXT = "Case MC-7K3QX9PW\n\nDo it now:\nhttps://homeward.example/tasks/MC-7K3QX9PW.3\n\nNo word of the child.\n"
MESSAGE = Message(
    "MC-7K3QX9PW/12/deadline/anna/sms-1", "sms:+447700900123", "URGENT MC-7K3QX9PW: acknowledge", TEXT, urgent=True
)
PAGE = Message("MC-7K3QX9PW/12/deadline/anna/pager-1", "pager:4711", MESSAGE.subject, TEXT, urgent=True)
IN_SHORT = "URGENT MC-7K3QX9PW: acknowledge\nhttps://homeward.example/tasks/MC-7K3QX9PW.3"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, and answers as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on any free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Answering)
        self.status = 201
        self.headers: dict[str, str] = {}
        self.taken: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers), body))
        if self.server.status == 0:
            self.close_connection = True
            return
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def texts(address: str) -> NotifyChannel:
    return NotifyChannel(KEY, "template-1", clock=lambda: NOW, address=address, timeout=timedelta(seconds=2))


def pages(address: str) -> WebhookChannel:
    return WebhookChannel(f"{address}/pages", "shared secret", timeout=timedelta(seconds=2))


def test_a_text_reaches_notify_signed_and_in_short(receiver: Receiver) -> None:
    texts(receiver.address).deliver(MESSAGE)
    [(path, headers, body)] = receiver.taken
    assert path == "/v2/notifications/sms"
    assert orjson.loads(body) == {
        "phone_number": "+447700900123",
        "template_id": "template-1",
        "personalisation": {"message": IN_SHORT},
        "reference": MESSAGE.key,
    }
    token = headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
    assert claims == {"iss": SERVICE, "iat": int(NOW.timestamp())}


def test_a_page_is_signed_over_its_body_and_names_the_message(receiver: Receiver) -> None:
    pages(receiver.address).deliver(PAGE)
    [(path, headers, body)] = receiver.taken
    assert path == "/pages"
    assert orjson.loads(body) == {"reference": PAGE.key, "pager": "4711", "text": IN_SHORT, "urgent": True}
    signed = hmac.new(b"shared secret", body, hashlib.sha256).hexdigest()
    assert headers["X-Homeward-Signature"] == signed
    assert headers["Idempotency-Key"] == PAGE.key


@pytest.mark.parametrize("make", [texts, pages])
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Permanent),
        (422, Permanent),
        (401, Temporary),
        (403, Temporary),
        (404, Temporary),
        (408, Temporary),
        (429, Temporary),
        (500, Temporary),
        (503, Temporary),
        (0, Temporary),
    ],
)
def test_each_refusal_is_one_of_the_two_failures_and_says_nothing_of_the_message(
    receiver: Receiver, make: Callable[[str], Channel], status: int, failure: type[Exception]
) -> None:
    receiver.status = status
    with pytest.raises(failure) as refusal:
        make(receiver.address).deliver(MESSAGE)
    assert not {"7700", "MC-", "acknowledge"} & set(str(refusal.value).split())


@pytest.mark.parametrize("make", [texts, pages])
def test_what_is_sent_follows_no_redirect(receiver: Receiver, make: Callable[[str], Channel]) -> None:
    receiver.status, receiver.headers = 307, {"Location": f"{receiver.address}/elsewhere"}
    with pytest.raises(Temporary):
        make(receiver.address).deliver(MESSAGE)
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("make", [texts, pages])
def test_a_server_that_is_not_there_is_temporary(make: Callable[[str], Channel]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Temporary, match="could not be spoken to"):
            make(address).deliver(MESSAGE)


def test_each_channel_takes_its_own_kind_of_address() -> None:
    addresses = ("sms:+447700900123", "pager:4711", "anna@force.example", "holders of duty_inspector")
    assert [texts("http://x").takes(each) for each in addresses] == [True, False, False, False]
    assert [pages("http://x").takes(each) for each in addresses] == [False, True, False, False]
