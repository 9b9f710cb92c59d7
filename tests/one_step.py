"""Takes each step of a case in a process in which no case has run, and which ends with it.

Run as ``python -m tests.one_step``; it reads the name of a folder from each line, lets a child that knows nothing but the
modules take the step, and answers with how that ended, 0 where it went well. The folder holds ``release``, ``facts`` and
``command`` and, once the case is open, ``state``; the step leaves ``state``, ``facts`` and ``outcome`` there.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import release, runner, state, values
from engine.model import Actor, Command, Complete, Correct, Deliver, FactWrite, Fire, Found, Open
from engine.outcome import OpenTask, Outcome
from tests.procedures.casework import answer


def written(command: Command) -> dict[str, Any]:
    """Write a command as plain values."""
    writes = [[each.record, each.key, each.field, each.value] for each in getattr(command, "writes", ())]
    match command:
        case Open(by=by):
            return {"writes": writes, "by": by.person}
        case Complete(task=task, by=by):
            return {"writes": writes, "by": by.person, "task": task}
        case Correct(by=by, reason=reason):
            return {"writes": writes, "by": by.person, "reason": reason}
        case Deliver(name=name, key=key, payload=payload):
            return {"name": name, "key": key, "payload": dict(payload)}
        case Fire():
            return {}
        case _:
            raise TypeError(type(command).__name__)


def read(given: Mapping[str, Any]) -> Command:
    """Read a command that `written` wrote."""
    writes = tuple(FactWrite(*each) for each in given.get("writes", ()))
    if "task" in given:
        return Complete(given["task"], writes, Actor(given["by"]))
    if "reason" in given:
        return Correct(writes, Actor(given["by"]), given["reason"])
    if "name" in given:
        return Deliver(given["name"], given["key"], given["payload"])
    return Open(writes, Actor(given["by"])) if writes or "by" in given else Fire()


def told(outcome: Outcome) -> dict[str, Any]:
    """Write what a step did as plain values."""
    return {
        "events": [[e.kind, e.element, e.name, e.task, e.activity, e.by, dict(e.data)] for e in outcome.events],
        "opened": [_task(task) for task in outcome.opened],
        "moved": [_task(task) for task in outcome.moved],
        "completed": outcome.completed,
        "cancelled": outcome.cancelled,
        "next_due_at": outcome.next_due_at,
        "closed": outcome.closed,
        "title": outcome.title,
    }


def _task(task: OpenTask) -> list[Any]:
    return [task.number, task.node.id, task.key, task.due_at, task.deadline]


def take(folder: Path) -> None:
    """Take the step."""
    compiled = release.load((folder / "release").read_bytes())
    facts = values.loads((folder / "facts").read_bytes())
    given = values.loads((folder / "command").read_bytes())
    command, now = read(given["command"]), given["now"]

    def operations(name: str, scope: Mapping[str, Any]) -> Found:
        return answer(name, scope, now, {})

    if isinstance(command, Open):
        outcome = runner.begin(compiled, given["reference"], facts, command, now, operations)
    else:
        saved = (folder / "state").read_bytes()
        outcome = runner.restore(compiled, saved, facts, now, operations).step(command)
    (folder / "state").write_bytes(state.dump(outcome.position))
    (folder / "facts").write_bytes(values.dumps(facts))
    (folder / "outcome").write_bytes(values.dumps(told(outcome)))


def alone(folder: Path) -> int:
    """Take the step in a child; give 0 where it went well."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        take(folder)
        status = 0
    except Exception:  # noqa: BLE001 - whatever it was, the test is told
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    for line in sys.stdin:
        print(alone(Path(line.rstrip("\n"))), flush=True)  # noqa: T201 - whoever asked waits for it
