"""Draws what is known of the children (`workflows.children`) from the steps of their cases.

A child is drawn once a person has said which child an episode is about, and follows that answer when it is corrected: a
later match joins the history without loss. The episodes themselves are of `workflows.episodes`. A trigger plan's versions and flags come from the child's own case of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.model import Facts, Value
from engine.store import CaseTable
from engine.views import Step
from workflows import about, child_details, episodes, flags, joining, trigger_plans
from workflows.child_details import ChildDetailsRow
from workflows.children import ChildFlagRow, ChildRow, sounds_text
from workflows.days import day_of
from workflows.matching import MATCH, child_in, latest, own_id
from workflows.trigger_plans import ChildPlanRow

READS: frozenset[tuple[str, str]] = frozenset(
    {
        ("case_opening", "child_name"),
        ("case_opening", "responsible_authority"),
        ("missing_report", "child_full_name"),
        ("missing_report", "known_as"),
        ("missing_report", "date_of_birth"),
        ("missing_report", "sex"),
        ("missing_report", "looked_after"),
        ("missing_report", "legal_status"),
        *((child_details.REPORT, name) for name in child_details.DETAILS),
    }
)
"""Every (record, field) of an episode that says who the child is; the rest is `workflows.episodes.READS`."""

SCREENED: Mapping[str, str] = MappingProxyType({"cse": "cse", "cce": "cce", "trafficking": "trafficking_nrm"})
"""What the screening of a return interview finds, and the flag that it raises, so that the next report shows it (G-10)."""

REPEATEDLY_MISSING, PERSISTENTLY_MISSING = "repeat_3_in_90", "repeat_10_in_365"
PERSISTENT = 10
"""How many reports in a year make a child persistently missing (domain.md 2.6)."""

_WHO = frozenset({MATCH, "known", "case_opening", "missing_report"})

# Written out, since one statement does for new and old alike on both databases; `engine.writing` says what SQLAlchemy's own
# upsert costs. Of a child whom we know, a report fills what is empty and changes what changes over the years; a name
# that is spelled otherwise is kept as one more sound under which the child is found.
_WRITE_CHILD = sa.text("""
    INSERT INTO children (child_id, name, known_as, sounds, born_on, sex, looked_after, responsible_authority,
                          joined_to, matched_to, source_reference, imported_at, imported_row)
    VALUES (:child_id, :name, :known_as, :sounds, :born_on, :sex, :looked_after, :responsible_authority, '', '', '',
            NULL, '')
    ON CONFLICT (child_id) DO UPDATE SET
        name = CASE WHEN :own THEN excluded.name ELSE children.name END,
        known_as = CASE WHEN :own OR children.known_as = '' THEN excluded.known_as ELSE children.known_as END,
        sounds = CASE WHEN :own THEN excluded.sounds
                      WHEN children.sounds LIKE '%' || excluded.sounds || '%' THEN children.sounds
                      ELSE substr(children.sounds || excluded.sounds, 1, 400) END,
        born_on = CASE WHEN :own THEN excluded.born_on ELSE coalesce(children.born_on, excluded.born_on) END,
        sex = CASE WHEN :own OR children.sex IN ('', 'not_known') THEN excluded.sex ELSE children.sex END,
        looked_after = CASE WHEN excluded.looked_after IN ('', 'unknown') THEN children.looked_after
                            ELSE excluded.looked_after END,
        responsible_authority = CASE WHEN excluded.responsible_authority IN ('', 'not_known')
                                     THEN children.responsible_authority ELSE excluded.responsible_authority END
""").bindparams(sa.bindparam("born_on", type_=sa.Date()), sa.bindparam("own", type_=sa.Boolean()))


def project(connection: sa.Connection, step: Step) -> None:
    """Bring what is known of a child up to where a step of one of its cases left it."""
    if step.procedure == episodes.PROCEDURE:
        _follow_episode(connection, step)
    elif step.procedure == episodes.PLAN_PROCEDURE:
        _follow_plan(connection, step)
    elif step.procedure == about.FLAG:
        _follow_flag(connection, step)


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw away what cases wrote and build it again from steps in their order; what was imported stays."""
    connection.execute(sa.delete(ChildDetailsRow))
    for table in (ChildFlagRow, ChildPlanRow, ChildRow):
        connection.execute(sa.delete(table).where(table.imported_at.is_(None)))
    connection.execute(sa.update(ChildPlanRow).values(valid_to=None))
    ended = sa.update(ChildFlagRow).where(ChildFlagRow.ended_by != "")
    connection.execute(ended.values(until=None, ended_by=""))
    connection.execute(sa.update(ChildFlagRow).values(raised_on=None))
    for step in steps:
        project(connection, step)
    finish(connection)


def finish(connection: sa.Connection) -> None:
    """Say after the last step which records are one: a decision about them may stand for which a record was not there yet."""
    joining.derive(connection)


def identity(facts: Facts) -> dict[str, Any]:
    """Give what an episode's report says of who the child is, as the columns of `workflows.children.ChildRow`."""
    opening, report = latest(facts, "case_opening"), latest(facts, "missing_report")
    name = str(report.get("child_full_name") or opening.get("child_name") or "")
    known_as = str(report.get("known_as") or "")
    return {
        "name": name,
        "known_as": known_as,
        "sounds": sounds_text(name, known_as),
        "born_on": report.get("date_of_birth"),
        "sex": str(report.get("sex") or ""),
        "looked_after": legal_status(report),
        "responsible_authority": str(opening.get("responsible_authority") or ""),
    }


def legal_status(report: Mapping[str, Value]) -> str:
    """Give the legal status that a report tells, of the vocabulary ``looked_after``; empty where it does not say."""
    if report.get("looked_after") == "no":
        return "none"
    return str(report.get("legal_status") or "") if report.get("looked_after") == "yes" else ""


def _follow_episode(connection: sa.Connection, step: Step) -> None:
    """Write who the child of an episode is, and what a message or a later match says of it."""
    child_id = child_in(step.facts, step.case_id)
    if child_id is None:
        return
    written = _written(step)
    if written & _WHO:
        _write_child(connection, step, child_id)
    if written & {MATCH, child_details.REPORT}:
        child_details.write(connection, step.case_id, child_id, step.facts, step.now)
    for flag in _flags(step.facts, written):
        _raise_flag(connection, child_id, flag, step)
    if flags.PROTECTION in written:
        _follow_protection(connection, child_id, step)


def _write_child(connection: sa.Connection, step: Step, child_id: str) -> None:
    """Write who a child is; where the episode was matched otherwise before, the history follows the match."""
    first_met = own_id(step.case_id)
    own = child_id == first_met
    before = connection.execute(sa.select(ChildRow.matched_to).where(ChildRow.child_id == first_met)).scalar()
    matched_to = "" if own else child_id
    follows = before is not None and before != matched_to
    if follows:
        joining.lock(connection)
    connection.execute(_WRITE_CHILD, {"child_id": child_id, "own": own, **identity(step.facts)})
    if follows:
        connection.execute(sa.update(ChildRow).where(ChildRow.child_id == first_met).values(matched_to=matched_to))
        joining.derive(connection, {first_met, child_id})


def _raise_flag(connection: sa.Connection, child_id: str, flag: str, step: Step) -> None:
    """Raise a flag from the day of a step on; of one that is there, keep that something raised it on this day too.

    Looks at this id alone, so that what is kept under it does not depend on who is joined to it.
    """
    today = day_of(step.now)
    table = ChildFlagRow
    mine = (table.child_id == child_id, table.flag == flag)
    only_ended = sa.delete(table).where(*mine, table.since == today, table.source == "", table.ended_by != "")
    connection.execute(only_ended)
    again = sa.update(table).where(*mine, sa.or_(table.until.is_(None), table.since == today))
    if connection.execute(again.values(raised_on=today)).rowcount == 0:
        row = {"child_id": child_id, "flag": flag, "since": today, "until": None, "source": step.case_id}
        connection.execute(sa.insert(table).values(**row, imported_at=None))
    else:
        _name_the_first(connection, sa.and_(*mine, table.since == today, table.imported_at.is_(None)), step.case_id)


def _name_the_first(connection: sa.Connection, row: sa.ColumnElement[bool], case_id: str) -> None:
    """Name, of the cases that raise a flag on its first day, the one that was opened first: two may be written in another order than the log tells them."""
    source = connection.execute(sa.select(ChildFlagRow.source).where(row)).scalar()
    if not source or source == case_id:
        return
    asked = sa.select(CaseTable.id, CaseTable.opened_at).where(CaseTable.id.in_((source, case_id)))
    opened = {each: at.timestamp() for each, at in connection.execute(asked).tuples()}
    first = min((source, case_id), key=lambda each: (opened.get(each, 0.0), each))
    if first != source:
        connection.execute(sa.update(ChildFlagRow).where(row).values(source=first))


def _follow_protection(connection: sa.Connection, child_id: str, step: Step) -> None:
    """Follow what public protection has decided in a step on the flags of the child of an episode; other words decide nothing."""
    said = (event.data for event in _writes(step) if event.data["record"] == flags.PROTECTION)
    for flag in (each["key"] for each in said if "confirmed" in each["fields"]):
        _decide_flag(connection, child_id, flag, step.facts[flags.PROTECTION][flag], step)


def _follow_flag(connection: sa.Connection, step: Step) -> None:
    """Raise a flag that a review has confirmed, and end one that it has found to be over; what an episode decided, that one says.

    Put right is only what stands: an earlier look that was put right says nothing of the flag any more.
    """
    raised = latest(step.facts, "flag_raised")
    child_id, flag = str(raised.get("child") or ""), str(raised.get("flag") or "")
    for event in (each for each in _writes(step) if each.data["record"] == flags.MESSAGE):
        said = step.facts[flags.MESSAGE][event.data["key"]]
        stands = flags.put_right(event, step) if event.kind == "facts_corrected" else "episode" not in said
        if child_id and stands:
            _decide_flag(connection, child_id, flag, said, step)


def _decide_flag(connection: sa.Connection, child_id: str, flag: str, said: Mapping[str, Value], step: Step) -> None:
    """Raise a flag that is confirmed, and end one that is not; one that is suspected stays as it is."""
    if said.get("confirmed") == "yes":
        _raise_flag(connection, child_id, flag, step)
    elif said.get("confirmed") == "no":
        _end_flag(connection, child_id, flag, step)


def _end_flag(connection: sa.Connection, child_id: str, flag: str, step: Step) -> None:
    """End a flag that was found wrong; where this id has none, a row says so for the other ids of the child."""
    today = day_of(step.now)
    table = ChildFlagRow
    mine = (table.child_id == child_id, table.flag == flag)
    ended = {"until": today, "ended_by": step.case_id}
    held = sa.update(table).where(*mine, table.until.is_(None))
    if connection.execute(held.values(**ended)).rowcount == 0:
        there = sa.select(sa.func.count()).where(*mine, table.since == today)
        if connection.execute(there).scalar_one() == 0:
            row = {"child_id": child_id, "flag": flag, "since": today, "source": "", "imported_at": None}
            connection.execute(sa.insert(table).values(**row, **ended))


def _flags(facts: Facts, written: frozenset[str]) -> list[str]:
    """Name the flags that the records of a step raise: three reports in 90 days (G-16), ten in a year, an interview's screening."""
    found = [REPEATEDLY_MISSING] if "threshold_reached" in written else []
    if "known" in written and (latest(facts, "known").get("episodes_365d") or 0) >= PERSISTENT:
        found.append(PERSISTENTLY_MISSING)
    if "return_interview" in written:
        screened = latest(facts, "return_interview").get("exploitation_screen") or ()
        found += [SCREENED[each] for each in screened if each in SCREENED]
    return found


def _follow_plan(connection: sa.Connection, step: Step) -> None:
    """Write the versions of a trigger plan that a step wrote, or end the plan where a review retired it.

    The newest version is the live one. A version that only says that an interview brought nothing new has no text, and
    leaves the one before it alive; so does a draft.
    """
    keys = {event.data["key"] for event in _writes(step) if event.data["record"] == trigger_plans.RECORD}
    retired = step.status == "closed" and latest(step.facts, "plan_review").get("outcome") == "retire"
    if not keys and not retired:
        return
    asked = sa.select(CaseTable.correlation).where(CaseTable.id == step.case_id)
    child_id = connection.execute(asked).scalar_one()
    for key in sorted(keys, key=lambda key: (len(key), key)):
        says = trigger_plans.said_in(step.facts, key)
        if says is not None:
            _write_plan(connection, child_id, int(key or 1), says, step)
    if retired:
        _end_plans(connection, child_id, step.now)


def _write_plan(connection: sa.Connection, child_id: str, version: int, texts: Mapping[str, str], step: Step) -> None:
    """Write one version; a corrected one keeps its time, a new one ends those that were live."""
    table = ChildPlanRow
    this = sa.and_(table.child_id == child_id, table.case_id == step.case_id, table.version == version)
    if connection.execute(sa.update(table).where(this).values(**texts)).rowcount:
        return
    _end_plans(connection, child_id, step.now)
    row = {"child_id": child_id, "case_id": step.case_id, "version": version, "valid_from": step.now, "valid_to": None}
    connection.execute(sa.insert(table).values(**row, **texts, imported_at=None))


def _end_plans(connection: sa.Connection, child_id: str, now: datetime) -> None:
    """End every version under this id that is live, an imported one too; those under others end with `trigger_plans.of_child`."""
    live = sa.update(ChildPlanRow).where(ChildPlanRow.child_id == child_id, ChildPlanRow.valid_to.is_(None))
    connection.execute(live.values(valid_to=now))


def _writes(step: Step) -> list[Any]:
    """Give the events of a step that wrote facts."""
    return [event for event in step.events if event.kind in {"facts_written", "facts_corrected"}]


def _written(step: Step) -> frozenset[str]:
    """Name the records that a step wrote."""
    return frozenset(event.data["record"] for event in _writes(step))
