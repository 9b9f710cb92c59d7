"""Keep what reviewers of the read log found, and find what a person read by its index.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "read_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_reviews")),
    )
    op.create_index(op.f("ix_read_reviews_day"), "read_reviews", ["day", "person"])
    op.create_index(op.f("ix_reads_at"), "reads", ["at", "purpose"])


def downgrade() -> None:
    op.drop_index(op.f("ix_reads_at"), table_name="reads")
    op.drop_index(op.f("ix_read_reviews_day"), table_name="read_reviews")
    op.drop_table("read_reviews")
