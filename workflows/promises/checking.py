"""Holds episodes to the promises: by the log and the facts of each, and by what other cases tell of the child."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.library import Library
from engine.store import ERASED, CaseTable
from workflows import episodes
from workflows.episodes import EpisodeRow
from workflows.figures import Period, apart_from, of_authorities, within
from workflows.promises.beside import beside, chunks
from workflows.promises.model import Verdict, worst
from workflows.promises.own import check_own
from workflows.promises.record import Record, logs
from workflows.promises.rows import PROMISES

AT_ONCE = 200
"""So many episodes are read at once."""


def check(
    connection: sa.Connection, case_ids: Sequence[str], *, now: datetime, library: Library | None = None
) -> tuple[Verdict, ...]:
    """Give what became of each promise in each of these episodes; a promise that was not owed is left out.

    With the `library` the clocks that managers put on a step are held too, in any case. Nothing is kept: the verdicts follow from
    the log as it is, and an erased case has none.
    """
    verdicts: list[Verdict] = []
    for some in chunks(case_ids, AT_ONCE):
        kept = sa.and_(CaseTable.id == EpisodeRow.case_id, CaseTable.status != ERASED)
        of_these = sa.select(EpisodeRow.case_id).join(CaseTable, kept).where(EpisodeRow.case_id.in_(some))
        found = {each.case_id: each for each in episodes.among(connection, of_these)}
        around = beside(connection, some, now)
        for case_id, events, said in logs(connection, [case_id for case_id in some if case_id in found]):
            verdicts += _held(Record(found[case_id], events, said, around[case_id], now))
        if library is not None:
            verdicts += check_own(connection, library, some, now=now)
    return tuple(verdicts)


def check_period(
    connection: sa.Connection,
    period: Period,
    authorities: frozenset[str] | None = None,
    *,
    but: Collection[str] = (),
    now: datetime,
    library: Library | None = None,
) -> tuple[Verdict, ...]:
    """Give the same for every episode that was reported in a period, of some authorities or of all, apart from some cases and children."""
    row = EpisodeRow
    asked = of_authorities(sa.select(row.case_id).where(*within(period)), authorities)
    case_ids = connection.execute(apart_from(asked, but).order_by(row.reported_at, row.case_id)).scalars().all()
    return check(connection, case_ids, now=now, library=library)


def _held(record: Record) -> Iterable[Verdict]:
    for promise in PROMISES:
        outcome = worst(promise.check(record)) if promise.check is not None else None
        if outcome is not None:
            case_id = record.episode.case_id
            yield Verdict(promise, case_id, outcome.state, outcome.due_at, outcome.done_at, outcome.reason)
