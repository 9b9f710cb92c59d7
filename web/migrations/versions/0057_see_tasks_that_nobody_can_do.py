"""Keep which tasks nobody can do.

It only adds: a program that does not know the table tells nobody of them, and goes on.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None
oldest_program = "0056"


def upgrade() -> None:
    op.create_table(
        "unstaffed_tasks",
        sa.Column("case_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.Column("why", sa.String(12), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_unstaffed_tasks")),
    )


def downgrade() -> None:
    op.drop_table("unstaffed_tasks")
