"""What a guarded child answers of a procedure that is tried out: the case as it stands after some commands, as plain data.

It reads no database: `workflows.invented` stands for what service tasks would find, and what would be told or sent is only said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

import orjson

from engine import release, scenarios, values
from engine.errors import AnswersInvalid, Invalid, Problem
from engine.forms.inventing import invent
from engine.forms.plain import as_plain
from engine.model import Event, Facts
from engine.outcome import OpenTask
from engine.rehearsal import CannotBePlayed, Expected, Happened, Rehearsal, Ticking, played
from engine.release import Compiled
from workflows import invented
from workflows.alert_table import Alert, raised
from workflows.obligations import asked_by

Files = Mapping[str, str]
Plain = dict[str, Any]
TASKS = frozenset({"user_task", "decision_task", "operation"})
"""The kinds of elements that are counted as steps: what somebody does, what a table decides, what the service looks up."""


TOLD = frozenset({
    "case_opened", "task_completed", "task_cancelled", "decision_made", "operation_done", "timer_fired", "message_received",
    "message_sent", "condition_met", "element_passed", "case_closed", "case_stranded",
})  # fmt: skip
"""The events that are told of a case that is tried out; the others are for auditors and machines."""


def compiled(files: Files) -> Compiled:
    """Compile files to try them out, whatever the rules of publishing say of them; refused where nothing could be begun."""
    try:
        return release.load(release.pack(files)[0])
    except RuntimeError:
        sentence = "Nothing can be tried out yet: no diagram could be read that is not called by another."
        raise Invalid([Problem("procedure", "cannot-be-tried", sentence)]) from None


def told(question: Mapping[str, Any]) -> Plain:
    """Play the commands of a question, and tell the case as it then stands, with the page that was asked for.

    ``{"procedure", "files", "began", "commands", "look": {"task", "key", "invent", "raw"} or None}``. What was refused of the last
    command is told as ``problems`` (of its answers) or as ``stopped``; the case is told as it was before it.
    """
    files, procedure = question["files"], question["procedure"]
    rehearsal = Rehearsal(compiled(files), datetime.fromisoformat(question["began"]), invented.find)
    heard: list[tuple[int, list[Plain]]] = []
    found: Plain = {"played": 0, "problems": [], "stopped": None}
    try:
        for place in played(rehearsal, question["commands"]):
            found["played"] = place
            heard += _heard(procedure, rehearsal, len(heard), place)
    except AnswersInvalid as refusal:
        found["problems"] = [astuple(each) for each in refusal.problems]
    except CannotBePlayed as refusal:
        found["stopped"] = {"element": refusal.element, "sentence": str(refusal)}
    heard += _heard(procedure, rehearsal, len(heard), found["played"])
    return found | _standing(rehearsal, files, heard) | {"page": _page(rehearsal, files, question["look"])}


def written(question: Mapping[str, Any]) -> str:
    """Give the text of the scenario that commands are; refused with `Invalid` where they cannot be played."""
    rehearsal = Rehearsal(compiled(question["files"]), datetime.fromisoformat(question["began"]), invented.find)
    try:
        return scenarios.write(question["name"], rehearsal, question["commands"])
    except CannotBePlayed as refusal:
        raise Invalid([Problem(refusal.element or "name", "cannot-be-tried", str(refusal))]) from None


def covered(files: Files) -> Plain:
    """Play every scenario of a procedure: what became of each, and which steps of which diagram they cover."""
    runs = compiled(files)
    found, reached = [], frozenset[str]()
    for file, scenario in _scenarios(files):
        outcome = scenarios.play(scenario, runs, invented.find)
        reached |= outcome.reached
        wrong = astuple(outcome.problem) if outcome.problem else None
        found.append({
            "file": file, "name": scenario.name, "steps": len(scenario.steps), "place": outcome.place,
            "closes": scenario.closes, "problem": wrong,
        })  # fmt: skip
    parts = []
    for process in sorted(runs.processes.values(), key=lambda each: (each.id != runs.root, each.name)):
        steps = [
            [node.id, node.name, node.role, node.id in reached] for node in process.everything() if node.kind in TASKS
        ]
        own = sorted(reached & {node.id for node in process.everything()})
        parts.append({"id": process.id, "name": process.name, "file": process.file, "steps": steps, "reached": own})
    return {"scenarios": found, "parts": parts}


def check(files: Files, runs: Compiled) -> Iterator[Problem]:
    """Say of each scenario that cannot be read, or goes another way now, where that is."""
    for file in _files(files):
        try:
            problem = scenarios.play(scenarios.read(files[file], file), runs, invented.find).problem
        except Invalid as refusal:
            yield from refusal.problems
            continue
        if problem is not None:
            yield problem


def _scenarios(files: Files) -> Iterator[tuple[str, scenarios.Scenario]]:
    for file in _files(files):
        try:
            yield file, scenarios.read(files[file], file)
        except Invalid:  # said by `check`
            continue


def _files(files: Files) -> list[str]:
    return sorted(file for file in files if file.endswith(f".{scenarios.KIND}"))


# The case as it stands --------------------------------------------------------------------------------------------------


def _standing(rehearsal: Rehearsal, files: Files, heard: Sequence[tuple[int, list[Plain]]]) -> Plain:
    """Tell where the case is: tasks, clocks, messages, what happened, what would be sent, and the marks of its drawings."""
    runs = rehearsal.release
    drawn = sorted(runs.processes.values(), key=lambda each: (each.id != runs.root, each.name))
    return {
        "now": rehearsal.now.isoformat(),
        "is_open": rehearsal.is_open,
        "is_closed": rehearsal.is_closed,
        "title": rehearsal.title,
        "tasks": [_task(each) for each in rehearsal.open_tasks()],
        "clocks": [_clock(each) for each in rehearsal.ticking()],
        "expects": [_expected(each, files) for each in rehearsal.expected()],
        "log": [
            {**_happened(rehearsal, each), "step": step, "told": told}
            for each, (step, told) in zip(rehearsal.log, heard, strict=True)
            if told or each.event.kind in TOLD
        ],
        "sent": [
            {"at": at.isoformat(), "name": each.name, "to": each.correlation, "element": each.element}
            for at, each in rehearsal.sent
        ],
        "marks": rehearsal.marks(),
        "diagrams": [[each.id, each.name] for each in drawn],
        "facts": _facts(rehearsal.facts, runs),
        "operations": rehearsal.operations_asked(),
        "says": rehearsal.says,
    }


def _task(task: OpenTask) -> Plain:
    node = task.node
    return {"element": node.id, "key": task.key, "name": node.name, "role": node.role, "due": _iso(task.due_at)}


def _clock(clock: Ticking) -> Plain:
    rungs = [[rung.at.isoformat(), rung.step, list(rung.tell)] for rung in clock.rungs]
    node = clock.node
    return {"element": node.id, "name": node.name, "at": _iso(clock.at), "tells": node.is_deadline, "rungs": rungs}


def _expected(message: Expected, files: Files) -> Plain:
    node = message.node
    fields = [] if node.is_errand else asked_of(files, node.record)
    return {"element": node.id, "name": node.name, "fields": fields}


def _happened(rehearsal: Rehearsal, each: Happened) -> Plain:
    event = each.event
    name = event.name or _of_task(rehearsal, event)
    told = {"at": each.at.isoformat(), "kind": event.kind, "element": event.element, "name": name, "by": event.by}
    return told | {"data": dict(event.data)}


def _page(rehearsal: Rehearsal, files: Files, look: Mapping[str, Any] | None) -> Plain | None:
    """Tell a page as staff will see it, filled in with what is known, or with invented answers; nothing where it is not open."""
    if look is None:
        return None
    try:
        page = rehearsal.page(look["task"], look["key"])
    except CannotBePlayed:
        return None
    form, seen, now = page.form, page.scope, rehearsal.now
    raw = form.as_raw(form.prefilled({}, scope=seen, now=now))
    if look.get("invent"):
        raw = invent(form, raw, scope=seen, now=now)
    return {
        "element": page.node.id if look["task"] else "",
        "key": page.key,
        "name": page.node.name or form.title,
        "documentation": page.node.documentation,
        "role": page.node.role,
        "blocks": as_plain(form.page(scope=seen, now=now)),
        "raw": raw,
        "beside": list(page.node.beside),
        "fields": [] if form.fields or page.node.timer else asked_of(files, page.node.record),
    }


def asked_of(files: Files, record: str) -> list[str]:
    """Name the fields of a record that the files of a procedure ask about, so that somebody can say them."""
    pattern = re.compile(rf"\b{re.escape(record)}(?:\[[^\]]*\])?\.([a-z]\w*)")
    return sorted({name for text in files.values() for name in pattern.findall(text)})


def _facts(facts: Facts, runs: Compiled) -> list[list[Any]]:
    """Tell what is known: record, its key, its title, and the rows (words, question, value)."""
    found = []
    for record, keys in facts.items():
        form = runs.forms_by_record.get(record)
        asked = {field.key: field for field in form.fields} if form else {}
        for key, fields in keys.items():
            rows = [
                [
                    asked[name].label if name in asked else name,
                    as_plain([asked[name]]) if name in asked else [],
                    _plain(value),
                ]
                for name, value in fields.items()
                if value not in (None, "", [])
            ]
            found.append([record, key, form.title if form else "", rows])
    return found


def _heard(procedure: str, rehearsal: Rehearsal, known: int, step: int) -> list[tuple[int, list[Plain]]]:
    """Give for each event since the last look the step in which it happened, and whom it would tell what for."""
    return [(step, _told_of(procedure, each.event, rehearsal.facts)) for each in rehearsal.log[known:]]


def _told_of(procedure: str, event: Event, facts: Facts) -> list[Plain]:
    found = []
    for alert in raised(procedure, event):
        if _is_said(alert, facts):
            roles = list(alert.roles or event.data["tell"])
            what = alert.obligation or asked_by(event)
            urgent = alert.urgent or bool(event.data.get("urgent"))
            found.append({"roles": roles, "what": what, "urgent": urgent})
    return found


def _is_said(alert: Alert, facts: Facts) -> bool:
    """Tell whether there is something to tell of, as `workflows.alerts` does."""
    record, field = alert.unless
    if record and facts.get(record, {}).get("", {}).get(field) is not None:
        return False
    record, field = alert.said
    written_last = list(facts.get(record, {}).values())[-1:]
    return not record or any(each.get(field) for each in written_last)


def _of_task(rehearsal: Rehearsal, event: Event) -> str:
    """Name the task of an event that names no element itself."""
    opened = (
        each.event for each in rehearsal.log if each.event.kind == "task_opened" and each.event.task == event.task
    )
    return next((each.name for each in opened), "") if event.task is not None else ""


def _plain(value: Any) -> Any:
    return orjson.loads(values.dumps(value))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
