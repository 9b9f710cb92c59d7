"""A sealed record in the database, on SQLite and PostgreSQL: what is opened for it is behind the seal, and its group alone is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, datetime
from threading import Event

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.model import Actor, Facts
from engine.store import CaseTable, reading, writing
from engine.views import Step
from notifications.outbox import OutboxRow
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_referral import PAGES
from workflows import break_glass, catalogue, data_owners, people, seals
from workflows.agencies import ROLES
from workflows.audience import audience
from workflows.break_glass import GlassMails
from workflows.children import ChildRow, sounds_text
from workflows.matching import CANDIDATES
from workflows.operations import OPERATIONS
from workflows.people import Membership
from workflows.seals import SealCaseRow, SealedMeanwhile, Wanted

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
def record(engine: sa.Engine, now: datetime) -> str:
    """The record of a child, joined to an older one; with the people who work here."""
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
    return CHILD


@pytest.fixture
def cases(engine: sa.Engine, now: datetime) -> Cases:
    """The door to the cases, with the procedure of a referral."""
    made = Cases(engine, observers=catalogue.observers("https://h.example"), operations=OPERATIONS, veil=seals.veil)
    made.publish(catalogue.files("referral"), by="x", now=now, roles=tuple(ROLES))
    return made


def sealed(connection: sa.Connection, now: datetime, *seen: str) -> int:
    """Seal the older record, as the chief inspector does who has `seen` these cases."""
    wanted = Wanted(OLDER, (EPISODE,), ("inside",), WHY, (EPISODE, *seen))
    return seals.seal(connection, wanted, by=who(connection, "chief"), now=now)


def referred(cases: Cases, by: str, now: datetime) -> str:
    """Open a referral about the child."""
    form = cases.opening("referral").form
    typed = posted(form, {**PAGES["referral_received"], "child": CHILD, "episode": ""}, now)
    with reading(cases.engine) as connection:
        person = who(connection, by)
    return cases.open("referral", form.load(typed, scope={}, now=now), by=person, now=now, key=by).case_id


@pytest.fixture
def referral(cases: Cases, record: str, now: datetime) -> str:
    """A referral about the child, who is sealed, that somebody of the group has opened."""
    assert record
    with writing(cases.engine) as connection:
        sealed(connection, now)
    return referred(cases, "inside", now)


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


# Two at once ------------------------------------------------------------------------------------------------------------


def covered(engine: sa.Engine) -> set[str]:
    """Name the cases that a seal covers."""
    with reading(engine) as connection:
        return set(connection.execute(sa.select(SealCaseRow.case_id)).scalars())


def opened(engine: sa.Engine) -> list[str]:
    """Name the cases that there are."""
    with reading(engine) as connection:
        return list(connection.execute(sa.select(CaseTable.id)).scalars())


@pytest.mark.parametrize("by", ["outside", "inside"])
def test_a_case_that_is_opened_while_a_seal_is_made_is_behind_it_or_is_not_opened(
    cases: Cases, record: str, now: datetime, by: str
) -> None:
    """On PostgreSQL the opening did not see the seal, which was not committed yet, and the case was open to everybody."""
    assert record
    with ThreadPoolExecutor(1) as other:
        with writing(cases.engine) as connection:
            sealed(connection, now)
            opening = other.submit(referred, cases, by, now)
            assert wait([opening], timeout=1).not_done, "it waits for the seal"
        if by == "inside":
            assert {EPISODE, opening.result(30)} == covered(cases.engine)
        else:
            with pytest.raises(SealedMeanwhile):
                opening.result(30)
            assert opened(cases.engine) == []


def test_a_seal_that_is_made_while_a_case_is_opened_covers_it(cases: Cases, record: str, now: datetime) -> None:
    """Whoever seals chose among the cases before that one was there."""
    assert record
    held, go_on = Event(), Event()

    def hold(_connection: sa.Connection, _step: Step) -> None:
        held.set()
        assert go_on.wait(30)

    slow = Cases(cases.engine, observers=[*cases.observers, hold], operations=OPERATIONS)
    with ThreadPoolExecutor(2) as others:
        opening = others.submit(referred, slow, "outside", now)
        assert held.wait(30)
        sealing = others.submit(seal_now, cases.engine, now)
        assert wait([sealing], timeout=1).not_done, "it waits for the opening"
        go_on.set()
        new = opening.result(30)
        sealing.result(30)
    assert covered(cases.engine) == {EPISODE, new}


def seal_now(engine: sa.Engine, now: datetime, *seen: str) -> None:
    with writing(engine) as connection:
        sealed(connection, now, *seen)


def test_what_stood_on_the_page_and_was_not_chosen_is_not_covered(cases: Cases, record: str, now: datetime) -> None:
    assert record
    seal_now(cases.engine, now, referred(cases, "outside", now))
    assert covered(cases.engine) == {EPISODE}


# What is seen of those who are sealed later -----------------------------------------------------------------------------


def test_a_candidate_who_is_sealed_later_has_no_name_any_more(engine: sa.Engine, record: str, now: datetime) -> None:
    """A match kept the name and the date of birth of each candidate, and every later reader of the case was shown them."""
    named = {"value": OLDER, "label": "Robin Example, 3 May 2012"}
    joined, other = {**named, "value": record}, {"value": "CH-55555555", "label": "Sascha Sample"}
    facts: Facts = {CANDIDATES: {"": {"matches": [named, joined, other], "count": 3}}, "known": {"": {"age": 13}}}
    with writing(engine) as connection:
        assert seals.veil(connection, "MC-1", facts, who(connection, "outside")) == facts
        sealed(connection, now)
        assert seals.veil(connection, "MC-1", facts, who(connection, "inside")) == facts
        assert seals.veil(connection, "MC-1", facts, who(connection, "gold")) == facts
        seen = seals.veil(connection, "MC-1", facts, who(connection, "outside"))
    unnamed = {**named, "label": seals.CANDIDATE}
    assert seen[CANDIDATES][""] == {"matches": [unnamed, {**unnamed, "value": record}, other], "count": 3}
    assert seen["known"] == facts["known"]
    assert facts[CANDIDATES][""]["matches"] == [named, joined, other], "what is kept is as it was"
