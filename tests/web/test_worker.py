"""The worker: one failing sweep does not stop the others, and its signs of life can be seen."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta

import pytest
import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler

from engine.store import reading
from notifications import outbox
from tests.web.site import Site
from web.app import create_app
from web.assembly import make_worker
from web.clock import system_clock
from web.heartbeats import last_beat
from web.tables import HeartbeatRow
from web.worker import Worker, stay_steady


def test_a_tick_fires_what_is_due_and_leaves_a_sign_of_life(site: Site) -> None:
    case_id = site.opened()
    site.clock.forward(hours=1)
    make_worker(site.services).tick()
    with reading(site.services.engine) as connection:
        fired = connection.execute(
            sa.text("SELECT count(*) FROM events WHERE kind = 'timer_fired' AND case_id = :case"), {"case": case_id}
        ).scalar_one()
    assert fired > 0
    assert last_beat(site.services.engine, site.wall_clock()) == site.wall_clock()


def test_a_tick_goes_on_until_nothing_is_due_however_much_there_is(site: Site) -> None:
    """It took 200 steps and then waited five seconds: after an hour's outage people were told in handfuls."""
    for _ in range(3):
        site.opened()
    site.clock.forward(hours=1)
    engine, cases, clock = site.services.engine, site.services.cases, site.clock
    Worker(engine, cases, (), clock=clock, wall_clock=clock, base_url="http://127.0.0.1", steps_at_once=1).tick()
    assert site.services.cases.late(now=site.clock() + timedelta(minutes=2)).count == 0


def test_a_mail_server_that_is_away_stops_nothing_and_is_seen(site: Site) -> None:
    site.opened()
    make_worker(site.services).tick()
    standing = outbox.standing(site.services.engine)
    assert standing.waiting > 0
    page = site.browser("administrator").page("/operations")
    assert str(standing.waiting) in page.text


def test_a_fault_in_a_sweep_is_noted_without_its_words(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise ValueError("Alex Example")

    worker = make_worker(site.services)
    worker.beat()
    worker._guarded("timers", broken)
    with reading(site.services.engine) as connection:
        row = connection.execute(sa.select(HeartbeatRow.failures, HeartbeatRow.last_failure)).one()
    assert tuple(row) == (1, "timers: ValueError")
    assert "Alex" not in caplog.text
    assert "timers: ValueError" in site.browser("administrator").page("/operations").text


def test_a_worker_starts_ticks_and_stops(site: Site) -> None:
    worker = make_worker(site.services)
    worker.start()
    worker.stop()
    assert last_beat(site.services.engine, site.wall_clock()) == site.wall_clock()


def test_readiness_needs_a_worker_that_was_alive_within_a_minute(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/healthz").json == {"status": "ok"}
    assert browser.get("/readyz").status_code == 503
    make_worker(site.services).beat()
    answer = browser.get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["ready"] is True
    assert answer.json["schema"]["present"] == answer.json["schema"]["needed"]
    site.wall_clock.forward(seconds=61)
    assert browser.get("/readyz").status_code == 503
    assert "No worker has been alive" in site.browser("administrator").page("/operations").text


def test_a_site_makes_its_own_services_from_its_settings(site: Site) -> None:
    app = create_app(site.services.settings)
    assert isinstance(make_worker(app.extensions["homeward"]), Worker)
    app.extensions["homeward"].engine.dispose()


def test_a_worker_goes_on_when_the_clock_of_its_machine_is_put_back() -> None:
    """The scheduler waits for a moment of that clock: put back by an hour, it fired no clock and sent no mail for an hour."""
    scheduler, ran = BackgroundScheduler(timezone=UTC), threading.Event()
    job = scheduler.add_job(ran.set, "interval", seconds=5, misfire_grace_time=None)
    scheduler.start()
    try:
        job.modify(next_run_time=system_clock() + timedelta(hours=1))  # so it stands when the clock was put back
        stay_steady(scheduler, system_clock())
        assert ran.wait(4)
    finally:
        scheduler.shutdown()


def test_a_sign_of_life_from_the_future_is_none(site: Site) -> None:
    """A worker that ended while the clock of its machine was ahead seemed to be alive until that hour had come."""
    site.wall_clock.forward(hours=1)
    make_worker(site.services).beat()
    site.wall_clock.forward(hours=-1)
    assert site.browser().get("/readyz").status_code == 503
    make_worker(site.services).beat()
    assert site.browser().get("/readyz").status_code == 200
