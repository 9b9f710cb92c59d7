"""The projections agree with the log and every task has somebody who may do it; each planted fault is found, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from engine import verification as engine_verification
from engine.cases import Cases
from engine.model import Actor
from engine.store import Base, writing
from workflows import catalogue, people, verification
from workflows.agencies import ROLES
from workflows.operations import OPERATIONS
from workflows.people import Membership

EPISODES, CHILDREN, MEMBERSHIPS = (Base.metadata.tables[name] for name in ("episodes", "children", "memberships"))
OPENING = {
    "child_name": "Alex",
    "last_place": "The park",
    "why_worried": "Very young",
    "call_back": "01632 960 118",
    "responsible_authority": "nottinghamshire_county",
}


@pytest.fixture
def cases(engine: sa.Engine, now: datetime) -> Cases:
    """One case of a missing child, and one person who takes the call and holds every other role in the police."""
    made = Cases(engine, observers=catalogue.observers("http://127.0.0.1:8000"), operations=OPERATIONS)
    made.publish(catalogue.files("missing_child"), by="ann", now=now, roles=tuple(ROLES))
    with writing(engine) as connection:
        for kind in ("police", "local_authority"):
            people.add_organisation(connection, kind, kind, kind)
        held = [
            Membership(role.key, role.kind) for role in ROLES.values() if role.kind in {"police", "local_authority"}
        ]
        mail = "ann@force.example"
        people.add(connection, "ann", name="Ann Example", mail=mail, password=None, memberships=held, now=now)
    by = Actor("ann", frozenset(ROLES))
    made.open("missing_child", OPENING, by=by, now=now, key="open")
    return made


def another_episode(connection: sa.Connection) -> None:
    columns = [sa.literal("MC-22222222") if column.name == "case_id" else column for column in EPISODES.c]
    connection.execute(sa.insert(EPISODES).from_select(EPISODES.c.keys(), sa.select(*columns)))


PLANTED: dict[str, tuple[Callable[[sa.Connection], object], str]] = {
    "an episode says something else": (
        lambda connection: connection.execute(sa.update(EPISODES).values(status="locating")),
        "projection-differs",
    ),
    "an episode is gone": (lambda connection: connection.execute(sa.delete(EPISODES)), "projection-missing"),
    "an episode is there that no case has": (another_episode, "projection-unknown"),
    "a child is there whom no case names": (
        lambda connection: connection.execute(
            sa.insert(CHILDREN).values(
                child_id="CH-22222222", name="Eve", known_as="", sounds="", sex="", looked_after="",
                responsible_authority="", joined_to="", source_reference="", imported_at=None, imported_row="",
            )
        ),
        "projection-unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_projection_that_is_not_what_the_log_says_is_found_and_drawn_anew(cases: Cases, name: str) -> None:
    assert list(verification.check(cases.engine)) == []
    plant, check = PLANTED[name]
    with writing(cases.engine) as connection:
        plant(connection)
    assert [finding.check for finding in verification.check(cases.engine)] == [check]
    verification.rebuild(cases.engine)
    assert list(verification.check(cases.engine)) == []


def test_what_was_imported_agrees_by_itself(cases: Cases, now: datetime) -> None:
    with writing(cases.engine) as connection:
        connection.execute(
            sa.insert(CHILDREN).values(
                child_id="CH-22222222", name="Eve", known_as="", sounds=" E1", sex="", looked_after="",
                responsible_authority="", joined_to="", source_reference="7", imported_at=now, imported_row="x",
            )
        )  # fmt: skip
    assert list(verification.check(cases.engine)) == []


def test_a_task_is_found_when_the_last_who_held_its_role_is_gone(cases: Cases, now: datetime) -> None:
    def found() -> set[str]:
        holders = verification.holders_in(cases.engine)
        return {each.check for each in engine_verification.check(cases.engine, cases.library, holders=holders, now=now)}

    assert found() == set()
    with writing(cases.engine) as connection:
        people.disable(connection, "ann", now)
    assert found() == {"task-for-nobody"}
    with writing(cases.engine) as connection:
        people.enable(connection, "ann")
        connection.execute(sa.delete(MEMBERSHIPS))
    assert found() == {"task-for-nobody"}
