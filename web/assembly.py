"""Puts the parts together: what the site, the worker and the command line share."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cases import Cases
from engine.model import Clock
from engine.store import connect
from notifications.message import Channel
from notifications.smtp import SmtpChannel
from web.clock import DemoClock, system_clock
from web.mail_sink import TextsToMailbox
from web.services import Services
from web.settings import Settings
from web.worker import Worker
from workflows import alarms, catalogue
from workflows.operations import OPERATIONS


def assemble(settings: Settings, *, clock: Clock | None = None, wall_clock: Clock = system_clock) -> Services:
    """Open the database and the door to the cases; `clock` and `wall_clock` take the place of the real ones in tests."""
    engine = connect(settings.database_url)
    demo_clock = DemoClock(engine) if settings.demo and clock is None else None
    return Services(
        settings=settings,
        engine=engine,
        cases=Cases(
            engine,
            observers=catalogue.observers(settings.base_url),
            operations=OPERATIONS,
            alarms=(alarms.IncidentAlarm(settings.base_url),),
        ),
        clock=clock or demo_clock or wall_clock,
        wall_clock=wall_clock,
        demo_clock=demo_clock,
    )


def make_worker(services: Services) -> Worker:
    """Make a worker that sends by the mail server of the settings, and by text and pager where they are set."""
    return Worker(
        services.engine,
        services.cases,
        list(_channels(services.settings, services.wall_clock)),
        clock=services.clock,
        wall_clock=services.wall_clock,
        base_url=services.settings.base_url,
    )


def _channels(settings: Settings, clock: Clock) -> Iterator[Channel]:
    """Make the channels; those for telephones are loaded where they are used only, since a site without them need not hold them."""
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
        yield TextsToMailbox(mail)
    if settings.notify_key:
        from notifications.govuk_notify import NotifyChannel

        yield NotifyChannel(settings.notify_key, settings.notify_template, clock=clock, address=settings.notify_address)
    if settings.pager_url:
        from notifications.webhook import WebhookChannel

        yield WebhookChannel(settings.pager_url, settings.pager_secret)
