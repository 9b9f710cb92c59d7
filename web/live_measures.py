"""Evidence that is a number of the dashboard: its value when a recommendation was taken in, and its value now.

A milestone names the number by the address of the list behind it, as it is copied from the dashboard. Both values are of the whole
force and of a quarter that was over, so that they compare, and so that those who see figures only learn no more than there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from web import figure_words, periods
from web.figure_words import HIDDEN, Chart
from web.periods import Span
from workflows import figures
from workflows.access import FIGURES, FIGURES_WITH_EPISODES
from workflows.measures import GROUPS, MEASURES, NOT_IN_FIGURES, PEOPLE, SLICES
from workflows.recommendations import Recommendation

_NUMBER = re.compile(r"(?:https?://[^\s/]+)?/performance/episodes\?\S*?\bof=(?P<of>\w+)(?:\S*?&is=(?P<part>\w+))?\S*")


@dataclass(frozen=True, slots=True)
class Live:
    """One number, its values, and the quarters of which they are."""

    words: str
    then: str
    then_of: str
    now: str
    now_of: str


def of(connection: sa.Connection, found: Recommendation, roles: frozenset[str], now: datetime) -> tuple[Live, ...]:
    """Read the numbers that the milestones of a recommendation name; none for who sees no figures. Eight statements where there are any."""
    named = list(dict.fromkeys(_named(each.evidence_ref for each in found.milestones)))
    if not named or not roles & FIGURES:
        return ()
    then, latest = periods.ended_quarters(found.opened_at)[0], periods.ended_quarters(now)[0]
    every = bool(roles & FIGURES_WITH_EPISODES)
    before, after = (_charts(connection, span, now, every_number=every) for span in (then, latest))
    return tuple(
        Live(_words(*number), then=said[0], then_of=then.words, now=said[1], now_of=latest.words)
        for number in named
        for said in [[_said(charts, *number, every_number=every) for charts in (before, after)]]
    )


def in_words(text: str) -> str:
    """Say evidence without the addresses of numbers: each by what it counts."""
    return _NUMBER.sub(lambda match: _words(*number) if (number := _number(match)) else match[0], text)


def _named(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Name each number as the key of its table and its own there."""
    return (number for text in texts for match in _NUMBER.finditer(text) if (number := _number(match)))


def _number(match: re.Match[str]) -> tuple[str, str] | None:
    measure, part = match["of"], match["part"] or ""
    if measure in SLICES:
        return (measure, part) if part in SLICES[measure].words else None
    if measure in PEOPLE:
        return "people", measure
    return next(((key, measure) for key, group in GROUPS.items() if measure in group.measures), None)


def _charts(connection: sa.Connection, span: Span, now: datetime, *, every_number: bool) -> dict[str, Chart]:
    population = figures.population(connection, span.period, now=now)
    return figure_words.charts(population, figure_words.no_link, every_number=every_number)


def _words(table: str, key: str) -> str:
    if table in SLICES:
        return f"{SLICES[table].title}: {SLICES[table].words[key]}"
    return MEASURES[key].words


def _said(charts: Mapping[str, Chart], table: str, key: str, *, every_number: bool) -> str:
    """Say a value with its share; what has no bar is none, unless its whole table is hidden, or it is not shown to who looks."""
    chart = charts.get(table)
    is_kept = key in MEASURES and MEASURES[key].data_class in NOT_IN_FIGURES and not every_number
    if is_kept or (chart is not None and chart.is_hidden):
        return HIDDEN
    bar = next((each for each in chart.bars if each.key == key), None) if chart is not None else None
    return "None" if bar is None else bar.said
