"""Keep what reports say of a child's NHS number, and for whom a mail was that became one to a person.

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

OF_A_GROUP = ("group_key", 300), ("group_name", 1000)


def upgrade() -> None:
    op.add_column("child_details", sa.Column("nhs_number", sa.String(20), server_default="", nullable=False))
    for name, longest in OF_A_GROUP:
        op.add_column("outbox", sa.Column(name, sa.String(longest), server_default="", nullable=False))


def downgrade() -> None:
    for name, _longest in reversed(OF_A_GROUP):
        op.drop_column("outbox", name)
    op.drop_column("child_details", "nhs_number")
