"""Three weeks into a month of the force's oversight: two recommendations, and an audit that the calendar has opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bs4 import BeautifulSoup, Tag

from engine import posting, timers
from engine.cases import Cases
from engine.store import reading, writing
from tests.web.site import Site
from web import demo_cases, demo_oversight, pack_words
from web.pack_words import Pack
from web.periods import Span
from workflows import audits, recommendations
from workflows.recommendations import PANEL_REPORTED

NOW = datetime(2026, 3, 23, 9, tzinfo=UTC)
OUTCOMES, RISK = "HMIC-2016-R1", "HMIC-2016-R2"


def overseen(site: Site, *, deeds: int | None = None) -> None:
    """Play it until `NOW`: what the people and the clocks did since January; of the audit the first `deeds`, or all."""
    site.clock.now = site.wall_clock.now = NOW
    stories = demo_oversight.stories(NOW)
    told = [replace(each, deeds=each.deeds[:deeds]) if each.procedure == audits.PROCEDURE else each for each in stories]
    demo_cases.open_cases(site.services, NOW, told)
    timers.sweep(site.services.cases, now=NOW - timedelta(days=3))


def pack(site: Site, kind: str, quarter: Span, now: datetime) -> Pack:
    """Draw up the pack of a quarter as it stands now."""
    stands = site.services.cases.decided(recommendations.PROCEDURE, recommendations.RAG_TABLE, now=now)
    with reading(site.services.engine) as connection:
        found = [each for each in recommendations.everything(connection) if each.closed_at is None]
        return pack_words.told(connection, kind, quarter, now, open_ones=found, stands=stands)


def tell_panel(cases: Cases, on: date, now: datetime) -> None:
    """Let a pack of the panel that was issued tell each recommendation that is open that it stands in it."""
    with writing(cases.engine) as connection:
        for each in recommendations.everything(connection):
            told = {"reported_on": on}
            row = posting.row_of(
                f"RP-TEST/{each.case_id} {on}", PANEL_REPORTED, each.case_id, told, now,
                origin=posting.CASE, sender="RP-TEST", lives=timedelta(days=1), optional=True,
            )  # fmt: skip
            posting.leave(connection, row)
    timers.sweep(cases, now=now)


def words(found: Tag | BeautifulSoup) -> str:
    """Give what stands there as one line."""
    return " ".join(found.text.split())


def row(page: BeautifulSoup, name: str) -> dict[str, str]:
    """Give the cells of the table's row with this heading, by the heading of their column."""
    found = next(each for each in page.select("main tbody tr") if words(each.select("th")[0]) == name)
    return {str(cell["data-head"]): " ".join(cell.get_text(" ").split()) for cell in found.select("td")}


def link_of(page: BeautifulSoup, name: str) -> str:
    """Give where the first link with these words leads."""
    found = {words(each): str(each["href"]) for each in reversed(page.select("main a"))}
    return found[name]


def do(site: Site, role: str, task: str, answers: dict[str, Any]) -> None:
    """Let a role do the first task of this name in its list."""
    browser = site.browser(role)
    answer = browser.send(link_of(browser.page("/tasks"), task), typed(answers))
    assert answer.status_code == 302, answer.text


def typed(answers: dict[str, Any]) -> dict[str, Any]:
    """Give answers as a browser sends them: a day has three parts."""
    found: dict[str, Any] = {}
    for key, value in answers.items():
        parts = {"day": value.day, "month": value.month, "year": value.year} if isinstance(value, date) else {}
        found |= {f"{key}-{part}": str(number) for part, number in parts.items()} or {key: value}
    return found


def day(days: int) -> date:
    """Give the day so many days after `NOW`."""
    return (NOW + timedelta(days=days)).date()
