"""A trigger plan in words, and what stands beside a task where the drawing shows what is known of the child.

The version is read as it is in force now, each part by its own data class, with the people and places of concern and the
actions against those who draw the child away, which have records of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import flask
import sqlalchemy as sa
from markupsafe import Markup

from engine.model import Actor
from engine.store import reading
from web import carer_words, case_access, disruption_words
from web.case_access import ChildNotFound
from web.fact_words import Row, Section, row, row_from
from web.moments import say_moment
from web.services import services
from workflows import access, child_details, children, concerns, trigger_plans
from workflows.child_details import Said
from workflows.children import DATA_CLASS_OF, ChildEpisode
from workflows.trigger_plans import PARTS, ChildPlan

PURPOSE = "casework, trigger plan"
PREFIX = "TP"
"""How the references of the plans' own cases begin."""

SAID_BEFORE = frozenset({"summary", "contact_rules", "immediate_tasks"})
"""The parts that the record `known` holds already, so that they stand first."""

ADD_ONE = Markup('<a class="govuk-link" href="{}">Add one, or end one that counts no more</a>')


def rows(plan: ChildPlan, classes: Iterable[str], without: Iterable[str] = ()) -> list[Row]:
    """Give the parts of a version that may be read with these data classes, in the order in which a searcher reads them."""
    left_out = frozenset(without)
    return [row(part.words, said(plan, name)) for name, part in plan.readable(classes) if name not in left_out]


def version(plan: ChildPlan) -> str:
    """Say which version it is, where it was written, and from when to when it was in force."""
    until = f" until {say_moment(plan.valid_to)}" if plan.valid_to else ""
    origin = f"written in {plan.case_id}" if plan.case_id else "from before this service"
    return f"Version {plan.version}, {origin}, from {say_moment(plan.valid_from)}{until}"


def did(plan: ChildPlan, episodes: Iterable[ChildEpisode]) -> str:
    """Say which version it is and how it did: at which reports it was in force, and how soon the child was back."""
    used = trigger_plans.uses(plan, episodes)
    told = ", ".join(f"{each.case_id} ({_back(after)})" for each, after in used)
    return f"{version(plan)}. In force at {told or 'no report'}"


def details(known: Mapping[str, Said], classes: Collection[str], parts: Collection[str]) -> list[Row]:
    """Say what reports told of a child, each with the report that said so last, a link where it is one of these cases."""
    return [
        row_from(detail.words, value, said.case_id if said.case_id in parts else "", say_moment(said.said_at))
        for detail, said, value in child_details.readable(known, classes)
    ]


def beside(who: Actor, case_id: str, known: Mapping[str, Any] | None, now: datetime) -> list[Section]:
    """Give what stands beside a task that shows what is known of the child, or that writes its plan.

    `known` is the record of what is known where the drawing shows it. Nothing is given of a record that is sealed from the
    reader, and that it was read is written down.
    """
    writes_plan = case_id.startswith(f"{PREFIX}-")
    if not writes_plan and not known:
        return []
    found = of_case(case_id, who, now)
    if found is None:
        return []
    child_id, parts, classes = found
    with reading(services().engine) as connection:
        sections = [
            *_plans(connection, child_id, classes, now, known=None if writes_plan else known),
            Section("From earlier reports", _details(connection, child_id, case_id, parts)),
            Section("People and places of concern", _concerns(connection, who, child_id, classes, now)),
            Section("Actions against those who draw the child away", _against(connection, child_id, parts, now)),
        ]
    shown = [each for each in sections if each.rows]
    if shown:
        services().cases.note_reading(case_id, by=who, purpose=PURPOSE, classes=classes, now=now)
    return shown


def of_case(
    case_id: str, who: Actor, now: datetime, *, with_reason: bool = True
) -> tuple[str, dict[str, frozenset[str]], frozenset[str]] | None:
    """Give the child of a case, what somebody reads in each case about the child, and what of the child's record they read in this one.

    None where there is no child whose record they may know of. What carers noted is read while an episode is open.
    """
    with reading(services().engine) as connection:
        child_id = children.child_of(connection, case_id)
    try:
        child_id, parts = case_access.of_child(services().engine, who, child_id or "", now=now, with_reason=with_reason)
    except ChildNotFound:
        return None
    of_carer = frozenset() if carer_words.in_an_open_episode(who, parts) else frozenset({carer_words.DATA_CLASS})
    return child_id, parts, parts.get(case_id, frozenset()) - of_carer


def _plans(
    connection: sa.Connection, child_id: str, classes: frozenset[str], now: datetime, *, known: Mapping[str, Any] | None
) -> Iterable[Section]:
    """Give the version in force without what stands in `known` of the same one; to who writes the next one how each did."""
    plans = trigger_plans.of_child(connection, child_id)
    plan = trigger_plans.live(plans, now)
    if plan is not None and known is not None:
        without = SAID_BEFORE if known.get("plan_version") == plan.version else frozenset()
        yield Section(f"Trigger plan, version {plan.version}, in full", rows(plan, classes, without))
    if known is None and DATA_CLASS_OF["plans"] in classes:
        episodes = children.episodes_of(connection, child_id)
        yield Section("How the plan did", [row(f"Version {each.version}", did(each, episodes)) for each in plans])


def _details(connection: sa.Connection, child_id: str, case_id: str, parts: Mapping[str, frozenset[str]]) -> list[Row]:
    """Give what earlier reports said and this one does not."""
    known = child_details.of_child(connection, child_id)
    earlier = {name: said for name, said in known.items() if said.case_id != case_id}
    return details(earlier, parts.get(case_id, ()), parts)


def _concerns(
    connection: sa.Connection, who: Actor, child_id: str, classes: frozenset[str], now: datetime
) -> list[Row]:
    """Give the people and places that count now, and the way to add one for those who may."""
    found = carer_words.entries(concerns.of_child(connection, child_id), classes, (), now)
    told = [each.words for each in found if each.holds]
    if access.writable(who.roles).isdisjoint({"D4", "D5"}):
        return told
    address = flask.url_for("concerns.listed", child_id=child_id)
    return [*told, {"key": {"text": "In the record of the child"}, "value": {"html": ADD_ONE.format(address)}}]


def _against(connection: sa.Connection, child_id: str, parts: Mapping[str, frozenset[str]], now: datetime) -> list[Row]:
    """Give the actions that are not over, as far as the reader has a part in them."""
    own = (each for each in children.disruptions_of(connection, child_id) if "D2" in parts.get(each.case_id, ()))
    lines = (disruption_words.line(each, now) for each in own if each.closed_at is None)
    return [row(f"{kind}, {reference}", stands) for reference, kind, stands in lines]


def said(plan: ChildPlan, name: str) -> str:
    """Say one part: what was chosen in its words, one a line."""
    values = PARTS[name].values
    lines = trigger_plans.lines_of(plan[name]) if values else []
    return "\n".join(values.get(line, line) for line in lines) if values else plan[name]


def _back(after: timedelta | None) -> str:
    """Say how soon after the report the child was back."""
    if after is None:
        return "not back yet"
    hours = round(after.total_seconds() / 3600)
    return f"back after {hours} hour{'' if hours == 1 else 's'}" if hours else "back within the hour"
