"""What of an episode only the figures count: where from, how it ended, what was asked afterwards (domain.md 3.6, 4.3).

Columns of the episodes (`workflows.episodes`), drawn from the facts like the others; nothing that decides how a case moves
reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.model import Facts, Value
from engine.rows import stored
from engine.store import Moment
from engine.views import Step
from workflows.matching import every, latest
from workflows.vocabulary import HARM_TYPE

READS: frozenset[tuple[str, str]] = frozenset(
    {
        ("missing_report", "looked_after"),
        ("missing_report", "placement_type"),
        ("missing_report", "missing_from_type"),
        ("missing_report", "disability"),
        ("found", "distance_km"),
        ("found", "harm"),
        ("prevention_interview", "outcome"),
        ("prevention_interview", "tried_at"),
        ("prevention_interview", "reason"),
        ("prevention_interview", "harm"),
        ("prevention_interview", "crime_disclosed"),
        ("return_interview_attempt", "reason"),
        ("return_interview_offer", "not_offered_reason"),
        ("return_interview", "child_rating"),
        ("meeting", "outcome"),
        ("meeting", "held_at"),
        ("meeting", "attended"),
        ("plan_acknowledgement", "tasks"),
    }
)
"""Every (record, field) that these columns are drawn from."""

MEETING_WANTED = "MeetingTriggered"
"""The domain's word for a rule that asks for a strategy meeting (domain.md 2.6)."""

TEXTS: Mapping[str, tuple[str, str, int]] = {
    "looked_after": ("missing_report", "looked_after", 20),
    "placement_type": ("missing_report", "placement_type", 40),
    "missing_from": ("missing_report", "missing_from_type", 40),
    "disability": ("missing_report", "disability", 20),
    "rating": ("return_interview", "child_rating", 20),
}
"""Columns that are one answer each: (record, field, length)."""

LONGEST_HARM = 200


class Counts:
    """The columns: empty text and no time stand for what is not known. `harm` lists kinds of ``harm_type``, a space between them.

    `seen_at` is when the prevention interview was held, `not_seen_why` why not, `late_why` the last reason for which a
    return interview was not held, both of ``breach_reason``; `meeting_wanted_at` is when a rule first asked for a meeting.
    """

    looked_after: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    placement_type: sa.Column[str] = stored(sa.String(40), default="", server_default="")
    missing_from: sa.Column[str] = stored(sa.String(40), default="", server_default="")
    disability: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    rating: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    distance_km: sa.Column[float | None]
    harm: sa.Column[str] = stored(sa.String(LONGEST_HARM), default="", server_default="")
    crime: sa.Column[str] = stored(sa.String(10), default="", server_default="")
    seen_at: sa.Column[datetime | None] = stored(Moment)
    not_seen_why: sa.Column[str] = stored(sa.String(40), default="", server_default="")
    late_why: sa.Column[str] = stored(sa.String(40), default="", server_default="")
    meeting_wanted_at: sa.Column[datetime | None] = stored(Moment)
    meeting_held_at: sa.Column[datetime | None] = stored(Moment)
    police_met: sa.Column[str] = stored(sa.String(10), default="", server_default="")
    plan_read: sa.Column[str] = stored(sa.String(10), default="", server_default="")


def counts_of(facts: Facts) -> dict[str, Any]:
    """Tell all of them but when a meeting was wanted, which no form asks."""
    attempts = every(facts, "prevention_interview")
    seen = [each for each in attempts if each.get("outcome") == "held"]
    tried = [str(each["reason"]) for each in every(facts, "return_interview_attempt") if each.get("reason")]
    offer, met = latest(facts, "return_interview_offer"), _meetings(facts)
    crimes = {each.get("crime_disclosed") for each in seen}
    return {
        **{name: str(latest(facts, record).get(key) or "")[:longest] for name, (record, key, longest) in TEXTS.items()},
        "distance_km": _number(latest(facts, "found").get("distance_km")),
        "harm": " ".join(sorted(_harms(facts)))[:LONGEST_HARM],
        "crime": "yes" if "yes" in crimes else "no" if "no" in crimes else "",
        "seen_at": min((each["tried_at"] for each in seen if each.get("tried_at")), default=None),
        "not_seen_why": "" if seen else str((attempts[-1].get("reason") if attempts else "") or ""),
        "late_why": (tried or [str(offer.get("not_offered_reason") or "")])[-1],
        "meeting_held_at": min((each["held_at"] for each in met if each.get("held_at")), default=None),
        "police_met": ("yes" if any("police" in _listed(each.get("attended")) for each in met) else "no")
        if met
        else "",
        "plan_read": "yes" if any(latest(facts, "plan_acknowledgement").values()) else "",
    }


def meeting_wanted(step: Step) -> datetime | None:
    """Give when a rule asked for a meeting in this step; None where none did."""
    return next((event.at for event in step.events if event.activity == MEETING_WANTED), None)


def _harms(facts: Facts) -> set[str]:
    """Name the kinds of harm that were seen or told, of those that have a word; that there was none counts only where nobody says otherwise."""
    records = ("found", "prevention_interview")
    said = {str(kind) for record in records for each in every(facts, record) for kind in _listed(each.get("harm"))}
    known = said & set(HARM_TYPE)
    return known - {"none"} or known


def _meetings(facts: Facts) -> list[Mapping[str, Value]]:
    return [each for each in every(facts, "meeting") if each.get("outcome") == "held"]


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, Decimal)) else None
