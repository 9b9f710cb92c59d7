"""What the first page of a role costs when many cases were closed before it: what SQLite does for it, counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from engine.store import Base, reading, writing
from web import home_parts
from web.bench.crowd import SECOND, multiply
from web.bench.lists import asked_again, instructions
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.story import begin
from web.home_parts import Look
from workflows.audience import audience

ROLES = ("locate_sergeant", "mfh_coordinator", "csc_social_worker", "chief_inspector_missing", "rhi_manager")
FEW = 20
CASES, TASKS, EPISODES = (Base.metadata.tables[name] for name in ("cases", "tasks", "episodes"))


def closed(site: Site, folder: Path, *, many: int) -> list[Measure]:
    """Ask for the page of each role with few and with many cases that were closed, one being open in both."""
    sites = {count: site.copy(folder / f"homes_{count}") for count in (FEW, many)}
    for count, each in sites.items():
        begin(each, MORNING)
        _close(each, begin(each, MORNING), count)
    work = {count: {role: _work(each, role) for role in ROLES} for count, each in sites.items()}
    ratios = {role: work[many][role] / work[FEW][role] for role in ROLES}
    statements = max(asked_again(sites[many], role, "/")[0] for role in ROLES)
    for each in sites.values():
        each.close()
    role, ratio = max(ratios.items(), key=lambda each: each[1])
    return [
        Measure(f"work of SQLite for a first page at {many:,} closed cases : at {FEW}, most ({role})", round(ratio, 2), "x", 1.5),
        Measure("SQL statements when an open first page asks for what is new, most", statements, "statements", 8),
    ]  # fmt: skip


def _close(site: Site, case_id: str, count: int) -> None:
    """Multiply a case and close all of it, with its tasks and its episodes."""
    multiply(site, case_id, count, step=-SECOND)
    family = f"{case_id[:-5]}%"
    with writing(site.services.engine) as connection:
        others = sa.select(CASES.c.id).where(CASES.c.id.like(family), CASES.c.id != case_id)
        columns = [column for column in EPISODES.c if column.name != "case_id"]
        copied = sa.select(CASES.c.id, *columns).join_from(EPISODES, CASES, CASES.c.id.in_(others))
        copied = copied.where(EPISODES.c.case_id == case_id)
        connection.execute(sa.insert(EPISODES).from_select(["case_id", *(column.name for column in columns)], copied))
        theirs = CASES.c.id.like(family)
        over = MORNING - timedelta(days=30)
        connection.execute(sa.update(CASES).where(theirs).values(status="closed", closed_at=over, next_due_at=None))
        ours = TASKS.c.case_id.like(family)
        done = {"status": "completed", "completed_at": over, "completed_by": "somebody_else"}
        connection.execute(sa.update(TASKS).where(ours).values(**done))
        ended = EPISODES.c.case_id.like(family)
        connection.execute(sa.update(EPISODES).where(ended).values(status="closed", case_closed_at=over))


def _ask(site: Site, role: str) -> None:
    now = MORNING + timedelta(minutes=5)
    with site.app.test_request_context(), reading(site.services.engine) as connection:
        home_parts.parts(Look(connection, audience(connection, site.actor(role), now), now))


def _work(site: Site, role: str) -> int:
    """Count what SQLite's machine does for the page of a role, in hundreds of its instructions."""
    _ask(site, role)
    with instructions(site.services.engine) as steps:
        _ask(site, role)
    return max(len(steps), 1)
