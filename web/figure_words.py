"""The figures as their page says them: bars with their numbers, the same as tables, and as files for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from engine.frozen import frozen
from web.moments import say_key
from workflows.figures import Population
from workflows.hiding import TABLE_OF, Shown
from workflows.measures import COMMUNITIES, COMPARED, GROUPS, MEASURES, PEOPLE, RARE, SLICES
from workflows.national import NATIONAL
from workflows.rates import Rate, Rates
from workflows.rates import compared as compared_rates

HIDDEN = "Not shown"
HIDDEN_IN_FILES = "[c]"
"""For *confidential*, as statistics of the government write it."""

HEADS = ("", "Number", "Of", "Share", "Period before", "Published elsewhere")

UNKNOWN = frozenset({"not_recorded", "not_known", "not_stated", "not_graded"})
"""Parts that are no answer: their bars are an outline, so that they are told from the others without colour."""

Link = Callable[[str, str], str]
"""Gives the address of the list behind a number, by measure and part; empty where there is none for the reader."""

Numbers = Mapping[str, int | None]
"""The numbers of one table, None where one is hidden."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@frozen
class Bar:
    """One number of a chart: None where it is hidden; `of` is the number of which it is a share, `width` in per cent.

    `of_bar` is that number where it is not the same for the whole chart; `before` is what it was in the period before, and
    `country` what was published elsewhere.
    """

    key: str
    words: str
    count: int | None
    of: int | None
    of_words: str
    width: int
    href: str
    outlined: bool = False
    of_bar: int | None = None
    before: str = ""
    country: str = ""

    @property
    def share(self) -> str:
        """The share in whole per cent: ``40%``; empty where it cannot be said."""
        if self.count is None or not self.of:
            return ""
        return f"{round(100 * self.count / self.of)}%"

    @property
    def said(self) -> str:
        """The number with its share: ``12 (40%)``."""
        if self.count is None:
            return HIDDEN
        return f"{self.count} ({self.share})" if self.share else str(self.count)


@frozen
class Chart:
    """One table of numbers, drawn as bars: `says` is what it counts, `head` what its first column is."""

    key: str
    title: str
    says: str
    head: str
    bars: tuple[Bar, ...]
    is_hidden: bool = False

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The rows of the table: words, number, of how many, share, the period before, elsewhere."""
        return [
            (
                bar.words,
                HIDDEN if bar.count is None else str(bar.count),
                bar.of_words if bar.of is not None else "",
                bar.share,
                bar.before,
                bar.country,
            )
            for bar in self.bars
        ]


def no_link(_measure: str, _part: str) -> str:
    """Give no address, where no list is behind the numbers."""
    return ""


def _people(shown: Numbers, link: Link) -> Chart:
    """Draw the first numbers of a period: episodes, different people, and those who were reported again and again."""
    bars = [
        Bar(
            key,
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


def _sliced(key: str, shown: Numbers, total: int | None, link: Link) -> Chart:
    """Draw the episodes of a period by the parts of a slice; nothing of them where their number is hidden."""
    here = SLICES[key]
    known = total if any(count is not None for count in shown.values()) else None
    largest = max((count for count in shown.values() if count is not None), default=0)
    bars = tuple(
        Bar(
            part,
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


def _steps(key: str, shown: Shown, population: Population, link: Link, *, every_number: bool) -> Chart:
    """Draw the measures of a group, each with its own denominator; that of another table only for those who see every number."""
    group, numbers = GROUPS[key], shown[key]
    here = [name for name in numbers if numbers[name] is None or population.count(name) or not name.startswith(RARE)]
    bars = tuple(
        _step(name, numbers, link, _shown_of(name, shown, numbers, every_number=every_number)) for name in here
    )
    return Chart(key, group.title, group.says, "What is counted", bars)


def _shown_of(name: str, shown: Shown, numbers: Numbers, *, every_number: bool) -> int | None:
    """Give the number of which one is a share."""
    of = MEASURES[name].of
    if of in numbers or not of:
        return numbers.get(of)
    return shown[TABLE_OF[of]].get(of) if every_number else None


def _step(name: str, shown: Numbers, link: Link, of: int | None) -> Bar:
    measure, whole = MEASURES[name], next(iter(shown.values()), None)
    words = MEASURES[measure.of].words if measure.of else ""
    return Bar(
        name,
        measure.words,
        shown[name],
        of,
        _of(of, words),
        _width(shown[name], max(whole or 0, of or 0, shown[name] or 0)),
        link(name, ""),
        outlined=measure.apart or name == "late_",
        of_bar=of,
    )


def charts(population: Population, shown: Shown, link: Link, *, every_number: bool) -> dict[str, Chart]:
    """Give every table of a period by its key; `shown` are its numbers as this reader may see them (`hiding.tables`)."""
    found = [_people(shown["people"], link)]
    found += [_sliced(key, shown[key], shown["people"]["episodes"], link) for key in SLICES if key in shown]
    found += [_steps(key, shown, population, link, every_number=every_number) for key in GROUPS]
    return {chart.key: chart for chart in found if chart.bars or chart.is_hidden}


def compared(charts: Mapping[str, Chart], earlier: Mapping[str, Chart]) -> dict[str, Chart]:
    """Put beside each number that of an earlier period, where it is shown too, and what is known of the country."""
    return {key: _compared(chart, earlier.get(key)) for key, chart in charts.items()}


def _compared(chart: Chart, earlier: Chart | None) -> Chart:
    before = {bar.key: bar for bar in earlier.bars} if earlier is not None else {}
    bars = (
        replace(bar, before=_before(before.get(bar.key), earlier), country=NATIONAL.get((chart.key, bar.key), ""))
        for bar in chart.bars
    )
    return replace(chart, bars=tuple(bars))


def _before(bar: Bar | None, earlier: Chart | None) -> str:
    """Say the number of the earlier period; that of a part that nobody was in then is none."""
    if bar is None:
        return HIDDEN if earlier is not None and earlier.is_hidden else "0"
    return bar.said


COMMUNITY_HEADS = (
    "Community", "Episodes", "Per 1,000 children", "Times the rate of all", *(words for words, _test in COMPARED.values())
)  # fmt: skip


def communities(population: Population, found: Rates) -> list[tuple[str, ...]]:
    """Give what is compared between communities, a row for each: of how many episodes, how many and what share; for those who see every number.

    `found` are the rates of the same period; without them, and where nobody lives of whom it is known, that is not known.
    """
    of_community = {each.key: each for each in found.get("community", ())}
    times = compared_rates(of_community.values())
    return [
        (
            COMMUNITIES[key],
            str(whole),
            *_compared_with(of_community.get(key), times),
            *(f"{count} ({round(100 * count / whole)}%)" if whole else "0" for count in counts.values()),
        )
        for key, (whole, counts) in population.communities().items()
    ]


def _compared_with(rate: Rate | None, times: Mapping[str, Decimal]) -> tuple[str, str]:
    """Say the rate of a community, and how many times that of all children it is."""
    if rate is None or rate.per_thousand is None:
        return "", ""
    return str(rate.per_thousand), str(times.get(rate.key, ""))


def communities_as_csv(population: Population, found: Rates, about: str) -> str:
    """The same as a file."""
    empty = [""] * (len(COMMUNITY_HEADS) - 2)
    return written(
        [["Communities compared", about, *empty], list(COMMUNITY_HEADS), *map(list, communities(population, found))]
    )


def as_csv(chart: Chart, about: str) -> str:
    """Write a table as a file that a spreadsheet opens: no cell of it can be taken for a formula."""
    empty = [""] * (len(HEADS) - 1)
    lines = [[chart.title, about, *empty[1:]], [chart.head, *HEADS[1:]]]
    for words, count, of, share, before, country in chart.rows:
        number, earlier = (HIDDEN_IN_FILES if each == HIDDEN else each for each in (count, before))
        lines.append([words, number, of, share, earlier, country])
    if chart.is_hidden:
        lines.append(["All", HIDDEN_IN_FILES, *empty[1:]])
    return written(lines)


AGGREGATED = (
    "people", "grade", "age", "sex", "ethnicity", "disability", "looked_after", "missing_from", "flags", "duration",
    "found_how", "harm",
)  # fmt: skip
"""What the national unit collects of a force, table by table (domain.md 6.12 [S110])."""


def aggregate(charts: Mapping[str, Chart], about: str) -> str:
    """Write these tables as one file, a row for each number; what is hidden on the page is hidden in it."""
    lines = [["Table", "What", "Number", "Of", "Share"]]
    for chart in (charts[key] for key in AGGREGATED if key in charts):
        rows = chart.rows or [("All", HIDDEN, "", "")]
        lines += [[chart.title, *(HIDDEN_IN_FILES if cell == HIDDEN else cell for cell in row[:4])] for row in rows]
    return written([[f"National data set, {about}", "", "", "", ""], *lines])


def written(lines: list[list[str]]) -> str:
    """Write rows as CSV with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([[plain(cell) for cell in line] for line in lines])
    return f"\ufeff{out.getvalue()}"


def plain(cell: str) -> str:
    """Put a sign before a cell that a spreadsheet would take for a formula, so that it stays a text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


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
