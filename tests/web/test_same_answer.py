"""An invented name and a sealed one are answered identically: at every route, to everybody outside of the group (domain.md 13.12).

The census of routes is the application's own, and what may be typed is what its pages ask for, so that a new route and a new
question are covered without being listed. *Identically* is status, headers and body, once the reference itself and the
tokens that differ each time are masked, and the statements that the database is asked: the half of "also in time" that
does not depend on the machine. The other half is measured (`web/bench/sealed.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from engine.store import CaseTable, TaskTable, reading, writing
from tests.web.aviary import JAY, MORE, OWL, ROBIN, WREN
from tests.web.crawler import NOT_ABOUT_CHILDREN, read
from tests.web.need_to_know import Person
from tests.web.nest import PLACES, Nest, Walk
from tests.web.test_need_to_know import ONE_OF_EACH_COLUMN
from tests.web.test_search import shapes
from workflows import break_glass, catalogue, seals
from workflows.agencies import ROLES
from workflows.children import ChildRow, sounds_text

LETTERS = "ZZZZZZZZ"
"""Those of a reference that no record has."""
NAMES = ("Gwendolyn Sealed", "Wilhemina Nobody")
"""What the sealed child is called, and nobody: as long as one another, for the length of a page is part of an answer."""
JOINED = "CH-22223333"
"""A record that was joined to the sealed child's: what was said of the one is found under the other."""
KEEPS_FORMS = "placement_provider"
"""Whose home keeps the sealed child's form: it is the home's own record, which no seal of the police covers (5.5)."""
RECORDS = frozenset({"case_id", "task_id", "child_id", "other_id", "about", "reference", "profile"})
"""What names a record in an address; seals are named by a number."""
TEXTS = frozenset({"text", "search", "textarea"})
TRIALS = "trying."
"""What is typed in a trial of a procedure is handed to the engine, in a process of its own, under whatever name: one field of each kind is
asked for, and not the hundreds of all procedures."""
WHY = "Control room says that the child is with a cousin."
ONCE = re.compile(r'(name="(?:csrf_token|key)" value=")[^"]*')
"""What a page says once: its token against forged forms, and the key of its form."""
SOUNDS = re.compile(r"\(?\([^()]* LIKE [^()]*\)(?: OR \([^()]* LIKE [^()]*\))*\)?")
"""How many sounds a name has follows from what is typed, and not from what is found."""

Typed = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """What a sealed record is called, and what no record is called."""

    sealed: str
    invented: str

    @classmethod
    def of(cls, reference: str) -> Pair:
        """Give a reference with an invented one of the same form: ``MC-ZZZZZZZZ.4`` for ``MC-7K3QX9PW.4``."""
        return cls(reference, re.sub(r"-\w+", f"-{LETTERS}", reference))


@dataclass(frozen=True)
class Answer:
    """Everything of an answer that somebody can see or count."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    asked: tuple[str, ...]

    def parts_from(self, other: Answer) -> str:
        """Say where this answer to an invented name and that to a sealed one part."""
        if self.asked != other.asked:
            alone = [[each for each in one if each not in two] for one, two in self._both(other)]
            return f"statements {len(self.asked)}:{len(other.asked)} {alone}"
        at = next((n for n, (a, b) in enumerate(zip(self.text, other.text, strict=False)) if a != b), 0)
        texts = [each.text[max(at - 80, 0) : at + 80] for each in (self, other)]
        return f"{self.status}:{other.status} {set(self.headers) ^ set(other.headers)} {texts}"

    def _both(self, other: Answer) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        return ((self.asked, other.asked), (other.asked, self.asked))


@dataclass
class Outsider(Walk):
    """Somebody who is not of the group, who asks for one thing and for the other."""

    told: bool = True
    invented: dict[str, Answer] = field(default_factory=dict)
    """What was answered to invented names: of two sealed ones of the same form it is the same."""

    def differ(self, method: str, address: str, pair: Pair, typed: Typed = ()) -> list[str]:
        """Say what tells the sealed record from the invented one, at an address or in a form in which the former stands."""
        one, other = self._both(method, address, typed, pair)
        if one != other:  # what an application does once, for its first request, tells of no record
            self.invented.clear()
            one, other = self._both(method, address, typed, pair)
        return [f"{self.who.name}: {method} {address} {typed or ''}: {one.parts_from(other)}"] * (one != other)

    def _both(self, method: str, address: str, typed: Typed, pair: Pair) -> tuple[Answer, Answer]:
        asked = repr((method, address, typed)).replace(pair.sealed, pair.invented)
        if asked not in self.invented:
            self.invented[asked] = self.answer(method, address, typed, pair, pair.invented)
        return self.invented[asked], self.answer(method, address, typed, pair, pair.sealed)

    def addresses(self, method: str) -> Iterator[tuple[str, Pair]]:
        """Give each route that names a record, with the sealed ones in it."""
        for rule in self._rules(method):
            named = RECORDS & rule.arguments
            if rule.rule.startswith("/seals/<int"):
                yield _filled(rule, {"int:number": "1"}), Pair("seals/1", "seals/99")
            elif named and not (named == {"profile"} and KEEPS_FORMS in self.who.roles):
                for pair in self._pairs(min(named)):
                    other = pair.sealed if "other_id" not in named else self.nest.flock.children[OWL]
                    values = {**dict.fromkeys(named, pair.sealed), "other_id": other}
                    yield _filled(rule, values), pair
                    if "other_id" in named:
                        yield _filled(rule, {"child_id": other, "other_id": pair.sealed}), pair

    def _pairs(self, place: str) -> list[Pair]:
        """Give what may stand in a place of an address: the sealed child's case, a case of the child as such, the records."""
        flock = self.nest.flock
        child = [flock.children[WREN], JOINED]
        cases = [flock.cases[WREN], *self._of_the_child()]
        tasks = [f"{flock.cases[WREN]}.{number}" for number in self._tasks(flock.cases[WREN])]
        found = {"task_id": tasks, "child_id": child, "profile": [flock.forms[WREN]], "case_id": cases}
        return [Pair.of(each) for each in found.get(place, [*cases, *child])]

    def said(self) -> list[Pair]:
        """Give what may be typed: a reference of each kind, and the name."""
        flock = self.nest.flock
        return [*map(Pair.of, (flock.cases[WREN], flock.children[WREN], JOINED)), Pair(*NAMES)]

    def _of_the_child(self) -> list[str]:
        """Give one sealed case of the child that is no episode."""
        held = (each for each in self.nest.flock.held.values() if each.sealed_for is not None and not each.is_episode)
        return [min(each.case_id for each in held)]

    def _tasks(self, case_id: str) -> list[int]:
        """Give the numbers of a task that is open, and of one that is not."""
        task = TaskTable
        asked = sa.select(sa.func.min(task.number)).where(task.case_id == case_id).group_by(task.status == "open")
        with reading(self.nest.site.services.engine) as connection:
            return sorted(connection.execute(asked).scalars())

    def questions(self) -> Iterator[tuple[str, str, Typed, str]]:
        """Give every question of the forms that pages offer: how and where it is sent, with which fields, and its name."""
        offered: dict[tuple[str, str, str], tuple[str, str, Typed, str]] = {}
        for address in self._pages():
            page = read("GET", address, self.crawl.client.get(address))
            for form in page.forms:
                fields = [(name, "" if kind in TEXTS else value) for name, kind, value in form.fields]
                for each, kind in ((name, kind) for name, kind, _value in form.fields if kind in TEXTS):
                    there = self.place(form.address, "POST")
                    place = ("POST", there, kind if there.startswith(TRIALS) else each)
                    offered.setdefault(place, ("POST", form.address, fields, each))
            for link in page.links:
                for each, _value in parse_qsl(urlsplit(link).query, keep_blank_values=True):
                    place = ("GET", self.place(link, "GET"), each)
                    offered.setdefault(place, ("GET", urlsplit(link).path, [(each, "")], each))
        yield from offered.values()

    def place(self, address: str, method: str) -> str:
        """Name the route of an address."""
        found = self.crawl.place(address, method)
        return found[0] if found else ""

    def _pages(self) -> Iterator[str]:
        """Give the pages on which there may be something to type: of each route, for a record of which people know."""
        flock = self.nest.flock
        for rule in self._rules("GET"):
            if not rule.endpoint.startswith(NOT_ABOUT_CHILDREN):
                values = {
                    "case_id": flock.cases[ROBIN],
                    "child_id": flock.children[ROBIN],
                    "other_id": flock.children[OWL],
                }
                values |= {"about": flock.children[ROBIN], "reference": flock.children[ROBIN]}
                for procedure in catalogue.procedures() if "procedure" in rule.arguments else ("",):
                    yield _filled(rule, {**values, "procedure": procedure})

    def answer(self, method: str, address: str, typed: Typed, pair: Pair, now: str) -> Answer:
        client, sent = self.crawl.client, [(name, value.replace(pair.sealed, now)) for name, value in typed]
        if self.told:  # what an answer says on the page after it lies in the cookie that it sent
            with client.session_transaction() as session:
                session.pop("_flashes", None)
        there = address.replace(pair.sealed, now)
        with shapes(self.nest.site) as asked:
            answer = client.get(there, query_string=sent) if method == "GET" else client.post(there, data=_many(sent))
        self.told = "Set-Cookie" in answer.headers
        headers = tuple((name, _masked(value, pair)) for name, value in answer.headers if name != "Set-Cookie")
        queries = tuple(map(_without_sounds, asked))
        return Answer(answer.status_code, headers, _masked(answer.get_data(as_text=True), pair), queries)


@cache
def _without_sounds(statement: str) -> str:
    return SOUNDS.sub("(LIKE)", statement)


def _many(typed: Typed) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in typed:
        found.setdefault(name, []).append(value)
    return found


def _masked(text: str, pair: Pair) -> str:
    """Leave out what was typed, now and before, and the letters of a reference, where a page takes it apart as if it were a day."""
    for each in _spellings(pair):
        text = text.replace(each, "SAID")
    return ONCE.sub(r"\1", text)


@cache
def _spellings(pair: Pair) -> tuple[str, ...]:
    spelt = [
        each
        for said in (pair.sealed, pair.invented)
        for each in (said, said.upper(), said.casefold(), said.partition("-")[2])
    ]
    ways = [way for each in spelt for way in (each, quote(each), quote_plus(each))]
    return tuple(dict.fromkeys(filter(None, ways)))


def _filled(rule: Rule, values: dict[str, str]) -> str:
    return re.sub(r"<([^>]+)>", lambda place: values.get(place[1], PLACES.get(place[1], "1")), rule.rule)


def outside(nest: Nest, who: Person) -> bool:
    """Whether somebody is shut out of the sealed case, and has not opened it with a reason."""
    held = nest.flock.held[WREN]
    assert held.sealed_for is not None
    shut_out = seals.NEVER_SHUT_OUT not in who.roles and who.name not in held.sealed_for
    return shut_out and who.name not in held.opened_by


PEOPLE = sorted({*ROLES, *MORE})


@pytest.fixture
def sealed(nest: Nest) -> Nest:
    """The aviary, where everything about the sealed child is sealed, the new report too; the child has a name of its own."""
    child, joined = nest.flock.children[WREN], {"joined_to": nest.flock.children[WREN], "child_id": JOINED}
    called = {"name": NAMES[0], "known_as": "", "sounds": sounds_text(NAMES[0], "")}
    row, case, covered = ChildRow, CaseTable, seals.SealCaseRow
    with writing(nest.site.services.engine) as connection:
        connection.execute(sa.update(row).where(row.child_id == child).values(**called))
        own = dict(connection.execute(sa.select(row.__table__).where(row.child_id == child)).mappings().one())
        connection.execute(sa.insert(row).values(own | joined))
        number = connection.execute(sa.select(seals.SealRow.id)).scalar_one()
        done = sa.select(covered.case_id).where(covered.seal == number)
        about = sa.or_(case.id == nest.flock.cases[JAY], case.correlation == child)
        new = sa.select(sa.literal(number), case.id).where(about, case.id.not_in(done))
        connection.execute(sa.insert(covered).from_select(["seal", "case_id"], new))
    return nest


@pytest.mark.parametrize("name", PEOPLE)
def test_an_address_of_a_sealed_record_is_answered_like_one_of_no_record(sealed: Nest, name: str) -> None:
    """Every route that names a record, for every person outside of the group, looked at and sent to."""
    who = sealed.flock.people[name]
    if not outside(sealed, who):
        return
    walk = Outsider(sealed, who)
    found = [each for address, pair in walk.addresses("GET") for each in walk.differ("GET", address, pair)]
    token = [("csrf_token", walk.token())]
    found += [each for address, pair in walk.addresses("POST") for each in walk.differ("POST", address, pair, token)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ONE_OF_EACH_COLUMN)
def test_what_is_typed_of_a_sealed_record_is_answered_like_what_nobody_has(sealed: Nest, name: str) -> None:
    """Every field in which something can be typed, on every page, with the reference of a sealed record and with the name."""
    who = sealed.flock.people[name]
    if not outside(sealed, who):
        return
    walk = Outsider(sealed, who)
    found = []
    for method, address, fields, asked in list(walk.questions()):
        for pair in walk.said()[:: 1 if method == "POST" else 3]:  # lists are narrowed by a case or by a name
            told = [(each, pair.sealed if each == asked else value) for each, value in fields]
            found += walk.differ(method, address, pair, told)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(break_glass.OPENS))
def test_whoever_gives_a_reason_learns_nothing_by_it_either(sealed: Nest, name: str) -> None:
    """The same answer in the same statements.

    How many mails are written in the one statement is as many as answer for the case, of any case: 5.2, rule iii, has those
    told at once, and 13.12 forbids only what the opener sees. For a reference that no record has superintendents are told.
    """
    who = sealed.flock.people[name]
    if not outside(sealed, who):
        return
    walk = Outsider(sealed, who)
    page = read("GET", "/break-glass", walk.crawl.client.get("/break-glass"))
    for number, pair in enumerate(walk.said()[:3]):
        [form] = [form for form in page.forms if form.address == "/break-glass"]
        told = {each: value for each, _kind, value in form.fields} | {"reference": pair.sealed, "reason": WHY}
        one, other = (
            walk.answer("POST", "/break-glass", [*(told | {"key": f"{number} {said}"}).items()], pair, said)
            for said in (pair.invented, pair.sealed)
        )
        assert one == other, one.parts_from(other)
