"""Keep with each episode whether the procedure treats the person as an adult.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        episodes.add_column(sa.Column("adult", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("episodes") as episodes:
        episodes.alter_column("adult", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        episodes.drop_column("adult")
