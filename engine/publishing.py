"""Drafts: a procedure's files on their way to the next release: changed, proposed with a reason, approved by somebody else.

One draft of a procedure is open at a time, and it has a history: who did what, when, and why. Two people who change it do
not overwrite each other: whoever saves a file says which text of it was before them, and is refused where that is not the
one that stands. What is approved is, to the byte, what was proposed; whoever had a hand in it cannot approve it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine import release
from engine.drafted import CHANGES, Draft, DraftEvent, DraftEventTable, DraftTable, Files, Turn, draft_of
from engine.errors import (
    AgreementMissing,
    DraftHasMovedOn,
    DraftIsOpen,
    DraftIsStale,
    DraftNotFound,
    Invalid,
    NotFound,
    Problem,
    ReasonMissing,
    ReleaseInvalid,
    SamePersonTwice,
)
from engine.library import Library
from engine.store import ReleaseTable, reading, row_lock, writing
from engine.views import ReleaseRow

Check = Callable[[str, Files], Sequence[Problem]]
"""Says everything that is wrong with the files of a procedure: ``check("missing_child", files)``.

Refuses (`TooMuchToRead`) files that cannot be read at all; no draft keeps these, because its pages read them too.
"""

Parties = Callable[[Files, Files], Collection[str]]
"""Names who has to agree, beside the second person, before files take the place of others: ``{"local_authority"}``."""
Doubts = Callable[[str, Files, Files], bool]
"""Says whether files that may be published raise a question, so that whoever publishes them says why."""

LONGEST_REASON = 2000

_LINE = DraftEventTable
_EVENT = (_LINE.at, _LINE.by, _LINE.kind, _LINE.file, _LINE.reason, _LINE.digest, _LINE.party)

Tell = Callable[[sa.Connection, Turn], None]
"""Is told, inside the transaction, of each draft that is proposed, withdrawn, sent back, approved or dropped."""


def _tell_nobody(_connection: sa.Connection, _turn: Turn) -> None:
    """Tell nobody."""


def _nobody_else(_before: Files, _after: Files) -> Collection[str]:
    """Name nobody: the second person is enough."""
    return ()


def _no_doubt(_procedure: str, _before: Files, _after: Files) -> bool:
    """Say that nothing is in question."""
    return False


def stamp_of(text: str) -> str:
    """Give the stamp of a file's text, which a page sends back with the changed text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Drafts:
    """The drafts in one database; `check` says what is wrong with files, `roles` and `operations` are what they may name.

    `parties` and `doubts` say what the publication of a change needs beside the second person: who agrees, and a reason.
    """

    def __init__(
        self,
        library: Library,
        check: Check,
        *,
        roles: Sequence[str] | None,
        operations: Iterable[str] = (),
        tell: Tell = _tell_nobody,
        parties: Parties = _nobody_else,
        doubts: Doubts = _no_doubt,
    ) -> None:
        """Use the database of a library; an approved draft becomes a release there."""
        self.engine = library.engine
        self.library = library
        self.check = check
        self.roles = roles
        self.operations = tuple(operations)
        self.tell = tell
        self.parties = parties
        self.doubts = doubts

    # Reading ----------------------------------------------------------------------------------------------------------

    def find(self, procedure: str) -> Draft | None:
        """Give the open draft of a procedure, if there is one."""
        with reading(self.engine) as connection:
            row = connection.execute(_open_draft(procedure)).first()
        return None if row is None else draft_of(row)

    def get(self, procedure: str) -> Draft:
        """Give the open draft of a procedure; refused with `DraftNotFound`."""
        found = self.find(procedure)
        if found is None:
            raise DraftNotFound("There is no draft of this procedure.")
        return found

    def history(self, draft_id: int) -> tuple[DraftEvent, ...]:
        """Give what was done with a draft, the latest first."""
        row = DraftEventTable
        asked = sa.select(*_EVENT).where(row.draft_id == draft_id).order_by(row.seq.desc())
        with reading(self.engine) as connection:
            return tuple(DraftEvent(*found) for found in connection.execute(asked))

    def behind(self, procedure: str) -> dict[int, Draft]:
        """Give the drafts that became releases of a procedure, by the release's id."""
        row = DraftTable.__table__
        asked = sa.select(row).where(row.c.procedure == procedure, row.c.release_id.is_not(None))
        with reading(self.engine) as connection:
            return {found.release_id: draft_of(found) for found in connection.execute(asked)}

    def agreed(self, draft: Draft) -> dict[str, DraftEvent]:
        """Give who has agreed to a proposal as it stands, by party; what was agreed to before a change counts no more."""
        with reading(self.engine) as connection:
            return _agreed(connection, draft) if draft.is_proposed else {}

    def waiting_for(self, person: str) -> tuple[Draft, ...]:
        """Give the proposals that somebody could decide on: those in which they had no hand, the oldest first."""
        row, event = DraftTable.__table__, DraftEventTable.__table__
        theirs = sa.exists().where(event.c.draft_id == row.c.id, event.c.by == person, event.c.kind.in_(CHANGES))
        asked = sa.select(row).where(row.c.status == "proposed", row.c.proposed_by != person, ~theirs)
        with reading(self.engine) as connection:
            return tuple(draft_of(found) for found in connection.execute(asked.order_by(row.c.proposed_at, row.c.id)))

    def sent_back_to(self, person: str) -> tuple[Draft, ...]:
        """Give the drafts in which somebody had a hand and that were sent back, and not changed since."""
        row, event = DraftTable.__table__, DraftEventTable.__table__
        theirs = sa.exists().where(event.c.draft_id == row.c.id, event.c.by == person)
        last = sa.select(event.c.kind).where(event.c.draft_id == row.c.id).order_by(event.c.seq.desc()).limit(1)
        asked = sa.select(row).where(row.c.status == "open", theirs, last.scalar_subquery() == "sent_back")
        with reading(self.engine) as connection:
            return tuple(draft_of(found) for found in connection.execute(asked.order_by(row.c.id)))

    # Changing ---------------------------------------------------------------------------------------------------------

    def begin(
        self,
        procedure: str,
        *,
        by: str,
        now: datetime,
        files: Files | None = None,
        origin: str = "imported",
        reason: str = "",
    ) -> Draft:
        """Begin a draft from the running release, or from `files`; `origin` says whence these are, as the first event.

        A `reason` is what its proposal begins with.

        Raises:
            NotFound: the procedure has no release.
            DraftIsOpen: there is a draft already.
            TooMuchToRead: the files cannot be read within the limits.
        """
        if files is not None:
            self.check(procedure, files)
        try:
            with writing(self.engine) as connection:
                if connection.execute(_open_draft(procedure)).first() is not None:
                    raise DraftIsOpen("There is a draft of this procedure already: go on with it, or drop it.")
                base = _newest(connection, procedure)
                packed, digest = (base.files, base.digest) if files is None else release.pack(files)
                row = {"procedure": procedure, "base_id": base.id, "status": "open", "files": packed, "digest": digest}
                row |= {"begun_by": by, "begun_at": now, "changed_by": by, "changed_at": now, "reason": reason}
                key = connection.execute(sa.insert(DraftTable).values(**row)).inserted_primary_key
                self._note(connection, key[0] if key else 0, "begun" if files is None else origin, by, now, digest)
        except IntegrityError:
            raise DraftIsOpen("Somebody has just begun a draft of this procedure: go on with it.") from None
        return self.get(procedure)

    def save(self, procedure: str, file: str, text: str, *, stamp: str, by: str, now: datetime) -> None:
        """Save the text of a file; `stamp` is that of the text that was before whoever changed it, "" for a new file.

        Refused like `change`.
        """
        self.change(procedure, {file: text}, stamps={file: stamp}, by=by, now=now)

    def remove(self, procedure: str, file: str, *, stamp: str, by: str, now: datetime) -> None:
        """Take a file out of the draft; refused with `DraftIsStale` like `change`. A file that is gone stays gone."""
        self.change(procedure, {file: None}, stamps={file: stamp}, by=by, now=now)

    def change(
        self,
        procedure: str,
        texts: Mapping[str, str | None],
        *,
        stamps: Mapping[str, str],
        by: str,
        now: datetime,
    ) -> None:
        """Save, add and take out (None) files together, all of them or none; `stamps` as in `save`.

        A draft that was proposed is withdrawn by it. The text that stands already is no change.

        Raises:
            DraftNotFound: there is no draft any more.
            DraftIsStale: somebody else has changed, added or removed a file in the meantime.
            Invalid: a file's name is none that a procedure can have, or a text cannot be read within the limits.
        """
        if not all(release.FILE_NAME.fullmatch(file) for file in texts):
            sentence = (
                "A file's name has small letters, digits and underscores, and ends in .bpmn, .dmn, .form or .scenario."
            )
            raise Invalid([Problem("name", "file-name", sentence)])
        wanted = {file: None if text is None else release.plain(text) for file, text in texts.items()}
        self.check(procedure, _with(self.get(procedure).files, wanted))  # what is wrong may be saved, what stops us not
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            done: list[tuple[str, str]] = []
            for file, text in wanted.items():
                present = draft.files.get(file)
                if present != text:
                    _require_seen(file, present, text, stamps.get(file, ""))
                    done.append(("removed" if text is None else "added" if present is None else "saved", file))
            if done:
                self._put(connection, draft, _with(draft.files, wanted), done, by, now)

    def drop(self, procedure: str, *, digest: str, reason: str, by: str, now: datetime) -> None:
        """Give a draft up; its history stays. Refused without a reason, and where the draft was changed or proposed since."""
        said = _reason(reason)
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            self._require(draft, digest, "open")
            self._move(connection, draft, "dropped", "dropped", by, now, reason=said)

    # Publishing -------------------------------------------------------------------------------------------------------

    def propose(self, procedure: str, *, digest: str, reason: str, by: str, now: datetime) -> None:
        """Propose a draft as it stands, with a reason; the same proposal twice is one.

        Raises:
            ReasonMissing: nobody could judge it.
            ReleaseInvalid: with every problem; a draft with problems can be saved and not proposed.
            DraftHasMovedOn: the draft is not the one that was looked at, or it changes nothing.
        """
        said = _reason(reason)
        seen = self.get(procedure)
        if seen.is_proposed and (seen.digest, seen.proposed_by) == (digest, by):
            return
        self._require(seen, digest, "open")
        problems = self.check(procedure, seen.files)
        if problems:
            raise ReleaseInvalid(problems)
        base = self.library.newest(procedure)[0]
        parties = frozenset(self.parties(self.library.files(base), seen.files))
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            self._require(draft, digest, "open")
            running = _newest(connection, procedure)
            if running.digest == digest:
                raise DraftHasMovedOn("The draft is the same as the running release: there is nothing to propose.")
            if running.id != base:
                raise DraftHasMovedOn("Another release was published meanwhile: compare again, and propose it anew.")
            more = {"proposed_by": by, "proposed_at": now, "base_id": running.id, "parties": " ".join(sorted(parties))}
            self._move(connection, draft, "proposed", "proposed", by, now, reason=said, parties=parties, more=more)
            connection.execute(sa.update(DraftTable).where(DraftTable.id == draft.id).values(reason=said))

    def agree(self, procedure: str, party: str, *, digest: str, by: str, now: datetime) -> None:
        """Agree, for a party, to a proposal as it stands, to the byte; twice is once.

        Raises:
            DraftHasMovedOn: the draft is not the one that was looked at, or it does not concern the party.
            SamePersonTwice: whoever proposed a draft, changed it, or agreed for another party cannot agree to it.
        """
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            self._require(draft, digest, "proposed")
            if party not in (draft.parties or ()):
                raise DraftHasMovedOn("This change does not ask for your agreement: look at it as it is now.")
            agreed = _agreed(connection, draft)
            self._require_other(
                connection, draft, by, {other: each for other, each in agreed.items() if other != party}
            )
            if party not in agreed:
                self._note(connection, draft.id, "agreed", by, now, digest, party=party)

    def send_back(self, procedure: str, *, digest: str, reason: str, by: str, now: datetime) -> None:
        """Send a proposal back with a reason, or take one's own back; the draft can be changed again."""
        said = _reason(reason)
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            self._require(draft, digest, "proposed")
            kind = "withdrawn" if draft.proposed_by == by else "sent_back"
            more = {"proposed_by": "", "proposed_at": None, "parties": None}
            self._move(connection, draft, "open", kind, by, now, reason=said, more=more)

    def approve(self, procedure: str, *, digest: str, by: str, now: datetime, reason: str = "") -> ReleaseRow:
        """Approve what was proposed, to the byte, and publish it in the same transaction: new cases start on it.

        Raises:
            SamePersonTwice: whoever proposed a draft, changed it or agreed to it for a party cannot approve it.
            AgreementMissing: somebody whom it concerns has not agreed to it.
            ReasonMissing: something about it is in question, and nobody says why it is published all the same.
            DraftHasMovedOn: it is no longer proposed, or another release was published since it was.
            ReleaseInvalid: a rule that came with a newer program finds a problem.
        """
        seen = self.get(procedure)
        problems = self.check(procedure, seen.files)
        if problems:
            raise ReleaseInvalid(problems)
        compiled = release.check(seen.files, self.roles, self.operations)
        if self.doubts(procedure, self.library.files(seen.base_id), seen.files):
            reason = _reason(reason)
        with writing(self.engine) as connection:
            draft = self._locked(connection, procedure)
            self._require(draft, digest, "proposed")
            self._require(draft, seen.digest, "proposed")
            agreed = _agreed(connection, draft)
            self._require_other(connection, draft, by, agreed)
            _require_agreed(draft, agreed)
            if _newest(connection, procedure).id != draft.base_id:
                sentence = "Another release was published after this was proposed. Compare again, and propose it anew."
                raise DraftHasMovedOn(sentence)
            published = self.library.add(connection, compiled, draft.files, by=by, now=now)
            more = {"release_id": published.id}
            self._move(connection, draft, "published", "approved", by, now, reason=reason.strip(), more=more)
        return published

    # Inside -----------------------------------------------------------------------------------------------------------

    def _locked(self, connection: sa.Connection, procedure: str) -> Draft:
        """Read the open draft and keep others from it until this transaction ends."""
        row = connection.execute(row_lock(self.engine, _open_draft(procedure))).first()
        if row is None:
            raise DraftNotFound("There is no draft of this procedure any more: it was published or dropped.")
        return draft_of(row)

    def _put(
        self,
        connection: sa.Connection,
        draft: Draft,
        files: Files,
        done: Iterable[tuple[str, str]],
        by: str,
        now: datetime,
    ) -> None:
        """Write other files, and what was done with which; a proposal of the old ones is withdrawn."""
        packed, digest = release.pack(files)
        values = {"files": packed, "digest": digest, "changed_by": by, "changed_at": now, "status": "open"}
        values |= {"proposed_by": "", "proposed_at": None, "parties": None}
        connection.execute(sa.update(DraftTable).where(DraftTable.id == draft.id).values(**values))
        for kind, file in done:
            self._note(connection, draft.id, kind, by, now, digest, file=file)
        if draft.is_proposed:
            reason = "The draft was changed."
            number = self._note(connection, draft.id, "withdrawn", by, now, digest, reason=reason)
            self._say(connection, draft, DraftEvent(now, by, "withdrawn", "", reason, digest), number)

    def _move(
        self,
        connection: sa.Connection,
        draft: Draft,
        status: str,
        kind: str,
        by: str,
        now: datetime,
        reason: str = "",
        parties: frozenset[str] = frozenset(),
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Give a draft another status, and what changes with `more`, and note who did it."""
        connection.execute(sa.update(DraftTable).where(DraftTable.id == draft.id).values(status=status, **more))
        number = self._note(connection, draft.id, kind, by, now, draft.digest, reason=reason)
        self._say(connection, draft, DraftEvent(now, by, kind, "", reason, draft.digest), number, parties)

    def _say(
        self,
        connection: sa.Connection,
        draft: Draft,
        event: DraftEvent,
        number: int,
        parties: frozenset[str] = frozenset(),
    ) -> None:
        """Let those hear who are told of a draft."""
        self.tell(connection, Turn(draft, event, number, self._hands(connection, draft.id), parties))

    def _require_other(
        self, connection: sa.Connection, draft: Draft, by: str, agreed: Mapping[str, DraftEvent]
    ) -> None:
        """Refuse whoever had a hand in a draft, or has agreed to it for somebody, as one more person."""
        if by == draft.proposed_by or by in self._hands(connection, draft.id):
            raise SamePersonTwice("You proposed or changed this draft yourself: somebody else must approve it.")
        if any(each.by == by for each in agreed.values()):
            raise SamePersonTwice("You have agreed to this draft already: somebody else must approve it.")

    @staticmethod
    def _note(
        connection: sa.Connection,
        draft_id: int,
        kind: str,
        by: str,
        now: datetime,
        digest: str,
        *,
        file: str = "",
        reason: str = "",
        party: str = "",
    ) -> int:
        """Write the next line of a draft's history; give its number."""
        row = DraftEventTable
        last = connection.execute(sa.select(sa.func.max(row.seq)).where(row.draft_id == draft_id)).scalar()
        line = {"draft_id": draft_id, "seq": (last or 0) + 1, "at": now, "by": by, "kind": kind, "digest": digest}
        connection.execute(sa.insert(row).values(**line, file=file, reason=reason, party=party))
        return int(last or 0) + 1

    @staticmethod
    def _hands(connection: sa.Connection, draft_id: int) -> frozenset[str]:
        """Name who had a hand in a draft."""
        row = DraftEventTable
        asked = sa.select(row.by).where(row.draft_id == draft_id, row.kind.in_(CHANGES)).distinct()
        return frozenset(connection.execute(asked).scalars())

    @staticmethod
    def _require(draft: Draft, digest: str, status: str) -> None:
        """Refuse where the draft is not the one that somebody looked at, or no longer stands as it did."""
        if draft.digest != digest:
            raise DraftHasMovedOn("The draft was changed after you opened the page: look at it as it is now.")
        if draft.status != status:
            now = "has been proposed" if draft.is_proposed else "is not proposed any more"
            raise DraftHasMovedOn(f"The draft {now}: look at it as it is now.")


def _with(files: Files, changed: Mapping[str, str | None]) -> dict[str, str]:
    """Give files with others in their place, or without them."""
    return {name: text for name, text in {**files, **changed}.items() if text is not None}


def _agreed(connection: sa.Connection, draft: Draft) -> dict[str, DraftEvent]:
    """Read who has agreed to a proposal since it was made, by party."""
    row = DraftEventTable
    proposed = sa.select(sa.func.max(row.seq)).where(row.draft_id == draft.id, row.kind == "proposed")
    asked = sa.select(*_EVENT).where(row.draft_id == draft.id, row.kind == "agreed", row.digest == draft.digest)
    found = connection.execute(asked.where(row.seq > proposed.scalar_subquery()))
    return {event.party: event for event in (DraftEvent(*each) for each in found)}


def _require_agreed(draft: Draft, agreed: Mapping[str, DraftEvent]) -> None:
    """Refuse with `AgreementMissing` where somebody whom a proposal concerns has not agreed to it."""
    if draft.parties is None:
        raise DraftHasMovedOn("Whom this proposal concerns was not worked out: take it back, and propose it anew.")
    if draft.parties - agreed.keys():
        raise AgreementMissing(
            "Not everybody whom the change concerns has agreed to it: this page says who is missing."
        )


def _require_seen(file: str, present: str | None, text: str | None, stamp: str) -> None:
    """Refuse with `DraftIsStale` where a file is not the one that whoever changes it had before them."""
    if present is not None and not stamp and text is not None:
        raise DraftIsStale(f"There is a file {file} already.")
    if (stamp_of(present) if present is not None else "") != stamp:
        raise DraftIsStale(f"{file} was changed by somebody else after you opened it.")


def _open_draft(procedure: str) -> sa.Select[Any]:
    row = DraftTable.__table__
    return sa.select(row).where(row.c.procedure == procedure, row.c.status.in_(("open", "proposed")))


def _newest(connection: sa.Connection, procedure: str) -> sa.Row[Any]:
    """Read the running release; refused with `NotFound`."""
    row = ReleaseTable.__table__
    asked = sa.select(row).where(row.c.procedure == procedure).order_by(row.c.number.desc()).limit(1)
    found = connection.execute(asked).first()
    if found is None:
        raise NotFound("No release of this procedure has been published.")
    return found


def _reason(text: str) -> str:
    """Give a reason; refused with `ReasonMissing`."""
    said = text.strip()
    if not said:
        raise ReasonMissing([Problem("reason", "reason-missing", "Enter the reason, so that others can judge it")])
    if len(said) > LONGEST_REASON:
        sentence = f"The reason must be {LONGEST_REASON} characters or fewer"
        raise ReasonMissing([Problem("reason", "reason-too-long", sentence)])
    return said
