"""From which day to which: the period that an address or a form names, in days of Europe/London."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from engine.errors import Problem
from engine.frozen import frozen
from web.moments import LONDON, say_day
from workflows.days import midnight
from workflows.figures import Period

DAY = timedelta(days=1)
USUALLY = 90
"""Days up to today, where nobody chose a period: those in which repeats are looked for (G-16)."""

LONGEST = timedelta(days=731)
"""Two years: the cost of the figures grows with the period."""

MONTHS_OF_A_QUARTER = 3
QUARTERS_OFFERED = 8


@frozen
class Span:
    """The days of a period, both inclusive."""

    first: date
    last: date

    @property
    def period(self) -> Period:
        """The same from midnight to midnight, on the clocks of England."""
        return Period(_midnight(self.first), _midnight(self.last + DAY))

    @property
    def words(self) -> str:
        """The days in words: ``1 March 2026 to 31 March 2026``."""
        return f"{say_day(self.first)} to {say_day(self.last)}"

    @property
    def query(self) -> dict[str, str]:
        """The days as they stand in an address."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def usual(now: datetime) -> Span:
    """Give the period of which the page tells where nobody chose one."""
    today = now.astimezone(LONDON).date()
    return Span(today - (USUALLY - 1) * DAY, today)


def before(span: Span) -> Span:
    """Give the period before one: the quarter before a quarter, the month before a month, else as many days."""
    first, last = span.first, span.first - DAY
    for whole in (_quarter, _month):
        if whole(first) == first and whole(span.last) == first and whole(span.last + DAY) == span.last + DAY:
            return Span(whole(last), last)
    return Span(first - (span.last - first) - DAY, last)


def presets(now: datetime) -> dict[str, Span]:
    """Name the periods that are one click away."""
    today = now.astimezone(LONDON).date()
    month, quarter = today.replace(day=1), _quarter(today)
    last_month = (month - DAY).replace(day=1)
    return {
        "This month": Span(month, today),
        "Last month": Span(last_month, month - DAY),
        "This quarter": Span(quarter, today),
        "Last quarter": Span(_quarter(quarter - DAY), quarter - DAY),
        "Last 90 days": usual(now),
        "Last 12 months": Span(today - 364 * DAY, today),
    }


def ended_quarters(now: datetime) -> list[Span]:
    """Give the last quarters that are over, the latest first.

    Whoever sees figures only chooses among these: between two periods that overlap, a hidden number is a difference.
    """
    begins, found = _quarter(now.astimezone(LONDON).date()), []
    for _ in range(QUARTERS_OFFERED):
        ended = begins - DAY
        begins = _quarter(ended)
        found.append(Span(begins, ended))
    return found


def quarter_of(day: date) -> Span:
    """Give the quarter in which a day lies."""
    first = _quarter(day)
    return Span(first, _quarter(first + 100 * DAY) - DAY)  # a day of the quarter that follows, however long this one is


def is_ended_quarter(span: Span, now: datetime) -> bool:
    """Tell whether these days are a whole quarter that is over."""
    following = span.last + DAY
    whole = _quarter(span.first) == span.first == _quarter(span.last) and _quarter(following) == following
    return whole and following <= now.astimezone(LONDON).date()


def read(args: Mapping[str, str], now: datetime) -> tuple[Span | None, list[Problem]]:
    """Read the period of an address: ``from=2026-03-01&to=2026-03-31``, or the six parts that a form sends.

    Nothing chosen is no period and no problem; otherwise every problem is said at once, at its field.
    """
    typed = {key: typed_in(args, key) for key in ("from", "to")}
    if not any(any(parts) for parts in typed.values()):
        return None, []
    problems: list[Problem] = []
    days = {key: _day(parts) for key, parts in typed.items()}
    for key, words in (("from", "first"), ("to", "last")):
        if days[key] is None:
            problems.append(Problem(key, "real-date", f"The {words} day must be a real date, like 27 3 2026"))
    first, last = days["from"], days["to"]
    if first is None or last is None:
        return None, problems
    problems += _order(first, last, now.astimezone(LONDON).date())
    return (None if problems else Span(first, last)), problems


def typed_in(args: Mapping[str, str], key: str) -> tuple[str, str, str]:
    """Give day, month and year of a date as they were typed, or as the address has them."""
    whole = args.get(key, "").strip()
    if whole:
        year, month, day = (*whole.split("-", 2), "", "")[:3]
        return day, month, year
    return (args.get(f"{key}-day", ""), args.get(f"{key}-month", ""), args.get(f"{key}-year", ""))


def _order(first: date, last: date, today: date) -> Iterator[Problem]:
    """Say what is wrong with two days together."""
    if last < first:
        yield Problem("to", "after-first", "The last day must be the first day or later")
    elif last - first > LONGEST:
        yield Problem("to", "two-years", "A period has two years at most")
    if first > today:
        yield Problem("from", "not-ahead", "The first day must be today or in the past")


def _day(parts: tuple[str, str, str]) -> date | None:
    """Read a date; nothing where it is none, or so far away that no period can reach it."""
    try:
        day, month, year = (int(part) for part in parts)
        found = date(year, month, day)
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2999, 1, 1) else None


def _quarter(day: date) -> date:
    """Give the first day of the quarter of a day."""
    return day.replace(month=(day.month - 1) // MONTHS_OF_A_QUARTER * MONTHS_OF_A_QUARTER + 1, day=1)


def _month(day: date) -> date:
    """Give the first day of the month of a day."""
    return day.replace(day=1)


def _midnight(day: date) -> datetime:
    """Give the beginning of a day in England as an instant."""
    return midnight(day).astimezone(UTC)
