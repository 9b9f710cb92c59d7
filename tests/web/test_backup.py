"""A backup is made while people work, is whole, and is put back without sending a mail twice."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import store
from engine.store import reading, writing
from notifications import holding, outbox
from notifications.memory import MemoryChannel
from notifications.message import Message
from notifications.outbox import HoldRow, OutboxRow
from tests.web.site import SECRET, Site
from web import backup, cli, schema
from workflows import alerts


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "copy.sqlite"


@pytest.fixture
def installed(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An environment with the site's database."""
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", site.services.settings.database_url)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    return site


def put_back(site: Site, source: Path, *, yes_replace: bool = True) -> backup.Restored:
    """Stop the site, and restore."""
    site.services.engine.dispose()
    settings = site.services.settings
    return backup.restore(settings, source, yes_replace=yes_replace, by="restore", now=site.clock())


def send(site: Site) -> list[str]:
    """Send what may leave, and give the keys."""
    channel = MemoryChannel()
    outbox.sweep(site.services.engine, [channel], site.clock(), 100, directory=alerts.directory)
    return [message.key for message in channel.taken]


def test_a_backup_is_one_whole_file_for_its_owner_alone(site: Site, copy: Path) -> None:
    site.opened()
    copied = backup.back_up(site.services.settings, copy)
    assert (copied.cases, copied.revision) == (1, schema.needed_revision())
    assert copy.stat().st_mode & 0o077 == 0
    assert sorted(each.name for each in copy.parent.glob("copy*")) == ["copy.sqlite"]


def test_a_backup_that_is_made_while_people_work_is_whole(site: Site, copy: Path) -> None:
    stop = threading.Event()
    opened: list[str] = []

    def work() -> None:
        while not stop.is_set():
            opened.append(site.opened())

    worker = threading.Thread(target=work)
    worker.start()
    try:
        sizes = [backup.back_up(site.services.settings, copy.with_name(f"{n}.sqlite")).cases for n in range(3)]
    finally:
        stop.set()
        worker.join()
    assert sizes == sorted(sizes)
    assert opened


def test_an_older_backup_is_never_lost(site: Site, copy: Path) -> None:
    copy.write_text("the backup of yesterday")
    with pytest.raises(backup.WouldReplace, match="is there already"):
        backup.back_up(site.services.settings, copy)
    assert copy.read_text() == "the backup of yesterday"


def test_a_restore_gives_back_the_cases_and_keeps_what_was_there(site: Site, copy: Path) -> None:
    first = site.opened()
    backup.back_up(site.services.settings, copy)
    site.opened()
    done = put_back(site, copy)
    with reading(site.services.engine) as connection:
        assert list(connection.execute(sa.text("SELECT id FROM cases")).scalars()) == [first]
    assert done.replaced is not None
    aside = store.connect(f"sqlite:///{done.replaced}")
    with reading(aside) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar() == 2
    aside.dispose()


def test_a_restore_replaces_nothing_unless_somebody_said_so(site: Site, copy: Path) -> None:
    backup.back_up(site.services.settings, copy)
    with pytest.raises(backup.WouldReplace, match="--yes-replace"):
        put_back(site, copy, yes_replace=False)


def test_a_restore_waits_until_the_site_is_stopped(site: Site, copy: Path) -> None:
    backup.back_up(site.services.settings, copy)
    case_id = site.opened()
    with pytest.raises(backup.StillRunning, match="Stop the site"):
        backup.restore(site.services.settings, copy, yes_replace=True, by="restore", now=site.clock())
    assert case_id in site.browser("call_taker").page("/tasks").text


@pytest.mark.parametrize(
    "damage", ["cut off", "a byte changed", "no database", "another database", "newer", "not there"]
)
def test_a_file_that_is_no_whole_database_of_ours_is_refused_and_nothing_changes(
    site: Site, copy: Path, damage: str
) -> None:
    case_id = site.opened()
    backup.back_up(site.services.settings, copy)
    spoil(copy, damage)
    with pytest.raises(backup.CopyInvalid, match="Nothing was changed"):
        put_back(site, copy)
    assert case_id in site.browser("call_taker").page("/tasks").text
    assert list(copy.parent.glob("*.part*")) == []


def spoil(copy: Path, damage: str) -> None:
    """Damage a backup."""
    data = copy.read_bytes()
    match damage:
        case "cut off":
            copy.write_bytes(data[: len(data) // 2])
        case "a byte changed":
            copy.write_bytes(data[:4096] + bytes(4096) + data[8192:])
        case "no database":
            copy.write_text("a letter")
        case "not there":
            copy.unlink()
        case _:
            change = (
                "DROP TABLE alembic_version"
                if damage == "another database"
                else ("UPDATE alembic_version SET version_num = '9999'")
            )
            with sqlite3.connect(copy) as connection:
                connection.execute(change)
            connection.close()


def test_after_a_restore_nothing_leaves_until_an_administrator_has_decided(site: Site, copy: Path) -> None:
    case_id = site.opened()
    backup.back_up(site.services.settings, copy)
    left = send(site)
    assert left
    done = put_back(site, copy)
    assert done.held.waiting == 2
    assert done.held.oldest_at == done.held.newest_at == site.clock()
    site.clock.forward(minutes=30)
    site.sweep()
    assert send(site) == []
    browser = site.browser("administrator")
    page = browser.page("/operations")
    assert "No mail leaves" in page.text
    answer = browser.send("/operations/resume", {"reason": "They left at nine"}, form=page)
    assert answer.status_code == 422
    assert "Select whether the mails are sent or dropped" in answer.text
    assert "They left at nine" in answer.text
    browser.send("/operations/resume", {"decision": "drop", "reason": "They left at nine"}, form=page)
    later = send(site)
    assert not set(later) & set(left)
    shown = site.browser("administrator").page("/operations").text
    assert "dropped on the word of administrator" in shown
    assert "They left at nine" in shown
    assert case_id


def test_mails_that_are_dropped_are_those_that_the_page_showed(site: Site, copy: Path) -> None:
    site.opened()
    backup.back_up(site.services.settings, copy)
    put_back(site, copy)
    browser = site.browser("administrator")
    page = browser.page("/operations")
    site.clock.forward(minutes=1)
    later = Message("MC-22222222/9/deadline/anna", "anna@force.example", "Subject", "Text")
    with writing(site.services.engine) as connection:
        outbox.record(connection, [later], site.clock())
    browser.send("/operations/resume", {"decision": "drop", "reason": "They left"}, form=page)
    assert send(site) == [later.key]


def test_a_restore_lists_the_clocks_that_are_overdue(site: Site, copy: Path) -> None:
    site.opened()
    backup.back_up(site.services.settings, copy)
    site.clock.forward(hours=5)
    late = put_back(site, copy).overdue
    assert late.cases == 1
    assert late.oldest_at is not None
    assert late.oldest_at < site.clock()


def test_the_commands_back_up_restore_and_resume(
    installed: Site, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.opened()
    assert cli.main(["backup", str(copy)]) == 0
    assert "1 cases" in capsys.readouterr().out
    installed.services.engine.dispose()
    assert cli.main(["restore", str(copy)]) == 1
    assert "--yes-replace" in capsys.readouterr().err
    assert cli.main(["restore", str(copy), "--yes-replace"]) == 0
    said = capsys.readouterr().out
    assert "Cases with an overdue clock: 1" in said
    assert "Mails that wait: 2" in said
    word = ["--by", "administrator", "--reason", "None of them left"]
    assert cli.main(["resume", "--send", *word]) == 0
    assert "2 mails will be sent" in capsys.readouterr().out
    assert cli.main(["resume", "--drop", *word]) == 1
    assert "not held" in capsys.readouterr().err
    assert cli.main(["hold", *word]) == 0
    assert "No mail leaves" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_refused_in_a_sentence(
    installed: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["backup", "/nowhere/copy.sqlite"]) == 1
    assert "The disk refused" in capsys.readouterr().err


def test_the_commands_for_sqlite_say_where_postgresql_is_described(site: Site, copy: Path) -> None:
    settings = replace(site.services.settings, database_url="postgresql+psycopg://homeward@db/homeward")
    with pytest.raises(Exception, match="pg_dump"):
        backup.back_up(settings, copy)


def test_a_hold_is_one_and_is_let_go_once(engine: sa.Engine, now: datetime) -> None:
    for _ in range(2):
        with writing(engine) as connection:
            holding.hold(connection, by="ann", reason="Restored", now=now)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(HoldRow)).scalar() == 1
    message = Message("a/1/b/c", "anna@force.example", "Subject", "Text")
    with writing(engine) as connection:
        outbox.record(connection, [message], now)
    with pytest.raises(holding.ReasonInvalid) as refused:
        holding.resume(engine, "", by="ann", reason=" ", until=now, now=now)
    assert [problem.where for problem in refused.value.problems] == ["decision", "reason"]
    assert outbox.sweep(engine, [MemoryChannel()], now + timedelta(days=3)).sent == 0
    assert holding.resume(engine, "drop", by="ann", reason="They left", until=now, now=now) == 1
    assert holding.resume(engine, "drop", by="ann", reason="They left", until=now, now=now) == 1, "told again"
    for other in ({"decision": "send"}, {"by": "bob"}, {"reason": "They did not"}):
        given = {"decision": "drop", "by": "ann", "reason": "They left"} | other
        with pytest.raises(holding.NothingHeld):
            holding.resume(engine, given.pop("decision"), **given, until=now, now=now)
    with reading(engine) as connection:
        assert connection.execute(sa.select(OutboxRow.status)).scalar() == "dropped"
