"""Files that people attach to a case: what each is, of which data class, and whether it was found clean before anybody has it.

A file stands beside the case and is no answer of it. Whoever reads its class in the case reads it; whoever writes the class adds it,
puts right what is said of it, or withdraws it with all its bytes (`workflows.kept_things`). Until a scanner has looked at it nobody
has it; one that is infected is destroyed, and that there was one stays (domain.md 5.2, 5.5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import partial_index, stored
from engine.store import Base, CaseTable, Moment, reading, row_lock, writing
from engine.verification import Finding
from notifications import outbox
from workflows import file_kinds
from workflows.file_kinds import FIELD

WHAT: Mapping[str, str] = MappingProxyType(
    {
        "photograph": "Photograph or screenshot",
        "letter": "Letter or e-mail",
        "statement": "Statement or report",
        "minutes": "Minutes of a meeting",
        "map": "Map or route",
        "messages": "Messages or a log of calls",
        "order": "Order of a court, or a legal document",
        "other": "Something else",
    }
)
"""What a file can be."""

LONGEST_TITLE = 200
MEGABYTE = 1024 * 1024
FILES_AT_ONCE = 4
"""So many files are in memory at a time when all are looked through."""


class State(StrEnum):
    """How a file stands with the scanner."""

    HELD = "held"
    UNSCANNED = "unscanned"
    CLEAN = "clean"
    INFECTED = "infected"


GIVEN = frozenset({State.CLEAN, State.UNSCANNED})
"""The files that somebody can have; an unscanned one is there only where the settings take files without a scanner."""

STATES: Mapping[str, str] = MappingProxyType(
    {
        State.HELD: "Being checked",
        State.UNSCANNED: "Not checked for viruses",
        State.CLEAN: "Checked",
        State.INFECTED: "Infected, and destroyed",
    }
)


class AttachmentRow(Base):
    """One file of a case; `task` is the number of the task at which it was attached, or None. Of an infected one `content` is empty.

    `scan_at` is when a worker may next look at it; `size` and `sha256` are those of what was kept.
    """

    __tablename__ = "attachments"
    id: sa.Column[int] = stored(primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), index=True)
    task: sa.Column[int | None]
    title: sa.Column[str] = stored(sa.String(LONGEST_TITLE))
    what: sa.Column[str] = stored(sa.String(20))
    data_class: sa.Column[str] = stored(sa.String(4))
    name: sa.Column[str] = stored(sa.String(120))
    kind: sa.Column[str] = stored(sa.String(12))
    size: sa.Column[int]
    sha256: sa.Column[str] = stored(sa.String(64))
    content: sa.Column[bytes] = stored(sa.LargeBinary)
    added_by: sa.Column[str] = stored(sa.String(120))
    added_at: sa.Column[datetime] = stored(Moment)
    state: sa.Column[str] = stored(sa.String(12))
    scan_at: sa.Column[datetime] = stored(Moment)
    scan_count: sa.Column[int] = stored(default=0)
    key: sa.Column[str] = stored(sa.String(40))
    __table_args__ = (
        sa.UniqueConstraint("added_by", "key"),
        partial_index("ix_attachments_scan", "scan_at", where="state IN ('held', 'unscanned')"),
    )


@frozen
class Attachment:
    """A file of a case, without its bytes."""

    id: int
    case_id: str
    task: int | None
    title: str
    what: str
    data_class: str
    name: str
    kind: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime
    state: str

    @property
    def is_given(self) -> bool:
        """Whether whoever may read it can have it."""
        return self.state in GIVEN


@frozen
class Sent:
    """What somebody sent: the file under the name that it had there, and what was said of it; `key` is that of the page."""

    content: bytes
    name: str
    title: str
    what: str
    data_class: str
    task: int | None
    key: str


@frozen
class Limits:
    """How large a file may be, and all files of one data class in a case together, in bytes.

    Together by class, so that nobody learns by a refusal that there are files which they may not read.
    """

    file: int
    together: int


class AttachmentNotFound(NotFound):
    """There is no such file, or none of which this person may know, or one that nobody can have."""


# Adding and reading -----------------------------------------------------------------------------------------------------


def add(
    connection: sa.Connection, case_id: str, sent: Sent, *,
    may: Collection[str], limits: Limits, is_scanned: bool, by: Actor, now: datetime,
) -> None:  # fmt: skip
    """Keep a file; `may` are the data classes that this person writes in the case. The same page again keeps nothing more.

    Where it `is_scanned`, a worker looks at it before anybody has it. Refused with `Invalid`, all at once.
    """
    row = AttachmentRow
    if connection.execute(sa.select(row.id).where(row.added_by == by.person, row.key == sent.key)).first():
        return
    kind, content, problems = "", b"", list[Problem]()
    try:
        kind, content = _taken(sent, limits)
    except Invalid as refusal:
        problems += refusal.problems
    problems += _wrong_words(sent, may)
    if not problems and _together(connection, case_id, sent.data_class) + len(content) > limits.together:
        most = limits.together // MEGABYTE
        sentence = f"The files of this kind in this case would be larger than {most} MB together: withdraw one that is not needed"
        problems.append(Problem(FIELD, "case-full", sentence))
    if problems:
        raise Invalid(problems)
    said = {"case_id": case_id, "task": sent.task, "title": sent.title.strip(), "what": sent.what, "key": sent.key}
    said |= {"data_class": sent.data_class, "name": file_kinds.name_of(sent.name, kind), "kind": kind}
    kept = {"content": content, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "scan_count": 0}
    state = State.HELD if is_scanned else State.UNSCANNED
    connection.execute(
        sa.insert(row).values(**said, **kept, state=state, added_by=by.person, added_at=now, scan_at=now)
    )


def of_case(connection: sa.Connection, case_id: str) -> tuple[Attachment, ...]:
    """Tell of every file of a case, whatever its class, the latest first."""
    return among(connection, [case_id])


def among(connection: sa.Connection, refs: Collection[str]) -> tuple[Attachment, ...]:
    """Tell of every file of these cases, the latest first."""
    row = AttachmentRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(Attachment))).where(row.case_id.in_(sorted(refs)))
    return tuple(Attachment(*each) for each in connection.execute(asked.order_by(row.id.desc())))


def find(connection: sa.Connection, case_id: str, number: int, classes: Collection[str]) -> Attachment:
    """Give a file of a case of one of these data classes; refused with `AttachmentNotFound`, also where nobody can have it."""
    found = next((each for each in of_case(connection, case_id) if each.id == number), None)
    if found is None or found.data_class not in classes or not found.is_given:
        raise AttachmentNotFound("There is no such file.")
    return found


def contents(connection: sa.Connection, numbers: Collection[int]) -> dict[int, bytes]:
    """Give the bytes of files that somebody can have, by their number; what is gone is not there."""
    row = AttachmentRow
    asked = sa.select(row.id, row.content).where(row.id.in_(sorted(numbers)), row.state.in_(sorted(GIVEN)))
    return {number: bytes(content) for number, content in connection.execute(asked)}


def erase(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete the files of these cases; count them."""
    return connection.execute(sa.delete(AttachmentRow).where(AttachmentRow.case_id.in_(sorted(refs)))).rowcount


def check(engine: sa.Engine) -> Iterator[Finding]:
    """Say which files are not what was kept."""
    row = AttachmentRow
    with reading(engine) as connection:
        asked = sa.select(row.id, row.case_id, row.content, row.sha256).where(row.state != State.INFECTED)
        found = connection.execute(asked.order_by(row.id), execution_options={"yield_per": FILES_AT_ONCE})
        for number, case_id, content, digest in found:
            if hashlib.sha256(content).hexdigest() != digest:
                sentence = f"File {number} is not what was attached. Find out who changed it, and rely on it no more."
                yield Finding("attachment-changed", case_id, "", sentence)


def _wrong_words(sent: Sent, may: Collection[str]) -> Iterator[Problem]:
    title = sent.title.strip()
    if not title:
        yield Problem("title", "title-missing", "Enter a title that says what is in the file")
    elif len(title) > LONGEST_TITLE or not title.isprintable():
        yield Problem("title", "too-long", f"The title must be one line of {LONGEST_TITLE} characters or fewer")
    if sent.what not in WHAT:
        yield Problem("what", "what-missing", "Select what the file is")
    if sent.data_class not in may:
        yield Problem("data_class", "class-missing", "Select what it is about: that decides who can read it")


def _taken(sent: Sent, limits: Limits) -> tuple[str, bytes]:
    if len(sent.content) > limits.file:
        sentence = f"Select a file that is {limits.file // MEGABYTE} MB or smaller"
        raise Invalid([Problem(FIELD, "too-large", sentence)])
    return file_kinds.taken(sent.content, sent.name)


def _together(connection: sa.Connection, case_id: str, data_class: str) -> int:
    """Count the bytes of the files of a class in a case; whoever adds another one at the same moment waits."""
    connection.execute(row_lock(connection.engine, sa.select(CaseTable.id).where(CaseTable.id == case_id)))
    row = AttachmentRow
    mine = sa.select(sa.func.coalesce(sa.func.sum(row.size), 0))
    mine = mine.where(row.case_id == case_id, row.data_class == data_class, row.state != State.INFECTED)
    return int(connection.execute(mine).scalar_one())


# The scanner ------------------------------------------------------------------------------------------------------------

CLAIMED_FOR = timedelta(minutes=10)
"""How long a worker may take for one file; one that dies meanwhile leaves it to the next."""


@frozen
class Claimed:
    """A file that a worker has taken to be scanned."""

    number: int
    content: bytes
    tried: int


@frozen
class Standing:
    """How the files stand with the scanner, as operators see it."""

    waiting: int
    failing: int
    unscanned: int
    infected: int
    oldest_at: datetime | None


def claim(engine: sa.Engine, now: datetime) -> Claimed | None:
    """Take one file that waits for the scanner, the oldest first; None where none does."""
    row = AttachmentRow
    waits = sa.and_(row.state.in_((State.HELD, State.UNSCANNED)), row.scan_at <= now)
    with writing(engine) as connection:
        asked = sa.select(row.id, row.content, row.scan_count).where(waits).order_by(row.scan_at, row.id).limit(1)
        found = connection.execute(row_lock(engine, asked, skip=True)).first()
        if found is None:
            return None
        connection.execute(sa.update(row).where(row.id == found.id).values(scan_at=now + CLAIMED_FOR))
    return Claimed(found.id, bytes(found.content), found.scan_count)


def found_clean(engine: sa.Engine, claimed: Claimed) -> None:
    """Give a file free."""
    with writing(engine) as connection:
        _settle(connection, claimed, {"state": State.CLEAN})


def not_scanned(engine: sa.Engine, claimed: Claimed, now: datetime) -> None:
    """Leave a file for later: the scanner could not say."""
    tried = claimed.tried + 1
    with writing(engine) as connection:
        _settle(connection, claimed, {"scan_count": tried, "scan_at": now + outbox.wait_after(tried)})


def destroy(connection: sa.Connection, claimed: Claimed) -> Attachment | None:
    """Destroy the bytes of an infected file, and tell of it; None where somebody has withdrawn it meanwhile."""
    if not _settle(connection, claimed, {"state": State.INFECTED, "content": b""}):
        return None
    row = AttachmentRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(Attachment))).where(row.id == claimed.number)
    return Attachment(*connection.execute(asked).one())


def standing(connection: sa.Connection) -> Standing:
    """Count the files by how they stand with the scanner."""
    row = AttachmentRow
    is_held = row.state == State.HELD

    def count(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0)

    failing = sa.and_(is_held, row.scan_count > 0)
    states = (is_held, failing, row.state == State.UNSCANNED, row.state == State.INFECTED)
    oldest = sa.func.min(sa.case((is_held, row.added_at)), type_=Moment())
    return Standing(*connection.execute(sa.select(*map(count, states), oldest)).one())


def _settle(connection: sa.Connection, claimed: Claimed, said: Mapping[str, object]) -> bool:
    row = AttachmentRow
    mine = sa.update(row).where(row.id == claimed.number, row.state.in_((State.HELD, State.UNSCANNED)))
    return bool(connection.execute(mine.values(**said)).rowcount)
