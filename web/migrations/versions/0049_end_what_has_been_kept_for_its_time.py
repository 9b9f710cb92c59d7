"""Keep the days of the reviews, and write down which logs ended.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None
oldest_program = "0045"


def upgrade() -> None:
    op.create_table(
        "retention_days",
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_retention_days")),
    )
    op.create_index("ix_retention_days_due_on", "retention_days", ["due_on"])
    op.create_table(
        "log_ends",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_ends")),
    )
    named = {f"{database}_where": sa.text("subject <> ''") for database in ("sqlite", "postgresql")}
    op.create_index("uq_log_ends_subject", "log_ends", ["subject"], unique=True, **named)


def downgrade() -> None:
    op.drop_index("uq_log_ends_subject", table_name="log_ends")
    op.drop_table("log_ends")
    op.drop_index("ix_retention_days_due_on", table_name="retention_days")
    op.drop_table("retention_days")
