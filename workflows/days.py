"""Days on the clocks of England: the one on which something happens, and how a day is said."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.calendars import LONDON


def day_of(moment: datetime) -> date:
    """Give the day of a moment in Europe/London."""
    return moment.astimezone(LONDON).date()


def yesterday_began(now: datetime) -> datetime:
    """Give the first moment of the day before this one in Europe/London."""
    return datetime.combine(day_of(now) - timedelta(days=1), time(), LONDON)


def day_in_words(day: date) -> str:
    """Say a day as ``2 March 2026``."""
    return f"{day.day} {day:%B} {day.year}"
