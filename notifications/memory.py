"""A channel that keeps its messages in memory: for tests, demonstrations and trying things out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from notifications.message import DeliveryFailed, Message


class MemoryChannel:
    """Takes every message, except while `failures` has something left: each attempt then uses one up.

    `taken` holds the messages in the order in which they were taken. Like a real receiver that knows its references,
    it keeps a message whose key it has already taken once only.
    """

    def __init__(self, failures: Iterable[DeliveryFailed | None] = ()) -> None:
        """Prepare the outcome of the first attempts; ``None`` stands for one that succeeds."""
        self.failures: deque[DeliveryFailed | None] = deque(failures)
        self.taken: list[Message] = []

    def takes(self, recipient: str) -> bool:
        """Take any address."""
        return bool(recipient)

    def deliver(self, message: Message) -> None:
        """Keep the message, or fail as prepared."""
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        if all(message.key != earlier.key for earlier in self.taken):
            self.taken.append(message)
