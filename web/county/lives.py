"""Draws the children of a county and their episodes: pure, by seed, and fast enough for tens of thousands.

>>> county = draw(seed=7, children=100, begins_at=datetime(2026, 1, 5, tzinfo=UTC))
>>> county == draw(seed=7, children=100, begins_at=datetime(2026, 1, 5, tzinfo=UTC))
True
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from engine.frozen import frozen
from web.county import parameters as p
from web.county.lapses import LAPSES
from web.county.names import names
from workflows.episodes import ADULT_FROM, age_on

YEAR = timedelta(days=p.DAYS_OF_A_YEAR)
REST = timedelta(hours=12)
"""The shortest time between a return and the next report: nobody is looked for twice at once."""
AT_HOME = timedelta(hours=1)
"""The shortest time between a return and the next leaving."""
SHORTEST = 0.75
"""Hours: whoever is back sooner was not reported."""
DEAD = "dead"
"""How a child is found who is not alive any more; nothing follows in such a life."""
FRIDAY_AND_SATURDAY = (4, 5)
_LAPSES, _APART = (tuple((each.key, each.rate.of) for each in LAPSES if each.apart is apart) for apart in (False, True))


class Child(NamedTuple):
    """An invented child; `flags` are what a screening would find, not what is recorded."""

    number: int
    name: str
    sex: str
    born_on: date
    age: int
    ethnicity: str
    care: str
    out_of_area: bool
    flags: frozenset[str]
    authority: str

    @property
    def in_care(self) -> bool:
        """Whether the child is looked after."""
        return self.care != "home"


class Episode(NamedTuple):
    """One time that a child is missing, and what those who work on it will do; `lapses` are keys of `lapses.LAPSES`.

    `changed` is ``raised``, ``lowered`` or empty; `interview` what comes of the return interview: ``held``, ``late``, ``refused``
    or ``not_offered`` in time. `together` is the number of the child who names a group that is missing together, 0 where the child is alone;
    `confirms` says that a sign of exploitation is confirmed.
    """

    child: Child
    number: int
    missing_since: datetime
    reported_at: datetime
    returned_at: datetime
    risk: str
    changed: str
    distance_km: float
    found_how: str
    found_where: str
    harm: str
    reason: str
    interview: str
    seen_by_police: bool
    tells: bool
    lapses: frozenset[str]
    confirms: bool = False
    together: int = 0

    @property
    def is_fatal(self) -> bool:
        """Whether the child is found dead."""
        return self.found_how == DEAD

    @property
    def is_of_a_child(self) -> bool:
        """Whether the safeguards of children hold: at the end of the year some have come of age before they are reported again."""
        return age_on(self.child.born_on, self.reported_at) < ADULT_FROM

    @property
    def hours(self) -> float:
        """How long the child is missing."""
        return (self.returned_at - self.missing_since).total_seconds() / 3600


@frozen
class County:
    """The children of a county, and their episodes in the order of their reports."""

    children: tuple[Child, ...]
    episodes: tuple[Episode, ...]


def draw(
    *,
    seed: int,
    begins_at: datetime,
    children: int,
    until: datetime | None = None,
    hours: p.Span = p.HOURS_NATIONAL,
    seldom: p.Seldom = p.SELDOM,
) -> County:
    """Draw so many children who go missing within a year of `begins_at`, with every episode that is reported before `until`.

    Who would go missing after `until` only is left out.
    """
    chance = _Chance(seed, seldom)
    kept: list[Child] = []
    alone: Episode | None = None
    found: list[Episode] = []
    called = names(Random(f"{seed} names"), children)  # noqa: S311 - a county is drawn again by its seed
    for number, name in enumerate(called, start=1):
        child, episodes = _life(chance, number, name, begins_at, hours)
        may_join = not child.in_care and not episodes[0].is_fatal
        if chance.apart.is_so(chance.seldom.together) and alone is not None and may_join:
            child, episodes = _together(alone, child, episodes, begins_at + YEAR)
        alone = episodes[0] if may_join and not episodes[0].together else None
        episodes = [each for each in episodes if until is None or each.reported_at < until]
        if episodes:
            kept.append(child)
            found += episodes
    found.sort(key=lambda each: (each.reported_at, each.child.number))
    return County(tuple(kept), tuple(found))


def _life(chance: _Chance, number: int, name: str, begins_at: datetime, hours: p.Span) -> tuple[Child, list[Episode]]:
    """Draw a child with all episodes of a year."""
    heavy = chance.is_so(p.HEAVY)
    child = _child(chance, number, name, begins_at, heavy=heavy)
    count = _count(chance, heavy=heavy)
    risks = [chance.pick(p.RISK) for _ in range(count)]
    lasting = [max(chance.span(hours) * p.LONGER[risk], SHORTEST) for risk in risks]
    gap = p.GAP_DAYS_HEAVY if heavy else p.GAP_DAYS
    waits = [max(timedelta(days=chance.span(gap)), REST) for _ in range(count - 1)]
    episodes: list[Episode] = []
    for order, reported_at in enumerate(_reports(chance, child, begins_at, lasting, waits)):
        earliest = episodes[-1].returned_at + AT_HOME if episodes else reported_at - YEAR
        episodes.append(_episode(chance, child, order + 1, (reported_at, earliest), risks[order], lasting[order]))
    dies = next((at for at in range(count) if chance.apart.is_so(chance.seldom.dead)), None)
    if dies is not None:
        episodes[dies:] = [episodes[dies]._replace(found_how=DEAD, harm="", tells=False)]
    return child, episodes


def _child(chance: _Chance, number: int, name: str, begins_at: datetime, *, heavy: bool) -> Child:
    care = chance.pick(p.CARE) if chance.is_so(p.IN_CARE_HEAVY if heavy else p.IN_CARE) else "home"
    age = int(chance.pick(p.AGE_AT_HOME if care == "home" else p.AGE_IN_CARE))
    sex = "male" if chance.is_so(p.MALE) else "female"
    chances = {
        "cse": p.CSE_OF_BOYS if sex == "male" else p.CSE_OF_GIRLS,
        "cce": p.CCE, "mental_health": p.MENTAL_HEALTH, "substance": p.SUBSTANCE, "suicide_self_harm": p.SELF_HARM,
    }  # fmt: skip
    day = begins_at.date()
    return Child(
        number, name, sex,
        # a birthday just before the year begins: hardly anybody grows older in it
        born_on=date(day.year - age, day.month, min(day.day, 28)) - timedelta(days=chance.below(20)),
        age=age,
        ethnicity=chance.pick(p.ETHNICITY),
        care=care,
        out_of_area=care == "residential" and chance.is_so(p.OUT_OF_AREA),
        flags=frozenset(flag for flag, rate in chances.items() if chance.is_so(rate)),
        authority="nottingham_city" if chance.is_so(p.CITY) else "nottinghamshire_county",
    )  # fmt: skip


def _count(chance: _Chance, *, heavy: bool) -> int:
    """Draw how often a child goes missing in a year."""
    if heavy:
        return p.FEWEST_HEAVY + chance.geometric(p.STOPS_HEAVY)
    return min(1 + chance.geometric(p.STOPS), p.MOST)


def _reports(
    chance: _Chance, child: Child, begins_at: datetime, lasting: Sequence[float], waits: Sequence[timedelta]
) -> list[datetime]:
    """Give when each episode is reported: anywhere in the year where they all fit, and where they do not, as close as needed."""
    spans = [timedelta(hours=each) for each in lasting]
    whole = sum(spans, timedelta()) + sum(waits, timedelta())
    over = whole - YEAR
    if over > timedelta() and waits:
        share = max((sum(waits, timedelta()) - over) / sum(waits, timedelta()), 0.02)
        waits = [max(each * share, REST) for each in waits]
        whole = YEAR
    at = begins_at + chance.random() * max(YEAR - whole, timedelta())
    found = []
    for order, span in enumerate(spans):
        at = _at_an_hour(chance, child, at, later=order > 0)
        found.append(at)
        at += span + (waits[order] if order < len(waits) else timedelta())
    return found


def _at_an_hour(chance: _Chance, child: Child, at: datetime, *, later: bool) -> datetime:
    """Move a moment to an hour at which children are reported, on the same day, or the next one where it would come before the rest is over."""
    first, last = (int(each) for each in chance.pick(p.HOURS_OF_CARE if child.in_care else p.HOURS_OF_HOME).split("-"))
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if (
        child.in_care
        and day.weekday() not in FRIDAY_AND_SATURDAY
        and chance.random() < (p.WEEKEND.of - 1) / p.WEEKEND.of / 7
    ):
        day += timedelta(days=(4 - day.weekday()) % 7)
    moment = day + timedelta(minutes=first * 60 + chance.below((last - first) * 60))
    return moment + timedelta(days=1) if later and moment < at else moment


def _minutes(hours: float) -> timedelta:
    """Give a span in whole minutes, as people say moments."""
    return timedelta(minutes=round(hours * 60))


def _episode(
    chance: _Chance, child: Child, number: int, moments: tuple[datetime, datetime], risk: str, lasting: float
) -> Episode:
    """Draw an episode by when it is reported and when it can have begun first."""
    reported_at, earliest = moments
    delay = chance.span(p.DELAY_HOURS_CARE if child.in_care else p.DELAY_HOURS_HOME)
    # whoever is back sooner than usually reported was reported sooner
    since = max(reported_at - _minutes(min(delay, lasting * 0.5)), earliest)
    farther = p.FARTHER if risk in {"high", "medium"} else 1.0
    nearer = p.NEARER if number > 1 else 1.0
    offered, held = chance.is_so(p.OFFERED), chance.is_so(p.HELD)
    in_time = chance.is_so(p.HELD_IN_TIME)
    random = chance.random
    turn = random()
    kept_up = {"protection_kept_up"} if chance.apart.is_so(chance.seldom.protection_kept_up) else set[str]()
    return Episode(
        child, number, since, reported_at, since + _minutes(lasting), risk,
        changed="raised" if turn < p.RAISED.of else "lowered" if turn < p.RAISED.of + p.LOWERED.of else "",
        distance_km=round(chance.span(p.DISTANCE_KM) * farther * nearer, 1),
        found_how=chance.pick(p.FOUND_HOW),
        found_where=chance.pick(p.PLACE_FOUND),
        harm=chance.pick(p.HARMS) if chance.is_so(p.HARM) else "",
        reason=chance.pick(p.REASONS),
        interview="not_offered" if not offered else "refused" if not held else "held" if in_time else "late",
        seen_by_police=chance.is_so(p.PREVENTION_HELD),
        tells=chance.is_so(p.DISCLOSES),
        lapses=frozenset([key for key, rate in _LAPSES if random() < rate]) | kept_up,
        confirms=chance.apart.is_so(chance.seldom.confirmed),
    )  # fmt: skip


def _together(first: Episode, child: Child, episodes: list[Episode], ends_at: datetime) -> tuple[Child, list[Episode]]:
    """Let a child's first time be one with a brother or sister: reported a few minutes later, and back at the same time.

    The times that follow keep their distance. Where they do not fit into the year any more, the child goes alone.
    """
    days = timedelta(days=(first.reported_at - episodes[0].reported_at).days)
    moved = [
        each._replace(
            missing_since=each.missing_since + days,
            reported_at=each.reported_at + days,
            returned_at=each.returned_at + days,
        )
        for each in episodes
    ]
    child = child._replace(authority=first.child.authority, ethnicity=first.child.ethnicity)
    found = ("missing_since", "returned_at", "distance_km", "found_how", "found_where")
    moved[0] = moved[0]._replace(
        **{name: getattr(first, name) for name in found},
        reported_at=first.reported_at + timedelta(minutes=3),
        risk=first.risk,
    )
    fits = moved[-1].reported_at < ends_at and first.returned_at > moved[0].reported_at
    fits = fits and all(each.missing_since > first.returned_at + AT_HOME for each in moved[1:])
    if not fits:
        return child, [each._replace(child=child) for each in episodes]
    return child, [
        each._replace(child=child, together=first.child.number if not place else 0) for place, each in enumerate(moved)
    ]


class _Chance:
    """Draws by the table of parameters; what is drawn depends on the seed and the order only."""

    apart: _Chance

    def __init__(self, seed: int, seldom: p.Seldom, what: str = "lives") -> None:
        self._random = Random(f"{seed} {what}")  # noqa: S311 - a county is drawn again by its seed
        self.seldom = seldom
        if what == "lives":
            self.apart = _Chance(seed, seldom, "what is drawn apart")
        self.random: Callable[[], float] = self._random.random
        self._gauss = self._random.gauss
        self._bounds: dict[int, tuple[tuple[str, ...], list[float]]] = {}

    def is_so(self, rate: p.Rate) -> bool:
        return self.random() < rate.of

    def below(self, count: int) -> int:
        return int(self.random() * count)

    def geometric(self, stops: p.Rate) -> int:
        """Draw how many failures come before the first success."""
        return int(math.log(1.0 - self.random()) / math.log(1.0 - stops.of))

    def span(self, span: p.Span) -> float:
        return span.median * math.exp(self._gauss(0.0, span.sigma))

    def pick(self, shares: p.Shares) -> str:
        found = self._bounds.get(id(shares))
        if found is None:
            found = (tuple(shares.of), list(accumulate(shares.of.values())))
            self._bounds[id(shares)] = found
        return found[0][min(bisect_right(found[1], self.random()), len(found[0]) - 1)]
