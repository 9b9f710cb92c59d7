"""A copy that the demonstration has given away, and what was put right since: somebody is to be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.store import reading, writing
from web.services import Services
from workflows import disclosures, people
from workflows.disclosures import Copy
from workflows.episodes import EpisodeRow

GIVER = "mfh_coordinator"
CHILD = "Casey"
GIVEN_AGO = timedelta(hours=60)


def give(services: Services, now: datetime) -> None:
    """Give a school a copy of a case, two and a half days ago, and put right now where the child was seen last."""
    row = EpisodeRow
    with reading(services.engine) as connection:
        of_child = sa.select(row.case_id).where(row.child_name.startswith(CHILD))
        case_id = connection.execute(of_child).scalars().first()
        by = people.find(connection, GIVER).actor
    if case_id is None:
        return
    with writing(services.engine) as connection:
        disclosures.note_disclosure(
            connection,
            about=case_id,
            to="Rosa Example, Example Academy",
            what="Facts of the episode",
            basis="school_or_health",
            by=by,
            now=now - GIVEN_AGO,
            copy=Copy("bundle", frozenset({"D1", "D2"}), role=GIVER),
        )
    right, why = {"last_place": "The bus stop by the school gate"}, "The teacher rang again"
    services.cases.correct(case_id, "case_opening", "", right, by=by, now=now, key="demo copy", reason=why)
