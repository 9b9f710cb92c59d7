"""What the figures cost after ten years: the dashboard, the map of the steps and the board of the daily meeting beside a year's.

A month of the county is played; what is over of it stands in the store again and again, each time a month earlier, under other
references: rows of the lists that these pages read, and neither logs nor positions. A page tells of a period, so it shall cost
what the period costs, and not the years before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa

from engine.store import Base, Moment, writing
from web.bench.browser import Browser, inside
from web.bench.county import PART
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.watch import Counter, Watch

MONTHS = 12
YEARS = (1, 10)
WHO = "mfh_coordinator"
PAGES: Mapping[str, str] = MappingProxyType(
    {
        "the dashboard": "/performance",
        "the dashboard, a year": "/performance?from={year}&to={today}",
        "the map of the steps": "/performance/steps",
        "the board": "/daily/board",
    }
)
STATEMENTS = 15
"""At most for one page, with every number on it and every look noted."""
COPIED = ("cases", "tasks", "episodes", "children", "child_flags", "child_plans")
NAMES = frozenset({"case_id", "child_id", "joined_to", "matched_to", "correlation", "covered_by", "missing_with"})
"""Columns that hold a reference; so does the `id` of a case."""
OVER = "SELECT e.case_id FROM episodes e JOIN cases c ON c.id = e.case_id WHERE c.status = 'closed'"


def pages(played: Site, folder: Path, *, repetitions: int, episodes: int) -> tuple[list[Measure], str]:
    """Read each page in turns after one year of about so many episodes and after ten; measures, and a sentence with the times."""
    sites = {years: played.copy(folder / f"years_{years}") for years in YEARS}
    held = {years: _fill(each, years, episodes) for years, each in sites.items()}
    browsers = {years: _browser(each) for years, each in sites.items()}
    watch, statements = Watch(), 0
    counter = Counter(sites[YEARS[-1]].services.engine)
    for page in PAGES.values():
        with counter.count() as asked:
            browsers[YEARS[-1]].page(_address(page))
        statements = max(statements, asked.statements)
        browsers[YEARS[0]].page(_address(page))
    for _ in range(repetitions):
        for name, page in PAGES.items():
            for years, browser in browsers.items():
                with watch.time(f"{years} {name}"):
                    browser.page(_address(page))
    for each in sites.values():
        each.close()
    few, many = YEARS
    ratios = {name: watch.median(f"{many} {name}") / watch.median(f"{few} {name}") for name in PAGES}
    rows = f"at {held[many]:,} episodes of {many} years : at {held[few]:,} of a year"
    measures = [Measure(f"{name} {rows}", round(ratio, 2), "x", 2) for name, ratio in ratios.items()]
    measures.append(Measure("SQL statements of one of these pages, most", statements, "statements", STATEMENTS))
    times = ", ".join(f"{name} {1000 * watch.median(f'{many} {name}'):.0f} ms" for name in PAGES)
    return measures, f"After ten years of rows that repeat a month of the county: {times}."


def _address(page: str) -> str:
    today = (MORNING + 2 * PART).date()
    return page.format(today=today, year=today - MONTHS * PART)


def _browser(site: Site) -> Browser:
    site.clock.now = MORNING + 2 * PART
    browser = Browser(inside(site.app))
    browser.sign_in(WHO)
    return browser


def _fill(site: Site, years: int, episodes: int) -> int:
    """Repeat what is over for so many years; give how many episodes there are then."""
    engine = site.services.engine
    with writing(engine) as connection:
        over = connection.execute(sa.text(f"SELECT count(*) FROM ({OVER})")).scalar_one()  # noqa: S608 - our own words
        each = max(round(episodes / MONTHS / max(over, 1)), 1)
        for name in COPIED:
            connection.execute(sa.text(_copy(name)), {"many": MONTHS * years * each - 1, "each": each})
        count = connection.execute(sa.text("SELECT count(*) FROM episodes")).scalar_one()
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return int(count)


def _copy(name: str) -> str:
    """Write the statement that repeats a table, `each` times a month: other references, and every moment a month earlier."""
    table = Base.metadata.tables[name]
    asked = ", ".join(_value(name, column) for column in table.c)
    mine = {"cases": f"WHERE id IN ({OVER})", "tasks": f"WHERE case_id IN ({OVER})"}
    mine["episodes"] = mine["tasks"]
    numbers = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :many)"
    columns = ", ".join(f'"{column.name}"' for column in table.c)
    rows = f"(SELECT * FROM {name} {mine.get(name, '')})"  # noqa: S608 - the names are those of our tables
    return f"INSERT INTO {name} ({columns}) {numbers} SELECT {asked} FROM counted, {rows}"  # noqa: S608


def _value(table: str, column: sa.Column[object]) -> str:
    """Say what a column holds in the copy with the number ``n``."""
    name, back = f'"{column.name}"', f"'-' || ({PART.days} * (n / :each)) || ' days'"
    if isinstance(column.type, Moment):
        return f"strftime('%Y-%m-%d %H:%M:%f', {name}, {back}) || '000'"
    if isinstance(column.type, sa.Date):
        return f"date({name}, {back})"
    if column.name in NAMES or (table, column.name) == ("cases", "id"):
        return f"CASE {name} WHEN '' THEN '' ELSE {name} || '-' || n END"
    return name
