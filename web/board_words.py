"""The board of the daily meeting in words: references, age and times; nothing on it names a child."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from engine.frozen import frozen
from web.missing_words import grade, line, told_apart
from web.moments import LONDON, say_day, say_moment, say_time, say_until
from workflows.agencies import title_of
from workflows.daily import Standing
from workflows.daily_board import Board, Late
from workflows.figures import Missing
from workflows.measures import AGE_BANDS, GRADES, age_band
from workflows.vocabulary import EPISODE_STATUS

ON_WALL = 12
"""So many have a line on the wall, the gravest first: what a screen shows without scrolling; of the others it is said how many."""

DAYS_FROM = 48
"""From so many hours on a clock counts in days."""

LEVELS = (*reversed(GRADES), "")


@frozen
class Row:
    """One episode that is open: its tasks that are late and what is asked of partners are counted."""

    case_id: str
    child_id: str
    who: str
    missing_for: str
    last_review: str
    reviewed_by: str
    next_review: str
    review_overdue: bool
    overdue: str
    asks: str
    waits: str


@frozen
class Line:
    """One line of a list beneath: an address part and words."""

    case_id: str
    words: str


@frozen
class WallRow:
    """One episode on the wall; `clock` is the time to the next review, `late` that it is over."""

    case_id: str
    age: str
    grade: str
    level: str
    missing_for: str
    clock: str
    late: bool


def named(board: Board) -> list[str]:
    """Name every case of which the board says something, once."""
    parts = (board.missing, board.tasks, board.returns, board.interviews)
    return list(dict.fromkeys(one.case_id for part in parts for one in part))


def on_wall(board: Board) -> list[str]:
    """Name the cases that have a line on the wall."""
    return [one.case_id for one in board.missing[:ON_WALL]]


def describe(board: Board, names: Mapping[str, str]) -> dict[str, object]:
    """Give everything that the template of the board needs."""
    now = board.now
    return {
        "now": now,
        "groups": [(words, rows) for words, rows in _by_grade(board, names) if rows],
        "count": len(board.missing),
        "overdue": [_task(each, now) for each in board.overdue],
        "asks": [_task(each, now) for each in board.asks],
        "returns": [
            Line(one.case_id, f"{say_moment(one.returned_at)}, {EPISODE_STATUS.get(one.status, one.status).lower()}")
            for one in board.returns
        ],
        "interviews": [
            Line(one.case_id, f"due {say_moment(one.held_by)} ({say_until(one.held_by, now)})")
            for one in board.interviews
        ],
        "often": [
            Line(one.child_id, f"{one.reports} reports in 90 days, the last on {say_moment(one.last_report_at)}")
            for one in board.often
        ],
    }


def wall(board: Board) -> dict[str, object]:
    """Give everything that the template of the wall screen needs; counts where names would be."""
    now, local = board.now, board.now.astimezone(LONDON)
    rest = board.missing[ON_WALL:]
    late = sum(one.is_overdue(now) for one in rest)
    grades = Counter(map(_level, board.missing))
    return {
        "time": say_time(local.time()),
        "day": say_day(local.date()),
        "rows": [_wall_row(one, now) for one in board.missing[:ON_WALL]],
        "rest": f"And {len(rest)} more, of whom {late} with an overdue review" if rest else "",
        "totals": [
            (level or "none", grade(level), grades[level]) for level in LEVELS if grades[level] or level == "high"
        ],
        "counts": [
            ("Overdue reviews", sum(one.is_overdue(now) for one in board.missing)),
            ("Overdue tasks", len(board.overdue)),
            ("Asked of partners", len(board.asks)),
            ("Back since yesterday", len(board.returns)),
            ("Interviews due in 24 hours", len(board.interviews)),
            ("Children reported 3 times in 90 days", len(board.often)),
        ],
    }


def _by_grade(board: Board, names: Mapping[str, str]) -> Iterable[tuple[str, list[Row]]]:
    """Put the episodes under their risk, the gravest first; what is not graded may be the gravest of all."""
    for level in ("", *LEVELS[:-1]):
        yield grade(level), [_row(one, board, names) for one in board.missing if _level(one) == level]


def _row(one: Missing, board: Board, names: Mapping[str, str]) -> Row:
    stands, now = board.standings.get(one.case_id, Standing()), board.now
    late = sum(each.case_id == one.case_id for each in board.overdue)
    asks = [each for each in board.asks if each.case_id == one.case_id]
    over = sum(each.due_at is not None and each.due_at <= now for each in asks)
    shown = line(one, now)
    return Row(
        case_id=one.case_id,
        child_id=one.child_id,
        who=told_apart(one),
        missing_for=shown.missing_for,
        last_review=shown.last_review,
        reviewed_by=names.get(stands.reviewed_by, stands.reviewed_by),
        next_review=shown.next_review,
        review_overdue=shown.overdue,
        overdue=f"{late} overdue" if late else "",
        asks=(f"{len(asks)} open" + (f", {over} overdue" if over else "")) if asks else "None open",
        waits=f"A lower grade waits for the {title_of(stands.waits_for).lower()}" if stands.waits_since else "",
    )


def _task(each: Late, now: datetime) -> Line:
    due = each.due_at
    when = f"due {say_moment(due)} ({say_until(due, now)})" if due else "no time set"
    return Line(each.case_id, f"{each.name}, {title_of(each.role).lower()}, {when}")


def _wall_row(one: Missing, now: datetime) -> WallRow:
    due = one.next_review_at
    clock = "none open" if due is None else f"late {_clock(now - due)}" if due <= now else _clock(due - now)
    return WallRow(
        one.case_id,
        "Adult" if one.adult else AGE_BANDS[age_band(one.age)],
        grade(one.level),
        one.level or "none",
        _clock(one.missing_for(now)),
        clock,
        one.is_overdue(now),
    )


def _clock(span: timedelta) -> str:
    """Say a span as a clock in a room does: ``3 d 04 h`` from two days on, else ``26 h 05``."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours // 24} d {hours % 24:02d} h" if hours >= DAYS_FROM else f"{hours} h {minutes:02d}"


def _level(one: Missing) -> str:
    """Give the grade by which somebody stands on the board; whatever is none of these stands with what is not graded."""
    return one.level if one.level in LEVELS else ""
