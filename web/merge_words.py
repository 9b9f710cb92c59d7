"""Two records of children side by side, row by row, and the history of a proposal that they are one child."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web.fact_words import Row, row
from web.moments import LONDON, say_day, say_key, say_moment
from workflows import child_details, children, trigger_plans
from workflows.child_details import DETAILS, Said
from workflows.children import DATA_CLASS_OF, Child, ChildCase, ChildEpisode, ChildFlag
from workflows.merging import Merge
from workflows.trigger_plans import ChildPlan
from workflows.vocabulary import FLAG, LOOKED_AFTER, RESPONSIBLE_AUTHORITY

ALWAYS = frozenset({"Name", "Known as", "Born", "Sex", "Looked after", "Responsible authority"})
"""The rows that stand there though neither record says anything."""


@frozen
class Compared:
    """One row: what is compared, what each record says, and whether that tells them apart: both say something, and not the same."""

    words: str
    says: Sequence[str]
    differs: bool = False


@frozen
class Record:
    """What is kept of a child under one id."""

    who: Child | None
    details: Mapping[str, Said]
    flags: Sequence[ChildFlag]
    plan: ChildPlan | None
    episodes: Sequence[ChildEpisode]
    cases: Sequence[ChildCase]


def read(connection: sa.Connection, child_id: str, now: datetime, *, alone: bool) -> Record:
    """Read what is kept under an id and those joined to it, or under this id alone."""
    return Record(
        children.record(connection, child_id),
        child_details.of_child(connection, child_id, alone=alone),
        children.flags_of(connection, child_id, alone=alone),
        trigger_plans.live(trigger_plans.of_child(connection, child_id, alone=alone), now),
        children.episodes_of(connection, child_id, alone=alone),
        children.cases_of(connection, child_id, alone=alone),
    )


def side_by_side(records: Sequence[Record], classes: frozenset[str], now: datetime) -> list[Compared]:
    """Give the rows in which records are compared, as far as these data classes go."""
    identity = [
        ("Name", [each.who.name if each.who else "" for each in records]),
        ("Known as", [each.who.known_as if each.who else "" for each in records]),
        ("Born", [say_day(each.who.born_on) if each.who and each.who.born_on else "" for each in records]),
        ("Sex", [say_key(each.who.sex) if each.who and each.who.sex else "" for each in records]),
    ]
    if DATA_CLASS_OF["standing"] in classes:
        in_care = [LOOKED_AFTER.get(each.who.looked_after, "") if each.who else "" for each in records]
        identity += [("Looked after", in_care), ("Responsible authority", [_authority(each.who) for each in records])]
    identity += [
        (detail.words, [_detail(each, name) for each in records])
        for name, detail in DETAILS.items()
        if detail.data_class in classes and name not in child_details.SAID_AS_STATUS
    ]
    rows: list[tuple[str, list[str]]] = []
    if DATA_CLASS_OF["flags"] in classes:
        rows.append(("Flags that count now", [_flags(each, now) for each in records]))
    if DATA_CLASS_OF["plans"] in classes:
        rows.append(("Trigger plan", [_plan(each.plan) for each in records]))
    if DATA_CLASS_OF["episodes"] in classes:
        rows.append(("Episodes", [_episodes(each.episodes) for each in records]))
    rows.append(("Open cases about the child", [_open(each.cases) for each in records]))
    told = [Compared(words, says, len({each.casefold() for each in says if each}) > 1) for words, says in identity]
    told = [each for each in told if any(each.says) or each.words in ALWAYS]
    return [*told, *(Compared(words, says) for words, says in rows)]


def history(merge: Merge, names: Mapping[str, str]) -> list[Row]:
    """Say who proposed it, what was decided, and who took it back, each with the reason."""
    rows = [_entry("Proposed", merge.proposed_by, merge.proposed_at, merge.reason, names)]
    if merge.decided_at is not None:
        said = {"agreed": "Agreed", "refused": "Refused", "withdrawn": "Withdrawn"}[merge.outcome]
        rows.append(_entry(said, merge.decided_by, merge.decided_at, merge.decided_why, names))
    if merge.undone_at is not None:
        rows.append(_entry("Taken back", merge.undone_by, merge.undone_at, merge.undone_why, names))
    return rows


def _entry(words: str, by: str, at: datetime, why: str, names: Mapping[str, str]) -> Row:
    return row(words, f"{names.get(by, by)}, {say_moment(at)}" + (f"\n{why}" if why else ""))


def _authority(child: Child | None) -> str:
    return RESPONSIBLE_AUTHORITY.get(child.responsible_authority, child.responsible_authority) if child else ""


def _detail(record: Record, name: str) -> str:
    said = record.details.get(name)
    return DETAILS[name].say(said.value) if said else ""


def _flags(record: Record, now: datetime) -> str:
    today = now.astimezone(LONDON).date()
    return ", ".join(sorted({FLAG.get(each.flag, each.flag) for each in record.flags if each.holds_on(today)}))


def _plan(plan: ChildPlan | None) -> str:
    return f"Version {plan.version}, from {say_moment(plan.valid_from)}: {plan['summary']}" if plan else ""


def _episodes(episodes: Sequence[ChildEpisode]) -> str:
    if not episodes:
        return ""
    unfinished = sum(each.closed_at is None for each in episodes)
    still = f", {unfinished} open" if unfinished else ""
    return f"{len(episodes)}, the last reported {say_moment(episodes[0].reported_at)}{still}"


def _open(cases: Sequence[ChildCase]) -> str:
    return ", ".join(f"{each.case_id} ({say_key(each.procedure)})" for each in cases if each.status == "open")
