"""A browser that measures with: signs in, reads pages and their hidden fields, sends forms."""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Callable, Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import flask

from engine.frozen import frozen
from web.demo_people import PASSWORD

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
FORM = "application/x-www-form-urlencoded"
FOUND = 302

Fields = Mapping[str, str | Sequence[str]]


@frozen
class Answer:
    """What a site answered."""

    status: int
    location: str
    text: str


Send = Callable[[str, str, str], Answer]
"""Sends a method, a path and an encoded form, and keeps the cookies between one request and the next."""


class UnexpectedAnswer(Exception):
    """The site did not do what was measured; the measurement would be worth nothing."""


class Browser:
    """One person at one site."""

    def __init__(self, send: Send) -> None:
        """Use `send` for every request."""
        self.send = send

    def sign_in(self, name: str) -> None:
        """Sign in as one of the invented people."""
        self.post("/sign-in", {**self.hidden("/sign-in"), "name": name, "password": PASSWORD})

    def page(self, path: str) -> str:
        """Give the text of a page; refuses with `UnexpectedAnswer` when it is not given."""
        answer = self.send("GET", path, "")
        if answer.status != http.client.OK:
            raise UnexpectedAnswer(f"{path} answers {answer.status}")
        return answer.text

    def hidden(self, path: str) -> dict[str, str]:
        """Give the hidden fields of a page's form: the CSRF token, and of a task its key and its stamp."""
        return {name: html.unescape(value) for name, value in HIDDEN.findall(self.page(path))}

    def post(self, path: str, fields: Fields) -> str:
        """Send a form and give where the site leads to; refuses with `UnexpectedAnswer` when it leads nowhere."""
        answer = self.send("POST", path, urlencode(fields, doseq=True))
        if answer.status != FOUND:
            raise UnexpectedAnswer(f"{path} answers {answer.status}")
        return answer.location


def inside(app: flask.Flask) -> Send:
    """Send to an application in this process through Flask's test client."""
    client = app.test_client()

    def send(method: str, path: str, form: str) -> Answer:
        answer = client.open(path, method=method, data=form, content_type=FORM, buffered=True)
        return Answer(answer.status_code, answer.headers.get("Location", ""), answer.text)

    return send


def outside(host: str, port: int) -> Send:
    """Send over a socket to a site in another process."""
    cookies: SimpleCookie = SimpleCookie()

    def send(method: str, path: str, form: str) -> Answer:
        connection = http.client.HTTPConnection(host, port, timeout=20)
        held = "; ".join(f"{name}={found.value}" for name, found in cookies.items())
        connection.request(method, path, form, {"Content-Type": FORM, "Cookie": held})
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, answer.headers.get("Location", ""), text)

    return send
