"""The figures as their page says them: bars with their numbers, the same as tables, and as files for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from web.moments import say_key
from workflows.figures import INTERVIEWS, PEOPLE, SLICES, Population
from workflows.suppression import hide_nested, hide_parts

HIDDEN = "Not shown"
HIDDEN_IN_FILES = "[c]"
"""For *confidential*, as statistics of the government write it."""

UNKNOWN = frozenset({"not_recorded", "not_known", "not_stated", "not_graded"})
"""Parts that are no answer: their bars are an outline, so that they are told from the others without colour."""

Link = Callable[[str, str], str]
"""Gives the address of the list behind a number, by measure and part; empty where there is none for the reader."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Bar:
    """One number of a chart: None where it is hidden; `of` is the number of which it is a share, `width` in per cent.

    `of_bar` is that number where it is not the same for the whole chart.
    """

    words: str
    count: int | None
    of: int | None
    of_words: str
    width: int
    href: str
    outlined: bool = False
    of_bar: int | None = None

    @property
    def share(self) -> str:
        """The share in whole per cent: ``40%``; empty where it cannot be said."""
        if self.count is None or not self.of:
            return ""
        return f"{round(100 * self.count / self.of)}%"


@dataclass(frozen=True, slots=True)
class Chart:
    """One table of numbers, drawn as bars: `says` is what it counts, `head` what its first column is."""

    key: str
    title: str
    says: str
    head: str
    bars: tuple[Bar, ...]
    is_hidden: bool = False

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """The rows of the table: words, number, of how many, share."""
        return [
            (
                bar.words,
                HIDDEN if bar.count is None else str(bar.count),
                bar.of_words if bar.of is not None else "",
                bar.share,
            )
            for bar in self.bars
        ]


def people(population: Population, link: Link, *, every_number: bool) -> Chart:
    """Give the first numbers of a period: episodes, different people, and those who were reported again and again."""
    counts = {key: population.count(key) for key in PEOPLE}
    shown = dict(counts) if every_number else hide_nested(counts)
    bars = [
        Bar(
            measure.words,
            shown[key],
            shown.get(measure.of),
            _of(shown.get(measure.of)),
            _width(shown[key], shown["episodes"]),
            link(key, ""),
            of_bar=shown.get(measure.of),
        )
        for key, measure in PEOPLE.items()
    ]
    return Chart("people", "Episodes and people", "Reports of the period", "What is counted", tuple(bars))


def sliced(population: Population, key: str, link: Link, *, every_number: bool) -> Chart:
    """Give the episodes of a period by the parts of a slice."""
    here = SLICES[key]
    counts = population.parts(key)
    shown: Mapping[str, int | None] = counts if every_number else hide_parts(counts)
    total = sum(counts.values())
    known = total if any(count is not None for count in shown.values()) else None
    largest = max((count for count in shown.values() if count is not None), default=0)
    bars = tuple(
        Bar(
            here.words.get(part, say_key(part)),
            count,
            known,
            _of(known),
            _width(count, largest),
            link(key, part),
            outlined=part in UNKNOWN,
        )
        for part, count in shown.items()
    )
    is_hidden = bool(bars) and known is None
    says = (
        "Episodes of the period"
        if known is None
        else f"{known} {'episode' if known == 1 else 'episodes'} of the period"
    )
    return Chart(key, here.title, says, here.title, () if is_hidden else bars, is_hidden=is_hidden)


def interviews(population: Population, link: Link, *, every_number: bool) -> Chart:
    """Give the steps of the return interviews that the children of a period are owed, each with its own denominator."""
    counts = {key: population.count(key) for key in INTERVIEWS}
    shown: dict[str, int | None] = dict(counts)
    if not every_number:
        waiting = counts.pop("waiting")
        shown = hide_nested(counts, known=_known(population)) | {"waiting": None if waiting else 0}
    bars = [
        Bar(
            measure.words,
            shown[key],
            shown.get(measure.of),
            _of(shown.get(measure.of), INTERVIEWS[measure.of].words if measure.of else ""),
            _width(shown[key], shown["eligible"]),
            link(key, ""),
            outlined=key == "waiting",
            of_bar=shown.get(measure.of),
        )
        for key, measure in INTERVIEWS.items()
    ]
    return Chart("interviews", "Return interviews", "Children of the period who are back", "Step", tuple(bars))


def charts(population: Population, link: Link, *, every_number: bool, one_authority: bool = False) -> dict[str, Chart]:
    """Give every table of a period by its key; that of the authorities only where there is more than one."""
    found = [people(population, link, every_number=every_number)]
    keys = [key for key in SLICES if key != "authority" or not one_authority]
    found += [sliced(population, key, link, every_number=every_number) for key in keys]
    found.append(interviews(population, link, every_number=every_number))
    return {chart.key: chart for chart in found}


def as_csv(chart: Chart, about: str) -> str:
    """Write a table as a file that a spreadsheet opens: no cell of it can be taken for a formula."""
    lines = [[chart.title, about, "", ""], [chart.head, "Number", "Of", "Share"]]
    for words, count, of, share in chart.rows:
        lines.append([words, HIDDEN_IN_FILES if count == HIDDEN else count, of, share])
    if chart.is_hidden:
        lines.append(["All", HIDDEN_IN_FILES, "", ""])
    return written(lines)


def written(lines: list[list[str]]) -> str:
    """Write rows as CSV with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([[plain(cell) for cell in line] for line in lines])
    return f"\ufeff{out.getvalue()}"


def plain(cell: str) -> str:
    """Put a sign before a cell that a spreadsheet would take for a formula, so that it stays a text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _known(population: Population) -> list[int]:
    """Give the numbers shown elsewhere in which the children who are owed an interview are contained."""
    shown = hide_nested({"episodes": population.count("episodes")})["episodes"]
    return [] if shown is None else [shown]


def _of(count: int | None, words: str = "") -> str:
    """Say of how many a number is a share."""
    if count is None:
        return ""
    return f"{count} {words[:1].lower()}{words[1:]}" if words else str(count)


def _width(count: int | None, largest: int | None) -> int:
    """Give the length of a bar, of the largest, in per cent; what is there is never without a bar."""
    if not count or not largest:
        return 0
    return max(1, min(100, round(100 * count / largest)))
