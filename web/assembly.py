"""Puts the parts together: what the site, the worker and the command line share."""

from __future__ import annotations

from engine.cases import Cases
from engine.model import Clock
from engine.store import connect
from notifications.smtp import SmtpChannel
from web.clock import DemoClock, system_clock
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
    """Make a worker that sends by the mail server of the settings."""
    settings = services.settings
    channel = SmtpChannel(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_sender,
        encrypted=settings.smtp_encrypted,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )
    return Worker(
        services.engine,
        services.cases,
        [channel],
        clock=services.clock,
        wall_clock=services.wall_clock,
        base_url=settings.base_url,
    )
