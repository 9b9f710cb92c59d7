"""What is true of a county: which promises were broken in which cases, by what its people did; and how well the checks find it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from workflows import promises
from workflows.episodes import EpisodeRow
from workflows.promises import State


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A promise that was broken in a case, from a moment on, by a lapse."""

    case_id: str
    promise: str
    at: datetime
    lapse: str


@frozen
class Score:
    """How the check of a promise did: found rightly, found wrongly, and missed; the cases of the last two."""

    promise: str
    right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Give the share of what was found that is true; 1 where nothing was found."""
        return self.right / (self.right + len(self.wrong)) if self.right + len(self.wrong) else 1.0

    @property
    def recall(self) -> float:
        """Give the share of what is true that was found; 1 where there is nothing."""
        return self.right / (self.right + len(self.missed)) if self.right + len(self.missed) else 1.0


def held_against(connection: sa.Connection, labels: Iterable[Label], now: datetime) -> tuple[Score, ...]:
    """Check every episode against every promise, and hold what is found broken against what is true; the sum comes last."""
    true = {(each.promise, each.case_id) for each in labels if each.at <= now}
    case_ids = list(connection.execute(sa.select(EpisodeRow.case_id).order_by(EpisodeRow.case_id)).scalars())
    found = {
        (each.promise.id, each.case_id)
        for each in promises.check(connection, case_ids, now=now)
        if each.state is State.BROKEN
    }
    checked = [each.id for each in promises.PROMISES if each.check is not None]
    scores = [_score(name, true, found) for name in checked]
    whole = Score(
        "all",
        sum(each.right for each in scores),
        tuple(case for each in scores for case in each.wrong),
        tuple(case for each in scores for case in each.missed),
    )
    return (*scores, whole)


def _score(promise: str, true: set[tuple[str, str]], found: set[tuple[str, str]]) -> Score:
    mine, seen = ({case for name, case in some if name == promise} for some in (true, found))
    return Score(promise, len(mine & seen), tuple(sorted(seen - mine)), tuple(sorted(mine - seen)))


def table(scores: Iterable[Score]) -> str:
    """Give the scores as lines of text."""
    lines = ["promise  broken  found  precision  recall"]
    for each in scores:
        broken, found = each.right + len(each.missed), each.right + len(each.wrong)
        lines.append(f"{each.promise:<7}  {broken:>6}  {found:>5}  {each.precision:>9.3f}  {each.recall:>6.3f}")
    return "\n".join(lines)
