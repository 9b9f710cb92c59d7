"""The sweep: fires what is due, opens what begins by itself and hands messages over; one broken case never stops the others."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from engine.cases import Cases
from engine.faults import describe

logger = logging.getLogger("homeward.timers")


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: clocks that went off, messages handed over, steps that failed, cases that began by themselves."""

    fired: int = 0
    delivered: int = 0
    failed: int = 0
    opened: int = 0


def sweep(cases: Cases, *, now: datetime, limit: int = 500) -> Swept:
    """Fire due clocks, open due cases and deliver waiting messages until nothing is left or `limit` steps were taken.

    What another node holds is passed over: that node may be frozen. A step that fails is rolled back whole; its case is
    pushed further away with a growing wait, the failure is logged with the case's reference, and the sweep goes on.
    """
    fired, failed_clocks = _fire(cases, now, limit)
    opened, failed_openings = _open(cases, now, limit - fired - failed_clocks)
    left = limit - fired - failed_clocks - opened - failed_openings
    delivered, failed_messages = _deliver(cases, now, left)
    return Swept(fired, delivered, failed_clocks + failed_openings + failed_messages, opened)


def _fire(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Let due clocks go off; give how many did and how many failed."""
    held: list[str] = []
    fired = failed = 0
    while fired + failed < limit and (case_id := cases.next_due(now=now, held=held)) is not None:
        try:
            if not cases.fire(case_id, now=now):
                held.append(case_id)
                continue
            fired += 1
        except Exception as fault:  # noqa: BLE001 - one broken case never stops the others
            times = cases.postpone(case_id, now=now)
            text = "a clock of case %s could not go off (failure %d): %s"
            logger.error(text, case_id, times, describe(fault))  # noqa: TRY400 - no values in the log
            failed += 1
    return fired, failed


def _open(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Open the cases of the procedures whose time has come; give how many were and how many failed."""
    held: list[str] = []
    opened = failed = 0
    while opened + failed < limit and (procedure := cases.next_schedule(now=now, held=held)) is not None:
        try:
            if not cases.open_scheduled(procedure, now=now):
                held.append(procedure)
                continue
            opened += 1
        except Exception as fault:  # noqa: BLE001 - one broken procedure never stops the others
            times = cases.postpone_schedule(procedure, now=now)
            text = "the procedure %s could not open its case (failure %d): %s"
            logger.error(text, procedure, times, describe(fault))  # noqa: TRY400 - no values in the log
            failed += 1
    return opened, failed


def _deliver(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Hand waiting messages over; give how many were and how many failed."""
    held: list[str] = []
    delivered = failed = 0
    while delivered + failed < limit and (found := cases.next_message(now=now, held=held)) is not None:
        try:
            if not cases.deliver(found, now=now):
                held.append(found.message_id)
                continue
            delivered += 1
        except Exception as fault:  # noqa: BLE001 - one broken case never stops the others
            times = cases.postpone_message(found.message_id, now=now)
            text = "message %s could not be handed over (failure %d): %s"
            logger.error(text, found.message_id, times, describe(fault))  # noqa: TRY400 - no values in the log
            failed += 1
    return delivered, failed
