"""What is kept of a child beside the cases was put right, or withdrawn: what it said, what it says, by whom, when and why.

There is one way for each kind of thing (`workflows.kept_things`). Old and new stay until the child is erased, each of the data
class of what it is about; what is withdrawn is gone from its own table, a photograph with its pixels, and so from every page, bundle
and print. In the same transaction the agencies with a part are told once, and each recipient of a copy stands among the tasks of the
role that gave it (domain.md 13.15, G-33; UK GDPR, Articles 16 and 19).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from engine import values
from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor, Value
from engine.rows import stored
from engine.store import Base, Moment
from engine.verification import Finding
from workflows import access, copies, correction_mails, kept_things, searching
from workflows.children import ids_of
from workflows.cutover_sheets import CellWrong
from workflows.kept_things import KINDS, Kept, KeptChanged, Question

LONGEST_REASON = 1_000


class AmendmentRow(Base):
    """One thing that a kept thing said and says otherwise since; all rows of one decision have its `key`.

    Of something that was withdrawn there is a row for each thing that it said, and `after` is empty. `thing` is the key of what was
    put right among those of its kind.
    """

    __tablename__ = "amendments"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(20), index=True)
    kind: sa.Column[str] = stored(sa.String(12))
    thing: sa.Column[str] = stored(sa.String(64))
    title: sa.Column[str] = stored(sa.String(300))
    question: sa.Column[str] = stored(sa.String(40))
    before: sa.Column[str] = stored(sa.Text)
    after: sa.Column[str] = stored(sa.Text)
    withdrawn: sa.Column[bool]
    data_class: sa.Column[str] = stored(sa.String(4))
    why: sa.Column[str] = stored(sa.String(LONGEST_REASON))
    by: sa.Column[str] = stored(sa.String(120))
    at: sa.Column[datetime] = stored(Moment)
    key: sa.Column[str] = stored(sa.String(40))
    __table_args__ = (sa.UniqueConstraint("by", "key", "question"),)


@frozen
class Amendment:
    """One row as pages see it."""

    id: int
    about: str
    kind: str
    thing: str
    title: str
    question: str
    before: str
    after: str
    withdrawn: bool
    data_class: str
    why: str
    by: str
    at: datetime
    key: str

    @property
    def asked(self) -> Question:
        """The question that was answered otherwise."""
        return KINDS[self.kind].asked[self.question]


@frozen
class Decision:
    """Who decides, when and why: `key` is that of the page, `stamp` what stood there when it was drawn; `base_url` is the site's address."""

    by: Actor
    now: datetime
    why: str
    key: str
    stamp: str
    base_url: str


class KeptNotFound(NotFound):
    """There is no such thing, or none of which this person may know."""


def find(connection: sa.Connection, refs: Collection[str], kind: str, key: str) -> Kept:
    """Give one thing that is kept under these references; refused with `KeptNotFound`."""
    known = KINDS[kind].of(connection, refs) if kind in KINDS else ()
    found = next((each for each in known if each.key == key), None)
    if found is None:
        raise KeptNotFound("There is no such entry any more.")
    return found


def writable(kept: Kept, roles: Collection[str], readable: Collection[str]) -> frozenset[str]:
    """Name the data classes of a thing in which these roles put right what they may read; none where it is not theirs to decide.

    Whoever writes a class puts right what is of it (domain.md 5.2); on flags of exploitation public protection decides (13.8).
    """
    if kept.data_class not in readable or kept.elsewhere:
        return frozenset()
    if kept.decides:
        return frozenset({kept.data_class}) if kept.decides & frozenset(roles) else frozenset()
    mine = access.writable(roles) & frozenset(readable)
    return mine if kept.data_class in mine else frozenset()


def stamp_of(kept: Kept) -> str:
    """Give what a page carries of a thing as it stood when the page was drawn."""
    return hashlib.sha256(values.dumps(dict(kept.said))).hexdigest()[:16]


def put_right(
    connection: sa.Connection, kept: Kept, typed: Mapping[str, str], decision: Decision, *, may: Collection[str]
) -> None:
    """Write what was typed into the questions of a thing that are of the data classes `may`; the same page again changes nothing.

    Refused with `Invalid`, all at once; with `KeptChanged` where somebody was quicker.
    """
    if is_done(connection, decision):
        return
    changes = _read(kept, typed, decision, may)
    _require_as_seen(kept, decision)
    KINDS[kept.kind].write(connection, kept, changes)
    asked = KINDS[kept.kind].asked
    rows = [_row(kept, name, kept_things.as_text(value), decision) for name, value in changes.items() if name in asked]
    _note(connection, kept, rows, decision)


def withdraw(connection: sa.Connection, kept: Kept, decision: Decision) -> None:
    """Take a thing out, and keep what it said; the same page again changes nothing. Refused as `put_right` is."""
    if is_done(connection, decision):
        return
    if problems := _reason_wrong(decision.why):
        raise Invalid(problems)
    _require_as_seen(kept, decision)
    KINDS[kept.kind].take_out(connection, kept)
    rows = [_row(kept, name, "", decision, withdrawn=True) for name, said in kept.said.items() if said]
    _note(connection, kept, rows, decision)


def among(connection: sa.Connection, refs: Collection[str]) -> tuple[Amendment, ...]:
    """Give everything that was put right under these references, the newest first."""
    return _read_rows(connection, AmendmentRow.about.in_(sorted(refs)))


def withdrawn(connection: sa.Connection, kind: str, refs: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Give what the withdrawn things of a kind said, by their key: ``{"3f2a...": {"flag": "cse", "since": "2025-01-01"}}``."""
    found: dict[str, dict[str, str]] = {}
    row = AmendmentRow
    which = sa.and_(row.kind == kind, row.withdrawn, sa.true() if refs is None else row.about.in_(sorted(refs)))
    for each in _read_rows(connection, which):
        found.setdefault(each.thing, {"about": each.about})[each.question] = each.before
    return found


def was_amended(connection: sa.Connection, kind: str, key: str) -> bool:
    """Tell whether a thing was put right or withdrawn here."""
    asked = sa.select(AmendmentRow.id).where(AmendmentRow.kind == kind, AmendmentRow.thing == key)
    return connection.execute(asked.limit(1)).first() is not None


def erase(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete what was put right under these references, with old, new and reasons; count the rows."""
    return connection.execute(sa.delete(AmendmentRow).where(AmendmentRow.about.in_(sorted(refs)))).rowcount


def check(connection: sa.Connection) -> Iterator[Finding]:
    """Give everything that was withdrawn and is there all the same."""
    gone = _read_rows(connection, AmendmentRow.withdrawn.is_(sa.true()))
    there = {(each.kind, each.key) for each in kept_things.of(connection, {each.about for each in gone})}
    for kind, thing, about in sorted({(each.kind, each.thing, each.about) for each in gone}):
        if (kind, thing) in there:
            sentence = f"{KINDS[kind].words}: it was withdrawn, and is there again. Withdraw it once more, and find out how it came back."
            yield Finding("withdrawn-is-there", about, kind, sentence)


def _read(kept: Kept, typed: Mapping[str, str], decision: Decision, may: Collection[str]) -> dict[str, Value]:
    """Read what was typed; give what says something else than what is kept. Refused with `Invalid`."""
    asked = {name: each for name, each in KINDS[kept.kind].asked.items() if each.read and kept.class_of(name) in may}
    given: dict[str, Value] = {}
    problems: list[Problem] = []
    for name, question in asked.items():
        try:
            given[name] = _answer(question, typed.get(name, "").replace("\r\n", "\n").strip())
        except CellWrong as fault:
            problems.append(Problem(name, "answer-wrong", f"{question.words}: {_small(str(fault))}"))
    if not problems:
        problems += [
            Problem(name, "answer-wrong", said)
            for name, said in KINDS[kept.kind].wrong(_every(kept, given), decision.now)
        ]
    changes = {name: value for name, value in given.items() if kept_things.as_text(value) != kept.said[name]}
    if not (problems or changes):
        problems.append(Problem("", "nothing-changed", "Change what is wrong. Nothing on this page is different."))
    if problems := [*problems, *_reason_wrong(decision.why)]:
        raise Invalid(problems)
    return changes


def _answer(question: Question, text: str) -> Value:
    """Read one answer; an empty one is nothing, and a sentence where something is needed."""
    if not text and question.needed:
        raise CellWrong("Enter what is right")
    if not text or question.read is None:
        return None if question.is_day else ""
    return question.read(text)


def _every(kept: Kept, given: Mapping[str, Value]) -> dict[str, Value]:
    """Give all that a thing says with what was typed, as values."""
    asked = KINDS[kept.kind].asked
    return {name: kept_things.as_value(asked[name], said) for name, said in kept.said.items()} | dict(given)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _reason_wrong(why: str) -> list[Problem]:
    if 0 < len(why.strip()) <= LONGEST_REASON:
        return []
    return [Problem("why", "reason-missing", f"Say why, in at most {LONGEST_REASON} characters.")]


def _require_as_seen(kept: Kept, decision: Decision) -> None:
    if stamp_of(kept) != decision.stamp:
        raise KeptChanged("Somebody else has put it right meanwhile. Look at what stands there now.")


def is_done(connection: sa.Connection, decision: Decision) -> bool:
    """Tell whether the page was sent before."""
    row = AmendmentRow
    asked = sa.select(row.id).where(row.by == decision.by.person, row.key == decision.key)
    return connection.execute(asked.limit(1)).first() is not None


def _row(kept: Kept, name: str, after: str, decision: Decision, *, withdrawn: bool = False) -> dict[str, Value]:
    return {
        "about": kept.about,
        "kind": kept.kind,
        "thing": kept.key,
        "title": kept.title[:300],
        "question": name,
        "before": kept.said[name],
        "after": after,
        "withdrawn": withdrawn,
        "data_class": kept.class_of(name),
        "why": decision.why.strip(),
        "by": decision.by.person,
        "at": decision.now,
        "key": decision.key,
    }


def _note(connection: sa.Connection, kept: Kept, rows: Sequence[Mapping[str, Value]], decision: Decision) -> None:
    """Keep what was put right, and tell those with a part in the child's cases and those who gave copies away."""
    connection.execute(sa.insert(AmendmentRow), [dict(each) for each in rows])
    mine = sa.and_(AmendmentRow.by == decision.by.person, AmendmentRow.key == decision.key)
    number = connection.execute(sa.select(sa.func.min(AmendmentRow.id)).where(mine)).scalar_one()
    classes = frozenset(str(each["data_class"]) for each in rows)
    record, refs, cases = _whose(connection, kept)
    cause = f"{kept.about}/amended/{number}"
    page = f"{'cases' if KINDS[kept.kind].of_case else 'children'}/{record}"
    correction_mails.tell_of(
        connection, record, page, cases, classes, key=cause, base_url=decision.base_url, now=decision.now
    )
    held_under = [*refs, *cases] if KINDS[kept.kind].in_cases else refs
    copies.owe(
        connection, held_under, cause=cause, classes=classes, written_at=kept.since, base_url=decision.base_url,
        now=decision.now,
    )  # fmt: skip


def _whose(connection: sa.Connection, kept: Kept) -> tuple[str, list[str], list[str]]:
    """Give the child or the case of a thing, the references under which others may hold a copy of it, and the cases that it concerns."""
    if KINDS[kept.kind].of_case:
        return kept.about, [], [kept.about]
    child_id = kept_things.child_of(connection, kept.about)
    if not child_id:
        return kept.about, [kept.about], []
    ids = sorted(connection.execute(ids_of(child_id)).scalars())
    cases = [case for each in searching.cases_about(connection, ids).values() for case in each]
    return child_id, [*dict.fromkeys([*ids, kept.about])], sorted(set(cases))


def _read_rows(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Amendment, ...]:
    row = AmendmentRow
    asked = sa.select(*(getattr(row, each.name) for each in fields(Amendment))).where(which)
    return tuple(Amendment(*each) for each in connection.execute(asked.order_by(row.id.desc())))
