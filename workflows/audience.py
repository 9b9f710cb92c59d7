"""In which cases the roles of a person count: a council's, its provider's and a placement's in their own, none behind a seal.

An episode belongs to the council that its report names, a case about a child to the one that the child's record names
(domain.md 5.2, rule ii; 13.12). A case belongs to the placement that it names itself, as a serious event at a home does, or else
to those that keep the carer's form of its child, once that was said to be the child's (rule i). The return interview belongs to the
provider that the council commissions (2.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from engine.model import Actor
from engine.store import CaseTable, TaskTable
from workflows import commissions, seals
from workflows.about import AboutRow
from workflows.access import (
    ATTENDS,
    OF_ONE_COUNCIL,
    OF_ONE_PLACEMENT,
    OF_ONE_PROVIDER,
    SEES_EVERY_EPISODE,
    concerned,
)
from workflows.agencies import ROLES
from workflows.attendance import AttendanceRow
from workflows.children import ChildRow
from workflows.commissions import COUNCIL
from workflows.episodes import EpisodeRow
from workflows.people import OrganisationRow
from workflows.philomena import FormRow
from workflows.serious_events import SeriousEventRow

Column = sa.ColumnElement[str] | InstrumentedAttribute[str]


@dataclass(frozen=True, slots=True)
class Audience:
    """What decides in which cases the roles of a person count."""

    who: Actor
    councils: frozenset[str] = frozenset()
    """The councils that work here; empty where the person has no role of one."""
    hidden: frozenset[str] = frozenset()
    """The cases, and the children whose records, are sealed from the person."""
    commissioned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The providers that each council commissions now; empty where the person has no role of one."""
    alone: frozenset[str] = frozenset()
    """Those of the person's roles whose agency is the only one of its kind that works here."""

    def counting(self, authority: str, *, in_care: bool, agreed: str = "") -> frozenset[str]:
        """Name the roles that count in a case of a council, by its key, and of a child who is `in_care` of a placement of theirs.

        `agreed` is the provider that two authorities agreed on for it; empty where they did not. A council's all count where none that works here answers for it, a provider's where that council never commissioned
        one; a placement's never count in another's case.
        """
        held = self.who.roles if in_care else self.who.roles - OF_ONE_PLACEMENT
        named = frozenset(role for role in held & OF_ONE_PROVIDER if agreed in self.who.organisations(role))
        return named | frozenset(role for role in held if authority not in self.others(role))

    def is_bound(self, role: str) -> bool:
        """Tell whether a role of this person counts in some cases only."""
        return role in OF_ONE_PLACEMENT or bool(self.others(role))

    def in_care(self, case_id: Column) -> sa.ColumnElement[bool]:
        """Say which cases are about a child in the care of a placement of this person."""
        roles = sorted(self.who.roles & OF_ONE_PLACEMENT)
        homes = frozenset().union(*(self.who.organisations(role) for role in roles))
        return _in_care(homes, case_id) if homes else sa.false()

    def others(self, role: str) -> frozenset[str]:
        """Name the councils in whose cases a role of this person does not count."""
        here = self.who.organisations(role)
        if role in OF_ONE_PROVIDER:
            return frozenset(council for council, by in self.commissioned.items() if here.isdisjoint(by))
        return self.councils - here if role in OF_ONE_COUNCIL else frozenset()

    def within(self) -> Callable[[str], Sequence[sa.ColumnElement[bool]]]:
        """Give, for a list of tasks, what the tasks of a role have to meet."""
        return lambda role: self.conditions(role, TaskTable.case_id)

    def conditions(self, role: str, case_id: Column) -> Sequence[sa.ColumnElement[bool]]:
        """Give what a case has to meet so that a role of this person counts in it; nothing for most roles."""
        others = sorted(self.others(role))
        elsewhere = [~sa.exists(each) for each in _belonging_to(others, case_id)] if others else []
        if elsewhere and role in OF_ONE_PROVIDER:
            elsewhere = [sa.or_(_agreed_on(self.who.organisations(role), case_id), sa.and_(*elsewhere))]
        if role in OF_ONE_PLACEMENT:
            elsewhere.append(_in_care(self.who.organisations(role), case_id))
        return [*elsewhere, case_id.not_in(sorted(self.hidden))] if self.hidden else elsewhere

    def in_part(self, role: str) -> sa.ColumnElement[bool]:
        """Say what a case has to meet so that a role of this person gives a part in it, over `CaseTable`."""
        counts = self.conditions(role, CaseTable.id)
        if role in SEES_EVERY_EPISODE:
            return sa.and_(sa.true(), *counts)
        acting = sa.select(TaskTable.case_id).where(TaskTable.role.in_(sorted(concerned({role}))))
        return sa.and_(sa.or_(CaseTable.id.in_(acting), self.attended(role, CaseTable.id)), *counts)

    def attended(self, role: str, case_id: Column) -> sa.ColumnElement[bool]:
        """Say in the meetings of which cases the agency sat for which this person holds a role (`seats`)."""
        if role in self.alone or role in OF_ONE_PLACEMENT:
            return sat(role, case_id)
        councils = sorted(self._only_for(role))
        theirs = (sa.exists(each) for each in _belonging_to(councils, case_id))
        nobody_else = ~_agreed_on(self.who.organisations(role), case_id, instead=True)
        return sa.and_(sat(role, case_id), nobody_else, sa.or_(*theirs)) if councils else sa.false()

    def seats(self, authority: str, agreed: str) -> frozenset[str]:
        """Name the roles for which it is this person's agency that sat in a meeting of a council's case, where one of its kind did.

        A meeting says which kinds of agency sat there. Of several homes it was the child's own, of several providers the one that the
        council commissions, where no other one was agreed on; where nobody can tell which it was, none counts.
        """
        known, seated = self.alone | OF_ONE_PLACEMENT, self.who.roles & ATTENDS
        own = (role for role in seated & OF_ONE_PROVIDER if agreed in {"", *self.who.organisations(role)})
        return (seated & known) | frozenset(role for role in own if authority in self._only_for(role))

    def _only_for(self, role: str) -> frozenset[str]:
        """Name the councils that commission nobody but the agency for which this person holds a role."""
        if role not in OF_ONE_PROVIDER:
            return frozenset()
        here = self.who.organisations(role)
        return frozenset(council for council, by in self.commissioned.items() if by and by <= here)


def sat(role: str, case_id: Column) -> sa.ColumnElement[bool]:
    """Say in which cases an agency of a role's kind sat in each meeting; in none, of a role that reads no minutes by that."""
    row = AttendanceRow
    return case_id.in_(sa.select(row.case_id).where(row.kind == ROLES[role].kind)) if role in ATTENDS else sa.false()


def audience(connection: sa.Connection, who: Actor, now: datetime) -> Audience:
    """Read what decides in which cases the roles of a person count now: one statement, and one for who has a role of a council, of a provider, or of another agency that sits in meetings."""
    hidden, row = seals.hidden(connection, who), OrganisationRow
    councils: frozenset[str] = frozenset()
    if not who.roles.isdisjoint(OF_ONE_COUNCIL):
        councils = frozenset(
            connection.execute(sa.select(row.key).where(row.kind == COUNCIL, row.closed_at.is_(None))).scalars()
        )
    bound = not who.roles.isdisjoint(OF_ONE_PROVIDER)
    commissioned = commissions.in_force(connection, now) if bound else {}
    return Audience(who, councils, hidden, commissioned, _alone(connection, who))


def _alone(connection: sa.Connection, who: Actor) -> frozenset[str]:
    """Name the roles in which a person sits in meetings for the only agency of its kind; a statement for who has such a role."""
    seated, row = (who.roles & ATTENDS) - OF_ONE_PLACEMENT, OrganisationRow
    if not seated:
        return frozenset()
    kinds = sorted({ROLES[role].kind for role in seated})
    asked = sa.select(row.kind, row.key).where(row.kind.in_(kinds), row.closed_at.is_(None))
    works: dict[str, set[str]] = defaultdict(set)
    for kind, key in connection.execute(asked).tuples():
        works[kind].add(key)
    return frozenset(role for role in seated if works[ROLES[role].kind] == who.organisations(role))


def interviewers(connection: sa.Connection, case_id: str, now: datetime) -> frozenset[str] | None:
    """Name the providers whose roles count in a case now; None where each counts. At most two statements."""
    commissioned = commissions.in_force(connection, now)
    if not commissioned:
        return None
    asked = sa.select(authority(), agreed()).select_from(with_child()).where(CaseTable.id == case_id)
    council, named = next(iter(connection.execute(asked).tuples()), ("", ""))
    by = commissioned.get(council)
    return by | {named} if by is not None and named else by


def with_child() -> sa.Join:
    """Join cases to their episode, and to the child whom they are about, where they are known."""
    child = sa.func.coalesce(EpisodeRow.child_id, AboutRow.child_id, CaseTable.correlation)
    return (
        sa.outerjoin(CaseTable, EpisodeRow, EpisodeRow.case_id == CaseTable.id)
        .outerjoin(AboutRow, AboutRow.case_id == CaseTable.id)
        .outerjoin(ChildRow, ChildRow.child_id == child)
    )


def authority() -> sa.ColumnElement[str]:
    """Give the council of a case, over cases `with_child`."""
    known = sa.func.coalesce(ChildRow.responsible_authority, "")
    return sa.case((EpisodeRow.case_id.is_not(None), EpisodeRow.responsible_authority), else_=known)


def agreed() -> sa.ColumnElement[str]:
    """Give the provider that two authorities agreed on for a case, over cases `with_child`; empty for most."""
    return sa.func.coalesce(EpisodeRow.interview_provider, "")


def _agreed_on(here: Collection[str], case_id: Column, *, instead: bool = False) -> sa.ColumnElement[bool]:
    """Say for which cases two authorities agreed on one of these providers; `instead`, on another one."""
    named = EpisodeRow.interview_provider
    which = named.not_in(["", *sorted(here)]) if instead else named.in_(sorted(here))
    return case_id.in_(sa.select(EpisodeRow.case_id).where(which))


def homes(case_id: str) -> sa.CompoundSelect[tuple[str]]:
    """Select the placements in whose care the child of a case is: the one that the case names, or whoever keeps the carer's form."""
    event, form, child, case = SeriousEventRow, FormRow, ChildRow, aliased(CaseTable)
    named = sa.select(event.home).where(event.case_id == case_id)
    about = [
        sa.select(EpisodeRow.child_id).where(EpisodeRow.case_id == case_id),
        sa.select(case.correlation).where(case.id == case_id),
        sa.select(AboutRow.child_id).where(AboutRow.case_id == case_id),
    ]
    kept = sa.select(form.owner).join(child, _of_child()).where(child.child_id.in_(sa.union(*about)))
    return named.union(kept.where(~sa.exists(named)))


def _of_child() -> sa.ColumnElement[bool]:
    """Say which carers' forms are said to be a child's, under either id."""
    return sa.and_(FormRow.child_id != "", FormRow.child_id.in_([ChildRow.child_id, ChildRow.joined_to]))


def _in_care(homes: Collection[str], case_id: Column) -> sa.ColumnElement[bool]:
    """Say which cases are about a child in the care of one of these placements: by the case itself, else by the carer's form."""
    event, form, child, case = SeriousEventRow, FormRow, ChildRow, aliased(CaseTable)
    named = sa.select(sa.literal(1)).where(event.case_id == case_id)
    kept = sa.select(sa.literal(1)).select_from(form).join(child, _of_child()).where(form.owner.in_(sorted(homes)))
    by_form = (
        kept.join(EpisodeRow, EpisodeRow.child_id == child.child_id).where(EpisodeRow.case_id == case_id),
        kept.join(case, case.correlation == child.child_id).where(case.id == case_id),
        kept.join(AboutRow, AboutRow.child_id == child.child_id).where(AboutRow.case_id == case_id),
    )
    own = sa.exists(named.where(event.home.in_(sorted(homes))))
    return sa.or_(own, sa.and_(~sa.exists(named), sa.or_(*(sa.exists(each) for each in by_form))))


def _belonging_to(councils: Sequence[str], case_id: Column) -> Sequence[sa.Select[tuple[int]]]:
    """Select what makes a case one of these councils: as an episode, and as a case that a message or a person opened for a child."""
    one, child, case, about = sa.literal(1), ChildRow, aliased(CaseTable), AboutRow
    theirs = child.responsible_authority.in_(councils)
    return [
        sa.select(one).where(EpisodeRow.case_id == case_id, EpisodeRow.responsible_authority.in_(councils)),
        sa.select(one).join_from(case, child, child.child_id == case.correlation).where(case.id == case_id, theirs),
        sa.select(one)
        .join_from(about, child, child.child_id == about.child_id)
        .where(about.case_id == case_id, theirs),
        sa.select(one)
        .join_from(about, EpisodeRow, EpisodeRow.case_id == about.episode)
        .where(about.case_id == case_id, about.child_id == "", EpisodeRow.responsible_authority.in_(councils)),
    ]
