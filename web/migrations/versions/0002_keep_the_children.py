"""Keep the children with their episodes, flags and plans.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "children",
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("known_as", sa.String(length=200), nullable=False),
        sa.Column("sounds", sa.String(length=400), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(length=20), nullable=False),
        sa.Column("looked_after", sa.String(length=30), nullable=False),
        sa.Column("responsible_authority", sa.String(length=60), nullable=False),
        sa.Column("joined_to", sa.String(length=20), nullable=False),
        sa.Column("source_reference", sa.String(length=60), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("child_id", name=op.f("pk_children")),
    )
    with op.batch_alter_table("children", schema=None) as batch_op:
        batch_op.create_index("ix_children_born_on", ["born_on"], unique=False)
        batch_op.create_index("ix_children_joined_to", ["joined_to"], unique=False)
        batch_op.create_index("ix_children_source_reference", ["source_reference"], unique=False)

    op.create_table(
        "child_episodes",
        sa.Column("case_id", sa.String(length=60), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unfinished", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_child_episodes")),
    )
    with op.batch_alter_table("child_episodes", schema=None) as batch_op:
        batch_op.create_index("ix_child_episodes_child", ["child_id", "reported_at"], unique=False)

    op.create_table(
        "child_flags",
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("flag", sa.String(length=40), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("child_id", "flag", "since", name=op.f("pk_child_flags")),
    )
    op.create_table(
        "child_plans",
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("immediate_tasks", sa.Text(), nullable=False),
        sa.Column("known_people", sa.Text(), nullable=False),
        sa.Column("known_places", sa.Text(), nullable=False),
        sa.Column("contact_rules", sa.Text(), nullable=False),
        sa.Column("what_works", sa.Text(), nullable=False),
        sa.Column("default_risk", sa.String(length=30), nullable=False),
        sa.Column("built_from", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_row", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("child_id", "case_id", "version", name=op.f("pk_child_plans")),
    )


def downgrade() -> None:
    op.drop_table("child_plans")
    op.drop_table("child_flags")
    with op.batch_alter_table("child_episodes", schema=None) as batch_op:
        batch_op.drop_index("ix_child_episodes_child")

    op.drop_table("child_episodes")
    with op.batch_alter_table("children", schema=None) as batch_op:
        batch_op.drop_index("ix_children_source_reference")
        batch_op.drop_index("ix_children_joined_to")
        batch_op.drop_index("ix_children_born_on")

    op.drop_table("children")
