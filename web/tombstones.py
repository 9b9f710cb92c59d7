"""The tombstones outside of the database: a file beside it that a restore reads, so that what was erased stays erased."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from engine import erasing
from engine.erasing import Tombstone
from engine.errors import Invalid, Problem
from engine.store import writing
from web.settings import Settings
from workflows import erasing as subjects
from workflows import retention


def file_of(settings: Settings) -> Path | None:
    """Name the file beside an SQLite database; None with another database, whose tombstones a command exports."""
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(f"{url.database}.tombstones")


def keep(engine: sa.Engine, path: Path) -> int:
    """Add to a file the tombstones that it does not have, for this user alone; give how many it holds."""
    kept = {stone.subject: stone for stone in read(path)} if path.exists() else {}
    kept |= {stone.subject: stone for stone in map(Tombstone.read, erasing.lines(engine))}
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
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
