"""Keep which child each case is about that somebody opened for a child.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
oldest_program = "0016"


def upgrade() -> None:
    op.create_table(
        "cases_about_children",
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("child_id", sa.String(length=20), nullable=False),
        sa.Column("episode", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases_about_children")),
    )
    for column in ("child_id", "episode"):
        op.create_index(op.f(f"ix_cases_about_children_{column}"), "cases_about_children", [column])
    op.execute(
        "INSERT INTO cases_about_children (case_id, child_id, episode) SELECT case_id, child_id, '' FROM disruptions"
    )


def downgrade() -> None:
    for column in ("episode", "child_id"):
        op.drop_index(op.f(f"ix_cases_about_children_{column}"), table_name="cases_about_children")
    op.drop_table("cases_about_children")
