"""A decision table in words: deadlines by what they ask for, roles by their titles, times as people say them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.comparison import of_value
from engine.errors import Invalid
from engine.frozen import frozen
from engine.xml import Element, local_name, parse
from workflows.agencies import ROLES, title_of
from workflows.obligations import OBLIGATIONS

_DEADLINE = re.compile(r"\b([A-Z]-\d\d)\b(?! \()")
_QUOTED = re.compile(r'"([^"]*)"')
_LIST = re.compile(r"\[([^\[\]]*)\]")
_AFTER = re.compile(r"\b(clock|task\.opened_at|case\.opened_at) ([+-]) (\d+ \w+(?: \d+ \w+)*)")
_PLAIN: Mapping[str, str] = {"": "Any", "-": "Any", "true": "Yes", "false": "No", "null": "Nothing"}
_SILENT = frozenset({"Any", "Nothing"})
_MOMENTS: Mapping[str, str] = {
    "clock": "the clock begins",
    "task.opened_at": "the task opens",
    "case.opened_at": "the case opens",
}


@frozen
class Column:
    """A column: its heading, what it asks of the case, and whether it is an answer."""

    heading: str
    asks: str
    answers: bool


@frozen
class TableWords:
    """A table as people read it: its columns, and for each row its id and a text for each column.

    `silent` names the columns that are left out, because no row says anything there.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    silent: tuple[str, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> TableWords:
        """Read one as it comes from a guarded child."""
        columns = tuple(Column(**each) for each in told["columns"])
        return cls(columns, tuple((row, tuple(cells)) for row, cells in told["rows"]), tuple(told["silent"]))


def name_deadlines(text: str, own: Mapping[str, str]) -> str:
    """Say of each deadline that a procedure words itself what it asks for: ``L-01 (check the plan)``."""
    return _DEADLINE.sub(lambda found: f"{found[1]} ({own[found[1]]})" if found[1] in own else found[1], text)


def say_table(text: str, name: str, own: Mapping[str, str] = MappingProxyType({})) -> TableWords | None:
    """Put a decision table in words, with those of the procedure's `own` deadlines; None where it cannot be read."""
    try:
        table = next((each for each in parse(text, name).iter() if local_name(each) == "decisionTable"), None)
    except (Invalid, RecursionError):
        return None
    if table is None:
        return None
    columns = [Column(_heading(each), _text(each), answers=False) for each in _named(table, "input")]
    columns += [Column(_heading(each), "", answers=True) for each in _named(table, "output")]
    rows = [(each.get("id", ""), _cells(each)) for each in _named(table, "rule")]
    speaks = [any(len(cells) > at and cells[at] not in _SILENT for _, cells in rows) for at in range(len(columns))]
    return TableWords(
        tuple(each for each, said in zip(columns, speaks, strict=True) if said),
        tuple(
            (row, tuple(name_deadlines(each, own) for each, said in zip(cells, speaks, strict=False) if said))
            for row, cells in rows
        ),
        tuple(each.heading for each, said in zip(columns, speaks, strict=True) if not said),
    )


def say_cell(text: str, *, asks: bool = True) -> str:
    """Say one cell: ``"T-25"`` is ``T-25 (hold the return interview)``, ``clock + duration("PT72H")`` what people make of it.

    An empty cell of a column that asks holds always; one that answers gives nothing.
    """
    plain = text.strip()
    if plain in _PLAIN:
        return "Nothing" if not asks and plain in {"", "-"} else _PLAIN[plain]
    return in_words(_QUOTED.sub(_word, _LIST.sub(_listed, of_value(plain))))


def in_words(text: str) -> str:
    """Put what stands in tables into words inside a longer text: deadlines, durations, moments."""
    said = _AFTER.sub(_moment, of_value(text))
    return _DEADLINE.sub(
        lambda found: f"{found[1]} ({OBLIGATIONS[found[1]]})" if found[1] in OBLIGATIONS else found[1], said
    )


def _moment(found: re.Match[str]) -> str:
    return f"{found[3]} {'after' if found[2] == '+' else 'before'} {_MOMENTS[found[1]]}"


def of_change(text: str) -> str:
    """Say a value of a changed table."""
    return in_words(_LIST.sub(_listed, text)) if _LIST.fullmatch(text.strip()) else in_words(_QUOTED.sub(_role, text))


def _cells(rule: Element) -> tuple[str, ...]:
    cells = [(each, local_name(each) == "inputEntry") for each in rule]
    return tuple(say_cell(_text(each), asks=asks) for each, asks in cells if asks or local_name(each) == "outputEntry")


def _listed(found: re.Match[str]) -> str:
    """Say a list of texts as its entries; another list stays."""
    entries = [each.strip() for each in found[1].split(",") if each.strip()]
    if not entries:
        return "nobody and nothing"
    if all(_QUOTED.fullmatch(each) for each in entries):
        return ", ".join(_word_of(each.strip('"')) for each in entries)
    return found[0]


def _word(found: re.Match[str]) -> str:
    return _word_of(found[1])


def _role(found: re.Match[str]) -> str:
    return title_of(found[1]) if found[1] in ROLES else found[0]


def _word_of(text: str) -> str:
    return title_of(text) if text in ROLES else text


def _heading(column: Element) -> str:
    return column.get("label") or column.get("name") or _text(column)


def _text(element: Element) -> str:
    """Give the first text inside an element."""
    return next(((each.text or "").strip() for each in element.iter() if local_name(each) == "text"), "")


def _named(element: Element, name: str) -> list[Element]:
    return [each for each in element if local_name(each) == name]
