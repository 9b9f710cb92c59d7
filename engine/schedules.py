"""When a procedure opens a case by itself: the moments that the timer of its start gives, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from engine.errors import Invalid, Problem, ReleaseInvalid
from engine.frozen import frozen
from engine.scope import Scope

if TYPE_CHECKING:
    from engine.release import Compiled

CLOSEST = timedelta(minutes=1)
"""How near two cases of a procedure may be opened to each other: what is nearer is a slip of the pen."""

NEAR = timedelta()
"""How near the first moment may be to an instant that is none of a schedule, such as that of the publication."""

MISSED_AT_MOST = 1_000
"""How many missed moments are counted one by one; beyond that the first of them stands for all."""

PROBES = tuple(datetime(2026, month, day, 0, 30, tzinfo=UTC) for month, day in ((1, 1), (2, 28), (3, 29), (10, 25)))
"""Where a schedule is tried when it is published: a new year, the end of a month, and both changes of the clocks."""

TURNS = 3
"""How many moments are tried after each of them."""


@frozen
class Turn:
    """A case that is to be opened: the scheduled moment, how many before it were missed, and the moment after now."""

    at: datetime
    missed: int
    next_at: datetime | None


def following(release: Compiled, after: datetime, apart: timedelta = CLOSEST) -> datetime | None:
    """Give the next moment strictly after `after`, in UTC; None where the timer gives none, or one that is not so far `apart`.

    From one moment of a schedule to the next it is a minute at least; from any other instant the next may be near. The expression sees `after` and the decision tables of the procedure, and nothing else.
    """
    scope = Scope(release, {}, after, "", after)
    try:
        value = release.timer(release.start).evaluate({**scope.values, "after": after}, now=after)
    except Invalid:
        return None
    if not isinstance(value, datetime) or value <= after or value < after + apart:
        return None
    return value.astimezone(UTC)


def turn(release: Compiled, due: datetime, now: datetime) -> Turn:
    """Give the case that is to be opened at `now`, where one has been due since `due`.

    However many moments were missed, one case catches them up, for the latest of them; the next moment is ahead of `now`.
    """
    if release.start.timer is None:
        return Turn(due, 0, None)
    at, missed = due, 0
    while missed < MISSED_AT_MOST:
        later = following(release, at)
        if later is None or later > now:
            return Turn(at, missed, later if later is not None else following(release, now, NEAR))
        at, missed = later, missed + 1
    return Turn(at, missed, following(release, now, NEAR))


def first(release: Compiled, now: datetime) -> datetime | None:
    """Give the moment at which a release that is published now opens its first case; None where it has no schedule.

    Raises:
        ReleaseInvalid: its timer gives no moment ahead of now.
    """
    if release.start.timer is None:
        return None
    found = following(release, now, NEAR)
    if found is None:
        raise ReleaseInvalid([_stands(release, now)])
    return found


def goes_on(release: Compiled) -> Iterator[Problem]:
    """The timer of a start repeats, rests on `after` alone, and always gives a later moment."""
    timer = release.start.timer
    if timer is None:
        return
    if timer.kind != "cycle" or not timer.text.startswith("="):
        sentence = (
            "A start takes its moments from an expression in a repeating timer: write =next local time(after, ...)."
        )
        yield Problem(release.start.id, "schedule-from-expression", sentence)
        return
    try:
        names = release.timer(release.start).names - {"after"} - set(release.decisions)
    except Invalid as refusal:
        yield from (Problem(release.start.id, problem.rule, problem.sentence) for problem in refusal.problems)
        return
    for name in sorted(names):
        sentence = f"Before a case there is no {name}: the timer of a start sees “after” and the tables only."
        yield Problem(release.start.id, "schedule-rests-on-after", sentence)
    if not names:
        yield from _tried(release)


def _tried(release: Compiled) -> Iterator[Problem]:
    """Try the schedule from several moments on, and give the first of them after which it stands still."""
    for probe in PROBES:
        after = probe
        for _turn in range(TURNS):
            found = following(release, after)
            if found is None:
                yield _stands(release, after)
                return
            after = found


def _stands(release: Compiled, after: datetime) -> Problem:
    sentence = (
        f"After {after:%d.%m.%Y %H:%M} UTC the timer gives no moment that is at least a minute later: "
        "write =next local time(after, ...), for example."
    )
    return Problem(release.start.id, "schedule-goes-on", sentence)
