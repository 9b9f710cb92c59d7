"""Log who opened a case with a reason, without a part in it.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("classes", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
        sa.UniqueConstraint("person", "key", name=op.f("uq_break_glass_person_key")),
    )
    op.create_index(op.f("ix_break_glass_person"), "break_glass", ["person", "about", "until"])
    op.create_index(op.f("ix_break_glass_at"), "break_glass", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_break_glass_at"), table_name="break_glass")
    op.drop_index(op.f("ix_break_glass_person"), table_name="break_glass")
    op.drop_table("break_glass")
