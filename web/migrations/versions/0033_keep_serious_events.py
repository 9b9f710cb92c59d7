"""Keep the serious events at children's homes.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None
oldest_program = "0016"

INDEXED = ("child_id", "episode", "home")


def upgrade() -> None:
    op.create_table(
        "serious_events",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("episode", sa.String(length=20), nullable=False),
        sa.Column("home", sa.String(length=60), nullable=False),
        sa.Column("in_a_home", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_late", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_serious_events")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_serious_events_{name}"), "serious_events", [name])


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(op.f(f"ix_serious_events_{name}"), table_name="serious_events")
    op.drop_table("serious_events")
