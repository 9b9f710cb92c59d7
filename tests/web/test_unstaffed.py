"""A task that nobody can do is an alarm: told at once and once, to those who lead and to operations, until somebody can."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Site, statements
from web import demo_cases
from workflows import commissions, people, seals
from workflows.commissions import CommissionRow
from workflows.people import Membership, MembershipRow
from workflows.seals import Wanted
from workflows.unstaffed import UnstaffedRow, Watch

INSPECTOR, CHIEF, OPERATOR = "duty_inspector", "chief_inspector_missing", "administrator"


@pytest.fixture
def watch(site: Site) -> Watch:
    """A worker's watch, which has looked at a case that has just been opened, in which everybody is there."""
    found = Watch(site.services.engine, "https://homeward.example")
    site.opened()
    found.look(site.clock())
    with writing(site.services.engine) as connection:
        connection.execute(sa.delete(OutboxRow))
    assert of_role(site, INSPECTOR) == []
    return found


def of_role(site: Site, role: str) -> list[str]:
    """Say why nobody can do the tasks of a role."""
    with reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(UnstaffedRow.why).where(UnstaffedRow.role == role)).scalars())


def told(site: Site) -> list[str]:
    """Name for whom mails were written."""
    with reading(site.services.engine) as connection:
        return sorted(connection.execute(sa.select(OutboxRow.recipient)).scalars())


def disable(site: Site, sign_in: str) -> None:
    with writing(site.services.engine) as connection:
        people.disable(connection, sign_in, site.clock())


def shows(site: Site, role: str, address: str, words: str) -> bool:
    return words in site.browser(role).page(address).text


def test_when_the_last_one_leaves_those_who_lead_and_operations_hear_once_until_somebody_can(
    site: Site, watch: Watch
) -> None:
    disable(site, INSPECTOR)
    site.clock.forward(seconds=5)
    assert watch.look(site.clock()) > 0
    first = told(site)
    assert any(CHIEF in each for each in first)
    assert any(OPERATOR in each for each in first)
    assert set(of_role(site, INSPECTOR)) == {"unheld"}
    site.clock.forward(seconds=5)
    assert watch.look(site.clock()) == 0
    assert Watch(site.services.engine, "https://homeward.example").look(site.clock()) == 0, (
        "another worker tells it again"
    )
    assert told(site) == first

    words = "Nobody who can sign in holds this role"
    assert shows(site, OPERATOR, "/operations", words)
    assert shows(site, CHIEF, "/tasks", words)
    assert not shows(site, "call_taker", "/tasks", words)
    assert not shows(site, "csc_team_manager", "/tasks", words)

    with writing(site.services.engine) as connection:
        people.enable(connection, INSPECTOR)
    site.clock.forward(seconds=5)
    watch.look(site.clock())
    assert of_role(site, INSPECTOR) == []
    assert told(site) == first
    assert not shows(site, CHIEF, "/tasks", words)


def test_a_task_that_opens_for_nobody_is_seen_and_a_look_without_news_costs_the_same_however_many_are_open(
    site: Site, watch: Watch
) -> None:
    def looked() -> int:
        site.clock.forward(minutes=2)
        with statements(site) as asked:
            watch.look(site.clock())
        return len(asked)

    quiet = []
    for stories in ((), demo_cases.STORIES[:2]):
        if stories:
            demo_cases.open_cases(site.services, site.clock(), stories)
        looked()  # at the cases that have just moved
        quiet.append(looked())
    assert quiet[0] == quiet[1] <= 9
    disable(site, "response_officer")
    watch.look(site.clock())
    site.opened()
    site.clock.forward(seconds=5)
    before = len(of_role(site, "response_officer"))
    watch.look(site.clock())
    assert len(of_role(site, "response_officer")) > before > 0


def test_a_lapsed_commission_and_people_of_the_wrong_council_leave_a_task_to_nobody(site: Site, watch: Watch) -> None:
    now = site.clock()
    demo_cases.open_cases(site.services, now, demo_cases.STORIES[2:3])
    with writing(site.services.engine) as connection:
        council = connection.execute(sa.text("SELECT max(responsible_authority) FROM episodes")).scalar_one()
        provider = next(iter(commissions.agencies(connection, commissions.PROVIDER)))
        lapsed = {"council": council, "provider": provider, "from_on": datetime(2026, 1, 1, tzinfo=UTC).date()}
        connection.execute(sa.insert(CommissionRow).values(**lapsed, until_on=None))
    watch.look(now)
    assert of_role(site, "rhi_worker") == []
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(CommissionRow).values(until_on=now.date()))
    watch.look(now)
    assert set(of_role(site, "rhi_worker")) == {"elsewhere"}
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(CommissionRow).values(until_on=None))
        connection.execute(sa.delete(MembershipRow).where(MembershipRow.role == "csc_mash"))
        connection.execute(sa.delete(MembershipRow).where(MembershipRow.role == "edt"))
        people.add_organisation(connection, "elsewhere", "Elsewhere Council", "local_authority")
        people.give_roles(connection, "csc_mash", [Membership("csc_mash", "elsewhere")])
    watch.look(now)
    assert of_role(site, "rhi_worker") == []
    assert set(of_role(site, "csc_mash")) == {"elsewhere"}


def test_behind_a_seal_only_the_group_hears_of_it(site: Site, watch: Watch) -> None:
    now = site.clock()
    with writing(site.services.engine) as connection:
        case_id = connection.execute(sa.select(TaskTable.case_id).distinct()).scalar_one()
        asked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id, TaskTable.status == "open").distinct()
        group = tuple(sorted(connection.execute(asked).scalars()))
        wanted = Wanted(case_id, (case_id,), group, "The father works in this control room.")
        seals.seal(connection, wanted, by=Actor(CHIEF, frozenset({CHIEF})), now=now)
    watch.look(now)
    assert of_role(site, INSPECTOR) == []
    disable(site, INSPECTOR)
    watch.look(now)
    assert set(of_role(site, INSPECTOR)) == {"sealed"}
    assert not shows(site, OPERATOR, "/operations", case_id)
    assert shows(site, CHIEF, "/tasks", "Nobody of the group of the seal holds this role")
    assert not any(OPERATOR in each for each in told(site))
