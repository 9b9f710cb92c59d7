"""Evidence that is a number of the dashboard: its value when a recommendation was taken in, and its value now.

A milestone names the number by the address of the list behind it, as it is copied from the dashboard; where that names an authority, the
number is of that one. Whoever sees every number compares the 90 days until then with those until now. To the others both are of a
quarter that was over, and of the whole force, so that they learn no more than on the dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qs

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from web import figure_words, periods
from web.figure_words import HIDDEN, Chart
from web.periods import Span
from workflows import figures, hiding, reports, seals
from workflows.access import FIGURES_OF_EVERY_AUTHORITY, FIGURES_WITH_EPISODES
from workflows.measures import GROUPS, MEASURES, NOT_IN_FIGURES, PEOPLE, SLICES
from workflows.recommendations import Recommendation
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

_NUMBER = re.compile(r"(?:https?://[^\s/]+)?/performance/episodes\?(?P<query>\S+)")


@frozen
class Live:
    """One number, its values, and the days of which they are."""

    words: str
    then: str
    then_of: str
    now: str
    now_of: str


@frozen
class Named:
    """A number as an address names it: its table, its key there, and the authority of which it is, empty for all of them."""

    table: str
    key: str
    authority: str

    @property
    def words(self) -> str:
        """Say what it counts."""
        of = f", {RESPONSIBLE_AUTHORITY[self.authority]}" if self.authority else ""
        if self.table in SLICES:
            return f"{SLICES[self.table].title}: {SLICES[self.table].words[self.key]}{of}"
        return f"{MEASURES[self.key].words}{of}"


def of(connection: sa.Connection, found: Recommendation, who: Actor, now: datetime) -> tuple[Live, ...]:
    """Read the numbers that the milestones of a recommendation name, as the dashboard tells them to the same person (`web.asked`).

    None for who sees no figures of the whole force. What is sealed counts nowhere for who sees every number, of any days; in whole quarters
    without small numbers it counts for everybody alike, so that a seal moves none of them (domain.md 13.12). Eight statements for each
    authority named.
    """
    named = list(dict.fromkeys(_named(each.evidence_ref for each in found.milestones)))
    if not named or not who.roles & FIGURES_OF_EVERY_AUTHORITY:
        return ()
    every = bool(who.roles & FIGURES_WITH_EPISODES & FIGURES_OF_EVERY_AUTHORITY)
    but = seals.hidden(connection, who) if every else frozenset[str]()
    then, latest = (periods.usual(at) if every else periods.ended_quarters(at)[0] for at in (found.opened_at, now))
    areas = {each.authority for each in named if every or not each.authority}
    before, after = (
        {area: _charts(connection, span, area, but, now, every_number=every) for area in areas}
        for span in (then, latest)
    )
    return tuple(
        Live(each.words, then=said[0], then_of=then.words, now=said[1], now_of=latest.words)
        for each in named
        for said in [[_said(charts, each, every_number=every) for charts in (before, after)]]
    )


def in_words(text: str) -> str:
    """Say evidence without the addresses of numbers: each by what it counts."""
    return _NUMBER.sub(lambda match: number.words if (number := _number(match)) else match[0], text)


def _named(texts: Iterable[str]) -> Iterable[Named]:
    return (number for text in texts for match in _NUMBER.finditer(text) if (number := _number(match)))


def _number(match: re.Match[str]) -> Named | None:
    """Read an address; None where it names no number, or an authority that there is not."""
    asked = {key: values[0] for key, values in parse_qs(match["query"]).items()}
    measure, part, authority = (re.sub(r"\W.*", "", asked.get(key, "")) for key in ("of", "is", "authority"))
    if authority and authority not in RESPONSIBLE_AUTHORITY:
        return None
    if measure in SLICES:
        return Named(measure, part, authority) if part in SLICES[measure].words else None
    if measure in PEOPLE:
        return Named("people", measure, authority)
    table = next((key for key, group in GROUPS.items() if measure in group.measures), None)
    return Named(table, measure, authority) if table is not None else None


def _charts(
    connection: sa.Connection, span: Span, area: str, but: frozenset[str], now: datetime, *, every_number: bool
) -> Mapping[str, Chart]:
    authorities = frozenset({area}) if area else None
    population = figures.population(connection, span.period, authorities, but=but, now=now)
    also = frozenset() if every_number else reports.hidden(connection, {span.first}).get(span.first, frozenset())
    shown = hiding.tables(population, every_number=every_number, also=also)
    return figure_words.charts(population, shown, figure_words.no_link, every_number=every_number)


def _said(charts: Mapping[str, Mapping[str, Chart]], number: Named, *, every_number: bool) -> str:
    """Say a value with its share; what has no bar is none, unless it or its whole table is hidden, or it is not shown to who looks."""
    is_kept = (
        number.key in MEASURES and MEASURES[number.key].data_class in NOT_IN_FIGURES and not every_number
    ) or number.authority not in charts
    if is_kept:
        return HIDDEN
    chart = charts[number.authority].get(number.table)
    if chart is not None and chart.is_hidden:
        return HIDDEN
    bar = next((each for each in chart.bars if each.key == number.key), None) if chart is not None else None
    return "None" if bar is None else bar.said
