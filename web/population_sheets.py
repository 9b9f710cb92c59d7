"""The sheet of how many children live where: a row for each area, community and age band of a year, with its source.

What is wrong is said with its line, all at once, and then none of it is taken in. An area comes in whole: with a part of it, its rates
would be too high.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.frozen import frozen
from web.figure_words import written
from web.sheet_rows import NO_CSV, rows_of
from workflows.populations import AGES, AREAS, GROUPS, LONGEST_SOURCE, Entry
from workflows.vocabulary import Words

LARGEST = 500_000
"""Bytes of a sheet: some hundred areas."""
MOST_CHILDREN = 10_000_000
FIRST_YEAR, LAST_YEAR = 1991, 2100

HEADINGS = ("Year", "Area", "Community", "Age", "Children", "Source")


@frozen
class Sheet:
    """What a sheet holds: its rows, and what is wrong."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def as_sheet(entries: Sequence[Entry]) -> str:
    """Write what is known as the sheet that can be sent back; without anything known, the rows of every area with empty numbers."""
    rows = [
        [str(each.year), AREAS[each.area], GROUPS[each.community], AGES[each.age], str(each.children), each.source]
        for each in entries
        if each.area in AREAS
    ]
    empty = [
        ["", area, group, age, "", ""] for area in AREAS.values() for group in GROUPS.values() for age in AGES.values()
    ]
    return written([list(HEADINGS), *(rows or empty)])


def read(data: bytes) -> Sheet:
    """Read a sheet in UTF-8, with commas or semicolons; area, community and age by their words or keys."""
    rows = rows_of(data)
    if rows is None:
        return Sheet((), (NO_CSV,))
    if not rows or [cell.strip().casefold() for cell in rows[0]] != [each.casefold() for each in HEADINGS]:
        return Sheet((), (f"The first line is not the headings {', '.join(HEADINGS)}. Take the empty sheet",))
    found: list[Entry] = []
    problems: list[str] = []
    for line, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            entry, wrong = _entry(row)
            problems += [f"Line {line}: {each}" for each in wrong]
            found += [entry] if entry is not None else []
    problems += _together(found) if not problems else []
    if not found and not problems:
        problems.append("The file has no row beneath its headings. Put the children of an area into it")
    return Sheet(tuple(found), tuple(problems))


def _entry(row: Sequence[str]) -> tuple[Entry | None, list[str]]:
    """Read one row; None with what is wrong."""
    if len(row) != len(HEADINGS):
        return None, [f"It has {len(row)} cells and should have {len(HEADINGS)}"]
    year, area, community, age, children, source = (cell.strip() for cell in row)
    keys = [_key(text, words) for text, words in ((area, AREAS), (community, GROUPS), (age, AGES))]
    named = zip(("Area", "Community", "Age"), keys, (AREAS, GROUPS, AGES), strict=True)
    wrong = [f"{heading} is none of {', '.join(words.values())}" for heading, key, words in named if not key]
    number, count = _whole(year, FIRST_YEAR, LAST_YEAR), _whole(children, 0, MOST_CHILDREN)
    if number is None:
        wrong.append(f"Year is no year from {FIRST_YEAR} to {LAST_YEAR}")
    if count is None:
        wrong.append("Children is no whole number, such as 1250")
    if not source or len(source) > LONGEST_SOURCE:
        wrong.append(f"Source says who counted or estimated them, in at most {LONGEST_SOURCE} characters")
    if wrong or number is None or count is None:
        return None, wrong
    return Entry(number, keys[0], keys[1], keys[2], count, source), []


def _together(found: Sequence[Entry]) -> Iterator[str]:
    """Say what is wrong with the rows of an area together: each community and age once, and somebody lives there."""
    places: dict[tuple[int, str], list[Entry]] = {}
    for each in found:
        places.setdefault((each.year, each.area), []).append(each)
    for (year, area), rows in places.items():
        there = [(each.community, each.age) for each in rows]
        where = f"{AREAS[area]}, {year}"
        for community, group in GROUPS.items():
            for age, band in AGES.items():
                count = there.count((community, age))
                if count != 1:
                    yield f"{where}: {group}, {band}, is {'missing' if not count else 'there twice'}. An area has each once"
        if not sum(each.children for each in rows):
            yield f"{where}: no child lives there. Enter how many do"


def _key(text: str, words: Words) -> str:
    said = text.casefold()
    return next((key for key, each in words.items() if said in {key.casefold(), each.casefold()}), "")


def _whole(text: str, least: int, most: int) -> int | None:
    plain = text.replace(",", "")
    is_number = plain.isascii() and plain.isdecimal() and len(plain) <= len(str(MOST_CHILDREN))
    return int(plain) if is_number and least <= int(plain) <= most else None
