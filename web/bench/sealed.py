"""Whether time tells a sealed record from one that there is not: the same calls for the one and the other, in turns.

Half of 13.12: the other half, that they are answered in the same words and statements, is a test
(`tests/web/test_same_answer.py`). What is left here is what a database does inside of a statement, and the machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from engine.frozen import frozen
from engine.store import reading, writing
from web.bench.browser import Browser, UnexpectedAnswer, inside
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.story import play
from web.bench.watch import Watch
from workflows import children, seals
from workflows.seals import Wanted

OUTSIDE, WITH_A_REASON = "call_taker", "control_room_supervisor"
"""Two of the force, who see every episode and are not of the group; the second opens cases with a reason."""
SEALS = "superintendent"
WHY = "Control room says that the child is with a cousin."
NOISE = 1.1
"""So far apart are the medians of one and the same call in two runs on a machine that does other things, too."""

PAGE, CHILD, SEARCH, TYPED, GLASS = (
    "the page of a case", "the page of a child", "a search", "a reference in a form", "an opening with a reason",
)  # fmt: skip
STATUS = {PAGE: 404, CHILD: 404, SEARCH: 200, TYPED: 422, GLASS: 200}

Call = Callable[["Called"], int]
"""Asks for a record, and gives the status of the answer."""


@frozen
class Called:
    """What a record is called: its case, its child, and the child's name."""

    case_id: str
    child_id: str
    name: str


NOBODY = Called("MC-ZZZZZZZZ", "CH-ZZZZZZZZ", "Wolfram Nobody")


def told_apart(site: Site, *, calls: int) -> list[Measure]:
    """Make each call so often for a sealed record and for an invented one, and compare the medians."""
    sealed, watch = _sealed(site), Watch()
    asked = _calls(site)
    for turn in range(calls):
        for name, call in asked.items():
            pair = (("sealed", sealed), ("invented", NOBODY))
            for which, called in pair if turn % 2 else reversed(pair):
                with watch.time(f"{which} {name}"):
                    status = call(called)
                if status != STATUS[name]:
                    raise UnexpectedAnswer(f"{name} answers {status} for the {which} one")
    ratios = {name: watch.median(f"sealed {name}") / watch.median(f"invented {name}") for name in asked}
    return [
        Measure(f"time of {name}, a sealed record : an invented one", round(max(ratio, 1 / ratio), 3), "x", NOISE)
        for name, ratio in ratios.items()
    ]


def _sealed(site: Site) -> Called:
    """Play a case to its end and seal it, with the child."""
    case_id = ""
    for ready in play(site, begun=MORNING):
        case_id = ready.complete().case_id
    with writing(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id) or ""
        by = site.actor(SEALS)
        seals.seal(connection, Wanted(child_id, (case_id,), (SEALS,), WHY), by=by, now=site.clock())
    with reading(site.services.engine) as connection:
        child = children.find(connection, child_id)
    if child is None:
        message = "nobody has matched the measured child"
        raise RuntimeError(message)
    return Called(case_id, child_id, child.name)


def _calls(site: Site) -> Mapping[str, Call]:
    """Give the calls by what they ask for; each does what the page before it needs only once."""
    outside, reason = (Browser(inside(site.app)) for _ in range(2))
    outside.sign_in(OUTSIDE)
    reason.sign_in(WITH_A_REASON)
    search, opening, glass = (
        browser.hidden(path)
        for browser, path in ((outside, "/search"), (outside, "/cases/open"), (reason, "/break-glass"))
    )

    def sent(browser: Browser, path: str, fields: Mapping[str, str]) -> int:
        return browser.send("POST", path, urlencode(fields)).status

    return {
        PAGE: lambda called: outside.send("GET", f"/cases/{called.case_id}", "").status,
        CHILD: lambda called: outside.send("GET", f"/children/{called.child_id}", "").status,
        SEARCH: lambda called: sent(outside, "/search", {**search, "name": called.name, "reference": called.case_id}),
        TYPED: lambda called: sent(outside, "/cases/open", {**opening, "missing_with": called.case_id}),
        GLASS: lambda called: sent(
            reason,
            "/break-glass",
            {**glass, "key": secrets.token_hex(8), "reference": called.case_id, "reason": WHY},
        ),
    }
