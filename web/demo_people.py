"""The invented people of the demo: one for each role, all with the same password, which exists in the demo only."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.store import writing
from workflows import people
from workflows.agencies import KINDS, ROLES
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
    "external": ("outside_bodies", "Outside bodies"),
    "operator": ("example_operator", "Example Operator"),
}
FIRST_NAMES = (
    "Asha", "Ben", "Carys", "Dev", "Ewa", "Femi", "Grace", "Hamza", "Iris", "Jonah", "Kezia", "Liam", "Maya", "Niall",
    "Olga", "Priya", "Quentin", "Rosa", "Samir", "Tess", "Una", "Viktor", "Wendy", "Xin", "Yusuf", "Zoe", "Amara",
    "Bryn", "Chloe", "Dario", "Elsie", "Farid", "Gwen", "Hugo", "Ines", "Jude", "Kofi", "Lena",
    "Mabel", "Nour", "Oscar", "Petra", "Rhys", "Sana", "Tariq", "Ursula", "Vera", "Wyn",
)  # fmt: skip
LAST_NAME = "Example"


def add_people(engine: sa.Engine, now: datetime) -> None:
    """Add one invented organisation of each kind and one invented person for each role; their name is the role's key."""
    with writing(engine) as connection:
        for kind in KINDS:
            key, name = ORGANISATIONS.get(kind, (kind, KINDS[kind]))
            people.add_organisation(connection, key, name, kind)
        for role, first_name in zip(ROLES.values(), FIRST_NAMES[: len(ROLES)], strict=True):
            organisation = ORGANISATIONS.get(role.kind, (role.kind, ""))[0]
            people.add(
                connection,
                role.key,
                name=f"{first_name} {LAST_NAME}",
                mail=f"{role.key}@{organisation.replace('_', '-')}.example",
                password=PASSWORD,
                memberships=[Membership(role.key, organisation)],
                now=now,
            )


def is_empty(engine: sa.Engine) -> bool:
    """Whether nobody has been added yet."""
    with writing(engine) as connection:
        return connection.execute(sa.select(people.PersonRow.sign_in).limit(1)).first() is None
