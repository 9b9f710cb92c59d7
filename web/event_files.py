"""`homeward export`: the course of cases as a file for process mining, XES (IEEE 1849) or OCEL 2.0 in JSON (domain.md 9).

Both are written case by case, so that a county's years need no more memory than one case. There is no library for them
whose licence the product could carry.
"""

from __future__ import annotations

import argparse
import gzip
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr

import sqlalchemy as sa

from engine.errors import Invalid, Problem, Refusal
from engine.store import ReleaseTable, reading, writing
from web import periods
from web.services import Services
from workflows import event_logs, people
from workflows.event_logs import Course, Happened
from workflows.figures import Period

KEY_BYTES = 32
SHORTEST_KEY = 16
FIRST_YEAR, LAST_YEAR = 1900, 2100
XES_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/" xes.version="1849.2016" xes.features="">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<global scope="trace"><string key="concept:name" value="unknown"/></global>
<global scope="event"><string key="concept:name" value="unknown"/><string key="lifecycle:transition" value="complete"/>\
<date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/></global>
<classifier name="Activity" scope="event" keys="concept:name"/>
"""
CHILD, OF, ABOUT = "child", "of", "about"
"""The object type of a child in OCEL; how an event belongs to its case, and both to the child."""


def export(services: Services, chosen: argparse.Namespace, *, now: datetime) -> Iterator[str]:
    """Write one new file, after it was noted for each case to whom it is given; give a line that says what is in it.

    Refuses with `Invalid`, all at once: an unknown ending or procedure, a file that is there, a folder that is not, days in no order,
    a key that is short; then a person who is not known, and what the log of disclosures refuses. Nothing is noted of a file that
    cannot be begun.
    """
    span = _span(chosen, now)
    write, key = _wanted(services, chosen, span)
    with new_file(chosen.file) as out:
        cases = _noted(services, chosen, span.period, now)
        with reading(services.engine) as connection:
            counted = [len(course.events) for course in write(out, event_logs.courses(connection, cases, key))]
    yield f"{chosen.file} holds {len(counted)} cases and {sum(counted)} events. It is noted for each case to whom it is given."


def _noted(services: Services, chosen: argparse.Namespace, period: Period, now: datetime) -> tuple[str, ...]:
    """Name the cases that are given, each after it was noted to whom."""
    with writing(services.engine) as connection:
        who = people.find(connection, chosen.by).actor
        cases = event_logs.chosen(connection, period.begins_at, period.ends_at, frozenset(chosen.procedure))
        event_logs.note(connection, cases, to=chosen.recipient, basis=chosen.basis, by=who, now=now)
    return cases


def write_xes(out: IO[str], courses: Iterable[Course]) -> Iterator[Course]:
    """Write a log of XES: a trace for each case; give each course once it is written."""
    out.write(XES_HEAD)
    for course in courses:
        out.write(_trace(course))
        yield course
    out.write("</log>\n")


def write_ocel(out: IO[str], courses: Iterable[Course]) -> Iterator[Course]:
    """Write a log of OCEL 2.0: an event belongs to its case and to the child, whose cases hang together by it."""
    objects: dict[str, dict[str, object]] = {}
    kinds: set[str] = set()
    out.write('{"events": [')
    between = ""
    for course in courses:
        objects.update(_objects(course))
        for event in course.events:
            kinds.add(event.activity)
            out.write(between + json.dumps(_event(course, event)))
            between = ",\n"
        yield course
    attributes = [{"name": name, "type": "string"} for name in ("label", "lifecycle", "role", "agency")]
    told = {
        "objects": list(objects.values()),
        "eventTypes": [{"name": kind, "attributes": attributes} for kind in sorted(kinds)],
        "objectTypes": [_object_type(kind) for kind in sorted({str(one["type"]) for one in objects.values()})],
    }
    out.write("]" + "".join(f",\n{json.dumps(key)}: {json.dumps(value)}" for key, value in told.items()) + "}\n")


Writer = Callable[[IO[str], Iterable[Course]], Iterator[Course]]
WRITERS: dict[str, Writer] = {".xes": write_xes, ".jsonocel": write_ocel}


def _span(chosen: argparse.Namespace, now: datetime) -> periods.Span:
    usual = periods.usual(now)
    return periods.Span(chosen.first or usual.first, chosen.last or usual.last)


def _wanted(services: Services, chosen: argparse.Namespace, span: periods.Span) -> tuple[Writer, bytes]:
    """Give what writes such a file, and the key of the pseudonyms: that of a file, or a new one that nobody keeps."""
    path: Path = chosen.file
    ending = (path.with_suffix("") if path.suffix == ".gz" else path).suffix
    problems = [*_wrong_choice(services, chosen.procedure, span)]
    if ending not in WRITERS:
        sentence = "Let the name of the file end in .xes or .jsonocel, or in one of them and .gz."
        problems.append(Problem("file", "ending-unknown", sentence))
    problems += wrong_path(path)
    key = secrets.token_bytes(KEY_BYTES)
    if chosen.key_file is not None:
        try:
            key = chosen.key_file.read_bytes().strip()
        except OSError as fault:
            sentence = f"The file of the key cannot be read: {fault.strerror}."
            problems.append(Problem("key-file", "file-cannot-be-read", sentence))
    if len(key) < SHORTEST_KEY:
        sentence = f"The key has {len(key)} bytes; give it at least {SHORTEST_KEY}, made by chance."
        problems.append(Problem("key-file", "key-too-short", sentence))
    if problems:
        raise Invalid(problems)
    return WRITERS[ending], key


def wrong_path(path: Path) -> Iterator[Problem]:
    """Say why no new file can stand at a path."""
    if path.exists():
        yield Problem("file", "file-exists", f"{path.name} is there already. Name a new file.")
    elif not path.absolute().parent.is_dir():
        yield Problem("file", "folder-missing", f"There is no folder {path.absolute().parent}. Make it first.")


def _wrong_choice(services: Services, procedures: list[str], span: periods.Span) -> Iterator[Problem]:
    """Say which procedures nobody knows, and what is wrong with the days: an empty file would not say it."""
    with reading(services.engine) as connection:
        known = set(connection.execute(sa.select(ReleaseTable.procedure).distinct()).scalars())
    for name in sorted(set(procedures) - known):
        yield Problem(
            "procedure", "not-known", f"There is no procedure {name}. Choose among {', '.join(sorted(known))}."
        )
    if span.last < span.first:
        yield Problem("to", "after-first", "The last day must be the first day or later.")
    if span.first.year < FIRST_YEAR or span.last.year > LAST_YEAR:
        yield Problem("from", "far-away", f"Choose days between {FIRST_YEAR} and {LAST_YEAR}.")


@contextmanager
def new_file(path: Path) -> Iterator[IO[str]]:
    """Give a file that was not there; where something is refused, or cannot be written, it is not there afterwards either."""
    try:
        with _opened(path) as out:
            yield out
    except Refusal:
        path.unlink()
        raise
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise Invalid(
            [Problem("file", "cannot-be-written", f"{path.name} cannot be written: {fault.strerror}.")]
        ) from fault


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "xt", encoding="utf-8")
    return path.open("x", encoding="utf-8")


def _trace(course: Course) -> str:
    said = {f"homeward:{name}": getattr(course, name) for name in ("procedure", "child", "initial_level", "level")}
    head = _strings({"concept:name": course.case, **said}) + _element("int", "homeward:release", str(course.release))
    return f"<trace>{head}\n{''.join(_xes_event(course, event) for event in course.events)}</trace>\n"


def _xes_event(course: Course, event: Happened) -> str:
    task = "" if event.task is None else f"{course.case}-{event.task}"
    said = {
        "concept:name": event.activity,
        "concept:instance": task,
        "lifecycle:transition": event.lifecycle,
        "org:role": event.role,
        "org:group": event.agency,
        "homeward:label": event.name,
    }
    return f"<event>{_strings(said)}{_element('date', 'time:timestamp', event.at.isoformat())}</event>\n"


def _strings(said: Mapping[str, str]) -> str:
    """Say what there is to say: an empty value is left out."""
    return "".join(_element("string", key, value) for key, value in said.items() if value)


def _element(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value)}/>"


def _event(course: Course, event: Happened) -> dict[str, object]:
    told = {"label": event.name, "lifecycle": event.lifecycle, "role": event.role, "agency": event.agency}
    belongs = [(course.case, OF), *([(course.child, ABOUT)] if course.child else [])]
    return {
        "id": f"{course.case}-{event.number}",
        "type": event.activity,
        "time": event.at.isoformat(),
        "attributes": [{"name": name, "value": value} for name, value in told.items()],
        "relationships": [{"objectId": one, "qualifier": how} for one, how in belongs],
    }


def _objects(course: Course) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the objects of a case: itself, with what is said once of it from its first event on, and its child."""
    since = course.events[0].at.isoformat() if course.events else "1970-01-01T00:00:00+00:00"
    told = {"release": str(course.release), "initial_level": course.initial_level, "level": course.level}
    belongs = [{"objectId": course.child, "qualifier": ABOUT}] if course.child else []
    attributes = [{"name": name, "time": since, "value": value} for name, value in told.items()]
    yield course.case, {"id": course.case, "type": course.procedure, "attributes": attributes, "relationships": belongs}
    if course.child:
        yield course.child, {"id": course.child, "type": CHILD, "attributes": [], "relationships": []}


def _object_type(kind: str) -> dict[str, object]:
    names = () if kind == CHILD else ("release", "initial_level", "level")
    return {"name": kind, "attributes": [{"name": name, "type": "string"} for name in names]}
