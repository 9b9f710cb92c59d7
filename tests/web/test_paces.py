"""How long each step waits: the same as counted from the log by itself, and shown to those alone who see every number."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.store import EventTable, TaskTable, reading, writing
from tests.web.scenes import Scenes
from tests.web.site import Site
from tests.web.test_performance import QUERY, force
from web.moments import say_span
from web.paces import HEADS
from workflows.access import FIGURES, FIGURES_WITH_EPISODES
from workflows.episodes import EpisodeRow
from workflows.figures import Period
from workflows.pace import bands, paces
from workflows.seals import SealCaseRow, SealRow

BEGINS, ENDS = datetime(2025, 11, 22, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
SHOWN_TO, HIDDEN_FROM = "chief_inspector_missing", min(FIGURES - FIGURES_WITH_EPISODES)


@pytest.fixture
def played(site: Site, scenes: Scenes) -> list[str]:
    """The cases of a force in a hundred days."""
    return scenes.begin(site, force)


def by_the_log(site: Site, cases: list[str]) -> dict[str, tuple[int, list[timedelta]]]:
    """Count from the events alone how often each step opened, and how long each that was done had been open."""
    event, task = EventTable, TaskTable
    asked = sa.select(event.case_id, event.task, event.kind, event.at).where(
        event.case_id.in_(cases), event.kind.in_(("task_opened", "task_completed"))
    )
    opened: dict[tuple[str, int | None], datetime] = {}
    done: dict[tuple[str, int | None], datetime] = {}
    with reading(site.services.engine) as connection:
        steps = {
            (row.case_id, row.number): row.element
            for row in connection.execute(sa.select(task.case_id, task.number, task.element))
        }
        for row in connection.execute(asked):
            (opened if row.kind == "task_opened" else done)[row.case_id, row.task] = row.at
    found: dict[str, tuple[int, list[timedelta]]] = defaultdict(lambda: (0, []))
    for key, at in opened.items():
        times, waited = found[steps[key]]
        found[steps[key]] = (times + 1, [*waited, done[key] - at] if key in done else waited)
    return found


@pytest.mark.usefixtures("played")
def test_a_step_opened_and_waited_as_the_log_says(site: Site) -> None:
    with reading(site.services.engine) as connection:
        found = paces(connection, Period(BEGINS, ENDS), now=site.clock())
        high = paces(connection, Period(BEGINS, ENDS), level="high", now=site.clock())
        reported = sa.select(EpisodeRow.case_id, EpisodeRow.risk_level).where(EpisodeRow.reported_at >= BEGINS)
        grades = {row.case_id: row.risk_level for row in connection.execute(reported)}
        assert not paces(connection, Period(ENDS, ENDS + timedelta(days=9)), now=site.clock())
        assert not paces(connection, Period(BEGINS, ENDS), frozenset({"nowhere"}), now=site.clock())
    for told, level in ((found, ""), (high, "high")):
        truth = by_the_log(site, [case_id for case_id, grade in grades.items() if level in {"", grade}])
        assert {one.element: (one.opened, one.done) for one in told} == {
            element: (times, len(waited)) for element, (times, waited) in truth.items()
        }
        for one in told:
            waited = sorted(truth[one.element][1])
            assert one.usual == (statistics.median_low(waited) if waited else None)
            assert one.opened == one.done + one.fell_away + one.open
            assert sum(one.most is not None and each <= one.most for each in waited) >= 0.9 * len(waited)
    assert 0 < len(high) < len(found) + 1
    assert any(one.late for one in found)
    assert any(one.fell_away for one in found)
    usual = [one.usual or timedelta(0) for one in found]
    assert usual == sorted(usual, reverse=True)
    assert list(bands(found).values()) == sorted(bands(found).values(), reverse=True)
    assert set(bands(found).values()) == {1, 2, 3}


def test_what_is_sealed_from_who_looks_counts_in_no_step_and_no_figure(site: Site, played: list[str]) -> None:
    """Of a period in which one case was reported the page told each of its steps, whoever was shut out of it."""
    case_id = played[30]
    with reading(site.services.engine) as connection:
        asked = sa.select(EpisodeRow.reported_at).where(EpisodeRow.case_id == case_id)
        on = connection.execute(asked).scalar_one().date().isoformat()
    day = f"from={on}&to={on}"
    outside, never_shut_out = (site.browser(role) for role in ("duty_inspector", "superintendent"))
    assert outside.page(f"/performance/steps?{day}").select("tbody tr")
    with writing(site.services.engine) as connection:
        seal = {"about": case_id, "reason": "x", "sealed_by": "x", "sealed_at": site.clock()}
        number = connection.execute(sa.insert(SealRow).values(seal).returning(SealRow.id)).scalar_one()
        connection.execute(sa.insert(SealCaseRow).values(seal=number, case_id=case_id))
    assert not outside.page(f"/performance/steps?{day}").select("tbody tr")
    for who, count in ((outside, "0"), (never_shut_out, "1")):
        cells = who.page(f"/performance?{day}").select("#people tbody tr:first-child > *")
        assert [cell.text for cell in cells[:2]] == ["Episodes reported", count]
        assert f"Reported to the police,{count}" in who.file(f"/performance/reconciled.csv?{day}")
        assert bool(who.page(f"/promises?{day}").select("tbody a")) == (count == "1")
    assert len(outside.file(f"/performance/steps.csv?{day}").splitlines()) == 2
    assert never_shut_out.page(f"/performance/steps?{day}").select("tbody tr")


@pytest.mark.usefixtures("played")
def test_the_page_the_drawing_and_the_file_say_the_same(site: Site) -> None:
    browser = site.browser(SHOWN_TO)
    page = browser.page(f"/performance/steps?{QUERY}")
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select("tbody tr")]
    lines = list(csv.reader(io.StringIO(browser.file(f"/performance/steps.csv?{QUERY}"))))
    assert lines[1] == list(HEADS)
    assert [[cell or "Never done" for cell in line[1:]] for line in lines[2:]] == [row[1:] for row in rows]
    holder = page.select_one("[data-counts]")
    assert holder is not None
    with reading(site.services.engine) as connection:
        told = {one.element: one for one in paces(connection, Period(BEGINS, ENDS), now=site.clock())}
    counts = json.loads(str(holder["data-counts"]))
    assert counts
    for one in counts:
        step = told[one["id"]]
        assert step.usual is not None
        assert one["says"] == f"{step.opened} times, {say_span(step.usual)}"
    assert "bpmn" in browser.get(str(holder["data-diagram"])).text
    wrong = browser.page("/performance/steps?from=2026-13-01&to=2026-03-02&level=nonsense&part=nonsense", 422)
    assert wrong.title is not None
    assert wrong.title.text.startswith("Error: ")
    assert site.browser(HIDDEN_FROM).get("/performance/steps").status_code == 403
