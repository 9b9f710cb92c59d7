"""Keep all that a trigger plan says (domain.md 6.8), and fill in what its case has said already: why that grade, and the last interview.

Revision ID: 0045
Revises: 0044
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None
oldest_program = "0045"

TEXTS = (
    "warning_markers", "health", "allergies", "transport_habits", "phone_and_social", "money", "worker_to_call", "child_words",
    "default_risk_rationale", "carer_actions", "media_position", "cra_position", "legal_levers", "legal_detail", "distribution",
    "built_from_episodes", "last_meeting",
)  # fmt: skip
SHORT = {"medicine_within_hours": 10, "sensitivity": 30, "last_interview": 60}

SAID = sa.text("""
    SELECT f.case_id, f.record, f.record_key, f.field, f.value FROM fact_values f JOIN cases c ON c.id = f.case_id
    WHERE c.procedure = 'trigger_plan' AND (f.record, f.field) IN (('plan', 'default_risk_rationale'), ('plan', 'taken_in'),
                                                                   ('interview_received', 'sender'))
    ORDER BY f.case_id, f.seq
""")
FILL = sa.text(
    "UPDATE child_plans SET default_risk_rationale = :why, last_interview = :interview WHERE case_id = :case_id AND version = :version"
)


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("child_plans", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name, length in SHORT.items():
        op.add_column("child_plans", sa.Column(name, sa.String(length), server_default="", nullable=False))
    rows = list(_filled(op.get_bind()))
    if rows:
        op.get_bind().execute(FILL, rows)


def downgrade() -> None:
    for name in (*SHORT, *reversed(TEXTS)):
        op.drop_column("child_plans", name)


def _filled(connection: sa.Connection) -> Iterator[dict[str, object]]:
    """Give for each version why it speaks for its grade, and the episode of the last interview that it knows."""
    said: dict[str, dict[tuple[str, str], dict[str, object]]] = {}
    for row in connection.execute(SAID):
        found = said.setdefault(row.case_id, {}).setdefault((row.record, row.field), {})
        found[row.record_key] = json.loads(bytes(row.value))
    versions = connection.execute(sa.text("SELECT case_id, version FROM child_plans WHERE case_id != ''"))
    for case_id, version in versions.all():
        facts = said.get(case_id, {})
        why = facts.get(("plan", "default_risk_rationale"), {}).get(str(version))
        taken = facts.get(("plan", "taken_in"), {})
        count = sum(each is not None and int(key) <= version for key, each in taken.items())
        interview = facts.get(("interview_received", "sender"), {}).get(str(count))
        yield {"case_id": case_id, "version": version, "why": why or "", "interview": interview or ""}
