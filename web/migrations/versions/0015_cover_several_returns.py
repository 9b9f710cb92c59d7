"""Keep with an episode which one's return interview covered its return too.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
oldest_program = "0014"


def upgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        episodes.add_column(sa.Column("covered_by", sa.String(length=20), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        episodes.drop_column("covered_by")
