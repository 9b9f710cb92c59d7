"""References that people type when they open a case: a sealed record is answered like one that there is not, and its group works on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import CaseTable, ReadTable, TaskTable, reading, writing
from tests.web.site import OPENING, Site
from tests.web.test_search import reported, shapes, without_tokens
from workflows import about, catalogue, children, operations, people, seals
from workflows.episodes import EpisodeRow
from workflows.people import Membership
from workflows.read_log import REFUSED
from workflows.seals import SealedMeanwhile, Wanted

CHIEF = "chief_inspector_missing"
NAME, BORN = "Robin Example", date(2012, 5, 3)
WHY = "The father of the child works in this control room."
NOBODY = {about.CASE: "MC-ZZZZZZZZ", about.CHILD: "CH-ZZZZZZZZ"}


@dataclass(frozen=True)
class Way:
    """One opening in which somebody types a reference: the address, the role, the field, and the other answers."""

    procedure: str
    role: str
    form: str
    field: str
    typed: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return about.REFERENCES[self.form, self.field]

    @property
    def address(self) -> str:
        return f"/cases/open/{self.procedure}"


AT_NINE = {"received_at-day": "2", "received_at-month": "3", "received_at-year": "2026", "received_at-time": "09:00"}
REFERRAL = {**AT_NINE, "from": "school", "suspected": ["harm"], "told": "The teacher rang.", "child_safe_now": "yes"}
ACTION = {"kind": "cawn", "person": "The man of the station", "reason": "He waits there every Friday."}
AGAIN = {"reason": "new_information", "what_is_new": "A neighbour saw them."}

WAYS = (
    Way("referral", "csc_mash", "referral", "child", REFERRAL),
    Way("reopening", "mfh_coordinator", "reopening", "episode", AGAIN),
    Way("cancellation", "locate_sergeant", "cancellation", "episode", {}),
    Way("disruption", "ppu_cse_unit", "disruption_proposal", "child", ACTION),
    Way("missing_child", "call_taker", "case_opening", "missing_with", OPENING),
)
OTHERS = sorted({way.role for way in WAYS})


def named(way: Way) -> str:
    return f"{way.form}.{way.field}"


@dataclass(frozen=True)
class Sealed:
    """A sealed episode with its child; `group` sees them."""

    case_id: str
    child_id: str
    seal: int
    group: tuple[str, ...]

    def of(self, kind: str) -> str:
        return self.child_id if kind == about.CHILD else self.case_id


@pytest.fixture
def sealed(site: Site) -> Sealed:
    """A sealed episode; of each role that opens a case one person is of the group, and ``other_<role>`` is not."""
    case_id, now = reported(site, NAME, BORN), site.clock()
    with writing(site.services.engine) as connection:
        for role in OTHERS:
            own = people.find(connection, role).memberships[0].organisation
            held, mail = [Membership(role, own)], f"other_{role}@force.example"
            people.add(
                connection, f"other_{role}", name="Other Sample", mail=mail, password=None, memberships=held, now=now
            )
        child_id = children.child_of(connection, case_id)
        assert child_id
        asked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id, TaskTable.status == "open")
        group = tuple(sorted({*connection.execute(asked.distinct()).scalars(), *OTHERS, CHIEF}))
        chief = people.find(connection, CHIEF).actor
        number = seals.seal(connection, Wanted(child_id, (case_id,), group, WHY), by=chief, now=now)
    return Sealed(case_id, child_id, number, group)


def closed(site: Site, case_id: str) -> None:
    with writing(site.services.engine) as connection:
        row = sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id)
        connection.execute(row.values(case_closed_at=site.clock()))


def sent(site: Site, who: str, way: Way, reference: str) -> tuple[int, str, list[str]]:
    """Open a case and name a reference in it; give the status, the page without the reference, and the statements."""
    browser = site.browser(who)
    page = browser.page(way.address)
    with shapes(site) as found:
        answer = browser.send(way.address, {**way.typed, way.field: reference}, form=page)
    text = without_tokens(answer.text).replace(reference, "REFERENCE")
    key = page.select_one("main input[name=key]")
    assert key
    return answer.status_code, text.replace(str(key["value"]), "KEY"), found


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_a_sealed_reference_is_refused_like_an_invented_one(site: Site, sealed: Sealed, way: Way) -> None:
    """A desk that typed the reference of a sealed child into a referral was given the name and the date of birth."""
    other = f"other_{way.role}"
    status, page, asked = sent(site, other, way, sealed.of(way.kind))
    assert (status, page, asked) == sent(site, other, way, NOBODY[way.kind])
    assert status == 422
    field = BeautifulSoup(page, "html.parser").select_one(f"input[name={way.field}]")
    assert field, "what was typed is kept"
    assert field["value"] == "REFERENCE"
    assert "you may" in page
    assert asked
    with reading(site.services.engine) as connection:
        opened = sa.select(CaseTable.id).where(CaseTable.id != sealed.case_id)
        assert connection.execute(opened).all() == []


@pytest.mark.parametrize("way", WAYS, ids=named)
def test_the_group_opens_what_it_needs_and_nobody_else_sees_it(site: Site, sealed: Sealed, way: Way) -> None:
    if way.procedure == "reopening":
        closed(site, sealed.case_id)
    browser = site.browser(way.role)
    answer = browser.send(way.address, {**way.typed, way.field: sealed.of(way.kind).lower()})
    assert answer.status_code == 302, answer.text
    with reading(site.services.engine) as connection:
        asked = sa.select(CaseTable.id).where(CaseTable.procedure == way.procedure, CaseTable.id != sealed.case_id)
        new = connection.execute(asked).scalar_one()
        covered = seals.cases_of(connection, sealed.seal)
    assert browser.get(f"/cases/{new}").status_code == 200
    other = site.browser(f"other_{way.role}")
    if way.procedure == "missing_child":
        assert covered == (sealed.case_id,), "a new report is for those who look for the child"
        assert f"/cases/open?missing_with={sealed.case_id}" not in other.page(f"/cases/{new}").text
        return
    assert covered == tuple(sorted((sealed.case_id, new)))
    assert other.get(f"/cases/{new}").status_code == 404
    assert new not in other.page("/tasks").text
    assert new not in other.page("/cases").text
    with reading(site.services.engine) as connection:
        facts = site.services.cases.case(
            new,
            classes=frozenset({"D1", "D2"}),
            by=people.find(connection, way.role).actor,
            purpose="",
            now=site.clock(),
        ).facts
    assert NAME in str(facts) or way.procedure == "disruption"
    assert sealed.child_id in str(facts)


@pytest.mark.parametrize("way", WAYS[:4], ids=named)
def test_who_gets_past_the_page_is_refused_where_the_case_is_opened(site: Site, sealed: Sealed, way: Way) -> None:
    """An operation knows no person, and had read the sealed record by then: nothing of that is kept."""
    if way.procedure == "reopening":
        closed(site, sealed.case_id)
    cases, now = site.services.cases, site.clock()
    form = cases.opening(way.procedure).form
    answers = form.load({**way.typed, way.field: sealed.of(way.kind)}, scope={}, now=now)
    with reading(site.services.engine) as connection:
        who = people.find(connection, f"other_{way.role}").actor
    with pytest.raises(SealedMeanwhile):
        cases.open(way.procedure, answers, by=who, now=now, key="past the page")
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(CaseTable.id)).scalars().all() == [sealed.case_id]


def test_an_answer_is_not_put_right_into_a_sealed_reference(site: Site, sealed: Sealed) -> None:
    """Who writes identities puts the child of any referral right, and the case would have been about the sealed one."""
    desk, sergeant, way = site.browser("other_csc_mash"), site.browser("other_locate_sergeant"), WAYS[0]
    mine = reported(site, "Sascha Sample", date(2011, 3, 3))
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, mine)
    answer = desk.send(way.address, {**way.typed, "child": child_id, "episode": mine})
    assert answer.status_code == 302, answer.text
    with reading(site.services.engine) as connection:
        case_id = connection.execute(sa.select(CaseTable.id).where(CaseTable.procedure == "referral")).scalar_one()
    address = f"/cases/{case_id}/correct/referral"
    page = sergeant.page(address)
    right = {"child": child_id, "episode": mine, **REFERRAL, "correction_reason": "It was another child."}
    answers = [
        sergeant.send(address, {**right, "child": child, "episode": episode}, form=page)
        for child, episode in ((sealed.child_id, sealed.case_id), (NOBODY[about.CHILD], NOBODY[about.CASE]))
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(
        answer.text.count("of whom you may know has this reference") == 2 for answer in answers
    )  # list and field
    assert all(answer.text.count("You can also leave this empty") == 2 for answer in answers)
    assert sergeant.send(address, {**right, "from": "health"}, form=page).status_code == 302


def test_an_address_fills_in_nothing_of_a_sealed_case(site: Site, sealed: Sealed) -> None:
    browser, found = site.browser("other_call_taker"), []
    for reference in (sealed.case_id, NOBODY[about.CASE]):
        with shapes(site) as asked:
            page = browser.page(f"/cases/open?missing_with={reference}")
        for field in page.select("[name=key], [name=csrf_token]"):
            field["value"] = ""
        found.append((str(page).replace(reference, "REFERENCE"), asked))
    assert found[0] == found[1]
    for way in WAYS[:4]:
        page = site.browser(f"other_{way.role}").page(f"{way.address}?{way.field}={sealed.of(way.kind)}")
        assert "Robin" not in page.text


def test_who_has_broken_the_glass_looks_and_opens_nothing(site: Site, sealed: Sealed) -> None:
    way, other = WAYS[2], "other_locate_sergeant"
    why = {"reference": sealed.case_id, "reason": "The child is at the door and asks for help."}
    site.browser(other).send("/break-glass", why)
    assert site.browser(other).get(f"/cases/{sealed.case_id}").status_code == 200
    assert sent(site, other, way, sealed.case_id)[0] == 422


def test_a_case_of_a_sealed_child_that_is_not_sealed_is_opened_again_without_the_record(
    site: Site, sealed: Sealed
) -> None:
    """A new report about a sealed child is open to those who look for the child; the sealed record is still none of theirs."""
    second = reported(site, "Robin of the second report", None, matched=False)
    with writing(site.services.engine) as connection:
        row = sa.update(EpisodeRow).where(EpisodeRow.case_id == second)
        connection.execute(row.values(child_id=sealed.child_id, case_closed_at=site.clock()))
        found = operations.recall_episode(connection, {"reopening": {"episode": second}}, site.clock())
        behind = sa.update(EpisodeRow).where(EpisodeRow.case_id == sealed.case_id)
        connection.execute(behind.values(case_closed_at=site.clock()))
        own = operations.recall_episode(connection, {"reopening": {"episode": sealed.case_id}}, site.clock())
    assert (found["child"], found["born_on"]) == ("Robin of the second report", None)  # type: ignore[call-overload]
    assert (own["child"], own["born_on"]) == (NAME, BORN)  # type: ignore[call-overload]


def test_who_tries_references_is_seen_in_the_log_of_reads(site: Site, sealed: Sealed) -> None:
    way, other = WAYS[0], "other_csc_mash"
    tried = [sealed.child_id, NOBODY[about.CHILD]]
    for reference in (*tried, "no reference"):
        sent(site, other, way, reference)
    with reading(site.services.engine) as connection:
        rows = sa.select(ReadTable.case_id).where(ReadTable.person == other, ReadTable.purpose == REFUSED)
        assert list(connection.execute(rows.order_by(ReadTable.id)).scalars()) == tried


def test_every_question_that_asks_for_a_reference_of_ours_is_looked_at() -> None:
    asked = set()
    for procedure in catalogue.procedures():
        for name, text in catalogue.files(procedure).items():
            if name.endswith(".form"):
                form = json.loads(text)
                asked |= {
                    (form["id"], part["key"])
                    for part in form["components"]
                    if "reference begins with" in str(part.get("description", "")).casefold()
                }
    assert asked == set(about.REFERENCES)
    by_hand = about.OPENED_FOR.keys() - {about.FLAG, about.EVENT}  # which a message opens alone
    opened = {place for procedure in by_hand for place in about.OPENED_FOR[procedure]}
    assert opened <= set(about.REFERENCES)
    assert set(about.OPENED_FOR) == set(about.PLACES)
