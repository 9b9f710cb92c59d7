"""Puts the parts together: what the site, the worker and the command line share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.cases import Cases
from engine.errors import Invalid, Problem
from engine.model import Clock
from engine.store import connect
from notifications.message import Channel
from web import tombstones
from web.clock import DemoClock, system_clock
from web.report_press import Press
from web.services import Services
from web.settings import Settings
from workflows import alarms, catalogue, recommendations
from workflows.operations import OPERATIONS

if TYPE_CHECKING:
    from web.worker import Worker


OPENS = (
    "See that its server runs and knows the name and the password, or that the folder is there and may be written to."
)


def assemble(settings: Settings, *, clock: Clock | None = None, wall_clock: Clock = system_clock) -> Services:
    """Open the database and the door to the cases; `clock` and `wall_clock` take the place of the real ones in tests."""
    engine = connect(settings.database_url)
    demo_clock = DemoClock(engine) if settings.demo and clock is None else None
    press = Press(engine, lambda now: cases.decided(recommendations.PROCEDURE, recommendations.RAG_TABLE, now=now))
    cases = Cases(
        engine,
        observers=catalogue.observers(settings.base_url),
        operations=OPERATIONS,
        errands=press.errands,
        alarms=(alarms.IncidentAlarm(settings.base_url),),
        veil=catalogue.veil,
    )
    return Services(
        settings=settings,
        engine=engine,
        cases=cases,
        press=press,
        clock=clock or demo_clock or wall_clock,
        wall_clock=wall_clock,
        demo_clock=demo_clock,
    )


def opened(settings: Settings, called: str = "HOMEWARD_DATABASE_URL") -> Services:
    """Assemble, and see that the database answers; `called` is what the person gave its address as.

    Refuses with `Invalid` where nothing answers there, or what lies there is no database. The address itself is not said: it may hold
    a password.
    """
    services = assemble(settings)
    try:
        services.engine.connect().close()
    except (sa.exc.DBAPIError, UnicodeError) as fault:  # the second of a server's name that can be none, such as ".db"
        services.engine.dispose()
        said = str(getattr(fault, "orig", fault)).strip().partition("\n")[0]
        sentence = f"The database cannot be opened: {said}. {OPENS}"
        raise Invalid([Problem(called, "database-not-opened", sentence)]) from fault
    return services


def make_worker(services: Services) -> Worker:
    """Make a worker that sends by the mail server of the settings, and by text and pager where they are set.

    What only a worker needs is loaded here: a web worker does without the scheduler.
    """
    from web.scanning import scanner_of
    from web.worker import Worker

    return Worker(
        services.engine,
        services.cases,
        list(_channels(services.settings, services.wall_clock)),
        clock=services.clock,
        wall_clock=services.wall_clock,
        base_url=services.settings.base_url,
        stones=tombstones.file_of(services.settings),
        scanner=scanner_of(services.settings),
    )


def _channels(settings: Settings, clock: Clock) -> Iterator[Channel]:
    """Make the channels, each loaded where it is used only: a web worker sends nothing, and a site may have no telephones."""
    from notifications.smtp import SmtpChannel

    mail = SmtpChannel(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_sender,
        encrypted=settings.smtp_encrypted,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
    yield mail
    if settings.demo:
        from web.mail_sink import TextsToMailbox

        yield TextsToMailbox(mail)
    if settings.notify_key:
        from notifications.govuk_notify import NotifyChannel

        yield NotifyChannel(settings.notify_key, settings.notify_template, clock=clock, address=settings.notify_address)
    if settings.pager_url:
        from notifications.webhook import WebhookChannel

        yield WebhookChannel(settings.pager_url, settings.pager_secret)
