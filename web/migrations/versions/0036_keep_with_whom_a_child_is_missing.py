"""Keep with which other case a child is missing.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None
oldest_program = "0035"


def upgrade() -> None:
    op.add_column("episodes", sa.Column("missing_with", sa.String(20), server_default="", nullable=False))
    op.create_index("ix_episodes_missing_with", "episodes", ["missing_with"])


def downgrade() -> None:
    op.drop_index("ix_episodes_missing_with", "episodes")
    op.drop_column("episodes", "missing_with")
