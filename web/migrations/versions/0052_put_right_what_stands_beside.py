"""Keep what was put right or withdrawn beside the cases, what reports say of a child's NHS number, and for whom a mail was that became one to a person.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None
# An older program would erase a child and leave what was put right of it.
oldest_program = "0052"

OF_A_GROUP = ("group_key", 300), ("group_name", 1000)


def upgrade() -> None:
    op.create_table(
        "amendments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("thing", sa.String(64), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("question", sa.String(40), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("data_class", sa.String(4), nullable=False),
        sa.Column("why", sa.String(1000), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendments")),
        sa.UniqueConstraint("by", "key", "question", name=op.f("uq_amendments_by_key_question")),
    )
    op.create_index(op.f("ix_amendments_about"), "amendments", ["about"])
    op.add_column("child_details", sa.Column("nhs_number", sa.String(20), server_default="", nullable=False))
    for name, longest in OF_A_GROUP:
        op.add_column("outbox", sa.Column(name, sa.String(longest), server_default="", nullable=False))


def downgrade() -> None:
    for name, _longest in reversed(OF_A_GROUP):
        op.drop_column("outbox", name)
    op.drop_column("child_details", "nhs_number")
    op.drop_index(op.f("ix_amendments_about"), table_name="amendments")
    op.drop_table("amendments")
