"""The figures of a period as one reader is told them, beside those of the period before: tables as charts, and rates.

What is hidden is worked out once for a period, and the rates beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from web import figure_words, periods, rate_words
from web.figure_words import Chart, Link
from web.periods import Span
from workflows import figures, hiding, populations
from workflows.figures import Population
from workflows.hiding import Shown
from workflows.populations import Living


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

    `rates` is None where nobody has taken in how many children live there (`living`).
    """

    population: Population
    shown: Shown
    charts: dict[str, Chart]
    living: Living | None
    rates: rate_words.Told | None


def of(connection: sa.Connection, span: Span, scope: Scope, link: Link, now: datetime) -> PeriodFigures:
    """Give the figures of a period with those of the period before beside them. Nine statements."""
    earlier = periods.before(span)
    living = populations.living(connection, {span.last.year, earlier.last.year}, scope.authorities)
    here = _alone(connection, span, scope, living, link, now)
    before = _alone(connection, earlier, scope, living, figure_words.no_link, now)
    charts, rates = figure_words.compared(here.charts, before.charts), rate_words.compared(here.rates, before.rates)
    return PeriodFigures(here.population, here.shown, charts, here.living, rates)


def _alone(
    connection: sa.Connection, span: Span, scope: Scope, living: Mapping[int, Living], link: Link, now: datetime
) -> PeriodFigures:
    """Give the figures of one period, with nothing beside them."""
    every, of_year = scope.every_number, living.get(span.last.year)
    found = figures.population(connection, span.period, scope.authorities, but=scope.but, now=now)
    shown = hiding.tables(found, every_number=every, one_authority=scope.one_authority)
    charts = figure_words.charts(found, shown, link, every_number=every)
    return PeriodFigures(found, shown, charts, of_year, rate_words.tell(found, of_year, shown, every_number=every))
