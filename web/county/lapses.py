"""What goes wrong, how often, and which promises that breaks: the truth that the checks of the promises are held against.

A lapse is done by people: they let a task lie beyond its limit, or answer it in a way that breaks the promise. What the
product itself refuses cannot be drawn; `REFUSED` says which promises these are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.frozen import frozen
from web.county.parameters import SELDOM, Rate


@frozen
class Lapse:
    """One thing that people do wrong: the promises that it breaks, and how often they do it where they could.

    What is drawn `apart` leaves everything else of a seed as it was drawn before.
    """

    key: str
    promises: tuple[str, ...]
    rate: Rate
    apart: bool = False


def _lapse(key: str, promises: str, of: float, origin: str) -> Lapse:
    return Lapse(key, tuple(promises.split()), Rate(of, origin))


LAPSES: tuple[Lapse, ...] = (
    _lapse("handover_late", "G-14 G-48", 0.07, "acknowledged in 15 min .93 (c)"),
    _lapse("notice_late", "G-24", 0.05, "(c)"),
    _lapse("tasks_late", "G-11", 0.10, "plan displayed .90 (c)"),
    _lapse("parents_late", "G-25", 0.08, "(c)"),
    _lapse("review_late", "G-20", 0.05, "(c)"),
    _lapse("search_silent", "G-22", 0.05, "(c) [S103]"),
    _lapse("caller_forgotten", "G-23", 0.05, "(c) [S24]"),
    _lapse("unit_late", "G-19", 0.10, "(c)"),
    _lapse("not_at_meeting", "G-21", 0.02, "(c)"),
    _lapse("ethnicity_missing", "G-29", 0.15, "recorded .85 (c); 31 % unknown in the stress test [S108]"),
    _lapse("low_unendorsed", "G-40", 0.10, "(c) [S101]"),
    _lapse("spoken_to_late", "G-26", 0.20, "within 24 h .80 (c)"),
    _lapse("not_independent", "G-04", 0.05, "(c) [S43]"),
    _lapse("outcome_not_passed", "G-05", 0.30, "interview to the police .70 (c)"),
    _lapse("plan_not_updated", "G-07", 0.50, "interview to the plan .50 (c)"),
    _lapse("harm_passed_late", "G-08 G-48", 0.10, "(c) [S46]"),
    _lapse("area_undecided", "G-27", 0.10, "(c) [S129]"),
    _lapse("meeting_late", "G-16 G-17 G-51", 0.25, "meeting due held .75 (c)"),
    _lapse("plan_late", "G-46", 0.40, "plan exists for 3 in 90 days .60 (c)"),
    _lapse("support_late", "G-49", 0.15, "(c)"),
    _lapse("chief_late", "G-48", 0.05, "(c)"),
    _lapse("protection_late", "G-52", 0.10, "(c)"),
    _lapse("assessment_late", "G-35", 0.10, "(c)"),
    _lapse("flag_late", "G-53", 0.10, "(c)"),
    _lapse("inspectorate_late", "G-37", 0.10, "(c)"),
    Lapse("protection_kept_up", ("G-36",), SELDOM.protection_kept_up, apart=True),
)
"""Beside these, the return interview: `parameters.OFFERED`, `HELD` and `HELD_IN_TIME` break G-01 and G-02."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "G-03": "the police part closes after the interview, or with an inspector's exception",
        "G-06": "the return interview ends after the carer was asked",
        "G-09": "the grade comes after what is known",
        "G-10": "the grade comes after what is known",
        "G-12": "a lower grade waits for the inspector",
        "G-13": "the form asks what the authority says",
        "G-15": "the form asks why the police were not there",
        "G-18": "the form asks why there was no quorum",
        "G-28": "the form asks for the rationale",
        "G-30": "the form asks whether anything critical is open",
        "G-47": "the form asks who decided, and why",
        "G-50": "the form asks what becomes of unfinished actions",
        "G-54": "the case does not end before the sign is decided on",
    }
)
"""Promises that no answer can break, and who sees to that."""

NOT_DRAWN: Mapping[str, str] = MappingProxyType(
    {
        "G-44": "no child of the county is reported again before the return is written down",
    }
)
"""Promises that nothing in the county breaks."""
