"""Files that are made to stop who reads them, at each door that takes one: an answer in time, and the next page as before."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable

from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from tests.web.site import Browser, Site
from workflows import draft_looks

HOME = "/procedures/protocol_review"
DRAFT = f"{HOME}/draft"
HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
DMN = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">'
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">{}]><a>&{};</a>'.format(
    "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)), "i"
)
DEEP = HEAD + "<process>" * 5_000
BEGINNINGS = "<process " * 5_000
CIRCLE = (
    f'{HEAD}<process id="a" isExecutable="true"><startEvent id="b"/><sequenceFlow id="f" sourceRef="b" targetRef="b"/>'
    '<callActivity id="c"><extensionElements><zeebe:calledElement xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'processId="a"/></extensionElements></callActivity></process></definitions>'
)
REQUIRES = DMN + "".join(
    f'<decision id="{mine}" name="{mine}"><informationRequirement><requiredDecision href="#{other}"/></informationRequirement>'
    f"<literalExpression><text>{other}</text></literalExpression></decision>"
    for mine, other in (("grade", "floor"), ("floor", "grade"))
) + "</definitions>"  # fmt: skip
NESTED = (
    '{"id": "protocol_review", "type": "default", "components": ['
    + '{"type": "group", "components": [' * 400
    + "]}" * 400
    + "]}"
)
MANY = (
    '{"id": "protocol_review", "title": "Many", "type": "default", "components": ['
    + ",".join(f'{{"type": "textfield", "key": "k{each}", "label": "x"}}' for each in range(400))
    + "]}"
)
BY_DOOR = {
    "protocol_review.bpmn": (BOMB, DEEP, BEGINNINGS, CIRCLE),
    "deadlines.dmn": (BOMB, REQUIRES, DEEP),
    "protocol_review.form": ("[" * 20_000, NESTED, MANY),
}
SECONDS = 20
"""The longest that one request may take on a machine that others use too; each ends itself after a few."""


def packed(text: str, times: int = 1) -> bytes:
    """Make an archive with a file of many times this text."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made, made.open("protocol_review.bpmn", "w") as file:
        for _turn in range(times):
            file.write(text.encode())
    return held.getvalue()


def test_no_file_stops_the_site_at_any_door(site: Site) -> None:
    """What the pages of a draft show of its files is read in a guarded child too: comparison, titles, tables and forms."""
    editor = site.browser("procedure_editor")
    home = editor.page(HOME)
    drawn = (BOMB, DEEP, BEGINNINGS, CIRCLE, "<a>" * 3, "x" * 30_000)
    archives = (packed(" " * 1_000_000, 60), packed(BOMB)[:200], b"PK\x03\x04" * 1000)
    answers = [brought(editor, home, "diagram", text.encode()) for text in drawn]
    answers += [brought(editor, home, "archive", data) for data in archives]
    assert answers == [422] * 9
    large = {"data": b"x" * 50_000_000, "content_type": "application/x-www-form-urlencoded"}
    assert editor.post(f"{DRAFT}/diagram", **large).status_code == 413
    assert editor.get(DRAFT).status_code == 404, "nothing of it was kept"
    assert editor.send(DRAFT, form=home).status_code == 303
    for name, texts in BY_DOOR.items():
        for text in texts:
            assert saved(editor, name, text) in {303, 422}, text[:80]
    for page in (DRAFT, f"{DRAFT}/changes"):
        assert editor.get(page).status_code == 200
    assert site.browser("call_taker").get("/tasks").status_code == 200
    assert site.sweep().failed == 0


def test_a_file_of_beginnings_is_gone_over_once_for_its_title() -> None:
    """It was gone over again from each of them, in the site's own process: 40,000 of them took it away for minutes."""
    assert draft_looks.title_of("a.bpmn", "<process " * 100_000) == ""


def brought(browser: Browser, page: BeautifulSoup, what: str, data: bytes) -> int:
    """Send a file at the door for diagrams or for archives; give the status."""
    token = page.select_one("main input[name=csrf_token]")
    assert token is not None
    sent = {"csrf_token": token["value"], what: (io.BytesIO(data), "procedure.zip")}
    return in_time(lambda: browser.post(f"{DRAFT}/{what}", data=sent, content_type="multipart/form-data"))


def saved(browser: Browser, name: str, text: str) -> int:
    """Save a file of the draft, and look at its page; give the status of the saving."""
    path = f"{DRAFT}/files/{name}"
    page = browser.page(path)
    status = in_time(lambda: browser.send(path, {"text": text}, form=page))
    assert in_time(lambda: browser.get(path)) == 200
    return status


def in_time(ask: Callable[[], TestResponse]) -> int:
    began = time.monotonic()
    status = ask().status_code
    assert time.monotonic() - began < SECONDS
    return status
