"""A sealed record in the database, on SQLite and PostgreSQL: what is opened for it is behind the seal, and its group alone is told."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_referral import PAGES
from workflows import break_glass, catalogue, data_owners, people, seals
from workflows.agencies import ROLES
from workflows.audience import audience
from workflows.break_glass import GlassMails
from workflows.children import ChildRow, sounds_text
from workflows.operations import OPERATIONS
from workflows.people import Membership
from workflows.seals import Wanted

CHILD, OLDER, EPISODE = "CH-22222222", "CH-33333333", "MC-22222222"
WHY = "The father of the child works here."
FORCE, CITY, HOSPITAL = "example_police", "nottingham_city", "example_health"
HELD = {
    "chief": ("chief_inspector_missing", FORCE),
    "gold": ("superintendent", FORCE),
    "coordinator": ("mfh_coordinator", FORCE),
    "inside": ("csc_mash", CITY),
    "outside": ("csc_mash", CITY),
    "manager": ("csc_team_manager", CITY),
    "nurse": ("health", HOSPITAL),
}


@pytest.fixture
def referral(engine: sa.Engine, now: datetime) -> str:
    """A referral about a sealed child, whose record was joined to an older one; opened by somebody outside of the group."""
    with writing(engine) as connection:
        for key, kind in ((FORCE, "police"), (CITY, "local_authority"), (HOSPITAL, "health")):
            people.add_organisation(connection, key, key, kind)
        for name, (role, where) in HELD.items():
            mail, held = f"{name}@example.org", [Membership(role, where)]
            people.add(connection, name, name=name, mail=mail, password=None, memberships=held, now=now)
        for child_id, joined in ((OLDER, ""), (CHILD, OLDER)):
            told = {"name": "Robin Example", "known_as": "", "sounds": sounds_text("Robin Example", "")}
            told |= {"sex": "", "looked_after": "", "responsible_authority": CITY, "source_reference": ""}
            row = {"child_id": child_id, "joined_to": joined, "born_on": date(2012, 5, 3), "imported_row": ""} | told
            connection.execute(sa.insert(ChildRow).values(**row, imported_at=None))
        wanted = Wanted(OLDER, (EPISODE,), ("inside",), WHY)
        seals.seal(connection, wanted, by=people.find(connection, "chief").actor, now=now)
        outside = people.find(connection, "outside").actor
    cases = Cases(engine, observers=catalogue.observers("https://h.example"), operations=OPERATIONS)
    cases.publish(catalogue.files("referral"), by="x", now=now, roles=tuple(ROLES))
    form = cases.opening("referral").form
    typed = posted(form, {**PAGES["referral_received"], "child": CHILD, "episode": ""}, now)
    return cases.open("referral", form.load(typed, scope={}, now=now), by=outside, now=now, key="1").case_id


def who(connection: sa.Connection, name: str) -> Actor:
    return people.find(connection, name).actor


def test_a_case_that_is_opened_for_a_child_is_behind_the_seal_of_the_record_it_was_joined_to(
    engine: sa.Engine, referral: str
) -> None:
    with reading(engine) as connection:
        hidden = {name for name in HELD if referral in seals.hidden(connection, who(connection, name))}
        assert hidden == set(HELD) - {"chief", "gold", "inside"}
        assert sorted(seals.group_of(connection, referral) or ()) == ["chief", "gold", "inside"]
        assert set(seals.over(connection, [OLDER, referral, "MC-99999999"])) == {OLDER, referral}


def test_of_a_report_about_the_child_its_group_is_told_until_the_seal_covers_it(
    engine: sa.Engine, referral: str, now: datetime
) -> None:
    with writing(engine) as connection:
        for child_id in (CHILD, OLDER):
            told = seals.to_be_told(connection, child_id, "MC-44444444")
            assert [name for name, _mail in told] == ["chief", "gold", "inside"]
        assert seals.to_be_told(connection, CHILD, referral) == ()
        assert seals.to_be_told(connection, "CH-99999999", "MC-44444444") == ()
        people.disable(connection, "inside", now)
        assert [name for name, _mail in seals.to_be_told(connection, CHILD, "MC-44444444")] == ["chief", "gold"]


def test_what_is_opened_with_a_reason_is_read_by_the_group_while_it_is_sealed_and_by_its_owners_afterwards(
    engine: sa.Engine, referral: str, now: datetime
) -> None:
    with writing(engine) as connection:
        nurse = who(connection, "nurse")
        break_glass.break_glass(connection, referral, WHY, GlassMails("https://h.example"), by=nurse, now=now, key="1")
        mails = sa.select(OutboxRow.recipient).where(OutboxRow.key.startswith("glass/"))
        assert {each.partition("@")[0] for each in connection.execute(mails).scalars()} == {"chief", "gold", "inside"}
        assert readers(connection, now) == {"chief", "gold", "inside", "nurse"}
        chief = who(connection, "chief")
        seals.lift(connection, seals.seals_of(connection, chief)[0].id, WHY, by=chief, now=now)
        assert readers(connection, now) == {"gold", "coordinator", "manager", "nurse"}
        owners = data_owners.find(connection, referral, "health", HOSPITAL, now)
        assert {person.sign_in for person in owners.of_case} == {"coordinator", "manager"}
        assert [person.sign_in for person in owners.of_organisation] == ["gold"]


def readers(connection: sa.Connection, now: datetime) -> set[str]:
    """Name who reads of the openings in the log."""
    bounds = {name: audience(connection, who(connection, name), now) for name in HELD}
    return {name for name, each in bounds.items() if break_glass.latest(connection, each, limit=9)}
