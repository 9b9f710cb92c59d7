"""The page of a child over the years: episodes, flags, plans and interviews, as far as the reader's roles may see them."""

from __future__ import annotations

from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.model import Actor
from engine.store import reading
from web import case_access, child_words
from web.access import actor, signed_in
from web.services import services
from workflows import children
from workflows.access import SEES_EVERY_EPISODE

page = flask.Blueprint("children", __name__)

PURPOSE = "casework, child"


class ChildNotFound(NotFound):
    """There is no such child, or none of whom this person may know."""


@page.get("/children/<child_id>")
@signed_in
def child(child_id: str) -> ResponseReturnValue:
    """Show a child over the years; who looked is written down first.

    Known to those who have a part in one of the child's cases, and with the data classes that any of these gives; the
    force sees every episode, everybody else those of their own cases.
    """
    here, who = services(), actor()
    now = here.clock()
    parts, main_id = _parts(child_id, who)
    classes: frozenset[str] = frozenset().union(*parts.values())
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=classes, now=now)
    return flask.render_template("child.html", **_told(main_id, who, parts, classes, now))


def _parts(child_id: str, who: Actor) -> tuple[dict[str, frozenset[str]], str]:
    """Give the cases of a child in which this person has a part, each with its data classes; and the child's main id."""
    here = services()
    with reading(here.engine) as connection:
        found = children.find(connection, child_id)
        ids = _cases(connection, found.child_id) if found else []
    parts = case_access.readable_each(here.engine, who.roles, ids)
    if found is None or not parts:
        raise ChildNotFound("There is no such child.")
    return parts, found.child_id


def _cases(connection: sa.Connection, child_id: str) -> list[str]:
    """Give the references of all that is about a child: episodes, and the cases about the child as such."""
    own = [episode.case_id for episode in children.episodes_of(connection, child_id)]
    return own + [case.case_id for case in children.cases_of(connection, child_id)]


def _told(
    child_id: str, who: Actor, parts: dict[str, frozenset[str]], classes: frozenset[str], now: datetime
) -> dict[str, object]:
    """Read what these data classes allow, and put it into words."""
    every = bool(who.roles & SEES_EVERY_EPISODE) and "D2" in classes
    shown = {case_id for case_id, own in parts.items() if "D2" in own}
    with reading(services().engine) as connection:
        found = children.find(connection, child_id)
        known = child_words.Known(
            child=found,
            episodes=tuple(e for e in children.episodes_of(connection, child_id) if every or e.case_id in shown),
            flags=children.flags_of(connection, child_id),
            plans=children.plans_of(connection, child_id),
            interviews=tuple(e for e in children.interviews_of(connection, child_id) if e.case_id in shown),
            cases=tuple(case for case in children.cases_of(connection, child_id) if case.case_id in parts),
        )
    return child_words.describe(known, classes, parts, now) | {"child_id": child_id}
