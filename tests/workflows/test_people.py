"""People, their roles and their passwords."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.model import Actor
from engine.store import reading, writing
from workflows import people
from workflows.people import Membership, PersonNotFound, PersonRow, SignInNameTaken

PASSWORD = "three random words"
FORCE = Membership("duty_inspector", "force")
COUNTY = Membership("csc_mash", "county")
CITY = Membership("csc_mash", "city")


@pytest.fixture
def database(sqlite_engine: sa.Engine) -> sa.Engine:
    """A database with a force and two councils."""
    with writing(sqlite_engine) as connection:
        people.add_organisation(connection, "force", "The force", "police")
        people.add_organisation(connection, "city", "City council", "local_authority")
        people.add_organisation(connection, "county", "County council", "local_authority")
    return sqlite_engine


def add(
    database: sa.Engine, sign_in: str, *memberships: Membership, now: datetime, password: str | None = None
) -> None:
    with writing(database) as connection:
        people.add(
            connection,
            sign_in,
            name=sign_in.title(),
            mail=f"{sign_in}@force.example",
            password=password,
            memberships=memberships,
            now=now,
        )


def names(database: sa.Engine, roles: set[str], organisation: str | None = None) -> list[str]:
    with reading(database) as connection:
        return [person.sign_in for person in people.holders(connection, roles, organisation)]


def test_the_holders_of_roles_are_found_once_each_in_one_organisation_or_in_any(
    database: sa.Engine, now: datetime
) -> None:
    add(database, "cora", COUNTY, now=now)
    add(database, "anna", FORCE, now=now)
    add(database, "bo", CITY, COUNTY, now=now)

    assert names(database, {"csc_mash"}) == ["bo", "cora"]
    assert names(database, {"csc_mash"}, "city") == ["bo"]
    assert names(database, {"csc_mash", "duty_inspector"}) == ["anna", "bo", "cora"]
    assert names(database, {"edt"}) == []
    assert names(database, set()) == []


def test_a_person_is_found_with_everything_that_they_hold(database: sa.Engine, now: datetime) -> None:
    add(database, "bo", COUNTY, CITY, now=now, password=PASSWORD)

    with reading(database) as connection:
        person = people.find(connection, "bo")

    assert person.memberships == (CITY, COUNTY)
    held = frozenset({("csc_mash", "city"), ("csc_mash", "county")})
    assert person.actor == Actor("bo", frozenset({"csc_mash"}), "city", held)
    assert PASSWORD not in repr(person)
    assert "argon2" not in repr(person)


def test_somebody_without_a_role_can_be_there(database: sa.Engine, now: datetime) -> None:
    add(database, "dan", now=now)

    with reading(database) as connection:
        assert people.find(connection, "dan").actor == Actor("dan")


def test_a_name_that_nobody_has_is_not_found(database: sa.Engine) -> None:
    with reading(database) as connection, pytest.raises(PersonNotFound, match="nobody"):
        people.find(connection, "nobody")


def test_a_disabled_person_holds_no_role_gets_nothing_and_cannot_sign_in_until_enabled(
    database: sa.Engine, now: datetime
) -> None:
    add(database, "anna", FORCE, now=now, password=PASSWORD)

    with writing(database) as connection:
        people.disable(connection, "anna", now)

    with reading(database) as connection:
        person = people.find(connection, "anna")
        assert person.roles == person.actor.roles == frozenset()
        assert not people.check(connection, "anna", PASSWORD)
    assert names(database, {"duty_inspector"}) == []

    with writing(database) as connection:
        people.enable(connection, "anna")
        assert people.check(connection, "anna", PASSWORD)
    assert names(database, {"duty_inspector"}) == ["anna"]


def test_roles_are_put_in_the_place_of_all_that_was_held(database: sa.Engine, now: datetime) -> None:
    add(database, "bo", COUNTY, now=now)

    with writing(database) as connection:
        people.give_roles(connection, "bo", [CITY])

    assert names(database, {"csc_mash"}, "county") == []
    assert names(database, {"csc_mash"}, "city") == ["bo"]


def test_a_sign_in_name_is_taken_once(database: sa.Engine, now: datetime) -> None:
    add(database, "anna", now=now)

    with pytest.raises(SignInNameTaken):
        add(database, "anna", now=now)


def test_everything_wrong_with_a_new_person_is_said_at_once(database: sa.Engine, now: datetime) -> None:
    wrong = (Membership("wizard", "force"), Membership("csc_mash", "moon"), Membership("csc_mash", "force"))

    with pytest.raises(Invalid) as refused:
        add(database, "eve", *wrong, now=now, password="short")

    assert [problem.rule for problem in refused.value.problems] == [
        "password-length",
        "role-of-kind",
        "organisation-known",
        "role-known",
    ]


@pytest.mark.parametrize("sign_in", ["", "anna lee", "anna\n", "anna\x00"])
def test_a_sign_in_name_that_would_break_a_message_is_refused(database: sa.Engine, now: datetime, sign_in: str) -> None:
    with pytest.raises(Invalid, match="sign-in name"):
        add(database, sign_in, now=now)


@pytest.mark.parametrize("mail", ["", "anna", "@force.example", "anna@", "an na@force.example", "anna@force.example\n"])
def test_a_mail_address_that_is_none_is_refused(database: sa.Engine, now: datetime, mail: str) -> None:
    with writing(database) as connection, pytest.raises(Invalid, match="mail"):
        people.add(connection, "anna", name="Anna", mail=mail, password=None, now=now)


def test_an_organisation_has_a_kind_that_is_known(database: sa.Engine) -> None:
    with writing(database) as connection, pytest.raises(Invalid, match="circus"):
        people.add_organisation(connection, "ring", "The ring", "circus")


def test_only_the_right_password_signs_in(database: sa.Engine, now: datetime) -> None:
    add(database, "anna", now=now, password=PASSWORD)

    with reading(database) as connection:
        assert people.check(connection, "anna", PASSWORD)
        assert not people.check(connection, "anna", PASSWORD + " ")
        assert not people.check(connection, "nobody", PASSWORD)
        assert not people.check(connection, "nobody", "nobody has this password")


def test_a_new_password_takes_the_place_of_the_old_one(database: sa.Engine, now: datetime) -> None:
    add(database, "anna", now=now, password=PASSWORD)

    with writing(database) as connection:
        people.set_password(connection, "anna", "four quite random words")
        assert not people.check(connection, "anna", PASSWORD)
        assert people.check(connection, "anna", "four quite random words")
        with pytest.raises(Invalid):
            people.set_password(connection, "anna", "short")


def test_the_database_holds_no_password_and_each_hash_has_its_own_salt(database: sa.Engine, now: datetime) -> None:
    add(database, "anna", now=now, password=PASSWORD)
    add(database, "bo", now=now, password=PASSWORD)

    with reading(database) as connection:
        first, second = connection.execute(sa.select(PersonRow.password_hash)).scalars()

    assert first != second
    assert first.startswith("$argon2id$")
    assert PASSWORD not in first + second


def test_a_hash_of_lower_cost_wants_to_be_written_again() -> None:
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Cxr8Gj2rEJpfLTzvmgVGAw"

    assert people.needs_rehash(cheap)
    assert not people.needs_rehash(people.hash_password(PASSWORD))
    assert not people.password_matches("not a hash", PASSWORD)
