"""Keep what reports say of a child's NHS number.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None
oldest_program = "0051"


def upgrade() -> None:
    op.add_column("child_details", sa.Column("nhs_number", sa.String(20), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("child_details", "nhs_number")
