"""Keep which kinds of agency sat in each meeting of a case.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None
oldest_program = "0045"


def upgrade() -> None:
    op.create_table(
        "meeting_attendance",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "kind", name=op.f("pk_meeting_attendance")),
    )
    op.create_index(op.f("ix_meeting_attendance_kind"), "meeting_attendance", ["kind", "case_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_meeting_attendance_kind"), table_name="meeting_attendance")
    op.drop_table("meeting_attendance")
