"""The demonstration: site, worker and mail server in one process on this machine, with invented people only."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from engine.store import CaseTable, reading
from web import (
    demo_cases,
    demo_copies,
    demo_oversight,
    demo_partners,
    demo_people,
    demo_reports,
    demo_sheets,
    procedures,
    schema,
    serving,
)
from web.app import create_app
from web.assembly import assemble, make_worker
from web.clock import prepare_demo_tables
from web.mail_sink import HOST, free_port, mail_sink
from web.services import Services
from web.settings import Settings
from workflows import audits, catalogue, daily
from workflows.agencies import ROLES

COUNTY_SEED = 7
SETTLED_FOR = timedelta(days=12)
"""How long ago the last child of the county was reported: today's cases are those of the stories."""


def run(port: int, folder: Path, *, county: int = 0) -> None:
    """Prepare what is not there yet, print the address and the sign-in names, and serve until a signal ends it."""
    settings = demo_settings(port, folder)
    services = prepare(settings, county=county)
    worker = make_worker(services)
    sink = mail_sink(services.engine, services.clock, settings.smtp_port)
    sink.start()
    worker.tick()  # the mails of the invented past leave before the first page warns of them
    worker.start()
    try:
        app = create_app(settings, services=replace(services, tick=worker.tick))
        serving.serve(app, HOST, port, threads=4, ready=lambda: _greet(settings))
    finally:
        worker.stop()
        sink.stop()
        services.engine.dispose()


def demo_settings(port: int, folder: Path) -> Settings:
    """Make the demo's settings: a database and a secret of its own in `folder`, everything on the loopback address."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        database_url=f"sqlite:///{folder.resolve() / 'homeward.sqlite3'}",
        secret=_secret(folder / "secret"),
        base_url=f"http://{HOST}:{port}",
        smtp_host=HOST,
        smtp_port=free_port(),
        mail_sender="homeward@homeward.example",
        takes_unscanned=True,
        demo=True,
    )


def prepare(settings: Settings, *, county: int = 0) -> Services:
    """Migrate the demo's database, add people, publish the procedures, bring in what was before and open cases, each only where it is missing.

    `county` is of how many children three months are played beside them, with the daily meetings of these months, so that the
    figures have something to say.
    """
    services = assemble(settings)
    schema.migrate(create_app(settings, services=services, migrated=False))
    prepare_demo_tables(services.engine)
    now = services.clock()
    if demo_people.is_empty(services.engine):
        demo_people.add_people(services.engine, now)
        demo_people.add_rota(services.engine, now)
        demo_people.add_teams(services.engine, settings.base_url, now)
        demo_people.add_agreements(services.engine, now)
        demo_partners.add_seconds(services.engine, now)
    empty = _has_no_cases(services.engine)
    if empty:  # the calendar opens the audit with which it begins
        before = demo_oversight.month_begins(now) - demo_oversight.DAY
        procedures.publish(services.cases, audits.PROCEDURE, by="administrator", now=before)
    for name in catalogue.procedures():
        if name != daily.PROCEDURE or not (empty and county):  # its calendar begins with the county
            procedures.publish(services.cases, name, by="administrator", now=now)
    if empty:
        demo_sheets.bring_in(services.engine, now)
        demo_cases.open_cases(
            services,
            now,
            (*demo_cases.STORIES, *demo_partners.STORIES, *demo_oversight.stories(now), demo_reports.RESPONSE),
        )
        demo_copies.give(services, now)
        demo_partners.ask(services, now)
        if county:
            _play_county(services, county, now)
        demo_cases.open_cases(services, now, (demo_reports.PACK,))
    return services


def _play_county(services: Services, children: int, now: datetime) -> None:
    """Play three months of a county that end a while ago: its work is done, and today's cases stand on top of the lists.

    On each morning of it the daily meeting was held.
    """
    from web.county import stage

    sys.stdout.write("Playing three months of an invented county: half a minute, and only this once.\n")
    sys.stdout.flush()
    stage.play(
        services,
        seed=COUNTY_SEED,
        children=children,
        begins_at=now - SETTLED_FOR - 3 * stage.MONTH,
        reports_until=now - SETTLED_FOR,
        ends_at=now - timedelta(minutes=30),
    )


def _has_no_cases(engine: sa.Engine) -> bool:
    with reading(engine) as connection:
        return connection.execute(sa.select(CaseTable.id).limit(1)).first() is None


def _secret(path: Path) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text("utf-8")


def _greet(settings: Settings) -> None:
    width = max(map(len, ROLES))
    lines = [f"  {role.key:<{width}}  {role.title}" for role in ROLES.values() if role.kind != "external"]
    lines += [f"  {each[0]:<{width}}  {each[1]}: {ROLES[each[2]].title}" for each in demo_partners.SECONDS]
    names = "\n".join(lines)
    sys.stdout.write(
        f"Homeward's demonstration. Everyone in it is invented, and mails go to its own mailbox page only.\n\n"
        f"Sign in with one of these names:\n\n{names}\n\n"
        f"The password of them all: {demo_people.PASSWORD}\n\n"
        f"Open {settings.base_url} (stop with Ctrl+C; the data stay)\n"
    )
    sys.stdout.flush()
