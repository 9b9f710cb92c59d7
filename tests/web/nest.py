"""A site with the aviary in it, as every test finds it, and the walk of one of its people through all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from engine.store import ReadTable, reading
from tests.web.aviary import HERON, OWL, ROBIN, SWIFT, WREN, Flock
from tests.web.crawler import Crawl, Seen
from tests.web.need_to_know import Held, Person, may_read
from tests.web.planting import found_in
from tests.web.site import Browser, Site
from web import access

FOCUS = (WREN, OWL)
"""Whose records each address is asked for by its reference, known or not: the sealed child's, and of the one that is grown up."""
OPENED = (WREN, SWIFT)
"""What each person who may opens with a reason at last."""
PLACES = {
    "int:number": "1",
    "promise": "G-02",
    "name": "level",
    "procedure": "missing_child",
    "process": "missing_child",
    "record": "missing_report",
    "key": "1",
    "kind": "concern",
    "act": "take",
    "sign_in": "call_taker",
    "token": "none",
}
"""What stands in the places of addresses that name no record."""
GIVES_TO_THE_CHILD = ("information_governance", "/bundles/")
"""Who reads a child's records without a part in the case, and where: to give them to the child, without D4 and D12 (5.3, 13.12)."""
FAULT = 500
ALIKE = "Canary flew over the boat house by the river"
"""Sounds like the name of every child here."""
WHY = "Control room says that the child is with a cousin."


class Walker(Browser):
    """A browser that does not stop to look at how a page is written: other tests do, and there are thousands of pages here."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return FlaskClient.open(self, *args, **({"buffered": True} | kwargs))


@dataclass(frozen=True)
class Nest:
    """The site, what was planted there, and a copy of its database as it was then."""

    site: Site
    flock: Flock
    kept: Path

    def fresh(self) -> None:
        """Put the database back as it was."""
        self.site.put(self.kept, self.flock.now)

    def of_child(self, held: Held) -> tuple[Held, ...]:
        """Give every case about the child of a case."""
        same = (each for each in self.flock.held.values() if held.bird and each.bird == held.bird)
        return tuple(same) or (held,)

    def leaks(self, who: Person, text: str, opened: frozenset[str] = frozenset()) -> set[tuple[str, str]]:
        """Give kind and owner of each canary in a text that somebody may not read, who has `opened` these cases with a reason."""
        found = set()
        for kind, extent, name in found_in(text):
            owner = self.flock.held[name]
            pool = [_opened(each, who, opened) for each in self.of_child(owner)]
            if not may_read(who, kind, extent, _opened(owner, who, opened), pool):
                found.add((kind + extent, name))
        return found


def _opened(held: Held, who: Person, opened: frozenset[str]) -> Held:
    return replace(held, opened_by=held.opened_by | {who.name}) if held.case_id in opened else held


@dataclass
class Walk:
    """One person's walk through the site; `found` holds what should not have been there, by where it was."""

    nest: Nest
    who: Person
    crawl: Crawl = field(init=False)
    opened: frozenset[str] = frozenset()
    sung: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.crawl = Crawl(self.app, self.nest.site.browser(self.who.name), self.wrong)

    @property
    def app(self) -> flask.Flask:
        return self.nest.site.app

    @property
    def found(self) -> Mapping[str, object]:
        return self.crawl.found

    def go(self) -> None:
        """Look at all that is offered and all that can be guessed, and send every form."""
        crawl = self.crawl
        crawl.follow([rule.rule for rule in self._rules("GET") if not rule.arguments])
        crawl.follow([f"/cases/{held.case_id}" for held in self.nest.flock.held.values() if not held.is_form])
        for address in self._addresses("GET"):
            if address not in crawl.answered:
                crawl.get(address)
        token = self.token()
        for address in self._addresses("POST"):
            crawl.post(address, {"csrf_token": token})
        crawl.send_all()
        self._search(token)
        self._break_glass(token)

    def token(self) -> str:
        """Give the token against forged forms."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.crawl.client.get("/tasks").text)
        assert found
        return found.group(1)

    def wrong(self, seen: Seen) -> object:
        """Say what is wrong with an answer: a text that is not for this person, or one in an address, which is kept elsewhere."""
        self.sung |= found_in(seen.text)
        found = self._leaks(seen) | ({("fault", "")} if seen.status == FAULT else set())
        addresses = (seen.location, *seen.links, *(form.address for form in seen.forms))
        return found | {("address", name) for address in addresses for _kind, _extent, name in found_in(address)}

    def _leaks(self, seen: Seen) -> set[tuple[str, str]]:
        found = self.nest.leaks(self.who, seen.text, self.opened)
        office, place = GIVES_TO_THE_CHILD
        if self.who.name == office and seen.address.startswith(place):
            return {(kind, name) for kind, name in found if kind in {"D4", "D12"}}
        return found

    def _rules(self, method: str) -> list[Rule]:
        """Give the routes that admit this person; the others refuse before they look (`tests/web/test_routes.py`)."""
        found = []
        for rule in self.app.url_map.iter_rules():
            mark = access.mark_of(self.app, rule.endpoint)
            if method in (rule.methods or ()) and mark and mark.admits(self.who.roles) and not mark.public:
                found.append(rule)
        return found

    def _addresses(self, method: str) -> Iterator[str]:
        """Give each route that names a record, for the records in focus."""
        flock = self.nest.flock
        rules = [rule for rule in self._rules(method) if rule.arguments and not rule.rule.startswith("/procedures")]
        for bird in FOCUS:
            case_id, child_id, other = flock.cases[bird], flock.children[bird], flock.children[ROBIN]
            values = {"case_id": case_id, "task_id": f"{case_id}.1", "child_id": child_id, "other_id": other}
            values |= {**PLACES, "profile": flock.forms[bird]}
            for rule in rules:
                for each in (case_id, child_id) if {"about", "reference"} & rule.arguments else (case_id,):
                    yield _filled(rule.rule, {**values, "about": each, "reference": each})
        if method == "POST":
            yield f"/tasks/{flock.cases[HERON]}.1"

    def _search(self, token: str) -> None:
        """Look for each child by name, and by every reference that there is."""
        flock = self.nest.flock
        if any(rule.rule == "/search" for rule in self._rules("POST")):
            for typed in ({"name": ALIKE}, *({"reference": flock.cases[bird]} for bird in FOCUS)):
                self.crawl.post("/search", {"csrf_token": token, **typed})

    def _break_glass(self, token: str) -> None:
        """Open cases with a reason, and look at them."""
        if not any(rule.rule == "/break-glass" for rule in self._rules("POST")):
            return
        for bird in OPENED:
            case_id = self.nest.flock.cases[bird]
            self.opened |= {case_id}
            self.crawl.post("/break-glass", {"csrf_token": token, "reference": case_id, "reason": WHY})
            for address in (f"/cases/{case_id}", f"/children/{self.nest.flock.children[WREN]}"):
                self.crawl.get(address)


def _filled(rule: str, values: Mapping[str, str]) -> str:
    return re.sub(r"<([^>]+)>", lambda place: values.get(place.group(1), "1"), rule)


def looks(nest: Nest, name: str) -> set[tuple[str, str]]:
    """Give the purposes and data classes of what is written down of somebody's looks."""
    asked = sa.select(ReadTable.purpose, ReadTable.classes).where(ReadTable.person == name).distinct()
    with reading(nest.site.services.engine) as connection:
        return {(purpose, kind) for purpose, kinds in connection.execute(asked) for kind in kinds.split(",") if kind}
