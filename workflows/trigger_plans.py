"""A child's trigger plan in versions (domain.md 6.8): what each says, of which data class each part is, and how it did.

A version is written in the child's own case of the plan, or was imported; every version stays, and one at most is in force. A
draft is nobody's plan yet and is not here. People and places of concern, flags, and actions against those who draw the child
away have records of their own (`workflows.concerns`, `workflows.children`, `workflows.disruptions`): a plan does not copy them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Facts, Value
from engine.rows import stored
from engine.store import Base, Moment
from workflows.access import MATRIX, READS
from workflows.agencies import ROLES
from workflows.children import ChildEpisode, under
from workflows.concerns import RISKS
from workflows.episodes import CANCELLED
from workflows.listed import CONTACT, Shape, in_lines
from workflows.vocabulary import ACTION_TYPE, FLAG, PLACE_FOUND_TYPE, Words

RECORD = "plan"
"""The record of a version in the plan's own case."""

DRAFT = "draft"
"""What `state` says of a version that is not in force."""

POLICE_ONLY = "police_only"
"""What `sensitivity` says of a plan of which nobody outside the police reads even the summary."""

DEFAULT_RISK: Words = MappingProxyType({"high": "High", "medium": "Medium", "low": "Low", "not_decided": "Not decided"})
SENSITIVITY: Words = MappingProxyType(
    {"usual": "Partners in the case read the summary", POLICE_ONLY: "The police alone: partners read nothing of it"}
)
GIVEN_TO: Words = MappingProxyType(
    {
        "social_care": "Social care",
        "placement": "The placement",
        "parents": "Parents or carers",
        "interview_provider": "The interview provider",
        "school": "The school",
        "health": "Health",
        "youth_justice": "Youth justice",
        "nobody": "Nobody",
    }
)
LEGAL_LEVER: Words = MappingProxyType(
    {
        "cawn": "Child abduction warning notice",
        "recovery_order": "Recovery order",
        "bail": "Bail conditions",
        "s49": "Offence of taking or keeping a child in care (section 49)",
        "risk_order": "Sexual risk or harm prevention order",
        "other": "Another power or condition",
    }
)
WARNING: Words = MappingProxyType(
    {
        key: FLAG[key]
        for key in (
            "suicide_self_harm", "mental_health", "substance", "violence", "radicalisation", "hba_fm", "online_grooming",
            "medical_dependency", "disability_sen", "asd", "pregnant", "young_carer", "dv_home", "carer_known_risk",
        )
    }
)  # fmt: skip
"""The warnings that a plan gives; they count as flags while it is in force. Those of exploitation are public protection's."""


DANGER: Words = MappingProxyType(
    {key: f"danger {words.lower()}" if key != "protective" else words for key, words in RISKS.items()}
)
CONFIDENCE: Words = MappingProxyType({"sure": "Sure", "likely": "Likely", "possible": "Possible"})
PLACE: Shape = MappingProxyType(
    {"place": {}, "type": PLACE_FOUND_TYPE, "confidence": CONFIDENCE, "source": {}, "last_seen": {}}
)
PERSON: Shape = MappingProxyType(
    {
        "name": {},
        "relation": {},
        "danger": DANGER,
        "address": {},
        "phone": {},
        "vehicle": {},
        "source": {},
        "last_seen": {},
    }
)
STEP: Shape = MappingProxyType({"action": {}, "within": {}})


@frozen
class Part:
    """One part of a plan: its words as a heading, its data class, and whether it stands in the summary for partners.

    `values` holds the words for what is chosen; several are kept one a line, and so are the items of a list, in the order of `items`.
    """

    words: str
    data_class: str = "D5"
    in_summary: bool = False
    values: Words | None = None
    items: Shape | None = None


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "summary": Part("To know first", in_summary=True),
        "contact_rules": Part("Whom not to contact, and how"),
        "immediate_tasks": Part("Do first"),
        "warning_markers": Part("Warnings", "D3", values=WARNING),
        "health": Part("Health and medicines", "D11"),
        "allergies": Part("Allergies", "D11"),
        "medicine_within_hours": Part("Dangerous without a medicine after, in hours"),
        "known_places": Part("Where the child may be", items=PLACE),
        "known_people": Part("With whom the child may be", items=PERSON),
        "transport_habits": Part("How the child travels"),
        "phone_and_social": Part("Telephones and social media", items=CONTACT),
        "money": Part("Money and cards"),
        "what_works": Part("What helps to reach the child"),
        "worker_to_call": Part("Worker to call"),
        "child_words": Part("What the child has said"),
        "default_risk": Part("Grade that it speaks for", in_summary=True, values=DEFAULT_RISK),
        "default_risk_rationale": Part("Why that grade"),
        "carer_actions": Part("What the carer does before ringing the police", "D6", items=STEP),
        "media_position": Part("An appeal in the media"),
        "cra_position": Part("A child rescue alert"),
        "legal_levers": Part("Legal powers and conditions", values=LEGAL_LEVER),
        "legal_detail": Part("Against whom, and until when"),
        "sensitivity": Part("Who may read it", values=SENSITIVITY),
        "distribution": Part("Given to", values=GIVEN_TO),
        "built_from_episodes": Part("Built on the episodes"),
        "last_interview": Part("Last interview taken in"),
        "last_meeting": Part("Last meeting"),
        "built_from": Part("Built on besides"),
    }
)  # fmt: skip
"""Every part of a version, in the order in which a searcher reads it (domain.md 6.8)."""


class ChildPlanRow(Base):
    """One version of a child's trigger plan; `case_id` is empty for one that was imported."""

    __tablename__ = "child_plans"
    child_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    version: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    valid_from: sa.Column[datetime] = stored(Moment)
    valid_to: sa.Column[datetime | None] = stored(Moment)
    summary: sa.Column[str] = stored(sa.Text)
    immediate_tasks: sa.Column[str] = stored(sa.Text)
    known_people: sa.Column[str] = stored(sa.Text)
    known_places: sa.Column[str] = stored(sa.Text)
    contact_rules: sa.Column[str] = stored(sa.Text)
    what_works: sa.Column[str] = stored(sa.Text)
    default_risk: sa.Column[str] = stored(sa.String(30))
    built_from: sa.Column[str] = stored(sa.Text)
    imported_at: sa.Column[datetime | None] = stored(Moment)
    imported_row: sa.Column[str] = stored(sa.String(64), default="")
    warning_markers: sa.Column[str] = stored(sa.Text, default="", server_default="")
    health: sa.Column[str] = stored(sa.Text, default="", server_default="")
    allergies: sa.Column[str] = stored(sa.Text, default="", server_default="")
    medicine_within_hours: sa.Column[str] = stored(sa.String(10), default="", server_default="")
    transport_habits: sa.Column[str] = stored(sa.Text, default="", server_default="")
    phone_and_social: sa.Column[str] = stored(sa.Text, default="", server_default="")
    money: sa.Column[str] = stored(sa.Text, default="", server_default="")
    worker_to_call: sa.Column[str] = stored(sa.Text, default="", server_default="")
    child_words: sa.Column[str] = stored(sa.Text, default="", server_default="")
    default_risk_rationale: sa.Column[str] = stored(sa.Text, default="", server_default="")
    carer_actions: sa.Column[str] = stored(sa.Text, default="", server_default="")
    media_position: sa.Column[str] = stored(sa.Text, default="", server_default="")
    cra_position: sa.Column[str] = stored(sa.Text, default="", server_default="")
    legal_levers: sa.Column[str] = stored(sa.Text, default="", server_default="")
    legal_detail: sa.Column[str] = stored(sa.Text, default="", server_default="")
    sensitivity: sa.Column[str] = stored(sa.String(30), default="", server_default="")
    distribution: sa.Column[str] = stored(sa.Text, default="", server_default="")
    built_from_episodes: sa.Column[str] = stored(sa.Text, default="", server_default="")
    last_interview: sa.Column[str] = stored(sa.String(60), default="", server_default="")
    last_meeting: sa.Column[str] = stored(sa.Text, default="", server_default="")


@frozen
class ChildPlan:
    """One version of a child's trigger plan; ``plan["summary"]`` gives a part, several entries of it one a line."""

    case_id: str
    version: int
    valid_from: datetime
    valid_to: datetime | None
    says: Mapping[str, str]

    def __getitem__(self, part: str) -> str:
        """Give what the version says in one of `PARTS`; empty where it says nothing."""
        return self.says.get(part, "")

    @property
    def is_for_police_only(self) -> bool:
        """Whether partners read nothing of it, not even the summary."""
        return self["sensitivity"] == POLICE_ONLY

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings that it gives, of the vocabulary ``flag``."""
        return tuple(self["warning_markers"].split())

    def holds_at(self, moment: datetime) -> bool:
        """Tell whether the version is the live one at a moment."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def readable(self, classes: Iterable[str]) -> Iterator[tuple[str, Part]]:
        """Give the parts that say something and may be read with these data classes, as a whole or as the summary of one."""
        may = frozenset(classes)
        for name, part in PARTS.items():
            in_part = part.in_summary and not self.is_for_police_only and f"{part.data_class}S" in may
            if self[name] and (part.data_class in may or in_part):
                yield name, part


def of_child(connection: sa.Connection, child_id: str, *, alone: bool = False) -> tuple[ChildPlan, ...]:
    """Give every version of a child's trigger plan, the newest first; each ends at the latest when the next one begins.

    `alone` looks under this id and no other.
    """
    row = ChildPlanRow
    asked = sa.select(row.__table__).where(row.child_id.in_(under(child_id, alone=alone)))
    asked = asked.order_by(row.valid_from.desc(), row.case_id.desc(), row.version.desc())
    found: list[ChildPlan] = []
    for each in connection.execute(asked).mappings():
        says = {name: each[name] for name in PARTS}
        plan = ChildPlan(each["case_id"], each["version"], each["valid_from"], each["valid_to"], says)
        newer = found[-1].valid_from if found else None
        if newer is not None and (plan.valid_to is None or newer < plan.valid_to):
            plan = replace(plan, valid_to=newer)  # a version under another id of the child
        found.append(plan)
    return tuple(found)


def live(plans: Iterable[ChildPlan], now: datetime) -> ChildPlan | None:
    """Give the version that is live at a moment, of versions with the newest first: one at most (domain.md 6.8)."""
    return next((plan for plan in plans if plan.holds_at(now)), None)


def uses(plan: ChildPlan, episodes: Iterable[ChildEpisode]) -> tuple[tuple[ChildEpisode, timedelta | None], ...]:
    """Give the episodes that were reported while a version was in force, each with how long after the report the child was back.

    Reports that were made in error do not count. Source: domain.md 6.8 (effectiveness), G-09.
    """
    used = [each for each in episodes if each.status != CANCELLED and plan.holds_at(each.reported_at)]
    return tuple((each, each.returned_at - each.reported_at if each.returned_at else None) for each in used)


# What the plan's own case says ----------------------------------------------------------------------------------------


def said_in(facts: Facts, key: str) -> dict[str, str] | None:
    """Give the parts of a version as its case wrote it; None for a draft, and where an interview brought nothing new."""
    version = facts[RECORD][key]
    if version.get("state") == DRAFT or not version.get("summary"):
        return None
    tasks = version.get("immediate_tasks")
    typed = [write_task(each) for each in tasks] if isinstance(tasks, list) else tasks
    said = {name: in_lines(version.get(name), part.items) for name, part in PARTS.items() if name != "immediate_tasks"}
    return said | {"immediate_tasks": in_lines(typed, None), "last_interview": _taken_in(facts, key)}


def _taken_in(facts: Facts, key: str) -> str:
    """Give the episode of the last interview that a version knows: they are taken in one after the other."""
    before = [each for number, each in facts[RECORD].items() if int(number or 1) <= int(key or 1)]
    count = sum(each.get("taken_in") is not None for each in before)
    return str(facts.get("interview_received", {}).get(str(count), {}).get("sender") or "")


# The tasks of a plan --------------------------------------------------------------------------------------------------

BY_PLAN_WITHIN = timedelta(minutes=30)
"""By when an action of the plan is to be set going where it does not say (G-11, T-08)."""

DOERS: Mapping[str, str] = MappingProxyType(
    {
        word.casefold(): role.title
        for key, role in ROLES.items()
        if MATRIX["D5", key] in READS
        for word in (key, role.title)
    }
)
"""Whom a task may name: those who may read the plan, by their key or their title."""

_KINDS = {word.casefold(): key for key, words in ACTION_TYPE.items() for word in (key, words)}
_WITHIN = re.compile(r"(?:within )?(\d{1,3}) ?(min|mins|minutes?|h|hours?)")


@frozen
class PlanTask:
    """One task of a plan: what is to be done, of which kind of domain.md 6.0, within which time, and by whom ("" for no one named)."""

    what: str
    kind: str = "other"
    within: timedelta = BY_PLAN_WITHIN
    who: str = ""


def read_task(text: str) -> PlanTask:
    """Read one line of a plan: ``Contact by phone, 15 minutes, locate team sergeant: Ring the aunt``.

    Before a colon may stand a kind of action, a time and a role, in words or as a key, in any order; where anything
    else stands there too, the line is read as it is.
    """
    begins, colon, rest = text.partition(":")
    said: dict[str, Any] = {}
    for word in begins.split(",") if colon and rest.strip() else ():
        said |= _said(word.strip().casefold()) or {"unknown": word}
    return PlanTask(rest.strip(), **said) if said and "unknown" not in said else PlanTask(text)


def write_task(task: Mapping[str, Value]) -> str:
    """Write a task that was typed in its parts as one line: ``Contact by phone, 15 minutes, Locate team sergeant: Ring the aunt``."""
    kind, within, who = task.get("type"), task.get("within"), task.get("who")
    begins = [
        ACTION_TYPE.get(str(kind), str(kind)) if kind else "",
        f"{within} minutes" if within else "",
        DOERS.get(str(who), str(who)) if who else "",
    ]
    before = ", ".join(filter(None, begins))
    return f"{before}: {task['task']}" if before else str(task["task"])


def _said(word: str) -> dict[str, Any]:
    """Read one word before the colon; nothing where it is none of ours."""
    within = _WITHIN.fullmatch(word)
    if within is not None:
        return {"within": timedelta(**{"hours" if within[2].startswith("h") else "minutes": int(within[1])})}
    if word in _KINDS:
        return {"kind": _KINDS[word]}
    return {"who": DOERS[word]} if word in DOERS else {}


def lines_of(text: str) -> Sequence[str]:
    """Give the lines of a text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]
