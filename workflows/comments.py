"""What people say to each other about a case: each of a data class, read by whoever reads that class there, and nobody else.

A comment stands beside the case and is no answer of it. It is never changed but by its author, who puts it right with a reason
(`workflows.kept_things`). Whoever is mentioned is mailed a reference and a link, and finds it among the tasks until they have looked:
that they did stands in the log of readings, so that looking at a page writes nothing more (domain.md 5.2, 13.12).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import partial_index, stored
from engine.store import Base, Moment, ReadTable, writing
from notifications import outbox, wording
from notifications.message import Message
from workflows.alerts import in_words
from workflows.cutover_sheets import CellWrong
from workflows.people import Person, PersonRow

LONGEST = 2_000
MENTIONED_AT_MOST = 10
SHOWN_UNREAD = 20
TEMPLATE = "mentioned"
PURPOSE = "casework, comments"
"""Stands in the log of readings whenever the comments of a case were shown."""


class CommentRow(Base):
    """One comment; `task` is the number of the task at which it was written, or None; `key` is that of the page."""

    __tablename__ = "comments"
    id: sa.Column[int] = stored(primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), index=True)
    task: sa.Column[int | None]
    text: sa.Column[str] = stored(sa.Text)
    data_class: sa.Column[str] = stored(sa.String(4))
    written_by: sa.Column[str] = stored(sa.String(120))
    written_at: sa.Column[datetime] = stored(Moment)
    key: sa.Column[str] = stored(sa.String(40))
    __table_args__ = (sa.UniqueConstraint("written_by", "key"),)


class MentionRow(Base):
    """Somebody who is mentioned in a comment; `seen_at` is filled in at night for those who have looked since."""

    __tablename__ = "comment_mentions"
    comment: sa.Column[int] = stored(sa.ForeignKey("comments.id"), primary_key=True)
    person: sa.Column[str] = stored(sa.String(120), primary_key=True)
    seen_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (partial_index("ix_comment_mentions_unseen", "person", where="seen_at IS NULL"),)


@frozen
class Comment:
    """One comment as pages see it; `mentioned` are the names of those who are."""

    id: int
    case_id: str
    task: int | None
    text: str
    data_class: str
    written_by: str
    written_at: datetime
    mentioned: tuple[str, ...] = ()


@frozen
class Written:
    """What somebody wrote, and whom they mention by sign-in name; `key` is that of the page."""

    text: str
    data_class: str
    task: int | None
    mentions: tuple[str, ...]
    key: str


@frozen
class Unread:
    """A mention that somebody has not looked at."""

    case_id: str
    data_class: str
    by: str
    at: datetime


def visible(text: str) -> str:
    """Give what can be seen of a text: its lines without control and reordering characters."""
    lines = text.replace("\r\n", "\n").replace("\t", " ").strip().split("\n")
    return "\n".join("".join(each for each in line if each.isprintable()).rstrip() for line in lines)


def cleaned(text: str) -> str:
    """Give a comment as it is kept; refused with `CellWrong` where it is empty or too long."""
    found = visible(text)
    if not found:
        raise CellWrong("Enter a comment")
    if len(found) > LONGEST:
        raise CellWrong(f"The comment must be {LONGEST:,} characters or fewer")
    return found


def wrong(written: Written, may: Collection[str]) -> list[Problem]:
    """Say all that is wrong with what was written; `may` are the data classes in which its author may write it."""
    problems = []
    try:
        cleaned(written.text)
    except CellWrong as fault:
        problems.append(Problem("text", "text-wrong", str(fault)))
    if written.data_class not in may:
        problems.append(Problem("data_class", "class-missing", "Select what it is about: that decides who can read it"))
    return problems


def add(
    connection: sa.Connection, case_id: str, written: Written, *,
    may: Collection[str], able: Collection[Person], by: Actor, base_url: str, now: datetime,
) -> None:  # fmt: skip
    """Keep a comment and mail those whom it mentions, in one transaction; the same page again keeps nothing more.

    `able` are those of the mentioned who may read it. Refused with `Invalid`, all at once.
    """
    row = CommentRow
    if connection.execute(sa.select(row.id).where(row.written_by == by.person, row.key == written.key)).first():
        return
    problems = wrong(written, may)
    told = {each.sign_in: each for each in able}
    if len(written.mentions) > MENTIONED_AT_MOST:
        problems.append(Problem("mentions", "too-many", f"Select {MENTIONED_AT_MOST} people or fewer"))
    elif set(written.mentions) - told.keys():
        sentence = "Somebody whom you have selected can no longer read this comment: look at who is left"
        problems.append(Problem("mentions", "cannot-read", sentence))
    if problems:
        raise Invalid(problems)
    said = {"case_id": case_id, "task": written.task, "text": cleaned(written.text), "data_class": written.data_class}
    kept = sa.insert(row).values(**said, written_by=by.person, written_at=now, key=written.key).returning(row.id)
    number = connection.execute(kept).scalar_one()
    mentions = sorted(set(written.mentions))
    if mentions:
        connection.execute(sa.insert(MentionRow), [{"comment": number, "person": each} for each in mentions])
    words = {"reference": case_id, "at": in_words(now), "link": f"{base_url.rstrip('/')}/cases/{case_id}/comments"}
    subject, text = wording.write(TEMPLATE, words)
    messages = [
        Message(f"{case_id}/comment/{number}/{each}", told[each].mail, subject, text, urgent=False) for each in mentions
    ]
    outbox.record(connection, messages, now)


def of_case(connection: sa.Connection, case_id: str) -> tuple[Comment, ...]:
    """Give every comment of a case, whatever its class, the newest first."""
    return among(connection, [case_id])


def among(connection: sa.Connection, refs: Collection[str]) -> tuple[Comment, ...]:
    """Give every comment of these cases, the newest first, with the names of those who are mentioned. Two statements at most."""
    row, mention = CommentRow, MentionRow
    asked = sa.select(*(getattr(row, each.name) for each in fields(Comment) if each.name != "mentioned"))
    found = connection.execute(asked.where(row.case_id.in_(sorted(refs))).order_by(row.id.desc())).mappings().all()
    names: dict[int, list[str]] = {}
    if found:
        named = sa.select(mention.comment, sa.func.coalesce(PersonRow.name, mention.person))
        named = named.outerjoin(PersonRow, PersonRow.sign_in == mention.person)
        mine = sa.select(row.id).where(row.case_id.in_(sorted(refs)))
        for number, name in connection.execute(named.where(mention.comment.in_(mine)).order_by(mention.person)):
            names.setdefault(number, []).append(name)
    return tuple(Comment(**each, mentioned=tuple(names.get(each["id"], ()))) for each in found)


def unread(connection: sa.Connection, person: str) -> tuple[Unread, ...]:
    """Give the mentions of a person who has not looked at the comments of the case since, the newest first. One statement."""
    row, author = CommentRow, PersonRow
    asked = sa.select(row.case_id, row.data_class, sa.func.coalesce(author.name, row.written_by), row.written_at)
    asked = asked.join(MentionRow, MentionRow.comment == row.id).outerjoin(author, author.sign_in == row.written_by)
    asked = asked.where(MentionRow.person == person, MentionRow.seen_at.is_(None), ~_looked_since())
    return tuple(Unread(*each) for each in connection.execute(asked.order_by(row.id.desc()).limit(SHOWN_UNREAD)))


def tidy(engine: sa.Engine, now: datetime) -> int:
    """Write down which mentions were looked at since, so that nobody looks for it in the log again; count them."""
    row, mention = CommentRow, MentionRow
    seen = sa.exists().where(row.id == mention.comment, _looked_since())
    with writing(engine) as connection:
        done = sa.update(mention).where(mention.seen_at.is_(None), seen).values(seen_at=now)
        return connection.execute(done).rowcount


def erase(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete the comments of these cases; count them."""
    mine = sa.select(CommentRow.id).where(CommentRow.case_id.in_(sorted(refs)))
    connection.execute(sa.delete(MentionRow).where(MentionRow.comment.in_(mine)))
    return connection.execute(sa.delete(CommentRow).where(CommentRow.case_id.in_(sorted(refs)))).rowcount


def forget_mentions(connection: sa.Connection, number: int) -> None:
    """Forget whom a comment mentions that is withdrawn."""
    connection.execute(sa.delete(MentionRow).where(MentionRow.comment == number))


def worked_on(connection: sa.Connection, case_id: str) -> Iterator[str]:
    """Name those who have written a comment in a case."""
    asked = sa.select(CommentRow.written_by).where(CommentRow.case_id == case_id).distinct()
    yield from connection.execute(asked).scalars()


def _looked_since() -> sa.ColumnElement[bool]:
    """Say that the mentioned has looked at the comments of the case after this one was written."""
    look = ReadTable
    return sa.exists().where(
        look.case_id == CommentRow.case_id,
        look.person == MentionRow.person,
        look.purpose == PURPOSE,
        look.at >= CommentRow.written_at,
    )
