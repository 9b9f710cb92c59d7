"""Number the copies that are printed or saved.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None
oldest_program = "0045"


def upgrade() -> None:
    op.add_column("disclosures", sa.Column("number", sa.String(length=20), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("disclosures", "number")
