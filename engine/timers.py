"""The sweep: fires what is due, opens what begins by itself and hands messages over; one broken case never stops the others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.cases import Cases
from engine.errors import Refusal
from engine.faults import describe
from engine.runner import StepFailed

logger = logging.getLogger("homeward.timers")

RINGS_AT_MOST = 50
"""How often the clocks of one case may go off in one sweep; more is a loop of clocks that are due at once."""

WEATHER_AT_MOST = 5
"""How often the database, or what another node did first, may stand in the way of a step before people hear of it."""


class RingsWithoutEnd(Exception):
    """The clocks of a case go off again and again at one moment."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: clocks that went off, messages handed over, steps that failed, cases that began by themselves."""

    fired: int = 0
    delivered: int = 0
    failed: int = 0
    opened: int = 0
    done: int = 0


def sweep(
    cases: Cases,
    *,
    now: datetime,
    limit: int = 500,
    between: Callable[[], object] | None = None,
    outside: bool = True,
) -> Swept:
    """Fire due clocks, open due cases and deliver waiting messages until nothing is left or `limit` steps were taken.

    What another node holds is passed over: that node may be frozen. A step that fails is rolled back whole and
    becomes an incident (`engine.incidents`), and the sweep goes on.
    `between` is called after each clock that went off, so that the caller may let people write first. Without `outside`
    no other system is asked for anything.
    """
    cases.incidents.resolve(now)
    fired, failed_clocks = _fire(cases, now, limit, between)
    opened, failed_openings = _open(cases, now, limit - fired - failed_clocks)
    left = limit - fired - failed_clocks - opened - failed_openings
    delivered, failed_messages = _deliver(cases, now, left)
    done, failed_errands = _run_errands(cases, now, left - delivered - failed_messages) if outside else (0, 0)
    failed = failed_clocks + failed_openings + failed_messages + failed_errands
    return Swept(fired, delivered, failed, opened, done)


def _fire(cases: Cases, now: datetime, limit: int, between: Callable[[], object] | None = None) -> tuple[int, int]:
    """Let due clocks go off; give how many did and how many failed."""
    held: list[str] = []
    rings: Counter[str] = Counter()
    failed = 0
    while rings.total() + failed < limit and (case_id := cases.next_due(now=now, held=held)) is not None:
        try:
            if _ring(cases, case_id, rings[case_id], now):
                rings[case_id] += 1
                if between is not None:
                    between()
            else:
                held.append(case_id)
        except Exception as fault:  # noqa: BLE001 - one broken case never stops the others
            held.append(case_id)
            _keep(cases, ("clock", ""), case_id, fault, now, cases.postpone(case_id, now=now))
            failed += 1
    return rings.total(), failed


def _ring(cases: Cases, case_id: str, rings: int, now: datetime) -> bool:
    """Let a clock of a case go off that has done so `rings` times in this sweep; False where another node holds the case."""
    if rings >= RINGS_AT_MOST:
        raise RingsWithoutEnd(case_id)
    return cases.fire(case_id, now=now)


def _open(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Open the cases of the procedures whose time has come; give how many were and how many failed."""
    held: list[str] = []
    opened = failed = 0
    while opened + failed < limit and (procedure := cases.next_schedule(now=now, held=held)) is not None:
        try:
            if cases.open_scheduled(procedure, now=now):
                opened += 1
            else:
                held.append(procedure)
        except Exception as fault:  # noqa: BLE001 - one broken procedure never stops the others
            held.append(procedure)
            times = cases.postpone_schedule(procedure, now=now)
            _keep(cases, ("schedule", procedure), "", fault, now, times)
            failed += 1
    return opened, failed


def _deliver(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Hand waiting messages over; give how many were and how many failed."""
    held: list[str] = []
    delivered = failed = 0
    while delivered + failed < limit and (found := cases.next_message(now=now, held=held)) is not None:
        try:
            if cases.deliver(found, now=now):
                delivered += 1
            else:
                held.append(found.message_id)
        except Exception as fault:  # noqa: BLE001 - one broken case never stops the others
            held.append(found.message_id)
            times = cases.postpone_message(found.message_id, now=now)
            _keep(cases, ("message", found.name), found.case_id, fault, now, times)
            failed += 1
    return delivered, failed


def _run_errands(cases: Cases, now: datetime, limit: int) -> tuple[int, int]:
    """Carry out what cases have asked for; give how many were done and how many failed.

    Another system may be away for a while: only what has failed five times, with a growing wait, is an incident.
    """
    held: list[str] = []
    done = failed = 0
    while done + failed < limit and (message_id := cases.errands.next(now=now, held=held)) is not None:
        held.append(message_id)
        try:
            done += cases.errands.carry_out(message_id, now=now)
        except Exception as fault:  # noqa: BLE001 - one broken errand never stops the others
            times = cases.postpone_message(message_id, now=now)
            if times >= WEATHER_AT_MOST:
                cases.incidents.keep(message_id.rpartition("/")[0], ("errand", message_id), fault, now)
            text = "the errand %s failed (%d): %s"
            logger.error(text, message_id, times, describe(fault))  # noqa: TRY400 - no values in the log
            failed += 1
    return done, failed


def _keep(cases: Cases, about: tuple[str, str], case_id: str, fault: Exception, now: datetime, times: int) -> None:
    """Keep a failure: what may pass by itself is tried again with a growing wait, anything else is an incident."""
    cause = fault.__cause__ if isinstance(fault, StepFailed) else fault
    passes = isinstance(cause, sa.exc.DBAPIError) or (isinstance(cause, Refusal) and cause is fault)
    if not passes or times >= WEATHER_AT_MOST:
        cases.incidents.keep(case_id, about, fault, now)
    text = "a step of the sweep failed (%d): %s %s of case %s: %s"
    logger.error(text, times, *about, case_id or "none", describe(fault))
