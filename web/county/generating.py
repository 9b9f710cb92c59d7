"""`homeward generate`: a county in a database of its own, its sheets, and how well the checks of the promises find the truth."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.store import CaseTable, reading
from web import schema
from web.app import create_app
from web.assembly import opened
from web.county import parameters, sheets, stage, truth
from web.services import Services
from web.settings import ADDRESSES, ESCAPED, Settings, is_database
from workflows.people import PersonRow

FIRST_DAY = date(2026, 1, 5)
"""On which a county begins where nobody says another: the same seed gives the same county on any day."""
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
MOST_MONTHS = 12
FILE = "county.sqlite3"


@frozen
class Wanted:
    """What is asked for: a database, or a folder for one and the sheets."""

    seed: int = 1
    months: int = MOST_MONTHS
    children: int = round(parameters.CHILDREN_A_YEAR.of)
    first: date = FIRST_DAY
    folder: Path | None = None
    database_url: str = ""
    check: bool = False
    seldom: parameters.Seldom = parameters.SELDOM


def generate(wanted: Wanted) -> Iterator[str]:
    """Draw and play a county; give the lines that are printed.

    Refuses with `Invalid` where the months are no year's, nobody would go missing, the first day is too far away, where the database
    is of another kind, cannot be opened or is not empty, the folder cannot be made, and, with `check`, at the end
    where the checks find less than the truth, or more.
    """
    if problems := list(_wrong(wanted)):
        raise Invalid(problems)
    services = _services(wanted)
    try:
        yield from _played(services, wanted)
    finally:
        services.engine.dispose()


def _wrong(wanted: Wanted) -> Iterator[Problem]:
    if not 1 <= wanted.months <= MOST_MONTHS:
        yield Problem("months", "months", f"Choose 1 to {MOST_MONTHS} months.")
    if wanted.children < 1:
        yield Problem("children", "children", "Choose one child or more.")
    if not EARLIEST <= wanted.first <= LATEST:
        yield Problem("from", "far-away", f"Choose a first day between {EARLIEST.year} and {LATEST.year}.")


def _played(services: Services, wanted: Wanted) -> Iterator[str]:
    began, begins_at = time.monotonic(), datetime(wanted.first.year, wanted.first.month, wanted.first.day, tzinfo=UTC)
    ends_at = begins_at + wanted.months * stage.MONTH
    stage.add_people(services, begins_at)
    played = stage.play(
        services,
        seed=wanted.seed,
        children=wanted.children,
        begins_at=begins_at,
        reports_until=ends_at,
        ends_at=ends_at,
        seldom=wanted.seldom,
    )
    stage.publish_the_rest(services, ends_at)
    took = timedelta(seconds=round(time.monotonic() - began))
    episodes = len(played.county.episodes)
    yield f"{len(played.county.children)} children, {episodes} episodes, {played.steps} steps in {took}"
    yield f"{episodes / max(took.total_seconds(), 1):.1f} cases a second"
    if wanted.folder is not None:
        for path in sheets.write(played, wanted.folder):
            yield f"{path} was written."
    if wanted.check:
        yield from _checked(services.engine, played)


def _checked(engine: sa.Engine, played: stage.Played) -> Iterator[str]:
    with reading(engine) as connection:
        scores = truth.held_against(connection, played.labels, played.ends_at)
    yield truth.table(scores)
    whole = scores[-1]
    if whole.wrong or whole.missed:
        sentence = (
            f"{len(whole.missed)} broken promises were not found, and {len(whole.wrong)} were found that are none."
        )
        raise Invalid([Problem("check", "not-the-truth", sentence)])


def _services(wanted: Wanted) -> Services:
    url = wanted.database_url
    if not url:
        if wanted.folder is None:
            raise Invalid([Problem("out", "where", "Say where: --out FOLDER or --database URL.")])
        try:
            wanted.folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise Invalid([Problem("out", "no-folder", f"The folder cannot be made: {fault.strerror}.")]) from fault
        url = f"sqlite:///{(wanted.folder / FILE).resolve()}"
    if not is_database(url):
        sentence = f"Give the address of a database, such as {ADDRESSES}. {ESCAPED}"
        raise Invalid([Problem("database", "not-a-database", sentence)])
    settings = Settings(database_url=url, secret=secrets.token_hex(32))
    services = opened(settings, "database")
    if _is_used(services.engine):
        services.engine.dispose()
        raise Invalid([Problem("database", "not-empty", "The database is not empty. Choose a new one for the county.")])
    schema.migrate(create_app(settings, services=services, migrated=False))
    return services


def _is_used(engine: sa.Engine) -> bool:
    """Whether cases or people are in a database; it may be of any schema, and nothing of it is changed."""
    there = sa.inspect(engine).get_table_names()
    used = [each.__table__ for each in (CaseTable, PersonRow) if each.__tablename__ in there]
    with reading(engine) as connection:
        return any(connection.execute(sa.select(sa.literal(1)).select_from(each).limit(1)).first() for each in used)
