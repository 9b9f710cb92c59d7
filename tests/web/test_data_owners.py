"""A case that is opened with a reason: those who answer for it are told and read why, and nobody else learns of the case by it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from engine.store import TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import OPENING, Site
from tests.web.test_placements import ELM, OAK, suspected
from tests.web.test_search import shapes, without_tokens
from workflows import people, seals
from workflows.agencies import ROLES
from workflows.data_owners import ANSWERS, OWNERS, owner_of
from workflows.people import Membership
from workflows.seals import Wanted

CITY, COUNTY = "nottingham_city", "nottinghamshire_county"
GOLD, CHIEF, COORDINATOR, MANAGER = "superintendent", "chief_inspector_missing", "mfh_coordinator", "csc_team_manager"
CITY_MANAGER, OAK_HEAD = "city_manager", "oak_head"
NOBODYS = "MC-ZZZZZZZZ"
WHY = "Wrenbird Example is at our door and asks for the aunt's address."


@dataclass(frozen=True)
class Mail:
    """A mail about an opening."""

    to: str
    subject: str
    text: str


@pytest.fixture
def town(site: Site) -> Site:
    """A site where a second council, a second home and a second co-ordinator work."""
    told = {CITY_MANAGER: (MANAGER, CITY), OAK_HEAD: ("responsible_individual", OAK)}
    told |= {"other_coordinator": (COORDINATOR, "example_police"), "county_nurse": ("edt", COUNTY)}
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, CITY, "Example City Council", "local_authority")
        people.add_organisation(connection, OAK, "Oak House", "placement")
        for sign_in, (role, where) in told.items():
            held, mail = [Membership(role, where)], f"{sign_in}@example.org"
            people.add(
                connection, sign_in, name="A Sample", mail=mail, password=None, memberships=held, now=site.clock()
            )
    return site


def opened(site: Site, council: str) -> str:
    """Report a child of a council."""
    answer = site.browser("call_taker").send("/cases/open", OPENING | {"responsible_authority": council})
    return answer.location.removeprefix("/tasks/").partition(".")[0]


def sealed(site: Site) -> str:
    """Report a child of the county, and seal the case for whoever has a task in it."""
    case_id = opened(site, COUNTY)
    with writing(site.services.engine) as connection:
        asked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id, TaskTable.status == "open").distinct()
        group = tuple(sorted(connection.execute(asked).scalars()))
        chief = people.find(connection, CHIEF).actor
        seals.seal(connection, Wanted(case_id, (case_id,), group, "The father works here."), by=chief, now=site.clock())
    return case_id


def broken(site: Site, who: str, reference: str) -> list[Mail]:
    """Open a case with a reason; give the mails that it caused, by recipient."""
    with reading(site.services.engine) as connection:
        before = set(connection.execute(sa.select(OutboxRow.key)).scalars())
    assert site.browser(who).send("/break-glass", {"reference": reference, "reason": WHY}).status_code == 200
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.not_in(before))).all()
    assert all(row.urgent for row in rows)
    return sorted((Mail(row.recipient, row.subject, row.text) for row in rows), key=lambda mail: mail.to)


def told(mails: list[Mail], reference: str) -> set[str]:
    """Name who was told of the case itself."""
    return {mail.to.partition("@")[0] for mail in mails if reference in mail.subject}


def log(site: Site, who: str) -> str:
    return " ".join(site.browser(who).page("/break-glass/log").select("main")[0].text.split())


def test_a_council_s_case_is_told_to_the_force_and_to_that_council_and_they_read_why(town: Site) -> None:
    """Every co-ordinator, team manager, provider and auditor of every agency was told of every opening, and read its reason."""
    theirs = opened(town, CITY)
    mails = broken(town, "health", theirs)
    assert told(mails, theirs) == {COORDINATOR, "other_coordinator", CITY_MANAGER}
    assert all(WHY not in mail.text and "Alex" not in mail.text for mail in mails)
    for who in (COORDINATOR, CITY_MANAGER, GOLD, "health"):
        assert WHY in log(town, who), who
        assert theirs in log(town, who)
    for who in [*sorted(set(ROLES) - {COORDINATOR, GOLD, "health"}), OAK_HEAD]:
        page = log(town, who)
        assert theirs not in page, who
        assert "Wrenbird" not in page, who


def test_a_sealed_case_is_told_to_its_group_alone(town: Site) -> None:
    """Who was shut out by the seal read the reference and the child's name in the reason that somebody had typed."""
    case_id = sealed(town)
    with reading(town.services.engine) as connection:
        group = seals.group_of(connection, case_id)
    assert group
    mails = broken(town, "edt", case_id)
    assert told(mails, case_id) == set(group)
    assert {COORDINATOR, MANAGER, "rhi_manager", "audit_lead"}.isdisjoint(group)
    for who in sorted(set(ROLES) - {"edt"}):
        assert (case_id in log(town, who)) == ("Wrenbird" in log(town, who)) == (who in group), who


def test_whoever_answers_for_the_opener_s_organisation_cannot_tell_an_invented_case_from_a_sealed_one(
    town: Site,
) -> None:
    others, shut, invented = opened(town, CITY), sealed(town), NOBODYS
    own, pages, asked = [], [], []
    for reference in (shut, invented, others):
        with shapes(town) as sent:
            mails = broken(town, "edt", reference)
        asked.append(sent)
        own.append([mail for mail in mails if mail.to.startswith(f"{MANAGER}@")])
        assert reference not in str(own[-1])
        pages.append(log(town, MANAGER))
    assert own[0] == own[1] == own[2]
    assert len(own[0]) == 1
    assert asked[0] == asked[1] == asked[2]
    rows = [page.count("Not told") for page in pages]
    assert rows == [1, 2, 3]
    assert "Wrenbird" not in pages[-1]
    assert NOBODYS in log(town, GOLD), "somebody reads the reason for a reference that nobody has"
    assert NOBODYS not in log(town, COORDINATOR)


def test_the_opener_is_answered_alike_and_reads_what_they_typed(town: Site) -> None:
    shut, answers = sealed(town), []
    for reference in (shut, NOBODYS):
        browser = town.browser(COORDINATOR)
        text = browser.send("/break-glass", {"reference": reference, "reason": WHY}).text
        answers.append(without_tokens(text).replace(reference, "REFERENCE"))
        assert reference in log(town, COORDINATOR)
    assert answers[0] == answers[1]
    assert "Not told" in log(town, "other_coordinator")
    assert shut not in log(town, "other_coordinator")


def test_a_home_is_told_of_a_child_in_its_care_and_no_other_home(town: Site) -> None:
    _made, _episode, event = suspected(town, ELM)
    mails = broken(town, "health", event)
    assert "responsible_individual" in told(mails, event)
    assert OAK_HEAD not in told(mails, event)
    assert event in log(town, "responsible_individual")
    assert "Nobody has opened" in log(town, OAK_HEAD)


def test_a_provider_is_told_once_it_has_a_task_in_the_case(town: Site) -> None:
    case_id = opened(town, COUNTY)
    assert "rhi_manager" not in told(broken(town, "health", case_id), case_id)
    with writing(town.services.engine) as connection:
        task = sa.update(TaskTable).where(TaskTable.case_id == case_id, TaskTable.role == "csc_mash")
        connection.execute(task.values(role="rhi_worker"))
    assert "rhi_manager" in told(broken(town, "health", case_id), case_id)


def test_an_organisation_without_an_owner_has_an_administrator_and_else_a_superintendent(town: Site) -> None:
    own = [mail.to.partition("@")[0] for mail in broken(town, "health", NOBODYS)]
    assert own == [GOLD]
    with writing(town.services.engine) as connection:
        held, mail = [Membership("agency_administrator", "example_health")], "ward@example.org"
        people.add(
            connection, "ward_admin", name="A Sample", mail=mail, password=None, memberships=held, now=town.clock()
        )
    own = [mail.to.partition("@")[0] for mail in broken(town, "health", NOBODYS)]
    assert own == [GOLD, "ward"], "what no record is called has nobody who answers for it, either"
    assert "Not told" in log(town, "ward_admin")


def test_every_kind_of_organisation_has_somebody_who_answers() -> None:
    assert {owner_of(role) for role in ROLES} == ANSWERS
    assert all(ROLES[role].kind == kind for kind, role in OWNERS.items())
