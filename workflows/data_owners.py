"""Who answers for what is kept of a case: the force, the responsible council, the provider, the placement; of a sealed one its group.

Each is somebody who has a part in the case anyhow, so that what they are told tells them of no case. For a reference that no
case has, the same is asked in the same statements, and those answer who are never shut out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from workflows import access, audience, people, seals
from workflows.administration import ADMINISTRATOR
from workflows.agencies import ROLES
from workflows.audience import Whose
from workflows.people import Person
from workflows.seals import NEVER_SHUT_OUT

OWNERS: Mapping[str, str] = MappingProxyType(
    {
        "police": "mfh_coordinator",
        "local_authority": "csc_team_manager",
        "interview_provider": "rhi_manager",
        "placement": "responsible_individual",
    }
)
"""The role that answers for an organisation's records, by its kind; in any other it is the administrator of the agency."""

ANSWERS = frozenset({*OWNERS.values(), ADMINISTRATOR})


@frozen
class Owners:
    """Who answers for a case, and who answers for the organisation of somebody who looked at it."""

    of_case: tuple[Person, ...]
    of_organisation: tuple[Person, ...]


def find(connection: sa.Connection, case_id: str, role: str, organisation: str, now: datetime) -> Owners:
    """Give who answers for a case, and for an organisation in which somebody holds a role; superintendents for who has nobody.

    They answer for a reference that no case has, too: somebody hears of it then, as of any other (domain.md 13.12). Eight
    statements at most, whether there is such a case or not.
    """
    holders = people.holders(connection, {*ANSWERS, NEVER_SHUT_OUT})
    whose = audience.whose(connection, case_id, now)
    worked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id).distinct()
    tasks = frozenset(connection.execute(worked).scalars())
    group = seals.members_over(connection, case_id)
    inside = people.active(connection, group or ())
    above = tuple(person for person in holders if NEVER_SHUT_OUT in person.roles)
    theirs = tuple(person for person in holders if _answers_for(person, {owner_of(role), ADMINISTRATOR}, organisation))
    own = tuple(person for person in theirs if owner_of(role) in person.roles) or theirs or above
    if group is not None:
        return Owners(tuple({each.sign_in: each for each in (*inside, *above)}.values()), own)
    has = tuple(person for person in holders if whose.known and _has_it(person, whose, tasks))
    return Owners(has or above, own)


def owner_of(role: str) -> str:
    """Name the role that answers for the organisations in which a role is held."""
    return OWNERS.get(ROLES[role].kind if role in ROLES else "", ADMINISTRATOR)


def _answers_for(person: Person, roles: Collection[str], organisation: str) -> bool:
    return any(each.role in roles and each.organisation == organisation for each in person.memberships)


def _has_it(person: Person, whose: Whose, tasks: frozenset[str]) -> bool:
    """Tell whether a role by which a person answers for records gives them a part in a case, in which these roles have or had a task."""
    return any(
        access.has_a_part({each.role}, tasks) and whose.has(each.role, {each.organisation})
        for each in person.memberships
        if each.role in OWNERS.values()
    )
