"""Recommendations as a sheet: a row is the form that takes one in, its columns are that form's questions.

A row is checked by the form itself; what is wrong is said with its line, all at once, and then none is taken in. Of a file that is
wrong throughout the first `SAID` problems are said, and how many more there are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from engine.errors import AnswersInvalid
from engine.forms import Field, Form
from engine.frozen import frozen
from engine.model import Value
from web.figure_words import written
from web.sheet_rows import NO_CSV, rows_of

LARGEST = 500_000
"""Bytes of a sheet: some thousand recommendations."""

SAID = 50
"""So many problems of a file are said at once."""

Reference = tuple[str, str]
"""By what a recommendation is known: who gave it, and its reference there."""

_DAYS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"),
    re.compile(r"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{4})"),
)


@frozen
class Sheet:
    """What a sheet holds: the answers of each new row, how many are taken in already, and what is wrong."""

    answers: tuple[Mapping[str, Value], ...]
    known: int
    problems: tuple[str, ...]


def empty(form: Form) -> str:
    """Give a sheet with the headings alone."""
    return written([[field.label for field in form.fields]])


def read(data: bytes, form: Form, known: Collection[Reference], now: datetime) -> Sheet:
    """Read a sheet in UTF-8, with the questions or their keys as headings; a day is ``2026-03-27`` or ``27/3/2026``."""
    if len(data) > LARGEST:
        return Sheet((), 0, (f"The file is larger than {LARGEST // 1000} kB. Split it into several",))
    rows = rows_of(data)
    if rows is None:
        return Sheet((), 0, (NO_CSV,))
    if not rows:
        return Sheet((), 0, ("The file is empty. Put the headings into its first line.",))
    columns = [_key(heading, form) for heading in rows[0]]
    if wrong := list(_wrong_headings(rows[0], columns, form)):
        return Sheet((), 0, _first(wrong))
    return _rows(rows[1:], columns, form, known, now)


def _rows(rows: list[list[str]], columns: list[str], form: Form, known: Collection[Reference], now: datetime) -> Sheet:
    """Let the form check each row; the first line of a file is that of its headings."""
    found: dict[Reference, Mapping[str, Value]] = {}
    problems, there, taken = [], 0, {_same(each) for each in known}
    filled = [(line, row) for line, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]
    for line, row in filled:
        if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
            problems.append(
                f"Line {line}: There are more cells than headings. Put a text with commas between quotation marks"
            )
            continue
        cells = {key: cell.strip() for key, cell in zip(columns, row, strict=False)}
        try:
            answers = form.load(_raw(cells, form), scope={}, now=now)
        except AnswersInvalid as refusal:
            unread = dict(_unread(cells, form))
            said = (unread.get(problem.where.partition("-")[0], problem.sentence) for problem in refusal.problems)
            problems += [f"Line {line}: {sentence}" for sentence in dict.fromkeys(said)]
            continue
        reference = _same((str(answers["source_body"]), str(answers["ref_no"])))
        if reference in found:
            problems.append(f"Line {line}: {answers['ref_no']} stands in the file twice. Take one of them out")
        elif reference in taken:
            there += 1
        else:
            found[reference] = answers
    if not filled:
        problems.append("The file has no row beneath its headings. Put a recommendation in each line")
    return Sheet(tuple(found.values()), there, _first(problems))


def _first(problems: list[str]) -> tuple[str, ...]:
    """Give as many problems as anybody reads at once, and how many more there are."""
    more = len(problems) - SAID
    return (*problems[:SAID], *([f"There are {more:,} more. Put these right first"] if more > 0 else []))


def _same(reference: Reference) -> Reference:
    """Give what two spellings of a reference have in common: nobody gives two that differ by capitals."""
    return reference[0], reference[1].strip().casefold()


def _key(heading: str, form: Form) -> str:
    """Name the question of a heading; empty for one that the form does not ask."""
    said = heading.strip().casefold()
    return next((field.key for field in form.fields if said in {field.key.casefold(), field.label.casefold()}), "")


def _wrong_headings(headings: list[str], columns: list[str], form: Form) -> Iterator[str]:
    for heading, key in zip(headings, columns, strict=True):
        if not key:
            yield f"The heading “{heading.strip()[:60]}” is none of the questions. Take its column out, or name it as the empty sheet does"
    for field in form.fields:
        if columns.count(field.key) != 1:
            yield f"The column “{field.label}” is {'missing' if field.key not in columns else 'there twice'}. The sheet has each question once"


def _raw(cells: Mapping[str, str], form: Form) -> dict[str, list[str] | str]:
    """Give a row as the page of the form would post it: choices by their words or values, days in three parts."""
    raw: dict[str, list[str] | str] = {}
    for field in form.fields:
        cell = cells.get(field.key, "")
        if field.kind == "date":
            day = _day(cell)
            parts = day.groupdict() if day else {"day": cell, "month": "", "year": ""}
            raw |= {f"{field.key}-{part}": value for part, value in parts.items()}
        else:
            raw[field.key] = _by_words(field).get(cell.casefold(), cell)
    return raw


def _unread(cells: Mapping[str, str], form: Form) -> Iterator[tuple[str, str]]:
    """Say by question what of a row could not be read as its answer: the form would say that there is none, and not how a sheet writes it."""
    for field in form.fields:
        cell, words = cells.get(field.key, ""), _by_words(field)
        if cell and field.kind == "date" and _day(cell) is None:
            yield field.key, f"“{cell[:60]}” is no day for “{field.label}”. Write it like 27/3/2026"
        elif cell and words and cell.casefold() not in words and cell not in words.values():
            one_of = ", ".join(f"“{option.label}”" for option in field.choices)
            yield field.key, f"“{cell[:60]}” is no answer to “{field.label}”. Write one of {one_of}"


def _day(cell: str) -> re.Match[str] | None:
    return next((found for shape in _DAYS if (found := shape.fullmatch(cell))), None)


def _by_words(field: Field) -> dict[str, str]:
    """Give the choices of a question by their words, in small letters."""
    return {option.label.casefold(): str(option.value) for option in field.choices}
