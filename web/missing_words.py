"""Who is missing, and the episodes behind a number, in words: references and times, and nothing that names anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from engine.frozen import frozen
from web.figure_words import written
from web.moments import say_key, say_moment, say_span, say_until
from workflows.figures import Missing
from workflows.measures import SLICES, Counted
from workflows.vocabulary import EPISODE_STATUS, RISK_LEVEL

COLOURS = {"high": "red", "medium": "orange", "low": "blue"}
NOT_GRADED = "Not graded yet"
CHILDREN = {"female": "Girl", "male": "Boy", "": "Child"}
ADULTS = {"female": "Woman", "male": "Man", "": "Adult"}


@frozen
class MissingLine:
    """One person who is missing: `next_review` is empty while none is open."""

    case_id: str
    who: str
    grade: str
    colour: str
    missing_for: str
    last_review: str
    next_review: str
    overdue: bool


@frozen
class MissingNow:
    """Everybody who is missing, as sentences and lines; `withheld` more have no line for this reader."""

    sentences: tuple[str, ...]
    lines: tuple[MissingLine, ...]
    withheld: int


@frozen
class EpisodeLine:
    """One episode behind a number."""

    case_id: str
    person: str
    reported: str
    returned: str
    first_grade: str
    grade: str
    state: str


def describe(missing: Sequence[Missing], readable: frozenset[str], now: datetime) -> MissingNow:
    """Say who is missing; only the cases in `readable` have a line."""
    shown = tuple(line(one, now) for one in missing if one.case_id in readable)
    return MissingNow(tuple(_sentences(missing, now)), shown, len(missing) - len(shown))


def lines(found: Iterable[Counted]) -> list[EpisodeLine]:
    """Say of each episode what the list behind a number shows."""
    return [
        EpisodeLine(
            one.case_id,
            one.person if one.person != one.case_id else "",
            say_moment(one.reported_at),
            say_moment(one.returned_at) if one.returned_at else "",
            grade(one.initial_level),
            grade(one.level),
            EPISODE_STATUS.get(one.status, say_key(one.status)),
        )
        for one in found
    ]


def as_csv(missing: Sequence[Missing], readable: frozenset[str], now: datetime, number: str) -> str:
    """Write who is missing as a file for a spreadsheet; `number` is that of the copy in the log."""
    head = ["Case", "Who", "Risk grade", "Hours missing", "Last review", "Next review", "Overdue"]
    rows = [
        [
            one.case_id,
            _who(one),
            grade(one.level),
            str(int(one.missing_for(now).total_seconds() // 3600)),
            say_moment(one.last_review_at) if one.last_review_at else "",
            say_moment(one.next_review_at) if one.next_review_at else "",
            "Yes" if one.is_overdue(now) else "No",
        ]
        for one in missing
        if one.case_id in readable
    ]
    return written([["Missing now", say_moment(now), f"Copy {number}", *[""] * 4], head, *rows])


def line(one: Missing, now: datetime) -> MissingLine:
    """Say of one person who is missing what a list of them shows."""
    due = one.next_review_at
    return MissingLine(
        one.case_id,
        _who(one),
        grade(one.level),
        COLOURS.get(one.level, "grey"),
        say_span(one.missing_for(now)),
        say_moment(one.last_review_at) if one.last_review_at else "None yet",
        f"{say_moment(due)} ({say_until(due, now)})" if due else "None open",
        one.is_overdue(now),
    )


def _sentences(missing: Sequence[Missing], now: datetime) -> Iterable[str]:
    """Say how many are missing, how they are graded, and how many reviews are overdue."""
    adults = sum(1 for one in missing if one.adult)
    children = len(missing) - adults
    said = [_many(children, "child", "children")] if children else []
    said += [_many(adults, "adult", "adults")] if adults else []
    yield f"{' and '.join(said) or 'Nobody'} {'are' if len(missing) > 1 else 'is'} missing."
    if not missing:
        return
    grades = Counter(one.level or "" for one in missing)
    graded = [f"{count} {grade(level).lower()}" for level, count in sorted(grades.items(), key=_gravest)]
    yield f"By risk grade: {', '.join(graded)}."
    overdue = sum(1 for one in missing if one.is_overdue(now))
    yield f"{_many(overdue, 'review is', 'reviews are') if overdue else 'No review is'} overdue."


def _gravest(entry: tuple[str, int]) -> int:
    """Put the gravest grade first."""
    order = list(RISK_LEVEL)
    return order.index(entry[0]) if entry[0] in order else len(order)


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _who(one: Missing) -> str:
    if one.adult:
        return "Adult"
    return SLICES["who"].words["not_recorded"] if one.age is None else "Child"


class Person(Protocol):
    """Whom an episode is about, as far as a list says it."""

    @property
    def adult(self) -> bool:
        """Whether the procedure takes the person for an adult."""

    @property
    def age(self) -> int | None:
        """Whole years when the person was reported."""

    @property
    def sex(self) -> str:
        """Of the vocabulary ``sex``."""


def told_apart(one: Person) -> str:
    """Tell one person from others without a name, to those who read who a child is: ``Girl, 14``."""
    words = ADULTS if one.adult else CHILDREN
    if one.age is None and not one.adult:
        return SLICES["who"].words["not_recorded"]
    return words.get(one.sex, words[""]) + (f", {one.age}" if one.age is not None else "")


def grade(level: str) -> str:
    """Say a grade, or that there is none yet."""
    return RISK_LEVEL.get(level, say_key(level)) if level else NOT_GRADED
