"""How long a protected step may take at most."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from engine.decisions import Table
from engine.errors import Invalid
from engine.model import Facts
from engine.process import Node
from engine.release import Compiled
from workflows.protected.findings import ANCHOR, Check, Finding, name_of, of_grade, rests_on, scope_of
from workflows.protected.hands import at_least
from workflows.vocabulary import RISK_LEVEL

_KNOWN = frozenset({"deadline", "clock", "case", "opened_at", "found", "returned_at", "harm", "risk", "level"})
"""What a time may rest on: all of it is tried. On anything else it could hang in a case that nobody thought of."""
_DAY = timedelta(days=1)
_LITERAL = re.compile(r'"([^"]*)"')
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
_HOLIDAYS = (datetime(2026, 3, 27, 10, 0, tzinfo=UTC), datetime(2026, 12, 18, 23, 0, tzinfo=UTC))
"""Easter and Christmas: of three working days in a row none is longer than around them."""
_AROUND = (-_DAY, timedelta(hours=12), 2 * _DAY)


def within(
    activity: str, clock: str, limit: timedelta, *, tells: Collection[str], if_high: timedelta | None = None
) -> Check:
    """A step is due at most so long after a moment (``found.returned_at`` or ``case.opened_at``), and these roles are told.

    One of the roles is enough, or a higher rank of it.
    """
    heard = frozenset().union(*(at_least(role) for role in tells))

    def checked(release: Compiled) -> Iterator[Finding]:
        deadlines = release.deadlines.get(activity, ())
        where = deadlines[0].id if deadlines else activity
        texts = [text for node in deadlines for text in _texts(release, node)]
        unsure = sorted(
            {
                *(name for node in deadlines for name in rests_on(node.timer_text, _KNOWN | release.decisions.keys())),
                *(name for node in deadlines for text in _cells(release, node) for name in rests_on(text, _KNOWN)),
                *(name for node in deadlines for name in _not_plain(release, node)),
            }
        )
        if unsure:
            yield where, f"The time of “{name_of(release, activity)}” may not rest on {', '.join(unsure)}"
        for level, harm, anchor in product((None, *RISK_LEVEL), _harms(release, texts), _anchors(texts)):
            most = if_high if if_high is not None and level == "high" else limit
            moments = [_due(release, node, clock, anchor, level, harm, heard) for node in deadlines]
            first = min((moment for moment in moments if moment is not None), default=None)
            if first is None:
                yield (
                    where,
                    f"“{name_of(release, activity)}” is never due{of_grade(level)}, or nobody who has to act is told",
                )
                return
            if first - anchor > most:
                took = f"{_hours(first - anchor)}{of_grade(level)}, and at most {_hours(most)} are allowed"
                yield where, f"“{name_of(release, activity)}” is due after {took}"
                return

    return checked


def _texts(release: Compiled, node: Node) -> Iterator[str]:
    """Give the expressions that a deadline rests on: its own, and those of the rows of its table that may be meant."""
    yield node.timer_text
    yield from _cells(release, node)


def _cells(release: Compiled, node: Node) -> Iterator[str]:
    """Give the cells of the rows that may be meant; a cell may ask no further table, whose rows nobody looks at here."""
    named = set(_LITERAL.findall(node.timer_text))
    for name in release.timer(node).names & release.decisions.keys():
        yield from _rows(release.decisions[name], named)


def _not_plain(release: Compiled, node: Node) -> list[str]:
    """Name the decisions of a deadline whose rows alone do not say what they give."""
    named = release.timer(node).names & release.decisions.keys()
    return [name for name in named if not release.decisions[name].is_plain]


def _rows(table: Table, named: Collection[str]) -> Iterator[str]:
    """Give the expressions of the rows that are not plainly of another deadline."""
    column = next((at for at, each in enumerate(table.inputs) if each.expression.strip() == "deadline"), None)
    for rule in table.rules:
        other = None if column is None else _LITERAL.fullmatch(rule.tests[column].strip())
        if other is not None and other[1] not in named:
            continue
        yield from rule.outputs
        for asked, test in zip(table.inputs, rule.tests, strict=True):
            if test.strip() not in {"", "-"}:
                yield f"{asked.expression} {test}"


def _harms(release: Compiled, texts: Collection[str]) -> list[Any]:
    """Give the answers about harm between which a time may make a difference."""
    if not any("harm" in text for text in texts):
        return [None]
    form = release.forms_by_record.get("found")
    offered = [
        choice.value for field in (form.fields if form else ()) if field.key == "harm" for choice in field.choices
    ]
    return [None, ["none"], offered, *([each] for each in offered)]


def _anchors(texts: Collection[str]) -> list[datetime]:
    """Give moments before, at and after every day that the expressions name, and one years from now."""
    days = {tuple(map(int, found)) for text in texts for found in _DATE.findall(text)}
    named = []
    if any("working" in text for text in texts):  # days on which nobody works make some working days very long
        named = [first + _DAY * number for first in _HOLIDAYS for number in range(18)]
    for year, month, day in sorted(days):
        try:
            named.append(datetime(year, month, day, tzinfo=UTC))
        except ValueError:  # no day of the calendar, so nothing is ever compared with it
            continue
    return [ANCHOR, ANCHOR.replace(year=ANCHOR.year + 8), *(day + span for day in named for span in _AROUND)]


def _due(
    release: Compiled, node: Node, clock: str, anchor: datetime, level: str | None, harm: Any, heard: Collection[str]
) -> datetime | None:
    """Give when a deadline is due and the right people are told, in a case that began its clock at `anchor`."""
    opened = anchor if clock == "case.opened_at" else anchor - _DAY
    facts: Facts = {"risk": {"": {"level": level}}, "found": {"": {"harm": harm}}}
    if clock == "found.returned_at":
        facts["found"][""]["returned_at"] = anchor
    scope = {**scope_of(release, facts, opened, anchor), "task": {"opened_at": anchor + _DAY}}
    try:
        rungs = release.timer(node).evaluate(scope, now=anchor)
    except Invalid:
        return None
    contexts = [rung for rung in rungs if isinstance(rung, dict)] if isinstance(rungs, list) else []
    due = [rung.get("at") for rung in contexts if rung.get("due") is True and set(rung.get("tell") or ()) & set(heard)]
    return min((at for at in due if isinstance(at, datetime)), default=None)


def _hours(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    return f"{hours} hours" + (f" {minutes} minutes" if minutes else "") if hours else f"{minutes} minutes"
