"""The four files of the cut-over: which columns they have, how a cell is written, and how to put a wrong one right.

Nothing here knows the database. A sentence names the column and never quotes the cell: reports are kept and sent on.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from engine.errors import Problem
from engine.forms.moments import Fault, read_date, read_moment
from engine.frozen import frozen
from engine.model import Value
from workflows.days import day_of
from workflows.trigger_plans import DEFAULT_RISK, GIVEN_TO, LEGAL_LEVER, PARTS, SENSITIVITY, WARNING
from workflows.vocabulary import FLAG, LOOKED_AFTER, RISK_LEVEL, Words

MOST_HOURS = 240
"""The longest time without a medicine that a plan names."""

NOT_A_ROW = "row"
"""Stands in the place of the column where the row as a whole is wrong."""

_ISO = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_ENGLISH = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})"
_DATES = tuple(re.compile(shape) for shape in (_ISO, _ENGLISH))
_MOMENTS = tuple(
    re.compile(rf"{shape}[ T](?P<time>\d{{1,2}}:\d{{2}})(?::\d{{2}}(?:\.\d+)?)?") for shape in (_ISO, _ENGLISH)
)
_VERSION = re.compile(r"[1-9][0-9]{0,5}")
_WITH_ZONE = re.compile(r".*\d(Z|[+-]\d{2}:?\d{2})")

SEX: Words = MappingProxyType({"female": "Female", "male": "Male", "not_known": "Not known"})


class CellWrong(ValueError):
    """A cell cannot be read; the message is a sentence that says how to write it."""


Reader = Callable[[str], Value]


@frozen
class Column:
    """One column of a file: how a filled cell is read, what an empty one stands for, and whether it must be filled.

    `later` is true of one that came after the first imports: left empty, it leaves a row what it was (`Row.cells`).
    """

    name: str
    read: Reader
    needed: bool = False
    empty: Value = ""
    later: bool = False


@frozen
class Row:
    """One row as it was read: the line on which it begins, its values, and what is wrong as (column, sentence)."""

    line: int
    cells: tuple[str, ...]
    values: Mapping[str, Value]
    wrong: tuple[tuple[str, str], ...]


def flag_wrong(given: Mapping[str, Value], now: datetime) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the days of a flag together; today is the day of London."""
    if given["since"] > day_of(now):
        yield "since", "Write a day that is not in the future"
    if given["until"] is not None and given["until"] < given["since"]:
        yield "until", "Write a day that is not before since, or leave the cell empty while the flag holds"


def read(name: str, data: bytes, columns: Collection[Column]) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    """Read one file of UTF-8, with a heading and commas; what is wrong with it as a whole comes back as problems."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        sentence = f"Line {line} is not UTF-8. Save the file as “CSV UTF-8” and import it again."
        return (), (Problem(name, "file-in-utf-8", sentence),)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        problems = tuple(_heading_problems(name, heading, columns))
        return (() if problems else tuple(_rows(reader, heading, columns))), problems
    except csv.Error:
        sentence = f"Line {reader.line_num} is not CSV: a quotation mark inside a quoted cell is written twice."
        return (), (Problem(name, "file-is-csv", sentence),)


def _heading_problems(name: str, heading: list[str], columns: Collection[Column]) -> Iterator[Problem]:
    """Say which columns are missing, unknown or there twice."""
    known = [column.name for column in columns]
    asked = f"The columns are: {', '.join(known)}."
    if len(heading) == 1 and ";" in heading[0]:
        yield Problem(name, "columns-by-comma", f"Separate the columns with commas, not semicolons. {asked}")
        return
    for column in columns:
        if column.needed and column.name not in heading:
            yield Problem(name, "column-missing", f"The column {column.name} is missing. {asked}")
    for title in sorted(set(heading)):
        if title not in known:
            yield Problem(name, "column-unknown", f"The column “{title[:40]}” is not one of ours. {asked}")
        elif heading.count(title) > 1:
            yield Problem(name, "column-twice", f"The column {title} is there twice: keep one.")


def _rows(reader: Any, heading: list[str], columns: Collection[Column]) -> Iterator[Row]:
    """Read every row that is not empty."""
    begins = reader.line_num + 1
    for cells in reader:
        line, begins = begins, reader.line_num + 1
        if any(cell.strip() for cell in cells):
            yield _row(line, [cell.strip() for cell in cells], heading, columns)


def _row(line: int, cells: list[str], heading: list[str], columns: Collection[Column]) -> Row:
    """Read one row with everything that is wrong in it."""
    if len(cells) != len(heading):
        sentence = f"It has {len(cells)} cells under {len(heading)} columns: put cells with commas into quotation marks"
        return Row(line, tuple(cells), {}, ((NOT_A_ROW, sentence),))
    given = dict(zip(heading, cells, strict=True))
    values, wrong = {}, []
    for column in columns:
        text = given.get(column.name, "")
        values[column.name] = column.empty
        if not text and column.needed:
            wrong.append((column.name, "Fill this cell"))
        elif text:
            try:
                values[column.name] = column.read(text)
            except CellWrong as fault:
                wrong.append((column.name, str(fault)))
    told = ((column, given.get(column.name, "")) for column in columns)
    kept = tuple(
        f"{column.name}: {cell}" if column.later else cell for column, cell in told if cell or not column.later
    )
    return Row(line, kept, values, tuple(wrong))


def line_within(longest: int) -> Reader:
    """Read a text on one line."""

    def reader(text: str) -> str:
        if not text.isprintable():
            raise CellWrong("Write it on one line, without control characters")
        if len(text) > longest:
            raise CellWrong(f"Write it in {longest} characters or fewer")
        return text

    return reader


def text_within(longest: int) -> Reader:
    """Read a text of several lines; a bar between two spaces stands for a new line, for programs that cannot write one."""

    def reader(text: str) -> str:
        lines = [line.strip() for part in text.splitlines() for line in part.split(" | ")]
        found = "\n".join(line for line in lines if line)
        if not all(line.isprintable() for line in lines):
            raise CellWrong("Write it without control characters")
        if len(found) > longest:
            raise CellWrong(f"Write it in {longest} characters or fewer")
        return found

    return reader


def one_of(words: Words) -> Reader:
    """Read a value of a vocabulary, as its key or in its words."""
    keys = {word.casefold(): key for key, text in words.items() for word in (key, text)}

    def reader(text: str) -> str:
        if text.casefold() not in keys:
            raise CellWrong(f"Write one of: {', '.join(words)}")
        return keys[text.casefold()]

    return reader


def _some_of(words: Words) -> Reader:
    """Read several values of a vocabulary, one a line."""
    one, lines = one_of(words), text_within(2_000)

    def reader(text: str) -> str:
        return "\n".join(dict.fromkeys(str(one(each)) for each in str(lines(text)).splitlines()))

    return reader


def a_day(text: str) -> date:
    """Read a date."""
    matched = next((fits for shape in _DATES if (fits := shape.fullmatch(text))), None)
    found = read_date(matched.groupdict()) if matched else Fault("", "")
    if isinstance(found, Fault):
        raise CellWrong("Write a real date as 2012-05-27 or 27/05/2012")
    return found


def _moment(text: str) -> datetime:
    """Read a moment: with its zone, or on the clocks of England."""
    if _WITH_ZONE.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise CellWrong("Write a real moment as 2026-03-27T14:30:00+00:00") from None
    matched = next((fits for shape in _MOMENTS if (fits := shape.fullmatch(text))), None)
    found = read_moment(matched.groupdict()) if matched else Fault("", "")
    if isinstance(found, Fault):
        raise CellWrong(
            "Write a real moment on the clocks of England as 2026-03-27 14:30 or 27/03/2026 14:30, or with its zone"
        )
    return found


def _number(text: str) -> int:
    """Read a version's number."""
    if not _VERSION.fullmatch(text):
        raise CellWrong("Write a whole number from 1 on")
    return int(text)


def _hours(text: str) -> str:
    """Read a number of hours as the plan's form takes it."""
    if not _VERSION.fullmatch(text) or int(text) > MOST_HOURS:
        raise CellWrong(f"Write a whole number of hours from 1 to {MOST_HOURS}")
    return text


_REFERENCE, _LONG = line_within(60), text_within(10_000)

_FIRST_PARTS = frozenset(
    {
        "summary", "immediate_tasks", "known_people", "known_places", "contact_rules", "what_works", "default_risk",
        "built_from",
    }
)  # fmt: skip
_LATER_PARTS: Mapping[str, Reader] = {
    **{name: _LONG for name in PARTS if name not in _FIRST_PARTS},
    "medicine_within_hours": _hours,
    "warning_markers": _some_of(WARNING),
    "legal_levers": _some_of(LEGAL_LEVER),
    "sensitivity": one_of(SENSITIVITY),
    "distribution": _some_of(GIVEN_TO),
    "last_interview": _REFERENCE,
}

CHILDREN = (
    Column("reference", _REFERENCE, needed=True),
    Column("name", line_within(160), needed=True),
    Column("known_as", line_within(160)),
    Column("born_on", a_day, empty=None),
    Column("sex", one_of(SEX)),
    Column("looked_after", one_of(LOOKED_AFTER)),
    Column("responsible_authority", line_within(60)),
)
EPISODES = (
    Column("reference", _REFERENCE, needed=True),
    Column("child", _REFERENCE, needed=True),
    Column("reported_at", _moment, needed=True, empty=None),
    Column("returned_at", _moment, empty=None),
    Column("level", one_of(RISK_LEVEL)),
    Column("closed_at", _moment, empty=None),
    Column("unfinished", _LONG),
)
FLAGS = (
    Column("child", _REFERENCE, needed=True),
    Column("flag", one_of(FLAG), needed=True),
    Column("since", a_day, needed=True, empty=None),
    Column("until", a_day, empty=None),
    Column("source", line_within(200), needed=True),
)
PLANS = (
    Column("child", _REFERENCE, needed=True),
    Column("version", _number, needed=True, empty=0),
    Column("valid_from", _moment, needed=True, empty=None),
    Column("summary", _LONG, needed=True),
    Column("immediate_tasks", _LONG),
    Column("known_people", _LONG),
    Column("known_places", _LONG),
    Column("contact_rules", _LONG),
    Column("what_works", _LONG),
    Column("default_risk", one_of(DEFAULT_RISK)),
    Column("built_from", _LONG),
    *(Column(name, read, later=True) for name, read in _LATER_PARTS.items()),
)

SHEETS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {"children": CHILDREN, "episodes": EPISODES, "flags": FLAGS, "plans": PLANS}
)
"""The columns of each file, in the order in which the files are taken."""
