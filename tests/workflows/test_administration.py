"""Two who do the same at the same moment: an agency keeps an administrator, and a link works once; on both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from engine.errors import Refusal
from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from workflows import administration, people, teams
from workflows.administration import ADMINISTRATOR, Desk
from workflows.organisations import Register
from workflows.people import Membership

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN, BEN = (Actor(name, frozenset({ADMINISTRATOR})) for name in ("ann", "ben"))


@pytest.fixture
def agency(engine: sa.Engine) -> sa.Engine:
    with writing(engine) as connection:
        people.add_organisation(connection, "force", "Force", "police")
        for who in (ANN, BEN):
            row = {"sign_in": who.person, "name": who.person, "mail": "a@b.example", "password_hash": "-"}
            connection.execute(sa.insert(people.PersonRow).values(**row, added_at=NOW))
            people.give_roles(connection, who.person, [Membership(ADMINISTRATOR, "force")])
    return engine


def at_once(engine: sa.Engine, *acts: Callable[[sa.Connection], object]) -> list[str]:
    """Do several things, each in a transaction of its own, all begun at one moment; name what came of them, sorted."""
    start, came = threading.Barrier(len(acts)), []

    def run(act: Callable[[sa.Connection], object]) -> None:
        start.wait()
        try:
            with writing(engine) as connection:
                act(connection)
            came.append("done")
        except Refusal as refusal:
            came.append(type(refusal).__name__)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_two_administrators_who_disable_each_other_leave_one(agency: sa.Engine) -> None:
    came: list[str] = []

    def other() -> None:
        try:
            with writing(agency) as connection:
                Desk(connection, BEN, "http://h", NOW).disable("ann", "Has left")
        except Refusal as refusal:
            came.append(str(refusal))

    second = threading.Thread(target=other)
    with writing(agency) as connection:
        Desk(connection, ANN, "http://h", NOW).disable("ben", "Has left")
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive(), "the second went on before the first had ended"
    second.join()
    assert "administrator" in came[0] or "nobody like that" in came[0]
    with reading(agency) as connection:
        assert [one.sign_in for one in people.holders(connection, [ADMINISTRATOR], "force")] == ["ann"]


def test_a_link_that_two_use_at_once_sets_one_password(agency: sa.Engine) -> None:
    with writing(agency) as connection:
        Desk(connection, ANN, "http://h", NOW).send_link("ben", "Forgotten")
        text = connection.execute(sa.select(OutboxRow.text)).scalar_one()
    found = re.search(r"/invitation/(\S+)", text)
    assert found
    token = found.group(1)

    def sets(password: str) -> Callable[[sa.Connection], object]:
        return lambda connection: administration.accept(connection, token, password, now=NOW)

    assert at_once(agency, sets("first random words"), sets("second random words")) == ["LinkNotValid", "done"]


def test_two_who_make_a_team_of_one_name_at_once_make_one(agency: sa.Engine) -> None:
    def makes(who: Actor) -> Callable[[sa.Connection], object]:
        return lambda connection: teams.make(Desk(connection, who, "http://h", NOW), "force", "Day shift", "Shifts")

    assert at_once(agency, makes(ANN), makes(BEN)) == ["Invalid", "done"]
    with reading(agency) as connection:
        assert [each.name for each in teams.of_organisation(connection, "force")] == ["Day shift"]


def test_two_who_add_an_agency_of_one_name_at_once_add_one(agency: sa.Engine) -> None:
    def adds(who: Actor) -> Callable[[sa.Connection], object]:
        return lambda connection: Register(connection, who, "http://h", NOW).add("", "Elm House", "placement", "New")

    assert at_once(agency, adds(ANN), adds(BEN)) == ["Invalid", "done"]
    with reading(agency) as connection:
        assert Register(connection, ANN, "http://h", NOW).find("elm_house").name == "Elm House"
