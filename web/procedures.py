"""Publishing the shipped procedures where they have changed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.cases import Cases
from engine.drafted import DraftTable
from engine.errors import ReleaseInvalid
from engine.release import pack
from engine.store import reading
from engine.views import ReleaseRow
from workflows import catalogue
from workflows.agencies import ROLES

MISSING_CHILD = "missing_child"


def publish_all(cases: Cases, *, by: str, now: datetime) -> dict[str, int]:
    """Publish every shipped procedure where it has changed; give the numbers: ``{"missing_child": 2, ...}``.

    Refuses with `ReleaseInvalid` as `publish` does; those before the refused one are published then.
    """
    return {name: publish(cases, name, by=by, now=now) for name in catalogue.procedures()}


def publish(cases: Cases, procedure: str, *, by: str, now: datetime) -> int:
    """Publish a shipped procedure and give the number of the release that runs then.

    What was published once is not published again, and what managers have changed here is not undone: their release
    runs on (see `kept`). Refuses with `ReleaseInvalid`: what the engine would ignore, and what our words do not cover.
    """
    files = catalogue.files(procedure)
    releases = cases.library.releases(procedure)
    known = pack(files)[1] in {release.digest for release in releases}
    if releases and (known or is_of_managers(cases, releases[0])):
        return releases[0].number
    problems = catalogue.check(files)
    if problems:
        raise ReleaseInvalid(problems)
    return cases.publish(files, by=by, now=now, roles=tuple(ROLES)).number


def kept(cases: Cases) -> tuple[str, ...]:
    """Name the procedures whose shipped files are not what runs here, because managers have changed them."""
    found = []
    for name in catalogue.procedures():
        releases = cases.library.releases(name)
        if releases and is_of_managers(cases, releases[0]) and pack(catalogue.files(name))[1] != releases[0].digest:
            found.append(name)
    return tuple(found)


def is_of_managers(cases: Cases, newest: ReleaseRow) -> bool:
    """Tell whether a release was a draft that somebody approved."""
    row = DraftTable
    with reading(cases.engine) as connection:
        return connection.execute(sa.select(row.id).where(row.release_id == newest.id)).first() is not None
