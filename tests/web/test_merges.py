"""The pages on which two people join two records of one child, and take it back."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from engine.store import CaseTable, ReadTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from tests.web.test_search import reported
from web.merges import PURPOSE
from workflows import children, retention
from workflows.seals import SealRow

COORDINATOR, SERGEANT = "mfh_coordinator", "locate_sergeant"


@pytest.fixture
def pair(site: Site) -> tuple[str, str]:
    """Two records of one child, the second with another spelling."""
    names = (("Robin Example", date(2012, 5, 3)), ("Robyn Exampel", date(2012, 5, 4)))
    one, other = (reported(site, name, born).replace("MC-", "CH-") for name, born in names)
    return one, other


def proposed(site: Site, pair: tuple[str, str]) -> str:
    """Propose that they are one as the co-ordinator does; give the address of the proposal."""
    typed = {"stays": pair[0], "reason": "The same aunt reported both"}
    answer = site.browser(COORDINATOR).send(f"/children/{pair[0]}/same/{pair[1]}", typed)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def act(browser: Browser, place: str, what: str, typed: dict[str, str]) -> TestResponse:
    """Send the form of a proposal's page."""
    return browser.send(f"{place}/{what}", typed, form=browser.page(place))


def main_of(site: Site, child_id: str) -> str:
    with reading(site.services.engine) as connection:
        found = children.find(connection, child_id)
    assert found
    return found.child_id


def test_two_records_are_found_compared_joined_by_two_and_taken_apart(site: Site, pair: tuple[str, str]) -> None:
    coordinator, sergeant = site.browser(COORDINATOR), site.browser(SERGEANT)
    ask = coordinator.page(f"/children/{pair[0]}").find("a", string=re.compile("same child as another"))
    assert ask
    candidates = coordinator.page(str(ask["href"]))
    assert "Robyn Exampel" in candidates.text
    side = coordinator.page(f"/children/{pair[0]}/same/{pair[1]}")
    differing = [next(row.th.stripped_strings) for row in side.select("tbody tr") if row.th and "Differs" in row.text]
    assert differing == ["Name", "Born"]

    place = proposed(site, pair)
    assert "Decide whether two records" not in coordinator.page("/tasks").text
    assert "You proposed this" in coordinator.page(place).text
    task = sergeant.page("/tasks").find("a", string="Decide whether two records are one child")
    assert task
    assert task["href"] == place
    assert "Robyn" not in sergeant.page("/tasks").text
    assert main_of(site, pair[1]) == pair[1]

    assert act(sergeant, place, "decide", {"decision": "agree"}).status_code == 303
    assert main_of(site, pair[1]) == pair[0]
    page = coordinator.page(f"/children/{pair[1]}")
    assert f"Also kept under {pair[1]}" in page.text
    assert len(page.select("table tbody tr")) == 2

    assert act(sergeant, place, "undo", {"reason": "Twins"}).status_code == 303
    assert main_of(site, pair[1]) == pair[1]
    assert "Twins" in coordinator.page(place).text


def test_a_refusal_is_said_on_the_page_and_what_was_typed_stays(site: Site, pair: tuple[str, str]) -> None:
    browser, place = site.browser(COORDINATOR), f"/children/{pair[0]}/same/{pair[1]}"
    answer = browser.send(place, {"reason": "Same aunt"})
    assert answer.status_code == 422
    assert "Choose the record" in answer.text
    assert "Same aunt" in answer.text
    with writing(site.services.engine) as connection:
        subject = retention.subject_of(connection, pair[1])
        row = {"subject": subject.subject, "reason": "x", "held_by": "a", "held_at": site.clock(), "ended_by": ""}
        connection.execute(sa.insert(retention.HoldRow).values(**row, ended_why=""))
    answer = browser.send(place, {"stays": pair[0], "reason": "Same aunt"})
    assert answer.status_code == 409
    assert "A legal hold stands" in answer.text


def test_who_proposed_it_cannot_agree_on_the_page_either(site: Site, pair: tuple[str, str]) -> None:
    place = proposed(site, pair)
    answer = act(site.browser(COORDINATOR), place, "decide", {"decision": "agree"})
    assert answer.status_code == 403
    assert "Somebody else" in answer.text
    answer = act(site.browser(SERGEANT), place, "decide", {"decision": "refuse", "reason": ""})
    assert answer.status_code == 422
    assert act(site.browser(COORDINATOR), place, "decide", {"reason": "My mistake"}).status_code == 303


def test_the_other_record_is_found_by_name_and_by_reference(site: Site, pair: tuple[str, str]) -> None:
    reported(site, "Wren Sample", date(2010, 1, 1))
    browser = site.browser(SERGEANT)
    for words in ("Ren Sampel", "robyn", pair[1].replace("CH-", "MC-")):
        found = browser.send(f"/children/{pair[0]}/same", {"words": words})
        assert ("Wren Sample" if "Sampel" in words else "Robyn Exampel") in found.text
    assert "Nobody was found" in browser.send(f"/children/{pair[0]}/same", {"words": "Zebedee"}).text


def test_each_look_is_written_down_and_a_child_that_is_not_there_is_not_found(
    site: Site, pair: tuple[str, str]
) -> None:
    browser = site.browser(COORDINATOR)
    browser.page(f"/children/{pair[0]}/same/{pair[1]}")
    with reading(site.services.engine) as connection:
        read = sa.select(ReadTable.case_id).where(ReadTable.purpose == PURPOSE)
        assert set(connection.execute(read).scalars()) == set(pair)
    assert browser.get(f"/children/{pair[0]}/same/CH-99999999").status_code == 404
    assert site.browser("call_taker").get(f"/children/{pair[0]}/same").status_code == 403


def test_a_proposal_about_a_sealed_record_is_there_for_its_group_alone(site: Site, pair: tuple[str, str]) -> None:
    place = proposed(site, pair)
    empty = {"reason": "", "sealed_by": "cy", "sealed_at": site.clock(), "lifted_by": "", "lifted_why": ""}
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(SealRow).values(about=pair[1], **empty))
    browser = site.browser(SERGEANT)
    assert pair[1] not in browser.page("/tasks").text
    assert browser.get(place).status_code == 404
    assert pair[1] not in browser.page(f"/children/{pair[0]}/same").text


def test_open_cases_of_both_records_say_where_they_go_on(site: Site, pair: tuple[str, str]) -> None:
    with writing(site.services.engine) as connection:
        case = connection.execute(sa.select(CaseTable.__table__).limit(1)).mappings().one()
        for number, child_id in enumerate(pair):
            changed = {"id": f"TP-{number}AAAAAAA", "procedure": "trigger_plan", "correlation": child_id}
            connection.execute(sa.insert(CaseTable).values({**case, **changed}))
    place = proposed(site, pair)
    act(site.browser(SERGEANT), place, "decide", {"decision": "agree"})
    browser = site.browser(COORDINATOR)
    page = browser.page(f"/children/{pair[0]}")
    assert f"New episodes go on in those of {pair[0]}" in page.text
    for number in range(2):
        assert f"TP-{1 - number}AAAAAAA" in browser.page(f"/cases/TP-{number}AAAAAAA").text


def mails(site: Site) -> set[tuple[str, str]]:
    """Give subject and recipient of each message about records that may be one."""
    with reading(site.services.engine) as connection:
        rows = connection.execute(
            sa.select(OutboxRow.subject, OutboxRow.recipient, OutboxRow.text).where(OutboxRow.key.like("merge/%"))
        ).all()
    assert not [text for _subject, _to, text in rows if "Robin" in text or "CH-" in text]
    return {(subject, to.partition("@")[0]) for subject, to, _text in rows}


def test_those_who_can_decide_hear_of_a_proposal_and_whoever_proposed_it_of_the_decision(
    site: Site, pair: tuple[str, str]
) -> None:
    place = proposed(site, pair)
    waits = {to for subject, to in mails(site) if subject == "Two records may be one child"}
    assert {SERGEANT, "chief_inspector_missing"} <= waits
    assert COORDINATOR not in waits
    assert "csc_mash" not in waits
    act(site.browser(SERGEANT), place, "decide", {"decision": "agree"})
    assert {to for subject, to in mails(site) if "decided" in subject} == {COORDINATOR}
    act(site.browser(COORDINATOR), place, "undo", {"reason": "Twins"})
    assert {to for subject, to in mails(site) if "two again" in subject} == {SERGEANT}
