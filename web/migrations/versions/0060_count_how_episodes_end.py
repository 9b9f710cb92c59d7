"""Keep of each episode what the figures count by: where from, harm, who saw the child, meetings; filled from the facts that are there.

Revision ID: 0060
Revises: 0059
"""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None
oldest_program = "0060"

TEXTS = {
    "looked_after": ("missing_report", "looked_after", 20), "placement_type": ("missing_report", "placement_type", 40),
    "missing_from": ("missing_report", "missing_from_type", 40), "disability": ("missing_report", "disability", 20),
    "rating": ("return_interview", "child_rating", 20),
}  # fmt: skip
OTHERS = {"harm": 200, "crime": 10, "not_seen_why": 40, "late_why": 40, "police_met": 10, "plan_read": 10}
TIMES = ("seen_at", "meeting_wanted_at", "meeting_held_at")
RECORDS = (
    "missing_report", "found", "prevention_interview", "return_interview_attempt", "return_interview_offer", "return_interview",
    "meeting", "plan_acknowledgement",
)  # fmt: skip

HARMS = {
    "none", "physical_injury", "self_harm", "overdose", "accidental", "sexual_offence", "sexual_exploitation", "criminal_exploitation",
    "trafficking", "emotional", "substance", "death", "unknown",
}  # fmt: skip

SAID = sa.text("""
    SELECT f.case_id, f.record, f.record_key, f.field, f.value FROM fact_values f JOIN episodes e ON e.case_id = f.case_id
    WHERE f.record IN :records ORDER BY f.case_id, f.seq
""").bindparams(sa.bindparam("records", RECORDS, expanding=True))
WANTED = sa.text("""
    UPDATE episodes SET meeting_wanted_at = (SELECT MIN(v.at) FROM events v WHERE v.case_id = episodes.case_id AND v.activity = 'MeetingTriggered')
""")
Facts = dict[str, dict[str, dict[str, Any]]]


def upgrade() -> None:
    for name, (_record, _field, length) in TEXTS.items():
        op.add_column("episodes", sa.Column(name, sa.String(length), server_default="", nullable=False))
    for name, length in OTHERS.items():
        op.add_column("episodes", sa.Column(name, sa.String(length), server_default="", nullable=False))
    for name in TIMES:
        op.add_column("episodes", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("episodes", sa.Column("distance_km", sa.Float()))
    op.get_bind().execute(WANTED)
    said: dict[str, Facts] = {}
    for row in op.get_bind().execute(SAID):
        occurrence = said.setdefault(row.case_id, {}).setdefault(row.record, {}).setdefault(row.record_key, {})
        occurrence[row.field] = json.loads(bytes(row.value))
    names = (*TEXTS, *OTHERS, "seen_at", "meeting_held_at", "distance_km")
    columns = [sa.column(name, sa.DateTime(timezone=True)) if name in TIMES else sa.column(name) for name in names]
    table = sa.table("episodes", sa.column("case_id"), *columns)
    change = sa.update(table).where(table.c.case_id == sa.bindparam("this_case"))
    change = change.values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    for case_id, facts in said.items():
        told = _told(facts)
        op.get_bind().execute(change, {"this_case": case_id, **{f"new_{name}": told[name] for name in names}})


def downgrade() -> None:
    for name in ("distance_km", *reversed(TIMES), *reversed(OTHERS), *reversed(TEXTS)):
        op.drop_column("episodes", name)


def _told(facts: Facts) -> dict[str, Any]:
    """Tell the columns from the facts, as they were counted when this migration was written."""
    attempts, tried = _each(facts, "prevention_interview"), _each(facts, "return_interview_attempt")
    seen = [each for each in attempts if each.get("outcome") == "held"]
    met = [each for each in _each(facts, "meeting") if each.get("outcome") == "held"]
    crimes = {each.get("crime_disclosed") for each in seen}
    harms = {kind for each in [*_each(facts, "found"), *attempts] for kind in each.get("harm") or []} & HARMS
    late = [each["reason"] for each in tried if each.get("reason")]
    distance = _last(facts, "found").get("distance_km")
    told = {name: str(_last(facts, record).get(key) or "")[:length] for name, (record, key, length) in TEXTS.items()}
    return told | {
        "distance_km": None if distance is None else float(distance["v"] if isinstance(distance, dict) else distance),
        "harm": " ".join(sorted(harms - {"none"} or harms))[: OTHERS["harm"]],
        "crime": "yes" if "yes" in crimes else "no" if "no" in crimes else "",
        "seen_at": _first(seen, "tried_at"),
        "not_seen_why": "" if seen else str((attempts[-1].get("reason") if attempts else "") or ""),
        "late_why": str((late or [_last(facts, "return_interview_offer").get("not_offered_reason") or ""])[-1]),
        "meeting_held_at": _first(met, "held_at"),
        "police_met": ("yes" if any("police" in (each.get("attended") or []) for each in met) else "no") if met else "",
        "plan_read": "yes" if any(_last(facts, "plan_acknowledgement").values()) else "",
    }


def _each(facts: Facts, record: str) -> list[dict[str, Any]]:
    found = facts.get(record, {})
    return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]


def _last(facts: Facts, record: str) -> dict[str, Any]:
    return next(reversed(_each(facts, record)), {})


def _first(occurrences: list[dict[str, Any]], field: str) -> datetime | None:
    """Give the earliest of some times; a time is kept as ``{"$": "at", "v": "2026-03-02T09:00:00+00:00"}``."""
    return min((datetime.fromisoformat(each[field]["v"]) for each in occurrences if each.get(field)), default=None)
