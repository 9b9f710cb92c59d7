"""The page of a child over the years: episodes, flags, plans and interviews, as far as the reader's roles may see them."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.model import Actor
from web import case_access, child_reading
from web.access import actor, signed_in
from web.services import services
from workflows import access
from workflows.merging import MERGES
from workflows.seals import SEALS

page = flask.Blueprint("children", __name__)

PURPOSE = "casework, child"

REPORTS = "call_taker"
"""The role that reports a child missing, as its diagram has it."""
PROPOSES = "ppu_cse_unit"
"""The role that opens a disruption action, as its diagram has it."""
TAKES_REFERRALS = "csc_mash"
"""The role that takes a referral to social care, as its diagram has it."""


@page.get("/children/<child_id>")
@signed_in
def child(child_id: str) -> ResponseReturnValue:
    """Show a child over the years; who looked is written down first.

    Known to those who have a part in one of the child's cases, and with the data classes that any of these gives; the
    force sees every episode, everybody else those of their own cases.
    """
    here, who = services(), actor()
    now = here.clock()
    main_id, parts = case_access.of_child(here.engine, who, child_id, now=now)
    classes: frozenset[str] = frozenset().union(*parts.values())
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=classes, now=now)
    told = child_reading.told(main_id, who, parts, classes, now)
    amendable = child_reading.to_put_right(main_id, who, classes)
    return flask.render_template("child.html", **told, **_may(who, classes), amendable=amendable, child_id=main_id)


def _may(who: Actor, classes: frozenset[str]) -> dict[str, object]:
    """Say what this person may do on the page."""
    writes = access.writable(who.roles)
    return {
        "may_report": REPORTS in who.roles,
        "may_propose": PROPOSES in who.roles,
        "may_refer": TAKES_REFERRALS in who.roles,
        "may_seal": not who.roles.isdisjoint(SEALS),
        "may_concern": not writes.isdisjoint({"D4", "D5"}),
        "may_merge": bool(who.roles & MERGES) and "D1" in classes,
        "may_add_photograph": "D1" in classes & writes,
    }
