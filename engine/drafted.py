"""A draft as it stands in the database: its files, its history, and the turns that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import partial_index, stored
from engine.store import Base, Moment

Files = Mapping[str, str]

CHANGES = frozenset({"imported", "restored", "shipped", "saved", "added", "removed"})
"""The events that give a person a hand in a draft."""


class DraftTable(Base):
    """A procedure's files as they are being changed; `status` is ``open``, ``proposed``, ``published`` or ``dropped``."""

    __tablename__ = "drafts"
    id: sa.Column[int] = stored(primary_key=True)
    procedure: sa.Column[str] = stored(sa.String(80))
    base_id: sa.Column[int] = stored(sa.ForeignKey("releases.id"))
    status: sa.Column[str] = stored(sa.String(12))
    files: sa.Column[bytes] = stored(sa.LargeBinary)
    digest: sa.Column[str] = stored(sa.String(64))
    begun_by: sa.Column[str] = stored(sa.String(120))
    begun_at: sa.Column[datetime] = stored(Moment)
    changed_by: sa.Column[str] = stored(sa.String(120))
    changed_at: sa.Column[datetime] = stored(Moment)
    proposed_by: sa.Column[str] = stored(sa.String(120), default="")
    proposed_at: sa.Column[datetime | None] = stored(Moment)
    reason: sa.Column[str] = stored(sa.Text, default="")
    parties: sa.Column[str | None] = stored(sa.String(200))
    release_id: sa.Column[int | None] = stored(sa.ForeignKey("releases.id"))
    __table_args__ = (
        partial_index("uq_drafts_open", "procedure", unique=True, where="status IN ('open', 'proposed')"),
    )


class DraftEventTable(Base):
    """The history of a draft: who did what with it; never changed afterwards."""

    __tablename__ = "draft_events"
    draft_id: sa.Column[int] = stored(sa.ForeignKey("drafts.id"), primary_key=True)
    seq: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    at: sa.Column[datetime] = stored(Moment)
    by: sa.Column[str] = stored(sa.String(120))
    kind: sa.Column[str] = stored(sa.String(20))
    file: sa.Column[str] = stored(sa.String(120), default="")
    reason: sa.Column[str] = stored(sa.Text, default="")
    digest: sa.Column[str] = stored(sa.String(64))
    party: sa.Column[str] = stored(sa.String(40), default="", server_default="")


@frozen
class Draft:
    """A draft as it stands; `digest` is that of its files, `base_id` the release that it was begun from or compared with.

    `parties` names who has to agree to it, beside the second person, since it was proposed; None where that is not known.
    """

    id: int
    procedure: str
    base_id: int
    status: str
    files: Files
    digest: str
    begun_by: str
    begun_at: datetime
    changed_by: str
    changed_at: datetime
    proposed_by: str
    proposed_at: datetime | None
    reason: str
    parties: frozenset[str] | None = None

    @property
    def is_proposed(self) -> bool:
        """Whether it waits for somebody's approval."""
        return self.status == "proposed"


@frozen
class DraftEvent:
    """One line of a draft's history.

    `kind` is ``begun``, ``imported``, ``restored`` (from an earlier release), ``shipped`` (from what a newer program brought),
    ``saved``, ``added``, ``removed``, ``proposed``, ``withdrawn``, ``agreed`` (by a `party`), ``sent_back``, ``approved`` or
    ``dropped``; `digest` that of the files as they were then.
    """

    at: datetime
    by: str
    kind: str
    file: str
    reason: str
    digest: str
    party: str = ""


@frozen
class Turn:
    """A turn that a draft has taken: `event` says which, `number` is its place in the history, `hands` who changed the files.

    Of a proposal `parties` names who has to agree to it.
    The draft is as it stood before; so a proposal that was sent back still says who proposed it.
    """

    draft: Draft
    event: DraftEvent
    number: int
    hands: frozenset[str]
    parties: frozenset[str] = frozenset()


def draft_of(row: sa.Row[Any]) -> Draft:
    """Give the draft that a row holds."""
    return Draft(
        row.id,
        row.procedure,
        row.base_id,
        row.status,
        orjson.loads(row.files),
        row.digest,
        row.begun_by,
        row.begun_at,
        row.changed_by,
        row.changed_at,
        row.proposed_by,
        row.proposed_at,
        row.reason,
        None if row.parties is None else frozenset(row.parties.split()),
    )
