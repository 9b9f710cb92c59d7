"""Whether the thousandth turn of a loop costs what the first did: a grade that the supervisor sends back, again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from engine.model import Actor, Value
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.steps import state_bytes
from web.bench.story import MINUTE, WHOLE_CASE, Deed, begin, make_ready
from web.bench.watch import Watch

EARLY = 10
AROUND = 15
"""So many turns before and after a turn are timed with it: their median is not moved by one slow commit."""

SECOND = timedelta(seconds=1)
"""Between two steps of a turn, so that even after a thousand turns nothing else in the case is due."""

BEFORE = ("complete_missing_report", "match_child", "assess_risk")
LOOP = ("decide_risk_grade", "endorse_risk_grade")


class _Grading:
    """A case that stands at the grade."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.now: datetime = MORNING
        self.case_id = begin(site, self.now)
        self.turns = 0
        self.answers: dict[str, tuple[dict[str, Value], Actor]] = {}
        deeds = {deed.element: deed for deed in WHOLE_CASE}
        for element in (*BEFORE, *LOOP):
            self.now += MINUTE
            ready = make_ready(site, self.case_id, _sent_back(deeds[element]), self.now)
            self.answers[element] = (ready.answers, ready.by)
            *_, self.task = ready.complete().tasks

    def turn(self) -> None:
        """Decide the grade and send it back."""
        for element in LOOP:
            self.now += SECOND
            answers, by = self.answers[element]
            changed = {**answers, "decided_at": self.now}
            done = self.site.cases.complete(self.task, changed, by=by, now=self.now, key=str(uuid4()))
            (self.task,) = done.tasks
        self.turns += 1

    def turn_until(self, turns: int) -> int:
        """Turn so often in all; give the bytes of the state."""
        while self.turns < turns:
            self.turn()
        return state_bytes(self.site, self.task)


def _sent_back(deed: Deed) -> Deed:
    """Make the supervisor say no."""
    if deed.element != LOOP[-1]:
        return deed
    return Deed(deed.element, lambda at: {**deed.answers(at), "agreed": "no"})


def turns(site: Site, *, late: int) -> list[Measure]:
    """Compare the `late`-th turn with the tenth, of two cases that take turns at the same time."""
    old, young = _Grading(site), _Grading(site)
    sizes = [old.turn_until(EARLY), old.turn_until(late)]
    young.turn_until(EARLY)
    watch = Watch()
    for _ in range(2 * AROUND):
        for name, case in (("old", old), ("young", young)):
            with watch.time(name):
                case.turn()
    ratio = watch.median("old") / watch.median("young")
    return [
        Measure(f"turn {late:,} of a loop : turn {EARLY}", round(ratio, 2), "x", 1.2),
        Measure(f"state at turn {late:,} of a loop beyond that at turn {EARLY}", abs(sizes[1] - sizes[0]), "bytes", 60),
    ]
