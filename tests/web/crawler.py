"""Walks through the site as one person: every page that is offered, every address that can be guessed, every form with wrong answers."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zipfile import ZipFile

import flask
import lxml.html
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

Check = Callable[["Seen"], object]

NOT_ABOUT_CHILDREN = ("static", "drafts.", "modeller.", "steps.", "releases.", "identity.", "health.", "cases.diagram")
"""Pages that hold no case: files of the site, procedures and their drawings, signing in and out."""
OFTEN = frozenset(
    {"cases.case", "children.child", "children.show", "philomena.in_case", "tasks.task", "retention.subject"}
)
"""Pages that are looked at for every record; of all others some are enough."""
SOME = 3


@dataclass(frozen=True)
class Form:
    """A form that a page offers, with what stands in its fields."""

    address: str
    fields: tuple[tuple[str, str, str], ...]
    """Name, kind and value of each field."""
    uploads: bool = False


@dataclass(frozen=True)
class Seen:
    """One answer: what was asked for, and everything that came back as text."""

    method: str
    address: str
    status: int
    location: str
    text: str
    links: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.address} {self.status}"


@dataclass
class Crawl:
    """One person's walk; `check` is told of every answer, and what it says is kept under the address."""

    app: flask.Flask
    client: FlaskClient
    check: Check
    found: dict[str, object] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    """The first status of each address that was looked at."""
    like: set[str] = field(default_factory=set)
    forms: dict[str, Form] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def get(self, address: str) -> Seen:
        """Look at an address."""
        return self._looked("GET", address, self.client.get(address))

    def post(self, address: str, data: Mapping[str, object] | Sequence[tuple[str, str]]) -> Seen:
        """Send answers, and look at the page to which that leads: what is said once stands there."""
        seen = self._looked(
            "POST", address, self.client.post(address, data=dict(data) if isinstance(data, Mapping) else _many(data))
        )
        if seen.location:
            self.get(seen.location)
        return seen

    def follow(self, addresses: Iterable[str]) -> None:
        """Look at these addresses and at everything to which their pages lead."""
        waiting = list(addresses)
        while waiting:
            address = waiting.pop(0)
            if self._is_wanted(address):
                waiting += self.get(address).links

    def send_all(self) -> None:
        """Send each form that was offered: empty, with wrong answers, and where it has a stamp, as if somebody had been quicker."""
        sent: Counter[str] = Counter()
        for place, form in list(self.forms.items()):
            endpoint = place.partition(" ")[0]
            sent[endpoint] += 1
            if sent[endpoint] > SOME:
                continue
            self.post(form.address, _hidden(form))
            self.post(
                form.address, [(name, value if kind == "hidden" else _wrong(name)) for name, kind, value in form.fields]
            )
            if any(name == "stamp" for name, _kind, _value in form.fields):
                self.post(form.address, _stale(form))

    def place(self, address: str, method: str = "GET") -> tuple[str, Mapping[str, object]] | None:
        """Give endpoint and values of an address."""
        try:
            return self.app.url_map.bind("localhost").match(urlsplit(address).path, method)
        except (HTTPException, MethodNotAllowed):
            return None

    def _is_wanted(self, address: str) -> bool:
        """Whether an address is one of ours that was not looked at yet, nor enough like it."""
        place = self.place(address)
        if place is None or place[0].startswith(NOT_ABOUT_CHILDREN):
            return False
        asked = sorted(name for name, _value in parse_qsl(urlsplit(address).query))
        key = f"{place[0]} {asked}" if asked else f"{place[0]} {sorted(map(str, place[1].values()))}"
        self.counted[place[0]] += 1
        if key in self.like or (self.counted[place[0]] > SOME and place[0] not in OFTEN):
            return False
        self.like.add(key)
        return True

    def _looked(self, method: str, address: str, answer: Response) -> Seen:
        seen = read(method, address, answer)
        answer.close()
        if method == "GET":
            self.answered.setdefault(address, seen.status)
        for form in seen.forms if method == "GET" else ():
            place = self.place(form.address, "POST")
            if place is not None and not place[0].startswith(NOT_ABOUT_CHILDREN):
                named = " ".join(sorted({name for name, _kind, _value in form.fields}))
                self.forms.setdefault(f"{place[0]} {named}", form)
        if said := self.check(seen):
            self.found.setdefault(str(seen), said)
        return seen


def read(method: str, address: str, answer: Response) -> Seen:
    """Read everything of an answer: its headers, its text, and what an archive holds."""
    data, location = answer.data, answer.headers.get("Location", "")
    if answer.mimetype == "application/zip":
        with ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(part for name in packed.namelist() for part in (name.encode(), packed.read(name)))
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie")
    text = f"{headers}\n{data.decode('utf-8', 'replace')}"
    if answer.mimetype != "text/html" or not data:
        return Seen(method, address, answer.status_code, location, text)
    links, forms = _parts(data, address)
    return Seen(method, address, answer.status_code, location, text, links, forms)


def _parts(data: bytes, address: str) -> tuple[tuple[str, ...], tuple[Form, ...]]:
    """Read where a page leads, and which forms it offers."""
    page: Any = lxml.html.fromstring(data)
    links = [
        str(each.get(name))
        for tag, name in (("a", "href"), ("img", "src"))
        for each in page.iter(tag)
        if each.get(name)
    ]
    forms = []
    for form in page.iter("form"):
        fields = tuple((str(each.name), _kind(each), _value(each)) for each in form.inputs if each.name)
        action = str(form.get("action") or urlsplit(address).path)
        if (form.get("method") or "").lower() == "post":
            forms.append(Form(action, fields, uploads=form.get("enctype") == "multipart/form-data"))
        else:
            links.append(f"{action}?{urlencode([(name, value) for name, _kind, value in fields])}")
    return tuple(link for link in links if link.startswith("/")), tuple(forms)


def _kind(field: Any) -> str:
    return str(field.get("type") or field.tag)


def _value(field: Any) -> str:
    if field.tag == "textarea":
        return str(field.text or "")
    if field.tag == "select":
        return str(field.value or "")
    return str(field.get("value") or "")


def _hidden(form: Form) -> list[tuple[str, str]]:
    return [(name, value) for name, kind, value in form.fields if kind == "hidden"]


def _wrong(name: str) -> str:
    return "99" if name.endswith(("-day", "-month", "-year")) else "?"


def _stale(form: Form) -> list[tuple[str, str]]:
    """Give what stands there with one text changed, on a page that was drawn before something else happened."""
    texts = [name for name, kind, _value in form.fields if kind == "textarea"]
    kept = [(name, value) for name, kind, value in form.fields if kind not in {"radio", "checkbox"} and name != "stamp"]
    changed = [(name, f"{value} And more." if name in texts else value) for name, value in kept]
    return [*changed, ("stamp", "0")]


def _many(data: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in data:
        found.setdefault(name, []).append(value)
    return found


def fill(rule: str, values: Mapping[str, str]) -> Iterator[str]:
    """Put values into the places of a route."""
    for name, value in values.items():
        rule = rule.replace(f"<{name}>", value)
    if "<" not in rule:
        yield rule
