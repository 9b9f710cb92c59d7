"""Whom a task may be given, and by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.model import Actor
from engine.store import TaskTable, writing
from tests.web.site import Site
from tests.workflows.steps import a_task
from workflows import assigning, people, seals
from workflows.agencies import LEADS, ROLES
from workflows.people import Membership


@pytest.fixture
def site_with_a_second_force(site: Site) -> Site:
    """Two more inspectors: one of the same force, one of another."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, "other_police", "Other Police", "police")
        add(connection, "second", "example_police", site.clock())
        add(connection, "stranger", "other_police", site.clock())
    return site


def add(connection: sa.Connection, name: str, organisation: str, now: datetime) -> None:
    held = [Membership("duty_inspector", organisation)]
    people.add(connection, name, name=name, mail=f"{name}@force.example", password=None, memberships=held, now=now)


def actor(site: Site, name: str) -> Actor:
    with writing(site.services.engine) as connection:
        return people.find(connection, name).actor


def able(site: Site, role: str, case_id: str, by: Actor) -> set[str]:
    with writing(site.services.engine) as connection:
        return {person.sign_in for person in assigning.candidates(connection, role, case_id, by, now=site.clock())}


def test_whoever_leads_is_of_the_same_kind_of_organisation_as_those_who_are_led() -> None:
    for role, led in LEADS.items():
        assert role not in led
        assert {ROLES[each].kind for each in led} == {ROLES[role].kind}, role


def test_a_task_is_given_within_the_own_organisation_only(site_with_a_second_force: Site) -> None:
    site = site_with_a_second_force
    case_id = site.opened()
    inspector = actor(site, "duty_inspector")
    assert able(site, "duty_inspector", case_id, inspector) == {"duty_inspector", "second"}
    assert able(site, "rhi_worker", case_id, inspector) == set()
    chief = actor(site, "chief_inspector_missing")
    assert able(site, "duty_inspector", case_id, chief) == {"duty_inspector", "second"}


def test_who_may_do_one_of_several_tasks_is_offered_whichever_comes_last(site_with_a_second_force: Site) -> None:
    """Once one case was looked at for each role: whoever is shut out of that one was not offered for the others."""
    site = site_with_a_second_force
    cases, now, inspector = [site.opened(), site.opened()], site.clock(), actor(site, "duty_inspector")
    tasks = [a_task(1, "acknowledge_handover", "duty_inspector", now, None)]
    with writing(site.services.engine) as connection:
        waiting = sa.select(TaskTable.role).where(TaskTable.case_id == cases[0], TaskTable.status == "open")
        group = tuple(sorted({*connection.execute(waiting.distinct()).scalars(), "chief_inspector_missing"}))
        chief = people.find(connection, "chief_inspector_missing").actor
        wanted = seals.Wanted(cases[0], (cases[0],), group, "A relative of the second inspector works here")
        seals.seal(connection, wanted, by=chief, now=now)
        for order in (cases, cases[::-1]):
            rows = [replace(tasks[0], case_id=each) for each in order]
            found = assigning.candidates_for_any(connection, rows, inspector, now=now)
            assert {person.sign_in for person in found} == {"duty_inspector", "second"}
        shut = [replace(tasks[0], case_id=cases[0])]
        assert "second" not in {
            each.sign_in for each in assigning.candidates_for_any(connection, shut, inspector, now=now)
        }


def test_who_is_away_for_good_gets_nothing(site_with_a_second_force: Site) -> None:
    site = site_with_a_second_force
    case_id, inspector = site.opened(), actor(site, "duty_inspector")
    with writing(site.services.engine) as connection:
        people.disable(connection, "second", site.clock())
    assert able(site, "duty_inspector", case_id, inspector) == {"duty_inspector"}


def test_a_person_who_cannot_do_a_task_is_refused_at_the_field(site_with_a_second_force: Site) -> None:
    site = site_with_a_second_force
    case_id, inspector = site.opened(), actor(site, "duty_inspector")
    for name in ("stranger", "nobody", "rhi_worker"):
        with writing(site.services.engine) as connection, pytest.raises(Invalid) as refused:
            assigning.require_candidate(connection, name, [("duty_inspector", case_id)], inspector, now=site.clock())
        assert [problem.where for problem in refused.value.problems] == ["to"]
    with writing(site.services.engine) as connection:
        got = assigning.require_candidate(
            connection, "second", [("duty_inspector", case_id)], inspector, now=site.clock()
        )
    assert got.sign_in == "second"
