"""What was done on paper while this service was down, and is typed in afterwards: when it happened, beside when it is recorded.

The two are two things (domain.md 13.15): the log keeps both. The clocks of the protocol follow what the questions of a form ask, such as
when the child came back, and never this moment, which the form knows nothing of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from engine.errors import AnswersInvalid, Invalid, Problem
from engine.forms import Raw, texts_under
from engine.model import ON_PAPER
from web.moments import read_moment, say_moment
from web.typed_days import PARTS, moment_or_refusal

NAME = "_paper"
"""Under this name stand day, month, year and time on a page of answers: no question can be called so."""
PLACE = f"{NAME}-day"
NO_LONGER_THAN = timedelta(days=14)
"""What is older is no late entry: it is told in the answers themselves."""

Loaded = TypeVar("Loaded")


def typed(raw: Raw) -> dict[str, str]:
    """Give what stands in the page: ``{"_paper-day": "2", ..., "_paper-time": "03:10"}``; empty where nothing is typed."""
    names = (f"{NAME}-{part}" for part in (*PARTS, "time"))
    return {name: text for name in names for text in texts_under(raw, name)[:1] if text.strip()}


def load(load_answers: Callable[[], Loaded], raw: Raw, now: datetime) -> tuple[Loaded, datetime | None]:
    """Load answers, and when they were given on paper, None where they were not; refused with `AnswersInvalid`, all at once."""
    problems: list[Problem] = []
    found: list[Loaded] = []
    on_paper: datetime | None = None
    try:
        found.append(load_answers())
    except AnswersInvalid as refusal:
        problems += refusal.problems
    try:
        on_paper = _moment(typed(raw), now)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise AnswersInvalid(problems)
    return found[0], on_paper


def shown(raw: Raw, problems: Iterable[Problem]) -> dict[str, dict[str, str]]:
    """Give what a page needs to ask for it: what was typed, and what is wrong with it by the place that puts it right."""
    wrong = {each.where: each.sentence for each in problems if each.where == PLACE}
    return {"paper": typed(raw), "wrong_paper": wrong}


def say(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Say of an event when it happened on paper, as a line of the history; nothing where it was recorded as it happened."""
    at = read_moment(str(data.get(ON_PAPER, "")))
    return (f"Done on paper on {say_moment(at)}, because the service was down; recorded afterwards",) if at else ()


def _moment(said: Mapping[str, str], now: datetime) -> datetime | None:
    """Read when it was done; a time without seconds stands for its minute."""
    found = moment_or_refusal(said, NAME, without_time=time())
    if found is None:
        return None
    at = found.astimezone(UTC)
    if f"{NAME}-time" not in said:
        raise Invalid([Problem(PLACE, "paper-time", "Enter the time at which it was done on paper, like 14:30")])
    if at > now:
        raise Invalid(
            [Problem(PLACE, "paper-ahead", "The time at which it was done on paper must not be in the future")]
        )
    if at < now - NO_LONGER_THAN:
        sentence = f"It must have been done on paper within the last {NO_LONGER_THAN.days} days: tell what is older in the answers"
        raise Invalid([Problem(PLACE, "paper-old", sentence)])
    return at
