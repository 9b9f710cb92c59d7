"""Whether anything was written since an open first page was drawn: asked before the page is drawn again to be compared.

What people and clocks do in cases, comments and hand-overs is seen at once; what time alone changes, and administrators, once the
last comparison is `KEPT` old. Kept in this process only: another one compares once itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from engine.frozen import frozen
from workflows.audience import Audience
from workflows.boards import Beat

KEPT = timedelta(seconds=45)
"""So long a comparison counts; with the ten seconds between two questions, what time alone changes is said within a minute."""
SLACK = timedelta(minutes=1)
"""So long after the moment that it carries an event may be committed, and is still counted as new."""
AT_MOST = 2_000
"""So many open pages are remembered in a process, those asked for last."""


@frozen
class _Seen:
    at: datetime
    bounds: Audience
    beat: Beat


class Pulses:
    """What was written when the open pages were compared last, by person and page."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._seen: OrderedDict[tuple[str, str], _Seen] = OrderedDict()
        self._lock = Lock()

    def note(self, page: str, bounds: Audience, beat: Beat, now: datetime) -> None:
        """Note that a person's page is right as of now; `beat` was taken before it was drawn."""
        with self._lock:
            key = bounds.who.person, page
            self._seen[key] = _Seen(now, bounds, beat)
            self._seen.move_to_end(key)
            if len(self._seen) > AT_MOST:
                self._seen.popitem(last=False)

    def is_right(self, page: str, bounds: Audience, beat: Callable[[datetime], Beat], now: datetime) -> bool:
        """Tell whether a person's page is as it was when it was compared last; `beat` counts what was written since a moment."""
        with self._lock:
            seen = self._seen.get((bounds.who.person, page))
        if seen is None or not seen.at <= now < seen.at + KEPT or seen.bounds != bounds:
            return False
        return beat(seen.at - SLACK) == seen.beat
