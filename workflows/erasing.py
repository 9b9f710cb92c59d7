"""Erases what is kept of a child: every case, and what was drawn from them; counts stay, and who it was does not.

The unit is a child with all cases, episodes from before the cut-over too, or a case of which nobody has said which child it is
about. An episode stays as a row of what the figures count by, under a name of chance that its child's others share, so that no
total of the past changes; name, id and free texts go.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine import erasing
from engine.cases import LETTERS
from engine.erasing import Tombstone
from engine.store import ERASED, CaseTable
from notifications.outbox import OutboxRow
from workflows import (
    attendance,
    break_glass,
    children,
    concerns,
    copies,
    handovers,
    joining,
    notices,
    philomena,
    saved_lists,
    seals,
    typed,
)
from workflows.about import AboutRow
from workflows.children import ChildFlagRow, ChildRow, PastEpisodeRow
from workflows.disruptions import DisruptionRow
from workflows.episodes import EpisodeRow
from workflows.photographs import PhotographRow
from workflows.serious_events import SeriousEventRow
from workflows.trigger_plans import ChildPlanRow

MENTIONED_IN = ("daily_management",)
"""Procedures about many children at once, of which the records about one go (engine.erasing.erase_mentions)."""

TABLES: Mapping[str, str] = MappingProxyType(
    {
        # of the engine
        "cases": "emptied: the row keeps reference, procedure, when it was opened and closed",
        "fact_values": "deleted",
        "event_reasons": "deleted",
        "events": "kept: the log holds salted digests; the digests of what commands asked are taken out",
        "tasks": "kept: who had which task and when; without the keys of items",
        "awaited": "deleted",
        "messages": "deleted",
        "incidents": "texts taken out",
        "reads": "kept: who read what, as long as the record and a year (domain.md 5.5)",
        "tombstones": "written",
        "anchors": "nothing personal",
        "releases": "nothing personal",
        "schedules": "nothing personal",
        "drafts": "nothing personal",
        "draft_events": "nothing personal",
        # of the notifications
        "outbox": "deleted",
        "outbox_holds": "nothing personal",
        # of the workflows
        "episodes": "kept without who it was: child_id is a name of chance, name and texts are empty",
        "past_episodes": "kept without who it was, as the episodes are",
        "children": "deleted",
        "child_flags": "deleted",
        "child_plans": "deleted",
        "child_merges": "kept: who joined which ids and took it back; typed reasons taken out",
        "cases_about_children": "deleted",
        "disruptions": "deleted",
        "serious_events": "deleted",
        "meeting_attendance": "deleted",
        "photographs": "deleted",
        "philomena": "deleted, with what a carer has written about the child",
        "philomena_versions": "deleted",
        "philomena_moves": "deleted",
        "carer_absences": "deleted",
        "concerns": "deleted, those of the carer's form too",
        "notices": "deleted",
        "copies_to_correct": "deleted: what was typed about a recipient; to whom something was given stays in disclosures",
        "break_glass": "kept: who opened it with a reason; the typed reason is taken out",
        "seals": "kept: who sealed it; the typed reason is taken out",
        "seal_cases": "kept: reference",
        "seal_members": "kept: who saw it",
        "disclosures": "kept: to whom something was given, as long as the record and a year",
        "legal_holds": "typed reasons taken out",
        "retention_decisions": "typed reasons taken out",
        "retention_days": "deleted: the end of a period tells a birthday",
        "log_ends": "nothing personal: counts",
        "audits": "nothing personal",
        "audit_samples": "kept: reference and scores",
        "audit_findings": "kept: standard, role and times",
        "recommendations": "nothing personal of a child",
        "recommendation_milestones": "nothing personal of a child",
        "recommendation_steps": "nothing personal of a child",
        "organisations": "nothing personal of a child",
        "people": "nothing personal of a child",
        "memberships": "nothing personal of a child",
        "on_call": "nothing personal of a child",
        "handovers": "kept: who handed over to whom and when; typed words taken out",
        "handover_tasks": "kept: reference and when it was taken over",
        "typed": "deleted",
        "deputies": "nothing personal of a child",
        "saved_lists": "deleted where it asks for one of the references; its name is to name no child",
        "read_reviews": "kept: what a reviewer found about a reader's day",
        "invitations": "nothing personal of a child",
        "administration_log": "nothing personal of a child",
        "teams": "nothing personal of a child",
        "team_members": "nothing personal of a child",
        "commissions": "nothing personal of a child",
        # of the site
        "web_sessions": "nothing personal of a child",
        "sign_in_failures": "nothing personal of a child",
        "heartbeats": "nothing personal",
        "schema_reach": "nothing personal",
        "verifications": "nothing personal: findings say no value",
    }
)
"""What erasing does to each table: total, so that a new table is thought of."""


@dataclass(frozen=True, slots=True)
class OwnCase:
    """One case of a subject."""

    case_id: str
    procedure: str
    status: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom records are about: `subject` is a child's id, or the reference of a case that nobody has matched; `ids` all ids."""

    subject: str
    ids: tuple[str, ...]
    cases: tuple[OwnCase, ...]

    @property
    def refs(self) -> tuple[str, ...]:
        """Every reference under which it is known."""
        return tuple(dict.fromkeys((*self.ids, *(case.case_id for case in self.cases))))


def find(connection: sa.Connection, reference: str) -> Subject | None:
    """Give the subject to whom a case or a child's id belongs; None where there is none, or it was erased."""
    child = children.find(connection, reference)
    child_id = child.child_id if child else children.child_of(connection, reference)
    ids: tuple[str, ...] = ()
    if child_id is not None:
        ids = tuple(sorted(connection.execute(children.ids_of(child_id)).scalars()))
        known = sa.or_(
            CaseTable.id.in_(sa.select(EpisodeRow.case_id).where(EpisodeRow.child_id.in_(ids))),
            CaseTable.id.in_(sa.select(AboutRow.case_id).where(AboutRow.child_id.in_(ids))),
            CaseTable.correlation.in_(ids),
        )
    else:
        known = sa.or_(CaseTable.id == reference, CaseTable.correlation == reference)
    columns = (CaseTable.id, CaseTable.procedure, CaseTable.status, CaseTable.opened_at, CaseTable.closed_at)
    asked = sa.select(*columns).where(known, CaseTable.status != ERASED).order_by(CaseTable.opened_at, CaseTable.id)
    cases = tuple(OwnCase(*row) for row in connection.execute(asked))
    if child is None and not cases:
        return None
    return Subject(child_id or reference, ids, cases)


def erase(
    connection: sa.Connection, subject: Subject, *, proposed_by: str, approved_by: str, basis: str, now: datetime
) -> Tombstone:
    """Erase a subject in the caller's transaction, and leave the tombstone; the same again changes nothing.

    Who may, and whether it is time, is `workflows.retention`'s; this is also what replays a tombstone after a restore.
    """
    stone = Tombstone(subject.subject, subject.refs, now, proposed_by, approved_by, basis, {})
    return _carry_out(connection, stone)


def replay(connection: sa.Connection, stones: Iterable[Tombstone]) -> int:
    """Erase again what a backup of before has brought back; count the tombstones that this database did not have."""
    count = 0
    for stone in stones:
        if erasing.tombstone_of(connection, stone.subject) is None:
            _carry_out(connection, stone)
            count += 1
    return count


def _carry_out(connection: sa.Connection, stone: Tombstone) -> Tombstone:
    """Erase everything under the references of a tombstone."""
    refs = list(stone.refs)
    drawn = _projections(connection, refs)
    held = erasing.erase(connection, refs, stone)
    held["records_elsewhere"] = erasing.erase_mentions(connection, MENTIONED_IN, refs, stone)
    return erasing.bury(connection, replace(stone, held={**held, **drawn, **stone.held}))


def _projections(connection: sa.Connection, refs: list[str]) -> dict[str, int]:
    """Take out of what was drawn from the cases who it was."""
    name = f"X-{''.join(secrets.choice(LETTERS) for _ in range(8))}"
    nobody = {"child_id": name, "unfinished": ""}
    episode = sa.update(EpisodeRow).where(EpisodeRow.case_id.in_(refs))
    gone = {"episodes": connection.execute(episode.values(**nobody, child_name="", missing_with="")).rowcount}
    past = sa.select(PastEpisodeRow.reference).where(PastEpisodeRow.child_id.in_(refs))
    references = sorted(connection.execute(past).scalars())
    for number, reference in enumerate(references, 1):
        row = sa.update(PastEpisodeRow).where(PastEpisodeRow.reference == reference)
        connection.execute(row.values(**nobody, reference=f"{name}-{number}", imported_row=""))
    gone["past_episodes"] = len(references)
    forms = philomena.erase(connection, refs)
    gone |= {"philomena": len(forms), "concerns": concerns.erase(connection, [*refs, *forms])}
    for table in (AboutRow, ChildFlagRow, ChildPlanRow, DisruptionRow, SeriousEventRow, PhotographRow, ChildRow):
        gone[table.__tablename__] = connection.execute(sa.delete(table).where(table.child_id.in_(refs))).rowcount
    gone |= {"notices": notices.forget(connection, refs), "copies_to_correct": copies.forget(connection, refs)}
    gone["handovers"] = handovers.forget(connection, refs)
    gone["typed"] = typed.forget(connection, refs)
    gone["meeting_attendance"] = attendance.forget(connection, refs)
    gone["saved_lists"] = saved_lists.forget(connection, refs)
    break_glass.forget_reasons(connection, refs)
    seals.forget_reasons(connection, refs)
    joining.forget_reasons(connection, refs)
    about = [
        each
        for ref in refs
        for each in (
            OutboxRow.key.startswith(f"{ref}/", autoescape=True),
            OutboxRow.text.contains(ref, autoescape=True),
        )
    ]
    gone["outbox"] = connection.execute(sa.delete(OutboxRow).where(sa.or_(*about))).rowcount
    return gone
