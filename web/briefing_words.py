"""A patrol briefing: one sheet for officers who look for a child, as far as whoever makes it may read; warnings first, nothing left to guess.

A sheet with details and photograph for patrols: domain.md 3.4 [S98b]. It is drawn from the report, from what is known of the child over the years and from the plan in force, each part by its own data class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.errors import CaseNotFound
from engine.frozen import frozen
from engine.model import Actor
from engine.release import Compiled
from engine.store import reading
from engine.views import CaseView
from web import plan_words
from web.episode_words import names_of
from web.fact_words import Row, Section, row, say_answer
from web.missing_words import COLOURS, NOT_GRADED
from web.moments import say_moment, say_span
from web.services import services
from workflows import concerns, daily, episodes, on_call, photographs, trigger_plans, withheld
from workflows.access import SEES_EVERY_EPISODE, TOLD_OF_EVERY_CHILD
from workflows.agencies import title_of
from workflows.concerns import Concern
from workflows.episodes import Episode
from workflows.trigger_plans import ChildPlan
from workflows.vocabulary import FLAG, RISK_LEVEL, SEX

BRIEFS = SEES_EVERY_EPISODE - TOLD_OF_EVERY_CHILD
"""Who briefs patrols: the roles of the force that look for a child."""

PURPOSE = "patrol briefing"
REPORT, OPENING = "missing_report", "case_opening"
LONGEST = 400
"""Characters of a free text on the sheet, which is one page; a warning is never cut."""

Field = tuple[str, str, str]
"""What the sheet calls it, the record and the field."""

LOOKS: tuple[Field, ...] = (
    ("Looks like", REPORT, "description"),
    ("Wears", REPORT, "clothing"),
    ("Language", REPORT, "first_language"),
)
LAST_SEEN: tuple[Field, ...] = (
    ("When", REPORT, "last_seen_at"),
    ("Where", REPORT, "last_seen_place"),
    ("By whom", REPORT, "last_seen_by"),
    ("What happened", REPORT, "circumstances"),
    ("Has with them", REPORT, "on_person"),
    ("Which vehicle, telephone or money", REPORT, "on_person_detail"),
    ("Telephone of the child", REPORT, "child_phone"),
)
FIRST_FACTS: tuple[Field, ...] = (("Where", OPENING, "last_place"), ("What happened", OPENING, "why_worried"))
"""What stands there until the report is complete."""
HEALTH: tuple[Field, ...] = (
    ("Medical needs", REPORT, "medical_detail"),
    ("Dangerous without medicine after, in hours", REPORT, "medicine_within_hours"),
    ("Disability, and what helps", REPORT, "disability_detail"),
)
PLAN_WARNINGS = ("warning_markers", "contact_rules", "health", "allergies", "medicine_within_hours")
PLAN_PLACES = ("known_places", "known_people", "transport_habits")
PLAN_FOUND = ("what_works", "worker_to_call")


@frozen
class Briefing:
    """What the sheet says; `photograph` is the number of the picture, `grade` and `colour` the tag of the risk."""

    reference: str
    name: str
    about: str
    grade: str
    colour: str
    missing: str
    photograph: int | None
    warnings: tuple[Row, ...]
    sections: tuple[Section, ...]
    withheld: tuple[str, ...]
    contact: tuple[str, ...]


@frozen
class _OfChild:
    """What is kept of the child beside the case, as far as the reader may read it of this case."""

    photograph: int | None = None
    plan: ChildPlan | None = None
    concerns: tuple[Concern, ...] = ()


def describe(case_id: str, who: Actor, classes: frozenset[str], now: datetime) -> Briefing:
    """Draw the briefing with these data classes; that the case was read is written down first.

    Refused with `CaseNotFound` for a case of nobody who is missing now.
    """
    here = services()
    with reading(here.engine) as connection:
        episode = episodes.find(connection, case_id)
    if episode is None or episode.status not in episodes.MISSING or episode.case_closed_at is not None:
        raise CaseNotFound("There is nobody to look for in this case now.")
    view = here.cases.case(case_id, classes=classes, by=who, purpose=PURPOSE, now=now)
    release = here.cases.release_of(case_id)
    beside = _of_child(case_id, who, classes, now)
    report, opened = (view.facts.get(record, {}).get("", {}) for record in (REPORT, OPENING))
    with reading(here.engine) as connection:
        contact = _contact(connection, case_id, now)
    return Briefing(
        case_id,
        str(report.get("child_full_name") or opened.get("child_name") or ""),
        _about(report, now) if "D1" in classes else "",
        RISK_LEVEL.get(episode.risk_level, NOT_GRADED) if "D2" in classes else "",
        COLOURS.get(episode.risk_level, "grey"),
        _missing(episode, now) if "D2" in classes else "",
        beside.photograph,
        tuple(_warnings(view, release, beside.plan, classes)),
        tuple(section for section in _sections(view, release, beside, classes) if section.rows),
        withheld.lines(view.withheld, who.roles),
        contact,
    )


def _of_child(case_id: str, who: Actor, classes: frozenset[str], now: datetime) -> _OfChild:
    """Read photograph, plan, people and places: nothing of a record that is sealed from the reader."""
    found = plan_words.of_case(case_id, who, now, with_reason=False)
    if found is None:
        return _OfChild()
    child_id, own = found[0], found[2] & classes
    with reading(services().engine) as connection:
        picture = photographs.latest(connection, child_id) if "D1" in own else None
        plan = trigger_plans.live(trigger_plans.of_child(connection, child_id), now)
        noted = tuple(each for each in concerns.of_child(connection, child_id) if each.data_class in own)
    return _OfChild(picture.id if picture else None, plan, noted)


def _about(report: Mapping[str, Any], now: datetime) -> str:
    """Say what else the child is called, how old and of which sex: ``also called Al; 13 years; female``."""
    born, guessed = report.get("date_of_birth"), report.get("approximate_age")
    old = episodes.age_on(born, now) if isinstance(born, date) else None
    age = f"{old} years" if old is not None else f"about {guessed} years" if guessed else ""
    known_as = f"also called {report['known_as']}" if report.get("known_as") else ""
    sex = "sex not known" if report.get("sex") == "not_known" else SEX.get(str(report.get("sex")), "").lower()
    return "; ".join(each for each in (known_as, age, sex) if each)


def _missing(episode: Episode, now: datetime) -> str:
    since = episode.missing_since or episode.opened_at
    return f"Missing since {say_moment(since)}, for {say_span(max(now - since, timedelta()))}"


def _warnings(view: CaseView, release: Compiled, plan: ChildPlan | None, classes: Collection[str]) -> Iterable[Row]:
    """Give what an officer must know before anything else: flags, the warnings and rules of the plan, health; whole, and never cut."""
    known = view.facts.get("known", {}).get("", {})
    flags = [FLAG.get(str(flag), str(flag)) for flag in known.get("flags") or ()]
    if flags:
        yield row("Flags", "\n".join(flags))
    said = _plan(plan, PLAN_WARNINGS, classes)
    yield from said
    if known.get("contact_rules") and not (plan and plan["contact_rules"]):
        yield row("Whom not to contact, and how", str(known["contact_rules"]))
    yield from _fields(view, release, HEALTH, cut=False)
    if view.facts.get(REPORT, {}).get("", {}).get("interpreter_needed") in {"yes", True}:
        yield row("Interpreter", "Needed")


def _sections(view: CaseView, release: Compiled, beside: _OfChild, classes: Collection[str]) -> Iterable[Section]:
    looks = [*_fields(view, release, LOOKS)]
    yield Section(
        "What the child looks like",
        looks or [row("Looks and clothing", "Not recorded, or not for the roles of whoever made this copy")],
    )
    seen = [*_fields(view, release, LAST_SEEN)] or [*_fields(view, release, FIRST_FACTS)]
    yield Section("Last seen", seen)
    haunts = _fields(view, release, (("Where the child may be, and with whom", REPORT, "usual_haunts"),))
    yield Section("Where to look", [*haunts, *_plan(beside.plan, PLAN_PLACES, classes), *_concerns(beside.concerns)])
    yield Section("When the child is found", [*_plan(beside.plan, PLAN_FOUND, classes)])


def _fields(view: CaseView, release: Compiled, wanted: Iterable[Field], *, cut: bool = True) -> Iterable[Row]:
    """Say the answers that are there in the words of their questions; a long one goes on in the case."""
    for words, record, name in wanted:
        value = view.facts.get(record, {}).get("", {}).get(name)
        if value in (None, "", []):
            continue
        form = release.forms_by_record.get(record)
        question = next((field for field in form.fields if field.key == name), None) if form else None
        said = say_answer(value, question)
        yield row(words, _cut(said) if cut else said)


def _plan(plan: ChildPlan | None, names: Collection[str], classes: Collection[str]) -> list[Row]:
    """Say parts of the plan in force, in the order of the plan."""
    if plan is None:
        return []
    told = ((name, part, plan_words.said(plan, name)) for name, part in plan.readable(classes) if name in names)
    return [row(f"{part.words} (plan)", said if name in PLAN_WARNINGS else _cut(said)) for name, part, said in told]


def _concerns(found: Iterable[Concern]) -> Iterable[Row]:
    """Say the people and places of concern that count now, each with where it is and why."""
    for each in found:
        if each.until is None:
            told = (f"Risk: {concerns.RISKS.get(each.risk, each.risk)}", each.relation, each.whereabouts, each.detail)
            kind = concerns.KINDS.get(each.kind, each.kind)
            yield row(f"{kind}: {each.name}", _cut(". ".join(part for part in told if part)))


def _contact(connection: sa.Connection, case_id: str, now: datetime) -> tuple[str, ...]:
    """Say whom to tell: who has the case, and who is on call for it now."""
    taken = daily.standings(connection, [case_id], now)[case_id].taken_over_by
    duty = on_call.on_call(connection, ["duty_inspector"], now)
    names = names_of(connection, {each.person for each in duty} | ({taken} if taken else set()))
    lines = [f"The control room, at once, with the reference {case_id}"]
    lines += [f"Inspector who has the case: {names[taken]}"] if taken in names else []
    return (
        *lines,
        *(
            f"{title_of(each.role)} on call: {names.get(each.person, each.person)}, {each.mobile or each.pager}"
            for each in duty[:2]
        ),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} … (goes on in the case)"
