"""What a council returns about children in its care who went missing: the missing episodes of the SSDA903, and list 8 of Annex A.

An episode counts whose report says that the child is in care (M); so does an absence that the carer decided on and did not report (A).
Each file is checked before it is given, by the rules of those who take it and by a few of our own (domain.md 1.1, 6.12 [S79][S80]).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from engine.frozen import frozen
from workflows.absences import AbsenceRow
from workflows.child_details import ChildDetailsRow
from workflows.children import ChildRow, main_id
from workflows.days import day_of, midnight, years_after
from workflows.episodes import ADULT_FROM, CANCELLED, EpisodeRow
from workflows.philomena import FormMoveRow, FormRow

MISSING, AWAY = "M", "A"
HEADINGS_903 = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
HEADINGS_ANNEX = (
    "Child Unique ID",
    "Date of Birth",
    "Missing episodes in last 12 months",
    "Absent episodes in last 12 months",
    "Return interview offered after last missing episode (Y/N)",
    "Return interview accepted after last missing episode (Y/N)",
)
MARCH = (3, 31)
DAY = timedelta(days=1)


@frozen
class Line:
    """One line of the SSDA903 as it stands in the file, days as ``31/03/2026``; empty where something is not known.

    `about` is the case, or the child where a carer's absence is no case. `placement_ended` says whether the placement, or the care, had
    ended by the end of the year.
    """

    about: str
    child: str
    born_on: str
    kind: str
    start: str
    end: str
    placement_ended: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the file, in the order of `HEADINGS_903`."""
        return self.child, self.born_on, self.kind, self.start, self.end


@frozen
class InCare:
    """One line of list 8: a child in care, how often missing and absent in twelve months, and whether the last return was followed up."""

    child: str
    born_on: str
    missing: int
    absent: int
    offered: str
    accepted: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the file, in the order of `HEADINGS_ANNEX`."""
        return self.child, self.born_on, str(self.missing), str(self.absent), self.offered, self.accepted


@frozen
class Wrong:
    """What is wrong with a field of a line, by which rule, and how to put it right; `line` counts from 2, after the headings."""

    line: int
    field: str
    rule: str
    sentence: str
    about: str


def year_of(ends_on: date) -> tuple[date, date]:
    """Give the first and the last day of the year that ends on a 31 March."""
    return ends_on.replace(year=ends_on.year - 1) + DAY, ends_on


def years(now: datetime, count: int = 3) -> list[date]:
    """Give on which days the running year and those before it end, the latest first."""
    today = day_of(now)
    ends = date(today.year + (today > date(today.year, *MARCH)), *MARCH)
    return [ends.replace(year=ends.year - back) for back in range(count)]


def missing_episodes(connection: sa.Connection, area: str, ends_on: date) -> tuple[Line, ...]:
    """Give the lines of the SSDA903 of a council for a year, by child and day. Five statements."""
    first, last = year_of(ends_on)
    found = [*_episodes(connection, area, first, last), *_absences(connection, area, first, last)]
    ended = _ended(connection, [each for each in found if not each.end], last)
    lines = (replace(each, placement_ended=True) if (each.about, each.start) in ended else each for each in found)
    return tuple(sorted(lines, key=lambda one: (one.child, _day(one.start) or date.max, one.kind)))


def in_care(connection: sa.Connection, area: str, until: date) -> tuple[InCare, ...]:
    """Give the children in a council's care of whom an episode or an absence began in the twelve months up to a day. Three statements."""
    since = until - timedelta(days=364)
    row = EpisodeRow
    asked = sa.select(row.case_id, row.interview_offered_at, row.interview_accepted_at)
    followed = {each.case_id: each for each in connection.execute(asked.where(row.responsible_authority == area))}
    lines = [
        each
        for each in (*_episodes(connection, area, since, until), *_absences(connection, area, since, until))
        if since <= (_day(each.start) or date.min) <= until
    ]
    found = []
    for child in sorted({each.child for each in lines}):
        own = [each for each in lines if each.child == child]
        missing = [each for each in own if each.kind == MISSING]
        latest = max(missing, key=lambda one: _day(one.start) or date.min, default=None)
        row_of = followed.get(latest.about) if latest is not None else None
        offered, accepted = (
            ("", "") if row_of is None else (_yes(row_of.interview_offered_at), _yes(row_of.interview_accepted_at))
        )
        found.append(InCare(child, own[0].born_on, len(missing), len(own) - len(missing), offered, accepted))
    return tuple(found)


def check_903(lines: Sequence[Line], ends_on: date) -> tuple[Wrong, ...]:
    """Check a file by the rules of the SSDA903 and by ours, each line and field (domain.md 6.12 [S79])."""
    first, last = year_of(ends_on)
    found = [
        Wrong(number, field, rule, sentence, line.about)
        for number, line in enumerate(lines, start=2)
        for field, rule, sentence in _wrong(line, first, last)
    ]
    return (*found, *_overlaps(lines))


def check_annex(lines: Sequence[InCare]) -> tuple[Wrong, ...]:
    """Check list 8: each child is known, and an interview that was accepted was offered."""
    return tuple(
        Wrong(number, field, rule, sentence, line.child)
        for number, line in enumerate(lines, start=2)
        for field, rule, sentence in _wrong_in_care(line)
    )


@frozen
class _Read:
    """A line with its days as days, None where a cell holds none, and the year of the file."""

    line: Line
    start: date | None
    end: date | None
    first: date
    last: date


_RULES: tuple[tuple[str, str, Callable[[_Read], bool], str], ...] = (
    (
        "MIS_START", "564", lambda one: bool(one.line.kind and not one.line.start),
        "There is a kind and no day on which it began. Enter in the report since when the child is missing.",
    ),
    (
        "MISSING", "565", lambda one: bool(one.line.start and not one.line.kind),
        "There is a first day and no kind. Say whether the child was missing (M) or away (A).",
    ),
    (
        "MISSING", "566", lambda one: bool(one.line.end and not one.line.kind),
        "There is a last day and no kind. Say whether the child was missing (M) or away (A).",
    ),
    (
        "MIS_START", "570", lambda one: one.start is not None and one.start > one.last,
        "It begins after the end of the year. Correct since when the child is missing, or leave it for the next year.",
    ),
    (
        "MIS_END", "571", lambda one: one.end is not None and not one.first <= one.end <= one.last,
        "It ends outside the year. Correct when the child came back.",
    ),
    (
        "MIS_END", "575", lambda one: bool(one.line.placement_ended and one.line.kind and not one.line.end),
        "The placement has ended, and the child is not back by this file. Enter when the child came back, or close the episode.",
    ),
    (
        "MIS_END", "1005", lambda one: bool(one.line.end) and (one.end is None or (one.start or one.end) > one.end),
        "This is no day on which it can have ended. Correct when the child came back: after it began.",
    ),
    (
        "MIS_START", "H4", lambda one: bool(one.line.start) and one.start is None,
        "This is no day. Correct since when the child is missing.",
    ),
)  # fmt: skip
"""The rules of the SSDA903 by their number, ours with an H: the field, when it is broken, and how to put it right."""


def _wrong(line: Line, first: date, last: date) -> Iterator[tuple[str, str, str]]:
    """Say what is wrong with one line: the field, the rule, and how to put it right."""
    read = _Read(line, _day(line.start), _day(line.end), first, last)
    yield from ((field, rule, sentence) for field, rule, is_broken, sentence in _RULES if is_broken(read))
    yield from _who(line.child, line.born_on, ("CHILD", "DOB"))


def _wrong_in_care(line: InCare) -> Iterator[tuple[str, str, str]]:
    yield from _who(line.child, line.born_on, HEADINGS_ANNEX[:2])
    if line.accepted == "Y" and line.offered != "Y":
        yield HEADINGS_ANNEX[4], "H5", "An interview was accepted and no offer is recorded. Enter when it was offered."
    if line.missing and not line.offered:
        yield (
            HEADINGS_ANNEX[4],
            "H6",
            "Nothing says whether an interview was offered after the last episode. Enter it in the case.",
        )


def _who(child: str, born_on: str, fields: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    if not child:
        yield fields[0], "H1", "Nobody has said which child this is. Match the case to the child's record."
    if not born_on:
        yield fields[1], "H2", "No date of birth is known. Enter it in the report."


def _overlaps(lines: Sequence[Line]) -> Iterator[Wrong]:
    """Say where two lines of one kind of a child lie over each other: nobody goes missing while missing."""
    latest: dict[tuple[str, str], Line] = {}
    for number, line in enumerate(lines, start=2):
        start, before = _day(line.start), latest.get((line.child, line.kind))
        until = (_day(before.end) or date.max) if before is not None else None
        if line.child and start is not None and until is not None and start < until:
            sentence = "It begins before an earlier one of the child has ended. Correct the days, or cancel the one that was recorded twice."
            yield Wrong(number, "MIS_START", "H3", sentence, line.about)
        latest[line.child, line.kind] = line


def _episodes(connection: sa.Connection, area: str, first: date, last: date) -> Iterator[Line]:
    """Give the episodes of children in care that lie in some days, in part or whole, none in error."""
    row = EpisodeRow
    since = sa.func.coalesce(row.missing_since, row.reported_at)
    asked = sa.select(
        row.case_id, sa.func.coalesce(main_id(ChildRow), row.child_id), ChildRow.born_on, row.missing_since, row.reported_at, row.returned_at
    ).outerjoin(ChildRow, ChildRow.child_id == row.child_id)  # fmt: skip
    asked = asked.where(
        row.responsible_authority == area,
        row.looked_after == "yes",
        row.status != CANCELLED,
        since < midnight(last + DAY),
        sa.or_(row.returned_at.is_(None), row.returned_at >= midnight(first)),
    )
    for case_id, child, born_on, missing_since, reported_at, back in connection.execute(asked):
        yield _line(case_id, child, born_on, MISSING, missing_since or reported_at, back, last)


def _absences(connection: sa.Connection, area: str, first: date, last: date) -> Iterator[Line]:
    """Give the absences that carers decided on and did not report, in some days."""
    row, form = AbsenceRow, FormRow
    asked = sa.select(main_id(ChildRow), ChildRow.born_on, row.absent_since, row.outcome_at)
    asked = asked.join(form, form.id == row.form).join(ChildRow, ChildRow.child_id == form.child_id)
    asked = asked.where(
        ChildRow.responsible_authority == area,
        row.decision == "absent",
        row.outcome != "report_missing",
        row.absent_since < midnight(last + DAY),
        sa.or_(row.outcome_at.is_(None), row.outcome_at >= midnight(first)),
    )
    for child, born_on, since, back in connection.execute(asked):
        yield _line(child, child, born_on, AWAY, since, back, last)


def _line(
    about: str, child: str, born_on: date | None, kind: str, since: datetime, back: datetime | None, last: date
) -> Line:
    """Write a line; what goes on after the year has no end in it."""
    ended = day_of(back) if back is not None else None
    return Line(
        about,
        child or "",
        _said(born_on),
        kind,
        _said(day_of(since)),
        _said(ended if ended and ended <= last else None),
    )


def _ended(connection: sa.Connection, lines: Collection[Line], last: date) -> frozenset[tuple[str, str]]:
    """Name the open lines after whose beginning the placement or the care ended: by a later report, by the carer's form, or at 18."""
    ids = sorted({each.child for each in lines if each.child})
    if not ids:
        return frozenset()
    said, form, move = ChildDetailsRow, FormRow, FormMoveRow
    other = sa.or_(said.looked_after == "no", said.placement_name != "")
    reports = sa.select(said.child_id, said.said_at, said.looked_after, said.placement_name, said.case_id).where(
        said.child_id.in_(ids), said.said_at < midnight(last + DAY), other
    )
    told = [tuple(each) for each in connection.execute(reports.order_by(said.said_at))]
    moves = sa.select(form.child_id, move.at).join(form, form.id == move.form)
    moved = [
        tuple(each) for each in connection.execute(moves.where(form.child_id.in_(ids), move.at < midnight(last + DAY)))
    ]
    found = set()
    for line in lines:
        start, born = _day(line.start), _day(line.born_on)
        if start is None or not line.child:
            continue
        grown = born is not None and years_after(born, ADULT_FROM) <= last
        gone = any(child == line.child and day_of(at) > start for child, at in moved)
        if grown or gone or _said_so(line, start, told):
            found.add((line.about, line.start))
    return frozenset(found)


def _said_so(line: Line, start: date, told: Iterable[tuple[str, datetime, str, str, str]]) -> bool:
    """Tell whether a later report says that the child is in care no more, or in another placement."""
    own = [each for each in told if each[0] == line.child]
    named = next((name for _child, _at, _care, name, case_id in own if case_id == line.about), "")
    later = [(care, name) for _child, at, care, name, case_id in own if case_id != line.about and day_of(at) > start]
    return any(care == "no" or (named and name and name != named) for care, name in later)


def _yes(moment: datetime | None) -> str:
    return "Y" if moment is not None else "N"


def _said(day: date | None) -> str:
    return "" if day is None else f"{day:%d/%m/%Y}"


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None
