"""A child as the child's page says it: each part only where the reader's data classes hold it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from engine.frozen import frozen
from engine.values import REFERENCE
from web import disruption_words, plan_words
from web.case_words import interview
from web.fact_words import Row, row
from web.moments import LONDON, say_day, say_key, say_moment
from workflows import child_details, trigger_plans
from workflows.child_details import Said
from workflows.children import DATA_CLASS_OF, Child, ChildCase, ChildEpisode, ChildFlag
from workflows.disruptions import Disruption
from workflows.episodes import CANCELLED, Episode
from workflows.trigger_plans import ChildPlan
from workflows.vocabulary import FLAG, LOOKED_AFTER, RESPONSIBLE_AUTHORITY, RISK_LEVEL

OTHER_CASE = "a case that you may not open"
"""Stands for the source of a flag where even the case's number is not the reader's to know, such as one behind a seal."""


@frozen
class Known:
    """All that is kept of a child, as far as the reader may know of the cases it comes from."""

    child: Child | None
    details: Mapping[str, Said]
    episodes: Sequence[ChildEpisode]
    flags: Sequence[ChildFlag]
    plans: Sequence[ChildPlan]
    interviews: Sequence[Episode]
    cases: Sequence[ChildCase]
    disruptions: Sequence[Disruption] = ()


@frozen
class EpisodeLine:
    """One row of the table of episodes; without a link where the reader has no page of it."""

    reference: str
    link: bool
    reported: str
    returned: str
    grade: str
    state: str


@frozen
class Section:
    """One entry with rows of a summary list."""

    title: str
    rows: Sequence[Row]


def describe(
    known: Known, classes: frozenset[str], parts: Mapping[str, frozenset[str]], now: datetime
) -> dict[str, object]:
    """Give everything that the template of the child's page needs; a part outside of `classes` is None.

    `parts` names the cases that the reader may open, each with the data classes that may be read in it.
    """
    may = {part: name in classes for part, name in DATA_CLASS_OF.items()}
    plan = trigger_plans.live(known.plans, now)
    named = parts.keys() | {each.case_id for each in known.episodes}
    return {
        "child": [*_who(known.child, classes), *_details(known, classes, parts)]
        if may["child"] and known.child
        else None,
        "name": known.child.name if may["child"] and known.child else "",
        "episodes": [_episode(each, link=each.case_id in parts) for each in known.episodes]
        if may["episodes"]
        else None,
        "flags": [_flag(each, named, now) for each in known.flags] if may["flags"] else None,
        "plan": Section(plan_words.version(plan), plan_words.rows(plan, classes)) if may["plans"] and plan else None,
        "versions": [plan_words.did(each, known.episodes) for each in known.plans] if may["plans"] else None,
        "interviews": _interviews(known.interviews, parts) if may["episodes"] else None,
        "cases": known.cases,
        "disruptions": [disruption_words.line(each, now) for each in known.disruptions],
    }


def _who(child: Child, classes: frozenset[str]) -> list[Row]:
    rows = [
        ("Name", child.name),
        ("Known as", child.known_as),
        ("Born", say_day(child.born_on) if child.born_on else ""),
        ("Sex", say_key(child.sex) if child.sex else ""),
    ]
    if DATA_CLASS_OF["standing"] in classes:
        authority = RESPONSIBLE_AUTHORITY.get(child.responsible_authority, child.responsible_authority)
        rows += [
            ("Looked after", LOOKED_AFTER.get(child.looked_after, child.looked_after)),
            ("Responsible authority", authority),
        ]
    return [row(words, value or "Not recorded") for words, value in rows]


def _details(known: Known, classes: frozenset[str], parts: Mapping[str, frozenset[str]]) -> list[Row]:
    """Say what the reports told beside; each is put right in the report that said so last."""
    shown = {name: said for name, said in known.details.items() if name not in child_details.SAID_AS_STATUS}
    return plan_words.details(shown, classes, parts)


def _episode(episode: ChildEpisode, *, link: bool) -> EpisodeLine:
    imported = ", from before this service" if episode.imported_at else ""
    ended = "Cancelled, reported in error," if episode.status == CANCELLED else "Closed"
    state = f"{ended} on {say_moment(episode.closed_at)}" if episode.closed_at else "Open"
    return EpisodeLine(
        reference=episode.case_id,
        link=link,
        reported=say_moment(episode.reported_at),
        returned=say_moment(episode.returned_at) if episode.returned_at else "Not recorded",
        grade=RISK_LEVEL.get(episode.level, "Not graded"),
        state=state + imported,
    )


def _flag(flag: ChildFlag, named: Collection[str], now: datetime) -> Row:
    """Say what a flag is and where it comes from; of `named` are the cases of which the reader is told that there are such."""
    holds = flag.holds_on(now.astimezone(LONDON).date())
    until = f", until {say_day(flag.until)}" if flag.until else ""
    words = f"Since {say_day(flag.since)}{until}{'' if holds else ' (does not count now)'}"
    source = flag.source if flag.source in named or not REFERENCE.fullmatch(flag.source) else OTHER_CASE
    return row(FLAG.get(flag.flag, say_key(flag.flag)), f"{words}\nSource: {source}" if source else words)


def _interviews(episodes: Sequence[Episode], parts: Mapping[str, frozenset[str]]) -> list[Section]:
    back = [(each, "D9" not in parts.get(each.case_id, ())) for each in episodes if each.returned_at is not None]
    return [Section(f"After {each.case_id}", interview(each, hidden=hidden)) for each, hidden in back]
