"""Keep how many children live where, by community and age, with the year and the source of the number.

It only adds: a program that does not know the table shows no rates.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None
oldest_program = "0060"


def upgrade() -> None:
    op.create_table(
        "populations",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.String(60), nullable=False),
        sa.Column("community", sa.String(40), nullable=False),
        sa.Column("age", sa.String(20), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_in_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("year", "area", "community", "age", name=op.f("pk_populations")),
    )


def downgrade() -> None:
    op.drop_table("populations")
