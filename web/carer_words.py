"""The carer's form and people and places of concern in words, as far as a reader may read them.

The police read the form while an episode of the child is open, whatever else they may read of the child (domain.md 2.7).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.store import CaseTable, reading
from web import case_access
from web.fact_words import Row, Section, row
from web.moments import LONDON, say_day, say_moment
from web.services import services
from workflows import absences, children, concerns, episodes, philomena
from workflows.absences import Absence
from workflows.agencies import ROLES
from workflows.concerns import Concern
from workflows.philomena import EVERY_FIELD, CarersForm

BESIDE = frozenset({"assess_risk", "decide_risk_grade", "endorse_risk_grade", "endorse_as_inspector"})
"""The tasks beside which the form stands: whoever grades the risk reads it first."""

PURPOSE = "carer's form"
DATA_CLASS = "D6"


@frozen
class Entry:
    """One person or place as a row of a list."""

    number: int
    words: Row
    holds: bool
    may_end: bool
    may_right: bool


def forms_in(who: Actor, case_id: str, classes: frozenset[str]) -> tuple[CarersForm, ...]:
    """Give the carer's forms that a person may read in a case of which `classes` may be read."""
    if DATA_CLASS not in classes:
        return ()
    with reading(services().engine) as connection:
        if of_the_police(who) and not _is_open(connection, case_id):
            return ()
        child_id = children.child_of(connection, case_id)
        return philomena.of_child(connection, child_id) if child_id else ()


def forms_offered(who: Actor, case_id: str, classes: frozenset[str]) -> bool:
    """Whether a person has anything to do on the page of the carer's form: there is one to read, or one may be named."""
    with reading(services().engine) as connection:
        if may_say_whose(connection, who, case_id, classes):
            return True
    return bool(forms_in(who, case_id, classes))


def may_say_whose(connection: sa.Connection, who: Actor, case_id: str, classes: frozenset[str]) -> bool:
    """Whether a person may say which form is that of the child of an episode: the police, while it is open."""
    return DATA_CLASS in classes and of_the_police(who) and _is_open(connection, case_id)


def of_the_police(who: Actor) -> bool:
    """Whether somebody reads as one of the police, so that the form closes with the episode."""
    return any(ROLES[role].kind == "police" for role in who.roles if role in ROLES)


def in_an_open_episode(who: Actor, parts: Mapping[str, frozenset[str]]) -> bool:
    """Whether a person who has these parts in the cases of a child may read what the carer says of it."""
    theirs = [case_id for case_id, classes in parts.items() if DATA_CLASS in classes]
    if not of_the_police(who):
        return bool(theirs)
    with reading(services().engine) as connection:
        return any(_is_open(connection, case_id) for case_id in theirs if case_id.startswith("MC-"))


def _is_open(connection: sa.Connection, case_id: str) -> bool:
    """Whether a case is an episode that goes on."""
    asked = sa.select(CaseTable.status).where(CaseTable.id == case_id, CaseTable.procedure == episodes.PROCEDURE)
    return connection.execute(asked).scalar() == "open"


def beside(who: Actor, case_id: str, element: str, now: datetime) -> list[Section]:
    """Give what stands beside a task in which the risk is graded; that it was read is written down."""
    if element not in BESIDE:
        return []
    engine = services().engine
    classes = case_access.readable_each(engine, who, [case_id], now=now).get(case_id, frozenset())
    found = forms_in(who, case_id, classes)
    if found:
        services().cases.note_reading(
            case_id, by=who, purpose=PURPOSE, classes=frozenset({DATA_CLASS, "D11"}) & classes, now=now
        )
    return [section(each, classes, now) for each in found]


def section(form: CarersForm, classes: Collection[str], now: datetime) -> Section:
    """Give a form as rows, as far as these data classes go; what was left empty is left out."""
    return Section(f"What the carer wrote before, {form.owner_name}", rows(form, classes, now))


def rows(form: CarersForm, classes: Collection[str], now: datetime) -> list[Row]:
    """Give the rows of a form: whose it is, how old, and each answer."""
    today = now.astimezone(LONDON).date()
    late = ". Its review is overdue: ask the carer what has changed" if form.is_due(today) else ""
    told = [
        row("Child", form.name + (f", born {say_day(form.born_on)}" if form.born_on else "")),
        row("Written", f"{say_moment(form.updated_at)}, version {form.version}{late}"),
    ]
    if form.written_now_at:
        told.append(row("When the child was missing", f"Written {say_moment(form.written_now_at)}"))
    told += [
        row(words, form.content[name])
        for name, (words, data_class) in EVERY_FIELD.items()
        if name in form.content and data_class in classes
    ]
    return told


def entries(
    found: Sequence[Concern], readable: Collection[str], writable: Collection[str], now: datetime
) -> list[Entry]:
    """Give the people and places of the data classes that may be read; `writable` are those that may be ended, and put right."""
    today = now.astimezone(LONDON).date()
    return [
        Entry(
            each.id,
            row(f"{concerns.KINDS.get(each.kind, each.kind)}: {each.name}", _entry(each)),
            each.until is None or today < each.until,
            each.until is None and each.data_class in writable,
            each.data_class in writable,
        )
        for each in found
        if each.data_class in readable
    ]


def _entry(each: Concern) -> str:
    lines = [
        each.relation,
        f"Risk: {concerns.RISKS.get(each.risk, each.risk)}",
        f"Where: {each.whereabouts}" if each.whereabouts else "",
        each.detail,
        f"Since {say_day(each.since)}. Source: {concerns.SOURCES.get(each.data_class, '').partition(':')[0]}",
        f"Ended on {say_day(each.until)}: {each.ended_why}" if each.until else "",
    ]
    return "\n".join(line for line in lines if line)


def count_of(found: Sequence[Absence], now: datetime) -> str:
    """Say how many absences there were, such as ``4 absences, 3 in the last 90 days. The police were told of 1.``."""
    every, lately, reported = absences.counted(found, now)
    return (
        f"{every} absence{'' if every == 1 else 's'}, {lately} in the last 90 days. The police were told of {reported}."
    )


def absence(each: Absence, names: Mapping[str, str]) -> Row:
    """Give one absence as a row: since when, what was decided on what grounds, and what became of it."""
    told = ", ".join(absences.TOLD[name].lower() for name in each.told.split() if name in absences.TOLD)
    became = {"returned": "Came back", "report_missing": "The police were told"}.get(each.outcome, "")
    lines = [
        f"{absences.DECISIONS.get(each.decision, each.decision)} ({names.get(each.decided_by, each.decided_by)})",
        f"Expected back {say_moment(each.expected_return)}" if each.expected_return else "",
        f"Tried: {each.attempts_made}",
        f"Risk: {each.risk_considered}",
        f"Told: {told}" if told else "",
        f"{became} {say_moment(each.outcome_at)}" if each.outcome_at else "",
    ]
    return row(f"Since {say_moment(each.absent_since)}", "\n".join(line for line in lines if line))
