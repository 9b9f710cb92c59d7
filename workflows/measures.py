"""What the dashboard counts, as rows: by which answers the episodes of a period are divided, and which of them count where.

Each number says of which other it is a share (domain.md 3.6, 4.3), and each step of the return interview is counted by itself,
since it may fail where the one before it succeeded (domain.md 0.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from engine.calendars import add_working_days
from engine.frozen import frozen
from workflows.days import day_of
from workflows.episodes import ADULT_FROM, HELD_WITHIN
from workflows.vocabulary import (
    BREACH_REASON,
    ETHNICITY,
    FLAG,
    FOUND_HOW,
    HARM_TYPE,
    MISSING_FROM_TYPE,
    RESPONSIBLE_AUTHORITY,
    RISK_LEVEL,
    SEX,
    Words,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRADES = ("very_low", "low", "medium", "high")
SEEN_WITHIN = 24 * HOUR
"""From the return to the prevention interview (T-21, G-26)."""
MET_WITHIN = 5
"""Working days from a rule that asks for a strategy meeting (T-34; domain.md 2.6)."""
AFTERWARDS = (28, 90, 180)
"""Days after a return within which it is asked whether the child went missing again (domain.md 3.6)."""
BEFORE = 90 * DAY
NOT_RECORDED = "not_recorded"

NOT_IN_FIGURES = frozenset({"D4", "D5", "D6", "D8", "D10"})
"""Data classes of which those who see figures only have none (domain.md 5.2, column *dashboard*)."""
RARE = ("harm_", "flag_", "late_")
"""Measures that are kinds of something: where nobody is in one, it is not shown."""


@frozen
class Counted:
    """One episode as the figures count it.

    `person` is the child's id, or the case's reference while nobody has said who it is; `authority` is empty where it is
    not recorded, as are `sex`, `ethnicity` and the grades. The others are columns of `workflows.episode_counts`.
    """

    case_id: str
    person: str
    authority: str
    reported_at: datetime
    missing_since: datetime | None
    age: int | None
    adult: bool
    sex: str
    ethnicity: str
    disability: str
    looked_after: str
    placement_type: str
    missing_from: str
    initial_level: str
    level: str
    status: str
    returned_at: datetime | None
    found_how: str
    distance_km: float | None
    harm: str
    crime: str
    seen_at: datetime | None
    not_seen_why: str
    interview_offered_at: datetime | None
    interview_accepted_at: datetime | None
    interview_held_at: datetime | None
    interview_received_at: datetime | None
    trigger_plan_updated_at: datetime | None
    late_why: str
    rating: str
    meeting_wanted_at: datetime | None
    meeting_held_at: datetime | None
    police_met: str
    plan_read: str

    @property
    def back(self) -> bool:
        """Whether somebody came back alive."""
        return self.returned_at is not None and self.found_how != "deceased"

    @property
    def owed(self) -> bool:
        """Whether a return interview is owed: to children alone (domain.md 13.10)."""
        return self.back and not self.adult

    @property
    def away(self) -> timedelta | None:
        """How long the person was missing, from the report where nobody knows since when; None while missing."""
        return None if self.returned_at is None else self.returned_at - (self.missing_since or self.reported_at)


@frozen
class Around:
    """What is known beside an episode, by person: every report in order, flags and plans, each from when until when."""

    now: datetime
    reports: Mapping[str, Sequence[datetime]]
    flags: Mapping[str, Sequence[tuple[str, date, date | None]]]
    plans: Mapping[str, Sequence[tuple[datetime, datetime | None]]]

    def flagged(self, one: Counted, flag: str) -> bool:
        """Tell whether a flag stood on the day of the report."""
        if (flags := self.flags.get(one.person)) is None:
            return False
        day = day_of(one.reported_at)
        return any(key == flag and since <= day and (until is None or until > day) for key, since, until in flags)

    def had_plan(self, one: Counted) -> bool:
        """Tell whether a trigger plan was in force at the report."""
        plans = self.plans.get(one.person, ())
        return any(since <= one.reported_at and (until is None or until > one.reported_at) for since, until in plans)

    def passed(self, one: Counted, days: int) -> bool:
        """Tell whether a child is back for so many days."""
        return one.owed and one.returned_at is not None and one.returned_at + days * DAY <= self.now

    def again(self, one: Counted, days: int) -> int:
        """Count the reports of the same person in so many days after the return."""
        back = one.returned_at or self.now
        return sum(back < at <= back + days * DAY for at in self.reports.get(one.person, ()))

    def before(self, one: Counted) -> int:
        """Count the reports of the same person in the 90 days until this one, which counts too."""
        return sum(one.reported_at - BEFORE < at <= one.reported_at for at in self.reports.get(one.person, ()))


@frozen
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


Test = Callable[[Counted, Around], bool]


@frozen
class Measure:
    """One number about the episodes or people of a period, and `of`, the number of which it is a share; `test` says what counts.

    A number that stands `apart` is contained in no other, and is hidden as a whole from those who see no small ones.
    """

    words: str
    data_class: str
    of: str = ""
    test: Test | None = None
    apart: bool = False


@frozen
class Group:
    """Measures that one table shows together: `says` is whose they are."""

    title: str
    says: str
    measures: Mapping[str, Measure]


def _said(words: Words) -> Words:
    return MappingProxyType({**words, NOT_RECORDED: "Not recorded"})


def _first_of(bands: Sequence[tuple[timedelta, str]], span: timedelta, otherwise: str) -> str:
    return next((band for within, band in bands if span <= within), otherwise)


AGE_BANDS: Words = MappingProxyType(
    {
        "under_10": "Under 10",
        "10_12": "10 to 12",
        "13_15": "13 to 15",
        "16_17": "16 and 17",
        "adult": "18 and over",
        NOT_RECORDED: "Not recorded",
    }
)
_BANDS = ((10, "under_10"), (13, "10_12"), (16, "13_15"), (ADULT_FROM, "16_17"))

DURATIONS: Words = MappingProxyType(
    {
        "8_hours": "Up to 8 hours",
        "24_hours": "8 to 24 hours",
        "48_hours": "1 to 2 days",
        "7_days": "2 to 7 days",
        "28_days": "7 to 28 days",
        "longer": "More than 28 days",
        "missing": "Still missing",
    }
)
_DURATIONS = (
    (8 * HOUR, "8_hours"),
    (DAY, "24_hours"),
    (2 * DAY, "48_hours"),
    (7 * DAY, "7_days"),
    (28 * DAY, "28_days"),
)

DISTANCES: Words = MappingProxyType(
    {
        "1_km": "Up to 1 km",
        "3_km": "1 to 3 km",
        "8_km": "3 to 8 km",
        "18_km": "8 to 18 km",
        "43_km": "18 to 43 km",
        "farther": "More than 43 km",
        NOT_RECORDED: "Not recorded",
    }
)
"""The bands are the published quantiles of children of 12 to 14 (domain.md 4.6 [S125])."""
_DISTANCES = ((1, "1_km"), (3, "3_km"), (8, "8_km"), (18, "18_km"), (43, "43_km"))

YES_NO: Words = MappingProxyType({"yes": "Yes", "no": "No", "not_known": "Not known", NOT_RECORDED: "Not recorded"})
PLACEMENT_TYPE: Words = MappingProxyType({**MISSING_FROM_TYPE, "not_known": "Not known", NOT_RECORDED: "Not recorded"})

COMMUNITIES: Words = MappingProxyType(
    {
        "white": "White",
        "mixed": "Mixed",
        "asian": "Asian",
        "black": "Black",
        "other": "Another ethnic group",
        "not_stated": "Asked, not stated",
        NOT_RECORDED: "Not recorded",
    }
)


def community(one: Counted) -> str:
    """Give the community of somebody."""
    return community_of(one.ethnicity)


def community_of(ethnicity: str) -> str:
    """Give the community of an ethnic group: the five of the census, or why there is none."""
    group = ethnicity or NOT_RECORDED
    return next((each for each in (group.partition("_")[0], group) if each in COMMUNITIES), "other")


def _authority(one: Counted) -> str:
    return one.authority or "not_known"


def _who(one: Counted) -> str:
    """Tell how the procedure treats a person: a guessed age makes nobody an adult."""
    if one.adult:
        return "adult"
    return NOT_RECORDED if one.age is None else "child"


def age_band(age: int | None) -> str:
    """Give the band of an age in whole years, a key of `AGE_BANDS`."""
    if age is None:
        return NOT_RECORDED
    return next((band for below, band in _BANDS if age < below), "adult")


def _change(one: Counted) -> str:
    """Tell how the grade has changed since the first one."""
    if one.initial_level not in GRADES or one.level not in GRADES:
        return "not_graded" if not one.level else "other"
    first, last = GRADES.index(one.initial_level), GRADES.index(one.level)
    return "same" if first == last else "raised" if last > first else "lowered"


def _duration(one: Counted) -> str:
    return "missing" if one.away is None else _first_of(_DURATIONS, one.away, "longer")


def _distance(one: Counted) -> str:
    if one.distance_km is None:
        return NOT_RECORDED
    return next((band for within, band in _DISTANCES if one.distance_km <= within), "farther")


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
            MappingProxyType({"child": "Children", "adult": "Adults", NOT_RECORDED: "Age not recorded"}),
            frozenset({"child", "adult"}),
        ),
        "age": Slice("Age", "D1", lambda one: age_band(one.age), AGE_BANDS, frozenset(AGE_BANDS)),
        "sex": Slice("Sex", "D1", lambda one: one.sex or NOT_RECORDED, _said(SEX), frozenset(SEX)),
        "ethnicity": Slice(
            "Ethnic group",
            "D11",
            lambda one: one.ethnicity or NOT_RECORDED,
            ETHNICITY,
            frozenset({"not_stated", NOT_RECORDED}),
        ),
        "disability": Slice("Disability", "D11", lambda one: one.disability or NOT_RECORDED, YES_NO, frozenset(YES_NO)),
        "looked_after": Slice(
            "Looked-after children", "D2", lambda one: one.looked_after or NOT_RECORDED, YES_NO, frozenset(YES_NO)
        ),
        "missing_from": Slice(
            "Missing from", "D2", lambda one: one.missing_from or NOT_RECORDED, _said(MISSING_FROM_TYPE)
        ),
        "first_grade": Slice(
            "First risk grade", "D2", lambda one: one.initial_level or "not_graded", _LEVELS, frozenset(_LEVELS)
        ),
        "grade": Slice("Latest risk grade", "D2", lambda one: one.level or "not_graded", _LEVELS, frozenset(_LEVELS)),
        "change": Slice(
            "Change of the risk grade",
            "D2",
            _change,
            MappingProxyType(
                {"raised": "Raised", "same": "As it was", "lowered": "Lowered", "not_graded": "Not graded yet"}
            ),
            frozenset({"raised", "same", "lowered"}),
        ),
        "duration": Slice("How long away", "D2", _duration, DURATIONS, frozenset(DURATIONS)),
        "found_how": Slice("How the child came back", "D2", lambda one: one.found_how or "missing", MappingProxyType({**FOUND_HOW, "missing": "Still missing"})),
        "distance": Slice("How far away found", "D2", _distance, DISTANCES, frozenset(DISTANCES)),
    }
)  # fmt: skip
"""By which the episodes of a period are divided; each episode is in one part of each."""

PEOPLE: Mapping[str, Measure] = MappingProxyType(
    {
        "episodes": Measure("Episodes reported", "D2"),
        "individuals": Measure("Different people", "D2"),
        "two_or_more": Measure("People reported twice or more in the period", "D2", "individuals"),
        "three_in_90": Measure("People reported three times or more within 90 days", "D2", "individuals"),
        "ten_in_365": Measure("People reported ten times or more within a year", "D2", "individuals"),
    }
)
"""The first numbers of a period; all but the first count people."""


def _held_in_time(one: Counted) -> bool:
    return bool(one.returned_at and one.interview_held_at and one.interview_held_at - one.returned_at <= HELD_WITHIN)


def _late(one: Counted, around: Around) -> bool:
    over = one.returned_at is not None and one.returned_at + HELD_WITHIN < around.now
    return one.owed and over and not _held_in_time(one)


INTERVIEWS: Mapping[str, Measure] = MappingProxyType(
    {
        "eligible": Measure("Children who returned, so that one is owed", "D2", "", lambda one, _: one.owed),
        "offered": Measure("Offered", "D9", "eligible", lambda one, _: one.owed and one.interview_offered_at is not None),
        "accepted": Measure(
            "Accepted", "D9", "offered",
            lambda one, _: one.owed and one.interview_offered_at is not None and one.interview_accepted_at is not None,
        ),
        "held": Measure("Held", "D9", "eligible", lambda one, _: one.owed and one.interview_held_at is not None),
        "in_time": Measure(
            "Held within 72 hours of the return", "D9", "eligible", lambda one, _: one.owed and _held_in_time(one)
        ),
        "received": Measure(
            "Content received by the police", "D9", "held",
            lambda one, _: one.owed and one.interview_held_at is not None and one.interview_received_at is not None,
        ),
        "planned": Measure(
            "Content taken into the trigger plan", "D9", "held",
            lambda one, _: one.owed and one.interview_held_at is not None and one.trigger_plan_updated_at is not None,
        ),
        "waiting": Measure(
            "Not held yet, 72 hours not over", "D9", "eligible",
            lambda one, around: one.owed and one.interview_held_at is None and not _late(one, around),
            apart=True,
        ),
    }
)  # fmt: skip
"""The steps of the return interview, kept apart, since each may fail where the one before it succeeded (domain.md 0.1)."""


def _because(reason: str) -> Test:
    return lambda one, around: one.late_why == reason and _late(one, around)


NOT_OFFERED: Words = MappingProxyType(
    {"untraced": "The child cannot be traced", "transferred_overseas": "The child has moved overseas"}
)
"""Reasons for no offer at all beside those of ``breach_reason`` (G-01)."""

LATE: Mapping[str, Measure] = MappingProxyType(
    {
        "late": Measure("Not held within 72 hours", "D9", "eligible", _late),
        **{
            f"late_{key}": Measure(words, "D9", "late", _because(key))
            for key, words in {**BREACH_REASON, **NOT_OFFERED}.items()
        },
        "late_": Measure(
            "No reason recorded", "D9", "late", lambda one, around: not one.late_why and _late(one, around)
        ),
    }
)
"""Why return interviews were not held in time; a reason explains and never excuses (domain.md 13.1)."""

PREVENTION: Mapping[str, Measure] = MappingProxyType(
    {
        "back": Measure("People who came back", "D2", "", lambda one, _: one.back),
        "seen": Measure("Prevention interview held", "D7", "back", lambda one, _: one.back and one.seen_at is not None),
        "seen_in_time": Measure(
            "Held within 24 hours of the return", "D7", "back",
            lambda one, _: bool(one.back and one.seen_at and one.returned_at and one.seen_at - one.returned_at <= SEEN_WITHIN),
        ),
        "not_seen": Measure(
            "Not held, with a reason", "D7", "back", lambda one, _: one.back and one.seen_at is None and bool(one.not_seen_why)
        ),
    }
)  # fmt: skip
"""What the police do after a return (T-21, G-26)."""


def _met(one: Counted) -> bool:
    return bool(one.meeting_wanted_at and one.meeting_held_at and one.meeting_held_at >= one.meeting_wanted_at)


def _met_in_time(one: Counted, _around: Around) -> bool:
    wanted, held = one.meeting_wanted_at, one.meeting_held_at
    return bool(wanted and held and _met(one) and held <= add_working_days(wanted, MET_WITHIN))


MEETINGS: Mapping[str, Measure] = MappingProxyType(
    {
        "wanted": Measure("A rule asked for a meeting", "D2", "", lambda one, _: one.meeting_wanted_at is not None),
        "met": Measure("Held", "D2", "wanted", lambda one, _: _met(one)),
        "met_in_time": Measure("Held within five working days", "D2", "wanted", _met_in_time),
        "police_met": Measure(
            "The police attended", "D10", "met", lambda one, _: _met(one) and one.police_met == "yes"
        ),
    }
)
"""Strategy meetings (T-34, G-15, G-16)."""


def _soon(one: Counted) -> bool:
    return one.away is not None and one.away <= DAY


PLANS: Mapping[str, Measure] = MappingProxyType(
    {
        "with_plan": Measure("A trigger plan was in force at the report", "D5", "", lambda one, around: around.had_plan(one)),
        "plan_read": Measure(
            "It was shown, and its tasks were raised", "D5", "with_plan",
            lambda one, around: around.had_plan(one) and one.plan_read == "yes",
        ),
        "with_plan_soon": Measure(
            "Back within 24 hours, with a plan", "D5", "with_plan", lambda one, around: around.had_plan(one) and _soon(one)
        ),
        "no_plan": Measure("No plan was in force", "D5", "", lambda one, around: not around.had_plan(one), apart=True),
        "no_plan_soon": Measure(
            "Back within 24 hours, without a plan", "D5", "no_plan",
            lambda one, around: not around.had_plan(one) and _soon(one), apart=True,
        ),
    }
)  # fmt: skip
"""Whether trigger plans were there, were used, and how soon the child was back then (G-09, G-11)."""


def _hurt(kind: str) -> Test:
    return lambda one, _: kind in one.harm.split()


HARM: Mapping[str, Measure] = MappingProxyType(
    {
        "asked": Measure("It was asked whether there was harm", "D7", "", lambda one, _: bool(one.harm)),
        "harmed": Measure("Harm was seen or told", "D7", "asked", lambda one, _: one.harm not in {"", "none", "unknown"}),
        **{
            f"harm_{key}": Measure(words, "D7", "asked", _hurt(key))
            for key, words in HARM_TYPE.items()
            if key not in {"none", "unknown"}
        },
        "crime": Measure("An offence against the child was told", "D7", "seen", lambda one, _: one.back and one.seen_at is not None and one.crime == "yes"),
    }
)  # fmt: skip
"""What happened to them while they were missing."""


def _flag(key: str) -> Test:
    return lambda one, around: around.flagged(one, key)


FLAGS: Mapping[str, Measure] = MappingProxyType(
    {f"flag_{key}": Measure(words, "D4", "episodes", _flag(key)) for key, words in FLAG.items()}
)
"""The flags that stood on the day of the report (G-10)."""


def _quiet(days: int) -> Test:
    return lambda one, around: around.passed(one, days) and around.again(one, days) == 0


def _over(days: int) -> Test:
    return lambda one, around: around.passed(one, days)


def _rated(at_least: int) -> Test:
    return lambda one, _: one.rating.isdecimal() and int(one.rating) >= at_least


OUTCOMES: Mapping[str, Measure] = MappingProxyType(
    {
        **{
            key: measure
            for days in AFTERWARDS
            for key, measure in (
                (f"over_{days}", Measure(f"Children back for {days} days or more", "D2", "", _over(days))),
                (f"quiet_{days}", Measure(f"Not missing again within {days} days", "D2", f"over_{days}", _quiet(days))),
            )
        },
        "fewer": Measure(
            "Reported less often in the 90 days after than in the 90 days before", "D2", "over_90",
            lambda one, around: around.passed(one, 90) and around.again(one, 90) < around.before(one),
        ),
        "rated": Measure("Children who said how much the interview helped", "D9", "held", lambda one, _: one.owed and one.interview_held_at is not None and one.rating.isdecimal()),
        "rated_well": Measure("4 or 5 out of 5", "D9", "rated", lambda one, around: one.owed and one.interview_held_at is not None and _rated(4)(one, around)),
    }
)  # fmt: skip
"""What became of the children: the outcomes that the inspectorate asks for (domain.md 4.2, R1)."""

EXPLOITATION = ("cse", "cce", "trafficking_nrm")
BY_POLICE = frozenset({"found_police_search", "found_police_patrol", "arrested"})

COMPARED: Mapping[str, tuple[str, Test]] = MappingProxyType(
    {
        "high": ("First graded high", lambda one, _: one.initial_level == "high"),
        "over_48": ("Away more than 2 days", lambda one, _: one.away is not None and one.away > 2 * DAY),
        "over_7": ("Away more than 7 days", lambda one, _: one.away is not None and one.away > 7 * DAY),
        "by_police": ("Found by the police", lambda one, _: one.found_how in BY_POLICE),
        "exploited": (
            "A flag of exploitation", lambda one, around: any(around.flagged(one, flag) for flag in EXPLOITATION)
        ),
        "in_time": ("Return interview in 72 hours", lambda one, _: one.owed and _held_in_time(one)),
    }
)  # fmt: skip
"""What is compared between communities: the four comparisons that a charity asks forces for, and the interview (domain.md 3.6 [S131])."""

GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "prevention": Group("Seen by the police after the return", "People of the period who are back", PREVENTION),
        "interviews": Group("Return interviews", "Children of the period who are back", INTERVIEWS),
        "late": Group("Why return interviews were late", "Children whose 72 hours are over", LATE),
        "meetings": Group("Strategy meetings", "Episodes in which a rule asked for one", MEETINGS),
        "plans": Group("Trigger plans", "Episodes of the period", PLANS),
        "harm": Group("Harm and offences", "Episodes in which it was asked", HARM),
        "flags": Group("Flags at the report", "Episodes of the period", FLAGS),
        "outcomes": Group("What came after the return", "Returns of children in the period", OUTCOMES),
    }
)
"""The tables of measures, in the order of the page."""

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {**PEOPLE, **{key: measure for group in GROUPS.values() for key, measure in group.measures.items()}}
)
