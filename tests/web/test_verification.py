"""The whole is verified on command and once a night: what is found is kept, shown, and told to the administrators."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from engine import packing
from engine.cases import Cases
from engine.store import Base, reading, writing
from engine.verification import check
from notifications.outbox import OutboxRow
from tests.web.site import SECRET, Site
from web import cli, demo_cases, demo_partners, demo_people, procedures, verification
from web.assembly import assemble, make_worker
from web.clock import DemoClock, prepare_demo_tables
from web.settings import Settings
from workflows.verification import rebuild

TASKS, CASES = Base.metadata.tables["tasks"], Base.metadata.tables["cases"]


def lose_a_task(engine: sa.Engine) -> None:
    """Take a task out of everybody's list."""
    with writing(engine) as connection:
        connection.execute(sa.delete(TASKS).where(TASKS.c.element == "complete_missing_report"))


def test_each_clock_of_a_shipped_case_is_missed_when_it_is_gone(site: Site) -> None:
    case_id = site.opened()
    cases = site.services.cases
    with reading(cases.engine) as connection:
        whole = connection.execute(sa.select(CASES.c.state).where(CASES.c.id == case_id)).scalar_one()
    state = orjson.loads(packing.readable(whole))
    assert state["c"]
    for place, (_task, element, *_when) in enumerate(state["c"]):
        rest = state["c"][:place] + state["c"][place + 1 :]
        with writing(cases.engine) as connection:
            connection.execute(sa.update(CASES).values(state=orjson.dumps({**state, "c": rest})))
        checked = check(cases.engine, cases.library, holders=lambda _role: frozenset({"ann", "bob"}), now=site.clock())
        lost = [found.element for found in checked if found.check == "clock-missing"]
        assert lost == [state["t"][element]]


def alarms(engine: sa.Engine) -> list[str]:
    with reading(engine) as connection:
        found = connection.execute(sa.select(OutboxRow.text).where(OutboxRow.key.startswith("verification ")))
        return list(found.scalars())


def test_the_demonstration_agrees_with_itself_and_so_it_does_when_all_is_drawn_anew(database_url: str) -> None:
    settings = Settings(database_url=database_url, secret=SECRET, demo=True)
    services = assemble(settings)
    Base.metadata.create_all(services.engine)
    prepare_demo_tables(services.engine)
    demo_people.add_people(services.engine, services.clock())
    demo_people.add_agreements(services.engine, services.clock())
    demo_partners.add_seconds(services.engine, services.clock())
    procedures.publish_all(services.cases, by="administrator", now=services.clock())
    demo_cases.open_cases(services, services.clock(), (*demo_cases.STORIES, *demo_partners.STORIES))
    demo_partners.ask(services, services.clock())
    make_worker(services).work_at_night()
    for _ in range(2):
        found = {finding.check for finding in verification.verify(services.cases, services.clock())}
        assert found <= {"mail-stuck"}
        rebuild(services.engine)
    assert isinstance(services.clock, DemoClock)
    services.engine.dispose()


def test_a_night_without_a_fault_says_so_on_the_page_and_tells_nobody(site: Site) -> None:
    assert "None yet" in site.browser("administrator").page("/operations").text
    make_worker(site.services).work_at_night()
    last = verification.last_run(site.services.engine)
    assert last is not None
    assert (last.finished_at, last.found) == (site.clock(), 0)
    assert alarms(site.services.engine) == []


def test_what_a_night_finds_is_on_the_page_and_reaches_the_administrators(site: Site) -> None:
    case_id = site.opened()
    lose_a_task(site.services.engine)
    worker = make_worker(site.services)
    worker.work_at_night()
    page = site.browser("administrator").page("/operations")
    assert f"{case_id} complete_missing_report" in page.text
    assert "stands in nobody's list" in page.text
    (text,) = alarms(site.services.engine)
    assert "task-not-listed" in text
    assert "/operations" in text
    worker.work_at_night()
    assert len(alarms(site.services.engine)) == 1
    site.clock.forward(days=1)
    worker.work_at_night()
    assert len(alarms(site.services.engine)) == 2
    assert "Newest anchor" in site.browser("administrator").page("/operations").text


def test_two_workers_verify_a_night_once(engine: sa.Engine, now: datetime) -> None:
    ran: list[bool] = []
    workers = [
        threading.Thread(target=lambda: ran.append(verification.nightly(Cases(engine), "http://127.0.0.1", now)))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ran) == [False, True]
    assert not verification.nightly(Cases(engine), "http://127.0.0.1", now)


def test_a_run_that_died_is_begun_again_and_none_begins_before_two_in_the_night(
    engine: sa.Engine, now: datetime
) -> None:
    midnight = now.replace(hour=0)
    cases = Cases(engine)
    assert not verification.nightly(cases, "http://127.0.0.1", midnight + timedelta(minutes=119))
    assert verification._claim(engine, now.date(), midnight + timedelta(hours=2))
    assert not verification.nightly(cases, "http://127.0.0.1", midnight + timedelta(hours=8))
    assert verification.nightly(cases, "http://127.0.0.1", midnight + timedelta(hours=8, minutes=1))


@pytest.fixture
def installed(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An environment with the site's database."""
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", site.services.settings.database_url)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    return site


def test_the_command_says_that_all_is_well(installed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == 0
    assert "agrees with itself" in capsys.readouterr().out


def test_the_command_gives_a_line_for_each_finding_and_rebuild_mends_the_list(
    installed: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    case_id = installed.opened()
    lose_a_task(installed.services.engine)
    assert cli.main(["verify", "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    listed = [line for line in lines if line["check"] == "task-not-listed"]
    assert [(line["case_id"], line["element"]) for line in listed] == [(case_id, "complete_missing_report")]
    assert cli.main(["verify"]) == 1
    assert f"{case_id} complete_missing_report: " in capsys.readouterr().out
    assert cli.main(["rebuild"]) == 0
    assert f"{case_id}: its lists were written anew." in capsys.readouterr().out
    cli.main(["verify", "--json"])
    assert "task-not-listed" not in capsys.readouterr().out
