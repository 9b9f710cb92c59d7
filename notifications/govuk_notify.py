"""Text messages through GOV.UK Notify's API, one request per message.

Its own client is not used: with what that needs it is 22 MB in memory, for one request that is signed and posted here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import orjson

from notifications.message import Message, in_short
from notifications.posting import post

ADDRESS = "https://api.notifications.service.gov.uk"
PREFIX = "sms:"
UUID_LENGTH = 36
LONGEST_TEXT = 918
"""Characters that Notify takes in one text message, as six fragments."""


class NotifyChannel:
    """Delivers to ``sms:+447700900123``; the template at Notify holds the one placeholder ``((message))``."""

    def __init__(
        self,
        key: str,
        template: str,
        *,
        clock: Callable[[], datetime],
        address: str = ADDRESS,
        timeout: timedelta = timedelta(seconds=20),
    ) -> None:
        """Keep the key, which ends with the ids of the service and of the secret, and the template's id; `clock` dates the signature, which Notify takes for 30 seconds."""
        self._secret = key[-UUID_LENGTH:]
        self._service = key[-2 * UUID_LENGTH - 1 : -UUID_LENGTH - 1]
        self._template = template
        self._clock = clock
        self._url = f"{address.rstrip('/')}/v2/notifications/sms"
        self._timeout = timeout

    def takes(self, recipient: str) -> bool:
        """Take telephone numbers."""
        return recipient.startswith(PREFIX)

    def deliver(self, message: Message) -> None:
        """Hand the message to Notify, with its key as the reference by which it is found there."""
        said = {
            "phone_number": message.recipient.removeprefix(PREFIX),
            "template_id": self._template,
            "personalisation": {"message": in_short(message)[:LONGEST_TEXT]},
            "reference": message.key,
        }
        claims = {"iss": self._service, "iat": int(self._clock().timestamp())}
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        post(self._url, orjson.dumps(said), headers, timeout=self._timeout, what="GOV.UK Notify")
