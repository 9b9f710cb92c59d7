"""Days on the clocks of England: the one on which something happens, and how a day is said."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.calendars import LONDON


def day_of(moment: datetime) -> date:
    """Give the day of a moment in Europe/London."""
    return moment.astimezone(LONDON).date()


def midnight(day: date) -> datetime:
    """Give the first moment of a day in Europe/London."""
    return datetime.combine(day, time(), LONDON)


def yesterday_began(now: datetime) -> datetime:
    """Give the first moment of the day before this one in Europe/London."""
    return midnight(day_of(now) - timedelta(days=1))


def years_after(day: date, years: int) -> date:
    """Give the day so many years on; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def day_in_words(day: date) -> str:
    """Say a day as ``2 March 2026``."""
    return f"{day.day} {day:%B} {day.year}"
