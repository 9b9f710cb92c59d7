"""Keep which provider of return interviews two authorities agreed on.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None
oldest_program = "0045"


def upgrade() -> None:
    op.add_column("episodes", sa.Column("interview_provider", sa.String(60), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("episodes", "interview_provider")
