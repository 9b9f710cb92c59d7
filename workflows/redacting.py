"""A bundle before it is given: a person looks through it passage by passage, takes out what may not go, and seals it.

What was there when it was made stays as it was, so that what is read is what is given. Each passage that is taken out has a
ground of the law and a reason; the copy that is given says that something is missing and on which ground, and never what. Until
it is sealed another person may look again and put back; afterwards nothing of it changes, and its digest says so.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.cases import LETTERS
from engine.corrections import CORRECTED
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, EventTable, Moment, reading, row_lock
from engine.verification import Finding
from workflows.disclosures import LONGEST_RECIPIENT, SUBJECT_ACCESS

PREFIX = "B-"
AS_KNOWN = "bundle"
"""The kind of a bundle of a case as it was known; the other kind, everything for the child, is `SUBJECT_ACCESS`."""

LONGEST_WORDS = 4_000
LONGEST_WHY = 1_000

TAKEN_OUT = "taken out"


@frozen
class Ground:
    """Why something may be kept back, in words, and the law that says so."""

    words: str
    source: str

    @property
    def mark(self) -> str:
        """What stands in the copy that is given, in place of what was taken out."""
        return f"[{TAKEN_OUT}: {self.words[0].lower()}{self.words[1:]}. {self.source}]"


GROUNDS: Mapping[str, Ground] = MappingProxyType(
    {
        "third_party": Ground("It is about somebody else", "DPA 2018, Schedule 2, paragraph 16, and section 45(4)(e)"),
        "serious_harm": Ground(
            "It would be likely to cause serious harm to somebody",
            "DPA 2018, Schedule 3, paragraphs 5 (health), 11 (social work) and 19 (education)",
        ),
        "child_abuse": Ground(
            "It is about abuse of the child, and who acts for the child should not have it",
            "DPA 2018, Schedule 3, paragraph 21",
        ),
        "wishes": Ground(
            "The child did not want it passed on to who acts for the child",
            "DPA 2018, Schedule 3, paragraphs 4 and 10",
        ),
        "privilege": Ground("Legal professional privilege", "DPA 2018, Schedule 2, paragraph 19"),
        "crime": Ground(
            "It would prejudice preventing, detecting or prosecuting crime",
            "DPA 2018, Schedule 2, paragraph 2, and section 45(4)(b)",
        ),
        "not_needed": Ground(
            "It is not needed for what this is given for", "UK GDPR, Article 5(1)(c), and DPA 2018, section 37"
        ),
        "unread": Ground("Nobody has looked through this file yet", "No bundle is sealed while that is so"),
    }
)
"""The grounds on which something is kept back; whatever the child itself asks for is needed."""

FOR_OTHERS_ALONE = frozenset({"not_needed"})
UNREAD = "unread"
"""On this ground each file is kept out of a bundle until somebody gives it as a whole or takes it out on another; nobody chooses it."""

WORDS, PASSAGE, SECTION = "words", "passage", "section"
EXTENTS: Mapping[str, str] = MappingProxyType(
    {
        WORDS: "Some words of it",
        PASSAGE: "All of it: the question stays",
        SECTION: "Everything under this heading, and the heading",
    }
)
"""How much is taken out."""


class BundleRow(Base):
    """One bundle: of whom or what (`about`), for whom, what was there when it was made, and once it is sealed what was given.

    `known_at` is None for what was known when it was made. No `archive` and an empty `digest` are those of one that is not sealed.
    """

    __tablename__ = "bundles"
    number: sa.Column[str] = stored(sa.String(20), primary_key=True)
    about: sa.Column[str] = stored(sa.String(20), index=True)
    kind: sa.Column[str] = stored(sa.String(20))
    recipient: sa.Column[str] = stored(sa.String(LONGEST_RECIPIENT))
    basis: sa.Column[str] = stored(sa.String(40))
    classes: sa.Column[str] = stored(sa.String(60))
    known_at: sa.Column[datetime | None] = stored(Moment)
    content: sa.Column[str] = stored(sa.Text)
    made_by: sa.Column[str] = stored(sa.String(120))
    made_at: sa.Column[datetime] = stored(Moment)
    sealed_by: sa.Column[str] = stored(sa.String(120), default="")
    sealed_at: sa.Column[datetime | None] = stored(Moment)
    digest: sa.Column[str] = stored(sa.String(64), default="")
    archive: sa.Column[bytes | None] = stored(sa.LargeBinary)


class TakenOutRow(Base):
    """Something that was taken out of a bundle: where, on which ground and why, by whom and when; and who put it back, if somebody did."""

    __tablename__ = "bundle_redactions"
    id: sa.Column[int] = stored(primary_key=True)
    bundle: sa.Column[str] = stored(sa.ForeignKey("bundles.number"), index=True)
    passage: sa.Column[int]
    extent: sa.Column[str] = stored(sa.String(12))
    words: sa.Column[str] = stored(sa.Text)
    ground: sa.Column[str] = stored(sa.String(20))
    why: sa.Column[str] = stored(sa.Text)
    taken_by: sa.Column[str] = stored(sa.String(120))
    taken_at: sa.Column[datetime] = stored(Moment)
    back_by: sa.Column[str] = stored(sa.String(120), default="")
    back_at: sa.Column[datetime | None] = stored(Moment)


# What a bundle holds ---------------------------------------------------------------------------------------------------


@frozen
class Passage:
    """One answer of a bundle under its question; `photograph` and `attachment` are the numbers of what it stands for, or 0.

    `file` is the name of an attachment in the archive.
    """

    label: str
    text: str
    photograph: int = 0
    attachment: int = 0
    file: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it goes as a whole, or not at all."""
        return bool(self.photograph or self.attachment)


@frozen
class Chapter:
    """What stands under one heading; `part` names the case of which it is, and is empty for what is kept beside the cases."""

    part: str
    title: str
    passages: tuple[Passage, ...]


@frozen
class Content:
    """What a bundle holds: of which cases, what was masked in it and whom, and which free texts a person must read first."""

    title: str
    cases: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    masked: tuple[tuple[str, str], ...] = ()
    to_read: tuple[str, ...] = ()

    def numbered(self) -> Iterable[tuple[Chapter, tuple[tuple[int, Passage], ...]]]:
        """Give each chapter with its passages under their numbers, from 1 on through the whole bundle."""
        number = 1
        for chapter in self.chapters:
            yield chapter, tuple(enumerate(chapter.passages, number))
            number += len(chapter.passages)

    def passage(self, number: int) -> tuple[Chapter, Passage] | None:
        """Give a passage by its number, with its chapter."""
        every = ((chapter, found) for chapter, passages in self.numbered() for at, found in passages if at == number)
        return next(every, None)

    @classmethod
    def read(cls, text: str) -> Content:
        """Read what `written` has written."""
        told = json.loads(text)
        chapters = tuple(
            Chapter(each["part"], each["title"], tuple(Passage(**one) for one in each["passages"]))
            for each in told["chapters"]
        )
        masked = tuple((label, whom) for label, whom in told["masked"])
        return cls(told["title"], tuple(told["cases"]), chapters, masked, tuple(told["to_read"]))

    def written(self) -> str:
        """Write it as it is kept: ``{"title": ..., "cases": ["MC-..."], "chapters": [{"part", "title", "passages"}], ...}``."""
        return json.dumps(asdict(self), ensure_ascii=False)


@frozen
class Bundle:
    """A bundle without what it holds."""

    number: str
    about: str
    kind: str
    recipient: str
    basis: str
    classes: str
    known_at: datetime | None
    made_by: str
    made_at: datetime
    sealed_by: str
    sealed_at: datetime | None
    digest: str

    @property
    def grounds(self) -> Mapping[str, Ground]:
        """On which grounds something may be taken out of it."""
        besides = {UNREAD, *(FOR_OTHERS_ALONE if self.kind == SUBJECT_ACCESS else ())}
        return {name: ground for name, ground in GROUNDS.items() if name not in besides}

    @property
    def holds(self) -> frozenset[str]:
        """Name the data classes that are in it."""
        return frozenset(self.classes.split())


@frozen
class TakenOut:
    """Something that is taken out of a bundle."""

    id: int
    passage: int
    extent: str
    words: str
    ground: str
    why: str
    taken_by: str
    taken_at: datetime
    back_by: str
    back_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether it is still taken out: nobody has put it back."""
        return self.back_at is None


@frozen
class Wanted:
    """What somebody asks to be taken out of a passage: how much (`EXTENTS`), which words, on which ground and why."""

    extent: str
    words: str
    ground: str
    why: str


class BundleNotFound(NotFound):
    """There is no such bundle, or none of which this person may know."""


class SealedAlready(Conflict):
    """The bundle is sealed, and nothing of it changes any more."""


class BundleDamaged(Conflict):
    """What is kept of a sealed bundle has another digest than what was sealed."""


class NotLookedThrough(Conflict):
    """A file in the bundle was not looked through."""


class PutRightSince(Conflict):
    """Something in the bundle was put right since it was made."""


# Making it and looking at it -------------------------------------------------------------------------------------------


def keep(
    connection: sa.Connection, content: Content, *, kind: str, about: str, recipient: str, basis: str, classes: Collection[str],
    known_at: datetime | None, by: Actor, now: datetime,
) -> str:  # fmt: skip
    """Keep a bundle to be looked through, and give its number, such as ``B-7K3QX9PW``; its files are out of it until somebody has."""
    number = f"{PREFIX}{''.join(secrets.choice(LETTERS) for _ in range(8))}"
    row = {"number": number, "about": about, "kind": kind, "recipient": recipient, "basis": basis, "known_at": known_at}
    row |= {"classes": " ".join(sorted(classes)), "content": content.written(), "made_by": by.person, "made_at": now}
    connection.execute(sa.insert(BundleRow).values(**row, sealed_by="", digest=""))
    said = {"bundle": number, "extent": PASSAGE, "words": "", "ground": UNREAD, "why": "", "taken_by": by.person}
    files = [at for _chapter, found in content.numbered() for at, passage in found if passage.attachment]
    for at in files:
        connection.execute(sa.insert(TakenOutRow).values(**said, passage=at, taken_at=now, back_by=""))
    return number


def find(connection: sa.Connection, number: str) -> Bundle:
    """Give a bundle by its number; refused with `BundleNotFound`."""
    row = connection.execute(sa.select(*_columns()).where(BundleRow.number == number)).first()
    if row is None:
        raise BundleNotFound("There is no such bundle.")
    return Bundle(*row)


def content_of(connection: sa.Connection, number: str) -> Content:
    """Give what was there when a bundle was made."""
    text = connection.execute(sa.select(BundleRow.content).where(BundleRow.number == number)).scalar_one()
    return Content.read(text)


def about(connection: sa.Connection, refs: Collection[str], kind: str) -> tuple[Bundle, ...]:
    """Give the bundles of a kind about these references, the latest first."""
    row = BundleRow
    asked = sa.select(*_columns()).where(row.about.in_(sorted(refs)), row.kind == kind)
    return tuple(Bundle(*each) for each in connection.execute(asked.order_by(row.made_at.desc(), row.number)))


def taken_out(connection: sa.Connection, number: str) -> tuple[TakenOut, ...]:
    """Give everything that was ever taken out of a bundle, what was put back too, by the passage."""
    row = TakenOutRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(TakenOut))).where(row.bundle == number)
    return tuple(TakenOut(*each) for each in connection.execute(asked.order_by(row.passage, row.id)))


def take_out(connection: sa.Connection, number: str, passage: int, wanted: Wanted, *, by: Actor, now: datetime) -> None:
    """Take something out of a bundle; refused with `Invalid`, all at once, and with `SealedAlready`."""
    bundle = _open(connection, number)
    content = content_of(connection, number)
    found = content.passage(passage)
    if found is None:
        raise BundleNotFound("There is no such passage.")
    if problems := _wrong_with(wanted, bundle, found[1]):
        raise Invalid(problems)
    words = " ".join(wanted.words.split()) if wanted.extent == WORDS else ""
    row = {"bundle": number, "passage": passage, "extent": wanted.extent, "words": words, "ground": wanted.ground}
    row |= {"why": wanted.why.strip(), "taken_by": by.person, "taken_at": now, "back_by": ""}
    together = [[at for at, _passage in passages] for _chapter, passages in content.numbered()]
    gone = next(each for each in together if passage in each) if wanted.extent == SECTION else [passage]
    unread = sa.and_(_unread(number), TakenOutRow.passage.in_(gone))
    connection.execute(sa.update(TakenOutRow).where(unread).values(back_by=by.person, back_at=now))
    connection.execute(sa.insert(TakenOutRow).values(**row))


def put_back(connection: sa.Connection, number: str, entry: int, *, by: Actor, now: datetime) -> None:
    """Put back what was taken out; that it had been taken out stays written. Refused with `SealedAlready`."""
    _open(connection, number)
    row = TakenOutRow
    mine = sa.update(row).where(row.bundle == number, row.id == entry, row.back_at.is_(None))
    if connection.execute(mine.values(back_by=by.person, back_at=now)).rowcount == 0:
        raise BundleNotFound("There is nothing to put back any more.")


def drop(connection: sa.Connection, number: str) -> None:
    """Throw away a bundle that was given to nobody; refused with `SealedAlready`."""
    _open(connection, number)
    _delete(connection, [number])


def ready(connection: sa.Connection, number: str, refs: Collection[str]) -> Bundle:
    """Give a bundle that may be sealed now, and let nobody change it meanwhile.

    Refused with `SealedAlready`, with `NotLookedThrough`, and with `PutRightSince` where it says something that was put right after it
    was made; one that says what was known at an earlier moment stays as it is.
    """
    bundle = _open(connection, number)
    if connection.execute(sa.select(TakenOutRow.id).where(_unread(number)).limit(1)).first():
        raise NotLookedThrough("A file in it was not looked through. Give it as a whole, or take it out.")
    event = EventTable
    later = sa.exists().where(event.case_id.in_(sorted(refs)), event.kind == CORRECTED, event.at > bundle.made_at)
    if bundle.known_at is None and connection.execute(sa.select(later)).scalar():
        raise PutRightSince("Something in it was put right since it was made. Throw it away and make it again.")
    return bundle


def seal(connection: sa.Connection, number: str, archive: bytes, *, by: Actor, now: datetime) -> str:
    """Seal a bundle that is `ready` with the archive that is given, and give its digest (SHA-256)."""
    digest = hashlib.sha256(archive).hexdigest()
    done = {"sealed_by": by.person, "sealed_at": now, "digest": digest, "archive": archive}
    connection.execute(sa.update(BundleRow).where(BundleRow.number == number).values(**done))
    return digest


def archive_of(connection: sa.Connection, number: str) -> bytes:
    """Give what was sealed, byte by byte; refused with `BundleNotFound` where it is not sealed, and with `BundleDamaged`."""
    row = BundleRow
    found = connection.execute(sa.select(row.archive, row.digest).where(row.number == number)).first()
    if found is None or found.archive is None:
        raise BundleNotFound("This bundle is not sealed yet.")
    if hashlib.sha256(found.archive).hexdigest() != found.digest:
        raise BundleDamaged("What is kept is not what was sealed, and is not given away. Tell the administrator.")
    return bytes(found.archive)


def check(engine: sa.Engine) -> Iterator[Finding]:
    """Say which sealed bundles are not what was sealed."""
    row = BundleRow
    with reading(engine) as connection:
        sealed = sa.select(row.number, row.archive, row.digest).where(row.sealed_at.is_not(None))
        for number, archive, digest in connection.execute(sealed.order_by(row.number)):
            if archive is None or hashlib.sha256(archive).hexdigest() != digest:
                sentence = f"Bundle {number} is not what was sealed. Find out who changed it, and give it to nobody."
                yield Finding("bundle-changed", "", "", sentence)


def unsealed_before(connection: sa.Connection, moment: datetime) -> tuple[tuple[str, str], ...]:
    """Give number and reference of each bundle that was made before a moment and given to nobody."""
    row = BundleRow
    asked = sa.select(row.number, row.about).where(row.sealed_at.is_(None), row.made_at < moment)
    return tuple((number, of) for number, of in connection.execute(asked.order_by(row.made_at, row.number)))


def erase(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete the bundles about what is erased, with what was taken out of them; count them."""
    mine = sa.select(BundleRow.number).where(BundleRow.about.in_(sorted(refs)))
    return _delete(connection, list(connection.execute(mine).scalars()))


# What is given ---------------------------------------------------------------------------------------------------------


def _unread(number: str) -> sa.ColumnElement[bool]:
    """Say which files of a bundle nobody has looked through."""
    row = TakenOutRow
    return sa.and_(row.bundle == number, row.ground == UNREAD, row.back_at.is_(None))


def section_out(passages: Sequence[tuple[int, Passage]], standing: Iterable[TakenOut]) -> TakenOut | None:
    """Give what takes out the whole section of these passages, where something of what stands does."""
    own = {number for number, _passage in passages}
    return next((each for each in standing if each.extent == SECTION and each.passage in own), None)


def given(content: Content, entries: Iterable[TakenOut]) -> Content:
    """Give a bundle as it leaves: what was taken out is gone, and a mark says on which ground."""
    standing = [each for each in entries if each.stands]
    chapters, hidden = [], []
    for chapter, passages in content.numbered():
        whole = section_out(passages, standing)
        if whole is not None:
            mark = Passage(TAKEN_OUT.capitalize(), GROUNDS[whole.ground].mark)
            chapters.append(Chapter(chapter.part, TAKEN_OUT.capitalize(), (mark,)))
            hidden.append(chapter.title)
            continue
        kept = [
            _without(passage, [each for each in standing if each.passage == number]) for number, passage in passages
        ]
        chapters.append(replace(chapter, passages=tuple(kept)))
    masked = [
        each for each in content.masked if not any(title.startswith(each[0].partition(": ")[0]) for title in hidden)
    ]
    return replace(content, chapters=tuple(chapters), masked=tuple(masked), to_read=())


def _without(passage: Passage, entries: Sequence[TakenOut]) -> Passage:
    """Give a passage without what was taken out of it."""
    whole = next((each for each in entries if each.extent == PASSAGE), None)
    if whole is not None:
        return Passage(passage.label, GROUNDS[whole.ground].mark)
    spans = sorted(
        (found.start(), found.end(), GROUNDS[each.ground].mark)
        for each in entries
        for found in _pattern(each.words).finditer(passage.text)
    )
    text, at = "", 0
    for start, end, mark in spans:
        # What overlaps goes as one: no end of it stays between two marks.
        text += passage.text[at:start] + mark if start >= at else ""
        at = max(at, end)
    return replace(passage, text=text + passage.text[at:])


def _pattern(words: str) -> re.Pattern[str]:
    """Look for words wherever they stand, whatever stands between them and however they are written."""
    return re.compile(r"\s+".join(re.escape(word) for word in words.split()), re.IGNORECASE)


def _wrong_with(wanted: Wanted, bundle: Bundle, passage: Passage) -> list[Problem]:
    """Say all that is wrong with what is to be taken out."""
    found = []
    if wanted.extent not in EXTENTS:
        found.append(Problem("extent", "extent-missing", "Choose how much is taken out."))
    elif wanted.extent == WORDS:
        found += _wrong_words(wanted.words, passage)
    if wanted.ground not in bundle.grounds:
        found.append(Problem("ground", "ground-missing", "Choose on which ground it is taken out."))
    if not 0 < len(wanted.why.strip()) <= LONGEST_WHY:
        sentence = f"Say why, in {LONGEST_WHY} characters at most. It stays here and does not go with the bundle."
        found.append(Problem("why", "why-missing", sentence))
    return found


def _wrong_words(words: str, passage: Passage) -> list[Problem]:
    if passage.is_whole:
        return [Problem("extent", "extent-of-photograph", "A photograph or a file is taken out as a whole.")]
    if len(words) > LONGEST_WORDS or not words.strip() or _pattern(words).search(passage.text) is None:
        return [Problem("words", "words-unknown", "Enter words as they stand in this passage.")]
    return []


def _open(connection: sa.Connection, number: str) -> Bundle:
    """Give a bundle that is not sealed, and hold it: refused with `SealedAlready`, and with `BundleNotFound`."""
    mine = sa.select(BundleRow.number).where(BundleRow.number == number)
    connection.execute(row_lock(connection.engine, mine)).all()
    bundle = find(connection, number)
    if bundle.sealed_at is not None:
        raise SealedAlready("The bundle is sealed. Nothing of it changes any more: make another one.")
    return bundle


def _delete(connection: sa.Connection, numbers: Collection[str]) -> int:
    connection.execute(sa.delete(TakenOutRow).where(TakenOutRow.bundle.in_(numbers)))
    return connection.execute(sa.delete(BundleRow).where(BundleRow.number.in_(numbers))).rowcount


def _columns() -> list[sa.ColumnElement[Any]]:
    return [getattr(BundleRow, field.name) for field in fields(Bundle)]
