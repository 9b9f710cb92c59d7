"""The life of a record: put right, given away, held, erased, and still gone after last night's backup is put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

import workflows.verification
from engine import erasing, timers
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import Base, CaseTable, TaskTable, reading, writing
from tests.web.site import Browser, Site
from web import backup, demo_cases, keeping, tombstones, verification
from workflows import children, disclosures, figures, people
from workflows import erasing as subjects
from workflows.agencies import ROLES
from workflows.children import PastEpisodeRow

CANARY = "Wrenbird"
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


@pytest.fixture
def wren(site: Site) -> str:
    """A whole case of a child whose name and every text is a canary, closed years ago."""
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


def everything(engine: sa.Engine) -> str:
    with reading(engine) as connection:
        rows = (row for table in Base.metadata.sorted_tables for row in connection.execute(sa.select(table)))
        return "\n".join(repr(tuple(row)) for row in rows)


def totals(site: Site, moment: datetime) -> list[tuple[str, str, int]]:
    """Count every slice and measure of the figures."""
    period = figures.Period(moment - timedelta(days=400), moment + timedelta(days=1))
    with reading(site.services.engine) as connection:
        found = figures.population(connection, period, None, now=moment)
    measures = (*figures.PEOPLE, *figures.INTERVIEWS)
    counted = [("measure", name, found.count(name, "")) for name in measures]
    return counted + [
        (name, part, found.count(name, part)) for name, one in figures.SLICES.items() for part in one.words
    ]


def governed(site: Site, role: str, path: str, **data: str) -> int:
    browser: Browser = site.browser(role)
    return browser.send(path, data, form=browser.page(path.rpartition("/")[0])).status_code


def prepare(site: Site, wren: str, copy: Path) -> str:
    """Put the case right, give it away, let it end, and make last night's backup; give the child's id."""
    engine, ann = site.services.engine, Actor("ann", EVERYBODY, "force")
    with writing(engine) as connection:
        child_id = children.child_of(connection, wren)
        basis = "childrens_services"
        disclosures.note_disclosure(
            connection, about=wren, to="Council", what="Facts", basis=basis, by=ann, now=site.clock()
        )
        past = {"reference": "OLD-1", "child_id": child_id, "reported_at": site.clock() - timedelta(days=60)}
        past |= {"unfinished": CANARY, "imported_at": site.clock(), "imported_row": CANARY, "level": "low"}
        connection.execute(sa.insert(PastEpisodeRow).values(**past, returned_at=None, closed_at=None))
    right, why = {"last_place": f"{CANARY} bridge"}, f"{CANARY} was misheard"
    site.services.cases.correct(wren, "case_opening", "", right, key="c", reason=why, by=ann, now=site.clock())
    finished(site)
    backup.back_up(site.services.settings, copy)
    assert CANARY.encode() in copy.read_bytes()
    return str(child_id)


def require_gone(site: Site, wren: str, child_id: str) -> None:
    """Nothing of it in any table, file or page; logs, projections and tombstone agree."""
    engine = site.services.engine
    assert CANARY.casefold() not in everything(engine).casefold()
    engine.dispose()
    database = Path(str(engine.url.database))
    for each in (database, *database.parent.glob(f"{database.name}-*")):
        assert CANARY.encode() not in each.read_bytes(), each
    for role in (FIRST, SECOND, "mfh_coordinator"):
        for path in (f"/cases/{wren}", f"/children/{child_id}", "/cases", "/performance", "/retention"):
            assert CANARY not in site.browser(role).get(path).text
    assert [str(each) for each in workflows.verification.check(engine)] == []
    about = ("log", "fact", "erased", "projection", "reason")
    found = verification.verify(site.services.cases, site.clock())
    assert not [str(each) for each in found if each.check.startswith(about)]
    with reading(engine) as connection:
        assert erasing.tombstone_of(connection, wren) is not None
        assert subjects.find(connection, wren) is None


def test_put_right_given_away_held_erased_and_gone_after_the_backup_is_put_back(
    site: Site, wren: str, tmp_path: Path
) -> None:
    here, engine, last_night = site.services, site.services.engine, tmp_path / "last_night.sqlite"
    child_id = prepare(site, wren, last_night)
    counted_at, counted, address = site.clock(), totals(site, site.clock()), f"/retention/{child_id}"
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason="Over") == 409
    site.clock.forward(days=365 * 6 + 10)
    assert keeping.nightly(engine, site.clock())
    assert child_id in site.browser(FIRST).page("/retention").text
    assert governed(site, SECOND, f"{address}/hold", **{"hold-reason": f"{CANARY} inquiry"}) == 303
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason="Over") == 409
    hold = str(site.browser(FIRST).page(address).select("input[name=hold]")[0]["value"])
    assert governed(site, SECOND, f"{address}/end-hold", **{"hold": hold, "end-reason": "Over"}) == 403
    assert governed(site, FIRST, f"{address}/end-hold", **{"hold": hold, "end-reason": "Over"}) == 303
    assert governed(site, FIRST, f"{address}/decide", decision="delete", reason=f"{CANARY} is over") == 303
    assert governed(site, FIRST, f"{address}/approve") == 403
    assert CANARY in everything(engine)
    assert governed(site, SECOND, f"{address}/approve") == 303
    require_gone(site, wren, child_id)
    workflows.verification.rebuild(engine)
    require_gone(site, wren, child_id)
    assert totals(site, counted_at) == counted
    engine.dispose()
    done = backup.restore(here.settings, last_night, yes_replace=True, by="restore", now=site.clock())
    assert done.erased == 1
    require_gone(site, wren, child_id)
    assert totals(site, counted_at) == counted


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
