"""The published releases: kept in the database, compiled once per process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine import release, schedules
from engine.errors import NotFound
from engine.release import Compiled
from engine.store import CaseTable, ReleaseTable, ScheduleTable, writing
from engine.views import ReleaseRow

_ROW = ReleaseTable.__table__.c
NEWEST = sa.select(_ROW.id).where(_ROW.procedure == sa.bindparam("of")).order_by(_ROW.number.desc()).limit(1)
NEWEST_OF_ALL = sa.select(_ROW.procedure, sa.func.max(_ROW.id)).group_by(_ROW.procedure)


class Library:
    """The releases in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        """Begin with nothing compiled."""
        self.engine = engine
        self.compiled: dict[int, Compiled] = {}
        """What was compiled so far, by the number of the release; two libraries of one database may share it."""
        self._lock = threading.Lock()

    def publish(
        self,
        files: Mapping[str, str],
        *,
        by: str,
        now: datetime,
        roles: Sequence[str] | None,
        operations: Iterable[str],
    ) -> ReleaseRow:
        """Check files and keep them as the next release of their procedure; the same files again give the one there."""
        compiled = release.check(files, roles, operations)
        with writing(self.engine) as connection:
            return self.add(connection, compiled, files, by=by, now=now)

    @staticmethod
    def add(
        connection: sa.Connection, compiled: Compiled, files: Mapping[str, str], *, by: str, now: datetime
    ) -> ReleaseRow:
        """Keep files that were checked as the next release, in the caller's transaction; see `publish`."""
        next_at = schedules.first(compiled, now)
        data, digest = release.pack(files)
        row = ReleaseTable.__table__
        newest = connection.execute(
            sa.select(row).where(row.c.procedure == compiled.root).order_by(row.c.number.desc()).limit(1)
        ).first()
        _set_schedule(connection, compiled.root, next_at, now, moves=newest is None or newest.digest != digest)
        if newest is not None and newest.digest == digest:
            return _view(newest)
        number = 1 if newest is None else newest.number + 1
        added = sa.insert(ReleaseTable).values(
            procedure=compiled.root, number=number, digest=digest, files=data, published_by=by, published_at=now
        )
        key = connection.execute(added).inserted_primary_key
        stored = connection.execute(sa.select(row).where(row.c.id == (key[0] if key else None))).one()
        return _view(stored)

    def newest(self, procedure: str) -> tuple[int, Compiled]:
        """Give the newest release of a procedure.

        Raises:
            NotFound: none was published.
        """
        with self.engine.connect() as connection:
            found = connection.execute(NEWEST, {"of": procedure}).scalar()
        if found is None:
            message = "No release of this procedure has been published."
            raise NotFound(message)
        return found, self.get(found)

    def in_use(self) -> Iterator[Compiled]:
        """Give the newest release of each procedure, and each other on which a case is open."""
        row, case = ReleaseTable, CaseTable
        newest = sa.select(sa.func.max(row.id)).group_by(row.procedure)
        running = sa.select(case.release_id).where(case.status == "open").distinct()
        with self.engine.connect() as connection:
            found = {*connection.execute(newest).scalars(), *connection.execute(running).scalars()}
        for release_id in sorted(found):
            yield self.get(release_id)

    def opened_by(self) -> dict[str, str]:
        """Give the procedures that a message opens, by the message's name: their newest releases begin with it."""
        with self.engine.connect() as connection:
            newest = connection.execute(NEWEST_OF_ALL).all()
        found = {self.get(release_id).start.message: procedure for procedure, release_id in newest}
        found.pop("", None)
        return found

    def diagram(self, release_id: int, process: str) -> str:
        """Give the BPMN text of one process of a release, as it was published.

        Raises:
            NotFound: the release has no such process.
        """
        found = self.get(release_id).processes.get(process)
        if found is None:
            message = "This procedure has no such diagram."
            raise NotFound(message)
        return self.files(release_id)[found.file]

    def files(self, release_id: int) -> dict[str, str]:
        """Give the files of a release as they were published: ``{"missing_child.bpmn": "<?xml ...", ...}``."""
        statement = sa.select(ReleaseTable.files).where(ReleaseTable.id == release_id)
        with self.engine.connect() as connection:
            files: dict[str, str] = orjson.loads(connection.execute(statement).scalar_one())
        return files

    def releases(self, procedure: str) -> tuple[ReleaseRow, ...]:
        """Give the releases of a procedure without their files, the running one first."""
        row = ReleaseTable.__table__.c
        columns = (row.id, row.procedure, row.number, row.digest, row.published_by, row.published_at)
        asked = sa.select(*columns).where(row.procedure == procedure).order_by(row.number.desc())
        with self.engine.connect() as connection:
            return tuple(_view(found) for found in connection.execute(asked))

    def get(self, release_id: int) -> Compiled:
        """Give a release, compiled; a release never changes, so it is compiled once in each process."""
        found = self.compiled.get(release_id)
        if found is not None:
            return found
        with self._lock:
            if release_id not in self.compiled:
                statement = sa.select(ReleaseTable.files).where(ReleaseTable.id == release_id)
                with self.engine.connect() as connection:
                    data = connection.execute(statement).scalar_one()
                compiled = release.load(data)
                _ = (compiled.specs, compiled.nodes, compiled.deadlines)
                self.compiled[release_id] = compiled
            return self.compiled[release_id]


def _set_schedule(
    connection: sa.Connection, procedure: str, next_at: datetime | None, now: datetime, *, moves: bool
) -> None:
    """Keep when a procedure opens its next case by itself; one that is overdue stays, so that the sweep catches it up.

    Files that are there already (not `moves`) only wind a schedule that has stopped.
    """
    row = ScheduleTable
    of_procedure = row.procedure == procedure
    if next_at is None:
        connection.execute(sa.delete(row).where(of_procedure))
        return
    found = connection.execute(sa.select(row.next_at).where(of_procedure)).first()
    if found is None:
        connection.execute(sa.insert(row).values(procedure=procedure, next_at=next_at, failures=0))
    elif found.next_at is None or (moves and found.next_at > now):
        fresh = {"next_at": next_at, "failures": 0, "retry_at": None}
        connection.execute(sa.update(row).where(of_procedure).values(**fresh))


def _view(row: sa.Row[Any]) -> ReleaseRow:
    """Give a release without its files."""
    return ReleaseRow(row.id, row.procedure, row.number, row.digest, row.published_by, row.published_at)
