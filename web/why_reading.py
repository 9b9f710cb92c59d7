"""Why a task is there, read for a page: as far as the reader's data classes go, and written down before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa

from engine import grounds
from engine.grounds import Grounds
from engine.model import Actor
from engine.store import reading
from web import episode_words, outline
from web.outline import WayDrawing
from web.services import services
from web.why_words import Explained, Line, Now, Sentence, involved
from workflows import deputies, seals, withheld
from workflows.audience import whose
from workflows.people import OrganisationRow


@dataclass(frozen=True)
class Why:
    """On what a task stands, in words: five sentences, the rows behind them, the way on the drawings, and what is not shown.

    The page of a task says the sentences only; what nobody looks at is not put into words.
    """

    found: Grounds
    said: Explained
    withheld: tuple[str, ...]

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The five sentences."""
        return self.said.sentences()

    @cached_property
    def lines(self) -> list[Line]:
        """The rows behind them."""
        return self.said.lines()

    @cached_property
    def drawings(self) -> list[WayDrawing]:
        """The way on each drawing."""
        return outline.way_drawings(self.found)


def read(task_id: str, who: Actor, classes: frozenset[str], *, purpose: str, now: datetime) -> Why:
    """Read on what a task stands for a person who may know of its case and read these data classes of it."""
    here = services()
    found = grounds.read(here.cases.views, task_id, classes=classes, by=who)
    if found.tells_values:
        others = found.references | {found.row.case_id}
        here.cases.views.note_with(found.row.case_id, others, who, purpose, sorted(classes), now)
    with reading(here.engine) as connection:
        at_present = _now(connection, found, now)
        names = episode_words.names_of(connection, involved(found))
    return Why(found, Explained(found, names, at_present, now), withheld.lines(found.held, who.roles))


def _now(connection: sa.Connection, found: Grounds, now: datetime) -> Now:
    """Read what is so at present."""
    row, agency = found.row, OrganisationRow
    keys = whose(connection, row.case_id, now).agencies(row.role)
    named = sa.select(agency.name).where(agency.key.in_(sorted(keys or ()))).order_by(agency.name)
    agencies = tuple(connection.execute(named).scalars()) if keys is not None else None
    away = deputies.of_person(connection, row.owner, now) if row.owner else ()
    stands_in = tuple(each.deputy_name for each in away if each.person == row.owner and each.begins_at <= now)
    return Now(agencies, stands_in, sealed=seals.members_over(connection, row.case_id) is not None)
