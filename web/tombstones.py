"""The tombstones outside of the database: a file that a worker keeps and a restore reads, so that what was erased stays erased."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from engine import erasing
from engine.erasing import Tombstone, TombstoneTable
from engine.errors import Conflict, Invalid, Problem
from engine.store import reading, writing
from engine.verification import Finding
from web.moments import say_moment
from web.settings import Settings
from workflows import erasing as subjects
from workflows import retention


class ErasedIsBack(Conflict):
    """A restore has brought back what was erased, and nobody has erased it again."""


def file_of(settings: Settings) -> Path | None:
    """Name the file: that of the settings, else the one beside an SQLite database; None where there is neither."""
    if settings.tombstones:
        return Path(settings.tombstones)
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(f"{url.database}.tombstones")


def keep(engine: sa.Engine, path: Path) -> int:
    """Add to a file the tombstones that it does not have, for this user alone; give how many it holds."""
    kept = {stone.subject: stone for stone in read(path)} if path.exists() else {}
    kept |= {stone.subject: stone for stone in map(Tombstone.read, erasing.lines(engine))}
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")  # site and worker may write at the same moment
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{stone.as_line()}\n" for stone in sorted(kept.values(), key=lambda each: each.erased_at))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return len(kept)


def read(path: Path) -> list[Tombstone]:
    """Read a file of tombstones; refused with `Invalid` where a line is none, since nothing erased may come back by it."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(Tombstone.read(line))
        except (ValueError, KeyError, TypeError) as fault:
            sentence = f"Line {number} is no tombstone. Nothing was changed: find the whole file first."
            raise Invalid([Problem(path.name, "no-tombstone", sentence)]) from fault
    return found


def check(engine: sa.Engine, path: Path | None) -> Iterator[Finding]:
    """Say where the database and the file differ: what a restore has brought back, and what is in no file yet."""
    with reading(engine) as connection:
        there = {stone.subject for stone in erasing.tombstones(connection)}
    try:
        kept = {stone.subject: stone for stone in read(path)} if path is not None and path.exists() else {}
    except (Invalid, OSError):
        sentence = f"The file {path} cannot be read: find the whole file before anything is restored."
        yield Finding("tombstones-unreadable", "", "", sentence)
        return
    if back := kept.keys() - there:
        newest = max(kept[subject].erased_at for subject in back)
        yield Finding("tombstones-not-replayed", "", "", f"{_brought_back(len(back), newest)} {_again(path)}")
    if path is None and there:
        sentence = "What was erased stands in no file outside of the database: set HOMEWARD_TOMBSTONES."
        yield Finding("tombstones-nowhere", "", "", sentence)
    elif missing := there - kept.keys():
        sentence = f"{len(missing)} tombstones are not in {path}: a worker adds them. Look on the page Operations why none has."
        yield Finding("tombstones-not-kept", "", "", sentence)


def require_replayed(engine: sa.Engine, path: Path | None) -> None:
    """Refuse with `ErasedIsBack` while the database holds again what the file says was erased."""
    found = next((each for each in check(engine, path) if each.check == "tombstones-not-replayed"), None)
    if found is not None:
        raise ErasedIsBack(found.sentence)


def _brought_back(count: int, newest: datetime) -> str:
    were = "record that was erased is" if count == 1 else "records that were erased are"
    return f"{count} {were} back, the last of them erased on {say_moment(newest)}."


def _again(path: Path | None) -> str:
    return f"Erase them again: homeward tombstones --replay {path}"


class Keeper:
    """Keeps the file for a worker: looks often, and writes only when something was erased since."""

    def __init__(self, engine: sa.Engine, path: Path | None) -> None:
        """Keep the tombstones of a database in a file; in none where there is no path."""
        self._engine, self._path = engine, path
        self._kept: tuple[int, datetime | None] = (0, None)

    def keep(self) -> bool:
        """Write the file where the database has a tombstone that was not there at the last look; tell whether it has one."""
        row = TombstoneTable
        with reading(self._engine) as connection:
            found = connection.execute(sa.select(sa.func.count(row.subject), sa.func.max(row.erased_at))).one()
        if tuple(found) == self._kept:
            return False
        if self._path is not None:
            keep(self._engine, self._path)
        self._kept = (found[0], found[1])
        return True


def known(settings: Settings, given: Path | None) -> list[Tombstone]:
    """Give every tombstone that is known before a restore: of a file that was named, and of the one beside the database."""
    paths = [given] if given is not None else []
    beside = file_of(settings)
    if beside is not None and beside.exists():
        paths.append(beside)
    return list({stone.subject: stone for path in paths for stone in read(path)}.values())


def replay(engine: sa.Engine, stones: Iterable[Tombstone]) -> int:
    """Erase again what a backup has brought back, and let the database give up its room; count what was erased."""
    every = list(stones)
    with writing(engine) as connection:
        count = subjects.replay(connection, every)
        retention.forget(connection, [ref for stone in every for ref in stone.refs])
    if count:
        erasing.scrub(engine)
    return count
