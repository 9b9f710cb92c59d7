"""Who may be given a task, and by whom: people of one's own organisation who do it, and who may see the case.

Everybody gives away what they have themselves, or what nobody has; who leads a role (`agencies.LEADS`) also what its people have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.model import Actor
from engine.store import TaskTable
from engine.views import TaskRow
from workflows import people, seals
from workflows.agencies import LEADS, STANDS_IN
from workflows.audience import Audience, audience
from workflows.people import Person

NOT_THEIRS = (
    "This person cannot do the task: choose somebody who holds its role in your organisation and may see the case"
)


def led_by(who: Actor) -> frozenset[str]:
    """Name the roles whose tasks a person may take from others."""
    return frozenset().union(*(LEADS.get(role, frozenset()) for role in who.roles))


def led_in(who: Actor) -> frozenset[str]:
    """Name the organisations in which a person leads a role."""
    return frozenset().union(*(who.organisations(role) for role in who.roles & LEADS.keys()))


def conditions(bounds: Audience, role: str) -> Sequence[sa.ColumnElement[bool]]:
    """Give what a task of a role has to meet, over `TaskTable`, so that a person may do it, or give it to others as who leads the role."""
    who, case_id = bounds.who, TaskTable.case_id
    if role in who.duties:
        return bounds.conditions(role, case_id)
    return [sa.or_(sa.false(), *(sa.and_(sa.true(), *bounds.conditions(own, case_id)) for own in _leading(who, role)))]


def of_roles(bounds: Audience, roles: Iterable[str]) -> sa.ColumnElement[bool]:
    """Say, over `TaskTable`, which tasks of these roles a person may do, or give to others as who leads the role."""
    return sa.or_(sa.false(), *(sa.and_(TaskTable.role == role, *conditions(bounds, role)) for role in sorted(roles)))


def organisations_of(who: Actor, role: str) -> frozenset[str]:
    """Name the organisations in which a person does, or leads, a role."""
    own = who.organisations(role) if role in who.duties else frozenset()
    return own.union(*(who.organisations(each) for each in _leading(who, role)))


def candidates(connection: sa.Connection, role: str, case_id: str, by: Actor, *, now: datetime) -> tuple[Person, ...]:
    """Give who can be given a task of a role in a case: active, of an organisation of `by`, and not shut out of the case."""
    return _able(connection, role, (case_id,), seals.group_of(connection, case_id), by, now)


def candidates_for_any(
    connection: sa.Connection, tasks: Iterable[TaskRow], by: Actor, *, now: datetime
) -> tuple[Person, ...]:
    """Give who can be given one of these tasks at least, by name; each task is looked at again when it is given.

    The cases of a role are asked about together, and each sealed one by itself.
    """
    cases: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        cases[task.role].add(task.case_id)
    sealed = seals.sealed_among(connection, frozenset().union(*cases.values()))
    found: dict[str, Person] = {}
    for role, refs in cases.items():
        alone = [((each,), seals.group_of(connection, each)) for each in sorted(refs & sealed)]
        for some, group in ((tuple(sorted(refs - sealed)), None), *alone):
            found |= {person.sign_in: person for person in _able(connection, role, some, group, by, now)}
    return tuple(sorted(found.values(), key=lambda person: (person.name, person.sign_in)))


def _able(
    connection: sa.Connection, role: str, cases: Sequence[str], group: frozenset[str] | None, by: Actor, now: datetime
) -> tuple[Person, ...]:
    """Give who can be given a task of a role in one of some cases that share a seal, or have none.

    So many statements for a hundred people as for one: a role counts in a case by its organisations, and by the seals over it.
    """
    wanted = {role, *(own for own, of in STANDS_IN.items() if role in of)}
    places = organisations_of(by, role)
    counts: dict[frozenset[str], bool] = {}
    found = []
    for person in people.holders(connection, sorted(wanted)):
        near = any(each.role in wanted and each.organisation in places for each in person.memberships)
        if not near or (group is not None and person.sign_in not in group):
            continue
        here = person.actor.organisations(role)
        if here not in counts:
            counts[here] = _may_do_one(connection, role, cases, person.actor, now)
        if counts[here]:
            found.append(person)
    return tuple(found)


def may_do(connection: sa.Connection, role: str, case_id: str, who: Actor, *, now: datetime) -> bool:
    """Tell whether a task of a role in a case stands in a person's list."""
    return _may_do_one(connection, role, (case_id,), who, now)


def _may_do_one(connection: sa.Connection, role: str, cases: Sequence[str], who: Actor, now: datetime) -> bool:
    """Tell whether a task of a role in one of some cases stands in a person's list."""
    if role not in who.duties:
        return False
    case_id = TaskTable.case_id
    mine = sa.select(case_id).where(case_id.in_(cases), *audience(connection, who, now).conditions(role, case_id))
    return connection.execute(mine.limit(1)).first() is not None


def require_candidate(
    connection: sa.Connection, to: str, tasks: Iterable[tuple[str, str]], by: Actor, *, now: datetime, field: str = "to"
) -> Person:
    """Give the person who is to have tasks, named by role and case: ``[("rhi_worker", "MC-7K3QX9PW")]``.

    Raises:
        Invalid: at `field`, where nobody has that name, or one of the tasks cannot be given to them by this person.
    """
    found: Person | None = None
    for role, case_id in tasks:
        able = {person.sign_in: person for person in candidates(connection, role, case_id, by, now=now)}
        if to not in able:
            raise Invalid([Problem(field, "not-a-candidate", NOT_THEIRS)])
        found = able[to]
    if found is None:
        raise Invalid([Problem(field, "no-task", "Choose at least one task")])
    return found


def _leading(who: Actor, role: str) -> list[str]:
    """Name the roles of a person that lead a role."""
    return sorted(own for own, led in LEADS.items() if role in led and own in who.roles)
