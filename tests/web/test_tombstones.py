"""What was erased is known outside of the database: a worker keeps the file, and nothing goes on while a restore is ahead of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import erasing
from engine.erasing import Tombstone
from engine.store import reading, writing
from notifications import holding
from tests.web.site import SECRET, Site
from web import cli, tombstones
from web.app import create_app
from web.assembly import make_worker
from web.heartbeats import beat
from web.tables import HeartbeatRow

ERASED_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
STONE = Tombstone("CH-7K3QX9PW", ("CH-7K3QX9PW", "MC-7K3QX9PW"), ERASED_AT, "ann", "bob", "six years", {"cases": 1})


@pytest.fixture
def elsewhere(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose tombstones are kept in a file that its settings name, and a command line with the same settings."""
    file = tmp_path / "elsewhere" / "tombstones"
    file.parent.mkdir()
    settings = replace(site.services.settings, tombstones=str(file))
    for name, value in (("DATABASE_URL", settings.database_url), ("SECRET", SECRET), ("TOMBSTONES", str(file))):
        monkeypatch.setenv(f"HOMEWARD_{name}", value)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    services = replace(site.services, settings=settings)
    app = create_app(settings, services=services)
    app.test_client_class = site.app.test_client_class
    return replace(site, app=app, services=services)


def file_of(site: Site) -> Path:
    return Path(site.services.settings.tombstones)


def buried(site: Site) -> None:
    with writing(site.services.engine) as connection:
        erasing.bury(connection, STONE)


def failures(site: Site) -> str:
    with reading(site.services.engine) as connection:
        return connection.execute(HeartbeatRow.__table__.select()).one().last_failure  # type: ignore[no-any-return]


def test_a_worker_keeps_what_was_erased_in_the_file_and_writes_it_only_then(elsewhere: Site) -> None:
    """On PostgreSQL the file was written by hand alone: what was erased since the last time came back with a backup."""
    worker = make_worker(elsewhere.services)
    buried(elsewhere)
    worker.tick()
    assert [stone.subject for stone in tombstones.read(file_of(elsewhere))] == [STONE.subject]
    file_of(elsewhere).unlink()
    worker.tick()
    assert not file_of(elsewhere).exists(), "nothing was erased since"


def test_a_file_that_cannot_be_written_is_seen_and_tried_again(elsewhere: Site) -> None:
    file_of(elsewhere).mkdir()
    beat(elsewhere.services.engine, "x", elsewhere.wall_clock())
    worker = make_worker(elsewhere.services)
    worker._name = "x"
    buried(elsewhere)
    worker.keep()
    assert failures(elsewhere).startswith("tombstones: ")
    file_of(elsewhere).rmdir()
    worker.keep()
    assert len(tombstones.read(file_of(elsewhere))) == 1


def test_after_a_restore_the_check_asks_to_erase_again_and_no_mail_goes_before(
    elsewhere: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """A restore by the tools of PostgreSQL brought erased children back, and everything was said to be right."""
    site, file = elsewhere, file_of(elsewhere)
    file.write_text(STONE.as_line() + "\n")
    assert cli.main(["verify"]) == 1
    said = capsys.readouterr()
    assert "1 record that was erased is back, the last of them erased on 2 March 2026 at 8:00am." in said.out
    assert f"homeward tombstones --replay {file}" in said.out
    with writing(site.services.engine) as connection:
        holding.hold(connection, by="administrator", reason="Restored", now=site.clock())
    who = ["--by", "administrator", "--reason", "Restored"]
    assert cli.main(["resume", "--drop", *who]) == 1
    assert "is back" in capsys.readouterr().err
    browser = site.browser("administrator")
    sent = {"decision": "drop", "reason": "x"}
    answer = browser.send("/operations/resume", sent, form=browser.page("/operations"))
    assert answer.status_code == 409
    assert "Erase them again" in answer.text
    assert cli.main(["tombstones", "--replay", str(file)]) == 0
    assert cli.main(["resume", "--drop", *who]) == 0
    capsys.readouterr()
    assert cli.main(["verify"]) in {0, 1}
    assert "tombstones" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "check"),
    [(None, "tombstones-not-kept"), ("nonsense", "tombstones-unreadable"), (STONE.as_line() + "\n", "")],
)
def test_a_file_that_misses_something_or_cannot_be_read_is_found(
    elsewhere: Site, content: str | None, check: str
) -> None:
    buried(elsewhere)
    if content is not None:
        file_of(elsewhere).write_text(content)
    found = tombstones.check(elsewhere.services.engine, file_of(elsewhere))
    assert [each.check for each in found] == ([check] if check else [])


def test_where_what_was_erased_stands_in_no_file_that_is_found_too(site: Site) -> None:
    assert not [*tombstones.check(site.services.engine, None)]
    buried(site)
    assert [each.check for each in tombstones.check(site.services.engine, None)] == ["tombstones-nowhere"]
