"""Join two records of one child, by two people.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "child_merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("goes", sa.String(length=20), nullable=False),
        sa.Column("stays", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=120), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=False),
        sa.Column("undone_by", sa.String(length=120), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child_merges")),
    )
    op.create_index(op.f("ix_child_merges_goes"), "child_merges", ["goes"])
    op.create_index(op.f("ix_child_merges_stays"), "child_merges", ["stays"])
    with op.batch_alter_table("children") as batch_op:
        batch_op.add_column(sa.Column("matched_to", sa.String(length=20), server_default="", nullable=False))
    with op.batch_alter_table("child_flags") as batch_op:
        batch_op.add_column(sa.Column("raised_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("ended_by", sa.String(length=20), server_default="", nullable=False))
    # Fills the new column alone. What an old program matches meanwhile is joined all the same; the nightly check names it.
    op.get_bind().exec_driver_sql("UPDATE children SET matched_to = joined_to")


def downgrade() -> None:
    with op.batch_alter_table("child_flags") as batch_op:
        batch_op.drop_column("ended_by")
        batch_op.drop_column("raised_on")
    with op.batch_alter_table("children") as batch_op:
        batch_op.drop_column("matched_to")
    op.drop_index(op.f("ix_child_merges_stays"), table_name="child_merges")
    op.drop_index(op.f("ix_child_merges_goes"), table_name="child_merges")
    op.drop_table("child_merges")
