"""The commands that keep a database well: `homeward verify`, `rebuild`, `backup`, `restore`, `hold` and `resume`.

Each gives its lines one by one, and the command line prints them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import workflows.verification
from engine import rebuilding
from engine.errors import Invalid, Problem
from engine.store import reading, writing
from notifications import holding
from notifications.holding import DROP, SEND
from web import backup, tombstones, verification
from web.moments import say_moment
from web.services import Services
from web.settings import Settings
from workflows import people


def verify(services: Services, *, as_json: bool) -> Iterator[str]:
    """Check everything that is kept; a line for each finding. Refuses at the end with `Invalid` where there is one."""
    found = 0
    stones = tombstones.file_of(services.settings)
    for finding in verification.verify(services.cases, services.clock(), stones=stones):
        found += 1
        yield json.dumps(finding.as_json()) if as_json else str(finding)
    if found:
        raise Invalid([Problem("verify", "found", f"{found} found. Each line says what to do.")])
    if not as_json:
        yield "Everything that is kept agrees with itself."


def rebuild(services: Services) -> Iterator[str]:
    """Write the lists of the cases and the projections anew."""
    workflows.verification.rebuild(services.engine)
    yield "The projections were drawn anew."
    for case_id in rebuilding.rebuild(services.engine, services.cases.library, now=services.clock()):
        yield f"{case_id}: its lists were written anew."


def back_up(settings: Settings, target: Path) -> Iterator[str]:
    """Copy the database while the site runs."""
    with _disk():
        copied = backup.back_up(settings, target)
    yield f"{target} holds {copied.cases} cases and {copied.events} events, at schema revision {copied.revision}."


def restore(settings: Settings, chosen: argparse.Namespace, now: datetime) -> Iterator[str]:
    """Put a copy in the place of the database; say which clocks are overdue and which mails wait for a word."""
    with _disk():
        done = backup.restore(
            settings, chosen.file, yes_replace=chosen.yes_replace, by="restore", now=now, stones=chosen.tombstones
        )
    yield f"The database is that of {chosen.file}: {done.copied.cases} cases and {done.copied.events} events."
    if done.replaced is not None:
        yield f"The one that was there is kept as {done.replaced}."
    yield f"Erased since the backup, and erased from it again: {done.erased}."
    late = done.overdue
    since = f", the oldest since {say_moment(late.oldest_at)}" if late.oldest_at else ""
    yield f"Cases with an overdue clock: {late.cases}{since}. A worker fires them as soon as it starts."
    yield _waiting(done.held)
    yield "No mail leaves until somebody says what becomes of them: homeward resume, or the page Operations."


def keep_tombstones(services: Services, path: Path) -> Iterator[str]:
    """Add to a file the tombstones of what was erased: keep it beside the backups."""
    with _disk():
        count = tombstones.keep(services.engine, path)
    yield f"{path} holds {count} tombstones."


def replay_tombstones(services: Services, path: Path) -> Iterator[str]:
    """Erase what a restore by other tools has brought back."""
    with _disk():
        stones = tombstones.read(path)
    yield f"Erased again: {tombstones.replay(services.engine, stones)} of {len(stones)}; the others were erased already."


def hold(services: Services, chosen: argparse.Namespace) -> Iterator[str]:
    """Hold every mail, after a restore by the tools of PostgreSQL."""
    with reading(services.engine) as connection:
        by = people.find(connection, chosen.by)
    with writing(services.engine) as connection:
        holding.hold(connection, by=by.sign_in, reason=chosen.reason, now=services.clock())
    held = holding.held(services.engine)
    if held is not None:
        yield _waiting(held)
    yield "No mail leaves until somebody says what becomes of them: homeward resume, or the page Operations."


def resume(services: Services, chosen: argparse.Namespace) -> Iterator[str]:
    """Let the mails go that are held: send them, or drop them; not before what a restore has brought back is erased again."""
    tombstones.require_replayed(services.engine, tombstones.file_of(services.settings))
    with reading(services.engine) as connection:
        by = people.find(connection, chosen.by)
    now = services.clock()
    decision = SEND if chosen.send else DROP
    count = holding.resume(services.engine, decision, by=by.sign_in, reason=chosen.reason, until=now, now=now)
    yield f"{count} mails {'will be sent' if decision == SEND else 'were dropped'}. The outbox goes on."


def _waiting(held: holding.Held) -> str:
    if not held.waiting or held.oldest_at is None or held.newest_at is None:
        return "Mails that wait: none."
    return (
        f"Mails that wait: {held.waiting}, written from {say_moment(held.oldest_at)} to {say_moment(held.newest_at)}."
    )


@contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as fault:
        sentence = f"The disk refused: {fault.strerror}. Nothing was changed."
        raise Invalid([Problem(str(fault.filename or "file"), "disk-refused", sentence)]) from fault
