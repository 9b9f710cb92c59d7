"""Keep the reasons of events beside the log, as its values are.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "event_reasons",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_event_reasons_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_event_reasons")),
    )


def downgrade() -> None:
    op.drop_table("event_reasons")
