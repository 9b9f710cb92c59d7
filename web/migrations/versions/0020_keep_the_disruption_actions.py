"""Keep the disruption actions of each child.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "disruptions",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("gate_open", sa.Boolean(), nullable=True),
        sa.Column("gate_why", sa.Text(), nullable=False),
        sa.Column("issued", sa.String(length=10), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_disruptions")),
    )
    op.create_index(op.f("ix_disruptions_child_id"), "disruptions", ["child_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_disruptions_child_id"), table_name="disruptions")
    op.drop_table("disruptions")
