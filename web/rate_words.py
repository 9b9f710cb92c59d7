"""The rates of a period as charts and tables: reports for each 1,000 children who live there, with of which year their number is and who says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from engine.frozen import frozen
from web.figure_words import HIDDEN, HIDDEN_IN_FILES, written
from workflows.figures import Population
from workflows.hiding import Cell, Shown
from workflows.populations import Living
from workflows.rates import WAYS, Rate, Rates, rates

HEADS = ("Children living here", "Episodes", "Episodes per 1,000 children")
MORE_HEADS = (*HEADS, "Different children", "Children per 1,000 children")
BEFORE = "Episodes per 1,000 children, period before"


@frozen
class Bar:
    """One rate of a chart: `said` with its number or that it is not shown, `width` in per cent of the largest, `before` as it was then."""

    words: str
    said: str
    width: int
    before: str = ""

    @property
    def is_hidden(self) -> bool:
        """Whether the rate is not shown to this reader."""
        return self.said == HIDDEN


@frozen
class Table:
    """The rates by one way to divide the children: bars, and rows of words and `Told.heads`."""

    key: str
    title: str
    bars: tuple[Bar, ...]
    rows: tuple[tuple[str, ...], ...]


@frozen
class Told:
    """What the page shows: a table for each of `WAYS`, and the rates as they were `found`."""

    year: int
    sources: tuple[str, ...]
    heads: tuple[str, ...]
    tables: tuple[Table, ...]
    found: Rates


def tell(
    population: Population, living: Living | None, shown: Shown, *, every_number: bool, also: Collection[Cell] = ()
) -> Told | None:
    """Say the rates of a period beside its tables; None where it is not known how many children live there. Some are hidden `also`."""
    if living is None:
        return None
    found = rates(population, living, shown, every_number=every_number, also=also)
    heads = MORE_HEADS if every_number else HEADS
    tables = tuple(
        Table(key, way.title, _bars(found[key]), tuple(_row(each, len(heads)) for each in found[key]))
        for key, way in WAYS.items()
    )
    return Told(living.year, living.sources, heads, tables, found)


def compared(told: Told | None, earlier: Told | None) -> Told | None:
    """Put beside each rate that of an earlier period, where there is one; it is of the children who lived there then."""
    if told is None or earlier is None:
        return told
    before = {(table.key, bar.words): bar.said for table in earlier.tables for bar in table.bars}
    tables = tuple(
        _compared(table, [before.get((table.key, bar.words), "") for bar in table.bars]) for table in told.tables
    )
    return replace(told, heads=(*told.heads, BEFORE), tables=tables)


def _compared(table: Table, before: list[str]) -> Table:
    bars = tuple(replace(bar, before=said) for bar, said in zip(table.bars, before, strict=True))
    return replace(table, bars=bars, rows=tuple((*row, said) for row, said in zip(table.rows, before, strict=True)))


def as_csv(told: Told, about: str) -> str:
    """Write the rates as one file, a row for each."""
    empty = [""] * len(told.heads)
    lines = [
        [f"Rates per 1,000 children, {about}", *empty, ""],
        [f"Children of {told.year}: {'; '.join(told.sources)}", *empty, ""],
    ]
    lines.append(["Table", "", *told.heads])
    for table in told.tables:
        lines += [[table.title, *(HIDDEN_IN_FILES if cell == HIDDEN else cell for cell in row)] for row in table.rows]
    return written(lines)


def _bars(found: tuple[Rate, ...]) -> tuple[Bar, ...]:
    largest = max((each.per_thousand or Decimal(0) for each in found), default=Decimal(0))
    return tuple(Bar(each.words, _said(each), _width(each, largest)) for each in found)


def _said(one: Rate) -> str:
    """Say a rate: that nobody lives there is no rate, and nothing that is hidden."""
    if one.episodes is None:
        return HIDDEN
    return "None" if one.per_thousand is None else str(one.per_thousand)


def _width(one: Rate, largest: Decimal) -> int:
    return max(1, round(100 * one.per_thousand / largest)) if one.per_thousand else 0


def _row(one: Rate, columns: int) -> tuple[str, ...]:
    cells = (one.episodes, one.per_thousand, one.people, one.people_per_thousand)[: columns - 1]
    return one.words, f"{one.living:,}", *(HIDDEN if cell is None else str(cell) for cell in cells)
