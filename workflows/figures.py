"""How many: the figures of the dashboard, counted from the episodes as they stand, each with the episodes behind it.

A number is the length of a list that `Population.behind` gives, so that a page can always show what it counted. Three
statements read what a dashboard shows; the cost grows with the episodes of the period, not with those of all years.
Who may see a number, and who the list, is in `workflows.access`; small numbers are hidden by `workflows.suppression`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.store import TaskTable
from workflows.children import ChildRow, PastEpisodeRow
from workflows.episodes import ADULT_FROM, CANCELLED, HELD_WITHIN, MISSING, EpisodeRow, column
from workflows.vocabulary import ETHNICITY, RESPONSIBLE_AUTHORITY, RISK_LEVEL, SEX, Words

OFTEN, OFTEN_WITHIN = 3, timedelta(days=90)
"""The repeat pattern: three reports in 90 days (G-16)."""

REVIEWS = ("review", "inspection")
"""The records of the reviews of a search, by a sergeant and by an inspector (bpmn/missing_child/locate.bpmn)."""

GRADES = ("very_low", "low", "medium", "high")

AGE_BANDS: Words = MappingProxyType(
    {
        "under_10": "Under 10",
        "10_12": "10 to 12",
        "13_15": "13 to 15",
        "16_17": "16 and 17",
        "adult": "18 and over",
        "not_recorded": "Not recorded",
    }
)
_BANDS = ((10, "under_10"), (13, "10_12"), (16, "13_15"), (ADULT_FROM, "16_17"))


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins_at` on, before `ends_at`: both aware. An episode belongs to the period in which it was reported."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """One episode as the figures count it.

    `person` is the child's id, or the case's reference while nobody has said who it is; `authority` is empty where it is
    not recorded, as are `sex`, `ethnicity` and the grades.
    """

    case_id: str
    person: str
    authority: str
    reported_at: datetime
    age: int | None
    adult: bool
    sex: str
    ethnicity: str
    initial_level: str
    level: str
    status: str
    returned_at: datetime | None
    found_how: str
    interview_offered_at: datetime | None
    interview_accepted_at: datetime | None
    interview_held_at: datetime | None
    interview_received_at: datetime | None
    trigger_plan_updated_at: datetime | None


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a person, from before the cut-over too."""

    person: str
    reported_at: datetime
    imported: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """One way to divide the episodes: `value` tells an episode's part, `words` names the parts in their order.

    `always` are the parts that are shown with nothing in them; `data_class` is that of the answer (domain.md 5.2): who
    may not read it is not shown which episodes are in a part.
    """

    title: str
    data_class: str
    value: Callable[[Counted], str]
    words: Words
    always: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about the episodes or people of a period, and `of`, the number of which it is a share."""

    words: str
    data_class: str
    of: str = ""


def _authority(one: Counted) -> str:
    return one.authority or "not_known"


def _who(one: Counted) -> str:
    """Tell how the procedure treats a person: a guessed age makes nobody an adult."""
    if one.adult:
        return "adult"
    return "not_recorded" if one.age is None else "child"


def _band(one: Counted) -> str:
    if one.age is None:
        return "not_recorded"
    return next((band for below, band in _BANDS if one.age < below), "adult")


def _change(one: Counted) -> str:
    """Tell how the grade has changed since the first one."""
    if one.initial_level not in GRADES or one.level not in GRADES:
        return "not_graded" if not one.level else "other"
    first, last = GRADES.index(one.initial_level), GRADES.index(one.level)
    return "same" if first == last else "raised" if last > first else "lowered"


_LEVELS: Words = MappingProxyType(
    {**{level: RISK_LEVEL[level] for level in reversed(GRADES)}, "not_graded": "Not graded yet"}
)

SLICES: Mapping[str, Slice] = MappingProxyType(
    {
        "authority": Slice("Responsible authority", "D2", _authority, RESPONSIBLE_AUTHORITY),
        "who": Slice(
            "Children and adults",
            "D1",
            _who,
            MappingProxyType({"child": "Children", "adult": "Adults", "not_recorded": "Age not recorded"}),
            frozenset({"child", "adult"}),
        ),
        "age": Slice("Age", "D1", _band, AGE_BANDS, frozenset(AGE_BANDS)),
        "sex": Slice(
            "Sex",
            "D1",
            lambda one: one.sex or "not_recorded",
            MappingProxyType({**SEX, "not_recorded": "Not recorded"}),
            frozenset(SEX),
        ),
        "ethnicity": Slice(
            "Ethnic group",
            "D11",
            lambda one: one.ethnicity or "not_recorded",
            ETHNICITY,
            frozenset({"not_stated", "not_recorded"}),
        ),
        "first_grade": Slice(
            "First risk grade", "D2", lambda one: one.initial_level or "not_graded", _LEVELS, frozenset(_LEVELS)
        ),
        "grade": Slice(
            "Latest risk grade", "D2", lambda one: one.level or "not_graded", _LEVELS, frozenset(_LEVELS)
        ),
        "change": Slice(
            "Change of the risk grade",
            "D2",
            _change,
            MappingProxyType(
                {"raised": "Raised", "same": "As it was", "lowered": "Lowered", "not_graded": "Not graded yet"}
            ),
            frozenset({"raised", "same", "lowered"}),
        ),
    }
)  # fmt: skip
"""By which the episodes of a period are divided; each episode is in one part of each."""

PEOPLE: Mapping[str, Measure] = MappingProxyType(
    {
        "episodes": Measure("Episodes reported", "D2"),
        "individuals": Measure("Different people", "D2"),
        "two_or_more": Measure("People reported twice or more in the period", "D2", "individuals"),
        "three_in_90": Measure("People reported three times or more within 90 days", "D2", "individuals"),
    }
)
"""The first numbers of a period; all but the first count people."""

INTERVIEWS: Mapping[str, Measure] = MappingProxyType(
    {
        "eligible": Measure("Children who returned, so that one is owed", "D2"),
        "offered": Measure("Offered", "D9", "eligible"),
        "accepted": Measure("Accepted", "D9", "offered"),
        "held": Measure("Held", "D9", "eligible"),
        "in_time": Measure("Held within 72 hours of the return", "D9", "eligible"),
        "received": Measure("Content received by the police", "D9", "held"),
        "planned": Measure("Content taken into the trigger plan", "D9", "held"),
        "waiting": Measure("Not held yet, 72 hours not over", "D9", "eligible"),
    }
)
"""The steps of the return interview, kept apart, since each may fail where the one before it succeeded (domain.md 0.1)."""

MEASURES: Mapping[str, Measure] = MappingProxyType({**PEOPLE, **INTERVIEWS})


@dataclass(frozen=True, slots=True)
class Population:
    """The episodes of a period and the reports of 90 days before it too, as they stand at `now`."""

    episodes: tuple[Counted, ...]
    reports: tuple[Report, ...]
    now: datetime
    _often: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def behind(self, measure: str, part: str = "") -> tuple[Counted, ...]:
        """Give the episodes behind a number: of a slice's part, of a step of the interview, or of the people counted.

        A measure that nobody knows has no episodes.
        """
        if measure in SLICES:
            value = SLICES[measure].value
            return tuple(one for one in self.episodes if value(one) == part)
        if measure in INTERVIEWS:
            return tuple(one for one in self.episodes if self._reached(one, measure))
        if measure in {"two_or_more", "three_in_90"}:
            people = self._people(measure)
            return tuple(one for one in self.episodes if one.person in people)
        return self.episodes if measure in PEOPLE else ()

    def count(self, measure: str, part: str = "") -> int:
        """Count the episodes behind a number; of `PEOPLE` other than episodes, the people."""
        found = self.behind(measure, part)
        return len({one.person for one in found}) if measure in PEOPLE and measure != "episodes" else len(found)

    def parts(self, measure: str) -> dict[str, int]:
        """Count the episodes of each part of a slice, in the order of its words; what has no words comes last."""
        here = SLICES[measure]
        counts = Counter(here.value(one) for one in self.episodes)
        known = {part: counts[part] for part in here.words if counts[part] or part in here.always}
        return known | {part: counts[part] for part in sorted(counts) if part not in here.words}

    @property
    def imported(self) -> int:
        """How many reports from before the cut-over count towards the repeats."""
        return sum(1 for report in self.reports if report.imported)

    def _people(self, measure: str) -> frozenset[str]:
        """Name the people of the period who were reported often, worked out once."""
        if measure not in self._often:
            found = _twice(self.episodes) if measure == "two_or_more" else _often(self.episodes, self.reports)
            self._often[measure] = found
        return self._often[measure]

    def _reached(self, one: Counted, step: str) -> bool:
        """Tell whether an episode counts at a step of the return interview; each rests on what it is a share of."""
        if one.adult or one.returned_at is None or one.found_how == "deceased":
            return False
        held = one.interview_held_at
        after = None if held is None else held - one.returned_at
        offered = one.interview_offered_at is not None
        return {
            "eligible": True,
            "offered": offered,
            "accepted": offered and one.interview_accepted_at is not None,
            "held": held is not None,
            "in_time": after is not None and after <= HELD_WITHIN,
            "received": held is not None and one.interview_received_at is not None,
            "planned": held is not None and one.trigger_plan_updated_at is not None,
            "waiting": held is None and self.now <= one.returned_at + HELD_WITHIN,
        }[step]


def missing_now(
    connection: sa.Connection,
    authorities: Collection[str] | None = None,
    *,
    also: Collection[sa.ColumnElement[bool]] = (),
) -> tuple[Missing, ...]:
    """Give everybody who is missing, the longest first; of some authorities, or of all, as far as they meet `also`. One statement."""
    row, task = EpisodeRow, TaskTable
    of_case = sa.and_(task.case_id == row.case_id, task.record.in_(REVIEWS))
    last = sa.select(sa.func.max(task.completed_at)).where(of_case, task.status == "completed")
    due = sa.select(sa.func.min(task.due_at)).where(of_case, task.status == "open")
    query = sa.select(
        row.case_id, row.child_id, row.responsible_authority, row.age, row.adult, row.risk_level, row.status, row.reported_at,
        row.missing_since, last.correlate(row).scalar_subquery(), due.correlate(row).scalar_subquery(), row.sex,
    ).where(row.status.in_(sorted(MISSING)), *also)  # fmt: skip
    query = _of_authorities(query, authorities).order_by(sa.func.coalesce(row.missing_since, row.reported_at))
    return tuple(Missing(*one) for one in connection.execute(query))


def gravest(one: Missing) -> tuple[int, datetime]:
    """Put the gravest grade first and then who is missing the longest; what is not graded yet may be the gravest of all."""
    grade = GRADES.index(one.level) if one.level in GRADES else len(GRADES)
    return -grade, one.missing_since or one.reported_at


def population(
    connection: sa.Connection, period: Period, authorities: Collection[str] | None = None, *, now: datetime
) -> Population:
    """Give the episodes that were reported in a period, of some authorities or of all, none in error. Two statements.

    Episodes from before the cut-over are no cases of ours: they count towards the repeats and nowhere else.
    """
    row = EpisodeRow
    columns = {name: column(_COLUMN.get(name, name)) for name in _FIELDS if name != "person"}
    columns["person"] = sa.func.coalesce(_MAIN, sa.func.nullif(row.child_id, ""), row.case_id)
    query = (
        sa.select(*(columns[name] for name in _FIELDS))
        .select_from(row)
        .outerjoin(ChildRow, ChildRow.child_id == row.child_id)
        .where(row.reported_at >= period.begins_at, row.reported_at < period.ends_at, row.status != CANCELLED)
        .order_by(row.reported_at.desc(), row.case_id)
    )
    found = tuple(Counted(*one) for one in connection.execute(_of_authorities(query, authorities)))
    people = {one.person for one in found}
    reports = tuple(one for one in _reports(connection, period) if one.person in people)
    return Population(found, reports, now)


_COLUMN = {"authority": "responsible_authority", "level": "risk_level"}
_FIELDS = tuple(each.name for each in fields(Counted))
_MAIN = sa.func.nullif(ChildRow.joined_to, "")


def _of_authorities(query: sa.Select[Any], authorities: Collection[str] | None) -> sa.Select[Any]:
    """Leave the episodes of some authorities; one that is not recorded is not known."""
    if authorities is None:
        return query
    wanted = set(authorities) | ({""} if "not_known" in authorities else set())
    return query.where(EpisodeRow.responsible_authority.in_(sorted(wanted)))


def _reports(connection: sa.Connection, period: Period) -> Iterable[Report]:
    """Give the reports of the period and of the 90 days before it, of every authority, imported ones too."""
    both = []
    for row, imported in ((EpisodeRow, False), (PastEpisodeRow, True)):
        person = sa.func.coalesce(_MAIN, row.child_id)
        query = sa.select(person, row.reported_at, sa.literal(value=imported)).select_from(row)
        query = query.outerjoin(ChildRow, ChildRow.child_id == row.child_id)
        if not imported:
            query = query.where(EpisodeRow.status != CANCELLED)
        inside = (row.reported_at > period.begins_at - OFTEN_WITHIN, row.reported_at < period.ends_at)
        both.append(query.where(row.child_id != "", *inside))
    found = connection.execute(sa.union_all(*both))
    return (Report(person, at, bool(imported)) for person, at, imported in found)


def _twice(episodes: Iterable[Counted]) -> frozenset[str]:
    """Name the people of two episodes or more."""
    counts = Counter(one.person for one in episodes)
    return frozenset(person for person, count in counts.items() if count > 1)


def _often(episodes: Iterable[Counted], reports: Iterable[Report]) -> frozenset[str]:
    """Name the people who, at a report of the period, had been reported three times within 90 days."""
    at: dict[str, list[datetime]] = {}
    for report in reports:
        at.setdefault(report.person, []).append(report.reported_at)
    return frozenset(
        one.person
        for one in episodes
        if sum(1 for each in at.get(one.person, ()) if one.reported_at - OFTEN_WITHIN < each <= one.reported_at)
        >= OFTEN
    )
