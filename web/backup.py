"""Copies an SQLite database while the site runs, and puts a copy back in its place; PostgreSQL has its own tools.

A copy is checked and read before it is called done. What is put back holds its mails until a person has said what becomes
of them: they may have left long ago, after the copy was made.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from engine.erasing import Tombstone
from engine.errors import Conflict, Invalid, Problem
from engine.frozen import frozen
from engine.store import writing
from engine.verification import Overdue, overdue
from notifications import holding
from notifications.holding import Held
from web import schema, tombstones
from web.app import create_app
from web.assembly import assemble
from web.settings import Settings

WAIT_SECONDS = 10.0
ONLY_FOR_SQLITE = (
    "This command is for SQLite. The README says how PostgreSQL is backed up and restored: with pg_dump and pg_restore."
)


class CopyInvalid(Invalid):
    """The file is no whole database of ours, or of a newer program."""


class WouldReplace(Conflict):
    """There is something already where the copy should go."""


class StillRunning(Conflict):
    """Somebody has the database open."""


@frozen
class Copied:
    """What is in a copy: the revision of its schema, and how many cases and events."""

    revision: str
    cases: int
    events: int


@frozen
class Restored:
    """What was put back: its content, the mails that are held, the clocks that are overdue, and where the old one lies.

    `erased` counts the subjects that the copy still had and that were erased again.
    """

    copied: Copied
    held: Held
    overdue: Overdue
    replaced: Path | None
    erased: int = 0


def back_up(settings: Settings, target: Path) -> Copied:
    """Copy the database as it stands at this moment to a new file; readers and writers go on.

    Refuses with `WouldReplace` where there is a file already, with `Invalid` where the database is not SQLite, and with
    `CopyInvalid` where the copy is not whole: the file is not left behind then.
    """
    source = _path(settings)
    if target.exists():
        raise WouldReplace(f"{target} is there already. Name a new file, so that no older backup is lost.")
    with _beside(target) as part:
        _copy(source, part)
        copied = _inspect(part)
        part.replace(target)
    _settle(target)
    return copied


def restore(
    settings: Settings, source: Path, *, yes_replace: bool, by: str, now: datetime, stones: Path | None = None
) -> Restored:
    """Put a copy in the place of the database, at the schema of this program and with its mails held.

    What was erased since the copy was made is erased from it before it takes the place: by the tombstones of the file beside
    the database, and of `stones`. The database that was there is kept beside it under another name. Refuses with `CopyInvalid`, with `WouldReplace`
    where there is a database and nobody said that it goes, and with `StillRunning` where somebody has it open.
    """
    target = _path(settings)
    _inspect(source)
    known = tombstones.known(settings, stones)
    if target.exists() and not yes_replace:
        raise WouldReplace(
            f"{target} is there already. Say --yes-replace to put the copy in its place; the old one is kept."
        )
    with _beside(target) as part:
        _copy(source, part)
        copied = _inspect(part)
        held, late, erased = _prepare(replace(settings, database_url=f"sqlite:///{part}"), by, now, known)
        replaced = _set_aside(target, now)
        part.replace(target)
    _settle(target)
    return Restored(copied, held, late, replaced, erased)


def _path(settings: Settings) -> Path:
    """Give the file of the database."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Invalid([Problem("HOMEWARD_DATABASE_URL", "not-sqlite", ONLY_FOR_SQLITE)])
    return Path(url.database)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a file on the same disk, for this user alone, that is gone afterwards unless it was given another name."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
    finally:
        for leftover in (part, *(part.with_name(f"{part.name}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy all pages in one read transaction; the copy is one file, without a log beside it."""
    _require(source)
    with closing(_open(source)) as one, closing(sqlite3.connect(target)) as other:
        try:
            one.backup(other)
            other.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.DatabaseError as fault:
            raise _invalid(source, "is no whole SQLite database") from fault


def _inspect(path: Path) -> Copied:
    """Read a copy through and through, and count what is in it."""
    _require(path)
    with closing(_open(path)) as connection:
        try:
            faults = [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
            faults += [
                f"a row of {table} names nothing" for table, *_ in connection.execute("PRAGMA foreign_key_check")
            ]
            counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("cases", "events")]  # noqa: S608 - two names of ours
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        except (sqlite3.DatabaseError, TypeError) as fault:
            raise _invalid(path, "is no whole database of Homeward") from fault
    if faults:
        raise _invalid(path, f"is damaged ({len(faults)} faults, the first: {faults[0]})")
    if revision > schema.needed_revision():
        raise _invalid(path, f"is of a newer program (schema {revision}, this one has {schema.needed_revision()})")
    return Copied(revision, *counts)


def _require(path: Path) -> None:
    if not path.is_file():
        raise _invalid(path, "is no file")


def _open(path: Path) -> sqlite3.Connection:
    """Open a database for reading only."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS)


def _invalid(path: Path, what: str) -> CopyInvalid:
    return CopyInvalid([Problem(path.name, "copy-not-whole", f"{path} {what}. Nothing was changed.")])


def _prepare(settings: Settings, by: str, now: datetime, known: list[Tombstone]) -> tuple[Held, Overdue, int]:
    """Bring a copy to the schema of this program, erase what was erased since, and hold its mails."""
    services = assemble(settings)
    try:
        schema.migrate(create_app(settings, services=services, migrated=False))
        erased = tombstones.replay(services.engine, known)
        with writing(services.engine) as connection:
            holding.hold(connection, by=by, reason="The database was restored from a backup.", now=now)
        held = holding.held(services.engine)
        assert held is not None  # noqa: S101 - it was written a moment ago
        return held, overdue(services.engine, now), erased
    finally:
        services.engine.dispose()


def _set_aside(target: Path, now: datetime) -> Path | None:
    """Keep the database that is there under another name; that nobody has it open shows by its log coming to an end."""
    if not target.exists():
        return None
    with closing(sqlite3.connect(target, timeout=0)) as connection:
        try:
            alone = connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
        except sqlite3.OperationalError:
            alone = False
        except sqlite3.DatabaseError:
            alone = True  # it is no database, and so nobody works with it
    if not alone:
        raise StillRunning(f"{target} is in use. Stop the site and every worker, then restore again.")
    aside = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    os.link(target, aside)
    return aside


def _settle(path: Path) -> None:
    """See to it that a file and its name are on the disk."""
    for each, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
