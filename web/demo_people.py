"""The invented people of the demo: one for each role and a second auditor, all with the same password, which exists in the demo only."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.model import Actor
from engine.store import writing
from workflows import commissioning, on_call, people, teams
from workflows.administration import ADMINISTRATOR, Desk
from workflows.agencies import KINDS, ROLES, Role
from workflows.days import day_of
from workflows.on_call import LONGEST, Wanted
from workflows.people import Membership

PASSWORD = "homeward-demo-only"  # noqa: S105 - printed at every start of the demo, and worth nothing elsewhere

ORGANISATIONS = {
    "family": ("families", "Families and carers"),
    "police": ("example_police", "Example Police"),
    "local_authority": ("nottinghamshire_county", "Example County Council"),
    "interview_provider": ("safe_steps", "Safe Steps"),
    "placement": ("elm_house", "Elm House"),
    "health": ("example_health", "Example Health Board"),
    "education": ("example_academy", "Example Academy"),
    "youth_justice": ("example_youth_justice", "Example Youth Justice"),
    "partnership": ("example_partnership", "Example Safeguarding Partnership"),
    "commissioner": ("example_commissioner", "Office of the Example Commissioner"),
    "external": ("outside_bodies", "Outside bodies"),
    "operator": ("example_operator", "Example Operator"),
}
FIRST_NAMES = (
    "Asha", "Ben", "Carys", "Dev", "Ewa", "Femi", "Grace", "Hamza", "Iris", "Jonah", "Kezia", "Liam", "Maya", "Niall",
    "Olga", "Priya", "Quentin", "Rosa", "Samir", "Tess", "Una", "Viktor", "Wendy", "Xin", "Yusuf", "Zoe", "Amara",
    "Bryn", "Chloe", "Dario", "Elsie", "Farid", "Gwen", "Hugo", "Ines", "Jude", "Kofi", "Lena",
    "Mabel", "Nour", "Oscar", "Petra", "Rhys", "Sana", "Tariq", "Ursula", "Vera", "Wyn", "Ama", "Bao",
)  # fmt: skip
LAST_NAME = "Example"

SECOND_AUDITOR = "second_auditor"
"""Who audits again what the first audit lead has audited: nobody audits a case twice."""

ON_CALL = (
    ("duty_inspector", "duty_inspector"),
    ("control_room_supervisor", "duty_inspector"),
    ("chief_inspector_missing", "duty_inspector"),
    ("ppu_cse_unit", "duty_inspector"),
    ("csc_mash", "csc_mash"),
)
"""Who is on the demonstration's rota, and who keeps it."""

TEAMS = {
    "Control room": ("call_taker", "control_room_supervisor"),
    "Locate team": ("locate_sergeant", "response_officer"),
}
"""The teams of the demonstration's force."""


def add_people(engine: sa.Engine, now: datetime) -> None:
    """Add one invented organisation of each kind and one invented person for each role, whose name is the role's key, and a second auditor."""
    with writing(engine) as connection:
        for kind in KINDS:
            key, name = ORGANISATIONS.get(kind, (kind, KINDS[kind]))
            people.add_organisation(connection, key, name, kind)
        for role, first_name in zip(ROLES.values(), FIRST_NAMES[: len(ROLES)], strict=True):
            _add(connection, role.key, first_name, role, now)
        _add(connection, SECOND_AUDITOR, "Theo", ROLES["audit_lead"], now)
        # one password is hashed once: for each of them it would be most of the time until the first page
        connection.execute(sa.update(people.PersonRow).values(password_hash=people.hash_password(PASSWORD)))


def _add(connection: sa.Connection, sign_in: str, first_name: str, role: Role, now: datetime) -> None:
    """Add one invented person who holds one role."""
    kind = role.kind or "police"
    organisation = ORGANISATIONS.get(kind, (kind, ""))[0]
    people.add(
        connection,
        sign_in,
        name=f"{first_name} {LAST_NAME}",
        mail=f"{sign_in}@{organisation.replace('_', '-')}.example",
        password=None,
        memberships=[Membership(role.key, organisation)],
        now=now,
    )


def add_rota(engine: sa.Engine, now: datetime) -> None:
    """Put some of them on call for two weeks, at numbers that no telephone has (Ofcom keeps 07700 900000 to 900999 free)."""
    with writing(engine) as connection:
        for number, (role, keeper) in enumerate(ON_CALL, 1):
            organisation = ORGANISATIONS.get(ROLES[role].kind, (ROLES[role].kind, ""))[0]
            wanted = Wanted(organisation, role, role, now, now + LONGEST, mobile=f"07700 9000{number:02}")
            on_call.enter(connection, wanted, by=Actor(keeper), now=now, key=f"demo {role}")


def add_teams(engine: sa.Engine, base_url: str, now: datetime) -> None:
    """Make teams of the force, as its administrator does."""
    with writing(engine) as connection:
        desk = Desk(connection, Actor(ADMINISTRATOR), base_url, now)
        for name, members in TEAMS.items():
            made = teams.make(desk, ORGANISATIONS["police"][0], name, "For the demonstration")
            teams.put_in(desk, made, members, "For the demonstration")


def add_agreements(engine: sa.Engine, now: datetime) -> None:
    """Let the demonstration's council name its health agency and its youth justice team."""
    council, by = ORGANISATIONS["local_authority"][0], Actor(commissioning.SERVICE, frozenset({commissioning.SERVICE}))
    with writing(engine) as connection:
        for kind in ("health", "youth_justice"):
            agency, why = ORGANISATIONS[kind][0], "For the demonstration"
            commissioning.commission(connection, council, agency, day_of(now), why, by=by, now=now)


def is_empty(engine: sa.Engine) -> bool:
    """Whether nobody has been added yet."""
    with writing(engine) as connection:
        return connection.execute(sa.select(people.PersonRow.sign_in).limit(1)).first() is None
