"""A case belongs to one responsible council: the other sees no task of it, and of a child who is missing what a host sees."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.message import Message
from notifications.outbox import OutboxRow
from tests.web.site import OPENING, Site, statements
from web import case_access
from workflows import alerts, people
from workflows.access import HOST_VIEW, Standing, readable
from workflows.audience import audience
from workflows.episodes import EpisodeRow
from workflows.people import Membership

CITY, COUNTY = "nottingham_city", "nottinghamshire_county"
DESK = "csc_mash"
CITY_DESK = "city_desk"
ALL_OF_THE_DESK = readable({DESK}, standing=Standing.OPEN)
AS_HOST = readable(HOST_VIEW, standing=Standing.OPEN)


@pytest.fixture
def city(site: Site) -> Site:
    """A site where a second council works, with a desk of its own."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, CITY, "Example City Council", "local_authority")
        for sign_in, role in ((CITY_DESK, DESK), ("city_worker", "csc_social_worker")):
            people.add(
                connection,
                sign_in,
                name=sign_in.replace("_", " "),
                mail=f"{sign_in}@example.org",
                password=None,
                memberships=[Membership(role, CITY)],
                now=site.clock(),
            )
    return site


def opened(site: Site, authority: str) -> str:
    browser = site.browser("call_taker")
    answer = browser.send("/cases/open", OPENING | {"responsible_authority": authority})
    return answer.location.removeprefix("/tasks/").partition(".")[0]


def task_of_the_desk(site: Site, case_id: str) -> str:
    wanted = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.role == DESK)
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(wanted).scalars().first()}"


def classes(site: Site, sign_in: str, case_id: str) -> frozenset[str] | None:
    with reading(site.services.engine) as connection:
        who = people.find(connection, sign_in).actor
    return case_access.readable_each(site.services.engine, who, [case_id], now=site.clock()).get(case_id)


def test_the_desk_of_the_other_council_has_no_task_and_sees_what_a_host_sees(city: Site) -> None:
    ours, theirs = opened(city, COUNTY), opened(city, CITY)
    for sign_in, own, other in ((DESK, ours, theirs), (CITY_DESK, theirs, ours)):
        browser = city.browser(sign_in)
        tasks = browser.page("/tasks").text
        assert own in tasks
        assert other not in tasks
        mine = browser.page(f"/tasks/{task_of_the_desk(city, own)}")
        assert browser.send(f"/tasks/{task_of_the_desk(city, other)}", form=mine).status_code == 403
        assert classes(city, sign_in, own) == ALL_OF_THE_DESK
        assert classes(city, sign_in, other) == AS_HOST
        listed = browser.page("/cases").text
        assert own in listed
        assert other in listed


def test_who_has_no_task_in_the_other_council_s_case_does_not_learn_of_it(city: Site) -> None:
    case_id = opened(city, COUNTY)
    with writing(city.services.engine) as connection:
        connection.execute(
            sa.update(TaskTable)
            .where(TaskTable.case_id == case_id, TaskTable.role == DESK)
            .values(role="csc_social_worker")
        )
    assert classes(city, "csc_social_worker", case_id)
    assert classes(city, "city_worker", case_id) is None
    browser, invented = city.browser("city_worker"), "MC-AAAAAAAA"
    hidden, nowhere = (browser.page(f"/cases/{each}", 404).text for each in (case_id, invented))
    assert hidden.replace(case_id, invented) == nowhere
    assert browser.get(f"/tasks/{task_id(city, case_id)}").status_code == 404
    assert case_id not in browser.page("/tasks").text
    assert case_id not in browser.page("/cases").text


def task_id(site: Site, case_id: str) -> str:
    wanted = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.role == "csc_social_worker")
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(wanted).scalars().first()}"


@pytest.mark.parametrize("authority", ["not_known", "another"])
def test_where_no_council_that_works_here_is_responsible_each_takes_the_notice(city: Site, authority: str) -> None:
    case_id = opened(city, authority)
    for sign_in in (DESK, CITY_DESK):
        assert case_id in city.browser(sign_in).page("/tasks").text
        assert classes(city, sign_in, case_id) == ALL_OF_THE_DESK


def test_the_case_goes_over_when_the_report_is_put_right(city: Site) -> None:
    case_id = opened(city, CITY)
    with writing(city.services.engine) as connection:
        connection.execute(
            sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id).values(responsible_authority=COUNTY)
        )
    assert classes(city, CITY_DESK, case_id) == AS_HOST
    assert classes(city, DESK, case_id) == ALL_OF_THE_DESK
    assert case_id not in city.browser(CITY_DESK).page("/tasks").text


def test_both_councils_that_hold_a_copy_are_told_of_a_correction_once_and_of_nothing_but_the_reference(
    city: Site,
) -> None:
    """Only roles with open work were told: the council that looks on as a host, and whoever had done their part, heard nothing."""
    case_id, told = opened(city, COUNTY), []
    with writing(city.services.engine) as connection:
        done = sa.update(TaskTable).where(TaskTable.case_id == case_id, TaskTable.role.startswith("csc_"))
        connection.execute(done.values(status="completed"))
    city.services.cases.correct(
        case_id,
        "case_opening",
        "",
        {"last_place": "The canal bridge"},
        by=Actor("ann", frozenset({"mfh_coordinator"})),
        now=city.clock(),
        key="c",
        reason="Misheard",
    )
    with reading(city.services.engine) as connection:
        row = OutboxRow
        asked = sa.select(row.key, row.recipient, row.subject, row.text).where(row.key.contains("/correction/"))
        for key, recipient, subject, text in connection.execute(asked):
            message = Message(key, recipient, subject, text)
            told += [name for name, _address in alerts.directory(connection, message, city.clock()) or ()]
            assert case_id in subject
            assert "canal" not in text
    assert sorted(name for name in told if name in {DESK, CITY_DESK, "city_worker"}) == [CITY_DESK, DESK]
    assert len(told) == len(set(told))


def test_lists_of_figures_show_no_case_of_the_other_council(city: Site) -> None:
    ours, theirs = opened(city, COUNTY), opened(city, CITY)
    with reading(city.services.engine) as connection:
        desk = people.find(connection, CITY_DESK).actor
    found = case_access.lasting(city.services.engine, desk, [ours, theirs], frozenset({"D2"}), now=city.clock())
    assert found == {theirs}


def test_a_role_in_both_councils_counts_in_both(city: Site) -> None:
    both = Actor("joint", frozenset({"edt"}), CITY, frozenset({("edt", CITY), ("edt", COUNTY)}))
    with reading(city.services.engine) as connection:
        bounds = audience(connection, both, city.clock())
    assert bounds.counting(CITY) == bounds.counting(COUNTY) == {"edt"}
    assert list(bounds.conditions("edt", TaskTable.case_id)) == []


def test_the_police_ask_for_seals_alone(site: Site) -> None:
    with reading(site.services.engine) as connection, statements(site) as asked:
        audience(connection, Actor("mfh", frozenset({"mfh_coordinator"}), "police"), site.clock())
    assert len(asked) == 1
    assert "seals" in asked[0]
