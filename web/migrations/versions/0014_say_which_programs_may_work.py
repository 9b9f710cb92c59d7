"""Say in the database which programs may work on its schema, so that old and new ones do so together during an upgrade.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
oldest_program = "0014"


def upgrade() -> None:
    op.create_table(
        "schema_reach",
        sa.Column("oldest_program", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("oldest_program", name=op.f("pk_schema_reach")),
    )


def downgrade() -> None:
    op.drop_table("schema_reach")
