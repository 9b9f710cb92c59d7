"""The sweep: fires what is due and hands messages over, one case at a time; one broken case never stops the others."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from engine.cases import Cases

logger = logging.getLogger("homeward.timers")


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: clocks that went off, messages handed over, steps that failed."""

    fired: int = 0
    delivered: int = 0
    failed: int = 0


def sweep(cases: Cases, *, now: datetime, limit: int = 500) -> Swept:
    """Fire due clocks and deliver waiting messages until nothing is left or `limit` steps were taken.

    A step that fails is rolled back whole; its case is pushed further away with a growing wait, the failure is logged with
    the case's reference, and the sweep goes on.
    """
    fired = delivered = failed = 0
    while fired + delivered + failed < limit:
        case_id = cases.next_due(now=now)
        if case_id is None:
            break
        try:
            if not cases.fire(case_id, now=now):
                break
            fired += 1
        except Exception:
            logger.exception("a clock of case %s could not go off (failure %d)", case_id, cases.postpone(case_id, now=now))
            failed += 1
    while fired + delivered + failed < limit:
        found = cases.next_message(now=now)
        if found is None:
            break
        try:
            if not cases.deliver(*found, now=now):
                break
            delivered += 1
        except Exception:
            logger.exception("message %s could not be handed to case %s", *found)
            cases.postpone(found[1], now=now)
            failed += 1
    return Swept(fired, delivered, failed)
