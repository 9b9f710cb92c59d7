"""Keep which provider of return interviews each council commissions.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None
oldest_program = "0037"


def upgrade() -> None:
    op.create_table(
        "commissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("council", sa.String(length=60), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["council"], ["organisations.key"], name=op.f("fk_commissions_council")),
        sa.ForeignKeyConstraint(["provider"], ["organisations.key"], name=op.f("fk_commissions_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commissions")),
    )
    op.create_index(op.f("ix_commissions_council"), "commissions", ["council", "from_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_commissions_council"), table_name="commissions")
    op.drop_table("commissions")
