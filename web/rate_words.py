"""The rates of a period as tables: reports for each 1,000 children who live there, with of which year their number is and who says so."""

from __future__ import annotations

from dataclasses import dataclass

from web.figure_words import HIDDEN, HIDDEN_IN_FILES, written
from workflows.figures import Population
from workflows.populations import Living
from workflows.rates import WAYS, Rate, Rates, rates

HEADS = ("Children living here", "Episodes", "Episodes per 1,000 children")
MORE_HEADS = (*HEADS, "Different children", "Children per 1,000 children")


@dataclass(frozen=True, slots=True)
class Told:
    """What the page shows: `tables` by `WAYS`, each with its title and its rows; `found` is None where no number of children is known."""

    year: int
    sources: tuple[str, ...]
    heads: tuple[str, ...]
    tables: tuple[tuple[str, str, tuple[tuple[str, ...], ...]], ...]
    found: Rates


def tell(
    population: Population, living: Living | None, *, every_number: bool, one_authority: bool = False
) -> Told | None:
    """Say the rates of a period; None where it is not known how many children live there."""
    if living is None:
        return None
    found = rates(population, living, every_number=every_number, one_authority=one_authority)
    heads = MORE_HEADS if every_number else HEADS
    tables = tuple((key, way.title, tuple(_row(each, len(heads)) for each in found[key])) for key, way in WAYS.items())
    return Told(living.year, living.sources, heads, tables, found)


def as_csv(told: Told, about: str) -> str:
    """Write the rates as one file, a row for each."""
    empty = [""] * len(told.heads)
    lines = [
        [f"Rates per 1,000 children, {about}", *empty, ""],
        [f"Children of {told.year}: {'; '.join(told.sources)}", *empty, ""],
    ]
    lines.append(["Table", "", *told.heads])
    for _key, title, rows in told.tables:
        lines += [[title, *(HIDDEN_IN_FILES if cell == HIDDEN else cell for cell in row)] for row in rows]
    return written(lines)


def _row(one: Rate, columns: int) -> tuple[str, ...]:
    cells = (one.episodes, one.per_thousand, one.people, one.people_per_thousand)[: columns - 1]
    return one.words, f"{one.living:,}", *(HIDDEN if cell is None else str(cell) for cell in cells)
