"""The cut-over: children, past episodes, flags and live plans come from the system before, with a report for each row.

Rows that are right are taken, also where others are not; nothing happens the second time, since each row is known by its
natural key and a digest of what it said. Past episodes count for what comes after them and start nothing: no case is
opened and nobody is told. What a case has written since is never overwritten.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.cases import LETTERS
from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Value
from engine.store import Base, CaseTable, writing
from workflows import amendments
from workflows.children import ChildFlagRow, ChildRow, PastEpisodeRow, sounds_text
from workflows.cutover_sheets import NOT_A_ROW, SHEETS, Row, flag_wrong, read
from workflows.episodes import EpisodeRow
from workflows.kept_things import IMPORTED_FLAG, IMPORTED_PLAN, as_text
from workflows.matching import PREFIX
from workflows.trigger_plans import ChildPlanRow

TAKEN, UNCHANGED, REFUSED = "taken", "unchanged", "refused"
VERDICTS = (TAKEN, UNCHANGED, REFUSED)
ID_LETTERS = 8

NOT_OVER = (
    "An episode that is not over is a case: open it in Homeward, so that its clocks run. Of one that is over, write when "
    "the child returned or when it was closed"
)

_BESIDE = (("flags", IMPORTED_FLAG, ("flag", "since")), ("plans", IMPORTED_PLAN, ("version",)))
"""The files whose rows are put right beside the cases: the kind of thing, and by what a row of a child is known."""

Said = list[tuple[str, str]]


@frozen
class Line:
    """What became of one row: its file, line and key, the verdict, and for each column what is wrong and how to mend it."""

    file: str
    line: int
    key: str
    verdict: str
    wrong: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Give the row's report as one line of text: ``episodes.csv line 3 (E-7): refused. closed_at: ...``."""
        told = "".join(f". {column}: {sentence}" for column, sentence in self.wrong)
        return f"{self.file} line {self.line} ({self.key}): {self.verdict}{told}"


@frozen
class Report:
    """What became of every row, in the order of the files."""

    lines: tuple[Line, ...]

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return sum(1 for line in self.lines if line.verdict == REFUSED)

    def totals(self) -> dict[str, Counter[str]]:
        """Count the verdicts of each file: ``{"children.csv": Counter({"taken": 12, "refused": 1})}``."""
        found: dict[str, Counter[str]] = {}
        for line in self.lines:
            found.setdefault(line.file, Counter())[line.verdict] += 1
        return found


def bring_in(
    engine: sa.Engine, files: Mapping[str, tuple[str, bytes]], *, now: datetime, dry_run: bool = False
) -> Report:
    """Take the files, ``{"children": ("children.csv", b"reference,name..."), ...}``, in one transaction.

    A dry run gives the same report and leaves nothing. Refused as `Invalid`, and nothing is taken, where a file as a
    whole cannot be read: all problems of all files at once.
    """
    sheets: dict[str, tuple[Row, ...]] = {}
    problems: list[Problem] = []
    for sheet in (name for name in SHEETS if name in files):
        name, data = files[sheet]
        sheets[sheet], faults = read(PurePath(name).name, data, SHEETS[sheet])
        problems += faults
    if problems:
        raise Invalid(problems)
    with writing(engine) as connection:
        savepoint = connection.begin_nested()
        desk = _Desk(connection, now)
        lines = [
            line for sheet, rows in sheets.items() for line in desk.take(sheet, PurePath(files[sheet][0]).name, rows)
        ]
        if dry_run:
            savepoint.rollback()
        else:
            savepoint.commit()
    return Report(tuple(lines))


@frozen
class _Sheet:
    """How the rows of one file become rows of a table: natural key, what to check in a row, the columns to write."""

    table: type[Base]
    key: tuple[str, ...]
    check: Callable[[Mapping[str, Value], datetime], Iterator[tuple[str, str]]]
    columns: Callable[[Mapping[str, Value]], dict[str, Value]]


class _Desk:
    """Takes the rows of one import, one after the other; what is there already was read once."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        """Read what is there."""
        self.connection, self.now = connection, now
        self.refused: set[str] = set()
        self.taken: set[str] = set()
        self.children = {row.child_id: row for row in connection.execute(sa.select(ChildRow.__table__))}
        self.ids = {row.source_reference: row.child_id for row in self.children.values() if row.source_reference}
        own = sa.select(EpisodeRow.child_id).where(EpisodeRow.child_id != "")
        self.met = {self._main(child_id) for child_id in connection.execute(own).scalars()}
        self.withdrawn = {
            (sheet, *(each[name] for name in ("about", *names))): digest
            for sheet, kind, names in _BESIDE
            for digest, each in amendments.withdrawn(connection, kind).items()
        }
        self.our_cases = frozenset(connection.execute(sa.select(CaseTable.id)).scalars())

    def take(self, sheet: str, file: str, rows: tuple[Row, ...]) -> Iterator[Line]:
        """Take the rows of a file, and give the report of each."""
        how = _SHEETS[sheet]
        found = self.connection.execute(sa.select(how.table.__table__)).all()
        self.taken = {row.imported_row for row in found if row.imported_row} | set(self.withdrawn.values())
        there = {_key_there(sheet, row, how): row for row in found if sheet != "plans" or not row.case_id}
        seen: dict[tuple[Value, ...], int] = {}
        for row in rows:
            verdict, wrong = self._judge(sheet, how, row, there, seen)
            if verdict == REFUSED and sheet == "children":
                self.refused.add(str(row.values.get("reference")))
            key = " ".join(str(row.values.get(name) or "?") for name in how.key)
            yield Line(file, row.line, key, verdict, tuple(wrong))

    def _judge(
        self, sheet: str, how: _Sheet, row: Row, there: Mapping[Any, Any], seen: dict[tuple[Value, ...], int]
    ) -> tuple[str, Said]:
        """Take one row, or say everything that is wrong with it."""
        given = dict(row.values)
        wrong = list(row.wrong) or [*self._resolve(sheet, given), *how.check(given, self.now)]
        if wrong:
            return REFUSED, wrong
        key = tuple(given[name] for name in how.key)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            return REFUSED, [(how.key[-1], f"The same stands in line {first}: keep one of the two")]
        return self._write(sheet, how, there.get(key), given, row)

    def _resolve(self, sheet: str, given: dict[str, Value]) -> Said:
        """Put the child's id in the place of its reference; say where there is no such child."""
        if sheet == "children":
            return []
        reference = str(given["child"])
        child_id = self.ids.get(reference, reference)
        if child_id not in self.children and reference in self.refused:
            return [("child", "The row of this child was refused: put that one right, and import both again")]
        if child_id not in self.children:
            return [("child", "There is no child of this reference: add a row to the file of the children")]
        given["child"] = child_id
        return []

    def _write(self, sheet: str, how: _Sheet, there: Any, given: dict[str, Value], row: Row) -> tuple[str, Said]:
        """Write a row that is right, unless it is there already; say why it cannot be written where cases went on."""
        digest = hashlib.sha256(values.dumps([sheet, list(row.cells)])).hexdigest()
        if digest in self.taken:
            return UNCHANGED, []
        wrong = self._gone_on(sheet, given, there)
        if not wrong and self._was_put_right(sheet, how, given, there):
            wrong = [(NOT_A_ROW, "It was put right or withdrawn here since: leave this row as it was")]
        if wrong:
            return REFUSED, wrong
        columns = how.columns(given) | {"imported_at": self.now, "imported_row": digest}
        table = Base.metadata.tables[how.table.__tablename__]
        if there is not None:
            same = [column == getattr(there, column.name) for column in table.primary_key]
            self.connection.execute(sa.update(table).where(*same).values(columns))
        elif sheet == "children":
            self._add_child(str(given["reference"]), columns)
        else:
            self.connection.execute(sa.insert(table).values(columns))
        return TAKEN, []

    def _was_put_right(self, sheet: str, how: _Sheet, given: Mapping[str, Value], there: Any) -> bool:
        """Tell whether what a changed row is about was put right or withdrawn here."""
        key = (sheet, *(as_text(given[name]) for name in how.key))
        kind = next((kind for each, kind, _names in _BESIDE if each == sheet), "")
        known = there is not None and amendments.was_amended(self.connection, kind, there.imported_row)
        return key in self.withdrawn or known

    def _add_child(self, reference: str, columns: dict[str, Value]) -> None:
        """Add a child under an id of its own, which its reference gives."""
        child_id = next(each for each in _ids(reference) if each not in self.children)
        self.connection.execute(sa.insert(ChildRow).values(columns | {"child_id": child_id, "joined_to": ""}))
        asked = sa.select(ChildRow.__table__).where(ChildRow.child_id == child_id)
        self.children[child_id] = self.connection.execute(asked).one()
        self.ids[reference] = child_id

    def _gone_on(self, sheet: str, given: Mapping[str, Value], there: Any) -> Said:
        """Say why a changed row cannot be taken any more, or that something of ours is in its place."""
        if sheet == "episodes" and given["reference"] in self.our_cases:
            return [("reference", "This is the reference of a case here: give the past episode another one")]
        if sheet == "children" and there is not None and self._main(there.child_id) in self.met:
            return [
                (NOT_A_ROW, "The child has had a case here since: put it right there, and leave this row as it was")
            ]
        if sheet == "plans":
            return self._other_plan(str(given["child"]), there)
        if there is not None and there.imported_at is None:
            return [(NOT_A_ROW, "A case here says this already: leave the row out")]
        return []

    def _other_plan(self, child_id: str, there: Any) -> Said:
        """Say that the child has another live plan; one at most is live (domain.md 6.8)."""
        plan = ChildPlanRow
        asked = sa.select(plan.case_id, plan.version).where(plan.child_id == child_id, plan.valid_to.is_(None))
        others = [row for row in self.connection.execute(asked) if there is None or tuple(row) != ("", there.version)]
        if others or (there is not None and there.valid_to is not None):
            return [("version", "The child has another plan, and only one is live: keep the row of that one")]
        return []

    def _main(self, child_id: str) -> str:
        """Give the id to which a child was joined, or its own."""
        child = self.children.get(child_id)
        return child_id if child is None else child.joined_to or child_id


def _key_there(sheet: str, row: Any, how: _Sheet) -> tuple[Value, ...]:
    """Give the natural key of a row that is there; children are known by their reference of the system before."""
    if sheet == "children":
        return (row.source_reference or row.child_id,)
    return tuple(getattr(row, "child_id" if name == "child" else name) for name in how.key)


def _ids(reference: str) -> Iterator[str]:
    """Give the ids that a child of a reference may have: the first that is free is taken."""
    for turn in range(1000):
        number = int.from_bytes(hashlib.sha256(f"{reference}/{turn}".encode()).digest())
        letters = []
        for _ in range(ID_LETTERS):
            number, place = divmod(number, len(LETTERS))
            letters.append(LETTERS[place])
        yield PREFIX + "".join(letters)


def _check_child(given: Mapping[str, Value], now: datetime) -> Iterator[tuple[str, str]]:
    """Check what the columns of a child say together."""
    if given["born_on"] is not None and given["born_on"] > now.date():
        yield "born_on", "Write a date of birth that is not in the future"
    if str(given["reference"]).startswith(PREFIX):
        yield "reference", f"Give a reference that does not begin with {PREFIX}: those are ours"


def _check_episode(given: Mapping[str, Value], now: datetime) -> Iterator[tuple[str, str]]:
    """Check what the columns of an episode say together; one that is not over is not a past one."""
    for column in ("reported_at", "returned_at", "closed_at"):
        if given[column] is not None and given[column] > now:
            yield column, "Write a moment that is not in the future"
    if given["closed_at"] is not None and given["closed_at"] < given["reported_at"]:
        yield "closed_at", "Write a moment that is not before the report"
    if given["returned_at"] is None and given["closed_at"] is None:
        yield "returned_at", NOT_OVER


def _check_plan(given: Mapping[str, Value], now: datetime) -> Iterator[tuple[str, str]]:
    """Check what the columns of a plan say together."""
    if given["valid_from"] > now:
        yield "valid_from", "Write a moment that is not in the future"


def _child_columns(given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the columns of a child."""
    names = ("name", "known_as", "born_on", "sex", "looked_after", "responsible_authority")
    sounds = sounds_text(str(given["name"]), str(given["known_as"]))
    return {name: given[name] for name in names} | {"sounds": sounds, "source_reference": given["reference"]}


def _episode_columns(given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the columns of an episode."""
    names = ("reported_at", "returned_at", "level", "closed_at", "unfinished")
    return {"reference": given["reference"], "child_id": given["child"]} | {name: given[name] for name in names}


def _flag_columns(given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the columns of a flag."""
    return {"child_id": given["child"]} | {name: given[name] for name in ("flag", "since", "until", "source")}


def _plan_columns(given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the columns of a plan."""
    return {"child_id": given["child"], "case_id": "", "valid_to": None} | {
        name: value for name, value in given.items() if name != "child"
    }


_SHEETS: Mapping[str, _Sheet] = MappingProxyType(
    {
        "children": _Sheet(ChildRow, ("reference",), _check_child, _child_columns),
        "episodes": _Sheet(PastEpisodeRow, ("reference",), _check_episode, _episode_columns),
        "flags": _Sheet(ChildFlagRow, ("child", "flag", "since"), flag_wrong, _flag_columns),
        "plans": _Sheet(ChildPlanRow, ("child", "version"), _check_plan, _plan_columns),
    }
)
