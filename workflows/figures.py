"""How many: the figures of the dashboard, counted from the episodes as they stand, each with the episodes behind it.

What is counted are the rows of `workflows.measures`, by columns that each step keeps (`workflows.episodes`): drawn again from the
log they are the same. A number is the length of a list that `Population.behind` gives, so that a page
can always show what it counted. Four statements read a period; the cost grows with its episodes, not with those of all years.
Who may see a number, and who the list, is in `workflows.access`; small numbers are hidden by `workflows.suppression`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import aliased
from engine.store import TaskTable
from workflows.children import ChildFlagRow, ChildRow, PastEpisodeRow
from workflows.episodes import CANCELLED, MISSING, EpisodeRow, column
from workflows.measures import (
    AFTERWARDS,
    COMMUNITIES,
    COMPARED,
    DAY,
    GRADES,
    MEASURES,
    PEOPLE,
    SLICES,
    Around,
    Counted,
    community,
)
from workflows.trigger_plans import ChildPlanRow

OFTEN, OFTEN_WITHIN = 3, timedelta(days=90)
"""The repeat pattern: three reports in 90 days (G-16)."""
VERY_OFTEN, VERY_OFTEN_WITHIN = 10, timedelta(days=365)
"""What is called very often: ten reports in a year (domain.md 3.6)."""

LONGEST_AWAY = timedelta(days=365)
"""Reports that come later than this, and half a year, after a period are no outcome of its returns."""

REVIEWS = ("review", "inspection")
"""The records of the reviews of a search, by a sergeant and by an inspector (bpmn/missing_child/locate.bpmn)."""


@frozen
class Period:
    """From `begins_at` on, before `ends_at`: both aware. An episode belongs to the period in which it was reported."""

    begins_at: datetime
    ends_at: datetime


@frozen
class Missing:
    """One person who is missing now: `next_review_at` is the earliest review that is due, None while none is open.

    `child_id` is empty while nobody has said who it is.
    """

    case_id: str
    child_id: str
    authority: str
    age: int | None
    adult: bool
    level: str
    status: str
    reported_at: datetime
    missing_since: datetime | None
    last_review_at: datetime | None
    next_review_at: datetime | None
    sex: str = ""

    def missing_for(self, now: datetime) -> timedelta:
        """How long the person has been missing, from the report where nobody knows since when."""
        return max(now - (self.missing_since or self.reported_at), timedelta(0))

    def is_overdue(self, now: datetime) -> bool:
        """Whether a review should have been done by now."""
        return self.next_review_at is not None and self.next_review_at <= now


@frozen
class Report:
    """One report of a person, from before the cut-over too."""

    person: str
    reported_at: datetime
    imported: bool


@frozen
class Population:
    """The episodes of a period, and what is known around them, as they stand at `around.now`.

    `reports` are those of these people in the year before the period and in it, `around.reports` those of half a year more.
    """

    episodes: tuple[Counted, ...]
    reports: tuple[Report, ...]
    around: Around
    _people: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def behind(self, measure: str, part: str = "") -> tuple[Counted, ...]:
        """Give the episodes behind a number: of a slice's part, of a measure, or of the people counted.

        A measure that nobody knows has no episodes.
        """
        if measure in SLICES:
            value = SLICES[measure].value
            return tuple(one for one in self.episodes if value(one) == part)
        if measure in REPEATS:
            people = self._repeating(measure)
            return tuple(one for one in self.episodes if one.person in people)
        if measure in PEOPLE:
            return self.episodes
        test = MEASURES[measure].test if measure in MEASURES else None
        return tuple(one for one in self.episodes if test(one, self.around)) if test is not None else ()

    def count(self, measure: str, part: str = "") -> int:
        """Count the episodes behind a number; of `PEOPLE` other than episodes, the people."""
        found = self.behind(measure, part)
        return len({one.person for one in found}) if measure in PEOPLE and measure != "episodes" else len(found)

    def parts(self, measure: str, also: Collection[str] = ()) -> dict[str, int]:
        """Count the episodes of each part of a slice, in the order of its words; what has no words comes last.

        Parts without any are left out but for those that are always told, and those that are to be told `also`.
        """
        here = SLICES[measure]
        counts = Counter(here.value(one) for one in self.episodes)
        told = {*counts, *here.always, *also}
        known = {part: counts[part] for part in here.words if part in told}
        return known | {part: counts[part] for part in sorted(told) if part not in here.words}

    def communities(self) -> dict[str, tuple[int, dict[str, int]]]:
        """Count the episodes of each community, and those of them that are compared; those without any are there too."""
        found = {}
        for key in COMMUNITIES:
            own = [one for one in self.episodes if community(one) == key]
            counts = {name: sum(test(one, self.around) for one in own) for name, (_words, test) in COMPARED.items()}
            found[key] = len(own), counts
        return found

    @property
    def imported(self) -> int:
        """How many reports from before the cut-over count towards the repeats within 90 days."""
        begins = min((one.reported_at for one in self.episodes), default=self.around.now) - OFTEN_WITHIN
        return sum(1 for report in self.reports if report.imported and report.reported_at > begins)

    def _repeating(self, measure: str) -> frozenset[str]:
        """Name the people of the period who were reported often, worked out once."""
        if measure not in self._people:
            times, within = REPEATS[measure]
            found = _often(self.episodes, self.reports, times, within) if within else _twice(self.episodes)
            self._people[measure] = found
        return self._people[measure]


REPEATS: Mapping[str, tuple[int, timedelta | None]] = {
    "two_or_more": (2, None),
    "three_in_90": (OFTEN, OFTEN_WITHIN),
    "ten_in_365": (VERY_OFTEN, VERY_OFTEN_WITHIN),
}
"""How many reports, within which time before one of the period; None for the period itself."""


def missing_now(
    connection: sa.Connection,
    authorities: Collection[str] | None = None,
    *,
    but: Collection[str] = (),
    also: Collection[sa.ColumnElement[bool]] = (),
) -> tuple[Missing, ...]:
    """Give everybody who is missing, the longest first; of some authorities, or of all, as far as they meet `also`. One statement.

    The cases and children in `but` count nowhere.
    """
    row, task = EpisodeRow, TaskTable
    of_case = sa.and_(task.case_id == row.case_id, task.record.in_(REVIEWS))
    last = sa.select(sa.func.max(task.completed_at)).where(of_case, task.status == "completed")
    due = sa.select(sa.func.min(task.due_at)).where(of_case, task.status == "open")
    query = sa.select(
        row.case_id, row.child_id, row.responsible_authority, row.age, row.adult, row.risk_level, row.status, row.reported_at,
        row.missing_since, last.correlate(row).scalar_subquery(), due.correlate(row).scalar_subquery(), row.sex,
    ).where(row.status.in_(sorted(MISSING)), *also)  # fmt: skip
    query = apart_from(of_authorities(query, authorities), but).order_by(
        sa.func.coalesce(row.missing_since, row.reported_at)
    )
    return tuple(Missing(*one) for one in connection.execute(query))


def gravest(one: Missing) -> tuple[int, datetime]:
    """Put the gravest grade first and then who is missing the longest; what is not graded yet may be the gravest of all."""
    grade = GRADES.index(one.level) if one.level in GRADES else len(GRADES)
    return -grade, one.missing_since or one.reported_at


def population(
    connection: sa.Connection,
    period: Period,
    authorities: Collection[str] | None = None,
    *,
    but: Collection[str] = (),
    now: datetime,
) -> Population:
    """Give the episodes that were reported in a period, of some authorities or of all, none in error. Four statements.

    Episodes from before the cut-over are no cases of ours: they count towards the repeats and nowhere else. Those of the cases and
    children in `but` count nowhere.
    """
    row = EpisodeRow
    columns = {name: column(_COLUMN.get(name, name)) for name in _FIELDS if name != "person"}
    columns["person"] = sa.func.coalesce(_MAIN, sa.func.nullif(row.child_id, ""), row.case_id)
    query = (
        sa.select(*(columns[name] for name in _FIELDS))
        .select_from(row)
        .outerjoin(ChildRow, ChildRow.child_id == row.child_id)
        .where(*within(period), row.status != CANCELLED)
        .order_by(row.reported_at.desc(), row.case_id)
    )
    found = tuple(Counted(*one) for one in connection.execute(apart_from(of_authorities(query, authorities), but)))
    people = {one.person for one in found}
    reports = tuple(one for one in _reports(connection, period) if one.person in people)
    around = Around(now, _by_person(reports), _flags(connection, period), _plans(connection, period))
    return Population(found, tuple(one for one in reports if one.reported_at < period.ends_at), around)


def within(period: Period) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Say which episodes were reported in a period."""
    return EpisodeRow.reported_at >= period.begins_at, EpisodeRow.reported_at < period.ends_at


def _by_person(reports: Iterable[Report]) -> Mapping[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for report in reports:
        found[report.person].append(report.reported_at)
    return {person: sorted(times) for person, times in found.items()}


def _flags(connection: sa.Connection, period: Period) -> Mapping[str, Sequence[Any]]:
    """Give the flags of everybody who was reported in a period, by person: each from one day until another."""
    row = ChildFlagRow
    return _gathered(connection, _of_the_reported(period, row, row.flag, row.since, row.until).where(row.source != ""))


def _plans(connection: sa.Connection, period: Period) -> Mapping[str, Sequence[Any]]:
    """Give from when until when a trigger plan was in force, by person."""
    row = ChildPlanRow
    return _gathered(connection, _of_the_reported(period, row, row.valid_from, row.valid_to))


def _of_the_reported(period: Period, row: Any, *columns: Any) -> sa.Select[Any]:
    """Ask for what is kept of the children who were reported in a period, under any of their ids, the main one first."""
    known, every = aliased(ChildRow), aliased(ChildRow)
    main = sa.select(sa.func.coalesce(sa.func.nullif(known.joined_to, ""), EpisodeRow.child_id)).select_from(EpisodeRow)
    main = main.outerjoin(known, known.child_id == EpisodeRow.child_id).where(
        *within(period), EpisodeRow.child_id != ""
    )
    ids = sa.select(every.child_id).where(sa.or_(every.child_id.in_(main), every.joined_to.in_(main)))
    asked = sa.select(sa.func.coalesce(_MAIN, row.child_id), *columns).select_from(row)
    return asked.outerjoin(ChildRow, ChildRow.child_id == row.child_id).where(row.child_id.in_(ids))


def _gathered(connection: sa.Connection, asked: sa.Select[Any]) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for person, *rest in connection.execute(asked):
        found[person].append(tuple(rest))
    return found


_COLUMN = {"authority": "responsible_authority", "level": "risk_level"}
_FIELDS = tuple(each.name for each in fields(Counted))
_MAIN = sa.func.nullif(ChildRow.joined_to, "")


def of_authorities(query: sa.Select[Any], authorities: Collection[str] | None) -> sa.Select[Any]:
    """Leave the episodes of some authorities; one that is not recorded is not known."""
    if authorities is None:
        return query
    wanted = set(authorities) | ({""} if "not_known" in authorities else set())
    return query.where(EpisodeRow.responsible_authority.in_(sorted(wanted)))


def apart_from(query: sa.Select[Any], but: Collection[str]) -> sa.Select[Any]:
    """Leave out the episodes of some cases and children: those that are sealed from who looks at every number.

    Of a few days, or of one grade, the numbers would tell of a single one.
    """
    row = EpisodeRow
    return query.where(row.case_id.not_in(sorted(but)), row.child_id.not_in(sorted(but))) if but else query


def _reports(connection: sa.Connection, period: Period) -> Iterable[Report]:
    """Give the reports of the period, of the year before it and of the half year after it, of every authority, imported ones too."""
    both = []
    for row, imported in ((EpisodeRow, False), (PastEpisodeRow, True)):
        person = sa.func.coalesce(_MAIN, row.child_id)
        query = sa.select(person, row.reported_at, sa.literal(value=imported)).select_from(row)
        query = query.outerjoin(ChildRow, ChildRow.child_id == row.child_id)
        if not imported:
            query = query.where(EpisodeRow.status != CANCELLED)
        until = period.ends_at + max(AFTERWARDS) * DAY + LONGEST_AWAY
        inside = (row.reported_at > period.begins_at - VERY_OFTEN_WITHIN, row.reported_at < until)
        both.append(query.where(row.child_id != "", *inside))
    found = connection.execute(sa.union_all(*both))
    return (Report(person, at, bool(imported)) for person, at, imported in found)


def _twice(episodes: Iterable[Counted]) -> frozenset[str]:
    """Name the people of two episodes or more."""
    counts = Counter(one.person for one in episodes)
    return frozenset(person for person, count in counts.items() if count > 1)


def _often(episodes: Iterable[Counted], reports: Iterable[Report], times: int, within: timedelta) -> frozenset[str]:
    """Name the people who, at a report of the period, had been reported so many times within that time before it."""
    at = _by_person(reports)
    return frozenset(
        one.person
        for one in episodes
        if bisect_right(at.get(one.person, ()), one.reported_at)
        - bisect_right(at.get(one.person, ()), one.reported_at - within)
        >= times
    )
