"""The figures of a period as one reader is told them, beside those of the period before: tables as charts, and rates.

What is hidden is worked out once for a period, and the rates beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web import figure_words, periods, rate_words
from web.figure_words import Chart, Link
from web.periods import Span
from workflows import figures, hiding, populations, reports
from workflows.figures import Population
from workflows.hiding import Cell, Shown
from workflows.populations import Living
from workflows.rates import OF


@frozen
class Scope:
    """Of which authorities a reader is told (None for all), without which records, and whether small numbers too."""

    authorities: frozenset[str] | None = None
    but: Collection[str] = ()
    every_number: bool = False

    @property
    def one_authority(self) -> bool:
        """Whether the figures are of a single authority, so that none stands beside another."""
        return self.authorities is not None and len(self.authorities) == 1


@frozen
class PeriodFigures:
    """The episodes of a period, `shown`, its numbers by table with None for what is hidden, and the same as charts.

    `rates` is None where nobody has taken in how many children live there (`living`). `hidden` are the numbers that are not shown, by
    the first day of this period and of the one before.
    """

    population: Population
    shown: Shown
    charts: dict[str, Chart]
    living: Living | None
    rates: rate_words.Told | None
    hidden: Mapping[date, frozenset[Cell]]


def of(connection: sa.Connection, span: Span, scope: Scope, link: Link, now: datetime) -> PeriodFigures:
    """Give the figures of a period with those of the period before beside them. Nine statements, and one more for who sees figures only.

    To them no number is shown that a report once hid of the same quarter: after a correction it would follow from the two.
    """
    earlier = periods.before(span)
    living = populations.living(connection, {span.last.year, earlier.last.year}, scope.authorities)
    whole_force = not scope.every_number and scope.authorities is None
    also = reports.hidden(connection, {span.first, earlier.first}) if whole_force else {}
    here = _alone(connection, span, scope, living, link, also, now)
    before = _alone(connection, earlier, scope, living, figure_words.no_link, also, now)
    charts, rates = figure_words.compared(here.charts, before.charts), rate_words.compared(here.rates, before.rates)
    return replace(here, charts=charts, rates=rates, hidden={**before.hidden, **here.hidden})


def hidden_in(shown: Shown, told: rate_words.Told | None) -> frozenset[Cell]:
    """Name the numbers of a period that its tables and rates do not show."""
    found = {(table, key) for table, numbers in shown.items() for key, count in numbers.items() if count is None}
    rates = {} if told is None else told.found
    return frozenset(found) | {(OF + way, each.key) for way in rates for each in rates[way] if each.episodes is None}


def _alone(
    connection: sa.Connection,
    span: Span,
    scope: Scope,
    living: Mapping[int, Living],
    link: Link,
    hidden: Mapping[date, frozenset[Cell]],
    now: datetime,
) -> PeriodFigures:
    """Give the figures of one period, with nothing beside them."""
    also = hidden.get(span.first, frozenset())
    every, of_year = scope.every_number, living.get(span.last.year)
    found = figures.population(connection, span.period, scope.authorities, but=scope.but, now=now)
    shown = hiding.tables(found, every_number=every, one_authority=scope.one_authority, also=also)
    charts = figure_words.charts(found, shown, link, every_number=every)
    told = rate_words.tell(found, of_year, shown, every_number=every, also=also)
    return PeriodFigures(found, shown, charts, of_year, told, {span.first: hidden_in(shown, told)})
