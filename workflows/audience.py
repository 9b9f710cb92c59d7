"""In which cases the roles of a person count: an agency's in its own part and in no other, none behind a seal.

An episode belongs to the council that its report names, a case about a child to the one that the child's record names
(domain.md 5.2, rule ii; 13.12). A case belongs to the placement that it names itself, as a serious event at a home does, or else
to those that keep the carer's form of its child, once that was said to be the child's (rule i); to the school that the newest report of
its child names. The return interview belongs to the provider that the council commissions (2.3), the part of health and of youth justice
to the agencies that it has named. `Whose` says so of one case, `Audience.conditions` of a list: nothing else decides it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.rows import aliased
from engine.store import CaseTable, TaskTable
from workflows import child_details, commissions, seals
from workflows.about import AboutRow
from workflows.access import (
    ATTENDS,
    OF_ONE_AREA,
    OF_ONE_COUNCIL,
    OF_ONE_PLACEMENT,
    OF_ONE_PROVIDER,
    OF_ONE_SCHOOL,
    OF_THE_CHILD,
    SEES_EVERY_EPISODE,
    Standing,
    concerned,
)
from workflows.agencies import ROLES
from workflows.attendance import AttendanceRow
from workflows.children import ChildRow, main_id
from workflows.commissions import COUNCIL, InForce
from workflows.episodes import ADULT_FROM, EpisodeRow, age_on
from workflows.people import OrganisationRow
from workflows.philomena import FormRow
from workflows.serious_events import SeriousEventRow

Column = sa.ColumnElement[str]

HOME, SCHOOL = "placement", "education"
"""The kinds of agency where a child lives or learns."""

SERVING = OF_ONE_PROVIDER | OF_ONE_AREA
"""The roles of the agencies that councils name."""


@frozen
class Whose:
    """To whom a case belongs.

    `council` is empty unless it works here; `agreed` is the provider that two authorities agreed on, empty where they did not;
    `keepers` are the homes and schools of its child by their kind; `named` are the agencies that each council has named.
    """

    council: str = ""
    agreed: str = ""
    keepers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: InForce = field(default_factory=dict)
    known: bool = True
    """Whether there is such a case."""

    def agencies(self, role: str) -> frozenset[str] | None:
        """Name the agencies in which a role counts in the case: none where nobody can be asked, and None where it does in each.

        A council's counts in each where none that works here answers for the case, a provider's where that council never commissioned
        one.
        """
        kind = ROLES[role].kind if role in ROLES else ""
        if role in OF_THE_CHILD:
            return self.keepers.get(kind, frozenset())
        if role in OF_ONE_COUNCIL:
            return frozenset({self.council}) if self.council else None
        by = self.named.get(kind, {}).get(self.council)
        if role in OF_ONE_AREA:
            return by or frozenset()
        return by if by is None or role not in OF_ONE_PROVIDER else (by | {self.agreed}) - {""}

    def has(self, role: str, at: Collection[str]) -> bool:
        """Tell whether a role that is held in these agencies counts in the case."""
        agencies = self.agencies(role)
        return agencies is None or not agencies.isdisjoint(at)


@frozen
class Audience:
    """What decides in which cases the roles of a person count."""

    who: Actor
    councils: frozenset[str] = frozenset()
    """The councils that work here; empty where the person has no role of one."""
    hidden: frozenset[str] = frozenset()
    """The cases, and the children whose records, are sealed from the person."""
    named: InForce = field(default_factory=dict)
    """The agencies that each council has named now; empty where the person has no role of such a one."""
    alone: frozenset[str] = frozenset()
    """Those of the person's roles in a provider that is the only one that works here."""

    def counting(self, authority: str, *, with_child: Collection[str] = (), agreed: str = "") -> frozenset[str]:
        """Name the roles that count in a case of a council that works here (empty: of none), by its key.

        `with_child` are the kinds of this person's agencies at which its child lives or learns (`keeping`); `agreed` is the provider
        that two authorities agreed on for it; empty where they did not.
        """
        keepers = {kind: self._places(kind) for kind in with_child}
        whose = Whose(authority, agreed, keepers, self.named)
        return frozenset(role for role in self.who.roles if whose.has(role, self.who.organisations(role)))

    def is_bound(self, role: str) -> bool:
        """Tell whether a role of this person counts in some cases only."""
        return role in OF_THE_CHILD | OF_ONE_AREA or bool(self.others(role))

    def keeping(self, case_id: Column) -> tuple[sa.Label[bool], sa.Label[bool]]:
        """Say of which cases the child is in the care of a placement, and a pupil of a school, of this person: columns that `kept` reads."""
        homes, schools = self._places(HOME), self._places(SCHOOL)
        in_care = _in_care(homes, case_id) if homes else sa.false()
        pupil = _pupil(schools, case_id) if schools else sa.false()
        return in_care.label(HOME), pupil.label(SCHOOL)

    def _places(self, kind: str) -> frozenset[str]:
        """Name this person's agencies of a kind."""
        roles = sorted(role for role in self.who.roles & ROLES.keys() if ROLES[role].kind == kind)
        return frozenset().union(*(self.who.organisations(role) for role in roles))

    def others(self, role: str) -> frozenset[str]:
        """Name the councils in whose cases a role of this person does not count, of a role that counts where nobody is named."""
        here = self.who.organisations(role)
        if role in OF_ONE_PROVIDER:
            return frozenset(council for council, by in self._named(role).items() if here.isdisjoint(by))
        return self.councils - here if role in OF_ONE_COUNCIL else frozenset()

    def _named(self, role: str) -> Mapping[str, frozenset[str]]:
        """Give the agencies of a role's kind that each council has named."""
        return self.named.get(ROLES[role].kind, {}) if role in SERVING else {}

    def within(self) -> Callable[[str], Sequence[sa.ColumnElement[bool]]]:
        """Give, for a list of tasks, what the tasks of a role have to meet."""
        return lambda role: self.conditions(role, TaskTable.case_id)

    def conditions(self, role: str, case_id: Column) -> Sequence[sa.ColumnElement[bool]]:
        """Give what a case has to meet so that a role of this person counts in it; nothing for most roles."""
        met = self._part_of(role, case_id)
        return [*met, case_id.not_in(sorted(self.hidden))] if self.hidden else met

    def _part_of(self, role: str, case_id: Column) -> list[sa.ColumnElement[bool]]:
        """Say which cases are of the agencies in which this person holds a role."""
        here = self.who.organisations(role)
        if role in OF_ONE_PLACEMENT:
            return [_in_care(here, case_id)]
        if role in OF_ONE_SCHOOL:
            return [_pupil(here, case_id)]
        if role in OF_ONE_AREA:
            return [_of_councils((one for one, by in self._named(role).items() if not by.isdisjoint(here)), case_id)]
        others = self.others(role)
        if not others:
            return []
        elsewhere = ~_of_councils(others, case_id)
        return [sa.or_(_agreed_on(here, case_id), elsewhere) if role in OF_ONE_PROVIDER else elsewhere]

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
        theirs = sa.and_(sat(role, case_id), _of_councils(self._only_for(role), case_id))
        if role not in OF_ONE_PROVIDER:
            return theirs
        return sa.and_(theirs, ~_agreed_on(self.who.organisations(role), case_id, instead=True))

    def seats(self, authority: str, agreed: str) -> frozenset[str]:
        """Name the roles for which it is this person's agency that sat in a meeting of a council's case, where one of its kind did.

        A meeting says which kinds of agency sat there. Of several homes it was the child's own, of several others the one that the
        council has named, where no other provider was agreed on; where nobody can tell which it was, none counts.
        """
        known, seated = self.alone | OF_ONE_PLACEMENT, self.who.roles & ATTENDS
        theirs = {role for role in seated - known if authority in self._only_for(role)}
        by_another = {role for role in theirs & OF_ONE_PROVIDER if agreed not in {"", *self.who.organisations(role)}}
        return (seated & known) | (theirs - by_another)

    def _only_for(self, role: str) -> frozenset[str]:
        """Name the councils that have named nobody but the agency for which this person holds a role."""
        here = self.who.organisations(role)
        return frozenset(council for council, by in self._named(role).items() if by and by <= here)


def kept(row: Any) -> frozenset[str]:
    """Name the kinds of a person's agencies at which the child of a case lives or learns, of a row with the columns of `Audience.keeping`."""
    return frozenset(kind for kind in (HOME, SCHOOL) if getattr(row, kind))


def sat(role: str, case_id: Column) -> sa.ColumnElement[bool]:
    """Say in which cases an agency of a role's kind sat in each meeting; in none, of a role that reads no minutes by that."""
    row = AttendanceRow
    return case_id.in_(sa.select(row.case_id).where(row.kind == ROLES[role].kind)) if role in ATTENDS else sa.false()


def audience(connection: sa.Connection, who: Actor, now: datetime) -> Audience:
    """Read what decides in which cases the roles of a person count now.

    One statement, and one each for who has a role of a council, of an agency that councils name, and of a provider.
    """
    hidden, row = seals.hidden(connection, who), OrganisationRow
    councils: frozenset[str] = frozenset()
    if not who.roles.isdisjoint(OF_ONE_COUNCIL):
        councils = frozenset(
            connection.execute(sa.select(row.key).where(row.kind == COUNCIL, row.closed_at.is_(None))).scalars()
        )
    named = {} if who.roles.isdisjoint(SERVING) else commissions.in_force(connection, now)
    return Audience(who, councils, hidden, named, _alone(connection, who))


def _alone(connection: sa.Connection, who: Actor) -> frozenset[str]:
    """Name the roles in which a person sits in meetings for the only provider; a statement for who has such a role."""
    seated = who.roles & ATTENDS & OF_ONE_PROVIDER
    if not seated:
        return frozenset()
    works = commissions.agencies(connection, commissions.PROVIDER).keys()
    return frozenset(role for role in seated if works == who.organisations(role))


def whose(connection: sa.Connection, case_id: str, now: datetime) -> Whose:
    """Say to whom a case belongs now; three statements, whether there is such a case or not."""
    row = connection.execute(_belongs(), {"case_id": case_id}).tuples().first()
    keepers = defaultdict[str, frozenset[str]](frozenset)
    for kind, agency in connection.execute(_keepers(), {"case_id": case_id}):
        keepers[kind] |= {agency} - {""}
    council, provider = row or ("", "")
    return Whose(council, provider, dict(keepers), commissions.in_force(connection, now), known=row is not None)


@cache
def _belongs() -> sa.Select[tuple[str, str]]:
    """Select the council of `case_id`, and the provider that was agreed on for it."""
    asked = sa.select(authority(), agreed()).select_from(with_child())
    return asked.where(CaseTable.id == sa.bindparam("case_id"))


def standing_of(status: str, born_on: date | None, now: datetime) -> Standing:
    """Say how a case stands for whoever reads it: who was a child in it is read of no more once that child is 18 and the case closed."""
    if status == "open":
        return Standing.OPEN
    return Standing.GROWN_UP if born_on is not None and age_on(born_on, now) >= ADULT_FROM else Standing.CLOSED


@cache  # it is the same for everybody: to put it together took a tenth of each page of a case
def with_child() -> sa.Join:
    """Join cases to their episode, and to the child whom they are about, where they are known."""
    child = sa.func.coalesce(EpisodeRow.child_id, AboutRow.child_id, CaseTable.correlation)
    return (
        sa.outerjoin(CaseTable, EpisodeRow, EpisodeRow.case_id == CaseTable.id)
        .outerjoin(AboutRow, AboutRow.case_id == CaseTable.id)
        .outerjoin(ChildRow, ChildRow.child_id == child)
    )


@cache
def authority() -> sa.ColumnElement[str]:
    """Give the council of a case, over cases `with_child`; empty unless it works here."""
    row, episode = OrganisationRow, aliased(EpisodeRow)
    of_episode = sa.select(episode.responsible_authority).where(episode.case_id == AboutRow.episode)
    of_unmatched = of_episode.where(AboutRow.child_id == "").correlate(AboutRow).scalar_subquery()
    known = sa.func.coalesce(ChildRow.responsible_authority, of_unmatched, "")
    said = sa.case((EpisodeRow.case_id.is_not(None), EpisodeRow.responsible_authority), else_=known)
    works = sa.exists().where(row.key == said, row.kind == COUNCIL, row.closed_at.is_(None))
    return sa.case((works, said), else_="")


@cache
def agreed() -> sa.ColumnElement[str]:
    """Give the provider that two authorities agreed on for a case, over cases `with_child`; empty for most."""
    return sa.func.coalesce(EpisodeRow.interview_provider, "")


def _agreed_on(here: Collection[str], case_id: Column, *, instead: bool = False) -> sa.ColumnElement[bool]:
    """Say for which cases two authorities agreed on one of these providers; `instead`, on another one."""
    row = aliased(EpisodeRow)  # of its own: the list that asks may be one of episodes
    named = row.interview_provider
    which = named.not_in(["", *sorted(here)]) if instead else named.in_(sorted(here))
    return case_id.in_(sa.select(row.case_id).where(which))


@cache
def _keepers() -> sa.CompoundSelect[tuple[str, str]]:
    """Select kind and key of the homes and schools at which the child of `case_id` lives or learns.

    The home is the one that the case names, or whoever keeps the carer's form.
    """
    event, form, child = SeriousEventRow, FormRow, ChildRow
    home, school = sa.literal(HOME), sa.literal(SCHOOL)
    named = sa.select(home, event.home).where(event.case_id == sa.bindparam("case_id"))
    about = _children_of(sa.bindparam("case_id"))
    forms = sa.select(home, form.owner).join(child, _of_child()).where(child.child_id.in_(about))
    pupils = child_details.pupils().with_only_columns(school, child_details.ChildDetailsRow.school)
    return named.union(
        forms.where(~sa.exists(named)), pupils.where(child_details.ChildDetailsRow.child_id.in_(_together(about)))
    )


def _children_of(case_id: sa.BindParameter[str]) -> sa.CompoundSelect[tuple[str]]:
    """Select the ids under which a case is about a child."""
    case = aliased(CaseTable)
    return sa.union(
        sa.select(EpisodeRow.child_id).where(EpisodeRow.case_id == case_id),
        sa.select(case.correlation).where(case.id == case_id),
        sa.select(AboutRow.child_id).where(AboutRow.case_id == case_id),
    )


def _together(ids: sa.CompoundSelect[tuple[str]]) -> sa.Select[tuple[str]]:
    """Select every id of these children: what is said of a child under one is said under all."""
    child, own = aliased(ChildRow), aliased(ChildRow)
    main = sa.select(main_id(own)).where(own.child_id.in_(ids))
    return sa.select(child.child_id).where(sa.or_(child.child_id.in_(main), child.joined_to.in_(main)))


def _of_child() -> sa.ColumnElement[bool]:
    """Say which carers' forms are said to be a child's, under either id."""
    return sa.and_(FormRow.child_id != "", FormRow.child_id.in_([ChildRow.child_id, ChildRow.joined_to]))


def _in_care(homes: Collection[str], case_id: Column) -> sa.ColumnElement[bool]:
    """Say which cases are about a child in the care of one of these placements: by the case itself, else by the carer's form."""
    event, form, here = SeriousEventRow, FormRow, sorted(homes)
    named = sa.select(sa.literal(1)).where(event.case_id == case_id)
    by_form = sa.select(sa.literal(1)).select_from(form).join(ChildRow, _of_child()).where(form.owner.in_(here))
    own = sa.exists(named.where(event.home.in_(here)))
    return sa.or_(own, sa.and_(~sa.exists(named), _about(by_form, case_id)))


def _pupil(schools: Collection[str], case_id: Column) -> sa.ColumnElement[bool]:
    """Say which cases are about a pupil of one of these schools, as the newest report says that names one."""
    theirs = child_details.pupils().where(child_details.ChildDetailsRow.school.in_(sorted(schools)))
    pupil = sa.or_(ChildRow.child_id.in_(theirs), ChildRow.joined_to.in_(theirs))
    return _about(sa.select(sa.literal(1)).select_from(ChildRow).where(pupil), case_id)


def _about(children: sa.Select[tuple[int]], case_id: Column) -> sa.ColumnElement[bool]:
    """Say which cases are about one of these children, selected over `ChildRow`."""
    child, case = ChildRow, aliased(CaseTable)
    found = (
        children.join(EpisodeRow, EpisodeRow.child_id == child.child_id).where(EpisodeRow.case_id == case_id),
        children.join(case, case.correlation == child.child_id).where(case.id == case_id),
        children.join(AboutRow, AboutRow.child_id == child.child_id).where(AboutRow.case_id == case_id),
    )
    return sa.or_(*(sa.exists(each) for each in found))


def _of_councils(councils: Iterable[str], case_id: Column) -> sa.ColumnElement[bool]:
    """Say which cases are of one of these councils: as an episode, or as a case that a message or a person opened for a child."""
    one, case = sa.literal(1), aliased(CaseTable)
    child, about, episode = aliased(ChildRow), aliased(AboutRow), aliased(EpisodeRow)
    here = sorted(councils)
    if not here:
        return sa.false()
    theirs = child.responsible_authority.in_(here)
    found = (
        sa.select(one).where(episode.case_id == case_id, episode.responsible_authority.in_(here)),
        sa.select(one).join_from(case, child, child.child_id == case.correlation).where(case.id == case_id, theirs),
        sa.select(one)
        .join_from(about, child, child.child_id == about.child_id)
        .where(about.case_id == case_id, theirs),
        sa.select(one)
        .join_from(about, episode, episode.case_id == about.episode)
        .where(about.case_id == case_id, about.child_id == "", episode.responsible_authority.in_(here)),
    )
    return sa.or_(*(sa.exists(each) for each in found))
