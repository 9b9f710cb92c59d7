"""No text is seen outside its audience: every page, file, search and mail, as every role, against the access table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine import timers
from engine.model import Actor
from engine.store import CaseTable, ReadTable, TaskTable, reading, writing
from tests.web.canaries import CANARY, Planted, found_in, is_free, unread
from tests.web.crawler import read
from tests.web.scenes import Scenes
from tests.web.site import Site
from tests.web.test_bundles import made, sealed
from web import case_access
from web.access import mark_of
from web.moments import say_day
from workflows import (
    absences,
    access,
    amendments,
    break_glass,
    children,
    concerns,
    copies,
    cutover,
    disclosures,
    kept_things,
    merging,
    people,
    philomena,
    retention,
    seals,
)
from workflows.access import COLUMN_OF, SEARCHES
from workflows.agencies import ROLES
from workflows.amendments import Decision
from workflows.audience import audience as audience_of
from workflows.break_glass import GlassMails
from workflows.bundles import MAKES
from workflows.copies import Said
from workflows.disclosures import Copy
from workflows.notice_kinds import KINDS
from workflows.redacting import BundleRow
from workflows.seals import Wanted
from workflows.vocabulary import DATA_CLASS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FOLLOWED, CLOSED, AGAIN, MISSING, LONG_AGO = "Robin", "Heron", "Wren", "Swift", "Crane"
"""The child whose interview is being written up, the one whose case is closed, and that one missing again, with a plan in force;
one whom nobody has matched yet, and one of before the cut-over."""
WRITING_UP = ("write_up_return_interview", "close_police_enquiry", "close_case")
A_CASE = re.compile(r"[A-Z]{2}-[0-9A-Z]{8}")
BIRTHDAYS = {
    FOLLOWED: date(2012, 5, 1),
    CLOSED: date(2013, 6, 2),
    AGAIN: date(2013, 6, 2),
    MISSING: date(2014, 8, 4),
    LONG_AGO: date(1940, 7, 3),
}
SHEETS = {
    "children": f"reference,name,born_on,looked_after\nA-1,Casey Example,{BIRTHDAYS[LONG_AGO]},s20\n",
    "episodes": "reference,child,reported_at,closed_at\nE-1,A-1,1955-01-05 21:00,1955-01-06 07:30\n",
}
"""The files of the cut-over: a looked-after child whose 75 years are over, so that somebody has to decide on the records."""
DAYS = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+ \d{4}")
BORN = {name: {say_day(day), day.isoformat()} for name, day in BIRTHDAYS.items()}
NOT_ABOUT_CHILDREN = re.compile(r"/static/|/procedures")
"""Pages that hold no case: files of the site and of the procedures."""
WITHOUT_A_PART = {"information_governance"}
"""Who reads a child's records without a part in the case, to give them to the child (domain.md 5.3): no canary test holds for these pages."""


Planting = tuple[dict[str, str], dict[str, tuple[str, ...]], dict[str, frozenset[str]], frozenset[str]]


@dataclass(frozen=True)
class Nest:
    """A site with children whose every text is a canary; `case_ids` by name, `about` every case of the name's child, `refs` all that it has."""

    site: Site
    case_ids: dict[str, str]
    about: dict[str, tuple[str, ...]]
    refs: dict[str, frozenset[str]]
    seen: frozenset[str]


@pytest.fixture
def nest(site: Site, scenes: Scenes) -> Nest:
    return Nest(site, *scenes.begin(site, planted))


def planted(site: Site) -> Planting:
    """Plant the children, and all that is kept of them; give what a `Nest` says of it."""
    services, case_ids, seen, now = site.services, dict[str, str](), set[str](), NOW
    played = ((CLOSED, "", ()), (FOLLOWED, "", WRITING_UP), (AGAIN, CLOSED, ("record_return",)))
    for name, again, until in played:
        child = Planted(services, now, name, BIRTHDAYS[name], again)
        case_ids[name] = child.open()
        child.work(until=until)
        seen |= child.seen
        now = child.now + timedelta(hours=1)
    case_ids[MISSING] = (child := Planted(services, now, MISSING, BIRTHDAYS[MISSING])).open()
    child.work(only={"complete_missing_report"})
    child.now = datetime.combine(child.now + timedelta(days=1), time(8, 30), UTC)
    timers.sweep(services.cases, now=child.now)  # at eight the daily meeting has begun
    child.work(only={"decide_on_episode"})
    assert not child.refused
    site.clock.now = child.now
    noted_beside(site, {name: case_ids[name] for name in (CLOSED, FOLLOWED)})
    refs = {name: references(site, case_id) for name, case_id in case_ids.items()}
    refs[LONG_AGO] = frozenset({brought_in(site, refs[CLOSED])})
    opened_and_sealed(site, case_ids[CLOSED])
    put_together(site, case_ids[FOLLOWED], case_ids[CLOSED])
    retention.look_through(services.engine, site.clock())
    cases = {name: about(site, case_id) for name, case_id in case_ids.items()}
    return case_ids, cases, refs, frozenset(seen)


def noted_beside(site: Site, case_ids: dict[str, str]) -> None:
    """Plant a carer's form of each child, of a placement of nobody here, and people of each class."""
    carer, now = Actor("carer", frozenset({philomena.OWNS}), "oak_house"), site.clock()
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, "oak_house", "Oak House", "placement")
        for name in (CLOSED, FOLLOWED):
            child_id = children.child_of(connection, case_ids[name])
            assert child_id
            said = {
                key: f"Canary{data_class}of{name}z {key}" for key, (_words, data_class) in philomena.EVERY_FIELD.items()
            }
            form = philomena.Written(f"CanaryD6of{name}z", NOW.date(), None, said)
            reference = philomena.create(connection, "oak_house", form, by=carer, now=now)
            philomena.say_whose(connection, reference, child_id, by=carer, now=now)
            away = {"absent_since": now, "decision": "absent", "attempts_made": f"CanaryD6of{name}z"}
            absences.record(connection, reference, away, by=carer, now=now, key=name)
            for data_class, where in (("D4", child_id), ("D5", child_id), ("D6", reference)):
                typed = {
                    "kind": "person",
                    "risk": "high",
                    "data_class": data_class,
                    "name": f"Canary{data_class}of{name}z",
                }
                concerns.add(connection, where, typed, None, may={data_class}, by=carer, now=now)
            put_right_beside(connection, (child_id, reference), name, now)
            given_away(connection, case_ids[name], f"CanaryD2of{name}z", now)


def put_right_beside(connection: sa.Connection, refs: tuple[str, str], name: str, now: datetime) -> None:
    """Put right each person of concern, and withdraw one: old, new and reason are of its class."""
    for kept in [each for each in kept_things.of(connection, refs) if each.kind == kept_things.CONCERN]:
        canary = f"Canary{kept.data_class}of{name}z"
        why = Decision(Actor("carer"), now, f"{canary} why", kept.key, amendments.stamp_of(kept), "")
        typed = {**kept.said, "name": f"{canary} new"}
        amendments.put_right(connection, kept, typed, why, may={kept.data_class})
    (last, *_rest) = [each for each in kept_things.of(connection, refs) if each.kind == kept_things.CONCERN]
    decision = Decision(Actor("carer"), now, f"Canary{last.data_class}of{name}z", "last", amendments.stamp_of(last), "")
    amendments.withdraw(connection, last, decision)


def given_away(connection: sa.Connection, case_id: str, canary: str, now: datetime) -> None:
    """Plant two who hold a copy of a case that is no longer right, one of whom was told."""
    by = Actor("giver", frozenset({"mfh_coordinator"}), "example_police")
    copy = Copy("bundle", frozenset({"D2"}), role="mfh_coordinator")
    for to in (f"{canary} one", f"{canary} two"):
        disclosures.note_disclosure(
            connection, about=case_id, to=to, what="Facts", basis="court_order", by=by, now=now, copy=copy
        )
    copies.owe(connection, {case_id}, cause=case_id, classes={"D2"}, written_at=now, base_url="", now=now)
    first = copies.waiting(connection, audience_of(connection, by, now), case_id)[:1]
    copies.settle(connection, first, Said("spoken", now, canary, canary), by=by, now=now)


def brought_in(site: Site, like: frozenset[str]) -> str:
    """Bring in the child of before the cut-over, of whom somebody proposes that it is one with another; give its id."""
    engine, now = site.services.engine, site.clock()
    report = cutover.bring_in(engine, {name: (name, text.encode()) for name, text in SHEETS.items()}, now=now)
    assert not report.refused
    with writing(engine) as connection:
        row = children.ChildRow
        child_id: str = connection.execute(sa.select(row.child_id).where(row.source_reference == "A-1")).scalar_one()
        other = next(each for each in sorted(like) if each.startswith("CH-"))
        by = Actor("locate_sergeant", frozenset({"locate_sergeant"}))
        assert merging.propose(connection, child_id, other, other, by=by, reason="Like each other", now=now) == 1
    return child_id


def opened_and_sealed(site: Site, case_id: str) -> None:
    """Open a case with a reason, seal it and lift the seal: what is typed as a reason tells whom it is about."""
    said, now = f"Born on {say_day(BIRTHDAYS[CLOSED])}, and the grandmother has called.", site.clock()
    mails, above = GlassMails(""), Actor("superintendent", frozenset({"superintendent"}))
    with writing(site.services.engine) as connection:
        who = Actor("health", frozenset({"health"}))
        break_glass.break_glass(connection, case_id, said, mails, by=who, now=now - timedelta(hours=2), key="1")
        number = seals.seal(connection, Wanted(case_id, (case_id,), tuple(sorted(ROLES)), said), by=above, now=now)
        seals.lift(connection, number, said, by=above, now=now)
        assert number == 1


def put_together(site: Site, *case_ids: str) -> None:
    """Put bundles of cases and of their children together, of each one that is looked through and one that is sealed."""
    told = {"recipient": "A court", "basis": "court_order", "classes": sorted(DATA_CLASS)}
    for case_id in case_ids:
        with reading(site.services.engine) as connection:
            child_id = children.child_of(connection, case_id)
        for role, address in (("mfh_coordinator", f"case/{case_id}"), ("information_governance", f"child/{child_id}")):
            browser = site.browser(role)
            made(browser, f"/bundles/{address}", told)
            sealed(browser, made(browser, f"/bundles/{address}", told))


def references(site: Site, case_id: str) -> frozenset[str]:
    """Give every reference under which a look at a child can be written down: its id, its cases and its carer's forms."""
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id)
        forms = [each.id for each in philomena.of_child(connection, child_id)] if child_id else []
    return frozenset({*about(site, case_id), *forms, *([child_id] if child_id else [])})


def about(site: Site, case_id: str) -> tuple[str, ...]:
    """Give every case about the child of a case."""
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id)
        if child_id is None:
            return (case_id,)
        episodes = [each.case_id for each in children.episodes_of(connection, child_id)]
        return (*episodes, *(each.case_id for each in children.cases_of(connection, child_id)))


def audience(nest: Nest, role: str, place: str = "") -> dict[str, frozenset[str]]:
    """Give the data classes that a role may read of each child: on the page of a case in that one, else in any of the child's cases."""
    site = nest.site
    with reading(site.services.engine) as connection:
        who = people.find(connection, role).actor
    every = sorted({case_id for ids in nest.about.values() for case_id in ids})
    may = case_access.readable_each(site.services.engine, who, every, now=site.clock())
    here = [each for each in A_CASE.findall(place) if each in every]
    return {name: frozenset().union(*(may.get(each, ()) for each in here or ids)) for name, ids in nest.about.items()}


READ_ALL: dict[str, Any] = {
    "classes": frozenset(DATA_CLASS),
    "by": Actor("auditor", frozenset(ROLES)),
    "purpose": "test",
}
PLACES: dict[str, list[Any]] = {
    "<promise>": ["G-02", "G-05"],
    "<name>": ["level", "interviews"],
    "<procedure>": ["missing_child"],
    "<process>": ["missing_child"],
    "<int:number>": ["1"],
    "<sign_in>": ["call_taker"],
    "<key>": ["elm_house", "1", "2", "3"],
    "<kind>": ["concern", "flag", "photograph"],
    "<token>": ["none"],
}
"""What can stand in the places of addresses that name no child."""


def routes(site: Site, role: str) -> Iterator[str]:
    """Give the pages about children that admit a role; the others refuse before they look (`tests/web/test_routes.py`)."""
    for rule in site.app.url_map.iter_rules():
        mark, is_page = mark_of(site.app, rule.endpoint), "GET" in (rule.methods or ())
        if is_page and mark and mark.admits(frozenset({role})) and not NOT_ABOUT_CHILDREN.search(rule.rule):
            yield rule.rule


RECORDS = sa.text("SELECT case_id, record, min(record_key) FROM fact_values GROUP BY case_id, record")
OPEN_TASKS = sa.select(TaskTable.case_id, TaskTable.number).where(TaskTable.status == "open")


def addresses(nest: Nest, role: str) -> Iterator[str]:
    """Give each address that the role can get: every route that admits it, with everything that there is for its places.

    The many pages on which a record is put right are read as one role of each column of the table; what is kept beside is asked for
    where it is kept and under another child; each notice is begun for a child who is back and one who is missing, one of them in each case.
    """
    engine = nest.site.services.engine
    with reading(engine) as connection:
        cases = list(connection.execute(sa.select(CaseTable.id)).scalars())
        tasks = [f"{case_id}.{number}" for case_id, number in connection.execute(OPEN_TASKS)]
        children_ids = sorted(each for refs in nest.refs.values() for each in refs if each.startswith("CH-"))
        forms = list(connection.execute(sa.select(philomena.FormRow.id)).scalars())
        bundles = list(connection.execute(sa.select(BundleRow.number)).scalars())
        kept = [f"{case_id}/correct/{record}/{key}".rstrip("/") for case_id, record, key in connection.execute(RECORDS)]
    if role != min(each for each, column in COLUMN_OF.items() if column == COLUMN_OF[role]):
        kept = []
    places: dict[str, list[Any]] = {
        "<case_id>": cases,
        "<task_id>": tasks,
        "<child_id>": children_ids,
        "<about>": [*cases, *children_ids],
        "<other_id>": children_ids,
        "<profile>": forms,
        "<reference>": [*cases, *children_ids],
        "<number>": bundles,
        "<int:passage>": [1, 2],
        **PLACES,
    }
    for rule in routes(nest.site, role):
        if "/correct/" in rule:
            yield from (f"/cases/{each}" for each in kept)
        elif rule.endswith("/amend/<kind>/<key>"):
            place = rule[: rule.index("<")]
            yield from kept_beside(nest, place, places[rule[rule.index("<") :].partition("/")[0]])
        elif "/notices/new" in rule:
            yield from (f"{rule}?kind={min(KINDS)}".replace("<case_id>", each) for each in cases)
            for name in (FOLLOWED, AGAIN):
                yield from (f"{rule}?kind={kind}".replace("<case_id>", nest.case_ids[name]) for kind in KINDS)
        else:
            yield from filled(rule, places)


def filled(rule: str, places: dict[str, list[Any]]) -> list[str]:
    """Give an address for everything that can stand in the places of a route, each with each."""
    found = [rule]
    for place in re.findall(r"<[^>]+>", rule):
        found = [each.replace(place, str(value)) for each in found for value in places[place]]
    return found


def kept_beside(nest: Nest, place: str, ids: Sequence[str]) -> list[str]:
    """Give where each thing is put right that is kept beside these cases or children, and for each of them something of another child."""
    with reading(nest.site.services.engine) as connection:
        child = {about: str(children.child_of(connection, about)) if place == "/cases/" else about for about in ids}
        kept = {
            about: kept_things.of(connection, {about, *kept_things.refs_of(connection, child[about])}) for about in ids
        }
    every = [each for things in kept.values() for each in things]
    asked = {about: [*own, *[each for each in every if each not in own][:1]] for about, own in kept.items()}
    return [f"{place}{about}/amend/{each.kind}/{each.key}" for about, things in asked.items() for each in things]


def leaks(nest: Nest, role: str, text: str, place: str = "") -> set[tuple[str, str]]:
    return unread(text, audience(nest, role, place)) if "Canary" in text else set()


def test_the_canaries_are_of_every_class_that_a_form_about_a_child_asks_for(nest: Nest) -> None:
    forms = nest.site.services.cases.release_of(nest.case_ids[CLOSED]).forms
    asked = {each.data_class for form in forms.values() for each in form.fields if is_free(each)}
    assert asked <= nest.seen
    assert len(nest.seen) >= 9


def told_of(text: str) -> set[str]:
    """Name the children of whom a page tells something: a canary, or a birthday."""
    perhaps = {name: {words for words in spelt if words in text} for name, spelt in BORN.items()}
    days = set(DAYS.findall(text)) if any(perhaps.values()) else set()
    born = {name for name, spelt in perhaps.items() if spelt & days}
    return born | {name for _class, name in found_in(text)}


def not_written_down(nest: Nest, role: str, since: int, text: str) -> set[str]:
    """Name the children of whom a page tells something without a row of the read log of that request and reader."""
    if not (told := told_of(text)):
        return set()
    with reading(nest.site.services.engine) as connection:
        mine = sa.select(ReadTable.case_id).where(ReadTable.id > since, ReadTable.person == role)
        seen = frozenset(connection.execute(mine).scalars())
    return {name for name in told if seen.isdisjoint(nest.refs[name])}


def last_look(nest: Nest) -> int:
    """Give the number of the last row of the read log."""
    with reading(nest.site.services.engine) as connection:
        return connection.execute(sa.select(sa.func.coalesce(sa.func.max(ReadTable.id), 0))).scalar_one()


LOOKING = (
    "call_taker", "cmo", "csc_team_manager", "information_governance", "mfh_coordinator", "placement_provider", "rhi_worker",
)  # fmt: skip
"""Those whose pages differ most; everybody's pages are walked through in `test_need_to_know`."""


@pytest.mark.parametrize("role", LOOKING)
def test_no_page_shows_a_role_what_it_may_not_read_or_anything_of_a_child_without_writing_the_look_down(
    nest: Nest, role: str
) -> None:
    """Who governs records saw birthdays on the list of what is due, and the daily meeting told of each child: unlogged.

    The list of tasks and the page of a copy that is no longer right name to whom it was given, and nothing of the child.
    """
    browser, found = nest.site.browser(role), {}
    for address in addresses(nest, role):
        before = last_look(nest)
        text = read("GET", address, browser.get(address)).text
        names_recipients = address == "/tasks" or address.startswith("/copies/")
        unlogged = set() if names_recipients else not_written_down(nest, role, before, text)
        wrong = leaks(nest, role, text, address)
        if role in WITHOUT_A_PART and address.startswith("/bundles/"):
            wrong = {(data_class, name) for data_class, name in wrong if data_class in access.NEVER_COPIED}
        if wrong or unlogged:
            found[address] = wrong or unlogged
    assert found == {}
    assert not_allowed(nest) == []


def test_who_sees_who_is_missing_has_looked_at_each_of_them(nest: Nest) -> None:
    """The dashboard told grade and reviews of everybody who is missing, and only its file was written down."""
    before = last_look(nest)
    assert nest.case_ids[MISSING] in nest.site.browser("mfh_coordinator").get("/performance").text
    with reading(nest.site.services.engine) as connection:
        looks = sa.select(ReadTable.case_id, ReadTable.purpose).where(ReadTable.id > before)
        assert (nest.case_ids[MISSING], "performance, who is missing") in {tuple(x) for x in connection.execute(looks)}


def test_a_leak_would_be_seen(nest: Nest) -> None:
    case_id = nest.case_ids[FOLLOWED]
    reads_everything = nest.site.browser("mfh_coordinator").get(f"/cases/{case_id}").text
    assert {data_class for data_class, _name in found_in(reads_everything)} >= {"D1", "D2", "D4", "D7"}
    assert ("D4", FOLLOWED) in leaks(nest, "csc_mash", reads_everything)
    assert leaks(nest, "mfh_coordinator", reads_everything) == set()


BY_OFFICE = {
    "retention": (retention.DECIDES, retention.SHOWS),
    "bundle": (MAKES, frozenset(DATA_CLASS)),
    "oversight, audits": (access.OVERSIGHT_FIGURES, frozenset({"D12"})),
}
"""What a purpose lets its office see beside the table: ends of periods, what the law has to be given, figures of audits ("agg")."""


def test_every_look_that_was_written_down_is_one_that_the_table_of_access_allows(nest: Nest) -> None:
    """G-32 over the log itself: nothing but what a role reads in an open case, or may write in its own tasks."""
    for role in ROLES:
        for address in (f"/cases/{nest.case_ids[FOLLOWED]}", "/search", "/tasks", "/promises"):
            nest.site.browser(role).get(address)
    assert len({look.person for look in looks(nest)}) > 15
    assert not_allowed(nest) == []


def looks(nest: Nest) -> Sequence[sa.Row[Any]]:
    """Give who looked, for what, at which classes."""
    with reading(nest.site.services.engine) as connection:
        asked = sa.select(ReadTable.person, ReadTable.purpose, ReadTable.classes).where(ReadTable.person.in_(ROLES))
        return connection.execute(asked.distinct()).all()


def not_allowed(nest: Nest) -> list[tuple[str, str]]:
    """Give the looks that the table of access does not allow."""
    found = []
    for person, purpose, said in looks(nest):
        may = access.readable({person}, standing=access.Standing.OPEN, sampled=True, attended={person})
        may |= access.writable({person})
        holders, shown = BY_OFFICE.get(purpose, (frozenset(), frozenset()))
        may |= shown if person in holders else frozenset()
        if not set(said.split(",")) - {""} <= may:
            found.append((person, purpose))
    return found


def test_the_words_of_the_plan_stay_with_those_who_read_the_plan(nest: Nest) -> None:
    """A task of the plan became an action of the search under the class of an action: host councils, interviewers and homes read it."""
    case_id, plan = nest.case_ids[AGAIN], ("D5", CLOSED)
    search = nest.site.services.cases.case(case_id, **READ_ALL, now=nest.site.clock())
    assert len(search.facts["known"][""]["immediate_tasks"]) == 1
    assert plan in found_in(repr(search.facts["action"]))
    task = next(each for each in search.tasks if each.element == "carry_out_action" and each.status == "open")
    officer = nest.site.browser("response_officer").get(f"/tasks/{task.id}").text
    assert plan in found_in(officer)
    assert plan in found_in(nest.site.browser("locate_sergeant").get(f"/cases/{case_id}").text)
    for role in ("csc_mash", "csc_team_manager", "rhi_worker", "edt", "host_la", "placement_provider"):
        page = nest.site.browser(role).get(f"/cases/{case_id}").text
        assert {extent for data_class, extent, _name in CANARY.findall(page) if data_class == "D5"} <= {"S"}, role


@pytest.mark.parametrize("role", sorted(SEARCHES))
def test_looking_for_a_child_shows_no_more(nest: Nest, role: str) -> None:
    browser = nest.site.browser(role)
    page = browser.page("/search")
    for typed in ({"name": "Canary"}, {"name": "Robin"}, {"reference": nest.case_ids[CLOSED]}):
        assert leaks(nest, role, browser.send("/search", typed, form=page).text) == set()


@pytest.mark.parametrize("role", LOOKING)
def test_no_copy_that_is_printed_or_saved_holds_what_its_maker_may_not_read_or_others_may_not_have(
    nest: Nest, role: str
) -> None:
    browser, found = nest.site.browser(role), {}
    ids = [each for ids in nest.about.values() for each in ids]
    addresses = [f"/cases/{each}/{way}" for each in ids for way in ("print", "briefing")]
    with reading(nest.site.services.engine) as connection:
        addresses += [f"/children/{children.child_of(connection, each)}/print" for each in nest.case_ids.values()]
    for address in (*addresses, "/performance/print", "/downtime"):
        if (form := browser.get(address)).status_code != 200:
            continue
        page, basis = BeautifulSoup(form.text, "html.parser"), {"basis": "court_order"}
        answer = browser.send(address, {"whom": "own"} | basis, form=page)
        if answer.status_code == 404 and address.endswith("/briefing"):
            continue  # nobody is missing there
        own = answer.text
        other = browser.send(address, {"whom": "other", "recipient": "A court"} | basis, form=page).text
        if leaked := leaks(nest, role, own) | leaks(nest, role, other):
            found[address] = leaked
        assert access.NEVER_COPIED.isdisjoint(data_class for data_class, _name in found_in(other)), address
    assert found == {}


def test_whoever_interviewed_the_child_reads_the_closed_case_until_the_18th_birthday(nest: Nest) -> None:
    site, who = nest.site, Actor("rhi_worker", frozenset({"rhi_worker"}))
    ids = [nest.case_ids[CLOSED], nest.case_ids[FOLLOWED]]

    def read(now: datetime) -> list[bool]:
        may = case_access.readable_each(site.services.engine, who, ids, now=now)
        return ["D8" in may[each] for each in ids]

    with reading(site.services.engine) as connection:
        child = children.find(connection, str(children.child_of(connection, ids[0])))
    assert child is not None
    assert child.born_on is not None
    birthday = datetime(child.born_on.year + 18, child.born_on.month, child.born_on.day, tzinfo=UTC)
    assert read(birthday - timedelta(days=1)) == [True, True]
    assert read(birthday + timedelta(days=1)) == [False, True]
