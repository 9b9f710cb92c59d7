"""Whom the episodes of a list are about, without a name: a reference alone is not told from another at three in the morning."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from engine.model import Actor
from engine.store import reading
from web import case_access
from web.missing_words import told_apart
from workflows.children import DATA_CLASS_OF
from workflows.episodes import EpisodeRow


def of(engine: sa.Engine, case_ids: Collection[str], who: Actor, now: datetime) -> dict[str, str]:
    """Say of each episode whose identity this person reads whom it is about: ``{"MC-7K3QX9PW": "Girl, 14"}``.

    What stands open with a reason counts for nothing: who broke the glass goes to the case.
    """
    episode = EpisodeRow
    known = case_access.readable_each(engine, who, sorted(set(case_ids)), now=now, with_reason=False)
    may = [case_id for case_id, classes in known.items() if DATA_CLASS_OF["child"] in classes]
    if not may:
        return {}
    asked = sa.select(episode.case_id, episode.adult, episode.age, episode.sex).where(episode.case_id.in_(may))
    with reading(engine) as connection:
        return {row.case_id: told_apart(row) for row in connection.execute(asked)}
