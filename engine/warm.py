"""The positions of the cases that moved last, kept between two steps of a process, so that the second need not read what the first wrote."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from engine.frozen import frozen
from engine.outcome import Written
from engine.state import Position

KEPT_AT_MOST = 64
"""How many cases: about fifty kilobytes each."""

Waiting = tuple[int, str, str]
"""What a case waits for: the number of the token, the name of the message, its key."""


@frozen
class Warm:
    """A case's position as the step left it that wrote `written`, on which release, and what it waits for."""

    release_id: int
    written: Written
    position: Position
    awaited: frozenset[Waiting]


class WarmPositions:
    """Positions by the reference of their case, the one that moved longest ago going first.

    One is given out once, and only where the row of the case holds the very bytes, of tokens and facts, that its last step here wrote. Whatever another
    node, a migration or an operator has written since is read anew, and so is what a step has touched that failed: whoever
    takes a position has it alone, and gives it back when the next bytes are written. What is rolled back after that no row ever holds.
    """

    def __init__(self, most: int = KEPT_AT_MOST) -> None:
        """Keep so many positions at most."""
        self.most = most
        self._kept: dict[str, Warm] = {}
        self._lock = Lock()

    def take(self, case_id: str, release_id: int, written: Written) -> Warm | None:
        """Give the position that these bytes say, where it is there; it is not there any more then."""
        with self._lock:
            found = self._kept.pop(case_id, None)
        return found if found is not None and (found.release_id, found.written) == (release_id, written) else None

    def keep(
        self, case_id: str, release_id: int, written: Written, position: Position, awaited: Iterable[Waiting]
    ) -> None:
        """Keep a position that a step has written as these bytes, without the conductor of that step and all that it saw."""
        position.tokens.script_engine = None
        with self._lock:
            self._kept.pop(case_id, None)
            self._kept[case_id] = Warm(release_id, written, position, frozenset(awaited))
            while len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]

    def forget(self) -> None:
        """Let all of them go: what is erased stays in no memory of this process either."""
        with self._lock:
            self._kept.clear()
