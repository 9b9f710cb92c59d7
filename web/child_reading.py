"""Reads a child as far as somebody may: for the page of the child, and for a copy of it on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.model import Actor
from engine.store import reading
from web import amendment_words, carer_words, child_words
from web.episode_words import names_of
from web.services import services
from workflows import (
    absences,
    amendments,
    child_details,
    children,
    concerns,
    kept_things,
    merging,
    photographs,
    trigger_plans,
    withheld,
)
from workflows.access import SEES_EVERY_EPISODE
from workflows.children import DATA_CLASS_OF, ChildEpisode
from workflows.episodes import Episode
from workflows.kept_things import Kept


def told(
    child_id: str, who: Actor, parts: dict[str, frozenset[str]], classes: frozenset[str], now: datetime
) -> dict[str, object]:
    """Read of a child what these data classes allow, and put it into words; who looked was written down before."""
    every = bool(who.roles & SEES_EVERY_EPISODE) and "D2" in classes
    shown = {case_id for case_id, own in parts.items() if "D2" in own}
    of_carer = frozenset() if carer_words.in_an_open_episode(who, parts) else frozenset({carer_words.DATA_CLASS})
    with reading(services().engine) as connection:
        all_episodes = children.episodes_of(connection, child_id)
        interviews = [each for each in children.interviews_of(connection, child_id) if each.case_id in parts]
        beside, held_beside = _beside(connection, child_id, classes - of_carer, now)
        away = absences.of_child(connection, child_id)
        known = child_words.Known(
            child=children.find(connection, child_id),
            details={
                name: said
                for name, said in child_details.of_child(connection, child_id).items()
                if child_details.DETAILS[name].data_class in parts.get(said.case_id, frozenset())
            },
            episodes=tuple(e for e in all_episodes if every or e.case_id in shown),
            flags=children.flags_of(connection, child_id),
            plans=trigger_plans.of_child(connection, child_id),
            interviews=tuple(e for e in interviews if e.case_id in shown),
            disruptions=tuple(e for e in children.disruptions_of(connection, child_id) if e.case_id in shown),
            cases=tuple(case for case in children.cases_of(connection, child_id) if case.case_id in parts),
        )
        found: dict[str, object] = {
            "photograph": photographs.latest(connection, child_id) if "D1" in classes else None,
            "merges": [each for each in merging.of(connection, child_id) if each.waits or each.stands],
            "other_ids": merging.other_ids(connection, child_id),
        } | beside
    may_see = away if carer_words.DATA_CLASS in classes else ()
    found["absences"] = [carer_words.absence(each, {}) for each in may_see]
    found["absence_count"] = carer_words.count_of(may_see, now)
    held = _held(known, [each for each in all_episodes if each.case_id in parts], interviews)
    held |= held_beside | ({carer_words.DATA_CLASS} if away else set())
    found["withheld"] = withheld.lines(held - classes, who.roles)
    shown_of_it = child_words.describe(known, classes - of_carer, parts, now)
    return shown_of_it | found


def _beside(
    connection: sa.Connection, child_id: str, readable: frozenset[str], now: datetime
) -> tuple[dict[str, object], frozenset[str]]:
    """Read what stands beside the cases, as far as these data classes go; name every class in which something is held there."""
    noted = concerns.of_child(connection, child_id)
    amended = amendments.among(connection, kept_things.refs_of(connection, child_id))
    names = names_of(connection, {each.by for each in amended})
    shown: dict[str, object] = {
        "concerns": carer_words.entries(noted, readable, (), now),
        "amendments": amendment_words.rows(amended, readable, names),
    }
    return shown, frozenset(each.data_class for each in noted) | frozenset(each.data_class for each in amended)


def to_put_right(child_id: str, who: Actor, classes: frozenset[str]) -> list[Kept]:
    """Give what is kept beside the cases and somebody may put right on a page of its own; what the carer noted is the carer's own."""
    with reading(services().engine) as connection:
        kept = kept_things.of(connection, kept_things.refs_of(connection, child_id))
    return amendment_words.things(kept, who.roles, classes - {carer_words.DATA_CLASS})


def _held(
    known: child_words.Known, every_episode: Sequence[ChildEpisode], interviews: Sequence[Episode]
) -> frozenset[str]:
    """Name the data classes of the parts of the page in which something is held, of the cases that the reader may open."""
    offered = [each for each in interviews if each.interview_offered_at]
    there: dict[str, object] = {"child": known.child, "flags": known.flags, "plans": known.plans}
    there |= {"episodes": every_episode, "interviews": offered}
    details = {child_details.DETAILS[name].data_class for name in known.details}
    return frozenset(DATA_CLASS_OF[part] for part, held in there.items() if held) | details
