"""Publishing the shipped procedures where they have changed."""

from __future__ import annotations

from datetime import datetime

from engine.cases import Cases
from engine.errors import ReleaseInvalid
from workflows import catalogue
from workflows.agencies import ROLES

MISSING_CHILD = "missing_child"


def publish_all(cases: Cases, *, by: str, now: datetime) -> dict[str, int]:
    """Publish every shipped procedure where it has changed; give the numbers: ``{"missing_child": 2, ...}``.

    Refuses with `ReleaseInvalid` as `publish` does; those before the refused one are published then.
    """
    return {name: publish(cases, name, by=by, now=now) for name in catalogue.procedures()}


def publish(cases: Cases, procedure: str, *, by: str, now: datetime) -> int:
    """Publish a shipped procedure and give the number of its release; an unchanged one keeps its release.

    Refuses with `ReleaseInvalid`: what the engine would ignore, and what our words do not cover.
    """
    files = catalogue.files(procedure)
    problems = catalogue.check(files)
    if problems:
        raise ReleaseInvalid(problems)
    return cases.publish(files, by=by, now=now, roles=tuple(ROLES)).number
