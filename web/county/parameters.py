"""The figures by which the county is drawn, each with its origin: domain.md 10 and, behind it, what was published.

Shares are those of episodes unless a row says that they are of children. ``(c)`` marks what the specification assumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.frozen import frozen

DAYS_OF_A_YEAR = 365


@frozen
class Shares:
    """How often each of several values is drawn; they add up to one."""

    of: Mapping[str, float]
    origin: str


@frozen
class Rate:
    """How often something is so."""

    of: float
    origin: str


@frozen
class Span:
    """A lognormal span: its median, in the unit that the row names, and its sigma."""

    median: float
    sigma: float
    origin: str


def _shares(origin: str, **of: float) -> Shares:
    return Shares(MappingProxyType(of), origin)


# How many children, how often ---------------------------------------------------------------------------------------

CHILDREN_A_YEAR = Rate(1_117, "3,200 episodes / 2.86, (c) from [S93]")
HEAVY = Rate(0.055, "of children: 5.5 % have 10 episodes or more, which are a third of all [S121][S122]")
STOPS = Rate(1 / 2.03, "1 + geometric, mean 2.03 [S121]")
STOPS_HEAVY = Rate(1 / 8.2, "10 + geometric, mean 17.2 [S121][S122]")
MOST, FEWEST_HEAVY = 9, 10
"""The cap of the first part of the mixture, and where the second begins."""
GAP_DAYS = Span(24, 1.2, "P(< 28 d) = .55 [S120]")
GAP_DAYS_HEAVY = Span(5, 1.2, "(c)")

# Who ----------------------------------------------------------------------------------------------------------------

IN_CARE = Rate(
    0.132,
    "of children with fewer than 10 episodes: fits .42 of episodes and 6.8 for each missing child in care [S113][S123]",
)
IN_CARE_HEAVY = Rate(0.99, "of children with 10 and more: more often in care [S120]; fits the same")
CARE = _shares("[S113][S117]; split (c)", residential=0.50, foster=0.30, supported=0.20)
OUT_OF_AREA = Rate(0.50, "of children's homes [S119b]")
AGE_AT_HOME = _shares(
    "<12 7 %, 12-14 35 %, 15-17 58 % of all [S105], less those in care",
    **{"8": 0.024, "10": 0.036, "11": 0.037, "12": 0.08, "13": 0.15, "14": 0.184, "15": 0.19, "16": 0.16, "17": 0.139},
)  # fmt: skip
AGE_IN_CARE = _shares(
    "16+ 56 %, 10-15 44 %, <10 0.2 % [S113]",
    **{"9": 0.002, "10": 0.010, "11": 0.020, "12": 0.05, "13": 0.09, "14": 0.12, "15": 0.148, "16": 0.32, "17": 0.24},
)  # fmt: skip
MALE = Rate(0.515, "12-17 [S107][S108]")
ETHNICITY = _shares("16 % Black [S131]; rest (c)", white=0.70, black=0.16, asian=0.05, mixed=0.07, other=0.02)
CSE_OF_GIRLS = Rate(0.086 * 0.69 / 0.485, "8.6 % of episodes, of which girls .69 [S107][S108]")
CSE_OF_BOYS = Rate(0.086 * 0.31 / 0.515, "the same")
CCE = Rate(0.05, "(c)")
MENTAL_HEALTH = Rate(0.30, "[S132]")
SUBSTANCE = Rate(0.10, "(c)")
SELF_HARM = Rate(0.014, "91 of 6,431 [S128]")
CITY = Rate(0.40, "(c): whose authority is the city's")

# What happens -------------------------------------------------------------------------------------------------------

RISK = _shares(
    "high .13, medium .85, low .015 in Cleveland [S128]; .13 .80 .04 .03 (c)",
    high=0.13,
    medium=0.80,
    low=0.04,
    very_low=0.03,
)
RAISED = Rate(0.06, "(c)")
LOWERED = Rate(0.08, "(c)")
HOURS_NATIONAL = Span(7.5, 1.65, "P(< 24 h) .76, P(< 48 h) .87 [S38][S111]")
HOURS_FAST = Span(5.0, 1.2, "P(< 24 h) .90, P(< 48 h) .97 [S126][S92]")
LONGER: Mapping[str, float] = MappingProxyType({"high": 1.6, "medium": 1.0, "low": 1.0, "very_low": 0.5})
"""By how much the median of the hours is longer for each grade: the direction [S131], the size (c)."""
DISTANCE_KM = Span(3, 2.05, "Grampian [S125]")
NEARER, FARTHER = 0.8, 1.2
"""Children who go again and again stay nearer [S122]; graded medium or high, they go farther [S124]."""
DELAY_HOURS_CARE = Span(1.5, 0.8, "from missing to the report (c)")
DELAY_HOURS_HOME = Span(3.0, 0.8, "from missing to the report (c)")
HOURS_OF_CARE = _shares(
    "40 % 22:00-01:00 [S126]; weights (c)", **{"22-25": 0.40, "16-22": 0.35, "8-16": 0.20, "1-8": 0.05}
)
HOURS_OF_HOME = _shares(
    "25 % 21:00-24:00, broad 16:00-21:00 (c)", **{"21-24": 0.25, "16-21": 0.45, "8-16": 0.25, "0-8": 0.05}
)
WEEKEND = Rate(1.3, "reports from care on Friday and Saturday, times [S126]")
FOUND_HOW = _shares("voluntary .43, police .29 [S107]; rest (c)", voluntary=0.43, police=0.29, family=0.18, other=0.10)
PLACE_FOUND = _shares(
    "12-14 [S125]",
    home=0.25, friend=0.24, street_park=0.19, relative=0.12, shops_leisure=0.11, police_station=0.02,
    transport_hub=0.02, other=0.05,
)  # fmt: skip
HARM = Rate(0.04, ".96 none [S38]")
HARMS = _shares(
    "(c)", physical_injury=0.35, self_harm=0.25, sexual_offence=0.15, sexual_exploitation=0.15, emotional=0.10
)
REASONS = _shares(
    "relationships and family first [S107][S119]; rest (c)",
    contact_friends=0.25, family_conflict=0.21, party=0.15, placement_problem=0.12, mental_health=0.08, other=0.07,
    cse=0.07, bullying_school=0.05,
)  # fmt: skip
DISCLOSES = Rate(0.05, "(c): a child tells the interviewer of harm")

# What is done -------------------------------------------------------------------------------------------------------

PREVENTION_HELD = Rate(0.90, "(c)")
OFFERED = Rate(0.85, "good authorities .95, bad ones .28 [S47]")
HELD = Rate(0.62, "of the offered; .19 to 1.0 [S47][S48]")
HELD_IN_TIME = Rate(0.63, "of the held, within 72 h [S47]")

# What happens to few ------------------------------------------------------------------------------------------------


@frozen
class Seldom:
    """What happens seldom, drawn apart: another rate here leaves everything else of a seed as it was."""

    dead: Rate = Rate(5e-5, "of episodes (domain.md 10)")
    together: Rate = Rate(
        0.04, "(c): of children at home, who go the first time with a brother or sister (domain.md 9)"
    )
    confirmed: Rate = Rate(0.50, "(c): of the signs of exploitation that a screening finds too")
    protection_kept_up: Rate = Rate(0.15, "(c) [S71]")


SELDOM = Seldom()
