"""Prepares a database for a county, and plays it there: people of all agencies, the procedures, then the year."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import reading, writing
from web import demo_people, procedures
from web.county import lives, parameters
from web.county.lives import County
from web.county.playing import Play
from web.county.truth import Label
from web.services import Services
from workflows import catalogue, people
from workflows.administration import ADMINISTRATOR
from workflows.people import Membership

OPENED_BY_A_CALENDAR = ("audit", "protocol_review", "quarterly_packs", "retention_review")
"""What begins by itself and is no part of the county: published when it is over."""
SELDOM = 50_000
"""So many new objects before the garbage collector looks; never looking, a year would take all memory."""
CACHE_KB, PAGES_BETWEEN = 64_000, 16_000
"""How much of the file SQLite holds in memory, and after how many written pages it brings them where they belong: rarely, since most are written again."""
ANOTHER = "locate_sergeant"
"""The role that needs two people: one proposes a lower grade, another looks at it."""


@frozen
class Played:
    """A county that was played: what was drawn, what is true of it, and which case each episode became."""

    county: County
    labels: frozenset[Label]
    cases: dict[lives.Episode, str]
    ends_at: datetime
    steps: int


def play(
    services: Services,
    *,
    seed: int,
    children: int,
    begins_at: datetime,
    reports_until: datetime,
    ends_at: datetime,
    seldom: parameters.Seldom = parameters.SELDOM,
) -> Played:
    """Draw a county of so many children a year, and play it from its first report until `ends_at`.

    The people are there already. Nobody is reported after `reports_until`; what is to be done goes on.
    """
    _publish(services, begins_at)
    _add_another(services.engine, begins_at)
    drawn = lives.draw(
        seed=seed,
        children=children,
        begins_at=begins_at,
        until=reports_until,
        hours=parameters.HOURS_FAST,
        seldom=seldom,
    )
    with _hurried(services.engine):
        played = Play(services.engine, drawn, seed)
        played.run(ends_at)
    journal = played.journal
    return Played(drawn, frozenset(journal.labels), dict(journal.case_of), ends_at, played.steps)


def add_people(services: Services, now: datetime) -> None:
    """Add one invented person for each role of each agency, as the demonstration has them."""
    if demo_people.is_empty(services.engine):
        demo_people.add_people(services.engine, now)


def publish_the_rest(services: Services, now: datetime) -> None:
    """Publish what a calendar opens: it begins now."""
    procedures.publish_all(services.cases, by=ADMINISTRATOR, now=now)


def _publish(services: Services, now: datetime) -> None:
    for name in catalogue.procedures():
        if name not in OPENED_BY_A_CALENDAR:
            procedures.publish(services.cases, name, by=ADMINISTRATOR, now=now)


def _add_another(engine: sa.Engine, now: datetime) -> None:
    """Add a second person for the role that needs two."""
    with reading(engine) as connection:
        if len(people.holders(connection, (ANOTHER,))) > 1:
            return
    with writing(engine) as connection:
        organisation = demo_people.ORGANISATIONS["police"][0]
        people.add(
            connection,
            f"{ANOTHER}.2",
            name="Orla Example",
            mail=f"{ANOTHER}.2@example-police.example",
            password=None,
            memberships=[Membership(ANOTHER, organisation)],
            now=now,
        )


@contextmanager
def _hurried(engine: sa.Engine) -> Iterator[None]:
    """Let SQLite not wait for the disk, and search memory seldom: a county that is cut short is drawn again."""

    def hurry(connection: Any, _record: object) -> None:
        for pragma in ("synchronous=OFF", f"cache_size=-{CACHE_KB}", f"wal_autocheckpoint={PAGES_BETWEEN}"):
            connection.execute(f"PRAGMA {pragma}")

    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        sa.event.listen(engine, "connect", hurry)
        engine.dispose()
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
        if is_sqlite:
            sa.event.remove(engine, "connect", hurry)
            engine.dispose()


MONTH = timedelta(days=365) / 12
