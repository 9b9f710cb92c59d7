"""Keep with each episode what the figures count by.

An episode that is there already takes its first grade from its latest one and the rest from its next step.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXTS = (("sex", 20), ("ethnicity", 40), ("found_how", 40), ("initial_level", 30))


def upgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        episodes.add_column(sa.Column("age", sa.Integer(), nullable=True))
        for name, length in TEXTS:
            episodes.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.execute("UPDATE episodes SET reported_at = coalesce(reported_at, opened_at), initial_level = risk_level")
    with op.batch_alter_table("episodes") as episodes:
        episodes.alter_column("reported_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for name, length in TEXTS:
            episodes.alter_column(name, existing_type=sa.String(length=length), server_default=None)
    op.create_index("ix_episodes_reported_at", "episodes", ["reported_at"])
    op.create_index("ix_past_episodes_reported_at", "past_episodes", ["reported_at"])


def downgrade() -> None:
    op.drop_index("ix_past_episodes_reported_at", "past_episodes")
    op.drop_index("ix_episodes_reported_at", "episodes")
    with op.batch_alter_table("episodes") as episodes:
        episodes.alter_column("reported_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        for name, _length in reversed(TEXTS):
            episodes.drop_column(name)
        episodes.drop_column("age")
