"""Scenes: databases in which something has happened already, played once for a run and copied for each test that begins there."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa

from engine.store import reading
from tests.web.site import Site
from web import demo_cases
from workflows.episodes import EpisodeRow

Told = TypeVar("Told")


@dataclass(frozen=True)
class Scenes:
    """The databases of a run, in a folder that all its processes share, each beside what was told of it."""

    folder: Path

    @classmethod
    def within(cls, folder: Path) -> Self:
        """Keep them in a folder of their own."""
        own = folder / "scenes"
        own.mkdir(exist_ok=True)
        return cls(own)

    def once(self, name: str, make: Callable[[Path], Told]) -> tuple[Path, Told]:
        """Let one process make a database and tell of it; the others wait until it is there. The lock of one that dies is free again."""
        path, told = self.folder / f"{name}.sqlite3", self.folder / f"{name}.pickle"
        with (self.folder / f"{name}.lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                for end in ("", "-wal", "-shm"):
                    path.with_name(path.name + end).unlink(missing_ok=True)
                told.write_bytes(pickle.dumps(make(path)))
        return path, pickle.loads(told.read_bytes())  # noqa: S301 - written a moment ago by this run

    def begin(self, site: Site, play: Callable[[Site], Told]) -> Told:
        """Bring a new site to a scene, and its clocks; give what `play` told when it was played, which has to be plain values.

        Every test begins with the copy, the one that played the scene too: none sees more than what lies in the database.
        """

        def made(path: Path) -> tuple[Told, tuple[datetime, datetime]]:
            told = play(site)
            site.keep(path)
            return told, (site.clock.now, site.wall_clock.now)

        path, (told, (now, wall)) = self.once(f"{play.__module__}.{play.__qualname__}", made)
        site.put(path, now)
        site.wall_clock.now = wall
        return told


def demonstration(site: Site) -> dict[str, str]:
    """Play the invented cases of the demonstration; give them by the first name of the child."""
    demo_cases.open_cases(site.services, site.clock())
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(EpisodeRow.case_id, EpisodeRow.child_name))
        return {name.partition(" ")[0]: case_id for case_id, name in rows}
