"""Who reads a data class in a case: said before something is written, so that whoever writes knows to whom (domain.md 5.2, 13.12)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.store import CaseTable, TaskTable
from workflows import access, audience, audits, children, comments, people, seals
from workflows.access import AFTER_VETTING, ATTENDS, HOST_VIEW, TOLD_OF_EVERY_CHILD, Standing
from workflows.agencies import KINDS, ROLES, title_of
from workflows.attendance import AttendanceRow
from workflows.audience import Whose
from workflows.children import ChildRow
from workflows.episodes import EpisodeRow
from workflows.people import MembershipRow, Person, PersonRow

MANY_HOLD_IT = 40
"""A role that more people hold says of none of them that they work on a case: its people are offered once they have done something there."""

ANOTHER_COUNCIL = "the desk of another council while the episode is open"


@frozen
class Readership:
    """A case as far as it matters who reads it: whose it is, who works on it, how it stands, which kinds sat in its meetings.

    `group` are the people of the group of a sealed case, and None where it is not sealed.
    """

    whose: Whose
    worked: frozenset[str]
    standing: Standing
    is_episode: bool
    is_sampled: bool
    sat: frozenset[str]
    group: frozenset[str] | None

    def titles(self, data_class: str) -> tuple[str, ...]:
        """Give the titles of the roles that read a data class in the case, with a part of their own; in their order."""
        return (*(title_of(role) for role in self.roles(data_class)), *self._hosts(data_class))

    def kinds(self, data_class: str) -> tuple[str, ...]:
        """Give the kinds of agency of which somebody reads a data class in the case, in words."""
        kinds = dict.fromkeys(KINDS[ROLES[role].kind] for role in self.roles(data_class))
        return (*kinds, *self._hosts(data_class))

    def roles(self, data_class: str) -> tuple[str, ...]:
        """Name the roles that read a data class in the case, with a part of their own; in their order."""
        able = (role for role in ROLES if self._counts(role) and self._has_a_part(role))
        return tuple(role for role in able if data_class in self._reads(role))

    def _hosts(self, data_class: str) -> tuple[str, ...]:
        told = self.is_episode and data_class in access.readable(HOST_VIEW, standing=self.standing)
        return (ANOTHER_COUNCIL,) if told else ()

    def reads(self, person: Person, data_class: str) -> bool:
        """Tell whether somebody reads a data class in the case by their roles; of what a vetting gives nothing is said."""
        if self.group is not None and person.sign_in not in self.group:
            return False
        held = {role for role in person.roles if self.whose.has(role, person.actor.organisations(role))}
        seated = {role for role in held if self._seated(role)}
        if access.has_a_part(held, self.worked, sampled=self.is_sampled, attended=seated):
            return data_class in access.readable(held, standing=self.standing, sampled=self.is_sampled, attended=seated)
        is_host = self.is_episode and not person.roles.isdisjoint(TOLD_OF_EVERY_CHILD)
        return is_host and data_class in access.readable(HOST_VIEW, standing=self.standing)

    def _counts(self, role: str) -> bool:
        agencies = self.whose.agencies(role)
        return agencies is None or bool(agencies)

    def _has_a_part(self, role: str) -> bool:
        return access.has_a_part({role}, self.worked, sampled=self.is_sampled, attended=self._seated(role))

    def _seated(self, role: str) -> Collection[str]:
        return {role} if role in ATTENDS and ROLES[role].kind in self.sat else ()

    def _reads(self, role: str) -> frozenset[str]:
        vetted, seated = AFTER_VETTING, self._seated(role)
        return access.readable({role}, standing=self.standing, sampled=self.is_sampled, attended=seated, vetted=vetted)


def of(connection: sa.Connection, case_id: str, now: datetime) -> Readership:
    """Say who reads what in a case that there is."""
    case, row = CaseTable, AttendanceRow
    child = children.child_of(connection, case_id)
    asked = sa.select(
        case.status,
        sa.exists().where(EpisodeRow.case_id == case.id).label("episode"),
        sa.select(ChildRow.born_on).where(ChildRow.child_id == (child or "")).scalar_subquery().label("born_on"),
    )
    found = connection.execute(asked.where(case.id == case_id)).one()
    worked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id).distinct()
    standing = audience.standing_of(found.status, found.born_on, now)
    return Readership(
        audience.whose(connection, case_id, now),
        frozenset(connection.execute(worked).scalars()),
        standing,
        bool(found.episode) and standing is Standing.OPEN,
        bool(audits.sampled_among(connection, [case_id])),
        frozenset(connection.execute(sa.select(row.kind).where(row.case_id == case_id)).scalars()),
        seals.group_of(connection, case_id),
    )


def offered(connection: sa.Connection, case_id: str, data_class: str, by: Actor, now: datetime) -> tuple[Person, ...]:
    """Give who can be mentioned in what is written of a data class: who works on the case and reads it there, by name, but for `by`.

    Those who have or had a task or have written a comment, and the holders of a role that has one open; four statements more than `of`.
    """
    readers, task, held = of(connection, case_id, now), TaskTable, MembershipRow
    mine = sa.select(task.owner, task.completed_by).where(task.case_id == case_id)
    names = {name for row in connection.execute(mine) for name in row if name}
    names |= set(comments.worked_on(connection, case_id))
    waits = sa.select(task.role).where(task.case_id == case_id, task.status == "open")
    active = sa.select(PersonRow.sign_in).where(PersonRow.disabled_at.is_(None))
    holders = sa.select(held.role, held.person).where(held.role.in_(waits), held.person.in_(active)).distinct()
    of_role: dict[str, set[str]] = {}
    for role, person in connection.execute(holders):
        of_role.setdefault(role, set()).add(person)
    names |= set().union(*(each for each in of_role.values() if len(each) <= MANY_HOLD_IT))
    able = (each for each in people.active(connection, names - {by.person}) if readers.reads(each, data_class))
    return tuple(sorted(able, key=lambda each: (each.name, each.sign_in)))


def with_another(connection: sa.Connection, readers: Readership, classes: Collection[str], by: Actor) -> frozenset[str]:
    """Name those of these data classes that anybody but `by` reads in a case by a role of their own. One statement."""
    if readers.group is not None:
        known = people.active(connection, readers.group - {by.person})
        return frozenset(name for name in classes if any(readers.reads(each, name) for each in known))
    held, of_class = MembershipRow, {name: frozenset(readers.roles(name)) for name in classes}
    places = [
        sa.and_(
            held.role == role, sa.true() if (at := readers.whose.agencies(role)) is None else held.organisation.in_(at)
        )
        for role in sorted(frozenset().union(*of_class.values()))
    ]
    others = sa.select(held.role).join(PersonRow, PersonRow.sign_in == held.person).distinct()
    others = others.where(PersonRow.disabled_at.is_(None), held.person != by.person, sa.or_(sa.false(), *places))
    found = frozenset(connection.execute(others).scalars())
    return frozenset(name for name, roles in of_class.items() if not found.isdisjoint(roles))
