"""What is kept beside the cases and can be put right there: people and places of concern, imported flags and plans, photographs, files.

An answer of a case is put right in the case. These have tables of their own; most are of a child, files of a case. `KINDS` says of each kind what it
says, of which data class that is, and how it is found, written and taken out (`workflows.amendments` does the rest).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Conflict, Invalid, Problem
from engine.frozen import frozen
from engine.model import Value
from engine.store import Base
from workflows import attachments, children, comments, concerns, cutover_sheets, philomena, photographs
from workflows.attachments import LONGEST_TITLE, WHAT, AttachmentRow
from workflows.children import DATA_CLASS_OF, EXPLOITATION, ChildFlagRow, ids_of
from workflows.comments import CommentRow
from workflows.concerns import TEXTS, ConcernRow
from workflows.cutover_sheets import Reader, a_day, line_within, one_of, text_within
from workflows.days import day_in_words, day_of
from workflows.photographs import PhotographRow
from workflows.trigger_plans import PARTS, ChildPlanRow
from workflows.vocabulary import FLAG, Words

CONCERN, IMPORTED_FLAG, IMPORTED_PLAN, PHOTOGRAPH = "concern", "flag", "plan", "photograph"
ATTACHMENT, COMMENT = "attachment", "comment"

DECIDES_ON_EXPLOITATION = frozenset({"ppu_cse_unit"})
"""Who decides on a flag of exploitation, also on one that was imported (domain.md 13.8)."""

GONE_ON = "A case has gone on with this flag since. It is decided on there: ask public protection, or put the answer right that raised it."


class KeptChanged(Conflict):
    """Somebody else has put the same thing right, or taken it out, meanwhile."""


@frozen
class Question:
    """One thing that a kept thing says: its words, how what is typed is read, and the words of a choice.

    Without `read` it is shown and never changed; without a data class it has that of its thing.
    """

    words: str
    read: Reader | None = None
    values: Words | None = None
    needed: bool = False
    is_day: bool = False
    is_long: bool = False
    data_class: str = ""

    def say(self, said: str) -> str:
        """Say a text as it is kept in words: a day, what was chosen, several things that were chosen one a line."""
        if self.is_day and said:
            return day_in_words(date.fromisoformat(said))
        values = self.values or {}
        return "\n".join(values.get(line, line) for line in said.splitlines())


@frozen
class Kept:
    """One thing as it stands: kept under `about` since a moment, in words; what it says by question, as text.

    `decides` are the roles that alone decide on it, where it is not whoever writes its class; `elsewhere` says where it is put right
    instead. `author` is who added it, where that matters.
    """

    kind: str
    key: str
    about: str
    title: str
    data_class: str
    since: datetime
    said: Mapping[str, str]
    decides: frozenset[str] = field(default=frozenset())
    elsewhere: str = ""
    author: str = ""

    def class_of(self, question: str) -> str:
        """Give the data class of what it says to a question."""
        return KINDS[self.kind].asked[question].data_class or self.data_class


Wrong = Iterator[tuple[str, str]]


def _nothing_wrong(_said: Mapping[str, Value], _now: datetime) -> Wrong:
    return iter(())


@frozen
class Kind:
    """How one kind of thing is put right.

    `of` finds those under references, `write` writes what is new into one that has not changed since it was read, `take_out` deletes
    it; both refuse with `KeptChanged`. `wrong` says what is wrong with its answers together. `in_cases`: it is in cases, so that who
    holds a copy of a case may hold it too. `of_case`: it is kept under the reference of a case, and else under one of a child.
    `of_author`: nobody but its author puts it right.
    """

    words: str
    asked: Mapping[str, Question]
    of: Callable[[sa.Connection, Collection[str]], Iterator[Kept]]
    write: Callable[[sa.Connection, Kept, Mapping[str, Value]], None]
    take_out: Callable[[sa.Connection, Kept], None]
    wrong: Callable[[Mapping[str, Value], datetime], Wrong] = _nothing_wrong
    in_cases: bool = False
    of_case: bool = False
    of_author: bool = False


def refs_of(connection: sa.Connection, child_id: str) -> list[str]:
    """Give every reference under which something is kept of a child beside the cases: its ids, and the carer's forms."""
    ids = sorted(connection.execute(ids_of(child_id)).scalars())
    return [*ids, *(form.id for form in philomena.of_child(connection, child_id))]


def child_of(connection: sa.Connection, about: str) -> str:
    """Give the main id of the child under whose reference something is kept; empty for a carer's form that is nobody's yet."""
    named = philomena.child_of(connection, about) if about.startswith(philomena.PREFIX) else about
    child = children.find(connection, named) if named else None
    return child.child_id if child else named


def of(connection: sa.Connection, refs: Collection[str]) -> tuple[Kept, ...]:
    """Give everything that is kept under these references and can be put right here."""
    return tuple(each for kind in KINDS.values() for each in kind.of(connection, refs))


# People and places of concern -------------------------------------------------------------------------------------------


def _concerns(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    for each in concerns.among(connection, refs):
        said = {name: as_text(getattr(each, name)) for name in _CONCERN}
        title = f"{concerns.KINDS.get(each.kind, each.kind)}: {each.name}"
        yield Kept(CONCERN, str(each.id), each.about, title, each.data_class, each.added_at, said)


def _concern_wrong(said: Mapping[str, Value], now: datetime) -> Wrong:
    since = said["since"]
    if isinstance(since, date) and since > day_of(now):
        yield "since", "The day since when it is so must not be in the future"


_CONCERN: Mapping[str, Question] = MappingProxyType(
    {
        "kind": Question("What is it?", one_of(concerns.KINDS), concerns.KINDS, needed=True),
        "name": Question("Name, or a description", line_within(TEXTS["name"]), needed=True),
        "relation": Question("What has it to do with the child?", line_within(TEXTS["relation"])),
        "risk": Question("How great is the risk?", one_of(concerns.RISKS), concerns.RISKS, needed=True),
        "whereabouts": Question("Where?", line_within(TEXTS["whereabouts"])),
        "detail": Question("What else is known?", text_within(TEXTS["detail"]), is_long=True),
        "since": Question("Since when?", a_day, needed=True, is_day=True),
    }
)


# Imported flags and trigger plans ---------------------------------------------------------------------------------------


def _flags(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    row = ChildFlagRow
    rows = connection.execute(
        sa.select(row.__table__).where(row.child_id.in_(refs)).order_by(row.since, row.flag)
    ).all()
    of_cases = {(each.child_id, each.flag) for each in rows if each.imported_at is None}
    for each in rows:
        if each.imported_at is not None and each.imported_row:
            said = {name: as_text(getattr(each, name)) for name in _FLAG}
            title = f"Flag: {FLAG.get(each.flag, each.flag)}"
            gone_on = each.raised_on or each.ended_by or (each.child_id, each.flag) in of_cases
            yield Kept(
                IMPORTED_FLAG, each.imported_row, each.child_id, title, DATA_CLASS_OF["flags"], each.imported_at, said,
                DECIDES_ON_EXPLOITATION if each.flag in EXPLOITATION else frozenset(), GONE_ON if gone_on else "",
            )  # fmt: skip


def _write_flag(connection: sa.Connection, kept: Kept, changes: Mapping[str, Value]) -> None:
    row, since = ChildFlagRow, changes.get("since")
    if since is not None:
        same = (row.child_id == kept.about, row.flag == kept.said["flag"], row.since == since)
        if connection.execute(sa.select(row.flag).where(*same)).first():
            raise Invalid([Problem("since", "there-already", "The child has the same flag from that day on already")])
    _writes(row)(connection, kept, changes)


_FLAG: Mapping[str, Question] = MappingProxyType(
    {
        "flag": Question("Flag", values=FLAG),
        "since": Question("Since when?", a_day, needed=True, is_day=True),
        "until": Question("From which day on does it count no more?", a_day, is_day=True),
        "source": Question("Who says so?", line_within(200), needed=True),
    }
)


def _plans(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    row = ChildPlanRow
    asked = sa.select(row.__table__).where(row.child_id.in_(refs), row.imported_at.is_not(None), row.imported_row != "")
    for each in connection.execute(asked.order_by(row.valid_from, row.version)):
        said = {name: as_text(getattr(each, name)) for name in _PLAN}
        title = f"Trigger plan from before this service, version {each.version}"
        yield Kept(
            IMPORTED_PLAN, each.imported_row, each.child_id, title, DATA_CLASS_OF["plans"], each.imported_at, said
        )


_SEVERAL = frozenset({"warning_markers", "legal_levers", "distribution"})
"""The parts of a plan in which several things are chosen, one a line."""


def _of_columns() -> Iterator[tuple[str, Question]]:
    """Give the questions of a plan as the file of the cut-over asks them."""
    yield "version", Question("Version")
    for column in cutover_sheets.PLANS:
        part = PARTS.get(column.name)
        if part is not None:
            is_long = part.values is None or column.name in _SEVERAL
            yield (
                column.name,
                Question(
                    part.words, column.read, part.values, column.needed, is_long=is_long, data_class=part.data_class
                ),
            )


_PLAN: Mapping[str, Question] = MappingProxyType(dict(_of_columns()))


# Photographs ------------------------------------------------------------------------------------------------------------


def _photographs(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    for each in photographs.among(connection, refs):
        title = f"Photograph added on {day_in_words(day_of(each.added_at))}"
        said = {"added_on": day_of(each.added_at).isoformat()}
        yield Kept(PHOTOGRAPH, str(each.id), each.child_id, title, photographs.DATA_CLASS, each.added_at, said)


_PHOTOGRAPH: Mapping[str, Question] = MappingProxyType({"added_on": Question("Added on", is_day=True)})
"""A photograph says nothing that can be written otherwise: it is taken out."""


# Files of a case --------------------------------------------------------------------------------------------------------


def _attachments(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    for each in attachments.among(connection, refs):
        said = {"title": each.title, "what": each.what, "name": each.name}
        title, by = f"File: {each.title}", each.added_by
        yield Kept(ATTACHMENT, str(each.id), each.case_id, title, each.data_class, each.added_at, said, author=by)


_ATTACHMENT: Mapping[str, Question] = MappingProxyType(
    {
        "title": Question("Title", line_within(LONGEST_TITLE), needed=True),
        "what": Question("What is it?", one_of(WHAT), WHAT, needed=True),
        "name": Question("Name of the file"),
    }
)
"""Of which class it is stays: a file that belongs elsewhere is withdrawn, and attached anew."""


# Comments on a case -----------------------------------------------------------------------------------------------------


def _comments(connection: sa.Connection, refs: Collection[str]) -> Iterator[Kept]:
    for each in comments.among(connection, refs):
        title = f"Comment of {day_in_words(day_of(each.written_at))}"
        said, by = {"text": each.text}, each.written_by
        yield Kept(COMMENT, str(each.id), each.case_id, title, each.data_class, each.written_at, said, author=by)


def _take_comment_out(connection: sa.Connection, kept: Kept) -> None:
    comments.forget_mentions(connection, int(kept.key))
    _takes_out(CommentRow)(connection, kept)


_COMMENT: Mapping[str, Question] = MappingProxyType(
    {"text": Question("Comment", comments.cleaned, needed=True, is_long=True)}
)


# What they share --------------------------------------------------------------------------------------------------------


def as_text(value: Value) -> str:
    """Write a value as it is kept beside its correction: a day as ``2012-05-27``, nothing as an empty text."""
    return value.isoformat() if isinstance(value, date) else str(value if value is not None else "")


def _as_it_was(row: type[Base], kept: Kept) -> sa.ColumnElement[bool]:
    """Say that a row is the one of a thing and says what was read of it, so that nothing is overwritten unseen."""
    if kept.kind in {IMPORTED_FLAG, IMPORTED_PLAN}:
        own = [row.child_id == kept.about, row.imported_row == kept.key, row.imported_at.is_not(None)]  # type: ignore[attr-defined]
    else:
        own = [row.id == int(kept.key)]  # type: ignore[attr-defined]
    asked = KINDS[kept.kind].asked
    same = [getattr(row, name) == as_value(asked[name], said) for name, said in kept.said.items() if asked[name].read]
    return sa.and_(*own, *same)


def as_value(question: Question, said: str) -> Value:
    """Read what `as_text` wrote."""
    if question.is_day:
        return date.fromisoformat(said) if said else None
    return said


def _writes(row: type[Base]) -> Callable[[sa.Connection, Kept, Mapping[str, Value]], None]:
    def write(connection: sa.Connection, kept: Kept, changes: Mapping[str, Value]) -> None:
        changed = connection.execute(sa.update(row).where(_as_it_was(row, kept)).values(**changes))
        _require(changed.rowcount)

    return write


def _takes_out(row: type[Base]) -> Callable[[sa.Connection, Kept], None]:
    def take_out(connection: sa.Connection, kept: Kept) -> None:
        _require(connection.execute(sa.delete(row).where(_as_it_was(row, kept))).rowcount)

    return take_out


def _require(rows: int) -> None:
    if rows != 1:
        raise KeptChanged("Somebody else has changed it meanwhile. Look at what stands there now.")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        CONCERN: Kind(
            "Person or place of concern",
            _CONCERN,
            _concerns,
            _writes(ConcernRow),
            _takes_out(ConcernRow),
            _concern_wrong,
        ),
        IMPORTED_FLAG: Kind(
            "Imported flag",
            _FLAG,
            _flags,
            _write_flag,
            _takes_out(ChildFlagRow),
            cutover_sheets.flag_wrong,
            in_cases=True,
        ),
        IMPORTED_PLAN: Kind(
            "Imported trigger plan", _PLAN, _plans, _writes(ChildPlanRow), _takes_out(ChildPlanRow), in_cases=True
        ),
        PHOTOGRAPH: Kind("Photograph", _PHOTOGRAPH, _photographs, _writes(PhotographRow), _takes_out(PhotographRow)),
        ATTACHMENT: Kind(
            "File",
            _ATTACHMENT,
            _attachments,
            _writes(AttachmentRow),
            _takes_out(AttachmentRow),
            in_cases=True,
            of_case=True,
        ),
        COMMENT: Kind(
            "Comment",
            _COMMENT,
            _comments,
            _writes(CommentRow),
            _take_comment_out,
            in_cases=True,
            of_case=True,
            of_author=True,
        ),
    }
)
"""Every kind of thing that is put right beside the cases, by the name in its address."""
