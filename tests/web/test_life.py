"""The life of a record: put right, given away, held, erased, and still gone after last night's backup is put back."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

import workflows.verification
from engine import erasing, timers
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import Base, CaseTable, TaskTable, reading, writing
from tests.web.lifelong import CANARY, NOBODYS_WORDS, Wren, can_hold_words, plant, sings, told
from tests.web.site import SECRET, Browser, Hands, Site
from tests.web.test_backup_postgres import commands
from tests.web.test_bundles import made, number_of, sealed, take_out
from web import backup, cli, demo_cases, demo_people, keeping, procedures, schema, tombstones, verification
from web.app import create_app
from web.assembly import assemble
from web.settings import Settings
from workflows import absences, children, concerns, figures, measures, people, philomena, photographs
from workflows import erasing as subjects
from workflows.agencies import ROLES
from workflows.children import PastEpisodeRow
from workflows.redacting import BundleRow

EVERYBODY = frozenset(ROLES)
FIRST, SECOND = "information_governance", "chief_inspector_missing"


def planted(site: Site, case_id: str, deed: demo_cases.Deed, at: datetime) -> None:
    """Do a task with the canary in every free text."""
    cases, task = site.services.cases, TaskTable
    own = sa.and_(task.case_id == case_id, task.element == deed.element, task.status == "open")
    with reading(site.services.engine) as connection:
        number, role = connection.execute(sa.select(task.number, task.role).where(own)).first()  # type: ignore[misc]
        who = people.holders(connection, (role,))[0].actor
    view = cases.task(f"{case_id}.{number}", by=who, now=at)
    answers = dict(deed.answers(at))
    free = [field for field in view.form.fields if field.kind in {Kind.TEXT, Kind.TEXTAREA} and not field.limits.shape]
    for field in free:
        if field.required or field.key in answers:
            answers[field.key] = f"{CANARY} said so about everything that was asked here"[: field.limits.longest or 200]
    loaded = view.form.load(view.form.as_raw(answers), scope=view.scope, now=at)
    cases.complete(view.row.id, loaded, by=who, now=at, key=str(uuid4()))


def lived(site: Site) -> str:
    """Play a whole case of a child whose name and every text is a canary, closed years ago; give its reference."""
    start = site.clock()
    story = demo_cases.whole_case(timedelta(days=6), f"{CANARY} Example", 13, "medium", "out_of_character")
    opened = timedelta(days=6)
    opening = {
        name: f"{CANARY} {value}" if name in {"last_place", "why_worried"} else value
        for name, value in story.opening(start).items()
    }
    view = site.services.cases.opening("missing_child")
    by = Actor("call_taker", EVERYBODY, "police")
    loaded = view.form.load(view.form.as_raw(opening), scope={}, now=start)
    case_id = site.services.cases.open("missing_child", loaded, by=by, now=start, key=str(uuid4())).case_id
    for deed in sorted(story.deeds, key=lambda one: -one.ago):
        at = start + (opened - deed.ago)
        timers.sweep(site.services.cases, now=at)
        planted(site, case_id, deed, at)
    site.clock.now = start + timedelta(days=7)
    timers.sweep(site.services.cases, now=site.clock())
    return case_id


def finished(site: Site) -> None:
    """Close what is still open about the child, as its people would: the plan is not wanted any more."""
    with writing(site.services.engine) as connection:
        closed = {"status": "closed", "closed_at": site.clock()}
        connection.execute(sa.update(CaseTable).where(CaseTable.status == "open").values(**closed))


@pytest.fixture
def wren(site: Site) -> str:
    return lived(site)


def everything(engine: sa.Engine) -> str:
    """Give every value of every table; what is packed is unpacked."""
    with reading(engine) as connection:
        rows = (row for table in Base.metadata.sorted_tables for row in connection.execute(sa.select(table)))
        return "\n".join(told(value) for row in rows for value in row)


def totals(site: Site, moment: datetime) -> list[tuple[str, str, int]]:
    """Count every slice and measure of the figures."""
    period = figures.Period(moment - timedelta(days=400), moment + timedelta(days=1))
    with reading(site.services.engine) as connection:
        found = figures.population(connection, period, None, now=moment)
    counted = [("measure", name, found.count(name, "")) for name in measures.MEASURES]
    return counted + [
        (name, part, found.count(name, part)) for name, one in measures.SLICES.items() for part in one.words
    ]


def governed(site: Site, role: str, path: str, **data: str) -> int:
    browser: Browser = site.browser(role)
    return browser.send(path, data, form=browser.page(path.rpartition("/")[0])).status_code


class OnSqlite:
    """A site on SQLite, whose backup is a copy of its file."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.site: Site = request.getfixturevalue("site")
        self._copy = request.getfixturevalue("tmp_path") / "last_night.sqlite"

    def back_up(self) -> None:
        backup.back_up(self.site.services.settings, self._copy)
        assert CANARY.encode() in self._copy.read_bytes()

    def put_back(self) -> Site:
        self.site.services.engine.dispose()
        now = self.site.clock()
        done = backup.restore(self.site.services.settings, self._copy, yes_replace=True, by="restore", now=now)
        assert done.erased == 1
        return self.site

    def files(self) -> Iterator[bytes]:
        """Give every byte that the database keeps."""
        engine = self.site.services.engine
        engine.dispose()
        database = Path(str(engine.url.database))
        for each in (database, *database.parent.glob(f"{database.name}-*")):
            yield each.read_bytes()


class OnPostgres:
    """A site on PostgreSQL, which is backed up and put back by the commands of the README."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._told = request.getfixturevalue("values")
        self._folder: Path = request.getfixturevalue("tmp_path")
        self._patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        self._commands = commands(request.getfixturevalue("root"))
        self._stones = self._folder / "tombstones"
        now = request.getfixturevalue("now")
        self.site = self._site(request.getfixturevalue("postgres_url"), Hands(now), Hands(now))
        services = self.site.services
        demo_people.add_people(services.engine, now)
        procedures.publish_all(services.cases, by="mfh_coordinator", now=now)
        request.addfinalizer(self.close)

    def close(self) -> None:
        self.site.services.engine.dispose()

    def _site(self, url: str, clock: Hands, wall_clock: Hands) -> Site:
        settings = Settings(database_url=url, secret=SECRET, tombstones=str(self._stones))
        services = assemble(settings, clock=clock, wall_clock=wall_clock)
        schema.migrate(create_app(settings, services=services, migrated=False))
        app = create_app(settings, services=services)
        app.test_client_class = Browser
        return Site(app, services, clock, wall_clock)

    def _run(self, *wanted: str) -> bytes:
        every = [
            subprocess.run(["sh", "-c", each], env=self._told, cwd=self._folder, capture_output=True, check=False)
            for each in wanted
        ]
        assert [(done.returncode, done.stderr) for done in every] == [(0, b"")] * len(every)
        return b"".join(done.stdout for done in every)

    def back_up(self) -> None:
        self._run(self._commands[0])

    def put_back(self) -> Site:
        self.site.services.engine.dispose()
        self._run(*self._commands[1:])
        url = self._told["TO"].replace("postgresql:", "postgresql+psycopg:", 1)
        for name, value in (("DATABASE_URL", url), ("SECRET", SECRET), ("TOMBSTONES", str(self._stones))):
            self._patch.setenv(f"HOMEWARD_{name}", value)
        self._patch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
        for command in (["migrate"], ["tombstones", "--replay", str(self._stones)]):
            assert cli.main(command) == 0
        assert cli.main(["hold", "--by", "administrator", "--reason", "Restored"]) == 0
        self._told["FROM"] = self._told["TO"]
        self.site = self._site(url, self.site.clock, self.site.wall_clock)
        return self.site

    def files(self) -> Iterator[bytes]:
        """Give every row as the tool writes it; bytes stand there in hexadecimal."""
        dumped = self._run('pg_dump --no-owner "$FROM"')
        yield dumped
        yield b"".join(bytes.fromhex(each.decode()) for each in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", dumped))


Night = OnSqlite | OnPostgres


@pytest.fixture(params=[OnSqlite, pytest.param(OnPostgres, marks=pytest.mark.postgres)])
def night(request: pytest.FixtureRequest) -> Night:
    found: Night = request.param(request)
    return found


def write_beside_the_cases(site: Site, case_id: str, child_id: str) -> str:
    """Write what is kept beside the cases as its people do; give the reference of the carer's form."""
    now, police = site.clock(), Actor("ppu_cse_unit", frozenset({"ppu_cse_unit"}), "example_police")
    carer = Actor("placement_provider", frozenset({philomena.OWNS}), "elm_house")
    with writing(site.services.engine) as connection:
        said = {name: f"{CANARY} {name}" for name in philomena.EVERY_FIELD}
        form = philomena.Written(f"{CANARY} Example", date(2012, 5, 1), None, said)
        reference = philomena.create(connection, "elm_house", form, by=carer, now=now)
        philomena.say_whose(connection, reference, child_id, by=carer, now=now)
        away = {"absent_since": now, "decision": "absent", "told": ["manager"]}
        texts = dict.fromkeys(("attempts_made", "risk_considered"), CANARY)
        absences.record(connection, reference, {**away, **texts}, by=carer, now=now, key="away")
        for about, kind in ((child_id, "D4"), (child_id, "D5"), (reference, "D6")):
            typed = {**dict.fromkeys(concerns.TEXTS, CANARY), "kind": "person", "risk": "high", "data_class": kind}
            concerns.add(connection, about, typed, None, may={kind}, by=police, now=now)
        photographs.add(connection, child_id, f"JPEG {CANARY}".encode(), by=police, now=now)
        past = {"reference": "OLD-1", "child_id": child_id, "reported_at": now - timedelta(days=60), "level": "low"}
        past |= {"unfinished": CANARY, "imported_at": now, "imported_row": CANARY}
        connection.execute(sa.insert(PastEpisodeRow).values(**past, returned_at=None, closed_at=None))
    return reference


def give_away(site: Site, child_id: str) -> str:
    """Give the child everything, but for one passage; give the address of the bundle."""
    browser = site.browser(FIRST)
    place = made(browser, f"/bundles/child/{child_id}", {"recipient": f"{CANARY} Example"})
    number = number_of(browser, place, "In the file photograph-")
    assert take_out(browser, place, number, why=f"{CANARY} is seen with somebody") == 303
    number = number_of(browser, place, f"{CANARY} known_as")
    assert take_out(browser, place, number, extent="words", words=f"{CANARY} known_as", ground="crime") == 303
    files = sealed(browser, place)
    assert CANARY in files["bundle.html"]
    assert f"{CANARY} known_as" not in "".join(files.values())
    return place


def prepare(night: Night) -> Wren:
    """Live a whole life, put it right, give it away, let it end, and make last night's backup."""
    site = night.site
    engine, ann = site.services.engine, Actor("ann", EVERYBODY, "force")
    case_id = lived(site)
    with reading(engine) as connection:
        child_id = str(children.child_of(connection, case_id))
    wren = Wren(case_id, child_id, write_beside_the_cases(site, case_id, child_id))
    right, why = {"last_place": f"{CANARY} bridge"}, f"{CANARY} was misheard"
    site.services.cases.correct(case_id, "case_opening", "", right, key="c", reason=why, by=ann, now=site.clock())
    give_away(site, child_id)
    right = {"last_place": f"{CANARY} steps"}
    site.services.cases.correct(case_id, "case_opening", "", right, key="d", reason=why, by=ann, now=site.clock())
    finished(site)
    for about in (f"/cases/{case_id}", f"/children/{child_id}"):
        assert CANARY in site.browser(wren.reader).get(about).text
    with writing(engine) as connection:
        plant(connection, wren, site.clock())
    assert all(CANARY.encode() in each for each in night.files() if each), "it would be seen"
    night.back_up()
    return wren


def require_gone(night: Night, wren: Wren, place: str) -> None:
    """Nothing of it in any table, file or page; logs, projections and tombstone agree."""
    site, engine = night.site, night.site.services.engine
    with reading(engine) as connection:
        tables = Base.metadata.sorted_tables
        columns = [column for table in tables for column in table.columns]
        still = [f"{each.table.name}.{each.name}" for each in columns if sings(connection, each)]
    assert still == []
    assert [each for each in night.files() if CANARY.casefold().encode() in each.lower()] == []
    for role in (FIRST, SECOND, "mfh_coordinator"):
        for path in (f"/cases/{wren.case_id}", f"/children/{wren.child_id}", "/cases", "/performance", "/retention"):
            assert CANARY not in site.browser(role).get(path).text
    for path in (place, f"{place}/file", f"{place}/1"):
        assert site.browser(FIRST).get(path).status_code == 404
    assert [str(each) for each in workflows.verification.check(engine)] == []
    about = ("log", "fact", "erased", "projection", "reason")
    found = verification.verify(site.services.cases, site.clock())
    assert not [str(each) for each in found if each.check.startswith(about)]
    with reading(engine) as connection:
        for reference in wren.refs:
            assert erasing.tombstone_of(connection, reference) is not None
            assert subjects.find(connection, reference) is None


def test_put_right_given_away_held_erased_and_gone_after_the_backup_is_put_back(night: Night) -> None:
    wren = prepare(night)
    site, engine = night.site, night.site.services.engine
    with reading(engine) as connection:
        place = f"/bundles/{connection.execute(sa.select(BundleRow.number).where(BundleRow.sealed_by == FIRST)).scalar_one()}"
    counted_at, counted, address = site.clock(), totals(site, site.clock()), f"/retention/{wren.child_id}"
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason="Over") == 409
    site.clock.forward(days=365 * 6 + 10)
    assert keeping.nightly(engine, site.clock())
    assert wren.child_id in site.browser(FIRST).page("/retention").text
    assert governed(site, SECOND, f"{address}/hold", **{"hold-reason": f"{CANARY} inquiry"}) == 303
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason="Over") == 409
    hold = str(site.browser(FIRST).page(address).select("input[name=hold]")[0]["value"])
    assert governed(site, SECOND, f"{address}/end-hold", **{"hold": hold, "end-reason": "Over"}) == 403
    assert governed(site, FIRST, f"{address}/end-hold", **{"hold": hold, "end-reason": "Over"}) == 303
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason=f"{CANARY} is over") == 303
    assert governed(site, FIRST, f"{address}/approve") == 403
    assert CANARY in everything(engine)
    assert governed(site, SECOND, f"{address}/approve") == 303
    require_gone(night, wren, place)
    workflows.verification.rebuild(engine)
    require_gone(night, wren, place)
    assert totals(site, counted_at) == counted
    site = night.put_back()
    require_gone(night, wren, place)
    assert totals(site, counted_at) == counted


def test_a_table_of_which_nobody_has_thought_is_seen(site: Site) -> None:
    """A new table with something of a child is planted by itself, and stays when the child goes: so the life of a record fails."""
    metadata = sa.MetaData()
    column = sa.Column("said", sa.Text)
    table = sa.Table("planted", metadata, sa.Column("id", sa.Integer, primary_key=True), column)
    assert can_hold_words(table) == ["said"]
    with writing(site.services.engine) as connection:
        metadata.create_all(connection)
        connection.execute(sa.insert(table).values(said="Nothing"))
        assert not sings(connection, column)
        connection.execute(sa.insert(table).values(said=f"the {CANARY.lower()} flew"))
        assert sings(connection, column)


def test_every_column_that_holds_nothing_of_a_child_is_there() -> None:
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert set(NOBODYS_WORDS) <= columns


def test_a_restore_with_a_file_of_tombstones_that_is_damaged_changes_nothing(
    site: Site, wren: str, tmp_path: Path
) -> None:
    copy, stones = tmp_path / "copy.sqlite", tmp_path / "stones"
    backup.back_up(site.services.settings, copy)
    stones.write_text('{"subject": "CH-1"}\n')
    site.services.engine.dispose()
    given = {"yes_replace": True, "by": "restore", "now": site.clock()}
    with pytest.raises(Exception, match="Line 1 is no tombstone"):
        backup.restore(site.services.settings, copy, stones=stones, **given)  # type: ignore[arg-type]
    with closing(sqlite3.connect(str(site.services.engine.url.database))) as plain:
        assert plain.execute("SELECT count(*) FROM cases WHERE id = ?", (wren,)).fetchone() == (1,)


def test_the_file_of_tombstones_keeps_what_it_has(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "stones"
    one = erasing.Tombstone(
        "CH-1", ("CH-1", "MC-1"), datetime(2026, 3, 2, tzinfo=UTC), "ann", "bob", "six years", {"cases": 1}
    )
    path.write_text(one.as_line() + "\n")
    with writing(site.services.engine) as connection:
        erasing.bury(connection, erasing.Tombstone("CH-2", ("CH-2",), one.erased_at, "ann", "bob", "six years", {}))
    assert tombstones.keep(site.services.engine, path) == 2
    assert {stone.subject for stone in tombstones.read(path)} == {"CH-1", "CH-2"}
    assert path.stat().st_mode & 0o077 == 0


def test_every_table_says_what_erasing_does_to_it() -> None:
    assert set(Base.metadata.tables) == set(subjects.TABLES)
