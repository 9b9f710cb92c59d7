"""Who hears that something was put right: who has open work in the case, and every other agency with a part in it, once.

An answer belongs to its case; what is kept of a child beside the cases (`workflows.amendments`) to all of the child's. A message has the
reference and a link, and no word of what was put right. Those who were given a copy and have no account are told by people
(`workflows.copies`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.corrections import CORRECTED
from engine.frozen import frozen
from engine.store import ERASED, CaseTable, TaskTable
from engine.views import Step
from notifications import outbox, wording
from notifications.message import Message
from workflows import access, alerts, audience, children, episodes, seals
from workflows.access import HOST_VIEW, OF_ONE_AREA, OF_ONE_PROVIDER, OF_THE_CHILD, TOLD_OF_EVERY_CHILD, Standing
from workflows.agencies import ROLES
from workflows.commissions import COUNCIL
from workflows.episodes import EpisodeRow
from workflows.matching import latest
from workflows.people import MembershipRow, OrganisationRow

TEMPLATE, BESIDE = "correction", "amendment"


@frozen
class Told:
    """One message: its name beside the correction, for the holders of a role in these organisations (empty: wherever)."""

    name: str
    role: str
    places: tuple[str, ...] = ()


@frozen
class _Case:
    """A case as far as it matters who is told; `council` is the one that it names as responsible."""

    case_id: str
    procedure: str
    status: str
    council: str
    now: datetime


class CorrectionMails:
    """An observer: it tells of an answer that was put right, in the transaction of the correction."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def __call__(self, connection: sa.Connection, step: Step) -> None:
        """Put one message for each of those who are told into the outbox."""
        events = [event for event in step.events if event.kind == CORRECTED]
        if not events:
            return
        classes = frozenset(name for event in events for name in event.data.get("classes", ()))
        words = {
            "reference": step.case_id,
            "at": alerts.in_words(step.now),
            "link": f"{self.base_url}/cases/{step.case_id}",
        }
        subject, text = wording.write(TEMPLATE, words)
        key = f"{step.case_id}/{events[0].seq}/{TEMPLATE}"
        messages = [
            Message(
                f"{key}/{each.name}", alerts.group((each.role,), ",".join(each.places)), subject, text, urgent=False
            )
            for each in _told(connection, _of(step), classes)
        ]
        outbox.record(connection, messages, step.now)


def tell_of(
    connection: sa.Connection, record: str, page: str, case_ids: Collection[str], classes: frozenset[str], *,
    key: str, base_url: str, now: datetime,
) -> None:  # fmt: skip
    """Tell of something beside the cases that was put right those with a part in these cases, each role of a place once.

    `record` is the child's or the case's reference, `page` where one reads of it.
    """
    link = f"{base_url.rstrip('/')}/{page}"
    subject, text = wording.write(BESIDE, {"reference": record, "at": alerts.in_words(now), "link": link})
    case, said = CaseTable, EpisodeRow.responsible_authority
    asked = sa.select(case.id, case.procedure, case.status, sa.func.coalesce(said, "").label("council"))
    asked = asked.outerjoin(EpisodeRow, EpisodeRow.case_id == case.id).where(
        case.id.in_(case_ids), case.status != ERASED
    )
    messages, told = [], set()
    for row in connection.execute(asked.order_by(case.status != "open", case.opened_at.desc(), case.id)):
        group = seals.members_over(connection, row.id)
        for each in _told(connection, _Case(row.id, row.procedure, row.status, row.council, now), classes):
            once = (each.role, each.places, group, row.id if each.role in OF_ONE_PROVIDER else "")
            if once not in told:
                to = alerts.group((each.role,), ",".join(each.places))
                messages.append(Message(f"{row.id}/{key}/{each.name}", to, subject, text, urgent=False))
            told.add(once)
    outbox.record(connection, messages, now)


def _of(step: Step) -> _Case:
    council = latest(step.facts, "case_opening").get("responsible_authority")
    return _Case(step.case_id, step.procedure, step.status, str(council or ""), step.now)


def _told(connection: sa.Connection, case: _Case, classes: frozenset[str]) -> Iterator[Told]:
    """Give each role that is told: those with open work, of any other agency the one that worked last, and the host council's desk."""
    standing = _standing(connection, case)
    responsible = _council(connection, case)
    worked = [row for row in _worked(connection, case) if classes & access.readable((row.role,), standing=standing)]
    whose = audience.whose(connection, case.case_id, case.now)
    for role in _of_each_agency(worked):
        places = sorted(whose.agencies(role) or ()) if role in OF_THE_CHILD | OF_ONE_AREA else [responsible]
        if role not in OF_THE_CHILD | OF_ONE_AREA or places:
            yield Told(role, role, tuple(each for each in places if each))
    hosts_read = access.readable(HOST_VIEW, standing=standing)
    if case.procedure == episodes.PROCEDURE and case.status == "open" and classes & hosts_read:
        for role, council in _other_desks(connection, responsible):
            yield Told(f"{role}-{council}", role, (council,))


def _worked(connection: sa.Connection, case: _Case) -> list[Any]:
    """Give each role that has or had a task in the case, whether one is open, and the number of the latest."""
    task = TaskTable
    is_open = sa.func.max(sa.case((task.status == "open", 1), else_=0))
    asked = sa.select(task.role, is_open.label("open"), sa.func.max(task.number).label("last"))
    return list(connection.execute(asked.where(task.case_id == case.case_id).group_by(task.role).order_by(task.role)))


def _of_each_agency(worked: Iterable[Any]) -> list[str]:
    """Name the roles with open work, and of each kind of agency that has none of them the one that worked last."""
    rows = [row for row in worked if row.role in ROLES]
    told = {row.role for row in rows if row.open}
    reached = {ROLES[role].kind for role in told}
    for row in sorted(rows, key=lambda row: -row.last):
        if ROLES[row.role].kind not in reached:
            reached.add(ROLES[row.role].kind)
            told.add(row.role)
    return sorted(told)


def _standing(connection: sa.Connection, case: _Case) -> Standing:
    """Say how the case stands: who was a child in it reads it no more once that child is 18 and the case closed."""
    if case.status == "open":
        return Standing.OPEN
    child_id = children.child_of(connection, case.case_id)
    child = children.find(connection, child_id) if child_id else None
    return audience.standing_of(case.status, child.born_on if child else None, case.now)


def _council(connection: sa.Connection, case: _Case) -> str:
    """Name the council that is responsible: as the case says, or else the record of the child whom it is about."""
    if case.council:
        return case.council
    child_id = children.child_of(connection, case.case_id)
    child = children.find(connection, child_id) if child_id else None
    return child.responsible_authority if child else ""


def _other_desks(connection: sa.Connection, responsible: str) -> list[tuple[str, str]]:
    """Give the desks of the other councils that work here, which see an open episode as a host does: as (role, council).

    None where nobody has said which council is responsible, or one that works elsewhere: then each of them is told as if it were.
    """
    row, held = OrganisationRow, MembershipRow
    asked = sa.select(held.role, row.key).join(row, row.key == held.organisation).distinct()
    found = connection.execute(asked.where(row.kind == COUNCIL, held.role.in_(sorted(TOLD_OF_EVERY_CHILD)))).all()
    if responsible not in {council for _role, council in found}:
        return []
    return sorted((role, council) for role, council in found if council != responsible)
