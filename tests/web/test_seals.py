"""A sealed record: its group works on as before, and to everybody else it is as if it were not there; no task is lost behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from engine.errors import Invalid
from engine.model import Actor
from engine.store import CaseTable, ReadTable, TaskTable, connect, reading, writing
from notifications.message import Message
from tests.web.site import Site
from tests.web.test_references import WAYS
from tests.web.test_search import without_tokens
from web import case_access
from workflows import alerts, operations, people, retention, seals
from workflows.access import SEES_EVERY_EPISODE
from workflows.children import ChildRow, sounds_text
from workflows.episodes import EpisodeRow
from workflows.read_log import REFUSED
from workflows.seals import SealedAlready, SealNotFound, Wanted

CHIEF = "chief_inspector_missing"
GOLD = "superintendent"
ROBIN = "CH-22222222"
WHY = "The father of the child works in this control room."


def actor(site: Site, sign_in: str) -> Actor:
    with reading(site.services.engine) as connection:
        return people.find(connection, sign_in).actor


@pytest.fixture
def case_id(site: Site) -> str:
    """An open case about a child whom we know."""
    found = site.opened()
    child = {"child_id": ROBIN, "name": "Robin Example", "known_as": "", "sounds": sounds_text("Robin Example", "")}
    told = {"born_on": date(2012, 5, 3), "sex": "female", "looked_after": "", "responsible_authority": ""}
    rest = {"joined_to": "", "source_reference": "", "imported_at": None, "imported_row": ""}
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(ChildRow).values(**child, **told, **rest))
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == found).values(child_id=ROBIN))
    return found


def needed(site: Site, case_id: str) -> list[str]:
    """Name one person for each role that has an open task: their sign-in name is the role's key."""
    asked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id, TaskTable.status == "open").distinct()
    with reading(site.services.engine) as connection:
        return sorted(connection.execute(asked).scalars())


def outsider(site: Site, case_id: str) -> str:
    """Name a role of the force that sees every episode, and has no task in this case."""
    return min(SEES_EVERY_EPISODE - {CHIEF, GOLD, *needed(site, case_id)})


@pytest.fixture
def sealed(site: Site, case_id: str) -> str:
    """That case, sealed by the chief inspector for whoever has a task in it."""
    data = {"cases": case_id, "members": "\n".join(needed(site, case_id)), "reason": WHY}
    answer = site.browser(CHIEF).send(f"/seals/new/{ROBIN}", data)
    assert answer.status_code == 302, answer.text
    return case_id


def test_who_is_not_of_the_group_finds_it_nowhere(site: Site, sealed: str) -> None:
    outside = outsider(site, sealed)
    browser = site.browser(outside)
    for address in (f"/cases/{sealed}", f"/children/{ROBIN}", f"/children/{ROBIN}/photograph", f"/tasks/{sealed}.1"):
        hidden, invented = (
            browser.get(address),
            browser.get(address.replace("2222", "9999").replace(sealed, "MC-99999999")),
        )
        assert hidden.status_code == invented.status_code == 404, address
    assert sealed not in browser.page("/cases").text
    assert sealed not in browser.page("/tasks").text
    assert (
        case_access.lasting(site.services.engine, actor(site, outside), [sealed], frozenset({"D2"}), now=site.clock())
        == frozenset()
    )
    found = browser.send("/search", {"name": "Robin Example"})
    assert "Nobody was found" in found.text


def test_the_group_and_the_superintendent_go_on_as_before(site: Site, sealed: str) -> None:
    member = needed(site, sealed)[0]
    assert sealed in site.browser(member).page("/tasks").text
    for role in (member, CHIEF, GOLD):
        assert site.browser(role).get(f"/cases/{sealed}").status_code == 200, role
    assert site.browser(GOLD).get(f"/children/{ROBIN}").status_code == 200


def test_what_is_sealed_opens_with_a_reason(site: Site, sealed: str) -> None:
    browser = site.browser("edt")
    assert browser.get(f"/cases/{sealed}").status_code == 404
    browser.send("/break-glass", {"reference": sealed, "reason": "The child is at the door and asks for help."})
    assert browser.get(f"/cases/{sealed}").status_code == 200


def test_a_new_report_about_the_child_is_open_to_those_who_look_for_the_child(site: Site, sealed: str) -> None:
    second = site.opened()
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == second).values(child_id=ROBIN))
    browser = site.browser(outsider(site, sealed))
    assert browser.get(f"/cases/{second}").status_code == 200
    assert browser.get(f"/children/{ROBIN}").status_code == 404
    found = browser.send("/search", {"name": "Robin Example"}).text
    assert "A child whose record is sealed" in found
    assert second in found
    assert sealed not in found
    assert ROBIN not in found
    chief = site.browser(CHIEF)
    page = chief.page("/seals")
    shown = chief.page(str(page.select("tbody a")[0]["href"]))
    assert [box["value"] for box in shown.select("input[name=cases]")] == [second]
    number = str(page.select("tbody a")[0]["href"]).rpartition("/")[2]
    assert chief.send(f"/seals/{number}/cases", {"cases": second}, form=shown).status_code == 302
    assert browser.get(f"/cases/{second}").status_code == 404


def test_a_task_for_which_nobody_of_the_group_is_there_stops_the_seal(site: Site, case_id: str) -> None:
    page = site.browser(CHIEF).send(f"/seals/new/{ROBIN}", {"cases": case_id, "members": "nobody_known", "reason": "x"})
    assert page.status_code == 422
    for sentence in ("open tasks that nobody of the group can do", "not the sign-in name of anybody", "Say why"):
        assert sentence in page.text
    assert "nobody_known" in page.text, "what was typed is kept"
    assert site.browser(outsider(site, case_id)).get(f"/cases/{case_id}").status_code == 200


def test_a_task_that_comes_later_is_shown_and_mailed_to_the_group(site: Site, sealed: str) -> None:
    with writing(site.services.engine) as connection:
        later = sa.update(TaskTable).where(TaskTable.case_id == sealed, TaskTable.status == "open")
        connection.execute(later.values(role="iro"))
    assert "Nobody can do a task" in site.browser(CHIEF).page("/seals").text
    message = Message(f"{sealed}/9/late", alerts.group(("iro",)), "subject", "text")
    with reading(site.services.engine) as connection:
        told = {name for name, _address in alerts.directory(connection, message, site.clock()) or ()}
        other = Message("MC-99999999/9/late", alerts.group(("iro",)), "subject", "text")
        usual = {name for name, _address in alerts.directory(connection, other, site.clock()) or ()}
        group = seals.group_of(connection, sealed)
    assert usual == {"iro"}
    assert group is not None
    assert told == set(group)
    assert {CHIEF, GOLD} <= told
    assert "iro" not in told


def test_a_seal_is_lifted_with_a_reason_and_stays_in_the_log(site: Site, sealed: str) -> None:
    chief = site.browser(CHIEF)
    address = str(chief.page("/seals").select("tbody a")[0]["href"])
    assert chief.send(f"{address}/lift", {"reason": ""}, form=chief.page(address)).status_code == 422
    sent = chief.send(f"{address}/lift", {"reason": "He has moved to another force."}, form=chief.page(address))
    assert sent.status_code == 302
    assert site.browser(outsider(site, sealed)).get(f"/cases/{sealed}").status_code == 200
    assert "lifted on" in chief.page("/seals").text


def test_the_group_is_changed_and_a_seal_is_changed_by_its_group_alone(site: Site, sealed: str) -> None:
    engine, now, chief = site.services.engine, site.clock(), actor(site, CHIEF)
    with writing(engine) as connection:
        number = seals.seals_of(connection, chief)[0].id
        seals.regroup(connection, number, [*needed(site, sealed), outsider(site, sealed)], by=chief, now=now)
    assert site.browser(outsider(site, sealed)).get(f"/cases/{sealed}").status_code == 200
    stranger = Actor("other_chief", frozenset({CHIEF}), "police")
    with pytest.raises(SealNotFound), writing(engine) as connection:
        seals.regroup(connection, number, [], by=stranger, now=now)
    with pytest.raises(Invalid, match="open tasks"), writing(engine) as connection:
        seals.regroup(connection, number, [], by=chief, now=now)


def test_a_record_has_one_seal_at_most(site: Site, sealed: str) -> None:
    wanted = Wanted(ROBIN, (sealed,), tuple(needed(site, sealed)), WHY)
    with pytest.raises(SealedAlready), writing(site.services.engine) as connection:
        seals.seal(connection, wanted, by=actor(site, GOLD), now=site.clock())


def test_a_candidate_whose_record_is_sealed_is_offered_without_a_name(site: Site, sealed: str) -> None:
    scope: dict[str, Any] = {
        "case": {"reference": "MC-99999999"},
        "case_opening": {"child_name": "Robin Example"},
        "missing_report": {"child_full_name": "Robin Example", "date_of_birth": date(2012, 5, 3)},
    }
    with reading(site.services.engine) as connection:
        found = operations.find_children(connection, scope, site.clock())
    assert found == {"count": 1, "matches": [{"value": ROBIN, "label": seals.CANDIDATE}]}


def test_a_case_of_whom_nobody_has_matched_the_child_is_sealed_by_itself(site: Site) -> None:
    case_id = site.opened()
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(CaseTable).where(CaseTable.id == case_id).values(correlation=""))
    data = {"cases": case_id, "members": "\n".join(needed(site, case_id)), "reason": WHY}
    assert site.browser(CHIEF).send(f"/seals/new/{case_id}", data).status_code == 302
    assert site.browser(outsider(site, case_id)).get(f"/cases/{case_id}").status_code == 404


def test_who_decides_on_keeping_decides_on_a_sealed_record_as_one_of_its_group(site: Site, sealed: str) -> None:
    """It opened for each chief inspector and officer of data protection, who held it, and whose reasons stood in the list."""
    governs, chief, now = site.browser("information_governance"), site.browser(CHIEF), site.clock()
    page = chief.page(f"/retention/{ROBIN}")
    assert (
        chief.send(f"/retention/{ROBIN}/hold", {"hold-reason": "A claim by the father"}, form=page).status_code == 303
    )
    assert ROBIN in chief.page("/retention").text
    assert governs.get(f"/retention/{ROBIN}").status_code == governs.get("/retention/CH-99999999").status_code == 404
    listed = governs.page("/retention").text
    assert ROBIN not in listed
    assert "A claim by the father" not in listed
    assert "1 more that is sealed" in listed
    with reading(site.services.engine) as connection:
        [hold] = retention.holds(connection)
    own = site.opened()
    sent = governs.send(
        f"/retention/{own}/end-hold", {"hold": hold.id, "end-reason": "x"}, form=governs.page(f"/retention/{own}")
    )
    assert sent.status_code == 404, "by the address of another record, either"
    with writing(site.services.engine) as connection:
        number = seals.seals_of(connection, actor(site, CHIEF))[0].id
        group = [*needed(site, sealed), "information_governance"]
        seals.regroup(connection, number, group, by=actor(site, CHIEF), now=now)
        assert retention.holds(connection) == (hold,)
    assert ROBIN in governs.page("/retention").text


def test_what_is_sealed_while_a_case_is_opened_for_it_is_answered_as_if_there_were_none(
    site: Site, case_id: str
) -> None:
    """The page asked whether the person may know of the child, and opened the case a moment later."""
    [way] = [each for each in WAYS if each.role == "ppu_cse_unit"]
    browser, answers = site.browser(way.role), []
    page = browser.page(way.address)
    for child in (ROBIN, "CH-ZZZZZZZZ"):
        with sealing_before_the_case(site, case_id):
            answer = browser.send(way.address, {**way.typed, "child": child}, form=page)
        answers.append((answer.status_code, without_tokens(answer.text).replace(child, "REFERENCE")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(CaseTable.id)).scalars().all() == [case_id]
        refused = sa.select(ReadTable.case_id).where(ReadTable.person == way.role, ReadTable.purpose == REFUSED)
        assert set(connection.execute(refused).scalars()) == {ROBIN, "CH-ZZZZZZZZ"}


@contextmanager
def sealing_before_the_case(site: Site, case_id: str) -> Iterator[None]:
    """Seal the child on another connection once a page has looked for it, and before anything is written."""
    engine, done = connect(site.services.settings.database_url), list[str]()
    group = tuple(needed(site, case_id))

    def seal(_connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN IMMEDIATE" or done:
            return
        done.append(statement)
        with writing(engine) as connection:
            if not seals.sealed_among(connection, [ROBIN]):
                seals.seal(connection, Wanted(ROBIN, (case_id,), group, WHY), by=actor(site, CHIEF), now=site.clock())

    sa.event.listen(site.services.engine, "before_cursor_execute", seal)
    yield
    sa.event.remove(site.services.engine, "before_cursor_execute", seal)
    engine.dispose()
    assert done
