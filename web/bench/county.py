"""What a year of the synthetic county takes: played from its first day to its last, or reckoned from a part of it."""

from __future__ import annotations

import time
from datetime import timedelta

from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.county import parameters, stage

EPISODES_A_YEAR = 3_200
"""Of a county like Nottinghamshire (domain.md 10)."""
CASES_A_SECOND = 5
PART, YEAR = timedelta(days=30), timedelta(days=365)


def whole_year(site: Site) -> tuple[list[Measure], str]:
    """Play a year at one go; give the measure, of as many episodes as the budget is of, and a sentence."""
    begun = time.monotonic()
    played = stage.play(
        site.services,
        seed=1,
        children=round(parameters.CHILDREN_A_YEAR.of),
        begins_at=MORNING,
        reports_until=MORNING + YEAR,
        ends_at=MORNING + YEAR,
    )
    taken, episodes = time.monotonic() - begun, len(played.county.episodes)
    speed = episodes / taken
    name = f"a year of the county, {EPISODES_A_YEAR:,} episodes, by {episodes:,} that were played"
    found = Measure(name, round(EPISODES_A_YEAR / speed), "seconds", EPISODES_A_YEAR / CASES_A_SECOND)
    took = timedelta(seconds=round(taken))
    return (
        [found],
        f"A whole year of the county: {episodes:,} episodes, {played.steps:,} steps in {took}, {speed:.1f} cases a second.",
    )


def reckoned(site: Site, *, children: int) -> tuple[list[Measure], str]:
    """Play a month of so many children a year with all that follows from it; give the measure and a sentence."""
    begun = time.process_time()
    played = stage.play(
        site.services,
        seed=1,
        children=children,
        begins_at=MORNING,
        reports_until=MORNING + PART,
        ends_at=MORNING + 2 * PART,
    )
    taken, episodes = time.process_time() - begun, len(played.county.episodes)
    speed = episodes / taken
    name = f"a year of the county, {EPISODES_A_YEAR:,} episodes, reckoned from {episodes}"
    found = Measure(name, round(EPISODES_A_YEAR / speed), "seconds", EPISODES_A_YEAR / CASES_A_SECOND)
    return [found], f"The county: {speed:.1f} whole cases a second, {1000 * taken / played.steps:.1f} ms a step."
