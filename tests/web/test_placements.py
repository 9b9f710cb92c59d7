"""A placement sees the cases of the children in its care and no others, and has 24 hours to tell the inspectorate (5.2, T-41, G-37)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers
from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.message import Message
from notifications.outbox import OutboxRow
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_serious_event import NOTICE
from tests.web.population import EVERYBODY, Population, play
from tests.web.site import Site
from web import case_access
from workflows import alerts, children, erasing, people, philomena, seals
from workflows.access import OF_ONE_PLACEMENT
from workflows.agencies import ROLES
from workflows.children import ChildRow
from workflows.people import Membership
from workflows.philomena import Written
from workflows.promises import State, check
from workflows.serious_events import SeriousEventRow

ELM, OAK, MANAGER, OTHER = "elm_house", "oak_house", "placement_provider", "oak_manager"
BORN = date(2012, 5, 3)


@pytest.fixture
def oak(site: Site) -> Site:
    """A site where a second home works, with a manager of its own."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, OAK, "Oak House", "placement")
        people.add(
            connection,
            OTHER,
            name="Oak Manager",
            mail="oak@example.org",
            password=None,
            memberships=[Membership(MANAGER, OAK)],
            now=site.clock(),
        )
    return site


def suspected(site: Site, kept_by: str = "", **report: object) -> tuple[Population, str, str]:
    """Let public protection suspect exploitation of a child whose form a home keeps; give the episode and the case of the event."""
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    if kept_by:
        with writing(site.services.engine) as connection:
            about = Written("Kit Example", BORN, None, {"school": "Hill School"})
            carer = Actor("carer", frozenset({MANAGER}), kept_by)
            philomena.create(connection, kept_by, about, by=carer, now=site.clock())
    case_id, now = site.opened(), site.clock()
    told: dict[str, Any] = {"looked_after": "yes", "date_of_birth": BORN, "approximate_age": None, **report}
    made.do(case_id, "acknowledge_handover", now)
    made.do(case_id, "complete_missing_report", now, **told)
    return made, case_id, event_of(made, site, case_id, "new")


def event_of(made: Population, site: Site, case_id: str, child: str | None) -> str:
    """Let public protection suspect exploitation of a child who was reported; give the case of the event, or nothing."""
    for element, answers in (
        ("match_child", {"child": child}),
        ("assess_risk", {"ra_exploitation": "yes"}),
        ("decide_on_sign", {"confirmed": "suspected"}),
    ):
        made.do(case_id, element, site.clock(), **answers)
    timers.sweep(site.services.cases, now=site.clock())
    with reading(site.services.engine) as connection:
        event = connection.execute(sa.select(SeriousEventRow.case_id).where(SeriousEventRow.episode == case_id))
        return event.scalar_one_or_none() or ""


def do(site: Site, case_id: str, element: str, **typed: object) -> None:
    """Do an open task of the event, as its people do."""
    task = task_of(site, case_id, element)
    view = site.services.cases.task(task, by=Actor("somebody", EVERYBODY, ELM), now=site.clock())
    answers = view.form.load(posted(view.form, typed, site.clock()), scope=view.scope, now=site.clock())
    site.services.cases.complete(task, answers, by=Actor("somebody", EVERYBODY, ELM), now=site.clock(), key=task)


def task_of(site: Site, case_id: str, element: str) -> str:
    wanted = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.element == element)
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(wanted).scalar_one()}"


def knows(site: Site, sign_in: str, case_id: str) -> bool:
    """Tell whether a person may know of a case; inbox, list, search by reference, page of the case and of its task agree."""
    with reading(site.services.engine) as connection:
        who = people.find(connection, sign_in).actor
    found = case_id in case_access.readable_each(site.services.engine, who, [case_id], now=site.clock())
    browser, task = site.browser(sign_in), task_of(site, case_id, "notify_inspectorate")
    assert browser.get(f"/cases/{case_id}").status_code == (200 if found else 404)
    assert browser.get(f"/tasks/{task}").status_code == (200 if found else 404)
    for path in ("/tasks", "/cases"):
        assert (case_id in browser.page(path).text) == found
    within = case_access.lasting(site.services.engine, who, [case_id], frozenset({"D1"}), now=site.clock())
    assert within == frozenset(), "a placement keeps nothing once its child is 18"
    return found


def test_the_home_that_keeps_the_childs_form_sees_the_event_and_no_other_home_learns_of_it(oak: Site) -> None:
    _made, _episode, event = suspected(oak, ELM)
    assert knows(oak, MANAGER, event)
    assert not knows(oak, OTHER, event)
    invented = "SE-AAAAAAAA"
    hidden, nowhere = (oak.browser(OTHER).page(f"/cases/{each}", 404).text for each in (event, invented))
    assert hidden.replace(event, invented) == nowhere
    with reading(oak.services.engine) as connection:
        who = {name: people.find(connection, name).actor for name in (MANAGER, OTHER)}
    acting = {
        name: case_access.within(oak.services.engine, actor, event, now=oak.clock()).roles
        for name, actor in who.items()
    }
    assert acting == {MANAGER: {MANAGER}, OTHER: frozenset()}, "who may not see it may not answer it either"


def test_an_event_does_not_wait_until_the_one_before_it_is_answered(oak: Site) -> None:
    """Once the second suspicion in a week lay unseen for a day, because the first had not been seen to."""
    made, first, event = suspected(oak, ELM)
    with reading(oak.services.engine) as connection:
        child = children.child_of(connection, event) or ""
    made.do(first, "record_return", oak.clock())
    again = oak.opened()
    made.do(again, "complete_missing_report", oak.clock(), looked_after="yes", date_of_birth=BORN, approximate_age=None)
    second = event_of(made, oak, again, child)
    assert second not in {"", event}
    assert knows(oak, MANAGER, second)
    with reading(oak.services.engine) as connection:
        listed = children.cases_of(connection, child)
    assert {each.case_id for each in listed if each.procedure == "serious_event" and each.status == "open"} == {
        event, second,
    }  # fmt: skip


def test_the_event_goes_to_the_home_that_social_care_names(oak: Site) -> None:
    _made, _episode, event = suspected(oak)
    do(oak, event, "name_home", living="here", placement=OAK)
    assert knows(oak, OTHER, event)
    assert not knows(oak, MANAGER, event)


def test_a_task_of_a_placement_in_any_other_case_is_seen_by_who_keeps_the_childs_form(oak: Site) -> None:
    _made, episode, event = suspected(oak, ELM)
    with writing(oak.services.engine) as connection:
        task = sa.update(TaskTable).where(TaskTable.case_id == episode, TaskTable.status == "open")
        connection.execute(task.values(role=MANAGER))
        child = children.child_of(connection, event) or ""
    assert episode not in oak.browser(MANAGER).page("/tasks").text, "nobody has said whose form it is"
    with writing(oak.services.engine) as connection:
        form = connection.execute(sa.select(philomena.FormRow.id)).scalar_one()
        philomena.say_whose(connection, form, child, by=Actor("call_taker"), now=oak.clock())
    assert episode in oak.browser(MANAGER).page("/tasks").text
    assert oak.browser(MANAGER).get(f"/cases/{episode}").status_code == 200
    assert episode not in oak.browser(OTHER).page("/tasks").text
    assert oak.browser(OTHER).get(f"/cases/{episode}").status_code == 404


def test_mails_of_the_event_go_to_the_people_of_the_home_alone_and_name_nobody(oak: Site) -> None:
    _made, _episode, event = suspected(oak, OAK)
    with reading(oak.services.engine) as connection:
        rows = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.startswith(event))).all()
        [mail] = [row for row in rows if "placement_provider" in row.recipient]
        message = Message(mail.key, mail.recipient, mail.subject, mail.text, urgent=False)
        told = alerts.directory(connection, message, oak.clock())
    assert told == [(OTHER, "oak@example.org")]
    assert "Kit" not in mail.subject + mail.text


def test_the_home_that_keeps_the_childs_form_is_asked_what_it_knows_and_hears_of_it_alone(oak: Site) -> None:
    """Once only social care was asked for the update that the protocol asks of the placement too (T-12)."""
    made, first, event = suspected(oak, OAK)
    with writing(oak.services.engine) as connection:
        child = children.child_of(connection, event) or ""
        form = connection.execute(sa.select(philomena.FormRow.id)).scalar_one()
        philomena.say_whose(connection, form, child, by=Actor("call_taker"), now=oak.clock())
    made.do(first, "record_return", oak.clock())
    again = oak.opened()
    made.do(again, "complete_missing_report", oak.clock(), looked_after="yes", date_of_birth=BORN, approximate_age=None)
    made.do(again, "match_child", oak.clock(), child=child)
    assert again in oak.browser(OTHER).page("/tasks").text
    assert again not in oak.browser(MANAGER).page("/tasks").text
    oak.clock.forward(hours=5)
    oak.sweep()
    with reading(oak.services.engine) as connection:
        rows = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.startswith(again))).all()
        [mail] = [row for row in rows if "placement_provider" in row.recipient]
        message = Message(mail.key, mail.recipient, mail.subject, mail.text, urgent=False)
        assert alerts.directory(connection, message, oak.clock()) == [(OTHER, "oak@example.org")]
    made.do(again, "update_police_as_placement", oak.clock(), by=OTHER)
    assert oak.browser(OTHER).get(f"/cases/{again}").status_code == 200


def recorded(site: Site, sign_in: str, form: str, *, times: int = 1) -> list[tuple[str, str]]:
    """Record a serious event from the page of a carer's form, perhaps twice by mistake; give the cases with their children."""
    browser = site.browser(sign_in)
    page = browser.page(f"/philomena/{form}")
    button = next(each for each in page.select("form") if str(each["action"]).endswith("/event"))
    for _ in range(times):
        typed = {str(each["name"]): str(each["value"]) for each in button.select("input")}
        assert browser.post(str(button["action"]), data=typed).status_code == 303
    timers.sweep(site.services.cases, now=site.clock())
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(SeriousEventRow.case_id, SeriousEventRow.child_id))
        return [(row.case_id, row.child_id) for row in rows]


def kept_form(site: Site, owner: str, name: str) -> str:
    with writing(site.services.engine) as connection:
        carer = Actor("carer", frozenset({MANAGER}), owner)
        return philomena.create(connection, owner, Written(name, BORN, None, {}), by=carer, now=site.clock())


def test_a_home_records_an_event_of_its_own_child_by_hand_and_once(oak: Site) -> None:
    form = kept_form(oak, OAK, "Kit Example")
    assert oak.browser(MANAGER).get(f"/philomena/{form}").status_code == 404
    [(event, child)] = recorded(oak, OTHER, form, times=2)
    assert child == "", "nobody here knows the child yet"
    assert knows(oak, OTHER, event)
    assert not knows(oak, MANAGER, event)
    do(oak, event, "notify_inspectorate", **NOTICE)
    with reading(oak.services.engine) as connection:
        assert connection.execute(sa.select(SeriousEventRow.told_at)).scalar_one() == oak.clock()


def test_an_event_that_a_home_records_is_about_the_child_whom_we_know(oak: Site) -> None:
    suspected(oak, looked_after="no", legal_status=None)
    [(event, child)] = recorded(oak, OTHER, kept_form(oak, OAK, "Kit Example"))
    with reading(oak.services.engine) as connection:
        assert child == connection.execute(sa.select(ChildRow.child_id)).scalar_one()
    case_access.of_child(oak.services.engine, people_of(oak, "ppu_cse_unit"), child, now=oak.clock())
    assert event in case_access.of_child(oak.services.engine, people_of(oak, OTHER), child, now=oak.clock())[1]


def test_an_event_that_a_home_records_of_a_sealed_child_is_covered_by_the_seal(oak: Site) -> None:
    """Once it was left open to the home, and whoever searched for the child found the sealed record by it."""
    _made, episode, _none = suspected(oak, looked_after="no", legal_status=None)
    form = kept_form(oak, OAK, "Kit Example")
    asked = sa.select(TaskTable.role).where(TaskTable.case_id == episode, TaskTable.status == "open").distinct()
    with writing(oak.services.engine) as connection:
        child = children.child_of(connection, episode) or ""
        group = tuple(connection.execute(asked).scalars())
        wanted = seals.Wanted(child, (episode,), group, "A carer of the child works in this control room.")
        seals.seal(connection, wanted, by=people.find(connection, "superintendent").actor, now=oak.clock())
    [(event, about)] = recorded(oak, OTHER, form)
    assert about == child
    with reading(oak.services.engine) as connection:
        covered = connection.execute(sa.select(seals.SealCaseRow.case_id)).scalars().all()
    assert set(covered) == {episode, event}


def test_an_event_that_a_home_recorded_before_anybody_knew_the_child_is_erased_with_the_child(oak: Site) -> None:
    """Once the case was left, with the child's name in it, when all else of the child was gone."""
    form = kept_form(oak, OAK, "Kit Example")
    other = kept_form(oak, OAK, "Robin Example")
    [(event, nobody)] = recorded(oak, OTHER, form)
    assert nobody == ""
    (another,) = {case_id for case_id, _about in recorded(oak, OTHER, other)} - {event}
    _made, episode, _none = suspected(oak, looked_after="no", legal_status=None)
    with writing(oak.services.engine) as connection:
        child = children.child_of(connection, episode) or ""
        philomena.say_whose(connection, form, child, by=Actor("call_taker"), now=oak.clock())
        subject = erasing.find(connection, child)
    assert subject is not None
    found = {each.case_id for each in subject.cases}
    assert (found >= {episode, event}, another in found) == (True, False)


def people_of(site: Site, sign_in: str) -> Actor:
    with reading(site.services.engine) as connection:
        return people.find(connection, sign_in).actor


def state(site: Site, episode: str, now: datetime) -> State | None:
    with reading(site.services.engine) as connection:
        found = [each for each in check(connection, [episode], now=now) if each.promise.id == "G-37"]
    return found[0].state if found else None


def test_the_inspectorate_is_told_in_a_day_or_the_promise_is_broken(site: Site) -> None:
    _made, episode, event = suspected(site, ELM)
    began = site.clock()
    assert state(site, episode, began + timedelta(hours=23)) is State.PENDING
    assert state(site, episode, began + timedelta(hours=25)) is State.BROKEN
    site.clock.forward(hours=20)
    do(site, event, "notify_inspectorate", **NOTICE)
    assert state(site, episode, began + timedelta(hours=48)) is State.KEPT


def test_a_notice_after_a_day_breaks_it_and_says_why(site: Site) -> None:
    _made, episode, event = suspected(site, ELM)
    site.clock.forward(hours=30)
    do(site, event, "notify_inspectorate", **NOTICE)
    with reading(site.services.engine) as connection:
        [found] = [each for each in check(connection, [episode], now=site.clock()) if each.promise.id == "G-37"]
    assert found.state is State.BROKEN
    assert found.reason == NOTICE["why_late"]


def test_nothing_is_owed_without_a_home_or_without_a_child_in_care(site: Site) -> None:
    _made, episode, event = suspected(site)
    do(site, event, "name_home", living="none", why_none="With a foster carer")
    assert state(site, episode, site.clock() + timedelta(days=3)) is None
    _made, other, none = suspected(site, looked_after="no", legal_status=None)
    assert none == ""
    assert state(site, other, site.clock() + timedelta(days=3)) is None


def test_every_role_of_a_placement_counts_in_its_own_cases_alone() -> None:
    of_placements = {key for key, role in ROLES.items() if role.kind == "placement"}
    assert of_placements == {MANAGER, "responsible_individual"} == OF_ONE_PLACEMENT
