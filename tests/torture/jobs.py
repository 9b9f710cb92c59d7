"""What the processes do that are killed or frozen: one command, or a sweep without end."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from engine import store, timers
from engine.cases import Cases
from tests.torture import after_the_step, sample
from web.worker import pause_for

Hook = Callable[[str], None]


def watch(engine: sa.Engine, hook: Hook) -> None:
    """Call a hook before and after every statement and every commit of a database."""
    event.listen(engine, "before_cursor_execute", lambda *_: hook("before a statement"))
    event.listen(engine, "after_cursor_execute", lambda *_: hook("after a statement"))
    commit = engine.dialect.do_commit

    def committing(connection: Any) -> None:
        hook("before the commit")
        commit(connection)
        hook("after the commit")

    engine.dialect.do_commit = committing  # type: ignore[assignment,method-assign]


def at_point(point: int, sent: int) -> Hook:
    """Give a hook that sends this process a signal when it is called for the `point`th time."""
    left = [point]

    def hook(_where: str) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), sent)

    return hook


def command(url: str, what: str, target: str, key: str, point: int, sent: int = signal.SIGKILL) -> None:
    """Carry out one command, and be struck at one point of it."""
    engine = store.connect(url)
    cases = sample.cases_in(engine)
    for procedure in ("work", "beside"):
        cases.library.newest(procedure)
    cases.messages.next(now=sample.NOW)
    watch(engine, at_point(point, sent))
    carry_out(cases, what, target, key)


def command_after(url: str, what: str, target: str, key: str, point: int, sent: int = signal.SIGKILL) -> None:
    """Carry out what is no step of a person, and be struck at one point of it."""
    engine = store.connect(url)
    cases = after_the_step.cases_in(engine)
    cases.library.newest("asking")
    watch(engine, at_point(point, sent))
    after_the_step.carry_out(cases, what, target, key)


def carry_out(cases: Cases, what: str, target: str, key: str) -> object:
    """Carry out a command of the torture; the same again is a retry."""
    now = sample.LATER
    match what:
        case "open":
            return cases.open("work", {"name": key}, by=sample.ANN, now=now, key=key)
        case "complete":
            return cases.complete(target, {"text": key}, by=sample.ANN, now=now, key=key)
        case "correct":
            right = {"name": f"not {key}"}
            return cases.correct(target, "opening", "", right, by=sample.ANN, now=now, key=key, reason="it was wrong")
        case "fire":
            return cases.fire(target, now=now)
        case "expire":
            return cases.fire(target, now=sample.NEXT_DAY)
        case "deliver":
            found = cases.messages.next(now=now)
            return found is not None and cases.messages.deliver(found, now=now)
        case _:
            files = {
                **sample.WORK,
                "work.bpmn": sample.WORK["work.bpmn"].replace("expiry", f"expiry_{key.partition(' ')[2]}"),
            }
            return cases.publish(files, by="ann", now=now, roles=sample.ROLES)


def clock(zero: float) -> datetime:
    """Give the moment by the machine's steady clock, which all processes share; at `zero` it was nine o'clock."""
    return sample.NOW + timedelta(seconds=time.monotonic() - zero)


def rest(seconds: float) -> None:
    """Wait a while."""
    threading.Event().wait(seconds)


def sweep(url: str, zero: float, until: float, pause: float) -> None:
    """Sweep by the steady clock until its moment `until`."""
    cases = sample.cases_in(store.connect(url))
    while time.monotonic() < until:
        timers.sweep(cases, now=clock(zero), limit=50)
        rest(pause)


def sweep_all(url: str, at: str) -> None:
    """Sweep at one moment until nothing is left."""
    engine = store.connect(url)
    cases, pause = sample.cases_in(engine), pause_for(engine)
    while timers.sweep(cases, now=datetime.fromisoformat(at), limit=200, between=pause).fired:
        pass


def stumble(chance: random.Random) -> Hook:
    """Give a hook that now and then lets the other node go first."""

    def hook(_where: str) -> None:
        if chance.random() < 0.3:
            rest(chance.uniform(0, 0.002))

    return hook
