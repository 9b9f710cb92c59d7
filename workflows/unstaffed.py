"""Tasks that nobody can do: found at once, told to those who lead the work and to operations, and ended when somebody can.

A task can be done where an active person holds its role, or stands in for it, in an agency in which the role counts in the case
(`workflows.audience`), and is of the group where the case is sealed. People leave, commissions lapse and councils change without a step of
the case; so a worker looks: at the cases that moved since it looked last, at everything when who may do something has changed, and at
everything now and then, since homes and schools are said elsewhere. A sweep in which nothing changed costs a handful of statements,
however many tasks are open. A step costs nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.reading import OPEN
from engine.rows import stored
from engine.store import Base, CaseTable, EventTable, Moment, TaskTable, reading, writing
from notifications import outbox, wording
from notifications.message import Message
from workflows import assigning, commissions, people, seals
from workflows.access import OF_THE_CHILD
from workflows.agencies import LEADS, STANDS_IN, title_of
from workflows.alerts import WHOEVER_IS_ON_DUTY, group, in_words
from workflows.audience import Audience, audience, authority, with_child
from workflows.people import MembershipRow, OrganisationRow, PersonRow
from workflows.seals import SealCaseRow, SealMemberRow, SealRow

LOOK_AT_ALL = timedelta(minutes=5)
"""How often everything is looked at though nothing seems to have changed."""
OVERLAP = timedelta(minutes=1)
"""A step of another node may be seen a little later than it says."""
AT_ONCE = 500
"""Tasks of a role that are found in one look; the next one finds the rest. More cases that moved are looked at as all are."""

TO_LEADERS, TO_OPERATIONS = TEMPLATES = ("unstaffed", "unstaffed_operations")

UNHELD, ELSEWHERE, SEALED = "unheld", "elsewhere", "sealed"
WHAT_TO_DO: Mapping[str, str] = {
    UNHELD: "Nobody who can sign in holds this role. Give it to somebody, or let somebody back in who holds it.",
    ELSEWHERE: (
        "People hold this role, but at no agency to which this case belongs. Give the role to somebody there, or see to it that an "
        "agency with people is named for the case: by its council, a commission, the carer's form or the school."
    ),
    SEALED: "Nobody of the group of the seal holds this role. Take somebody who holds it into the group.",
}
"""Why nobody can do a task, and what puts it right."""


class UnstaffedRow(Base):
    """A task that nobody can do, since when that was seen, and why; the row goes when somebody can, or the task is over."""

    __tablename__ = "unstaffed_tasks"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    role: sa.Column[str] = stored(sa.String(60))
    why: sa.Column[str] = stored(sa.String(12))
    since: sa.Column[datetime] = stored(Moment)


@frozen
class Unstaffed:
    """One of them as a page shows it."""

    case_id: str
    number: int
    name: str
    role: str
    why: str
    since: datetime
    due_at: datetime | None

    @property
    def what_to_do(self) -> str:
        """What puts it right."""
        return WHAT_TO_DO[self.why]


class Sighting(NamedTuple):
    """One of them as a look finds it."""

    case_id: str
    number: int
    role: str
    why: str


Place = tuple[str, int]
Found = Mapping[Place, Sighting]


class Watch:
    """Looks for tasks that nobody can do; one for a worker, which keeps what it saw last."""

    def __init__(self, engine: sa.Engine, base_url: str) -> None:
        """Look into a database; `base_url` is the site's address, for the links of the mails."""
        self.engine, self.base_url = engine, base_url.rstrip("/")
        self.staff: object = None
        self.looked_at: datetime | None = None
        self.all_looked_at: datetime | None = None

    def look(self, now: datetime) -> int:
        """Look, and tell of what is new; give how many tasks were found or ended."""
        with reading(self.engine) as connection:
            staff = _staff(connection, now)
            cases = None if self._is_new(staff, now) else _moved_since(connection, (self.looked_at or now) - OVERLAP)
            known = _known(connection, cases)
            found = {} if cases is not None and not cases else _look(connection, cases, now)
        changed = found.keys() ^ known
        if changed:
            with writing(self.engine) as connection:
                self._keep(connection, found, known, now)
        self.staff, self.looked_at = staff, now
        self.all_looked_at = now if cases is None else self.all_looked_at
        return len(changed)

    def _is_new(self, staff: object, now: datetime) -> bool:
        """Whether everything has to be looked at."""
        return (
            staff != self.staff
            or self.all_looked_at is None
            or not timedelta(0) <= now - self.all_looked_at < LOOK_AT_ALL
        )

    def _keep(self, connection: sa.Connection, found: Found, known: Collection[Place], now: datetime) -> None:
        """Write what was found, take away what has ended, and tell of what no other worker has told of."""
        row = UnstaffedRow
        for case_id, number in known - found.keys():
            connection.execute(sa.delete(row).where(row.case_id == case_id, row.number == number))
        fresh = [each for place, each in found.items() if place not in known and _add(connection, each, now)]
        outbox.record(connection, list(_messages(connection, fresh, self.base_url, now)), now)


def listed(connection: sa.Connection, *, limit: int = 50) -> tuple[Unstaffed, ...]:
    """Give the tasks that nobody can do, the longest first, but for those behind a seal: its group is told of these."""
    return _read(connection, [UnstaffedRow.why != SEALED], limit)


def led(connection: sa.Connection, bounds: Audience, *, limit: int = 50) -> tuple[Unstaffed, ...]:
    """Give those of the roles that a person leads, in the cases in which they do, the longest first."""
    roles = assigning.led_by(bounds.who)
    return _read(connection, [assigning.of_roles(bounds, roles)], limit) if roles else ()


def _read(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], limit: int) -> tuple[Unstaffed, ...]:
    row, task = UnstaffedRow, TaskTable
    same = sa.and_(task.case_id == row.case_id, task.number == row.number)
    asked = sa.select(row.case_id, row.number, task.name, row.role, row.why, row.since, task.due_at).join(task, same)
    found = connection.execute(asked.where(OPEN, *where).order_by(row.since, row.case_id, row.number).limit(limit))
    return tuple(Unstaffed(*each) for each in found)


# What has changed --------------------------------------------------------------------------------------------------------


def _staff(connection: sa.Connection, now: datetime) -> object:
    """Give all that decides who may do something, to be compared: who is active in which role, whom councils name, whom seals let in."""
    held, person, agency = MembershipRow, PersonRow, OrganisationRow
    active = sa.select(held.person, held.role, held.organisation).join(person, person.sign_in == held.person)
    works = sa.select(agency.key, agency.closed_at.is_not(None))
    member, covered = SealMemberRow, SealCaseRow
    let_in = sa.select(member.seal, member.person).join(SealRow, SealRow.id == member.seal)
    let_in = let_in.where(SealRow.lifted_at.is_(None), member.removed_at.is_(None))
    over = (
        sa.select(covered.seal, covered.case_id)
        .join(SealRow, SealRow.id == covered.seal)
        .where(SealRow.lifted_at.is_(None))
    )
    asked = (active.where(person.disabled_at.is_(None)), works, let_in, over)
    told = [frozenset(tuple(row) for row in connection.execute(each)) for each in asked]
    return told, commissions.in_force(connection, now)


def _moved_since(connection: sa.Connection, moment: datetime) -> frozenset[str] | None:
    """Name the cases in which something has happened since a moment; None where these are very many."""
    asked = sa.select(EventTable.case_id).where(EventTable.at >= moment).distinct().limit(AT_ONCE)
    found = frozenset(connection.execute(asked).scalars())
    return found if len(found) < AT_ONCE else None


def _known(connection: sa.Connection, cases: Collection[str] | None) -> frozenset[Place]:
    """Give the tasks of these cases, or of all, of which is known that nobody can do them."""
    row = UnstaffedRow
    asked = sa.select(row.case_id, row.number)
    asked = asked if cases is None else asked.where(row.case_id.in_(sorted(cases)))
    return frozenset((case_id, number) for case_id, number in connection.execute(asked).tuples())


# Who can do what ---------------------------------------------------------------------------------------------------------


def _look(connection: sa.Connection, cases: Collection[str] | None, now: datetime) -> dict[Place, Sighting]:
    """Find the open tasks of these cases, or of all, that nobody can do."""
    task = TaskTable
    scope: list[sa.ColumnElement[bool] | sa.TextClause] = [OPEN]
    scope += [task.case_id.in_(sorted(cases))] if cases is not None else []
    roles = sorted(connection.execute(sa.select(task.role).where(*scope).distinct()).scalars())
    staff = people.holders(connection, {*roles, *(own for own, of in STANDS_IN.items() if of & set(roles))})
    sealed = (
        sa.select(SealCaseRow.case_id).join(SealRow, SealRow.id == SealCaseRow.seal).where(SealRow.lifted_at.is_(None))
    )
    covered = sorted(connection.execute(sealed.distinct()).scalars())
    found: list[Sighting] = []
    bounds = _bounds(connection, staff, now)
    for role in roles:
        why = ELSEWHERE if role in bounds.who.roles else UNHELD
        wanted = [*scope, task.role == role, task.case_id.not_in(covered), *_without(role, bounds)]
        found += [Sighting(case_id, number, role, why) for case_id, number in _places(connection, wanted)]
    for case_id in covered if cases is None else sorted(set(covered) & set(cases)):
        found += _behind_a_seal(connection, case_id, staff, now)
    return {(each.case_id, each.number): each for each in found}


def _behind_a_seal(
    connection: sa.Connection, case_id: str, staff: Iterable[people.Person], now: datetime
) -> Iterator[Sighting]:
    """Give the open tasks of a sealed case that nobody of the group can do."""
    task, group_of = TaskTable, seals.group_of(connection, case_id)
    inside = [person for person in staff if group_of is None or person.sign_in in group_of]
    here: list[sa.ColumnElement[bool] | sa.TextClause] = [task.case_id == case_id, OPEN]
    asked, bounds = sa.select(task.role).where(*here).distinct(), _bounds(connection, inside, now)
    for role in sorted(connection.execute(asked).scalars()):
        wanted = [*here, task.role == role, *_without(role, bounds)]
        yield from (Sighting(case_id, number, role, SEALED) for _case, number in _places(connection, wanted))


def _bounds(connection: sa.Connection, staff: Iterable[people.Person], now: datetime) -> Audience:
    """Give in which cases the roles of these people count, as if one person held them all wherever somebody does or stands in."""
    held = frozenset(each for person in staff for each in person.actor.held)
    together = Actor("", frozenset(role for role, _organisation in held), held=held)
    return replace(audience(connection, together, now), hidden=frozenset())


def _without(role: str, bounds: Audience) -> list[sa.ColumnElement[bool]]:
    """Say in which cases nobody of those who hold a role counts: in every one where nobody holds it."""
    if role not in bounds.who.roles:
        return []
    counts = bounds.conditions(role, TaskTable.case_id)
    return [~sa.and_(*counts)] if counts else [sa.false()]


def _places(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool] | sa.TextClause]) -> list[Place]:
    """Find places in their order: where there are more than are looked at once, these are the same ones each time."""
    task = TaskTable
    asked = sa.select(task.case_id, task.number).where(*where).order_by(task.case_id, task.number).limit(AT_ONCE)
    return [(case_id, number) for case_id, number in connection.execute(asked).tuples()]


# Telling -----------------------------------------------------------------------------------------------------------------

_ADD = sa.text("""
    INSERT INTO unstaffed_tasks (case_id, number, role, why, since) VALUES (:case_id, :number, :role, :why, :since)
    ON CONFLICT (case_id, number) DO NOTHING
""").bindparams(sa.bindparam("since", type_=Moment()))


def _add(connection: sa.Connection, seen: Sighting, now: datetime) -> bool:
    """Write one down; False where another worker was first, and has told of it."""
    return connection.execute(_ADD, {**seen._asdict(), "since": now}).rowcount > 0


def _messages(connection: sa.Connection, fresh: Sequence[Sighting], base_url: str, now: datetime) -> Iterator[Message]:
    """Tell those who lead the role, by council, and of what is sealed or of one child by case; and once those who run operations."""
    council = _councils(connection, {each.case_id for each in fresh})
    together: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for each in fresh:
        alone = each.case_id if each.why == SEALED or each.role in OF_THE_CHILD else ""
        together[each.role, council.get(each.case_id, ""), alone].append(each)
    for (role, of, _alone), rows in together.items():
        leaders = sorted(leader for leader, led_roles in LEADS.items() if role in led_roles) or WHOEVER_IS_ON_DUTY
        key = f"{rows[0].case_id}/nobody/{rows[0].number}/{now:%Y%m%dT%H%M%S}"
        yield _message(key, group(leaders, of), TO_LEADERS, _words(role, rows, f"{base_url}/tasks", now))
    open_ones = [each for each in fresh if each.why != SEALED]
    if open_ones:
        key = f"nobody/{open_ones[0].case_id}.{open_ones[0].number}/{now:%Y%m%dT%H%M%S}"
        titles = " and ".join(sorted({each.role for each in open_ones}))
        yield _message(
            key, group(["administrator"]), TO_OPERATIONS, _words(titles, open_ones, f"{base_url}/operations", now)
        )


def _message(key: str, to: str, template: str, words: Mapping[str, str]) -> Message:
    subject, text = wording.write(template, words)
    return Message(key, to, subject, text, urgent=True)


def _words(role: str, rows: Sequence[Sighting], link: str, now: datetime) -> dict[str, str]:
    """Say how many tasks of which role, and where they stand; no case is named, so that no seal shows."""
    titles = [title_of(each) for each in role.split(" and ")]
    count = f"{len(rows)} task{'' if len(rows) == 1 else 's'}"
    return {"count": count, "role": " and ".join(titles), "at": in_words(now), "link": link}


def _councils(connection: sa.Connection, cases: Collection[str]) -> dict[str, str]:
    """Give the council to which each case belongs; empty where none that works here answers for it."""
    asked = sa.select(CaseTable.id, authority()).select_from(with_child()).where(CaseTable.id.in_(sorted(cases)))
    found: dict[str, Any] = dict(connection.execute(asked).tuples().all()) if cases else {}
    return found
