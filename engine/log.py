"""The event log of a case: a chain of hashes over canonical bytes, with digests in the place of personal values.

Each value of a fact is kept beside the log with a random salt; the event carries only SHA-256(salt + value). Correcting or
erasing a value therefore leaves the chain whole (house.md 3).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from engine import values
from engine.frozen import frozen
from engine.model import Event, FactWrite
from engine.views import EventRow

REASON = "reason"
"""What a person typed about an event that is no answer of a form: kept beside the log like a value."""

GENESIS = "0" * 64
"""The head of a log that holds nothing yet."""


@frozen
class Kept:
    """A value beside the log: under which event it was written, and the salt of its digest.

    Without a record it is the reason of the event.
    """

    seq: int
    write: FactWrite
    value: bytes
    salt: bytes


def extend(
    case_id: str,
    head: str,
    seq: int,
    events: Iterable[Event],
    writes: Iterable[FactWrite],
    now: datetime,
    command: str = "",
) -> tuple[list[EventRow], list[Kept]]:
    """Chain the events of a command to a case's log, whose last event has the number `seq` and the digest `head`."""
    pending: dict[tuple[str, str, str], list[FactWrite]] = {}
    for write in writes:
        pending.setdefault((write.record, write.key, write.field), []).append(write)
    rows: list[EventRow] = []
    kept: list[Kept] = []
    for event in events:
        seq += 1
        data = dict(event.data)
        if event.kind in {"facts_written", "facts_corrected"}:
            keeping = [_keep(seq, pending[data["record"], data["key"], name].pop(0)) for name in data["fields"]]
            data["fields"] = {each.write.field: digest_of(each.value, each.salt) for each in keeping}
            kept.extend(keeping)
        if isinstance(data.get(REASON), str):
            why = _keep(seq, FactWrite("", "", REASON, data[REASON]))
            data[REASON] = {"digest": digest_of(why.value, why.salt)}
            kept.append(why)
        told = (event.kind, event.activity, event.element, event.name, event.task, event.by)
        head = chain(head, EventRow(case_id, seq, now, *told, data, command))
        rows.append(EventRow(case_id, seq, now, *told, data, command, head))
    return rows, kept


def _keep(seq: int, write: FactWrite) -> Kept:
    """Salt one value."""
    return Kept(seq, write, values.dumps(write.value), os.urandom(16))


def digest_of(value: bytes, salt: bytes) -> str:
    """Give the digest of a value that stands in the log in its place."""
    return hashlib.sha256(salt + value).hexdigest()[:32]


def chain(head: str, row: EventRow) -> str:
    """Give the digest of an event, which includes that of the one before it."""
    content = [
        row.case_id,
        row.seq,
        row.at.astimezone(UTC).isoformat(),
        row.kind,
        row.activity,
        row.element,
        row.name,
        row.task,
        row.by,
        dict(row.data),
        row.command,
    ]
    return hashlib.sha256(head.encode() + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def first_break(rows: Iterable[EventRow]) -> int | None:
    """Give the number of the first event that does not fit the chain, or None where all do."""
    head = GENESIS
    for expected, row in enumerate(rows, start=1):
        head = chain(head, row)
        if row.seq != expected or row.digest != head:
            return row.seq
    return None


def as_text(data: Mapping[str, Any]) -> str:
    """Write an event's data as it is stored."""
    return orjson.dumps(dict(data), option=orjson.OPT_SORT_KEYS).decode()
