"""What a year of the synthetic county takes the processor: a part of it is played, and the rest reckoned."""

from __future__ import annotations

import time
from datetime import timedelta

from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.county import stage

EPISODES_A_YEAR = 3_200
"""Of a county like Nottinghamshire (domain.md 10)."""
CASES_A_SECOND = 5
PART = timedelta(days=30)


def year(site: Site, *, children: int) -> tuple[list[Measure], str]:
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
