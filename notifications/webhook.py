"""Pagers and other systems that take a signed POST at one address of the settings."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import orjson

from notifications.message import Message, in_short
from notifications.posting import post

PREFIX = "pager:"


class WebhookChannel:
    """Delivers to ``pager:4711`` as ``{"reference": ..., "pager": "4711", "text": ..., "urgent": true}``.

    `Idempotency-Key` is the message's key; `X-Homeward-Signature` is the HMAC-SHA256 of the body with the shared secret, in hex.
    """

    def __init__(self, url: str, secret: str, *, timeout: timedelta = timedelta(seconds=20)) -> None:
        """Keep where the pager system listens, and the secret that both know."""
        self._url = url
        self._secret = secret.encode()
        self._timeout = timeout

    def takes(self, recipient: str) -> bool:
        """Take what names a pager."""
        return recipient.startswith(PREFIX)

    def deliver(self, message: Message) -> None:
        """Hand the message over; the receiver has taken it when this returns."""
        pager = message.recipient.removeprefix(PREFIX)
        said = {"reference": message.key, "pager": pager, "text": in_short(message), "urgent": message.urgent}
        body = orjson.dumps(said)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            "X-Homeward-Signature": hmac.new(self._secret, body, hashlib.sha256).hexdigest(),
        }
        post(self._url, body, headers, timeout=self._timeout, what="the pager system")
