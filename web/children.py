"""The page of a child over the years: episodes, flags, plans and interviews, as far as the reader's roles may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.model import Actor
from engine.store import reading
from web import carer_words, case_access, child_words
from web.access import actor, signed_in
from web.services import services
from workflows import absences, access, children, concerns, merging, photographs, trigger_plans, withheld
from workflows.access import SEES_EVERY_EPISODE
from workflows.children import DATA_CLASS_OF, ChildEpisode
from workflows.episodes import Episode
from workflows.merging import MERGES
from workflows.seals import SEALS

page = flask.Blueprint("children", __name__)

PURPOSE = "casework, child"

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
    return flask.render_template("child.html", **_told(main_id, who, parts, classes, now))


def _told(
    child_id: str, who: Actor, parts: dict[str, frozenset[str]], classes: frozenset[str], now: datetime
) -> dict[str, object]:
    """Read what these data classes allow, and put it into words."""
    every = bool(who.roles & SEES_EVERY_EPISODE) and "D2" in classes
    shown = {case_id for case_id, own in parts.items() if "D2" in own}
    with reading(services().engine) as connection:
        all_episodes = children.episodes_of(connection, child_id)
        interviews = [each for each in children.interviews_of(connection, child_id) if each.case_id in parts]
        noted, away = concerns.of_child(connection, child_id), absences.of_child(connection, child_id)
        known = child_words.Known(
            child=children.find(connection, child_id),
            episodes=tuple(e for e in all_episodes if every or e.case_id in shown),
            flags=children.flags_of(connection, child_id),
            plans=trigger_plans.of_child(connection, child_id),
            interviews=tuple(e for e in interviews if e.case_id in shown),
            disruptions=tuple(e for e in children.disruptions_of(connection, child_id) if e.case_id in shown),
            cases=tuple(case for case in children.cases_of(connection, child_id) if case.case_id in parts),
        )
        told: dict[str, object] = {
            "photograph": photographs.latest(connection, child_id) if "D1" in classes else None,
            "merges": [each for each in merging.of(connection, child_id) if each.waits or each.stands],
            "other_ids": merging.other_ids(connection, child_id),
        }
    of_carer = frozenset() if carer_words.in_an_open_episode(who, parts) else frozenset({carer_words.DATA_CLASS})
    may_see = away if carer_words.DATA_CLASS in classes else ()
    told["absences"] = [carer_words.absence(each, {}) for each in may_see]
    told["absence_count"] = carer_words.count_of(may_see, now)
    told["concerns"] = carer_words.entries(noted, classes - of_carer, (), now)
    held = _held(known, [each for each in all_episodes if each.case_id in parts], interviews)
    held |= {each.data_class for each in noted} | ({carer_words.DATA_CLASS} if away else set())
    told["withheld"] = withheld.lines(held - classes, who.roles)
    shown_of_it = child_words.describe(known, classes - of_carer, parts, now)
    return shown_of_it | told | _may(who, classes) | {"child_id": child_id}


def _held(
    known: child_words.Known, every_episode: Sequence[ChildEpisode], interviews: Sequence[Episode]
) -> frozenset[str]:
    """Name the data classes of the parts of the page in which something is held, of the cases that the reader may open."""
    offered = [each for each in interviews if each.interview_offered_at]
    there: dict[str, object] = {"child": known.child, "flags": known.flags, "plans": known.plans}
    there |= {"episodes": every_episode, "interviews": offered}
    return frozenset(DATA_CLASS_OF[part] for part, held in there.items() if held)


def _may(who: Actor, classes: frozenset[str]) -> dict[str, object]:
    """Say what this person may do on the page."""
    writes = access.writable(who.roles)
    return {
        "may_propose": PROPOSES in who.roles,
        "may_refer": TAKES_REFERRALS in who.roles,
        "may_seal": not who.roles.isdisjoint(SEALS),
        "may_concern": not writes.isdisjoint({"D4", "D5"}),
        "may_merge": bool(who.roles & MERGES) and "D1" in classes,
        "may_add_photograph": "D1" in classes & writes,
    }
