"""Keep what each report said of its child: language, status, placement, diversity; filled from the reports that are there.

Revision ID: 0051
Revises: 0050
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None
oldest_program = "0051"

NAMES = (
    "first_language", "interpreter_needed", "home_address", "child_phone", "description", "looked_after", "legal_status",
    "placement_name", "placement_type", "out_of_area", "host_authority", "ethnicity", "gender_identity", "disability",
    "disability_detail", "medical_needs", "medical_detail",
)  # fmt: skip
SHORT = {
    "interpreter_needed": 20, "looked_after": 20, "legal_status": 30, "placement_type": 40, "out_of_area": 20, "ethnicity": 40,
    "disability": 20, "medical_needs": 20,
}  # fmt: skip

REPORTS = sa.text("""
    SELECT f.case_id, f.field, f.value, e.child_id, e.reported_at FROM fact_values f JOIN episodes e ON e.case_id = f.case_id
    WHERE f.record = 'missing_report' AND e.child_id LIKE 'CH-%' ORDER BY f.case_id, f.seq
""")


def upgrade() -> None:
    table = op.create_table(
        "child_details",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("child_id", sa.String(20), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(SHORT[name]) if name in SHORT else sa.Text(), nullable=False) for name in NAMES),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_child_details")),
    )
    op.create_index(op.f("ix_child_details_child_id"), "child_details", ["child_id"])
    reports: dict[str, dict[str, object]] = {}
    asked = REPORTS.columns(reported_at=sa.DateTime(timezone=True))
    for row in op.get_bind().execute(asked):
        own = {"case_id": row.case_id, "child_id": row.child_id, "said_at": row.reported_at}
        report = reports.setdefault(row.case_id, own | dict.fromkeys(NAMES, ""))
        if row.field in NAMES:
            report[row.field] = str(json.loads(bytes(row.value)) or "")
    if reports:
        op.bulk_insert(table, list(reports.values()))


def downgrade() -> None:
    op.drop_index(op.f("ix_child_details_child_id"), table_name="child_details")
    op.drop_table("child_details")
