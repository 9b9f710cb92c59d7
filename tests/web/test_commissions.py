"""A council says who interviews its children: the provider that it commissions has its cases, and no other provider learns of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.message import Message
from notifications.outbox import OutboxRow
from tests.web.canaries import Planted, found_in
from tests.web.population import play
from tests.web.site import OPENING, Browser, Site
from web import case_access
from web.demo_people import ORGANISATIONS
from workflows import alerts, assigning, commissions, data_owners, on_call, people
from workflows.access import OF_ONE_PROVIDER, SEARCHES
from workflows.administration import ADMINISTRATOR, AdministrationRow
from workflows.agencies import ROLES
from workflows.commissioning import SERVICE
from workflows.commissions import PROVIDER, CommissionRow
from workflows.on_call import Wanted
from workflows.people import Membership

COUNTY, CITY = ORGANISATIONS["local_authority"][0], "nottingham_city"
FIRST, SECOND = ORGANISATIONS["interview_provider"][0], "next_steps"
WORKER, MANAGER, OTHER_WORKER, OTHER_MANAGER = "rhi_worker", "rhi_manager", "next_worker", "next_manager"
KEEPER = "city_administrator"
WHY = "The contract of this year"
FROM = {"from-day": "1", "from-month": "3", "from-year": "2026"}
CASE, BORN = "kit", date(2012, 5, 3)


@pytest.fixture
def second(site: Site) -> Site:
    """A site where a second provider works, and a second council with an administrator of its own."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, SECOND, "Next Steps", "interview_provider")
        people.add_organisation(connection, CITY, "Example City Council", "local_authority")
        for sign_in, role, organisation in (
            (OTHER_WORKER, WORKER, SECOND),
            (OTHER_MANAGER, MANAGER, SECOND),
            (KEEPER, ADMINISTRATOR, CITY),
        ):
            people.add(
                connection,
                sign_in,
                name=sign_in.replace("_", " "),
                mail=f"{sign_in}@example.org",
                password=None,
                memberships=[Membership(role, organisation)],
                now=site.clock(),
            )
    return site


def commission(site: Site, council: str, provider: str, status: int = 302, *, by: str = SERVICE, **typed: Any) -> str:
    sent = {"council": council, "provider": provider, "why": WHY, **FROM} | typed
    browser = site.browser(by)
    answer = browser.post("/commissions", data=sent | token(browser))
    assert answer.status_code == status, answer.text
    return answer.text


def day(moment: datetime) -> dict[str, Any]:
    return {"from-day": str(moment.day), "from-month": str(moment.month), "from-year": str(moment.year)}


def token(browser: Browser) -> dict[str, str]:
    """Give what every page with a form sends along."""
    return {"csrf_token": str(browser.page("/commissions").select("input[name=csrf_token]")[0]["value"])}


def ended(site: Site, number: int, day: date, status: int = 302, by: str = SERVICE, **typed: str) -> str:
    sent = {"until-day": str(day.day), "until-month": str(day.month), "until-year": str(day.year), "why": WHY} | typed
    browser = site.browser(by)
    answer = browser.post(f"/commissions/{number}/end", data=sent | token(browser))
    assert answer.status_code == status, answer.text
    return answer.text


def number_of(site: Site, provider: str) -> int:
    with reading(site.services.engine) as connection:
        return connection.execute(sa.select(CommissionRow.id).where(CommissionRow.provider == provider)).scalar_one()


LAST = ("close_police_enquiry", "close_case")


def interviewed(site: Site) -> tuple[Planted, str, str]:
    """Bring a child's case, in which every free text is a canary, to where the interview was held; give a task of the provider in it."""
    planted = Planted(site.services, site.clock(), CASE)
    case_id = planted.open()
    planted.work(until=("write_up_return_interview", *LAST))
    site.clock.now = site.wall_clock.now = planted.now
    return planted, case_id, task_of(site, case_id)


def task_of(site: Site, case_id: str) -> str:
    """Give an open task of the interviewers."""
    task = TaskTable
    theirs = sa.select(task.number).where(task.case_id == case_id, task.role == WORKER, task.status == "open")
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(theirs).scalars().first()}"


def actor(site: Site, sign_in: str) -> Actor:
    with reading(site.services.engine) as connection:
        return people.find(connection, sign_in).actor


def knows(site: Site, sign_in: str, case_id: str, task: str) -> bool:
    """Tell whether a person learns of a case and of what is in it: the pages that `knows_of` looks at, and the search."""
    browser, found = site.browser(sign_in), knows_of(site, sign_in, case_id, task)
    assert bool(found_in(browser.get(f"/cases/{case_id}").text)) is found
    assert (case_id in looked_up(browser, case_id)) is found
    return found


def knows_of(site: Site, sign_in: str, case_id: str, task: str) -> bool:
    """Tell whether a person learns of a case: its page, its task, the lists and who may be given a task agree."""
    browser, who = site.browser(sign_in), actor(site, sign_in)
    page = browser.get(f"/cases/{case_id}")
    found = page.status_code == 200
    assert page.status_code in {200, 404}
    assert browser.get(f"/tasks/{task}").status_code == (404 if not found else 200 if WORKER in who.roles else 403)
    assert (case_id in browser.page("/cases").text) is found
    assert (case_id in browser.page("/tasks").text) is (found and WORKER in who.roles)
    within = case_access.within(site.services.engine, who, case_id, now=site.clock()).roles
    assert within == (who.roles if found else frozenset())
    with reading(site.services.engine) as connection:
        may = assigning.may_do(connection, WORKER, case_id, who, now=site.clock())
    assert may is (found and WORKER in who.roles)
    return found


def looked_up(browser: Browser, case_id: str) -> str:
    """Search as somebody does, by name and by reference, and give what is found below the questions."""
    page = browser.page("/search")
    answers = [browser.send("/search", typed, form=page) for typed in ({"name": "Canary"}, {"reference": case_id})]
    pages = [BeautifulSoup(answer.text, "html.parser") for answer in answers]
    return " ".join(str(link["href"]) for shown in pages for link in shown.select("main a[href]"))


def told(site: Site, case_id: str) -> set[str]:
    """Name everybody whom a message about a case for the interviewers reaches, by mail or telephone."""
    row, found = OutboxRow, set[str]()
    with reading(site.services.engine) as connection:
        asked = sa.select(row.key, row.recipient, row.subject, row.text, row.urgent).where(row.key.startswith(case_id))
        for key, recipient, subject, text, urgent in connection.execute(asked.where(row.recipient.contains("rhi_"))):
            assert found_in(subject + text) == set()
            message = Message(key, recipient, subject, text, urgent=urgent)
            found |= {name.partition("/")[0] for name, _to in alerts.directory(connection, message, site.clock()) or ()}
    return found


def on_duty(site: Site) -> None:
    """Put a worker of each provider on call."""
    now = site.clock()
    for organisation, worker, manager in ((FIRST, WORKER, MANAGER), (SECOND, OTHER_WORKER, OTHER_MANAGER)):
        wanted = Wanted(organisation, WORKER, worker, now, now + timedelta(days=1), mobile="07700 900123")
        with writing(site.services.engine) as connection:
            on_call.enter(connection, wanted, by=actor(site, manager), now=now, key=worker)


def test_the_cases_of_a_council_are_those_of_its_provider_and_another_provider_learns_of_none(second: Site) -> None:
    """A worker of a second provider opened the case of the first one and saw its task: D8 followed the role alone."""
    planted, case_id, task = interviewed(second)
    on_duty(second)
    everybody = (WORKER, MANAGER, OTHER_WORKER, OTHER_MANAGER)
    assert [knows(second, each, case_id, task) for each in everybody] == [True] * 4, "nobody is commissioned yet"
    commission(second, CITY, FIRST, by=KEEPER)
    assert [knows(second, each, case_id, task) for each in everybody] == [True, True, False, False]
    assert {WORKER, MANAGER} <= told(second, case_id)
    assert told(second, case_id).isdisjoint({OTHER_WORKER, OTHER_MANAGER})
    urgent = Message(f"{case_id}/1/x", alerts.group((WORKER,), COUNTY), "Ring", "Ring", urgent=True)
    with reading(second.services.engine) as connection:
        reached = alerts.directory(connection, urgent, second.clock()) or ()
        owners = data_owners.find(connection, case_id, "duty_inspector", "example_police", second.clock()).of_case
    assert {each.sign_in for each in owners} & set(everybody) == {MANAGER}, "told of an opening with a reason"
    assert {name for name, _to in reached} == {WORKER, f"{WORKER}/sms-1"}, "by mail and by telephone"
    invented = "MC-AAAAAAAA"
    hidden, nowhere = (second.browser(OTHER_WORKER).page(f"/cases/{each}", 404).text for each in (case_id, invented))
    assert hidden.replace(case_id, invented) == nowhere
    ended(second, number_of(second, FIRST), second.clock().date(), by=KEEPER)
    assert [knows(second, each, case_id, task) for each in everybody] == [False] * 4, "who had one has none by a lapse"
    assert told(second, case_id).isdisjoint(everybody)
    assert "Nobody is commissioned today" in second.browser(KEEPER).page("/commissions").text
    commission(second, CITY, SECOND)
    assert [knows(second, each, case_id, task) for each in everybody] == [False, False, True, True]
    assert {OTHER_WORKER, OTHER_MANAGER} <= told(second, case_id)
    assert told(second, case_id).isdisjoint({WORKER, MANAGER})
    planted.work(until=LAST)
    assert ("D8", CASE) in found_in(second.browser(OTHER_WORKER).get(f"/cases/{case_id}").text)
    assert second.browser(WORKER).get(f"/cases/{case_id}").status_code == 404


def agreed(site: Site, provider: str, arranger: str = "host") -> str:
    """Let a child in care who lives in the area of another council come back, and two councils agree on a provider; give the case."""
    made = play(site.services, cases=0, until=site.clock(), days=1, seed=1)
    answer = site.browser("call_taker").send("/cases/open", OPENING | {"responsible_authority": CITY})
    case_id, now = answer.location.removeprefix("/tasks/").partition(".")[0], site.clock()
    elsewhere = {"looked_after": "yes", "out_of_area": "yes", "host_authority": "Example County", "date_of_birth": BORN}
    for element, answers in (
        ("acknowledge_handover", {}),
        ("complete_missing_report", elsewhere | {"approximate_age": None}),
        ("match_child", {"child": "new"}),
        ("assess_risk", {}),
        ("decide_risk_grade", {}),
        ("record_return", {}),
        ("agree_out_of_area", {"arranger": arranger, "provider": provider}),
    ):
        made.do(case_id, element, now, **answers)
    return case_id


def test_the_provider_that_two_councils_agreed_on_has_the_case_beside_the_commissioned_one(second: Site) -> None:
    commission(second, CITY, FIRST)
    case_id = agreed(second, SECOND)
    task = task_of(second, case_id)
    assert [knows_of(second, each, case_id, task) for each in (WORKER, OTHER_WORKER)] == [True, True]
    on_duty(second)
    assert {WORKER, OTHER_WORKER} <= told(second, case_id)


@pytest.mark.parametrize(("arranger", "provider"), [("host", "elsewhere"), ("home", SECOND)])
def test_an_agreement_that_names_no_provider_here_changes_nothing(second: Site, arranger: str, provider: str) -> None:
    commission(second, CITY, FIRST)
    case_id = agreed(second, provider, arranger)
    task = task_of(second, case_id)
    assert [knows_of(second, each, case_id, task) for each in (WORKER, OTHER_WORKER)] == [True, False]


def test_a_commission_counts_from_its_first_day_until_its_last_and_those_of_another_council_do_not(
    second: Site,
) -> None:
    now = second.clock()
    tomorrow, later = now + timedelta(days=1), now + timedelta(days=3)
    commission(second, CITY, FIRST, **day(tomorrow))
    ended(second, number_of(second, FIRST), later.date())
    with reading(second.services.engine) as connection:
        held = [commissions.in_force(connection, now + timedelta(days=day))[PROVIDER] for day in range(4)]
    assert held == [{}, {CITY: {FIRST}}, {CITY: {FIRST}}, {CITY: frozenset()}]


def test_midnight_is_that_of_england(second: Site) -> None:
    commission(second, CITY, FIRST, **day(datetime(2026, 4, 1, tzinfo=UTC)))
    with reading(second.services.engine) as connection:
        eve = second.clock().replace(month=3, day=31, hour=22, minute=59)
        assert commissions.in_force(connection, eve)[PROVIDER] == {}
        assert commissions.in_force(connection, eve + timedelta(minutes=1))[PROVIDER] == {CITY: {FIRST}}


def test_a_mistake_is_taken_back_on_its_first_day_and_bounds_nobody(second: Site) -> None:
    commission(second, CITY, FIRST)
    ended(second, number_of(second, FIRST), date(2026, 3, 1))
    with reading(second.services.engine) as connection:
        assert commissions.in_force(connection, second.clock())[PROVIDER] == {}
    page = second.browser(KEEPER).page("/commissions").text
    assert "taken back" in page
    assert "Every provider that works here sees" in page


def test_each_change_stands_in_the_log_with_its_reason(second: Site) -> None:
    commission(second, CITY, FIRST, by=KEEPER)
    ended(second, number_of(second, FIRST), date(2026, 4, 1), by=KEEPER, why="They have stopped")
    row = AdministrationRow
    asked = sa.select(row.by, row.what, row.new, row.why).where(row.agency == CITY).order_by(row.id)
    with reading(second.services.engine) as connection:
        assert [tuple(each) for each in connection.execute(asked)] == [
            (KEEPER, "provider commissioned", "Safe Steps from 1 March 2026", WHY),
            (KEEPER, "commission ended", "Safe Steps not any more from 1 April 2026", "They have stopped"),
        ]
    page = second.browser(KEEPER).page("/commissions").text
    assert "They have stopped" in page
    assert WHY in page


def test_a_councils_administrator_keeps_the_rows_of_that_council_and_of_no_other(second: Site) -> None:
    assert "Select a council that you look after" in commission(second, COUNTY, FIRST, 422, by=KEEPER)
    commission(second, COUNTY, FIRST)
    page = second.browser(KEEPER).page("/commissions").text
    assert "Example City Council" in page
    assert second.browser(KEEPER).page("/people").select('a[href="/commissions"]')
    assert not second.browser(ADMINISTRATOR).page("/people").select('a[href="/commissions"]')
    assert "Example County Council" not in page
    ended(second, number_of(second, FIRST), date(2026, 4, 1), 404, by=KEEPER)
    assert "You administer no council" in second.browser(ADMINISTRATOR).page("/commissions").text
    commission(second, COUNTY, SECOND, 422, by=ADMINISTRATOR)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"provider": COUNTY}, "Select the agency"),
        ({"from-day": "", "from-month": "", "from-year": ""}, "Enter the day from which it holds"),
        ({"from-day": "31", "from-month": "2"}, "must be a real date"),
        ({"from-day": "20", "from-month": "3"}, "is commissioned on that day already"),
        ({"why": ""}, "Say why"),
    ],
)
def test_what_cannot_be_is_refused_at_its_question_and_what_was_typed_stays(
    second: Site, typed: dict[str, str], said: str
) -> None:
    commission(second, CITY, FIRST)
    sent = {"provider": FIRST, "why": "Again"} | typed
    text = commission(second, CITY, status=422, **sent)
    assert said in text
    assert text.count("There is a problem") == 1
    assert f'value="{sent["why"]}"' in text or not sent["why"]


def test_all_that_is_wrong_is_said_at_once(second: Site) -> None:
    text = commission(second, "nobody", "nobody", 422, why="", **{"from-day": ""})
    for said in ("Select a council", "Select the agency", "must be a real date", "Say why"):
        assert said in text


def test_an_end_before_the_beginning_or_of_what_has_ended_is_refused(second: Site) -> None:
    commission(second, CITY, FIRST)
    number = number_of(second, FIRST)
    assert "It begins on 1 March 2026" in ended(second, number, date(2026, 2, 1), 422)
    ended(second, number, date(2026, 3, 2))
    assert "It has ended already" in ended(second, number, date(2026, 5, 1), 422)


def test_the_roles_of_a_provider_are_bounded_and_search_for_children() -> None:
    assert {key for key, role in ROLES.items() if role.kind == "interview_provider"} == OF_ONE_PROVIDER
    assert OF_ONE_PROVIDER <= SEARCHES
